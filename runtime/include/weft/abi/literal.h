/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * literal.h: addresses as generated code writes them, and small operations on optional values.
 */
#ifndef WEFT_ABI_LITERAL_H
#define WEFT_ABI_LITERAL_H

#include <weft/abi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline struct weft_ip weft_ip4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	struct weft_ip ip = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)a, (uint8_t)b,
		(uint8_t)c, (uint8_t)d } };
	return ip;
}

static inline struct weft_ip weft_ip6(unsigned a, unsigned b, unsigned c, unsigned d, unsigned e,
	unsigned f, unsigned g, unsigned h)
{
	struct weft_ip ip = { { (uint8_t)(a >> 8), (uint8_t)a, (uint8_t)(b >> 8), (uint8_t)b,
		(uint8_t)(c >> 8), (uint8_t)c, (uint8_t)(d >> 8), (uint8_t)d, (uint8_t)(e >> 8),
		(uint8_t)e, (uint8_t)(f >> 8), (uint8_t)f, (uint8_t)(g >> 8), (uint8_t)g,
		(uint8_t)(h >> 8), (uint8_t)h } };
	return ip;
}

/* `*`: every address of the machine, v4 and v6. */
static inline struct weft_ip weft_ip_any(void)
{
	return weft_ip6(0, 0, 0, 0, 0, 0, 0, 0);
}

static inline struct weft_addr weft_addr_of(struct weft_ip ip, uint16_t port)
{
	struct weft_addr addr = { ip, port };
	return addr;
}

static inline struct weft_cidr weft_cidr_of(struct weft_ip ip, unsigned bits)
{
	struct weft_cidr cidr = { ip, (uint8_t)bits };
	return cidr;
}

static inline bool weft_is_v4(struct weft_ip ip)
{
	static const uint8_t v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	return memcmp(ip.byte, v4, sizeof(v4)) == 0;
}

static inline struct weft_text weft_text_from(const char *c_string)
{
	struct weft_text text = { c_string, strlen(c_string) };
	return text;
}

/* Optional text and lists, from the form in which they stand in rows. */
static inline struct weft_opt_text weft_opt_text_of(
	const struct weft_intern *intern, struct weft_opt_id id)
{
	struct weft_opt_text text = { id.has, { NULL, 0 } };
	if (id.has)
		text.value = weft_text_of(intern, id.value);
	return text;
}

static inline struct weft_opt_list weft_opt_list_of(
	const struct weft_intern *intern, struct weft_opt_id id)
{
	struct weft_opt_list list = { id.has, { NULL, 0 } };
	if (id.has)
		list.value = weft_list_of(intern, id.value);
	return list;
}

static inline struct weft_verdict weft_verdict_of(bool allowed, const char *clause)
{
	struct weft_verdict verdict = { allowed, clause };
	return verdict;
}

/* Everything or Nothing. */
static inline struct weft_selector weft_selector_of(uint32_t kind)
{
	struct weft_selector selector = { kind, 0 };
	return selector;
}

static inline bool weft_contains_ip(struct weft_cidr cidr, struct weft_ip ip)
{
	return weft_within(ip, cidr);
}

/* xs[i]: NULL when there is no such item. */
static inline const void *weft_list_at(struct weft_list list, int64_t index, size_t item_size)
{
	if (index < 0 || (uint64_t)index >= list.count)
		return NULL;
	return (const char *)list.items + (size_t)index * item_size;
}

static inline struct weft_opt_float weft_divide_float(double a, double b)
{
	struct weft_opt_float quotient = { b < 0 || b > 0, 0 };
	if (quotient.has)
		quotient.value = a / b;
	return quotient;
}

/* `/`: none for a divisor of 0. */
static inline struct weft_opt_int weft_divide(int64_t a, int64_t b)
{
	struct weft_opt_int quotient = { b != 0, 0 };
	if (b == -1)
		quotient.value = weft_subtract(0, a);
	else if (b != 0)
		quotient.value = a / b;
	return quotient;
}

#ifdef __cplusplus
}
#endif
#endif

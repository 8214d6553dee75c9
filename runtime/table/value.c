/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * value.c: what every value can do, by its descriptor: compare, hash, hold and drop the ids inside.
 * These are the slow twins of what the compiler writes inline; they must give the same answers.
 */
#include <weft/abi/value.h>

#include "intern.h"

#include "base/assert.h"

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static uint32_t tag_of(const void *value)
{
	uint32_t tag;
	memcpy(&tag, value, sizeof(tag));
	return tag;
}

static int64_t int_of(const void *value)
{
	int64_t x;
	memcpy(&x, value, sizeof(x));
	return x;
}

static weft_id id_of(const void *value)
{
	return tag_of(value);
}

static const void *at(const void *value, size_t offset)
{
	return (const char *)value + offset;
}

int weft_text_compare(struct weft_text a, struct weft_text b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int c = common ? memcmp(a.data, b.data, common) : 0;
	return c ? (c > 0) - (c < 0) : order(a.size, b.size);
}

int weft_ip_compare(struct weft_ip a, struct weft_ip b)
{
	int c = memcmp(a.byte, b.byte, sizeof(a.byte));
	return (c > 0) - (c < 0);
}

int weft_addr_compare(struct weft_addr a, struct weft_addr b)
{
	int c = weft_ip_compare(a.ip, b.ip);
	return c ? c : order(a.port, b.port);
}

static int compare_lists(
	const struct weft_intern *in, const struct weft_type *item, weft_id a, weft_id b)
{
	struct weft_list x = weft_list_of(in, a), y = weft_list_of(in, b);
	for (size_t i = 0; i < x.count && i < y.count; i++) {
		int c = weft_value_compare(
			in, item, at(x.items, i * item->size), at(y.items, i * item->size));
		if (c)
			return c;
	}
	return order(x.count, y.count);
}

static int compare_labels(const struct weft_intern *in, weft_id a, weft_id b)
{
	struct weft_list x = weft_list_of(in, a), y = weft_list_of(in, b);
	const struct weft_label *l = x.items, *r = y.items;
	for (size_t i = 0; i < x.count && i < y.count; i++) {
		int c = weft_text_compare(weft_text_of(in, l[i].key), weft_text_of(in, r[i].key));
		if (!c)
			c = weft_text_compare(
				weft_text_of(in, l[i].value), weft_text_of(in, r[i].value));
		if (c)
			return c;
	}
	return order(x.count, y.count);
}

static int compare_selectors(const struct weft_intern *in, const void *a, const void *b)
{
	struct weft_selector x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	if (x.kind != y.kind || x.requirements == y.requirements)
		return order(x.kind, y.kind);
	return compare_lists(in, &weft_type_requirement, x.requirements, y.requirements);
}

static int compare_fields(
	const struct weft_intern *in, const struct weft_type *type, const void *a, const void *b)
{
	for (size_t i = 0; i < type->field_count; i++) {
		const struct weft_field *f = &type->fields[i];
		int c = weft_value_compare(in, f->type, at(a, f->offset), at(b, f->offset));
		if (c)
			return c;
	}
	return 0;
}

static int compare_scalars(const struct weft_type *type, const void *a, const void *b)
{
	uint16_t p, q;
	double x, y;
	switch (type->kind) {
	case WEFT_KIND_BOOL:
		return order(*(const unsigned char *)a, *(const unsigned char *)b);
	case WEFT_KIND_FLOAT:
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		return (x > y) - (x < y);
	case WEFT_KIND_PORT:
		memcpy(&p, a, sizeof(p));
		memcpy(&q, b, sizeof(q));
		return order(p, q);
	case WEFT_KIND_IP:
		return memcmp(a, b, 16);
	case WEFT_KIND_CIDR:
		return memcmp(a, b, 17);
	case WEFT_KIND_ADDR: {
		int c = memcmp(a, b, 16);
		memcpy(&p, at(a, offsetof(struct weft_addr, port)), sizeof(p));
		memcpy(&q, at(b, offsetof(struct weft_addr, port)), sizeof(q));
		return c ? c : order(p, q);
	}
	default:
		return (int_of(a) > int_of(b)) - (int_of(a) < int_of(b));
	}
}

int weft_value_compare(
	const struct weft_intern *in, const struct weft_type *type, const void *a, const void *b)
{
	switch (type->kind) {
	case WEFT_KIND_STRING:
	case WEFT_KIND_BYTES:
	case WEFT_KIND_IDENTITY:
		return id_of(a) == id_of(b)
			? 0
			: weft_text_compare(weft_text_of(in, id_of(a)), weft_text_of(in, id_of(b)));
	case WEFT_KIND_LABELS:
		return id_of(a) == id_of(b) ? 0 : compare_labels(in, id_of(a), id_of(b));
	case WEFT_KIND_SELECTOR:
		return compare_selectors(in, a, b);
	case WEFT_KIND_LIST:
	case WEFT_KIND_MAP:
		return id_of(a) == id_of(b) ? 0 : compare_lists(in, type->item, id_of(a), id_of(b));
	case WEFT_KIND_OPTION: {
		bool x = *(const bool *)a, y = *(const bool *)b;
		if (!x || !y)
			return (int)y - (int)x;
		return weft_value_compare(in, type->item, at(a, type->offset), at(b, type->offset));
	}
	case WEFT_KIND_ENUM: {
		uint32_t tag = tag_of(a);
		if (tag != tag_of(b) || tag >= type->variant_count || !type->variants[tag].payload)
			return order(tag, tag_of(b));
		return weft_value_compare(
			in, type->variants[tag].payload, at(a, type->offset), at(b, type->offset));
	}
	case WEFT_KIND_RECORD:
	case WEFT_KIND_REF:
		return compare_fields(in, type, a, b);
	default:
		return compare_scalars(type, a, b);
	}
}

static uint64_t hash_fields(
	const struct weft_intern *in, const struct weft_type *type, const void *value)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < type->field_count; i++)
		hash = weft_hash_u64(hash,
			weft_value_hash(
				in, type->fields[i].type, at(value, type->fields[i].offset)));
	return hash;
}

static uint64_t hash_inline(const struct weft_type *type, const void *value)
{
	uint16_t port;
	struct weft_ip ip;
	struct weft_cidr cidr;
	struct weft_addr addr;
	switch (type->kind) {
	case WEFT_KIND_BOOL:
		return *(const unsigned char *)value;
	case WEFT_KIND_PORT:
		memcpy(&port, value, sizeof(port));
		return port;
	case WEFT_KIND_IP:
		memcpy(&ip, value, sizeof(ip));
		return weft_hash_ip(ip);
	case WEFT_KIND_CIDR:
		memcpy(&cidr, value, sizeof(cidr));
		return weft_hash_cidr(cidr);
	case WEFT_KIND_ADDR:
		memcpy(&addr, value, sizeof(addr));
		return weft_hash_addr(addr);
	default:
		return (uint64_t)int_of(value);
	}
}

uint64_t weft_value_hash(
	const struct weft_intern *in, const struct weft_type *type, const void *value)
{
	uint32_t tag;
	switch (type->kind) {
	case WEFT_KIND_STRING:
	case WEFT_KIND_BYTES:
	case WEFT_KIND_IDENTITY:
	case WEFT_KIND_LABELS:
	case WEFT_KIND_LIST:
	case WEFT_KIND_MAP:
		return weft_id_hash(in, id_of(value));
	case WEFT_KIND_SELECTOR:
		return weft_hash_u64(tag_of(value),
			weft_id_hash(in,
				id_of(at(value, offsetof(struct weft_selector, requirements)))));
	case WEFT_KIND_OPTION:
		return *(const bool *)value
			? weft_hash_u64(1, weft_value_hash(in, type->item, at(value, type->offset)))
			: 0;
	case WEFT_KIND_ENUM:
		tag = tag_of(value);
		if (tag >= type->variant_count || !type->variants[tag].payload)
			return weft_hash_u64(tag, 0);
		return weft_hash_u64(
			tag, hash_fields(in, type->variants[tag].payload, at(value, type->offset)));
	case WEFT_KIND_RECORD:
	case WEFT_KIND_REF:
		return hash_fields(in, type, value);
	default:
		return hash_inline(type, value);
	}
}

typedef void hold_fn(struct weft_intern *, weft_id);

static void each_id(
	struct weft_intern *in, const struct weft_type *type, const void *value, hold_fn *hold)
{
	uint32_t tag;
	if (!type->has_ids)
		return;
	switch (type->kind) {
	case WEFT_KIND_SELECTOR:
		hold(in, id_of(at(value, offsetof(struct weft_selector, requirements))));
		break;
	case WEFT_KIND_OPTION:
		each_id(in, type->item, at(value, type->offset),
			hold); /* none is all zero: no id */
		break;
	case WEFT_KIND_ENUM:
		tag = tag_of(value);
		if (tag < type->variant_count && type->variants[tag].payload)
			each_id(in, type->variants[tag].payload, at(value, type->offset), hold);
		break;
	case WEFT_KIND_RECORD:
	case WEFT_KIND_REF:
		for (size_t i = 0; i < type->field_count; i++)
			each_id(in, type->fields[i].type, at(value, type->fields[i].offset), hold);
		break;
	default:
		hold(in, id_of(value));
	}
}

void weft_value_retain(struct weft_intern *in, const struct weft_type *type, const void *value)
{
	each_id(in, type, value, weft_intern_retain);
}

void weft_value_release(struct weft_intern *in, const struct weft_type *type, const void *value)
{
	each_id(in, type, value, weft_intern_release);
}

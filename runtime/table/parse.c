/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * parse.c: values from text, by the declared type: params, the environment, scalars of documents.
 * Strict: the whole text must be the value; what is wrong is said in one static sentence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "intern.h"

#include "base/alloc.h"

#define PARSE_ITEMS_MAX 1024 /* labels or list items in one text */

static enum weft_status wrong(const char **why, const char *reason)
{
	if (why)
		*why = reason;
	return WEFT_INVALID;
}

static struct weft_text trim(struct weft_text t)
{
	while (t.size &&
		(*t.data == ' ' || *t.data == '\t' || *t.data == '\n' || *t.data == '\r')) {
		t.data++;
		t.size--;
	}
	while (t.size && strchr(" \t\r\n", t.data[t.size - 1]))
		t.size--;
	return t;
}

static struct weft_text skip(struct weft_text t, size_t n)
{
	return (struct weft_text){ t.data + n, t.size - n };
}

/* ---- numbers ---- */

/* Decimal digits at the start; their number, 0 when there are none or they overflow. */
static size_t digits(struct weft_text t, uint64_t *value)
{
	size_t n = 0;
	*value = 0;
	for (; n < t.size && t.data[n] >= '0' && t.data[n] <= '9'; n++) {
		if (__builtin_mul_overflow(*value, 10u, value) ||
			__builtin_add_overflow(*value, (uint64_t)(t.data[n] - '0'), value))
			return 0;
	}
	return n;
}

static enum weft_status parse_int(struct weft_text t, int64_t *value, const char **why)
{
	bool minus = t.size && *t.data == '-';
	uint64_t x;
	size_t n = digits(skip(t, minus), &x);
	if (n == 0 || n + minus != t.size)
		return wrong(why, "it is not a whole number of 64 bits");
	if (x > (uint64_t)INT64_MAX + minus)
		return wrong(why, "it does not fit in 64 bits");
	*value = minus ? (int64_t)(0 - x) : (int64_t)x;
	return WEFT_OK;
}

static enum weft_status parse_port(struct weft_text t, uint16_t *value, const char **why)
{
	uint64_t x;
	if (digits(t, &x) != t.size || t.size == 0 || x > 65535)
		return wrong(why, "it is not a port (0 to 65535)");
	*value = (uint16_t)x;
	return WEFT_OK;
}

static enum weft_status parse_float(struct weft_text t, double *value, const char **why)
{
	char text[128], *end;
	if (t.size == 0 || t.size >= sizeof(text) || strchr("0123456789+-.", *t.data) == NULL)
		return wrong(why, "it is not a number");
	memcpy(text, t.data, t.size);
	text[t.size] = 0;
	*value = strtod(text, &end);
	if (*end || *value != *value || *value - *value != 0)
		return wrong(why, "it is not a finite number");
	if (*value == 0)
		*value = 0; /* -0 */
	return WEFT_OK;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static uint64_t unit_at(const struct unit *units, struct weft_text t, size_t *size)
{
	for (; units->name; units++) {
		*size = strlen(units->name);
		if (t.size >= *size && memcmp(t.data, units->name, *size) == 0)
			return units->factor;
	}
	return 0;
}

/* One "12.5unit": whole and fraction apart, so that 0.1s is exact. */
static size_t quantity(const struct unit *units, struct weft_text t, uint64_t *value)
{
	uint64_t whole = 0, part = 0, scale = 1;
	size_t n = digits(t, &whole), fraction = 0, unit_size;
	if (n == 0)
		return 0;
	if (n < t.size && t.data[n] == '.') {
		fraction = digits(skip(t, n + 1), &part);
		if (fraction == 0 || fraction > 9)
			return 0;
		for (size_t i = 0; i < fraction; i++)
			scale *= 10;
		n += fraction + 1;
	}
	uint64_t factor = unit_at(units, skip(t, n), &unit_size);
	uint64_t rest = factor / scale * part +
		factor % scale * part / scale; /* the part of one unit: below factor */
	if (factor == 0 || __builtin_mul_overflow(whole, factor, value) ||
		__builtin_add_overflow(*value, rest, value) || *value > INT64_MAX)
		return 0;
	return n + unit_size;
}

static enum weft_status parse_duration(struct weft_text t, int64_t *value, const char **why)
{
	/* Longer names first: "ms" is not minutes. */
	static const struct unit units[] = { { "ns", 1 }, { "us", 1000 }, { "\xc2\xb5s", 1000 },
		{ "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },
		{ "h", 3600000000000 }, { "d", 86400000000000 }, { NULL, 0 } };
	int64_t total = 0;
	if (weft_text_equal(t, WEFT_TEXT("0"))) {
		*value = 0;
		return WEFT_OK;
	}
	if (t.size == 0)
		return wrong(why, "it is not a duration like 250ms or 1h30m");
	while (t.size) {
		uint64_t part;
		size_t n = quantity(units, t, &part);
		if (n == 0 || __builtin_add_overflow(total, (int64_t)part, &total))
			return wrong(why, "it is not a duration like 250ms or 1h30m");
		t = skip(t, n);
	}
	*value = total;
	return WEFT_OK;
}

static enum weft_status parse_size(struct weft_text t, int64_t *value, const char **why)
{
	static const struct unit units[] = { { "KiB", 1024 }, { "MiB", 1 << 20 },
		{ "GiB", 1 << 30 }, { "TiB", UINT64_C(1) << 40 }, { "Ki", 1024 }, { "Mi", 1 << 20 },
		{ "Gi", 1 << 30 }, { "Ti", UINT64_C(1) << 40 }, { "kB", 1000 }, { "KB", 1000 },
		{ "MB", 1000000 }, { "GB", 1000000000 }, { "TB", 1000000000000 }, { "k", 1000 },
		{ "M", 1000000 }, { "G", 1000000000 }, { "T", 1000000000000 }, { "B", 1 },
		{ "", 1 }, { NULL, 0 } };
	uint64_t x;
	size_t n = quantity(units, t, &x);
	if (n == 0 || n != t.size)
		return wrong(why, "it is not a size like 64KiB or 10MB");
	*value = (int64_t)x;
	return WEFT_OK;
}

/* ---- addresses ---- */

static enum weft_status parse_ip(struct weft_text t, struct weft_ip *ip, const char **why)
{
	char text[INET6_ADDRSTRLEN + 1];
	if (t.size < sizeof(text)) {
		memcpy(text, t.data, t.size);
		text[t.size] = 0;
		if (strlen(text) == t.size && inet_pton(AF_INET6, text, ip->byte) == 1)
			return WEFT_OK;
		memset(ip->byte, 0, 10);
		memset(ip->byte + 10, 0xff, 2);
		if (strlen(text) == t.size && inet_pton(AF_INET, text, ip->byte + 12) == 1)
			return WEFT_OK;
	}
	return wrong(why, "it is not an IP address");
}

static enum weft_status parse_cidr(struct weft_text t, struct weft_cidr *cidr, const char **why)
{
	const char *slash = t.size ? memchr(t.data, '/', t.size) : NULL;
	size_t ip_size = slash ? (size_t)(slash - t.data) : t.size;
	bool v4 = t.size && memchr(t.data, ':', ip_size) == NULL;
	uint64_t bits = v4 ? 32 : 128;
	if (parse_ip((struct weft_text){ t.data, ip_size }, &cidr->ip, why) != WEFT_OK)
		return WEFT_INVALID;
	if (slash) {
		struct weft_text rest = skip(t, ip_size + 1);
		if (digits(rest, &bits) != rest.size || rest.size == 0 || bits > (v4 ? 32 : 128))
			return wrong(why, "the number behind / is not a prefix length");
	}
	cidr->bits = (uint8_t)(bits + (v4 ? 96 : 0));
	for (unsigned i = cidr->bits; i < 128; i++)
		cidr->ip.byte[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	return WEFT_OK;
}

static enum weft_status parse_addr(struct weft_text t, struct weft_addr *addr, const char **why)
{
	const char *colon = t.size ? memrchr(t.data, ':', t.size) : NULL;
	if (!colon)
		return wrong(why, "it is not an address like 10.0.0.5:9090, [::1]:80 or *:8080");
	struct weft_text host = { t.data, (size_t)(colon - t.data) };
	if (parse_port(skip(t, host.size + 1), &addr->port, why) != WEFT_OK)
		return WEFT_INVALID;
	if (weft_text_equal(host, WEFT_TEXT("*"))) {
		memset(&addr->ip, 0, sizeof(addr->ip));
		return WEFT_OK;
	}
	if (host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
		host = (struct weft_text){ host.data + 1, host.size - 2 };
	else if (host.size && memchr(host.data, ':', host.size))
		return wrong(why, "an IPv6 address needs brackets in front of the port");
	return parse_ip(host, &addr->ip, why);
}

/* ---- time: RFC 3339, as Kubernetes writes it ---- */

static bool number(struct weft_text t, size_t at, size_t size, char end, int64_t *value)
{
	uint64_t x;
	if (t.size < at + size + (end != 0) ||
		digits((struct weft_text){ t.data + at, size }, &x) != size)
		return false;
	*value = (int64_t)x;
	return end == 0 || t.data[at + size] == end;
}

/* The zone at the end: "Z" or "+02:00"; false: neither. */
static bool zone(struct weft_text t, int64_t *seconds)
{
	int64_t hours, minutes;
	*seconds = 0;
	if (t.size == 1 && (*t.data == 'Z' || *t.data == 'z'))
		return true;
	if (t.size != 6 || (*t.data != '+' && *t.data != '-') || !number(t, 1, 2, ':', &hours) ||
		!number(t, 4, 2, 0, &minutes))
		return false;
	*seconds = (hours * 3600 + minutes * 60) * (*t.data == '-' ? -1 : 1);
	return hours < 24 && minutes < 60;
}

static int64_t days_of(int64_t year, int64_t month, int64_t day) /* days_from_civil */
{
	year -= month <= 2;
	int64_t era = year / 400, of_era = year - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_date(int64_t year, int64_t month, int64_t day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month >= 1 && month <= 12 && day >= 1 &&
		day <= days[month - 1] + (month == 2 && leap);
}

static enum weft_status parse_instant(struct weft_text t, int64_t *value, const char **why)
{
	int64_t year, month, day, hour, minute, second, offset, nanos = 0;
	size_t at = 19;
	static const char reason[] = "it is not a time like 2026-01-31T12:00:00Z";
	if (!number(t, 0, 4, '-', &year) || !number(t, 5, 2, '-', &month) ||
		!number(t, 8, 2, 0, &day) || t.size < 20 || !strchr("Tt ", t.data[10]) ||
		!number(t, 11, 2, ':', &hour) || !number(t, 14, 2, ':', &minute) ||
		!number(t, 17, 2, 0, &second))
		return wrong(why, reason);
	if (t.data[at] == '.') {
		int64_t scale = 100000000;
		size_t first = ++at;
		for (; at < t.size && t.data[at] >= '0' && t.data[at] <= '9'; at++, scale /= 10)
			nanos += (t.data[at] - '0') * scale;
		if (at == first)
			return wrong(why, reason);
	}
	if (at > t.size || !zone(skip(t, at), &offset) || !is_date(year, month, day) || hour > 23 ||
		minute > 59 || second > 60)
		return wrong(why, reason);
	int64_t seconds =
		days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	if (__builtin_mul_overflow(seconds, INT64_C(1000000000), value) ||
		__builtin_add_overflow(*value, nanos, value))
		return wrong(why, "it is outside the years 1678 to 2262");
	return WEFT_OK;
}

/* ---- labels, lists ---- */

/* The next item up to a comma or the end of a line; commas in double quotes do not count. */
static struct weft_text next_item(struct weft_text *rest)
{
	size_t n = 0;
	bool quoted = false;
	for (; n < rest->size; n++) {
		char c = rest->data[n];
		if (quoted && c == '\\' && n + 1 < rest->size)
			n++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == ',' || c == '\n'))
			break;
	}
	struct weft_text item = { rest->data, n };
	*rest = skip(*rest, n < rest->size ? n + 1 : n);
	return trim(item);
}

/* A quoted value: the downward API writes Go's %q; \" and \\ and \n are what labels and annotations
 * need. */
static enum weft_status put_quoted(
	struct weft_intern *in, struct weft_text t, weft_id *id, const char **why)
{
	if (t.size < 2 || t.data[0] != '"' || t.data[t.size - 1] != '"')
		return t.size && t.data[0] == '"' ? wrong(why, "a quote is not closed")
						  : weft_intern_put_text(in, t, id);
	char *text = weft_alloc(t.size), *to = text;
	if (!text)
		return WEFT_NO_MEMORY;
	for (size_t i = 1; i < t.size - 1; i++) {
		char c = t.data[i];
		if (c == '\\' && i + 1 < t.size - 1) {
			c = t.data[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		*to++ = c;
	}
	enum weft_status status =
		weft_intern_put_text(in, (struct weft_text){ text, (size_t)(to - text) }, id);
	weft_free(text);
	return status;
}

static enum weft_status parse_label(
	struct weft_intern *in, struct weft_text item, struct weft_label *label, const char **why)
{
	const char *equals = memchr(item.data, '=', item.size);
	if (!equals || equals == item.data)
		return wrong(why, "labels are written k=v,k=v");
	size_t size = (size_t)(equals - item.data);
	enum weft_status status =
		weft_intern_put_text(in, trim((struct weft_text){ item.data, size }), &label->key);
	return status == WEFT_OK ? put_quoted(in, trim(skip(item, size + 1)), &label->value, why)
				 : status;
}

static enum weft_status parse_labels(
	struct weft_intern *in, struct weft_text t, weft_id *id, const char **why)
{
	struct weft_label *labels = weft_alloc_array(PARSE_ITEMS_MAX, sizeof(*labels));
	size_t count = 0;
	enum weft_status status = labels ? WEFT_OK : WEFT_NO_MEMORY;
	while (t.size && status == WEFT_OK) {
		struct weft_text item = next_item(&t);
		if (item.size == 0)
			continue;
		status = count == PARSE_ITEMS_MAX ? wrong(why, "too many labels")
						  : parse_label(in, item, &labels[count++], why);
	}
	if (status == WEFT_OK) {
		status = weft_intern_put_labels(in, labels, count, id);
		if (status == WEFT_INVALID)
			wrong(why, "a label stands twice");
	}
	weft_free(labels);
	return status;
}

static enum weft_status parse_selector(struct weft_intern *in, struct weft_text t,
	struct weft_selector *selector, const char **why)
{
	weft_id id;
	struct weft_requirement *all;
	enum weft_status status = parse_labels(in, t, &id, why);
	if (status != WEFT_OK)
		return status;
	struct weft_list list = weft_list_of(in, id);
	const struct weft_label *labels = list.items;
	if (list.count == 0)
		return wrong(why, "a selector needs at least one k=v");
	all = weft_alloc_array(list.count, sizeof(*all));
	if (!all)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < list.count && status == WEFT_OK; i++) {
		weft_id value = labels[i].value;
		all[i] = (struct weft_requirement){ .key = labels[i].key, .op = WEFT_IN };
		status = weft_intern_put_texts(in, &value, 1, &all[i].values);
	}
	if (status == WEFT_OK)
		status = weft_intern_put_selector(in, all, list.count, selector);
	weft_free(all);
	return status;
}

static enum weft_status parse_list(struct weft_intern *in, const struct weft_type *item,
	struct weft_text t, weft_id *id, const char **why)
{
	char *items = weft_alloc_array(PARSE_ITEMS_MAX, item->size);
	size_t count = 0;
	enum weft_status status = items ? WEFT_OK : WEFT_NO_MEMORY;
	for (t = trim(t); t.size && status == WEFT_OK; count++)
		status = count == PARSE_ITEMS_MAX ? wrong(why, "too many items")
						  : weft_parse_value(in, item, next_item(&t),
							    items + count * item->size, why);
	if (status == WEFT_OK)
		status = weft_intern_put_list(in, item, items, count, id);
	weft_free(items);
	return status;
}

/* ---- the rest ---- */

static enum weft_status parse_enum(struct weft_intern *in, const struct weft_type *type,
	struct weft_text t, char *value, const char **why)
{
	for (uint32_t i = 0; i < type->variant_count; i++) {
		const struct weft_variant *v = &type->variants[i];
		const char *code = v->code ? v->code : v->name;
		if (v->payload || !weft_text_equal(t, (struct weft_text){ code, strlen(code) }))
			continue;
		memcpy(value, &i, sizeof(i));
		return WEFT_OK;
	}
	if (!type->open)
		return wrong(why, "it is none of the known values");
	uint32_t unknown = (uint32_t)type->variant_count - 1;
	weft_id code;
	enum weft_status status = weft_intern_put_text(in, t, &code);
	memcpy(value, &unknown, sizeof(unknown));
	memcpy(value + type->offset, &code, sizeof(code));
	return status;
}

static enum weft_status parse_option(struct weft_intern *in, const struct weft_type *type,
	struct weft_text t, char *value, const char **why)
{
	if (t.size == 0 && type->item->kind != WEFT_KIND_STRING)
		return WEFT_OK; /* an empty variable is an absent one */
	enum weft_status status = weft_parse_value(in, type->item, t, value + type->offset, why);
	bool has = status == WEFT_OK;
	memcpy(value, &has, sizeof(has));
	return status;
}

enum weft_status weft_parse_value(struct weft_intern *in, const struct weft_type *type,
	struct weft_text t, void *value, const char **why)
{
	memset(value, 0, type->size);
	switch (type->kind) {
	case WEFT_KIND_BOOL:
		if (!weft_text_equal(t, WEFT_TEXT("true")) &&
			!weft_text_equal(t, WEFT_TEXT("false")))
			return wrong(why, "it is neither true nor false");
		*(bool *)value = t.size == 4;
		return WEFT_OK;
	case WEFT_KIND_INT:
		return parse_int(t, value, why);
	case WEFT_KIND_FLOAT:
		return parse_float(t, value, why);
	case WEFT_KIND_STRING:
	case WEFT_KIND_BYTES:
	case WEFT_KIND_IDENTITY:
		return weft_intern_put_text(in, t, value);
	case WEFT_KIND_PORT:
		return parse_port(t, value, why);
	case WEFT_KIND_IP:
		return parse_ip(t, value, why);
	case WEFT_KIND_CIDR:
		return parse_cidr(t, value, why);
	case WEFT_KIND_ADDR:
		return parse_addr(t, value, why);
	case WEFT_KIND_DURATION:
		return parse_duration(t, value, why);
	case WEFT_KIND_SIZE:
		return parse_size(t, value, why);
	case WEFT_KIND_INSTANT:
		return parse_instant(t, value, why);
	case WEFT_KIND_LABELS:
		return parse_labels(in, t, value, why);
	case WEFT_KIND_SELECTOR:
		return parse_selector(in, t, value, why);
	case WEFT_KIND_OPTION:
		return parse_option(in, type, t, value, why);
	case WEFT_KIND_LIST:
		return parse_list(in, type->item, t, value, why);
	case WEFT_KIND_ENUM:
		return parse_enum(in, type, t, value, why);
	default:
		return wrong(why, "this type has no text form");
	}
}

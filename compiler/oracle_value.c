/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle_value.c: the oracle's values: how they are made, the canonical order, and the text that
 * "{x}" gives. Order: by content; text by bytes; a list by its items; a record by its fields as
 * declared; a missing value last.
 */
#include "oracle.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const struct value *value_none(void)
{
	static const struct value none = { .kind = VALUE_NONE };
	return &none;
}

static struct value *value_new(struct oracle *o, enum value_kind kind)
{
	struct value *v = ARENA_NEW(o->arena, struct value);
	v->kind = kind;
	return v;
}

const struct value *value_bool(struct oracle *o, bool b)
{
	struct value *v = value_new(o, VALUE_BOOL);
	v->integer = b;
	return v;
}

const struct value *value_int(struct oracle *o, int64_t i)
{
	struct value *v = value_new(o, VALUE_INT);
	v->integer = i;
	return v;
}

const struct value *value_text(struct oracle *o, struct text t)
{
	struct value *v = value_new(o, VALUE_TEXT);
	v->text = t;
	return v;
}

const struct value *value_list(struct oracle *o, struct vec *items)
{
	struct value *v = value_new(o, VALUE_LIST);
	v->items = (const struct value **)items->items;
	v->count = items->count;
	return v;
}

const struct value *value_record(
	struct oracle *o, const struct text *names, const struct value **items, size_t count)
{
	struct value *v = value_new(o, VALUE_RECORD);
	v->names = names;
	v->items = items;
	v->count = count;
	return v;
}

const struct value *value_field(const struct value *record, struct text name)
{
	for (size_t i = 0; record->names && i < record->count; i++)
		if (text_equal(record->names[i], name))
			return record->items[i];
	return NULL;
}

static int order_integers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int order_items(const struct value *a, const struct value *b)
{
	size_t n = a->count < b->count ? a->count : b->count;
	for (size_t i = 0; i < n; i++) {
		int c = value_compare(a->items[i], b->items[i]);
		if (c)
			return c;
	}
	return order_integers((int64_t)a->count, (int64_t)b->count);
}

int value_compare(const struct value *a, const struct value *b)
{
	int c;

	if (a->kind == VALUE_NONE || b->kind == VALUE_NONE)
		return (a->kind == VALUE_NONE) - (b->kind == VALUE_NONE);
	switch (a->kind) {
	case VALUE_NONE:
		return 0;
	case VALUE_BOOL:
	case VALUE_INT:
		return order_integers(a->integer, b->integer);
	case VALUE_FLOAT:
		return (a->real > b->real) - (a->real < b->real);
	case VALUE_TEXT:
		return text_compare(a->text, b->text);
	case VALUE_IP:
	case VALUE_CIDR:
	case VALUE_ADDR:
		c = memcmp(a->address.ip, b->address.ip, 16);
		if (!c && a->kind == VALUE_CIDR) /* elsewhere a literal has some, and data none */
			c = order_integers(a->address.bits, b->address.bits);
		return c ? c : order_integers(a->address.port, b->address.port);
	case VALUE_ENUM:
		c = order_integers(a->integer, b->integer);
		return c ? c : order_items(a, b);
	case VALUE_LIST:
	case VALUE_RECORD:
		return order_items(a, b);
	}
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

void value_sort(const struct value **items, size_t count)
{
	if (count)
		qsort(items, count, sizeof(*items), compare_items);
}

bool value_is_v4(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(ip, prefix, 12) == 0;
}

static struct text format_ip(struct oracle *o, const uint8_t ip[16])
{
	char text[INET6_ADDRSTRLEN];
	inet_ntop(value_is_v4(ip) ? AF_INET : AF_INET6, value_is_v4(ip) ? ip + 12 : ip, text,
		sizeof(text));
	return text_copy(o->arena, text_of(text));
}

static struct text format_address(struct oracle *o, const struct value *v)
{
	static const uint8_t any[16];
	const struct address_literal *a = &v->address;

	if (v->kind == VALUE_IP)
		return format_ip(o, a->ip);
	struct text ip = format_ip(o, a->ip);
	if (v->kind == VALUE_CIDR)
		return text_format(o->arena, "%.*s/%d", TEXT_ARG(ip),
			value_is_v4(a->ip) && a->bits >= 96 ? a->bits - 96 : a->bits);
	if (memcmp(a->ip, any, 16) == 0)
		return text_format(o->arena, "*:%u", a->port);
	return value_is_v4(a->ip) ? text_format(o->arena, "%.*s:%u", TEXT_ARG(ip), a->port)
				  : text_format(o->arena, "[%.*s]:%u", TEXT_ARG(ip), a->port);
}

/* 90s is 1m30s is written as the largest unit that divides it: 90s. */
static struct text format_duration(struct oracle *o, int64_t ns)
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = { { 3600000000000, "h" }, { 60000000000, "m" }, { 1000000000, "s" },
		{ 1000000, "ms" }, { 1000, "us" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (ns && ns % units[i].unit == 0)
			return text_format(
				o->arena, "%" PRId64 "%s", ns / units[i].unit, units[i].name);
	return ns ? text_format(o->arena, "%" PRId64 "ns", ns) : TEXT("0s");
}

static struct text format_size(struct oracle *o, int64_t bytes)
{
	static const char *const units[] = { "GiB", "MiB", "KiB" };

	for (int i = 0; i < 3; i++) {
		int64_t unit = (int64_t)1 << (30 - 10 * i);
		if (bytes && bytes % unit == 0)
			return text_format(o->arena, "%" PRId64 "%s", bytes / unit, units[i]);
	}
	return text_format(o->arena, "%" PRId64 "B", bytes);
}

static struct text format_instant(struct oracle *o, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;
	char text[40];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t rest = ns % 1000000000;
	if (!rest)
		return text_format(o->arena, "%sZ", text);
	char digits[16];
	snprintf(digits, sizeof(digits), "%09" PRId64, rest);
	size_t n = 9;
	while (n && digits[n - 1] == '0')
		n--;
	return text_format(o->arena, "%s.%.*sZ", text, (int)n, digits);
}

struct text value_format(struct oracle *o, const struct value *v, const struct type *type)
{
	switch (v->kind) {
	case VALUE_BOOL:
		return v->integer ? TEXT("true") : TEXT("false");
	case VALUE_INT:
		if (type && type->kind == TYPE_DURATION)
			return format_duration(o, v->integer);
		if (type && type->kind == TYPE_SIZE)
			return format_size(o, v->integer);
		if (type && type->kind == TYPE_INSTANT)
			return format_instant(o, v->integer);
		return text_format(o->arena, "%" PRId64, v->integer);
	case VALUE_FLOAT:
		return text_format(o->arena, "%.17g", v->real);
	case VALUE_TEXT:
		return v->text;
	case VALUE_IP:
	case VALUE_CIDR:
	case VALUE_ADDR:
		return format_address(o, v);
	default:
		return value_show(o, v);
	}
}

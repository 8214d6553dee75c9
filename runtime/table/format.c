/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * format.c: values as a person reads them and as JSON. One value has one form: dumps are compared
 * byte by byte.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "intern.h"

#include "base/buffer.h"

static const void *at(const void *value, size_t offset)
{
	return (const char *)value + offset;
}

static void format_float(struct weft_buffer *b, double x)
{
	char text[40];
	for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back the same */
		snprintf(text, sizeof(text), "%.*g", digits, x);
		double back;
		if (sscanf(text, "%lf", &back) == 1 && back == x)
			break;
	}
	weft_buffer_add(b, text, strlen(text));
}

static bool is_v4(const struct weft_ip *ip)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	return memcmp(ip->byte, mapped, sizeof(mapped)) == 0;
}

static void format_ip(struct weft_buffer *b, const struct weft_ip *ip)
{
	char text[INET6_ADDRSTRLEN];
	bool v4 = is_v4(ip);
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip->byte + 12 : ip->byte, text, sizeof(text));
	weft_buffer_add(b, text, strlen(text));
}

static void format_addr(struct weft_buffer *b, const struct weft_addr *addr)
{
	static const struct weft_ip any = { { 0 } };
	bool brackets = !is_v4(&addr->ip), all = memcmp(&addr->ip, &any, sizeof(any)) == 0;
	if (all) {
		weft_buffer_format(b, "*:%u", addr->port);
		return;
	}
	weft_buffer_add(b, "[", brackets);
	format_ip(b, &addr->ip);
	weft_buffer_format(b, "%s:%u", brackets ? "]" : "", addr->port);
}

static void format_duration(struct weft_buffer *b, int64_t signed_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "h", 3600000000000 }, { "m", 60000000000 }, { "s", 1000000000 },
		{ "ms", 1000000 }, { "us", 1000 }, { "ns", 1 } };
	uint64_t ns = signed_ns < 0 ? 0 - (uint64_t)signed_ns : (uint64_t)signed_ns;
	if (ns == 0)
		weft_buffer_add(b, "0s", 2);
	weft_buffer_add(b, "-", signed_ns < 0);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ns >= units[i].ns)
			weft_buffer_format(b, "%" PRIu64 "%s", ns / units[i].ns, units[i].name);
		ns %= units[i].ns;
	}
}

static void format_size(struct weft_buffer *b, int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;
	while (unit < 4 && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	weft_buffer_format(b, "%" PRId64 "%s", bytes, units[unit]);
}

/* Days since 1970 to a civil date (Howard Hinnant's days_from_civil, inverted). */
static void format_instant(struct weft_buffer *b, int64_t ns)
{
	int64_t seconds = ns / 1000000000, fraction = ns % 1000000000;
	if (fraction < 0) {
		fraction += 1000000000;
		seconds--;
	}
	int64_t days = seconds / 86400, rest = seconds % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097, day_of_era = days - era * 146097;
	int64_t year =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day = day_of_era - (365 * year + year / 4 - year / 100),
		month = (5 * day + 2) / 153;
	day = day - (153 * month + 2) / 5 + 1;
	month = month < 10 ? month + 3 : month - 9;
	year += era * 400 + (month <= 2);
	weft_buffer_format(b,
		"%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64,
		year, month, day, rest / 3600, rest / 60 % 60, rest % 60);
	if (fraction) {
		char text[16];
		int size = snprintf(text, sizeof(text), ".%09" PRId64, fraction);
		while (size > 1 && text[size - 1] == '0')
			size--;
		weft_buffer_add(b, text, (size_t)size);
	}
	weft_buffer_add(b, "Z", 1);
}

/* Values whose text needs no quotes in a string and is a bare word in JSON. */
static bool format_plain(struct weft_buffer *b, const struct weft_type *type, const void *value)
{
	int64_t x;
	uint16_t port;
	double f;
	switch (type->kind) {
	case WEFT_KIND_BOOL:
		weft_buffer_format(b, "%s", *(const bool *)value ? "true" : "false");
		return true;
	case WEFT_KIND_INT:
		memcpy(&x, value, sizeof(x));
		weft_buffer_format(b, "%" PRId64, x);
		return true;
	case WEFT_KIND_PORT:
		memcpy(&port, value, sizeof(port));
		weft_buffer_format(b, "%u", port);
		return true;
	case WEFT_KIND_FLOAT:
		memcpy(&f, value, sizeof(f));
		format_float(b, f);
		return true;
	default:
		return false;
	}
}

/* Values whose text stands in quotes in JSON. */
static bool format_word(struct weft_buffer *b, const struct weft_type *type, const void *value)
{
	int64_t x = 0;
	if (type->size == sizeof(x))
		memcpy(&x, value, sizeof(x));
	switch (type->kind) {
	case WEFT_KIND_IP:
		format_ip(b, value);
		return true;
	case WEFT_KIND_CIDR: {
		const struct weft_cidr *cidr = value;
		bool v4 = is_v4(&cidr->ip) && cidr->bits >= 96;
		format_ip(b, &cidr->ip);
		weft_buffer_format(b, "/%u", cidr->bits - (v4 ? 96u : 0u));
		return true;
	}
	case WEFT_KIND_ADDR:
		format_addr(b, value);
		return true;
	case WEFT_KIND_DURATION:
		format_duration(b, x);
		return true;
	case WEFT_KIND_SIZE:
		format_size(b, x);
		return true;
	case WEFT_KIND_INSTANT:
		format_instant(b, x);
		return true;
	default:
		return false;
	}
}

static void json_list(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *item, weft_id id)
{
	struct weft_list list = weft_list_of(in, id);
	weft_buffer_add(b, "[", 1);
	for (size_t i = 0; i < list.count; i++) {
		weft_buffer_add(b, ",", i > 0);
		weft_json_value(b, in, item, at(list.items, i * item->size));
	}
	weft_buffer_add(b, "]", 1);
}

static void json_key(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *type, const void *value)
{
	struct weft_buffer text = { 0 };
	weft_format_value(&text, in, type, value);
	weft_buffer_json(b, weft_buffer_view(&text));
	b->failed = b->failed || text.failed;
	weft_buffer_free(&text);
}

/* Maps and labels: items are { key, value }. */
static void json_map(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *item, weft_id id)
{
	struct weft_list list = weft_list_of(in, id);
	const struct weft_field *key = &item->fields[0], *value = &item->fields[1];
	weft_buffer_add(b, "{", 1);
	for (size_t i = 0; i < list.count; i++) {
		const void *entry = at(list.items, i * item->size);
		weft_buffer_add(b, ",", i > 0);
		json_key(b, in, key->type, at(entry, key->offset));
		weft_buffer_add(b, ":", 1);
		weft_json_value(b, in, value->type, at(entry, value->offset));
	}
	weft_buffer_add(b, "}", 1);
}

static void json_record(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *type, const void *value)
{
	weft_buffer_add(b, "{", 1);
	for (size_t i = 0; i < type->field_count; i++) {
		const struct weft_field *f = &type->fields[i];
		weft_buffer_format(b, "%s\"%s\":", i > 0 ? "," : "", f->name);
		weft_json_value(b, in, f->type, at(value, f->offset));
	}
	weft_buffer_add(b, "}", 1);
}

static void json_enum(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *type, const void *value)
{
	uint32_t tag;
	memcpy(&tag, value, sizeof(tag));
	const struct weft_variant *v = tag < type->variant_count ? &type->variants[tag] : NULL;
	if (!v || !v->payload) {
		weft_buffer_format(b, "\"%s\"", v ? v->name : "?");
		return;
	}
	weft_buffer_format(b, "{\"%s\":", v->name);
	json_record(b, in, v->payload, at(value, type->offset));
	weft_buffer_add(b, "}", 1);
}

static void json_selector(
	struct weft_buffer *b, const struct weft_intern *in, const struct weft_selector *selector)
{
	if (selector->kind != WEFT_SELECTOR_MATCH) {
		weft_buffer_format(b, "\"%s\"",
			selector->kind == WEFT_SELECTOR_EVERYTHING ? "Everything" : "Nothing");
		return;
	}
	weft_buffer_format(b, "{\"Match\":");
	json_list(b, in, &weft_type_requirement, selector->requirements);
	weft_buffer_add(b, "}", 1);
}

static void json_bytes(struct weft_buffer *b, struct weft_text bytes)
{
	weft_buffer_add(b, "\"", 1);
	for (size_t i = 0; i < bytes.size; i++)
		weft_buffer_format(b, "%02x", (unsigned char)bytes.data[i]);
	weft_buffer_add(b, "\"", 1);
}

static weft_id id_of(const void *value)
{
	weft_id id;
	memcpy(&id, value, sizeof(id));
	return id;
}

void weft_json_value(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *type, const void *value)
{
	switch (type->kind) {
	case WEFT_KIND_STRING:
	case WEFT_KIND_IDENTITY:
		weft_buffer_json(b, weft_text_of(in, id_of(value)));
		break;
	case WEFT_KIND_BYTES:
		json_bytes(b, weft_text_of(in, id_of(value)));
		break;
	case WEFT_KIND_LABELS:
		json_map(b, in, &weft_type_label, id_of(value));
		break;
	case WEFT_KIND_MAP:
		json_map(b, in, type->item, id_of(value));
		break;
	case WEFT_KIND_LIST:
		json_list(b, in, type->item, id_of(value));
		break;
	case WEFT_KIND_SELECTOR:
		json_selector(b, in, value);
		break;
	case WEFT_KIND_OPTION:
		if (*(const bool *)value)
			weft_json_value(b, in, type->item, at(value, type->offset));
		else
			weft_buffer_add(b, "null", 4);
		break;
	case WEFT_KIND_RECORD:
	case WEFT_KIND_REF:
		json_record(b, in, type, value);
		break;
	case WEFT_KIND_ENUM:
		json_enum(b, in, type, value);
		break;
	default:
		if (format_plain(b, type, value))
			break;
		weft_buffer_add(b, "\"", 1);
		format_word(b, type, value);
		weft_buffer_add(b, "\"", 1);
	}
}

static void format_labels(struct weft_buffer *b, const struct weft_intern *in, weft_id id)
{
	struct weft_list list = weft_list_of(in, id);
	const struct weft_label *labels = list.items;
	for (size_t i = 0; i < list.count; i++) {
		weft_buffer_add(b, ",", i > 0);
		weft_buffer_text(b, weft_text_of(in, labels[i].key));
		weft_buffer_add(b, "=", 1);
		weft_buffer_text(b, weft_text_of(in, labels[i].value));
	}
}

/* A ref is its key: "shop/web". */
static void format_ref(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *type, const void *value)
{
	for (size_t i = 0; i < type->field_count; i++) {
		weft_buffer_add(b, "/", i > 0);
		weft_format_value(b, in, type->fields[i].type, at(value, type->fields[i].offset));
	}
}

void weft_format_value(struct weft_buffer *b, const struct weft_intern *in,
	const struct weft_type *type, const void *value)
{
	uint32_t tag;
	switch (type->kind) {
	case WEFT_KIND_STRING:
	case WEFT_KIND_IDENTITY:
		weft_buffer_text(b, weft_text_of(in, id_of(value)));
		break;
	case WEFT_KIND_LABELS:
		format_labels(b, in, id_of(value));
		break;
	case WEFT_KIND_OPTION:
		if (*(const bool *)value)
			weft_format_value(b, in, type->item, at(value, type->offset));
		else
			weft_buffer_add(b, "none", 4);
		break;
	case WEFT_KIND_ENUM:
		memcpy(&tag, value, sizeof(tag));
		if (tag < type->variant_count && !type->variants[tag].payload)
			weft_buffer_format(b, "%s", type->variants[tag].name);
		else
			json_enum(b, in, type, value);
		break;
	case WEFT_KIND_REF:
		format_ref(b, in, type, value);
		break;
	default:
		if (!format_plain(b, type, value) && !format_word(b, type, value))
			weft_json_value(b, in, type, value);
	}
}

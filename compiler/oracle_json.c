/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle_json.c: reads the values of a dump by their types, and shows values in reports. The reader
 * takes what the library prints (weft_json_value) and nothing more: text that does not fit is an
 * error, never a guess.
 */
#include "oracle.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

struct reader {
	struct oracle *o;
	const char *at, *end;
	bool failed;
};

static const struct value *read_value(struct reader *r, const struct type *type);

static char peek(const struct reader *r)
{
	return r->at < r->end ? *r->at : '\0';
}

static bool take(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

static const struct value *fail(struct reader *r)
{
	r->failed = true;
	return value_none();
}

static struct value *fresh(struct reader *r, enum value_kind kind)
{
	struct value *v = ARENA_NEW(r->o->arena, struct value);
	v->kind = kind;
	return v;
}

static void add_rune(struct buffer *b, unsigned long c)
{
	char utf8[4];
	size_t n;

	if (c < 0x80)
		utf8[0] = (char)c, n = 1;
	else if (c < 0x800)
		utf8[0] = (char)(0xc0 | c >> 6), utf8[1] = (char)(0x80 | (c & 63)), n = 2;
	else
		utf8[0] = (char)(0xe0 | c >> 12), utf8[1] = (char)(0x80 | (c >> 6 & 63)),
		utf8[2] = (char)(0x80 | (c & 63)), n = 3;
	buffer_add(b, (struct text){ utf8, n });
}

static struct text read_string(struct reader *r)
{
	static const char escapes[] = "b\bf\fn\nr\rt\t";
	struct buffer b = { .arena = r->o->arena };

	buffer_add(&b, TEXT(""));
	if (!take(r, "\""))
		fail(r);
	while (!r->failed && peek(r) != '"') {
		if (r->at >= r->end) {
			fail(r);
		} else if (*r->at != '\\') {
			buffer_add(&b, (struct text){ r->at++, 1 });
		} else if (r->end - r->at > 5 && r->at[1] == 'u') {
			char hex[5] = { r->at[2], r->at[3], r->at[4], r->at[5], 0 };
			add_rune(&b, strtoul(hex, NULL, 16));
			r->at += 6;
		} else {
			const char *e = r->at[1] ? strchr(escapes, r->at[1]) : NULL;
			buffer_add(&b, (struct text){ e ? e + 1 : r->at + 1, 1 });
			r->at += 2;
		}
	}
	take(r, "\"");
	return buffer_text(&b);
}

static int64_t read_integer(struct reader *r)
{
	char *end;
	int64_t i = strtoll(r->at, &end, 10);
	if (end == r->at)
		fail(r);
	r->at = end;
	return i;
}

/* 2026-11-23T08:00:00.5Z */
static const struct value *instant(struct reader *r, struct text t)
{
	struct tm tm = { 0 };
	const char *rest = strptime(t.data, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return fail(r);
	int64_t ns = (int64_t)timegm(&tm) * 1000000000, unit = 100000000;
	if (*rest == '.')
		for (rest++; isdigit((unsigned char)*rest); rest++, unit /= 10)
			ns += (*rest - '0') * unit;
	return value_int(r->o, ns);
}

static const struct value *with_unit(struct reader *r, struct text t)
{
	static const struct {
		const char *name;
		int64_t unit;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 }, { "B", 1 }, { "KiB", 1 << 10 },
		{ "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { "TiB", INT64_C(1) << 40 } };
	char *end;
	int64_t n = strtoll(t.data, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end, units[i].name) == 0)
			return value_int(r->o, n * units[i].unit);
	return *end ? fail(r) : value_int(r->o, n);
}

static bool parse_ip(struct text t, uint8_t ip[16])
{
	char copy[INET6_ADDRSTRLEN];

	if (t.size >= sizeof(copy))
		return false;
	memcpy(copy, t.data, t.size);
	copy[t.size] = '\0';
	memset(ip, 0, 16);
	ip[10] = ip[11] = 0xff;
	return inet_pton(AF_INET, copy, ip + 12) == 1 || inet_pton(AF_INET6, copy, ip) == 1;
}

static const struct value *address(struct reader *r, const struct type *type)
{
	struct text t = read_string(r);
	struct value *v = fresh(r,
		type->kind == TYPE_IP             ? VALUE_IP
			: type->kind == TYPE_CIDR ? VALUE_CIDR
						  : VALUE_ADDR);
	struct text ip = t;
	size_t at = t.size;

	if (type->kind != TYPE_IP) {
		while (at && t.data[at - 1] != (type->kind == TYPE_CIDR ? '/' : ':'))
			at--;
		if (!at)
			return fail(r);
		ip.size = at - 1;
	}
	if (ip.size >= 2 && ip.data[0] == '[')
		ip = (struct text){ ip.data + 1, ip.size - 2 };
	if (!text_is(ip, "*") && !parse_ip(ip, v->address.ip))
		return fail(r);
	int number = at < t.size ? atoi(t.data + at) : 0;
	if (type->kind == TYPE_CIDR)
		v->address.bits = (uint8_t)(number + (value_is_v4(v->address.ip) ? 96 : 0));
	else
		v->address.port = (uint16_t)number;
	return v;
}

static const struct value *scalar(struct reader *r, const struct type *type)
{
	bool quoted = peek(r) == '"';

	switch (type->kind) {
	case TYPE_BOOL:
		if (take(r, "true"))
			return value_bool(r->o, true);
		return take(r, "false") ? value_bool(r->o, false) : fail(r);
	case TYPE_INT:
	case TYPE_PORT:
		return value_int(r->o, read_integer(r));
	case TYPE_INSTANT:
		return quoted ? instant(r, read_string(r)) : value_int(r->o, read_integer(r));
	case TYPE_DURATION:
	case TYPE_SIZE:
		return quoted ? with_unit(r, read_string(r)) : value_int(r->o, read_integer(r));
	case TYPE_FLOAT: {
		char *end;
		struct value *v = fresh(r, VALUE_FLOAT);
		v->real = strtod(r->at, &end);
		r->at = end;
		return v;
	}
	case TYPE_STRING:
	case TYPE_BYTES:
	case TYPE_IDENTITY:
		return value_text(r->o, read_string(r));
	default:
		return address(r, type);
	}
}

static const struct value *read_list(struct reader *r, const struct type *item)
{
	struct vec items = { 0 };

	if (!take(r, "["))
		return fail(r);
	while (!r->failed && !take(r, "]")) {
		take(r, ",");
		vec_push(r->o->arena, &items, (void *)read_value(r, item));
	}
	return value_list(r->o, &items);
}

/* {"a":"b"}: entries sorted by key. `key` NULL: text. */
static const struct value *read_map(
	struct reader *r, const struct type *key, const struct type *item)
{
	static const struct text names[] = { { "key", 3 }, { "value", 5 } };
	struct vec entries = { 0 };

	if (!take(r, "{"))
		return fail(r);
	while (!r->failed && !take(r, "}")) {
		take(r, ",");
		const struct value **pair = ARENA_ARRAY(r->o->arena, const struct value *, 2);
		struct text k = read_string(r);
		bool number = key && (key->kind == TYPE_INT || key->kind == TYPE_PORT);
		pair[0] = number ? value_int(r->o, strtoll(k.data, NULL, 10)) : value_text(r->o, k);
		if (!take(r, ":"))
			fail(r);
		pair[1] = item ? read_value(r, item) : value_text(r->o, read_string(r));
		vec_push(r->o->arena, &entries, (void *)value_record(r->o, names, pair, 2));
	}
	const struct value *v = value_list(r->o, &entries);
	value_sort(v->items, v->count);
	return v;
}

/* Fields by name; one that is not there was not stored, because nothing reads it. */
static const struct value *read_record(struct reader *r, const struct record *record)
{
	struct text *names = ARENA_ARRAY(r->o->arena, struct text, record->count + 1);
	const struct value **items =
		ARENA_ARRAY(r->o->arena, const struct value *, record->count + 1);

	for (size_t i = 0; i < record->count; i++) {
		names[i] = record->fields[i].name;
		items[i] = value_none();
	}
	if (!take(r, "{"))
		return fail(r);
	while (!r->failed && !take(r, "}")) {
		take(r, ",");
		struct text name = read_string(r);
		size_t i = 0;
		while (i < record->count && !text_equal(record->fields[i].name, name))
			i++;
		if (i == record->count || !take(r, ":"))
			return fail(r);
		items[i] = read_value(r, record->fields[i].type);
	}
	return value_record(r->o, names, items, record->count);
}

static const struct value *read_ref(struct reader *r, const struct symbol *table)
{
	const struct record *whole = table->type->record;
	struct record key = { .count = table->key_count };

	key.fields = ARENA_ARRAY(r->o->arena, struct record_field, key.count + 1);
	for (size_t i = 0; i < key.count; i++)
		key.fields[i] = whole->fields[table->key[i]];
	return read_record(r, &key);
}

/* "Tcp", {"Unknown":{"0":"x"}} */
static const struct value *read_enum(struct reader *r, const struct enumeration *e)
{
	struct value *v = fresh(r, VALUE_ENUM);
	bool payload = take(r, "{");
	struct text name = read_string(r);

	while ((size_t)v->integer < e->count && !text_equal(e->variants[v->integer].name, name))
		v->integer++;
	if ((size_t)v->integer == e->count)
		return fail(r);
	if (!payload)
		return v;
	const struct enum_variant *variant = &e->variants[v->integer];
	v->items = ARENA_ARRAY(r->o->arena, const struct value *, variant->payload_count + 1);
	v->count = variant->payload_count;
	if (!take(r, ":{"))
		return fail(r);
	for (size_t i = 0; i < v->count && !r->failed;
		i++) { /* in the order of the payload, whatever the names */
		take(r, ",");
		read_string(r);
		v->items[i] = take(r, ":") ? read_value(r, variant->payload[i]) : fail(r);
	}
	if (!take(r, "}"))
		fail(r);
	return take(r, "}") ? v : fail(r);
}

/* "Everything", "Nothing", {"Match":[{"key":"app","operator":"In","values":["a"]}]} */
static const struct value *read_selector(struct reader *r)
{
	static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist" };
	static const struct type text = { .kind = TYPE_STRING };
	struct value *v = fresh(r, VALUE_ENUM);
	struct vec requirements = { 0 };

	if (take(r, "\"Everything\""))
		return v;
	v->integer = take(r, "\"Nothing\"") ? 1 : 2;
	if (v->integer == 1)
		return v;
	if (!take(r, "{\"Match\":["))
		return fail(r);
	while (!r->failed && !take(r, "]")) {
		const struct value **parts = ARENA_ARRAY(r->o->arena, const struct value *, 3);
		int64_t op = 0;
		take(r, ",");
		if (!take(r, "{\"key\":"))
			return fail(r);
		parts[0] = value_text(r->o, read_string(r));
		if (!take(r, ",\"operator\":"))
			return fail(r);
		for (struct text name = read_string(r); op < 4 && !text_is(name, operators[op]);)
			op++;
		parts[1] = value_int(r->o, op);
		struct vec none = { 0 };
		parts[2] = take(r, ",\"values\":") ? read_list(r, &text) : value_list(r->o, &none);
		if (!take(r, "}"))
			return fail(r);
		vec_push(r->o->arena, &requirements, (void *)value_record(r->o, NULL, parts, 3));
	}
	v->items = ARENA_ARRAY(r->o->arena, const struct value *, 1);
	v->items[0] = value_list(r->o, &requirements);
	v->count = 1;
	return take(r, "}") ? v : fail(r);
}

static const struct value *read_value(struct reader *r, const struct type *type)
{
	if (r->failed || take(r, "null"))
		return value_none();
	switch (type->kind) {
	case TYPE_OPTION:
		return read_value(r, type->item);
	case TYPE_LIST:
		return read_list(r, type->item);
	case TYPE_LABELS:
		return read_map(r, NULL, NULL);
	case TYPE_MAP:
		return read_map(r, type->key, type->item);
	case TYPE_SELECTOR:
		return read_selector(r);
	case TYPE_RECORD:
		return read_record(r, type->record);
	case TYPE_REF:
		return read_ref(r, type->collection);
	case TYPE_ENUM:
		return read_enum(r, type->enumeration);
	default:
		return scalar(r, type);
	}
}

const struct value *value_from_json(struct oracle *o, const struct type *type, struct text json)
{
	struct reader r = { .o = o, .at = json.data, .end = json.data + json.size };
	const struct value *v = read_value(&r, type);
	return r.failed || r.at != r.end ? NULL : v;
}

static void show(struct oracle *o, struct buffer *b, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE:
		buffer_format(b, "null");
		break;
	case VALUE_ENUM:
		buffer_format(b, "variant %" PRId64, v->integer);
		if (!v->count)
			break;
		/* fall through */
	case VALUE_LIST:
	case VALUE_RECORD:
		buffer_format(b, v->kind == VALUE_RECORD ? "{ " : "[");
		for (size_t i = 0; i < v->count; i++) {
			if (i)
				buffer_format(b, ", ");
			if (v->kind == VALUE_RECORD && v->names)
				buffer_format(b, "%.*s: ", TEXT_ARG(v->names[i]));
			show(o, b, v->items[i]);
		}
		buffer_format(b, v->kind == VALUE_RECORD ? " }" : "]");
		break;
	case VALUE_TEXT:
		buffer_format(b, "\"%.*s\"", TEXT_ARG(v->text));
		break;
	default:
		buffer_add(b, value_format(o, v, NULL));
	}
}

struct text value_show(struct oracle *o, const struct value *v)
{
	struct buffer b = { .arena = o->arena };
	show(o, &b, v);
	return buffer_text(&b);
}

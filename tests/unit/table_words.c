/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table_words.c: the words of the language on values (selects, like, within, contains), values from
 * text and back, canonical order, hashes. Mostly tables of input and expected output.
 */
#include <weft/abi.h>

#include "cases.h"

#include "base/alloc.h"
#include "base/heap.h"
#include "table/intern.h"

static struct weft_intern *in;

static struct weft_text text(const char *s)
{
	return (struct weft_text){ s, strlen(s) };
}

/* ---- text to value and back ---- */

static const struct weft_variant actions[] = { { .name = "Allow", .code = "ALLOW" },
	{ .name = "Deny", .code = "DENY" }, { .name = "Unknown", .payload = &weft_type_texts } };
static const struct weft_type action_type = { .name = "Action",
	.kind = WEFT_KIND_ENUM,
	.align = 4,
	.size = 4,
	.variants = actions,
	.variant_count = 2 };
static const struct weft_field unknown_fields[] = { { .name = "code", .type = &weft_type_string } };
static const struct weft_type unknown_type = { .name = "Unknown",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.size = 4,
	.has_ids = true,
	.fields = unknown_fields,
	.field_count = 1 };
static const struct weft_variant open_actions[] = { { .name = "Allow", .code = "ALLOW" },
	{ .name = "Unknown", .payload = &unknown_type } };
static const struct weft_type open_type = { .name = "Action",
	.kind = WEFT_KIND_ENUM,
	.align = 4,
	.size = 8,
	.offset = 4,
	.open = true,
	.has_ids = true,
	.variants = open_actions,
	.variant_count = 2 };
static const struct weft_type ports_type = { .name = "[Port]",
	.kind = WEFT_KIND_LIST,
	.align = 4,
	.size = 4,
	.has_ids = true,
	.item = &weft_type_port };
static const struct weft_type opt_port_type = { .name = "Port?",
	.kind = WEFT_KIND_OPTION,
	.align = 2,
	.size = 4,
	.offset = 2,
	.item = &weft_type_port };

static const struct {
	const struct weft_type *type;
	const char *from, *shown, *json; /* shown NULL: refused */
} round_trips[] = {
	{ &weft_type_bool, "true", "true", "true" },
	{ &weft_type_bool, "True", NULL, NULL },
	{ &weft_type_int, "-9223372036854775808", "-9223372036854775808", "-9223372036854775808" },
	{ &weft_type_int, "9223372036854775807", "9223372036854775807", "9223372036854775807" },
	{ &weft_type_int, "9223372036854775808", NULL, NULL },
	{ &weft_type_int, "12 ", NULL, NULL },
	{ &weft_type_int, "-", NULL, NULL },
	{ &weft_type_int, "", NULL, NULL },
	{ &weft_type_float, "0.1", "0.1", "0.1" },
	{ &weft_type_float, "-0", "0", "0" },
	{ &weft_type_float, "1e400", NULL, NULL },
	{ &weft_type_float, "nan", NULL, NULL },
	{ &weft_type_string, "a\"b\n\x01", "a\"b\n\x01", "\"a\\\"b\\n\\u0001\"" },
	{ &weft_type_string, "", "", "\"\"" },
	{ &weft_type_bytes, "\xff\x01", "\"ff01\"", "\"ff01\"" },
	{ &weft_type_port, "65535", "65535", "65535" },
	{ &weft_type_port, "65536", NULL, NULL },
	{ &weft_type_port, "http", NULL, NULL },
	{ &weft_type_ip, "10.0.0.5", "10.0.0.5", "\"10.0.0.5\"" },
	{ &weft_type_ip, "::ffff:10.0.0.5", "10.0.0.5", "\"10.0.0.5\"" },
	{ &weft_type_ip, "2001:DB8::0:1", "2001:db8::1", "\"2001:db8::1\"" },
	{ &weft_type_ip, "10.0.0", NULL, NULL },
	{ &weft_type_ip, "10.0.0.256", NULL, NULL },
	{ &weft_type_cidr, "10.1.2.3/8", "10.0.0.0/8", "\"10.0.0.0/8\"" },
	{ &weft_type_cidr, "10.1.2.3", "10.1.2.3/32", "\"10.1.2.3/32\"" },
	{ &weft_type_cidr, "0.0.0.0/0", "0.0.0.0/0", "\"0.0.0.0/0\"" },
	{ &weft_type_cidr, "2001:db8::1/64", "2001:db8::/64", "\"2001:db8::/64\"" },
	{ &weft_type_cidr, "::/0", "::/0", "\"::/0\"" },
	{ &weft_type_cidr, "10.0.0.0/33", NULL, NULL },
	{ &weft_type_cidr, "10.0.0.0/", NULL, NULL },
	{ &weft_type_addr, "10.0.0.5:9090", "10.0.0.5:9090", "\"10.0.0.5:9090\"" },
	{ &weft_type_addr, "[::1]:80", "[::1]:80", "\"[::1]:80\"" },
	{ &weft_type_addr, "*:8080", "*:8080", "\"*:8080\"" },
	{ &weft_type_addr, "::1:80", NULL, NULL },
	{ &weft_type_addr, "10.0.0.5", NULL, NULL },
	{ &weft_type_duration, "24h", "24h", "\"24h\"" },
	{ &weft_type_duration, "90s", "1m30s", "\"1m30s\"" },
	{ &weft_type_duration, "1h30m", "1h30m", "\"1h30m\"" },
	{ &weft_type_duration, "250ms", "250ms", "\"250ms\"" },
	{ &weft_type_duration, "1.5s", "1s500ms", "\"1s500ms\"" },
	{ &weft_type_duration, "0.1s", "100ms", "\"100ms\"" },
	{ &weft_type_duration, "0", "0s", "\"0s\"" },
	{ &weft_type_duration, "2d", "48h", "\"48h\"" },
	{ &weft_type_duration, "5", NULL, NULL },
	{ &weft_type_duration, "-5s", NULL, NULL },
	{ &weft_type_duration, "", NULL, NULL },
	{ &weft_type_size, "64KiB", "64KiB", "\"64KiB\"" },
	{ &weft_type_size, "64Ki", "64KiB", "\"64KiB\"" },
	{ &weft_type_size, "1.5MiB", "1536KiB", "\"1536KiB\"" },
	{ &weft_type_size, "1000", "1000B", "\"1000B\"" },
	{ &weft_type_size, "10MB", "10000000B", "\"10000000B\"" },
	{ &weft_type_size, "1X", NULL, NULL },
	{ &weft_type_instant, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z",
		"\"2026-01-31T12:00:00Z\"" },
	{ &weft_type_instant, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
		"\"1970-01-01T00:00:00Z\"" },
	{ &weft_type_instant, "2024-02-29T23:59:59.250+02:00", "2024-02-29T21:59:59.25Z",
		"\"2024-02-29T21:59:59.25Z\"" },
	{ &weft_type_instant, "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z",
		"\"1969-12-31T23:59:59.5Z\"" },
	{ &weft_type_instant, "2023-02-29T00:00:00Z", NULL, NULL },
	{ &weft_type_instant, "2026-01-31", NULL, NULL },
	{ &weft_type_instant, "2026-01-31T12:00:00", NULL, NULL },
	{ &weft_type_instant, "2026-01-31T12:00:00.Z", NULL, NULL },
	{ &weft_type_identity, "spiffe://mesh/ns/shop/sa/cart", "spiffe://mesh/ns/shop/sa/cart",
		"\"spiffe://mesh/ns/shop/sa/cart\"" },
	{ &weft_type_labels, "b=2, a=1", "a=1,b=2", "{\"a\":\"1\",\"b\":\"2\"}" },
	{ &weft_type_labels, "b=\"x,\\\"y\"\na=\"1\"\n", "a=1,b=x,\"y",
		"{\"a\":\"1\",\"b\":\"x,\\\"y\"}" },
	{ &weft_type_labels, "", "", "{}" },
	{ &weft_type_labels, "a=", "a=", "{\"a\":\"\"}" },
	{ &weft_type_labels, "a=1,a=2", NULL, NULL },
	{ &weft_type_labels, "a", NULL, NULL },
	{ &weft_type_labels, "a=\"1", NULL, NULL },
	{ &weft_type_selector, "app=web",
		"{\"Match\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\"]}]}",
		"{\"Match\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\"]}]}" },
	{ &weft_type_selector, "", NULL, NULL },
	{ &action_type, "DENY", "Deny", "\"Deny\"" },
	{ &action_type, "Deny", NULL, NULL },
	{ &open_type, "ALLOW", "Allow", "\"Allow\"" },
	{ &open_type, "CUSTOM", "{\"Unknown\":{\"code\":\"CUSTOM\"}}",
		"{\"Unknown\":{\"code\":\"CUSTOM\"}}" },
	{ &ports_type, "80, 443", "[80,443]", "[80,443]" },
	{ &ports_type, "80,x", NULL, NULL },
	{ &opt_port_type, "80", "80", "80" },
	{ &opt_port_type, "", "none", "null" },
};

static void values_in_text(void)
{
	for (size_t i = 0; i < sizeof(round_trips) / sizeof(round_trips[0]); i++) {
		_Alignas(16) char value[64];
		const char *why = NULL;
		struct weft_buffer shown = { 0 }, json = { 0 };
		enum weft_status status = weft_parse_value(
			in, round_trips[i].type, text(round_trips[i].from), value, &why);
		if ((status == WEFT_OK) != (round_trips[i].shown != NULL) ||
			(status != WEFT_OK && !why)) {
			case_fail(__FILE__, __LINE__, "%s from '%s': status %d, %s",
				round_trips[i].type->name, round_trips[i].from, status,
				why ? why : "no reason");
			continue;
		}
		if (status != WEFT_OK)
			continue;
		weft_format_value(&shown, in, round_trips[i].type, value);
		weft_json_value(&json, in, round_trips[i].type, value);
		if (strcmp(shown.data ? shown.data : "", round_trips[i].shown) != 0)
			case_fail(__FILE__, __LINE__, "'%s' shows '%s', not '%s'",
				round_trips[i].from, shown.data, round_trips[i].shown);
		if (strcmp(json.data ? json.data : "", round_trips[i].json) != 0)
			case_fail(__FILE__, __LINE__, "'%s' is in JSON '%s', not '%s'",
				round_trips[i].from, json.data, round_trips[i].json);
		weft_buffer_free(&shown);
		weft_buffer_free(&json);
	}
}

/* ---- patterns ---- */

static const struct {
	char how; /* l like, h host, i identity, c contains */
	const char *value, *pattern;
	bool holds;
} patterns[] = {
	{ 'l', "abc", "abc", true },
	{ 'l', "abc", "a*", true },
	{ 'l', "abc", "*c", true },
	{ 'l', "abc", "*b*", true },
	{ 'l', "abc", "b*", false },
	{ 'l', "", "*", true },
	{ 'l', "", "", true },
	{ 'l', "a", "", false },
	{ 'l', "a/b.c", "a*c", true },
	{ 'l', "aab", "a*ab", true },
	{ 'l', "abab", "*ab", true },
	{ 'l', "ABC", "abc", false },
	{ 'l', "a*", "a**", true },
	{ 'l', "a?c", "a?c", true },
	{ 'l', "abc", "a?c", false },
	{ 'l', "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*a*a*c", false },
	{ 'h', "Shop.Example.COM", "*.example.com", true },
	{ 'h', "example.com", "*.example.com", false },
	{ 'i', "spiffe://mesh/ns/shop/sa/cart", "mesh/ns/shop/*", true },
	{ 'i', "mesh/ns/shop/sa/cart", "spiffe://mesh/ns/*", true },
	{ 'i', "spiffe://mesh/ns/a", "mesh/ns/b", false },
	{ 'c', "hello", "ell", true },
	{ 'c', "hello", "", true },
	{ 'c', "", "a", false },
};

static void patterns_hold(void)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct weft_text v = text(patterns[i].value), p = text(patterns[i].pattern);
		char how = patterns[i].how;
		bool holds = how == 'l' ? weft_like(v, p)
			: how == 'h'    ? weft_like_host(v, p)
			: how == 'i'    ? weft_like_identity(v, p)
					: weft_text_contains(v, p);
		if (holds != patterns[i].holds)
			case_fail(__FILE__, __LINE__, "%c: '%s' and '%s'", how, patterns[i].value,
				patterns[i].pattern);
	}
}

static void addresses_within(void)
{
	static const struct {
		const char *ip, *cidr;
		bool holds;
	} cases[] = { { "10.1.2.3", "10.0.0.0/8", true }, { "11.1.2.3", "10.0.0.0/8", false },
		{ "10.1.2.3", "0.0.0.0/0", true }, { "::1", "0.0.0.0/0", false },
		{ "10.0.0.1", "::/0", true }, { "10.127.255.255", "10.0.0.0/9", true },
		{ "10.128.0.0", "10.0.0.0/9", false }, { "2001:db8::1", "2001:db8::/127", true },
		{ "2001:db8::2", "2001:db8::/127", false }, { "10.0.0.5", "10.0.0.5/32", true } };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weft_ip ip;
		struct weft_cidr cidr;
		CHECK(weft_parse_value(in, &weft_type_ip, text(cases[i].ip), &ip, NULL) == WEFT_OK);
		CHECK(weft_parse_value(in, &weft_type_cidr, text(cases[i].cidr), &cidr, NULL) ==
			WEFT_OK);
		if (weft_within(ip, cidr) != cases[i].holds)
			case_fail(__FILE__, __LINE__, "%s within %s", cases[i].ip, cases[i].cidr);
	}
}

/* ---- selectors, against the table in Kubernetes' documentation ---- */

static weft_id id_of(const char *s)
{
	weft_id id = 0;
	if (weft_intern_put_text(in, text(s), &id) != WEFT_OK)
		abort();
	return id;
}

static struct weft_requirement requirement(
	const char *key, enum weft_selector_operator op, const char *a, const char *b)
{
	weft_id values[2] = { a ? id_of(a) : 0, b ? id_of(b) : 0 };
	struct weft_requirement r = { .key = id_of(key), .op = op };
	if (weft_intern_put_texts(in, values, (a != NULL) + (size_t)(b != NULL), &r.values) !=
		WEFT_OK)
		abort();
	return r;
}

static bool selects(struct weft_requirement *all, size_t count, const char *labels)
{
	struct weft_selector selector;
	weft_id id;
	if (weft_intern_put_selector(in, all, count, &selector) != WEFT_OK ||
		weft_parse_value(in, &weft_type_labels, text(labels), &id, NULL) != WEFT_OK)
		abort();
	return weft_selects(in, selector, weft_list_of(in, id));
}

static void selectors_select(void)
{
	struct weft_requirement r[3] = { requirement("app", WEFT_IN, "web", "api") };
	CHECK(selects(r, 1, "app=web,tier=1") && selects(r, 1, "app=api") &&
		!selects(r, 1, "app=db") && !selects(r, 1, ""));
	r[0] = requirement("app", WEFT_NOT_IN, "web", NULL);
	CHECK(!selects(r, 1, "app=web") && selects(r, 1, "app=api") && selects(r, 1, "tier=1") &&
		selects(r, 1, ""));
	r[0] = requirement("app", WEFT_EXISTS, NULL, NULL);
	CHECK(selects(r, 1, "app=") && !selects(r, 1, "ap=1"));
	r[0] = requirement("app", WEFT_DOES_NOT_EXIST, NULL, NULL);
	CHECK(!selects(r, 1, "app=") && selects(r, 1, "ap=1"));
	r[0] = requirement("app", WEFT_IN, "web", NULL);
	r[1] = requirement("tier", WEFT_NOT_IN, "1", "2");
	r[2] = requirement("zone", WEFT_EXISTS, NULL, NULL);
	CHECK(selects(r, 3, "app=web,tier=3,zone=a") && selects(r, 3, "app=web,zone=a") &&
		!selects(r, 3, "app=web,tier=1,zone=a"));
	CHECK(selects(NULL, 0, "") && selects(NULL, 0, "a=b")); /* empty selects everything */
	struct weft_selector s = { .kind = WEFT_SELECTOR_NOTHING };
	CHECK(!weft_selects(in, s, (struct weft_list){ 0 }));
	struct weft_requirement bad = { .key = id_of("app"), .op = WEFT_IN };
	CHECK(weft_intern_put_selector(in, &bad, 1, &s) == WEFT_INVALID);
	/* One meaning, one id: order and repetition do not count. */
	struct weft_requirement x[2] = { requirement("b", WEFT_IN, "2", "1"),
		requirement("a", WEFT_EXISTS, NULL, NULL) };
	struct weft_requirement y[3] = { requirement("a", WEFT_EXISTS, NULL, NULL),
		requirement("b", WEFT_IN, "1", "2"), requirement("b", WEFT_IN, "2", "1") };
	struct weft_selector sx, sy;
	CHECK(weft_intern_put_selector(in, x, 2, &sx) == WEFT_OK &&
		weft_intern_put_selector(in, y, 3, &sy) == WEFT_OK);
	CHECK(memcmp(&sx, &sy, sizeof(sx)) == 0);
	weft_id labels;
	CHECK(weft_parse_value(in, &weft_type_labels, text("a=1,b=2"), &labels, NULL) == WEFT_OK);
	struct weft_opt_text got = weft_labels_get(in, weft_list_of(in, labels), text("b"));
	CHECK(got.has && weft_text_equal(got.value, text("2")));
	CHECK(!weft_labels_get(in, weft_list_of(in, labels), text("c")).has);
}

/* ---- order, hashes, arithmetic ---- */

static void order_is_by_content(void)
{
	weft_id later = id_of("zebra"), first = id_of("ant"), prefix = id_of("an");
	CHECK(weft_value_compare(in, &weft_type_string, &first, &later) < 0);
	CHECK(weft_value_compare(in, &weft_type_string, &prefix, &first) < 0);
	struct weft_opt_port none = { 0 }, some = { true, 1 };
	CHECK(weft_value_compare(in, &opt_port_type, &none, &some) > 0 &&
		weft_value_compare(in, &opt_port_type, &some, &some) == 0);
	weft_id a, b;
	CHECK(weft_parse_value(in, &ports_type, text("80,443"), &a, NULL) == WEFT_OK);
	CHECK(weft_parse_value(in, &ports_type, text("80"), &b, NULL) == WEFT_OK);
	CHECK(weft_value_compare(in, &ports_type, &b, &a) < 0);
	int64_t minus = -1, plus = 1;
	CHECK(weft_value_compare(in, &weft_type_int, &minus, &plus) < 0);
}

static void hashes_are_the_inline_ones(void)
{
	weft_id id = id_of("shop"), none = 0;
	CHECK(weft_value_hash(in, &weft_type_string, &id) == weft_hash_text(text("shop")));
	CHECK(weft_value_hash(in, &weft_type_string, &none) == weft_hash_text(text("")));
	int64_t x = -5;
	CHECK(weft_value_hash(in, &weft_type_int, &x) == (uint64_t)-5);
	struct weft_addr addr;
	CHECK(weft_parse_value(in, &weft_type_addr, text("10.0.0.5:9090"), &addr, NULL) == WEFT_OK);
	CHECK(weft_value_hash(in, &weft_type_addr, &addr) == weft_hash_addr(addr));
	struct weft_opt_port some = { true, 80 };
	CHECK(weft_value_hash(in, &opt_port_type, &some) == weft_hash_u64(1, 80));
}

static void arithmetic_saturates(void)
{
	uint64_t before = weft_saturations();
	CHECK(weft_add(INT64_MAX, 1) == INT64_MAX && weft_subtract(INT64_MIN, 1) == INT64_MIN &&
		weft_add(INT64_MIN, -1) == INT64_MIN);
	CHECK(weft_multiply(INT64_MIN, 2) == INT64_MIN &&
		weft_multiply(INT64_MIN, -2) == INT64_MAX && weft_multiply(-3, 4) == -12);
	CHECK(weft_saturations() == before + 5);
}

static void interning_is_shared_and_swept(void)
{
	size_t count = weft_intern_count(in), bytes = weft_intern_bytes(in);
	char big[200000];
	memset(big, 'x', sizeof(big));
	for (size_t size = 1; size < sizeof(big); size = size * 3 / 2 + 1) {
		weft_id a, b;
		CHECK(weft_intern_put_text(in, (struct weft_text){ big, size }, &a) == WEFT_OK);
		CHECK(weft_intern_put_text(in, (struct weft_text){ big, size }, &b) == WEFT_OK);
		CHECK(a == b && weft_text_of(in, a).size == size &&
			weft_id_hash(in, a) == weft_hash_bytes(big, size));
		weft_value_retain(in, &weft_type_string, &a);
	}
	weft_intern_sweep(in);
	CHECK(weft_intern_count(in) > 10);
	for (size_t size = 1; size < sizeof(big); size = size * 3 / 2 + 1) {
		weft_id a;
		CHECK(weft_intern_find(in, (struct weft_text){ big, size }, &a));
		weft_value_release(in, &weft_type_string, &a);
	}
	weft_intern_sweep(in);
	CHECK(weft_intern_count(in) <= count && weft_intern_bytes(in) <= bytes);
}

static void timers_in_order(void)
{
	struct weft_heap heap = { 0 };
	struct weft_heap_entry entries[200] = { 0 };
	uint64_t seed = 3;
	for (int i = 0; i < 200; i++)
		CHECK(weft_heap_insert(&heap, &entries[i], (int64_t)(next_random(&seed) % 50)));
	for (int i = 0; i < 200; i += 3)
		weft_heap_remove(&heap, &entries[i]);
	for (int i = 1; i < 200; i += 3)
		CHECK(weft_heap_move(&heap, &entries[i], (int64_t)(next_random(&seed) % 50)));
	int64_t last = -1;
	size_t count = 0;
	uint64_t turn = 0;
	for (struct weft_heap_entry *e; (e = weft_heap_first(&heap)) != NULL; count++) {
		CHECK(e->key > last || (e->key == last && e->turn > turn));
		last = e->key;
		turn = e->turn;
		weft_heap_remove(&heap, e);
	}
	CHECK(count == 133);
	weft_heap_free(&heap);
}

int main(void)
{
	size_t live = weft_alloc_live_bytes();
	if (weft_intern_create(&in) != WEFT_OK)
		return 1;
	CASE(values_in_text);
	CASE(patterns_hold);
	CASE(addresses_within);
	CASE(selectors_select);
	CASE(order_is_by_content);
	CASE(hashes_are_the_inline_ones);
	CASE(arithmetic_saturates);
	CASE(interning_is_shared_and_swept);
	CASE(timers_in_order);
	weft_intern_destroy(in);
	if (weft_alloc_live_bytes() != live)
		printf("FAIL memory: %zu bytes stay\n", weft_alloc_live_bytes() - live);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * decode_rows.c: documents into rows: what fits, what is absent, what is empty, what is refused and
 * with which words.
 */
#include "base/alloc.h"
#include "base/buffer.h"
#include "cases.h"
#include "mesh/decode.h"
#include "shop.h"
#include "table/intern.h"

static struct weft_intern *intern;
static char shown[4096];

/* The YAML text as the type reads it, as JSON; or "!LINE:reason". */
static const char *decode(const struct weft_type *t, const char *yaml)
{
	struct weft_documents docs;
	_Alignas(16) char value[512];
	struct weft_decode d = { .intern = intern };
	struct weft_buffer b = { 0 };
	enum weft_status status = weft_documents_read(
		&docs, WEFT_DOCUMENT_YAML, (struct weft_text){ yaml, strlen(yaml) });
	if (status == WEFT_OK && docs.first && docs.first->broken)
		weft_buffer_format(&b, "broken: %s", docs.first->broken->reason);
	else if (status == WEFT_OK && docs.first) {
		status = weft_decode_value(&d, t, docs.first->root, value);
		if (status == WEFT_OK)
			weft_json_value(&b, intern, t, value);
		else
			weft_buffer_format(&b, "!%u:%s", d.line,
				status == WEFT_INVALID ? d.reason : "no memory");
	}
	weft_documents_free(&docs);
	weft_intern_sweep(intern);
	snprintf(shown, sizeof(shown), "%s", b.data ? b.data : "");
	weft_buffer_free(&b);
	return shown;
}

static void services(void)
{
	CHECK_TEXT(decode(&shop_service_type,
			   "metadata: {name: web, namespace: shop, labels: {b: x, a: y}, "
			   "creationTimestamp: null}\n"
			   "spec: {selector: {app: web}, ports: [{port: 80}, {name: m, port: 81, "
			   "targetPort: http, protocol: UDP}, "
			   "{name: s, port: 82, targetPort: 9000, protocol: SCTP}]}\n"),
		"{\"namespace\":\"shop\",\"name\":\"web\",\"labels\":{\"a\":\"y\",\"b\":\"x\"},"
		"\"ports\":[{\"name\":\"\",\"port\":80,\"target_port\":80,"
		"\"protocol\":\"Tcp\"},{\"name\":\"m\",\"port\":81,\"target_port\":null,"
		"\"protocol\":\"Udp\"},{\"name\":\"s\",\"port\":82,\"target_port\":9000,"
		"\"protocol\":{\"Unknown\":{\"0\":\"SCTP\"}}}],\"selector\":{\"Match\":[{\"key\":"
		"\"app\",\"operator\":\"In\",\"values\":[\"web\"]}]},\"created\":null}");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: web}\n"),
		"{\"namespace\":\"default\",\"name\":\"web\",\"labels\":{},\"ports\":[],"
		"\"selector\":\"Nothing\",\"created\":null}");
}

static void refusals(void)
{
	CHECK_TEXT(decode(&shop_service_type, "metadata: {namespace: x}\n"),
		"!1:metadata.name: this is missing");
	CHECK_TEXT(decode(&shop_service_type, "[]"), "!1:a map is wanted here, not a list");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: 12}\n"),
		"!1:metadata.name: text is wanted here, not the number 12: write it in quotes");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: a, labels: {v: yes}}\n"),
		"!1:metadata.labels.v: text is wanted here, not the truth value yes: write it in "
		"quotes");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: a}\nspec: x\n"),
		"!2:spec: a map is wanted here, not the text \"x\"");
	CHECK_TEXT(decode(&shop_service_type,
			   "metadata: {name: a}\nspec:\n  ports:\n  - port: 1\n  - name: b\n    "
			   "port: 70000\n"),
		"!6:spec.ports[1].port: a port is 1 to 65535, not the number 70000");
	CHECK_TEXT(decode(&shop_service_type,
			   "metadata: {name: a}\nspec:\n  ports:\n  - {name: x, port: 1}\n  - "
			   "{name: x, port: 2}\n"),
		"!5:spec.ports[1]: an earlier element has the same `name`");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: a}\nspec: {ports: [null]}\n"),
		"!2:spec.ports[0]: nothing stands here");
	CHECK_TEXT(
		decode(&shop_service_type, "metadata: {name: a}\nspec: {ports: [{port: http}]}\n"),
		"!2:spec.ports[0].port: a port is a number, not the text \"http\"");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: a, creationTimestamp: today}\n"),
		"!1:metadata.creationTimestamp: \"today\" does not fit Instant: it is not a time "
		"like 2026-01-31T12:00:00Z");
	CHECK_TEXT(decode(&shop_service_type, "metadata: {name: a, x: {b: 1, b: 2}}\n"),
		"!1:the key `b` stands twice in one map, first in line 1");
}

static const char *selector(const char *yaml)
{
	return decode(&weft_type_selector, yaml);
}

static void selectors(void)
{
	CHECK_TEXT(selector("{}"), "\"Everything\"");
	CHECK_TEXT(selector("{matchLabels: {}, matchExpressions: []}"), "\"Everything\"");
	CHECK_TEXT(selector("{matchLabels: {b: y}, matchExpressions: [{key: a, operator: NotIn, "
			    "values: [q, p, q]}, {key: b, operator: In, values: [y]}]}"),
		"{\"Match\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"p\",\"q\"]},{"
		"\"key\":\"b\",\"operator\":\"In\",\"values\":[\"y\"]}]}");
	CHECK_TEXT(selector("{matchExpressions: [{key: a, operator: Exists}, {key: a, operator: "
			    "DoesNotExist, values: []}]}"),
		"{\"Match\":[{\"key\":\"a\",\"operator\":\"Exists\",\"values\":[]},{\"key\":\"a\","
		"\"operator\":\"DoesNotExist\",\"values\":[]}]}");
	CHECK_TEXT(selector("{matchLabels: x}"),
		"{\"Match\":[{\"key\":\"matchLabels\",\"operator\":\"In\",\"values\":[\"x\"]}]}");
	CHECK_TEXT(selector("{matchExpressions: [{key: a, operator: Has}]}"),
		"!1:matchExpressions[0]: `operator` is In, NotIn, Exists or DoesNotExist, not the "
		"text \"Has\"");
	CHECK_TEXT(selector("{matchExpressions: [{key: a}]}"),
		"!1:matchExpressions[0]: `operator` is In, NotIn, Exists or DoesNotExist");
	CHECK_TEXT(selector("{matchExpressions: [{key: a, operator: In}]}"),
		"!1:matchExpressions[0]: In and NotIn want at least one value");
	CHECK_TEXT(selector("{matchExpressions: [{key: a, operator: In, values: []}]}"),
		"!1:matchExpressions[0]: In and NotIn want at least one value");
	CHECK_TEXT(selector("{matchExpressions: [{key: a, operator: Exists, values: [x]}]}"),
		"!1:matchExpressions[0]: Exists and DoesNotExist have no values");
	CHECK_TEXT(selector("{matchExpressions: [{operator: Exists}]}"),
		"!1:matchExpressions[0]: an expression has a `key`, a text");
	CHECK_TEXT(selector("{matchLabels: {a: b}, app: web}"),
		"!1:app: a label selector has matchLabels and matchExpressions");
	CHECK_TEXT(selector("{matchExpression: [{key: a, operator: Exists}]}"),
		"!1:matchExpression: text is wanted here, not a list");
	CHECK_TEXT(selector("[]"), "!1:a label selector is a map, not a list");
}

static void scalars(void)
{
	static const struct {
		const struct weft_type *type;
		const char *yaml, *want;
	} all[] = {
		{ &weft_type_bool, "true", "true" },
		{ &weft_type_bool, "'true'",
			"!1:true or false is wanted here, not the text \"true\"" },
		{ &weft_type_int, "-12", "-12" },
		{ &weft_type_int, "1.5", "!1:an integer is wanted here, not the number 1.5" },
		{ &weft_type_int, "99999999999999999999",
			"!1:an integer is wanted here, not the number 99999999999999999999" },
		{ &weft_type_port, "'8080'", "8080" },
		{ &weft_type_port, "0", "!1:a port is 1 to 65535, not the number 0" },
		{ &shop_opt_port, "http", "null" },
		{ &shop_opt_port, "'81'", "81" },
		{ &shop_opt_port, "99999", "!1:a port is 1 to 65535, not the number 99999" },
		{ &weft_type_ip, "10.0.0.1", "\"10.0.0.1\"" },
		{ &weft_type_cidr, "10.0.0.1", "\"10.0.0.1/32\"" },
		{ &weft_type_cidr, "10.0.0.0/8", "\"10.0.0.0/8\"" },
		{ &weft_type_float, ".nan", "!1:a number is wanted here, not the number .nan" },
		{ &weft_type_labels, "{b: '2', a: '1', c: null}",
			"{\"a\":\"1\",\"b\":\"2\",\"c\":\"\"}" },
		{ &weft_type_labels, "[a]", "!1:a map of labels is wanted here, not a list" },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *is = decode(all[i].type, all[i].yaml);
		if (strcmp(is, all[i].want) != 0)
			case_fail(__FILE__, __LINE__, "%s of %s\n    is:     %s\n    should: %s",
				all[i].type->name, all[i].yaml, is, all[i].want);
	}
}

/* ---- a record that asks for what it does not read; a path with a key that has dots ---- */
struct rule {
	weft_id ports, not_ports, other, deep;
};
static const struct weft_type ports_type = { .name = "[Port]",
	.kind = WEFT_KIND_LIST,
	.align = 4,
	.has_ids = true,
	.size = 4,
	.item = &weft_type_port };
static const struct weft_type texts_type = { .name = "[String]",
	.kind = WEFT_KIND_LIST,
	.align = 4,
	.has_ids = true,
	.size = 4,
	.item = &weft_type_string };
static const struct weft_field rule_fields[] = {
	{ .name = "ports", .offset = offsetof(struct rule, ports), .type = &ports_type },
	{ .name = "not_ports",
		.offset = offsetof(struct rule, not_ports),
		.type = &ports_type,
		.path = "notPorts" },
	{ .name = "other",
		.offset = offsetof(struct rule, other),
		.type = &texts_type,
		.path = "_" },
	{ .name = "deep",
		.offset = offsetof(struct rule, deep),
		.type = &weft_type_string,
		.path = "labels.example.org/name",
		.absent = shop_no_name },
};
static const struct weft_type rule_type = { .name = "Rule",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct rule),
	.fields = rule_fields,
	.field_count = 4 };

static void unread_keys_and_dotted_keys(void)
{
	CHECK_TEXT(decode(&rule_type,
			   "ports: ['80', 81]\nmethods: [GET]\nlabels: {example.org/name: x, "
			   "example.org/other: y}\nhosts: 3\n"),
		"{\"ports\":[80,81],\"not_ports\":[],\"other\":[\"methods\",\"labels.example.org/"
		"other\",\"hosts\"],\"deep\":\"x\"}");
	CHECK_TEXT(decode(&rule_type, "{}"),
		"{\"ports\":[],\"not_ports\":[],\"other\":[],\"deep\":\"\"}");
	CHECK_TEXT(decode(&rule_type, "labels: {example: 3}"),
		"!1:labels.example: a map is wanted here, not the number 3");
	CHECK_TEXT(decode(&rule_type, "labels: {example: 3, example.org/name: z}"),
		"{\"ports\":[],\"not_ports\":[],\"other\":[\"labels.example\"],\"deep\":\"z\"}");
}

static const struct weft_field entry_fields[] = {
	{ .name = "key", .offset = 0, .type = &weft_type_port },
	{ .name = "value", .offset = 4, .type = &weft_type_string },
};
static const struct weft_type entry_type = { .name = "",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = 8,
	.fields = entry_fields,
	.field_count = 2 };
static const struct weft_type map_type = { .name = "{Port: String}",
	.kind = WEFT_KIND_MAP,
	.align = 4,
	.has_ids = true,
	.size = 4,
	.item = &entry_type };
static const struct weft_variant colours[] = { { "Red", NULL, NULL }, { "Blue", "b", NULL } };
static const struct weft_type colour_type = { .name = "Colour",
	.kind = WEFT_KIND_ENUM,
	.align = 4,
	.size = 4,
	.variants = colours,
	.variant_count = 2 };

static void maps_and_enums(void)
{
	CHECK_TEXT(decode(&map_type, "{443: b, 80: a}"), "{\"80\":\"a\",\"443\":\"b\"}");
	CHECK_TEXT(decode(&map_type, "{80: a, 080: b}"), "!1:two keys of this map mean the same");
	CHECK(strncmp(decode(&map_type, "{x: a}"), "!1:x: ", 6) == 0);
	CHECK_TEXT(decode(&colour_type, "Red"), "\"Red\"");
	CHECK_TEXT(decode(&colour_type, "b"), "\"Blue\"");
	CHECK_TEXT(decode(&colour_type, "Blue"),
		"!1:one of Red, b is wanted here, not the text \"Blue\"");
	CHECK_TEXT(decode(&shop_protocol, "QUIC"), "{\"Unknown\":{\"0\":\"QUIC\"}}");
	CHECK_TEXT(
		decode(&shop_protocol, "{Unknown: {'0': QUIC}}"), "{\"Unknown\":{\"0\":\"QUIC\"}}");
	CHECK_TEXT(decode(&shop_protocol, "3"),
		"!1:one of TCP, UDP, Unknown is wanted here, not the number 3");
}

static void no_memory(void)
{
	static const char yaml[] = "metadata: {name: web, labels: {a: b}}\nspec: {selector: "
				   "{matchExpressions: [{key: z, operator: In, values: [q, w]}]}, "
				   "ports: [{port: 1}, {name: x, port: 2}]}\n";
	struct weft_documents docs;
	CHECK(weft_documents_read(&docs, WEFT_DOCUMENT_YAML,
		      (struct weft_text){ yaml, sizeof(yaml) - 1 }) == WEFT_OK);
	for (uint64_t k = 1;; k++) {
		struct shop_service row;
		struct weft_decode d = { .intern = intern };
		weft_alloc_fail_at(k, 0);
		enum weft_status status =
			weft_decode_row(&d, &shop_service_type, docs.first->root, &row);
		bool failed = weft_alloc_failed();
		weft_alloc_fail_at(0, 0);
		weft_intern_sweep(intern);
		if (!failed)
			break;
		CHECK(status == WEFT_NO_MEMORY || status == WEFT_INVALID);
	}
	weft_documents_free(&docs);
}

int main(void)
{
	if (weft_intern_create(&intern) != WEFT_OK)
		return 1;
	CASE(services);
	CASE(refusals);
	CASE(selectors);
	CASE(scalars);
	CASE(unread_keys_and_dotted_keys);
	CASE(maps_and_enums);
	CASE(no_memory);
	weft_intern_destroy(intern);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * doc_read.c: YAML and JSON into trees: what is read, on which line, what is refused and why, the
 * limits, and that no bytes at all do harm (mutations of good files, bounded in time).
 */
#include <time.h>

#include "base/alloc.h"
#include "cases.h"
#include "proto/document.h"

static struct weft_documents docs;
static char shown[8192];

static void show_node(struct weft_buffer *b, const struct weft_doc *n)
{
	switch (n->kind) {
	case WEFT_DOC_NULL:
		weft_buffer_format(b, "null");
		return;
	case WEFT_DOC_BOOL:
		weft_buffer_format(b, n->truth ? "true" : "false");
		return;
	case WEFT_DOC_NUMBER:
		weft_buffer_format(b, "%s", n->text.data);
		return;
	case WEFT_DOC_TEXT:
		weft_buffer_format(b, "\"%s\"", n->text.data);
		return;
	default:
		break;
	}
	weft_buffer_format(b, n->kind == WEFT_DOC_MAP ? "{" : "[");
	for (const struct weft_doc *c = n->first; c; c = c->next) {
		if (c->has_key)
			weft_buffer_format(b, "%s:", c->key.data);
		show_node(b, c);
		if (c->next)
			weft_buffer_format(b, ",");
	}
	weft_buffer_format(b, n->kind == WEFT_DOC_MAP ? "}" : "]");
}

/* "{a:1} | !3:reason" */
static const char *show(void)
{
	struct weft_buffer b = { 0 };
	for (const struct weft_document *d = docs.first; d; d = d->next) {
		if (d != docs.first)
			weft_buffer_format(&b, " | ");
		if (d->root)
			show_node(&b, d->root);
		if (d->root && d->root->flaw)
			weft_buffer_format(
				&b, " ?%u:%s", d->root->flaw->line, d->root->flaw->reason);
		if (d->broken)
			weft_buffer_format(&b, " !%u:%s", d->broken->line, d->broken->reason);
	}
	snprintf(shown, sizeof(shown), "%s", b.data ? b.data : "");
	weft_buffer_free(&b);
	weft_documents_free(&docs);
	return shown;
}

static const char *yaml(const char *text)
{
	if (weft_documents_read(
		    &docs, WEFT_DOCUMENT_YAML, (struct weft_text){ text, strlen(text) }) != WEFT_OK)
		return "no memory";
	return show();
}

static const char *json(const char *text)
{
	if (weft_documents_read_json(&docs, (struct weft_text){ text, strlen(text) }) != WEFT_OK)
		return "no memory";
	return show();
}

static void yaml_values(void)
{
	CHECK_TEXT(yaml("a: 1\nb: [x, 'y', \"z\\n\"]\nc: {d: ~, e: true}\n"),
		"{a:1,b:[\"x\",\"y\",\"z\n\"],c:{d:null,e:true}}");
	CHECK_TEXT(yaml("a: yes\nb: off\nc: 'yes'\nd: 1.5\ne: '1.5'\nf: 10.0.0.1\ng: 0x1F\nh: "
			"2024-01-01T00:00:00Z\n"),
		"{a:true,b:false,c:\"yes\",d:1.5,e:\"1.5\",f:\"10.0.0.1\",g:0x1F,h:\"2024-01-01T00:"
		"00:00Z\"}");
	CHECK_TEXT(yaml("a: |\n  one\n  ---x\n  two\nb: >\n  p\n  q\n"),
		"{a:\"one\n---x\ntwo\n\",b:\"p q\n\"}");
	CHECK_TEXT(yaml("a: !!str 12\nb: ! 3\n"), "{a:\"12\",b:\"3\"}");
	CHECK_TEXT(
		yaml("a: -\n"), "{a:{}} !1:block sequence entries are not allowed in this context");
	CHECK_TEXT(yaml("1: a\ntrue: b\n"), "{1:\"a\",true:\"b\"}");
	CHECK_TEXT(yaml("a: 1_000\nb: 1e3\nc: e3\nd: -\\\n"), "{a:1_000,b:1e3,c:\"e3\",d:\"-\\\"}");
}

static void yaml_documents(void)
{
	CHECK_TEXT(yaml(""), "");
	CHECK_TEXT(yaml("# only a comment\n---\n# and one more\n---\n"), "");
	CHECK_TEXT(yaml("a: 1\n---\nb: 2\n...\n---\nc: 3"), "{a:1} | {b:2} | {c:3}");
	CHECK_TEXT(yaml("%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n"), "{a:1} | {b:2}");
	CHECK_TEXT(yaml("--- {a: 1}\n--- [2]\n---\tx\n"), "{a:1} | [2] | \"x\"");
	CHECK_TEXT(yaml("a: 1\r\n---\r\nb: 2\r\n"), "{a:1} | {b:2}");
	CHECK_TEXT(yaml("\xef\xbb\xbf"
			"a: 1\n"),
		"{a:1}");
	CHECK_TEXT(yaml("{\"kind\": \"Service\", \"n\": [1, 2]}"), "{kind:\"Service\",n:[1,2]}");
}

static void yaml_broken(void)
{
	/* what stood before the break is kept, and the documents around it are read */
	CHECK_TEXT(yaml("a: 1\n---\nkind: X\nb: [1,\nc: }\n---\nd: 4\n"),
		"{a:1} | {kind:\"X\",b:[1,{}],c:{}} !5:while parsing a flow node: did not find "
		"expected node content | {d:4}");
	CHECK_TEXT(yaml("a:\n\tb: 1\n"),
		"{a:{b:\"1\"}} !2:while scanning for the next token: found character that cannot "
		"start any token");
	CHECK_TEXT(yaml("a: *nobody\n"), "{a:{}} !1:nothing is named &nobody above");
	CHECK_TEXT(yaml("a: !mine x\n"), "{a:{}} !1:the tag !mine is not known here");
	CHECK_TEXT(yaml("a: !!int x\n"),
		"{a:{}} !1:the tag tag:yaml.org,2002:int does not fit its value");
	CHECK_TEXT(yaml("? [a]\n: 1\n"), "{} !1:a key must be plain text");
	CHECK_TEXT(yaml("a: \x01\n"), "{a:{}} !1:control characters are not allowed");
	CHECK_TEXT(yaml("a: 1\na: 2\n"),
		"{a:1,a:2} ?2:the key `a` stands twice in one map, first in line 1");
	CHECK_TEXT(yaml("x:\n- {b: 1,\n   b: 2}\n"),
		"{x:[{b:1,b:2}]} ?3:the key `b` stands twice in one map, first in line 2");
}

/* What a broken document was about, as far as its lines tell. */
static void yaml_salvage(void)
{
	CHECK_TEXT(yaml("apiVersion: v1\n\tx: 1\nkind: Service # old\nmetadata:\n  labels:\n    "
			"name: no\n  name: 'web'\n  namespace: shop\nspec: {a: 1\n"),
		"{apiVersion:\"v1\",kind:\"Service\",metadata:{name:\"web\",namespace:\"shop\"},"
		"spec:{a:\"1\"}} "
		"!2:while scanning a plain scalar from line 1: found a tab character that violates "
		"indentation");
	CHECK_TEXT(yaml("{\n  \"kind\": \"X\",\n  \"metadata\": {\"name\": \"a\", \"n\": \"b\"},\n "
			" oops: [\n"),
		"{kind:\"X\",metadata:{name:\"a\",n:\"b\"},oops:[]} !4:while parsing a flow node: "
		"did not find expected node content");
	CHECK(weft_documents_read(&docs, WEFT_DOCUMENT_JSON,
		      WEFT_TEXT("{\n  \"a\": 01,\n  \"kind\": \"X\",\n  \"metadata\": {\n    "
				"\"name\": \"n\",\n"
				"    \"namespace\": \"shop\"\n  }\n}\n")) == WEFT_OK);
	CHECK_TEXT(show(),
		"{a:\"01\",kind:\"X\",metadata:{name:\"n\",namespace:\"shop\"}} !2:a number does "
		"not begin with 0");
	CHECK_TEXT(yaml("a: 'never closed\nkind: X\nmetadata: {name: web, namespace: shop}\n"),
		"{a:{},kind:\"X\",metadata:{name:\"web\",namespace:\"shop\"}} !3:while scanning a "
		"quoted scalar from line 1: found unexpected end of stream");
}

static void yaml_aliases(void)
{
	CHECK_TEXT(yaml("a: &x {p: 1}\nb: *x\nc: &x 3\nd: [*x, *x]\n"),
		"{a:{p:1},b:{p:1},c:3,d:[3,3]}");
	CHECK_TEXT(yaml("base: &b {p: 1, q: 2}\nc:\n  q: 3\n  <<: *b\n"),
		"{base:{p:1,q:2},c:{q:3,p:1}}");
	CHECK_TEXT(yaml("b: &b {p: 1}\nc: {<<: [*b, {p: 2, r: 4}], s: 5}\n"),
		"{b:{p:1},c:{s:5,p:1,r:4}}");
	CHECK_TEXT(yaml("a: &x [*x]\n"), "{a:[]} !1:the alias *x stands inside of what it names");
	CHECK_TEXT(yaml("<<: 3\n"), "{<<:3} !1:`<<` wants a map or a list of maps");
	CHECK_TEXT(yaml("a: &x 1\n---\nb: *x\n"), "{a:1} | {b:{}} !3:nothing is named &x above");
}

/* ten levels of ten aliases each: 10^10 values */
static void yaml_laughs(void)
{
	struct weft_buffer b = { 0 };
	weft_buffer_format(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		weft_buffer_format(&b, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			weft_buffer_format(&b, "%s*a%d", j ? "," : "", i - 1);
		weft_buffer_format(&b, "]\n");
	}
	CHECK(weft_documents_read(
		      &docs, WEFT_DOCUMENT_YAML, (struct weft_text){ b.data, b.size }) == WEFT_OK);
	CHECK(docs.count == 1 && docs.first->broken && docs.nodes < 300000);
	CHECK_TEXT(docs.first->broken->reason, "aliases stand for more than 100000 values");
	weft_documents_free(&docs);
	weft_buffer_free(&b);
}

static const char *deep(
	enum weft_document_format format, int levels, const char *open, const char *close)
{
	struct weft_buffer b = { 0 };
	for (int i = 0; i < levels; i++)
		weft_buffer_format(&b, "%s", open);
	for (int i = 0; i < levels && close; i++)
		weft_buffer_format(&b, "%s", close);
	const char *reason = "no memory";
	if (weft_documents_read(&docs, format, (struct weft_text){ b.data, b.size }) == WEFT_OK)
		reason = docs.first && docs.first->broken ? docs.first->broken->reason : "good";
	snprintf(shown, sizeof(shown), "%s", reason);
	weft_documents_free(&docs);
	weft_buffer_free(&b);
	return shown;
}

static void limits(void)
{
	CHECK_TEXT(deep(WEFT_DOCUMENT_JSON, 100, "[", "]"), "good");
	CHECK_TEXT(deep(WEFT_DOCUMENT_JSON, 101, "[", "]"), "lists and maps nest deeper than 100");
	CHECK_TEXT(deep(WEFT_DOCUMENT_YAML, 100, "[", "]"), "good");
	CHECK_TEXT(deep(WEFT_DOCUMENT_YAML, 101, "[", "]"), "lists and maps nest deeper than 100");
	CHECK_TEXT(deep(WEFT_DOCUMENT_JSON, 1000000, "[", NULL),
		"lists and maps nest deeper than 100");
	CHECK_TEXT(deep(WEFT_DOCUMENT_YAML, 100000, "- ", NULL),
		"lists and maps nest deeper than 100");
	CHECK_TEXT(deep(WEFT_DOCUMENT_YAML, 1000, "- &a 1\n", NULL), "good");
	CHECK_TEXT(deep(WEFT_DOCUMENT_YAML, 1001, "- &a 1\n", NULL),
		"the document has more than 1000 anchors");
}

/* What would cost the square of the file's size. */
static void large_maps(void)
{
	struct weft_buffer b = { 0 };
	weft_buffer_format(&b, "a: &a\n");
	for (int i = 0; i < 5000; i++)
		weft_buffer_format(&b, " k%d: 1\n", i);
	weft_buffer_format(&b, "b:\n <<: *a\n");
	for (int i = 0; i < 5000; i++)
		weft_buffer_format(&b, " l%d: 1\n", i);
	CHECK(weft_documents_read(
		      &docs, WEFT_DOCUMENT_YAML, (struct weft_text){ b.data, b.size }) == WEFT_OK);
	CHECK(docs.first->broken &&
		strcmp(docs.first->broken->reason, "`<<` joins maps that are too large") == 0);
	weft_documents_free(&docs);
	b.size = 0;
	weft_buffer_format(&b, "x: [\n");
	for (int i = 0; i < 200000; i++)
		weft_buffer_format(&b, "k%d: 1\n", i);
	CHECK(weft_documents_read(
		      &docs, WEFT_DOCUMENT_YAML, (struct weft_text){ b.data, b.size }) == WEFT_OK);
	CHECK(docs.first->broken && docs.first->root && docs.first->root->count <= 1001);
	weft_documents_free(&docs);
	weft_buffer_free(&b);
}

static void too_large(void)
{
	size_t size = (size_t)WEFT_DOCUMENT_BYTES_MAX + 1;
	char *bytes = malloc(size);
	CHECK(bytes);
	memset(bytes, ' ', size);
	CHECK(weft_documents_read(&docs, WEFT_DOCUMENT_JSON, (struct weft_text){ bytes, size }) ==
		WEFT_OK);
	CHECK_TEXT(show(), " !1:the file is larger than 64 MiB");
	bytes[0] = '[';
	for (size_t i = 1; i < 6000000; i += 2)
		bytes[i] = '1', bytes[i + 1] = ',';
	CHECK(weft_documents_read(
		      &docs, WEFT_DOCUMENT_JSON, (struct weft_text){ bytes, 6000000 }) == WEFT_OK);
	CHECK(docs.first->broken);
	CHECK_TEXT(docs.first->broken->reason, "the file has more than 2097152 values");
	weft_documents_free(&docs);
	free(bytes);
}

static void json_messages(void)
{
	CHECK_TEXT(json("{\n \"a\": 1,\n}"), "{a:1} !3:a key in quotes should stand here, not `}`");
	CHECK_TEXT(json("[1 2]"), "[1] !1:`,` or `]` should stand here, not `2`");
	CHECK_TEXT(json("[1,"), "[1] !1:the file ends where a value should stand");
	CHECK_TEXT(json("{\"a\":1} x"), "{a:1} !1:the end should stand here, not `x`");
	CHECK_TEXT(json("\"\\ud83d\\ude00 \\u00e9\\t\""), "\"\xf0\x9f\x98\x80 \xc3\xa9\t\"");
	CHECK_TEXT(json("{\"a\":1,\"a\":2}"),
		"{a:1,a:2} ?1:the key `a` stands twice in one map, first in line 1");
	CHECK(weft_documents_read(&docs, WEFT_DOCUMENT_JSON,
		      WEFT_TEXT("{\"a\":1}\n{\"b\":2} [3]\n")) == WEFT_OK);
	CHECK_TEXT(show(), "{a:1} | {b:2} | [3]");
	CHECK(weft_documents_read(&docs, WEFT_DOCUMENT_JSON, WEFT_TEXT("\xef\xbb\xbf  ")) ==
		WEFT_OK);
	CHECK_TEXT(show(), "");
}

static void numbers(void)
{
	static const struct {
		const char *text;
		int64_t value;
		bool good;
	} all[] = { { "0", 0, 1 }, { "-7", -7, 1 }, { "+7", 7, 1 }, { "0x1f", 31, 1 },
		{ "0o17", 15, 1 }, { "017", 15, 1 }, { "0b11", 3, 1 }, { "1_000", 1000, 1 },
		{ "1e3", 1000, 1 }, { "3.0", 3, 1 }, { "3.5", 0, 0 },
		{ "9223372036854775807", INT64_MAX, 1 }, { "9223372036854775808", 0, 0 },
		{ "-9223372036854775808", INT64_MIN, 1 }, { "1e300", 0, 0 }, { ".inf", 0, 0 },
		{ ".nan", 0, 0 }, { "089", 89, 1 } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct weft_doc n = { .kind = WEFT_DOC_NUMBER,
			.text = { all[i].text, strlen(all[i].text) } };
		int64_t value = 0;
		bool good = weft_doc_int(&n, &value) == WEFT_OK;
		if (good != all[i].good || (good && value != all[i].value))
			case_fail(
				__FILE__, __LINE__, "%s gives %lld", all[i].text, (long long)value);
	}
}

/* Every allocation on the way fails once: no leak, no crash. */
static void no_memory(void)
{
	static const char text[] =
		"a: &x {p: [1, 2], q: \"r\"}\nb: *x\nc:\n  <<: *x\nd: [\n---\ne: 1\n";
	size_t live = weft_alloc_live_bytes();
	for (uint64_t k = 1;; k++) {
		weft_alloc_fail_at(k, 0);
		enum weft_status status = weft_documents_read(
			&docs, WEFT_DOCUMENT_YAML, (struct weft_text){ text, sizeof(text) - 1 });
		bool failed = weft_alloc_failed();
		weft_alloc_fail_at(0, 0);
		weft_documents_free(&docs);
		CHECK(weft_alloc_live_bytes() == live);
		if (!failed)
			break;
		CHECK(status == WEFT_NO_MEMORY);
	}
}

static void mutations(void)
{
	static const char *const seeds[] = {
		"apiVersion: v1\nkind: Service\nmetadata: &m {name: a, labels: {x: 'y', z: "
		"\"\\u00e9\"}}\nspec:\n  - *m\n  - <<: *m\n---\nb: |\n t\n...\n",
		"{\"a\": [1, -2.5e3, true, null, \"x\\ud83d\\ude00\\n\"], \"b\": {\"c\": {}, "
		"\"d\": []}}\n[\"z\"]",
	};
	uint64_t random = 42;
	time_t end = time(NULL) + 3;
	for (int round = 0; round < 60000 && time(NULL) <= end; round++) {
		char text[512];
		const char *seed = seeds[round & 1];
		size_t size = strlen(seed);
		memcpy(text, seed, size);
		for (int i = (int)(next_random(&random) % 6); i >= 0; i--) {
			size_t at = next_random(&random) % size;
			static const char spice[] = "{}[]:,-#&*!|>'\"%@`\\\n\t \x00\x80\xff?<~0";
			switch (next_random(&random) % 4) {
			case 0:
				text[at] = (char)next_random(&random);
				break;
			case 1:
				text[at] = spice[next_random(&random) % (sizeof(spice) - 1)];
				break;
			case 2:
				memmove(text + at, text + at + 1, size - at - 1);
				size -= size > 2;
				break;
			default:
				size = at < 2 ? 2 : at;
				break;
			}
		}
		char *exact = malloc(size); /* so that reading past the end is seen */
		memcpy(exact, text, size);
		enum weft_document_format f = round & 2 ? WEFT_DOCUMENT_JSON : WEFT_DOCUMENT_YAML;
		if (weft_documents_read(&docs, f, (struct weft_text){ exact, size }) != WEFT_OK)
			case_fail(__FILE__, __LINE__, "status in round %d", round);
		weft_documents_free(&docs);
		free(exact);
	}
}

int main(void)
{
	CASE(yaml_values);
	CASE(yaml_documents);
	CASE(yaml_broken);
	CASE(yaml_salvage);
	CASE(yaml_aliases);
	CASE(yaml_laughs);
	CASE(limits);
	CASE(large_maps);
	CASE(too_large);
	CASE(json_messages);
	CASE(numbers);
	CASE(no_memory);
	CASE(mutations);
	return cases_end();
}

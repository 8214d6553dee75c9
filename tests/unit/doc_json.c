/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * doc_json.c: RFC 8259, case by case: what must be read, what must be refused. The whole text is
 * one value.
 */
#include "cases.h"
#include "proto/document.h"

struct text_case {
	const char *text;
	size_t size;
};
#define T(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static const struct text_case good[] = {
	/* structures */
	T("[]"),
	T("{}"),
	T("[[]]"),
	T("[{}]"),
	T("{\"a\":[]}"),
	T("{\"a\":{\"b\":{}}}"),
	T(" [ ] "),
	T("\t{\r\n}\n"),
	T("[1,2,3]"),
	T("[ 1 , 2 ]"),
	T("{\"\":0}"),
	T("{\"a\":1,\"b\":2}"),
	T("{\"a\" : 1}"),
	T("[[[[[[[[[[1]]]]]]]]]]"),
	T("[null,true,false]"),
	T("[\n1\n,\n2\n]"),
	/* scalars alone */
	T("1"),
	T("-0"),
	T("true"),
	T("false"),
	T("null"),
	T("\"\""),
	T("\"x\""),
	T(" 7 "),
	T("\n\"x\"\n"),
	/* numbers */
	T("[0]"),
	T("[-0]"),
	T("[10]"),
	T("[-10]"),
	T("[0.1]"),
	T("[-0.0]"),
	T("[1e5]"),
	T("[1E5]"),
	T("[1e+5]"),
	T("[1E-5]"),
	T("[0e1]"),
	T("[1.5e10]"),
	T("[123456789012345678901234567890]"),
	T("[1e400]"),
	T("[0.00000000000000000000000000001]"),
	T("[100]"),
	/* strings */
	T("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	T("[\"\\u0000\"]"),
	T("[\"\\u00e9\"]"),
	T("[\"\\uD83D\\uDE00\"]"),
	T("[\"\\uFFFF\"]"),
	T("[\"\\uabCD\"]"),
	T("[\"\x7f\"]"),
	T("[\"\xc3\xa9\"]"),
	T("[\"\xe2\x82\xac\"]"),
	T("[\"\xf0\x9f\x98\x80\"]"),
	T("[\"\xf4\x8f\xbf\xbf\"]"),
	T("[\"\xed\x9f\xbf\"]"),
	T("[\"\xee\x80\x80\"]"),
	T("[\"/\"]"),
	T("[\"'\"]"),
	T("[\"//x\"]"),
	T("[\"{}[]:,\"]"),
	T("{\"\\u0061\":1}"),
};

static const struct text_case bad[] = {
	/* nothing, or too much */
	T(""),
	T(" "),
	T("\n"),
	T("[] []"),
	T("1 2"),
	T("{}x"),
	T("[]]"),
	T("{}}"),
	T("nullx"),
	T("\xef\xbb\xbf[]"),
	/* structures */
	T("["),
	T("]"),
	T("{"),
	T("}"),
	T("[1"),
	T("[1,"),
	T("[1,]"),
	T("[,1]"),
	T("[,]"),
	T("[1,,2]"),
	T("[1 2]"),
	T("{\"a\"}"),
	T("{\"a\":}"),
	T("{\"a\":1,}"),
	T("{,\"a\":1}"),
	T("{\"a\":1,,\"b\":2}"),
	T("{\"a\":1 \"b\":2}"),
	T("{\"a\" 1}"),
	T("{\"a\"::1}"),
	T("{a:1}"),
	T("{1:1}"),
	T("{'a':1}"),
	T("{null:1}"),
	T("{[]:1}"),
	T("[1}"),
	T("{\"a\":1]"),
	T("[\"a\":1]"),
	T("{\"a\",\"b\"}"),
	T("{\"a\":1:2}"),
	T("[:]"),
	T("[*]"),
	T("[1;2]"),
	T("<a>"),
	T("[{]"),
	T("{\"a\":"),
	/* words */
	T("tru"),
	T("True"),
	T("TRUE"),
	T("nul"),
	T("NULL"),
	T("fals"),
	T("nan"),
	T("NaN"),
	T("[Infinity]"),
	T("[-Infinity]"),
	T("undefined"),
	T("[truth]"),
	/* numbers */
	T("[+1]"),
	T("[01]"),
	T("[-01]"),
	T("[00]"),
	T("[1.]"),
	T("[.1]"),
	T("[-.1]"),
	T("[-]"),
	T("[--1]"),
	T("[1e]"),
	T("[1e+]"),
	T("[1E-]"),
	T("[1.e1]"),
	T("[1.2.3]"),
	T("[0x1]"),
	T("[1_000]"),
	T("[1a]"),
	T("[- 1]"),
	T("[1 .5]"),
	T("[1e1.5]"),
	T("[0b1]"),
	T("[1e++1]"),
	T("-"),
	T("[\xef\xbc\x91]"),
	/* strings */
	T("\""),
	T("\"a"),
	T("[\"a]"),
	T("['a']"),
	T("[\"\n\"]"),
	T("[\"\t\"]"),
	T("[\"\x01\"]"),
	T("[\"\0\"]"),
	T("[\"\\a\"]"),
	T("[\"\\x41\"]"),
	T("[\"\\\"]"),
	T("[\"\\"),
	T("[\"\\u\"]"),
	T("[\"\\u1\"]"),
	T("[\"\\u12\"]"),
	T("[\"\\u123\"]"),
	T("[\"\\u123g\"]"),
	T("[\"\\U0041\"]"),
	T("[\"\\v\"]"),
	T("[\"\\0\"]"),
	T("[\"\\'\"]"),
	T("[\"\\uD800\"]"),
	T("[\"\\uDC00\"]"),
	T("[\"\\uD800\\u0041\"]"),
	T("[\"\\uD800\\n\"]"),
	T("[\"\\uDE00\\uD83D\"]"),
	T("[\"\\uD83D\\uD83D\"]"),
	T("[\"\\ud83\"]"),
	T("[\"\xff\"]"),
	T("[\"\x80\"]"),
	T("[\"\xc3\"]"),
	T("[\"\xc0\xaf\"]"),
	T("[\"\xc1\xbf\"]"),
	T("[\"\xe0\x80\xaf\"]"),
	T("[\"\xf0\x80\x80\xaf\"]"),
	T("[\"\xed\xa0\x80\"]"),
	T("[\"\xf4\x90\x80\x80\"]"),
	T("[\"\xf5\x80\x80\x80\"]"),
	T("[\"\xe2\x82\"]"),
	T("[\"\xf0\x9f\x98\"]"),
	T("\xff"),
	T("[\xe9]"),
	/* comments, blanks that are none */
	T("[1] // x"),
	T("/* x */ [1]"),
	T("# x\n[1]"),
	T("[1\x0c]"),
	T("[\xc2\xa0]"),
	T("[1]\0"),
	T("\0[1]"),
	T("[\xe2\x80\xa8]"),
};

static bool reads(struct text_case t)
{
	struct weft_documents d;
	char *exact = malloc(t.size ? t.size : 1); /* so that reading past the end is seen */
	memcpy(exact, t.text, t.size);
	enum weft_status status = weft_documents_read_json(&d, (struct weft_text){ exact, t.size });
	bool is_good = status == WEFT_OK && !(d.first && d.first->broken);
	weft_documents_free(&d);
	free(exact);
	return is_good;
}

static void must_be_read(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!reads(good[i]))
			case_fail(__FILE__, __LINE__, "refused: %s", good[i].text);
}

static void must_be_refused(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (reads(bad[i]))
			case_fail(__FILE__, __LINE__, "read: %s", bad[i].text);
}

/* Every text that must be read, cut at every place: only a number may still be one. */
static void cut_short(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *t = good[i].text + strspn(good[i].text, " \t\r\n");
		for (size_t size = 0; size < good[i].size && (*t == '[' || *t == '{' || *t == '"');
			size++) {
			struct text_case cut = { good[i].text, size };
			size_t end = good[i].size;
			while (end && strchr(" \t\r\n", good[i].text[end - 1]))
				end--;
			if (size < end && reads(cut))
				case_fail(__FILE__, __LINE__, "read: the first %zu bytes of %s",
					size, good[i].text);
		}
	}
}

int main(void)
{
	CASE(must_be_read);
	CASE(must_be_refused);
	CASE(cut_short);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * json.c: RFC 8259, to the letter: no comments, no trailing commas, no leading zeros, no raw
 * control characters, valid UTF-8, and no half of a surrogate pair (it has no UTF-8 form).
 * Recursion is bounded by the depth that the builder allows.
 */
#include "proto/document.h"

struct json {
	const unsigned char *at, *end;
	uint32_t line;
	struct weft_builder b;
	struct weft_buffer text; /* of the string being read */
};

static bool fail(struct json *j, const char *what)
{
	if (j->at >= j->end)
		weft_builder_fail(&j->b, j->line, "the file ends where %s should stand", what);
	else if (*j->at < 0x20 || *j->at >= 0x7f)
		weft_builder_fail(
			&j->b, j->line, "%s should stand here, not the byte 0x%02x", what, *j->at);
	else
		weft_builder_fail(&j->b, j->line, "%s should stand here, not `%c`", what, *j->at);
	return false;
}

static bool bad(struct json *j, const char *what)
{
	weft_builder_fail(&j->b, j->line, "%s", what);
	return false;
}

static void blanks(struct json *j)
{
	for (; j->at < j->end; j->at++) {
		if (*j->at == '\n')
			j->line++;
		else if (*j->at != ' ' && *j->at != '\t' && *j->at != '\r')
			return;
	}
}

/* The length of the well-formed UTF-8 sequence here (RFC 3629: no overlong form, no surrogate, none
 * above 10FFFF), or 0. */
static size_t utf8(const unsigned char *s, const unsigned char *end)
{
	size_t n = s[0] < 0x80 ? 1
		: s[0] < 0xc2  ? 0
		: s[0] < 0xe0  ? 2
		: s[0] < 0xf0  ? 3
		: s[0] < 0xf5  ? 4
			       : 0;
	if (n == 0 || (size_t)(end - s) < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool hex4(struct json *j, uint32_t *out)
{
	if (j->end - j->at < 4)
		return bad(j, "\\u wants four hexadecimal digits");
	uint32_t x = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = *j->at++, low = c | 0x20;
		if (c >= '0' && c <= '9')
			x = x << 4 | (uint32_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			x = x << 4 | (uint32_t)(low - 'a' + 10);
		else
			return bad(j, "\\u wants four hexadecimal digits");
	}
	*out = x;
	return true;
}

static bool unicode(struct json *j)
{
	uint32_t x, low;
	if (!hex4(j, &x))
		return false;
	if (x >= 0xd800 && x < 0xe000) {
		if (x >= 0xdc00 || j->end - j->at < 2 || j->at[0] != '\\' || j->at[1] != 'u')
			return bad(j, "\\u names half of a surrogate pair");
		j->at += 2;
		if (!hex4(j, &low))
			return false;
		if (low < 0xdc00 || low >= 0xe000)
			return bad(j, "\\u names half of a surrogate pair");
		x = 0x10000 + ((x - 0xd800) << 10) + (low - 0xdc00);
	}
	unsigned char u[4];
	size_t n = 0;
	if (x < 0x80) {
		u[n++] = (unsigned char)x;
	} else if (x < 0x800) {
		u[n++] = (unsigned char)(0xc0 | x >> 6);
		u[n++] = (unsigned char)(0x80 | (x & 0x3f));
	} else if (x < 0x10000) {
		u[n++] = (unsigned char)(0xe0 | x >> 12);
		u[n++] = (unsigned char)(0x80 | (x >> 6 & 0x3f));
		u[n++] = (unsigned char)(0x80 | (x & 0x3f));
	} else {
		u[n++] = (unsigned char)(0xf0 | x >> 18);
		u[n++] = (unsigned char)(0x80 | (x >> 12 & 0x3f));
		u[n++] = (unsigned char)(0x80 | (x >> 6 & 0x3f));
		u[n++] = (unsigned char)(0x80 | (x & 0x3f));
	}
	weft_buffer_add(&j->text, u, n);
	return true;
}

static bool escape(struct json *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (++j->at >= j->end)
		return fail(j, "the rest of an escape");
	unsigned char c = *j->at++;
	if (c == 'u')
		return unicode(j);
	const char *p = c ? strchr(from, c) : NULL;
	if (!p)
		return bad(j, "no such escape in a string");
	weft_buffer_add(&j->text, &to[p - from], 1);
	return true;
}

static bool string(struct json *j)
{
	j->text.size = 0;
	j->at++;
	for (;;) {
		const unsigned char *plain = j->at;
		while (j->at < j->end && *j->at != '"' && *j->at != '\\' && *j->at >= 0x20) {
			size_t n = utf8(j->at, j->end);
			if (n == 0)
				return bad(j, "bytes that are not UTF-8");
			j->at += n;
		}
		weft_buffer_add(&j->text, plain, (size_t)(j->at - plain));
		if (j->at >= j->end)
			return fail(j, "the end of a string");
		if (*j->at < 0x20)
			return bad(j, "a control character in a string: write it as an escape");
		if (*j->at == '"')
			break;
		if (!escape(j))
			return false;
	}
	j->at++;
	if (j->text.failed)
		j->b.status = WEFT_NO_MEMORY;
	return !j->text.failed;
}

static bool digits(struct json *j)
{
	const unsigned char *begin = j->at;
	while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		j->at++;
	return j->at > begin || fail(j, "a digit");
}

static bool number(struct json *j)
{
	const unsigned char *begin = j->at;
	if (*j->at == '-')
		j->at++;
	if (j->at < j->end && *j->at == '0')
		j->at++;
	else if (!digits(j))
		return false;
	if (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		return bad(j, "a number does not begin with 0");
	if (j->at < j->end && *j->at == '.') {
		j->at++;
		if (!digits(j))
			return false;
	}
	if (j->at < j->end && (*j->at | 0x20) == 'e') {
		j->at++;
		if (j->at < j->end && (*j->at == '+' || *j->at == '-'))
			j->at++;
		if (!digits(j))
			return false;
	}
	struct weft_text text = { (const char *)begin, (size_t)(j->at - begin) };
	return weft_builder_scalar(&j->b, WEFT_DOC_NUMBER, j->line, text);
}

static bool word(struct json *j, struct weft_text w, enum weft_doc_kind kind)
{
	if ((size_t)(j->end - j->at) < w.size || memcmp(j->at, w.data, w.size) != 0)
		return fail(j, "a value");
	j->at += w.size;
	return weft_builder_scalar(&j->b, kind, j->line, w);
}

static bool value(struct json *j);

static bool members(struct json *j, bool is_map)
{
	unsigned char close = is_map ? '}' : ']';
	if (!weft_builder_open(&j->b, is_map ? WEFT_DOC_MAP : WEFT_DOC_LIST, j->line))
		return false;
	j->at++;
	blanks(j);
	if (j->at < j->end && *j->at == close) {
		j->at++;
		return weft_builder_close(&j->b);
	}
	for (;;) {
		blanks(j);
		if (is_map) {
			if (j->at >= j->end || *j->at != '"')
				return fail(j, "a key in quotes");
			if (!string(j) ||
				!weft_builder_key(&j->b, j->line,
					(struct weft_text){ j->text.data, j->text.size }))
				return false;
			blanks(j);
			if (j->at >= j->end || *j->at != ':')
				return fail(j, "`:`");
			j->at++;
		}
		if (!value(j))
			return false;
		blanks(j);
		if (j->at < j->end && *j->at == close)
			break;
		if (j->at >= j->end || *j->at != ',')
			return fail(j, is_map ? "`,` or `}`" : "`,` or `]`");
		j->at++;
	}
	j->at++;
	return weft_builder_close(&j->b);
}

static bool value(struct json *j)
{
	blanks(j);
	if (j->at >= j->end)
		return fail(j, "a value");
	switch (*j->at) {
	case '{':
		return members(j, true);
	case '[':
		return members(j, false);
	case '"':
		return string(j) &&
			weft_builder_scalar(&j->b, WEFT_DOC_TEXT, j->line,
				(struct weft_text){ j->text.data, j->text.size });
	case 't':
		return word(j, WEFT_TEXT("true"), WEFT_DOC_BOOL);
	case 'f':
		return word(j, WEFT_TEXT("false"), WEFT_DOC_BOOL);
	case 'n':
		return word(j, WEFT_TEXT("null"), WEFT_DOC_NULL);
	default:
		break;
	}
	if (*j->at == '-' || (*j->at >= '0' && *j->at <= '9'))
		return number(j);
	return fail(j, "a value");
}

enum weft_status weft_json_read(struct weft_documents *d, struct weft_text text, bool several)
{
	struct json j = {
		.at = (const unsigned char *)text.data, .line = 1, .b = { .documents = d }
	};
	j.end = j.at + text.size;
	if (several && text.size >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		j.at += 3; /* some editors begin a file with it */
	blanks(&j);
	if (several && j.at >= j.end)
		return WEFT_OK;
	bool good;
	do {
		const unsigned char *begin = j.at;
		uint32_t line = j.line;
		if (weft_builder_begin(&j.b) != WEFT_OK)
			break;
		good = value(&j);
		blanks(&j);
		if (good && !several && j.at < j.end)
			good = fail(&j, "the end");
		weft_builder_end(&j.b);
		if (!good && several && d->last && j.b.status == WEFT_OK)
			weft_document_salvage(d, d->last,
				(struct weft_text){ (const char *)begin, (size_t)(j.end - begin) },
				line);
	} while (good && several && j.at < j.end && j.b.status == WEFT_OK);
	weft_buffer_free(&j.text);
	return j.b.status;
}

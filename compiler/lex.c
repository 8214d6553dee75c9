/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * lex.c: the token array of a source: reserved words, interpolation, and what is wrong with a
 * single token. The invariant: the tokens put one behind the other are the text.
 */
#include "lex_scan.h"

#include <stdlib.h>

struct lexer {
	struct source *source;
	struct arena *arena;
	struct diags *diags;
	size_t room;
	struct buffer braces; /* one byte for each open brace: '{', or '"' when it is an
				 interpolation's */
	bool line_begins;
};

static const struct token_entry {
	int kind;
	const char *spelling, *shown;
	enum token_class class;
	bool is_word, is_soft;
} entries[] = {
#define KIND(token, shown, class) { TOKEN_##token, NULL, shown, CLASS_##class, false, false },
#define WORD(token, spelling, class) \
	{ TOKEN_##token, spelling, "`" spelling "`", CLASS_##class, true, false },
#define SOFT(token, spelling, class) \
	{ TOKEN_##token, spelling, "`" spelling "`", CLASS_##class, true, true },
#define MARK(token, spelling, class) \
	{ TOKEN_##token, spelling, "`" spelling "`", CLASS_##class, false, false },
#define WRONG(scan, spelling, token, meant)
#include "tokens.tbl"
#undef KIND
#undef WORD
#undef SOFT
#undef MARK
#undef WRONG
};

static const struct wrong {
	int scan;
	const char *spelling;
	int kind;
	const char *meant;
} wrongs[] = {
#define KIND(token, shown, class)
#define WORD(token, spelling, class)
#define SOFT(token, spelling, class)
#define MARK(token, spelling, class)
#define WRONG(scan, spelling, token, meant) { SCAN_##scan, spelling, TOKEN_##token, meant },
#include "tokens.tbl"
#undef KIND
#undef WORD
#undef SOFT
#undef MARK
#undef WRONG
};

enum {
	ENTRY_COUNT = sizeof(entries) / sizeof(entries[0]),
	WRONG_COUNT = sizeof(wrongs) / sizeof(wrongs[0])
};

static const struct token_entry *entry_of(int kind)
{
	for (size_t i = 0; i < ENTRY_COUNT; i++)
		if (entries[i].kind == kind)
			return &entries[i];
	return NULL;
}

const char *token_shown(int kind)
{
	const struct token_entry *e = entry_of(kind);
	return e ? e->shown : kind == TOKEN_END ? "the end of the file" : "a declaration";
}

const char *token_spelling(int kind)
{
	const struct token_entry *e = entry_of(kind);
	return e ? e->spelling : NULL;
}

enum token_class token_class(int kind)
{
	const struct token_entry *e = entry_of(kind);
	return e ? e->class : CLASS_MARK;
}

bool token_is_word(int kind)
{
	const struct token_entry *e = entry_of(kind);
	return e && e->is_word;
}

bool token_is_soft(int kind)
{
	const struct token_entry *e = entry_of(kind);
	return e && e->is_soft;
}

static int word_kind(struct text word)
{
	for (size_t i = 0; i < ENTRY_COUNT; i++)
		if (entries[i].is_word && text_is(word, entries[i].spelling))
			return entries[i].kind;
	return text_is(word, "null") || text_is(word, "nil") || text_is(word, "undefined")
		? TOKEN_NULL
		: TOKEN_NAME;
}

uint32_t token_next(const struct source *s, uint32_t token)
{
	if (token + 1 < s->token_count)
		token++;
	while (token + 1 < s->token_count && token_is_trivia(s->tokens[token].kind))
		token++;
	return token;
}

uint32_t token_previous(const struct source *s, uint32_t token)
{
	while (token > 0 && token_is_trivia(s->tokens[--token].kind))
		;
	return token;
}

struct text token_text(const struct source *s, uint32_t token)
{
	return (struct text){ s->text.data + s->tokens[token].begin,
		s->tokens[token].end - s->tokens[token].begin };
}

static struct diag *report(struct lexer *l, enum diag_id id, struct token *t, const char *label)
{
	t->reported = true;
	return diag_new(l->diags, id, (struct span){ l->source, t->begin, t->end }, "%s", label);
}

static void wrong_word(
	struct lexer *l, struct token *t, const char *said, const char *meant, const char *patch)
{
	struct diag *d = report(l, DIAG_WRONG_WORD, t, "");
	diag_title(d, text_of(meant), text_of(said));
	diag_help(d, "write `%s`", meant);
	diag_patch(d, (struct span){ l->source, t->begin, t->end }, "%s", patch);
}

static int wrong_mark(struct lexer *l, struct token *t, int scan)
{
	for (size_t i = 0; i < WRONG_COUNT; i++) {
		if (wrongs[i].scan != scan)
			continue;
		bool needs_space = scan == SCAN_BANG;
		wrong_word(l, t, wrongs[i].spelling, wrongs[i].meant,
			needs_space ? text_format(l->arena, "%s ", wrongs[i].meant).data
				    : wrongs[i].meant);
		return wrongs[i].kind;
	}
	return TOKEN_STRAY;
}

static void check_name(struct lexer *l, struct token *t, struct text name)
{
	struct buffer clean = { .arena = l->arena };
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] != '_' ||
			(clean.size && i + 1 < name.size && name.data[i + 1] != '_'))
			buffer_add(&clean, (struct text){ name.data + i, 1 });
	if (name.data[0] != '_' && !(name.size > 2 && strstr(text_copy(l->arena, name).data, "__")))
		return;
	const char *why = name.data[0] == '_' ? "an underscore stands first"
					      : "two underscores beside each other";
	struct diag *d = report(l, DIAG_BAD_NAME, t, why);
	diag_title(d, name);
	if (clean.size) {
		diag_help(d, "write `%s`", clean.data);
		diag_patch(d, (struct span){ l->source, t->begin, t->end }, "%s", clean.data);
	}
}

static void check_escapes(struct lexer *l, struct token *t, struct text text)
{
	for (size_t i = 0; i + 1 < text.size; i++) {
		if (text.data[i] != '\\')
			continue;
		size_t begin = i++;
		bool good = strchr("ntr\\\"{}", text.data[i]) != NULL;
		if (text.data[i] == 'u')
			good = literal_escape((struct text){ text.data + begin, text.size - begin },
				       &(uint32_t){ 0 }) != 0;
		if (good || t->reported)
			continue;
		t->reported = true;
		uint32_t at = t->begin + (uint32_t)begin;
		struct diag *d =
			diag_new(l->diags, DIAG_BAD_ESCAPE, (struct span){ l->source, at, at + 2 },
				"known are \\n \\t \\r \\\\ \\\" \\{ \\} and \\u{...}");
		diag_title(d, (struct text){ text.data + begin, 2 });
		diag_help(d, "a backslash that is meant as one is written twice");
		diag_patch(d, (struct span){ l->source, at, at }, "\\");
	}
}

static void check_value(struct lexer *l, struct token *t, struct text text)
{
	int64_t number;
	double real;
	struct address_literal address;
	const char *why = NULL;
	switch (t->kind) {
	case TOKEN_INT:
		why = literal_integer(text, &number)
			? NULL
			: "an Int has 64 bits: at most 9223372036854775807";
		break;
	case TOKEN_FLOAT:
		why = literal_float(text, &real) ? NULL : "too large for a Float";
		break;
	case TOKEN_DURATION:
		why = literal_duration(text, &number) ? NULL
						      : "too long: a duration ends at 292 years";
		break;
	case TOKEN_SIZE:
		why = literal_size(text, &number) ? NULL : "too large for a Size";
		break;
	case TOKEN_IP:
	case TOKEN_CIDR:
	case TOKEN_ADDR:
	case TOKEN_ADDR_OPEN:
		why = literal_address(text, &address) ? NULL
			: t->kind == TOKEN_IP         ? "each of the four numbers is at most 255"
			: t->kind == TOKEN_CIDR ? "numbers go to 255, the prefix to 32 (IPv6: 128)"
						: "numbers go to 255, the port to 65535";
		break;
	default:
		break;
	}
	if (why)
		diag_title(report(l, DIAG_BAD_NUMBER, t, why), text);
}

static int bad_number(struct lexer *l, struct token *t, struct text text)
{
	static const char *const sizes[][2] = { { "KB", "KiB" }, { "MB", "MiB" }, { "GB", "GiB" },
		{ "TB", "TiB" }, { "K", "KiB" }, { "M", "MiB" }, { "G", "GiB" }, { "kb", "KiB" },
		{ "mb", "MiB" }, { "gb", "GiB" }, { "k", "KiB" }, { "kB", "KiB" }, { "sec", "s" },
		{ "secs", "s" }, { "seconds", "s" }, { "min", "m" }, { "mins", "m" },
		{ "minutes", "m" }, { "hours", "h" }, { "days", "d" } };
	size_t digits = 0;
	while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	struct text suffix = { text.data + digits, text.size - digits };
	struct diag *d = report(l, DIAG_BAD_NUMBER, t, "");
	diag_title(d, text);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (!text_is(suffix, sizes[i][0]))
			continue;
		diag_help(d, "write the unit as `%s`", sizes[i][1]);
		diag_patch(d, (struct span){ l->source, t->begin + (uint32_t)digits, t->end }, "%s",
			sizes[i][1]);
		return i < 12 ? TOKEN_SIZE : TOKEN_DURATION;
	}
	if (memchr(text.data, '.', text.size))
		diag_note(d,
			"an IPv4 address has four numbers, like 10.0.0.5; a duration has no "
			"fraction: 1h30m, not 1.5h");
	else
		diag_note(d,
			"units of durations: ns us ms s m h d; of sizes: B KiB MiB GiB TiB; names "
			"begin with a letter");
	return TOKEN_INT;
}

/* The report of a scan that is no token; returns the token's kind to go on with. */
static int mend(struct lexer *l, struct token *t, int scan, struct text text)
{
	struct span span = { l->source, t->begin, t->end };
	struct diag *d;
	switch (scan) {
	case SCAN_BAD_NAME:
		check_name(l, t, text);
		return TOKEN_NAME;
	case SCAN_BAD_NUMBER:
		return bad_number(l, t, text);
	case SCAN_UNCLOSED_STRING:
		d = report(l, DIAG_UNCLOSED_STRING, t, "missing: a closing \"");
		diag_help(d, "close it");
		diag_patch(d, (struct span){ l->source, t->end, t->end }, "\"");
		return text.data[0] == '}' ? TOKEN_TEXT_CLOSE : TOKEN_STRING;
	case SCAN_SINGLE_QUOTES:
		d = report(l, DIAG_SINGLE_QUOTES, t, "");
		diag_help(d, "use double quotes");
		diag_patch(d, span, "\"%.*s\"", (int)text.size - 2, text.data + 1);
		return TOKEN_STRING;
	case SCAN_HASH_COMMENT:
		wrong_word(l, t, "#", "//",
			text_format(l->arena, "//%.*s", (int)text.size - 1, text.data + 1).data);
		return TOKEN_COMMENT;
	case SCAN_BLOCK_COMMENT:
		d = report(l, DIAG_WRONG_WORD, t, "");
		diag_title(d, TEXT("//"), TEXT("/*"));
		diag_help(d, "begin each line of the comment with //");
		return TOKEN_COMMENT;
	case SCAN_SEMICOLON:
		d = report(l, DIAG_SEMICOLON, t, "");
		diag_help(d, "leave it out");
		diag_patch(d, span, "%s", "");
		return TOKEN_STRAY;
	case SCAN_STRAY:
		d = report(l, DIAG_STRAY_CHARACTER, t, "");
		diag_title(d, text);
		if (text_is(text, "%"))
			diag_note(d, "there is no remainder operator");
		return TOKEN_STRAY;
	default:
		return wrong_mark(l, t, scan);
	}
}

static struct token *add(struct lexer *l, uint32_t begin, uint32_t end)
{
	struct source *s = l->source;
	if (s->token_count == l->room) {
		size_t room = l->room ? 2 * l->room : s->text.size / 4 + 16;
		struct token *tokens = ARENA_ARRAY(l->arena, struct token, room);
		if (s->token_count)
			memcpy(tokens, s->tokens, s->token_count * sizeof(*tokens));
		s->tokens = tokens;
		l->room = room;
	}
	struct token *t = &s->tokens[s->token_count++];
	*t = (struct token){ .begin = begin, .end = end };
	return t;
}

static char top_brace(const struct lexer *l)
{
	return l->braces.size ? l->braces.data[l->braces.size - 1] : '\0';
}

/* An interpolation does not cross a line: at a line's end the strings that are still open are
 * reported and left. */
static void leave_strings(struct lexer *l, uint32_t at)
{
	size_t kept = l->braces.size;
	for (size_t i = l->braces.size; i-- > 0;)
		if (l->braces.data[i] == '"')
			kept = i;
	if (kept == l->braces.size)
		return;
	l->braces.size = kept;
	uint32_t open = l->source->token_count - 1;
	while (open && l->source->tokens[open].kind != TOKEN_TEXT_OPEN)
		open--;
	struct token *t = &l->source->tokens[open];
	if (!t->reported) {
		struct diag *d = report(l, DIAG_UNCLOSED_STRING, t,
			"this interpolation or string goes on at the line's end");
		diag_note(d, "a brace that is meant as text is written \\{");
	}
	struct token *close = add(l, at, at);
	close->kind = TOKEN_TEXT_CLOSE;
	close->reported = true;
}

static void next(struct lexer *l, struct scan *scan)
{
	const char *text = l->source->text.data;
	uint32_t begin = (uint32_t)(scan->cursor - text);
	bool in_string = *scan->cursor == '}' && top_brace(l) == '"';
	int kind = in_string ? scan_string_rest(scan) : scan_token(scan);
	uint32_t end = (uint32_t)(scan->cursor - text);
	if (kind == TOKEN_NEWLINE || kind == TOKEN_END || kind == TOKEN_COMMENT)
		leave_strings(l, begin);
	struct token *t = add(l, begin, end);
	struct text spelled = { text + begin, end - begin };
	t->kind = (uint8_t)(kind >= SCAN_BAD_NAME ? mend(l, t, kind, spelled) : kind);
	if (kind == TOKEN_NAME) {
		t->kind = (uint8_t)word_kind(spelled);
		if (t->kind == TOKEN_NULL) {
			struct diag *d = report(l, DIAG_NULL_WORD, t, "");
			diag_title(d, spelled);
			diag_note(d,
				"a value that may be missing has a type T?; where a T is needed it "
				"meets an `else`: "
				"a value, skip, wait, deny or close");
			diag_note(d, "`some(x in e)` is true when e has a value");
		}
	}
	if (kind == TOKEN_NAME || kind == TOKEN_TYPE)
		check_name(l, t, spelled);
	if (!t->reported)
		check_value(l, t, spelled);
	bool is_text = t->kind == TOKEN_TEXT_OPEN || t->kind == TOKEN_TEXT_MIDDLE ||
		t->kind == TOKEN_TEXT_CLOSE;
	if (is_text || t->kind == TOKEN_STRING)
		check_escapes(l, t, spelled);
	if (t->kind == TOKEN_OPEN_BRACE || t->kind == TOKEN_ADDR_OPEN)
		buffer_add(&l->braces, TEXT("{"));
	if (kind == TOKEN_TEXT_OPEN)
		buffer_add(&l->braces, TEXT("\""));
	if ((t->kind == TOKEN_CLOSE_BRACE || in_string) && l->braces.size &&
		kind != TOKEN_TEXT_MIDDLE)
		l->braces.size--;
	t->starts_line = l->line_begins && !token_is_trivia(t->kind);
	if (kind == TOKEN_NEWLINE)
		l->line_begins = true;
	else if (!token_is_trivia(t->kind))
		l->line_begins = false;
}

/* `for:` and `.from` are names of fields, whatever the word means elsewhere. */
static void free_words(struct source *s)
{
	for (uint32_t i = 1; i < s->token_count; i++) {
		struct token *t = &s->tokens[i];
		if (!token_is_word(t->kind))
			continue;
		int before = s->tokens[token_previous(s, i)].kind,
		    after = s->tokens[token_next(s, i)].kind;
		if (before == TOKEN_DOT || before == TOKEN_OPTION_DOT || after == TOKEN_COLON)
			t->kind = TOKEN_NAME;
	}
}

/* One report is enough: a file in another encoding has many such bytes. */
static void check_encoding(struct lexer *l)
{
	struct text t = l->source->text;
	for (size_t i = 0, size; i < t.size; i += size) {
		size = source_character((struct text){ t.data + i, t.size - i });
		if (size)
			continue;
		diag_new(l->diags, DIAG_TEXT_ENCODING,
			(struct span){ l->source, (uint32_t)i, (uint32_t)i + 1 }, "the byte 0x%02X",
			(unsigned char)t.data[i]);
		return;
	}
}

void lex_source(struct source *s, struct arena *a, struct diags *d)
{
	struct lexer l = {
		.source = s, .arena = a, .diags = d, .braces = { .arena = a }, .line_begins = true
	};
	struct scan scan = { s->text.data };
	s->token_count = 0;
	add(&l, 0, 0)->kind = TOKEN_START;
	check_encoding(&l);
	do
		next(&l, &scan);
	while (s->tokens[s->token_count - 1].kind != TOKEN_END);
	free_words(s);
}

void dump_tokens(const struct source *s, FILE *out)
{
	for (uint32_t i = 1; i < s->token_count; i++) {
		struct token t = s->tokens[i];
		static const char *const trivia[] = { "start", "space", "newline", "comment", "doc",
			"stray" };
		struct position p = source_position(s, t.begin);
		const struct token_entry *e = entry_of(t.kind);
		const char *kind = t.kind == TOKEN_END ? "end"
			: !e                           ? trivia[t.kind - TOKEN_START]
			: e->spelling                  ? e->spelling
						       : e->shown;
		fprintf(out, "%u:%u %s", p.line, p.column, kind);
		if (e ? !e->spelling
		      : t.kind == TOKEN_COMMENT || t.kind == TOKEN_DOC || t.kind == TOKEN_STRAY)
			fprintf(out, " %.*s", TEXT_ARG(token_text(s, i)));
		fputc('\n', out);
	}
}

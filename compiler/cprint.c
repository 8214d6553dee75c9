/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * cprint.c: lines of C: indentation from the braces, long lines broken where a person would, the
 * source line in front of the first statement that comes from it, string literals.
 */
#include "emit_make.h"
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TAB = 8, COLUMNS = 100 };

/* ---- breaking long lines ---- */

struct cut {
	size_t at;         /* the next line begins here; 0: none */
	size_t assignment; /* behind ` = `; 0: none */
	int depth;         /* of parentheses */
};

static bool is_break(const char *s, size_t i)
{
	if (s[i] == ',' && s[i + 1] == ' ')
		return true;
	return (s[i] == '&' && s[i + 1] == '&' && s[i + 2] == ' ') ||
		(s[i] == '|' && s[i + 1] == '|' && s[i + 2] == ' ') ||
		((s[i] == '?' || s[i] == ':') && s[i + 1] == ' ' && i > 0 && s[i - 1] == ' ');
}

/* The best place to go to the next line within `room` columns: outermost, and there the last one.
 */
static struct cut find_cut(const char *s, size_t size, size_t room)
{
	struct cut best = { 0, 0, 99 };
	int depth = 0; /* below 0 behind a break inside of parentheses */
	char quote = 0;
	for (size_t i = 0; i < size && i < room; i++) {
		if (quote) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == quote)
				quote = 0;
			continue;
		}
		if (s[i] == '"' || s[i] == '\'')
			quote = s[i];
		else if (s[i] == '/' && s[i + 1] == '*')
			break;
		else if (s[i] == '(' || s[i] == '{' || s[i] == '[')
			depth++;
		else if (s[i] == ')' || s[i] == '}' || s[i] == ']')
			depth--;
		else if (s[i] == '=' && s[i + 1] == ' ' && s[i - 1] == ' ' && depth == 0)
			best.assignment = i + 2;
		else if (is_break(s, i) && depth <= best.depth && i > 24) {
			size_t next = i + (s[i] == ',' ? 2 : s[i] == '?' || s[i] == ':' ? 0 : 3);
			if (next < size)
				best.at = next, best.depth = depth;
		}
	}
	if (best.at == 0)
		best.at = best.assignment;
	return best;
}

static void add_indent(struct emit_section *out, unsigned indent)
{
	for (unsigned i = 0; i < indent; i++)
		buffer_add(&out->text, TEXT("\t"));
}

static void add_broken(struct emit_section *out, unsigned indent, struct text t)
{
	size_t room = COLUMNS > indent * TAB + 40 ? COLUMNS - indent * TAB : 40;
	bool first = true;
	while (t.size > room) {
		struct cut cut = find_cut(t.data, t.size, room);
		if (first && cut.assignment && t.size - cut.assignment <= room - 2 * TAB)
			cut.at = cut.assignment; /* what is assigned stays in one piece */
		if (cut.at == 0)
			break;
		size_t end = cut.at;
		while (end > 0 && t.data[end - 1] == ' ')
			end--;
		add_indent(out, indent + (first ? 0 : 2));
		buffer_add(&out->text, (struct text){ t.data, end });
		buffer_add(&out->text, TEXT("\n"));
		t = (struct text){ t.data + cut.at, t.size - cut.at };
		if (first)
			room -= 2 * TAB;
		first = false;
	}
	add_indent(out, indent + (first ? 0 : 2));
	buffer_add(&out->text, t);
	buffer_add(&out->text, TEXT("\n"));
}

/* ---- places ---- */

static bool has_comment_end(struct text t)
{
	for (size_t i = 0; i + 1 < t.size; i++) {
		if ((t.data[i] == '*' && t.data[i + 1] == '/') ||
			(t.data[i] == '/' && t.data[i + 1] == '*'))
			return true;
	}
	return false;
}

static struct text trimmed(struct text t)
{
	while (t.size && (t.data[0] == ' ' || t.data[0] == '\t'))
		t.data++, t.size--;
	for (size_t i = 0; i + 2 < t.size; i++) { /* a comment of the source stays there */
		if (t.data[i] == '/' && t.data[i + 1] == '/' && i > 0 && t.data[i - 1] == ' ')
			t.size = i;
	}
	while (t.size &&
		(t.data[t.size - 1] == ' ' || t.data[t.size - 1] == '\t' ||
			t.data[t.size - 1] == '\r'))
		t.size--;
	return t;
}

static struct text file_name(struct text path)
{
	for (size_t i = path.size; i > 0; i--) {
		if (path.data[i - 1] == '/')
			return (struct text){ path.data + i, path.size - i };
	}
	return path;
}

static void add_place(struct emitter *e)
{
	struct emit_section *out = e->out;
	const struct node *n = out->pending;
	out->pending = NULL;
	if (n == NULL || n->source == NULL)
		return;
	struct span span = node_span(n);
	uint32_t number = source_position(span.source, span.begin).line;
	if (out->source == span.source && out->line == number)
		return;
	out->source = span.source;
	out->line = number;
	struct text file = file_name(span.source->path);
	if (e->line_directives) {
		buffer_format(&out->text, "#line %u \"%.*s\"\n", number, TEXT_ARG(file));
		return;
	}
	struct text words = trimmed(source_line(span.source, number));
	add_indent(out, out->indent);
	if (has_comment_end(words) || out->indent * TAB + words.size + file.size > COLUMNS + 10)
		words.size = 0;
	buffer_format(&out->text, "/* %.*s:%u%s%.*s */\n", TEXT_ARG(file), number,
		words.size ? "  " : "", TEXT_ARG(words));
}

void place(struct emitter *e, const struct node *n)
{
	e->out->pending = n;
}

/* ---- lines ---- */

/* The `)` that closes the `(` at `open`; the size when there is none. */
static size_t closing(struct text t, size_t open)
{
	int depth = 0;
	char quote = 0;
	for (size_t i = open; i < t.size; i++) {
		if (quote) {
			if (t.data[i] == '\\')
				i++;
			else if (t.data[i] == quote)
				quote = 0;
		} else if (t.data[i] == '"' || t.data[i] == '\'') {
			quote = t.data[i];
		} else if (t.data[i] == '(') {
			depth++;
		} else if (t.data[i] == ')' && --depth == 0) {
			return i;
		}
	}
	return t.size;
}

/* `if (!(a == b))` is `if (a != b)`, and `if ((x))` is `if (x)`. */
static struct text plain_condition(struct emitter *e, struct text t)
{
	if (t.size < 8 || memcmp(t.data, "if (", 4) != 0)
		return t;
	size_t end = closing(t, 3);
	bool negated = t.data[4] == '!' && t.data[5] == '(';
	size_t open = negated ? 5 : 4;
	if (t.data[open] != '(' || closing(t, open) + 1 != end)
		return t;
	struct text inner = { t.data + open + 1, end - open - 2 },
		    rest = { t.data + end, t.size - end };
	if (!negated)
		return text_format(e->arena, "if (%.*s%.*s", TEXT_ARG(inner), TEXT_ARG(rest));
	struct text unequal = c_unequal(e, inner);
	if (unequal.size == 0)
		return t;
	return text_format(e->arena, "if (%.*s%.*s", TEXT_ARG(unequal), TEXT_ARG(rest));
}

static void add_line(struct emitter *e, struct text t, unsigned deeper)
{
	t = plain_condition(e, t);
	struct emit_section *out = e->out;
	if (t.size && t.data[0] == '}' && out->indent)
		out->indent--;
	if (t.size == 0 || t.data[0] != '}')
		add_place(e);
	unsigned indent = out->indent + deeper;
	bool is_label = t.size > 1 && t.data[t.size - 1] == ':' &&
		(memcmp(t.data, "case ", 5) == 0 || text_is(t, "default:"));
	add_broken(out, is_label && indent ? indent - 1 : indent, t);
	if (t.size && t.data[t.size - 1] == '{')
		out->indent++;
	out->is_blank = false;
}

static struct text format(struct emitter *e, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int size = vsnprintf(NULL, 0, format, arguments);
	char *data = arena_alloc(e->arena, (size_t)size + 1);
	vsnprintf(data, (size_t)size + 1, format, again);
	va_end(again);
	return (struct text){ data, (size_t)size };
}

void line(struct emitter *e, const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	add_line(e, format(e, text, arguments), 0);
	va_end(arguments);
}

void line_under(struct emitter *e, const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	add_line(e, format(e, text, arguments), 1);
	va_end(arguments);
}

void blank_line(struct emitter *e)
{
	if (!e->out->is_blank)
		buffer_add(&e->out->text, TEXT("\n"));
	e->out->is_blank = true;
}

/* ---- bodies ---- */

void emit_body_begin(struct emitter *e, struct emit_body *b)
{
	memset(b, 0, sizeof(*b));
	b->section.text.arena = e->arena;
	b->section.indent = 1;
	b->outer = e->out;
	b->uses_scope = e->uses_scope;
	b->uses_program = e->uses_program;
	b->uses_conn = e->uses_conn;
	b->locals = e->locals;
	b->binding_count = e->binding_count;
	e->uses_scope = e->uses_program = e->uses_conn = false;
	e->locals = (struct vec){ NULL, 0, 0 };
	e->out = &b->section;
}

static void swap(bool *a, bool *b)
{
	bool t = *a;
	*a = *b;
	*b = t;
}

void emit_body_end(struct emitter *e, struct emit_body *b)
{
	e->out = b->outer;
	swap(&e->uses_scope, &b->uses_scope);
	swap(&e->uses_program, &b->uses_program);
	swap(&e->uses_conn, &b->uses_conn);
	e->locals = b->locals;
	e->binding_count = b->binding_count;
}

void emit_body_print(struct emitter *e, const struct emit_body *b)
{
	buffer_add(&e->out->text, buffer_text(&b->section.text));
	e->out->source = NULL;
	e->out->is_blank = false;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_';
}

/* The line around `at` is a comment. */
static bool in_comment(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	while (*at == '\t')
		at++;
	return at[0] == '/' && at[1] == '*';
}

bool emit_body_mentions(const struct emit_body *b, struct text name)
{
	const char *text = b->section.text.data, *at = text;
	while (at && (at = strstr(at, name.data)) != NULL) {
		char before = at == text ? ' ' : at[-1];
		bool is_member = before == '.' || (before == '>' && at - text > 1 && at[-2] == '-');
		if (!is_word(before) && !is_member && !is_word(at[name.size]) &&
			!in_comment(text, at))
			return true;
		at += name.size;
	}
	return false;
}

/* ---- literals and comments ---- */

struct text c_string(struct arena *a, struct text t)
{
	struct buffer b = { a, NULL, 0, 0 };
	buffer_add(&b, TEXT("\""));
	for (size_t i = 0; i < t.size; i++) {
		unsigned char c = (unsigned char)t.data[i];
		if (c == '"' || c == '\\' || c == '?')
			buffer_format(
				&b, c == '?' && !(i && t.data[i - 1] == '?') ? "%c" : "\\%c", c);
		else if (c == '\n')
			buffer_add(&b, TEXT("\\n"));
		else if (c == '\t')
			buffer_add(&b, TEXT("\\t"));
		else if (c < 32 || c >= 127)
			buffer_format(&b, "\\%03o", c);
		else
			buffer_format(&b, "%c", c);
	}
	buffer_add(&b, TEXT("\""));
	return buffer_text(&b);
}

/* The `///` lines right above the declaration. */
void doc_comment(struct emitter *e, const struct node *declaration)
{
	if (declaration == NULL || declaration->source == NULL)
		return;
	struct span span = node_span(declaration);
	uint32_t number = source_position(span.source, span.begin).line, first = number;
	while (first > 1) {
		struct text above = trimmed(source_line(span.source, first - 1));
		if (above.size < 3 || memcmp(above.data, "///", 3) != 0 || has_comment_end(above))
			break;
		first--;
	}
	for (uint32_t i = first; i < number; i++) {
		struct text t = trimmed(source_line(span.source, i));
		add_indent(e->out, e->out->indent);
		buffer_format(&e->out->text, "%s%.*s%s\n", i == first ? "/*" : " *",
			(int)t.size - 3, t.data + 3, i + 1 == number ? " */" : "");
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * diag.c: collects reports and prints them as JSON; diag_text.c draws them for people.
 */
#include "diag_report.h"

#include "lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

static const struct diag_entry entries[] = {
#define DIAG(code, id, severity, title, page) { #code, DIAG_SEVERITY_##severity, title, page },
#include "diags.tbl"
#undef DIAG
};

struct diags {
	struct arena *arena;
	struct vec all; /* struct diag * */
};

struct diags *diags_new(struct arena *a)
{
	struct diags *d = ARENA_NEW(a, struct diags);
	d->arena = a;
	return d;
}

struct arena *diags_arena(struct diags *d)
{
	return d->arena;
}

static size_t count_of(const struct diags *d, enum diag_severity severity)
{
	size_t count = 0;
	for (size_t i = 0; i < d->all.count; i++)
		count += entries[((struct diag *)d->all.items[i])->id].severity == severity;
	return count;
}

size_t diags_errors(const struct diags *d)
{
	return count_of(d, DIAG_SEVERITY_error);
}

size_t diags_warnings(const struct diags *d)
{
	return count_of(d, DIAG_SEVERITY_warning);
}

const struct diag_entry *diag_entry(const struct diag *d)
{
	return &entries[d->id];
}

struct span token_span(struct source *s, uint32_t token)
{
	return (struct span){ s, s->tokens[token].begin, s->tokens[token].end };
}

struct span node_span(const struct node *n)
{
	const struct token *tokens = n->source->tokens;
	return (struct span){ n->source, tokens[n->first].begin, tokens[n->last].end };
}

struct span node_name_span(const struct node *n)
{
	return n->name_token ? token_span(n->source, n->name_token) : node_span(n);
}

static struct text formatted(struct arena *a, const char *format, va_list args)
{
	char short_text[512];
	va_list again;
	va_copy(again, args);
	int size = vsnprintf(short_text, sizeof(short_text), format, args);
	struct text text = { short_text, size < 0 ? 0 : (size_t)size };
	if (text.size >= sizeof(short_text)) {
		char *data = arena_alloc(a, text.size + 1);
		vsnprintf(data, text.size + 1, format, again);
		text.data = data;
	} else {
		text = text_copy(a, text);
	}
	va_end(again);
	return text;
}

#define FORMATTED(into, arena, format)                       \
	do {                                                 \
		va_list args;                                \
		va_start(args, format);                      \
		(into) = formatted((arena), (format), args); \
		va_end(args);                                \
	} while (0)

static void add_label(struct diag *d, struct span span, struct text text)
{
	struct diag_label *label = ARENA_NEW(d->arena, struct diag_label);
	*label = (struct diag_label){ span, text };
	vec_push(d->arena, &d->labels, label);
}

struct diag *diag_new(
	struct diags *all, enum diag_id id, struct span primary, const char *label, ...)
{
	struct diag *d = ARENA_NEW(all->arena, struct diag);
	d->arena = all->arena;
	d->id = id;
	d->title = text_of(entries[id].title);
	struct text text;
	FORMATTED(text, d->arena, label);
	add_label(d, primary, text);
	vec_push(all->arena, &all->all, d);
	return d;
}

struct diag *diag_title(struct diag *d, ...)
{
	struct buffer b = { .arena = d->arena };
	const char *rest = entries[d->id].title;
	va_list args;
	va_start(args, d);
	for (const char *mark; (mark = strstr(rest, "%s")) != NULL; rest = mark + 2) {
		buffer_add(&b, (struct text){ rest, (size_t)(mark - rest) });
		buffer_add(&b, va_arg(args, struct text));
	}
	va_end(args);
	buffer_add(&b, text_of(rest));
	d->title = buffer_text(&b);
	return d;
}

struct diag *diag_span(struct diag *d, struct span span, const char *label, ...)
{
	struct text text;
	FORMATTED(text, d->arena, label);
	add_label(d, span, text);
	return d;
}

struct diag *diag_note(struct diag *d, const char *format, ...)
{
	struct text *note = ARENA_NEW(d->arena, struct text);
	FORMATTED(*note, d->arena, format);
	vec_push(d->arena, &d->notes, note);
	return d;
}

struct diag *diag_note_until(struct diag *d)
{
	static const char opening[] = "\nUntil then ";
	const char *page = diag_entry(d)->page, *at = strstr(page, opening);
	at = at ? at + 1 : strncmp(page, opening + 1, sizeof(opening) - 2) == 0 ? page : NULL;
	size_t size = at ? strcspn(at, "\n") : 0;
	if (size > 1)
		diag_note(d, "u%.*s", (int)(size - (at[size - 1] == '.')) - 1, at + 1);
	return d;
}

struct diag *diag_help(struct diag *d, const char *format, ...)
{
	struct diag_help *help = ARENA_NEW(d->arena, struct diag_help);
	FORMATTED(help->text, d->arena, format);
	vec_push(d->arena, &d->helps, help);
	return d;
}

static void add_patch(struct diag *d, struct span span, struct text text, bool is_line)
{
	if (!d->helps.count)
		diag_help(d, "change it like this");
	struct diag_help *help = d->helps.items[d->helps.count - 1];
	struct diag_patch *patch = ARENA_NEW(d->arena, struct diag_patch);
	*patch = (struct diag_patch){ span, text, is_line };
	vec_push(d->arena, &help->patches, patch);
}

struct diag *diag_patch(struct diag *d, struct span replaced, const char *format, ...)
{
	struct text text;
	FORMATTED(text, d->arena, format);
	add_patch(d, replaced, text, false);
	return d;
}

struct diag *diag_patch_line(struct diag *d, struct span after, const char *format, ...)
{
	struct text text;
	FORMATTED(text, d->arena, format);
	struct source *s = after.source;
	uint32_t line = source_position(s, after.end).line;
	uint32_t offset = line < s->line_count ? s->lines[line] : (uint32_t)s->text.size;
	add_patch(d, (struct span){ s, offset, offset }, text, true);
	return d;
}

static bool differs_by_case(struct text a, struct text b)
{
	size_t i = 0;
	while (a.size == b.size && i < a.size &&
		tolower((unsigned char)a.data[i]) == tolower((unsigned char)b.data[i]))
		i++;
	return a.size == b.size && i == a.size;
}

struct text diag_look_alike(struct text name, const struct text *candidates, size_t count)
{
	size_t nearest =
		name.size <= 3 ? 2 : name.size / 3 + 2; /* one letter of three, and one more */
	struct text best = TEXT("");
	for (size_t i = 0; i < count; i++) {
		size_t distance = differs_by_case(name, candidates[i])
			? 0
			: text_distance(name, candidates[i]);
		if (distance < nearest) {
			nearest = distance;
			best = candidates[i];
		}
	}
	return best;
}

static int order(const void *a, const void *b)
{
	const struct diag *x = *(struct diag *const *)a, *y = *(struct diag *const *)b;
	const struct span *p = &diag_primary(x)->span, *q = &diag_primary(y)->span;
	if (p->source != q->source && !text_equal(p->source->path, q->source->path))
		return text_compare(p->source->path, q->source->path);
	if (p->begin != q->begin)
		return p->begin < q->begin ? -1 : 1;
	if (entries[x->id].severity != entries[y->id].severity)
		return entries[x->id].severity < entries[y->id].severity ? -1 : 1;
	return (x->serial > y->serial) - (x->serial < y->serial);
}

/* What is to be printed: sorted, one report for each place, no warnings about files that are not
 * the user's. */
static struct vec selected(struct diags *d)
{
	struct vec out = { 0 };
	for (size_t i = 0; i < d->all.count; i++)
		((struct diag *)d->all.items[i])->serial = i;
	if (d->all.count)
		qsort(d->all.items, d->all.count, sizeof(void *), order);
	for (size_t i = 0; i < d->all.count; i++) {
		struct diag *one = d->all.items[i];
		const struct span *place = &diag_primary(one)->span;
		if (entries[one->id].severity == DIAG_SEVERITY_warning && place->source->is_stdlib)
			continue;
		if (out.count) {
			const struct span *last = &diag_primary(out.items[out.count - 1])->span;
			if (last->source == place->source && last->begin == place->begin)
				continue;
		}
		vec_push(d->arena, &out, one);
	}
	return out;
}

size_t diags_printed_errors(struct diags *d)
{
	struct vec chosen = selected(d);
	size_t count = 0;
	for (size_t i = 0; i < chosen.count; i++)
		count += diag_entry(chosen.items[i])->severity == DIAG_SEVERITY_error;
	return count;
}

void diags_print(struct diags *d, FILE *out, bool colour)
{
	struct vec chosen = selected(d);
	for (size_t i = 0; i < chosen.count; i++) {
		if (i)
			fputc('\n', out);
		diag_draw(chosen.items[i], out, colour);
	}
}

static void json_text(FILE *out, struct text t)
{
	fputc('"', out);
	for (size_t i = 0, size; i < t.size; i += size) {
		unsigned char c = (unsigned char)t.data[i];
		size = source_character((struct text){ t.data + i, t.size - i });
		if (!size)
			fputs("\\ufffd", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fwrite(t.data + i, 1, size, out);
		size = size ? size : 1;
	}
	fputc('"', out);
}

static void json_place(FILE *out, struct span span)
{
	struct position begin = source_position(span.source, span.begin);
	struct position end = source_position(span.source, span.end);
	fputs("\"file\":", out);
	json_text(out, span.source->path);
	fprintf(out, ",\"line\":%u,\"column\":%u,\"end\":{\"line\":%u,\"column\":%u}", begin.line,
		begin.column, end.line, end.column);
}

static void json_helps(const struct diag *d, FILE *out)
{
	fputs(",\"helps\":[", out);
	for (size_t i = 0; i < d->helps.count; i++) {
		const struct diag_help *help = d->helps.items[i];
		fputs(i ? ",{\"message\":" : "{\"message\":", out);
		json_text(out, help->text);
		fputs(",\"replacements\":[", out);
		for (size_t j = 0; j < help->patches.count; j++) {
			const struct diag_patch *patch = help->patches.items[j];
			fputs(j ? ",{" : "{", out);
			json_place(out, patch->span);
			fputs(",\"text\":", out);
			json_text(out,
				patch->is_line
					? text_format(d->arena, "%.*s\n", TEXT_ARG(patch->text))
					: patch->text);
			fputc('}', out);
		}
		fputs("]}", out);
	}
	fputc(']', out);
}

void diags_print_json(struct diags *d, FILE *out)
{
	struct vec chosen = selected(d);
	for (size_t i = 0; i < chosen.count; i++) {
		const struct diag *one = chosen.items[i];
		const struct diag_entry *entry = diag_entry(one);
		fprintf(out, "{\"code\":\"%s\",\"severity\":\"%s\",\"message\":", entry->code,
			entry->severity == DIAG_SEVERITY_error ? "error" : "warning");
		json_text(out, one->title);
		fputc(',', out);
		json_place(out, diag_primary(one)->span);
		fputs(",\"labels\":[", out);
		for (size_t j = 0; j < one->labels.count; j++) {
			const struct diag_label *label = one->labels.items[j];
			fputs(j ? ",{" : "{", out);
			json_place(out, label->span);
			fputs(",\"message\":", out);
			json_text(out, label->text);
			fprintf(out, ",\"primary\":%s}", j ? "false" : "true");
		}
		fputs("],\"notes\":[", out);
		for (size_t j = 0; j < one->notes.count; j++) {
			if (j)
				fputc(',', out);
			json_text(out, *(struct text *)one->notes.items[j]);
		}
		fputc(']', out);
		json_helps(one, out);
		fputs("}\n", out);
	}
}

bool diag_explain(const char *code, FILE *out)
{
	for (size_t i = 0; i < DIAG_COUNT; i++) {
		if (strcmp(entries[i].code, code) != 0)
			continue;
		const char *title = entries[i].title;
		bool is_only_argument = strcmp(title, "%s") == 0;
		fprintf(out, "%s[%s]",
			entries[i].severity == DIAG_SEVERITY_error ? "error" : "warning", code);
		if (!is_only_argument) {
			fputs(": ", out);
			for (const char *c = title; *c; c++) {
				if (c[0] == '%' && c[1] == 's') {
					fputs("...", out);
					c++;
				} else {
					fputc(*c, out);
				}
			}
		}
		fprintf(out, "\n\n%s", entries[i].page);
		return true;
	}
	return false;
}

void diag_list(FILE *out)
{
	for (size_t i = 0; i < DIAG_COUNT; i++)
		fprintf(out, "%s  %s\n", entries[i].code, entries[i].title);
}

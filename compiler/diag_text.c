/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * diag_text.c: draws one report: title, the user's own lines with underlines and labels, notes,
 * helps with patches. Columns are characters; a tab is drawn as one space so that underlines stay
 * below what they mean.
 */
#include "diag_report.h"

#include <stdlib.h>

enum paint {
	PAINT_NONE,
	PAINT_ERROR,
	PAINT_WARNING,
	PAINT_FRAME,
	PAINT_BOLD,
	PAINT_HELP,
	PAINT_SECOND
};

struct canvas {
	FILE *out;
	bool colour;
	int gutter; /* digits of the largest line number */
};

static void paint(const struct canvas *c, enum paint p)
{
	static const char *const codes[] = { "0", "1;31", "1;33", "34", "1", "32", "36" };
	if (c->colour)
		fprintf(c->out, "\033[%sm", codes[p]);
}

static void frame(const struct canvas *c, const char *text)
{
	paint(c, PAINT_FRAME);
	fprintf(c->out, "%*s %s", c->gutter, "", text);
	paint(c, PAINT_NONE);
}

static void frame_line(const struct canvas *c, uint32_t line, struct text text)
{
	paint(c, PAINT_FRAME);
	fprintf(c->out, "%*u │", c->gutter, line);
	paint(c, PAINT_NONE);
	if (text.size)
		fputc(' ', c->out);
	for (size_t i = 0, size; i < text.size; i += size) {
		unsigned char byte = (unsigned char)text.data[i];
		size = source_character((struct text){ text.data + i, text.size - i });
		if (!size || byte == 0x7F || (byte < 0x20 && byte != '\t'))
			fputc('?', c->out);
		else if (byte == '\t')
			fputc(' ', c->out);
		else
			fwrite(text.data + i, 1, size, c->out);
		size = size ? size : 1;
	}
	fputc('\n', c->out);
}

static void repeat(FILE *out, char mark, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		fputc(mark, out);
}

static uint32_t characters(struct text t)
{
	uint32_t count = 0;
	for (size_t i = 0; i < t.size; i++)
		count += ((unsigned char)t.data[i] & 0xC0) != 0x80;
	return count;
}

/* One label on the line that is being drawn. */
struct mark {
	const struct diag_label *label;
	uint32_t column, width;
	bool is_primary;
};

static uint32_t line_of(const struct diag_label *l)
{
	return source_position(l->span.source, l->span.begin).line;
}

static struct mark mark_of(const struct diag *d, const struct diag_label *l)
{
	struct position begin = source_position(l->span.source, l->span.begin);
	struct position end = source_position(l->span.source, l->span.end);
	uint32_t line_end = characters(source_line(l->span.source, begin.line)) + 1;
	uint32_t last = end.line == begin.line ? end.column : line_end;
	uint32_t width = last > begin.column ? last - begin.column : 1;
	return (struct mark){ l, begin.column, width, l == d->labels.items[0] };
}

static enum paint paint_of(const struct diag *d, const struct mark *m)
{
	if (!m->is_primary)
		return PAINT_SECOND;
	return diag_entry(d)->severity == DIAG_SEVERITY_error ? PAINT_ERROR : PAINT_WARNING;
}

static int by_column(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	return (x->column > y->column) - (x->column < y->column);
}

/* The underlines, the rightmost label behind them, the others below, right to left. */
static void draw_marks(
	const struct canvas *c, const struct diag *d, struct mark *marks, size_t count)
{
	qsort(marks, count, sizeof(*marks), by_column);
	frame(c, "│ ");
	uint32_t column = 1;
	for (size_t i = 0; i < count; i++) {
		uint32_t skipped = marks[i].column > column ? marks[i].column - column : 0;
		uint32_t covered = column > marks[i].column ? column - marks[i].column : 0;
		repeat(c->out, ' ', skipped);
		paint(c, paint_of(d, &marks[i]));
		uint32_t width = marks[i].width > covered ? marks[i].width - covered : 0;
		if (i + 1 < count && column + skipped + width > marks[i + 1].column)
			width = marks[i + 1].column > column + skipped
				? marks[i + 1].column - column - skipped
				: 0;
		repeat(c->out, marks[i].is_primary ? '^' : '-', width);
		column += skipped + width;
		if (i + 1 == count && marks[i].label->text.size)
			fprintf(c->out, " %.*s", TEXT_ARG(marks[i].label->text));
		paint(c, PAINT_NONE);
	}
	fputc('\n', c->out);
	for (size_t i = count - 1; i-- > 0;) {
		if (!marks[i].label->text.size)
			continue;
		frame(c, "│ ");
		column = 1;
		for (size_t j = 0; j <= i; j++) {
			if (j < i &&
				(marks[j].column == marks[i].column || !marks[j].label->text.size))
				continue;
			repeat(c->out, ' ',
				marks[j].column > column ? marks[j].column - column : 0);
			paint(c, paint_of(d, &marks[j]));
			if (j < i)
				fputs("│", c->out);
			else
				fprintf(c->out, "%.*s", TEXT_ARG(marks[j].label->text));
			paint(c, PAINT_NONE);
			column = marks[j].column + 1;
		}
		fputc('\n', c->out);
	}
}

static int by_line(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/*
 * The lines of one source that carry labels, and the one above the primary line when something
 * above it is labelled too.
 */
static void draw_source(const struct canvas *c, const struct diag *d, struct source *s)
{
	uint32_t *lines = ARENA_ARRAY(d->arena, uint32_t, d->labels.count + 1);
	struct mark *marks = ARENA_ARRAY(d->arena, struct mark, d->labels.count);
	size_t line_count = 0;
	uint32_t above = 0;
	const struct diag_label *primary = diag_primary(d);
	for (size_t i = 0; i < d->labels.count; i++) {
		const struct diag_label *l = d->labels.items[i];
		if (l->span.source != s)
			continue;
		lines[line_count++] = line_of(l);
		if (primary->span.source == s && line_of(l) + 1 < line_of(primary))
			above = line_of(primary) - 1;
	}
	if (above)
		lines[line_count++] = above;
	qsort(lines, line_count, sizeof(*lines), by_line);
	frame(c, "│\n");
	for (size_t i = 0; i < line_count; i++) {
		if (i && lines[i] == lines[i - 1])
			continue;
		frame_line(c, lines[i], source_line(s, lines[i]));
		size_t count = 0;
		for (size_t j = 0; j < d->labels.count; j++) {
			const struct diag_label *l = d->labels.items[j];
			if (l->span.source == s && line_of(l) == lines[i])
				marks[count++] = mark_of(d, l);
		}
		if (count)
			draw_marks(c, d, marks, count);
	}
}

static void draw_place(const struct canvas *c, struct span span)
{
	struct position p = source_position(span.source, span.begin);
	frame(c, "┌─ ");
	fprintf(c->out, "%.*s:%u:%u\n", TEXT_ARG(span.source->path), p.line, p.column);
}

static int by_place(const void *a, const void *b)
{
	const struct diag_patch *x = *(struct diag_patch *const *)a,
				*y = *(struct diag_patch *const *)b;
	return (x->span.begin > y->span.begin) - (x->span.begin < y->span.begin);
}

/*
 * The patched line with a mark below each change: + for what comes, - for what only goes. Returns
 * how many it took.
 */
static size_t draw_patched_line(
	const struct canvas *c, struct arena *a, struct diag_patch **patches, size_t count)
{
	struct source *s = patches[0]->span.source;
	uint32_t line = source_position(s, patches[0]->span.begin).line;
	struct text old = source_line(s, line);
	uint32_t at = s->lines[line - 1], end = at + (uint32_t)old.size;
	struct buffer text = { .arena = a }, marks = { .arena = a };
	size_t used = 0;
	for (; used < count && patches[used]->span.begin <= end && !patches[used]->is_line;
		used++) {
		struct diag_patch *p = patches[used];
		struct text kept = { s->text.data + at,
			p->span.begin > at ? p->span.begin - at : 0 };
		struct text gone = { s->text.data + p->span.begin,
			p->span.end > end ? 0 : p->span.end - p->span.begin };
		struct text shown = p->text.size ? p->text : gone;
		buffer_add(&text, kept);
		buffer_format(&marks, "%*s", (int)characters(kept), "");
		buffer_add(&text, shown);
		for (size_t i = 0, size = shown.size; i < size;
			i++) /* spaces at the ends are changed too, but not worth a mark */
			if (((unsigned char)shown.data[i] & 0xC0) != 0x80)
				buffer_add(&marks,
					i == 0 && shown.data[i] == ' ' ? TEXT(" ")
						: p->text.size         ? TEXT("+")
								       : TEXT("-"));
		at = p->span.end < end ? p->span.end : end;
	}
	buffer_add(&text, (struct text){ s->text.data + at, end - at });
	frame_line(c, line, buffer_text(&text));
	frame(c, "│ ");
	paint(c, PAINT_HELP);
	fprintf(c->out, "%.*s\n", TEXT_ARG(buffer_text(&marks)));
	paint(c, PAINT_NONE);
	return used;
}

static void draw_new_line(const struct canvas *c, const struct diag_patch *p)
{
	uint32_t indent = 0;
	while (indent < p->text.size && p->text.data[indent] == ' ')
		indent++;
	uint32_t line = source_position(p->span.source, p->span.begin).line;
	frame_line(c, line, p->text);
	frame(c, "│ ");
	paint(c, PAINT_HELP);
	repeat(c->out, ' ', indent);
	repeat(c->out, '+', characters(p->text) - indent);
	paint(c, PAINT_NONE);
	fputc('\n', c->out);
}

static void draw_help(const struct canvas *c, struct arena *a, struct diag_help *help)
{
	paint(c, PAINT_HELP);
	fputs("help:", c->out);
	paint(c, PAINT_NONE);
	fprintf(c->out, " %.*s\n", TEXT_ARG(help->text));
	if (!help->patches.count)
		return;
	struct diag_patch **patches = (struct diag_patch **)help->patches.items;
	qsort(patches, help->patches.count, sizeof(*patches), by_place);
	frame(c, "│\n");
	for (size_t i = 0; i < help->patches.count;) {
		if (patches[i]->is_line) {
			draw_new_line(c, patches[i]);
			i++;
		} else {
			i += draw_patched_line(c, a, patches + i, help->patches.count - i);
		}
	}
}

static int digits_of(const struct diag *d)
{
	uint32_t largest = 1;
	for (size_t i = 0; i < d->labels.count; i++) {
		uint32_t line = line_of(d->labels.items[i]);
		largest = line > largest ? line : largest;
	}
	for (size_t i = 0; i < d->helps.count; i++) {
		const struct diag_help *help = d->helps.items[i];
		for (size_t j = 0; j < help->patches.count; j++) {
			const struct diag_patch *patch = help->patches.items[j];
			uint32_t line = source_position(patch->span.source, patch->span.begin).line;
			largest = line > largest ? line : largest;
		}
	}
	int digits = 2;
	for (uint32_t limit = 100; largest >= limit; limit *= 10)
		digits++;
	return digits;
}

void diag_draw(const struct diag *d, FILE *out, bool colour)
{
	const struct diag_entry *entry = diag_entry(d);
	struct canvas c = { out, colour, digits_of(d) };
	bool is_error = entry->severity == DIAG_SEVERITY_error;
	paint(&c, is_error ? PAINT_ERROR : PAINT_WARNING);
	fprintf(out, "%s[%s]", is_error ? "error" : "warning", entry->code);
	paint(&c, PAINT_NONE);
	paint(&c, PAINT_BOLD);
	fprintf(out, ": %.*s\n", TEXT_ARG(d->title));
	paint(&c, PAINT_NONE);
	for (size_t i = 0; i < d->labels.count; i++) {
		const struct diag_label *label = d->labels.items[i];
		bool is_first = true;
		for (size_t j = 0; j < i; j++)
			is_first = is_first &&
				((struct diag_label *)d->labels.items[j])->span.source !=
					label->span.source;
		if (!is_first)
			continue;
		draw_place(&c, label->span);
		draw_source(&c, d, label->span.source);
	}
	if (d->notes.count || d->helps.count)
		frame(&c, "│\n");
	for (size_t i = 0; i < d->notes.count; i++) {
		frame(&c, "= ");
		fprintf(out, "%.*s\n", TEXT_ARG(*(struct text *)d->notes.items[i]));
	}
	for (size_t i = 0; i < d->helps.count; i++)
		draw_help(&c, d->arena, d->helps.items[i]);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * diag.h: reports about the user's program. A report has an id of dsl/diags.tbl (code, severity,
 *title, page for `weft explain`), a primary span with a label that stands alone, more spans, notes,
 *and helps with patches.
 *
 *	struct diag *d = diag_new(diags, DIAG_NOT_UNIQUE, node_name_span(field), "two Services may
 *expose the same port"); diag_title(d, key, name); diag_span(d, node_span(for_clause), "keyed by
 *%s", keys); diag_note(d, "the key of services is [namespace, name]"); diag_help(d, "say which row
 *wins"); diag_patch_line(d, node_span(yield), "  on conflict keep first by s.created");
 *
 * Every `%s` in a title of diags.tbl takes one `struct text` of diag_title. All texts are copied.
 * One mistake, one report: a second report whose primary span begins where an earlier one's does is
 *dropped when printed, unless one of them is a warning: then the error stays. A pass that met a
 *NODE_ERROR or TYPE_ERROR says nothing.
 */
#ifndef WEFT_COMPILER_DIAG_H
#define WEFT_COMPILER_DIAG_H

#include "source.h"

#include <stdio.h>

enum diag_severity { DIAG_SEVERITY_error, DIAG_SEVERITY_warning };

enum diag_id {
#define DIAG(code, id, severity, title, page) DIAG_##id,
#include "diags.tbl"
#undef DIAG
	DIAG_COUNT
};

struct diag;  /* one report */
struct diags; /* all reports of a run, over all its sources */

struct diags *diags_new(struct arena *a);
struct arena *diags_arena(struct diags *d);
size_t diags_errors(const struct diags *d); /* reports with severity error */
size_t diags_warnings(const struct diags *d);

/* Where things are. A name's span is the whole node's when it has no name. */
struct span node_span(const struct node *n);
struct span node_name_span(const struct node *n);
struct span token_span(struct source *s, uint32_t token);

struct diag *diag_new(struct diags *d, enum diag_id id, struct span primary, const char *label, ...)
	__attribute__((format(printf, 4, 5)));
struct diag *diag_title(struct diag *d, ...); /* a struct text for each %s of the title */
struct diag *diag_span(struct diag *d, struct span span, const char *label, ...)
	__attribute__((format(printf, 3, 4)));
struct diag *diag_note(struct diag *d, const char *text, ...) __attribute__((format(printf, 2, 3)));
struct diag *diag_help(struct diag *d, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* What the page of the report says to do 'Until then', if it does, as a note. */
struct diag *diag_note_until(struct diag *d);

/*
 * The change that the last help means: a new line behind the one where `after` ends, or other text
 * in the place of `replaced` (an empty span inserts). Several patches of one help are applied
 * together.
 */
struct diag *diag_patch_line(struct diag *d, struct span after, const char *line, ...)
	__attribute__((format(printf, 3, 4)));
struct diag *diag_patch(struct diag *d, struct span replaced, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* The look-alike of `name` among candidates (array of struct text), or an empty text when none is
 * near. */
struct text diag_look_alike(struct text name, const struct text *candidates, size_t count);

/* Sorted by file and position, without duplicates, without warnings in files of the standard
 * library. */
void diags_print(struct diags *d, FILE *out, bool colour);
void diags_print_json(struct diags *d, FILE *out); /* one object per line */
size_t diags_printed_errors(struct diags *d);      /* how many errors these print */

/* The page of `weft explain`; false when there is no such code. */
bool diag_explain(const char *code, FILE *out);
void diag_list(FILE *out); /* every code with its title */

#endif

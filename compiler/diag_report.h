/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * diag_report.h: what a report consists of. Between diag.c, which collects, and diag_text.c, which
 * draws; for nobody else.
 */
#ifndef WEFT_COMPILER_DIAG_REPORT_H
#define WEFT_COMPILER_DIAG_REPORT_H

#include "diag.h"

struct diag_entry {
	const char *code;
	enum diag_severity severity;
	const char *title;
	const char *page;
};

struct diag_label {
	struct span span;
	struct text text;
};

struct diag_patch {
	struct span span; /* what is replaced; empty: an insertion */
	struct text text;
	bool is_line; /* a whole new line at span.begin; `text` is without its line break */
};

struct diag_help {
	struct text text;
	struct vec patches; /* struct diag_patch * */
};

struct diag {
	struct arena *arena;
	enum diag_id id;
	size_t serial;
	struct text title;
	struct vec labels; /* struct diag_label *; the first is the primary one */
	struct vec notes;  /* struct text * */
	struct vec helps;  /* struct diag_help * */
};

static inline const struct diag_label *diag_primary(const struct diag *d)
{
	return d->labels.items[0];
}

const struct diag_entry *diag_entry(const struct diag *d);
void diag_draw(const struct diag *d, FILE *out, bool colour);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * repair.h: what to say about a token that cannot come. Between parse.c and repair.c.
 */
#ifndef WEFT_COMPILER_REPAIR_H
#define WEFT_COMPILER_REPAIR_H

#include "ast_build.h"

struct mistake {
	struct source *source;
	struct arena *arena;
	struct diags *diags;
	const void *grammar;  /* the parser, before the token */
	uint32_t token;       /* the one that cannot come */
	uint32_t declaration; /* where the declaration around it begins */
	uint32_t open;        /* the innermost bracket that is open, 0 when none */
	bool is_cut;          /* the next declaration begins while this one is not complete */
	bool at_start;        /* a declaration should begin here */
};

/* Exactly one report, or none when the lexer has reported something about the same words. */
void report_mistake(const struct mistake *m);

#endif

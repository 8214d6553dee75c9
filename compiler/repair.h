/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * repair.h: what to say about a token that cannot come. parse.c finds the mistake, repair.c a
 * change that mends it, mistake.c says it.
 */
#ifndef WEFT_COMPILER_REPAIR_H
#define WEFT_COMPILER_REPAIR_H

#include "ast_build.h"

struct example; /* mistake.c: an entry of mistakes.tbl with the state that it leads to */

struct mistake {
	struct source *source;
	struct arena *arena;
	struct diags *diags;
	const void *grammar;       /* the parser, before the token */
	const void *saved;         /* the parser, before the declaration */
	struct example **examples; /* kept over all mistakes of a run */
	uint32_t token;            /* the one that cannot come */
	uint32_t declaration;      /* the first token of the declaration around it */
	uint32_t open; /* the innermost bracket that is open in the declaration, 0 when none */
	uint32_t
		suspect; /* a brace whose partner stands further left than it should, 0 when none */
	uint32_t suspect_close; /* the partner that it got */
	bool is_cut;            /* the next declaration begins while this one is not complete */
	bool at_start;          /* a declaration should begin here */
	bool nested;            /* the declaration stands in a part or component */
};

/* Exactly one report, or none when the lexer has reported something about the same words. */
void report_mistake(const struct mistake *m);

enum repair_form {
	REPAIR_NONE,
	REPAIR_INSERT,   /* `kind` before `token` */
	REPAIR_REPLACE,  /* `token` is a misspelt `kind` */
	REPAIR_ALIAS,    /* `token` is another language's `kind` */
	REPAIR_DELETE,   /* `token` */
	REPAIR_RESERVED, /* `token` is a word that was meant as a name */
};

struct repair {
	enum repair_form form;
	uint32_t token;
	int kind;
	int cost;
	bool is_tied; /* another change is as near */
};

struct repair find_repair(const struct mistake *m);

/* parse.c */
bool begins_declaration(const struct source *s, uint32_t token);

#endif

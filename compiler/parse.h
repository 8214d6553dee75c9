/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * parse.h: tokens to the tree of ast.tbl.
 */
#ifndef WEFT_COMPILER_PARSE_H
#define WEFT_COMPILER_PARSE_H

#include "diag.h"

/*
 * Lexes and parses. Always returns a FILE; a declaration that does not parse is reported and stands
 * in it as an ERROR.
 */
struct node *parse_source(struct source *s, struct arena *a, struct diags *d);

/* The tree as an s-expression, two spaces per level. */
void dump_ast(const struct node *n, FILE *out,
	bool with_types); /* types: what the checker wrote, behind a `:` */

/* The name of a kind ("list", "where"), and of an operator ("+", "selects"). */
const char *node_kind_name(enum node_kind kind);
const char *op_name(enum op op);

#endif

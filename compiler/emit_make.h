/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_make.h: what the emitter's own files share, beyond emit.h.
 */
#ifndef WEFT_COMPILER_EMIT_MAKE_H
#define WEFT_COMPILER_EMIT_MAKE_H

#include "check.h"
#include "emit_type.h"

/* ---- emit_value.c ---- */
/* VALUE, POINTER or OPT_POINTER, as the type has it */
struct operand operand_expression(const struct type *t, struct text c);
/* a name or a path of names: may be printed twice */
bool operand_is_simple(struct operand o);
/* in a local, unless simple */
struct operand emit_simple(struct emitter *e, const char *hint, struct operand o);
struct text emit_member(struct emitter *e, struct operand o, const char *member);
const char *zero_of(const struct type *t);
struct operand emit_zero(struct emitter *e, const char *hint, const struct type *t);
struct operand emit_struct(struct emitter *e, const char *hint, const struct type *t);
const struct operand *emit_bound(const struct emitter *e, const struct symbol *s);

/* ---- emit_expr.c ---- */
struct operand emit_operand(struct emitter *e, const struct node *n); /* emit_expr, returned */
/* and as expressions have it */
struct operand emit_operand_value(struct emitter *e, const struct node *n);
/* Assigns the operand to a local that was declared outside of the block (emit_zero). */
/* What an option (in a local or a path) holds, and the text of the test whether it holds anything.
 */
struct operand emit_inside(struct emitter *e, struct operand option, struct text *has);
void emit_assign(struct emitter *e, struct operand to, struct operand from);
/* Prints into a buffer of its own, one indent deeper, to be placed under a condition if there is
 * anything in it. */
struct emit_detached {
	struct emit_section section, *outer;
};
void emit_detached_begin(struct emitter *e, struct emit_detached *d, unsigned deeper);
bool emit_detached_end(struct emitter *e, struct emit_detached *d); /* true: it has statements */
struct text c_parens(struct emitter *e, struct text c); /* as an operand of an operator */
struct text c_no_parens(struct text c);                 /* without outer parentheses */
/* `a == b` as `a != b`, outer parentheses kept; empty when c is anything but one equality. */
struct text c_unequal(struct emitter *e, struct text c);

/* ---- emit_literal.c ---- */
bool emit_literal(struct emitter *e, const struct node *n, struct operand *r);
struct text c_address(struct emitter *e, const struct address_literal *a, bool with_port);

/* ---- emit_operator.c ---- */
void emit_binary(struct emitter *e, const struct node *n, struct operand *r);
void emit_unary(struct emitter *e, const struct node *n, struct operand *r);

/* ---- emit_choice.c ---- */
void emit_else(struct emitter *e, const struct node *n, struct operand *r);
void emit_if_expr(struct emitter *e, const struct node *n, struct operand *r);
void emit_match_expr(struct emitter *e, const struct node *n, struct operand *r);
/* The test of a pattern, and its bindings; an empty text: it always holds. */
struct text emit_pattern(struct emitter *e, const struct node *pattern, struct operand subject);

/* ---- emit_call.c ---- */
void emit_call(struct emitter *e, const struct node *n, struct operand *r);
void emit_template(struct emitter *e, const struct node *n, struct operand *r);
void emit_into(struct emitter *e, struct text lvalue, const struct type *t, const struct node *n);
void emit_record(struct emitter *e, const struct node *n, struct operand *r);
void emit_with(struct emitter *e, const struct node *n, struct operand *r);
void emit_list(struct emitter *e, const struct node *n, struct operand *r);
struct text emit_shown(struct emitter *e, struct operand o); /* as struct weft_text */

/* ---- emit_look.c ---- */
/* The loops of a comprehension. `keeps_last`: what follows reads the last variable, though the
 * comprehension does not name it. */
void emit_rounds_begin(struct emitter *e, const struct node *comprehension, const char *unless,
	bool keeps_last, unsigned *depth);
void emit_rounds_end(struct emitter *e, unsigned depth);
/* the name stands somewhere in it */
bool node_reads(const struct node *in, const struct symbol *s);
/* The head of a loop over the operand; `unless`: a bool that ends it, or NULL. */
void emit_walk_operand(struct emitter *e, const struct node *for_clause, struct operand source,
	const char *unless, struct text *index);
/* 'not in this version' */
/* 'not in this version': what, what stands there, and what to do instead (NULL: nothing known). */
void emit_unsupported(struct emitter *e, const struct node *n, const char *what, const char *label,
	const char *help);
void emit_aggregate(struct emitter *e, const struct node *n, struct operand *r);
void emit_list_from(struct emitter *e, const struct node *n, struct operand *r);
void emit_index(struct emitter *e, const struct node *n, struct operand *r);
void emit_single(struct emitter *e, const struct node *n, struct operand *r);
struct operand emit_row_by_key(
	struct emitter *e, struct plan_table *t, const struct operand *parts);

/* ---- emit_handler.c ---- */
struct text emit_extern_handler(struct emitter *e, const struct symbol *handler);

/* ---- emit_program.c ---- */
struct text c_place(struct emitter *e, const struct node *n); /* "\"sidecar.weft:14\"" */
/* The prologue of a function that has `w` or `program`: `p`, when the body reads parameters. */
struct text emit_default(struct emitter *e, struct text name, const struct type *t,
	struct node *value, const struct type *row);
void emit_params_struct(struct emitter *e);

#endif

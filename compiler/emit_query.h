/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_query.h: what emit_query.c (steps, delta plans), emit_term.c (look-ups) and emit_settle.c
 * (operators) share.
 */
#ifndef WEFT_COMPILER_EMIT_QUERY_H
#define WEFT_COMPILER_EMIT_QUERY_H

#include "emit.h"

/* The function of a query, a look-up or an index that is being printed. */
struct query_emitter {
	struct emitter *e;
	struct plan_query *query;
	const struct plan_delta *delta; /* or: */
	const struct plan_term *term;   /* whose function it is */
	struct operand *bound;          /* by variable number: a row, an element, a value */
	struct text *positions;         /* by variable number: the element's number */
	const char *leave;              /* statement that ends the round outside of all loops */
	unsigned depth;                 /* open loops */
	struct emit_hooks outer_hooks;
	struct emit_exits outer_exits;
	enum emit_mode outer_mode;
};

void query_begin(struct query_emitter *qe, struct emitter *e, struct plan_query *q);
void query_end(struct query_emitter *qe);
void query_bind(struct query_emitter *qe, const struct plan_variable *v, struct operand o);
struct operand query_value(struct query_emitter *qe, const struct plan_value *v);
/* Prints the steps' loops and conditions and leaves them open; query_close closes them. */
void query_steps(struct query_emitter *qe, const struct vec *steps);
void query_close(struct query_emitter *qe);
/* `static T NAME(parameters)` and the body, with a prologue for parameters of the program when it
 * reads some. */
void query_function(struct emitter *e, const struct emit_body *body, const char *head);

void emit_delta(struct emitter *e, struct plan_query *q, const struct plan_delta *d);
void emit_index_keys(struct emitter *e, const struct plan_table *t, const struct plan_index *x);
void emit_index_anchors(struct emitter *e, const struct plan_table *t, const struct plan_index *x);
const char *delta_when(const struct plan_delta *d, unsigned position);

/* ---- emit_term.c ---- */
void emit_term(struct emitter *e, struct plan_query *q, const struct plan_term *t);
struct operand term_operand(struct query_emitter *qe, const struct plan_term *t);

/* ---- emit_settle.c ---- */
void emit_operator_run(struct emitter *e, const struct plan_operator *op);
void emit_group(struct emitter *e, const struct plan_operator *op);
void emit_merge(struct emitter *e, const struct plan_operator *op);

/* ---- emit_table.c ---- */
struct text column_lvalue(
	struct emitter *e, const struct record *r, const char *prefix, size_t column);
struct text operator_name(struct emitter *e, const struct plan_operator *op); /* OPERATOR_PORTS */

#endif

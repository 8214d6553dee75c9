/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_handler.h: a handler cut into segments at its await points. Each segment is a C function;
 * what a later one reads of an earlier one stands in the connection's struct.
 */
#ifndef WEFT_COMPILER_EMIT_HANDLER_H
#define WEFT_COMPILER_EMIT_HANDLER_H

#include "emit_make.h"

/* A value, or one column of a row, that a later segment reads. */
struct capture {
	const struct symbol *symbol;
	size_t field; /* NO_FIELD: the value itself */
	const struct type *type;
	struct text member; /* C name in the struct */
	const struct node *place;
};

struct home { /* the segment in which a name is bound */
	const struct symbol *symbol;
	unsigned segment;
};

/* What runs after a dial: the rest of its block. */
struct continuation {
	unsigned segment;
	struct text name;       /* "app_dialled" */
	const struct node *let; /* LET of a dial; NULL: behind a forward */
	const struct node *block;
	uint32_t next;
};

struct handler {
	struct emitter *e;
	const struct symbol *symbol;
	const struct node *body;
	struct plan_rule *rule; /* NULL: none of its columns are read */
	struct text name;       /* "sidecar__inbound" */
	unsigned segment, segments;
	struct vec homes, captures; /* struct home *, struct capture * */
	struct vec continuations;   /* struct continuation *, in order */
	bool has_relay, has_row, in_judge;
	struct text judge; /* of the relay that is being printed */
	unsigned judges;
};

/* Finds the captures: every name that is read in another segment than its own. The segments are
 * numbered as emission meets them. */
void handler_analyse(struct handler *h);
const struct capture *handler_capture(
	const struct handler *h, const struct symbol *s, size_t field);
/* The LET that dials: its DIAL node; NULL for other statements. */
const struct node *dial_of(const struct node *statement);
/* A judge needs these lets again: those that the condition mentions, transitively, in order. */
void handler_lets(const struct handler *h, const struct node *condition, struct vec *lets);

/* ---- emit_handler.c ---- */
/* The function that judges this relay; its name is in h->judge. */
void emit_judge(struct handler *h, const struct node *relay);

/* ---- emit_statement.c ---- */
struct text handler_state(struct handler *h, const char *name);  /* "SIDECAR__INBOUND_START" */
struct operand handler_column(struct handler *h, size_t column); /* of the rule's row, `row` */
void handler_check_memory(
	struct handler *h); /* leaves when a value may be wrong for lack of memory */
void handler_keep(struct handler *h,
	const struct symbol *s); /* copies into `self` what of the name outlives an await */
void handler_let(struct handler *h, const struct node *let);
void handler_block(struct handler *h, const struct node *block, uint32_t from);
/* weft_conn_deny or _close and return; in a judge: return the reason. */
void handler_leave(struct emitter *e, const struct node *n);
bool handler_expression(void *user, struct emitter *e, const struct node *n, struct operand *r);

#endif

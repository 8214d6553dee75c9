/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_make.h: the planner's own parts, in the order in which they run: plan_tree.c reads the typed
 * tree, plan_table.c makes tables, plan_query.c turns clauses into variables, filters and terms,
 * plan_term.c makes terms and lifts aggregates, plan_group.c splits a query at `group`, plan_rule.c
 * plans rules, plan_delta.c finds the delta plans, plan.c calls them.
 */
#ifndef WEFT_COMPILER_PLAN_MAKE_H
#define WEFT_COMPILER_PLAN_MAKE_H

#include "plan.h"

#define PLAN_NO_COLUMN SIZE_MAX
enum { PLAN_VARIABLES_MAX = 64 }; /* of a query: bits of a mask */

/* What is being made. `term` is set while the inside of a term is read. */
struct maker {
	struct plan *plan;
	struct plan_operator *operator;
	struct plan_query *query;
	struct plan_term *term;
	const struct vec *excluded; /* key arguments that a lifted aggregate leaves to its reader */
	unsigned terms;             /* numbers the operator's look-up functions */
	unsigned parts;             /* numbers internal tables of the operator */
};

/* ---- plan_tree.c ---- */
/* The table symbol that an expression names: collection, derive, rule, or the symbol of
 * rejected(c), conflicts(c). */
struct plan_table *tree_table(const struct node *e);
enum builtin tree_builtin(const struct node *call);
struct node *tree_comprehension(
	const struct node *e); /* of a call or LIST_FROM; NULL when it has none */
bool tree_walks_table(const struct node *comprehension); /* a list of its rounds has no order */
bool tree_contains(const struct node *whole, const struct node *part);
bool tree_declared_inside(const struct node *whole, const struct symbol *symbol);
typedef void tree_visit_fn(void *user, struct node *n);
void tree_each(struct node *n, tree_visit_fn *visit, void *user); /* expressions, parents first */
bool tree_is_some(enum builtin b);                                /* some, none, all */
bool tree_is_row(const struct node *e);       /* c[k], or a single table's name */
bool tree_is_aggregate(const struct node *e); /* over a comprehension; also [x in xs ...] */
bool tree_may_skip(const struct node *e);
bool tree_is_local(
	const struct symbol *symbol); /* of a comprehension or pattern: no variable of the query */
struct node *tree_source(struct node *e); /* behind `let`s of rows */

/* ---- plan_table.c ---- */
void plan_make_tables(struct plan *plan);
struct plan_table *plan_make_internal(struct plan *plan, enum plan_table_kind kind,
	struct text name, struct record *record, size_t key_count);
struct record *plan_make_record(struct plan *plan, struct text name, size_t room);
size_t plan_add_field(struct plan *plan, struct record *record, struct text name,
	const struct type *type); /* gives its column */
const struct type *plan_record_type(struct plan *plan, struct record *record);
const struct type *plan_scalar(struct plan *plan, enum type_kind kind);
const struct record_field *plan_table_column(const struct plan_table *table, size_t column);
size_t plan_column_count(const struct record *record);
struct plan_index *plan_anchor_index(struct plan *plan, struct plan_table *table,
	const size_t *columns, size_t count, enum plan_anchor anchor, size_t anchored);
struct plan_index *plan_computed_index(
	struct plan *plan, struct plan_query *query, struct plan_table *table);

/* ---- plan_query.c ---- */
struct plan_operator *plan_make_operator(
	struct plan *plan, struct plan_table *table, struct text name, struct node *node);
struct plan_query *plan_make_query(struct maker *m, struct node *node);
struct plan_variable *plan_make_variable(struct maker *m, enum plan_variable_kind kind,
	struct symbol *symbol, struct text name, struct node *place);
void plan_clause(struct maker *m, struct node *clause);
void plan_for(struct maker *m, struct node *clause);
void plan_condition(struct maker *m, struct node *condition, bool negated);
struct plan_filter *plan_equality(
	struct maker *m, struct plan_value *left, struct plan_value *right, struct node *place);
/* What the equality of two refs says about their key columns. */
void plan_parts(struct maker *m, const struct plan_filter *whole);
struct plan_output *plan_output(
	struct maker *m, size_t column, struct plan_value *value, struct node *place);
void plan_yield(struct maker *m, struct node *yield, const struct plan_table *table);
struct plan_value *plan_node_value(struct maker *m, struct node *node);
struct plan_value *plan_column_value(
	struct plan *plan, struct plan_variable *variable, size_t column);
struct plan_value *plan_position_value(struct plan *plan, struct plan_variable *variable);
struct plan_value *plan_part_value(struct plan *plan, const struct plan_value *ref, size_t part);
struct key_part;
struct plan_value *plan_key_value(struct maker *m, const struct key_part *part);
void plan_key_arguments(struct maker *m, struct plan_variable *v, const struct node *source);
const struct plan_alias *plan_alias_of(
	const struct plan_query *q, const struct node *node, struct plan_variable **variable);
/* The same value, as a column of a source where that is what it is. */
struct plan_value *plan_resolved(struct plan *plan, struct plan_value *value);
uint64_t plan_needs(const struct maker *m, const struct node *node);
struct plan_variable *plan_variable_at(const struct plan_query *query, unsigned number);

/* ---- plan_term.c ---- */
void plan_find_terms(struct maker *m, struct node *expression);
struct plan_term *plan_term_of(const struct plan_query *query, const struct node *node);

/* ---- plan_group.c ---- */
/* The clauses up to `group` as an operator of its own, the rest as a query over its groups; the
 * caller adds the yield. */
void plan_grouped_query(struct maker *m, struct node *query, struct node *by);
/* A lifted aggregate: between the two the caller adds its sources and conditions. `group`: struct
 * plan_value *. */
void plan_begin_part(struct maker *m, struct text name, struct node *node);
struct plan_table *plan_end_part(struct maker *m, struct text name, struct node *call,
	struct node *value, const struct vec *group);
size_t plan_row_argument(struct maker *m, struct record *round);

/* ---- plan_rule.c ---- */
void plan_make_rule(struct plan *plan, struct symbol *rule);

/* ---- plan_dump.c, cost.c ---- */
struct text plan_source_text(const struct node *n); /* as written */
const char *plan_cost_name(enum plan_cost cost);
int plan_command(int argc, char **argv, const char *format,
	void (*print)(const struct plan *, struct buffer *), struct buffer *result);

/* ---- plan_order.c, plan_delta.c ---- */
void plan_mark_columns(struct plan_query *q);
void plan_make_deltas(struct plan *plan, struct plan_query *q);
void plan_order_term(struct plan *plan, struct plan_query *q, struct plan_term *t);
void plan_sort(struct plan *plan); /* columns, delta plans, inputs, topological numbers */
uint64_t plan_closure(const struct plan_query *query,
	uint64_t needs); /* and what lets and elements among them need */

#endif

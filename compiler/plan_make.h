/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_make.h: the planner's own parts, in the order in which they run: plan_tree.c reads the typed tree, plan_table.c makes
 * tables, plan_query.c turns clauses into variables, filters and terms, plan_term.c makes terms and lifts aggregates,
 * plan_group.c splits a query at `group`, plan_rule.c plans rules, plan_delta.c finds the delta plans, plan.c calls them.
 */
#ifndef WEFT_COMPILER_PLAN_MAKE_H
#define WEFT_COMPILER_PLAN_MAKE_H

#include "plan.h"

#define PLAN_NO_COLUMN SIZE_MAX

/* What is being made. `term` is set while the inside of a term is read. */
struct maker {
	struct plan *plan;
	struct plan_operator *operator;
	struct plan_query *query;
	struct plan_term *term;
	struct node *root;      /* the expression whose terms are being found: names declared inside it are locals */
	unsigned parts;         /* numbers internal tables of the operator */
};

/* ---- plan_tree.c ---- */
/* The table symbol that an expression names: collection, derive, rule, or the symbol of rejected(c), conflicts(c). */
struct plan_table *tree_table(const struct node *e);
enum builtin tree_builtin(const struct node *call);
struct node *tree_comprehension(const struct node *e); /* of a call or LIST_FROM; NULL when it has none */
bool tree_contains(const struct node *whole, const struct node *part);
bool tree_declared_inside(const struct node *whole, const struct symbol *symbol);
typedef void tree_visit_fn(void *user, struct node *n);
void tree_each(struct node *n, tree_visit_fn *visit, void *user); /* expressions, parents first */
bool tree_is_some(enum builtin b); /* some, none, all */
struct text tree_name(struct arena *a, const char *format, struct text name, unsigned number);

/* ---- plan_table.c ---- */
void plan_make_tables(struct plan *plan);
struct plan_table *plan_make_internal(struct plan *plan, enum plan_table_kind kind, struct text name, struct record *record);
struct record *plan_make_record(struct plan *plan, struct text name, size_t room);
size_t plan_add_field(struct record *record, struct text name, const struct type *type); /* gives its column */
const struct type *plan_record_type(struct plan *plan, struct record *record);
const struct type *plan_scalar(struct plan *plan, enum type_kind kind);
const struct record_field *plan_table_column(const struct plan_table *table, size_t column);
struct plan_index *plan_computed_index(struct maker *m, struct plan_variable *source);

/* ---- plan_query.c ---- */
struct plan_operator *plan_make_operator(struct plan *plan, struct plan_table *table, struct text name, struct node *node);
struct plan_query *plan_make_query(struct maker *m, struct node *node);
struct plan_variable *plan_make_variable(struct maker *m, enum plan_variable_kind kind, struct symbol *symbol, struct text name,
	struct node *place);
void plan_clause(struct maker *m, struct node *clause);
void plan_for(struct maker *m, struct node *clause);
void plan_condition(struct maker *m, struct node *condition, bool negated);
struct plan_filter *plan_equality(struct maker *m, struct plan_value *left, struct plan_value *right, struct node *place);
void plan_output(struct maker *m, size_t column, struct plan_value *value, struct node *place);
void plan_yield(struct maker *m, struct node *yield, const struct plan_table *table);
struct plan_value *plan_node_value(struct maker *m, struct node *node);
struct plan_value *plan_column_value(struct plan *plan, struct plan_variable *variable, size_t column);
/* The same value, as a column of a source where that is what it is. */
struct plan_value *plan_resolved(struct plan *plan, struct plan_value *value);
uint64_t plan_needs(const struct maker *m, const struct node *node);
struct plan_variable *plan_variable_at(const struct plan_query *query, unsigned number);

/* ---- plan_term.c ---- */
void plan_find_terms(struct maker *m, struct node *expression);
struct plan_term *plan_term_of(const struct plan_query *query, const struct node *node);

/* ---- plan_group.c ---- */
void plan_grouped_query(struct maker *m, struct node *query, struct plan_table *table);
struct plan_table *plan_lift(struct maker *m, struct node *call, struct vec *inside, struct vec *group);

/* ---- plan_rule.c ---- */
void plan_make_rule(struct plan *plan, struct symbol *rule);

/* ---- plan_order.c, plan_delta.c ---- */
void plan_finish_operator(struct plan *plan, struct plan_operator *op); /* delta plans, term steps, masks */
void plan_sort(struct plan *plan);
uint64_t plan_closure(const struct plan_query *query, uint64_t needs); /* and what lets and elements among them need */

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan.c: from the typed tree to the operator graph, one derivation or rule after the other.
 */
#include "check.h"
#include "plan_make.h"

#include <setjmp.h>

static void settle_of(struct plan_operator *op, const struct node *conflict)
{
	op->settle = PLAN_UNIQUE;
	if (conflict == NULL)
		return;
	if (conflict->kind == NODE_KEEP)
		op->settle = conflict->flags & NODE_LAST ? PLAN_KEEP_LAST : PLAN_KEEP_FIRST;
	if (conflict->kind == NODE_MERGE) {
		op->settle = PLAN_MERGE;
		op->merge = kid(conflict, MERGE_FUNCTION);
	}
	if (conflict->kind == NODE_REJECT)
		op->settle = PLAN_REJECT;
}

/* What decides among candidates of one key: `by`, the query, then where the rows come from, in the
 * order of the `for`s. */
static void add_order_of_query(struct plan *plan, struct record *candidate, struct plan_query *q)
{
	for (size_t i = 0; i < q->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		if (v->term || !v->is_for)
			continue;
		for (size_t k = 0; v->kind == PLAN_SOURCE && k < v->table->key_count; k++) {
			struct plan_value *value = plan_column_value(plan, v, v->table->key[k]);
			struct text name = plan_table_column(v->table, v->table->key[k])->name;
			q->order_columns[q->order.count] = plan_add_field(plan, candidate,
				text_format(plan->arena, "%.*s_%.*s", TEXT_ARG(v->name),
					TEXT_ARG(name)),
				value->type);
			vec_push(plan->arena, &q->order, value);
		}
		if (v->kind != PLAN_ELEMENT || v->is_option)
			continue;
		v->counted = true;
		q->order_columns[q->order.count] = plan_add_field(plan, candidate,
			text_format(plan->arena, "%.*s_at", TEXT_ARG(v->name)),
			plan_scalar(plan, TYPE_INT));
		vec_push(plan->arena, &q->order, plan_position_value(plan, v));
	}
}

static size_t order_room(const struct plan_query *q)
{
	size_t room = 0;
	for (size_t i = 0; i < q->variables.count; i++) {
		const struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		room += v->kind == PLAN_SOURCE ? v->table->key_count : 1;
	}
	return room;
}

static void make_candidate(struct maker *m, struct node *conflict)
{
	struct plan *plan = m->plan;
	struct plan_operator *op = m->operator;
	op->candidate = op->table->row;
	if (op->settle == PLAN_UNIQUE || op->settle == PLAN_REJECT)
		return;
	size_t room = 3;
	for (size_t i = 0; i < op->queries.count; i++)
		room += order_room(op->queries.items[i]);
	struct record *candidate = plan_make_record(
		plan, text_format(plan->arena, "%.*s_candidate", TEXT_ARG(op->c_name)), room);
	plan_add_field(plan, candidate, TEXT("row"), op->table->row);
	op->by = op->settle == PLAN_MERGE ? NULL : kid(conflict, KEEP_BY);
	op->by_column =
		op->by ? plan_add_field(plan, candidate, TEXT("by"), op->by->type) : PLAN_NO_COLUMN;
	op->query_column = op->queries.count > 1
		? plan_add_field(plan, candidate, TEXT("query"), plan_scalar(plan, TYPE_INT))
		: PLAN_NO_COLUMN;
	for (size_t i = 0; i < op->queries.count; i++) {
		struct plan_query *q = op->queries.items[i];
		q->order_columns = ARENA_ARRAY(plan->arena, size_t, room);
		add_order_of_query(plan, candidate, q);
	}
	op->candidate = plan_record_type(plan, candidate);
}

static void make_query(struct maker *m, struct node *query, struct node *by)
{
	struct node *clauses = kid(query, QUERY_CLAUSES);
	const struct query_note *note = query->note->query;
	if (note->group) {
		plan_grouped_query(m, query, by);
	} else {
		plan_make_query(m, query);
		for (uint32_t i = 0; i < clauses->count; i++)
			plan_clause(m, clauses->kids[i]);
	}
	if (by)
		plan_find_terms(m, by);
	plan_yield(m, kid(query, QUERY_YIELD), m->operator->table);
}

static void make_derive(struct plan *plan, struct symbol *symbol)
{
	struct node *node = symbol->declaration, *queries = kid(node, DERIVE_QUERIES),
		    *conflict = kid(node, DERIVE_CONFLICT);
	struct plan_table *table = plan_table_of(symbol);
	struct maker m = { .plan = plan,
		.operator= plan_make_operator(plan, table, table->name, node) };
	struct node *by = conflict && conflict->kind == NODE_KEEP ? kid(conflict, KEEP_BY) : NULL;
	settle_of(m.operator, conflict);
	for (uint32_t i = 0; i < queries->count; i++)
		make_query(&m, queries->kids[i], by);
	if (queries->count == 0) {
		plan_make_query(&m, kid(node, DERIVE_VALUE));
		plan_yield(&m, kid(node, DERIVE_VALUE), table);
	}
	make_candidate(&m, conflict);
	if (table->conflicts)
		table->conflicts->operator= m.operator;
}

static void add_need(
	struct plan *plan, struct vec *needs, struct vec *seen, struct plan_table *table)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->items[i] == table)
			return;
	vec_push(plan->arena, seen, table);
	if (table->operator== NULL && table->kind == PLAN_REJECTED)
		add_need(plan, needs, seen, plan_table_of(table->symbol));
	else if (table->operator== NULL && table->kind != PLAN_OBSERVED)
		vec_push(plan->arena, needs, table);
	for (size_t i = 0; table->operator&& i<table->operator->inputs.count; i++)
		add_need(plan, needs, seen,
			((struct plan_input *)table->operator->inputs.items[i])->table);
}

struct reading {
	struct plan *plan;
	struct vec *needs, *seen;
	struct vec visited; /* functions and decisions */
};

/* The tables that a handler reads, also through decisions. */
static void take_reading(void *user, struct node *n)
{
	struct reading *r = user;
	struct plan_table *table = tree_table(n);
	if (table)
		add_need(r->plan, r->needs, r->seen, table);
	bool calls = n->kind == NODE_CALL && n->symbol &&
		(n->symbol->kind == SYMBOL_DECISION || n->symbol->kind == SYMBOL_HANDLER);
	if (!calls)
		return;
	for (size_t i = 0; i < r->visited.count; i++)
		if (r->visited.items[i] == n->symbol)
			return;
	vec_push(r->plan->arena, &r->visited, n->symbol);
	tree_each(n->symbol->declaration, take_reading, r);
}

static void find_needs(struct plan *plan, struct plan_rule *rule)
{
	struct vec seen = { 0 };
	struct reading r = { .plan = plan, .needs = &rule->needs, .seen = &seen };
	add_need(plan, &rule->needs, &seen, rule->table);
	tree_each(kid(rule->symbol->declaration, RULE_BODY), take_reading, &r);
}

static void make_operators(struct plan *plan)
{
	struct program *program = plan->program;
	plan_make_tables(plan);
	for (size_t i = 0; i < program->tables.count; i++) {
		struct symbol *s = program->tables.items[i];
		if (s->kind == SYMBOL_DERIVE)
			make_derive(plan, s);
		if (s->kind == SYMBOL_RULE)
			plan_make_rule(plan, s);
	}
	plan_sort(plan);
	for (size_t i = 0; i < plan->rules.count; i++)
		find_needs(plan, plan->rules.items[i]);
}

struct plan *plan_program(struct program *program, struct diags *diags)
{
	struct plan *plan = ARENA_NEW(program->arena, struct plan);
	jmp_buf way_out;
	plan->arena = program->arena;
	plan->program = program;
	plan->diags = diags;
	plan->way_out = &way_out;
	if (setjmp(way_out))
		return NULL;
	make_operators(plan);
	plan->way_out = NULL;
	return plan;
}

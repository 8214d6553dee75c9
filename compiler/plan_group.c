/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_group.c: internal operators. A query with `group` becomes two: the clauses before it feed a
 * table of groups, with a column per group name and per aggregate; the clauses behind it are a
 * query over that table, in which those names and calls are columns. A lifted aggregate is such a
 * table, too, or only the set of keys for which `some` holds.
 */
#include "check.h"
#include "plan_make.h"

static enum plan_aggregate_kind kind_of(enum builtin b)
{
	switch (b) {
	case BUILTIN_SUM:
		return PLAN_AGG_SUM;
	case BUILTIN_MIN:
		return PLAN_AGG_MIN;
	case BUILTIN_MAX:
		return PLAN_AGG_MAX;
	case BUILTIN_FIRST:
		return PLAN_AGG_FIRST;
	case BUILTIN_COLLECT:
		return PLAN_AGG_COLLECT;
	case BUILTIN_SOME:
		return PLAN_AGG_SOME;
	case BUILTIN_NO_ROUND:
		return PLAN_AGG_NONE;
	default:
		return PLAN_AGG_COUNT;
	}
}

static const char *name_of(enum plan_aggregate_kind kind)
{
	static const char *const names[] = { "count", "sum", "min", "max", "first", "collect",
		"some", "none" };
	return names[kind];
}

/* Counts and sums of integers have an exact inverse; the rest is made again from the group's
 * rounds. */
static void set_accumulates(struct plan_operator *op)
{
	op->accumulates = true;
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		bool count = a->kind == PLAN_AGG_COUNT && !a->distinct,
		     sum = a->kind == PLAN_AGG_SUM && a->type->kind != TYPE_FLOAT;
		if (!count && !sum)
			op->accumulates = false;
	}
}

/* The round's columns: those of the group, then what the aggregates are made of. */
static struct plan_aggregate *add_aggregate(struct maker *m, struct record *row,
	struct record *round, enum plan_aggregate_kind kind, struct node *call,
	const struct type *type)
{
	struct plan_aggregate *a = ARENA_NEW(m->plan->arena, struct plan_aggregate);
	a->kind = kind;
	a->node = call;
	a->type = type;
	a->argument = a->by = a->included = PLAN_NO_COLUMN;
	a->column = plan_add_field(m->plan, row, text_of(name_of(kind)), type);
	vec_push(m->plan->arena, &m->operator->aggregates, a);
	(void)round;
	return a;
}

static size_t add_argument(struct maker *m, struct record *round, struct text name,
	struct node *value, size_t *included)
{
	plan_find_terms(m, value);
	struct plan_value *v = plan_node_value(m, value);
	size_t column = plan_add_field(m->plan, round, name, v->type);
	struct plan_output *o = plan_output(m, column, v, value);
	if (included && tree_may_skip(value))
		*included = o->included = plan_add_field(
			m->plan, round, TEXT("included"), plan_scalar(m->plan, TYPE_BOOL));
	return column;
}

/* ---- lifted aggregates ---- */

void plan_begin_part(struct maker *m, struct text name, struct node *node)
{
	struct plan_operator *op = ARENA_NEW(m->plan->arena, struct plan_operator);
	op->name = op->c_name = name;
	op->node = node;
	m->operator= op;
	plan_make_query(m, node);
}

static void add_group_columns(
	struct maker *m, struct record *record, const struct vec *group, bool output)
{
	for (size_t i = 0; i < group->count; i++) {
		struct plan_value *v = group->items[i], *column = plan_resolved(m->plan, v);
		struct text name = column->variable
			? plan_table_column(column->variable->table, column->column)->name
			: TEXT("key");
		size_t at = plan_add_field(m->plan, record, name, v->type);
		if (output)
			plan_output(m, at, v, m->operator->node);
	}
}

struct plan_table *plan_end_part(struct maker *m, struct text name, struct node *call,
	struct node *value, const struct vec *group)
{
	struct plan *plan = m->plan;
	struct plan_operator *op = m->operator;
	bool is_some = call->kind == NODE_CALL && tree_is_some(tree_builtin(call));
	struct record *row = plan_make_record(plan, name, group->count + 1);
	struct record *round = plan_make_record(
		plan, text_format(plan->arena, "%.*s_round", TEXT_ARG(name)), group->count + 3);
	add_group_columns(m, row, group, is_some);
	add_group_columns(m, round, group, !is_some);
	op->settle = is_some ? PLAN_UNIQUE : PLAN_GROUPED;
	if (is_some && group->count == 0)
		plan_output(m,
			plan_add_field(plan, row, TEXT("some"), plan_scalar(plan, TYPE_BOOL)), NULL,
			call);
	if (!is_some) {
		enum plan_aggregate_kind kind = call->kind == NODE_LIST_FROM
			? PLAN_AGG_COLLECT
			: kind_of(tree_builtin(call));
		bool optional =
			kind == PLAN_AGG_MIN || kind == PLAN_AGG_MAX || kind == PLAN_AGG_FIRST;
		const struct type *type =
			optional && call->type->kind == TYPE_OPTION ? call->type->item : call->type;
		struct plan_aggregate *a = add_aggregate(m, row, round, kind, call, type);
		if (value && kind == PLAN_AGG_COUNT) {
			if (tree_may_skip(value))
				plan_find_terms(m, value),
					plan_output(m,
						plan_add_field(
							plan, round, TEXT("value"), value->type),
						plan_node_value(m, value), value);
		} else if (value) {
			a->argument = add_argument(m, round, TEXT("value"), value, NULL);
		} else if (kind != PLAN_AGG_COUNT) {
			a->argument = plan_row_argument(m, round);
		}
		if (round->count == 0)
			plan_output(m,
				plan_add_field(
					plan, round, TEXT("round"), plan_scalar(plan, TYPE_BOOL)),
				NULL, call);
	}
	op->group_count = group->count;
	set_accumulates(op);
	op->table = plan_make_internal(plan, PLAN_GROUP, name, row, group->count);
	op->table->operator= op;
	op->candidate = is_some ? op->table->row : plan_record_type(plan, round);
	vec_push(plan->arena, &plan->operators, op);
	return op->table;
}

/* `[x in xs]`, `first(x in xs)`: the element itself. */
size_t plan_row_argument(struct maker *m, struct record *round)
{
	struct plan_variable *v = plan_variable_at(m->query, 0);
	struct plan_value *whole = ARENA_NEW(m->plan->arena, struct plan_value);
	*whole = (struct plan_value){ .variable = v,
		.column = PLAN_NO_COLUMN,
		.part = PLAN_NO_COLUMN,
		.needs = UINT64_C(1) << v->number,
		.type = v->kind == PLAN_SOURCE ? v->table->row : v->symbol->type };
	size_t column = plan_add_field(m->plan, round, TEXT("value"), whole->type);
	plan_output(m, column, whole, m->operator->node);
	return column;
}

/* ---- queries with `group` ---- */

struct finder {
	struct maker *m;
	struct record *row, *round;
};

static void take_aggregate(void *user, struct node *n)
{
	struct finder *f = user;
	if (n->kind != NODE_CALL || n->note == NULL || n->note->meaning != MEANS_GROUP_AGGREGATE)
		return;
	struct plan_aggregate *a =
		add_aggregate(f->m, f->row, f->round, kind_of(tree_builtin(n)), n, n->type);
	struct node *arguments = kid(n, CALL_ARGUMENTS);
	if (arguments->count == 0)
		return;
	struct node *argument = arguments->kids[0];
	a->distinct = (argument->flags & NODE_DISTINCT) != 0;
	a->argument = add_argument(f->m, f->round, text_of(name_of(a->kind)),
		kid(argument, ARGUMENT_VALUE), &a->included);
	if (kid(argument, ARGUMENT_BY))
		a->by = add_argument(f->m, f->round, TEXT("by"), kid(argument, ARGUMENT_BY), NULL);
}

static void count_aggregate(void *user, struct node *n)
{
	size_t *count = user;
	if (n->kind == NODE_CALL && n->note && n->note->meaning == MEANS_GROUP_AGGREGATE)
		++*count;
}

/* The names and calls behind `group` are columns of the group's row. */
static void add_aliases(struct maker *m, struct plan_variable *v, struct node *group,
	const struct plan_operator *op)
{
	struct node *bindings = kid(group, GROUP_BINDINGS);
	for (uint32_t i = 0; i < bindings->count; i++) {
		struct plan_alias *alias = ARENA_NEW(m->plan->arena, struct plan_alias);
		alias->symbol = bindings->kids[i]->symbol;
		alias->symbol->plan = v;
		alias->column = i;
		vec_push(m->plan->arena, &v->aliases, alias);
	}
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		struct plan_alias *alias = ARENA_NEW(m->plan->arena, struct plan_alias);
		alias->node = a->node;
		alias->column = a->column;
		vec_push(m->plan->arena, &v->aliases, alias);
	}
}

/* The part before `group`: fills and gives the table of groups. */
static struct plan_operator *make_groups(struct maker *m, struct node *query, struct node *by)
{
	struct plan *plan = m->plan;
	const struct query_note *note = query->note->query;
	struct node *clauses = kid(query, QUERY_CLAUSES),
		    *bindings = kid(note->group, GROUP_BINDINGS);
	struct text name = text_format(
		plan->arena, "%.*s_groups_%u", TEXT_ARG(m->operator->c_name), ++m->parts);
	struct maker inner = { .plan = plan };
	size_t count = 0;
	tree_each(query, count_aggregate, &count);
	tree_each(by, count_aggregate, &count);
	struct finder f = { &inner, plan_make_record(plan, name, bindings->count + count),
		plan_make_record(plan, text_format(plan->arena, "%.*s_round", TEXT_ARG(name)),
			bindings->count + 3 * count) };
	plan_begin_part(&inner, name, query);
	for (size_t i = 0; i < note->group_at; i++)
		plan_clause(&inner, clauses->kids[i]);
	for (uint32_t i = 0; i < bindings->count; i++) {
		struct node *let = bindings->kids[i], *value = kid(let, LET_VALUE);
		plan_find_terms(&inner, value);
		struct plan_value *v = plan_node_value(&inner, value);
		plan_add_field(plan, f.row, let->name, v->type);
		plan_output(&inner, plan_add_field(plan, f.round, let->name, v->type), v, let);
	}
	for (size_t i = note->group_at + 1; i < clauses->count; i++)
		tree_each(clauses->kids[i], take_aggregate, &f);
	tree_each(kid(query, QUERY_YIELD), take_aggregate, &f);
	tree_each(by, take_aggregate, &f);
	struct plan_operator *op = inner.operator;
	op->settle = PLAN_GROUPED;
	op->group_count = bindings->count;
	set_accumulates(op);
	op->table = plan_make_internal(plan, PLAN_GROUP, name, f.row, bindings->count);
	op->table->operator= op;
	op->candidate = plan_record_type(plan, f.round);
	vec_push(plan->arena, &plan->operators, op);
	return op;
}

void plan_grouped_query(struct maker *m, struct node *query, struct node *by)
{
	const struct query_note *note = query->note->query;
	struct node *clauses = kid(query, QUERY_CLAUSES);
	struct plan_operator *groups = make_groups(m, query, by);
	plan_make_query(m, query);
	struct plan_variable *v =
		plan_make_variable(m, PLAN_SOURCE, NULL, TEXT("group"), note->group);
	v->table = groups->table;
	v->is_for = true;
	add_aliases(m, v, note->group, groups);
	for (size_t i = note->group_at + 1; i < clauses->count; i++)
		plan_clause(m, clauses->kids[i]);
}

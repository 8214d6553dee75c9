/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_order.c: what closes a plan: which columns each query reads of each source (a change in none
 * of them is no change for it), the operators' inputs, and the topological numbers of operators and
 * tables.
 */
#include "check.h"
#include "plan_make.h"

static uint64_t column_bit(size_t column)
{
	return UINT64_C(1) << (column < 63 ? column : 63);
}

static uint64_t key_bits(const struct plan_table *t)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < t->key_count; i++)
		bits |= column_bit(t->key[i]);
	return bits;
}

static struct plan_variable *row_named(const struct plan_query *q, const struct node *n)
{
	if (n->kind != NODE_NAME || n->symbol == NULL)
		return NULL;
	if (n->symbol->kind != SYMBOL_FOR && n->symbol->kind != SYMBOL_LET)
		return NULL;
	struct plan_variable *v = n->symbol->plan;
	return v && v->query == q && v->kind == PLAN_SOURCE ? v : NULL;
}

static void mark_name(struct plan_query *q, struct node *n)
{
	struct plan_variable *v = row_named(q, n);
	uint64_t bits = UINT64_MAX;
	for (size_t i = 0; v && i < v->aliases.count; i++) {
		const struct plan_alias *a = v->aliases.items[i];
		if (a->symbol == n->symbol)
			bits = column_bit(a->column);
	}
	if (v)
		v->columns |= bits;
}

static void mark(struct plan_query *q, struct node *n);

static void mark_kids(struct plan_query *q, struct node *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		if (n->kids[i])
			mark(q, n->kids[i]);
}

/* A field of a row: only its column, not the row. */
static bool mark_field(struct plan_query *q, struct node *n)
{
	if ((n->kind != NODE_FIELD && n->kind != NODE_OPTION_FIELD) || n->note == NULL)
		return false;
	struct node *value = kid(n, FIELD_VALUE);
	struct plan_term *t = plan_term_of(q, value);
	struct plan_variable *v = row_named(q, value);
	if (t && t->kind == PLAN_TERM_ROW)
		v = t->variables.items[0];
	if (v == NULL || v->aliases.count || v->table->wrapped)
		return false;
	if (n->note->meaning == MEANS_COLUMN)
		v->columns |= column_bit(plan_column(v->table, n->note->index));
	else if (n->note->meaning == MEANS_ID)
		v->columns |= key_bits(v->table);
	else
		return false;
	if (t)
		mark_kids(q, value);
	return true;
}

static void mark(struct plan_query *q, struct node *n)
{
	struct plan_variable *v = NULL;
	const struct plan_alias *alias = plan_alias_of(q, n, &v);
	if (alias) {
		v->columns |= column_bit(alias->column);
		return;
	}
	if (mark_field(q, n))
		return;
	struct plan_term *t = plan_term_of(q, n);
	if (t && t->kind == PLAN_TERM_ROW)
		((struct plan_variable *)t->variables.items[0])->columns = UINT64_MAX;
	if (t && t->kind == PLAN_TERM_COLUMN)
		((struct plan_variable *)t->variables.items[0])->columns |= column_bit(t->column);
	if (n->kind == NODE_NAME && tree_source(n) != n)
		mark(q, tree_source(n));
	else if (n->kind == NODE_NAME)
		mark_name(q, n);
	mark_kids(q, n);
}

static void mark_value(struct plan_query *q, const struct plan_value *v)
{
	if (v == NULL)
		return;
	if (v->node)
		mark(q, v->node);
	else if (v->variable->kind == PLAN_SOURCE)
		v->variable->columns |= v->column == SIZE_MAX ? UINT64_MAX : column_bit(v->column);
}

static void mark_filters(struct plan_query *q, const struct vec *filters)
{
	for (size_t i = 0; i < filters->count; i++) {
		const struct plan_filter *f = filters->items[i];
		if (f->node)
			mark(q, f->node);
		mark_value(q, f->left);
		mark_value(q, f->right);
	}
}

void plan_mark_columns(struct plan_query *q)
{
	for (size_t i = 0; i < q->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		if (v->value)
			mark(q, v->value);
		/* Rounds are told apart by the keys, and a term's existence is the key's. */
		if (v->kind == PLAN_SOURCE)
			v->columns |= key_bits(v->table);
	}
	for (size_t i = 0; i < q->terms.count; i++) {
		struct plan_term *t = q->terms.items[i];
		mark_filters(q, &t->filters);
		if (t->value)
			mark(q, t->value);
		else if (t->kind == PLAN_TERM_FOLD)
			((struct plan_variable *)t->variables.items[0])->columns = UINT64_MAX;
	}
	mark_filters(q, &q->filters);
	if (q->operator->by)
		mark(q, q->operator->by);
	for (size_t i = 0; i < q->outputs.count; i++)
		mark_value(q, ((struct plan_output *)q->outputs.items[i])->value);
	for (size_t i = 0; i < q->order.count; i++)
		mark_value(q, q->order.items[i]);
	for (size_t i = 0; i < q->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		if (v->columns == 0)
			v->columns = 1; /* whether there is a row is all that counts */
	}
}

/* ---- inputs and numbers ---- */

static void add_input(
	struct plan *plan, struct plan_operator *op, struct plan_table *table, uint64_t columns)
{
	for (size_t i = 0; i < op->inputs.count; i++) {
		struct plan_input *in = op->inputs.items[i];
		if (in->table != table)
			continue;
		in->columns |= columns;
		return;
	}
	struct plan_input *in = ARENA_NEW(plan->arena, struct plan_input);
	in->table = table;
	in->columns = columns;
	vec_push(plan->arena, &op->inputs, in);
}

static void finish_operator(struct plan *plan, struct plan_operator *op)
{
	for (size_t i = 0; i < op->queries.count; i++) {
		struct plan_query *q = op->queries.items[i];
		plan_mark_columns(q);
		plan_make_deltas(plan, q);
		for (size_t k = 0; k < q->deltas.count; k++) {
			const struct plan_delta *d = q->deltas.items[k];
			if (d->table)
				add_input(plan, op, d->table, d->columns);
		}
	}
}

static void visit(struct plan *plan, struct vec *sorted, struct plan_operator *op)
{
	for (size_t i = 0; i < sorted->count; i++)
		if (sorted->items[i] == op)
			return;
	for (size_t i = 0; i < op->inputs.count; i++) {
		const struct plan_input *in = op->inputs.items[i];
		if (in->table->operator)
			visit(plan, sorted, in->table->operator);
	}
	op->number = (unsigned)sorted->count;
	vec_push(plan->arena, sorted, op);
}

static void take_table(struct plan *plan, struct vec *sorted, struct plan_table *t)
{
	t->number = (unsigned)sorted->count;
	vec_push(plan->arena, sorted, t);
}

void plan_sort(struct plan *plan)
{
	struct vec operators = { 0 }, tables = { 0 };
	for (size_t i = 0; i < plan->operators.count; i++)
		finish_operator(plan, plan->operators.items[i]);
	for (size_t i = 0; i < plan->operators.count; i++)
		visit(plan, &operators, plan->operators.items[i]);
	plan->operators = operators;
	for (size_t i = 0; i < plan->tables.count; i++) {
		struct plan_table *t = plan->tables.items[i];
		if (t->operator== NULL)
			take_table(plan, &tables, t);
	}
	for (size_t i = 0; i < operators.count; i++) {
		struct plan_table *t = ((struct plan_operator *)operators.items[i])->table;
		take_table(plan, &tables, t);
		if (t->conflicts)
			take_table(plan, &tables, t->conflicts);
	}
	plan->tables = tables;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_query.c: a query's clauses as variables, filters and outputs, still without an order of
 * evaluation. Conditions are split at `and`; `==` and key arguments become equalities, which the
 * delta plans later use to find rows. A `let x = c[k] else skip` is a source like `for x in c[k]`.
 */
#include "check.h"
#include "diag.h"
#include "plan_make.h"

#include <setjmp.h>

struct plan_operator *plan_make_operator(
	struct plan *plan, struct plan_table *table, struct text name, struct node *node)
{
	struct plan_operator *op = ARENA_NEW(plan->arena, struct plan_operator);
	op->name = name;
	op->c_name = table->c_name;
	op->table = table;
	op->node = node;
	table->operator= op;
	vec_push(plan->arena, &plan->operators, op);
	return op;
}

struct plan_query *plan_make_query(struct maker *m, struct node *node)
{
	struct plan_query *q = ARENA_NEW(m->plan->arena, struct plan_query);
	q->number = (unsigned)m->operator->queries.count;
	q->operator= m->operator;
	q->node = node;
	vec_push(m->plan->arena, &m->operator->queries, q);
	m->query = q;
	return q;
}

struct plan_variable *plan_variable_at(const struct plan_query *query, unsigned number)
{
	return query->variables.items[number];
}

static bool name_taken(const struct plan_query *q, struct text name)
{
	for (size_t i = 0; i < q->variables.count; i++)
		if (text_equal(plan_variable_at(q, (unsigned)i)->name, name))
			return true;
	return false;
}

/* Everything is in the arena, so there is nothing to undo on the way out. */
static _Noreturn void too_wide(struct maker *m, const struct node *place)
{
	struct diag *d = diag_new(m->plan->diags, DIAG_QUERY_TOO_WIDE, node_span(place),
		"number %d", PLAN_VARIABLES_MAX + 1);
	diag_title(d, m->operator->name);
	diag_help(d, "make a part of it a `derive` of its own, and read that");
	longjmp(*(jmp_buf *)m->plan->way_out, 1);
}

struct plan_variable *plan_make_variable(struct maker *m, enum plan_variable_kind kind,
	struct symbol *symbol, struct text name, struct node *place)
{
	struct plan_query *q = m->query;
	if (q->variables.count >= PLAN_VARIABLES_MAX)
		too_wide(m, place);
	struct plan_variable *v = ARENA_NEW(m->plan->arena, struct plan_variable);
	v->kind = kind;
	v->number = (unsigned)q->variables.count;
	v->name = text_copy(m->plan->arena, name);
	for (unsigned n = 2; name_taken(q, v->name); n++)
		v->name = text_format(m->plan->arena, "%.*s_%u", TEXT_ARG(name), n);
	v->symbol = symbol;
	v->place = place;
	v->query = q;
	v->term = m->term;
	if (symbol)
		symbol->plan = v;
	if (kind == PLAN_SOURCE)
		v->position = ++q->positions;
	vec_push(m->plan->arena, &q->variables, v);
	if (m->term)
		vec_push(m->plan->arena, &m->term->variables, v);
	return v;
}

/* ---- needs ---- */

struct needs {
	const struct maker *m;
	uint64_t mask;
};

static const struct plan_alias *alias_of(
	const struct plan_variable *v, const struct symbol *symbol, const struct node *node)
{
	for (size_t i = 0; i < v->aliases.count; i++) {
		const struct plan_alias *a = v->aliases.items[i];
		if ((symbol && a->symbol == symbol) || (node && a->node == node))
			return a;
	}
	return NULL;
}

const struct plan_alias *plan_alias_of(
	const struct plan_query *q, const struct node *node, struct plan_variable **variable)
{
	for (size_t i = 0; i < q->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		const struct plan_alias *a = alias_of(v, NULL, node);
		if (a == NULL)
			continue;
		*variable = v;
		return a;
	}
	return NULL;
}

static void add_needs(void *user, struct node *n)
{
	struct needs *needs = user;
	struct plan_variable *v = NULL;
	if (n->kind == NODE_NAME && n->symbol) {
		struct node *source = tree_source(n);
		if (source != n)
			tree_each(source, add_needs, needs);
		bool variable = n->symbol->kind == SYMBOL_FOR || n->symbol->kind == SYMBOL_LET;
		v = variable ? n->symbol->plan : NULL;
	} else {
		plan_alias_of(needs->m->query, n, &v);
	}
	bool inside =
		v && v->query == needs->m->query && (v->term == NULL || v->term == needs->m->term);
	if (inside)
		needs->mask |= UINT64_C(1) << v->number;
}

uint64_t plan_needs(const struct maker *m, const struct node *node)
{
	struct needs needs = { m, 0 };
	tree_each((struct node *)node, add_needs, &needs);
	return needs.mask;
}

/* ---- values ---- */

struct plan_value *plan_node_value(struct maker *m, struct node *node)
{
	struct plan_value *v = ARENA_NEW(m->plan->arena, struct plan_value);
	v->node = node;
	v->part = PLAN_NO_COLUMN;
	v->needs = plan_needs(m, node);
	v->type = node->note && node->note->as ? node->note->as : node->type;
	return v;
}

struct plan_value *plan_column_value(
	struct plan *plan, struct plan_variable *variable, size_t column)
{
	struct plan_value *v = ARENA_NEW(plan->arena, struct plan_value);
	v->variable = variable;
	v->column = column;
	v->part = PLAN_NO_COLUMN;
	v->needs = UINT64_C(1) << variable->number;
	v->type = plan_table_column(variable->table, column)->type;
	return v;
}

struct plan_value *plan_position_value(struct plan *plan, struct plan_variable *variable)
{
	struct plan_value *v = ARENA_NEW(plan->arena, struct plan_value);
	v->variable = variable;
	v->part = PLAN_NO_COLUMN;
	v->position = true;
	v->needs = UINT64_C(1) << variable->number;
	v->type = plan_scalar(plan, TYPE_INT);
	return v;
}

/* Key column `part` of a value of TYPE_REF. */
struct plan_value *plan_part_value(struct plan *plan, const struct plan_value *ref, size_t part)
{
	struct plan_value *v = ARENA_NEW(plan->arena, struct plan_value);
	*v = *ref;
	v->part = part;
	const struct symbol *c = ref->type->collection;
	v->type = c->type->record->fields[c->key[part]].type;
	return v;
}

static struct plan_variable *source_of(const struct node *e)
{
	if (e->kind != NODE_NAME || e->symbol == NULL || (e->note && e->note->as))
		return NULL;
	if (e->symbol->kind != SYMBOL_FOR && e->symbol->kind != SYMBOL_LET)
		return NULL;
	struct plan_variable *v = e->symbol->plan;
	return v && v->kind == PLAN_SOURCE && alias_of(v, e->symbol, NULL) == NULL ? v : NULL;
}

static struct plan_value *resolve_node(struct plan *plan, struct plan_value *value, struct node *e)
{
	struct plan_variable *v;
	if (e->note && e->note->as)
		return value;
	if (e->kind == NODE_NAME && e->symbol &&
		(e->symbol->kind == SYMBOL_LET || e->symbol->kind == SYMBOL_FOR) &&
		e->symbol->plan) {
		v = e->symbol->plan;
		const struct plan_alias *alias =
			v->kind == PLAN_SOURCE ? alias_of(v, e->symbol, NULL) : NULL;
		if (alias)
			return plan_column_value(plan, v, alias->column);
		if (v->kind == PLAN_COMPUTED)
			return resolve_node(plan, value, v->value);
		return value;
	}
	if (e->kind != NODE_FIELD || e->note == NULL)
		return value;
	v = source_of(kid(e, FIELD_VALUE));
	if (v && e->note->meaning == MEANS_COLUMN &&
		plan_column(v->table, e->note->index) != PLAN_NO_COLUMN)
		return plan_column_value(plan, v, plan_column(v->table, e->note->index));
	if (e->note->meaning != MEANS_REF_KEY)
		return value;
	struct node *ref = kid(e, FIELD_VALUE);
	v = ref->kind == NODE_FIELD && ref->note && ref->note->meaning == MEANS_ID
		? source_of(kid(ref, FIELD_VALUE))
		: NULL;
	return v ? plan_column_value(plan, v, v->table->key[e->note->index]) : value;
}

struct plan_value *plan_resolved(struct plan *plan, struct plan_value *value)
{
	if (value->node == NULL)
		return value;
	if (value->part == PLAN_NO_COLUMN)
		return resolve_node(plan, value, value->node);
	struct node *e = value->node;
	bool is_id = e->kind == NODE_FIELD && e->note && e->note->meaning == MEANS_ID;
	struct plan_variable *v = is_id ? source_of(kid(e, FIELD_VALUE)) : NULL;
	return v ? plan_column_value(plan, v, v->table->key[value->part]) : value;
}

/* ---- filters ---- */

static struct plan_filter *add_filter(struct maker *m, struct node *place)
{
	struct plan_filter *f = ARENA_NEW(m->plan->arena, struct plan_filter);
	struct vec *filters = m->term ? &m->term->filters : &m->query->filters;
	f->number = (unsigned)filters->count;
	f->place = place;
	vec_push(m->plan->arena, filters, f);
	return f;
}

struct local_search {
	const struct node *inside;
	bool found;
};

static void find_local(void *user, struct node *n)
{
	struct local_search *s = user;
	if (n->kind == NODE_NAME && tree_is_local(n->symbol) &&
		!tree_declared_inside(s->inside, n->symbol) && tree_source(n) == n)
		s->found = true;
}

static bool reads_local(const struct plan_value *v)
{
	struct local_search s = { v->node, false };
	if (v->node)
		tree_each(v->node, find_local, &s);
	return s.found;
}

struct plan_filter *plan_equality(
	struct maker *m, struct plan_value *left, struct plan_value *right, struct node *place)
{
	struct plan_filter *f = add_filter(m, place);
	f->left = left;
	f->right = right;
	f->needs = left->needs | right->needs;
	f->local = reads_local(left) || reads_local(right);
	return f;
}

/* Two refs are equal when their key columns are: so a row of either side is found through them,
 * too. */
void plan_parts(struct maker *m, const struct plan_filter *whole)
{
	const struct type *t = whole->left->type;
	if (t->kind != TYPE_REF)
		return;
	for (size_t i = 0; i < t->collection->key_count; i++) {
		struct plan_value *left = plan_part_value(m->plan, whole->left, i),
				  *right = plan_part_value(m->plan, whole->right, i);
		bool helps = plan_resolved(m->plan, left) != left ||
			plan_resolved(m->plan, right) != right;
		if (helps)
			plan_equality(m, left, right, whole->place)->implied = true;
	}
}

static bool split(struct maker *m, struct node *c, bool negated)
{
	if (c->kind == NODE_UNARY && c->op == OP_NOT) {
		plan_condition(m, kid(c, UNARY_VALUE), !negated);
		return true;
	}
	if (c->kind != NODE_BINARY)
		return false;
	bool both = negated ? c->op == OP_OR || c->op == OP_IMPLIES : c->op == OP_AND;
	if (!both)
		return false;
	plan_condition(m, kid(c, BINARY_LEFT), negated && c->op != OP_IMPLIES);
	plan_condition(m, kid(c, BINARY_RIGHT), negated);
	return true;
}

void plan_condition(struct maker *m, struct node *condition, bool negated)
{
	if (split(m, condition, negated))
		return;
	plan_find_terms(m, condition);
	if (!negated && condition->kind == NODE_BINARY && condition->op == OP_EQUAL) {
		struct plan_value *left = plan_node_value(m, kid(condition, BINARY_LEFT));
		struct plan_value *right = plan_node_value(m, kid(condition, BINARY_RIGHT));
		struct plan_filter *f = plan_equality(m, left, right, condition);
		f->node = condition;
		plan_parts(m, f);
		return;
	}
	struct plan_filter *f = add_filter(m, condition);
	f->node = condition;
	f->negated = negated;
	f->needs = plan_needs(m, condition);
	if (negated || condition->kind != NODE_BINARY || condition->op != OP_SELECTS)
		return;
	f->selector = plan_node_value(m, kid(condition, BINARY_LEFT));
	f->labels = plan_node_value(m, kid(condition, BINARY_RIGHT));
	f->local = reads_local(f->selector) || reads_local(f->labels);
}

/* ---- clauses ---- */

static bool is_excluded(const struct maker *m, const struct node *n)
{
	for (size_t i = 0; m->excluded && i < m->excluded->count; i++)
		if (m->excluded->items[i] == n)
			return true;
	return false;
}

struct plan_value *plan_key_value(struct maker *m, const struct key_part *part)
{
	struct plan_value *v = plan_node_value(m, part->value);
	return part->is_ref ? plan_part_value(m->plan, v, part->part) : v;
}

void plan_key_arguments(struct maker *m, struct plan_variable *v, const struct node *source)
{
	const struct check_note *note = source->note;
	bool by_key = note->meaning == MEANS_ROW_BY_KEY || note->meaning == MEANS_ROWS_BY_KEY;
	for (size_t i = 0; by_key && i < note->key_count; i++) {
		const struct key_part *part = &note->key[i];
		if (part->value == NULL || is_excluded(m, part->value))
			continue;
		plan_find_terms(m, part->value);
		plan_parts(m,
			plan_equality(m, plan_column_value(m->plan, v, v->table->key[i]),
				plan_key_value(m, part), part->value));
	}
}

static struct plan_variable *add_source(struct maker *m, struct symbol *symbol, struct text name,
	struct node *source, struct node *place)
{
	struct plan_variable *v = plan_make_variable(m, PLAN_SOURCE, symbol, name, place);
	v->table = tree_table(source);
	plan_key_arguments(m, v, source);
	return v;
}

/* A single table walked as an optional row; a wrapped value is no row. */
static bool is_source(const struct node *source)
{
	const struct plan_table *t = tree_table(source);
	return t != NULL && !(source->note->meaning == MEANS_SINGLE && t->wrapped);
}

void plan_for(struct maker *m, struct node *clause)
{
	struct node *source = tree_source(kid(clause, FOR_SOURCE));
	struct plan_variable *v;
	if (is_source(source)) {
		v = add_source(m, clause->symbol, clause->name, source, clause);
	} else {
		plan_find_terms(m, source);
		uint64_t needs = plan_needs(m, source);
		v = plan_make_variable(m, PLAN_ELEMENT, clause->symbol, clause->name, clause);
		v->value = source;
		v->needs = needs;
		v->is_option = clause->note && clause->note->meaning == MEANS_FOR_OPTION;
	}
	v->is_for = true;
	v->scan = (clause->flags & NODE_SCAN) != 0;
}

static bool is_row_or_skip(const struct node *value)
{
	if (value->kind != NODE_ELSE || kid(value, ELSE_FALLBACK)->kind != NODE_SKIP)
		return false;
	const struct node *row = kid(value, ELSE_VALUE);
	return row->note &&
		(row->note->meaning == MEANS_ROW_BY_KEY || row->note->meaning == MEANS_SINGLE) &&
		is_source(row);
}

static void plan_let(struct maker *m, struct node *clause)
{
	struct node *value = kid(clause, LET_VALUE);
	if (value->type && value->type->kind == TYPE_ROWS)
		return; /* a name for a source: tree_source looks through it */
	if (is_row_or_skip(value)) {
		add_source(m, clause->symbol, clause->name, kid(value, ELSE_VALUE), clause);
		return;
	}
	plan_find_terms(m, value);
	uint64_t needs = plan_needs(m, value);
	struct plan_variable *v =
		plan_make_variable(m, PLAN_COMPUTED, clause->symbol, clause->name, clause);
	v->value = value;
	v->needs = needs;
}

void plan_clause(struct maker *m, struct node *clause)
{
	if (clause->kind == NODE_FOR)
		plan_for(m, clause);
	if (clause->kind == NODE_WHERE)
		plan_condition(m, kid(clause, WHERE_CONDITION), false);
	if (clause->kind == NODE_LET)
		plan_let(m, clause);
}

/* ---- outputs ---- */

struct plan_output *plan_output(
	struct maker *m, size_t column, struct plan_value *value, struct node *place)
{
	struct plan_output *o = ARENA_NEW(m->plan->arena, struct plan_output);
	o->column = column;
	o->value = value;
	o->place = place;
	o->included = o->waits = PLAN_NO_COLUMN;
	vec_push(m->plan->arena, &m->query->outputs, o);
	return o;
}

void plan_yield(struct maker *m, struct node *yield, const struct plan_table *table)
{
	plan_find_terms(m, yield);
	if (yield->kind != NODE_RECORD || table->wrapped) {
		plan_output(
			m, table->wrapped ? 0 : PLAN_NO_COLUMN, plan_node_value(m, yield), yield);
		return;
	}
	struct node *fields = kid(yield, RECORD_FIELDS);
	for (uint32_t i = 0; i < fields->count; i++) {
		struct node *init = fields->kids[i];
		plan_output(m, plan_column(table, init->note->index),
			plan_node_value(m, kid(init, FIELD_INIT_VALUE)), init);
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_term.c: look-ups inside expressions. `c[k]` is a term of one row. An aggregate over tables
 * whose condition splits into a part about its own rows and equalities with outer values is lifted
 * into a table of groups, filled by an internal operator; what is left is a look-up of one group,
 * so that a change costs O(1) and an unchanged group stops it. What does not split stays a term
 * that is evaluated where it stands.
 */
#include "check.h"
#include "plan_make.h"

struct plan_term *plan_term_of(const struct plan_query *query, const struct node *node)
{
	for (size_t i = 0; i < query->terms.count; i++) {
		struct plan_term *t = query->terms.items[i];
		if (t->node == node)
			return t;
	}
	return NULL;
}

static void add_local(void *user, struct node *n)
{
	struct {
		struct plan *plan;
		struct plan_term *term;
	} *u = user;
	if (n->kind != NODE_NAME || !tree_is_local(n->symbol) || tree_source(n) != n)
		return;
	if (tree_declared_inside(u->term->node, n->symbol))
		return;
	for (size_t i = 0; i < u->term->locals.count; i++)
		if (u->term->locals.items[i] == n->symbol)
			return;
	vec_push(u->plan->arena, &u->term->locals, n->symbol);
}

/* Terms stand in the list after those nested in them, so they are added when they are complete. */
static struct plan_term *new_term(struct maker *m, enum plan_term_kind kind, struct node *n)
{
	struct plan_term *t = ARENA_NEW(m->plan->arena, struct plan_term);
	t->kind = kind;
	t->node = n;
	t->type = n->type;
	t->column = PLAN_NO_COLUMN;
	return t;
}

static void add_term(struct maker *m, struct plan_term *t)
{
	struct {
		struct plan *plan;
		struct plan_term *term;
	} locals = { m->plan, t };
	t->number = (unsigned)m->query->terms.count + 1;
	t->needs = plan_needs(m, t->node);
	t->c_name = text_format(
		m->plan->arena, "%.*s__look_%u", TEXT_ARG(m->operator->c_name), m->terms++ + 1);
	tree_each(t->node, add_local, &locals);
	vec_push(m->plan->arena, &m->query->terms, t);
}

static void find_in_kids(struct maker *m, struct node *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		if (n->kids[i])
			plan_find_terms(m, n->kids[i]);
}

static void make_row_term(struct maker *m, struct node *n)
{
	struct plan_term *outer = m->term, *t = new_term(m, PLAN_TERM_ROW, n);
	struct plan_table *table = tree_table(n);
	if (n->kind == NODE_INDEX)
		find_in_kids(m, kid(n, INDEX_ARGUMENTS));
	m->term = t;
	struct plan_variable *row = plan_make_variable(m, PLAN_SOURCE, NULL, table->c_name, n);
	row->table = table;
	m->term = outer;
	/* The key's expressions belong to the scope outside. */
	const struct check_note *note = n->note;
	for (size_t i = 0; note->meaning == MEANS_ROW_BY_KEY && i < note->key_count; i++) {
		struct plan_value *key = plan_key_value(m, &note->key[i]);
		m->term = t;
		plan_parts(m,
			plan_equality(m, plan_column_value(m->plan, row, table->key[i]), key,
				note->key[i].value));
		m->term = outer;
	}
	add_term(m, t);
}

/* ---- aggregates ---- */

/* One conjunct of an aggregate's condition, or one key argument of its sources. */
enum side { INSIDE = 1, OUTSIDE = 2 };
struct conjunct {
	struct node *node; /* condition, or: */
	bool negated;
	struct node *source; /* FOR whose key argument it is */
	size_t key;
	struct node *inner,
		*outer; /* of an equality that relates them; inner NULL: the key column */
	bool outside;   /* about outer values only */
};
struct aggregate {
	struct maker *m;
	struct node *call, *comprehension;
	struct vec conjuncts;
	bool mixed;
	unsigned sides; /* of the expression being looked at */
};

static void add_side(void *user, struct node *n)
{
	struct aggregate *a = user;
	if (n->kind != NODE_NAME || n->symbol == NULL)
		return;
	if (n->symbol->kind != SYMBOL_FOR && n->symbol->kind != SYMBOL_LET &&
		n->symbol->kind != SYMBOL_BINDING)
		return;
	if (tree_source(n) != n) {
		tree_each(tree_source(n), add_side, a);
		return;
	}
	a->sides |= tree_declared_inside(a->call, n->symbol) ? INSIDE : OUTSIDE;
}

static unsigned sides_of(struct aggregate *a, struct node *e)
{
	a->sides = 0;
	tree_each(e, add_side, a);
	return a->sides;
}

static struct conjunct *add_conjunct(struct aggregate *a)
{
	struct conjunct *c = ARENA_NEW(a->m->plan->arena, struct conjunct);
	vec_push(a->m->plan->arena, &a->conjuncts, c);
	return c;
}

static void split_condition(struct aggregate *a, struct node *e, bool negated)
{
	if (e->kind == NODE_UNARY && e->op == OP_NOT) {
		split_condition(a, kid(e, UNARY_VALUE), !negated);
		return;
	}
	bool both = e->kind == NODE_BINARY &&
		(negated ? e->op == OP_OR || e->op == OP_IMPLIES : e->op == OP_AND);
	if (both) {
		split_condition(a, kid(e, BINARY_LEFT), negated && e->op != OP_IMPLIES);
		split_condition(a, kid(e, BINARY_RIGHT), negated);
		return;
	}
	struct conjunct *c = add_conjunct(a);
	c->node = e;
	c->negated = negated;
	unsigned sides = sides_of(a, e);
	c->outside = sides == OUTSIDE;
	if (sides != (INSIDE | OUTSIDE))
		return;
	bool equality = !negated && e->kind == NODE_BINARY && e->op == OP_EQUAL;
	unsigned left = equality ? sides_of(a, kid(e, BINARY_LEFT)) : 0,
		 right = equality ? sides_of(a, kid(e, BINARY_RIGHT)) : 0;
	if (equality && left == INSIDE && right == OUTSIDE)
		c->inner = kid(e, BINARY_LEFT), c->outer = kid(e, BINARY_RIGHT);
	else if (equality && left == OUTSIDE && right == INSIDE)
		c->inner = kid(e, BINARY_RIGHT), c->outer = kid(e, BINARY_LEFT);
	else
		a->mixed = true;
}

static void split_source(struct aggregate *a, struct node *clause)
{
	struct node *source = tree_source(kid(clause, FOR_SOURCE));
	struct plan_table *table = tree_table(source);
	if (table == NULL) {
		if (sides_of(a, source) & OUTSIDE)
			a->mixed = true;
		return;
	}
	const struct check_note *note = source->note;
	bool by_key = note->meaning == MEANS_ROW_BY_KEY || note->meaning == MEANS_ROWS_BY_KEY;
	for (size_t i = 0; by_key && i < note->key_count; i++) {
		unsigned sides = note->key[i].value ? sides_of(a, note->key[i].value) : 0;
		if (!(sides & OUTSIDE))
			continue;
		if (sides & INSIDE)
			a->mixed = true;
		struct conjunct *c = add_conjunct(a);
		c->source = clause;
		c->key = i;
		c->outer = note->key[i].value;
	}
}

/* One table whose key the equalities cover: at most one row, so nothing is won by lifting. */
static bool is_one_row(struct aggregate *a)
{
	struct node *fors = kid(a->comprehension, COMPREHENSION_FORS);
	struct plan_table *table = tree_table(tree_source(kid(fors->kids[0], FOR_SOURCE)));
	const struct check_note *note = tree_source(kid(fors->kids[0], FOR_SOURCE))->note;
	return fors->count == 1 && table && note->meaning == MEANS_ROW_BY_KEY;
}

static bool wants_every(const struct node *call)
{
	return call->kind == NODE_CALL && tree_builtin(call) == BUILTIN_ALL;
}

/* `all(x in xs where c)`: no x without c; with `yield e`, no round of c without e. */
static void each_condition(struct maker *m, struct node *call, struct node *comprehension,
	void (*take)(void *, struct node *, bool), void *user)
{
	struct node *condition = kid(comprehension, COMPREHENSION_CONDITION),
		    *yield = kid(comprehension, COMPREHENSION_YIELD);
	(void)m;
	bool logical = call->kind == NODE_CALL && tree_is_some(tree_builtin(call));
	if (condition)
		take(user, condition, wants_every(call) && yield == NULL);
	if (yield && logical)
		take(user, yield, wants_every(call));
}

static void take_conjunct(void *user, struct node *e, bool negated)
{
	split_condition(user, e, negated);
}

static void take_condition(void *user, struct node *e, bool negated)
{
	plan_condition(user, e, negated);
}

static struct node *value_of(const struct node *call, struct node *comprehension)
{
	struct node *yield = kid(comprehension, COMPREHENSION_YIELD);
	if (call->kind == NODE_CALL && tree_is_some(tree_builtin(call)))
		return NULL;
	if (yield == NULL && call->kind == NODE_CALL && tree_builtin(call) == BUILTIN_COUNT)
		return NULL;
	return yield;
}

static enum plan_term_kind kind_of(const struct node *call)
{
	if (call->kind == NODE_LIST_FROM)
		return PLAN_TERM_FOLD;
	if (tree_is_some(tree_builtin(call)))
		return PLAN_TERM_SOME;
	return tree_builtin(call) == BUILTIN_COUNT ? PLAN_TERM_COUNT : PLAN_TERM_FOLD;
}

static void make_evaluated(struct aggregate *a)
{
	struct maker *m = a->m;
	struct plan_term *outer = m->term, *t = new_term(m, kind_of(a->call), a->call);
	struct node *fors = kid(a->comprehension, COMPREHENSION_FORS);
	t->negated = a->call->kind == NODE_CALL &&
		(tree_builtin(a->call) == BUILTIN_NO_ROUND || wants_every(a->call));
	m->term = t;
	for (uint32_t i = 0; i < fors->count; i++)
		plan_for(m, fors->kids[i]);
	each_condition(m, a->call, a->comprehension, take_condition, m);
	t->value = value_of(a->call, a->comprehension);
	if (t->value)
		plan_find_terms(m, t->value);
	m->term = outer;
	add_term(m, t);
}

/* The lifted aggregate's own operator; its table's first columns are the inner sides of the
 * equalities. */
static struct plan_table *lift(struct aggregate *a)
{
	struct maker *m = a->m;
	struct plan *plan = m->plan;
	struct vec excluded = { 0 }, group = { 0 };
	struct node *fors = kid(a->comprehension, COMPREHENSION_FORS);
	struct text name =
		text_format(plan->arena, "%.*s_part_%u", TEXT_ARG(m->operator->c_name), ++m->parts);
	struct maker inner = { .plan = plan, .excluded = &excluded };
	plan_begin_part(&inner, name, a->call);
	for (size_t i = 0; i < a->conjuncts.count; i++) {
		struct conjunct *c = a->conjuncts.items[i];
		if (c->source)
			vec_push(plan->arena, &excluded, c->outer);
	}
	for (uint32_t i = 0; i < fors->count; i++)
		plan_for(&inner, fors->kids[i]);
	for (size_t i = 0; i < a->conjuncts.count; i++) {
		struct conjunct *c = a->conjuncts.items[i];
		struct plan_variable *v = c->source ? c->source->symbol->plan : NULL;
		if (c->source)
			vec_push(plan->arena, &group,
				plan_column_value(plan, v, v->table->key[c->key]));
		else if (c->inner)
			plan_find_terms(&inner, c->inner),
				vec_push(plan->arena, &group, plan_node_value(&inner, c->inner));
		else if (!c->outside)
			plan_condition(&inner, c->node, c->negated);
	}
	return plan_end_part(&inner, name, a->call, value_of(a->call, a->comprehension), &group);
}

static const struct key_part *part_of(const struct conjunct *c)
{
	return &tree_source(kid(c->source, FOR_SOURCE))->note->key[c->key];
}

static void make_lifted(struct aggregate *a)
{
	struct maker *m = a->m;
	struct plan_table *table = lift(a);
	bool is_some = kind_of(a->call) == PLAN_TERM_SOME;
	struct plan_term *outer = m->term,
			 *t = new_term(m, is_some ? PLAN_TERM_SOME : PLAN_TERM_COLUMN, a->call);
	t->negated = is_some && (tree_builtin(a->call) == BUILTIN_NO_ROUND || wants_every(a->call));
	if (!is_some)
		t->column = table->key_count;
	m->term = t;
	struct plan_variable *row =
		plan_make_variable(m, PLAN_SOURCE, NULL, TEXT("group"), a->call);
	row->table = table;
	m->term = outer;
	size_t column = 0;
	for (size_t i = 0; i < a->conjuncts.count; i++) {
		struct conjunct *c = a->conjuncts.items[i];
		if (c->outer == NULL && !c->outside)
			continue;
		plan_find_terms(m, c->outer ? c->outer : c->node);
		struct plan_value *value = c->source ? plan_key_value(m, part_of(c))
			: c->outer                   ? plan_node_value(m, c->outer)
						     : NULL;
		m->term = t;
		if (value)
			plan_parts(m,
				plan_equality(m,
					plan_column_value(m->plan, row, table->key[column++]),
					value, a->call));
		else
			plan_condition(m, c->node, c->negated);
		m->term = outer;
	}
	add_term(m, t);
}

static void make_aggregate(struct maker *m, struct node *n, struct node *comprehension)
{
	struct aggregate a = { .m = m, .call = n, .comprehension = comprehension };
	struct node *fors = kid(comprehension, COMPREHENSION_FORS);
	for (uint32_t i = 0; i < fors->count; i++)
		split_source(&a, fors->kids[i]);
	each_condition(m, n, comprehension, take_conjunct, &a);
	struct node *value = value_of(n, comprehension);
	if (value && (sides_of(&a, value) & OUTSIDE))
		a.mixed = true;
	if (a.mixed || is_one_row(&a))
		make_evaluated(&a);
	else
		make_lifted(&a);
}

static bool walks_table(struct node *comprehension)
{
	struct node *fors = kid(comprehension, COMPREHENSION_FORS);
	for (uint32_t i = 0; i < fors->count; i++)
		if (tree_table(tree_source(kid(fors->kids[i], FOR_SOURCE))))
			return true;
	return false;
}

void plan_find_terms(struct maker *m, struct node *e)
{
	struct plan_variable *v;
	if (plan_alias_of(m->query, e, &v) || plan_term_of(m->query, e))
		return;
	if (e->kind == NODE_NAME && tree_source(e) != e) {
		plan_find_terms(m, tree_source(e));
		return;
	}
	struct node *comprehension = tree_comprehension(e);
	if (comprehension && walks_table(comprehension))
		make_aggregate(m, e, comprehension);
	else if (tree_is_row(e))
		make_row_term(m, e);
	else if (!tree_table(e) || e->kind != NODE_NAME)
		find_in_kids(m, e);
}

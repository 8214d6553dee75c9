/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_delta.c: the order of evaluation. For each driver of a query, and for the inside of each
 * look-up: what is bound by then decides what comes next, cheapest first: conditions and lets as
 * soon as they can be, a row by its full key, an optional value, an index, a list, an index over
 * computed keys, and a scan when nothing else is left.
 */
#include "check.h"
#include "plan_make.h"

struct order {
	struct plan *plan;
	struct plan_query *query;
	const struct plan_term *term; /* whose inside is ordered, or NULL: the query */
	uint64_t bound;
	struct vec variables; /* struct plan_variable *: to be bound */
	struct vec filters;   /* struct plan_filter * */
	bool *done;           /* filters */
	struct vec *steps;
};

static uint64_t bit(const struct plan_variable *v)
{
	return UINT64_C(1) << v->number;
}

uint64_t plan_closure(const struct plan_query *query, uint64_t needs)
{
	for (uint64_t before = 0; before != needs;) {
		before = needs;
		for (size_t i = 0; i < query->variables.count; i++) {
			const struct plan_variable *v = plan_variable_at(query, (unsigned)i);
			if (needs & bit(v))
				needs |= v->needs;
		}
	}
	return needs;
}

static struct plan_step *add_step(
	struct order *o, enum plan_step_kind kind, struct plan_variable *v)
{
	struct plan_step *s = ARENA_NEW(o->plan->arena, struct plan_step);
	s->kind = kind;
	s->variable = v;
	vec_push(o->plan->arena, o->steps, s);
	if (v)
		o->bound |= bit(v);
	return s;
}

static bool is_bound(const struct order *o, uint64_t needs)
{
	return (needs & ~o->bound) == 0;
}

/* Conditions and lets that can be evaluated now; a condition first, for it may spare the let. */
static bool place_one(struct order *o)
{
	for (size_t i = 0; i < o->filters.count; i++) {
		struct plan_filter *f = o->filters.items[i];
		if (o->done[i] || !is_bound(o, f->needs))
			continue;
		o->done[i] = true;
		if (!f->implied)
			add_step(o, PLAN_FILTER, NULL)->filter = f;
		return true;
	}
	for (size_t i = 0; i < o->variables.count; i++) {
		struct plan_variable *v = o->variables.items[i];
		if (v->kind != PLAN_COMPUTED || (o->bound & bit(v)) || !is_bound(o, v->needs))
			continue;
		add_step(o, PLAN_LET, v);
		return true;
	}
	return false;
}

/* ---- how a source can be found ---- */

struct way {
	struct plan_filter *filter;
	struct plan_value *mine, *other; /* `mine` is a value of the source, `other` is bound */
	size_t column;                   /* PLAN_NO_COLUMN: computed */
};

static bool has_term(const struct plan_query *q, const struct node *e)
{
	for (size_t i = 0; i < q->terms.count; i++) {
		const struct plan_term *t = q->terms.items[i];
		if (tree_contains(e, t->node))
			return true;
	}
	return false;
}

/* Values that need nothing but this source's row: they can be computed from the row alone, for an
 * index. */
static bool is_of(
	const struct order *o, const struct plan_variable *source, const struct plan_value *value)
{
	uint64_t all = plan_closure(o->query, value->needs);
	if (!(all & bit(source)) || (value->node && has_term(o->query, value->node)))
		return false;
	for (size_t i = 0; i < o->query->variables.count; i++) {
		const struct plan_variable *v = plan_variable_at(o->query, (unsigned)i);
		if (!(all & bit(v)) || v == source)
			continue;
		if (v->kind == PLAN_SOURCE || v->term || has_term(o->query, v->value))
			return false;
	}
	return true;
}

static bool way_by(struct order *o, struct plan_variable *source, struct plan_filter *f,
	bool swapped, struct way *way)
{
	struct plan_value *mine = swapped ? f->right : f->left,
			  *other = swapped ? f->left : f->right;
	if (f->local || !is_bound(o, other->needs))
		return false;
	struct plan_value *column = plan_resolved(o->plan, mine);
	if (column->node == NULL && !column->position && column->part == PLAN_NO_COLUMN &&
		column->variable == source) {
		*way = (struct way){ f, mine, other, column->column };
		return true;
	}
	if (mine->node == NULL || !is_of(o, source, mine))
		return false;
	*way = (struct way){ f, mine, other, PLAN_NO_COLUMN };
	return true;
}

/* The equalities that lead to the source's rows: one per column, or a computed one. */
static size_t ways_to(struct order *o, struct plan_variable *source, struct way *ways, size_t room,
	bool *computed)
{
	size_t count = 0;
	*computed = false;
	for (int pass = 0; pass < 2 && count == 0; pass++) {
		for (size_t i = 0; i < o->filters.count; i++) {
			struct way way;
			struct plan_filter *f = o->filters.items[i];
			if (f->left == NULL)
				continue;
			if (!way_by(o, source, f, false, &way) && !way_by(o, source, f, true, &way))
				continue;
			if ((way.column == PLAN_NO_COLUMN) != (pass == 1))
				continue;
			bool known = pass == 1 && count == 1;
			for (size_t k = 0; k < count; k++)
				known = known || ways[k].column == way.column;
			if (!known && count < room)
				ways[count++] = way;
		}
		*computed = pass == 1 && count > 0;
	}
	return count;
}

/* `selects` between a column of the source and a bound value: an index finds what meets. */
struct meeting {
	enum plan_anchor anchor;
	size_t column;
	struct plan_value *other;
};

static bool is_column_of(struct order *o, struct plan_value *value,
	const struct plan_variable *source, size_t *column)
{
	const struct plan_value *r = plan_resolved(o->plan, value);
	bool is = r->node == NULL && !r->position && r->part == PLAN_NO_COLUMN &&
		r->variable == source && r->column != PLAN_NO_COLUMN;
	if (is)
		*column = r->column;
	return is;
}

static bool meeting_at(struct order *o, const struct plan_variable *source, struct meeting *meeting)
{
	for (size_t i = 0; i < o->filters.count; i++) {
		struct plan_filter *f = o->filters.items[i];
		if (f->selector == NULL || f->local || f->needs == bit(source))
			continue;
		bool selects = is_bound(o, f->labels->needs) &&
			is_column_of(o, f->selector, source, &meeting->column);
		bool selected = is_bound(o, f->selector->needs) &&
			is_column_of(o, f->labels, source, &meeting->column);
		if (!selects && !selected)
			continue;
		meeting->anchor = selects ? PLAN_SELECTOR : PLAN_LABELS;
		meeting->other = selects ? f->labels : f->selector;
		return true;
	}
	return false;
}

static struct way *way_of_column(struct way *ways, size_t count, size_t column)
{
	for (size_t i = 0; i < count; i++)
		if (ways[i].column == column)
			return &ways[i];
	return NULL;
}

static bool covers_key(const struct plan_table *t, struct way *ways, size_t count)
{
	for (size_t i = 0; i < t->key_count; i++)
		if (way_of_column(ways, count, t->key[i]) == NULL)
			return false;
	return true;
}

enum {
	WAYS = 32,
	WEIGHT_GET = 0,
	WEIGHT_OPTION,
	WEIGHT_PROBE,
	WEIGHT_WALK,
	WEIGHT_COMPUTED,
	WEIGHT_SCAN,
	WEIGHT_NEVER
};

static int weight(struct order *o, struct plan_variable *v)
{
	struct way ways[WAYS];
	bool computed;
	if (v->kind == PLAN_COMPUTED)
		return WEIGHT_NEVER;
	if (v->kind == PLAN_ELEMENT)
		return !is_bound(o, v->needs) ? WEIGHT_NEVER
			: v->is_option        ? WEIGHT_OPTION
					      : WEIGHT_WALK;
	size_t count = ways_to(o, v, ways, WAYS, &computed);
	struct meeting meeting;
	if (!computed && covers_key(v->table, ways, count))
		return WEIGHT_GET;
	if (meeting_at(o, v, &meeting))
		return WEIGHT_PROBE;
	return count == 0 ? WEIGHT_SCAN : computed ? WEIGHT_COMPUTED : WEIGHT_PROBE;
}

static void use_way(struct order *o, struct plan_step *s, struct way *way, bool check)
{
	struct plan_filter *checked = NULL;
	vec_push(o->plan->arena, &s->keys, way->other);
	for (size_t i = 0; check && i < o->filters.count; i++) {
		if (o->filters.items[i] != way->filter || o->done[i])
			continue;
		o->done[i] = true;
		if (!way->filter->implied)
			checked = way->filter;
	}
	vec_push(o->plan->arena, &s->checks, checked);
}

/* Lets and list elements that a computed value needs, in order of binding. */
static struct plan_index *computed_index(
	struct order *o, struct plan_variable *source, struct plan_value *value)
{
	for (size_t i = 0; i < source->table->indexes.count; i++) {
		struct plan_index *x = source->table->indexes.items[i];
		const struct plan_value *v =
			x->computed && x->anchor == PLAN_NO_ANCHOR ? x->values.items[0] : NULL;
		if (v && x->query == o->query && v->node == value->node && v->part == value->part)
			return x;
	}
	struct plan_index *x = plan_computed_index(o->plan, o->query, source->table);
	uint64_t all = plan_closure(o->query, value->needs);
	vec_push(o->plan->arena, &x->variables, source);
	for (size_t i = 0; i < o->query->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(o->query, (unsigned)i);
		if ((all & bit(v)) && v != source)
			vec_push(o->plan->arena, &x->variables, v);
	}
	vec_push(o->plan->arena, &x->values, value);
	return x;
}

static void bind_source(struct order *o, struct plan_variable *v)
{
	struct way ways[WAYS];
	size_t columns[WAYS], column_count = 0;
	bool computed;
	size_t count = ways_to(o, v, ways, WAYS, &computed);
	if (!computed && covers_key(v->table, ways, count)) {
		struct plan_step *s = add_step(o, PLAN_GET, v);
		for (size_t i = 0; i < v->table->key_count; i++)
			use_way(o, s, way_of_column(ways, count, v->table->key[i]), true);
		return;
	}
	struct meeting meeting;
	bool meets = meeting_at(o, v, &meeting);
	struct plan_step *s = add_step(o, count == 0 && !meets ? PLAN_SCAN : PLAN_PROBE, v);
	if (computed && !meets) {
		use_way(o, s, &ways[0], false);
		s->index = computed_index(o, v, ways[0].mine);
		return;
	}
	size_t stored = plan_column_count(v->table->record);
	for (size_t c = 0; c < stored && count && !computed; c++) {
		struct way *way = way_of_column(ways, count, c);
		if (way == NULL)
			continue;
		use_way(o, s, way, true);
		columns[column_count++] = c;
	}
	if (meets) {
		s->anchors = meeting.other;
		s->index = plan_anchor_index(
			o->plan, v->table, columns, column_count, meeting.anchor, meeting.column);
	} else if (count) {
		s->index = plan_index(o->plan, v->table, columns, column_count);
	}
}

static void begin_order(struct order *o)
{
	o->done = ARENA_ARRAY(o->plan->arena, bool, o->filters.count ? o->filters.count : 1);
}

static void order_rest(struct order *o)
{
	for (;;) {
		while (place_one(o))
			continue;
		struct plan_variable *best = NULL;
		int least = WEIGHT_NEVER;
		for (size_t i = 0; i < o->variables.count; i++) {
			struct plan_variable *v = o->variables.items[i];
			int w = o->bound & bit(v) ? WEIGHT_NEVER : weight(o, v);
			if (w < least)
				least = w, best = v;
		}
		if (best == NULL)
			return;
		if (best->kind == PLAN_ELEMENT)
			add_step(o, PLAN_WALK, best);
		else
			bind_source(o, best);
	}
}

/* ---- look-ups ---- */

static void push_all(struct arena *a, struct vec *to, const struct vec *from)
{
	for (size_t i = 0; i < from->count; i++)
		vec_push(a, to, from->items[i]);
}

void plan_order_term(struct plan *plan, struct plan_query *q, struct plan_term *t)
{
	struct order o = {
		.plan = plan, .query = q, .term = t, .bound = UINT64_MAX, .steps = &t->steps
	};
	push_all(plan->arena, &o.variables, &t->variables);
	push_all(plan->arena, &o.filters, &t->filters);
	for (size_t i = 0; i < t->variables.count; i++)
		o.bound &= ~bit(t->variables.items[i]);
	begin_order(&o);
	order_rest(&o);
}

/* ---- drivers ---- */

static void add_outer(struct order *o)
{
	for (size_t i = 0; i < o->query->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(o->query, (unsigned)i);
		if (v->term == NULL)
			vec_push(o->plan->arena, &o->variables, v);
	}
	push_all(o->plan->arena, &o->filters, &o->query->filters);
}

static bool is_outer(const struct plan_query *q, uint64_t needs)
{
	for (size_t i = 0; i < q->variables.count; i++) {
		const struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		if ((needs & bit(v)) && v->term)
			return false;
	}
	return true;
}

static const struct plan_value *column_of(
	struct plan *plan, struct plan_value *value, const struct plan_variable *v)
{
	struct plan_value *r = plan_resolved(plan, value);
	return r->node == NULL && !r->position && r->variable == v ? r : NULL;
}

static bool has_column(const struct vec *values, size_t column)
{
	for (size_t i = 0; i < values->count; i++)
		if (((const struct plan_value *)values->items[i])->column == column)
			return true;
	return false;
}

/* When a changed row leads to outer rows by `selects`, several may lead to one: that one must then
 * be the only outer row that the term's conditions name, is bound first, and goes on once. NULL:
 * the conditions are of another form. */
static struct plan_variable *met_outer(
	struct order *o, const struct plan_delta *d, struct vec *filters)
{
	struct plan_variable *once = NULL;
	bool meets = false;
	for (size_t i = 0; i < d->term->filters.count; i++) {
		struct plan_filter *f = d->term->filters.items[i];
		struct plan_value *a = f->selector ? f->selector : f->left,
				  *b = f->selector ? f->labels : f->right;
		if (a == NULL || f->local || f->implied)
			continue;
		const struct plan_value *left = column_of(o->plan, a, d->driver),
					*right = column_of(o->plan, b, d->driver);
		struct plan_value *other = left ? b : a;
		if ((left == NULL) == (right == NULL) || other->needs == 0 ||
			!is_outer(o->query, other->needs))
			continue;
		const struct plan_value *column = plan_resolved(o->plan, other);
		bool plain = column->node == NULL && !column->position &&
			column->part == PLAN_NO_COLUMN && column->variable->kind == PLAN_SOURCE;
		if (!plain || (once && once != column->variable))
			return NULL;
		once = column->variable;
		meets = meets || f->selector;
		vec_push(o->plan->arena, filters, f);
	}
	return meets ? once : NULL;
}

/* The equalities of the term that tell which outer rows a changed row concerns. Each set of their
 * columns is visited once, or a tuple would count twice; when they are just the table's key, each
 * change is one set. */
static void add_inverse(struct order *o, struct plan_delta *d)
{
	struct vec meeting = { 0 };
	d->once = met_outer(o, d, &meeting);
	if (d->once) {
		push_all(o->plan->arena, &o->filters, &meeting);
		return;
	}
	for (size_t i = 0; i < d->term->filters.count; i++) {
		struct plan_filter *f = d->term->filters.items[i];
		if (f->left == NULL || f->local)
			continue;
		const struct plan_value *left = column_of(o->plan, f->left, d->driver),
					*right = column_of(o->plan, f->right, d->driver);
		const struct plan_value *mine = left ? left : right;
		if (mine == NULL || !is_outer(o->query, (left ? f->right : f->left)->needs))
			continue;
		vec_push(o->plan->arena, &o->filters, f);
		if (mine->part == PLAN_NO_COLUMN && !has_column(&d->distinct, mine->column))
			vec_push(o->plan->arena, &d->distinct, (void *)mine);
	}
	const struct plan_table *t = d->driver->table;
	d->repeats = d->distinct.count != t->key_count;
	for (size_t i = 0; i < t->key_count; i++)
		d->repeats = d->repeats || !has_column(&d->distinct, t->key[i]);
}

static enum plan_cost worst(enum plan_cost a, enum plan_cost b)
{
	return a > b ? a : b;
}

static enum plan_cost cost_of(const struct vec *steps)
{
	enum plan_cost cost = PLAN_COST_CONSTANT;
	for (size_t i = 0; i < steps->count; i++) {
		const struct plan_step *s = steps->items[i];
		if (s->kind == PLAN_SCAN && s->variable->table->key_count)
			cost = worst(cost, PLAN_COST_SCAN);
		if (s->kind == PLAN_PROBE)
			cost = worst(cost, PLAN_COST_MATCHES);
	}
	return cost;
}

/* What a changed row says of the outer row comes before `once`: a row that only shares an anchor
 * must not count as met. A condition that cannot be asked yet is left out: more rows go on, each
 * still once. */
static void bind_once(struct order *o, struct plan_delta *d)
{
	bind_source(o, d->once);
	for (size_t i = 0; i < o->filters.count; i++) {
		struct plan_filter *f = o->filters.items[i];
		if (!(f->needs & bit(d->driver)) || o->done[i])
			continue;
		o->done[i] = true;
		if (is_bound(o, f->needs))
			add_step(o, PLAN_FILTER, NULL)->filter = f;
	}
	add_step(o, PLAN_ONCE, NULL);
}

static void make_delta(struct plan *plan, struct plan_query *q, struct plan_variable *driver)
{
	struct plan_delta *d = ARENA_NEW(plan->arena, struct plan_delta);
	struct order o = { .plan = plan, .query = q, .steps = &d->steps };
	struct text op = q->operator->c_name;
	unsigned n = (unsigned)q->number + 1;
	bool several = q->operator->queries.count> 1;
	struct text suffix = several ? text_format(plan->arena, "_%u", n) : TEXT("");
	d->driver = driver;
	d->position = driver ? driver->position : 0;
	d->table = driver ? driver->table : NULL;
	d->term = driver ? driver->term : NULL;
	d->columns = driver ? driver->columns : 0;
	add_outer(&o);
	if (d->term) {
		add_inverse(&o, d);
		d->c_name = text_format(plan->arena, "%.*s%.*s__of_%.*s_%u", TEXT_ARG(op),
			TEXT_ARG(suffix), TEXT_ARG(d->table->c_name), d->term->number);
	} else if (driver) {
		d->c_name = text_format(plan->arena, "%.*s%.*s__of_%.*s", TEXT_ARG(op),
			TEXT_ARG(suffix), TEXT_ARG(driver->name));
	} else {
		d->c_name = text_format(
			plan->arena, "%.*s%.*s__at_start", TEXT_ARG(op), TEXT_ARG(suffix));
	}
	add_step(&o, driver == NULL ? PLAN_START : d->term ? PLAN_KEYS : PLAN_DRIVE, driver);
	begin_order(&o);
	if (d->once)
		bind_once(&o, d);
	order_rest(&o);
	add_step(&o, PLAN_EMIT, NULL);
	d->cost = cost_of(&d->steps);
	for (size_t i = 0; i < q->terms.count; i++)
		d->cost = worst(d->cost, cost_of(&((struct plan_term *)q->terms.items[i])->steps));
	if (q->operator->settle == PLAN_GROUPED && !q->operator->accumulates)
		d->cost = worst(d->cost, PLAN_COST_GROUP);
	vec_push(plan->arena, &q->deltas, d);
}

void plan_make_deltas(struct plan *plan, struct plan_query *q)
{
	bool has_source = false;
	for (size_t i = 0; i < q->terms.count; i++)
		plan_order_term(plan, q, q->terms.items[i]);
	for (size_t i = 0; i < q->variables.count; i++) {
		struct plan_variable *v = plan_variable_at(q, (unsigned)i);
		has_source = has_source || (v->kind == PLAN_SOURCE && v->term == NULL);
	}
	if (!has_source)
		make_delta(plan, q, NULL);
	for (unsigned position = 1; position <= q->positions; position++) {
		for (size_t i = 0; i < q->variables.count; i++) {
			struct plan_variable *v = plan_variable_at(q, (unsigned)i);
			if (v->kind == PLAN_SOURCE && v->position == position)
				make_delta(plan, q, v);
		}
	}
}

enum plan_when plan_when(const struct plan_delta *delta, unsigned position)
{
	if (delta->driver == NULL)
		return PLAN_NEW; /* at the start, and only then: no other plan of the query runs */
	if (position == delta->position)
		return PLAN_DRIVEN;
#ifdef WEFT_PLANT /* the canary of tests/oracle: an inexact plan, which the oracle has to see */
	return PLAN_NEW;
#endif
#ifdef PLANTED_PLAN_BUG /* the tests build a compiler that is wrong here, and must notice \
			   (tests/engine-programs) */
	return PLAN_NEW;
#else
	return position < delta->position ? PLAN_NEW : PLAN_OLD;
#endif
}

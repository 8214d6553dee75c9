/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle_aggregate.c: count, sum, min, max, first, collect, some, none and all, over the rounds of
 * a comprehension or of a group: every round is looked at, every time.
 */
#include "oracle.h"

#include <stdlib.h>

/* Every round of a comprehension, through all its `in`s. */
void oracle_comprehend(struct oracle *o, const struct oracle_scope *s, const struct node *c,
	const struct node *condition, uint32_t next, struct vec *out)
{
	const struct node *fors = kid(c, COMPREHENSION_FORS);

	if (next == fors->count) {
		if (!condition || oracle_truth(o, s, condition)) {
			struct oracle_scope *kept = ARENA_NEW(o->arena, struct oracle_scope);
			*kept = *s;
			vec_push(o->arena, out, kept);
		}
		return;
	}
	struct vec rows = { 0 };
	const struct node *f = kid(fors, next);
	oracle_rounds(o, s, kid(f, FOR_SOURCE), &rows);
	for (size_t i = 0; i < rows.count; i++) {
		struct oracle_scope inner = oracle_bind(o, s, f->symbol, rows.items[i]);
		oracle_comprehend(o, &inner, c, condition, next + 1, out);
	}
}

/* The value of `e` in each round, those that skip left out. */
void oracle_yields(struct oracle *o, struct vec *rounds, const struct node *e, struct vec *out)
{
	bool outside = o->skipped;
	for (size_t i = 0; i < rounds->count; i++) {
		o->skipped = false;
		const struct value *v = oracle_expression(o, rounds->items[i], e);
		if (!o->skipped)
			vec_push(o->arena, out, (void *)v);
	}
	o->skipped = outside;
}

static const struct value *total(struct oracle *o, const struct vec *values)
{
	int128 whole = 0;
	struct value *real = ARENA_NEW(o->arena, struct value);

	real->kind = VALUE_FLOAT;
	for (size_t i = 0; i < values->count; i++) {
		const struct value *v = values->items[i];
		whole += v->integer;
		real->real += v->real;
	}
	if (values->count && ((const struct value *)values->items[0])->kind == VALUE_FLOAT)
		return real;
	return value_int(o,
		whole > INT64_MAX           ? INT64_MAX
			: whole < INT64_MIN ? INT64_MIN
					    : (int64_t)whole);
}

static const struct value *extreme(const struct vec *values, bool greatest)
{
	const struct value *best = NULL;
	for (size_t i = 0; i < values->count; i++) {
		int c = best ? value_compare(values->items[i], best) : 0;
		if (!best || (greatest ? c > 0 : c < 0))
			best = values->items[i];
	}
	return best ? best : value_none();
}

static int64_t distinct(struct vec *values)
{
	int64_t n = 0;
	value_sort((const struct value **)values->items, values->count);
	for (size_t i = 0; i < values->count; i++)
		n += i == 0 || !value_equal(values->items[i - 1], values->items[i]);
	return n;
}

static int by_then_value(const void *a, const void *b)
{
	const struct value *const *x = *(const struct value *const *const *)a;
	const struct value *const *y = *(const struct value *const *const *)b;
	int c = value_compare(x[0], y[0]);
	return c ? c : value_compare(x[1], y[1]);
}

/* first(e by k), collect(e by k): the values in the order of k, then of themselves. A round whose e
 * or k skips is out. */
static void in_order(struct oracle *o, struct vec *rounds, const struct node *e,
	const struct node *by, struct vec *out)
{
	struct vec pairs = { 0 };
	bool outside = o->skipped;

	for (size_t i = 0; i < rounds->count; i++) {
		o->skipped = false;
		const struct value **pair = ARENA_ARRAY(o->arena, const struct value *, 2);
		pair[1] = oracle_expression(o, rounds->items[i], e);
		pair[0] = by ? oracle_expression(o, rounds->items[i], by) : pair[1];
		if (!o->skipped)
			vec_push(o->arena, &pairs, pair);
	}
	o->skipped = outside;
	if (pairs.count)
		qsort(pairs.items, pairs.count, sizeof(void *), by_then_value);
	for (size_t i = 0; i < pairs.count; i++)
		vec_push(o->arena, out, (void *)((const struct value **)pairs.items[i])[1]);
}

static bool any_true(struct oracle *o, struct vec *rounds, const struct node *e, bool wanted)
{
	struct vec values = { 0 };
	oracle_yields(o, rounds, e, &values);
	for (size_t i = 0; i < values.count; i++)
		if ((((const struct value *)values.items[i])->integer != 0) == wanted)
			return true;
	return false;
}

/* An aggregate over rounds: `e` is the argument (NULL: none, as in count()), `all` also its
 * condition. */
static const struct value *aggregate(struct oracle *o, enum builtin which, struct vec *rounds,
	const struct node *e, const struct node *by, bool is_distinct)
{
	struct vec values = { 0 };

	switch (which) {
	case BUILTIN_SOME:
		return value_bool(o, e ? any_true(o, rounds, e, true) : rounds->count > 0);
	case BUILTIN_NO_ROUND:
		return value_bool(o, e ? !any_true(o, rounds, e, true) : rounds->count == 0);
	case BUILTIN_ALL:
		return value_bool(o, !e || !any_true(o, rounds, e, false));
	case BUILTIN_FIRST:
	case BUILTIN_COLLECT:
		in_order(o, rounds, e, by, &values);
		if (which == BUILTIN_COLLECT)
			return value_list(o, &values);
		return values.count ? values.items[0] : value_none();
	default:
		break;
	}
	if (which == BUILTIN_COUNT && !e)
		return value_int(o, (int64_t)rounds->count);
	oracle_yields(o, rounds, e, &values);
	switch (which) {
	case BUILTIN_COUNT:
		return value_int(o, is_distinct ? distinct(&values) : (int64_t)values.count);
	case BUILTIN_SUM:
		return total(o, &values);
	default:
		return extreme(&values, which == BUILTIN_MAX);
	}
}

const struct value *oracle_aggregate(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *arguments = kid(n, CALL_ARGUMENTS);
	const struct node *first = arguments->count ? kid(arguments, 0) : NULL;
	struct vec rounds = { 0 };

	if (first && first->kind == NODE_COMPREHENSION) {
		const struct node *condition = kid(first, COMPREHENSION_CONDITION),
				  *yield = kid(first, COMPREHENSION_YIELD);
		if (n->symbol->builtin == BUILTIN_ALL &&
			!yield) { /* all(x in xs where c): c of every x */
			yield = condition;
			condition = NULL;
		}
		oracle_comprehend(o, s, first, condition, 0, &rounds);
		return aggregate(o, n->symbol->builtin, &rounds, yield, NULL, false);
	}
	for (size_t i = 0; i < s->round_count; i++) {
		struct oracle_scope *round = ARENA_NEW(o->arena, struct oracle_scope);
		round->bindings = s->rounds[i].bindings;
		vec_push(o->arena, &rounds, round);
	}
	return aggregate(o, n->symbol->builtin, &rounds, first ? kid(first, ARGUMENT_VALUE) : NULL,
		first ? kid(first, ARGUMENT_BY) : NULL, first && (first->flags & NODE_DISTINCT));
}

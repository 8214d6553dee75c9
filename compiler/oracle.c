/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle.c: derivations from scratch. A query is nested loops in the order in which it is written;
 * candidates are sorted once and the winner of each key is the first (or last) of them. Nothing
 * here is fast, on purpose.
 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

struct candidate {
	const struct value *row, *key;
	const struct value *by;
	int64_t query;
	const struct value **origin; /* source keys and list positions in `for` order */
	size_t origin_count;
};

struct query_run {
	struct symbol *symbol;
	const struct node *query;
	const struct node *by;
	int64_t number;
	struct vec *out;
};

/* ---- one query ---- */

static const struct value *key_of(
	struct oracle *o, const struct symbol *table, const struct value *row)
{
	struct vec columns = { 0 };
	for (size_t i = 0; i < table->key_count; i++)
		vec_push(o->arena, &columns,
			(void *)value_field(row, table->type->record->fields[table->key[i]].name));
	return value_list(o, &columns);
}

static const struct value *by_value(struct oracle *o, const struct oracle_scope *s,
	const struct query_run *q, const struct value *row)
{
	if (!q->by)
		return value_none();
	struct oracle_scope inner = *s;
	inner.row = row;
	return oracle_expression(o, &inner, q->by);
}

static void finish_round(struct oracle *o, const struct oracle_scope *s, const struct query_run *q)
{
	o->skipped = false;
	const struct value *row = oracle_expression(o, s, kid(q->query, QUERY_YIELD));
	if (o->skipped) {
		o->skipped = false;
		return;
	}
	struct candidate *c = ARENA_NEW(o->arena, struct candidate);
	c->row = row;
	c->key = key_of(o, q->symbol, row);
	c->by = by_value(o, s, q, row);
	c->query = q->number;
	c->origin = s->origin;
	c->origin_count = s->origin_count;
	if (!o->skipped)
		vec_push(o->arena, q->out, c);
	o->skipped = false;
}

/* Where a row of a source came from: its key if it is a table's, else its position. */
static const struct value *origin_of(
	struct oracle *o, const struct node *source, const struct value *row, size_t position)
{
	const struct type *t = source->type;
	if (t && t->kind == TYPE_ROWS && t->collection->type &&
		t->collection->type->kind == TYPE_RECORD)
		return key_of(o, t->collection, row);
	return value_int(o, (int64_t)position);
}

static void run_clauses(
	struct oracle *o, const struct oracle_scope *s, const struct query_run *q, uint32_t next);

static void run_for(
	struct oracle *o, const struct oracle_scope *s, const struct query_run *q, uint32_t next)
{
	const struct node *f = kid(kid(q->query, QUERY_CLAUSES), next);
	struct vec rows = { 0 };

	oracle_rounds(o, s, kid(f, FOR_SOURCE), &rows);
	if (o->skipped) {
		o->skipped = false;
		return;
	}
	for (size_t i = 0; i < rows.count; i++) {
		struct oracle_scope inner = oracle_bind(o, s, f->symbol, rows.items[i]);
		inner.origin = ARENA_ARRAY(o->arena, const struct value *, s->origin_count + 1);
		if (s->origin_count)
			memcpy(inner.origin, s->origin, s->origin_count * sizeof(*inner.origin));
		inner.origin[s->origin_count] = origin_of(o, kid(f, FOR_SOURCE), rows.items[i], i);
		inner.origin_count = s->origin_count + 1;
		run_clauses(o, &inner, q, next + 1);
	}
}

struct group {
	const struct value *key;
	struct vec rounds; /* struct oracle_scope * */
};

static const struct value *group_key(
	struct oracle *o, struct oracle_scope *s, const struct node *group)
{
	const struct node *bindings = kid(group, GROUP_BINDINGS);
	struct vec values = { 0 };

	for (uint32_t i = 0; i < bindings->count; i++) {
		const struct value *v = oracle_expression(o, s, kid(kid(bindings, i), LET_VALUE));
		*s = oracle_bind(o, s, kid(bindings, i)->symbol, v);
		vec_push(o->arena, &values, (void *)v);
	}
	return value_list(o, &values);
}

static void add_to_group(struct oracle *o, const struct oracle_scope *s, const struct node *clause,
	struct vec *groups)
{
	struct oracle_scope *round = ARENA_NEW(o->arena, struct oracle_scope);
	*round = *s;
	const struct value *key = group_key(o, round, clause);
	if (o->skipped) {
		o->skipped = false;
		return;
	}
	for (size_t i = 0; i < groups->count; i++) {
		struct group *g = groups->items[i];
		if (value_equal(g->key, key)) {
			vec_push(o->arena, &g->rounds, round);
			return;
		}
	}
	struct group *g = ARENA_NEW(o->arena, struct group);
	g->key = key;
	vec_push(o->arena, &g->rounds, round);
	vec_push(o->arena, groups, g);
}

static void run_groups(
	struct oracle *o, const struct query_run *q, uint32_t next, struct vec *groups)
{
	const struct node *bindings = kid(kid(kid(q->query, QUERY_CLAUSES), next), GROUP_BINDINGS);

	for (size_t i = 0; i < groups->count; i++) {
		struct group *g = groups->items[i];
		struct oracle_scope s = { 0 };
		for (uint32_t b = 0; b < bindings->count; b++)
			s = oracle_bind(o, &s, kid(bindings, b)->symbol, g->key->items[b]);
		struct oracle_round *rounds =
			ARENA_ARRAY(o->arena, struct oracle_round, g->rounds.count);
		for (size_t r = 0; r < g->rounds.count; r++)
			rounds[r].bindings = ((struct oracle_scope *)g->rounds.items[r])->bindings;
		s.rounds = rounds;
		s.round_count = g->rounds.count;
		run_clauses(o, &s, q, next + 1);
	}
}

static void run_clauses(
	struct oracle *o, const struct oracle_scope *s, const struct query_run *q, uint32_t next)
{
	const struct node *clauses = kid(q->query, QUERY_CLAUSES);

	if (next == clauses->count) {
		finish_round(o, s, q);
		return;
	}
	const struct node *c = kid(clauses, next);
	const struct value *v;
	struct oracle_scope inner;
	switch (c->kind) {
	case NODE_FOR:
		run_for(o, s, q, next);
		break;
	case NODE_WHERE:
		v = oracle_expression(o, s, kid(c, WHERE_CONDITION));
		if (!o->skipped && v->integer)
			run_clauses(o, s, q, next + 1);
		break;
	case NODE_LET:
		v = oracle_expression(o, s, kid(c, LET_VALUE));
		if (!o->skipped) {
			inner = oracle_bind(o, s, c->symbol, v);
			run_clauses(o, &inner, q, next + 1);
		}
		break;
	default: /* a group: `out` of the run that feeds it is its list of groups */
		add_to_group(o, s, c, q->out);
	}
	o->skipped = false;
}

/* The part before `group` is run by itself; its rounds end in add_to_group. */
static void run_query(struct oracle *o, const struct query_run *q)
{
	const struct node *clauses = kid(q->query, QUERY_CLAUSES);
	struct oracle_scope empty = { 0 };

	for (uint32_t i = 0; i < clauses->count; i++) {
		if (kid(clauses, i)->kind != NODE_GROUP)
			continue;
		struct vec groups = { 0 };
		struct query_run before = *q;
		before.out = &groups;
		run_clauses(o, &empty, &before, 0);
		run_groups(o, q, i, &groups);
		return;
	}
	run_clauses(o, &empty, q, 0);
}

/* ---- conflicts ---- */

static int by_key_then_order(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a,
			       *y = *(struct candidate *const *)b;
	int c = value_compare(x->key, y->key);

	if (!c)
		c = value_compare(x->by, y->by);
	if (!c)
		c = (x->query > y->query) - (x->query < y->query);
	for (size_t i = 0; !c && i < x->origin_count && i < y->origin_count; i++)
		c = value_compare(x->origin[i], y->origin[i]);
	return c ? c : value_compare(x->row, y->row);
}

static bool all_rows_equal(struct candidate **c, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!value_equal(c[0]->row, c[i]->row))
			return false;
	return true;
}

static void add_once(struct oracle *o, struct vec *rows, const struct value *row)
{
	for (size_t i = 0; i < rows->count; i++)
		if (value_equal(rows->items[i], row))
			return;
	vec_push(o->arena, rows, (void *)row);
}

static const struct value *merged(
	struct oracle *o, const struct node *function, struct candidate **c, size_t count)
{
	const struct node *parameters = kid(function->symbol->declaration, FN_PARAMS);
	const struct value *row = c[0]->row;

	for (size_t i = 1; i < count; i++) {
		struct oracle_scope s = { 0 };
		s = oracle_bind(o, &s, kid(parameters, 0)->symbol, row);
		s = oracle_bind(o, &s, kid(parameters, 1)->symbol, c[i]->row);
		row = oracle_expression(o, &s, kid(function->symbol->declaration, FN_VALUE));
	}
	return row;
}

/* `keep last`: the greatest `by`, a missing one loses here as well; among equals the first in
 * order, as ever. */
static struct candidate *last_of(struct candidate **c, size_t count)
{
	struct candidate *best = c[0];
	for (size_t i = 1; i < count; i++)
		if (c[i]->by->kind != VALUE_NONE && value_compare(c[i]->by, best->by) > 0)
			best = c[i];
	return best;
}

/* One key's candidates, in order: its row, if it gets one, and the losers. */
static void settle(struct oracle *o, const struct node *conflict, struct candidate **c,
	size_t count, struct oracle_table *rows, struct oracle_table *losers)
{
	const struct value *winner = c[0]->row;

	if (conflict && conflict->kind == NODE_MERGE) {
		vec_push(o->arena, &rows->rows,
			(void *)merged(o, kid(conflict, MERGE_FUNCTION), c, count));
		return;
	}
	if (conflict && conflict->kind == NODE_KEEP && (conflict->flags & NODE_LAST))
		winner = last_of(c, count)->row;
	if (conflict && conflict->kind == NODE_REJECT && !all_rows_equal(c, count))
		winner = NULL;
	if (winner)
		vec_push(o->arena, &rows->rows, (void *)winner);
	for (size_t i = 0; i < count; i++)
		if (!winner || !value_equal(c[i]->row, winner))
			add_once(o, &losers->rows, c[i]->row);
}

static void sort_rows(struct oracle *o, struct oracle_table *t);

static void derive(struct oracle *o, struct oracle_table *rows, struct oracle_table *losers)
{
	const struct node *d = rows->symbol->declaration, *queries = kid(d, DERIVE_QUERIES);
	const struct node *conflict = kid(d, DERIVE_CONFLICT);
	struct vec candidates = { 0 };

	if (!queries->count) {
		struct oracle_scope empty = { 0 };
		vec_push(o->arena, &rows->rows,
			(void *)oracle_expression(o, &empty, kid(d, DERIVE_VALUE)));
		return;
	}
	for (uint32_t i = 0; i < queries->count; i++) {
		struct query_run q = { .symbol = rows->symbol,
			.query = kid(queries, i),
			.number = i,
			.out = &candidates,
			.by = conflict && conflict->kind == NODE_KEEP ? kid(conflict, KEEP_BY)
								      : NULL };
		run_query(o, &q);
	}
	if (candidates.count)
		qsort(candidates.items, candidates.count, sizeof(void *), by_key_then_order);
	struct candidate **c = (struct candidate **)candidates.items;
	for (size_t i = 0, n; i < candidates.count; i += n) {
		for (n = 1; i + n < candidates.count && value_equal(c[i]->key, c[i + n]->key); n++)
			;
		settle(o, conflict, c + i, n, rows, losers);
	}
	sort_rows(o, rows);
	sort_rows(o, losers);
}

/* Rows stand in a dump by their key, then (losers) by everything. */
struct keyed {
	const struct value *key, *row;
};

static int by_key_then_row(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int c = value_compare(x->key, y->key);
	return c ? c : value_compare(x->row, y->row);
}

static void sort_rows(struct oracle *o, struct oracle_table *t)
{
	if (t->rows.count < 2)
		return;
	struct keyed *k = ARENA_ARRAY(o->arena, struct keyed, t->rows.count);
	for (size_t i = 0; i < t->rows.count; i++)
		k[i] = (struct keyed){ key_of(o, t->symbol, t->rows.items[i]), t->rows.items[i] };
	qsort(k, t->rows.count, sizeof(*k), by_key_then_row);
	for (size_t i = 0; i < t->rows.count; i++)
		t->rows.items[i] = (void *)k[i].row;
}

/* ---- tables ---- */

struct oracle_table *oracle_find(struct oracle *o, struct symbol *symbol, enum builtin of)
{
	for (size_t i = 0; i < o->tables.count; i++) {
		struct oracle_table *t = o->tables.items[i];
		if (t->symbol == symbol && t->of == of)
			return t;
	}
	struct oracle_table *t = ARENA_NEW(o->arena, struct oracle_table);
	t->symbol = symbol;
	t->of = of;
	vec_push(o->arena, &o->tables, t);
	return t;
}

struct oracle_table *oracle_table_of(struct oracle *o, struct symbol *symbol)
{
	enum builtin of = symbol->kind == SYMBOL_REJECTED ? BUILTIN_REJECTED
		: symbol->kind == SYMBOL_CONFLICTS        ? BUILTIN_CONFLICTS
							  : BUILTIN_NONE;
	struct symbol *base = of == BUILTIN_NONE ? symbol : symbol->of;
	struct oracle_table *t = oracle_find(o, base, of);

	if (t->known || base->kind != SYMBOL_DERIVE || of == BUILTIN_REJECTED)
		return t;
	struct oracle_table *rows = oracle_find(o, base, BUILTIN_NONE);
	struct oracle_table *losers = oracle_find(o, base, BUILTIN_CONFLICTS);
	rows->known = losers->known = true; /* first: so a cycle that slipped through ends here */
	bool outside = o->skipped;
	o->skipped = false;
	derive(o, rows, losers);
	o->skipped = outside;
	return t;
}

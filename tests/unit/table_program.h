/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table_program.h: a program written by hand as the compiler would emit it: two inputs, a join, all
 * forms of settling. And the same by nested loops, as the specification says it, to hold against
 * it.
 */
#ifndef TESTS_TABLE_PROGRAM_H
#define TESTS_TABLE_PROGRAM_H

#include "cases.h"
#include "table_rows.h"

/* A computed index: a pod stands under its application and under its namespace. */
static enum weft_status pod_words(const void *program, const struct weft_intern *in,
	const void *row, struct weft_index_emit *emit)
{
	const struct pod *p = row;
	(void)program;
	enum weft_status status = weft_index_key(emit, weft_id_hash(in, p->app));
	return status == WEFT_OK ? weft_index_key(emit, weft_id_hash(in, p->ns)) : status;
}

static const struct weft_index_info pod_indexes[] = {
	{ .name = "ns, app", .columns = columns_02, .column_count = 2 },
	{ .name = "words", .keys = pod_words }
};

static const struct weft_table_info program_tables[TABLES] = {
	[SERVICES] = { .name = "services",
		.row = &service_type,
		.key = columns_01,
		.key_count = 2,
		.is_input = true },
	[PODS] = { .name = "pods",
		.row = &pod_type,
		.key = columns_01,
		.key_count = 2,
		.index_count = 2,
		.indexes = pod_indexes,
		.is_input = true,
		.is_published = true },
	[PAIRS] = { .name = "pairs",
		.row = &pair_type,
		.key = columns_012,
		.key_count = 3,
		.is_published = true },
	[PORTS] = { .name = "ports", .row = &port_type, .key = columns_0, .key_count = 1 },
	[LOSERS] = { .name = "conflicts(ports)",
		.row = &port_type,
		.key = columns_012,
		.key_count = 3 },
	[TOTALS] = { .name = "totals", .row = &total_type, .key = columns_0, .key_count = 1 },
	[RANGES] = { .name = "ranges", .row = &range_type, .key = columns_0, .key_count = 1 },
	[TOTAL] = { .name = "total", .row = &count_type, .is_published = true },
	[MERGED] = { .name = "merged", .row = &merged_type, .key = columns_0, .key_count = 1 },
	[ALONE] = { .name = "alone", .row = &alone_type, .key = columns_0, .key_count = 1 },
};

/* ---- operators ---- */

static enum weft_status add_pair(
	struct weft_delta *d, const struct service *s, const struct pod *p, int64_t weight)
{
	struct pair row;
	memset(&row, 0, sizeof(row));
	row.ns = s->ns;
	row.service = s->name;
	row.pod = p->name;
	row.weight = p->weight;
	return weft_delta_add(d, &row, weight);
}

/* for s in services  for p in pods  where p.ns == s.ns and p.app == s.name */
static enum weft_status run_pairs(void *program, struct weft_engine *e)
{
	(void)program;
	const struct weft_table *services = weft_engine_table(e, SERVICES),
				*pods = weft_engine_table(e, PODS);
	const struct weft_intern *in = weft_engine_intern(e);
	struct weft_delta *d = weft_engine_delta(e, 0);
	enum weft_status status = WEFT_OK;
	size_t count;
	const struct weft_change *c = weft_table_changes(services, &count);
	for (size_t i = 0; i < count && status == WEFT_OK; i++) {
		for (int after = 0; after < 2; after++) {
			const struct service *s = after ? c[i].after : c[i].before;
			struct weft_cursor cursor;
			if (!s)
				continue;
			uint64_t hash = weft_hash_u64(weft_hash_u64(0, weft_id_hash(in, s->ns)),
				weft_id_hash(in, s->name));
			for (const struct pod *p =
					weft_index_first(&cursor, pods, 0, WEFT_OLD, hash);
				p && status == WEFT_OK; p = weft_cursor_next(&cursor))
				if (p->ns == s->ns && p->app == s->name)
					status = add_pair(d, s, p, after ? 1 : -1);
		}
	}
	c = weft_table_changes(pods, &count);
	for (size_t i = 0; i < count && status == WEFT_OK; i++) {
		for (int after = 0; after < 2; after++) {
			const struct pod *p = after ? c[i].after : c[i].before;
			if (!p)
				continue;
			struct service key = { .ns = p->ns, .name = p->app };
			const struct service *s = weft_table_get(services, WEFT_NEW, &key);
			if (s && status == WEFT_OK)
				status = add_pair(d, s, p, after ? 1 : -1);
		}
	}
	return status == WEFT_OK ? weft_settle(e, 0) : status;
}

typedef enum weft_status each_fn(
	struct weft_engine *, struct weft_delta *, const void *row, int64_t weight);

static enum weft_status run_each(
	struct weft_engine *e, unsigned table, unsigned number, each_fn *add)
{
	size_t count;
	const struct weft_change *c = weft_table_changes(weft_engine_table(e, table), &count);
	enum weft_status status = WEFT_OK;
	for (size_t i = 0; i < count && status == WEFT_OK; i++) {
		if (c[i].before)
			status = add(e, weft_engine_delta(e, number), c[i].before, -1);
		if (c[i].after && status == WEFT_OK)
			status = add(e, weft_engine_delta(e, number), c[i].after, 1);
	}
	return status == WEFT_OK ? weft_settle(e, number) : status;
}

static enum weft_status add_port(
	struct weft_engine *e, struct weft_delta *d, const void *row, int64_t weight)
{
	(void)e;
	const struct service *s = row;
	struct port_candidate c;
	memset(&c, 0, sizeof(c));
	c.row.port = s->port;
	c.row.ns = c.ns = s->ns;
	c.row.name = c.name = s->name;
	c.created = s->created;
	return weft_delta_add(d, &c, weight);
}

static enum weft_status run_ports(void *program, struct weft_engine *e)
{
	(void)program;
	return run_each(e, SERVICES, 1, add_port);
}

static enum weft_status add_weight(
	struct weft_engine *e, struct weft_delta *d, const void *row, int64_t weight)
{
	(void)e;
	const struct pod *p = row;
	struct total_round r;
	memset(&r, 0, sizeof(r));
	r.ns = p->ns;
	r.weight = p->weight;
	return weft_delta_add(d, &r, weight);
}

static enum weft_status run_totals(void *program, struct weft_engine *e)
{
	(void)program;
	return run_each(e, PODS, 2, add_weight);
}

static void accumulate_total(
	const void *program, void *accumulator, const void *round, int64_t weight)
{
	(void)program;
	*(int64_t *)accumulator += ((const struct total_round *)round)->weight * weight;
}

static enum weft_status finish_total(const void *program, struct weft_engine *e, const void *group,
	const void *accumulator, int64_t count, void *row)
{
	(void)program;
	(void)e;
	struct total *t = row;
	t->ns = *(const weft_id *)group;
	t->count = count;
	t->sum = *(const int64_t *)accumulator;
	return WEFT_OK;
}

static enum weft_status run_ranges(void *program, struct weft_engine *e)
{
	(void)program;
	return run_each(e, PODS, 3, add_weight);
}

static enum weft_status group_range(const void *program, struct weft_engine *e,
	struct weft_rounds *rounds, int64_t count, void *row)
{
	(void)program;
	(void)e;
	struct range *r = row;
	int64_t times;
	for (const struct range_round *round; (round = weft_rounds_next(rounds, &times)) != NULL;
		r->rounds += times) {
		r->ns = round->ns;
		r->min = r->rounds == 0 || round->weight < r->min ? round->weight : r->min;
		r->max = r->rounds == 0 || round->weight > r->max ? round->weight : r->max;
	}
	return r->rounds == count ? WEFT_OK : WEFT_INVALID;
}

static enum weft_status add_one(
	struct weft_engine *e, struct weft_delta *d, const void *row, int64_t weight)
{
	(void)e;
	(void)row;
	static const struct count one = { 1 };
	return weft_delta_add(d, &one, weight);
}

static void accumulate_nothing(
	const void *program, void *accumulator, const void *round, int64_t weight)
{
	(void)program;
	(void)accumulator;
	(void)round;
	(void)weight;
}

static enum weft_status run_total(void *program, struct weft_engine *e)
{
	(void)program;
	return run_each(e, PAIRS, 4, add_one);
}

static enum weft_status finish_count(const void *program, struct weft_engine *e, const void *group,
	const void *accumulator, int64_t count, void *row)
{
	(void)program;
	(void)e;
	(void)group;
	(void)accumulator;
	((struct count *)row)->value = count;
	return WEFT_OK;
}

static enum weft_status add_merged(
	struct weft_engine *e, struct weft_delta *d, const void *row, int64_t weight)
{
	(void)e;
	const struct service *s = row;
	struct merged_candidate c;
	memset(&c, 0, sizeof(c));
	c.row.ns = s->ns;
	c.row.names = c.name = s->name;
	return weft_delta_add(d, &c, weight);
}

static enum weft_status run_merged(void *program, struct weft_engine *e)
{
	(void)program;
	return run_each(e, SERVICES, 5, add_merged);
}

static enum weft_status merge_names(
	const void *program, struct weft_engine *e, void *into, const void *next)
{
	(void)program;
	const struct weft_intern *in = weft_engine_intern(e);
	struct merged *m = into;
	struct weft_buffer b = { 0 };
	weft_buffer_text(&b, weft_text_of(in, m->names));
	weft_buffer_text(&b, WEFT_TEXT("+"));
	weft_buffer_text(&b, weft_text_of(in, ((const struct merged *)next)->names));
	enum weft_status status = b.failed
		? WEFT_NO_MEMORY
		: weft_intern_text(e, (struct weft_text){ b.data, b.size }, &m->names);
	weft_buffer_free(&b);
	return status;
}

static enum weft_status add_alone(
	struct weft_engine *e, struct weft_delta *d, const void *row, int64_t weight)
{
	(void)e;
	const struct service *s = row;
	struct alone a;
	memset(&a, 0, sizeof(a));
	a.port = s->port;
	a.name = s->name;
	return weft_delta_add(d, &a, weight);
}

static enum weft_status run_alone(void *program, struct weft_engine *e)
{
	(void)program;
	return run_each(e, SERVICES, 6, add_alone);
}

static const uint16_t order_port[] = { 1, 2, 3 }, order_merged[] = { 1 };
static const struct weft_settle_info settles[] = {
	{ .name = "pairs", .kind = WEFT_SETTLE_UNIQUE, .candidate = &pair_type },
	{ .name = "ports",
		.kind = WEFT_SETTLE_KEEP_FIRST,
		.candidate = &port_candidate_type,
		.order = order_port,
		.order_count = 3 },
	{ .name = "totals",
		.kind = WEFT_SETTLE_GROUP,
		.candidate = &total_round_type,
		.group_count = 1,
		.accumulate = accumulate_total,
		.finish = finish_total,
		.accumulator_size = 8 },
	{ .name = "ranges",
		.kind = WEFT_SETTLE_GROUP,
		.candidate = &range_round_type,
		.group_count = 1,
		.group = group_range },
	{ .name = "total",
		.kind = WEFT_SETTLE_GROUP,
		.candidate = &count_type,
		.finish = finish_count,
		.single = true,
		.accumulate = accumulate_nothing },
	{ .name = "merged",
		.kind = WEFT_SETTLE_MERGE,
		.candidate = &merged_candidate_type,
		.order = order_merged,
		.order_count = 1,
		.merge = merge_names },
	{ .name = "alone", .kind = WEFT_SETTLE_REJECT, .candidate = &alone_type },
};
static const struct weft_operator_input from_both[] = { { SERVICES, 3 }, { PODS, UINT64_MAX } },
					from_services[] = { { SERVICES, UINT64_MAX } },
					from_names[] = { { SERVICES, 3 } },
					from_pods[] = { { PODS, 9 } },
					from_pairs[] = { { PAIRS, UINT64_MAX } };
#define OPERATOR(text, function, from, to, lost, n)                                             \
	{                                                                                       \
		.name = text, .run = function, .inputs = from,                                  \
		.input_count = sizeof(from) / sizeof(from[0]), .output = to, .conflicts = lost, \
		.settle = &settles[n]                                                           \
	}
static const struct weft_operator_info operators[] = {
	OPERATOR("pairs", run_pairs, from_both, PAIRS, WEFT_NONE, 0),
	OPERATOR("ports", run_ports, from_services, PORTS, LOSERS, 1),
	OPERATOR("totals", run_totals, from_pods, TOTALS, WEFT_NONE, 2),
	OPERATOR("ranges", run_ranges, from_pods, RANGES, WEFT_NONE, 3),
	OPERATOR("total", run_total, from_pairs, TOTAL, WEFT_NONE, 4),
	OPERATOR("merged", run_merged, from_names, MERGED, WEFT_NONE, 5),
	OPERATOR("alone", run_alone, from_services, ALONE, WEFT_NONE, 6),
};
static const struct weft_engine_info program_info = {
	.tables = program_tables, .table_count = TABLES, .operators = operators, .operator_count = 7
};

#endif

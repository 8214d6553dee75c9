/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table_settle.c: the rarer ways to settle, against nested loops: keep last with missing values,
 * reject with its losers, rows with many supporters, groups that give no row or share one, a single
 * value that reads a table.
 */
#include <weft/abi.h>

#include "cases.h"

#include "base/alloc.h"
#include "table/engine.h"

enum { ITEMS, LASTS, LATE, SOLE, CLASH, DISTINCT, SUMS, SINGLE, TABLES };

struct item {
	int64_t id, g, w;
	struct weft_opt_int v;
};
struct last {
	int64_t g, id;
};
struct last_candidate {
	struct last row;
	struct weft_opt_int v;
	int64_t id;
};
struct sole {
	int64_t g, w;
};
struct sum {
	int64_t sum;
};
struct round {
	int64_t g, w;
};

static const struct weft_type opt_type = { .name = "Int?",
	.kind = WEFT_KIND_OPTION,
	.align = 8,
	.size = sizeof(struct weft_opt_int),
	.offset = offsetof(struct weft_opt_int, value),
	.item = &weft_type_int };
#define FIELD(record, member, kind)                                                       \
	{                                                                                 \
		.name = #member, .offset = offsetof(struct record, member), .type = &kind \
	}
#define RECORD(record, ...)                                                 \
	static const struct weft_field record##_fields[] = { __VA_ARGS__ }; \
	static const struct weft_type record##_type = { .name = #record,    \
		.kind = WEFT_KIND_RECORD,                                   \
		.align = 8,                                                 \
		.size = sizeof(struct record),                              \
		.fields = record##_fields,                                  \
		.field_count = sizeof(record##_fields) / sizeof(record##_fields[0]) }
RECORD(item, FIELD(item, id, weft_type_int), FIELD(item, g, weft_type_int),
	FIELD(item, w, weft_type_int), FIELD(item, v, opt_type));
RECORD(last, FIELD(last, g, weft_type_int), FIELD(last, id, weft_type_int));
RECORD(last_candidate, FIELD(last_candidate, row, last_type), FIELD(last_candidate, v, opt_type),
	FIELD(last_candidate, id, weft_type_int));
RECORD(sole, FIELD(sole, g, weft_type_int), FIELD(sole, w, weft_type_int));
RECORD(sum, FIELD(sum, sum, weft_type_int));
RECORD(round, FIELD(round, g, weft_type_int), FIELD(round, w, weft_type_int));

static const uint16_t first_column[] = { 0 }, both_columns[] = { 0, 1 };
static const struct weft_table_info tables[TABLES] = {
	[ITEMS] = { .name = "items",
		.row = &item_type,
		.key = first_column,
		.key_count = 1,
		.is_input = true },
	[LASTS] = { .name = "lasts", .row = &last_type, .key = first_column, .key_count = 1 },
	[LATE] = { .name = "late", .row = &last_type, .key = both_columns, .key_count = 2 },
	[SOLE] = { .name = "sole", .row = &sole_type, .key = first_column, .key_count = 1 },
	[CLASH] = { .name = "clash", .row = &sole_type, .key = both_columns, .key_count = 2 },
	[DISTINCT] = { .name = "distinct", .row = &sole_type, .key = both_columns, .key_count = 2 },
	[SUMS] = { .name = "sums", .row = &sum_type, .key = first_column, .key_count = 1 },
	[SINGLE] = { .name = "single", .row = &sum_type },
};

static enum weft_status add(
	struct weft_engine *e, unsigned number, const struct item *item, int64_t weight)
{
	struct weft_delta *d = weft_engine_delta(e, number);
	struct last_candidate last = { .row = { item->g, item->id }, .v = item->v, .id = item->id };
	struct sole sole = { item->g, item->w };
	return weft_delta_add(d, number == 0 ? (const void *)&last : &sole, weight);
}

static enum weft_status run_any(struct weft_engine *e, unsigned number)
{
	size_t count;
	const struct weft_change *c = weft_table_changes(weft_engine_table(e, ITEMS), &count);
	enum weft_status status = WEFT_OK;
	for (size_t i = 0; i < count && status == WEFT_OK; i++) {
		if (c[i].after)
			status = add(e, number, c[i].after, 1);
		if (c[i].before && status == WEFT_OK)
			status = add(e, number, c[i].before, -1);
	}
	return status == WEFT_OK ? weft_settle(e, number) : status;
}

#define RUN(name, number)                                                  \
	static enum weft_status name(void *program, struct weft_engine *e) \
	{                                                                  \
		(void)program;                                             \
		return run_any(e, number);                                 \
	}
RUN(run_lasts, 0)
RUN(run_sole, 1)
RUN(run_distinct, 2)
RUN(run_sums, 3)

/* derive single: Int = count(i in items) * 10 */
static enum weft_status run_single(void *program, struct weft_engine *e)
{
	(void)program;
	const struct weft_table *items = weft_engine_table(e, ITEMS);
	struct sum was = { (int64_t)weft_table_count(items, WEFT_OLD) * 10 },
		   is = { (int64_t)weft_table_count(items, WEFT_NEW) * 10 };
	enum weft_status status = weft_engine_is_first(e)
		? WEFT_OK
		: weft_delta_add(weft_engine_delta(e, 4), &was, -1);
	if (status == WEFT_OK)
		status = weft_delta_add(weft_engine_delta(e, 4), &is, 1);
	return status == WEFT_OK ? weft_settle(e, 4) : status;
}

static void accumulate(const void *program, void *accumulator, const void *round, int64_t weight)
{
	(void)program;
	*(int64_t *)accumulator += ((const struct round *)round)->w * weight;
}

/* Odd sums give no row; several groups may give one and the same. */
static enum weft_status finish(const void *program, struct weft_engine *e, const void *group,
	const void *accumulator, int64_t count, void *row)
{
	(void)program;
	(void)e;
	(void)group;
	(void)count;
	struct sum *out = row;
	out->sum = *(const int64_t *)accumulator;
	return out->sum % 2 ? WEFT_END : WEFT_OK;
}

static const uint16_t order[] = { 1, 2 };
static const struct weft_settle_info settles[] = {
	{ .name = "lasts",
		.kind = WEFT_SETTLE_KEEP_LAST,
		.candidate = &last_candidate_type,
		.order = order,
		.order_count = 2 },
	{ .name = "sole", .kind = WEFT_SETTLE_REJECT, .candidate = &sole_type },
	{ .name = "distinct", .kind = WEFT_SETTLE_UNIQUE, .candidate = &sole_type },
	{ .name = "sums",
		.kind = WEFT_SETTLE_GROUP,
		.candidate = &round_type,
		.group_count = 1,
		.accumulate = accumulate,
		.finish = finish,
		.accumulator_size = 8 },
	{ .name = "single", .kind = WEFT_SETTLE_UNIQUE, .candidate = &sum_type, .single = true },
};
static const struct weft_operator_input inputs[] = { { ITEMS, UINT64_MAX } };
#define OPERATOR(text, function, to, lost, n)                                                    \
	{                                                                                        \
		.name = text, .run = function, .inputs = inputs, .input_count = 1, .output = to, \
		.conflicts = lost, .settle = &settles[n]                                         \
	}
static const struct weft_operator_info operators[] = {
	OPERATOR("lasts", run_lasts, LASTS, LATE, 0),
	OPERATOR("sole", run_sole, SOLE, CLASH, 1),
	OPERATOR("distinct", run_distinct, DISTINCT, WEFT_NONE, 2),
	OPERATOR("sums", run_sums, SUMS, WEFT_NONE, 3),
	OPERATOR("single", run_single, SINGLE, WEFT_NONE, 4),
};
static const struct weft_engine_info info = {
	.tables = tables, .table_count = TABLES, .operators = operators, .operator_count = 5
};

/* ---- from scratch ---- */

#define IDS 48 /* most in group 0, so that it is a crowd now and then */
#define GROUPS 4

static struct item model[IDS];
static bool present[IDS];

/* a wins over b: the greater value, a missing one last, then the smaller id. */
static bool wins(const struct item *a, const struct item *b)
{
	if (a->v.has != b->v.has)
		return a->v.has;
	if (a->v.has && a->v.value != b->v.value)
		return a->v.value > b->v.value;
	return a->id < b->id;
}

static bool row_is(struct weft_engine *e, unsigned table, const void *want, bool there)
{
	const void *row = weft_table_get(weft_engine_table(e, table), WEFT_NEW, want);
	bool equal = there ? row && memcmp(row, want, tables[table].row->size) == 0 : row == NULL;
	if (!equal)
		case_fail(__FILE__, __LINE__, "table %s", tables[table].name);
	return equal;
}

static bool agrees_group(struct weft_engine *e, int64_t g, size_t counts[TABLES])
{
	const struct item *best = NULL;
	int64_t sum = 0, members = 0;
	bool one = true;
	for (int i = 0; i < IDS; i++) {
		if (!present[i] || model[i].g != g)
			continue;
		one = one && (!best || best->w == model[i].w);
		if (!best || wins(&model[i], best))
			best = &model[i];
		sum += model[i].w;
		members++;
	}
	for (int i = 0; i < IDS; i++) {
		if (!present[i] || model[i].g != g)
			continue;
		struct last late = { g, model[i].id };
		struct sole clash = { g, model[i].w };
		if (!row_is(e, LATE, &late, &model[i] != best) || !row_is(e, CLASH, &clash, !one) ||
			!row_is(e, DISTINCT, &clash, true))
			return false;
	}
	struct last last = { g, best ? best->id : 0 };
	struct sole sole = { g, best ? best->w : 0 };
	struct sum total = { sum };
	counts[LATE] += members ? (size_t)members - 1 : 0;
	if (members && sum % 2 == 0 && !row_is(e, SUMS, &total, true))
		return false;
	return row_is(e, LASTS, &last, best != NULL) && row_is(e, SOLE, &sole, best && one);
}

static bool agrees(struct weft_engine *e)
{
	size_t counts[TABLES] = { 0 };
	struct sum single = { 0 };
	for (int i = 0; i < IDS; i++)
		single.sum += present[i] ? 10 : 0;
	for (int64_t g = 0; g < GROUPS; g++)
		if (!agrees_group(e, g, counts))
			return false;
	if (weft_table_count(weft_engine_table(e, LATE), WEFT_NEW) != counts[LATE]) {
		case_fail(__FILE__, __LINE__, "losers");
		return false;
	}
	return row_is(e, SINGLE, &single, true);
}

static void agree_with_loops(void)
{
	struct weft_engine *e;
	uint64_t seed = 5;
	CHECK(weft_engine_create(&info, NULL, &e) == WEFT_OK);
	for (int step = 0; step < 3000; step++) {
		struct item saved[IDS];
		bool were[IDS];
		memcpy(saved, model, sizeof(model));
		memcpy(were, present, sizeof(present));
		weft_alloc_fail_at(step % 3 ? 0 : 1 + next_random(&seed) % 10, 0);
		enum weft_status status = weft_engine_begin(e);
		for (uint64_t n = next_random(&seed) % 5; n > 0 && status == WEFT_OK; n--) {
			int id = (int)(next_random(&seed) % IDS);
			struct item item = { .id = id,
				.g = (int64_t)(next_random(&seed) % 9) - 5,
				.w = (int64_t)(next_random(&seed) % 3) };
			item.g = item.g < 0 ? 0 : item.g;
			item.v.has = next_random(&seed) % 3 > 0;
			item.v.value = item.v.has ? (int64_t)(next_random(&seed) % 9) : 0;
			present[id] = next_random(&seed) % 3 > 0;
			model[id] = item;
			status = present[id] ? weft_engine_put(e, ITEMS, &item)
					     : weft_engine_delete(e, ITEMS, &item);
			status = status == WEFT_NOT_FOUND ? WEFT_OK : status;
		}
		bool commit = status == WEFT_OK && next_random(&seed) % 8 > 0;
		if (commit)
			status = weft_engine_commit(e);
		else
			weft_engine_rollback(e);
		weft_alloc_fail_at(0, 0);
		CHECK(status == WEFT_OK || status == WEFT_NO_MEMORY);
		if (!commit || status != WEFT_OK) {
			memcpy(model, saved, sizeof(model));
			memcpy(present, were, sizeof(present));
		}
		if (weft_engine_version(e) > 0 && !agrees(e)) {
			case_fail(__FILE__, __LINE__, "step %d", step);
			return;
		}
	}
	weft_engine_destroy(e);
}

int main(void)
{
	CASE(agree_with_loops);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * settle.c: from candidates to rows. UNIQUE needs no memory of its own: a row counts who supports
 * it. The others keep their candidates and, per touched key, decide again: which one wins, what
 * they fold to, whether there is just one. Losers are counted rows of the conflicts table. Groups
 * are in group.c.
 */
#include "settle.h"

#include "base/alloc.h"
#include "base/sort.h"

/* ---- applying weights: removals first, or a row that moves would meet its own old version ---- */

enum weft_status weft_settle_weigh(struct weft_table *table, const struct weft_delta *delta)
{
	for (int positive = 0; positive < 2; positive++) {
		for (size_t i = 0; i < delta->count; i++) {
			struct weft_delta_item *item = weft_delta_at(delta, i);
			if (item->weight == 0 || (item->weight > 0) != positive)
				continue;
			enum weft_status status =
				weft_table_weigh(table, weft_delta_key(item), item->weight);
			if (status != WEFT_OK)
				return status;
		}
	}
	return WEFT_OK;
}

/* ---- groups of candidates ---- */

void weft_settle_pack(const struct weft_operator *op, const void *candidate, void *packed)
{
	char *to = packed;
	for (size_t i = 0; i < op->group_count; i++) {
		memcpy(to, (const char *)candidate + op->group[i].offset, op->group[i].type->size);
		to += op->group[i].type->size;
	}
}

static bool same_group(const struct weft_operator *op, const void *a, const void *b)
{
	for (size_t i = 0; i < op->group_count; i++)
		if (!weft_same_bytes(a, b, op->group[i].offset, op->group[i].type->size))
			return false;
	return true;
}

const void *weft_settle_next(
	const struct weft_operator *op, struct weft_cursor *c, const void *like)
{
	const void *row;
	while ((row = weft_cursor_next(c)) != NULL)
		if (same_group(op, row, like))
			return row;
	return NULL;
}

const void *weft_settle_first(const struct weft_operator *op, struct weft_cursor *c,
	enum weft_when when, const void *like)
{
	uint64_t hash = weft_columns_hash(op->candidates->intern, op->group, op->group_count, like);
	const void *row = weft_index_first(c, op->candidates, 0, when, hash);
	return !row || same_group(op, row, like) ? row : weft_settle_next(op, c, like);
}

/* A key whose candidates changed. */
struct dirty_key {
	const void *like;     /* one of them */
	const uint32_t *next; /* the changed ones: numbers in e->delta + 1, linked */
	uint32_t first;
};
#define CROWD 16 /* a key with more candidates than these remembers its winner */

/* ---- which candidate comes first ---- */

static int compare_order(const struct weft_operator *op, const void *a, const void *b)
{
	const struct weft_settle_info *info = op->info->settle;
	for (uint16_t i = 0; i < info->order_count; i++) {
		const struct weft_field *f = &info->candidate->fields[info->order[i]];
		const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
		int c = weft_value_compare(op->candidates->intern, f->type, x, y);
		bool missing = f->type->kind == WEFT_KIND_OPTION &&
			(!*(const bool *)x || !*(const bool *)y);
		if (i == 0 && info->kind == WEFT_SETTLE_KEEP_LAST && !missing)
			c = -c;
		if (c)
			return c;
	}
	/* The compiler's tie-break columns identify a candidate; should they not, its content
	 * decides. */
	return weft_value_compare(op->candidates->intern, info->candidate, a, b);
}

static const void *better(const struct weft_operator *op, const void *best, const void *row)
{
	return !best || compare_order(op, row, best) < 0 ? row : best;
}

/* In a crowd, only what changed is compared with the winner that stands; all of them only when that
 * one is gone. */
static const void *keep_in_crowd(
	struct weft_engine *e, const struct weft_operator *op, const struct dirty_key *key)
{
	struct weft_cursor c;
	const void *stands = weft_table_get(op->winners, WEFT_NEW, key->like);
	const void *best = stands ? weft_table_get(op->candidates, WEFT_NEW, stands) : NULL;
	if (!best) {
		const void *row = weft_settle_first(op, &c, WEFT_NEW, key->like);
		for (; row; row = weft_settle_next(op, &c, key->like))
			best = better(op, best, row);
		return best;
	}
	for (uint32_t i = key->first; i; i = key->next[i - 1]) {
		const void *candidate = weft_delta_key(weft_delta_at(&e->delta, i - 1));
		const void *row = weft_table_get(op->candidates, WEFT_NEW, candidate);
		best = row ? better(op, best, row) : best;
	}
	return best;
}

static enum weft_status keep(struct weft_engine *e, const struct weft_operator *op,
	const struct dirty_key *key, const void **best)
{
	struct weft_cursor c;
	size_t count = 0;
	const void *row = weft_settle_first(op, &c, WEFT_NEW, key->like);
	*best = NULL;
	for (; row && count < CROWD; row = weft_settle_next(op, &c, key->like), count++)
		*best = better(op, *best, row);
	if (row) {
		*best = keep_in_crowd(e, op, key);
		return weft_table_put(op->winners, *best);
	}
	if (weft_table_count(op->winners, WEFT_NEW) == 0)
		return WEFT_OK;
	enum weft_status status = weft_table_delete(op->winners, key->like);
	return status == WEFT_NOT_FOUND ? WEFT_OK : status;
}

/* The only row, if all candidates agree on it. */
static const void *agree(const struct weft_operator *op, const void *like)
{
	struct weft_cursor c;
	const void *only = NULL;
	for (const void *row = weft_settle_first(op, &c, WEFT_NEW, like); row;
		row = weft_settle_next(op, &c, like)) {
		if (only && memcmp(only, row, op->output->size) != 0)
			return NULL;
		only = row;
	}
	return only;
}

/* ---- sorted walks ---- */

static int compare_by_order(const void *op, const void *a, const void *b)
{
	return compare_order(op, *(const void *const *)a, *(const void *const *)b);
}

static int compare_by_content(const void *context, const void *a, const void *b)
{
	const struct weft_operator *op = context;
	const struct weft_type *type = op->info->settle->candidate;
	return weft_value_compare(
		op->candidates->intern, type, *(const void *const *)a, *(const void *const *)b);
}

enum weft_status weft_settle_sorted(struct weft_engine *e, const struct weft_operator *op,
	bool by_order, const void *like, struct weft_rounds *rounds)
{
	struct weft_cursor c;
	size_t count = 0;
	for (const void *row = weft_settle_first(op, &c, WEFT_NEW, like); row;
		row = weft_settle_next(op, &c, like))
		count++;
	*rounds = (struct weft_rounds){ .table = op->candidates, .count = count };
	rounds->rows = weft_scratch(e, (count * 2 + 1) * sizeof(*rounds->rows));
	if (!rounds->rows)
		return WEFT_NO_MEMORY;
	count = 0;
	for (const void *row = weft_settle_first(op, &c, WEFT_NEW, like); row;
		row = weft_settle_next(op, &c, like))
		rounds->rows[count++] = row;
	weft_sort(rounds->rows, rounds->rows + count, count, sizeof(*rounds->rows),
		by_order ? compare_by_order : compare_by_content, op);
	return WEFT_OK;
}

const void *weft_rounds_next(struct weft_rounds *rounds, int64_t *times)
{
	if (rounds->at == rounds->count)
		return NULL;
	const void *row = rounds->rows[rounds->at++];
	*times = weft_table_support(rounds->table, row);
	return row;
}

static enum weft_status fold(struct weft_engine *e, const struct weft_operator *op,
	const void *like, const void **folded)
{
	struct weft_rounds rounds;
	enum weft_status status = weft_settle_sorted(e, op, true, like, &rounds);
	*folded = NULL;
	if (status != WEFT_OK || rounds.count == 0)
		return status;
	void *into = weft_scratch(e, op->output->size);
	if (!into)
		return WEFT_NO_MEMORY;
	memcpy(into, rounds.rows[0], op->output->size);
	for (size_t i = 1; i < rounds.count && status == WEFT_OK; i++)
		status = op->info->settle->merge(e->program, e, into, rounds.rows[i]);
	*folded = into;
	return status;
}

/* ---- one key ---- */

static bool loses(const struct weft_operator *op, const void *row, const void *winner)
{
	return !winner || memcmp(winner, row, op->output->size) != 0;
}

/* Candidates whose rows differ from the winner's: counted as they were (-1) and as they are (+1).
 */
static enum weft_status find_losers(
	struct weft_engine *e, const struct weft_operator *op, const struct dirty_key *key)
{
	struct weft_cursor c;
	const void *was = weft_table_get(op->output, WEFT_OLD, key->like),
		   *is = weft_table_get(op->output, WEFT_NEW, key->like);
	enum weft_status status = WEFT_OK;
	for (uint32_t i = key->first; i && status == WEFT_OK; i = key->next[i - 1]) {
		const void *row = weft_delta_key(weft_delta_at(&e->delta, i - 1));
		const void *before = weft_table_get(op->candidates, WEFT_OLD, row);
		const void *now = weft_table_get(op->candidates, WEFT_NEW, row);
		if (!before != !now && loses(op, row, before ? was : is))
			status = weft_delta_add(&e->losers, row, before ? -1 : 1);
	}
	if (was == is)
		return status;
	/* Another winner: those that stayed may have changed sides. */
	const void *row = weft_settle_first(op, &c, WEFT_NEW, key->like);
	for (; row && status == WEFT_OK; row = weft_settle_next(op, &c, key->like))
		if (weft_table_get(op->candidates, WEFT_OLD, row) &&
			loses(op, row, was) != loses(op, row, is))
			status = weft_delta_add(&e->losers, row, loses(op, row, was) ? -1 : 1);
	return status;
}

static enum weft_status decide(
	struct weft_engine *e, const struct weft_operator *op, const struct dirty_key *key)
{
	const void *row = NULL;
	enum weft_status status = WEFT_OK;
	enum weft_settle_kind kind = op->info->settle->kind;
	struct weft_scratch_mark mark = weft_scratch_mark(e);
	if (kind == WEFT_SETTLE_MERGE)
		status = fold(e, op, key->like, &row);
	else if (kind == WEFT_SETTLE_REJECT)
		row = agree(op, key->like);
	else
		status = keep(e, op, key, &row);
	if (status == WEFT_OK)
		status = row ? weft_table_put(op->output, row)
			     : weft_table_delete(op->output, key->like);
	weft_scratch_release(e, mark);
	if (status == WEFT_NOT_FOUND)
		status = WEFT_OK;
	if (status != WEFT_OK || !op->conflicts || kind == WEFT_SETTLE_MERGE)
		return status;
	return find_losers(e, op, key);
}

/* The dirty keys, each with the list of its changed candidates. */
static enum weft_status find_keys(
	struct weft_engine *e, const struct weft_operator *op, uint32_t *next)
{
	char *packed = weft_scratch(e, op->group_size);
	if (!packed)
		return WEFT_NO_MEMORY;
	weft_delta_reset(&e->groups, op->group_size, sizeof(uint32_t));
	for (size_t i = 0; i < e->delta.count; i++) {
		bool is_new;
		struct weft_delta_item *item = weft_delta_at(&e->delta, i);
		if (item->weight == 0)
			continue;
		weft_settle_pack(op, weft_delta_key(item), packed);
		struct weft_delta_item *key = weft_delta_item(&e->groups, packed, &is_new);
		if (!key)
			return WEFT_NO_MEMORY;
		uint32_t *first = weft_delta_extra(&e->groups, key);
		next[i] = *first;
		*first = (uint32_t)i + 1;
	}
	return WEFT_OK;
}

static enum weft_status settle_by_key(struct weft_engine *e, struct weft_operator *op)
{
	enum weft_status status = weft_settle_weigh(op->candidates, &e->delta);
	uint32_t *next = weft_scratch(e, e->delta.count * sizeof(*next));
	if (status == WEFT_OK)
		status = next ? find_keys(e, op, next) : WEFT_NO_MEMORY;
	weft_delta_reset(&e->losers, op->output->size, 0);
	for (size_t i = 0; status == WEFT_OK && i < e->groups.count; i++) {
		struct dirty_key key = { .next = next };
		memcpy(&key.first, weft_delta_extra(&e->groups, weft_delta_at(&e->groups, i)),
			sizeof(key.first));
		key.like = weft_delta_key(weft_delta_at(&e->delta, key.first - 1));
		status = decide(e, op, &key);
	}
	if (status == WEFT_OK && op->conflicts)
		status = weft_settle_weigh(op->conflicts, &e->losers);
	return status;
}

enum weft_status weft_settle(struct weft_engine *e, unsigned number)
{
	struct weft_operator *op = &e->operators[number];
	enum weft_status status;
	weft_engine_delta(e, number); /* empty, if the operator had none to give */
	op->counters.delta_in += e->delta.count;
	if (op->info->settle->kind == WEFT_SETTLE_UNIQUE)
		status = weft_settle_weigh(op->output, &e->delta);
	else if (op->info->settle->kind == WEFT_SETTLE_GROUP)
		status = weft_settle_groups(e, op);
	else
		status = settle_by_key(e, op);
	weft_delta_reset(&e->delta, e->delta.size, 0);
	e->delta_of = UINT32_MAX;
	return status;
}

/* ---- the operator's own tables ---- */

static enum weft_status make_group_columns(struct weft_operator *op)
{
	const struct weft_settle_info *info = op->info->settle;
	bool grouped = info->kind == WEFT_SETTLE_GROUP;
	const struct weft_table_info *out = op->output->info;
	op->group_count = grouped ? info->group_count : out->key_count;
	op->group = weft_alloc_array(op->group_count, sizeof(*op->group));
	if (!op->group)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < op->group_count; i++) {
		const struct weft_field *f =
			grouped ? &info->candidate->fields[i] : &out->row->fields[out->key[i]];
		op->group[i] = (struct weft_column){ f->offset, f->type };
		op->group_size += f->type->size;
	}
	return WEFT_OK;
}

static enum weft_status make_candidates(
	struct weft_engine *e, struct weft_operator *op, unsigned *number)
{
	op->index_info = (struct weft_index_info){ .name = "group" };
	op->candidates_info = (struct weft_table_info){
		.name = op->info->name,
		.row = op->info->settle->candidate,
		.index_count = 1,
		.indexes = &op->index_info,
		.is_internal = true,
	};
	enum weft_status status = weft_table_create(
		e, e->intern, &op->candidates_info, *number, true, &op->candidates);
	e->tables[(*number)++] = op->candidates;
	if (status != WEFT_OK)
		return status;
	op->candidates->whole_key = true;
	struct weft_index *index = &op->candidates->indexes[0];
	index->columns = weft_alloc_array(op->group_count, sizeof(*index->columns));
	if (!index->columns)
		return WEFT_NO_MEMORY;
	memcpy(index->columns, op->group, op->group_count * sizeof(*index->columns));
	index->column_count = op->group_count;
	return WEFT_OK;
}

static enum weft_status make_winners(
	struct weft_engine *e, struct weft_operator *op, unsigned *number)
{
	op->winners_info = (struct weft_table_info){
		.name = op->info->name, .row = op->info->settle->candidate, .is_internal = true
	};
	enum weft_status status =
		weft_table_create(e, e->intern, &op->winners_info, *number, false, &op->winners);
	e->tables[(*number)++] = op->winners;
	if (status != WEFT_OK)
		return status;
	struct weft_column *key = weft_alloc_array(op->group_count, sizeof(*key));
	if (!key)
		return WEFT_NO_MEMORY;
	memcpy(key, op->group, op->group_count * sizeof(*key));
	weft_free(op->winners->key);
	op->winners->key = key;
	op->winners->key_count = op->group_count;
	return WEFT_OK;
}

enum weft_status weft_settle_create(
	struct weft_engine *e, struct weft_operator *op, unsigned *number)
{
	const struct weft_settle_info *info = op->info->settle;
	if (info->kind == WEFT_SETTLE_UNIQUE)
		return WEFT_OK;
	enum weft_status status = make_group_columns(op);
	if (status == WEFT_OK && (info->kind != WEFT_SETTLE_GROUP || !info->accumulate))
		status = make_candidates(e, op, number);
	if (status == WEFT_OK &&
		(info->kind == WEFT_SETTLE_KEEP_FIRST || info->kind == WEFT_SETTLE_KEEP_LAST))
		status = make_winners(e, op, number);
	if (status == WEFT_OK && info->kind == WEFT_SETTLE_GROUP)
		status = weft_settle_create_groups(e, op, number);
	return status;
}

void weft_settle_destroy(struct weft_operator *op)
{
	weft_free(op->group);
	weft_free(op->groups_fields);
	weft_free(op->groups_key);
}

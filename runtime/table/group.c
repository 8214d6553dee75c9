/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * group.c: settling by GROUP. One row of the groups table stands for one group: its columns, the
 * number of its rounds, the accumulator and the derived row it gave, so that the old row is known
 * without making it again. With accumulators no rounds are kept; without, they are sorted and
 * walked for each group that changed.
 */
#include "settle.h"

#include "base/alloc.h"

/* One dirty group while its rounds are weighed: in the extra bytes of e->groups. */
struct dirty_group {
	int64_t count; /* change of the number of rounds */
	size_t item;   /* a candidate of the group in e->delta; SIZE_MAX: none (the single group) */
};

static int64_t *count_of(const struct weft_operator *op, void *row)
{
	return (int64_t *)(void *)((char *)row + op->at_count);
}

static int64_t *has_of(const struct weft_operator *op, void *row)
{
	return (int64_t *)(void *)((char *)row + op->at_has);
}

static char *row_of(const struct weft_operator *op, void *row)
{
	return (char *)row + op->at_row;
}

/* The group's row to be, from its present one or from its columns. */
static void load(const struct weft_operator *op, const void *candidate, void *row)
{
	memset(row, 0, op->groups->size);
	for (size_t i = 0; candidate && i < op->group_count; i++)
		memcpy((char *)row + op->group[i].offset,
			(const char *)candidate + op->group[i].offset, op->group[i].type->size);
	const void *now = weft_table_get(op->groups, WEFT_NEW, row);
	if (now)
		memcpy(row, now, op->groups->size);
}

static enum weft_status finish(struct weft_engine *e, struct weft_operator *op, char *group)
{
	const struct weft_settle_info *info = op->info->settle;
	int64_t count = *count_of(op, group);
	struct weft_rounds rounds;
	enum weft_status status;
	memset(row_of(op, group), 0, op->output->size);
	*has_of(op, group) = 0;
	if (count == 0 && !info->single)
		return WEFT_OK;
	if (info->accumulate) {
		status = info->finish(
			e->program, e, group, group + op->at_accumulator, count, row_of(op, group));
	} else {
		status = weft_settle_sorted(e, op, false, group, &rounds);
		if (status == WEFT_OK)
			status = info->group(e->program, e, &rounds, count, row_of(op, group));
	}
	if (status == WEFT_END) {
		memset(row_of(op, group), 0, op->output->size);
		return WEFT_OK;
	}
	*has_of(op, group) = status == WEFT_OK;
	return status;
}

/* Writes the group back and says what its derived row was and is, as losers' weights are said. */
static enum weft_status store(struct weft_engine *e, struct weft_operator *op, char *group)
{
	const char *before = weft_table_get(op->groups, WEFT_NEW, group);
	enum weft_status status = WEFT_OK;
	if (before && *(const int64_t *)(const void *)(before + op->at_has))
		status = weft_delta_add(&e->losers, before + op->at_row, -1);
	if (status == WEFT_OK && *has_of(op, group))
		status = weft_delta_add(&e->losers, row_of(op, group), 1);
	if (status != WEFT_OK)
		return status;
	if (*count_of(op, group) > 0 || op->info->settle->single)
		return weft_table_put(op->groups, group);
	return before ? weft_table_delete(op->groups, group) : WEFT_OK;
}

static enum weft_status settle_group(
	struct weft_engine *e, struct weft_operator *op, struct weft_delta_item *item)
{
	struct dirty_group *dirty = weft_delta_extra(&e->groups, item);
	const char *accumulator = (const char *)(dirty + 1);
	const void *candidate = dirty->item == SIZE_MAX
		? NULL
		: weft_delta_key(weft_delta_at(&e->delta, dirty->item));
	struct weft_scratch_mark mark = weft_scratch_mark(e);
	char *group = weft_scratch(e, op->groups->size);
	if (!group)
		return WEFT_NO_MEMORY;
	load(op, candidate, group);
	if (op->info->settle->accumulate)
		memcpy(group + op->at_accumulator, accumulator, op->info->settle->accumulator_size);
	*count_of(op, group) += dirty->count;
	enum weft_status status = *count_of(op, group) < 0 ? WEFT_INVALID : finish(e, op, group);
	if (status == WEFT_OK)
		status = store(e, op, group);
	weft_scratch_release(e, mark);
	return status;
}

static struct weft_delta_item *dirty_group(
	struct weft_engine *e, struct weft_operator *op, size_t number, void *packed, void *group)
{
	bool is_new;
	const void *candidate =
		number == SIZE_MAX ? NULL : weft_delta_key(weft_delta_at(&e->delta, number));
	if (candidate)
		weft_settle_pack(op, candidate, packed);
	struct weft_delta_item *item = weft_delta_item(&e->groups, packed, &is_new);
	if (!item || !is_new)
		return item;
	struct dirty_group *dirty = weft_delta_extra(&e->groups, item);
	dirty->item = number;
	if (op->info->settle->accumulate) {
		load(op, candidate, group);
		memcpy(dirty + 1, (const char *)group + op->at_accumulator,
			op->info->settle->accumulator_size);
	}
	return item;
}

enum weft_status weft_settle_groups(struct weft_engine *e, struct weft_operator *op)
{
	const struct weft_settle_info *info = op->info->settle;
	enum weft_status status =
		op->candidates ? weft_settle_weigh(op->candidates, &e->delta) : WEFT_OK;
	void *packed = weft_scratch(e, op->group_size), *group = weft_scratch(e, op->groups->size);
	if (status != WEFT_OK || !packed || !group)
		return status != WEFT_OK ? status : WEFT_NO_MEMORY;
	weft_delta_reset(
		&e->groups, op->group_size, sizeof(struct dirty_group) + info->accumulator_size);
	weft_delta_reset(&e->losers, op->output->size, 0);
	if (info->single && !op->has_run && !dirty_group(e, op, SIZE_MAX, packed, group))
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < e->delta.count; i++) {
		struct weft_delta_item *candidate = weft_delta_at(&e->delta, i);
		if (candidate->weight == 0)
			continue;
		struct weft_delta_item *item = dirty_group(e, op, i, packed, group);
		if (!item)
			return WEFT_NO_MEMORY;
		struct dirty_group *dirty = weft_delta_extra(&e->groups, item);
		dirty->count += candidate->weight;
		if (info->accumulate)
			info->accumulate(e->program, dirty + 1, weft_delta_key(candidate),
				candidate->weight);
	}
	for (size_t i = 0; i < e->groups.count && status == WEFT_OK; i++)
		status = settle_group(e, op, weft_delta_at(&e->groups, i));
	return status == WEFT_OK ? weft_settle_weigh(op->output, &e->losers) : status;
}

static uint32_t align8(size_t offset)
{
	return (uint32_t)((offset + 7) & ~(size_t)7);
}

enum weft_status weft_settle_create_groups(
	struct weft_engine *e, struct weft_operator *op, unsigned *number)
{
	const struct weft_settle_info *info = op->info->settle;
	const struct weft_type *row = op->output->info->row;
	uint32_t end = 0;
	bool has_ids = row->has_ids;
	op->groups_fields = weft_alloc_array(op->group_count + 1, sizeof(*op->groups_fields));
	op->groups_key = weft_alloc_array(op->group_count, sizeof(*op->groups_key));
	if (!op->groups_fields || !op->groups_key)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < op->group_count; i++) {
		const struct weft_field *f = &info->candidate->fields[i];
		op->groups_fields[i] = *f;
		op->groups_key[i] = (uint16_t)i;
		has_ids = has_ids || f->type->has_ids;
		if (f->offset + f->type->size > end)
			end = f->offset + f->type->size;
	}
	op->at_count = align8(end);
	op->at_has = op->at_count + 8;
	op->at_accumulator = (op->at_has + 8 + 15) & ~15u; /* 128-bit sums */
	op->at_row = align8(op->at_accumulator + info->accumulator_size);
	op->groups_fields[op->group_count] =
		(struct weft_field){ .name = "row", .offset = op->at_row, .type = row };
	op->groups_type = (struct weft_type){
		.name = op->info->name,
		.kind = WEFT_KIND_RECORD,
		.align = 8,
		.has_ids = has_ids,
		.size = align8(op->at_row + row->size),
		.fields = op->groups_fields,
		.field_count = op->group_count + 1,
	};
	op->groups_info = (struct weft_table_info){
		.name = op->info->name,
		.row = &op->groups_type,
		.key = op->groups_key,
		.key_count = (uint16_t)op->group_count,
		.is_internal = true,
	};
	enum weft_status status =
		weft_table_create(e, e->intern, &op->groups_info, *number, false, &op->groups);
	e->tables[(*number)++] = op->groups;
	return status;
}

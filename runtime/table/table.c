/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table.c: changes of a table under a transaction. The rule of every function here: first get all
 * memory, then change; so a failure leaves the table as it was, and the end of a transaction needs
 * no memory at all.
 */
#include "table.h"

#include "engine.h"

#include "base/alloc.h"
#include "base/assert.h"

/* Collects the offsets of ids that every row has; enums with payload are left to the descriptor. */
static bool find_ids(
	struct weft_table *t, const struct weft_type *type, uint32_t offset, size_t *room)
{
	if (!type->has_ids)
		return true;
	switch (type->kind) {
	case WEFT_KIND_RECORD:
	case WEFT_KIND_REF:
		for (size_t i = 0; i < type->field_count; i++)
			if (!find_ids(
				    t, type->fields[i].type, offset + type->fields[i].offset, room))
				return false;
		return true;
	case WEFT_KIND_OPTION:
		return find_ids(t, type->item, offset + type->offset, room);
	case WEFT_KIND_ENUM:
		t->has_payload_ids = true;
		return true;
	case WEFT_KIND_SELECTOR:
		offset += (uint32_t)offsetof(struct weft_selector, requirements);
		break;
	default:
		break;
	}
	if (!weft_grow(&t->ids, room, t->id_count + 1, sizeof(*t->ids)))
		return false;
	t->ids[t->id_count++] = offset;
	return true;
}

static enum weft_status make_indexes(struct weft_table *t)
{
	const struct weft_table_info *info = t->info;
	t->primary = (struct weft_index){ .table = t, .kind = WEFT_INDEX_UNIQUE };
	t->key = weft_alloc_array(info->key_count, sizeof(*t->key));
	t->indexes = weft_alloc_array(info->index_count, sizeof(*t->indexes));
	if (!t->key || !t->indexes)
		return WEFT_NO_MEMORY;
	t->key_count = info->key_count;
	for (size_t i = 0; i < info->key_count; i++) {
		const struct weft_field *field = &info->row->fields[info->key[i]];
		t->key[i] = (struct weft_column){ field->offset, field->type };
	}
	for (uint16_t i = 0; i < info->index_count; i++) {
		enum weft_status status = weft_index_init(&t->indexes[i], t, &info->indexes[i], i);
		if (status != WEFT_OK)
			return status;
	}
	return WEFT_OK;
}

enum weft_status weft_table_create(struct weft_engine *engine, struct weft_intern *intern,
	const struct weft_table_info *info, unsigned number, bool counted,
	struct weft_table **table)
{
	struct weft_table *t = *table = weft_alloc(sizeof(*t));
	size_t room = 0;
	if (!t)
		return WEFT_NO_MEMORY;
	t->engine = engine;
	t->intern = intern;
	t->info = info;
	t->number = number;
	t->counted = counted;
	t->size = info->row->size;
	t->word_count =
		(uint16_t)(info->index_count * (info->is_published ? 3 : 1) + info->is_published);
	t->data =
		(uint16_t)((sizeof(struct weft_row) + (counted ? 8 : 0) + t->word_count * 4u + 7) &
			~7u);
	t->rows.stride = t->data + ((t->size + 7) & ~7u);
	if (!find_ids(t, info->row, 0, &room))
		return WEFT_NO_MEMORY;
	return make_indexes(t);
}

void weft_table_destroy(struct weft_table *t)
{
	if (!t)
		return;
	for (uint16_t i = 0; t->indexes && i < t->info->index_count; i++)
		weft_index_free(&t->indexes[i]);
	weft_slots_free(&t->primary.slots);
	weft_slab_free(&t->rows);
	weft_free(t->indexes);
	weft_free(t->key);
	weft_free(t->ids);
	weft_free(t->changed);
	weft_free(t->changes);
	weft_free(t->undo);
	weft_free(t);
}

/* ---- keys ---- */

uint64_t weft_table_hash(const struct weft_table *t, const void *key)
{
	if (t->whole_key)
		return weft_hash_bytes(key, t->size);
	return weft_columns_hash(t->intern, t->key, t->key_count, key);
}

static bool same_key(const struct weft_table *t, const void *a, const void *b)
{
	if (t->whole_key)
		return memcmp(a, b, t->size) == 0;
	for (size_t i = 0; i < t->key_count; i++)
		if (!weft_same_bytes(a, b, t->key[i].offset, t->key[i].type->size))
			return false;
	return true;
}

int weft_table_compare(const struct weft_table *t, const void *a, const void *b)
{
	for (size_t i = 0; i < t->key_count; i++) {
		size_t offset = t->key[i].offset;
		int c = weft_value_compare(t->intern, t->key[i].type, (const char *)a + offset,
			(const char *)b + offset);
		if (c)
			return c;
	}
	return 0;
}

/* The newest row of the key, whatever its flags; 0: none. */
static uint32_t find_key(const struct weft_table *t, const void *key, uint32_t tag)
{
	uint32_t state = 0, id;
	while ((id = weft_slots_find(&t->primary.slots, tag, &state)) != 0)
		if (same_key(t, weft_row_data(t, id), key))
			return id;
	return 0;
}

const void *weft_table_get(const struct weft_table *t, enum weft_when when, const void *key)
{
	uint32_t id = find_key(t, key, weft_slot_tag(weft_table_hash(t, key)));
	if (!id)
		return NULL;
	const struct weft_row *row = weft_row_at(t, id);
	if (weft_row_visible(row, when))
		return weft_row_data(t, id);
	return when == WEFT_OLD && row->mate ? weft_row_data(t, row->mate) : NULL;
}

size_t weft_table_count(const struct weft_table *t, enum weft_when when)
{
	return t->count[when];
}

const struct weft_table_info *weft_table_info(const struct weft_table *t)
{
	return t->info;
}

bool weft_table_is_synced(const struct weft_table *t)
{
	return t->synced;
}

/* ---- rows ---- */

static void hold_ids(struct weft_table *t, const void *data,
	void (*hold)(struct weft_intern *, weft_id),
	void (*hold_all)(struct weft_intern *, const struct weft_type *, const void *))
{
	if (t->has_payload_ids) {
		hold_all(t->intern, t->info->row, data);
		return;
	}
	for (size_t i = 0; i < t->id_count; i++) {
		weft_id id;
		memcpy(&id, (const char *)data + t->ids[i], sizeof(id));
		hold(t->intern, id);
	}
}

static void unlink_row(struct weft_table *t, uint32_t id)
{
	for (uint16_t i = 0; i < t->info->index_count; i++)
		weft_index_remove(&t->indexes[i], id);
}

static enum weft_status link_row(struct weft_table *t, uint32_t id)
{
	struct weft_index_emit *emit = weft_engine_emit(t->engine);
	for (uint16_t i = 0; i < t->info->index_count; i++) {
		enum weft_status status =
			weft_index_hashes(&t->indexes[i], weft_row_data(t, id), emit);
		for (size_t k = 0; status == WEFT_OK && k < emit->count; k++)
			status = weft_index_insert(&t->indexes[i], id, emit->hashes[k]);
		if (status != WEFT_OK)
			return status;
	}
	return WEFT_OK;
}

static enum weft_status make_row(
	struct weft_table *t, const void *data, uint32_t tag, int64_t support, uint32_t *id)
{
	*id = weft_slab_take(&t->rows);
	if (!*id)
		return WEFT_NO_MEMORY;
	struct weft_row *row = weft_row_at(t, *id);
	memset(row, 0, t->data);
	memcpy(weft_row_data(t, *id), data, t->size);
	row->tag = tag;
	row->flags = WEFT_ROW_LIVE | WEFT_ROW_BORN;
	if (t->counted)
		*weft_row_support(row) = support;
	enum weft_status status = link_row(t, *id);
	if (status != WEFT_OK) {
		unlink_row(t, *id);
		row->flags = 0;
		weft_slab_give(&t->rows, *id);
		return status;
	}
	hold_ids(t, data, weft_intern_retain, weft_value_retain);
	return WEFT_OK;
}

void weft_row_free(struct weft_table *t, uint32_t id)
{
	hold_ids(t, weft_row_data(t, id), weft_intern_release, weft_value_release);
	weft_row_at(t, id)->flags = 0;
	weft_slab_give(&t->rows, id);
}

void weft_row_drop_later(struct weft_table *t, uint32_t id)
{
	struct weft_row *row = weft_row_at(t, id);
	row->flags &= ~(unsigned)WEFT_ROW_LIVE;
	row->mate = t->dropped;
	t->dropped = id;
}

/* ---- changes ---- */

static enum weft_status reserve_change(struct weft_table *t)
{
	if (!weft_grow(&t->changed, &t->changed_room, t->changed_count + 1, sizeof(*t->changed)))
		return WEFT_NO_MEMORY;
	return WEFT_OK;
}

/* The entry of a key whose newest row is `row`; made at the first change. Room was reserved. */
static struct weft_change_rows *change_of(
	struct weft_table *t, struct weft_row *row, uint32_t before)
{
	if (!row->change) {
		weft_engine_touch(t->engine, t);
		t->changed[t->changed_count++] = (struct weft_change_rows){ .before = before };
		row->change = (uint32_t)t->changed_count;
	}
	return &t->changed[row->change - 1];
}

static enum weft_status set_support(
	struct weft_table *t, struct weft_row *row, uint32_t id, int64_t support)
{
	if (!t->counted || *weft_row_support(row) == support)
		return WEFT_OK;
	if (!(row->flags & WEFT_ROW_BORN)) {
		if (!weft_grow(&t->undo, &t->undo_room, t->undo_count + 1, sizeof(*t->undo)))
			return WEFT_NO_MEMORY;
		weft_engine_touch(t->engine, t);
		t->undo[t->undo_count++] = (struct weft_support_undo){ id, *weft_row_support(row) };
	}
	*weft_row_support(row) = support;
	return WEFT_OK;
}

/* The old version of the key holds again. */
static enum weft_status revive(
	struct weft_table *t, uint32_t newest, uint32_t original, int64_t support)
{
	struct weft_row *row = weft_row_at(t, original);
	enum weft_status status = set_support(t, row, original, support);
	if (status != WEFT_OK)
		return status;
	row->flags &= ~(unsigned)WEFT_ROW_DEAD;
	if (newest == original) {
		t->count[WEFT_NEW]++;
	} else {
		struct weft_row *other = weft_row_at(t, newest);
		row->change = other->change;
		weft_slots_replace(&t->primary.slots, row->tag, newest, original);
		unlink_row(t, newest);
		weft_row_drop_later(t, newest);
	}
	t->changed[row->change - 1].after = original;
	return WEFT_OK;
}

static enum weft_status place(struct weft_table *t, const void *data, int64_t support)
{
	uint32_t tag = weft_slot_tag(weft_table_hash(t, data)), newest = find_key(t, data, tag),
		 original = newest, id;
	struct weft_row *row = newest ? weft_row_at(t, newest) : NULL;
	if (row && !(row->flags & WEFT_ROW_DEAD) &&
		memcmp(weft_row_data(t, newest), data, t->size) == 0)
		return set_support(t, row, newest, support);
	if (row && (row->flags & WEFT_ROW_BORN))
		original = row->mate;
	if (original && (weft_row_at(t, original)->flags & WEFT_ROW_DEAD) &&
		memcmp(weft_row_data(t, original), data, t->size) == 0)
		return revive(t, newest, original, support);

	enum weft_status status = reserve_change(t);
	if (status == WEFT_OK && !weft_slots_reserve(&t->primary.slots, 1))
		status = WEFT_NO_MEMORY;
	if (status == WEFT_OK)
		status = make_row(t, data, tag, support, &id);
	if (status != WEFT_OK)
		return status;
	struct weft_row *made = weft_row_at(t, id);
	if (!row || (row->flags & WEFT_ROW_DEAD))
		t->count[WEFT_NEW]++;
	if (row) {
		made->change = row->change;
		made->mate = original;
		row->change = 0;
		weft_slots_replace(&t->primary.slots, tag, newest, id);
	} else {
		weft_slots_insert(&t->primary.slots, tag, id);
	}
	change_of(t, made, original)->after = id;
	if (row && (row->flags & WEFT_ROW_BORN)) {
		unlink_row(t, newest);
		weft_row_drop_later(t, newest);
	} else if (row) {
		row->flags |= WEFT_ROW_DEAD;
	}
	return WEFT_OK;
}

static enum weft_status take_out(struct weft_table *t, uint32_t id)
{
	struct weft_row *row = weft_row_at(t, id);
	enum weft_status status = reserve_change(t);
	if (status != WEFT_OK)
		return status;
	t->count[WEFT_NEW]--;
	change_of(t, row, id)->after = 0;
	if (!(row->flags & WEFT_ROW_BORN)) {
		row->flags |= WEFT_ROW_DEAD;
		return WEFT_OK;
	}
	if (row->mate) {
		weft_row_at(t, row->mate)->change = row->change;
		weft_slots_replace(&t->primary.slots, row->tag, id, row->mate);
	} else {
		weft_slots_remove(&t->primary.slots, row->tag, id);
	}
	unlink_row(t, id);
	weft_row_drop_later(t, id);
	return WEFT_OK;
}

enum weft_status weft_table_put(struct weft_table *t, const void *row)
{
	return place(t, row, 1);
}

enum weft_status weft_table_delete(struct weft_table *t, const void *key)
{
	uint32_t id = find_key(t, key, weft_slot_tag(weft_table_hash(t, key)));
	if (!id || (weft_row_at(t, id)->flags & WEFT_ROW_DEAD))
		return WEFT_NOT_FOUND;
	return take_out(t, id);
}

enum weft_status weft_table_weigh(struct weft_table *t, const void *data, int64_t weight)
{
	uint32_t id = find_key(t, data, weft_slot_tag(weft_table_hash(t, data)));
	struct weft_row *row = id ? weft_row_at(t, id) : NULL;
	if (weight == 0)
		return WEFT_OK;
	if (!row || (row->flags & WEFT_ROW_DEAD))
		return weight > 0 ? place(t, data, weight) : WEFT_INVALID;
	if (memcmp(weft_row_data(t, id), data, t->size) != 0 || *weft_row_support(row) + weight < 0)
		return WEFT_INVALID;
	if (*weft_row_support(row) + weight == 0)
		return take_out(t, id);
	return set_support(t, row, id, *weft_row_support(row) + weight);
}

int64_t weft_table_support(const struct weft_table *t, const void *row)
{
	return *weft_row_support(weft_row_of(t, row));
}

/* ---- net changes ---- */

static uint64_t differing_columns(const struct weft_table *t, const void *a, const void *b)
{
	const struct weft_type *type = t->info->row;
	uint64_t columns = 0;
	for (size_t i = 0; i < type->field_count; i++) {
		const struct weft_field *f = &type->fields[i];
		if (!weft_same_bytes(a, b, f->offset, f->type->size))
			columns |= UINT64_C(1) << (i < 63 ? i : 63);
	}
	return columns;
}

enum weft_status weft_table_seal(struct weft_table *t)
{
	if (!weft_grow(&t->changes, &t->change_room, t->changed_count, sizeof(*t->changes)))
		return WEFT_NO_MEMORY;
	t->change_count = 0;
	t->changed_columns = 0;
	for (size_t i = 0; i < t->changed_count; i++) {
		struct weft_change_rows rows = t->changed[i];
		if (rows.before == rows.after)
			continue;
		struct weft_change *change = &t->changes[t->change_count++];
		change->before = rows.before ? weft_row_data(t, rows.before) : NULL;
		change->after = rows.after ? weft_row_data(t, rows.after) : NULL;
		change->columns = rows.before && rows.after
			? differing_columns(t, change->before, change->after)
			: UINT64_MAX;
		t->changed_columns |= change->columns;
	}
	return WEFT_OK;
}

const struct weft_change *weft_table_changes(const struct weft_table *t, size_t *count)
{
	*count = t->change_count;
	return t->changes;
}

/* ---- the end of a transaction ---- */

void weft_table_commit(struct weft_table *t)
{
	for (size_t i = 0; i < t->changed_count; i++) {
		struct weft_change_rows rows = t->changed[i];
		if (rows.after) {
			struct weft_row *row = weft_row_at(t, rows.after);
			row->flags = WEFT_ROW_LIVE;
			row->mate = row->change = 0;
		}
		if (!rows.before || rows.before == rows.after)
			continue;
		struct weft_row *row = weft_row_at(t, rows.before);
		if (!rows.after)
			weft_slots_remove(&t->primary.slots, row->tag, rows.before);
		unlink_row(t, rows.before);
		row->flags = WEFT_ROW_UNLINKED;
		if (!t->views)
			weft_row_drop_later(t, rows.before);
	}
	t->count[WEFT_OLD] = t->count[WEFT_NEW];
	t->synced_before = t->synced;
}

void weft_table_rollback(struct weft_table *t)
{
	for (size_t i = t->changed_count; i-- > 0;) {
		struct weft_change_rows rows = t->changed[i];
		if (rows.after && rows.after != rows.before) {
			struct weft_row *row = weft_row_at(t, rows.after);
			if (rows.before)
				weft_slots_replace(
					&t->primary.slots, row->tag, rows.after, rows.before);
			else
				weft_slots_remove(&t->primary.slots, row->tag, rows.after);
			unlink_row(t, rows.after);
			weft_row_drop_later(t, rows.after);
		}
		if (rows.before) {
			struct weft_row *row = weft_row_at(t, rows.before);
			row->flags = WEFT_ROW_LIVE;
			row->change = 0;
		}
	}
	for (size_t i = t->undo_count; i-- > 0;)
		*weft_row_support(weft_row_at(t, t->undo[i].row)) = t->undo[i].support;
	t->count[WEFT_NEW] = t->count[WEFT_OLD];
	t->synced = t->synced_before;
}

/* A vector that one great transaction made large does not stay so. */
static void calm(void *items_pointer, size_t *room, size_t used)
{
	void *none = NULL, *items;
	if (*room <= 4096 || used > *room / 8)
		return;
	memcpy(&items, items_pointer, sizeof(items));
	weft_free(items);
	memcpy(items_pointer, &none, sizeof(none));
	*room = 0;
}

void weft_table_forget(struct weft_table *t)
{
	while (t->dropped) {
		uint32_t id = t->dropped;
		t->dropped = weft_row_at(t, id)->mate;
		weft_row_free(t, id);
	}
	calm(&t->changed, &t->changed_room, t->changed_count);
	calm(&t->changes, &t->change_room, t->changed_count);
	calm(&t->undo, &t->undo_room, t->undo_count);
	t->changed_count = t->change_count = t->undo_count = 0;
	t->changed_columns = 0;
	weft_slots_trim(&t->primary.slots);
	for (uint16_t i = 0; i < t->info->index_count; i++)
		weft_slots_trim(&t->indexes[i].slots);
}

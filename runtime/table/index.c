/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * index.c: a chained index: from a 64-bit hash to the rows that stand under it. The hash table
 * holds one slot per hash, the first entry of a doubly linked chain; so a namespace of 10,000 rows
 * costs one slot, and a row leaves in constant time.
 */
#include "engine.h"

#include "base/alloc.h"
#include "base/assert.h"

static struct weft_entry *entry_at(struct weft_index *index, uint32_t id)
{
	return (struct weft_entry *)weft_slab_at(&index->entries, id);
}

static uint32_t *word_of(const struct weft_index *index, uint32_t row)
{
	return &weft_row_words(index->table, weft_row_at(index->table, row))[index->word];
}

enum weft_status weft_index_init(struct weft_index *index, const struct weft_table *table,
	const struct weft_index_info *info, uint16_t word)
{
	*index = (struct weft_index){
		.table = table, .info = info, .word = word, .kind = WEFT_INDEX_CHAINED
	};
	index->entries.stride = sizeof(struct weft_entry);
	if (info->keys || info->column_count == 0)
		return WEFT_OK;
	index->columns = weft_alloc_array(info->column_count, sizeof(*index->columns));
	if (!index->columns)
		return WEFT_NO_MEMORY;
	index->column_count = info->column_count;
	for (size_t i = 0; i < info->column_count; i++) {
		const struct weft_field *field = &table->info->row->fields[info->columns[i]];
		index->columns[i] = (struct weft_column){ field->offset, field->type };
	}
	return WEFT_OK;
}

void weft_index_free(struct weft_index *index)
{
	weft_free(index->columns);
	weft_slots_free(&index->slots);
	weft_slab_free(&index->entries);
}

uint64_t weft_columns_hash(const struct weft_intern *in, const struct weft_column *columns,
	size_t count, const void *row)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < count; i++)
		hash = weft_hash_u64(hash,
			weft_value_hash(
				in, columns[i].type, (const char *)row + columns[i].offset));
	return hash;
}

enum weft_status weft_index_key(struct weft_index_emit *emit, uint64_t hash)
{
	for (size_t i = 0; i < emit->count; i++)
		if (emit->hashes[i] == hash)
			return WEFT_OK;
	if (!weft_grow(&emit->hashes, &emit->room, emit->count + 1, sizeof(*emit->hashes)))
		return WEFT_NO_MEMORY;
	emit->hashes[emit->count++] = hash;
	return WEFT_OK;
}

uint32_t weft_index_head(const struct weft_index *index, uint64_t hash)
{
	uint32_t state = 0;
	for (uint32_t id; (id = weft_slots_find(&index->slots, weft_slot_tag(hash), &state)) != 0;)
		if (weft_entry_at(index, id)->hash == hash)
			return id;
	return 0;
}

bool weft_index_reserve(struct weft_index *index, size_t entries)
{
	return weft_slots_reserve(&index->slots, entries) &&
		weft_slab_reserve(&index->entries, (uint32_t)entries);
}

/* A new entry goes behind the head, so the slot stays as it is. */
enum weft_status weft_index_insert(struct weft_index *index, uint32_t row, uint64_t hash)
{
	if (!weft_index_reserve(index, 1))
		return WEFT_NO_MEMORY;
	uint32_t id = weft_slab_take(&index->entries), head = weft_index_head(index, hash);
	uint32_t *word = word_of(index, row);
	struct weft_entry *entry = entry_at(index, id);
	*entry = (struct weft_entry){ .hash = hash, .row = row, .prev = head, .more = *word };
	*word = id;
	if (!head) {
		weft_slots_insert(&index->slots, weft_slot_tag(hash), id);
		return WEFT_OK;
	}
	entry->next = entry_at(index, head)->next;
	entry_at(index, head)->next = id;
	if (entry->next)
		entry_at(index, entry->next)->prev = id;
	return WEFT_OK;
}

static void unlink_entry(struct weft_index *index, uint32_t id)
{
	struct weft_entry *entry = entry_at(index, id);
	uint32_t tag = weft_slot_tag(entry->hash);
	if (entry->next)
		entry_at(index, entry->next)->prev = entry->prev;
	if (entry->prev)
		entry_at(index, entry->prev)->next = entry->next;
	else if (entry->next)
		weft_slots_replace(&index->slots, tag, id, entry->next);
	else
		weft_slots_remove(&index->slots, tag, id);
	weft_slab_give(&index->entries, id);
}

void weft_index_remove(struct weft_index *index, uint32_t row)
{
	uint32_t *word = word_of(index, row), id = *word;
	*word = 0;
	while (id) {
		uint32_t more = entry_at(index, id)->more;
		unlink_entry(index, id);
		id = more;
	}
}

void weft_index_rename(struct weft_index *index, uint32_t row, uint32_t by)
{
	uint32_t *word = word_of(index, row);
	entry_at(index, *word)->row = by;
	*word_of(index, by) = *word;
	*word = 0;
}

static const void *chain_next(struct weft_cursor *c, const struct weft_index *index)
{
	while (c->next) {
		const struct weft_entry *entry = weft_entry_at(index, c->next);
		c->next = entry->next;
		if (weft_row_visible(weft_row_at(c->table, entry->row), (enum weft_when)c->when))
			return weft_row_data(c->table, entry->row);
	}
	return NULL;
}

static const void *unique_next(struct weft_cursor *c, const struct weft_index *index)
{
	for (uint32_t id;
		(id = weft_slots_find(&index->slots, weft_slot_tag(c->hash), &c->next)) != 0;) {
		const struct weft_row *row = weft_row_at(c->table, id);
		if (weft_row_visible(row, (enum weft_when)c->when))
			return weft_row_data(c->table, id);
		if (row->mate && c->when == WEFT_OLD)
			return weft_row_data(c->table, row->mate);
	}
	return NULL;
}

static const void *all_next(struct weft_cursor *c)
{
	while (c->next < c->table->rows.high) {
		const struct weft_row *row = weft_row_at(c->table, ++c->next);
		if ((row->flags & WEFT_ROW_LIVE) && weft_row_visible(row, (enum weft_when)c->when))
			return weft_row_data(c->table, c->next);
	}
	return NULL;
}

const void *weft_cursor_next(struct weft_cursor *c)
{
	const struct weft_index *index = c->index;
	if (!index)
		return all_next(c);
	return index->kind == WEFT_INDEX_UNIQUE ? unique_next(c, index) : chain_next(c, index);
}

const void *weft_table_first(struct weft_cursor *c, const struct weft_table *t, enum weft_when when)
{
	*c = (struct weft_cursor){ .table = t, .when = (uint8_t)when };
	return all_next(c);
}

const void *weft_index_first(struct weft_cursor *c, const struct weft_table *t, unsigned number,
	enum weft_when when, uint64_t hash)
{
	const struct weft_index *index = number == WEFT_PRIMARY ? &t->primary : &t->indexes[number];
	*c = (struct weft_cursor){
		.table = t, .index = index, .hash = hash, .when = (uint8_t)when
	};
	if (index->kind == WEFT_INDEX_UNIQUE)
		return unique_next(c, index);
	c->next = weft_index_head(index, hash);
	return chain_next(c, index);
}

enum weft_status weft_index_hashes(
	const struct weft_index *index, const void *row, struct weft_index_emit *emit)
{
	emit->count = 0;
	if (index->info->keys)
		return index->info->keys(
			weft_engine_program(index->table->engine), index->table->intern, row, emit);
	return weft_index_key(emit,
		weft_columns_hash(index->table->intern, index->columns, index->column_count, row));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * view.c: what workers read. Rows are immutable once committed, so both sides share the engine's
 * slabs: a side is its own set of indexes over row ids, and a removed row is freed when neither
 * side shows it. One log of insertions and removals feeds both: the side that nobody pins catches
 * up, the flip publishes it, the other one follows at the next commit.
 *
 * While a worker pins the older side, commits only write the log. Whatever happens to a key
 * meanwhile is one entry, so its length is bounded by the keys that changed, not by the commits.
 * Prepare takes all memory; apply cannot fail.
 */
#include "view.h"

#include "base/alloc.h"
#include "base/assert.h"

static unsigned current_side(const struct weft_views *v)
{
	return atomic_load_explicit(
		&v->current, memory_order_relaxed); /* only this thread writes it */
}

static bool is_free(const struct weft_views *v, unsigned side)
{
	for (size_t i = 0; i < v->reader_count; i++)
		if (atomic_load(&v->readers[i]->pinned) == side + 1)
			return false;
	return true;
}

static uint32_t *log_word(const struct weft_table *t, uint32_t row)
{
	return &weft_row_words(t, weft_row_at(t, row))[t->word_count - 1];
}

static uint64_t log_end(const struct weft_views *v)
{
	return v->log_start + v->log_count;
}

/* ---- keys for live revocation ---- */

static void add_key(struct weft_views *v, uint32_t table, uint32_t index, uint64_t hash)
{
	if (v->keys_all)
		return;
	if (v->key_count >= WEFT_VIEW_KEYS_MAX ||
		!weft_grow(&v->keys, &v->key_room, v->key_count + 1, sizeof(*v->keys))) {
		v->keys_all = true;
		return;
	}
	v->keys[v->key_count++] = (struct weft_view_key){ table, index, hash };
}

/* The keys under which the side shows the row. */
static void add_row_keys(
	struct weft_views *v, const struct weft_table *t, unsigned side, uint32_t row)
{
	if (v->key_table != t->number + 1)
		add_key(v, t->number, WEFT_EACH, 0);
	v->key_table = t->number + 1;
	add_key(v, t->number, WEFT_PRIMARY, weft_table_hash(t, weft_row_data(t, row)));
	for (uint16_t i = 0; i < t->info->index_count; i++) {
		const struct weft_index *index = &t->views[side].indexes[i];
		uint32_t id = weft_row_words(t, weft_row_at(t, row))[index->word];
		for (; id; id = weft_entry_at(index, id)->more)
			add_key(v, t->number, i, weft_entry_at(index, id)->hash);
	}
}

/* ---- a side follows the log ---- */

/* Where the hashes of a row stand: in the engine's indexes, or, when the engine has removed it
 * meanwhile, on the other side, which still shows it (or the entries of the log would have become
 * one). */
static const struct weft_index *hashes_of(const struct weft_table *t, unsigned side, uint32_t row)
{
	return weft_row_at(t, row)->flags & WEFT_ROW_UNLINKED ? t->views[!side].indexes
							      : t->indexes;
}

static uint32_t first_entry(
	const struct weft_table *t, const struct weft_index *index, uint32_t row)
{
	return row ? weft_row_words(t, weft_row_at(t, row))[index->word] : 0;
}

static bool reserve_row(
	const struct weft_table *t, unsigned side, const struct weft_index *from, uint32_t row)
{
	struct weft_view_table *view = &t->views[side];
	for (uint16_t i = 0; i < t->info->index_count; i++) {
		size_t count = 0;
		for (uint32_t id = first_entry(t, &from[i], row); id;
			id = weft_entry_at(&from[i], id)->more)
			count++;
		if (!weft_index_reserve(&view->indexes[i], count))
			return false;
	}
	return weft_slots_reserve(&view->primary.slots, 1);
}

/* Room was reserved. Mostly the columns of an index did not change: then its entry just names the
 * other row. */
static void show_in_index(const struct weft_table *t, struct weft_index *index,
	const struct weft_index *from, uint32_t before, uint32_t after)
{
	uint32_t was = first_entry(t, index, before), is = first_entry(t, from, after);
	if (was && is && weft_entry_at(index, was)->hash == weft_entry_at(from, is)->hash &&
		!weft_entry_at(index, was)->more && !weft_entry_at(from, is)->more) {
		weft_index_rename(index, before, after);
		return;
	}
	if (was)
		weft_index_remove(index, before);
	for (; is; is = weft_entry_at(from, is)->more) {
		enum weft_status status =
			weft_index_insert(index, after, weft_entry_at(from, is)->hash);
		weft_assert(status == WEFT_OK);
	}
}

static enum weft_status show(
	const struct weft_table *t, unsigned side, uint32_t before, uint32_t after)
{
	struct weft_view_table *view = &t->views[side];
	const struct weft_index *from = after ? hashes_of(t, side, after) : t->indexes;
	uint32_t tag = weft_row_at(t, after ? after : before)->tag;
	if (after && !reserve_row(t, side, from, after))
		return WEFT_NO_MEMORY;
	for (uint16_t i = 0; i < t->info->index_count; i++)
		show_in_index(t, &view->indexes[i], &from[i], before, after);
	if (before && after)
		weft_slots_replace(&view->primary.slots, tag, before, after);
	else if (after)
		weft_slots_insert(&view->primary.slots, tag, after);
	else
		weft_slots_remove(&view->primary.slots, tag, before);
	return WEFT_OK;
}

/* Frees what both sides have left behind. */
static void drop_log(struct weft_views *v)
{
	uint64_t done = v->position[0] < v->position[1] ? v->position[0] : v->position[1];
	size_t count = (size_t)(done - v->log_start);
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (v->log[i].before)
			weft_row_free(v->engine->tables[v->log[i].table], v->log[i].before);
	memmove(v->log, v->log + count, (v->log_count - count) * sizeof(*v->log));
	v->log_start = done;
	v->log_count -= count;
	if (v->log_count == 0 && v->log_room > 65536) {
		weft_free(v->log);
		v->log = NULL;
		v->log_room = 0;
	}
}

static enum weft_status catch_up(struct weft_views *v, unsigned side)
{
	for (; v->position[side] < log_end(v); v->position[side]++) {
		struct weft_view_op op = v->log[v->position[side] - v->log_start];
		bool is_news = v->position[side] >= v->position[!side] && v->reader_count > 0;
		const struct weft_table *t = v->engine->tables[op.table];
		if (!op.before && !op.after)
			continue;
		if (op.before && is_news)
			add_row_keys(v, t, side, op.before);
		enum weft_status status = show(t, side, op.before, op.after);
		if (status != WEFT_OK)
			return status;
		if (op.after && is_news)
			add_row_keys(v, t, side, op.after);
	}
	for (unsigned i = 0;
		v->side_version[side] < v->synced_version && i < v->engine->info->table_count; i++)
		if (v->engine->tables[i]->views)
			v->engine->tables[i]->views[side].synced =
				v->engine->tables[i]->synced_before;
	v->side_version[side] = v->engine->version;
	return WEFT_OK;
}

static void flip(struct weft_views *v, unsigned side)
{
	atomic_store(&v->current, side);
	atomic_store(&v->waiting, false);
	for (size_t i = 0; i < v->reader_count; i++)
		weft_reader_tell(v->readers[i], v->keys, v->key_count, v->keys_all);
	v->key_count = 0;
	v->key_table = 0;
	v->keys_all = false;
}

bool weft_engine_publish(struct weft_engine *e)
{
	struct weft_views *v = e->views;
	unsigned side = !current_side(v);
	bool waiting = atomic_load(&v->waiting);
	if (!is_free(v, side) || catch_up(v, side) != WEFT_OK)
		return waiting;
	if (waiting) {
		flip(v, side);
		if (is_free(v, !side) && catch_up(v, !side) != WEFT_OK)
			return false; /* the news is out; what was removed is freed later */
	}
	drop_log(v);
	return false;
}

void weft_engine_on_unblocked(struct weft_engine *e, void (*unblocked)(void *user), void *user)
{
	e->views->unblocked = unblocked;
	e->views->unblocked_user = user;
}

/* ---- a commit ---- */

static bool has_news(const struct weft_table *t)
{
	return t->views && t->change_count > 0;
}

/* Room on `side` for the changes of one table; the engine's own entries say how many a row needs.
 */
static bool reserve_side(const struct weft_table *t, unsigned side)
{
	struct weft_view_table *view = &t->views[side];
	if (!weft_slots_reserve(&view->primary.slots, t->change_count))
		return false;
	for (uint16_t i = 0; i < t->info->index_count; i++) {
		size_t entries = 0;
		for (size_t k = 0; k < t->change_count; k++) {
			if (!t->changes[k].after)
				continue;
			uint32_t id = weft_row_words(t, weft_row_of(t, t->changes[k].after))[i];
			for (; id; id = weft_entry_at(&t->indexes[i], id)->more)
				entries++;
		}
		if (!weft_index_reserve(&view->indexes[i], entries))
			return false;
	}
	return true;
}

/* Empty entries behind both positions go, so that a stuck worker does not let the log grow. */
static void compact_log(struct weft_views *v)
{
	uint64_t from = v->position[0] > v->position[1] ? v->position[0] : v->position[1];
	size_t kept = (size_t)(from - v->log_start);
	if (v->empty * 2 <= v->log_count - kept)
		return;
	for (size_t i = kept; i < v->log_count; i++) {
		struct weft_view_op op = v->log[i];
		if (op.after)
			*log_word(v->engine->tables[op.table], op.after) =
				(uint32_t)(v->log_start + kept);
		if (op.before || op.after)
			v->log[kept++] = op;
	}
	v->log_count = kept;
	v->empty = 0;
}

enum weft_status weft_views_prepare(struct weft_engine *e)
{
	struct weft_views *v = e->views;
	unsigned side = !current_side(v);
	size_t changes = 0;
	v->is_ready = false;
	for (unsigned i = 0; i < e->touched_count; i++)
		changes += has_news(e->touched[i]) ? e->touched[i]->change_count : 0;
	v->has_news = changes > 0 || e->resynced || !e->all_ran;
	if (!v->has_news)
		return WEFT_OK;
	if (is_free(v, side)) {
		enum weft_status status = catch_up(v, side);
		if (status != WEFT_OK)
			return status;
		drop_log(v);
		v->is_ready = true;
	} else {
		compact_log(v);
	}
	if (!weft_grow(&v->log, &v->log_room, v->log_count + changes, sizeof(*v->log)))
		return WEFT_NO_MEMORY;
	for (unsigned i = 0; v->is_ready && i < e->touched_count; i++)
		if (has_news(e->touched[i]) && !reserve_side(e->touched[i], side))
			return WEFT_NO_MEMORY;
	return WEFT_OK;
}

/* The entry that brought `row` into the log, if no side has followed it yet. */
static struct weft_view_op *unseen(
	const struct weft_views *v, const struct weft_table *t, uint32_t row)
{
	uint64_t from = v->position[0] > v->position[1] ? v->position[0] : v->position[1];
	uint64_t at = v->log_start + (uint32_t)(*log_word(t, row) - (uint32_t)v->log_start);
	if (at < from || at >= log_end(v))
		return NULL;
	struct weft_view_op *op = &v->log[at - v->log_start];
	return op->after == row && op->table == t->number ? op : NULL;
}

static void log_change(struct weft_views *v, struct weft_table *t, uint32_t before, uint32_t after)
{
	struct weft_view_op *op = before ? unseen(v, t, before) : NULL;
	if (op) {
		weft_row_drop_later(t, before);
		op->after = after;
		v->empty += !op->before && !after;
	} else {
		op = &v->log[v->log_count++];
		*op = (struct weft_view_op){ before, after, (uint16_t)t->number };
	}
	if (after)
		*log_word(t, after) = (uint32_t)(v->log_start + (uint64_t)(op - v->log));
}

void weft_views_apply(struct weft_engine *e)
{
	struct weft_views *v = e->views;
	if (!v->has_news)
		return;
	if (e->resynced || !e->all_ran)
		v->synced_version = e->version;
	for (unsigned i = 0; i < e->touched_count; i++) {
		struct weft_table *t = e->touched[i];
		for (size_t k = 0; t->views && k < t->changed_count; k++) {
			struct weft_change_rows rows = t->changed[k];
			if (rows.before != rows.after)
				log_change(v, t, rows.before, rows.after);
		}
	}
	if (!v->is_ready) {
		atomic_store(&v->waiting, true);
		weft_engine_publish(
			e); /* the worker may have unpinned just before it could see that we wait */
		return;
	}
	unsigned side = !current_side(v);
	enum weft_status status = catch_up(v, side);
	weft_assert(status == WEFT_OK);
	flip(v, side);
}

/* ---- creation ---- */

static void init_index(struct weft_index *index, const struct weft_table *t,
	enum weft_index_kind kind, size_t word)
{
	*index = (struct weft_index){ .table = t, .kind = (uint8_t)kind, .word = (uint16_t)word };
	index->entries.stride = sizeof(struct weft_entry);
}

static enum weft_status create_table(struct weft_table *t)
{
	uint16_t count = t->info->index_count;
	t->views = weft_alloc_array(2, sizeof(*t->views));
	if (!t->views)
		return WEFT_NO_MEMORY;
	for (unsigned side = 0; side < 2; side++) {
		struct weft_view_table *view = &t->views[side];
		init_index(&view->primary, t, WEFT_INDEX_UNIQUE, 0);
		init_index(&view->all, t, WEFT_INDEX_ALL, 0);
		view->indexes = weft_alloc_array(count, sizeof(*view->indexes));
		if (!view->indexes)
			return WEFT_NO_MEMORY;
		for (uint16_t i = 0; i < count; i++)
			init_index(
				&view->indexes[i], t, WEFT_INDEX_CHAINED, count * (side + 1u) + i);
	}
	return WEFT_OK;
}

enum weft_status weft_views_create(struct weft_engine *e)
{
	e->views = weft_alloc(sizeof(*e->views));
	if (!e->views)
		return WEFT_NO_MEMORY;
	e->views->engine = e;
	atomic_init(&e->views->current, 0);
	atomic_init(&e->views->waiting, false);
	for (unsigned i = 0; i < e->info->table_count; i++) {
		enum weft_status status =
			e->info->tables[i].is_published ? create_table(e->tables[i]) : WEFT_OK;
		if (status != WEFT_OK)
			return status;
	}
	return WEFT_OK;
}

void weft_views_destroy(struct weft_engine *e)
{
	struct weft_views *v = e->views;
	for (unsigned i = 0; v && i < e->info->table_count; i++) {
		struct weft_table *t = e->tables[i];
		for (unsigned side = 0; t->views && side < 2; side++) {
			struct weft_view_table *view = &t->views[side];
			weft_slots_free(&view->primary.slots);
			for (uint16_t k = 0; view->indexes && k < t->info->index_count; k++)
				weft_index_free(&view->indexes[k]);
			weft_free(view->indexes);
		}
		weft_free(t->views);
	}
	if (!v)
		return;
	weft_free(v->log);
	weft_free(v->keys);
	weft_free(v->readers);
	weft_free(v);
	e->views = NULL;
}

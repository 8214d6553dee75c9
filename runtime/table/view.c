/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * view.c: what workers read. Rows are immutable once committed, so both sides share the engine's slabs: a side is its
 * own set of indexes over row ids, and a removed row is freed when neither side shows it. One log of insertions and
 * removals feeds both: the side that nobody pins catches up, the flip publishes it, the other one follows at the next
 * commit.
 *
 * While a worker pins the older side, commits only write the log. What came and went meanwhile cancels in it, so its
 * length is bounded by the keys that changed, not by the commits. Prepare takes all memory; apply cannot fail.
 */
#include "view.h"

#include "base/alloc.h"
#include "base/assert.h"

static unsigned current_side(const struct weft_views *v)
{
	return atomic_load_explicit(&v->current, memory_order_relaxed); /* only this thread writes it */
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
	if (v->key_count >= WEFT_VIEW_KEYS_MAX || !weft_grow(&v->keys, &v->key_room, v->key_count + 1, sizeof(*v->keys))) {
		v->keys_all = true;
		return;
	}
	v->keys[v->key_count++] = (struct weft_view_key){ table, index, hash };
}

/* The keys under which the side shows the row. */
static void add_row_keys(struct weft_views *v, const struct weft_table *t, unsigned side, uint32_t row)
{
	if (v->reader_count == 0)
		return;
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

static enum weft_status show_row(const struct weft_table *t, unsigned side, uint32_t row)
{
	struct weft_view_table *view = &t->views[side];
	const struct weft_row *head = weft_row_at(t, row);
	/* A row that the engine has removed meanwhile is still shown by the other side, or its log entries had cancelled. */
	const struct weft_index *from = head->flags & WEFT_ROW_UNLINKED ? t->views[!side].indexes : t->indexes;
	if (!weft_slots_reserve(&view->primary.slots, 1))
		return WEFT_NO_MEMORY;
	for (uint16_t i = 0; i < t->info->index_count; i++) {
		uint32_t id = weft_row_words(t, weft_row_at(t, row))[from[i].word];
		for (; id; id = weft_entry_at(&from[i], id)->more) {
			enum weft_status status = weft_index_insert(&view->indexes[i], row, weft_entry_at(&from[i], id)->hash);
			if (status == WEFT_OK)
				continue;
			for (uint16_t k = 0; k <= i; k++)
				weft_index_remove(&view->indexes[k], row);
			return status;
		}
	}
	weft_slots_insert(&view->primary.slots, head->tag, row);
	return WEFT_OK;
}

static void hide_row(const struct weft_table *t, unsigned side, uint32_t row)
{
	struct weft_view_table *view = &t->views[side];
	weft_slots_remove(&view->primary.slots, weft_row_at(t, row)->tag, row);
	for (uint16_t i = 0; i < t->info->index_count; i++)
		weft_index_remove(&view->indexes[i], row);
}

/* Frees what both sides have left behind. */
static void drop_log(struct weft_views *v)
{
	uint64_t done = v->position[0] < v->position[1] ? v->position[0] : v->position[1];
	size_t count = (size_t)(done - v->log_start);
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (v->log[i].kind == WEFT_VIEW_REMOVE)
			weft_row_free(v->engine->tables[v->log[i].table], v->log[i].row);
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
		bool is_news = v->position[side] >= v->position[!side];
		const struct weft_table *t = v->engine->tables[op.table];
		if (op.kind == WEFT_VIEW_INSERT) {
			enum weft_status status = show_row(t, side, op.row);
			if (status != WEFT_OK)
				return status;
		}
		if (op.kind != WEFT_VIEW_NOTHING && is_news)
			add_row_keys(v, t, side, op.row);
		if (op.kind == WEFT_VIEW_REMOVE)
			hide_row(t, side, op.row);
	}
	for (unsigned i = 0; v->side_version[side] < v->synced_version && i < v->engine->info->table_count; i++)
		if (v->engine->tables[i]->views)
			v->engine->tables[i]->views[side].synced = v->engine->tables[i]->synced_before;
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

/* Room on `side` for the changes of one table; the engine's own entries say how many a row needs. */
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

/* Cancelled entries behind both positions go, so that a stuck worker does not let the log grow. */
static void compact_log(struct weft_views *v)
{
	uint64_t from = v->position[0] > v->position[1] ? v->position[0] : v->position[1];
	size_t kept = (size_t)(from - v->log_start);
	if (v->cancelled * 2 <= v->log_count - kept)
		return;
	for (size_t i = kept; i < v->log_count; i++) {
		if (v->log[i].kind == WEFT_VIEW_NOTHING)
			continue;
		if (v->log[i].kind == WEFT_VIEW_INSERT)
			*log_word(v->engine->tables[v->log[i].table], v->log[i].row) = (uint32_t)(v->log_start + kept);
		v->log[kept++] = v->log[i];
	}
	v->log_count = kept;
	v->cancelled = 0;
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
	if (!weft_grow(&v->log, &v->log_room, v->log_count + 2 * changes, sizeof(*v->log)))
		return WEFT_NO_MEMORY;
	for (unsigned i = 0; v->is_ready && i < e->touched_count; i++)
		if (has_news(e->touched[i]) && !reserve_side(e->touched[i], side))
			return WEFT_NO_MEMORY;
	return WEFT_OK;
}

static void log_removal(struct weft_views *v, struct weft_table *t, uint32_t row)
{
	uint64_t from = v->position[0] > v->position[1] ? v->position[0] : v->position[1];
	for (uint64_t at = v->log_start + (uint32_t)(*log_word(t, row) - (uint32_t)v->log_start); at >= from &&
		at < log_end(v);) {
		struct weft_view_op *op = &v->log[at - v->log_start];
		if (op->kind != WEFT_VIEW_INSERT || op->row != row || op->table != t->number)
			break;
		op->kind = WEFT_VIEW_NOTHING; /* no side has shown it */
		v->cancelled++;
		weft_row_drop_later(t, row);
		return;
	}
	v->log[v->log_count++] = (struct weft_view_op){ row, (uint16_t)t->number, WEFT_VIEW_REMOVE };
}

static void log_insertion(struct weft_views *v, const struct weft_table *t, uint32_t row)
{
	*log_word(t, row) = (uint32_t)log_end(v);
	v->log[v->log_count++] = (struct weft_view_op){ row, (uint16_t)t->number, WEFT_VIEW_INSERT };
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
			if (rows.before == rows.after)
				continue;
			if (rows.before)
				log_removal(v, t, rows.before);
			if (rows.after)
				log_insertion(v, t, rows.after);
		}
	}
	if (!v->is_ready) {
		atomic_store(&v->waiting, true);
		weft_engine_publish(e); /* the worker may have unpinned just before it could see that we wait */
		return;
	}
	unsigned side = !current_side(v);
	enum weft_status status = catch_up(v, side);
	weft_assert(status == WEFT_OK);
	flip(v, side);
}

/* ---- creation ---- */

static void init_index(struct weft_index *index, const struct weft_table *t, enum weft_index_kind kind, size_t word)
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
			init_index(&view->indexes[i], t, WEFT_INDEX_CHAINED, count * (side + 1u) + i);
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
		enum weft_status status = e->info->tables[i].is_published ? create_table(e->tables[i]) : WEFT_OK;
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

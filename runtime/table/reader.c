/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * reader.c: a worker's end of the views. Pinning is two atomic stores and a look whether the engine
 * flipped in between; reading takes no lock. The list of changed keys is taken before the pin: keys
 * of a flip that the pinned side does not show yet would be judged on old rows and lost.
 */
#include "view.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/list.h"

enum weft_status weft_reader_create(
	struct weft_engine *e, void (*wake)(void *user), void *user, struct weft_reader **reader)
{
	struct weft_views *v = e->views;
	if (!weft_grow(&v->readers, &v->reader_room, v->reader_count + 1,
		    sizeof(struct weft_reader *)))
		return WEFT_NO_MEMORY;
	struct weft_reader *r = *reader = weft_alloc(sizeof(*r));
	if (!r)
		return WEFT_NO_MEMORY;
	r->views = v;
	r->wake = wake;
	r->user = user;
	atomic_init(&r->pinned, 0);
	atomic_init(&r->has_news, false);
	pthread_mutex_init(&r->lock, NULL);
	v->readers[v->reader_count++] = r;
	return WEFT_OK;
}

void weft_reader_destroy(struct weft_reader *r)
{
	if (!r)
		return;
	struct weft_views *v = r->views;
	for (size_t i = 0; i < v->reader_count; i++)
		if (v->readers[i] == r)
			v->readers[i--] = v->readers[--v->reader_count];
	pthread_mutex_destroy(&r->lock);
	weft_free(r->news.items);
	weft_free(r->taken.items);
	weft_free(r);
}

void weft_reader_tell(
	struct weft_reader *r, const struct weft_view_key *keys, size_t count, bool all)
{
	struct weft_view_keys *news = &r->news;
	pthread_mutex_lock(&r->lock);
	all = all || news->count + count > WEFT_VIEW_KEYS_MAX;
	if (!all && !news->all &&
		weft_grow(&news->items, &news->room, news->count + count, sizeof(*keys))) {
		if (count)
			memcpy(news->items + news->count, keys, count * sizeof(*keys));
		news->count += count;
	} else {
		news->all = true;
		news->count = 0;
	}
	pthread_mutex_unlock(&r->lock);
	atomic_store(&r->has_news, true);
	if (r->wake)
		r->wake(r->user);
}

static void take_news(struct weft_reader *r)
{
	r->taken.count = 0;
	r->taken.all = false;
	if (!atomic_exchange(&r->has_news, false))
		return;
	pthread_mutex_lock(&r->lock);
	struct weft_view_keys news = r->news;
	r->news = r->taken;
	r->taken = news;
	pthread_mutex_unlock(&r->lock);
}

void weft_reader_pin(struct weft_reader *r)
{
	unsigned side = atomic_load(&r->views->current);
	take_news(r);
	for (;;) {
		atomic_store(&r->pinned, side + 1);
		unsigned now = atomic_load(&r->views->current);
		if (now == side)
			break;
		side = now;
	}
	r->side = side;
}

void weft_reader_unpin(struct weft_reader *r)
{
	struct weft_views *v = r->views;
	atomic_store(&r->pinned, 0);
	if (atomic_load(&v->waiting) && v->unblocked)
		v->unblocked(v->unblocked_user);
}

const struct weft_view_key *weft_reader_changes(struct weft_reader *r, size_t *count, bool *all)
{
	*count = r->taken.count;
	*all = r->taken.all;
	return r->taken.items;
}

uint64_t weft_reader_version(const struct weft_reader *r)
{
	return r->views->side_version[r->side];
}

const struct weft_intern *weft_reader_intern(const struct weft_reader *r)
{
	return r->views->engine->intern;
}

static const struct weft_view_table *view_of(const struct weft_reader *r, unsigned table)
{
	const struct weft_table *t = r->views->engine->tables[table];
	weft_assert(t->views && atomic_load_explicit(&r->pinned, memory_order_relaxed));
	return &t->views[r->side];
}

size_t weft_view_count(struct weft_reader *r, unsigned table)
{
	return view_of(r, table)->primary.slots.count;
}

bool weft_view_is_synced(struct weft_reader *r, unsigned table)
{
	return view_of(r, table)->synced;
}

const void *weft_view_next(struct weft_view_cursor *c)
{
	const struct weft_index *index = c->view;
	uint32_t row = 0;
	if (!index)
		return NULL;
	if (index->kind == WEFT_INDEX_UNIQUE) {
		row = weft_slots_find(&index->slots, weft_slot_tag(c->hash), &c->next);
	} else if (index->kind == WEFT_INDEX_ALL) {
		const struct weft_view_table *view =
			(const struct weft_view_table *)(const void *)((const char *)index -
				offsetof(struct weft_view_table, all));
		row = weft_slots_each(&view->primary.slots, &c->next);
	} else if (c->next) {
		const struct weft_entry *entry = weft_entry_at(index, c->next);
		row = entry->row;
		c->next = entry->next;
	}
	return row ? weft_row_data(index->table, row) : NULL;
}

const void *weft_view_first(struct weft_view_cursor *c, struct weft_reader *r, unsigned table,
	unsigned number, uint64_t hash)
{
	const struct weft_view_table *view = view_of(r, table);
	const struct weft_index *index =
		number == WEFT_PRIMARY ? &view->primary : &view->indexes[number];
	*c = (struct weft_view_cursor){ .view = index, .hash = hash };
	if (index->kind == WEFT_INDEX_CHAINED)
		c->next = weft_index_head(index, hash);
	return weft_view_next(c);
}

const void *weft_view_each(struct weft_view_cursor *c, struct weft_reader *r, unsigned table)
{
	*c = (struct weft_view_cursor){ .view = &view_of(r, table)->all };
	return weft_view_next(c);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * embed.c: what the functions of a generated header stand on (abi/embed.h): rows of the application
 * go in, also from inside of a watcher, where they wait for the next transaction; rows of the
 * program come out, and live until the next turn.
 */
#include <weft/abi/embed.h>

#include "base/alloc.h"
#include "mesh/sources.h"

/* One call of an application's watcher function for one table. */
struct weft_embed_watch {
	struct weft_embed_watch *next;
	struct weft_program_head *head;
	struct weft_embed *embed;
	weft_embed_fn *callback;
	weft_watch_fn *changed;
	unsigned table;
};

/* A row that waits for the next transaction; it holds its values until then. */
struct weft_embed_change {
	struct weft_embed_change *next;
	struct weft_embed *embed;
	struct weft_program_head *head;
	unsigned table;
	bool is_delete;
	bool is_synced;
	char row[];
};

/* ---- memory ---- */

struct weft_scope *weft_embed_memory(struct weft_program_head *head, struct weft_embed *embed)
{
	if (!embed->is_open)
		weft_scope_of_default(&embed->memory, head, weft_engine_intern(head->engine));
	embed->is_open = true;
	return &embed->memory;
}

void weft_embed_release(struct weft_embed *embed)
{
	if (embed->is_open && embed->calls == 0) {
		(void)weft_scope_end(&embed->memory);
		embed->is_open = false;
	}
}

void weft_embed_taking(struct weft_scope *w, struct weft_program_head *head)
{
	weft_scope_of_default(w, head, weft_engine_intern(head->engine));
}

/* ---- what comes in ---- */

static const struct weft_type *row_type(struct weft_program_head *head, unsigned table)
{
	return head->info->engine->tables[table].row;
}

static enum weft_status apply(
	struct weft_program_head *head, unsigned table, const void *row, bool is_delete)
{
	enum weft_status status = is_delete ? weft_engine_delete(head->engine, table, row)
					    : weft_engine_put(head->engine, table, row);
	return is_delete && status == WEFT_NOT_FOUND ? WEFT_OK : status;
}

static enum weft_status apply_change(const struct weft_embed_change *c)
{
	return c->is_synced ? weft_source_synced(c->head->engine, c->head->info, c->table)
			    : apply(c->head, c->table, c->row, c->is_delete);
}

static void drop_changes(struct weft_program_head *head, struct weft_embed *embed)
{
	while (embed->first) {
		struct weft_embed_change *c = embed->first;
		embed->first = c->next;
		if (!c->is_synced)
			weft_value_release(
				weft_engine_intern(head->engine), row_type(head, c->table), c->row);
		weft_free(c);
	}
	embed->last = NULL;
}

/* In the instance's thread, at the turn behind the callback. */
static void apply_waiting(void *program)
{
	struct weft_embed_change *first = program; /* the first one knows whose it is */
	struct weft_embed *embed = first->embed;
	struct weft_program_head *head = first->head;
	if (embed->first != first)
		return;
	enum weft_status status = weft_engine_begin(head->engine);
	for (struct weft_embed_change *c = embed->first; c && status == WEFT_OK; c = c->next)
		status = apply_change(c);
	if (status == WEFT_OK)
		status = weft_engine_commit(head->engine);
	else if (weft_engine_in_transaction(head->engine))
		weft_engine_rollback(head->engine);
	drop_changes(head, embed);
}

static enum weft_status wait_for_next(struct weft_program_head *head, struct weft_embed *embed,
	unsigned table, const void *row, bool is_delete, bool is_synced)
{
	const struct weft_type *type = row_type(head, table);
	struct weft_embed_change *c = weft_alloc(sizeof(*c) + type->size);
	if (!c)
		return WEFT_NO_MEMORY;
	*c = (struct weft_embed_change){ .embed = embed,
		.head = head,
		.table = table,
		.is_delete = is_delete,
		.is_synced = is_synced };
	if (!is_synced) {
		memcpy(c->row, row, type->size);
		weft_value_retain(weft_engine_intern(head->engine), type, c->row);
	}
	if (embed->last)
		embed->last->next = c;
	else
		embed->first = c;
	embed->last = c;
	return embed->first == c ? weft_post(head, apply_waiting, c) : WEFT_OK;
}

static enum weft_status change(struct weft_program_head *head, struct weft_embed *embed,
	unsigned table, const void *row, bool is_delete, bool is_synced)
{
	if (embed->calls || embed->first)
		return wait_for_next(head, embed, table, row, is_delete, is_synced);
	bool is_open = weft_engine_in_transaction(head->engine);
	enum weft_status status = is_open ? WEFT_OK : weft_engine_begin(head->engine);
	if (status != WEFT_OK)
		return status;
	status = is_synced ? weft_source_synced(head->engine, head->info, table)
			   : apply(head, table, row, is_delete);
	if (is_open)
		return status;
	if (status == WEFT_OK)
		return weft_engine_commit(head->engine);
	weft_engine_rollback(head->engine);
	return status;
}

enum weft_status weft_embed_put(
	struct weft_program_head *head, struct weft_embed *embed, unsigned table, const void *row)
{
	return change(head, embed, table, row, false, false);
}

enum weft_status weft_embed_delete(
	struct weft_program_head *head, struct weft_embed *embed, unsigned table, const void *key)
{
	return change(head, embed, table, key, true, false);
}

enum weft_status weft_embed_synced(
	struct weft_program_head *head, struct weft_embed *embed, unsigned table)
{
	return change(head, embed, table, NULL, false, true);
}

/* ---- watchers ---- */

enum weft_status weft_embed_add_watch(struct weft_program_head *head, struct weft_embed *embed,
	unsigned table, weft_watch_fn *changed, weft_embed_fn *callback)
{
	struct weft_embed_watch *watch = weft_alloc(sizeof(*watch));
	if (!watch)
		return WEFT_NO_MEMORY;
	*watch = (struct weft_embed_watch){ .head = head,
		.embed = embed,
		.callback = callback,
		.changed = changed,
		.table = table };
	enum weft_status status = weft_engine_watch(head->engine, table, changed, watch);
	if (status != WEFT_OK) {
		weft_free(watch);
		return status;
	}
	watch->next = embed->watches;
	embed->watches = watch;
	const struct weft_table *t = weft_engine_table(head->engine, table);
	struct weft_cursor at;
	for (const void *row = weft_table_first(&at, t, WEFT_NEW); row;
		row = weft_cursor_next(&at)) {
		struct weft_change present = { .after = row, .columns = UINT64_MAX };
		changed(watch, t, &present, 1);
	}
	return WEFT_OK;
}

void weft_embed_remove_watch(struct weft_program_head *head, struct weft_embed *embed,
	unsigned table, weft_embed_fn *callback)
{
	for (struct weft_embed_watch **at = &embed->watches; *at; at = &(*at)->next) {
		struct weft_embed_watch *watch = *at;
		if (watch->table != table || watch->callback != callback)
			continue;
		weft_engine_unwatch(head->engine, table, watch->changed, watch);
		*at = watch->next;
		weft_free(watch);
		return;
	}
}

weft_embed_fn *weft_embed_callback(void *watch)
{
	return ((struct weft_embed_watch *)watch)->callback;
}

struct weft_scope *weft_embed_enter(void *user, void **program)
{
	struct weft_embed_watch *watch = user;
	*program = watch->head;
	struct weft_scope *w = weft_embed_memory(watch->head, watch->embed);
	watch->embed->calls++;
	return w;
}

void weft_embed_leave(void *watch)
{
	((struct weft_embed_watch *)watch)->embed->calls--;
}

void weft_embed_end(struct weft_program_head *head, struct weft_embed *embed)
{
	while (embed->watches) {
		struct weft_embed_watch *watch = embed->watches;
		embed->watches = watch->next;
		weft_engine_unwatch(head->engine, watch->table, watch->changed, watch);
		weft_free(watch);
	}
	drop_changes(head, embed);
	weft_embed_release(embed);
}

/* ---- values ---- */

void *weft_embed_room(struct weft_scope *w, size_t size)
{
	static const char zero[WEFT_SCOPE_ZERO];
	if (size > sizeof(zero)) { /* copied piece by piece is not worth a second way: one more
				      allocation */
		void *large = weft_alloc(size);
		const void *copy = large ? weft_scope_copy(w, large, size) : NULL;
		weft_free(large);
		return w->status == WEFT_OK ? (void *)(uintptr_t)copy : NULL;
	}
	const void *p = weft_scope_copy(w, zero, size ? size : 1);
	return w->status == WEFT_OK ? (void *)(uintptr_t)p : NULL;
}

struct weft_pairs weft_public_labels(struct weft_scope *w, weft_id id)
{
	struct weft_list labels = weft_list_of(w->intern, id);
	struct weft_pairs pairs = { NULL, 0 };
	struct weft_pair *items =
		labels.count ? weft_embed_room(w, labels.count * sizeof(*items)) : NULL;
	if (!items)
		return pairs;
	for (size_t i = 0; i < labels.count; i++) {
		const struct weft_label *label = (const struct weft_label *)labels.items + i;
		items[i] = (struct weft_pair){ weft_text_of(w->intern, label->key),
			weft_text_of(w->intern, label->value) };
	}
	return (struct weft_pairs){ items, labels.count };
}

static struct weft_match public_match(struct weft_scope *w, const struct weft_requirement *r)
{
	struct weft_list values = weft_list_of(w->intern, r->values);
	struct weft_match match = { .key = weft_text_of(w->intern, r->key), .op = r->op };
	struct weft_text *texts =
		values.count ? weft_embed_room(w, values.count * sizeof(*texts)) : NULL;
	for (size_t i = 0; texts && i < values.count; i++)
		texts[i] = weft_text_of(w->intern, ((const weft_id *)values.items)[i]);
	match.values = texts;
	match.value_count = texts ? values.count : 0;
	return match;
}

struct weft_label_selector weft_public_selector(struct weft_scope *w, struct weft_selector selector)
{
	struct weft_label_selector shown = { .kind = selector.kind };
	struct weft_list list = weft_list_of(
		w->intern, selector.kind == WEFT_SELECTOR_MATCH ? selector.requirements : 0);
	struct weft_match *items =
		list.count ? weft_embed_room(w, list.count * sizeof(*items)) : NULL;
	for (size_t i = 0; items && i < list.count; i++)
		items[i] = public_match(w, (const struct weft_requirement *)list.items + i);
	shown.items = items;
	shown.count = items ? list.count : 0;
	return shown;
}

/* RFC 3629: no overlong form, no surrogate, none above 10FFFF. */
static bool is_utf8(struct weft_text t)
{
	const unsigned char *s = (const unsigned char *)t.data, *end = s + t.size;
	while (s < end) {
		unsigned more = *s < 0x80         ? 0
			: *s >= 0xc2 && *s < 0xe0 ? 1
			: *s >= 0xe0 && *s < 0xf0 ? 2
			: *s >= 0xf0 && *s < 0xf5 ? 3
						  : 4;
		if (more == 4 || (size_t)(end - s) <= more)
			return false;
		if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
			(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
			return false;
		for (s++; more; more--, s++) {
			if ((*s & 0xc0) != 0x80)
				return false;
		}
	}
	return true;
}

bool weft_take_text(struct weft_scope *w, struct weft_text text, weft_id *id)
{
	if (!is_utf8(text))
		return false;
	*id = weft_keep_text(w, text);
	return w->status == WEFT_OK;
}

static bool taken(struct weft_scope *w, enum weft_status status)
{
	if (status != WEFT_OK && status != WEFT_INVALID && w->status == WEFT_OK)
		w->status = status;
	return status == WEFT_OK;
}

bool weft_take_labels(struct weft_scope *w, struct weft_pairs pairs, weft_id *id)
{
	struct weft_label *labels = weft_embed_room(w, pairs.count * sizeof(*labels));
	*id = 0;
	for (size_t i = 0; labels && i < pairs.count; i++) {
		if (!weft_take_text(w, pairs.items[i].key, &labels[i].key) ||
			!weft_take_text(w, pairs.items[i].value, &labels[i].value))
			return false;
	}
	return labels && taken(w, weft_intern_put_labels(w->maker, labels, pairs.count, id));
}

static bool take_match(
	struct weft_scope *w, const struct weft_match *match, struct weft_requirement *r)
{
	weft_id *values = weft_embed_room(w, match->value_count * sizeof(*values));
	if (!values || match->op > WEFT_DOES_NOT_EXIST || !weft_take_text(w, match->key, &r->key))
		return false;
	r->op = match->op;
	for (size_t i = 0; i < match->value_count; i++) {
		if (!weft_take_text(w, match->values[i], &values[i]))
			return false;
	}
	return taken(w, weft_intern_put_texts(w->maker, values, match->value_count, &r->values));
}

bool weft_take_selector(
	struct weft_scope *w, struct weft_label_selector given, struct weft_selector *selector)
{
	*selector = (struct weft_selector){ .kind = given.kind };
	if (given.kind != WEFT_SELECTOR_MATCH)
		return given.kind == WEFT_SELECTOR_EVERYTHING ||
			given.kind == WEFT_SELECTOR_NOTHING;
	struct weft_requirement *all = weft_embed_room(w, given.count * sizeof(*all));
	if (!all || given.count == 0)
		return false;
	for (size_t i = 0; i < given.count; i++) {
		if (!take_match(w, &given.items[i], &all[i]))
			return false;
	}
	return taken(w, weft_intern_put_selector(w->maker, all, given.count, selector));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * scope.c: the surroundings of an expression (abi/scope.h): memory for computed text and lists,
 * taken from the transaction, from the connection's step, or, where there is neither, from blocks
 * that end with the scope.
 */
#include <weft/abi/scope.h>

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

struct block {
	struct block *next;
};

static const uint64_t zeroes[WEFT_SCOPE_ZERO / 8];

void weft_scope_of_engine(struct weft_scope *w, const void *program, struct weft_engine *engine)
{
	memset(w, 0, sizeof(*w));
	w->program = program;
	w->engine = engine;
	w->maker = weft_engine_intern(engine);
	w->intern = w->maker;
}

void weft_scope_of_conn(struct weft_scope *w, struct weft_conn *conn)
{
	memset(w, 0, sizeof(*w));
	w->program = conn->program;
	w->conn = conn;
	w->intern = weft_reader_intern(conn->reader);
}

void weft_scope_of_default(struct weft_scope *w, const void *program, struct weft_intern *intern)
{
	memset(w, 0, sizeof(*w));
	w->program = program;
	w->maker = intern;
	w->intern = intern;
}

enum weft_status weft_scope_end(struct weft_scope *w)
{
	while (w->blocks) {
		struct block *b = w->blocks;
		w->blocks = b->next;
		weft_free(b);
	}
	return w->status;
}

/* NULL, and the status set, when memory ran out. */
static void *room(struct weft_scope *w, size_t size)
{
	void *p = NULL;
	if (w->engine) {
		p = weft_scratch(w->engine, size);
	} else if (w->conn) {
		p = weft_conn_scratch(w->conn, size);
	} else {
		struct block *b = weft_alloc(sizeof(*b) + size);
		if (b) {
			b->next = w->blocks;
			w->blocks = b;
			p = b + 1;
		}
	}
	if (p == NULL && w->status == WEFT_OK)
		w->status = WEFT_NO_MEMORY;
	return p;
}

const void *weft_scope_copy(struct weft_scope *w, const void *bytes, size_t size)
{
	void *p = room(w, size);
	return p ? memcpy(p, bytes, size) : zeroes;
}

/* ---- text ---- */

struct weft_text weft_join(struct weft_scope *w, const struct weft_text *parts, size_t count)
{
	struct weft_text whole = { "", 0 };
	size_t size = 0;
	for (size_t i = 0; i < count; i++)
		size += parts[i].size;
	char *p = room(w, size + 1);
	if (p == NULL)
		return whole;
	whole.data = p;
	whole.size = size;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].size)
			memcpy(p, parts[i].data, parts[i].size);
		p += parts[i].size;
	}
	*p = 0;
	return whole;
}

static struct weft_text taken(struct weft_scope *w, struct weft_buffer *b)
{
	struct weft_text part = { b->data, b->size };
	if (b->failed) {
		part.size = 0;
		w->status = WEFT_NO_MEMORY;
	}
	struct weft_text text = weft_join(w, &part, 1);
	weft_buffer_free(b);
	return text;
}

struct weft_text weft_show(struct weft_scope *w, const struct weft_type *type, const void *value)
{
	struct weft_buffer b = { 0 };
	weft_format_value(&b, w->intern, type, value);
	return taken(w, &b);
}

struct weft_text weft_show_int(struct weft_scope *w, int64_t value)
{
	char digits[24];
	struct weft_text part = { digits,
		(size_t)snprintf(digits, sizeof(digits), "%lld", (long long)value) };
	return weft_join(w, &part, 1);
}

struct weft_text weft_show_list(
	struct weft_scope *w, const struct weft_type *type, struct weft_list list)
{
	struct weft_buffer b = { 0 };
	const struct weft_type *item = type->item;
	weft_buffer_add(&b, "[", 1);
	for (size_t i = 0; item && i < list.count; i++) {
		if (i)
			weft_buffer_add(&b, ", ", 2);
		weft_format_value(&b, w->intern, item, (const char *)list.items + i * item->size);
	}
	weft_buffer_add(&b, "]", 1);
	return taken(w, &b);
}

/* ---- interning ---- */

static weft_id kept(struct weft_scope *w, enum weft_status status, weft_id id)
{
	if (status == WEFT_OK)
		return id;
	if (w->status == WEFT_OK)
		w->status = status;
	return 0;
}

weft_id weft_keep_text(struct weft_scope *w, struct weft_text text)
{
	weft_id id = 0;
	enum weft_status status =
		w->maker ? weft_intern_put_text(w->maker, text, &id) : WEFT_UNSUPPORTED;
	return kept(w, status, id);
}

weft_id weft_keep_list(struct weft_scope *w, const struct weft_type *item, struct weft_list list)
{
	weft_id id = 0;
	enum weft_status status = w->maker
		? weft_intern_put_list(w->maker, item, list.items, list.count, &id)
		: WEFT_UNSUPPORTED;
	return kept(w, status, id);
}

weft_id weft_keep_labels(struct weft_scope *w, struct weft_list list)
{
	return weft_keep_list(w, weft_type_labels.item, list);
}

/* ---- lists ---- */

struct weft_list weft_list_copy(struct weft_scope *w, struct weft_list list, size_t item_size)
{
	struct weft_list copy = { NULL, 0 };
	void *p = list.count ? room(w, list.count * item_size) : NULL;
	if (p) {
		copy.items = memcpy(p, list.items, list.count * item_size);
		copy.count = list.count;
	}
	return copy;
}

void weft_list_add(struct weft_scope *w, struct weft_list_builder *b, const void *item)
{
	if (b->list.count == b->room) {
		size_t wanted = b->room ? 2 * b->room : 8;
		char *grown = room(w, wanted * b->item_size);
		if (grown == NULL)
			return;
		if (b->list.count)
			memcpy(grown, b->list.items, b->list.count * b->item_size);
		b->list.items = grown;
		b->room = wanted;
	}
	memcpy((char *)(uintptr_t)b->list.items + b->list.count * b->item_size, item, b->item_size);
	b->list.count++;
}

struct ordering {
	const struct weft_intern *intern;
	const struct weft_type *item;
};

static int canonical(const void *a, const void *b, void *user)
{
	const struct ordering *o = user;
	return weft_value_compare(o->intern, o->item, a, b);
}

struct weft_list weft_scope_sorted(
	struct weft_scope *w, const struct weft_type *item, struct weft_list list)
{
	struct ordering o = { w->intern, item };
	if (list.count > 1)
		qsort_r((void *)(uintptr_t)list.items, list.count, item->size, canonical, &o);
	return list;
}

bool weft_lists_equal(const struct weft_intern *intern, const struct weft_type *item,
	struct weft_list a, struct weft_list b)
{
	bool equal = a.count == b.count;
	for (size_t i = 0; equal && i < a.count; i++)
		equal = weft_value_compare(intern, item, (const char *)a.items + i * item->size,
				(const char *)b.items + i * item->size) == 0;
	return equal;
}

/* An entry of a list sorted by key, NULL when there is none. */
const void *weft_map_get(const struct weft_intern *intern, const struct weft_type *map,
	struct weft_list entries, const void *key)
{
	const struct weft_type *entry = map->item;
	size_t low = 0, high = entries.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *at = (const char *)entries.items + middle * entry->size;
		int order = weft_value_compare(
			intern, entry->fields[0].type, at + entry->fields[0].offset, key);
		if (order == 0)
			return at;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

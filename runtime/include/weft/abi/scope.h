/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * scope.h: what an expression needs around it, in the engine and in a handler alike: the intern
 * table, the parameters, memory for computed text and lists. `status` is sticky: a function that
 * runs out of memory sets it and goes on with zero values; whoever began the batch of work asks
 * once at its end.
 */
#ifndef WEFT_ABI_SCOPE_H
#define WEFT_ABI_SCOPE_H

#include <weft/abi/describe.h>
#include <weft/abi/handler.h>
#include <weft/abi/literal.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_scope {
	const void *program; /* the instance struct */
	const struct weft_intern *intern;
	/* memory of the transaction; NULL in a handler and in defaults */
	struct weft_engine *engine;
	struct weft_conn *conn;                  /* memory of the step; NULL elsewhere */
	struct weft_intern *maker;               /* NULL: nothing can be interned here (handlers) */
	void *blocks;                            /* memory of neither: released by weft_scope_end */
	struct weft_operator_counters *counters; /* of the running operator; NULL elsewhere */
	enum weft_status status;
};

void weft_scope_of_engine(struct weft_scope *, const void *program, struct weft_engine *);
void weft_scope_of_conn(struct weft_scope *, struct weft_conn *);
/* ends with weft_scope_end */
void weft_scope_of_default(struct weft_scope *, const void *program, struct weft_intern *);
enum weft_status weft_scope_end(struct weft_scope *); /* releases; gives the status */

/* Readings of an operator, counted: as weft_index_first, weft_table_first and weft_cursor_next. */
const void *weft_look(struct weft_scope *, struct weft_cursor *, unsigned table, unsigned index,
	enum weft_when, uint64_t hash);
const void *weft_look_at_all(
	struct weft_scope *, struct weft_cursor *, unsigned table, enum weft_when);
const void *weft_look_on(struct weft_scope *, struct weft_cursor *);

/* Zeroed; never NULL: without memory the status is set and a shared block of zeroes is given, which
 * must not be written, so ask before writing. At most WEFT_SCOPE_ZERO bytes are promised of that
 * one. */
enum { WEFT_SCOPE_ZERO = 4096 };
const void *weft_scope_copy(struct weft_scope *, const void *bytes, size_t size);

/* Text made of parts: "no Service exposes port {port}". A NUL stands behind it. */
struct weft_text weft_join(struct weft_scope *, const struct weft_text *parts, size_t count);
struct weft_text weft_show(struct weft_scope *, const struct weft_type *, const void *stored_value);
struct weft_text weft_show_int(struct weft_scope *, int64_t);
struct weft_text weft_show_list(
	struct weft_scope *, const struct weft_type *list_type, struct weft_list);
/* An entry of a map (a struct { key, value }), NULL when there is none. `key` in stored form. */
const void *weft_map_get(const struct weft_intern *, const struct weft_type *map,
	struct weft_list entries, const void *key);
/* Interned: zero, and the status set, where that cannot be. */
weft_id weft_keep_text(struct weft_scope *, struct weft_text);
weft_id weft_keep_list(struct weft_scope *, const struct weft_type *item, struct weft_list);
weft_id weft_keep_labels(struct weft_scope *, struct weft_list);
struct weft_list weft_list_copy(struct weft_scope *, struct weft_list, size_t item_size);

/* By content: for lists that were made here, and so have no id. */
bool weft_lists_equal(const struct weft_intern *, const struct weft_type *item, struct weft_list a,
	struct weft_list b);

/* A list that grows: items are copied, in stored form. `list` can be used at any time. */
struct weft_list_builder {
	struct weft_list list;
	size_t room, item_size;
};
void weft_list_add(struct weft_scope *, struct weft_list_builder *, const void *item);
/* A builder's list in the canonical order of its items, sorted where it stands: what was gathered
 * from a table has no order of its own. */
struct weft_list weft_scope_sorted(
	struct weft_scope *, const struct weft_type *item, struct weft_list);

#ifdef __cplusplus
}
#endif
#endif

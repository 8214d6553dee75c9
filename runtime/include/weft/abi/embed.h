/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * embed.h: what stands behind the functions of a generated header: an application's rows go in, a
 * program's rows come out. Everything here is called from the instance's thread.
 */
#ifndef WEFT_ABI_EMBED_H
#define WEFT_ABI_EMBED_H

#include <weft/abi/program.h>
#include <weft/abi/scope.h>
#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_embed_watch;
struct weft_embed_change;

/* Part of the generated instance struct; zeroed at start. */
struct weft_embed {
	struct weft_scope memory; /* of the rows handed out; released at the next turn */
	bool is_open;             /* `memory` is in use */
	unsigned calls;           /* watchers that are being called */
	struct weft_embed_watch *watches;
	/* what was put inside of a callback: the next transaction */
	struct weft_embed_change *first, *last;
};

/* Where rows that are handed out live. */
struct weft_scope *weft_embed_memory(struct weft_program_head *, struct weft_embed *);
void weft_embed_release(struct weft_embed *);                         /* before a turn */
void weft_embed_end(struct weft_program_head *, struct weft_embed *); /* before weft_destroy */

/* A scope in which values are interned, for rows and keys that come in. End it with weft_scope_end.
 */
void weft_embed_taking(struct weft_scope *, struct weft_program_head *);

/* In the open transaction; in one of its own when none is open; inside of a watcher in the next
 * one. */
enum weft_status weft_embed_put(
	struct weft_program_head *, struct weft_embed *, unsigned table, const void *row);
enum weft_status weft_embed_delete(
	struct weft_program_head *, struct weft_embed *, unsigned table, const void *key);
enum weft_status weft_embed_synced(struct weft_program_head *, struct weft_embed *, unsigned table);

/* `changed` is the generated function that translates rows and calls the application's, which
 * `weft_embed_callback` gives. Present rows first. */
typedef void weft_embed_fn(void);
enum weft_status weft_embed_add_watch(struct weft_program_head *, struct weft_embed *,
	unsigned table, weft_watch_fn *changed, weft_embed_fn *callback);
void weft_embed_remove_watch(
	struct weft_program_head *, struct weft_embed *, unsigned table, weft_embed_fn *callback);
weft_embed_fn *weft_embed_callback(void *watch);
/* Begins and ends the call of a watcher: rows are made in the scope that it gives. */
struct weft_scope *weft_embed_enter(void *watch, void **program);
void weft_embed_leave(void *watch);

/* ---- public forms of values that hold ids ---- */
/* zeroed; NULL without memory */
void *weft_embed_room(struct weft_scope *, size_t size);
struct weft_pairs weft_public_labels(struct weft_scope *, weft_id);
struct weft_label_selector weft_public_selector(struct weft_scope *, struct weft_selector);
/* false: it is not UTF-8, a key stands twice, there is no memory: `status` of the scope tells the
 * last one */
bool weft_take_text(struct weft_scope *, struct weft_text, weft_id *);
bool weft_take_labels(struct weft_scope *, struct weft_pairs, weft_id *);
bool weft_take_selector(struct weft_scope *, struct weft_label_selector, struct weft_selector *);

#ifdef __cplusplus
}
#endif
#endif

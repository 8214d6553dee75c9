/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * view.h: published views, the only tables that handlers read. A left-right pair of all published
 * tables: one flip per commit shows all of them together, a worker pins a side for one turn and
 * reads without locks. Handlers never intern: they look up by hash and compare content.
 */
#ifndef WEFT_ABI_VIEW_H
#define WEFT_ABI_VIEW_H

#include <weft/abi/table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_reader; /* one per worker thread */

/* Created and destroyed in the engine's thread (destroy: after the worker's last call). `wake` is
 * called in the engine's thread after each flip; it must only signal the worker. */
enum weft_status weft_reader_create(
	struct weft_engine *, void (*wake)(void *user), void *user, struct weft_reader **);
void weft_reader_destroy(struct weft_reader *);
/* The worker's turn: pin, read, unpin. Row pointers and ids are valid in between only. */
void weft_reader_pin(struct weft_reader *);
void weft_reader_unpin(struct weft_reader *);
/* Commits that wait because a worker still pins the older side. True: call weft_engine_publish
 * later, at the latest when `unblocked` (in the worker's thread, at its unpin) says so. Each commit
 * tries by itself. When nothing waits, it lets the older side catch up, so that rows removed by the
 * last commit are freed. */
bool weft_engine_publish(struct weft_engine *);
void weft_engine_on_unblocked(struct weft_engine *, void (*unblocked)(void *user), void *user);

/* Between pin and unpin (the worker does both, once per turn) these read one settled version. */
struct weft_view_cursor {
	const void *view;
	uint64_t hash;
	uint32_t next;
};
/* Rows of the table with this hash under `index`; WEFT_PRIMARY: the key's columns. The caller
 * compares the columns. */
const void *weft_view_first(struct weft_view_cursor *, struct weft_reader *, unsigned table,
	unsigned index, uint64_t hash);
const void *weft_view_each(
	struct weft_view_cursor *, struct weft_reader *, unsigned table); /* every row */
const void *weft_view_next(struct weft_view_cursor *);
size_t weft_view_count(struct weft_reader *, unsigned table);
bool weft_view_is_synced(struct weft_reader *, unsigned table);
const struct weft_intern *weft_reader_intern(const struct weft_reader *);
uint64_t weft_reader_version(const struct weft_reader *);

/* What changed under which hash since a version: for live revocation. The engine tells each reader,
 * with every flip, the list of (table, index, hash) keys whose rows changed; a worker re-judges the
 * relays that read one of them. */
struct weft_view_key {
	uint32_t table, index; /* index WEFT_PRIMARY or a number; every change also stands as
				  {table, WEFT_EACH, 0} */
	uint64_t hash;
};
#define WEFT_EACH (UINT32_MAX - 1)
/* Of the versions since the pin before; valid until the next pin. `all`: the list was too long:
 * everything may have changed. */
const struct weft_view_key *weft_reader_changes(struct weft_reader *, size_t *count, bool *all);

#ifdef __cplusplus
}
#endif
#endif

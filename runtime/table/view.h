/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * view.h: the two sides and their readers, as view.c (engine's thread) and reader.c (workers) share
 * them.
 */
#ifndef WEFT_TABLE_VIEW_H
#define WEFT_TABLE_VIEW_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine.h"

#define WEFT_VIEW_KEYS_MAX 65536 /* per flip and reader; behind it: everything may have changed */

/* One published table on one side. */
struct weft_view_table {
	struct weft_index primary, all;
	struct weft_index *indexes;
	bool synced;
};

/* What happened to one key. The row `after` knows its entry: what happens next to a row that no
 * side shows yet changes that. */
struct weft_view_op {
	uint32_t before, after; /* 0: none; both: it came and went unseen */
	uint16_t table;
};

struct weft_views {
	struct weft_engine *engine;
	atomic_uint current;  /* the side that a pin takes */
	atomic_bool waiting;  /* a commit could not be published: a worker pins the other side */
	uint64_t position[2]; /* log entries below are in the side */
	uint64_t side_version[2];
	uint64_t synced_version;  /* of the last commit that made a table synced */
	struct weft_view_op *log; /* entry i has the number log_start + i */
	size_t log_count, log_room;
	uint64_t log_start;
	size_t empty;               /* entries with neither */
	struct weft_view_key *keys; /* of the entries that the next flip publishes */
	size_t key_count, key_room;
	uint32_t key_table;
	bool keys_all, is_ready, has_news;
	struct weft_reader **readers;
	size_t reader_count, reader_room;
	void (*unblocked)(void *user);
	void *unblocked_user;
};

struct weft_view_keys {
	struct weft_view_key *items;
	size_t count, room;
	bool all;
};

struct weft_reader {
	struct weft_views *views;
	atomic_uint pinned; /* side + 1; 0: none */
	unsigned side;
	void (*wake)(void *user);
	void *user;
	atomic_bool has_news;
	pthread_mutex_t lock;        /* over `news` */
	struct weft_view_keys news;  /* what the engine told */
	struct weft_view_keys taken; /* the worker's, until its next pin */
};

void weft_reader_tell(struct weft_reader *, const struct weft_view_key *, size_t count, bool all);

#endif

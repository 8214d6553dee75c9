/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * heap.h: a binary heap of timers. An entry knows its place, so it can be removed or moved in O(log
 * n). Entries with one key come out in the order they went in, so that a simulation repeats.
 */
#ifndef WEFT_BASE_HEAP_H
#define WEFT_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_heap_entry {
	int64_t key;
	uint64_t turn;  /* of the insertion */
	uint32_t place; /* 1..count; 0: in no heap */
};
struct weft_heap {
	struct weft_heap_entry **entries;
	size_t count, room;
	uint64_t turn;
};

bool weft_heap_insert(
	struct weft_heap *, struct weft_heap_entry *, int64_t key); /* false: no memory */
void weft_heap_remove(
	struct weft_heap *, struct weft_heap_entry *); /* harmless when it is in no heap */
bool weft_heap_move(struct weft_heap *, struct weft_heap_entry *,
	int64_t key);                                              /* inserts, or changes the key */
struct weft_heap_entry *weft_heap_first(const struct weft_heap *); /* NULL: empty */
void weft_heap_free(struct weft_heap *); /* the entries are the caller's */

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * delta.h: a multiset of equal-sized byte strings in order of first appearance; each item may carry
 * extra bytes. Candidates with weights, met groups, losers: all are this. Memory is kept from
 * transaction to transaction.
 */
#ifndef WEFT_TABLE_DELTA_H
#define WEFT_TABLE_DELTA_H

#include <weft/abi/table.h>

struct weft_delta_item {
	int64_t weight;
	uint32_t slot; /* where it stands in `slots` */
	uint32_t tag;
};
struct weft_delta {
	size_t size, extra; /* bytes of a key, and behind it (aligned to 16) */
	size_t stride;
	char *items; /* struct weft_delta_item, key, extra */
	size_t count, room;
	uint32_t *slots;   /* number of the item + 1 */
	size_t slot_count; /* power of two */
};

/* Empties it and sets its shape. */
void weft_delta_reset(struct weft_delta *, size_t size, size_t extra);
void weft_delta_free(struct weft_delta *);
/* The item with this key, made (weight 0, extra zero) when it is new; NULL: no memory. Valid until
 * the next call. */
struct weft_delta_item *weft_delta_item(struct weft_delta *, const void *key, bool *is_new);

static inline struct weft_delta_item *weft_delta_at(const struct weft_delta *d, size_t i)
{
	return (struct weft_delta_item *)(void *)(d->items + i * d->stride);
}
static inline void *weft_delta_key(struct weft_delta_item *item)
{
	return item + 1;
}
static inline void *weft_delta_extra(const struct weft_delta *d, struct weft_delta_item *item)
{
	return (char *)(item + 1) + ((d->size + 15) & ~(size_t)15);
}

#endif

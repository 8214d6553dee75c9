/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * slab.h: equal items under 32-bit ids. Items never move. Chunk n holds 16 << n items, so the
 * directory is a fixed array: an id becomes an address with one look-up, a table of ten rows costs
 * ten rows, and readers on other threads need no lock (a chunk's address is written once, before
 * any id in it is published).
 */
#ifndef WEFT_TABLE_SLAB_H
#define WEFT_TABLE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFT_SLAB_CHUNKS 27

struct weft_slab {
	unsigned char *chunks[WEFT_SLAB_CHUNKS];
	uint32_t stride; /* bytes of an item, at least 4: a free item's first word is the next free
			    id */
	uint32_t high;   /* ids 1..high were ever given out */
	uint32_t free;   /* first free id below, 0: none */
	uint32_t free_count;
	uint32_t room; /* ids 1..room have memory */
};

static inline void *weft_slab_at(const struct weft_slab *slab, uint32_t id)
{
	uint32_t n = id + 15; /* ids begin with 1 */
	unsigned k = 27 - (unsigned)__builtin_clz(n);
	return slab->chunks[k] + (size_t)(n - (16u << k)) * slab->stride;
}

bool weft_slab_reserve(
	struct weft_slab *, uint32_t more);  /* the next `more` takes need no memory */
uint32_t weft_slab_take(struct weft_slab *); /* 0: no memory; the item's bytes are arbitrary */
void weft_slab_give(struct weft_slab *, uint32_t id);
uint32_t weft_slab_count(const struct weft_slab *);
void weft_slab_free(struct weft_slab *);

#endif

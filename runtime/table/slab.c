/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * slab.c: a free list through the items. Chunks stay until the slab goes: an engine's steady state
 * allocates nothing.
 */
#include "slab.h"

#include <string.h>

#include "base/alloc.h"

static bool add_chunk(struct weft_slab *slab)
{
	unsigned k = 27 - (unsigned)__builtin_clz(slab->room + 16);
	if (k >= WEFT_SLAB_CHUNKS)
		return false;
	slab->chunks[k] = weft_alloc_array((size_t)16 << k, slab->stride);
	if (!slab->chunks[k])
		return false;
	slab->room += 16u << k;
	return true;
}

bool weft_slab_reserve(struct weft_slab *slab, uint32_t more)
{
	while (slab->free_count + (slab->room - slab->high) < more)
		if (!add_chunk(slab))
			return false;
	return true;
}

uint32_t weft_slab_take(struct weft_slab *slab)
{
	uint32_t id = slab->free;
	if (id) {
		memcpy(&slab->free, weft_slab_at(slab, id), sizeof(slab->free));
		slab->free_count--;
		return id;
	}
	if (slab->high == slab->room && !add_chunk(slab))
		return 0;
	return ++slab->high;
}

void weft_slab_give(struct weft_slab *slab, uint32_t id)
{
	memcpy(weft_slab_at(slab, id), &slab->free, sizeof(slab->free));
	slab->free = id;
	slab->free_count++;
}

uint32_t weft_slab_count(const struct weft_slab *slab)
{
	return slab->high - slab->free_count;
}

void weft_slab_free(struct weft_slab *slab)
{
	for (unsigned k = 0; k < WEFT_SLAB_CHUNKS; k++)
		weft_free(slab->chunks[k]);
	*slab = (struct weft_slab){ .stride = slab->stride };
}

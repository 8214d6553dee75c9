/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * delta.c: open addressing over an array; emptying costs what was in it, not what there was once.
 */
#include "delta.h"

#include "base/alloc.h"

#define KEPT_MAX 65536 /* slots and items that are kept although the last use was small */

void weft_delta_reset(struct weft_delta *d, size_t size, size_t extra)
{
	size_t stride = sizeof(struct weft_delta_item) + ((size + 15) & ~(size_t)15) +
		((extra + 15) & ~(size_t)15);
	if (d->room * d->stride > KEPT_MAX * 16 && d->count * 8 < d->room) {
		weft_delta_free(d);
	} else if (d->count * 8 < d->slot_count) {
		for (size_t i = 0; i < d->count; i++)
			d->slots[weft_delta_at(d, i)->slot] = 0;
	} else if (d->slots) {
		memset(d->slots, 0, d->slot_count * sizeof(*d->slots));
	}
	if (stride != d->stride)
		d->room = d->stride ? d->room * d->stride / stride : 0;
	d->size = size;
	d->extra = extra;
	d->stride = stride;
	d->count = 0;
}

void weft_delta_free(struct weft_delta *d)
{
	weft_free(d->items);
	weft_free(d->slots);
	*d = (struct weft_delta){ .size = d->size, .extra = d->extra, .stride = d->stride };
}

static bool grow_slots(struct weft_delta *d)
{
	if ((d->count + 1) * 2 <= d->slot_count)
		return true;
	size_t count = d->slot_count ? d->slot_count * 2 : 32;
	uint32_t *slots = weft_alloc_array(count, sizeof(*slots));
	if (!slots)
		return false;
	weft_free(d->slots);
	d->slots = slots;
	d->slot_count = count;
	for (size_t i = 0; i < d->count; i++) {
		struct weft_delta_item *item = weft_delta_at(d, i);
		size_t at = item->tag & (count - 1);
		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
		item->slot = (uint32_t)at;
	}
	return true;
}

struct weft_delta_item *weft_delta_item(struct weft_delta *d, const void *key, bool *is_new)
{
	if (!grow_slots(d) || !weft_grow(&d->items, &d->room, d->count + 1, d->stride))
		return NULL;
	uint32_t tag = (uint32_t)weft_hash_bytes(key, d->size);
	size_t at = tag & (d->slot_count - 1);
	for (; d->slots[at]; at = (at + 1) & (d->slot_count - 1)) {
		struct weft_delta_item *item = weft_delta_at(d, d->slots[at] - 1);
		if (item->tag != tag || memcmp(weft_delta_key(item), key, d->size) != 0)
			continue;
		*is_new = false;
		return item;
	}
	struct weft_delta_item *item = weft_delta_at(d, d->count);
	memset(item, 0, d->stride);
	item->tag = tag;
	item->slot = (uint32_t)at;
	memcpy(weft_delta_key(item), key, d->size);
	d->slots[at] = (uint32_t)++d->count;
	*is_new = true;
	return item;
}

enum weft_status weft_delta_add(struct weft_delta *d, const void *candidate, int64_t weight)
{
	bool is_new;
	struct weft_delta_item *item = weft_delta_item(d, candidate, &is_new);
	if (!item)
		return WEFT_NO_MEMORY;
	item->weight += weight;
	return WEFT_OK;
}

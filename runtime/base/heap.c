/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * heap.c: places count from 1, so that 0 says 'in no heap' and children are 2i and 2i + 1.
 */
#include "heap.h"
#include "alloc.h"

static bool before(const struct weft_heap_entry *a, const struct weft_heap_entry *b)
{
	return a->key != b->key ? a->key < b->key : a->turn < b->turn;
}

static void set(struct weft_heap *heap, size_t place, struct weft_heap_entry *entry)
{
	heap->entries[place - 1] = entry;
	entry->place = (uint32_t)place;
}

static void sift(struct weft_heap *heap, size_t place, struct weft_heap_entry *entry)
{
	while (place > 1 && before(entry, heap->entries[place / 2 - 1])) {
		set(heap, place, heap->entries[place / 2 - 1]);
		place /= 2;
	}
	for (;;) {
		size_t child = place * 2;
		if (child > heap->count)
			break;
		if (child < heap->count && before(heap->entries[child], heap->entries[child - 1]))
			child++;
		if (!before(heap->entries[child - 1], entry))
			break;
		set(heap, place, heap->entries[child - 1]);
		place = child;
	}
	set(heap, place, entry);
}

bool weft_heap_insert(struct weft_heap *heap, struct weft_heap_entry *entry, int64_t key)
{
	if (!weft_grow(&heap->entries, &heap->room, heap->count + 1, sizeof(*heap->entries)))
		return false;
	entry->key = key;
	entry->turn = heap->turn++;
	heap->count++;
	sift(heap, heap->count, entry);
	return true;
}

void weft_heap_remove(struct weft_heap *heap, struct weft_heap_entry *entry)
{
	size_t place = entry->place;
	if (place == 0)
		return;
	struct weft_heap_entry *last = heap->entries[--heap->count];
	entry->place = 0;
	if (last != entry)
		sift(heap, place, last);
}

bool weft_heap_move(struct weft_heap *heap, struct weft_heap_entry *entry, int64_t key)
{
	if (entry->place == 0)
		return weft_heap_insert(heap, entry, key);
	entry->key = key;
	entry->turn = heap->turn++;
	sift(heap, entry->place, entry);
	return true;
}

struct weft_heap_entry *weft_heap_first(const struct weft_heap *heap)
{
	return heap->count ? heap->entries[0] : NULL;
}

void weft_heap_free(struct weft_heap *heap)
{
	weft_free(heap->entries);
	*heap = (struct weft_heap){ 0 };
}

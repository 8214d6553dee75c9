/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * seen.c: the set of keys that a delta plan has met. A look-up's inverse plan visits each distinct
 * key once, however many changed rows share it, or a tuple would count twice. Open addressing in
 * scratch memory: it goes with the transaction.
 */
#include <weft/abi/table.h>

struct weft_seen {
	size_t count, room; /* room is a power of two */
	size_t size;        /* of a key */
	unsigned char *used;
	unsigned char *keys;
};

static enum weft_status seen_make(
	struct weft_engine *engine, size_t room, size_t size, struct weft_seen **set)
{
	struct weft_seen *made = (struct weft_seen *)weft_scratch(engine, sizeof(*made));
	if (made == NULL)
		return WEFT_NO_MEMORY;
	made->room = room;
	made->size = size;
	made->used = (unsigned char *)weft_scratch(engine, room);
	made->keys = (unsigned char *)weft_scratch(engine, room * (size ? size : 1));
	if (made->used == NULL || made->keys == NULL)
		return WEFT_NO_MEMORY;
	*set = made;
	return WEFT_OK;
}

/* The slot of `key`, or the free one where it belongs. */
static size_t seen_slot(const struct weft_seen *set, const void *key)
{
	size_t slot = (size_t)weft_hash_bytes(key, set->size) & (set->room - 1);
	while (set->used[slot] && memcmp(set->keys + slot * set->size, key, set->size) != 0)
		slot = (slot + 1) & (set->room - 1);
	return slot;
}

static void seen_put(struct weft_seen *set, size_t slot, const void *key)
{
	set->used[slot] = 1;
	memcpy(set->keys + slot * set->size, key, set->size);
	set->count++;
}

enum weft_status weft_seen_add(
	struct weft_engine *engine, struct weft_seen **set, const void *key, size_t size)
{
	enum weft_status status = *set ? WEFT_OK : seen_make(engine, 16, size, set);
	if (status != WEFT_OK)
		return status;
	size_t slot = seen_slot(*set, key);
	if ((*set)->used[slot])
		return WEFT_MORE;
	if (((*set)->count + 1) * 4 > (*set)->room * 3) {
		struct weft_seen *old = *set, *bigger;
		status = seen_make(engine, old->room * 2, size, &bigger);
		if (status != WEFT_OK)
			return status;
		for (size_t i = 0; i < old->room; i++)
			if (old->used[i])
				seen_put(bigger, seen_slot(bigger, old->keys + i * size),
					old->keys + i * size);
		*set = bigger;
		slot = seen_slot(bigger, key);
	}
	seen_put(*set, slot, key);
	return WEFT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * slots.h: open addressing from a 32-bit tag to a 32-bit id: the one hash structure of the engine
 * (keys, indexes, interned values). Several ids may share a tag; the caller compares what the ids
 * name. Deletion moves the cluster back, so there are no tombstones. Growth is incremental: each
 * change moves a few slots of the old array, so no single change pays for all.
 */
#ifndef WEFT_TABLE_SLOTS_H
#define WEFT_TABLE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_slot {
	uint32_t tag, id; /* id 0: free */
};
struct weft_slot_array {
	struct weft_slot *slots;
	uint32_t mask; /* room - 1; room is a power of two up to 2^30 */
};
struct weft_slots {
	struct weft_slot_array now, old; /* old.slots is NULL unless growth is under way */
	uint32_t moved;                  /* slots of `old` below are free */
	uint32_t count;
};

static inline uint32_t weft_slot_tag(uint64_t hash)
{
	return (uint32_t)((hash * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* The next id with this tag, 0 at the end; *state is 0 at first. No change to the slots meanwhile.
 */
uint32_t weft_slots_find(const struct weft_slots *, uint32_t tag, uint32_t *state);
/* Every id, in no order. */
uint32_t weft_slots_each(const struct weft_slots *, uint32_t *state);
/* Makes the next `more` insertions need no memory. */
bool weft_slots_reserve(struct weft_slots *, size_t more);
void weft_slots_insert(struct weft_slots *, uint32_t tag, uint32_t id); /* room was reserved */
void weft_slots_remove(struct weft_slots *, uint32_t tag, uint32_t id); /* it is there */
void weft_slots_replace(struct weft_slots *, uint32_t tag, uint32_t id, uint32_t by);
void weft_slots_trim(struct weft_slots
		*); /* begins to shrink when seven of eight are free; failing is harmless */
void weft_slots_free(struct weft_slots *);

#endif

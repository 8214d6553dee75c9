/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * slots.c: linear probing at a load of at most 3/4. The home of a tag is its low bits, so moving a
 * slot needs no look at what it names. The old array keeps its own invariant while it empties: an
 * id is taken out of it as by removal, never by leaving a gap in a cluster.
 */
#include "slots.h"

#include "base/alloc.h"
#include "base/assert.h"

#define STEP 16           /* slots of the old array looked at per change */
#define IN_OLD (1u << 31) /* in a search's state: the old array's turn */
#define ROOM_MAX (1u << 30)

static void array_put(struct weft_slot_array *a, uint32_t tag, uint32_t id)
{
	uint32_t at = tag & a->mask;
	while (a->slots[at].id)
		at = (at + 1) & a->mask;
	a->slots[at] = (struct weft_slot){ tag, id };
}

/* Knuth's algorithm R (6.4): what stands behind the hole moves into it unless that is before its
 * home. */
static void array_erase(struct weft_slot_array *a, uint32_t at)
{
	uint32_t hole = at;
	for (uint32_t i = (at + 1) & a->mask; a->slots[i].id; i = (i + 1) & a->mask) {
		uint32_t home = a->slots[i].tag & a->mask;
		if (((i - home) & a->mask) < ((i - hole) & a->mask))
			continue;
		a->slots[hole] = a->slots[i];
		hole = i;
	}
	a->slots[hole] = (struct weft_slot){ 0, 0 };
}

static struct weft_slot *array_find(const struct weft_slot_array *a, uint32_t tag, uint32_t id)
{
	if (!a->slots)
		return NULL;
	for (uint32_t at = tag & a->mask; a->slots[at].id; at = (at + 1) & a->mask)
		if (a->slots[at].id == id)
			return &a->slots[at];
	return NULL;
}

static void move_some(struct weft_slots *s, uint32_t steps)
{
	while (s->old.slots && steps-- > 0) {
		struct weft_slot slot = s->old.slots[s->moved];
		if (slot.id) {
			array_erase(&s->old, s->moved); /* may bring another one here */
			array_put(&s->now, slot.tag, slot.id);
			continue;
		}
		if (s->moved++ < s->old.mask)
			continue;
		weft_free(s->old.slots);
		s->old = (struct weft_slot_array){ 0 };
	}
}

static uint32_t array_search(
	const struct weft_slot_array *a, uint32_t tag, uint32_t at, uint32_t *state)
{
	for (; a->slots && a->slots[at].id; at = (at + 1) & a->mask) {
		if (a->slots[at].tag != tag)
			continue;
		*state = ((at + 1) & a->mask) + 1;
		return a->slots[at].id;
	}
	return 0;
}

/* The state is the position to go on at, plus one. */
uint32_t weft_slots_find(const struct weft_slots *s, uint32_t tag, uint32_t *state)
{
	uint32_t id;
	if (!(*state & IN_OLD)) {
		id = array_search(&s->now, tag, *state ? *state - 1 : tag & s->now.mask, state);
		if (id || !s->old.slots)
			return id;
		*state = IN_OLD | ((tag & s->old.mask) + 1);
	}
	uint32_t at = (*state & ~IN_OLD) - 1;
	id = array_search(&s->old, tag, at, &at);
	if (id)
		*state = at | IN_OLD;
	return id;
}

static uint32_t array_next(const struct weft_slot_array *a, uint32_t *at)
{
	while (a->slots && *at <= a->mask)
		if (a->slots[(*at)++].id)
			return a->slots[*at - 1].id;
	return 0;
}

uint32_t weft_slots_each(const struct weft_slots *s, uint32_t *state)
{
	uint32_t at = *state & ~IN_OLD;
	if (!(*state & IN_OLD)) {
		uint32_t id = array_next(&s->now, &at);
		*state = at;
		if (id || !s->old.slots)
			return id;
		at = 0;
	}
	uint32_t id = array_next(&s->old, &at);
	*state = at | IN_OLD;
	return id;
}

static bool begin_move(struct weft_slots *s, size_t room)
{
	move_some(s, UINT32_MAX); /* finished long since, except after a great reservation */
	struct weft_slot *slots = room > ROOM_MAX ? NULL : weft_alloc_array(room, sizeof(*slots));
	if (!slots)
		return false;
	s->old = s->now;
	s->moved = 0;
	s->now = (struct weft_slot_array){ slots, (uint32_t)room - 1 };
	if (s->count == 0)
		move_some(s, UINT32_MAX);
	return true;
}

bool weft_slots_reserve(struct weft_slots *s, size_t more)
{
	size_t room = s->now.slots ? (size_t)s->now.mask + 1 : 0;
	size_t want = s->count + more;
	if (want <= room / 4 * 3)
		return true;
	room = room ? room : 8;
	while (want > room / 4 * 3)
		room *= 2;
	return begin_move(s, room);
}

void weft_slots_insert(struct weft_slots *s, uint32_t tag, uint32_t id)
{
	move_some(s, STEP);
	array_put(&s->now, tag, id);
	s->count++;
}

void weft_slots_remove(struct weft_slots *s, uint32_t tag, uint32_t id)
{
	struct weft_slot_array *a = &s->now;
	struct weft_slot *slot = array_find(a, tag, id);
	if (!slot) {
		a = &s->old;
		slot = array_find(a, tag, id);
	}
	weft_assert(slot);
	array_erase(a, (uint32_t)(slot - a->slots));
	s->count--;
	move_some(s, STEP);
}

void weft_slots_replace(struct weft_slots *s, uint32_t tag, uint32_t id, uint32_t by)
{
	struct weft_slot *slot = array_find(&s->now, tag, id);
	if (!slot)
		slot = array_find(&s->old, tag, id);
	weft_assert(slot);
	slot->id = by;
}

void weft_slots_trim(struct weft_slots *s)
{
	size_t room = (size_t)s->now.mask + 1;
	if (!s->now.slots || s->old.slots || room <= 64 || s->count > room / 8)
		return;
	while (room > 64 && s->count <= room / 8)
		room /= 2;
	if (begin_move(s, room))
		move_some(s, STEP);
}

void weft_slots_free(struct weft_slots *s)
{
	weft_free(s->now.slots);
	weft_free(s->old.slots);
	*s = (struct weft_slots){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * scratch.c: memory that goes with the transaction. Chunks are kept, so a steady state allocates
 * nothing; the ones that a great transaction added go with it.
 */
#include "engine.h"

#include "base/alloc.h"

#define CHUNK 16384
#define KEPT_MAX 262144

struct weft_scratch_chunk {
	struct weft_scratch_chunk *next;
	size_t room, used;
	_Alignas(16) char bytes[];
};

void *weft_scratch(struct weft_engine *e, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	struct weft_scratch_chunk **link = &e->scratch_now;
	while (*link && (*link)->room - (*link)->used < size)
		link = &(*link)->next;
	if (!*link) {
		size_t room = size > CHUNK ? size : CHUNK;
		struct weft_scratch_chunk *chunk = weft_alloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->room = room;
		*link = chunk;
		if (!e->scratch)
			e->scratch = chunk;
	}
	struct weft_scratch_chunk *chunk = *link;
	e->scratch_now = chunk;
	void *memory = chunk->bytes + chunk->used;
	chunk->used += size;
	return memset(memory, 0, size);
}

struct weft_scratch_mark weft_scratch_mark(const struct weft_engine *e)
{
	return (struct weft_scratch_mark){ e->scratch_now,
		e->scratch_now ? e->scratch_now->used : 0 };
}

void weft_scratch_release(struct weft_engine *e, struct weft_scratch_mark mark)
{
	size_t kept = 0;
	if (!mark.chunk) {
		mark.chunk = e->scratch;
		mark.used = 0;
	}
	e->scratch_now = mark.chunk;
	if (!mark.chunk)
		return;
	mark.chunk->used = mark.used;
	for (struct weft_scratch_chunk **link = &mark.chunk->next; *link;) {
		struct weft_scratch_chunk *chunk = *link;
		chunk->used = 0;
		kept += chunk->room;
		if (kept <= KEPT_MAX) {
			link = &chunk->next;
			continue;
		}
		*link = chunk->next;
		weft_free(chunk);
	}
}

void weft_scratch_free(struct weft_engine *e)
{
	while (e->scratch) {
		struct weft_scratch_chunk *chunk = e->scratch;
		e->scratch = chunk->next;
		weft_free(chunk);
	}
	e->scratch_now = NULL;
}

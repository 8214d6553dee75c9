/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * alloc.c: malloc with counters and planted failures. The counters are relaxed atomics: exact at
 * rest, and cheap because the hot paths do not allocate at all.
 */
#include "alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic size_t live_bytes, live_count;
static _Atomic uint64_t calls;
static _Thread_local uint64_t fail_in;
static _Thread_local int fail_on, failed;

static int planted_failure(void)
{
	if (fail_in == 0 || --fail_in > 0)
		return 0;
	fail_in = fail_on ? 1 : 0;
	failed = 1;
	return 1;
}

static void *counted(void *memory)
{
	if (!memory)
		return NULL;
	atomic_fetch_add_explicit(&live_bytes, malloc_usable_size(memory), memory_order_relaxed);
	atomic_fetch_add_explicit(&live_count, 1, memory_order_relaxed);
	return memory;
}

void *weft_alloc(size_t size)
{
	return weft_alloc_array(1, size ? size : 1);
}

void *weft_alloc_array(size_t count, size_t size)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	if (planted_failure())
		return NULL;
	return counted(calloc(count ? count : 1, size));
}

void *weft_realloc(void *memory, size_t size)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	if (planted_failure())
		return NULL;
	if (!memory)
		return counted(malloc(size ? size : 1));
	size_t before = malloc_usable_size(memory);
	void *moved = realloc(memory, size ? size : 1);
	if (!moved)
		return NULL;
	atomic_fetch_add_explicit(
		&live_bytes, malloc_usable_size(moved) - before, memory_order_relaxed);
	return moved;
}

char *weft_strdup_n(const char *bytes, size_t size)
{
	char *copy = weft_alloc(size + 1);
	if (copy && size)
		memcpy(copy, bytes, size);
	return copy;
}

void weft_free(void *memory)
{
	if (!memory)
		return;
	atomic_fetch_sub_explicit(&live_bytes, malloc_usable_size(memory), memory_order_relaxed);
	atomic_fetch_sub_explicit(&live_count, 1, memory_order_relaxed);
	free(memory);
}

int weft_grow(void *items_pointer, size_t *room, size_t want, size_t size)
{
	if (want <= *room)
		return 1;
	size_t more = *room ? *room * 2 : 16;
	if (more < want)
		more = want;
	if (more > SIZE_MAX / size)
		return 0;
	void *items;
	memcpy(&items, items_pointer, sizeof(items));
	items = weft_realloc(items, more * size);
	if (!items)
		return 0;
	memcpy(items_pointer, &items, sizeof(items));
	*room = more;
	return 1;
}

size_t weft_alloc_live_bytes(void)
{
	return atomic_load_explicit(&live_bytes, memory_order_relaxed);
}

size_t weft_alloc_live_count(void)
{
	return atomic_load_explicit(&live_count, memory_order_relaxed);
}

uint64_t weft_alloc_calls(void)
{
	return atomic_load_explicit(&calls, memory_order_relaxed);
}

void weft_alloc_fail_at(uint64_t k, int on)
{
	fail_in = k;
	fail_on = on;
	failed = 0;
}

int weft_alloc_failed(void)
{
	return failed;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * alloc.h: the only way to memory in the library. Everything is counted, so a test can show that a
 * state costs as many bytes as before; and a test can let the k-th allocation fail, so that every
 * path through NO_MEMORY is run. The counters are the one piece of process-wide state in the
 * library: they decide nothing.
 */
#ifndef WEFT_BASE_ALLOC_H
#define WEFT_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory, aligned for anything; NULL when there is none. Size 0 is treated as 1. */
void *weft_alloc(size_t size) __attribute__((malloc, warn_unused_result));
/* `count` items, zeroed; NULL also when count * size overflows. */
void *weft_alloc_array(size_t count, size_t size) __attribute__((malloc, warn_unused_result));
/* Grows or shrinks; what is new is not zeroed. On NULL the old memory is untouched. NULL memory: an
 * allocation. */
void *weft_realloc(void *memory, size_t size) __attribute__((warn_unused_result));
char *weft_strdup_n(const char *bytes, size_t size)
	__attribute__((warn_unused_result)); /* with a NUL behind */
void weft_free(void *memory);                /* NULL is fine */

/* Makes room for `want` items of `size` bytes in *items (doubling); false when memory ran out: then
 * nothing changed. */
int weft_grow(void *items_pointer, size_t *room, size_t want, size_t size)
	__attribute__((warn_unused_result));

size_t weft_alloc_live_bytes(void); /* as malloc rounds them */
size_t weft_alloc_live_count(void);
uint64_t weft_alloc_calls(void); /* allocations ever made in this process */

/* For tests, this thread only: the k-th allocation from now fails (1: the next one), and with `on`
 * all behind it too. 0 ends it. */
void weft_alloc_fail_at(uint64_t k, int on);
int weft_alloc_failed(void); /* since the last weft_alloc_fail_at of this thread */

#endif

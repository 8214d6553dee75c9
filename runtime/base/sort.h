/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sort.h: a stable merge sort whose comparison has a context; qsort has none, and may allocate
 * behind our back.
 */
#ifndef WEFT_BASE_SORT_H
#define WEFT_BASE_SORT_H

#include <stddef.h>

typedef int weft_compare_fn(const void *context, const void *a, const void *b);
/* `spare` has room for `count` items, too. */
void weft_sort(void *items, void *spare, size_t count, size_t size, weft_compare_fn *,
	const void *context);

#endif

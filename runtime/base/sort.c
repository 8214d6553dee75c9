/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sort.c: top-down; what is sorted already costs one comparison per merge.
 */
#include "sort.h"

#include <string.h>

void weft_sort(void *items, void *spare, size_t count, size_t size, weft_compare_fn *compare,
	const void *context)
{
	char *to = items, *from = spare;
	if (count < 2)
		return;
	size_t half = count / 2, i = 0, k = half;
	weft_sort(to, from, half, size, compare, context);
	weft_sort(to + half * size, from, count - half, size, compare, context);
	if (compare(context, to + (half - 1) * size, to + half * size) <= 0)
		return;
	memcpy(from, to, count * size);
	for (size_t n = 0; n < count; n++) {
		int left = k == count ||
			(i < half && compare(context, from + i * size, from + k * size) <= 0);
		memcpy(to + n * size, from + (left ? i++ : k++) * size, size);
	}
}

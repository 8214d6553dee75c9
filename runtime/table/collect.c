/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * collect.c: what aggregates keep besides a counter: sums in 128 bits, and lists in an order. Lists
 * are sorted by the canonical order of values, so nothing depends on the order of arrival.
 */
#include <weft/abi/table.h>

#include <stdlib.h>

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

static wide of_wide(struct weft_wide w)
{
	return (wide)(((unsigned_wide)w.high << 64) | w.low);
}

void weft_wide_add(struct weft_wide *sum, int64_t value, int64_t times)
{
	unsigned_wide all = (unsigned_wide)of_wide(*sum) + (unsigned_wide)((wide)value * times);
	sum->low = (uint64_t)all;
	sum->high = (uint64_t)(all >> 64);
}

int64_t weft_wide_narrow(struct weft_wide sum)
{
	wide all = of_wide(sum);
	return all > INT64_MAX ? INT64_MAX : all < INT64_MIN ? INT64_MIN : (int64_t)all;
}

struct collected_item {
	const void *by, *value;
	int64_t times;
};
struct weft_collected {
	struct collected_item *items;
	size_t count, room;
};

enum weft_status weft_collect(struct weft_engine *engine, struct weft_collected **list,
	const void *by, const void *value, int64_t times)
{
	struct weft_collected *l = *list;
	if (l == NULL) {
		l = weft_scratch(engine, sizeof(*l));
		if (l == NULL)
			return WEFT_NO_MEMORY;
		*list = l;
	}
	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct collected_item *items = weft_scratch(engine, room * sizeof(*items));
		if (items == NULL)
			return WEFT_NO_MEMORY;
		if (l->count)
			memcpy(items, l->items, l->count * sizeof(*items));
		l->items = items;
		l->room = room;
	}
	l->items[l->count++] = (struct collected_item){ by, value, times };
	return WEFT_OK;
}

struct sorting {
	const struct weft_intern *intern;
	const struct weft_type *by, *item;
};

static int compare_items(const void *a, const void *b, void *user)
{
	const struct collected_item *x = a, *y = b;
	const struct sorting *s = user;
	int c = weft_value_compare(s->intern, s->by, x->by, y->by);
	return c ? c : weft_value_compare(s->intern, s->item, x->value, y->value);
}

enum weft_status weft_collected_list(struct weft_engine *engine, struct weft_collected *list,
	const struct weft_type *by, const struct weft_type *item, weft_id *result)
{
	struct sorting sorting = { weft_engine_intern(engine), by, item };
	size_t count = 0, at = 0;
	*result = 0;
	if (list == NULL || list->count == 0)
		return WEFT_OK;
	qsort_r(list->items, list->count, sizeof(*list->items), compare_items, &sorting);
	for (size_t i = 0; i < list->count; i++)
		count += (size_t)list->items[i].times;
	char *items = weft_scratch(engine, count * item->size);
	if (items == NULL)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < list->count; i++)
		for (int64_t k = 0; k < list->items[i].times; k++)
			memcpy(items + item->size * at++, list->items[i].value, item->size);
	return weft_intern_list(engine, item, items, count, result);
}

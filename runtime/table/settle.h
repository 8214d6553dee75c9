/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * settle.h: what settle.c and group.c share.
 */
#ifndef WEFT_TABLE_SETTLE_H
#define WEFT_TABLE_SETTLE_H

#include "engine.h"

struct weft_rounds {
	const struct weft_table *table;
	const void **rows;
	size_t count, at;
};

enum weft_status weft_settle_weigh(struct weft_table *, const struct weft_delta *);
/* The group columns of a candidate, one behind the other. */
void weft_settle_pack(const struct weft_operator *, const void *candidate, void *packed);
/* Candidates of the group that `like` is in. */
const void *weft_settle_first(
	const struct weft_operator *, struct weft_cursor *, enum weft_when, const void *like);
const void *weft_settle_next(const struct weft_operator *, struct weft_cursor *, const void *like);
/* All of them, sorted by the operator's order or by content. */
enum weft_status weft_settle_sorted(struct weft_engine *, const struct weft_operator *,
	bool by_order, const void *like, struct weft_rounds *);
enum weft_status weft_settle_groups(struct weft_engine *, struct weft_operator *);
enum weft_status weft_settle_create_groups(
	struct weft_engine *, struct weft_operator *, unsigned *number);

#endif

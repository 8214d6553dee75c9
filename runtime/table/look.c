/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * look.c: how an operator's delta plans read tables: each probe and each row met is counted, so
 * that `cost proportional to change` is shown by counters that are the same at any size, and not by
 * clocks.
 */
#include <weft/abi/scope.h>

static const void *met(struct weft_scope *w, const void *row)
{
	if (row)
		w->counters->visited++;
	return row;
}

const void *weft_look(struct weft_scope *w, struct weft_cursor *at, unsigned table, unsigned index,
	enum weft_when when, uint64_t hash)
{
	w->counters->probes++;
	return met(w, weft_index_first(at, weft_engine_table(w->engine, table), index, when, hash));
}

const void *weft_look_at_all(
	struct weft_scope *w, struct weft_cursor *at, unsigned table, enum weft_when when)
{
	w->counters->probes++;
	return met(w, weft_table_first(at, weft_engine_table(w->engine, table), when));
}

const void *weft_look_on(struct weft_scope *w, struct weft_cursor *at)
{
	return met(w, weft_cursor_next(at));
}

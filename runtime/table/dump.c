/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * dump.c: the state as JSON lines, the same bytes for the same state: for tests, status and the
 * oracle.
 */
#include "engine.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/sort.h"

static int compare_rows(const void *table, const void *a, const void *b)
{
	return weft_table_compare(table, *(const void *const *)a, *(const void *const *)b);
}

void weft_table_dump(const struct weft_table *t, struct weft_buffer *b)
{
	struct weft_cursor c;
	size_t count = 0;
	const void **rows = weft_alloc_array(t->count[WEFT_NEW] * 2, sizeof(*rows));
	if (!rows) {
		b->failed = true;
		return;
	}
	for (const void *row = weft_table_first(&c, t, WEFT_NEW); row; row = weft_cursor_next(&c))
		rows[count++] = row;
	weft_sort(rows, rows + count, count, sizeof(*rows), compare_rows, t);
	for (size_t i = 0; i < count; i++) {
		weft_buffer_add(b, "{\"table\":", 9);
		weft_buffer_json(b, (struct weft_text){ t->info->name, strlen(t->info->name) });
		weft_buffer_add(b, ",\"row\":", 7);
		weft_json_value(b, t->intern, t->info->row, rows[i]);
		weft_buffer_add(b, "}\n", 2);
	}
	weft_free(rows);
}

void weft_engine_dump(const struct weft_engine *e, struct weft_buffer *b)
{
	for (unsigned i = 0; i < e->info->table_count; i++)
		if (!e->info->tables[i].is_internal)
			weft_table_dump(e->tables[i], b);
}

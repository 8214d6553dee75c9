/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * watch.c: rows and changes as lines. As text: `+ ROW`, `- ROW`, `~ ROW -> ROW`, and `= 3 rows`
 * behind those that are there at the beginning. As JSON: {"insert":R}, {"delete":R},
 * {"update":R,"was":R}, {"rows":3}.
 */
#include "app/admin.h"
#include "base/buffer.h"

static void row(struct weft_buffer *b, const struct weft_table *t, const struct weft_intern *intern,
	const void *row)
{
	weft_json_value(b, intern, weft_table_info(t)->row, row);
}

void weft_watch_line(struct weft_buffer *b, const struct weft_table *t,
	const struct weft_intern *intern, const struct weft_change *c, bool json)
{
	bool both = c->before && c->after;
	if (json)
		weft_buffer_format(b,
			both               ? "{\"update\":"
				: c->after ? "{\"insert\":"
					   : "{\"delete\":");
	else
		weft_buffer_format(b, both ? "~ " : c->after ? "+ " : "- ");
	if (both && !json) {
		row(b, t, intern, c->before);
		weft_buffer_format(b, " -> ");
		row(b, t, intern, c->after);
	} else {
		row(b, t, intern, c->after ? c->after : c->before);
	}
	if (both && json) {
		weft_buffer_format(b, ",\"was\":");
		row(b, t, intern, c->before);
	}
	weft_buffer_format(b, json ? "}\n" : "\n");
}

void weft_watch_present(struct weft_buffer *b, const struct weft_table *t,
	const struct weft_intern *intern, bool json)
{
	/* in the order of the keys: from the dump's lines, {"table":"ports","row":R} */
	struct weft_buffer dump = { 0 };
	weft_table_dump(t, &dump);
	const char *end = dump.data ? dump.data + dump.size : dump.data;
	(void)intern;
	for (const char *at = dump.data; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at)),
			   *begin = strstr(at, ",\"row\":");
		if (!stop || !begin || begin > stop)
			break;
		begin += strlen(",\"row\":");
		weft_buffer_format(b, json ? "{\"insert\":" : "+ ");
		weft_buffer_add(b, begin, (size_t)(stop - begin) - (json ? 0 : 1));
		weft_buffer_format(b, "\n");
		at = stop + 1;
	}
	size_t count = weft_table_count(t, WEFT_NEW);
	const char *sync = weft_table_is_synced(t) ? ""
		: json                             ? ",\"synced\":false"
						   : ", not synced yet";
	if (json)
		weft_buffer_format(b, "{\"rows\":%zu%s}\n", count, sync);
	else
		weft_buffer_format(b, "= %zu row%s%s\n", count, count == 1 ? "" : "s", sync);
	b->failed = b->failed || dump.failed;
	weft_buffer_free(&dump);
}

unsigned weft_watch_find(const struct weft_program_info *info, struct weft_text name)
{
	unsigned i = 0;
	for (; i < info->engine->table_count; i++) {
		const char *is = info->engine->tables[i].name;
		if (!info->engine->tables[i].is_internal &&
			weft_text_equal(name, (struct weft_text){ is, strlen(is) }))
			break;
	}
	return i;
}

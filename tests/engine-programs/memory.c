/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * memory.c: a compiled program without memory. Each transaction of a file is tried with its first
 * allocation failing, then its second, and so on until none fails; after each failure the state
 * must be what it was before, line for line. Then all rows go, and come and go again: no interned
 * value may stay, and the last round may not take more memory than the one before it. PROGRAM is
 * the program's description; its parameters (name value ...) follow the file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/feed.h"
#include "base/alloc.h"
#include "table/intern.h"

extern const struct weft_program_info PROGRAM;

struct run {
	struct weft_program_head *program;
	struct weft_buffer history;
	unsigned long failures;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why ? why : "");
	return 1;
}

static void state(struct run *r, struct weft_buffer *b)
{
	struct weft_program_head *p = r->program;
	b->size = 0;
	weft_engine_dump(p->engine, b);
	for (size_t i = 0; i < p->info->rule_count; i++)
		weft_table_dump(weft_engine_table(p->engine, p->info->rules[i].table), b);
	weft_buffer_add(b, "", 0);
}

static int transaction(struct run *r, struct weft_text lines, bool with_failures)
{
	struct weft_buffer before = { 0 }, after = { 0 }, why = { 0 };
	int bad = 0;
	state(r, &before);
	for (uint64_t k = 1; !bad; k++) {
		why.size = 0;
		weft_alloc_fail_at(with_failures ? k : 0, 0);
		enum weft_status status = weft_feed(r->program, lines, &why);
		bool failed = weft_alloc_failed();
		weft_alloc_fail_at(0, 0);
		if (status == WEFT_OK)
			break;
		if (!failed)
			bad = fail("feed", why.data);
		r->failures++;
		state(r, &after);
		if (after.size != before.size ||
			(after.size && memcmp(after.data, before.data, after.size) != 0)) {
			fprintf(stderr,
				"allocation %llu failed: the state is another than before\n",
				(unsigned long long)k);
			bad = 1;
		}
	}
	weft_buffer_free(&before);
	weft_buffer_free(&after);
	weft_buffer_free(&why);
	return bad;
}

static int whole_history(struct run *r, bool with_failures)
{
	const char *end = r->history.data + r->history.size;
	for (const char *from = r->history.data, *at = from; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop + 1 : end;
		bool last = strncmp(at, "{\"commit\"", 9) == 0;
		at = stop;
		if (!last)
			continue;
		if (transaction(
			    r, (struct weft_text){ from, (size_t)(at - from) }, with_failures) != 0)
			return 1;
		from = at;
	}
	return 0;
}

static int delete_all(struct run *r)
{
	struct weft_engine *e = r->program->engine;
	enum weft_status status = weft_engine_begin(e);
	for (unsigned t = 0; status == WEFT_OK && t < r->program->info->engine->table_count; t++) {
		struct weft_cursor at;
		if (!r->program->info->engine->tables[t].is_input)
			continue;
		const struct weft_table *table = weft_engine_table(e, t);
		const void *row;
		while (status == WEFT_OK && (row = weft_table_first(&at, table, WEFT_NEW)) != NULL)
			status = weft_engine_delete(e, t, row);
	}
	return status == WEFT_OK && weft_engine_commit(e) == WEFT_OK
		? 0
		: fail("delete", weft_status_name(status));
}

static int read_history(struct run *r, const char *path)
{
	char bytes[65536];
	size_t n;
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return fail("open", path);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		weft_buffer_add(&r->history, bytes, n);
	fclose(f);
	return 0;
}

static int check(struct run *r)
{
	size_t live[3], values[4];
	struct weft_text nothing = { "{\"commit\":true}\n", 16 };
	if (transaction(r, nothing, false) != 0)
		return 1;
	values[3] = weft_intern_count(weft_engine_intern(r->program->engine));
	for (int i = 0; i < 3; i++) {
		if (whole_history(r, i == 0) != 0 || delete_all(r) != 0)
			return 1;
		/* What handlers read has two sides, and a turn lets go of the second one; its
		 * values go with the next transaction. */
		weft_engine_publish(r->program->engine);
		if (transaction(r, nothing, false) != 0)
			return 1;
		live[i] = weft_alloc_live_bytes();
		values[i] = weft_intern_count(weft_engine_intern(r->program->engine));
	}
	printf("%lu allocations failed\n", r->failures);
	if (values[0] != values[3] || values[2] != values[3] || live[1] != live[2]) {
		fprintf(stderr,
			"%zu values at first, %zu and %zu when all rows are gone; "
			"%zu, %zu and %zu bytes\n",
			values[3], values[0], values[2], live[0], live[1], live[2]);
		return 1;
	}
	return r->failures < 20 ? fail("failures", "too few to prove anything") : 0;
}

int main(int argc, char **argv)
{
	struct run r = { 0 };
	struct weft_setting settings[8];
	size_t count = 0;
	for (int i = 2; i + 1 < argc && count < 8; i += 2)
		settings[count++] = (struct weft_setting){ argv[i], argv[i + 1] };
	struct weft_options options = {
		.size = sizeof(options), .settings = settings, .setting_count = count
	};
	void *program;
	char *error = NULL;
	if (argc < 2 || read_history(&r, argv[1]) != 0)
		return 1;
	if (weft_create(&PROGRAM, &options, &program, &error) != WEFT_OK)
		return fail("create", error);
	r.program = program;
	int bad = check(&r);
	weft_buffer_free(&r.history);
	weft_destroy(program);
	return bad;
}

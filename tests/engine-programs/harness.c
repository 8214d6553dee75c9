/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * harness.c: an instance of a compiled program that is fed transactions from a file; after each
 * commit its tables (and what its rules want) are printed, then a line `==`; with COUNTERS set,
 * what it cost instead. PROGRAM is the program's description; `--set name=value` arguments follow
 * the file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "app/feed.h"

extern const struct weft_program_info PROGRAM;

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why ? why : "");
	return 1;
}

/* What the last transaction cost each operator: the same at any size, if its cost is that of the
 * change. */
static void show_cost(struct weft_program_head *p, struct weft_operator_counters *before)
{
	for (unsigned i = 0; i < p->info->engine->operator_count; i++) {
		struct weft_operator_counters now = *weft_engine_counters(p->engine, i);
		printf("%s: delta_in %llu, probes %llu, visited %llu, emitted %llu\n",
			p->info->engine->operators[i].name,
			(unsigned long long)(now.delta_in - before[i].delta_in),
			(unsigned long long)(now.probes - before[i].probes),
			(unsigned long long)(now.visited - before[i].visited),
			(unsigned long long)(now.emitted - before[i].emitted));
		before[i] = now;
	}
}

static int show(struct weft_program_head *p)
{
	struct weft_buffer dump = { 0 };
	weft_engine_dump(p->engine, &dump);
	for (size_t i = 0; i < p->info->rule_count; i++)
		weft_table_dump(weft_engine_table(p->engine, p->info->rules[i].table), &dump);
	fwrite(dump.data, 1, dump.size, stdout);
	puts("==");
	weft_buffer_free(&dump);
	return 0;
}

int main(int argc, char **argv)
{
	struct weft_setting settings[8];
	size_t count = 0;
	for (int i = 2; i + 1 < argc && count < 8; i += 2)
		settings[count++] = (struct weft_setting){ argv[i], argv[i + 1] };
	struct weft_options options = {
		.size = sizeof(options), .settings = settings, .setting_count = count
	};
	void *program;
	char *error = NULL;
	if (weft_create(&PROGRAM, &options, &program, &error) != WEFT_OK)
		return fail("create", error);
	FILE *history = fopen(argv[1], "r");
	if (history == NULL)
		return fail("open", argv[1]);
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	struct weft_buffer lines = { 0 }, why = { 0 };
	struct weft_operator_counters before[64] = { { 0 } };
	bool counted = getenv("COUNTERS") != NULL;
	while ((size = getline(&line, &room, history)) > 0) {
		weft_buffer_add(&lines, line, (size_t)size);
		if (strncmp(line, "{\"commit\"", 9) != 0)
			continue;
		if (weft_feed(program, (struct weft_text){ lines.data, lines.size }, &why) !=
			WEFT_OK)
			return fail("feed", why.data);
		lines.size = 0;
		if (counted)
			show_cost(program, before);
		else
			show(program);
	}
	fclose(history);
	free(line);
	weft_buffer_free(&lines);
	weft_buffer_free(&why);
	weft_destroy(program);
	return 0;
}

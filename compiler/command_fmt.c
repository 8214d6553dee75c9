/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * command_fmt.c: `weft fmt`. A file with syntax errors is reported and left as it is.
 */
#include "compile.h"
#include "fmt.h"
#include "lex.h"

#include <errno.h>

static int replace(struct text path, struct text text)
{
	FILE *file = fopen(path.data, "wb");
	bool good = file && fwrite(text.data, 1, text.size, file) == text.size;
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		fprintf(stderr, "weft fmt: cannot write %s: %s\n", path.data, strerror(errno));
	return good ? 0 : 2;
}

static int format_one(const char *path, bool only_check)
{
	struct compilation c = { 0 };
	int code = 2;
	if (compile_open(&c, text_of(path), compile_argv0())) {
		code = compile_report(&c, false);
		if (code == 0) {
			struct text text = format_source(c.source, c.file, c.arena);
			struct source *again = source_of_text(c.arena, c.source->path, text);
			lex_source(again, c.arena, diags_new(c.arena));
			bool is_same = text_equal(text, c.source->text);
			if (!same_tokens(c.source, again)) {
				fprintf(stderr,
					"weft fmt: %s: formatting would change the program, which "
					"is a bug; nothing was written\n",
					path);
				code = 2;
			} else if (only_check) {
				if (!is_same)
					printf("%s\n", path);
				code = is_same ? 0 : 1;
			} else if (strcmp(path, "-") == 0) {
				fwrite(text.data, 1, text.size, stdout);
			} else if (!is_same) {
				code = replace(text_of(path), text);
			}
		}
	}
	arena_free(c.arena);
	return code;
}

int command_fmt(int argc, char **argv)
{
	static const struct option options[] = { { "--check", NULL, "" } };
	const char *paths[1024];
	size_t count = 0;
	bool only_check = false, failed = false;
	int index = 1, code = 0;
	struct option_match m;
	while (option_next(argc, argv, options, 1, &index, &m, &failed)) {
		if (m.option)
			only_check = true;
		else if (count < sizeof(paths) / sizeof(paths[0]))
			paths[count++] = m.value;
	}
	if (failed)
		return 2;
	if (!count) {
		fputs("weft fmt: which files? `-` is standard input\nTry `weft fmt --help`.\n",
			stderr);
		return 2;
	}
	for (size_t i = 0; i < count; i++) {
		int one = format_one(paths[i], only_check);
		code = one > code ? one : code;
	}
	return code;
}

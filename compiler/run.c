/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * run.c: `weft run`: compiles into a directory of its own, which is gone again before the program starts, and becomes the
 * program. Everything behind the file's name is the program's.
 */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int become(struct build *b, int argc, char **argv, const char *path)
{
	int program = open(b->output.data, O_RDONLY | O_CLOEXEC);
	unlink(b->output.data);
	build_clean(b);
	if (program < 0) {
		fprintf(stderr, "weft run: cannot open what was built: %s\n", strerror(errno));
		return 1;
	}
	char **arguments = ARENA_ARRAY(b->arena, char *, argc + 2);
	arguments[0] = (char *)path;
	for (int i = 0; i < argc; i++)
		arguments[i + 1] = argv[i];
	fexecve(program, arguments, environ);
	fprintf(stderr, "weft run: cannot start what was built: %s\n", strerror(errno));
	return 1;
}

int command_run(int argc, char **argv)
{
	const char *path = NULL;
	struct build b = { 0 };
	int kept = 0;
	char **rest = argv; /* the program's options: argv without the command and the file */
	for (int i = 1; i < argc; i++) {
		size_t size = strlen(argv[i]);
		if (!path && size > 5 && strcmp(argv[i] + size - 5, ".weft") == 0)
			path = argv[i];
		else
			rest[kept++] = argv[i];
	}
	if (!path) {
		fputs("weft run: which file?\nTry `weft run --help`.\n", stderr);
		return 2;
	}
	if (!build_compile(&b, path) || !build_temporary(&b))
		return 1;
	b.output = text_format(b.arena, "%s/program", b.directory.data);
	if (!build_write(&b) || !build_link(&b, "-O1")) {
		build_clean(&b);
		return 1;
	}
	return become(&b, kept, rest, path);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * run.c: `weft run`: compiles into a directory of its own, which is gone again before the program
 * starts, and becomes the program. Everything but the file's name and --check is the program's.
 */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

/* What the program is started with. `check` < 0: without --check. */
struct launch {
	struct build *build;
	const char *path;
	int argc;
	char **argv;
};

static int become(void *user, int check)
{
	struct launch *l = user;
	struct build *b = l->build;
	int program = open(b->output.data, O_RDONLY | O_CLOEXEC);
	unlink(b->output.data);
	build_clean(b);
	if (program < 0) {
		fprintf(stderr, "weft run: cannot open what was built: %s\n", strerror(errno));
		return 1;
	}
	struct vec arguments = { 0 };
	vec_push(b->arena, &arguments, (void *)l->path);
	for (int i = 0; i < l->argc; i++)
		vec_push(b->arena, &arguments, l->argv[i]);
	if (check >= 0)
		vec_push(b->arena, &arguments,
			(void *)text_format(b->arena, "--check-fd=%d", check).data);
	vec_push(b->arena, &arguments, NULL);
	fexecve(program, (char **)arguments.items, environ);
	fprintf(stderr, "weft run: cannot start what was built: %s\n", strerror(errno));
	return 1;
}

int command_run(int argc, char **argv)
{
	const char *path = NULL;
	struct build b = { 0 };
	bool check = false;
	int kept = 0;
	char **rest = argv; /* the program's options: argv without the command and the file */
	for (int i = 1; i < argc; i++) {
		size_t size = strlen(argv[i]);
		if (!path && size > 5 && strcmp(argv[i] + size - 5, ".weft") == 0)
			path = argv[i];
		else if (strcmp(argv[i], "--check") == 0)
			check = true;
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
	struct launch l = { &b, path, kept, rest };
	return check ? run_check(b.program, become, &l) : become(&l, -1);
}

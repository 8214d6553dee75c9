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

static bool ends_with(const char *argument, const char *suffix)
{
	size_t size = strlen(argument), n = strlen(suffix);
	return argument[0] != '-' && size > n && strcmp(argument + size - n, suffix) == 0;
}

/* The file, C of the user's, `--check`; what is left is the program's. */
static const char *take_arguments(
	struct arena *a, struct build *b, int *argc, char **argv, bool *check)
{
	const char *path = NULL;
	int kept = 0;
	for (int i = 1; i < *argc; i++) {
		if (!path && ends_with(argv[i], ".weft"))
			path = argv[i];
		else if (ends_with(argv[i], ".c") && (kept == 0 || argv[kept - 1][0] != '-'))
			vec_push(a, &b->more, argv[i]);
		else if (strcmp(argv[i], "--check") == 0)
			*check = true;
		else
			argv[kept++] = argv[i];
	}
	*argc = kept;
	return path;
}

int command_run(int argc, char **argv)
{
	struct build b = { 0 };
	struct arena *a = arena_new();
	bool check = false;
	const char *path = take_arguments(a, &b, &argc, argv, &check);
	if (!path) {
		fputs("weft run: which file?\nTry `weft run --help`.\n", stderr);
		return 2;
	}
	b.with_api = b.more.count;
	if (!build_compile(&b, path) || !build_temporary(&b))
		return 1;
	b.output = text_format(b.arena, "%s/program", b.directory.data);
	if (!build_write(&b) || !build_link(&b, "-O1")) {
		build_clean(&b);
		return 1;
	}
	struct launch l = { &b, path, argc, argv };
	return check ? run_check(b.program, become, &l) : become(&l, -1);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * build.c: `weft build`: from a program to C, and with the machine's C compiler to an executable.
 * The headers and libweft.a are found beside the tool, in a source tree and under an installed
 * prefix alike.
 */
#include "build.h"
#include "emit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- where things are ---- */

static struct text directory_of_tool(struct arena *a)
{
	char path[4096];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *tool = size > 0 ? path : compile_argv0();
	size_t end = size > 0 ? (size_t)size : strlen(tool);
	while (end > 0 && tool[end - 1] != '/')
		end--;
	return end ? text_copy(a, (struct text){ tool, end }) : TEXT("./");
}

static struct text first_readable(
	struct arena *a, struct text directory, const char *const *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text path = text_format(a, "%s%s", directory.data, places[i]);
		if (access(path.data, R_OK) == 0)
			return path;
	}
	return TEXT("");
}

static bool find_library(struct build *b)
{
	static const char *const headers[] = { "../runtime/include/weft/weft.h",
		"../include/weft/weft.h" };
	static const char *const libraries[] = { "libweft.a", "../lib/libweft.a" };
	struct text tool = directory_of_tool(b->arena);
	struct text header = first_readable(b->arena, tool, headers, 2);
	b->library = first_readable(b->arena, tool, libraries, 2);
	if (header.size == 0 || b->library.size == 0) {
		fprintf(stderr, "weft: no %s beside %sweft: is it installed whole?\n",
			header.size ? "libweft.a" : "headers", tool.data);
		return false;
	}
	b->include = text_copy(
		b->arena, (struct text){ header.data, header.size - strlen("/weft/weft.h") });
	return true;
}

/* ---- files ---- */

static bool write_file(struct text path, struct text content)
{
	FILE *f = fopen(path.data, "w");
	bool written = f && fwrite(content.data, 1, content.size, f) == content.size;
	if (f && fclose(f) != 0)
		written = false;
	if (!written)
		fprintf(stderr, "weft: cannot write %s: %s\n", path.data, strerror(errno));
	return written;
}

static struct text in_directory(struct build *b, const char *suffix)
{
	return text_format(b->arena, "%s/%s%s", b->directory.data, b->name.data, suffix);
}

bool build_compile(struct build *b, const char *path)
{
	struct compilation c = { 0 };
	if (!compile_open(&c, text_of(path), compile_argv0()))
		return false;
	b->arena = c.arena;
	b->program_path = path;
	struct emitted out = { .header = TEXT("") };
	struct plan *plan =
		compile_check(&c) && c.program ? plan_program(c.program, c.diags) : NULL;
	if (plan) {
		out = emit_program(plan, c.diags, b->with_api, b->line_directives);
		b->name = out.name;
	}
	int code = compile_report(&c, false);
	if (plan && plan->tables.count == 0) {
		fprintf(stderr,
			"weft: %s has no rule, collection or derivation: there is nothing to run\n",
			path);
		code = 1;
	}
	b->externs = out.externs;
	b->header = out.header;
	b->source = out.source;
	b->main = out.main;
	b->program = c.program;
	return code == 0;
}

bool build_write(struct build *b)
{
	return write_file(in_directory(b, ".h"), b->header) &&
		write_file(in_directory(b, ".c"), b->source) &&
		write_file(in_directory(b, "_main.c"), b->main);
}

/* ---- the C compiler ---- */

static bool run_tool(struct arena *a, struct vec *arguments)
{
	vec_push(a, arguments, NULL);
	pid_t child = fork();
	if (child == 0) {
		execvp(arguments->items[0], (char **)arguments->items);
		fprintf(stderr, "weft: cannot start the C compiler `%s`: %s\n",
			(char *)arguments->items[0], strerror(errno));
		_exit(127);
	}
	int status = 1;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void add(struct build *b, struct vec *v, const char *argument)
{
	vec_push(b->arena, v, (void *)argument);
}

/* Why the C compiler failed, as far as we know: what it said stands above. */
static void explain_refusal(const struct build *b)
{
	if (b->externs.size && !b->more.count)
		fprintf(stderr,
			"weft: this program leaves to C of yours: %s; name its files behind the "
			"program\n",
			b->externs.data);
	else if (b->more.count || b->libraries.count)
		fputs("weft: the C compiler refused the program with your C and libraries "
		      "(above)\n",
			stderr);
	else
		fputs("weft: the C compiler refused the program's C (above): that is a mistake of "
		      "the compiler, please report it\n",
			stderr);
}

static bool can_write(struct build *b)
{
	struct text folder = text_copy(b->arena, b->output);
	while (folder.size && folder.data[folder.size - 1] != '/')
		folder.size--;
	const char *path = folder.size ? text_copy(b->arena, folder).data : ".";
	if (access(path, W_OK | X_OK) == 0)
		return true;
	fprintf(stderr, "weft: cannot write %s: %s\n", b->output.data, strerror(errno));
	return false;
}

bool build_link(struct build *b, const char *optimize)
{
	if (!find_library(b) || !can_write(b))
		return false;
	const char *cc = getenv("CC");
	struct vec v = { NULL, 0, 0 };
	add(b, &v, cc && *cc ? cc : "cc");
	add(b, &v, "-std=c11");
	add(b, &v, "-D_GNU_SOURCE");
	add(b, &v, optimize);
	add(b, &v, b->line_directives ? "-g" : "-Wl,--strip-debug"); /* a quarter of the size */
	add(b, &v, text_format(b->arena, "-I%s", b->include.data).data);
	add(b, &v, text_format(b->arena, "-I%s", b->directory.data).data);
	add(b, &v, "-o");
	add(b, &v, b->output.data);
	add(b, &v, in_directory(b, ".c").data);
	add(b, &v, in_directory(b, "_main.c").data);
	for (size_t i = 0; i < b->more.count; i++)
		add(b, &v, b->more.items[i]);
	add(b, &v, b->library.data);
	add(b, &v,
		"-Wl,--as-needed"); /* what the program does not use it does not need at run time */
	for (size_t i = 0; i < b->libraries.count; i++)
		add(b, &v, b->libraries.items[i]);
	add(b, &v, "-luring");
	add(b, &v, "-lyaml");
	add(b, &v, "-lpthread");
	if (run_tool(b->arena, &v))
		return true;
	explain_refusal(b);
	return false;
}

bool build_temporary(struct build *b)
{
	const char *base = getenv("TMPDIR");
	char *path =
		(char *)text_format(b->arena, "%s/weft-XXXXXX", base && *base ? base : "/tmp").data;
	if (!mkdtemp(path)) {
		fprintf(stderr, "weft: cannot make a directory in %s: %s\n", base ? base : "/tmp",
			strerror(errno));
		return false;
	}
	b->directory = text_of(path);
	return true;
}

void build_clean(struct build *b)
{
	static const char *const suffixes[] = { ".h", ".c", "_main.c" };
	for (size_t i = 0; i < 3; i++)
		unlink(in_directory(b, suffixes[i]).data);
	rmdir(b->directory.data);
}

/* ---- the command ---- */

static bool is_weft(const char *path)
{
	size_t size = strlen(path);
	return size > 5 && strcmp(path + size - 5, ".weft") == 0;
}

static void say_licence(const struct build *b)
{
	fprintf(stderr,
		"%s: under Apache-2.0 OR MIT as far as it is Weft's (links liburing and libyaml, "
		"both MIT); your part is yours\n",
		b->output.data);
}

static bool make_directory(const char *path)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return true;
	fprintf(stderr, "weft build: cannot make %s: %s\n", path, strerror(errno));
	return false;
}

static int build(struct build *b, const char *path, const char *form, const char *output)
{
	b->with_api = form || b->more.count;
	if (!build_compile(b, path))
		return 1;
	if (form) {
		b->directory = text_of(output ? output : ".");
		return make_directory(b->directory.data) && build_write(b) ? 0 : 1;
	}
	b->output = output ? text_of(output) : b->name;
	if (!build_temporary(b))
		return 1;
	bool made = build_write(b) && build_link(b, "-O2");
	build_clean(b);
	if (made)
		say_licence(b);
	return made ? 0 : 1;
}

/* `-lNAME` is one word: taken out before the options are read. */
static int take_libraries(struct build *b, struct arena *a, int argc, char **argv)
{
	int kept = 0;
	for (int i = 0; i < argc; i++) {
		if (i && (strncmp(argv[i], "-l", 2) == 0 || strncmp(argv[i], "-L", 2) == 0) &&
			argv[i][2])
			vec_push(a, &b->libraries, argv[i]);
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

int command_build(int argc, char **argv)
{
	static const struct option options[] = { { "-o", "PATH", "" }, { "--emit", "FORM", "" },
		{ "-g", NULL, "" } };
	struct build b = { 0 };
	struct arena *a = arena_new();
	const char *path = NULL, *output = NULL, *form = NULL;
	bool failed = false;
	int index = 1;
	struct option_match m;
	argc = take_libraries(&b, a, argc, argv);
	while (option_next(argc, argv, options, 3, &index, &m, &failed)) {
		if (m.option == &options[0])
			output = m.value;
		else if (m.option == &options[1])
			form = m.value;
		else if (m.option == &options[2])
			b.line_directives = true;
		else if (is_weft(m.value) && !path)
			path = m.value;
		else
			vec_push(a, &b.more, (void *)m.value);
	}
	if (!failed && !path) {
		fputs("weft build: which file?\nTry `weft build --help`.\n", stderr);
		failed = true;
	}
	if (!failed && form && strcmp(form, "c") != 0) {
		fprintf(stderr, "weft build: --emit knows `c`, not `%s`\n", form);
		failed = true;
	}
	int code = failed ? 2 : build(&b, path, form, output);
	if (b.arena)
		arena_free(b.arena);
	arena_free(a);
	return code;
}

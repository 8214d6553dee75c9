/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * commands.c: the commands that need nothing but the front end: check, explain, new.
 */
#include "compile.h"
#include "emit.h"
#include "lex.h"
#include "parse.h"

#include <errno.h>
#include <sys/stat.h>

static int dump(struct compilation *c, const char *pass)
{
	if (strcmp(pass, "tokens") == 0) {
		dump_tokens(c->source, stdout);
		return 0;
	}
	if (strcmp(pass, "ast") == 0) {
		dump_ast(c->file, stdout, false);
		return compile_report(c, false);
	}
	bool is_known = strcmp(pass, "types") == 0 || strcmp(pass, "plan") == 0;
	bool is_whole = is_known && compile_check(c);
	if (!is_known) {
		fprintf(stderr,
			"weft check: no pass `%s` to dump; there are tokens, ast, types and plan\n",
			pass);
		return 2;
	}
	if (strcmp(pass, "types") == 0) {
		if (is_whole)
			dump_ast(c->file, stdout, true);
		return compile_report(c, false);
	}
	if (is_whole)
		dump_pass(c, text_of(pass), stdout);
	return compile_report(c, false);
}

int command_check(int argc, char **argv)
{
	static const struct option options[] = { { "--json", NULL, "" }, { "--dump", "PASS", "" } };
	const char *path = NULL, *pass = NULL;
	bool as_json = false, failed = false;
	int index = 1;
	struct option_match m;
	while (option_next(argc, argv, options, 2, &index, &m, &failed)) {
		if (m.option == &options[0]) {
			as_json = true;
		} else if (m.option) {
			pass = m.value;
		} else if (path) {
			fputs("weft check: one program at a time\n", stderr);
			return 2;
		} else {
			path = m.value;
		}
	}
	if (failed)
		return 2;
	if (!path) {
		fputs("weft check: which file?\nTry `weft check --help`.\n", stderr);
		return 2;
	}
	struct compilation c = { 0 };
	int code = 2;
	if (compile_open(&c, text_of(path), compile_argv0())) {
		if (pass) {
			code = dump(&c, pass);
		} else {
			/* what only the emitter can refuse is said here, too */
			struct plan *plan = compile_check(&c) && c.program
				? plan_program(c.program, c.diags)
				: NULL;
			if (plan)
				emit_program(plan, c.diags, true, false);
			code = compile_report(&c, as_json);
		}
	}
	arena_free(c.arena);
	return code;
}

int command_explain(int argc, char **argv)
{
	if (argc < 2) {
		diag_list(stdout);
		return 0;
	}
	if (diag_explain(argv[1], stdout))
		return 0;
	fprintf(stderr,
		"weft explain: there is no code `%s`; `weft explain` without a code lists all\n",
		argv[1]);
	return 2;
}

static bool write_file(const char *directory, const char *name, const char *text)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "wx");
	bool good = file && fputs(text, file) >= 0;
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		fprintf(stderr, "weft new: %s: %s\n", path, strerror(errno));
	return good;
}

int command_new(int argc, char **argv)
{
	if (argc != 2 || argv[1][0] == '-' || !argv[1][0]) {
		fputs("weft new: one name, of the directory to make\nTry `weft new --help`.\n",
			stderr);
		return 2;
	}
	if (mkdir(argv[1], 0777) != 0) {
		fprintf(stderr, "weft new: %s: %s\n", argv[1], strerror(errno));
		return 2;
	}
	struct arena *a = arena_new();
	struct text page = text_format(a,
		"# %s\n\n"
		"A proxy in Weft. `main.weft` says what should be true: a listener on port 8080 "
		"that forwards to port 9090.\n\n"
		"```sh\n"
		"weft run main.weft              # compile and start\n"
		"weft build main.weft -o %s      # one native executable\n"
		"```\n",
		source_base_name(a, text_of(argv[1])).data,
		source_base_name(a, text_of(argv[1])).data);
	bool good = write_file(argv[1], "main.weft",
			    "/// Forwards everything to the application beside this proxy.\n"
			    "listener web on *:8080 {\n"
			    "  forward 127.0.0.1:9090\n"
			    "}\n") &&
		write_file(argv[1], "README.md", page.data);
	arena_free(a);
	if (good)
		printf("made %s; begin with: weft run %s/main.weft\n", argv[1], argv[1]);
	return good ? 0 : 2;
}

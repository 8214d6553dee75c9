/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * main.c: the command line, and nothing else. Exit codes: 0 clean, 1 the program has errors, 2
 * wrong use of the tool.
 */
#include "compile.h"

#include <stdlib.h>

#define WEFT_VERSION "0.1.0"

static const char *argv0 = "weft";

const char *compile_argv0(void)
{
	return argv0;
}

static int help_command(int argc, char **argv);

static const struct command {
	const char *name, *summary, *usage, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "check", "read a program and report what is wrong with it", "[--json] [--dump=PASS] FILE",
		"  --json        one JSON object per report, on standard output, for editors\n"
		"  --dump=PASS   print what a pass made: tokens, ast, types, plan\n"
		"\n"
		"Example:\n"
		"  weft check sidecar.weft\n",
		command_check },
	{ "fmt", "write programs in the one canonical style", "[--check] FILE... | -",
		"  --check       change nothing; list the files that are not in the style and exit "
		"with 1\n"
		"  -             read standard input, write standard output\n"
		"\n"
		"Example:\n"
		"  weft fmt *.weft\n",
		command_fmt },
	{ "build", "compile a program to one native executable, or to C",
		"FILE [MORE.c ...] -o BIN [-lNAME]",
		"  -o BIN        the executable\n"
		"  --emit c -o DIR   write the .c and .h to embed instead\n"
		"  -g            lines of the program in the debugger instead of lines of its C\n"
		"\n"
		"Example:\n"
		"  weft build sidecar.weft -o sidecar && ./sidecar --manifests manifests/\n",
		command_build },
	{ "run", "compile a program and start it", "FILE [MORE.c ...] [--check] [run options]",
		"  --manifests DIR   read (and watch) Kubernetes manifests there\n"
		"  --set NAME=VALUE  set a param\n"
		"  --check           compare every settled state with the oracle\n"
		"\n"
		"Example:\n"
		"  weft run sidecar.weft --manifests manifests/ --set namespace=shop\n",
		command_run },
	{ "test", "run the tests that stand in a program (not in this version)", "FILE",
		"\nExample:\n  weft test sidecar.weft\n", command_test },
	{ "explain", "tell what the code of a report means", "[CODE]",
		"\nWithout a code it lists all of them.\n\nExample:\n  weft explain E0201\n",
		command_explain },
	{ "graph", "draw which rows follow from which", "FILE [--svg]",
		"\nExample:\n  weft graph sidecar.weft | dot -Tsvg -o graph.svg\n", command_graph },
	{ "cost", "tell the work that each change causes", "FILE",
		"\nExample:\n  weft cost sidecar.weft\n", command_cost },
	{ "new", "begin a project: a program that forwards, and a page about it", "NAME",
		"\nExample:\n  weft new shop && weft run shop/main.weft\n", command_new },
	{ "status", "ask a running program how it is", "[PROGRAM] [--admin PATH] [--json]",
		"\nExample:\n  weft status\n", command_status },
	{ "watch", "follow the rows of a running program's collection",
		"COLLECTION [PROGRAM] [--admin PATH] [--json] [--once]",
		"\n  --once        the rows that are there, and no more\n\nExample:\n  weft watch "
		"ports\n",
		command_watch },
	{ "help", "tell about a command", "[COMMAND]", "\nExample:\n  weft help build\n",
		help_command },
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int usage(FILE *out)
{
	fputs("Weft makes native service-mesh proxies out of declarative programs.\n\nUsage: weft "
	      "COMMAND [...]\n\n",
		out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`weft COMMAND --help` tells more. Exit codes: 0 clean, 1 the program has errors, "
	      "2 wrong use.\n",
		out);
	return out == stdout ? 0 : 2;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	static const char *const later[] = { "doc", "why", "conflicts", "record", "replay", "plan",
		"reload", "lsp" };
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (strcmp(later[i], name) == 0) {
			fprintf(stderr, "weft: `%s` is not in this version\n", name);
			return NULL;
		}
	struct text names[COMMAND_COUNT];
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = text_of(commands[i].name);
	struct text near = diag_look_alike(text_of(name), names, COMMAND_COUNT);
	fprintf(stderr, "weft: unknown command `%s`", name);
	if (near.size)
		fprintf(stderr, "; did you mean `%.*s`?", TEXT_ARG(near));
	fputs("\nTry `weft --help`.\n", stderr);
	return NULL;
}

static int help_of(const struct command *c)
{
	printf("weft %s: %s\n\nUsage: weft %s %s\n", c->name, c->summary, c->name, c->usage);
	printf("%s%s", c->help[0] == '\n' ? "" : "\n", c->help);
	return 0;
}

static int help_command(int argc, char **argv)
{
	if (argc < 2)
		return usage(stdout);
	const struct command *c = find(argv[1]);
	return c ? help_of(c) : 2;
}

int main(int argc, char **argv)
{
	argv0 = argc > 0 ? argv[0] : argv0;
	if (argc < 2)
		return usage(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		puts("weft " WEFT_VERSION ", language edition 1");
		return 0;
	}
	const struct command *c = find(argv[1]);
	if (!c)
		return 2;
	for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return help_of(c);
	if (!c->run) {
		fprintf(stderr, "weft: `%s` is not in this version\n", c->name);
		return 2;
	}
	return c->run(argc - 1, argv + 1);
}

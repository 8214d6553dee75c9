/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * compile.h: the passes in their order, and the state of one run of the compiler that they share.
 */
#ifndef WEFT_COMPILER_COMPILE_H
#define WEFT_COMPILER_COMPILE_H

#include "diag.h"

struct program; /* type.h */

struct compilation {
	struct arena *arena;
	struct diags *diags;
	struct text stdlib;      /* directory of the standard library; empty: not found */
	struct source *source;   /* the main file */
	struct node *file;       /* its tree */
	struct program *program; /* after check_program */
};

/* Reads and parses the main file. False, and reports made, when it cannot be read. */
bool compile_open(struct compilation *c, struct text path, const char *argv0);
/* All passes up to the typed tree. False when there are errors; the reports are in c->diags. */
bool compile_check(struct compilation *c);
/* Prints the reports and the count; gives the exit code: 0, or 1 when there are errors. */
int compile_report(struct compilation *c, bool as_json);

/*
 * The passes of other files. `weak`: while a pass does not exist its commands say so.
 * The standard library's modules and those of `use` are loaded by check_program (module.c) through
 * source_load and parse_source.
 */
struct program *check_program(struct compilation *c) __attribute__((weak));

/* Commands of other files: argv[0] is the command's name. They give the exit code. */
int command_build(int argc, char **argv) __attribute__((weak));
int command_run(int argc, char **argv) __attribute__((weak));
int command_graph(int argc, char **argv) __attribute__((weak));
int command_cost(int argc, char **argv) __attribute__((weak));
int command_status(int argc, char **argv) __attribute__((weak));
int command_watch(int argc, char **argv) __attribute__((weak));
int command_test(int argc, char **argv) __attribute__((weak));
/* `weft check --dump=plan` and what else a pass can print; false: this pass is not known. */
bool dump_pass(struct compilation *c, struct text pass, FILE *out) __attribute__((weak));

/* The commands of the front end. */
int command_check(int argc, char **argv);
int command_fmt(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_new(int argc, char **argv);

/*
 * One option out of argv, for every command: `--name VALUE`, `--name=VALUE`, or a flag. Moves
 * *index. Options may stand anywhere; `--` ends them. An unknown one is reported with its
 * look-alike.
 */
struct option {
	const char *name;  /* "--emit" or "-o" */
	const char *value; /* how help calls its value, NULL for a flag */
	const char *help;
};
struct option_match {
	const struct option *option; /* NULL: an operand */
	const char *value;           /* the option's value, or the operand */
};
/* False when there is nothing left. On a usage error it prints it and sets *failed. */
bool option_next(int argc, char **argv, const struct option *options, size_t count, int *index,
	struct option_match *out, bool *failed);
/* Where the executable is: for the standard library and libweft.a. */
const char *compile_argv0(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * build.h: the steps from a program to an executable, which `weft build` and `weft run` share.
 */
#ifndef WEFT_COMPILER_BUILD_H
#define WEFT_COMPILER_BUILD_H

#include "compile.h"

struct build {
	struct arena *arena; /* made by build_compile */
	const char *program_path;
	struct program *program;
	struct text name;                 /* "sidecar" */
	struct text header, source, main; /* the C */
	struct text directory;            /* where it is written */
	struct text output;               /* the executable */
	struct text include, library;     /* of the runtime */
	struct vec more, libraries;       /* const char *: files and -l options of the user */
	struct text externs;              /* functions that `more` has to give */
	bool line_directives;
	bool with_api; /* the embedding API, for C of the user */
};

bool build_compile(struct build *b, const char *path); /* false: reports are printed */
bool build_temporary(struct build *b);                 /* a directory of its own */
bool build_write(struct build *b);
bool build_link(struct build *b, const char *optimize);
void build_clean(struct build *b); /* removes what build_write made, and the directory */

/* Runs `start` in a child with the descriptor for its states, and holds each against the oracle.
 * The exit code. */
int run_check(struct program *program, int (*start)(void *user, int descriptor), void *user);

#endif

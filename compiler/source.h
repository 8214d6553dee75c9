/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * source.h: one source file: its text, its lines, its tokens; and where modules are found.
 */
#ifndef WEFT_COMPILER_SOURCE_H
#define WEFT_COMPILER_SOURCE_H

#include "ast.h"

struct token; /* lex.h */

struct source {
	struct text path; /* as messages show it */
	struct text text; /* ended by a NUL that does not count */
	uint32_t *lines;  /* byte offset of each line's start */
	uint32_t line_count;
	struct token *tokens; /* written by the lexer; token 0 is the empty START */
	uint32_t token_count;
	bool is_stdlib;
};

/* Bytes [begin, end) of a source. */
struct span {
	struct source *source;
	uint32_t begin, end;
};

/* Lines and columns count from 1; columns count characters (UTF-8), not bytes. */
struct position {
	uint32_t line, column;
};

enum { SOURCE_SIZE_MAX = 16 * 1024 * 1024 };

/* A source from text in memory; the text is copied. */
struct source *source_of_text(struct arena *a, struct text path, struct text text);
/* Reads a file. NULL and a message in *why when it cannot be read (missing, too big, has a NUL). */
struct source *source_load(struct arena *a, struct text path, const char **why);

struct position source_position(const struct source *s, uint32_t offset);
struct text source_line(const struct source *s, uint32_t line); /* without its line break */
struct text span_text(struct span s);
/* How many bytes the UTF-8 character at the beginning of `t` has; 0: there is none. */
size_t source_character(struct text t);

/*
 * Where `use` looks: $WEFT_STDLIB, else beside the executable (../stdlib, then
 * ../share/weft/stdlib). Empty when nowhere.
 */
struct text source_stdlib_directory(struct arena *a, const char *argv0);
/* "mesh.authz" -> DIRECTORY/mesh/authz.weft; the module's file, whether it exists or not. */
struct text source_module_path(struct arena *a, struct text stdlib_directory, struct text module);
/* The file that `use "other.weft" as x` in `from` means. */
struct text source_relative_path(struct arena *a, const struct source *from, struct text path);
/* "a/b/sidecar.weft" -> "sidecar" */
struct text source_base_name(struct arena *a, struct text path);

#endif

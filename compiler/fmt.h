/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * fmt.h: the one canonical style.
 */
#ifndef WEFT_COMPILER_FMT_H
#define WEFT_COMPILER_FMT_H

#include "source.h"

/*
 * The text of a parsed source without errors, in the canonical style: two spaces for each level,
 * one space between words, at most one empty line, no spaces at a line's end. Line breaks and
 * comments stay as they are. Formatting twice changes nothing.
 */
struct text format_source(struct source *s, const struct node *file, struct arena *a);
/* The same tokens and comments in the same order? What fmt must keep, and asserts before it writes.
 */
bool same_tokens(const struct source *a, const struct source *b);

#endif

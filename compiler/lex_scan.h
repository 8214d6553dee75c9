/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * lex_scan.h: between the generated scanner (dsl/lexer.re) and lex.c; for nobody else.
 */
#ifndef WEFT_COMPILER_LEX_SCAN_H
#define WEFT_COMPILER_LEX_SCAN_H

#include "lex.h"

/* What the scanner says beyond the kinds of tokens; lex.c reports it and turns it into one. */
enum scan_kind {
	SCAN_BAD_NAME = 220,
	SCAN_BAD_NUMBER,
	SCAN_UNCLOSED_STRING,
	SCAN_SINGLE_QUOTES,
	SCAN_HASH_COMMENT,
	SCAN_BLOCK_COMMENT,
	SCAN_SEMICOLON,
	SCAN_STRAY,
#define KIND(token, shown, class)
#define WORD(token, spelling, class)
#define SOFT(token, spelling, class)
#define MARK(token, spelling, class)
#define WRONG(scan, spelling, token, meant) SCAN_##scan,
#include "tokens.tbl"
#undef KIND
#undef WORD
#undef SOFT
#undef MARK
#undef WRONG
};

struct scan {
	const char *cursor;
};

/* Scans one token and moves the cursor behind it. At the end: TOKEN_END, and the cursor stays. */
int scan_token(struct scan *s);
/* From the `}` that ends an interpolation: the rest of its string. */
int scan_string_rest(struct scan *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * lexer.re: the spelling of Weft's tokens. One call scans one token of any kind, trivia included; which word is
 * reserved, which number is in range and what a wrong mark meant is said in compiler/lex.c. The text ends with
 * a NUL, which no token contains: so no bounds are checked.
 */
#include "lex_scan.h"

/*!re2c
	re2c:yyfill:enable = 0;
	re2c:define:YYCTYPE = "unsigned char";

	digit    = [0-9];
	hex      = [0-9a-fA-F];
	word     = [a-zA-Z0-9_];
	number   = digit (digit | "_" digit)*;
	unit     = "ns" | "us" | "ms" | "s" | "m" | "h" | "d";
	v4       = digit+ "." digit+ "." digit+ "." digit+;
	h16      = hex{1,4};
	v6       = (h16 ":"){7} h16 | (h16 (":" h16){0,6})? "::" (h16 (":" h16){0,6})? | "::" (h16 ":"){0,5} v4;
	body     = ([^"\\{\r\n\x00] | "\\u{" hex* "}" | "\\" [^\r\n\x00])*;
	other    = [\xC2-\xDF] [\x80-\xBF] | [\xE0-\xEF] [\x80-\xBF]{2} | [\xF0-\xF4] [\x80-\xBF]{3};
*/

int scan_token(struct scan *s)
{
	const unsigned char *YYCURSOR = (const unsigned char *)s->cursor, *YYMARKER;
	int kind;
	/*!re2c
		"\x00"                       { kind = TOKEN_END; YYCURSOR--; goto done; }
		[ \t]+                       { kind = TOKEN_SPACE; goto done; }
		"\xEF\xBB\xBF"               { kind = TOKEN_SPACE; goto done; } /* a byte order mark */
		"\r"? "\n"                   { kind = TOKEN_NEWLINE; goto done; }
		"\r"                         { kind = TOKEN_NEWLINE; goto done; }
		"///" [^/\r\n\x00] [^\r\n\x00]* { kind = TOKEN_DOC; goto done; }
		"///"                        { kind = TOKEN_DOC; goto done; }
		"//" [^\r\n\x00]*            { kind = TOKEN_COMMENT; goto done; }
		"#" [^\r\n\x00]*             { kind = SCAN_HASH_COMMENT; goto done; }
		"/*" ([^*\x00] | "*"+ [^*/\x00])* "*"+ "/" { kind = SCAN_BLOCK_COMMENT; goto done; }

		[a-z] word*                  { kind = TOKEN_NAME; goto done; }
		[A-Z] word*                  { kind = TOKEN_TYPE; goto done; }
		"_"                          { kind = TOKEN_UNDERSCORE; goto done; }
		"_" word+                    { kind = SCAN_BAD_NAME; goto done; }

		number                       { kind = TOKEN_INT; goto done; }
		"0x" hex+                    { kind = TOKEN_INT; goto done; }
		number "." digit+ ([eE] [+-]? digit+)? { kind = TOKEN_FLOAT; goto done; }
		(digit+ unit)+               { kind = TOKEN_DURATION; goto done; }
		number ("B" | "KiB" | "MiB" | "GiB" | "TiB") { kind = TOKEN_SIZE; goto done; }
		v4 | v6                      { kind = TOKEN_IP; goto done; }
		(v4 | v6) "/" digit+         { kind = TOKEN_CIDR; goto done; }
		(v4 | "[" v6 "]" | "*") ":" digit+ { kind = TOKEN_ADDR; goto done; }
		(v4 | "[" v6 "]" | "*") ":{" { kind = TOKEN_ADDR_OPEN; goto done; }
		digit+ "." digit+ ("." digit+)+ { kind = SCAN_BAD_NUMBER; goto done; }
		digit word*                  { kind = SCAN_BAD_NUMBER; goto done; }
		digit+ "." digit+ [a-zA-Z] word* { kind = SCAN_BAD_NUMBER; goto done; }

		["] body ["]                 { kind = TOKEN_STRING; goto done; }
		["] body "{"                 { kind = TOKEN_TEXT_OPEN; goto done; }
		["] body "\\"?               { kind = SCAN_UNCLOSED_STRING; goto done; }
		['] [^'\r\n\x00]* [']        { kind = SCAN_SINGLE_QUOTES; goto done; }

		"&&" { kind = SCAN_AND_AND; goto done; }    "&"   { kind = SCAN_AMPERSAND; goto done; }
		"||" { kind = SCAN_OR_OR; goto done; }      "|"   { kind = SCAN_BAR; goto done; }
		"!"  { kind = SCAN_BANG; goto done; }       "<>"  { kind = SCAN_LESS_GREATER; goto done; }
		"===" { kind = SCAN_THREE_EQUAL; goto done; } "!==" { kind = SCAN_NOT_THREE_EQUAL; goto done; }
		":=" { kind = SCAN_COLON_EQUAL; goto done; } "??" { kind = SCAN_TWO_QUESTIONS; goto done; }
		";"  { kind = SCAN_SEMICOLON; goto done; }

		"=="  { kind = TOKEN_EQUAL; goto done; }    "!="  { kind = TOKEN_UNEQUAL; goto done; }
		"<"   { kind = TOKEN_LESS; goto done; }     "<="  { kind = TOKEN_LESS_EQUAL; goto done; }
		">"   { kind = TOKEN_GREATER; goto done; }  ">="  { kind = TOKEN_GREATER_EQUAL; goto done; }
		"+"   { kind = TOKEN_PLUS; goto done; }     "-"   { kind = TOKEN_MINUS; goto done; }
		"*"   { kind = TOKEN_STAR; goto done; }     "/"   { kind = TOKEN_SLASH; goto done; }
		"."   { kind = TOKEN_DOT; goto done; }      "?."  { kind = TOKEN_OPTION_DOT; goto done; }
		"?"   { kind = TOKEN_QUESTION; goto done; } "="   { kind = TOKEN_ASSIGN; goto done; }
		"->"  { kind = TOKEN_ARROW; goto done; }    "=>"  { kind = TOKEN_THEN; goto done; }
		"<->" { kind = TOKEN_BOTH_WAYS; goto done; } ","  { kind = TOKEN_COMMA; goto done; }
		":"   { kind = TOKEN_COLON; goto done; }
		"("   { kind = TOKEN_OPEN_PAREN; goto done; }   ")" { kind = TOKEN_CLOSE_PAREN; goto done; }
		"["   { kind = TOKEN_OPEN_BRACKET; goto done; } "]" { kind = TOKEN_CLOSE_BRACKET; goto done; }
		"{"   { kind = TOKEN_OPEN_BRACE; goto done; }   "}" { kind = TOKEN_CLOSE_BRACE; goto done; }
		other { kind = SCAN_STRAY; goto done; }
		*     { kind = SCAN_STRAY; goto done; }
	*/
done:
	s->cursor = (const char *)YYCURSOR;
	return kind;
}

int scan_string_rest(struct scan *s)
{
	const unsigned char *YYCURSOR = (const unsigned char *)s->cursor, *YYMARKER;
	int kind;
	/*!re2c
		"}" body ["]   { kind = TOKEN_TEXT_CLOSE; goto done; }
		"}" body "{"   { kind = TOKEN_TEXT_MIDDLE; goto done; }
		"}" body "\\"? { kind = SCAN_UNCLOSED_STRING; goto done; }
		*              { kind = SCAN_STRAY; goto done; }
	*/
done:
	s->cursor = (const char *)YYCURSOR;
	return kind;
}

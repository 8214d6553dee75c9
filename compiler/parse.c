/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * parse.c: feeds the tokens to lemon's parser, one declaration at a time.
 *
 * Before each token the parser's tables are asked whether it can come; so at an error the parser
 * still stands where the last good token left it, and repair.c can ask it what could have come.
 * Then the parser goes back to where the declaration began, takes BROKEN in its place, and goes on
 * at the next line that begins a declaration: no error is reported twice, none is missed.
 */
#include "parse.h"

#include "ast_build.h"
#include "repair.h"

#include <stdlib.h>

struct parser {
	struct builder builder;
	struct diags *diags;
	void *grammar, *saved; /* `saved`: as it stood before the present declaration */
	struct grammar_states states;
	uint32_t declaration; /* its first token */
	struct vec open;      /* the tokens of the brackets that are open, as (void *)(uintptr_t) */
	size_t saved_open;    /* how many were open before the declaration */
	uint32_t column;      /* where the declaration's line begins */
	uint32_t suspect;     /* a brace of the declaration that is closed further left than it is
				 opened */
	uint32_t suspect_close;
	struct example *examples;
	bool told_end; /* a report about the file's end is enough */
};

bool begins_declaration(const struct source *s, uint32_t token)
{
	const struct token *t = &s->tokens[token];
	if (!t->starts_line)
		return false;
	uint32_t after = token_next(s, token);
	int before = s->tokens[token_previous(s, token)].kind;
	if (before == TOKEN_PUB || before == TOKEN_EXTERN || before == TOKEN_SHARED)
		return false;
	if (token_class(t->kind) == CLASS_DECLARATION)
		return s->tokens[after].kind != TOKEN_ASSIGN || !token_is_soft(t->kind);
	/* `listener web`: two names beside each other stand nowhere else. */
	return t->kind == TOKEN_NAME &&
		(s->tokens[after].kind == TOKEN_NAME || token_is_soft(s->tokens[after].kind)) &&
		!s->tokens[after].starts_line;
}

static uint32_t column_of(const struct source *s, uint32_t token)
{
	return source_position(s, s->tokens[token].begin).column;
}

static bool can_take(struct parser *p, int kind)
{
	grammar_states(p->grammar, &p->states);
	return grammar_feed(&p->states, kind);
}

/*
 * A closing brace that begins a line left of its partner's line closes something else: a brace
 * between them is missing.
 */
static void check_partner(struct parser *p, uint32_t open, uint32_t close)
{
	const struct source *s = p->builder.source;
	if (!s->tokens[close].starts_line || s->tokens[open].kind != TOKEN_OPEN_BRACE || p->suspect)
		return;
	uint32_t first = open;
	while (first > 1 && !s->tokens[first].starts_line)
		first--;
	if (column_of(s, close) < column_of(s, first)) {
		p->suspect = open;
		p->suspect_close = close;
	}
}

/*
 * Does a declaration begin with this token? Where one may begin, the one before may also go on
 * (`derive a: Int = b` `+ c`): then the token comes to lie deeper in the stack. A token that can do
 * neither begins one if it begins a line.
 */
static bool is_beginning(struct parser *p, uint32_t token)
{
	const struct token *t = &p->builder.source->tokens[token];
	if (!can_take(p, TOKEN_BROKEN))
		return false;
	int depth = p->states.depth;
	return can_take(p, t->kind) ? p->states.depth <= depth + 1
				    : t->starts_line || t->kind == TOKEN_END;
}

static void track_brackets(struct parser *p, uint32_t token)
{
	switch (p->builder.source->tokens[token].kind) {
	case TOKEN_OPEN_PAREN:
	case TOKEN_OPEN_BRACKET:
	case TOKEN_OPEN_BRACE:
	case TOKEN_ADDR_OPEN:
		vec_push(p->builder.arena, &p->open, (void *)(uintptr_t)token);
		break;
	case TOKEN_CLOSE_PAREN:
	case TOKEN_CLOSE_BRACKET:
	case TOKEN_CLOSE_BRACE:
		if (p->open.count)
			check_partner(
				p, (uint32_t)(uintptr_t)p->open.items[--p->open.count], token);
		break;
	default:
		break;
	}
}

static void take(struct parser *p, uint32_t token)
{
	Grammar(p->grammar, p->builder.source->tokens[token].kind, token);
	p->builder.shifted = token;
	track_brackets(p, token);
}

/* The token at which parsing goes on after the broken declaration. */
static uint32_t skip_declaration(const struct parser *p, uint32_t token)
{
	const struct source *s = p->builder.source;
	size_t depth = 0;
	for (uint32_t t = p->declaration; s->tokens[t].kind != TOKEN_END; t = token_next(s, t)) {
		int kind = s->tokens[t].kind;
		if (t >= token && t > p->declaration && begins_declaration(s, t) &&
			column_of(s, t) <= p->column)
			return t;
		if (kind == TOKEN_OPEN_BRACE || kind == TOKEN_ADDR_OPEN)
			depth++;
		if (kind != TOKEN_CLOSE_BRACE)
			continue;
		if (depth == 0 && t >= token && p->saved_open)
			return t; /* it closes the part or component around the declaration */
		depth -= depth > 0;
	}
	return s->token_count - 1;
}

/* Puts BROKEN in the place of the declaration and gives the token to go on with. */
static uint32_t restart(struct parser *p, uint32_t token)
{
	uint32_t end = skip_declaration(p, token);
	if (end == token && end == p->declaration)
		end = token_next(p->builder.source, token); /* always forward */
	grammar_copy(p->grammar, p->saved);
	p->open.count = p->saved_open;
	p->builder.failed = p->builder.overflowed = false;
	Grammar(p->grammar, TOKEN_BROKEN, p->declaration);
	p->builder.shifted = token_previous(p->builder.source, end);
	return end;
}

static struct mistake mistake_at(struct parser *p, uint32_t token, bool is_cut, bool at_start)
{
	return (struct mistake){
		.source = p->builder.source,
		.arena = p->builder.arena,
		.diags = p->diags,
		.grammar = p->grammar,
		.saved = p->saved,
		.examples = &p->examples,
		.token = token,
		.declaration = p->declaration,
		.open = p->open.count ? (uint32_t)(uintptr_t)p->open.items[p->open.count - 1] : 0,
		.suspect = p->suspect,
		.suspect_close = p->suspect_close,
		.is_cut = is_cut,
		.at_start = at_start,
		.nested = p->saved_open > 0,
	};
}

static void parse_tokens(struct parser *p)
{
	struct source *s = p->builder.source;
	uint32_t token = token_next(s, 0);
	for (;;) {
		int kind = s->tokens[token].kind;
		bool at_start = is_beginning(p, token);
		/* `param t: Duration = 5 minutes`: a rule would begin on a line of its own, or
		 * behind a brace. */
		int before = s->tokens[token_previous(s, token)].kind;
		bool is_stray = at_start && kind == TOKEN_NAME && !s->tokens[token].starts_line &&
			before != TOKEN_OPEN_BRACE && before != TOKEN_CLOSE_BRACE &&
			before != TOKEN_START;
		at_start = at_start && !is_stray;
		if (at_start) {
			grammar_copy(p->saved, p->grammar);
			p->saved_open = p->open.count;
			p->declaration = token;
			p->column = column_of(s, token);
			/* A surplus brace here was opened by mistake above: the suspect stays until
			 * the next declaration begins. */
			if (begins_declaration(s, token))
				p->suspect = 0;
		}
		bool is_cut = !at_start && token > p->declaration && begins_declaration(s, token) &&
			column_of(s, token) <= p->column;
		if (is_cut || is_stray || !can_take(p, kind)) {
			struct mistake m = mistake_at(p, token, is_cut, at_start);
			bool is_told = kind == TOKEN_END && p->told_end;
			p->told_end = p->told_end || kind == TOKEN_END;
			if (p->states.depth >= GRAMMAR_DEPTH)
				diag_new(p->diags, DIAG_TOO_DEEP, token_span(s, token),
					"here it is too deep to go on");
			else if (!is_told)
				report_mistake(&m);
			if (kind == TOKEN_END && (at_start || is_told))
				break;
			token = restart(p, token);
			continue;
		}
		if (kind == TOKEN_END)
			break;
		take(p, token);
		if (p->builder.overflowed || p->builder.failed) {
			diag_new(p->diags, DIAG_TOO_DEEP, token_span(s, token),
				"here it is too deep to go on");
			token = restart(p, token);
			continue;
		}
		token = token_next(s, token);
	}
	/* A part or component that is not closed was reported: from here on it is as if it were. */
	while (!can_take(p, TOKEN_END) && can_take(p, TOKEN_CLOSE_BRACE))
		Grammar(p->grammar, TOKEN_CLOSE_BRACE, token);
	Grammar(p->grammar, TOKEN_END, token);
}

struct node *parse_source(struct source *s, struct arena *a, struct diags *d)
{
	lex_source(s, a, d);
	struct parser p = { .builder = { .arena = a, .source = s }, .diags = d };
	p.saved = arena_alloc(a, grammar_size());
	p.grammar = GrammarAlloc(malloc, &p.builder);
	if (!p.grammar)
		abort();
	parse_tokens(&p);
	GrammarFree(p.grammar, free);
	if (p.builder.file)
		return p.builder.file;
	struct node *file = make(&p.builder, NODE_FILE, 1, 1, list(&p.builder));
	return file;
}

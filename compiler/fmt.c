/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * fmt.c: the canonical style. The tree says what a token is (where an item of a list begins, which
 * bracket belongs to a call); then one pass over the tokens writes them with their indentation and
 * spaces.
 */
#include "fmt.h"

#include "lex.h"

enum role {
	ROLE_ITEM = 1, /* begins a declaration, statement, field, argument: a line of its own has no
			  extra level */
	ROLE_TIGHT_BEFORE = 2, /* the ( or [ of a call, an index, a key, parameters */
	ROLE_TIGHT_INSIDE = 4, /* the braces of `use` and of a map type */
	ROLE_TIGHT_AFTER = 8,  /* the minus of a negative value */
	ROLE_DECLARATION = 16, /* at the top: begins on a line of its own */
};

enum { DEPTH_MAX = 1100 };

struct bracket {
	uint32_t indent; /* of the line on which it is opened */
	bool is_tight;
	bool seen_clause; /* the present item has come to its clauses */
};

struct formatter {
	struct source *source;
	struct buffer out;
	uint8_t *roles;
	uint32_t *pads; /* more spaces before a token: the `when`s of a decision stand below each
			   other */
	struct bracket stack[DEPTH_MAX];
	size_t depth;
	uint32_t indent;   /* of the present line */
	uint32_t previous; /* the last token written, 0 at the beginning */
};

static void mark(struct formatter *f, uint32_t token, enum role role)
{
	f->roles[token] |= role;
}

static void mark_items(struct formatter *f, const struct node *l, bool declarations)
{
	for (uint32_t i = 0; l && i < l->count; i++)
		mark(f, l->kids[i]->first, declarations ? ROLE_ITEM | ROLE_DECLARATION : ROLE_ITEM);
}

/* The bracket behind a token, when there is one, touches it. */
static void mark_bracket(struct formatter *f, uint32_t token)
{
	uint32_t next = token_next(f->source, token);
	int kind = f->source->tokens[next].kind;
	if (kind == TOKEN_OPEN_PAREN || kind == TOKEN_OPEN_BRACKET)
		mark(f, next, ROLE_TIGHT_BEFORE);
}

static void align_clauses(struct formatter *f, const struct node *clauses)
{
	size_t longest = 0;
	for (uint32_t i = 0; i < clauses->count; i++)
		longest = clauses->kids[i]->name.size > longest ? clauses->kids[i]->name.size
								: longest;
	for (uint32_t i = 0; i < clauses->count; i++) {
		const struct node *clause = clauses->kids[i];
		f->pads[token_next(f->source, clause->name_token)] =
			(uint32_t)(longest - clause->name.size);
	}
}

static void mark_declaration(struct formatter *f, const struct node *n)
{
	switch (n->kind) {
	case NODE_FILE:
		mark_items(f, kid(n, FILE_DECLS), true);
		break;
	case NODE_PART:
		mark_items(f, kid(n, PART_DECLS), false);
		break;
	case NODE_COMPONENT:
		mark_items(f, kid(n, COMPONENT_DECLS), false);
		mark_items(f, kid(n, COMPONENT_PARAMS), false);
		mark_bracket(f, n->name_token);
		break;
	case NODE_USE:
		mark_items(f, kid(n, USE_NAMES), false);
		mark(f, token_previous(f->source, kid(n, USE_NAMES)->first), ROLE_TIGHT_INSIDE);
		break;
	case NODE_FN:
	case NODE_HANDLER:
		mark_bracket(f, n->name_token);
		mark_items(f, n->kids[0], false);
		break;
	case NODE_DECISION:
		mark_bracket(f, n->name_token);
		mark_items(f, kid(n, DECISION_PARAMS), false);
		mark_items(f, kid(n, DECISION_CLAUSES), false);
		align_clauses(f, kid(n, DECISION_CLAUSES));
		break;
	case NODE_RECORD_DECL:
		mark_items(f, kid(n, RECORD_DECL_FIELDS), false);
		break;
	case NODE_ENUM_DECL:
		mark_items(f, kid(n, ENUM_DECL_VARIANTS), false);
		break;
	case NODE_TEST:
		mark_items(f, kid(n, TEST_STEPS), false);
		break;
	default:
		break;
	}
}

static void mark_node(struct formatter *f, const struct node *n)
{
	switch (n->kind) {
	case NODE_TYPE_MAP:
		mark(f, n->first, ROLE_TIGHT_INSIDE);
		break;
	case NODE_UNARY:
		if (n->op == OP_NEGATE && f->source->tokens[n->first].kind == TOKEN_MINUS)
			mark(f, n->first, ROLE_TIGHT_AFTER);
		break;
	case NODE_CALL:
	case NODE_INDEX:
		mark_bracket(f, n->kids[0]->last);
		mark_items(f, n->kids[1], false);
		break;
	case NODE_COLLECTION:
	case NODE_DERIVE:
	case NODE_VARIANT_DECL:
	case NODE_PATTERN:
		mark_bracket(f, n->name_token);
		break;
	case NODE_MATCH:
	case NODE_MATCH_EXPR:
		mark_items(f, n->kids[1], false);
		break;
	case NODE_IF_EXPR:
		mark(f, kid(n, IF_EXPR_THEN)->first, ROLE_ITEM);
		if (f->source->tokens[kid(n, IF_EXPR_ELSE)->first].kind != TOKEN_IF)
			mark(f, kid(n, IF_EXPR_ELSE)->first, ROLE_ITEM);
		break;
	case NODE_EFFECT:
	case NODE_BLOCK:
	case NODE_RECORD:
	case NODE_LIST_LITERAL:
		mark_items(f, n->kids[0], false);
		break;
	default:
		mark_declaration(f, n);
		break;
	}
}

static void mark_tree(struct formatter *f, const struct node *n)
{
	mark_node(f, n);
	for (uint32_t i = 0; i < n->count; i++)
		if (n->kids[i])
			mark_tree(f, n->kids[i]);
}

static bool is_opening(int kind)
{
	return kind == TOKEN_OPEN_PAREN || kind == TOKEN_OPEN_BRACKET || kind == TOKEN_OPEN_BRACE ||
		kind == TOKEN_ADDR_OPEN;
}

static bool is_closing(int kind)
{
	return kind == TOKEN_CLOSE_PAREN || kind == TOKEN_CLOSE_BRACKET ||
		kind == TOKEN_CLOSE_BRACE;
}

static bool is_clause(int kind)
{
	return token_class(kind) == CLASS_CLAUSE || kind == TOKEN_FROM;
}

/* The indentation of a line that begins with this token. */
static uint32_t indent_for(const struct formatter *f, uint32_t token)
{
	const struct bracket *around = f->depth ? &f->stack[f->depth - 1] : NULL;
	int kind = f->source->tokens[token].kind;
	uint32_t inside = around ? around->indent + 2 : 0;
	if (is_closing(kind))
		return around ? around->indent : 0;
	if (kind == TOKEN_END)
		return 0;
	if (f->roles[token] & ROLE_ITEM)
		return inside;
	bool seen_clause = around ? around->seen_clause : f->stack[DEPTH_MAX - 1].seen_clause;
	return inside + (seen_clause && !is_clause(kind) ? 4 : 2);
}

/* The clauses of a declaration at the top are remembered in the last entry, which no bracket
 * reaches. */
static void follow(struct formatter *f, uint32_t token)
{
	int kind = f->source->tokens[token].kind;
	struct bracket *around = &f->stack[f->depth ? f->depth - 1 : DEPTH_MAX - 1];
	if (f->roles[token] & ROLE_ITEM)
		around->seen_clause = false;
	else if (is_clause(kind))
		around->seen_clause = true;
	bool is_tight = f->roles[token] & ROLE_TIGHT_INSIDE || kind != TOKEN_OPEN_BRACE;
	if (is_opening(kind) && f->depth + 2 < DEPTH_MAX)
		f->stack[f->depth++] = (struct bracket){ f->indent, is_tight, false };
}

static bool is_space_between(const struct formatter *f, uint32_t left, uint32_t right)
{
	const struct token *tokens = f->source->tokens;
	int a = tokens[left].kind, b = tokens[right].kind;
	bool is_tight = f->depth && f->stack[f->depth - 1].is_tight;
	if (f->roles[right] & ROLE_TIGHT_BEFORE || f->roles[left] & ROLE_TIGHT_AFTER)
		return false;
	if (is_opening(a) && is_closing(b))
		return false;
	if (a == TOKEN_DOT || a == TOKEN_OPTION_DOT || b == TOKEN_DOT || b == TOKEN_OPTION_DOT ||
		b == TOKEN_QUESTION)
		return false;
	if (b == TOKEN_COMMA || b == TOKEN_COLON)
		return false;
	if (a == TOKEN_TEXT_OPEN || a == TOKEN_TEXT_MIDDLE || b == TOKEN_TEXT_MIDDLE ||
		b == TOKEN_TEXT_CLOSE)
		return false;
	if (is_opening(a) || is_closing(b))
		return !is_tight;
	return true;
}

static void write_break(struct formatter *f, unsigned lines)
{
	for (unsigned i = 0; i < lines; i++)
		buffer_add(&f->out, TEXT("\n"));
}

static void write_indent(struct formatter *f, uint32_t indent)
{
	f->indent = indent;
	buffer_format(&f->out, "%*s", (int)indent, "");
}

/* A comment loses the spaces at its end. */
static struct text trimmed(struct text t)
{
	while (t.size && (t.data[t.size - 1] == ' ' || t.data[t.size - 1] == '\t'))
		t.size--;
	return t;
}

/* The brace of a block stands behind its header, unless a comment comes between. */
static bool wants_same_line(const struct formatter *f, uint32_t token)
{
	const struct token *tokens = f->source->tokens;
	if (tokens[token].kind != TOKEN_OPEN_BRACE || f->roles[token] & ROLE_ITEM || !f->previous)
		return false;
	for (uint32_t t = f->previous + 1; t < token; t++)
		if (tokens[t].kind == TOKEN_COMMENT || tokens[t].kind == TOKEN_DOC)
			return false;
	int before = tokens[f->previous].kind;
	return !is_opening(before) && before != TOKEN_COMMA && before != TOKEN_COLON &&
		before != TOKEN_ASSIGN && before != TOKEN_YIELD && before != TOKEN_THEN;
}

/* Everything between two tokens: comments, line breaks, spaces; then the token itself. */
static void write_token(struct formatter *f, uint32_t token)
{
	const struct token *tokens = f->source->tokens;
	int kind = tokens[token].kind;
	unsigned lines = f->previous
		? 0
		: 1; /* breaks since the last thing written; the file's beginning is one */
	bool is_first = !f->previous,
	     is_opened = f->previous && is_opening(tokens[f->previous].kind);
	uint32_t comment_indent = is_closing(kind)
		? f->stack[f->depth ? f->depth - 1 : 0].indent + 2
		: indent_for(f, token);
	uint32_t space = 0;
	for (uint32_t t = f->previous + 1; t < token; t++) {
		int trivia = tokens[t].kind;
		if (trivia == TOKEN_NEWLINE)
			lines++;
		space = trivia == TOKEN_SPACE ? tokens[t].end - tokens[t].begin : space;
		if (trivia != TOKEN_COMMENT && trivia != TOKEN_DOC)
			continue;
		if (lines) {
			write_break(f, is_first ? 0 : lines > 1 && !is_opened ? 2 : 1);
			write_indent(f, comment_indent);
		} else {
			buffer_format(&f->out, "%*s", space ? (int)space : 1, "");
		}
		buffer_add(&f->out, trimmed(token_text(f->source, t)));
		lines = 0;
		is_first = is_opened = false;
	}
	if (lines && wants_same_line(f, token))
		lines = 0;
	if (kind == TOKEN_END) {
		if (f->out.size)
			write_break(f, 1);
		return;
	}
	if (f->roles[token] & ROLE_DECLARATION && !lines)
		lines = 1;
	if (lines) {
		write_break(f, is_first ? 0 : lines > 1 && !is_opened && !is_closing(kind) ? 2 : 1);
		write_indent(f, indent_for(f, token));
	} else if (is_space_between(f, f->previous, token)) {
		buffer_format(&f->out, "%*s", 1 + (int)f->pads[token], "");
	}
	if (is_closing(kind) && f->depth)
		f->depth--;
	buffer_add(&f->out, token_text(f->source, token));
	follow(f, token);
	f->previous = token;
}

struct text format_source(struct source *s, const struct node *file, struct arena *a)
{
	struct formatter *f = ARENA_NEW(a, struct formatter);
	f->source = s;
	f->out.arena = a;
	f->roles = ARENA_ARRAY(a, uint8_t, s->token_count);
	f->pads = ARENA_ARRAY(a, uint32_t, s->token_count);
	mark_tree(f, file);
	for (uint32_t t = token_next(s, 0);; t = token_next(s, t)) {
		write_token(f, t);
		if (s->tokens[t].kind == TOKEN_END)
			return buffer_text(&f->out);
	}
}

static uint32_t next_kept(const struct source *s, uint32_t token)
{
	do
		token++;
	while (s->tokens[token].kind == TOKEN_SPACE || s->tokens[token].kind == TOKEN_NEWLINE);
	return token;
}

bool same_tokens(const struct source *a, const struct source *b)
{
	uint32_t i = 0, j = 0;
	do {
		i = next_kept(a, i);
		j = next_kept(b, j);
		if (a->tokens[i].kind != b->tokens[j].kind ||
			!text_equal(trimmed(token_text(a, i)), trimmed(token_text(b, j))))
			return false;
	} while (a->tokens[i].kind != TOKEN_END);
	return true;
}

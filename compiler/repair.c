/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * repair.c: looks for the change of one token after which the parser goes on, by asking the
 * grammar's own tables. A repair counts when the tokens behind it, up to LOOK_AHEAD of them or to
 * the declaration's end, parse; the nearest one in spelling wins, and what only guesses (which
 * operator was meant?) is not offered. repair_words.c says what was found.
 */
#include "repair.h"

enum {
	LOOK_AHEAD = 7,
	LOOK_BACK = 24, /* tokens before the error among which a misspelt word is looked for */
	WORST = 100,    /* a cost that nothing has */
};

static const struct alias {
	const char *word;
	int kind;
} aliases[] = {
#define MISTAKE(example, title, note)
#define SITUATION(example, title, note)
#define INCOMPLETE(example, title, note)
#define ALIAS(word, token) { word, TOKEN_##token },
#include "mistakes.tbl"
#undef MISTAKE
#undef SITUATION
#undef INCOMPLETE
#undef ALIAS
};

/* Feeds the tokens from `token` on; true when as many parse as a repair must let through. */
static bool goes_on(const struct mistake *m, struct grammar_states *states, uint32_t token)
{
	const struct source *s = m->source;
	for (int i = 0; i < LOOK_AHEAD; i++) {
		int kind = s->tokens[token].kind;
		if (i && begins_declaration(s, token))
			return grammar_feed(states, TOKEN_BROKEN);
		if (kind == TOKEN_END)
			return grammar_feed(states, kind) || m->nested;
		if (!grammar_feed(states, kind))
			return false;
		token = token_next(s, token);
	}
	return true;
}

static bool try_insert(const struct mistake *m, int kind)
{
	struct grammar_states states;
	grammar_states(m->grammar, &states);
	return grammar_feed(&states, kind) && goes_on(m, &states, m->token);
}

static bool try_replace(const struct mistake *m, int kind)
{
	struct grammar_states states;
	grammar_states(m->grammar, &states);
	return grammar_feed(&states, kind) && goes_on(m, &states, token_next(m->source, m->token));
}

static bool try_delete(const struct mistake *m)
{
	struct grammar_states states;
	grammar_states(m->grammar, &states);
	uint32_t after = token_next(m->source, m->token);
	return m->source->tokens[after].kind != TOKEN_END && goes_on(m, &states, after);
}

/* The declaration again from its beginning with another kind for one earlier token: does it get
 * past the error? */
static bool try_earlier(const struct mistake *m, uint32_t changed, int kind)
{
	struct grammar_states states;
	grammar_states(m->saved, &states);
	for (uint32_t t = m->declaration; t < m->token; t = token_next(m->source, t))
		if (!grammar_feed(&states, t == changed ? kind : m->source->tokens[t].kind))
			return false;
	return goes_on(m, &states, m->token);
}

static void consider(struct repair *best, enum repair_form form, uint32_t token, int kind, int cost)
{
	if (cost == best->cost && best->kind != kind)
		best->is_tied = true;
	if (cost >= best->cost)
		return;
	*best = (struct repair){ form, token, kind, cost, false };
}

/* How far a word is from a reserved one: 1, 2, or WORST. */
static int spelling_cost(struct text found, const char *word)
{
	struct text meant = text_of(word);
	size_t distance = text_distance(found, meant);
	if (distance == 0 || distance > 2 || (distance == 2 && meant.size < 5) || meant.size < 2)
		return WORST;
	return (int)distance;
}

/* Replaces one token, this or an earlier one, by a word that is spelt or meant like it. */
static void consider_words(const struct mistake *m, struct repair *best, uint32_t token)
{
	struct text found = token_text(m->source, token);
	int found_kind = m->source->tokens[token].kind;
	bool is_here = token == m->token;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (!text_is(found, aliases[i].word) || (!is_here && found_kind != TOKEN_NAME))
			continue;
		if (is_here ? try_replace(m, aliases[i].kind)
			    : try_earlier(m, token, aliases[i].kind))
			consider(best, REPAIR_ALIAS, token, aliases[i].kind, 1);
	}
	for (int kind = 1; kind < grammar_token_count(); kind++) {
		if (!token_is_word(kind) || kind == found_kind ||
			(!token_is_word(found_kind) && found_kind != TOKEN_NAME))
			continue;
		int cost = spelling_cost(found, token_spelling(kind));
		if (cost < best->cost &&
			(is_here ? try_replace(m, kind) : try_earlier(m, token, kind)))
			consider(best, REPAIR_REPLACE, token, kind, cost);
	}
}

/* What is inserted without guessing: brackets and marks before words; operators and dots are never
 * guessed. */
static int insertion_cost(int kind)
{
	switch (token_class(kind)) {
	case CLASS_OPERATOR:
	case CLASS_ACCESS:
	case CLASS_OPEN:
	case CLASS_ELSE:
	case CLASS_STATEMENT:
	case CLASS_CHOICE:
	case CLASS_STEP:
	case CLASS_DECLARATION:
	case CLASS_ATTRIBUTE:
	case CLASS_CLAUSE:
	case CLASS_TYPE:
		return kind == TOKEN_YIELD || kind == TOKEN_ON || kind == TOKEN_OPEN_BRACE ? 6
											   : WORST;
	default:
		break;
	}
	switch (kind) {
	case TOKEN_QUESTION:
	case TOKEN_UNDERSCORE:
	case TOKEN_WITH:
	case TOKEN_BY:
	case TOKEN_WHILE:
	case TOKEN_SCAN:
	case TOKEN_DISTINCT:
	case TOKEN_TEXT_MIDDLE:
	case TOKEN_TEXT_CLOSE:
		return WORST;
	case TOKEN_CLOSE_PAREN:
	case TOKEN_CLOSE_BRACKET:
	case TOKEN_CLOSE_BRACE:
		return 4;
	case TOKEN_COMMA:
		return 5;
	default:
		return token_spelling(kind) ? (token_is_word(kind) ? 5 : 4) : WORST;
	}
}

struct repair find_repair(const struct mistake *m)
{
	struct repair best = { REPAIR_NONE, 0, 0, WORST, false };
	const struct source *s = m->source;
	int found = s->tokens[m->token].kind;
	consider_words(m, &best, m->token);
	uint32_t earlier = m->token;
	for (int i = 0; i < LOOK_BACK && earlier > m->declaration; i++) {
		earlier = token_previous(s, earlier);
		if (s->tokens[earlier].kind == TOKEN_NAME)
			consider_words(m, &best, earlier);
	}
	for (int kind = 1; kind < grammar_token_count(); kind++) {
		int cost = insertion_cost(kind);
		if (cost <= best.cost && try_insert(m, kind))
			consider(&best, REPAIR_INSERT, m->token, kind, cost);
	}
	uint32_t before = token_previous(s, m->token);
	bool is_double = before >= m->declaration &&
		text_equal(token_text(s, before), token_text(s, m->token));
	bool is_mark = !token_is_word(found) && token_spelling(found);
	if (found != TOKEN_END && (is_double || is_mark) && (is_double ? 2 : 4) < best.cost &&
		try_delete(m))
		consider(&best, REPAIR_DELETE, m->token, found, is_double ? 2 : 4);
	if (token_is_word(found) && !token_is_soft(found) && !s->tokens[m->token].starts_line &&
		best.cost > 3 && try_replace(m, TOKEN_NAME))
		consider(&best, REPAIR_RESERVED, m->token, found, 3);
	if (best.is_tied && best.form == REPAIR_INSERT)
		best.form = REPAIR_NONE;
	return best;
}

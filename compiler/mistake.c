/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * mistake.c: the words of a syntax error: by example (dsl/mistakes.tbl), by the repair that was
 * found, or by the classes of what could have come.
 */
#include "repair.h"

#include <stdlib.h>

struct example {
	const char *text, *title, *note;
	enum { AT_TOKEN, AT_ANY, AT_CUT } when;
	uint16_t state;
	int token;
};

static const struct example written[] = {
#define MISTAKE(example, title, note) { example, title, note, AT_TOKEN, 0, 0 },
#define SITUATION(example, title, note) { example, title, note, AT_ANY, 0, 0 },
#define INCOMPLETE(example, title, note) { example, title, note, AT_CUT, 0, 0 },
#define ALIAS(word, token)
#include "mistakes.tbl"
#undef MISTAKE
#undef SITUATION
#undef INCOMPLETE
#undef ALIAS
};

enum { EXAMPLE_COUNT = sizeof(written) / sizeof(written[0]) };

/*
 * Parses an example up to its mistake and notes where the parser stands: the state in which the
 * token fails, after the reductions that it could not prevent. That forgets what else could have
 * come, but says best in what the mistake was made.
 */
static void lead(struct example *e, struct arena *a, void *parser, struct builder *b)
{
	struct source *s = source_of_text(a, TEXT("example"), text_of(e->text));
	lex_source(s, a, diags_new(a));
	b->source = s;
	for (uint32_t t = token_next(s, 0);; t = token_next(s, t)) {
		struct grammar_states states;
		grammar_states(parser, &states);
		e->token = s->tokens[t].kind;
		bool is_good = grammar_feed(&states, e->token) && e->token != TOKEN_END;
		e->state = states.states[states.depth - 1];
		if (!is_good)
			return;
		Grammar(parser, e->token, t);
		b->shifted = t;
	}
}

static struct example *examples_of(const struct mistake *m)
{
	if (*m->examples)
		return *m->examples;
	struct example *all = ARENA_ARRAY(m->arena, struct example, EXAMPLE_COUNT);
	memcpy(all, written, sizeof(written));
	struct builder b = { .arena = m->arena };
	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		void *parser = GrammarAlloc(malloc, &b);
		if (!parser)
			abort();
		lead(&all[i], m->arena, parser, &b);
		GrammarFree(parser, free);
	}
	*m->examples = all;
	return all;
}

static const struct example *example_of(const struct mistake *m)
{
	int token = m->source->tokens[m->token].kind;
	bool is_cut = m->is_cut || token == TOKEN_END;
	struct grammar_states now;
	grammar_states(m->grammar, &now);
	grammar_feed(&now, is_cut ? TOKEN_END : token);
	const struct example *all = examples_of(m), *general = NULL;
	for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
		const struct example *e = &all[i];
		if (e->state != now.states[now.depth - 1])
			continue;
		if (e->when == AT_CUT ? is_cut : e->when == AT_TOKEN && e->token == token)
			return e;
		if (e->when == AT_ANY && !general)
			general = e;
	}
	return general;
}

/* ---- what could have come, in classes ---- */

enum { KINDS = 200 };

struct expected {
	bool can[KINDS];
	struct text phrases[8];
	size_t count;
};

static void say(struct expected *e, struct text phrase)
{
	for (size_t i = 0; i < e->count; i++)
		if (text_equal(e->phrases[i], phrase))
			return;
	if (e->count < sizeof(e->phrases) / sizeof(e->phrases[0]))
		e->phrases[e->count++] = phrase;
}

static void forget_class(struct expected *e, enum token_class class)
{
	for (int kind = 1; kind < grammar_token_count(); kind++)
		if (e->can[kind] && token_class(kind) == class)
			e->can[kind] = false;
}

static void forget_names(struct expected *e)
{
	e->can[TOKEN_NAME] = false;
	for (int kind = 1; kind < grammar_token_count(); kind++)
		if (token_is_soft(kind))
			e->can[kind] = false;
}

static void expressions(struct expected *e)
{
	bool is_operand = e->can[TOKEN_INT] && e->can[TOKEN_OPEN_BRACKET] && e->can[TOKEN_DIAL];
	if (is_operand) {
		say(e, e->can[TOKEN_NOT] ? TEXT("an expression") : TEXT("a value"));
		e->can[TOKEN_MINUS] = e->can[TOKEN_NULL] = e->can[TOKEN_TYPE] =
			e->can[TOKEN_STRING] = false;
		forget_names(e);
		forget_class(e, CLASS_VALUE);
		forget_class(e, CLASS_OPEN);
		if (!e->can[TOKEN_REQUIRE])
			forget_class(e, CLASS_CHOICE);
	} else if (e->can[TOKEN_TYPE] && e->can[TOKEN_OPEN_BRACKET] && e->can[TOKEN_REF]) {
		say(e, TEXT("a type"));
		e->can[TOKEN_TYPE] = false;
		forget_names(e);
		forget_class(e, CLASS_OPEN);
	}
	if (e->can[TOKEN_AND] || e->can[TOKEN_PLUS]) {
		say(e, TEXT("an operator"));
		forget_class(e, CLASS_OPERATOR);
		forget_class(e, CLASS_ACCESS);
		e->can[TOKEN_OPEN_PAREN] = e->can[TOKEN_OPEN_BRACKET] = e->can[TOKEN_WITH] =
			e->can[TOKEN_ELSE] = false;
		if (e->can[TOKEN_REQUIRE]) { /* what follows an expression in a block: the details
						would bury the operator */
			say(e, TEXT("the next statement"));
			e->can[TOKEN_REQUIRE] = e->can[TOKEN_COMMA] = e->can[TOKEN_LET] =
				e->can[TOKEN_NAME] = false;
			forget_class(e, CLASS_STATEMENT);
			forget_class(e, CLASS_CHOICE);
		}
	}
}

static void groups(struct expected *e, bool at_start)
{
	/* Where every soft word may stand, it stands as a name. */
	if (e->can[TOKEN_NAME] && e->can[TOKEN_GIVEN] && e->can[TOKEN_OF] && e->can[TOKEN_KEEP]) {
		say(e, TEXT("a name"));
		forget_names(e);
	}
	if (e->can[TOKEN_USE] && e->can[TOKEN_COLLECTION]) {
		say(e,
			at_start ? TEXT("a declaration (use, param, collection, derive, record, "
					"enum, fn, decision, listener ...)")
				 : TEXT("the next declaration"));
		forget_class(e, CLASS_DECLARATION);
		e->can[TOKEN_NAME] = false;
	}
	if (e->can[TOKEN_REQUIRE]) {
		say(e,
			TEXT("a statement (let, require, if, match, log, forward, relay, deny, "
			     "close, run)"));
		say(e, TEXT("a field (`name: value`)"));
		forget_class(e, CLASS_STATEMENT);
		forget_class(e, CLASS_CHOICE);
		e->can[TOKEN_LET] = e->can[TOKEN_NAME] = false;
	}
	if (e->can[TOKEN_WHERE] && e->can[TOKEN_LET] && e->can[TOKEN_GROUP]) {
		say(e, TEXT("a clause (for, where, let, group, yield)"));
		e->can[TOKEN_FOR] = e->can[TOKEN_WHERE] = e->can[TOKEN_LET] = e->can[TOKEN_GROUP] =
			e->can[TOKEN_YIELD] = false;
	}
	if (e->can[TOKEN_EXPECT] && e->can[TOKEN_ADVANCE] && !e->can[TOKEN_NAME]) {
		say(e, TEXT("a step (given, insert, update, delete, connect, advance, expect)"));
		forget_class(e, CLASS_STEP);
	}
	if (e->can[TOKEN_ABSENT]) {
		say(e, TEXT("an attribute (at, absent, empty, key)"));
		forget_class(e, CLASS_ATTRIBUTE);
	}
	if (e->can[TOKEN_NAME]) {
		say(e, TEXT("a name"));
		forget_names(e);
	}
}

static struct text expectation(const struct mistake *m)
{
	struct expected e = { .count = 0 };
	for (int kind = 1; kind < grammar_token_count() && kind < KINDS; kind++) {
		struct grammar_states states;
		grammar_states(m->grammar, &states);
		e.can[kind] =
			kind != TOKEN_BROKEN && kind != TOKEN_NULL && grammar_feed(&states, kind);
	}
	expressions(&e);
	groups(&e, m->at_start);
	for (int kind = 1; kind < grammar_token_count() && kind < KINDS; kind++)
		if (e.can[kind])
			say(&e, text_of(token_shown(kind)));
	struct buffer b = { .arena = m->arena };
	for (size_t i = 0; i < e.count; i++)
		buffer_format(&b, "%s%.*s",
			!i                        ? ""
				: i + 1 < e.count ? ", "
						  : " or ",
			TEXT_ARG(e.phrases[i]));
	return e.count ? buffer_text(&b) : TEXT("nothing more");
}

/* ---- the report ---- */

static struct text found_text(const struct mistake *m)
{
	struct text t = token_text(m->source, m->token);
	if (m->source->tokens[m->token].kind == TOKEN_END)
		return TEXT("the end of the file");
	if (t.size > 40)
		t.size = 40;
	return text_format(m->arena, "`%.*s`", TEXT_ARG(t));
}

/* Right behind the last good token when the bad one stands on a later line: that is where something
 * is missing. */
static struct span place(const struct mistake *m)
{
	uint32_t before = token_previous(m->source, m->token);
	const struct token *t = &m->source->tokens[m->token];
	if (before && before >= m->declaration && (t->starts_line || t->kind == TOKEN_END)) {
		uint32_t end = m->source->tokens[before].end;
		return (struct span){ m->source, end, end };
	}
	return token_span(m->source, m->token);
}

static struct span behind(const struct mistake *m, uint32_t token)
{
	uint32_t end = m->source->tokens[token].end;
	return (struct span){ m->source, end, end };
}

static void patch_insertion(const struct mistake *m, struct diag *d, int kind)
{
	const char *spelling = token_spelling(kind);
	uint32_t before = token_previous(m->source, m->token);
	bool in_template = kind == TOKEN_CLOSE_BRACE && m->open &&
		m->source->tokens[m->open].kind == TOKEN_ADDR_OPEN;
	bool is_bracket = in_template || strchr(")]", spelling[0]),
	     touches = is_bracket || strchr(",:", spelling[0]);
	bool has_space = m->source->tokens[before].end < m->source->tokens[m->token].begin;
	diag_help(d, "insert `%s`", spelling);
	diag_patch(d, behind(m, before), touches ? "%s%s" : " %s%s", spelling,
		has_space || is_bracket ? "" : " ");
}

static struct diag *say_repair(
	const struct mistake *m, const struct repair *r, const struct example *e)
{
	struct source *s = m->source;
	struct text found = token_text(s, r->token);
	const char *meant = token_spelling(r->kind);
	bool is_word;
	struct diag *d;
	switch (r->form) {
	case REPAIR_INSERT:
		d = diag_new(m->diags, DIAG_SYNTAX, place(m), "`%s` is missing here", meant);
		diag_title(
			d, e ? text_of(e->title) : text_format(m->arena, "`%s` is missing", meant));
		patch_insertion(m, d, r->kind);
		break;
	case REPAIR_ALIAS:
		is_word = (found.data[0] | 0x20) >= 'a' && (found.data[0] | 0x20) <= 'z';
		e = is_word ? e : NULL; /* an example about this mark meant another mistake than the
					   one that this mends */
		d = diag_new(m->diags, e || !is_word ? DIAG_SYNTAX : DIAG_WRONG_WORD,
			token_span(s, r->token), "`%s` belongs here", meant);
		if (e)
			diag_title(d, text_of(e->title));
		else if (!is_word)
			diag_title(d,
				text_format(m->arena, "`%.*s` stands where `%s` belongs",
					TEXT_ARG(found), meant));
		else
			diag_title(d, text_of(meant), found);
		diag_help(d, "write `%s`", meant);
		diag_patch(d, token_span(s, r->token), "%s", meant);
		break;
	case REPAIR_REPLACE:
		d = diag_new(
			m->diags, DIAG_SYNTAX, token_span(s, r->token), "`%s` belongs here", meant);
		diag_title(d,
			text_format(m->arena,
				"`%.*s` is not a word of Weft here; did you mean `%s`?",
				TEXT_ARG(found), meant));
		diag_help(d, "write `%s`", meant);
		diag_patch(d, token_span(s, r->token), "%s", meant);
		return d;
	case REPAIR_DELETE:
		d = diag_new(m->diags, DIAG_SYNTAX, token_span(s, r->token), "one too many");
		diag_title(d,
			e ? text_of(e->title)
			  : text_format(m->arena, "`%.*s` has no place here", TEXT_ARG(found)));
		diag_help(d, "leave it out");
		diag_patch(d, token_span(s, r->token), "%s", "");
		break;
	default:
		d = diag_new(m->diags, DIAG_SYNTAX, token_span(s, r->token), "a name belongs here");
		diag_title(d,
			text_format(m->arena,
				"`%.*s` is a word of the language, so it cannot be a name here",
				TEXT_ARG(found)));
		diag_help(d,
			"choose another name; as a field, behind a dot or before a colon, the word "
			"is free");
		return d;
	}
	if (e)
		diag_note(d, "%s", e->note);
	return d;
}

static int closing(int open)
{
	return open == TOKEN_OPEN_PAREN      ? TOKEN_CLOSE_PAREN
		: open == TOKEN_OPEN_BRACKET ? TOKEN_CLOSE_BRACKET
					     : TOKEN_CLOSE_BRACE;
}

static uint32_t indent_of(const struct source *s, uint32_t token)
{
	struct text line = source_line(s, source_position(s, s->tokens[token].begin).line);
	uint32_t indent = 0;
	while (indent < line.size && (line.data[indent] == ' ' || line.data[indent] == '\t'))
		indent++;
	return indent;
}

/* The declaration or the file ends while a bracket is open. */
static bool say_unclosed(const struct mistake *m)
{
	uint32_t open = m->suspect ? m->suspect : m->open;
	struct source *s = m->source;
	if (!open || !(m->is_cut || s->tokens[m->token].kind == TOKEN_END || m->suspect))
		return false;
	int close = closing(s->tokens[open].kind);
	struct grammar_states states;
	grammar_states(m->grammar, &states);
	if (!m->suspect && !grammar_feed(&states, close))
		return false;
	struct diag *d = diag_new(m->diags, DIAG_UNCLOSED, token_span(s, open), "opened here");
	diag_title(d, token_text(s, open));
	const char *spelling = token_spelling(close);
	if (m->suspect) {
		diag_span(d, token_span(s, m->suspect_close),
			"this closes it, but stands further left: one `}` is missing between them");
		return true;
	}
	diag_help(d, "close it with `%s`", spelling);
	uint32_t before = token_previous(s, m->token);
	uint32_t line = source_position(s, s->tokens[open].begin).line;
	bool is_long = source_position(s, s->tokens[before].begin).line != line;
	if (close == TOKEN_CLOSE_BRACE && (is_long || before == open) &&
		s->tokens[m->token].kind != TOKEN_CLOSE_BRACE)
		diag_patch_line(
			d, token_span(s, before), "%*s%s", (int)indent_of(s, open), "", spelling);
	else
		diag_patch(d, behind(m, before), "%s", spelling);
	return true;
}

_Static_assert(
	TOKEN_LIKE - TOKEN_EQUAL == 10, "lemon numbers the relations as the grammar lists them");

static bool is_relation(int kind)
{
	return kind >= TOKEN_EQUAL && kind <= TOKEN_LIKE;
}

static bool say_chain(const struct mistake *m)
{
	struct source *s = m->source;
	struct grammar_states states;
	grammar_states(m->grammar, &states);
	if (!is_relation(s->tokens[m->token].kind) || !grammar_feed(&states, TOKEN_AND))
		return false;
	uint32_t first = token_previous(s, m->token);
	while (first > m->declaration && !is_relation(s->tokens[first].kind))
		first = token_previous(s, first);
	if (!is_relation(s->tokens[first].kind))
		return false;
	struct span middle = { s, s->tokens[token_next(s, first)].begin,
		s->tokens[token_previous(s, m->token)].end };
	struct diag *d = diag_new(m->diags, DIAG_CHAINED_COMPARISON, token_span(s, m->token),
		"this would compare a Bool");
	diag_span(d, token_span(s, first), "the first comparison");
	diag_help(d, "join two comparisons with `and`");
	diag_patch(d, (struct span){ s, middle.end, middle.end }, " and %.*s",
		TEXT_ARG(span_text(middle)));
	return true;
}

static bool say_unopened(const struct mistake *m)
{
	int kind = m->source->tokens[m->token].kind;
	bool closes = kind == TOKEN_CLOSE_BRACE || kind == TOKEN_CLOSE_BRACKET ||
		kind == TOKEN_CLOSE_PAREN;
	if (!closes || !m->at_start || m->nested)
		return false;
	struct diag *d = diag_new(m->diags, DIAG_UNOPENED, token_span(m->source, m->token),
		"everything before it is closed already");
	diag_title(d, token_text(m->source, m->token));
	diag_help(d, "leave it out");
	diag_patch(d, token_span(m->source, m->token), "%s", "");
	return true;
}

/* `5 minutes`: a duration or size is one word. */
static bool say_unit(const struct mistake *m)
{
	static const char *const units[][2] = {
		{ "ms", "ms" },
		{ "s", "s" },
		{ "sec", "s" },
		{ "second", "s" },
		{ "seconds", "s" },
		{ "m", "m" },
		{ "min", "m" },
		{ "minute", "m" },
		{ "minutes", "m" },
		{ "h", "h" },
		{ "hour", "h" },
		{ "hours", "h" },
		{ "d", "d" },
		{ "day", "d" },
		{ "days", "d" },
		{ "KB", "KiB" },
		{ "KiB", "KiB" },
		{ "MB", "MiB" },
		{ "MiB", "MiB" },
		{ "GB", "GiB" },
		{ "GiB", "GiB" },
	};
	struct source *s = m->source;
	uint32_t before = token_previous(s, m->token);
	if (s->tokens[before].kind != TOKEN_INT)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!text_is(token_text(s, m->token), units[i][0]))
			continue;
		struct span whole = { s, s->tokens[before].begin, s->tokens[m->token].end };
		struct diag *d = diag_new(
			m->diags, DIAG_BAD_NUMBER, whole, "a number and its unit are one word");
		diag_title(d, span_text(whole));
		diag_help(d, "write it as one word");
		diag_patch(d, whole, "%.*s%s", TEXT_ARG(token_text(s, before)), units[i][1]);
		return true;
	}
	return false;
}

/* `127.0.0.1:p.target`: what is computed in an address stands in braces. */
static bool say_address(const struct mistake *m)
{
	struct source *s = m->source;
	uint32_t before = token_previous(s, m->token), first = token_next(s, m->token),
		 last = first;
	int kind = s->tokens[before].kind;
	if (s->tokens[m->token].kind != TOKEN_COLON || (kind != TOKEN_IP && kind != TOKEN_STAR))
		return false;
	if (s->tokens[first].kind != TOKEN_NAME)
		return false;
	while (s->tokens[token_next(s, last)].kind == TOKEN_DOT)
		last = token_next(s, token_next(s, last));
	struct span port = { s, s->tokens[first].begin, s->tokens[last].end };
	struct diag *d = diag_new(m->diags, DIAG_SYNTAX, port, "this is computed");
	diag_title(d, TEXT("what is computed in an address stands in braces"));
	diag_help(d, "put it into braces");
	diag_patch(d, port, "{%.*s}", TEXT_ARG(span_text(port)));
	return true;
}

/* `listener a on { forward ...`: the block was read as a record, the address. */
static bool say_no_address(const struct mistake *m)
{
	struct source *s = m->source;
	uint32_t on = m->open ? token_previous(s, m->open) : 0;
	if (!on || s->tokens[on].kind != TOKEN_ON || s->tokens[m->open].kind != TOKEN_OPEN_BRACE)
		return false;
	struct diag *d =
		diag_new(m->diags, DIAG_SYNTAX, behind(m, on), "expected behind `on`: an address");
	diag_title(d, TEXT("`on` needs the address to listen at"));
	diag_note(d, "for example `on *:8080` or `on *:{p.port}`");
	return true;
}

/* `require may_enter conn`: the name behind an expression was read as a field, and only its `:` is
 * expected. */
static bool say_call(const struct mistake *m)
{
	struct source *s = m->source;
	uint32_t name = token_previous(s, m->token), before = token_previous(s, name);
	struct grammar_states states;
	grammar_states(m->grammar, &states);
	bool is_field = grammar_feed(&states, TOKEN_COLON);
	grammar_states(m->grammar, &states);
	if (!is_field || grammar_feed(&states, TOKEN_DOT) || s->tokens[name].kind != TOKEN_NAME ||
		s->tokens[name].starts_line)
		return false;
	if (s->tokens[before].kind != TOKEN_NAME || before <= m->declaration)
		return false;
	struct diag *d = diag_new(m->diags, DIAG_SYNTAX, token_span(s, name),
		"expected an operator or the next statement");
	diag_title(
		d, text_format(m->arena, "`%.*s` cannot come here", TEXT_ARG(token_text(s, name))));
	diag_help(d, "a call has parentheses");
	diag_patch(d, (struct span){ s, s->tokens[before].end, s->tokens[name].end }, "(%.*s)",
		TEXT_ARG(token_text(s, name)));
	return true;
}

static bool is_told(const struct mistake *m)
{
	const struct source *s = m->source;
	uint32_t before = token_previous(s, m->token);
	for (uint32_t t = before; t <= m->token; t++)
		if (s->tokens[t].reported)
			return true;
	return false;
}

static void say_expected(const struct mistake *m, const struct example *e)
{
	struct text expected = expectation(m), found = found_text(m);
	uint32_t before = token_previous(m->source, m->token);
	struct span where = place(m);
	struct diag *d;
	if (where.begin == where.end && before) {
		struct text last = token_text(m->source, before);
		last.size = last.size > 40 ? 40 : last.size;
		d = diag_new(m->diags, DIAG_SYNTAX, where, "expected behind `%.*s`: %.*s",
			TEXT_ARG(last), TEXT_ARG(expected));
	} else if (e && m->at_start) {
		d = diag_new(m->diags, DIAG_SYNTAX, where, "not at the top of a file");
	} else {
		d = diag_new(m->diags, DIAG_SYNTAX, where, "expected %.*s", TEXT_ARG(expected));
	}
	if (e) {
		diag_title(d, text_of(e->title));
		diag_note(d, "%s", e->note);
	} else if (m->is_cut || (m->source->tokens[m->token].kind == TOKEN_END && !m->at_start)) {
		diag_title(d, TEXT("this declaration is not complete"));
	} else {
		diag_title(d, text_format(m->arena, "%.*s cannot come here", TEXT_ARG(found)));
	}
	uint32_t line = source_position(m->source, m->source->tokens[m->declaration].begin).line;
	if (!e && !m->at_start && line + 1 < source_position(m->source, where.begin).line)
		diag_span(d, token_span(m->source, m->declaration), "in this declaration");
}

void report_mistake(const struct mistake *m)
{
	if (is_told(m) || say_unopened(m) || say_chain(m) || say_no_address(m) || say_unit(m) ||
		say_address(m))
		return;
	if (m->suspect &&
		(m->is_cut || m->source->tokens[m->token].kind == TOKEN_END || m->at_start)) {
		say_unclosed(m);
		return;
	}
	const struct example *e = example_of(m);
	if (!m->is_cut) {
		struct repair r = find_repair(m);
		bool is_better = r.form == REPAIR_RESERVED && e && e->when == AT_TOKEN;
		if (r.form != REPAIR_NONE && !is_better &&
			m->source->tokens[m->token].kind != TOKEN_END) {
			say_repair(m, &r, e);
			return;
		}
	}
	if (!say_unclosed(m) && !say_call(m))
		say_expected(m, e);
}

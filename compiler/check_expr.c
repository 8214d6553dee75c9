/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_expr.c: types of expressions, top down by what is expected and bottom up by what stands
 * there. The only conversion is a T where a T? is expected; a literal takes the expected type where
 * it fits.
 */
#include "checker.h"
#include "lex.h"
#include "parse.h"

const struct type *error_type(struct checker *c)
{
	return type_simple(c, TYPE_ERROR);
}

/* Where a value's type was said, for a second span. */
static void explain_origin(
	struct checker *c, struct diag *d, const struct node *n, const struct type *got)
{
	struct node *from = NULL;
	(void)c;
	if (n->kind == NODE_NAME && n->symbol)
		from = n->symbol->declaration;
	else if (n->kind == NODE_FIELD && n->note && n->note->meaning == MEANS_COLUMN) {
		const struct type *of = kid(n, FIELD_VALUE)->type;
		if (of && of->kind == TYPE_RECORD)
			from = of->record->fields[n->note->index].declaration;
	}
	if (from && from->source == n->source && from->kind != NODE_FOR)
		diag_span(d, node_name_span(from), "%.*s is said here", TEXT_ARG(got->name));
}

struct text needed_name(struct checker *c, const struct type *t)
{
	if (t->kind != TYPE_RECORD || !t->record->declaration ||
		t->record->declaration->kind != NODE_DERIVE)
		return t->name;
	struct buffer b = { .arena = c->arena };
	buffer_format(&b, "a row of `%.*s`", TEXT_ARG(t->name));
	return buffer_text(&b);
}

/* The place behind a value of a derivation's `yield`, where the value may be told to skip. */
static bool behind_yield(const struct node *n, struct span *end)
{
	const struct check_note *note = n->kind == NODE_FIELD ? n->note : NULL;
	const struct type *of = note ? kid(n, FIELD_VALUE)->type : NULL;
	if (!of || of->kind != TYPE_RECORD || note->meaning != MEANS_COLUMN)
		return false;
	const struct node *from = of->record->fields[note->index].declaration;
	if (!from || from->kind != NODE_FIELD_INIT || from->source != n->source ||
		kid(from, FIELD_INIT_VALUE)->kind == NODE_NAME)
		return false;
	*end = node_span(kid(from, FIELD_INIT_VALUE));
	end->begin = end->end;
	return of->record->declaration && of->record->declaration->kind == NODE_DERIVE;
}

/* Whether an operator stands beside it: an `else` binds less than all of them. */
static bool beside_operator(const struct node *n)
{
	const struct source *s = n->source;
	const int before = s->tokens[token_previous(s, n->first)].kind;
	const int behind = s->tokens[token_next(s, n->last)].kind;
	return before == TOKEN_NOT || token_class(before) == CLASS_OPERATOR ||
		token_class(behind) == CLASS_OPERATOR;
}

static void offer_else(struct diag *d, const struct node *n, const char *what)
{
	struct span begin = node_span(n), end = begin;
	const bool needs_parentheses = beside_operator(n);
	begin.end = begin.begin;
	end.begin = end.end;
	if (needs_parentheses)
		diag_patch(d, begin, "(");
	diag_patch(d, end, " else %s%s", what, needs_parentheses ? ")" : "");
}

void report_missing(struct checker *c, struct node *n, const struct type *got, const char *why)
{
	struct diag *d = diag_new(
		c->diags, DIAG_MAY_BE_MISSING, node_span(n), "this is %.*s", TEXT_ARG(got->name));
	diag_title(d, needed_name(c, got->item));
	if (why)
		diag_note(d, "%s", why);
	explain_origin(c, d, n, got);
	struct span end = node_span(n);
	end.begin = end.end;
	if (c->scope->may_skip) {
		diag_help(d, "say what happens then: leave this round out");
		offer_else(d, n, "skip");
	} else if (c->scope->may_end && !c->scope->rounds) {
		diag_help(d, "say what happens then: end the connection");
		offer_else(d, n, "close");
	} else if (c->scope->may_wait) {
		diag_help(d, "say what happens then: hold the listener back");
		offer_else(d, n, "wait");
	}
	if (behind_yield(n, &end)) {
		diag_help(d, "or leave out the rows that have none");
		diag_patch(d, end, " else skip");
	}
	diag_help(d, "or give a value: `... else <%.*s>`", TEXT_ARG(got->item->name));
}

static void offer_some(struct diag *d, const struct node *n)
{
	const struct span all = node_span(n);
	struct span begin = all, end = all;
	begin.end = begin.begin;
	end.begin = end.end;
	diag_help(d, "ask whether it is there");
	diag_patch(d, begin, "some(x in ");
	diag_patch(d, end, ")");
}

static void offer_number(struct diag *d, const struct node *n)
{
	const struct text t = n->literal.text;
	diag_help(d, "a number stands without quotes");
	for (size_t i = 0; i < t.size; i++)
		if (t.data[i] < '0' || t.data[i] > '9')
			return;
	if (t.size)
		diag_patch(d, node_span(n), "%.*s", TEXT_ARG(t));
}

static bool is_one_word(const struct type *t)
{
	return t->kind == TYPE_DURATION || t->kind == TYPE_SIZE || t->kind == TYPE_IP ||
		t->kind == TYPE_CIDR || t->kind == TYPE_ADDR;
}

static void offer_word(struct diag *d, const struct node *n, const struct type *want)
{
	const struct text t = n->literal.text;
	diag_help(d, "%.*s stands without quotes", TEXT_ARG(want->name));
	if (t.size && ((t.data[0] >= '0' && t.data[0] <= '9') || t.data[0] == '*'))
		diag_patch(d, node_span(n), "%.*s", TEXT_ARG(t));
}

/* "DENY" where an enum is wanted: the variant that documents write so. */
static void offer_variant(struct diag *d, const struct node *n, const struct enumeration *e)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct enum_variant *v = &e->variants[i];
		if (v->payload_count ||
			!(text_equal(v->code, n->literal.text) ||
				text_equal(v->name, n->literal.text)))
			continue;
		diag_help(d, "a variant is a name, not text");
		diag_patch(d, node_span(n), "%.*s", TEXT_ARG(v->name));
		return;
	}
}

static void report_mismatch(struct checker *c, struct node *n, const struct type *got,
	const struct type *want, struct node *because, const char *what)
{
	struct diag *d = diag_new(c->diags, DIAG_TYPE_MISMATCH, node_span(n),
		"this is %.*s, not %.*s", TEXT_ARG(got->name), TEXT_ARG(want->name));
	diag_title(d, want->name, got->name);
	if (because)
		diag_span(d, node_name_span(because), "%s", what ? what : "expected by this");
	else if (what)
		diag_note(d, "%s", what);
	explain_origin(c, d, n, got);
	if (got->kind == TYPE_ROWS && want->kind == TYPE_BOOL)
		diag_help(d, "ask whether there is one: `some(x in ...)`");
	else if (got->kind == TYPE_OPTION && want->kind == TYPE_BOOL)
		offer_some(d, n);
	else if (got->kind == TYPE_VERDICT && want->kind == TYPE_BOOL)
		diag_help(d, "a verdict says yes or no with `.allowed`");
	else if (n->kind == NODE_STRING && (want->kind == TYPE_PORT || want->kind == TYPE_INT))
		offer_number(d, n);
	else if (n->kind == NODE_STRING && want->kind == TYPE_ENUM)
		offer_variant(d, n, want->enumeration);
	else if (n->kind == NODE_STRING && is_one_word(want))
		offer_word(d, n, want);
	else if (n->kind == NODE_INT && want->kind == TYPE_ADDR) {
		diag_help(d,
			"an address has two parts: `*` stands for every address of this machine");
		struct span begin = node_span(n);
		begin.end = begin.begin;
		diag_patch(d, begin, "*:");
	} else if (n->kind == NODE_INT && want->kind == TYPE_STRING)
		diag_help(d, "text stands in quotes");
	else if (want->kind == TYPE_STRING && type_has_text(got))
		diag_help(d, "a template makes text of it: \"{...}\"");
	else if (want->kind == TYPE_ADDR && got->kind == TYPE_PORT)
		diag_help(d, "an address has two parts: `127.0.0.1:{port}`");
	else if (want->kind == TYPE_ADDR && got->kind == TYPE_IP)
		diag_help(d, "an address has two parts: `addr(ip, port)`");
}

const struct type *fit(struct checker *c, struct node *n, const struct type *got,
	const struct type *want, struct node *because, const char *what)
{
	if (!want || got == want || got->kind == TYPE_ERROR || want->kind == TYPE_ERROR)
		return got;
	if (want->kind == TYPE_OPTION && want->item == got) {
		note_of(c, n)->as = want;
		return want;
	}
	if (got->kind == TYPE_OPTION && got->item == want)
		report_missing(c, n, got, what);
	else
		report_mismatch(c, n, got, want, because, what);
	n->type = error_type(c);
	return n->type;
}

const struct type *check_as(struct checker *c, struct node *n, const struct type *want,
	struct node *because, const char *what)
{
	return fit(c, n, check_expr(c, n, want), want, because, what);
}

void use_column(struct record *r, size_t index)
{
	r->fields[index].used = true;
}

void use_all_columns(const struct type *t)
{
	if (t->kind == TYPE_OPTION || t->kind == TYPE_LIST || t->kind == TYPE_MAP)
		use_all_columns(t->item);
	if (t->kind != TYPE_RECORD)
		return;
	for (size_t i = 0; i < t->record->count; i++)
		if (!t->record->fields[i].used) {
			t->record->fields[i].used = true;
			use_all_columns(t->record->fields[i].type);
		}
}

struct symbol *row_table(const struct node *n)
{
	switch (n->kind) {
	case NODE_NAME:
		if (n->note && n->note->meaning == MEANS_SINGLE)
			return n->note->table;
		return n->symbol && (n->symbol->kind == SYMBOL_FOR || n->symbol->kind == SYMBOL_LET)
			? n->symbol->of
			: NULL;
	case NODE_INDEX:
		return n->note && n->note->meaning == MEANS_ROW_BY_KEY ? n->note->table : NULL;
	case NODE_ELSE:
		return row_table(kid(n, ELSE_VALUE));
	default:
		return NULL;
	}
}

void read_table(struct checker *c, struct node *n, struct symbol *table)
{
	if (c->scope->place == PLACE_FN || c->scope->place == PLACE_CONSTANT ||
		c->scope->place == PLACE_SIBLING) {
		struct diag *d = diag_new(
			c->diags, DIAG_TABLE_HERE, node_span(n), "a collection is read here");
		diag_title(d, table->name);
		diag_note(d,
			c->scope->place == PLACE_FN ? "a function reads its arguments and params "
						      "only: pass the row or the value"
						    : "a value that is fixed before the first row "
						      "cannot depend on rows");
		return;
	}
	table->used = true;
	vec_push(c->arena, &table->uses, n);
	if (c->scope->place == PLACE_HANDLER || c->scope->place == PLACE_DECISION)
		table->is_read_by_handler = true;
}

static const struct type *check_table_name(struct checker *c, struct node *n, struct symbol *s)
{
	resolve(c, s);
	read_table(c, n, s);
	if (!s->type || s->type->kind == TYPE_ERROR)
		return error_type(c);
	means(c, n, s->single ? MEANS_SINGLE : MEANS_ALL_ROWS, 0)->table = s;
	if (!s->single)
		return type_rows(c, s);
	return s->kind == SYMBOL_COLLECTION ? type_option(c, s->type) : s->type;
}

static const struct type *check_sibling(struct checker *c, struct node *n)
{
	struct scope *s = c->scope;
	for (size_t i = 0; i < s->sibling_count; i++)
		if (text_equal(s->siblings->fields[i].name, n->name)) {
			means(c, n, MEANS_SIBLING, i);
			if (s->place != PLACE_SIBLING) /* `where` and `by` need it in any case, a
							  default only when its field is used */
				use_column((struct record *)s->siblings, i);
			return s->siblings->fields[i].type;
		}
	return NULL;
}

static const struct type *check_name(struct checker *c, struct node *n)
{
	const struct type *sibling = c->scope->sibling_count ? check_sibling(c, n) : NULL;
	if (sibling)
		return sibling;
	struct symbol *s = scope_find(c, n->name);
	if (!s) {
		report_unknown_name(c, n);
		return error_type(c);
	}
	n->symbol = s;
	if (symbol_is_table(s))
		return check_table_name(c, n, s);
	s->used = true;
	vec_push(c->arena, &s->uses, n);
	if (s->kind == SYMBOL_PARAM)
		resolve(c, s);
	bool is_value = s->kind == SYMBOL_PARAM || s->kind == SYMBOL_FOR || s->kind == SYMBOL_LET ||
		s->kind == SYMBOL_ARGUMENT || s->kind == SYMBOL_BINDING ||
		s->builtin == BUILTIN_CONN;
	if (!is_value) {
		struct diag *d = diag_new(
			c->diags, DIAG_NOT_A_VALUE, node_span(n), "a value is expected here");
		diag_title(d, s->name);
		if (s->kind == SYMBOL_FN || s->kind == SYMBOL_DECISION)
			diag_help(d, "call it: `%.*s(...)`", TEXT_ARG(s->name));
		return error_type(c);
	}
	if (s->kind == SYMBOL_LET && s->type && s->type->kind == TYPE_ROWS &&
		c->scope->place == PLACE_HANDLER && s->index != c->scope->awaits) {
		struct diag *d = diag_new(
			c->diags, DIAG_ROWS_ACROSS_AWAIT, node_span(n), "used behind a `dial`");
		diag_title(d, s->name);
		diag_span(d, node_name_span(s->declaration), "rows of one version");
		diag_help(d, "ask again behind the `dial`, or bind the values that are needed");
		return error_type(c);
	}
	return s->type ? s->type : error_type(c);
}

static const struct type *check_template(struct checker *c, struct node *n)
{
	struct node *parts = kid(n, TEMPLATE_PARTS);
	for (uint32_t i = 0; i < parts->count; i++) {
		struct node *p = parts->kids[i];
		const struct type *t = check_expr(c, p, NULL);
		if (t->kind == TYPE_ERROR || type_has_text(t))
			continue;
		if (t->kind == TYPE_OPTION) {
			report_missing(c, p, t, "a text shows values, and there may be none");
			continue;
		}
		struct diag *d = diag_new(
			c->diags, DIAG_NO_TEXT, node_span(p), "this is %.*s", TEXT_ARG(t->name));
		diag_title(d, t->name);
	}
	return type_simple(c, TYPE_STRING);
}

/* Both branches one type; a T beside a T? becomes a T?. */
static const struct type *unify(struct checker *c, struct node *a, const struct type *ta,
	struct node *b, const struct type *tb, const char *what)
{
	if (tb->kind == TYPE_OPTION && tb->item == ta) {
		note_of(c, a)->as = tb;
		return tb;
	}
	return fit(c, b, tb, ta, a, what);
}

static const struct type *check_if(struct checker *c, struct node *n, const struct type *want)
{
	struct node *yes = kid(n, IF_EXPR_THEN), *no = kid(n, IF_EXPR_ELSE);
	check_as(c, kid(n, IF_EXPR_CONDITION), type_simple(c, TYPE_BOOL), NULL,
		"a condition is a Bool");
	const struct type *a = check_expr(c, yes, want);
	const struct type *b = check_expr(c, no, want ? want : a);
	if (a->kind == TYPE_ERROR || b->kind == TYPE_ERROR)
		return error_type(c);
	return unify(c, yes, a, no, b, "both branches have one type: this one comes first");
}

struct match_arms {
	const struct type *want;
	struct node *first;
	const struct type *type;
};

static void check_value_arm(struct checker *c, struct node *arm, void *user)
{
	struct match_arms *m = user;
	struct node *body = kid(arm, ARM_BODY);
	const struct type *t = check_expr(c, body, m->want ? m->want : m->type);
	if (!m->type || m->type->kind == TYPE_ERROR) {
		m->type = t;
		m->first = body;
	} else if (t->kind != TYPE_ERROR) {
		m->type = unify(c, m->first, m->type, body, t,
			"all arms have one type: this one comes first");
	}
}

static const struct type *check_match(struct checker *c, struct node *n, const struct type *want)
{
	struct match_arms m = { .want = want };
	check_arms(c, n, check_value_arm, &m);
	return m.type ? m.type : error_type(c);
}

static bool fallback_allowed(struct checker *c, const struct node *fallback)
{
	struct scope *s = c->scope;
	switch (fallback->kind) {
	case NODE_SKIP:
		return s->may_skip;
	case NODE_WAIT:
		return s->may_wait;
	case NODE_DENY:
	case NODE_CLOSE:
		return s->may_end && !s->rounds;
	default:
		return true;
	}
}

static const struct type *check_fallback(
	struct checker *c, struct node *n, const struct type *item, const struct type *want)
{
	struct node *fallback = kid(n, ELSE_FALLBACK);
	bool control = fallback->kind == NODE_SKIP || fallback->kind == NODE_WAIT ||
		fallback->kind == NODE_DENY || fallback->kind == NODE_CLOSE;
	if (!fallback_allowed(c, fallback)) {
		struct diag *d = diag_new(
			c->diags, DIAG_ELSE_NOT_HERE, node_span(fallback), "not possible here");
		diag_title(d, text_of(node_kind_name(fallback->kind)));
		diag_note(d,
			"`skip` ends a round of a query, `wait` holds a rule back, `deny` and "
			"`close` end a handler");
		diag_help(d, "give a value: `else <%.*s>`", TEXT_ARG(item->name));
		return error_type(c);
	}
	if (fallback->kind == NODE_DENY && kid(fallback, DENY_REASON))
		check_as(c, kid(fallback, DENY_REASON), type_simple(c, TYPE_STRING), NULL,
			"the reason is a text");
	if (control)
		return item;
	const struct type *t =
		check_expr(c, fallback, want && want->kind == TYPE_OPTION ? want : item);
	if (t->kind == TYPE_OPTION && t->item == item)
		return t;
	return fit(c, fallback, t, item, kid(n, ELSE_VALUE), "this says the type");
}

static const struct type *check_else(struct checker *c, struct node *n, const struct type *want)
{
	struct node *value = kid(n, ELSE_VALUE);
	bool may_dial = c->scope->may_dial;
	const struct type *wanted = want ? type_option(c, want) : NULL;
	const struct type *t = check_expr(c, value, wanted);
	c->scope->may_dial = false;
	if (t->kind == TYPE_ERROR) {
		if (kid(n, ELSE_FALLBACK)->kind <= NODE_ADDR_TEMPLATE &&
			kid(n, ELSE_FALLBACK)->kind >= NODE_ELSE)
			check_expr(c, kid(n, ELSE_FALLBACK), want);
		return t;
	}
	c->scope->may_dial = may_dial;
	if (t->kind != TYPE_OPTION) {
		struct diag *d = diag_new(c->diags, DIAG_NEVER_MISSING, node_span(value),
			"this is %.*s: always there", TEXT_ARG(t->name));
		diag_title(d, t->name);
		struct span cut = node_span(n);
		cut.begin = node_span(value).end;
		diag_help(d, "leave the `else` out");
		diag_patch(d, cut, "%s", "");
		return error_type(c);
	}
	return check_fallback(c, n, t->item, want);
}

static const struct type *check_dial(struct checker *c, struct node *n)
{
	bool may = c->scope->may_dial;
	c->scope->may_dial = false;
	check_as(c, kid(n, DIAL_ADDRESS), type_simple(c, TYPE_ADDR), NULL,
		"`dial` takes an address");
	struct node *with = kid(n, DIAL_WITH);
	if (with)
		for (uint32_t i = 0; i < kid(with, RECORD_FIELDS)->count; i++) {
			struct node *f = kid(with, RECORD_FIELDS)->kids[i];
			enum type_kind kind = text_is(f->name, "timeout") ? TYPE_DURATION
				: text_is(f->name, "mark")                ? TYPE_INT
				: text_is(f->name, "source")              ? TYPE_ADDR
									  : TYPE_ERROR;
			if (text_is(f->name, "tls")) {
				not_yet(c, f, DIAG_NOT_YET_TLS);
			} else if (kind == TYPE_ERROR) {
				struct text names[] = { TEXT("timeout"), TEXT("mark"),
					TEXT("source"), TEXT("tls") };
				struct vec list = { 0 };
				for (size_t k = 0; k < 4; k++)
					vec_push(c->arena, &list, &names[k]);
				struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_FIELD,
					node_name_span(f), "`dial` has no such option");
				diag_title(d, f->name);
				suggest(c, d, f, &list);
			} else {
				f->type = check_as(c, kid(f, FIELD_INIT_VALUE),
					type_simple(c, kind), NULL, "an option of `dial`");
			}
		}
	if (!may) {
		struct diag *d = diag_new(
			c->diags, DIAG_DIAL_HERE, node_span(n), "an await inside an expression");
		diag_title(d);
		diag_help(d, "bind it: `let up = dial ... else close`");
		return error_type(c);
	}
	return type_option(c, type_simple(c, TYPE_STREAM));
}

static const struct type *check_kind(struct checker *c, struct node *n, const struct type *want)
{
	switch (n->kind) {
	case NODE_NAME:
		return check_name(c, n);
	case NODE_TYPE_NAME:
		return check_variant_value(c, n, want);
	case NODE_INT:
		return check_int(c, n, want);
	case NODE_FLOAT:
		return type_simple(c, TYPE_FLOAT);
	case NODE_BOOL:
		return type_simple(c, TYPE_BOOL);
	case NODE_DURATION:
		return type_simple(c, TYPE_DURATION);
	case NODE_SIZE:
		return type_simple(c, TYPE_SIZE);
	case NODE_IP:
		return type_simple(c, TYPE_IP);
	case NODE_CIDR:
		return type_simple(c, TYPE_CIDR);
	case NODE_ADDR:
		return type_simple(c, TYPE_ADDR);
	case NODE_STRING:
		return type_simple(c, TYPE_STRING);
	case NODE_TEMPLATE:
		return check_template(c, n);
	case NODE_ADDR_TEMPLATE:
		check_as(c, kid(n, ADDR_TEMPLATE_PORT), type_simple(c, TYPE_PORT), NULL,
			"behind the `:` stands a port");
		return type_simple(c, TYPE_ADDR);
	case NODE_LIST_LITERAL:
		return check_list(c, n, want);
	case NODE_LIST_FROM:
		return check_list_from(c, n, want);
	case NODE_RECORD:
		return check_record(c, n, want, NULL);
	case NODE_WITH_RECORD:
		return check_with(c, n, want);
	case NODE_FIELD:
	case NODE_OPTION_FIELD:
		return check_field(c, n);
	case NODE_INDEX:
		return check_index(c, n);
	case NODE_CALL:
		return check_call(c, n, want);
	case NODE_BINARY:
		return check_binary(c, n, want);
	case NODE_UNARY:
		return check_unary(c, n, want);
	case NODE_IF_EXPR:
		return check_if(c, n, want);
	case NODE_MATCH_EXPR:
		return check_match(c, n, want);
	case NODE_ELSE:
		return check_else(c, n, want);
	case NODE_DIAL:
		return check_dial(c, n);
	default:
		return error_type(c); /* the parser reported it */
	}
}

const struct type *check_expr(struct checker *c, struct node *n, const struct type *want)
{
	bool may_dial = c->scope->may_dial;
	if (n->kind != NODE_ELSE && n->kind != NODE_DIAL)
		c->scope->may_dial = false;
	n->type = check_kind(c, n, want);
	c->scope->may_dial = may_dial;
	return n->type;
}

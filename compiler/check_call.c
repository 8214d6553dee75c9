/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_call.c: calls: functions and decisions, variants with values, built-in functions,
 * aggregates over a comprehension and over the rounds of a group, and the tables rejected(c) and
 * conflicts(c).
 */
#include "checker.h"

struct builtin_name {
	const char *name;
	enum builtin builtin;
	enum type_kind parses;
};

static const struct builtin_name builtins[] = {
	{ "count", BUILTIN_COUNT, 0 },
	{ "sum", BUILTIN_SUM, 0 },
	{ "min", BUILTIN_MIN, 0 },
	{ "max", BUILTIN_MAX, 0 },
	{ "first", BUILTIN_FIRST, 0 },
	{ "collect", BUILTIN_COLLECT, 0 },
	{ "some", BUILTIN_SOME, 0 },
	{ "none", BUILTIN_NO_ROUND, 0 },
	{ "all", BUILTIN_ALL, 0 },
	{ "rejected", BUILTIN_REJECTED, 0 },
	{ "conflicts", BUILTIN_CONFLICTS, 0 },
	{ "env", BUILTIN_ENV, 0 },
	{ "addr", BUILTIN_ADDR, 0 },
	{ "passed", BUILTIN_PASSED, 0 },
	{ "int", BUILTIN_PARSE, TYPE_INT },
	{ "port", BUILTIN_PARSE, TYPE_PORT },
	{ "ip", BUILTIN_PARSE, TYPE_IP },
	{ "cidr", BUILTIN_PARSE, TYPE_CIDR },
	{ "duration", BUILTIN_PARSE, TYPE_DURATION },
	{ "identity", BUILTIN_PARSE, TYPE_IDENTITY },
};
enum { BUILTIN_NAMES = sizeof builtins / sizeof builtins[0] };

static const struct builtin_name *find_builtin(struct text name)
{
	for (size_t i = 0; i < BUILTIN_NAMES; i++)
		if (text_is(name, builtins[i].name))
			return &builtins[i];
	return NULL;
}

static const struct type *report_arguments(
	struct checker *c, struct node *n, struct text name, const char *takes)
{
	struct diag *d = diag_new(c->diags, DIAG_ARGUMENT_COUNT, node_span(n), "%s", takes);
	diag_title(d, name);
	return error_type(c);
}

static struct node *only_argument(struct node *n)
{
	struct node *a = kid(n, CALL_ARGUMENTS);
	return a->count == 1 && a->kids[0]->kind == NODE_ARGUMENT ? kid(a->kids[0], ARGUMENT_VALUE)
								  : NULL;
}

/* ---- functions ---- */

/* Puts named arguments into the order of the parameters. False: reported. */
static bool order_arguments(
	struct checker *c, struct node *n, struct node *params, struct text name)
{
	struct node *list = kid(n, CALL_ARGUMENTS);
	struct node **ordered = ARENA_ARRAY(c->arena, struct node *, params->count + 1);
	if (list->count != params->count || (list->count && list->kids[0]->kind != NODE_ARGUMENT)) {
		report_arguments(c, n, name,
			text_format(c->arena, "it takes %u, and %u are given", params->count,
				list->count)
				.data);
		return false;
	}
	for (uint32_t i = 0; i < list->count; i++) {
		struct node *a = list->kids[i];
		uint32_t at = i;
		if (a->name.size) {
			for (at = 0;
				at < params->count && !text_equal(params->kids[at]->name, a->name);
				at++)
				;
			if (at == params->count) {
				struct vec names = { 0 };
				for (uint32_t k = 0; k < params->count; k++)
					vec_push(c->arena, &names, &params->kids[k]->name);
				struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_FIELD,
					node_name_span(a), "no parameter of this name");
				diag_title(d, a->name);
				suggest(c, d, a, &names);
				return false;
			}
		}
		if (ordered[at]) {
			report_arguments(c, a, name, "a second value for one parameter");
			return false;
		}
		ordered[at] = a;
	}
	list->kids = ordered;
	return true;
}

static const struct type *call_function(struct checker *c, struct node *n, struct symbol *f)
{
	resolve(c, f);
	f->used = true;
	vec_push(c->arena, &f->uses, n);
	n->symbol = f;
	struct node *params =
		f->declaration->kids[0]; /* PARAMS is the first slot of FN, DECISION, HANDLER */
	if (!order_arguments(c, n, params, f->name))
		return error_type(c);
	struct node *list = kid(n, CALL_ARGUMENTS);
	for (uint32_t i = 0; i < list->count; i++) {
		struct node *p = params->kids[i];
		const char *what = text_format(
			c->arena, "`%.*s` is %.*s", TEXT_ARG(p->name), TEXT_ARG(p->type->name))
					   .data;
		bool here = p->source == n->source;
		list->kids[i]->type = check_as(
			c, kid(list->kids[i], ARGUMENT_VALUE), p->type, here ? p : NULL, what);
		use_all_columns(f->declaration->flags & NODE_EXTERN ? p->type : error_type(c));
	}
	means(c, n, f->kind == SYMBOL_DECISION ? MEANS_DECIDE : MEANS_CALL, 0);
	return f->type ? f->type : error_type(c);
}

static const struct type *construct(struct checker *c, struct node *n, const struct type *want)
{
	struct symbol *v;
	struct node *list = kid(n, CALL_ARGUMENTS);
	const struct type *t = check_variant(c, kid(n, CALL_CALLEE), want, &v);
	if (!v)
		return t;
	const struct enum_variant *variant =
		t->kind == TYPE_ENUM ? &t->enumeration->variants[v->index] : NULL;
	size_t count = variant ? variant->payload_count : 0;
	if (list->count != count || (count && list->kids[0]->kind != NODE_ARGUMENT))
		return report_arguments(
			c, n, v->name, text_format(c->arena, "it holds %zu values", count).data);
	for (uint32_t i = 0; i < list->count; i++)
		list->kids[i]->type = check_as(c, kid(list->kids[i], ARGUMENT_VALUE),
			variant->payload[i], NULL, "what the variant holds");
	n->symbol = v;
	means(c, n, MEANS_CONSTRUCT, v->index);
	return t;
}

/* ---- comprehensions ---- */

struct saved_scope {
	struct local *locals;
	bool may_skip;
};

static struct saved_scope enter_rounds(struct checker *c)
{
	struct saved_scope s = { c->scope->locals, c->scope->may_skip };
	c->scope->may_skip = true;
	c->scope->rounds++;
	return s;
}

static void leave_rounds(struct checker *c, struct saved_scope s)
{
	c->scope->locals = s.locals;
	c->scope->may_skip = s.may_skip;
	c->scope->rounds--;
}

/* The type of its yield, or NULL. */
static const struct type *check_comprehension(
	struct checker *c, struct node *n, const struct type *want, bool every)
{
	struct saved_scope s = enter_rounds(c);
	struct node *fors = kid(n, COMPREHENSION_FORS);
	for (uint32_t i = 0; i < fors->count; i++)
		check_for(c, fors->kids[i]);
	check_unread_rounds(c, n, every);
	if (kid(n, COMPREHENSION_CONDITION))
		check_as(c, kid(n, COMPREHENSION_CONDITION), type_simple(c, TYPE_BOOL), NULL,
			"a condition is a Bool");
	const struct type *t = NULL;
	if (kid(n, COMPREHENSION_YIELD)) {
		t = check_expr(c, kid(n, COMPREHENSION_YIELD), want);
		use_all_columns(t);
	}
	leave_rounds(c, s);
	n->type = t;
	return t;
}

const struct type *check_list_from(struct checker *c, struct node *n, const struct type *want)
{
	struct node *source = kid(n, LIST_FROM_SOURCE);
	const struct type *list = want && want->kind == TYPE_OPTION ? want->item : want;
	const struct type *item = check_comprehension(
		c, source, list && list->kind == TYPE_LIST ? list->item : NULL, false);
	struct node *fors = kid(source, COMPREHENSION_FORS);
	if (!item && fors->count) { /* without `yield`: the rows themselves */
		struct symbol *v = fors->kids[fors->count - 1]->symbol;
		item = v && v->type ? v->type : error_type(c);
		use_all_columns(item);
	}
	return item ? type_list(c, item) : error_type(c);
}

static bool needs_yield(enum builtin b)
{
	return b == BUILTIN_SUM || b == BUILTIN_MIN || b == BUILTIN_MAX;
}

static bool is_summable(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_FLOAT || t->kind == TYPE_DURATION ||
		t->kind == TYPE_SIZE;
}

/* The value of an aggregate over values of type `t`, in a group or out of it. */
static const struct type *aggregate_type(struct checker *c, struct node *n, enum builtin b,
	const struct type *t, struct node *value, bool grouped)
{
	if (t && t->kind == TYPE_ERROR)
		return t;
	if (t && t->kind == TYPE_OPTION && b != BUILTIN_COUNT) {
		report_missing(c, value, t, "an aggregate is over values that are there");
		return error_type(c);
	}
	switch (b) {
	case BUILTIN_COUNT:
		return type_simple(c, TYPE_INT);
	case BUILTIN_SUM:
		if (is_summable(t))
			return t;
		break;
	case BUILTIN_MIN:
	case BUILTIN_MAX:
		if (type_has_order(t) || t->kind == TYPE_FLOAT)
			return grouped ? t : type_option(c, t);
		break;
	case BUILTIN_FIRST:
		return grouped ? t : type_option(c, t);
	case BUILTIN_COLLECT:
		return type_list(c, t);
	default:
		return type_simple(c, TYPE_BOOL);
	}
	struct diag *d = diag_new(
		c->diags, DIAG_AGGREGATE_TYPE, node_span(value), "this is %.*s", TEXT_ARG(t->name));
	diag_title(d, n->symbol->name, t->name);
	return error_type(c);
}

static const struct type *aggregate_over(struct checker *c, struct node *n, enum builtin b)
{
	struct node *of = kid(n, CALL_ARGUMENTS)->kids[0];
	const struct type *t =
		check_comprehension(c, of, b == BUILTIN_ALL ? type_simple(c, TYPE_BOOL) : NULL,
			b == BUILTIN_ALL && !kid(of, COMPREHENSION_YIELD));
	struct node *fors = kid(of, COMPREHENSION_FORS);
	struct node *last = fors->kids[fors->count - 1], *yield = kid(of, COMPREHENSION_YIELD);
	means(c, n, MEANS_AGGREGATE, 0);
	if (b == BUILTIN_ALL && yield)
		fit(c, yield, t, type_simple(c, TYPE_BOOL), NULL,
			"`all` asks a Bool of each round");
	if (needs_yield(b) && !yield)
		return report_arguments(
			c, n, n->symbol->name, "say of what: `x in xs yield x.field`");
	if ((b == BUILTIN_FIRST || b == BUILTIN_COLLECT) && last->note &&
		last->note->meaning == MEANS_FOR_ROWS) {
		struct diag *d = diag_new(c->diags, DIAG_NO_ORDER, node_span(n),
			"rows of a collection have no order");
		diag_title(d, n->symbol->name);
		diag_help(d, "take `min(x in ... yield ...)`, or group: `first(e by k)`");
		return error_type(c);
	}
	if (!t && (b == BUILTIN_FIRST || b == BUILTIN_COLLECT)) {
		t = last->symbol ? last->symbol->type : error_type(c);
		use_all_columns(t);
	}
	return aggregate_type(c, n, b, t, yield ? yield : n, false);
}

/* Behind `skip` a group's rounds may all be gone: its least value is then missing. */
static bool has_skip(const struct node *e)
{
	bool found = e->kind == NODE_SKIP;
	for (uint32_t i = 0; i < e->count && !found; i++)
		found = e->kids[i] && has_skip(e->kids[i]);
	return found;
}

static const struct type *aggregate_group(struct checker *c, struct node *n, enum builtin b)
{
	struct node *list = kid(n, CALL_ARGUMENTS);
	struct node *argument = list->count ? list->kids[0] : NULL;
	struct local *locals = c->scope->locals;
	if (list->count > 1 || (!argument && b != BUILTIN_COUNT))
		return report_arguments(c, n, n->symbol->name,
			b == BUILTIN_COUNT ? "nothing, or `distinct e`"
					   : "one value of each round");
	means(c, n, MEANS_GROUP_AGGREGATE, 0);
	if (!argument)
		return type_simple(c, TYPE_INT);
	bool skip = c->scope->may_skip;
	c->scope->locals = c->scope->grouped;
	c->scope->behind_group = false;
	c->scope->may_skip = true;
	const struct type *t = check_expr(c, kid(argument, ARGUMENT_VALUE),
		b == BUILTIN_SOME || b == BUILTIN_NO_ROUND || b == BUILTIN_ALL
			? type_simple(c, TYPE_BOOL)
			: NULL);
	use_all_columns(t);
	if (b == BUILTIN_SOME || b == BUILTIN_NO_ROUND || b == BUILTIN_ALL)
		t = fit(c, kid(argument, ARGUMENT_VALUE), t, type_simple(c, TYPE_BOOL), NULL,
			"asked of each round");
	if (kid(argument, ARGUMENT_BY)) {
		const struct type *by = check_expr(c, kid(argument, ARGUMENT_BY), NULL);
		use_all_columns(by);
		if (by->kind != TYPE_ERROR && !type_has_order(by)) {
			struct diag *d = diag_new(c->diags, DIAG_AGGREGATE_TYPE,
				node_span(kid(argument, ARGUMENT_BY)), "this has no order");
			diag_title(d, TEXT("by"), by->name);
		}
	} else if ((b == BUILTIN_FIRST || b == BUILTIN_COLLECT) && t->kind != TYPE_ERROR) {
		t = report_arguments(c, n, n->symbol->name, "say in which order: `e by k`");
	}
	c->scope->behind_group = true;
	c->scope->locals = locals;
	c->scope->may_skip = skip;
	argument->type = t;
	return aggregate_type(c, n, b, t, kid(argument, ARGUMENT_VALUE), !has_skip(argument));
}

static const struct type *call_aggregate(struct checker *c, struct node *n, enum builtin b)
{
	struct node *list = kid(n, CALL_ARGUMENTS);
	if (list->count == 1 && list->kids[0]->kind == NODE_COMPREHENSION)
		return aggregate_over(c, n, b);
	if (c->scope->behind_group)
		return aggregate_group(c, n, b);
	struct diag *d = diag_new(c->diags, DIAG_AGGREGATE_OVER, node_span(n), "over what?");
	diag_title(d, n->symbol->name);
	struct node *over = only_argument(n);
	if (over && over->kind == NODE_NAME)
		diag_help(d, "`%.*s(x in %.*s)`", TEXT_ARG(n->symbol->name), TEXT_ARG(over->name));
	else
		diag_help(d, "`%.*s(x in xs ...)`, or behind a `group` clause",
			TEXT_ARG(n->symbol->name));
	return error_type(c);
}

/* ---- rejected(c), conflicts(c) ---- */

static struct symbol *new_table(
	struct checker *c, enum symbol_kind kind, struct symbol *of, size_t keys)
{
	struct symbol *s = ARENA_NEW(c->arena, struct symbol);
	s->kind = kind;
	s->name = of->name;
	s->module = of->module;
	s->declaration = of->declaration;
	s->of = of;
	s->key = ARENA_ARRAY(c->arena, size_t, keys);
	s->key_count = keys;
	vec_push(c->arena, &c->program->tables, s);
	return s;
}

struct symbol *table_rejected(struct checker *c, struct symbol *of)
{
	if (of->rejected)
		return of->rejected;
	struct record *row =
		record_new(c, text_format(c->arena, "rejected(%.*s)", TEXT_ARG(of->name)), NULL,
			of->key_count + 2);
	struct symbol *s = new_table(c, SYMBOL_REJECTED, of, of->key_count + 1);
	for (size_t i = 0; i < of->key_count; i++) {
		row->fields[i] = of->type->record->fields[of->key[i]];
		row->fields[i].used = true;
		s->key[i] = i;
	}
	row->fields[of->key_count] =
		(struct record_field){ TEXT("reason"), type_simple(c, TYPE_STRING), NULL, true };
	row->fields[of->key_count + 1] =
		(struct record_field){ TEXT("place"), type_simple(c, TYPE_STRING), NULL, true };
	s->key[of->key_count] = of->key_count + 1;
	s->type = type_record(c, row);
	of->rejected = s;
	return s;
}

struct symbol *table_conflicts(struct checker *c, struct symbol *of)
{
	if (of->conflicts)
		return of->conflicts;
	size_t count = of->type->record->count, at = of->key_count;
	struct symbol *s = new_table(c, SYMBOL_CONFLICTS, of, count);
	for (size_t i = 0; i < of->key_count; i++)
		s->key[i] = of->key[i];
	for (size_t i = 0; i < count; i++) {
		bool in_key = false;
		for (size_t k = 0; k < of->key_count; k++)
			in_key |= of->key[k] == i;
		if (!in_key)
			s->key[at++] = i;
	}
	s->type = of->type;
	of->conflicts = s;
	return s;
}

static const struct type *call_table_of(struct checker *c, struct node *n, enum builtin b)
{
	struct node *argument = only_argument(n);
	struct symbol *of =
		argument && argument->kind == NODE_NAME ? scope_find(c, argument->name) : NULL;
	if (argument && argument->kind == NODE_NAME && !of) {
		report_unknown_name(c, argument);
		return error_type(c);
	}
	bool fits = of &&
		(of->kind == SYMBOL_COLLECTION ||
			(b == BUILTIN_CONFLICTS && of->kind == SYMBOL_DERIVE));
	if (fits)
		resolve(c, of);
	if (!fits || of->single) {
		struct diag *d = diag_new(c->diags, DIAG_TABLE_OF,
			node_span(argument ? argument : n), "not a keyed collection");
		diag_title(d, n->symbol->name);
		return error_type(c);
	}
	if (!of->type || of->type->kind == TYPE_ERROR)
		return error_type(c);
	argument->symbol = of;
	of->used = true;
	struct symbol *table =
		b == BUILTIN_REJECTED ? table_rejected(c, of) : table_conflicts(c, of);
	read_table(c, n, table);
	argument->type = type_rows(c, of);
	means(c, argument, MEANS_ALL_ROWS, 0)->table = of;
	means(c, n, MEANS_TABLE_OF, 0)->table = table;
	return type_rows(c, table);
}

/* ---- the rest ---- */

static const struct type *call_env(struct checker *c, struct node *n, const struct type *want)
{
	struct node *name = only_argument(n);
	if (!name || name->kind != NODE_STRING)
		return report_arguments(
			c, n, n->symbol->name, "the name of a variable: env(\"NAME\")");
	if (c->scope->place != PLACE_CONSTANT) {
		struct diag *d = diag_new(
			c->diags, DIAG_ENV_HERE, node_span(n), "read at the program's start only");
		diag_title(d);
		diag_help(d, "make it a param: `param name: String = env(\"%.*s\")`",
			TEXT_ARG(name->literal.text));
		return error_type(c);
	}
	name->type = type_simple(c, TYPE_STRING);
	means(c, n, MEANS_BUILTIN, 0);
	return want ? want : type_simple(c, TYPE_STRING);
}

static const struct type *call_builtin(
	struct checker *c, struct node *n, const struct builtin_name *b, const struct type *want)
{
	struct node *list = kid(n, CALL_ARGUMENTS);
	struct symbol *s = symbol_new(c, SYMBOL_BUILTIN, text_of(b->name), NULL);
	s->builtin = b->builtin;
	n->symbol = s;
	if (b->builtin <= BUILTIN_ALL)
		return call_aggregate(c, n, b->builtin);
	if (b->builtin == BUILTIN_REJECTED || b->builtin == BUILTIN_CONFLICTS)
		return call_table_of(c, n, b->builtin);
	if (b->builtin == BUILTIN_ENV)
		return call_env(c, n, want);
	means(c, n, MEANS_BUILTIN, 0);
	if (b->builtin == BUILTIN_ADDR) {
		if (list->count != 2 || list->kids[0]->kind != NODE_ARGUMENT)
			return report_arguments(c, n, s->name, "an Ip and a Port");
		check_as(c, kid(list->kids[0], ARGUMENT_VALUE), type_simple(c, TYPE_IP), NULL,
			"addr(ip, port)");
		check_as(c, kid(list->kids[1], ARGUMENT_VALUE), type_simple(c, TYPE_PORT), NULL,
			"addr(ip, port)");
		return type_simple(c, TYPE_ADDR);
	}
	struct node *argument = only_argument(n);
	if (!argument)
		return report_arguments(c, n, s->name, "one value");
	if (b->builtin == BUILTIN_PASSED) {
		not_yet(c, kid(n, CALL_CALLEE), DIAG_NOT_YET_PASSED);
		check_as(c, argument, type_simple(c, TYPE_INSTANT), NULL, "passed(instant)");
		return type_simple(c, TYPE_BOOL);
	}
	check_as(c, argument, type_simple(c, TYPE_STRING), NULL, "a text is read");
	return type_option(c, type_simple(c, b->parses));
}

const struct type *check_call(struct checker *c, struct node *n, const struct type *want)
{
	struct node *callee = kid(n, CALL_CALLEE);
	if (callee->kind == NODE_TYPE_NAME)
		return construct(c, n, want);
	if (callee->kind != NODE_NAME) {
		struct diag *d =
			diag_new(c->diags, DIAG_NOT_CALLABLE, node_span(callee), "not a function");
		diag_title(d, span_text(node_span(callee)));
		return error_type(c);
	}
	struct symbol *f = scope_find(c, callee->name);
	const struct builtin_name *b = find_builtin(callee->name);
	bool callable = f &&
		(f->kind == SYMBOL_FN || f->kind == SYMBOL_DECISION || f->kind == SYMBOL_HANDLER);
	if (!callable && b)
		return call_builtin(c, n, b, want);
	if (!f) {
		report_unknown_name(c, callee);
		return error_type(c);
	}
	if (!callable || f->kind == SYMBOL_HANDLER) {
		struct diag *d =
			diag_new(c->diags, DIAG_NOT_CALLABLE, node_span(callee), "not a function");
		diag_title(d, f->name);
		if (f->kind == SYMBOL_HANDLER)
			diag_help(d, "a handler is run: `run %.*s(...)` ends a path",
				TEXT_ARG(f->name));
		if (symbol_is_table(f))
			diag_help(
				d, "look up by key with brackets: `%.*s[...]`", TEXT_ARG(f->name));
		return error_type(c);
	}
	callee->symbol = f;
	if (c->scope->place == PLACE_FN && f->kind == SYMBOL_DECISION) {
		read_table(c, n, f);
		return error_type(c);
	}
	return call_function(c, n, f);
}

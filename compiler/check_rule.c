/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_rule.c: rules (a listener for each row), and handlers: each path through one ends in
 * exactly one of forward, relay, deny, close and run. A rule's row is resolved on demand like any
 * table; the bodies wait until all declarations are known, so that a handler may read what its own
 * rule became.
 */
#include "checker.h"

/* ---- the rule's row ---- */

static size_t key_columns(
	struct checker *c, struct symbol *v, struct rule_key *to, const struct node *clause)
{
	const struct type *t = v->type;
	if (t->kind == TYPE_ERROR)
		return 0;
	if (v->of && v->of->key_count) {
		for (size_t i = 0; i < v->of->key_count; i++) {
			to[i] = (struct rule_key){ v, v->of->key[i] };
			use_column(t->record, v->of->key[i]);
		}
		return v->of->key_count;
	}
	if (t->kind == TYPE_RECORD && t->record->item_key != NO_FIELD) {
		*to = (struct rule_key){ v, t->record->item_key };
		use_column(t->record, t->record->item_key);
		return 1;
	}
	if (t->kind != TYPE_RECORD && type_may_be_key(t)) {
		*to = (struct rule_key){ v, NO_FIELD };
		return 1;
	}
	struct diag *d = diag_new(
		c->diags, DIAG_RULE_KEY, node_name_span(clause), "what tells these apart?");
	diag_title(d, v->name);
	diag_help(d, "derive a keyed collection of them, and let the rule range over that");
	return 0;
}

enum { RULE_KEYS_MAX = 64 };

static void rule_row(struct checker *c, struct symbol *s, struct rule_note *note)
{
	struct node *clauses = kid(s->declaration, RULE_CLAUSES);
	struct rule_key *keys = ARENA_ARRAY(c->arena, struct rule_key, RULE_KEYS_MAX);
	size_t count = 0;
	for (uint32_t i = 0; i < clauses->count; i++)
		if (clauses->kids[i]->kind == NODE_FOR && clauses->kids[i]->symbol &&
			count + 16 < RULE_KEYS_MAX)
			count += key_columns(
				c, clauses->kids[i]->symbol, keys + count, clauses->kids[i]);
	struct record *row = record_new(c, s->name, s->declaration, count + 1);
	s->key = ARENA_ARRAY(c->arena, size_t, count + 1);
	row->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct symbol *v = keys[i].variable;
		const struct record_field *f =
			keys[i].field == NO_FIELD ? NULL : &v->type->record->fields[keys[i].field];
		struct text name = f ? f->name : v->name;
		if (record_find(row, name) != NO_FIELD || text_is(name, "state"))
			name = text_format(
				c->arena, "%.*s_%.*s", TEXT_ARG(v->name), TEXT_ARG(name));
		row->fields[i] = (struct record_field){ name, f ? f->type : v->type,
			f ? f->declaration : v->declaration, true };
		row->count = i + 1;
		s->key[i] = i;
	}
	struct symbol *state = c->prelude ? module_find(c->prelude, TEXT("State")) : NULL;
	if (state)
		resolve(c, state);
	row->fields[count] = (struct record_field){ TEXT("state"),
		state ? state->type : error_type(c), NULL, true };
	row->count = count + 1;
	s->key_count = count;
	s->single = count == 0;
	s->type = type_record(c, row);
	note->key = keys;
	note->key_count = count;
}

static bool is_kind(struct checker *c, struct node *rule)
{
	struct node *kind = kid(rule, RULE_KIND);
	static const char *const later[] = { "upstream", "certificate", "redirect", "publish",
		"subscribe", "probe", "resolve", "metric", "file", "event", "sidecar", "node",
		"gateway" };
	if (text_is(kind->name, "listener"))
		return true;
	if (text_is(kind->name, "redirect")) {
		not_yet(c, kind, DIAG_NOT_YET_REDIRECT);
		return false;
	}
	for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
		if (text_is(kind->name, later[i])) {
			not_yet(c, kind, DIAG_NOT_YET_KIND);
			return false;
		}
	const struct node *decls = kid(c->module->file, FILE_DECLS);
	for (uint32_t i = 0; i < decls->count; i++)
		if ((decls->kids[i]->kind == NODE_EFFECT ||
			    decls->kids[i]->kind == NODE_COMPONENT) &&
			text_equal(decls->kids[i]->name, kind->name))
			return false; /* reported where it is declared */
	struct text names[] = { TEXT("listener"), TEXT("upstream"), TEXT("certificate"),
		TEXT("redirect"), TEXT("derive"), TEXT("collection"), TEXT("param"),
		TEXT("decision"), TEXT("handler"), TEXT("record"), TEXT("enum"), TEXT("fn") };
	struct vec list = { 0 };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		vec_push(c->arena, &list, &names[i]);
	struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_KIND, node_span(kind), "no kind of rule");
	diag_title(d, kind->name);
	suggest(c, d, kind, &list);
	return false;
}

static void check_start(struct checker *c, struct node *field, struct rule_note *note)
{
	struct node *value = kid(field, RULE_FIELD_VALUE);
	note->start_field = field;
	note->start_unsynced = value->kind == NODE_TYPE_NAME && text_is(value->name, "Unsynced");
	if (value->kind != NODE_TYPE_NAME ||
		(!note->start_unsynced && !text_is(value->name, "Synced"))) {
		struct diag *d = diag_new(
			c->diags, DIAG_RULE_FIELD_VALUE, node_span(value), "Synced or Unsynced");
		diag_title(d, field->name);
	}
}

static void check_rule_field(struct checker *c, struct node *field, struct rule_note *note)
{
	struct node *value = kid(field, RULE_FIELD_VALUE);
	struct text names[] = { TEXT("drain"), TEXT("start"), TEXT("tls"), TEXT("netns") };
	means(c, field, MEANS_RULE_FIELD, 0);
	if (text_is(field->name, "drain")) {
		note->drain_field = field;
		const struct type *t = check_as(c, value, type_simple(c, TYPE_DURATION), NULL,
			"drain: how long connections may go on, like 30s");
		if (t->kind == TYPE_DURATION && value->kind != NODE_DURATION) {
			struct diag *d = diag_new(c->diags, DIAG_RULE_FIELD_VALUE, node_span(value),
				"a duration written out, like 30s");
			diag_title(d, field->name);
		}
		note->drain = value->kind == NODE_DURATION ? value->literal.integer : 0;
	} else if (text_is(field->name, "start")) {
		check_start(c, field, note);
	} else if (text_is(field->name, "tls") || text_is(field->name, "client_auth") ||
		text_is(field->name, "alpn")) {
		not_yet(c, field, DIAG_NOT_YET_TLS);
	} else if (text_is(field->name, "netns")) {
		not_yet(c, field, DIAG_NOT_YET_NETNS);
	} else {
		struct vec list = { 0 };
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			vec_push(c->arena, &list, &names[i]);
		struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_FIELD, node_name_span(field),
			"a listener has no such field");
		diag_title(d, field->name);
		suggest(c, d, field, &list);
		diag_note(d, "the fields of a listener are: drain, start");
	}
}

static void check_rule_fields(struct checker *c, struct symbol *s, struct rule_note *note)
{
	struct node *items = kid(kid(s->declaration, RULE_BODY), BLOCK_ITEMS);
	for (uint32_t i = 0; i < items->count; i++) {
		if (items->kids[i]->kind != NODE_RULE_FIELD)
			continue;
		for (uint32_t k = 0; k < i; k++)
			if (items->kids[k]->kind == NODE_RULE_FIELD &&
				text_equal(items->kids[k]->name, items->kids[i]->name)) {
				struct diag *d = diag_new(c->diags, DIAG_DECLARED_TWICE,
					node_name_span(items->kids[i]), "a second time");
				diag_title(d, items->kids[i]->name);
			}
		check_rule_field(c, items->kids[i], note);
	}
}

struct rule_scope {
	struct local *locals;
};

void resolve_rule(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *clauses = kid(n, RULE_CLAUSES),
		    *address = kid(n, RULE_ADDRESS);
	if (!is_kind(c, n)) {
		s->type = error_type(c);
		return;
	}
	struct rule_note *note = ARENA_NEW(c->arena, struct rule_note);
	struct scope scope = scope_of(PLACE_RULE, s), *outer = c->scope;
	note->drain = INT64_C(30000000000);
	c->scope = &scope;
	scope.may_skip = true;
	for (uint32_t i = 0; i < clauses->count; i++) {
		struct node *clause = clauses->kids[i];
		if (clause->kind == NODE_FOR) {
			check_for(c, clause);
			vec_push(c->arena, &c->locals, clause->symbol);
		} else {
			check_as(c, kid(clause, WHERE_CONDITION), type_simple(c, TYPE_BOOL), NULL,
				"a condition is a Bool");
		}
	}
	check_scans(c, clauses, NULL);
	scope.may_skip = false;
	scope.may_wait = true;
	if (address) {
		check_as(c, address, type_simple(c, TYPE_ADDR), NULL,
			"a listener stands on an address");
	} else {
		struct diag *d =
			diag_new(c->diags, DIAG_NO_ADDRESS, node_name_span(n), "on which address?");
		diag_title(d, s->name);
		diag_help(d, "`listener %.*s on *:8080 { ... }`", TEXT_ARG(s->name));
	}
	check_rule_fields(c, s, note);
	rule_row(c, s, note);
	for (uint32_t i = 0; i < clauses->count; i++)
		if (clauses->kids[i]->kind == NODE_FOR &&
			clauses->kids[i]->type->kind == TYPE_ERROR)
			s->type = error_type(c);
	means(c, n, MEANS_RULE, 0)->rule = note;
	struct rule_scope *kept = ARENA_NEW(c->arena, struct rule_scope);
	kept->locals = scope.locals;
	s->plan = kept; /* until its body is checked */
	vec_push(c->arena, &c->later, s);
	c->scope = outer;
}

/* ---- statements ---- */

/* How a block leaves: `open` is what stands at the end of a path that does not end, NULL when all
 * do. */
struct path {
	struct node *open;
	const char *how;
};

static struct path check_block(struct checker *c, struct node *block);

static bool is_ending(const struct node *n)
{
	return n->kind == NODE_FORWARD || n->kind == NODE_RELAY || n->kind == NODE_DENY ||
		n->kind == NODE_CLOSE || n->kind == NODE_RUN;
}

static void check_judgement(struct checker *c, struct node *n, const char *what)
{
	const struct type *t = check_expr(c, n, type_simple(c, TYPE_BOOL));
	if (t->kind != TYPE_VERDICT)
		fit(c, n, t, type_simple(c, TYPE_BOOL), NULL, what);
}

static void check_let(struct checker *c, struct node *n)
{
	struct node *value = kid(n, LET_VALUE);
	bool dials = value->kind == NODE_ELSE && kid(value, ELSE_VALUE)->kind == NODE_DIAL;
	c->scope->may_dial = dials;
	const struct type *t = check_expr(c, value, NULL);
	c->scope->may_dial = false;
	if (dials)
		c->scope->awaits++;
	n->type = t;
	struct symbol *s = scope_local(c, SYMBOL_LET, n, t);
	s->of = row_table(value);
	s->index = c->scope->awaits;
	vec_push(c->arena, &c->locals, s);
}

static void check_stream(struct checker *c, struct node *n)
{
	const struct type *t = check_expr(c, n, NULL);
	if (t->kind != TYPE_STREAM && t->kind != TYPE_CONN)
		fit(c, n, t, type_simple(c, TYPE_STREAM), NULL,
			"`relay` joins `conn` and what was dialled");
}

static void check_with_options(struct checker *c, struct node *n)
{
	/* The same options as those of `dial`: check them as if written there. */
	struct node dial = { .kind = NODE_DIAL,
		.source = n->source,
		.first = n->first,
		.last = n->last,
		.count = n->count,
		.kids = n->kids };
	c->scope->may_dial = true;
	check_expr(c, &dial, NULL);
	c->scope->may_dial = false;
}

static struct path check_if(struct checker *c, struct node *n)
{
	struct node *otherwise = kid(n, IF_ELSE);
	check_judgement(c, kid(n, IF_CONDITION), "a condition is a Bool or a Verdict");
	struct path yes = check_block(c, kid(n, IF_THEN));
	if (!otherwise)
		return (struct path){ n,
			"when this does not hold, the path goes on and ends in nothing" };
	struct path no =
		otherwise->kind == NODE_IF ? check_if(c, otherwise) : check_block(c, otherwise);
	return yes.open ? yes : no;
}

static void check_block_arm(struct checker *c, struct node *arm, void *user)
{
	struct path *all = user, one = check_block(c, kid(arm, ARM_BODY));
	if (one.open)
		*all = one;
}

struct run {
	struct symbol *from, *to;
	struct node *call;
};

static void check_run(struct checker *c, struct node *n)
{
	struct node *call = kid(n, RUN_VALUE);
	struct node *callee = call->kind == NODE_CALL ? kid(call, CALL_CALLEE) : NULL;
	struct symbol *h = callee && callee->kind == NODE_NAME ? scope_find(c, callee->name) : NULL;
	if (callee && callee->kind == NODE_NAME && !h) {
		report_unknown_name(c, callee);
		return;
	}
	if (!h || h->kind != SYMBOL_HANDLER) {
		struct diag *d = diag_new(c->diags, DIAG_RUN, node_span(call), "not a handler");
		diag_title(d);
		return;
	}
	resolve(c, h);
	h->used = true;
	struct run *r = ARENA_NEW(c->arena, struct run);
	*r = (struct run){ c->scope->owner, h, call };
	vec_push(c->arena, &c->runs, r);
	call->symbol = callee->symbol = h;
	struct node *list = kid(call, CALL_ARGUMENTS),
		    *params = kid(h->declaration, HANDLER_PARAMS);
	if (list->count != params->count) {
		struct diag *d = diag_new(c->diags, DIAG_ARGUMENT_COUNT, node_span(call),
			"it takes %u, and %u are given", params->count, list->count);
		diag_title(d, h->name);
		return;
	}
	for (uint32_t i = 0; i < list->count; i++)
		check_as(c, kid(list->kids[i], ARGUMENT_VALUE), params->kids[i]->type, NULL,
			"the handler's parameter");
	means(c, call, MEANS_CALL, 0);
}

static struct path check_statement(struct checker *c, struct node *n)
{
	struct path through = { n, "goes on and ends in nothing" }, ended = { 0 };
	switch (n->kind) {
	case NODE_LET:
		check_let(c, n);
		return through;
	case NODE_REQUIRE:
		check_judgement(
			c, kid(n, REQUIRE_CONDITION), "`require` takes a Bool or a Verdict");
		return through;
	case NODE_LOG:
		check_as(c, kid(n, LOG_VALUE), type_simple(c, TYPE_STRING), NULL,
			"`log` writes a text");
		return through;
	case NODE_IF:
		return check_if(c, n);
	case NODE_MATCH:
		check_arms(c, n, check_block_arm, &ended);
		return ended;
	case NODE_FORWARD:
		check_with_options(c, n);
		return ended;
	case NODE_RELAY:
		check_stream(c, kid(n, RELAY_LEFT));
		check_stream(c, kid(n, RELAY_RIGHT));
		if (kid(n, RELAY_WHILE))
			check_judgement(
				c, kid(n, RELAY_WHILE), "`while` takes a Bool or a Verdict");
		return ended;
	case NODE_DENY:
		check_as(c, kid(n, DENY_REASON), type_simple(c, TYPE_STRING), NULL,
			"the reason is a text");
		return ended;
	case NODE_RUN:
		check_run(c, n);
		return ended;
	case NODE_CLOSE:
		return ended;
	default:
		return ended; /* an error of the parser's, or a rule's field */
	}
}

static void report_behind(struct checker *c, struct node *n, struct node *ending)
{
	struct diag *d = diag_new(c->diags, DIAG_BEHIND_ENDING, node_span(n), "never reached");
	diag_title(d);
	diag_span(d, node_span(ending),
		is_ending(ending) ? "the connection's path ends here"
				  : "every path has ended here");
}

static struct path check_block(struct checker *c, struct node *block)
{
	struct node *items = kid(block, BLOCK_ITEMS), *ending = NULL;
	struct local *locals = c->scope->locals;
	struct path path = { block, "is empty and ends in nothing" };
	for (uint32_t i = 0; i < items->count; i++) {
		struct node *n = items->kids[i];
		if (n->kind == NODE_RULE_FIELD) {
			if (block != kid(c->scope->owner->declaration, RULE_BODY)) {
				struct diag *d = diag_new(c->diags, DIAG_FIELD_HERE, node_span(n),
					"inside a handler's block");
				diag_title(d, n->name);
			}
			continue;
		}
		if (ending) {
			report_behind(c, n, ending);
			path.open = NULL;
			break;
		}
		path = check_statement(c, n);
		if (!path.open)
			ending = n;
	}
	c->scope->locals = locals;
	return path;
}

static void check_body(struct checker *c, struct node *body, struct text name)
{
	size_t errors = diags_errors(c->diags);
	struct path path = check_block(c, body);
	if (!path.open || diags_errors(c->diags) != errors)
		return;
	struct span at = node_span(path.open);
	if (path.open->kind == NODE_IF)
		at = node_span(kid(path.open, IF_CONDITION));
	struct diag *d = diag_new(c->diags, DIAG_OPEN_PATH, at, "%s", path.how);
	diag_title(d, name);
	diag_help(d, "end it with one of forward, relay, deny, close, run");
}

void check_rule_body(struct checker *c, struct symbol *s)
{
	struct node *body = kid(s->declaration, RULE_BODY);
	struct rule_scope *kept = s->plan;
	struct scope scope = scope_of(PLACE_HANDLER, s);
	s->plan = NULL;
	scope.locals = kept->locals;
	scope.may_end = true;
	c->scope = &scope;
	struct symbol *conn = symbol_new(c, SYMBOL_BUILTIN, TEXT("conn"), NULL);
	conn->builtin = BUILTIN_CONN;
	conn->type = type_simple(c, TYPE_CONN);
	struct local *l = ARENA_NEW(c->arena, struct local);
	*l = (struct local){ conn, scope.locals };
	scope.locals = l;
	check_body(c, body, s->name);
	c->scope = NULL;
}

void check_handler_body(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration;
	struct scope scope = scope_of(PLACE_HANDLER, s);
	scope.may_end = true;
	c->scope = &scope;
	resolve_params(c, kid(n, HANDLER_PARAMS));
	if (kid(n, HANDLER_BODY))
		check_body(c, kid(n, HANDLER_BODY), s->name);
	c->scope = NULL;
}

/* Whether `to` is reached from `from` by runs, within so many steps. */
static bool runs_into(
	const struct checker *c, const struct symbol *from, const struct symbol *to, size_t steps)
{
	for (size_t i = 0; steps && i < c->runs.count; i++) {
		const struct run *r = c->runs.items[i];
		if (r->from == from && (r->to == to || runs_into(c, r->to, to, steps - 1)))
			return true;
	}
	return false;
}

/* A handler that is run becomes a part of the one that runs it, so none may run itself. */
void check_run_loops(struct checker *c)
{
	for (size_t i = 0; i < c->runs.count; i++) {
		const struct run *r = c->runs.items[i];
		if (r->from != r->to &&
			!runs_into(c, r->to, r->from, c->runs.count < 8 ? c->runs.count : 8))
			continue;
		struct diag *d = diag_new(c->diags, DIAG_FN_LOOP, node_span(r->call),
			"runs the handler that it stands in");
		diag_title(d, r->from->name);
		return;
	}
}

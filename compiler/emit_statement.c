/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_statement.c: the statements of a handler, in the segment that is being printed: names that
 * are captured or columns of the rule's row, ways out, dials and relays, which end the segment.
 */
#include "diag.h"
#include "emit_handler.h"

/* ---- names of the handler ---- */

struct text handler_state(struct handler *h, const char *name)
{
	return c_upper(h->e, text_format(h->e->arena, "%s_%s", h->name.data, name));
}

static bool is_row_name(const struct handler *h, const struct node *n)
{
	return n->kind == NODE_NAME && n->symbol && n->symbol->kind == SYMBOL_FOR && h->rule &&
		emit_bound(h->e, n->symbol) == NULL;
}

struct operand handler_column(struct handler *h, size_t column)
{
	struct operand row = operand_row(h->e, h->rule->table->row, "row");
	return emit_field(h->e, row, column_field(h->rule->table->record, column));
}

/* In the segments: captured values, and columns of the rule's row. */
bool handler_expression(void *user, struct emitter *e, const struct node *n, struct operand *r)
{
	struct handler *h = user;
	const struct node *value = n->kind == NODE_FIELD ? kid(n, FIELD_VALUE) : NULL;
	bool is_column = value && value->kind == NODE_NAME && value->symbol && n->note &&
		n->note->meaning == MEANS_COLUMN;
	const struct symbol *s = is_column ? value->symbol
		: n->kind == NODE_NAME     ? n->symbol
					   : NULL;
	if (s && s->kind == SYMBOL_ARGUMENT && s->type->kind == TYPE_CONN && !is_column) {
		*r = operand_value(n->type, TEXT("conn"));
		return true;
	}
	if (s && emit_bound(e, s) == NULL) {
		const struct capture *c =
			handler_capture(h, s, is_column ? n->note->index : NO_FIELD);
		if (c && (h->segment || h->in_judge) && (s->kind != SYMBOL_FOR || !h->in_judge)) {
			struct text member = text_format(e->arena, "self->%s", c->member.data);
			*r = type_is_struct(c->type) ? operand_stored(c->type, member)
						     : operand_expression(c->type, member);
			return true;
		}
	}
	size_t column = SIZE_MAX;
	if (value && is_row_name(h, value))
		column = n->note->meaning == MEANS_ID
			? plan_rule_column(h->rule, value->symbol, PLAN_ID)
			: plan_rule_column(h->rule, value->symbol, n->note->index);
	else if (is_row_name(h, n))
		column = plan_rule_column(h->rule, n->symbol, NO_FIELD);
	if (column == SIZE_MAX)
		return false;
	h->has_row = true;
	*r = handler_column(h, column);
	return true;
}

/* ---- leaving ---- */

static struct text reason_text(struct emitter *e, const struct node *n)
{
	if (n->kind == NODE_CLOSE || kid(n, DENY_REASON) == NULL)
		return TEXT("WEFT_TEXT(\"closed\")");
	struct operand o = emit_operand_value(e, kid(n, DENY_REASON));
	return o.c;
}

void handler_leave(struct emitter *e, const struct node *n)
{
	struct handler *h = e->handler;
	place(e, n);
	if (!h->in_judge) {
		if (n->kind == NODE_CLOSE)
			line(e, "weft_conn_close(conn);");
		else
			line(e, "weft_conn_deny(conn, %s);", reason_text(e, n).data);
		line(e, "return;");
		return;
	}
	const struct node *reason = n->kind == NODE_DENY ? kid(n, DENY_REASON) : NULL;
	if (reason == NULL || reason->kind == NODE_STRING)
		line(e, "return %s;",
			reason ? c_string(e->arena, reason->literal.text).data : "\"closed\"");
	else if (reason->kind == NODE_TEMPLATE)
		line(e, "return %s.data;", reason_text(e, n).data);
	else
		line(e, "return weft_join(w, &%s, 1).data;",
			emit_let(e, "reason", emit_operand(e, reason)).c.data);
}

/* Without memory a value may be wrong, so nothing is decided by it. */
void handler_check_memory(struct handler *h)
{
	struct emitter *e = h->e;
	if (!strstr(buffer_text(&e->out->text).data ? buffer_text(&e->out->text).data : "", "(w, "))
		return;
	if (h->in_judge) {
		line(e, "if (w->status != WEFT_OK)");
		line_under(e, "return \"out of memory\";");
		return;
	}
	line(e, "if (w->status != WEFT_OK) {");
	line(e, "weft_conn_deny(conn, WEFT_TEXT(\"out of memory\"));");
	line(e, "return;");
	line(e, "}");
}

/* ---- statements ---- */

void handler_keep(struct handler *h, const struct symbol *s)
{
	struct emitter *e = h->e;
	for (size_t i = 0; i < h->captures.count; i++) {
		const struct capture *c = h->captures.items[i];
		if (c->symbol != s)
			continue;
		struct operand value;
		if (s->kind == SYMBOL_FOR) {
			value = handler_column(h, plan_rule_column(h->rule, s, c->field));
		} else {
			value = *emit_bound(e, s);
			if (c->field != NO_FIELD)
				value = emit_field(e, value, c->field);
		}
		struct operand v = emit_value(e, value);
		if (type_is_text(c->type))
			line(e, "self->%s = weft_conn_keep(conn, %s);", c->member.data, v.c.data);
		else if (type_is_struct(c->type))
			line(e, v.c.data[0] == '&' ? "self->%s = %s;" : "self->%s = *%s;",
				c->member.data, v.c.data[0] == '&' ? v.c.data + 1 : v.c.data);
		else
			line(e, "self->%s = %s;", c->member.data, v.c.data);
	}
}

void handler_let(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	struct text name = c_lower(e, n->symbol->name);
	if (n->type && n->type->kind == TYPE_ROWS)
		return;
	const struct node *value = kid(n, LET_VALUE);
	if (value->type && value->type->kind == TYPE_ROWS)
		return;
	place(e, n);
	e->hint = name.data;
	struct operand o = emit_operand(e, value);
	e->hint = NULL;
	if (!operand_is_simple(o) || o.is_constant || strncmp(o.c.data, "conn", 4) == 0)
		o = emit_let(e, name.data, o);
	bool tested = value->kind == NODE_ELSE &&
		(kid(value, ELSE_FALLBACK)->kind == NODE_DENY ||
			kid(value, ELSE_FALLBACK)->kind == NODE_CLOSE);
	if (!node_reads(h->body, n->symbol) && !tested)
		line(e, "(void)%s;", o.c.data);
	emit_bind(e, n->symbol, o);
	if (!h->in_judge)
		handler_keep(h, n->symbol);
}

static void require(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	const struct node *condition = kid(n, REQUIRE_CONDITION);
	place(e, n);
	if (condition->type->kind != TYPE_VERDICT) {
		struct text c = emit_condition(e, condition, true);
		line(e, "if (%s) {", text_copy(e->arena, c_no_parens(c)).data);
		struct text words = text_format(
			e->arena, "required: %.*s", TEXT_ARG(span_text(node_span(condition))));
		line(e, "weft_conn_deny(conn, WEFT_TEXT(%s));", c_string(e->arena, words).data);
	} else {
		struct operand verdict = emit_let(e, "verdict", emit_operand(e, condition));
		struct text name =
			condition->kind == NODE_CALL ? condition->symbol->name : TEXT("require");
		line(e, "if (!%s.allowed) {", verdict.c.data);
		line(e,
			"const struct weft_text reason[] = { WEFT_TEXT(\"%.*s.\"), "
			"weft_text_from(%s.clause) };",
			TEXT_ARG(name), verdict.c.data);
		line(e, "weft_conn_deny(conn, weft_join(w, reason, 2));");
		e->uses_scope = true;
	}
	line(e, "return;");
	line(e, "}");
}

/* "&options" after its declaration, or "NULL". */
static struct text dial_options(struct handler *h, const struct node *with)
{
	struct emitter *e = h->e;
	if (with == NULL)
		return TEXT("NULL");
	const struct node *fields = kid(with, RECORD_FIELDS);
	struct text timeout = TEXT("0"), mark = TEXT("0"), source = TEXT("{ { { 0 } }, 0 }");
	bool has_source = false;
	for (uint32_t i = 0; i < fields->count; i++) {
		const struct node *f = fields->kids[i];
		struct operand o = emit_operand_value(e, kid(f, FIELD_INIT_VALUE));
		if (text_is(f->name, "timeout"))
			timeout = o.c;
		else if (text_is(f->name, "mark"))
			mark = text_format(e->arena, "(uint32_t)%s", o.c.data);
		else if (text_is(f->name, "source"))
			source = o.c, has_source = true;
	}
	struct text name = c_local(e, "options");
	line(e, "const struct weft_dial_options %s = { %s, %s, %s, %s };", name.data, timeout.data,
		mark.data, has_source ? "true" : "false", source.data);
	return text_format(e->arena, "&%s", name.data);
}

static void await_dial(struct handler *h, const struct node *address, const struct node *with,
	struct continuation *c)
{
	struct emitter *e = h->e;
	struct operand to = emit_operand_value(e, address);
	struct text options = dial_options(h, with);
	handler_check_memory(h);
	line(e, "conn->state = %s;", handler_state(h, c->name.data).data);
	line(e, "weft_conn_dial(conn, %s, %s);", to.c.data, options.data);
	vec_push(e->arena, &h->continuations, c);
}

static struct text continuation_name(struct handler *h, struct text wanted)
{
	struct text name = wanted;
	for (unsigned i = 2;; i++) {
		bool taken = false;
		for (size_t j = 0; j < h->continuations.count; j++)
			taken = taken ||
				text_equal(((struct continuation *)h->continuations.items[j])->name,
					name);
		if (!taken)
			return name;
		name = text_format(h->e->arena, "%s_%u", wanted.data, i);
	}
}

/* Every path through it ends the handler. */
static bool ends(const struct node *b)
{
	const struct node *items = b->kind == NODE_BLOCK ? kid(b, BLOCK_ITEMS) : b;
	const struct node *last = items->count ? items->kids[items->count - 1] : NULL;
	if (last == NULL)
		return false;
	if (last->kind == NODE_IF)
		return ends(kid(last, IF_THEN)) && kid(last, IF_ELSE) &&
			(kid(last, IF_ELSE)->kind == NODE_IF || ends(kid(last, IF_ELSE)));
	return last->kind == NODE_MATCH || last->kind == NODE_FORWARD || last->kind == NODE_RELAY ||
		last->kind == NODE_DENY || last->kind == NODE_CLOSE || last->kind == NODE_RUN;
}

static void dial(
	struct handler *h, const struct node *statement, const struct node *b, uint32_t next)
{
	const struct node *d = dial_of(statement);
	if (!ends(b))
		emit_unsupported(h->e, statement,
			"a `dial` in a branch that does not end the handler",
			"the path goes on behind this branch",
			"end the branch with `relay`, or move the `dial` behind it");
	struct continuation *c = ARENA_NEW(h->e->arena, struct continuation);
	*c = (struct continuation){
		.segment = ++h->segments, .let = statement, .block = b, .next = next
	};
	c->name = continuation_name(
		h, text_format(h->e->arena, "%s_dialled", c_lower(h->e, statement->name).data));
	place(h->e, statement);
	await_dial(h, kid(d, DIAL_ADDRESS), kid(d, DIAL_WITH), c);
}

static void forward(struct handler *h, const struct node *n)
{
	struct continuation *c = ARENA_NEW(h->e->arena, struct continuation);
	*c = (struct continuation){ .segment = UINT32_MAX, .block = n };
	c->name = continuation_name(h, TEXT("dialled"));
	place(h->e, n);
	await_dial(h, kid(n, FORWARD_ADDRESS), kid(n, FORWARD_WITH), c);
}

static struct text stream(struct handler *h, const struct node *n)
{
	struct operand o = emit_operand_value(h->e, n);
	return o.type->kind == TYPE_CONN ? TEXT("conn->downstream") : o.c;
}

static void relay(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	struct text judge = TEXT("NULL");
	if (kid(n, RELAY_WHILE)) {
		emit_judge(h, n);
		judge = h->judge;
	}
	place(e, n);
	struct text left = stream(h, kid(n, RELAY_LEFT)), right = stream(h, kid(n, RELAY_RIGHT));
	handler_check_memory(h);
	line(e, "conn->state = %s;", handler_state(h, "relayed").data);
	line(e, "weft_conn_relay(conn, %s, %s, %s);", left.data, right.data, judge.data);
}

/* False: the last statement has printed its `return`. */
static bool run(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	const struct node *call = kid(n, RUN_VALUE), *arguments = kid(call, CALL_ARGUMENTS);
	const struct symbol *handler = call->symbol;
	const struct node *fields = kid(handler->declaration, HANDLER_PARAMS);
	bool is_extern = handler->declaration->flags & NODE_EXTERN;
	struct buffer list = { e->arena, NULL, 0, 0 };
	place(e, n);
	for (uint32_t i = 0; i < arguments->count; i++) {
		struct operand o = emit_operand(e, kid(arguments->kids[i], ARGUMENT_VALUE));
		if (o.type->kind != TYPE_CONN)
			o = emit_let(e, c_lower(e, fields->kids[i]->name).data, o);
		emit_bind(e, fields->kids[i]->symbol, o);
		if (o.type->kind != TYPE_CONN)
			handler_keep(h, fields->kids[i]->symbol);
		if (o.type->kind != TYPE_CONN)
			buffer_format(&list, ", %s", emit_value(e, o).c.data);
	}
	if (!is_extern) {
		handler_block(h, kid(handler->declaration, HANDLER_BODY), 0);
		return false;
	}
	e->uses_program = true;
	line(e, "const struct weft_addr remote = conn->remote, original_dst = conn->original_dst;");
	line(e, "struct %s *instance = (struct %s *)conn->program;", e->name.data, e->name.data);
	handler_check_memory(h);
	line(e, "%s(instance, weft_conn_take(conn), remote, original_dst%s);",
		emit_extern_handler(e, handler).data, list.size ? buffer_text(&list).data : "");
	return true;
}

/* The prototype of C that takes the stream, in the public header. */
struct text emit_extern_handler(struct emitter *e, const struct symbol *handler)
{
	struct emit_name *n = name_find(e, handler, NAME_FUNCTION);
	if (n)
		return n->c;
	n = name_add(e, handler, NAME_FUNCTION, c_name(e, handler->name));
	emit_extern(e, n->c);
	struct emit_section *outer = e->out;
	e->out = &e->header;
	struct buffer list = { e->arena, NULL, 0, 0 };
	const struct node *fields = kid(handler->declaration, HANDLER_PARAMS);
	for (uint32_t i = 0; fields && i < fields->count; i++) {
		const struct type *t = fields->kids[i]->symbol->type;
		if (t->kind != TYPE_CONN)
			buffer_format(&list, ", %s %s", c_expression(e, t).data,
				c_name(e, fields->kids[i]->name).data);
	}
	blank_line(e);
	doc_comment(e, handler->declaration);
	line(e,
		"/* yours: the stream is the function's own; called from the connection's thread "
		"*/");
	line(e,
		"void %s(struct %s *program, struct weft_stream *stream, struct weft_addr remote, "
		"struct weft_addr original_dst%s);",
		n->c.data, e->name.data, list.size ? buffer_text(&list).data : "");
	e->out = outer;
	return n->c;
}

static void choose(struct handler *h, const struct node *n);

static void match(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	place(e, n);
	struct operand subject = emit_operand(e, kid(n, MATCH_SUBJECT));
	if (subject.repr != REPR_PLACE)
		subject = emit_simple(e, "subject", subject);
	const struct node *arms = kid(n, MATCH_ARMS);
	for (uint32_t i = 0; i < arms->count; i++) {
		size_t bound = e->binding_count;
		struct text test = emit_pattern(e, kid(arms->kids[i], ARM_PATTERN), subject);
		bool last = i + 1 == arms->count || test.size == 0;
		line(e,
			last && i      ? "} else {"
				: last ? "{"
				: i    ? "} else if (%s) {"
				       : "if (%s) {",
			test.data);
		const struct node *pattern = kid(arms->kids[i], ARM_PATTERN);
		const struct node *names =
			pattern->kind == NODE_PATTERN ? kid(pattern, PATTERN_BINDINGS) : NULL;
		for (uint32_t j = 0; names && j < names->count; j++) {
			if (names->kids[j]->symbol)
				handler_keep(h, names->kids[j]->symbol);
		}
		handler_block(h, kid(arms->kids[i], ARM_BODY), 0);
		e->binding_count = bound;
		if (last)
			break;
	}
	line(e, "}");
}

/* Returns true when the path ends here and `return` is still to be printed. */
static bool statement(struct handler *h, const struct node *n, const struct node *b, uint32_t next)
{
	struct emitter *e = h->e;
	if (dial_of(n)) {
		dial(h, n, b, next);
		return true;
	}
	switch (n->kind) {
	case NODE_LET:
		handler_let(h, n);
		return false;
	case NODE_REQUIRE:
		require(h, n);
		return false;
	case NODE_IF:
		choose(h, n);
		return false;
	case NODE_MATCH:
		match(h, n);
		return false;
	case NODE_LOG:
		place(e, n);
		line(e, "weft_conn_log(conn, %s);",
			emit_shown(e, emit_operand(e, kid(n, LOG_VALUE))).data);
		return false;
	case NODE_DENY:
	case NODE_CLOSE:
		place(e, n);
		if (n->kind == NODE_CLOSE)
			line(e, "weft_conn_close(conn);");
		else
			line(e, "weft_conn_deny(conn, %s);", reason_text(e, n).data);
		return true;
	case NODE_FORWARD:
		forward(h, n);
		return true;
	case NODE_RELAY:
		relay(h, n);
		return true;
	case NODE_RUN:
		return run(h, n);
	default:
		return false;
	}
}

/* `else if` stays one line as long as its condition needs no statements. */
static bool choose_else_if(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	struct emit_detached d;
	emit_detached_begin(e, &d, 1);
	struct text c = emit_condition(e, kid(n, IF_CONDITION), false);
	if (emit_detached_end(e, &d))
		return false;
	line(e, "} else if (%s) {", text_copy(e->arena, c_no_parens(c)).data);
	handler_block(h, kid(n, IF_THEN), 0);
	return true;
}

static void choose(struct handler *h, const struct node *n)
{
	struct emitter *e = h->e;
	place(e, n);
	struct text c = emit_condition(e, kid(n, IF_CONDITION), false);
	line(e, "if (%s) {", text_copy(e->arena, c_no_parens(c)).data);
	handler_block(h, kid(n, IF_THEN), 0);
	const struct node *other = kid(n, IF_ELSE);
	while (other && other->kind == NODE_IF && choose_else_if(h, other))
		other = kid(other, IF_ELSE);
	if (other) {
		line(e, "} else {");
		if (other->kind == NODE_IF)
			choose(h, other);
		else
			handler_block(h, other, 0);
	}
	line(e, "}");
}

void handler_block(struct handler *h, const struct node *b, uint32_t from)
{
	const struct node *items = b->kind == NODE_BLOCK ? kid(b, BLOCK_ITEMS) : b;
	size_t bound = h->e->binding_count;
	unsigned segment = h->segment;
	for (uint32_t i = from; i < items->count; i++) {
		if (items->kids[i]->kind == NODE_RULE_FIELD)
			continue;
		if (statement(h, items->kids[i], b, i + 1)) {
			if (h->e->out->indent > 1)
				line(h->e, "return;");
			break;
		}
	}
	h->segment = segment;
	h->e->binding_count = bound;
}

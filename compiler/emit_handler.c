/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_handler.c: a handler as a state machine over struct weft_conn: one C function from each
 * await point to the next, and a `step` that chooses by the state. A judge, for `relay ... while`,
 * looks up again what its condition reads.
 */
#include "diag.h"
#include "emit_handler.h"

/* ---- functions ---- */

static void handler_function(
	struct handler *h, const struct emit_body *body, const char *result, const char *suffix)
{
	struct emitter *e = h->e;
	const char *text = body->section.text.data ? body->section.text.data : "";
	blank_line(e);
	line(e, "static %s%s_%s(struct weft_conn *conn)", result, h->name.data, suffix);
	line(e, "{");
	if (strstr(text, "self->"))
		line(e, "struct %s *self = (struct %s *)conn;", h->name.data, h->name.data);
	if (strstr(text, "p->"))
		line(e, "const struct %s *p = (const struct %s *)conn->program;", e->name.data,
			e->name.data);
	if (strstr(text, "w->") || strstr(text, "(w, ") || strstr(text, "(w)")) {
		line(e, "struct weft_scope scope, *w = &scope;");
		line(e, "weft_scope_of_conn(w, conn);");
	}
	if (strstr(text, "row->")) {
		struct text row = c_stored(e, h->rule->table->row);
		line(e, "const %s *row = %s_row(conn);", row.data, h->name.data);
		if (*result == 'v') {
			line(e, "if (row == NULL) {");
			line(e, "weft_conn_close(conn); /* the listener goes */");
			line(e, "return;");
			line(e, "}");
		} else {
			line(e, "if (row == NULL)");
			line_under(e, "return NULL; /* the listener goes: its drain decides */");
		}
	}
	if (!strstr(text, "conn") && !strstr(text, "self->") && !strstr(text, "w->") &&
		!strstr(text, "row->"))
		line(e, "(void)conn;");
	emit_body_print(e, body);
	line(e, "}");
}

/* The row of this instance in the rule's table. */
static void row_function(struct handler *h)
{
	struct emitter *e = h->e;
	struct plan_table *t = h->rule->table;
	struct text row = c_stored(e, t->row), table = c_table(e, t);
	struct emit_body body;
	emit_body_begin(e, &body);
	line(e, "struct weft_view_cursor at;");
	line(e,
		"const %s *found = (const %s *)weft_conn_first(conn, &at, %s, WEFT_PRIMARY, "
		"conn->instance_hash);",
		row.data, row.data, table.data);
	if (t->key_count) {
		struct buffer same = { e->arena, NULL, 0, 0 };
		line(e, "const %s *key = (const %s *)conn->instance_key;", row.data, row.data);
		for (size_t i = 0; i < t->key_count; i++) {
			size_t field = column_field(t->record, t->key[i]);
			struct operand a = emit_field(e, operand_row(e, t->row, "found"), field),
				       b = emit_field(e, operand_row(e, t->row, "key"), field);
			buffer_format(&same, i ? " && %s" : "%s", emit_equal(e, a, b).data);
		}
		struct text all = buffer_text(&same);
		line(e, "while (found != NULL && !%s)",
			t->key_count > 1 ? text_format(e->arena, "(%s)", all.data).data : all.data);
		line_under(e, "found = (const %s *)weft_view_next(&at);", row.data);
	}
	line(e, "return found;");
	emit_body_end(e, &body);
	blank_line(e);
	line(e, "static const %s *%s_row(struct weft_conn *conn)", row.data, h->name.data);
	line(e, "{");
	if (body.uses_scope) {
		line(e, "struct weft_scope scope, *w = &scope;");
		line(e, "weft_scope_of_conn(w, conn);");
	}
	emit_body_print(e, &body);
	line(e, "}");
}

/* ---- judges ---- */

void emit_judge(struct handler *h, const struct node *relay_node)
{
	struct emitter *e = h->e;
	const struct node *condition = kid(relay_node, RELAY_WHILE);
	struct text suffix =
		h->judges++ ? text_format(e->arena, "judge_%u", h->judges) : TEXT("judge");
	struct vec lets = { NULL, 0, 0 };
	handler_lets(h, condition, &lets);
	h->in_judge = true;
	struct emit_body body;
	emit_body_begin(e, &body);
	size_t hidden = e->binding_count; /* the lets of the segments are looked up again under the
					     same names */
	e->binding_count = 0;
	for (size_t i = 0; i < lets.count; i++) {
		if (!dial_of(lets.items[i]))
			handler_let(h, lets.items[i]);
	}
	place(e, condition);
	if (condition->type->kind == TYPE_VERDICT) {
		struct operand verdict = emit_let(e, "verdict", emit_operand(e, condition));
		struct text name =
			condition->kind == NODE_CALL ? condition->symbol->name : TEXT("while");
		handler_check_memory(h);
		line(e, "if (%s.allowed)", verdict.c.data);
		line_under(e, "return NULL;");
		line(e,
			"const struct weft_text reason[] = { WEFT_TEXT(\"%.*s.\"), "
			"weft_text_from(%s.clause) };",
			TEXT_ARG(name), verdict.c.data);
		line(e, "return weft_join(w, reason, 2).data;");
	} else {
		struct text c = emit_condition(e, condition, false);
		handler_check_memory(h);
		struct text words = text_format(
			e->arena, "no longer: %.*s", TEXT_ARG(span_text(node_span(condition))));
		line(e, "return %s ? NULL : %s;", c.data, c_string(e->arena, words).data);
	}
	e->binding_count = hidden;
	emit_body_end(e, &body);
	h->in_judge = false;
	struct emit_section *outer = e->out;
	e->out = &e->code;
	handler_function(h, &body, "const char *", suffix.data);
	e->out = outer;
	h->judge = text_format(e->arena, "%s_%s", h->name.data, suffix.data);
}

/* ---- the whole handler ---- */

static void continued(struct handler *h, const struct continuation *c)
{
	struct emitter *e = h->e;
	if (c->let == NULL) {
		line(e, "if (conn->result != WEFT_OK) {");
		line(e, "weft_conn_close(conn);");
		line(e, "return;");
		line(e, "}");
		line(e, "conn->state = %s;", handler_state(h, "relayed").data);
		line(e, "weft_conn_relay(conn, conn->downstream, conn->dialled, NULL);");
		return;
	}
	const struct node *value = kid(c->let, LET_VALUE);
	place(e, c->let);
	line(e, "if (conn->result != WEFT_OK) {");
	if (value->kind == NODE_ELSE) {
		handler_leave(e, kid(value, ELSE_FALLBACK));
	} else {
		line(e, "weft_conn_close(conn);");
		line(e, "return;");
	}
	line(e, "}");
	if (node_reads(c->block, c->let->symbol)) {
		struct text name = c_local(e, "%s", c_name(e, c->let->name).data);
		line(e, "struct weft_stream *%s = conn->dialled;", name.data);
		emit_bind(e, c->let->symbol, operand_value(c->let->symbol->type, name));
		handler_keep(h, c->let->symbol);
	}
	handler_block(h, c->block, c->next);
}

static void start(struct handler *h)
{
	struct emit_body body;
	emit_body_begin(h->e, &body);
	h->segment = 0;
	const struct node *d = h->symbol->declaration;
	for (uint32_t i = 0; h->rule && i < kid(d, RULE_CLAUSES)->count; i++) {
		if (kid(d, RULE_CLAUSES)->kids[i]->kind == NODE_FOR)
			handler_keep(h, kid(d, RULE_CLAUSES)->kids[i]->symbol);
	}
	handler_block(h, h->body, 0);
	emit_body_end(h->e, &body);
	handler_function(h, &body, "void ", "start");
}

static void step(struct handler *h)
{
	struct emitter *e = h->e;
	blank_line(e);
	line(e, "static void %s_step(struct weft_conn *conn)", h->name.data);
	line(e, "{");
	line(e, "switch (conn->state) {");
	line(e, "case %s:", handler_state(h, "start").data);
	line(e, "%s_start(conn);", h->name.data);
	line(e, "return;");
	for (size_t i = 0; i < h->continuations.count; i++) {
		const struct continuation *c = h->continuations.items[i];
		line(e, "case %s:", handler_state(h, c->name.data).data);
		line(e, "%s_%s(conn);", h->name.data, c->name.data);
		line(e, "return;");
	}
	line(e, "default:");
	line(e, "weft_conn_close(conn);");
	line(e, "return;");
	line(e, "}");
	line(e, "}");
}

static void conn_struct(struct handler *h)
{
	struct emitter *e = h->e;
	for (size_t i = 0; i < h->captures.count; i++)
		c_expression(e, ((struct capture *)h->captures.items[i])->type);
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "enum {");
	line(e, "%s,", handler_state(h, "start").data);
	for (size_t i = 0; i < h->continuations.count; i++)
		line(e, "%s,",
			handler_state(
				h, ((struct continuation *)h->continuations.items[i])->name.data)
				.data);
	if (h->has_relay)
		line(e, "%s,", handler_state(h, "relayed").data);
	line(e, "};");
	if (h->captures.count) {
		blank_line(e);
		line(e, "/* A connection of `%.*s`: what outlives an await. */",
			TEXT_ARG(h->symbol->name));
		line(e, "struct %s {", h->name.data);
		line(e, "struct weft_conn conn;");
		for (size_t i = 0; i < h->captures.count; i++) {
			const struct capture *c = h->captures.items[i];
			struct text type = type_is_struct(c->type) ? c_stored(e, c->type)
								   : c_expression(e, c->type);
			line(e, "%s%s%s;", type.data, type.data[type.size - 1] == '*' ? "" : " ",
				c->member.data);
		}
		line(e, "};");
	}
	e->out = outer;
}

static void emit_handler(struct emitter *e, const struct symbol *s, struct plan_rule *rule)
{
	struct handler h = {
		.e = e, .symbol = s, .body = kid(s->declaration, RULE_BODY), .rule = rule
	};
	h.name = name_add(e, s, NAME_FUNCTION, c_global(e, s->module, s->name))->c;
	handler_analyse(&h);
	e->mode = EMIT_HANDLER;
	e->handler = &h;
	e->hooks = (struct emit_hooks){ handler_expression, &h };
	e->exits = (struct emit_exits){ .leave = handler_leave };
	e->out = &e->code;
	if (rule->columns.count > rule->table->key_count || rule->table->key_count)
		row_function(&h);
	start(&h);
	for (size_t i = 0; i < h.continuations.count; i++) {
		const struct continuation *c = h.continuations.items[i];
		struct emit_body body;
		emit_body_begin(e, &body);
		h.segment = c->segment;
		continued(&h, c);
		emit_body_end(e, &body);
		handler_function(&h, &body, "void ", c->name.data);
	}
	step(&h);
	conn_struct(&h);
	blank_line(e);
	line(e, "static const struct weft_handler_info %s_handler = {", h.name.data);
	line(e, "%s, sizeof(struct %s), %s_step, %s,", c_string(e->arena, s->name).data,
		h.captures.count ? h.name.data : "weft_conn", h.name.data,
		c_table(e, rule->table).data);
	line(e, "};");
	e->hooks = (struct emit_hooks){ NULL, NULL };
	e->exits = (struct emit_exits){ NULL, NULL, NULL };
	e->handler = NULL;
	e->mode = EMIT_PURE;
}

void emit_handlers(struct emitter *e)
{
	for (size_t i = 0; i < e->plan->rules.count; i++) {
		struct plan_rule *rule = e->plan->rules.items[i];
		emit_handler(e, rule->symbol, rule);
	}
}

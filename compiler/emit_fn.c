/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_fn.c: fn, extern fn and decision as C functions, each printed on first use. Recursion is
 * refused by the checker, so a function always stands before those that call it.
 */
#include "emit_make.h"

/* ", struct weft_text a, const struct X *b": the parameters, bound to names of the new function. */
static struct text parameters(struct emitter *e, const struct node *fields)
{
	struct buffer b = { e->arena, NULL, 0, 0 };
	for (uint32_t i = 0; fields && i < fields->count; i++) {
		const struct node *f = fields->kids[i];
		const struct type *t = f->symbol->type;
		struct text type = c_expression(e, t);
		/* The connection has one name everywhere: look-ups go by it. */
		struct text name = t->kind == TYPE_CONN ? TEXT("conn")
							: c_local(e, "%s", c_name(e, f->name).data);
		buffer_format(&b, "%s%s%s%s", i ? ", " : "", type.data,
			type.data[type.size - 1] == '*' ? "" : " ", name.data);
		emit_bind(e, f->symbol, operand_expression(t, name));
	}
	return b.size ? buffer_text(&b) : TEXT("");
}

/* What a body leaves unused would be warned of. */
static void unused_parameters(
	struct emitter *e, const struct node *fields, const struct emit_body *body)
{
	for (uint32_t i = 0; fields && i < fields->count; i++) {
		const struct operand *o = emit_bound(e, fields->kids[i]->symbol);
		if (!emit_body_mentions(body, o->c))
			line(e, "(void)%s;", o->c.data);
	}
}

void emit_extern(struct emitter *e, struct text name)
{
	e->externs.arena = e->arena;
	buffer_format(&e->externs, e->externs.size ? ", %s" : "%s", name.data);
}

/* C of the user sees values, not stored rows. */
static void check_extern(struct emitter *e, const struct node *n, const struct type *t)
{
	const struct type *value = t->kind == TYPE_OPTION ? t->item : t;
	if (type_is_struct(value) || value->kind == TYPE_LIST || value->kind == TYPE_MAP ||
		value->kind == TYPE_LABELS || value->kind == TYPE_SELECTOR)
		emit_unsupported(e, n, "a record or list to or from a function in C",
			text_format(e->arena, "this is %.*s", TEXT_ARG(t->name)).data,
			"pass the fields that it needs, one by one");
}

static void extern_fn(struct emitter *e, const struct symbol *fn, struct emit_name *n)
{
	size_t bound = e->binding_count;
	struct vec locals = e->locals;
	struct text list = parameters(e, kid(fn->declaration, FN_PARAMS));
	e->locals = locals;
	e->binding_count = bound;
	n->c = c_name(e, fn->name);
	emit_extern(e, n->c);
	check_extern(e, fn->declaration, fn->type);
	const struct node *fields = kid(fn->declaration, FN_PARAMS);
	for (uint32_t i = 0; i < fields->count; i++)
		check_extern(e, fields->kids[i], fields->kids[i]->symbol->type);
	struct emit_section *outer = e->out;
	e->out = &e->header;
	blank_line(e);
	doc_comment(e, fn->declaration);
	struct text type = c_expression(e, fn->type);
	line(e, "%s%s%s(%s); /* yours: pure, called from any thread */", type.data,
		type.data[type.size - 1] == '*' ? "" : " ", n->c.data,
		list.size ? list.data : "void");
	e->out = outer;
}

struct text emit_fn(struct emitter *e, const struct symbol *fn)
{
	struct emit_name *n = name_find(e, fn, NAME_FUNCTION);
	if (n)
		return n->c;
	const struct node *d = fn->declaration;
	n = name_add(e, fn, NAME_FUNCTION, c_global(e, fn->module, fn->name));
	if (d->flags & NODE_EXTERN) {
		extern_fn(e, fn, n);
		return n->c;
	}
	enum emit_mode mode = e->mode;
	struct emit_hooks hooks = e->hooks;
	e->mode = EMIT_PURE;
	e->hooks = (struct emit_hooks){ NULL, NULL };
	struct emit_body body;
	emit_body_begin(e, &body);
	struct text list = parameters(e, kid(d, FN_PARAMS));
	place(e, kid(d, FN_VALUE));
	struct operand o = emit_escape(e, emit_operand(e, kid(d, FN_VALUE)));
	line(e, "return %s;", text_copy(e->arena, c_no_parens(o.c)).data);
	n->flag = e->uses_scope || e->uses_program;
	struct emit_section *outer = body.outer;
	e->out = &e->code;
	blank_line(e);
	doc_comment(e, d);
	struct text type = c_expression(e, fn->type);
	line(e, "static %s%s%s(%s%s%s)", type.data, type.data[type.size - 1] == '*' ? "" : " ",
		n->c.data, n->flag ? "struct weft_scope *w" : "", n->flag && list.size ? ", " : "",
		list.size || n->flag ? list.data : "void");
	line(e, "{");
	if (e->uses_program)
		line(e, "const struct %s *p = (const struct %s *)w->program;", e->name.data,
			e->name.data);
	unused_parameters(e, kid(d, FN_PARAMS), &body);
	emit_body_print(e, &body);
	line(e, "}");
	emit_body_end(e, &body);
	e->out = outer;
	e->mode = mode;
	e->hooks = hooks;
	return n->c;
}

bool fn_uses_scope(struct emitter *e, const struct symbol *fn)
{
	emit_fn(e, fn);
	return name_find(e, fn, NAME_FUNCTION)->flag;
}

/* ---- decisions: any forbid that holds denies, else any permit that holds allows, else the clause
 * `default` denies ---- */

static void clauses(struct emitter *e, const struct node *list, bool forbid)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct node *clause = list->kids[i];
		if (((clause->flags & NODE_FORBID) != 0) != forbid)
			continue;
		place(e, clause);
		struct text c = emit_condition(e, kid(clause, CLAUSE_CONDITION), false);
		line(e, "if (%s)", text_copy(e->arena, c_no_parens(c)).data);
		line_under(e, "return weft_verdict_of(%s, \"%.*s\");", forbid ? "false" : "true",
			TEXT_ARG(clause->name));
	}
}

struct text emit_decision(struct emitter *e, const struct symbol *decision)
{
	struct emit_name *n = name_find(e, decision, NAME_DECISION);
	if (n)
		return n->c;
	const struct node *d = decision->declaration;
	n = name_add(e, decision, NAME_DECISION, c_global(e, decision->module, decision->name));
	enum emit_mode mode = e->mode;
	e->mode = EMIT_HANDLER;
	struct emit_body body;
	emit_body_begin(e, &body);
	struct text list = parameters(e, kid(d, DECISION_PARAMS));
	clauses(e, kid(d, DECISION_CLAUSES), true);
	clauses(e, kid(d, DECISION_CLAUSES), false);
	line(e, "return weft_verdict_of(false, \"default\");");
	struct emit_section *outer = body.outer;
	e->out = &e->code;
	blank_line(e);
	doc_comment(e, d);
	bool has_conn = strstr(list.data, "struct weft_conn *conn") != NULL;
	line(e, "static struct weft_verdict %s(struct weft_scope *w%s%s)", n->c.data,
		list.size ? ", " : "", list.data);
	line(e, "{");
	if (e->uses_program)
		line(e, "const struct %s *p = (const struct %s *)w->program;", e->name.data,
			e->name.data);
	if (e->uses_conn && !has_conn)
		line(e, "struct weft_conn *conn = w->conn;");
	if (!e->uses_scope && !e->uses_program && (has_conn || !e->uses_conn))
		line(e, "(void)w;");
	unused_parameters(e, kid(d, DECISION_PARAMS), &body);
	emit_body_print(e, &body);
	line(e, "}");
	emit_body_end(e, &body);
	e->out = outer;
	e->mode = mode;
	return n->c;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_term.c: a look-up inside an expression as a C function: it takes what it reads of the
 * query's variables and, for each reading of a table in it, which state is wanted. One body serves
 * every delta plan.
 */
#include "emit_query.h"
#include "check.h"
#include "emit_make.h"
#include "plan_make.h"

/* The positions that a term's value depends on: its own, and those of terms nested in it. */
static void add_positions(struct emitter *e, const struct plan_query *q, const struct plan_term *t,
	struct vec *positions)
{
	for (size_t i = 0; i < t->variables.count; i++) {
		struct plan_variable *v = t->variables.items[i];
		if (v->kind == PLAN_SOURCE)
			vec_push(e->arena, positions, v);
	}
	for (size_t i = 0; i < q->terms.count; i++) {
		const struct plan_term *inner = q->terms.items[i];
		if (inner != t && tree_contains(t->node, inner->node)) {
			for (size_t k = 0; k < inner->variables.count; k++) {
				struct plan_variable *v = inner->variables.items[k];
				if (v->kind == PLAN_SOURCE)
					vec_push(e->arena, positions, v);
			}
		}
	}
}

static bool is_row_value(const struct plan_term *t)
{
	return t->kind == PLAN_TERM_ROW;
}

static const struct plan_variable *first_variable(const struct plan_term *t)
{
	return t->variables.items[0];
}

/* What a variable looks like as an argument. */
static const struct type *variable_type(const struct plan_variable *v)
{
	if (v->kind == PLAN_SOURCE)
		return v->table->row;
	return v->symbol->type;
}

static struct text declaration(struct emitter *e, struct text type, struct text name)
{
	bool pointer = type.size && type.data[type.size - 1] == '*';
	return text_format(e->arena, ", %s%s%s", type.data, pointer ? "" : " ", name.data);
}

/* ---- the call ---- */

static struct text call(struct query_emitter *qe, const struct plan_term *t)
{
	struct emitter *e = qe->e;
	struct vec positions = { 0 };
	struct buffer b = { .arena = e->arena };
	add_positions(e, qe->query, t, &positions);
	buffer_format(&b, "%s(w", t->c_name.data);
	for (size_t i = 0; i < positions.count; i++) {
		unsigned position = ((struct plan_variable *)positions.items[i])->position;
		if (qe->term)
			buffer_format(&b, ", when_%u", position);
		else
			buffer_format(&b, ", %s", delta_when(qe->delta, position));
	}
	for (size_t i = 0; i < qe->query->variables.count; i++) {
		if (!(t->needs >> i & 1))
			continue;
		buffer_format(&b, ", %s", emit_value(e, qe->bound[i]).c.data);
	}
	for (size_t i = 0; i < t->locals.count; i++)
		buffer_format(&b, ", %s", emit_value(e, *emit_bound(e, t->locals.items[i])).c.data);
	buffer_add(&b, TEXT(")"));
	e->uses_scope = true;
	return buffer_text(&b);
}

struct operand term_operand(struct query_emitter *qe, const struct plan_term *t)
{
	struct emitter *e = qe->e;
	struct text c = call(qe, t);
	const struct plan_variable *v = first_variable(t);
	if (t->kind == PLAN_TERM_SOME)
		return operand_value(
			t->type, t->negated ? text_format(e->arena, "!%s", c.data) : c);
	if (!is_row_value(t))
		return emit_let(e, "value", operand_expression(t->type, c));
	if (t->type->kind == TYPE_OPTION && !v->table->wrapped)
		return emit_let(e, v->table->c_name.data, operand_expression(t->type, c));
	struct text row = c_local(e, "%s", v->table->c_name.data);
	line(e, "const %s *%s = %s;", c_stored(e, v->table->row).data, row.data, c.data);
	struct operand o = operand_row(e, v->table->row, "%s", row.data);
	return v->table->wrapped ? emit_field(e, o, 0) : o;
}

/* ---- the function ---- */

/* A look-up of a single derive always finds its row, except in the state before the first
 * transaction: all zero, then. */
static bool wants_zero(const struct plan_term *t)
{
	const struct plan_variable *v = first_variable(t);
	return is_row_value(t) && (t->type->kind != TYPE_OPTION || v->table->wrapped);
}

static void row_body(struct query_emitter *qe, const struct plan_term *t)
{
	struct emitter *e = qe->e;
	struct text type = c_stored(e, first_variable(t)->table->row);
	qe->leave = "return NULL;";
	e->exits.skip = qe->leave;
	query_steps(qe, &t->steps);
	line(e, "return %s;", qe->bound[first_variable(t)->number].c.data);
	query_close(qe);
	if (!wants_zero(t)) {
		line(e, "return NULL;");
		return;
	}
	line(e, "%s none;", type.data);
	line(e, "memset(&none, 0, sizeof(none));");
	line(e, "return (const %s *)weft_scope_copy(w, &none, sizeof(none));", type.data);
}

static void some_body(struct query_emitter *qe, const struct plan_term *t)
{
	qe->leave = "return false;";
	qe->e->exits.skip = qe->leave;
	query_steps(qe, &t->steps);
	line(qe->e, "return true;");
	query_close(qe);
	line(qe->e, "return false;");
}

/* Of a lifted aggregate: the column, or its zero when there is no such group. */
static void column_body(struct query_emitter *qe, const struct plan_term *t)
{
	struct emitter *e = qe->e;
	const struct plan_variable *v = first_variable(t);
	struct operand result = emit_zero(e, "result", t->type);
	qe->leave = text_format(e->arena, "return %s;", result.c.data).data;
	e->exits.skip = qe->leave;
	query_steps(qe, &t->steps);
	const struct record *r = v->table->record;
	struct operand column =
		emit_value(e, emit_field(e, qe->bound[v->number], column_field(r, t->column)));
	bool wrap = t->type->kind == TYPE_OPTION && column.type->kind != TYPE_OPTION &&
		column.repr != REPR_POINTER;
	if (wrap)
		line(e, "%s.has = true;", result.c.data);
	line(e, "%s%s = %s;", result.c.data, wrap ? ".value" : "", column.c.data);
	query_close(qe);
	line(e, "return %s;", result.c.data);
}

/* ---- aggregates evaluated in place ---- */

static struct operand round_value(struct query_emitter *qe, const struct plan_term *t)
{
	struct operand o;
	if (t->value == NULL)
		return qe->bound[first_variable(t)->number];
	place(qe->e, t->value);
	emit_expr(qe->e, t->value, &o);
	return o;
}

/* min, max, first: the least (greatest) value of all rounds by the canonical order, whatever order
 * they come in. */
static void fold_best(
	struct query_emitter *qe, const struct plan_term *t, struct operand result, bool greatest)
{
	struct emitter *e = qe->e;
	struct operand value = emit_value(e, round_value(qe, t));
	bool pointer = type_is_struct(t->type->item);
	struct operand best = pointer
		? operand_expression(t->type->item, result.c)
		: operand_value(t->type->item, text_format(e->arena, "%s.value", result.c.data));
	value = emit_let(e, "value", value);
	struct text order = emit_compare(e, value, best);
	line(e, "if (%s%s && %s %s 0)", result.c.data, pointer ? " != NULL" : ".has",
		c_parens(e, order).data, greatest ? "<=" : ">=");
	line_under(e, "continue;");
	if (!pointer)
		line(e, "%s.has = true;", result.c.data);
	line(e, "%s = %s;", best.c.data, value.c.data);
}

static void fold_body(struct query_emitter *qe, const struct plan_term *t)
{
	struct emitter *e = qe->e;
	enum builtin b = t->node->kind == NODE_LIST_FROM ? BUILTIN_COLLECT
		: t->kind == PLAN_TERM_COUNT             ? BUILTIN_COUNT
							 : tree_builtin(t->node);
	bool wide = b == BUILTIN_SUM && t->type->kind != TYPE_FLOAT;
	struct operand result = { .type = t->type };
	struct text builder = TEXT("");
	if (wide) { /* in 128 bits: the order of the rounds must not show */
		struct text sum = c_local(e, "sum");
		line(e, "struct weft_wide %s = { 0, 0 };", sum.data);
		result.c = text_format(e->arena, "weft_wide_narrow(%s)", sum.data);
		builder = sum;
	} else if (b != BUILTIN_COLLECT) {
		result = emit_zero(e, "result", t->type);
	} else {
		builder = c_local(e, "items");
		line(e, "struct weft_list_builder %s = { { NULL, 0 }, 0, sizeof(%s) };",
			builder.data, c_stored(e, t->type->item).data);
	}
	qe->leave = text_format(e->arena, b == BUILTIN_COLLECT ? "return %s.list;" : "return %s;",
		b == BUILTIN_COLLECT ? builder.data : result.c.data)
			    .data;
	e->exits.skip = qe->leave;
	query_steps(qe, &t->steps);
	if (b == BUILTIN_COUNT) {
		if (t->value)
			round_value(qe, t);
		line(e, "%s++;", result.c.data);
	} else if (b == BUILTIN_SUM) {
		struct operand value = emit_value(e, round_value(qe, t));
		if (wide)
			line(e, "weft_wide_add(&%s, %s, 1);", builder.data, value.c.data);
		else
			line(e, "%s += %s;", result.c.data, value.c.data);
	} else if (b == BUILTIN_COLLECT) {
		line(e, "weft_list_add(w, &%s, %s);", builder.data,
			emit_address(e, round_value(qe, t)).data);
	} else {
		fold_best(qe, t, result, b == BUILTIN_MAX);
	}
	query_close(qe);
	if (b == BUILTIN_COLLECT && !tree_walks_table(tree_comprehension(t->node)))
		line(e, "return %s.list;", builder.data);
	else if (b == BUILTIN_COLLECT)
		line(e, "return weft_scope_sorted(w, %s, %s.list);",
			c_descriptor(e, t->type->item).data, builder.data);
	else
		line(e, "return %s;", result.c.data);
}

static void bind_parameter(
	struct query_emitter *qe, const struct plan_variable *v, struct buffer *head)
{
	struct emitter *e = qe->e;
	struct text name = c_local(e, "%s", v->name.data);
	const struct type *t = variable_type(v);
	query_bind(qe, v, operand_expression(t, name));
	buffer_add(head, declaration(e, c_expression(e, t), name));
}

void emit_term(struct emitter *e, struct plan_query *q, const struct plan_term *t)
{
	struct query_emitter qe;
	struct emit_body body;
	struct vec positions = { 0 };
	struct buffer head = { .arena = e->arena };
	add_positions(e, q, t, &positions);
	emit_body_begin(e, &body);
	query_begin(&qe, e, q);
	qe.term = t;
	struct text result = is_row_value(t)
		? text_format(
			  e->arena, "const %s *", c_stored(e, first_variable(t)->table->row).data)
		: c_expression(e, t->type);
	bool pointer = result.data[result.size - 1] == '*';
	buffer_format(&head, "static %s%s%s(struct weft_scope *w", result.data, pointer ? "" : " ",
		t->c_name.data);
	for (size_t i = 0; i < positions.count; i++)
		buffer_format(&head, ", enum weft_when when_%u",
			((struct plan_variable *)positions.items[i])->position);
	for (unsigned i = 0; i < q->variables.count; i++)
		if (t->needs >> i & 1)
			bind_parameter(&qe, plan_variable_at(q, i), &head);
	for (size_t i = 0; i < t->locals.count; i++) {
		const struct symbol *s = t->locals.items[i];
		struct text name = c_local(e, "%.*s", TEXT_ARG(s->name));
		emit_bind(e, s, operand_expression(s->type, name));
		buffer_add(&head, declaration(e, c_expression(e, s->type), name));
	}
	buffer_add(&head, TEXT(")"));
	if (is_row_value(t))
		row_body(&qe, t);
	else if (t->kind == PLAN_TERM_SOME)
		some_body(&qe, t);
	else if (t->kind == PLAN_TERM_COLUMN)
		column_body(&qe, t);
	else
		fold_body(&qe, t);
	query_end(&qe);
	emit_body_end(e, &body);
	query_function(e, &body, buffer_text(&head).data);
}

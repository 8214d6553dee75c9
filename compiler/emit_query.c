/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_query.c: a delta plan as a C function: its steps are nested loops and conditions, the
 * innermost adds the candidate. Tables are read OLD or NEW by position (plan.h), which is a
 * constant everywhere but in the plan of a look-up's own change: that one runs twice, with `when`
 * OLD and weight -1, then NEW and +1.
 */
#include "emit_query.h"
#include "check.h"
#include "emit_make.h"
#include "plan_make.h"

struct text column_lvalue(
	struct emitter *e, const struct record *r, const char *prefix, size_t column)
{
	return text_format(e->arena, "%s%s", prefix, c_field(e, r, column_field(r, column)).data);
}

/* ---- bindings ---- */

void query_bind(struct query_emitter *qe, const struct plan_variable *v, struct operand o)
{
	qe->bound[v->number] = o;
	if (v->symbol)
		emit_bind(qe->e, v->symbol, o);
	for (size_t i = 0; i < v->aliases.count; i++) {
		const struct plan_alias *a = v->aliases.items[i];
		const struct record_field *f =
			&v->table->record->fields[column_field(v->table->record, a->column)];
		if (a->symbol)
			emit_bind(qe->e, a->symbol,
				operand_stored(f->type,
					emit_member(qe->e, o, c_name(qe->e, f->name).data)));
	}
}

static struct operand row_column(
	struct query_emitter *qe, const struct plan_variable *v, size_t column)
{
	const struct record *r = v->table->record;
	return emit_field(qe->e, qe->bound[v->number], column_field(r, column));
}

static bool alias_operand(struct query_emitter *qe, const struct node *n, struct operand *result)
{
	for (size_t i = 0; i < qe->query->variables.count; i++) {
		const struct plan_variable *v = qe->query->variables.items[i];
		for (size_t k = 0; k < v->aliases.count; k++) {
			const struct plan_alias *a = v->aliases.items[k];
			if (a->node != n)
				continue;
			*result = row_column(qe, v, a->column);
			return true;
		}
	}
	return false;
}

static bool hook(void *user, struct emitter *e, const struct node *n, struct operand *result)
{
	struct query_emitter *qe = user;
	(void)e;
	if (alias_operand(qe, n, result))
		return true;
	for (size_t i = 0; i < qe->query->terms.count; i++) {
		const struct plan_term *t = qe->query->terms.items[i];
		if (t->node != n)
			continue;
		*result = term_operand(qe, t);
		return true;
	}
	return false;
}

void query_begin(struct query_emitter *qe, struct emitter *e, struct plan_query *q)
{
	*qe = (struct query_emitter){ .e = e, .query = q, .leave = "return;" };
	qe->bound = ARENA_ARRAY(e->arena, struct operand, q->variables.count + 1);
	qe->positions = ARENA_ARRAY(e->arena, struct text, q->variables.count + 1);
	qe->outer_hooks = e->hooks;
	qe->outer_exits = e->exits;
	qe->outer_mode = e->mode;
	e->hooks = (struct emit_hooks){ hook, qe };
	e->exits = (struct emit_exits){ .skip = qe->leave };
	e->mode = EMIT_ENGINE;
}

void query_end(struct query_emitter *qe)
{
	qe->e->hooks = qe->outer_hooks;
	qe->e->exits = qe->outer_exits;
	qe->e->mode = qe->outer_mode;
}

static const char *round_exit(const struct query_emitter *qe)
{
	return qe->depth ? "continue;" : qe->leave;
}

/* ---- values ---- */

static struct operand part_of(struct query_emitter *qe, struct operand ref, size_t part)
{
	struct emitter *e = qe->e;
	return operand_stored(
		type_of_key(ref.type, part), emit_member(e, ref, c_key(e, ref.type, part).data));
}

static struct operand plain_value(struct query_emitter *qe, const struct plan_value *v)
{
	struct operand o;
	if (v->position)
		return operand_value(v->type,
			text_format(qe->e->arena, "(int64_t)%s",
				qe->positions[v->variable->number].data));
	if (v->node) {
		emit_expr(qe->e, v->node, &o);
		return o;
	}
	if (v->variable == NULL)
		return operand_value(v->type, TEXT("true"));
	if (v->column == SIZE_MAX)
		return qe->bound[v->variable->number];
	if (v->variable->kind == PLAN_SOURCE)
		return row_column(qe, v->variable, v->column);
	return emit_field(qe->e, qe->bound[v->variable->number], v->column);
}

struct operand query_value(struct query_emitter *qe, const struct plan_value *v)
{
	const struct plan_value *r =
		v->part == SIZE_MAX ? v : plan_resolved(qe->e->plan, (struct plan_value *)v);
	struct operand o = plain_value(qe, r);
	return r->part == SIZE_MAX ? o : part_of(qe, o, r->part);
}

/* ---- steps ---- */

static const char *when_of(struct query_emitter *qe, unsigned position)
{
	if (qe->term)
		return text_format(qe->e->arena, "when_%u", position).data;
	return delta_when(qe->delta, position);
}

const char *delta_when(const struct plan_delta *d, unsigned position)
{
	switch (plan_when(d, position)) {
	case PLAN_OLD:
		return "WEFT_OLD";
	case PLAN_NEW:
		return "WEFT_NEW";
	default:
		return "when";
	}
}

static void check(struct query_emitter *qe, const struct plan_filter *f)
{
	struct emitter *e = qe->e;
	if (f->node) {
		place(e, f->node);
		line(e, "if (%s)", emit_condition(e, f->node, !f->negated).data);
	} else {
		struct operand left = query_value(qe, f->left), right = query_value(qe, f->right);
		line(e, "if (!%s)", c_parens(e, emit_equal(e, left, right)).data);
	}
	line_under(e, "%s", round_exit(qe));
}

/* The loop over the anchors of the bound side; each is looked up in the index of the other. */
static struct text open_anchors(struct query_emitter *qe, const struct plan_step *s)
{
	struct emitter *e = qe->e;
	struct text anchor = c_local(e, "anchor"), n = c_local(e, "n");
	struct operand other =
		emit_simple(e, "anchored", emit_value(e, query_value(qe, s->anchors)));
	line(e, "struct weft_anchor %s;", anchor.data);
	line(e, "for (size_t %s = 0; weft_anchor_of_%s(w->intern, %s, %s, &%s); %s++) {", n.data,
		s->index->anchor == PLAN_SELECTOR ? "labels" : "selector", other.c.data, n.data,
		anchor.data, n.data);
	qe->depth++;
	return anchor;
}

static void open_source(struct query_emitter *qe, const struct plan_step *s)
{
	struct emitter *e = qe->e;
	const struct plan_variable *v = s->variable;
	struct operand *keys = ARENA_ARRAY(e->arena, struct operand, s->keys.count + 1);
	place(e, v->place);
	for (size_t i = 0; i < s->keys.count; i++)
		keys[i] = emit_simple(e, "key", query_value(qe, s->keys.items[i]));
	struct text type = c_stored(e, v->table->row), row = c_local(e, "%.*s", TEXT_ARG(v->name));
	struct text at = c_local(e, "at_%s", row.data), table = c_table(e, v->table);
	const char *when = when_of(qe, v->position);
	struct text anchor = s->anchors ? open_anchors(qe, s) : TEXT("");
	e->uses_scope = true;
	line(e, "struct weft_cursor %s;", at.data);
	const char *look;
	if (s->keys.count || s->anchors) {
		struct text hash =
			s->keys.count ? emit_hash_key(e, keys, s->keys.count) : TEXT("0");
		if (s->anchors)
			hash = text_format(e->arena, "weft_anchor_hash(w->intern, %s, &%s)",
				hash.data, anchor.data);
		look = text_format(e->arena, "weft_look(w, &%s, %s, %s, %s, %s)", at.data,
			table.data, c_index(e, v->table, s->index).data, when, hash.data)
			       .data;
	} else {
		look = text_format(
			e->arena, "weft_look_at_all(w, &%s, %s, %s)", at.data, table.data, when)
			       .data;
	}
	line(e, "const %s *%s = (const %s *)%s;", type.data, row.data, type.data, look);
	line(e, "for (; %s != NULL; %s = (const %s *)weft_look_on(w, &%s)) {", row.data, row.data,
		type.data, at.data);
	qe->depth++;
	e->exits.skip = "continue;";
	query_bind(qe, v, operand_row(e, v->table->row, "%s", row.data));
	if (s->anchors) {
		bool selector = s->index->anchor == PLAN_SELECTOR;
		struct operand column = emit_value(e, row_column(qe, v, s->index->anchored));
		line(e, "if (!weft_anchor_in_%s(w->intern, %s, &%s))",
			selector ? "selector" : "labels", column.c.data, anchor.data);
		line_under(e, "continue;");
	}
	for (size_t i = 0; i < s->checks.count; i++) {
		if (s->checks.items[i] == NULL)
			continue;
		size_t column = s->index ? s->index->columns[i] : v->table->key[i];
		line(e, "if (!%s)",
			c_parens(e, emit_equal(e, row_column(qe, v, column), keys[i])).data);
		line_under(e, "continue;");
	}
}

static void open_element(struct query_emitter *qe, const struct plan_variable *v)
{
	struct emitter *e = qe->e;
	struct text at = TEXT("");
	place(e, v->place);
	emit_walk(e, v->place, v->counted ? &at : NULL);
	qe->depth++;
	e->exits.skip = "continue;";
	qe->bound[v->number] = *emit_bound(e, v->symbol);
	qe->positions[v->number] = at;
}

static void compute(struct query_emitter *qe, const struct plan_variable *v)
{
	struct operand o;
	place(qe->e, v->place);
	emit_expr(qe->e, v->value, &o);
	query_bind(qe, v, emit_let(qe->e, v->name.data, o));
}

/* One state has one row of a key, so its address tells it. */
static void only_once(struct query_emitter *qe)
{
	struct text row = qe->bound[qe->delta->once->number].c;
	line(qe->e, "enum weft_status met = weft_seen_add(w->engine, seen, &%s, sizeof(%s));",
		row.data, row.data);
	line(qe->e, "if (met < 0)");
	line_under(qe->e, "w->status = met;");
	line(qe->e, "if (met != WEFT_OK)");
	line_under(qe->e, "continue;");
}

void query_steps(struct query_emitter *qe, const struct vec *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		const struct plan_step *s = steps->items[i];
		switch (s->kind) {
		case PLAN_GET:
		case PLAN_PROBE:
		case PLAN_SCAN:
			open_source(qe, s);
			break;
		case PLAN_WALK:
			open_element(qe, s->variable);
			break;
		case PLAN_LET:
			compute(qe, s->variable);
			break;
		case PLAN_FILTER:
			check(qe, s->filter);
			break;
		case PLAN_ONCE:
			only_once(qe);
			break;
		default:
			break;
		}
	}
}

void query_close(struct query_emitter *qe)
{
	for (; qe->depth; qe->depth--)
		line(qe->e, "}");
	qe->e->exits.skip = qe->leave;
}

/* ---- the candidate ---- */

static void store_output(struct query_emitter *qe, const struct record *r, const char *prefix,
	const struct plan_output *o)
{
	struct emitter *e = qe->e;
	const struct record_field *f = &r->fields[column_field(r, o->column)];
	struct text lvalue = column_lvalue(e, r, prefix, o->column);
	place(e, o->place);
	if (o->value == NULL) {
		line(e, "%s = true;", lvalue.data);
		return;
	}
	if (o->included != SIZE_MAX || o->waits != SIZE_MAX) {
		struct emit_exits exits = e->exits;
		size_t flag = o->included != SIZE_MAX ? o->included : o->waits;
		struct text flagged = column_lvalue(e, r, prefix, flag);
		if (o->waits != SIZE_MAX)
			line(e, "%s = true;", flagged.data);
		line(e, "do {");
		if (o->included != SIZE_MAX)
			e->exits.skip = "continue;";
		else
			e->exits.wait = "continue;";
		emit_store(e, lvalue, f->type, query_value(qe, o->value));
		line(e, "%s = %s;", flagged.data, o->waits != SIZE_MAX ? "false" : "true");
		line(e, "} while (false);");
		e->exits = exits;
		return;
	}
	emit_store(e, lvalue, f->type, query_value(qe, o->value));
}

static void store_whole(struct query_emitter *qe, const char *lvalue, const struct type *t,
	const struct plan_output *o)
{
	place(qe->e, o->place);
	emit_store(qe->e, text_of(lvalue), t, query_value(qe, o->value));
}

/* What decides between candidates of one key, behind the row. */
static void store_order(
	struct query_emitter *qe, const struct plan_operator *op, struct text candidate)
{
	struct emitter *e = qe->e;
	const struct record *r = op->candidate->record;
	const char *prefix = text_format(e->arena, "%s.", candidate.data).data;
	if (op->by) {
		struct operand o, sibling = e->sibling;
		e->sibling = operand_stored(
			op->table->row, text_format(e->arena, "%s.row", candidate.data));
		place(e, op->by);
		emit_expr(e, op->by, &o);
		emit_store(e, column_lvalue(e, r, prefix, op->by_column), op->by->type, o);
		e->sibling = sibling;
	}
	if (op->query_column != SIZE_MAX)
		line(e, "%s = %u;", column_lvalue(e, r, prefix, op->query_column).data,
			qe->query->number);
	for (size_t i = 0; i < qe->query->order.count; i++) {
		const struct plan_value *v = qe->query->order.items[i];
		emit_store(e, column_lvalue(e, r, prefix, qe->query->order_columns[i]), v->type,
			query_value(qe, v));
	}
}

static void add_candidate(struct query_emitter *qe, const char *weight)
{
	struct emitter *e = qe->e;
	const struct plan_operator *op = qe->query->operator;
	bool nested = op->candidate != op->table->row && op->settle != PLAN_GROUPED;
	struct text type = c_stored(e, op->candidate), c = c_local(e, "candidate");
	const struct record *r = nested ? op->table->record : op->candidate->record;
	const char *row = nested ? text_format(e->arena, "%s.row", c.data).data : c.data;
	line(e, "%s %s;", type.data, c.data);
	line(e, "memset(&%s, 0, sizeof(%s));", c.data, c.data);
	const char *prefix = text_format(e->arena, "%s.", row).data;
	for (size_t i = 0; i < qe->query->outputs.count; i++) {
		const struct plan_output *o = qe->query->outputs.items[i];
		if (o->column == SIZE_MAX)
			store_whole(qe, row, op->table->row, o);
		else
			store_output(qe, r, prefix, o);
	}
	if (nested)
		store_order(qe, op, c);
	e->uses_scope = true;
	line(e, "if (w->status == WEFT_OK)");
	line_under(e, "w->status = weft_delta_add(delta, &%s, %s);", c.data, weight);
}

/* ---- functions ---- */

void query_function(struct emitter *e, const struct emit_body *body, const char *head)
{
	e->out = &e->code;
	blank_line(e);
	line(e, "%s", head);
	line(e, "{");
	if (body->uses_program)
		line(e, "const struct %s *p = (const struct %s *)w->program;", e->name.data,
			e->name.data);
	emit_body_print(e, body);
	line(e, "}");
}

void emit_delta(struct emitter *e, struct plan_query *q, const struct plan_delta *d)
{
	struct query_emitter qe;
	struct emit_body body;
	struct text row = TEXT("");
	const char *head;
	emit_body_begin(e, &body);
	query_begin(&qe, e, q);
	qe.delta = d;
	bool has_row = d->driver && (d->term == NULL || d->once || d->distinct.count);
	if (has_row) {
		row = c_local(e, "%.*s", TEXT_ARG(d->driver->name));
		struct operand o = operand_row(e, d->table->row, "%s", row.data);
		query_bind(&qe, d->driver, o);
	}
	query_steps(&qe, &d->steps);
	add_candidate(&qe, d->driver ? "weight" : "1");
	query_close(&qe);
	if (has_row && !emit_body_mentions(&body, row))
		line(e, "(void)%s;", row.data);
	query_end(&qe);
	emit_body_end(e, &body);
	struct text parameter = has_row
		? text_format(e->arena, ", const %s *%s", c_stored(e, d->table->row).data, row.data)
		: TEXT("");
	head = text_format(e->arena,
		"static void %s(struct weft_scope *w, struct weft_delta *delta%s%s%s)",
		d->c_name.data, parameter.data,
		d->once           ? ", enum weft_when when, struct weft_seen **seen"
			: d->term ? ", enum weft_when when"
				  : "",
		d->driver ? ", int64_t weight" : "")
		       .data;
	query_function(e, &body, head);
}

static void index_function(struct emitter *e, const struct plan_index *x,
	const struct emit_body *body, struct text type, struct text row)
{
	e->out = &e->code;
	blank_line(e);
	line(e,
		"static enum weft_status %s(const void *program, const struct weft_intern *intern, "
		"const void *of, struct weft_index_emit *emit)",
		x->c_name.data);
	line(e, "{");
	line(e, "struct weft_scope scope, *w = &scope;");
	line(e, "memset(w, 0, sizeof(*w));");
	line(e, "w->program = program;");
	line(e, "w->intern = intern;");
	line(e, "const %s *%s = (const %s *)of;", type.data, row.data, type.data);
	if (body->uses_program)
		line(e, "const struct %s *p = (const struct %s *)program;", e->name.data,
			e->name.data);
	emit_body_print(e, body);
	line(e, "}");
}

/* Under which anchors a row stands in an index for `selects`, each behind the row's columns. */
void emit_index_anchors(struct emitter *e, const struct plan_table *t, const struct plan_index *x)
{
	struct text type = c_stored(e, t->row);
	struct operand row = operand_row(e, t->row, "row"),
		       *keys = ARENA_ARRAY(e->arena, struct operand, x->column_count + 1);
	struct emit_body body;
	emit_body_begin(e, &body);
	for (size_t i = 0; i < x->column_count; i++)
		keys[i] = emit_field(e, row, column_field(t->record, x->columns[i]));
	struct text hash = x->column_count ? emit_hash_key(e, keys, x->column_count) : TEXT("0");
	struct operand column =
		emit_value(e, emit_field(e, row, column_field(t->record, x->anchored)));
	line(e, "uint64_t columns = %s;", hash.data);
	line(e, "struct weft_anchor anchor;");
	line(e,
		"for (size_t n = 0; w->status == WEFT_OK && weft_anchor_of_%s(intern, %s, n, "
		"&anchor); n++)",
		x->anchor == PLAN_SELECTOR ? "selector" : "labels", column.c.data);
	line_under(
		e, "w->status = weft_index_key(emit, weft_anchor_hash(intern, columns, &anchor));");
	line(e, "return weft_scope_end(w);");
	emit_body_end(e, &body);
	index_function(e, x, &body, type, TEXT("row"));
}

/* The keys under which a row stands in a computed index: the loops of the query that lead from the
 * row to the value. */
void emit_index_keys(struct emitter *e, const struct plan_table *t, const struct plan_index *x)
{
	struct query_emitter qe;
	struct emit_body body;
	emit_body_begin(e, &body);
	query_begin(&qe, e, x->query);
	qe.leave = "return weft_scope_end(w);";
	e->exits.skip = qe.leave;
	const struct plan_variable *source = x->variables.items[0];
	struct text type = c_stored(e, t->row), row = c_local(e, "%.*s", TEXT_ARG(source->name));
	query_bind(&qe, source, operand_row(e, t->row, "%s", row.data));
	for (size_t i = 1; i < x->variables.count; i++) {
		const struct plan_variable *v = x->variables.items[i];
		if (v->kind == PLAN_ELEMENT)
			open_element(&qe, v);
		else
			compute(&qe, v);
	}
	struct operand value = query_value(&qe, x->values.items[0]);
	line(e, "if (w->status == WEFT_OK)");
	line_under(e, "w->status = weft_index_key(emit, %s);", emit_hash_key(e, &value, 1).data);
	query_close(&qe);
	line(e, "return weft_scope_end(w);");
	query_end(&qe);
	emit_body_end(e, &body);
	index_function(e, x, &body, type, row);
}

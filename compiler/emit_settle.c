/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_settle.c: an operator's run function, which feeds each delta plan the changes of its table;
 * and how its candidates become rows where that needs code: the fold of a merge, the aggregates of
 * a group.
 */
#include "emit_query.h"
#include "check.h"
#include "emit_make.h"
#include "plan_make.h"

struct text operator_name(struct emitter *e, const struct plan_operator *op)
{
	return text_format(e->arena, "OPERATOR_%s", c_upper(e, op->c_name).data);
}

/* ---- run ---- */

static bool starts(const struct plan_query *q)
{
	for (size_t i = 0; i < q->deltas.count; i++)
		if (((struct plan_delta *)q->deltas.items[i])->driver == NULL)
			return true;
	return false;
}

/* The columns that a look-up's outer rows depend on, packed: their sets are visited once each. */
static void visit_distinct(struct emitter *e, const struct plan_delta *d)
{
	const struct record *r = d->table->record;
	struct text type = c_stored(e, d->table->row);
	line(e, "const void *images[2] = { change[i].before, change[i].after };");
	line(e, "for (size_t k = 0; k < 2; k++) {");
	line(e, "const %s *row = (const %s *)images[k];", type.data, type.data);
	line(e, "if (row == NULL)");
	line_under(e, "continue;");
	line(e, "struct {");
	for (size_t i = 0; i < d->distinct.count; i++) {
		const struct plan_value *v = d->distinct.items[i];
		const struct record_field *f = &r->fields[column_field(r, v->column)];
		line(e, "%s %s;", c_stored(e, f->type).data, c_name(e, f->name).data);
	}
	line(e, "} key;");
	line(e, "memset(&key, 0, sizeof(key));");
	for (size_t i = 0; i < d->distinct.count; i++) {
		const struct plan_value *v = d->distinct.items[i];
		struct text name = c_field(e, r, column_field(r, v->column));
		line(e, "memcpy(&key.%s, &row->%s, sizeof(key.%s));", name.data, name.data,
			name.data);
	}
	line(e, "enum weft_status met = weft_seen_add(engine, &seen, &key, sizeof(key));");
	line(e, "if (met < 0)");
	line_under(e, "return met;");
	line(e, "if (met != WEFT_OK)");
	line_under(e, "continue;");
	line(e, "%s(w, delta, row, WEFT_OLD, -1);", d->c_name.data);
	line(e, "%s(w, delta, row, WEFT_NEW, 1);", d->c_name.data);
	line(e, "}");
}

/* Both images may lead to outer rows; each of those goes on once in either state. */
static void visit_outer(struct emitter *e, const struct plan_delta *d)
{
	struct text type = c_stored(e, d->table->row);
	line(e,
		"const %s *images[2] = { (const %s *)change[i].before, (const %s *)change[i].after "
		"};",
		type.data, type.data, type.data);
	line(e, "for (size_t k = 0; k < 2; k++) {");
	line(e, "if (images[k] == NULL)");
	line_under(e, "continue;");
	line(e, "%s(w, delta, images[k], WEFT_OLD, &seen_old, -1);", d->c_name.data);
	line(e, "%s(w, delta, images[k], WEFT_NEW, &seen_new, 1);", d->c_name.data);
	line(e, "}");
}

static void visit_key(struct emitter *e, const struct plan_delta *d)
{
	struct text type = c_stored(e, d->table->row);
	line(e,
		"const %s *row = (const %s *)(change[i].after ? change[i].after : "
		"change[i].before);",
		type.data, type.data);
	line(e, "%s(w, delta, row, WEFT_OLD, -1);", d->c_name.data);
	line(e, "%s(w, delta, row, WEFT_NEW, 1);", d->c_name.data);
}

static void visit_rows(struct emitter *e, const struct plan_delta *d)
{
	struct text type = c_stored(e, d->table->row);
	line(e, "if (change[i].before)");
	line_under(e, "%s(w, delta, (const %s *)change[i].before, -1);", d->c_name.data, type.data);
	line(e, "if (change[i].after)");
	line_under(e, "%s(w, delta, (const %s *)change[i].after, 1);", d->c_name.data, type.data);
}

/* A look-up without equalities concerns every outer row: once, whatever changed. */
static bool is_global(const struct plan_delta *d)
{
	return d->term && !d->once && d->distinct.count == 0;
}

static void feed(struct emitter *e, const struct plan_delta *d, bool not_first)
{
	if (d->driver == NULL) {
		line(e, "if (weft_engine_is_first(engine))");
		line_under(e, "%s(w, delta);", d->c_name.data);
		return;
	}
	bool only_count = is_global(d) && d->columns == UINT64_MAX;
	line(e, "%sweft_table_changes(weft_engine_table(engine, %s), &count);",
		only_count ? "(void)" : "change = ", c_table(e, d->table).data);
	if (not_first) {
		line(e, "if (weft_engine_is_first(engine))");
		line_under(e, "count = 0;");
	}
	if (only_count) {
		line(e, "if (count > 0) {");
		line(e, "%s(w, delta, WEFT_OLD, -1);", d->c_name.data);
		line(e, "%s(w, delta, WEFT_NEW, 1);", d->c_name.data);
		line(e, "}");
		return;
	}
	if (d->once)
		line(e, "seen_old = seen_new = NULL;");
	if (d->repeats && !is_global(d))
		line(e, "seen = NULL;");
	line(e, "for (size_t i = 0; i < count; i++) {");
	if (d->columns != UINT64_MAX) {
		line(e, "if (!(change[i].columns & UINT64_C(0x%llx)))",
			(unsigned long long)d->columns);
		line_under(e, "continue;");
	}
	if (is_global(d)) {
		line(e, "%s(w, delta, WEFT_OLD, -1);", d->c_name.data);
		line(e, "%s(w, delta, WEFT_NEW, 1);", d->c_name.data);
		line(e, "break;");
	} else if (d->once) {
		visit_outer(e, d);
	} else if (d->term && d->repeats) {
		visit_distinct(e, d);
	} else if (d->term) {
		visit_key(e, d);
	} else {
		visit_rows(e, d);
	}
	line(e, "}");
}

void emit_operator_run(struct emitter *e, const struct plan_operator *op)
{
	bool has_seen = false, has_changes = false, has_count = false, has_once = false;
	struct text number = operator_name(e, op);
	for (size_t i = 0; i < op->queries.count; i++) {
		const struct plan_query *q = op->queries.items[i];
		for (size_t k = 0; k < q->deltas.count; k++) {
			const struct plan_delta *d = q->deltas.items[k];
			has_count = has_count || d->driver;
			has_changes = has_changes ||
				(d->driver && !(is_global(d) && d->columns == UINT64_MAX));
			has_once = has_once || d->once;
			has_seen = has_seen || (d->term && d->repeats && !is_global(d));
		}
	}
	e->out = &e->code;
	blank_line(e);
	line(e, "static enum weft_status %s__run(void *program, struct weft_engine *engine)",
		op->c_name.data);
	line(e, "{");
	line(e, "struct weft_scope scope, *w = &scope;");
	line(e, "struct weft_delta *delta = weft_engine_delta(engine, %s);", number.data);
	if (has_changes)
		line(e, "const struct weft_change *change;");
	if (has_count)
		line(e, "size_t count;");
	if (has_seen)
		line(e, "struct weft_seen *seen;");
	if (has_once)
		line(e, "struct weft_seen *seen_old, *seen_new;");
	line(e, "weft_scope_of_engine(w, program, engine);");
	line(e, "w->counters = weft_engine_counters(engine, %s);", number.data);
	for (size_t i = 0; i < op->queries.count; i++) {
		const struct plan_query *q = op->queries.items[i];
		for (size_t k = 0; k < q->deltas.count; k++)
			feed(e, q->deltas.items[k], starts(q));
	}
	line(e, "return w->status != WEFT_OK ? w->status : weft_settle(engine, %s);", number.data);
	line(e, "}");
}

/* ---- merge ---- */

void emit_merge(struct emitter *e, const struct plan_operator *op)
{
	const struct symbol *fn = op->merge->symbol;
	struct text type = c_stored(e, op->table->row), name = emit_fn(e, fn);
	const char *scope = fn_uses_scope(e, fn) ? "w, " : "";
	e->out = &e->code;
	blank_line(e);
	line(e,
		"static enum weft_status %s__merge(const void *program, struct weft_engine "
		"*engine, void *into, const void *next)",
		op->c_name.data);
	line(e, "{");
	line(e, "struct weft_scope scope, *w = &scope;");
	line(e, "weft_scope_of_engine(w, program, engine);");
	line(e, "%s merged = *%s(%s(const %s *)into, (const %s *)next);", type.data, name.data,
		scope, type.data, type.data);
	line(e, "memcpy(into, &merged, sizeof(merged));");
	line(e, "return w->status;");
	line(e, "}");
}

/* ---- groups ---- */

static bool is_sum(const struct plan_aggregate *a)
{
	return a->kind == PLAN_AGG_SUM && a->type->kind != TYPE_FLOAT;
}

struct names {
	const struct record *row, *round;
	struct text row_type, round_type;
};

static const char *column(
	struct emitter *e, const struct record *r, const char *prefix, size_t number)
{
	return column_lvalue(e, r, prefix, number).data;
}

static void copy_column(
	struct emitter *e, const struct names *n, const char *from, size_t to, size_t at)
{
	const struct type *t = n->row->fields[to].type, *have = n->round->fields[at].type;
	emit_store(e, column_lvalue(e, n->row, "row->", to), t,
		operand_stored(have, column_lvalue(e, n->round, from, at)));
}

static void emit_accumulator(
	struct emitter *e, const struct plan_operator *op, const struct names *n)
{
	size_t fields = 0;
	line(e, "struct %s__sums {", op->c_name.data);
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		if (is_sum(a))
			line(e, "struct weft_wide %s;", column(e, n->row, "", a->column)), fields++;
		else if (a->included != SIZE_MAX)
			line(e, "int64_t %s;", column(e, n->row, "", a->column)), fields++;
	}
	if (fields == 0)
		line(e, "int64_t rounds;");
	line(e, "};");
	blank_line(e);
	line(e,
		"static void %s__accumulate(const void *program, void *accumulator, const void "
		"*of, int64_t weight)",
		op->c_name.data);
	line(e, "{");
	line(e, "struct %s__sums *sums = (struct %s__sums *)accumulator;", op->c_name.data,
		op->c_name.data);
	if (fields)
		line(e, "const %s *round = (const %s *)of;", n->round_type.data,
			n->round_type.data);
	line(e, "(void)program;");
	if (fields == 0)
		line(e, "(void)of;");
	if (fields == 0)
		line(e, "sums->rounds += weight;");
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		if (!is_sum(a) && a->included == SIZE_MAX)
			continue;
		if (a->included != SIZE_MAX)
			line(e, "if (%s)", column(e, n->round, "round->", a->included));
		const char *sum = column(e, n->row, "sums->", a->column);
		const char *text = is_sum(a)
			? text_format(e->arena, "weft_wide_add(&%s, %s, weight);", sum,
				  column(e, n->round, "round->", a->argument))
				  .data
			: text_format(e->arena, "%s += weight;", sum).data;
		if (a->included != SIZE_MAX)
			line_under(e, "%s", text);
		else
			line(e, "%s", text);
	}
	line(e, "}");
}

static void emit_finish(struct emitter *e, const struct plan_operator *op, const struct names *n)
{
	bool uses_sums = false, uses_count = false;
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		if (is_sum(a) || a->included != SIZE_MAX)
			uses_sums = true;
		else
			uses_count = true;
	}
	blank_line(e);
	line(e,
		"static enum weft_status %s__finish(const void *program, struct weft_engine "
		"*engine, const void *group, const void *accumulator, "
		"int64_t count, void *result)",
		op->c_name.data);
	line(e, "{");
	line(e, "%s *row = (%s *)result;", n->row_type.data, n->row_type.data);
	if (op->group_count)
		line(e, "const %s *round = (const %s *)group;", n->round_type.data,
			n->round_type.data);
	else
		line(e, "(void)group;");
	if (uses_sums)
		line(e, "const struct %s__sums *sums = (const struct %s__sums *)accumulator;",
			op->c_name.data, op->c_name.data);
	else
		line(e, "(void)accumulator;");
	line(e, "(void)program;");
	line(e, "(void)engine;");
	if (!uses_count)
		line(e, "(void)count;");
	for (size_t i = 0; i < op->group_count; i++)
		copy_column(e, n, "round->", i, i);
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		const char *to = column(e, n->row, "row->", a->column),
			   *sum = column(e, n->row, "sums->", a->column);
		if (is_sum(a))
			line(e, "%s = weft_wide_narrow(%s);", to, sum);
		else
			line(e, "%s = %s;", to, a->included != SIZE_MAX ? sum : "count");
	}
	line(e, "return WEFT_OK;");
	line(e, "}");
}

/* ---- aggregates made again from the rounds ---- */

static const char *best(struct emitter *e, const struct names *n, const struct plan_aggregate *a)
{
	return text_format(e->arena, "best_%s", column(e, n->row, "", a->column)).data;
}

static void declare_aggregate(
	struct emitter *e, const struct plan_aggregate *a, const struct names *n)
{
	const char *name = column(e, n->row, "", a->column);
	switch (a->kind) {
	case PLAN_AGG_MIN:
	case PLAN_AGG_MAX:
	case PLAN_AGG_FIRST:
		line(e, "const %s *%s = NULL;", n->round_type.data, best(e, n, a));
		break;
	case PLAN_AGG_COUNT:
		if (a->distinct)
			line(e, "struct weft_seen *met_%s = NULL;", name);
		break;
	case PLAN_AGG_SUM:
		if (is_sum(a))
			line(e, "struct weft_wide sum_%s = { 0, 0 };", name);
		break;
	case PLAN_AGG_COLLECT:
		line(e, "struct weft_collected *list_%s = NULL;", name);
		break;
	case PLAN_AGG_NONE:
		line(e, "row->%s = true;", name);
		break;
	default:
		break;
	}
}

static void take_round(struct emitter *e, const struct plan_aggregate *a, const struct names *n)
{
	const char *name = column(e, n->row, "", a->column),
		   *to = column(e, n->row, "row->", a->column);
	const char *argument =
		a->argument == SIZE_MAX ? "" : column(e, n->round, "round->", a->argument);
	const char *by = a->by == SIZE_MAX ? argument : column(e, n->round, "round->", a->by);
	const struct type *by_type = a->argument == SIZE_MAX
		? NULL
		: n->round->fields[a->by == SIZE_MAX ? a->argument : a->by].type;
	if (a->included != SIZE_MAX)
		line(e, "if (%s) {", column(e, n->round, "round->", a->included));
	switch (a->kind) {
	case PLAN_AGG_COUNT:
		if (a->distinct) {
			line(e, "status = weft_seen_add(engine, &met_%s, &%s, sizeof(%s));", name,
				argument, argument);
			line(e, "if (status < 0)");
			line_under(e, "return status;");
			line(e, "%s += status == WEFT_OK;", to);
		} else {
			line(e, "%s += times;", to);
		}
		break;
	case PLAN_AGG_SUM:
		if (is_sum(a))
			line(e, "weft_wide_add(&sum_%s, %s, times);", name, argument);
		else
			line(e, "%s += %s * (double)times;", to, argument);
		break;
	case PLAN_AGG_FIRST:
		line(e, "order = %s == NULL ? -1 : weft_value_compare(intern, %s, &%s, &%s%s);",
			best(e, n, a), c_descriptor(e, by_type).data, by, best(e, n, a),
			by + sizeof("round") - 1);
		line(e, "if (order == 0)");
		line_under(e, "order = weft_value_compare(intern, %s, &%s, &%s%s);",
			c_descriptor(e, n->round->fields[a->argument].type).data, argument,
			best(e, n, a), argument + sizeof("round") - 1);
		line(e, "if (order < 0)");
		line_under(e, "%s = round;", best(e, n, a));
		break;
	case PLAN_AGG_MIN:
	case PLAN_AGG_MAX:
		line(e, "if (%s == NULL || weft_value_compare(intern, %s, &%s, &%s%s) %s 0)",
			best(e, n, a), c_descriptor(e, by_type).data, by, best(e, n, a),
			by + sizeof("round") - 1, a->kind == PLAN_AGG_MAX ? ">" : "<");
		line_under(e, "%s = round;", best(e, n, a));
		break;
	case PLAN_AGG_COLLECT:
		line(e, "status = weft_collect(engine, &list_%s, &%s, &%s, times);", name, by,
			argument);
		line(e, "if (status != WEFT_OK)");
		line_under(e, "return status;");
		break;
	case PLAN_AGG_SOME:
	case PLAN_AGG_NONE:
		line(e, "if (%s)", argument);
		line_under(e, "%s = %s;", to, a->kind == PLAN_AGG_SOME ? "true" : "false");
		break;
	}
	if (a->included != SIZE_MAX)
		line(e, "}");
}

static void finish_aggregate(
	struct emitter *e, const struct plan_aggregate *a, const struct names *n)
{
	const char *name = column(e, n->row, "", a->column),
		   *to = column(e, n->row, "row->", a->column);
	if (is_sum(a))
		line(e, "%s = weft_wide_narrow(sum_%s);", to, name);
	if (a->kind == PLAN_AGG_MIN || a->kind == PLAN_AGG_MAX || a->kind == PLAN_AGG_FIRST) {
		line(e, "if (%s != NULL) {", best(e, n, a));
		copy_column(e, n, text_format(e->arena, "%s->", best(e, n, a)).data, a->column,
			a->argument);
		line(e, "}");
	}
	if (a->kind == PLAN_AGG_COLLECT) {
		const struct type *item = n->round->fields[a->argument].type;
		const struct type *by = a->by == SIZE_MAX ? item : n->round->fields[a->by].type;
		line(e, "status = weft_collected_list(engine, list_%s, %s, %s, &%s);", name,
			c_descriptor(e, by).data, c_descriptor(e, item).data, to);
		line(e, "if (status != WEFT_OK)");
		line_under(e, "return status;");
	}
}

static void emit_rounds(struct emitter *e, const struct plan_operator *op, const struct names *n)
{
	bool uses_intern = false, uses_status = false, uses_order = false;
	for (size_t i = 0; i < op->aggregates.count; i++) {
		const struct plan_aggregate *a = op->aggregates.items[i];
		uses_intern = uses_intern || a->kind == PLAN_AGG_MIN || a->kind == PLAN_AGG_MAX ||
			a->kind == PLAN_AGG_FIRST;
		uses_status = uses_status || a->kind == PLAN_AGG_COLLECT ||
			(a->kind == PLAN_AGG_COUNT && a->distinct);
		uses_order = uses_order || a->kind == PLAN_AGG_FIRST;
	}
	line(e,
		"static enum weft_status %s__group(const void *program, struct weft_engine "
		"*engine, struct weft_rounds *rounds, int64_t count, "
		"void *result)",
		op->c_name.data);
	line(e, "{");
	line(e, "%s *row = (%s *)result;", n->row_type.data, n->row_type.data);
	if (uses_intern)
		line(e, "const struct weft_intern *intern = weft_engine_intern(engine);");
	if (uses_status)
		line(e, "enum weft_status status;");
	if (uses_order)
		line(e, "int order;");
	line(e, "int64_t times;");
	line(e, "(void)program;");
	line(e, "(void)count;");
	if (!uses_intern && !uses_status)
		line(e, "(void)engine;");
	for (size_t i = 0; i < op->aggregates.count; i++)
		declare_aggregate(e, op->aggregates.items[i], n);
	line(e,
		"for (const %s *round = (const %s *)weft_rounds_next(rounds, &times); round != "
		"NULL; round = (const %s *)weft_rounds_next(rounds, &times)) {",
		n->round_type.data, n->round_type.data, n->round_type.data);
	for (size_t i = 0; i < op->group_count; i++)
		copy_column(e, n, "round->", i, i);
	for (size_t i = 0; i < op->aggregates.count; i++)
		take_round(e, op->aggregates.items[i], n);
	line(e, "}");
	for (size_t i = 0; i < op->aggregates.count; i++)
		finish_aggregate(e, op->aggregates.items[i], n);
	line(e, "return WEFT_OK;");
	line(e, "}");
}

void emit_group(struct emitter *e, const struct plan_operator *op)
{
	struct names n = { op->table->record, op->candidate->record, c_stored(e, op->table->row),
		c_stored(e, op->candidate) };
	struct emit_body body;
	e->out = &e->code;
	emit_body_begin(e, &body);
	body.section.indent = 0;
	if (op->accumulates) {
		emit_accumulator(e, op, &n);
		emit_finish(e, op, &n);
	} else {
		emit_rounds(e, op, &n);
	}
	emit_body_end(e, &body);
	e->out = &e->code;
	blank_line(e);
	emit_body_print(e, &body);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_table.c: the plan as data: tables with their keys and indexes, operators with their inputs
 * and settling. Everything that needs code was printed by emit_operators before.
 */
#include "emit_query.h"
#include "check.h"
#include "emit_make.h"
#include "plan_make.h"

static void emit_numbers(struct emitter *e)
{
	e->out = &e->types;
	blank_line(e);
	line(e, "enum {");
	for (size_t i = 0; i < e->plan->tables.count; i++)
		line(e, "%s,", c_table(e, e->plan->tables.items[i]).data);
	line(e, "};");
	if (e->plan->operators.count == 0)
		return;
	line(e, "enum {");
	for (size_t i = 0; i < e->plan->operators.count; i++)
		line(e, "%s,", operator_name(e, e->plan->operators.items[i]).data);
	line(e, "};");
}

static void emit_computed_indexes(struct emitter *e)
{
	for (size_t i = 0; i < e->plan->tables.count; i++) {
		const struct plan_table *t = e->plan->tables.items[i];
		for (size_t k = 0; k < t->indexes.count; k++) {
			const struct plan_index *x = t->indexes.items[k];
			if (x->anchor != PLAN_NO_ANCHOR)
				emit_index_anchors(e, t, x);
			else if (x->computed)
				emit_index_keys(e, t, x);
		}
	}
}

void emit_operators(struct emitter *e)
{
	struct emit_section *out = e->out;
	emit_numbers(e);
	e->out = &e->code;
	emit_computed_indexes(e);
	for (size_t i = 0; i < e->plan->operators.count; i++) {
		const struct plan_operator *op = e->plan->operators.items[i];
		for (size_t k = 0; k < op->queries.count; k++) {
			struct plan_query *q = op->queries.items[k];
			for (size_t j = 0; j < q->terms.count; j++)
				emit_term(e, q, q->terms.items[j]);
			for (size_t j = 0; j < q->deltas.count; j++)
				emit_delta(e, q, q->deltas.items[j]);
		}
		if (op->settle == PLAN_MERGE)
			emit_merge(e, op);
		if (op->settle == PLAN_GROUPED)
			emit_group(e, op);
		emit_operator_run(e, op);
	}
	e->out = out;
}

/* ---- static tables ---- */

/* `static const uint16_t NAME[] = { 0, 1 };` and NAME; "NULL" when there are none. */
static const char *numbers(struct emitter *e, const char *name, const size_t *values, size_t count)
{
	struct buffer b = { .arena = e->arena };
	if (count == 0)
		return "NULL";
	for (size_t i = 0; i < count; i++)
		buffer_format(&b, "%s%zu", i ? ", " : "", values[i]);
	line(e, "static const uint16_t %s[] = { %s };", name, buffer_text(&b).data);
	return name;
}

static const char *named(struct emitter *e, struct text c_name_of, const char *suffix)
{
	return text_format(e->arena, "%s__%.*s_%s", e->name.data, TEXT_ARG(c_name_of), suffix).data;
}

static const char *emit_indexes(struct emitter *e, const struct plan_table *t)
{
	if (t->indexes.count == 0)
		return "NULL";
	const char **columns = ARENA_ARRAY(e->arena, const char *, t->indexes.count);
	for (size_t i = 0; i < t->indexes.count; i++) {
		const struct plan_index *x = t->indexes.items[i];
		const char *name = named(
			e, t->c_name, text_format(e->arena, "by_%.*s", TEXT_ARG(x->name)).data);
		columns[i] = numbers(e, name, x->columns, x->column_count);
	}
	const char *name = named(e, t->c_name, "indexes");
	line(e, "static const struct weft_index_info %s[] = {", name);
	for (size_t i = 0; i < t->indexes.count; i++) {
		const struct plan_index *x = t->indexes.items[i];
		line(e, "{ %s, %s, %zu, %s },", c_string(e->arena, x->name).data, columns[i],
			x->column_count, x->computed ? x->c_name.data : "NULL");
	}
	line(e, "};");
	return name;
}

static const char *flag(bool b)
{
	return b ? "true" : "false";
}

static void emit_tables(struct emitter *e)
{
	size_t count = e->plan->tables.count;
	const char **keys = ARENA_ARRAY(e->arena, const char *, count + 1),
		   **indexes = ARENA_ARRAY(e->arena, const char *, count + 1);
	struct text *rows = ARENA_ARRAY(e->arena, struct text, count + 1);
	for (size_t i = 0; i < count; i++) {
		const struct plan_table *t = e->plan->tables.items[i];
		rows[i] = c_descriptor(e, t->row);
		keys[i] = numbers(e, named(e, t->c_name, "key"), t->key, t->key_count);
		indexes[i] = emit_indexes(e, t);
	}
	blank_line(e);
	line(e, "static const struct weft_table_info tables[] = {");
	for (size_t i = 0; i < count; i++) {
		const struct plan_table *t = e->plan->tables.items[i];
		line(e, "{ %s, %s, %s, %zu, %zu, %s, %s, %s, %s },",
			c_string(e->arena, t->name).data, rows[i].data, keys[i], t->key_count,
			t->indexes.count, indexes[i], flag(t->is_input), flag(t->is_published),
			flag(t->is_internal));
	}
	line(e, "};");
}

static const char *settle_name(enum plan_settle s)
{
	switch (s) {
	case PLAN_KEEP_FIRST:
		return "WEFT_SETTLE_KEEP_FIRST";
	case PLAN_KEEP_LAST:
		return "WEFT_SETTLE_KEEP_LAST";
	case PLAN_MERGE:
		return "WEFT_SETTLE_MERGE";
	case PLAN_REJECT:
		return "WEFT_SETTLE_REJECT";
	case PLAN_GROUPED:
		return "WEFT_SETTLE_GROUP";
	default:
		return "WEFT_SETTLE_UNIQUE";
	}
}

static void emit_settle(struct emitter *e, const struct plan_operator *op)
{
	bool ordered = op->settle == PLAN_KEEP_FIRST || op->settle == PLAN_KEEP_LAST ||
		op->settle == PLAN_MERGE;
	size_t count = ordered ? column_count(op->candidate->record) - 1 : 0;
	size_t *order = ARENA_ARRAY(e->arena, size_t, count + 1);
	for (size_t i = 0; i < count; i++)
		order[i] = i + 1;
	struct text candidate = c_descriptor(e, op->candidate);
	const char *numbers_name = numbers(e, named(e, op->c_name, "order"), order, count);
	bool grouped = op->settle == PLAN_GROUPED;
	const char *c = op->c_name.data;
	line(e, "static const struct weft_settle_info %s = {", named(e, op->c_name, "settle"));
	line(e, "%s, %s, %s, %s, %zu, %zu,", c_string(e->arena, op->name).data,
		settle_name(op->settle), candidate.data, numbers_name, count,
		grouped ? op->group_count : 0);
	const char *merge =
		op->settle == PLAN_MERGE ? text_format(e->arena, "%s__merge", c).data : "NULL";
	const char *group =
		grouped && !op->accumulates ? text_format(e->arena, "%s__group", c).data : "NULL";
	if (grouped && op->accumulates)
		line(e, "%s, %s, %s__accumulate, %s__finish, sizeof(struct %s__sums), false,",
			merge, group, c, c, c);
	else
		line(e, "%s, %s, NULL, NULL, 0, false,", merge, group);
	line(e, "};");
}

static const char *emit_inputs(struct emitter *e, const struct plan_operator *op)
{
	if (op->inputs.count == 0)
		return "NULL";
	const char *name = named(e, op->c_name, "inputs");
	line(e, "static const struct weft_operator_input %s[] = {", name);
	for (size_t i = 0; i < op->inputs.count; i++) {
		const struct plan_input *in = op->inputs.items[i];
		line(e, "{ %s, UINT64_C(0x%llx) },", c_table(e, in->table).data,
			(unsigned long long)in->columns);
	}
	line(e, "};");
	return name;
}

static void emit_operator_table(struct emitter *e)
{
	size_t count = e->plan->operators.count;
	const char **inputs = ARENA_ARRAY(e->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		inputs[i] = emit_inputs(e, e->plan->operators.items[i]);
		emit_settle(e, e->plan->operators.items[i]);
	}
	blank_line(e);
	line(e, "static const struct weft_operator_info operators[] = {");
	for (size_t i = 0; i < count; i++) {
		const struct plan_operator *op = e->plan->operators.items[i];
		line(e, "{ %s, %s__run, %s, %zu, %s, %s, &%s },", c_string(e->arena, op->name).data,
			op->c_name.data, inputs[i], op->inputs.count, c_table(e, op->table).data,
			op->table->conflicts ? c_table(e, op->table->conflicts).data : "WEFT_NONE",
			named(e, op->c_name, "settle"));
	}
	line(e, "};");
}

void emit_engine_info(struct emitter *e)
{
	size_t tables = e->plan->tables.count, operators = e->plan->operators.count;
	struct emit_section *out = e->out;
	e->out = &e->tables;
	blank_line(e);
	if (tables)
		emit_tables(e);
	if (operators)
		emit_operator_table(e);
	blank_line(e);
	line(e, "static const struct weft_engine_info engine_info = { %s, %zu, %zu, %s };",
		tables ? "tables" : "NULL", tables, operators, operators ? "operators" : "NULL");
	e->out = out;
}

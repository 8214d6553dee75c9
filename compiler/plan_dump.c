/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_dump.c: a plan as text: `weft check --dump=plan FILE`. Tables with their keys and indexes,
 * then each operator with its look-ups and delta plans, a step per line, with the state (old, new)
 * in which each table is read.
 */
#include "compile.h"
#include "lex.h"
#include "plan_make.h"

static const char *const step_names[] = {
#define STEP(kind, name, what) [PLAN_##kind] = name,
#include "plan.tbl"
#undef STEP
};
static const char *const settle_names[] = { "unique", "keep first", "keep last", "merge", "reject",
	"group" };
static const char *const kind_names[] = { "input", "derived", "rule", "observed", "rejected",
	"conflicts", "group" };

struct text plan_source_text(const struct node *n)
{
	const struct source *s = n->source;
	uint32_t begin = s->tokens[n->first].begin, end = s->tokens[n->last].end;
	return (struct text){ s->text.data + begin, end - begin };
}

/* On one line. */
static void print_node(struct buffer *out, const struct node *n)
{
	struct text t = plan_source_text(n);
	bool space = false;
	for (size_t i = 0; i < t.size; i++) {
		bool blank = t.data[i] == ' ' || t.data[i] == '\n' || t.data[i] == '\t';
		if (!blank || !space)
			buffer_format(out, "%c", blank ? ' ' : t.data[i]);
		space = blank;
	}
}

static void print_columns(
	struct buffer *out, const struct plan_table *t, const size_t *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_format(out, "%s%.*s", i ? ", " : "",
			TEXT_ARG(plan_table_column(t, columns[i])->name));
}

static void print_mask(struct buffer *out, const struct plan_table *t, uint64_t mask)
{
	size_t count = plan_column_count(t->record);
	bool first = true;
	for (size_t i = 0; i < count && i < 63; i++) {
		if (!(mask >> i & 1))
			continue;
		buffer_format(
			out, "%s%.*s", first ? "" : ", ", TEXT_ARG(plan_table_column(t, i)->name));
		first = false;
	}
}

static void print_value(struct buffer *out, const struct plan_value *v)
{
	if (v == NULL || (v->node == NULL && v->variable == NULL))
		buffer_format(out, "true");
	else if (v->node)
		print_node(out, v->node);
	else if (v->position)
		buffer_format(out, "position of %.*s", TEXT_ARG(v->variable->name));
	else if (v->column == SIZE_MAX)
		buffer_format(out, "%.*s", TEXT_ARG(v->variable->name));
	else if (v->variable->kind != PLAN_SOURCE)
		buffer_format(out, "%.*s.%zu", TEXT_ARG(v->variable->name), v->column);
	else
		buffer_format(out, "%.*s.%.*s", TEXT_ARG(v->variable->name),
			TEXT_ARG(plan_table_column(v->variable->table, v->column)->name));
	if (v && v->part != SIZE_MAX)
		buffer_format(out, "[%zu]", v->part);
}

static void print_filter(struct buffer *out, const struct plan_filter *f)
{
	if (f->node) {
		buffer_format(out, f->negated ? "not (" : "");
		print_node(out, f->node);
		buffer_format(out, f->negated ? ")" : "");
		return;
	}
	print_value(out, f->left);
	buffer_format(out, " == ");
	print_value(out, f->right);
}

static void print_table(struct buffer *out, const struct plan_table *t)
{
	buffer_format(
		out, "table %u %.*s: %s, key [", t->number, TEXT_ARG(t->name), kind_names[t->kind]);
	print_columns(out, t, t->key, t->key_count);
	buffer_format(out, "]%s\n  columns ", t->is_published ? ", published" : "");
	print_mask(out, t, UINT64_MAX);
	buffer_format(out, "\n");
	for (size_t i = 0; i < t->indexes.count; i++) {
		const struct plan_index *x = t->indexes.items[i];
		buffer_format(out, "  index %u ", x->number);
		if (x->anchor != PLAN_NO_ANCHOR) {
			print_columns(out, t, x->columns, x->column_count);
			buffer_format(out, "%sanchors of %.*s", x->column_count ? ", " : "",
				TEXT_ARG(plan_table_column(t, x->anchored)->name));
		} else if (x->computed) {
			buffer_format(out, "of each row's ");
			print_value(out, x->values.items[0]);
		} else {
			print_columns(out, t, x->columns, x->column_count);
		}
		buffer_format(out, "\n");
	}
}

static void print_when(struct buffer *out, const struct plan_delta *d, unsigned position)
{
	static const char *const names[] = { "old", "new", "old and new" };
	if (d)
		buffer_format(out, ", %s", names[plan_when(d, position)]);
}

static void print_step(
	struct buffer *out, const struct plan_step *s, const struct plan_delta *d, unsigned depth)
{
	buffer_format(out, "%*s%s", (int)depth, "", step_names[s->kind]);
	if (s->variable)
		buffer_format(out, " %.*s", TEXT_ARG(s->variable->name));
	if (s->variable && s->variable->table)
		buffer_format(out, " in %.*s", TEXT_ARG(s->variable->table->name));
	if (s->keys.count) {
		buffer_format(out, " by ");
		if (s->index && s->index->computed && !s->anchors)
			buffer_format(out, "index %u", s->index->number);
		else if (s->index)
			print_columns(
				out, s->variable->table, s->index->columns, s->index->column_count);
		else
			buffer_format(out, "key");
		for (size_t i = 0; i < s->keys.count; i++) {
			buffer_format(out, i ? ", " : " = ");
			print_value(out, s->keys.items[i]);
		}
	}
	if (s->anchors) {
		buffer_format(out, "%sanchors of %.*s that meet ", s->keys.count ? " and " : " by ",
			TEXT_ARG(plan_table_column(s->variable->table, s->index->anchored)->name));
		print_value(out, s->anchors);
	}
	if (s->variable && s->variable->value) {
		buffer_format(out, s->kind == PLAN_LET ? " = " : " in ");
		print_node(out, s->variable->value);
	}
	if (s->filter) {
		buffer_format(out, " ");
		print_filter(out, s->filter);
	}
	bool reads = s->kind == PLAN_GET || s->kind == PLAN_PROBE || s->kind == PLAN_SCAN;
	if (reads)
		print_when(out, d, s->variable->position);
	buffer_format(out, "\n");
}

static void print_term(struct buffer *out, const struct plan_term *t)
{
	static const char *const names[] = { "row", "some", "count", "fold", "column" };
	buffer_format(out, "    look-up %u (%s%s): ", t->number, t->negated ? "not " : "",
		names[t->kind]);
	print_node(out, t->node);
	buffer_format(out, "\n");
	for (size_t i = 0; i < t->steps.count; i++)
		print_step(out, t->steps.items[i], NULL, 6);
}

static const char *cost_name(enum plan_cost cost)
{
	static const char *const names[] = {
#define COST(kind, name) name,
#include "plan.tbl"
#undef COST
	};
	return names[cost];
}

const char *plan_cost_name(enum plan_cost cost)
{
	return cost_name(cost);
}

static void print_query(struct buffer *out, const struct plan_query *q)
{
	buffer_format(out, "  query %u\n", q->number + 1);
	for (size_t i = 0; i < q->terms.count; i++)
		print_term(out, q->terms.items[i]);
	for (size_t i = 0; i < q->deltas.count; i++) {
		const struct plan_delta *d = q->deltas.items[i];
		buffer_format(out, "    %s%.*s: %s\n", d->table ? "when " : "at ",
			TEXT_ARG(d->table ? d->table->name : TEXT("start")), cost_name(d->cost));
		for (size_t k = 0; k < d->steps.count; k++)
			print_step(out, d->steps.items[k], d, 6);
	}
}

static void print_operator(struct buffer *out, const struct plan_operator *op)
{
	buffer_format(out, "operator %u %.*s: %s", op->number, TEXT_ARG(op->name),
		settle_names[op->settle]);
	if (op->settle == PLAN_GROUPED)
		buffer_format(out, op->accumulates ? ", accumulated" : ", from its rounds");
	buffer_format(out, "\n");
	for (size_t i = 0; i < op->inputs.count; i++) {
		const struct plan_input *in = op->inputs.items[i];
		buffer_format(out, "  reads %.*s: ", TEXT_ARG(in->table->name));
		print_mask(out, in->table, in->columns);
		buffer_format(out, "\n");
	}
	for (size_t i = 0; i < op->queries.count; i++)
		print_query(out, op->queries.items[i]);
}

void plan_dump(const struct plan *plan, struct buffer *out)
{
	for (size_t i = 0; i < plan->tables.count; i++)
		print_table(out, plan->tables.items[i]);
	for (size_t i = 0; i < plan->operators.count; i++)
		print_operator(out, plan->operators.items[i]);
	for (size_t i = 0; i < plan->rules.count; i++) {
		const struct plan_rule *r = plan->rules.items[i];
		buffer_format(out, "rule %.*s: needs", TEXT_ARG(r->symbol->name));
		for (size_t k = 0; k < r->needs.count; k++)
			buffer_format(out, "%s %.*s", k ? "," : "",
				TEXT_ARG(((struct plan_table *)r->needs.items[k])->name));
		buffer_format(out, "\n");
	}
}

bool dump_pass(struct compilation *c, struct text pass, FILE *out)
{
	struct buffer b = { .arena = c->arena };
	if (!text_is(pass, "plan"))
		return false;
	struct plan *plan = plan_program(c->program, c->diags);
	if (plan)
		plan_dump(plan, &b);
	fwrite(b.data, 1, b.size, out);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * graph.c: `weft graph FILE`: the operator graph in DOT; with --svg through `dot`, where it is
 * installed.
 */
#include "compile.h"
#include "plan_make.h"

static const char *shape_of(const struct plan_table *t)
{
	switch (t->kind) {
	case PLAN_INPUT:
		return "shape=cylinder, fillcolor=\"#dbe9f6\"";
	case PLAN_OBSERVED:
	case PLAN_REJECTED:
		return "shape=cylinder, fillcolor=\"#eeeeee\"";
	case PLAN_RULE_ROWS:
		return "shape=component, fillcolor=\"#fde9d0\"";
	case PLAN_GROUP:
		return "shape=box, style=\"filled,rounded,dashed\", fillcolor=\"#f7f7f7\"";
	default:
		return "shape=box, fillcolor=\"#e5f2e0\"";
	}
}

static bool is_read(const struct plan *plan, const struct plan_table *t)
{
	for (size_t i = 0; i < plan->operators.count; i++) {
		const struct plan_operator *op = plan->operators.items[i];
		for (size_t k = 0; k < op->inputs.count; k++)
			if (((struct plan_input *)op->inputs.items[k])->table == t)
				return true;
	}
	return t->is_published;
}

void plan_graph(const struct plan *plan, struct buffer *out)
{
	buffer_format(out,
		"digraph \"%.*s\" {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\", "
		"style=filled];\n",
		TEXT_ARG(plan->program->name));
	for (size_t i = 0; i < plan->tables.count; i++) {
		const struct plan_table *t = plan->tables.items[i];
		bool side = t->kind == PLAN_REJECTED || t->kind == PLAN_CONFLICTS ||
			t->kind == PLAN_OBSERVED;
		if (side && !is_read(plan, t))
			continue;
		buffer_format(out, "\tt%u [label=\"%.*s\\n[", t->number, TEXT_ARG(t->name));
		for (size_t k = 0; k < t->key_count && t->kind != PLAN_CONFLICTS; k++)
			buffer_format(out, "%s%.*s", k ? ", " : "",
				TEXT_ARG(plan_table_column(t, t->key[k])->name));
		buffer_format(out, "]\", %s];\n", shape_of(t));
	}
	for (size_t i = 0; i < plan->operators.count; i++) {
		const struct plan_operator *op = plan->operators.items[i];
		for (size_t k = 0; k < op->inputs.count; k++) {
			const struct plan_table *from =
				((struct plan_input *)op->inputs.items[k])->table;
			buffer_format(out, "\tt%u -> t%u;\n", from->number, op->table->number);
			if (op->table->conflicts && is_read(plan, op->table->conflicts))
				buffer_format(out, "\tt%u -> t%u [style=dashed];\n", from->number,
					op->table->conflicts->number);
		}
	}
	buffer_format(out, "}\n");
}

static int draw(struct text dot)
{
	FILE *pipe = popen("dot -Tsvg", "w");
	if (pipe == NULL)
		return 2;
	fwrite(dot.data, 1, dot.size, pipe);
	if (pclose(pipe) == 0)
		return 0;
	fputs("weft graph: `dot` of graphviz is needed for --svg\n", stderr);
	return 2;
}

int command_graph(int argc, char **argv)
{
	struct buffer out = { 0 };
	int code = plan_command(argc, argv, "--svg", plan_graph, &out);
	if (code == -1)
		code = draw(buffer_text(&out));
	else if (code == 0)
		fwrite(out.data, 1, out.size, stdout);
	if (out.arena)
		arena_free(out.arena);
	return code;
}

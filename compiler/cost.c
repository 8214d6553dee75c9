/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * cost.c: `weft cost FILE`: what one changed row of each input costs each derivation and rule, by
 * the plan that runs.
 */
#include "compile.h"
#include "check.h"
#include "plan_make.h"

static void print_index(struct buffer *line, const struct plan_step *s)
{
	const struct plan_table *t = s->variable->table;
	buffer_format(line, "%s%.*s", line->size ? ", " : "", TEXT_ARG(t->name));
	if (s->kind == PLAN_SCAN) {
		buffer_format(line, t->key_count ? " (all rows)" : "");
		return;
	}
	buffer_format(line, "[");
	if (s->index && s->index->computed && !s->anchors)
		buffer_format(line, "computed from each row");
	const size_t *columns = s->index ? s->index->columns : t->key;
	size_t count = s->index ? s->index->column_count : t->key_count;
	for (size_t i = 0; i < count; i++)
		buffer_format(line, "%s%.*s", i ? ", " : "",
			TEXT_ARG(plan_table_column(t, columns[i])->name));
	if (s->anchors)
		buffer_format(line, "%sanchors of %.*s", count ? ", " : "",
			TEXT_ARG(plan_table_column(t, s->index->anchored)->name));
	buffer_format(line, "]");
}

static void print_steps(struct buffer *line, const struct vec *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		const struct plan_step *s = steps->items[i];
		if (s->kind == PLAN_GET || s->kind == PLAN_PROBE || s->kind == PLAN_SCAN)
			print_index(line, s);
	}
}

static void print_delta(struct buffer *out, const struct plan *plan, const struct plan_operator *op,
	const struct plan_query *q, const struct plan_delta *d)
{
	struct buffer line = { .arena = plan->arena };
	print_steps(&line, &d->steps);
	for (size_t i = 0; i < q->terms.count; i++)
		print_steps(&line, &((struct plan_term *)q->terms.items[i])->steps);
	buffer_format(out, "%-24.*s %-24.*s %-12s %.*s\n", TEXT_ARG(d->table->name),
		TEXT_ARG(op->name), plan_cost_name(d->cost),
		TEXT_ARG(line.size ? buffer_text(&line) : TEXT("-")));
}

/* What a handler looks up while it judges a connection, also through decisions. */
struct connection {
	const struct plan *plan;
	struct buffer line;
	enum plan_cost cost;
	struct vec decisions;
};

static void each_look_up(struct connection *c, struct node *n);

static void take_look_up(struct connection *c, struct node *n)
{
	const struct plan_table *t = tree_table(n);
	const struct check_note *note = n->note;
	if (n->kind == NODE_CALL && n->symbol && n->symbol->kind == SYMBOL_DECISION) {
		for (size_t i = 0; i < c->decisions.count; i++)
			if (c->decisions.items[i] == n->symbol)
				return;
		vec_push(c->plan->arena, &c->decisions, n->symbol);
		each_look_up(c, n->symbol->declaration);
	}
	if (t == NULL)
		return;
	bool by_key = note->meaning == MEANS_ROW_BY_KEY || note->meaning == MEANS_ROWS_BY_KEY;
	bool all_rows = note->meaning == MEANS_ALL_ROWS || note->meaning == MEANS_TABLE_OF;
	bool few = by_key || t->kind == PLAN_REJECTED; /* what is broken just now */
	if (all_rows && !t->single && !few)
		c->cost = PLAN_COST_SCAN;
	else if ((note->meaning == MEANS_ROWS_BY_KEY || t->kind == PLAN_REJECTED) &&
		c->cost < PLAN_COST_MATCHES)
		c->cost = PLAN_COST_MATCHES;
	buffer_format(&c->line, "%s%.*s%s", c->line.size ? ", " : "", TEXT_ARG(t->name),
		by_key ? "[" : "");
	bool first = true;
	for (size_t i = 0; by_key && i < note->key_count; i++) {
		if (note->key[i].value == NULL)
			continue;
		buffer_format(&c->line, "%s%.*s", first ? "" : ", ",
			TEXT_ARG(plan_table_column(t, t->key[i])->name));
		first = false;
	}
	buffer_format(&c->line, by_key ? "]" : all_rows ? " (all rows)" : "");
}

/* An INDEX is one look-up, and rejected(c) one walk: the table's name in it is none of its own. */
static void each_look_up(struct connection *c, struct node *n)
{
	struct plan_table *t = tree_table(n);
	take_look_up(c, n);
	if (t && n->note->meaning == MEANS_TABLE_OF)
		return;
	for (uint32_t i = t && n->kind == NODE_INDEX ? INDEX_ARGUMENTS : 0; i < n->count; i++)
		if (n->kids[i])
			each_look_up(c, n->kids[i]);
}

static void print_connection(
	struct buffer *out, const struct plan *plan, const struct plan_rule *rule)
{
	struct connection c = { .plan = plan, .line = { .arena = plan->arena } };
	struct node *body = kid(rule->symbol->declaration, RULE_BODY);
	if (body)
		each_look_up(&c, body);
	buffer_format(out, "%-24s %-24.*s %-12s %.*s\n", "(each connection)",
		TEXT_ARG(rule->symbol->name), plan_cost_name(c.cost),
		TEXT_ARG(c.line.size ? buffer_text(&c.line) : TEXT("-")));
}

void plan_cost(const struct plan *plan, struct buffer *out)
{
	buffer_format(out, "%-24s %-24s %-12s %s\n", "a change of", "costs", "", "through");
	for (size_t t = 0; t < plan->tables.count; t++) {
		for (size_t i = 0; i < plan->operators.count; i++) {
			const struct plan_operator *op = plan->operators.items[i];
			for (size_t k = 0; k < op->queries.count; k++) {
				const struct plan_query *q = op->queries.items[k];
				for (size_t j = 0; j < q->deltas.count; j++) {
					const struct plan_delta *d = q->deltas.items[j];
					if (d->table == plan->tables.items[t])
						print_delta(out, plan, op, q, d);
				}
			}
		}
	}
	for (size_t i = 0; i < plan->rules.count; i++)
		print_connection(out, plan, plan->rules.items[i]);
}

/* Both commands take one file and print one text. */
int plan_command(int argc, char **argv, const char *format,
	void (*print)(const struct plan *, struct buffer *), struct buffer *result)
{
	static const struct option options[] = { { "--svg", NULL, "" } };
	const char *path = NULL;
	bool failed = false;
	int index = 1;
	struct option_match m;
	while (option_next(argc, argv, options, format ? 1 : 0, &index, &m, &failed)) {
		if (m.option == NULL)
			path = m.value;
		else
			result->size = 1;
	}
	bool flagged = result->size == 1;
	result->size = 0;
	if (failed || path == NULL) {
		if (!failed)
			fprintf(stderr, "weft %s: which file?\nTry `weft %s --help`.\n", argv[0],
				argv[0]);
		return 2;
	}
	struct compilation c = { 0 };
	if (!compile_open(&c, text_of(path), compile_argv0()))
		return 2;
	struct plan *plan =
		compile_check(&c) && c.program ? plan_program(c.program, c.diags) : NULL;
	int code = compile_report(&c, false);
	if (plan == NULL)
		return code;
	result->arena = c.arena;
	print(plan, result);
	return flagged ? -1 : 0;
}

int command_cost(int argc, char **argv)
{
	struct buffer out = { 0 };
	int code = plan_command(argc, argv, NULL, plan_cost, &out);
	if (code == 0)
		fwrite(out.data, 1, out.size, stdout);
	if (out.arena)
		arena_free(out.arena);
	return code;
}

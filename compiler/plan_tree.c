/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_tree.c: what the planner reads out of the typed tree: which expressions are tables, which
 * names are declared where. The contract of the notes is check.h.
 */
#include "check.h"
#include "plan_make.h"

/* A `let` of `rows of c` is another name for its value. */
struct node *tree_source(struct node *e)
{
	while (e->kind == NODE_NAME && e->symbol && e->symbol->kind == SYMBOL_LET && e->type &&
		e->type->kind == TYPE_ROWS)
		e = kid(e->symbol->declaration, LET_VALUE);
	return e;
}

static bool reads_table(enum meaning m)
{
	return m == MEANS_ROW_BY_KEY || m == MEANS_ROWS_BY_KEY || m == MEANS_ALL_ROWS ||
		m == MEANS_SINGLE || m == MEANS_TABLE_OF;
}

struct plan_table *tree_table(const struct node *e)
{
	if (e->note == NULL || !reads_table(e->note->meaning))
		return NULL;
	return plan_table_of(e->note->table);
}

bool tree_is_row(const struct node *e)
{
	return e->note &&
		(e->note->meaning == MEANS_ROW_BY_KEY || e->note->meaning == MEANS_SINGLE);
}

bool tree_is_aggregate(const struct node *e)
{
	return (e->kind == NODE_CALL && e->note && e->note->meaning == MEANS_AGGREGATE) ||
		e->kind == NODE_LIST_FROM;
}

enum builtin tree_builtin(const struct node *call)
{
	return call->symbol ? call->symbol->builtin : BUILTIN_NONE;
}

struct node *tree_comprehension(const struct node *e)
{
	if (e->kind == NODE_LIST_FROM)
		return kid(e, LIST_FROM_SOURCE);
	if (!tree_is_aggregate(e))
		return NULL;
	struct node *argument = kid(kid(e, CALL_ARGUMENTS), 0);
	return argument->kind == NODE_COMPREHENSION ? argument : NULL;
}

bool tree_walks_table(const struct node *comprehension)
{
	const struct node *fors = kid(comprehension, COMPREHENSION_FORS);
	for (uint32_t i = 0; i < fors->count; i++)
		if (fors->kids[i]->note && fors->kids[i]->note->meaning == MEANS_FOR_ROWS)
			return true;
	return false;
}

/* Expressions only: what is declared, not what a type node or a pattern spells. */
void tree_each(struct node *n, tree_visit_fn *visit, void *user)
{
	if (n == NULL)
		return;
	visit(user, n);
	for (uint32_t i = 0; i < n->count; i++)
		tree_each(n->kids[i], visit, user);
}

struct search {
	const void *wanted;
	bool found;
};

static void find_node(void *user, struct node *n)
{
	struct search *s = user;
	if (n == s->wanted)
		s->found = true;
}

bool tree_contains(const struct node *whole, const struct node *part)
{
	struct search s = { part, false };
	tree_each((struct node *)whole, find_node, &s);
	return s.found;
}

static void find_declaration(void *user, struct node *n)
{
	struct search *s = user;
	bool declares = n->kind == NODE_FOR || n->kind == NODE_LET;
	if (declares && n->symbol == s->wanted)
		s->found = true;
	if (n->kind != NODE_PATTERN)
		return;
	const struct node *bindings = kid(n, PATTERN_BINDINGS);
	for (uint32_t i = 0; bindings && i < bindings->count; i++)
		if (bindings->kids[i]->symbol == s->wanted)
			s->found = true;
}

bool tree_declared_inside(const struct node *whole, const struct symbol *symbol)
{
	struct search s = { symbol, false };
	tree_each((struct node *)whole, find_declaration, &s);
	return s.found;
}

static void find_skip(void *user, struct node *n)
{
	struct search *s = user;
	if (n->kind == NODE_SKIP)
		s->found = true;
}

bool tree_may_skip(const struct node *e)
{
	struct search s = { NULL, false };
	tree_each((struct node *)e, find_skip, &s);
	return s.found;
}

bool tree_is_local(const struct symbol *symbol)
{
	if (symbol == NULL || symbol->plan != NULL)
		return false;
	return symbol->kind == SYMBOL_FOR || symbol->kind == SYMBOL_LET ||
		symbol->kind == SYMBOL_BINDING || symbol->kind == SYMBOL_ARGUMENT;
}

bool tree_is_some(enum builtin b)
{
	return b == BUILTIN_SOME || b == BUILTIN_NO_ROUND || b == BUILTIN_ALL;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_rule.c: a rule as a derivation of desired rows: the key columns of what it walks, its
 * address, whether it has to wait, and what its handler reads of the row, so that a change of
 * anything else leaves an instance alone.
 */
#include "check.h"
#include "plan_make.h"

struct reader {
	struct plan *plan;
	struct plan_rule *rule;
	struct plan_query *query;
	struct record *record;
	struct maker *m;
};

struct plan_rule *plan_rule_of(const struct plan *plan, const struct symbol *rule)
{
	for (size_t i = 0; i < plan->rules.count; i++) {
		struct plan_rule *r = plan->rules.items[i];
		if (r->symbol == rule)
			return r;
	}
	return NULL;
}

size_t plan_rule_column(const struct plan_rule *rule, const struct symbol *variable, size_t field)
{
	for (size_t i = 0; i < rule->columns.count; i++) {
		const struct plan_rule_column *c = rule->columns.items[i];
		if (c->variable == variable && c->field == field)
			return c->column;
	}
	return PLAN_NO_COLUMN;
}

static void map_column(struct plan *plan, struct plan_rule *rule, struct symbol *variable,
	size_t field, size_t column)
{
	struct plan_rule_column *c = ARENA_NEW(plan->arena, struct plan_rule_column);
	*c = (struct plan_rule_column){ variable, field, column };
	vec_push(plan->arena, &rule->columns, c);
}

/* A field of a variable (NO_FIELD: all of it), by its number in the record's type. */
static struct plan_value *variable_value(struct plan *plan, struct plan_variable *v, size_t field)
{
	bool is_source = v->kind == PLAN_SOURCE;
	if (is_source && field != NO_FIELD)
		return plan_column_value(plan, v, plan_column(v->table, field));
	struct plan_value *value = ARENA_NEW(plan->arena, struct plan_value);
	*value = (struct plan_value){ .variable = v,
		.column = field,
		.part = PLAN_NO_COLUMN,
		.needs = UINT64_C(1) << v->number };
	value->type = field != NO_FIELD ? v->symbol->type->record->fields[field].type
		: is_source             ? v->table->row
					: v->symbol->type;
	return value;
}

static void add_read(struct reader *r, struct symbol *variable, size_t field, struct node *node,
	struct text name)
{
	if (plan_rule_column(r->rule, variable, field) != PLAN_NO_COLUMN)
		return;
	struct plan_value *value = field == PLAN_ID
		? plan_node_value(r->m, node)
		: variable_value(r->plan, variable->plan, field);
	size_t column = plan_add_field(r->plan, r->record, name, value->type);
	plan_output(r->m, column, value, node);
	map_column(r->plan, r->rule, variable, field, column);
}

static bool is_variable(const struct reader *r, const struct node *n)
{
	if (n->kind != NODE_NAME || n->symbol == NULL || n->symbol->kind != SYMBOL_FOR)
		return false;
	const struct plan_variable *v = n->symbol->plan;
	return v && v->query == r->query;
}

static void read_body(struct reader *r, struct node *n)
{
	struct node *value = n->kind == NODE_FIELD ? kid(n, FIELD_VALUE) : NULL;
	if (value && is_variable(r, value) && n->note && n->note->meaning == MEANS_COLUMN) {
		add_read(r, value->symbol, n->note->index, n, n->name);
	} else if (value && is_variable(r, value) && n->note && n->note->meaning == MEANS_ID) {
		add_read(r, value->symbol, PLAN_ID, n,
			text_format(r->plan->arena, "%.*s_id", TEXT_ARG(value->name)));
	} else if (is_variable(r, n)) {
		add_read(r, n->symbol, NO_FIELD, n, n->name);
	} else {
		for (uint32_t i = 0; i < n->count; i++)
			if (n->kids[i])
				read_body(r, n->kids[i]);
	}
}

static void count_names(void *user, struct node *n)
{
	size_t *count = user;
	*count += n->kind == NODE_NAME;
}

static void find_wait(void *user, struct node *n)
{
	bool *found = user;
	if (n->kind == NODE_WAIT)
		*found = true;
}

static void add_address(struct reader *r, struct node *address)
{
	bool waits = false;
	if (address == NULL)
		return;
	tree_each(address, find_wait, &waits);
	plan_find_terms(r->m, address);
	r->rule->address = plan_add_field(r->plan, r->record, TEXT("address"), address->type);
	struct plan_output *o =
		plan_output(r->m, r->rule->address, plan_node_value(r->m, address), address);
	if (!waits)
		return;
	r->rule->wait = o->waits =
		plan_add_field(r->plan, r->record, TEXT("wait"), plan_scalar(r->plan, TYPE_BOOL));
}

void plan_make_rule(struct plan *plan, struct symbol *symbol)
{
	struct node *node = symbol->declaration, *clauses = kid(node, RULE_CLAUSES),
		    *body = kid(node, RULE_BODY);
	const struct rule_note *note = node->note->rule;
	size_t names = 0;
	tree_each(body, count_names, &names);
	struct plan_rule *rule = ARENA_NEW(plan->arena, struct plan_rule);
	struct text name = text_format(plan->arena, "%.*s_rows", TEXT_ARG(symbol->name));
	struct record *record = plan_make_record(plan, name, note->key_count + 2 + names);
	struct plan_table *table =
		plan_make_internal(plan, PLAN_RULE_ROWS, name, record, note->key_count);
	struct maker m = { .plan = plan,
		.operator= plan_make_operator(plan, table, symbol->name, node) };
	rule->symbol = symbol;
	rule->table = table;
	rule->observed = plan_table_of(symbol);
	rule->address = rule->wait = PLAN_NO_COLUMN;
	table->symbol = symbol;
	table->single = note->key_count == 0;
	vec_push(plan->arena, &plan->rules, rule);
	struct reader r = { plan, rule, plan_make_query(&m, node), record, &m };
	for (uint32_t i = 0; i < clauses->count; i++)
		plan_clause(&m, clauses->kids[i]);
	for (size_t i = 0; i < note->key_count; i++) {
		struct plan_value *value =
			variable_value(plan, note->key[i].variable->plan, note->key[i].field);
		size_t column = plan_add_field(
			plan, record, symbol->type->record->fields[i].name, value->type);
		plan_output(&m, column, value, node);
		map_column(plan, rule, note->key[i].variable, note->key[i].field, column);
	}
	add_address(&r, kid(node, RULE_ADDRESS));
	if (body)
		read_body(&r, body);
	table->is_published = rule->columns.count > 0;
	m.operator->candidate = table->row;
}

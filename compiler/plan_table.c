/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_table.c: the tables of a plan: one per collection, derive and rule, those of what a source
 * rejected and of who lost a conflict, and the planner's own; their columns as stored, and their
 * indexes, each made once per column set.
 */
#include "check.h"
#include "plan_make.h"

struct plan_table *plan_table_of(const struct symbol *table)
{
	if (table->kind == SYMBOL_REJECTED)
		return plan_table_of(table->of)->rejected;
	if (table->kind == SYMBOL_CONFLICTS)
		return plan_table_of(table->of)->conflicts;
	return table->plan;
}

struct plan_table *plan_table_of_expression(const struct node *source)
{
	return tree_table(tree_source((struct node *)source));
}

size_t plan_column(const struct plan_table *table, size_t field)
{
	size_t column = 0;
	if (field >= table->record->count || !table->record->fields[field].used)
		return PLAN_NO_COLUMN;
	for (size_t i = 0; i < field; i++)
		column += table->record->fields[i].used;
	return column;
}

const struct record_field *plan_table_column(const struct plan_table *table, size_t column)
{
	for (size_t i = 0; i < table->record->count; i++)
		if (table->record->fields[i].used && column-- == 0)
			return &table->record->fields[i];
	return NULL;
}

size_t plan_column_count(const struct record *record)
{
	size_t count = 0;
	for (size_t i = 0; i < record->count; i++)
		count += record->fields[i].used;
	return count;
}

/* ---- records of the planner's own ---- */

struct record *plan_make_record(struct plan *plan, struct text name, size_t room)
{
	struct record *r = ARENA_NEW(plan->arena, struct record);
	r->name = name;
	r->module = plan->program->main;
	r->fields = ARENA_ARRAY(plan->arena, struct record_field, room ? room : 1);
	r->item_key = NO_FIELD;
	return r;
}

/* Two columns of one name get numbers. */
size_t plan_add_field(
	struct plan *plan, struct record *record, struct text name, const struct type *type)
{
	struct text unique = name;
	for (unsigned n = 2;; n++) {
		bool taken = false;
		for (size_t i = 0; i < record->count; i++)
			taken = taken || text_equal(record->fields[i].name, unique);
		if (!taken)
			break;
		unique = text_format(plan->arena, "%.*s_%u", TEXT_ARG(name), n);
	}
	record->fields[record->count] =
		(struct record_field){ .name = unique, .type = type, .used = true };
	return record->count++;
}

const struct type *plan_record_type(struct plan *plan, struct record *record)
{
	struct type *t = ARENA_NEW(plan->arena, struct type);
	t->kind = TYPE_RECORD;
	t->record = record;
	t->name = record->name;
	t->id = UINT32_MAX;
	return t;
}

const struct type *plan_scalar(struct plan *plan, enum type_kind kind)
{
	static const char *const names[] = { [TYPE_BOOL] = "Bool",
		[TYPE_INT] = "Int",
		[TYPE_STRING] = "String",
		[TYPE_ADDR] = "Addr" };
	struct type *t = ARENA_NEW(plan->arena, struct type);
	t->kind = kind;
	t->name = text_of(names[kind]);
	t->id = UINT32_MAX;
	return t;
}

/* ---- making tables ---- */

static struct plan_table *make_table(struct plan *plan, enum plan_table_kind kind, struct text name,
	struct text c_name, const struct type *row)
{
	struct plan_table *t = ARENA_NEW(plan->arena, struct plan_table);
	t->kind = kind;
	t->name = text_copy(plan->arena, name);
	t->c_name = text_copy(plan->arena, c_name);
	t->row = row;
	t->record = row->record;
	t->is_input = kind == PLAN_INPUT || kind == PLAN_OBSERVED || kind == PLAN_REJECTED;
	t->is_internal = kind == PLAN_GROUP || kind == PLAN_RULE_ROWS;
	vec_push(plan->arena, &plan->tables, t);
	return t;
}

struct plan_table *plan_make_internal(struct plan *plan, enum plan_table_kind kind,
	struct text name, struct record *record, size_t key_count)
{
	struct plan_table *t = make_table(plan, kind, name, name, plan_record_type(plan, record));
	t->key_count = key_count;
	t->key = ARENA_ARRAY(plan->arena, size_t, key_count ? key_count : 1);
	for (size_t i = 0; i < key_count; i++)
		t->key[i] = i;
	return t;
}

static void set_key(struct plan *plan, struct plan_table *t, const struct symbol *s)
{
	t->key_count = s->key_count;
	t->key = ARENA_ARRAY(plan->arena, size_t, s->key_count ? s->key_count : 1);
	for (size_t i = 0; i < s->key_count; i++)
		t->record->fields[s->key[i]].used = true;
	for (size_t i = 0; i < s->key_count; i++)
		t->key[i] = plan_column(t, s->key[i]);
}

/* A single value that is no record stands in a row of one column. */
static const struct type *row_type(struct plan *plan, const struct symbol *s, bool *wrapped)
{
	*wrapped = s->type->kind != TYPE_RECORD;
	if (!*wrapped)
		return s->type;
	struct record *r = plan_make_record(plan, s->name, 1);
	plan_add_field(plan, r, TEXT("value"), s->type);
	return plan_record_type(plan, r);
}

static void all_used(struct record *r)
{
	for (size_t i = 0; i < r->count; i++)
		r->fields[i].used = true;
}

/* conflicts(c): the columns of c, all of them the key. */
static void make_conflicts(struct plan *plan, struct plan_table *of)
{
	struct plan_table *t = make_table(plan, PLAN_CONFLICTS,
		text_format(plan->arena, "conflicts(%.*s)", TEXT_ARG(of->name)),
		text_format(plan->arena, "conflicts_%.*s", TEXT_ARG(of->c_name)), of->row);
	t->symbol = of->symbol;
	t->key_count = plan_column_count(t->record);
	t->key = ARENA_ARRAY(plan->arena, size_t, t->key_count);
	for (size_t i = 0; i < t->key_count; i++)
		t->key[i] = i;
	t->is_input = of->kind == PLAN_INPUT;
	t->is_published = of->symbol->conflicts && of->symbol->conflicts->is_read_by_handler;
	of->conflicts = t;
}

static void make_rejected(struct plan *plan, struct plan_table *of)
{
	struct symbol *s = of->symbol->rejected;
	const struct type *row = s ? s->type : NULL;
	if (row == NULL) {
		struct record *r = plan_make_record(plan,
			text_format(plan->arena, "rejected_%.*s", TEXT_ARG(of->c_name)),
			of->key_count + 2);
		for (size_t i = 0; i < of->key_count; i++) {
			const struct record_field *f = plan_table_column(of, of->key[i]);
			plan_add_field(plan, r, f->name, f->type);
		}
		plan_add_field(plan, r, TEXT("reason"), plan_scalar(plan, TYPE_STRING));
		plan_add_field(plan, r, TEXT("place"), plan_scalar(plan, TYPE_STRING));
		row = plan_record_type(plan, r);
	}
	all_used(row->record);
	struct plan_table *t = make_table(plan, PLAN_REJECTED,
		text_format(plan->arena, "rejected(%.*s)", TEXT_ARG(of->name)),
		text_format(plan->arena, "rejected_%.*s", TEXT_ARG(of->c_name)), row);
	t->symbol = of->symbol;
	t->key_count = of->key_count + 1;
	t->key = ARENA_ARRAY(plan->arena, size_t, t->key_count);
	for (size_t i = 0; i < of->key_count; i++)
		t->key[i] = i;
	t->key[of->key_count] = of->key_count + 1;
	t->is_published = s && s->is_read_by_handler;
	of->rejected = t;
}

static struct text c_name(struct plan *plan, const struct symbol *s)
{
	if (s->module == plan->program->main)
		return s->name;
	return text_format(plan->arena, "%.*s_%.*s", TEXT_ARG(s->module->name), TEXT_ARG(s->name));
}

static void make_collection(struct plan *plan, struct symbol *s)
{
	bool wrapped;
	const struct type *row = row_type(plan, s, &wrapped);
	struct plan_table *t = make_table(plan, PLAN_INPUT, s->name, c_name(plan, s), row);
	t->symbol = s;
	t->wrapped = wrapped;
	t->single = s->single;
	t->is_published = s->is_read_by_handler;
	t->from = kid(s->declaration, COLLECTION_FROM);
	t->where = kid(s->declaration, COLLECTION_WHERE);
	s->plan = t;
	set_key(plan, t, s);
	enum builtin from = s->declaration->note->collection->from;
	if (from == BUILTIN_KUBERNETES || from == BUILTIN_FILE || s->rejected)
		make_rejected(plan, t);
	if (from == BUILTIN_KUBERNETES || from == BUILTIN_FILE || s->conflicts)
		make_conflicts(plan, t);
}

static void make_derive(struct plan *plan, struct symbol *s)
{
	bool wrapped;
	const struct type *row = row_type(plan, s, &wrapped);
	if (row->record->declaration == s->declaration)
		all_used(row->record);
	struct plan_table *t = make_table(plan, PLAN_DERIVED, s->name, c_name(plan, s), row);
	t->symbol = s;
	t->wrapped = wrapped;
	t->single = s->single;
	t->is_published = s->is_read_by_handler;
	s->plan = t;
	set_key(plan, t, s);
	if (kid(s->declaration, DERIVE_CONFLICT))
		make_conflicts(plan, t);
}

/* What became of a rule's rows: filled by the runtime; the rule's desired rows are made in
 * plan_rule.c. */
static void make_observed(struct plan *plan, struct symbol *s)
{
	all_used(s->type->record);
	struct plan_table *t = make_table(plan, PLAN_OBSERVED, s->name, c_name(plan, s), s->type);
	t->symbol = s;
	t->single = s->single;
	t->is_published = s->is_read_by_handler;
	s->plan = t;
	set_key(plan, t, s);
}

void plan_make_tables(struct plan *plan)
{
	struct vec *symbols = &plan->program->tables;
	for (size_t i = 0; i < symbols->count; i++) {
		struct symbol *s = symbols->items[i];
		if (s->kind == SYMBOL_COLLECTION)
			make_collection(plan, s);
		if (s->kind == SYMBOL_RULE)
			make_observed(plan, s);
	}
	for (size_t i = 0; i < symbols->count; i++) {
		struct symbol *s = symbols->items[i];
		if (s->kind == SYMBOL_DERIVE)
			make_derive(plan, s);
	}
}

/* ---- indexes ---- */

static struct plan_index *new_index(struct plan *plan, struct plan_table *table, struct text name)
{
	struct plan_index *x = ARENA_NEW(plan->arena, struct plan_index);
	x->number = (unsigned)table->indexes.count;
	x->name = name;
	vec_push(plan->arena, &table->indexes, x);
	return x;
}

static bool is_key(const struct plan_table *table, const size_t *columns, size_t count)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < table->key_count; k++)
			found += table->key[k] == columns[i];
	return found == table->key_count && count == table->key_count;
}

static struct plan_index *column_index(
	struct plan *plan, struct plan_table *table, const size_t *columns, size_t count)
{
	struct buffer name = { .arena = plan->arena };
	for (size_t i = 0; i < count; i++)
		buffer_format(&name, "%s%.*s", i ? "_" : "",
			TEXT_ARG(plan_table_column(table, columns[i])->name));
	struct plan_index *x = new_index(plan, table, buffer_text(&name));
	x->columns = ARENA_ARRAY(plan->arena, size_t, count ? count : 1);
	if (count)
		memcpy(x->columns, columns, count * sizeof(*columns));
	x->column_count = count;
	return x;
}

struct plan_index *plan_index(
	struct plan *plan, struct plan_table *table, const size_t *columns, size_t count)
{
	if (is_key(table, columns, count))
		return NULL;
	for (size_t i = 0; i < table->indexes.count; i++) {
		struct plan_index *x = table->indexes.items[i];
		if (!x->computed && x->column_count == count &&
			memcmp(x->columns, columns, count * sizeof(*columns)) == 0)
			return x;
	}
	return column_index(plan, table, columns, count);
}

struct plan_index *plan_anchor_index(struct plan *plan, struct plan_table *table,
	const size_t *columns, size_t count, enum plan_anchor anchor, size_t anchored)
{
	for (size_t i = 0; i < table->indexes.count; i++) {
		struct plan_index *x = table->indexes.items[i];
		bool same =
			x->anchor == anchor && x->anchored == anchored && x->column_count == count;
		if (same && memcmp(x->columns, columns, count * sizeof(*columns)) == 0)
			return x;
	}
	struct plan_index *x = column_index(plan, table, columns, count);
	struct text column = plan_table_column(table, anchored)->name;
	x->name = text_format(
		plan->arena, "%.*s%s%.*s", TEXT_ARG(x->name), count ? "_" : "", TEXT_ARG(column));
	x->c_name = text_format(
		plan->arena, "%.*s__anchors_by_%.*s", TEXT_ARG(table->c_name), TEXT_ARG(x->name));
	x->computed = true;
	x->anchor = anchor;
	x->anchored = anchored;
	return x;
}
struct plan_index *plan_computed_index(
	struct plan *plan, struct plan_query *query, struct plan_table *table)
{
	struct plan_index *x = new_index(plan, table,
		text_format(plan->arena, "%.*s_%zu", TEXT_ARG(query->operator->c_name),
			table->indexes.count + 1));
	x->computed = true;
	x->query = query;
	x->c_name = text_format(plan->arena, "%.*s__keys_%zu", TEXT_ARG(query->operator->c_name),
		table->indexes.count);
	return x;
}

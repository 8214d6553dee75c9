/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle_expression.c: what an expression of the typed tree means, said as directly as C allows.
 * Every look-up walks the whole table. `else skip` sets o->skipped, and the round that is being
 * evaluated is dropped by its query.
 */
#include "oracle.h"

#include "check.h"

#include <stdlib.h>

typedef const struct value *eval_fn(
	struct oracle *o, const struct oracle_scope *s, const struct node *n);

static const struct value *eval(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	return oracle_expression(o, s, n);
}

static const struct value *apply(struct oracle *o, const struct symbol *function,
	const struct value **arguments, size_t count);

static const struct value *unknown(struct oracle *o, const char *what)
{
	o->unknown = what;
	return value_none();
}

bool oracle_truth(struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct value *v = eval(o, s, n);
	return v->kind == VALUE_BOOL && v->integer;
}

struct oracle_scope oracle_bind(struct oracle *o, const struct oracle_scope *s,
	const struct symbol *symbol, const struct value *value)
{
	struct oracle_binding *b = ARENA_NEW(o->arena, struct oracle_binding);
	struct oracle_scope inner = *s;

	b->symbol = symbol;
	b->value = value;
	b->outer = s->bindings;
	inner.bindings = b;
	return inner;
}

static const struct value *variable(const struct oracle_scope *s, const struct symbol *symbol)
{
	for (const struct oracle_binding *b = s->bindings; b; b = b->outer)
		if (b->symbol == symbol)
			return b->value;
	return NULL;
}

/* The table that a node names: c, rejected(c), conflicts(c), a `let` of rows; NULL when it names
 * none. */
static struct oracle_table *table_of(struct oracle *o, const struct node *n)
{
	enum meaning m = n->note ? n->note->meaning : MEANS_NOTHING;
	return m == MEANS_ALL_ROWS || m == MEANS_SINGLE || m == MEANS_TABLE_OF
		? oracle_table_of(o, n->note->table)
		: NULL;
}

/* The key of a row as a ref: its key columns, in header order. */
static const struct value *ref_of(
	struct oracle *o, const struct symbol *table, const struct value *row)
{
	const struct record *record = table->type->record;
	struct text *names = ARENA_ARRAY(o->arena, struct text, table->key_count + 1);
	const struct value **items =
		ARENA_ARRAY(o->arena, const struct value *, table->key_count + 1);

	for (size_t i = 0; i < table->key_count; i++) {
		names[i] = record->fields[table->key[i]].name;
		items[i] = value_field(row, names[i]);
	}
	return value_record(o, names, items, table->key_count);
}

/* The key arguments of c[...]: a value for each, NULL for `_`; a ref stands for all key columns
 * (the last may be more). */
static size_t key_arguments(struct oracle *o, const struct oracle_scope *s,
	const struct node *index, const struct value **keys, size_t room)
{
	const struct node *arguments = kid(index, INDEX_ARGUMENTS);
	size_t count = 0;

	for (uint32_t i = 0; i < arguments->count; i++) {
		const struct node *a = kid(arguments, i);
		if (a->kind == NODE_ANY) {
			if (count < room)
				keys[count++] = NULL;
			continue;
		}
		const struct value *v = eval(o, s, a);
		if (a->type && a->type->kind == TYPE_REF && v->kind == VALUE_RECORD) {
			for (size_t k = 0; k < v->count && count < room; k++)
				keys[count++] = v->items[k];
		} else if (count < room) {
			keys[count++] = v;
		}
	}
	return count;
}

/* The row type's key columns compared one by one; `table` may be rejected(c) or conflicts(c), which
 * share or extend c's. */
static bool row_has_key(const struct symbol *table, const struct value *row,
	const struct value **keys, size_t count)
{
	for (size_t i = 0; i < count && i < table->key_count; i++) {
		const struct value *column =
			value_field(row, table->type->record->fields[table->key[i]].name);
		if (keys[i] && (!column || !value_equal(column, keys[i])))
			return false;
	}
	return true;
}

enum { KEYS_MAX = 32 };

static void rows_of(
	struct oracle *o, const struct oracle_scope *s, const struct node *index, struct vec *out)
{
	struct oracle_table *t = oracle_table_of(o, index->note->table);
	const struct value *keys[KEYS_MAX];
	size_t count = key_arguments(o, s, index, keys, KEYS_MAX);

	for (size_t i = 0; i < t->rows.count; i++)
		if (row_has_key(index->note->table, t->rows.items[i], keys, count))
			vec_push(o->arena, out, t->rows.items[i]);
}

void oracle_rounds(
	struct oracle *o, const struct oracle_scope *s, const struct node *source, struct vec *out)
{
	struct oracle_table *t =
		source->note && source->note->meaning == MEANS_SINGLE ? NULL : table_of(o, source);

	if (t) {
		for (size_t i = 0; i < t->rows.count; i++)
			vec_push(o->arena, out, t->rows.items[i]);
		return;
	}
	if (source->note && source->note->meaning == MEANS_ROWS_BY_KEY) {
		rows_of(o, s, source, out);
		return;
	}
	const struct value *v = eval(o, s, source);
	if (v->kind == VALUE_LIST)
		for (size_t i = 0; i < v->count; i++)
			vec_push(o->arena, out, (void *)v->items[i]);
	else if (v->kind != VALUE_NONE)
		vec_push(o->arena, out, (void *)v);
}

/* ---- names and look-ups ---- */

static const struct value *eval_name(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct value *v = variable(s, n->symbol);
	if (v)
		return v;
	if (n->note && n->note->meaning == MEANS_SIBLING)
		return s->row ? value_field(s->row, n->name)
			      : unknown(o, "a column without its row");
	struct oracle_table *t =
		table_of(o, n); /* a single value: its row, or the value that it holds */
	if (t)
		return t->rows.count ? t->rows.items[0] : value_none();
	if (n->type && n->type->kind == TYPE_ROWS)
		return unknown(o, "rows under a name");
	for (size_t i = 0; i < o->parameters.count; i++) {
		const struct oracle_binding *p = o->parameters.items[i];
		if (p->symbol == n->symbol)
			return p->value;
	}
	return unknown(o, "a name that has no value here");
}

static const struct value *eval_index(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *base = kid(n, INDEX_VALUE);

	if (n->note &&
		(n->note->meaning == MEANS_ROW_BY_KEY || n->note->meaning == MEANS_ROWS_BY_KEY)) {
		struct vec rows = { 0 };
		rows_of(o, s, n, &rows);
		return rows.count ? rows.items[0] : value_none();
	}
	const struct value *whole = eval(o, s, base);
	const struct value *at = eval(o, s, kid(kid(n, INDEX_ARGUMENTS), 0));
	if (whole->kind != VALUE_LIST)
		return value_none();
	if (base->type && base->type->kind == TYPE_LIST)
		return at->integer >= 0 && (size_t)at->integer < whole->count
			? whole->items[at->integer]
			: value_none();
	for (size_t i = 0; i < whole->count; i++)
		if (value_equal(whole->items[i]->items[0], at))
			return whole->items[i]->items[1];
	return value_none();
}

static const struct value *address_part(struct oracle *o, const struct value *v, struct text name)
{
	if (text_is(name, "port"))
		return value_int(o, v->address.port);
	if (text_is(name, "bits"))
		return value_int(
			o, value_is_v4(v->address.ip) ? v->address.bits - 96 : v->address.bits);
	struct value *ip = ARENA_NEW(o->arena, struct value);
	ip->kind = VALUE_IP;
	memcpy(ip->address.ip, v->address.ip, sizeof(ip->address.ip));
	return ip;
}

static const struct value *eval_field(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *base = kid(n, FIELD_VALUE);
	const struct value *v = eval(o, s, base);

	if (v->kind == VALUE_NONE)
		return v;
	if (n->note && n->note->meaning == MEANS_ID)
		return ref_of(o, n->note->table, v);
	if (v->kind == VALUE_ADDR || v->kind == VALUE_CIDR)
		return address_part(o, v, n->name);
	if (v->kind == VALUE_RECORD) {
		const struct value *f = value_field(v, n->name);
		if (f)
			return f;
	}
	return unknown(o, "a field that the oracle does not know");
}

/* ---- control ---- */

static const struct value *eval_else(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct value *v = eval(o, s, kid(n, ELSE_VALUE));
	if (v->kind != VALUE_NONE || o->skipped)
		return v;
	const struct node *fallback = kid(n, ELSE_FALLBACK);
	if (fallback->kind == NODE_SKIP) {
		o->skipped = true;
		return v;
	}
	return fallback->kind == NODE_WAIT ? v : eval(o, s, fallback);
}

static const struct value *eval_binary(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *left = kid(n, BINARY_LEFT), *right = kid(n, BINARY_RIGHT);

	switch (n->op) {
	case OP_AND:
		return value_bool(o, oracle_truth(o, s, left) && oracle_truth(o, s, right));
	case OP_OR:
		return value_bool(o, oracle_truth(o, s, left) || oracle_truth(o, s, right));
	case OP_IMPLIES:
		return value_bool(o, !oracle_truth(o, s, left) || oracle_truth(o, s, right));
	default:
		break;
	}
	const struct value *a = eval(o, s, left), *b = eval(o, s, right);
	if (n->op == OP_MATCHES)
		return apply(o, n->symbol, (const struct value *[]){ a, b }, 2);
	return oracle_binary(o, n, a, b);
}

static const struct value *eval_unary(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct value *v = eval(o, s, kid(n, UNARY_VALUE));
	if (n->op == OP_NOT)
		return value_bool(o, !v->integer);
	struct value zero = { .kind = v->kind };
	return oracle_arithmetic(o, OP_SUBTRACT, &zero, v);
}

static const struct value *eval_if(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	return eval(o, s,
		kid(n,
			oracle_truth(o, s, kid(n, IF_EXPR_CONDITION)) ? IF_EXPR_THEN
								      : IF_EXPR_ELSE));
}

/* Binds what the pattern names; false when it does not fit. */
static bool fits(
	struct oracle *o, struct oracle_scope *s, const struct node *pattern, const struct value *v)
{
	if (pattern->kind == NODE_ANY)
		return true;
	if (pattern->kind != NODE_PATTERN)
		return value_equal(eval(o, s, pattern), v);
	if (v->kind != VALUE_ENUM || !pattern->symbol ||
		(int64_t)pattern->symbol->index != v->integer)
		return false;
	const struct node *names = kid(pattern, PATTERN_BINDINGS);
	for (uint32_t i = 0; i < names->count && i < v->count; i++)
		if (kid(names, i)->symbol)
			*s = oracle_bind(o, s, kid(names, i)->symbol, v->items[i]);
	return true;
}

static const struct value *eval_match(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct value *v = eval(o, s, kid(n, MATCH_EXPR_SUBJECT));
	const struct node *arms = kid(n, MATCH_EXPR_ARMS);

	for (uint32_t i = 0; i < arms->count; i++) {
		struct oracle_scope inner = *s;
		if (fits(o, &inner, kid(kid(arms, i), ARM_PATTERN), v))
			return eval(o, &inner, kid(kid(arms, i), ARM_BODY));
	}
	return value_none();
}

/* ---- calls ---- */
static const struct value *apply(struct oracle *o, const struct symbol *function,
	const struct value **arguments, size_t count)
{
	const struct node *fn = function->declaration, *parameters = kid(fn, FN_PARAMS);
	struct oracle_scope inside = { 0 };

	if (fn->flags & NODE_EXTERN)
		return unknown(o, "an extern fn");
	for (uint32_t i = 0; i < parameters->count && i < count; i++)
		inside = oracle_bind(o, &inside, kid(parameters, i)->symbol, arguments[i]);
	return eval(o, &inside, kid(fn, FN_VALUE));
}

static const struct value *call_fn(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *arguments = kid(n, CALL_ARGUMENTS);
	const struct value **values =
		ARENA_ARRAY(o->arena, const struct value *, arguments->count + 1);

	for (uint32_t i = 0; i < arguments->count; i++)
		values[i] = eval(o, s, kid(kid(arguments, i), ARGUMENT_VALUE));
	return apply(o, n->symbol, values, arguments->count);
}

static const struct value *variant(struct oracle *o, const struct oracle_scope *s,
	const struct symbol *symbol, const struct node *arguments)
{
	struct value *v = ARENA_NEW(o->arena, struct value);
	v->kind = VALUE_ENUM;
	v->integer = (int64_t)symbol->index;
	v->count = arguments ? arguments->count : 0;
	v->items = ARENA_ARRAY(o->arena, const struct value *, v->count + 1);
	for (size_t i = 0; i < v->count; i++)
		v->items[i] = eval(o, s, kid(kid(arguments, i), ARGUMENT_VALUE));
	return v;
}

static const struct value *call_addr(
	struct oracle *o, const struct oracle_scope *s, const struct node *arguments)
{
	struct value *v = ARENA_NEW(o->arena, struct value);
	*v = *eval(o, s, kid(kid(arguments, 0), ARGUMENT_VALUE));
	v->kind = VALUE_ADDR;
	v->address.port = (uint16_t)eval(o, s, kid(kid(arguments, 1), ARGUMENT_VALUE))->integer;
	return v;
}

static const struct value *eval_call(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	if (!n->symbol)
		return unknown(o, "a call");
	switch (n->symbol->kind) {
	case SYMBOL_FN:
		return call_fn(o, s, n);
	case SYMBOL_VARIANT:
		return variant(o, s, n->symbol, kid(n, CALL_ARGUMENTS));
	case SYMBOL_BUILTIN:
		if (n->symbol->builtin >= BUILTIN_COUNT && n->symbol->builtin <= BUILTIN_ALL)
			return oracle_aggregate(o, s, n);
		if (n->symbol->builtin == BUILTIN_ADDR)
			return call_addr(o, s, kid(n, CALL_ARGUMENTS));
		return unknown(o, "a built-in function of the world");
	default:
		return unknown(o, "a call");
	}
}

/* ---- literals and constructors ---- */

static const struct value *eval_literal(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	struct value *v = ARENA_NEW(o->arena, struct value);

	(void)s;
	v->integer = n->literal.integer;
	switch (n->kind) {
	case NODE_BOOL:
		v->kind = VALUE_BOOL;
		break;
	case NODE_FLOAT:
		v->kind = VALUE_FLOAT;
		v->real = n->literal.real;
		break;
	case NODE_STRING:
		v->kind = VALUE_TEXT;
		v->text = n->literal.text;
		break;
	case NODE_IP:
	case NODE_CIDR:
	case NODE_ADDR:
		v->kind = n->kind == NODE_IP   ? VALUE_IP
			: n->kind == NODE_CIDR ? VALUE_CIDR
					       : VALUE_ADDR;
		v->address = n->literal.address;
		v->address.any = false;
		break;
	default:
		v->kind = VALUE_INT;
	}
	return v;
}

static const struct value *eval_address_template(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	struct value *v = ARENA_NEW(o->arena, struct value);
	v->kind = VALUE_ADDR;
	v->address = n->literal.address;
	v->address.any = false;
	v->address.bits = 0;
	v->address.port = (uint16_t)eval(o, s, kid(n, ADDR_TEMPLATE_PORT))->integer;
	return v;
}

static const struct value *eval_template(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *parts = kid(n, TEMPLATE_PARTS);
	struct buffer b = { .arena = o->arena };

	for (uint32_t i = 0; i < parts->count; i++)
		buffer_add(&b, value_format(o, eval(o, s, kid(parts, i)), kid(parts, i)->type));
	return value_text(o, buffer_text(&b));
}

static const struct value *eval_list(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *items = kid(n, LIST_LITERAL_ITEMS);
	struct vec values = { 0 };

	for (uint32_t i = 0; i < items->count; i++)
		vec_push(o->arena, &values, (void *)eval(o, s, kid(items, i)));
	return value_list(o, &values);
}

/* What comes from a table has no order of its own, what comes from lists has theirs. */
static bool walks_table(const struct node *fors)
{
	for (uint32_t i = 0; i < fors->count; i++)
		if (kid(fors, i)->note && kid(fors, i)->note->meaning == MEANS_FOR_ROWS)
			return true;
	return false;
}

static const struct value *eval_list_from(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *c = kid(n, LIST_FROM_SOURCE), *fors = kid(c, COMPREHENSION_FORS);
	struct vec rounds = { 0 }, values = { 0 };

	oracle_comprehend(o, s, c, kid(c, COMPREHENSION_CONDITION), 0, &rounds);
	if (kid(c, COMPREHENSION_YIELD)) {
		oracle_yields(o, &rounds, kid(c, COMPREHENSION_YIELD), &values);
	} else {
		const struct node *last = kid(fors, fors->count - 1);
		for (size_t i = 0; i < rounds.count; i++)
			vec_push(
				o->arena, &values, (void *)variable(rounds.items[i], last->symbol));
	}
	if (walks_table(fors))
		value_sort((const struct value **)values.items, values.count);
	return value_list(o, &values);
}

/* In the order in which the type declares the fields, whatever order the program writes them in. */
static const struct value *make_record(struct oracle *o, const struct oracle_scope *s,
	const struct type *type, const struct value *base, const struct node *fields)
{
	const struct record *record = type->record;
	struct text *names = ARENA_ARRAY(o->arena, struct text, record->count + 1);
	const struct value **items = ARENA_ARRAY(o->arena, const struct value *, record->count + 1);

	for (size_t i = 0; i < record->count; i++) {
		names[i] = record->fields[i].name;
		items[i] = base ? value_field(base, names[i]) : value_none();
	}
	for (uint32_t f = 0; f < fields->count; f++)
		for (size_t i = 0; i < record->count; i++)
			if (text_equal(names[i], kid(fields, f)->name))
				items[i] = eval(o, s, kid(kid(fields, f), FIELD_INIT_VALUE));
	return value_record(o, names, items, record->count);
}

static const struct value *eval_record(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct node *fields = kid(n, RECORD_FIELDS);
	if (n->type && n->type->kind == TYPE_RECORD)
		return make_record(o, s, n->type, NULL, fields);
	/* labels and maps: entries sorted by key */
	static const struct text names[] = { { "key", 3 }, { "value", 5 } };
	struct vec entries = { 0 };
	for (uint32_t i = 0; i < fields->count; i++) {
		const struct value **items = ARENA_ARRAY(o->arena, const struct value *, 2);
		items[0] = value_text(o, kid(fields, i)->name);
		items[1] = eval(o, s, kid(kid(fields, i), FIELD_INIT_VALUE));
		vec_push(o->arena, &entries, (void *)value_record(o, names, items, 2));
	}
	value_sort((const struct value **)entries.items, entries.count);
	return value_list(o, &entries);
}

static const struct value *eval_with(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	const struct value *base = eval(o, s, kid(n, WITH_RECORD_VALUE));
	return make_record(o, s, n->type, base, kid(kid(n, WITH_RECORD_WITH), RECORD_FIELDS));
}

static const struct value *eval_variant(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	return n->symbol ? variant(o, s, n->symbol, NULL) : unknown(o, "a type as a value");
}

static eval_fn *const eval_of[NODE_KIND_COUNT] = {
	[NODE_NAME] = eval_name,
	[NODE_TYPE_NAME] = eval_variant,
	[NODE_INDEX] = eval_index,
	[NODE_FIELD] = eval_field,
	[NODE_OPTION_FIELD] = eval_field,
	[NODE_ELSE] = eval_else,
	[NODE_BINARY] = eval_binary,
	[NODE_UNARY] = eval_unary,
	[NODE_IF_EXPR] = eval_if,
	[NODE_MATCH_EXPR] = eval_match,
	[NODE_CALL] = eval_call,
	[NODE_INT] = eval_literal,
	[NODE_FLOAT] = eval_literal,
	[NODE_BOOL] = eval_literal,
	[NODE_DURATION] = eval_literal,
	[NODE_SIZE] = eval_literal,
	[NODE_IP] = eval_literal,
	[NODE_CIDR] = eval_literal,
	[NODE_ADDR] = eval_literal,
	[NODE_STRING] = eval_literal,
	[NODE_TEMPLATE] = eval_template,
	[NODE_ADDR_TEMPLATE] = eval_address_template,
	[NODE_LIST_LITERAL] = eval_list,
	[NODE_LIST_FROM] = eval_list_from,
	[NODE_RECORD] = eval_record,
	[NODE_WITH_RECORD] = eval_with,
};

const struct value *oracle_expression(
	struct oracle *o, const struct oracle_scope *s, const struct node *n)
{
	eval_fn *f = eval_of[n->kind];
	return f ? f(o, s, n) : unknown(o, "an expression of a kind that only handlers have");
}

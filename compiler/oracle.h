/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle.h: the second opinion. Evaluates the typed tree from scratch, before any planning, by
 * nested loops over lists, with its own selects, within, like and ordering written from their
 * definitions. It shares only lexer, parser and type checker with the compiled engine, so a wrong
 * plan, index or mask cannot be wrong in both.
 *
 * A dump is what a running program prints after a transaction (`--check`): one JSON line
 *   {"table":"services","row":{...}}
 * for each row, in canonical order. Inputs of it are believed; derived tables are computed again
 * and compared.
 */
#ifndef WEFT_COMPILER_ORACLE_H
#define WEFT_COMPILER_ORACLE_H

#include "type.h"

__extension__ typedef __int128 int128; /* sums, and results before they saturate */

enum value_kind {
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_INT, /* Int, Port, Duration, Size, Instant */
	VALUE_FLOAT,
	VALUE_TEXT, /* String, Bytes, Identity */
	VALUE_IP,   /* address.ip */
	VALUE_CIDR,
	VALUE_ADDR,
	VALUE_LIST,   /* items */
	VALUE_RECORD, /* fields by name: rows, nested records, refs, map entries */
	VALUE_ENUM,   /* integer: the variant; items: the payload */
};

struct value {
	enum value_kind kind;
	int64_t integer;
	double real;
	struct text text;
	struct address_literal address;
	const struct value **items;
	const struct text *names; /* of a record */
	size_t count;
};

/* One table's rows; `symbol` is the collection or derive, `suffix` "" or "conflicts" or "rejected".
 */
struct oracle_table {
	struct symbol *symbol;
	enum builtin of;
	struct vec rows; /* const struct value * */
	bool known;      /* given by the dump, or already computed */
};

struct oracle {
	struct arena *arena; /* of one transaction */
	struct program *program;
	struct vec tables;     /* struct oracle_table * */
	struct vec parameters; /* struct oracle_binding * */
	bool skipped;          /* the round being evaluated ended with `skip` */
	const char *unknown;   /* met something that it cannot judge: what (extern fn, passed) */
};

/* Variables: a chain, innermost first. */
struct oracle_binding {
	const struct symbol *symbol;
	const struct value *value;
	const struct oracle_binding *outer;
};

/* One round of a query on its way: what it bound and where its rows came from (for ties). */
struct oracle_scope {
	const struct oracle_binding *bindings;
	const struct oracle_round *rounds; /* inside a group: its rounds */
	size_t round_count;
	const struct value **origin;
	size_t origin_count;
	const struct value *row; /* what a bare column name refers to */
};
struct oracle_round {
	const struct oracle_binding *bindings;
};

/* ---- oracle_value.c: values, their order, their text ---- */
const struct value *value_none(void);
const struct value *value_bool(struct oracle *o, bool b);
const struct value *value_int(struct oracle *o, int64_t i);
const struct value *value_text(struct oracle *o, struct text t);
const struct value *value_list(struct oracle *o, struct vec *items);
const struct value *value_record(
	struct oracle *o, const struct text *names, const struct value **items, size_t count);
const struct value *value_field(
	const struct value *record, struct text name); /* NULL: no such field */
int value_compare(const struct value *a,
	const struct value *b); /* the canonical order; a missing value last */
static inline bool value_equal(const struct value *a, const struct value *b)
{
	return value_compare(a, b) == 0;
}
bool value_is_v4(const uint8_t ip[16]);
void value_sort(const struct value **items, size_t count);
struct text value_format(
	struct oracle *o, const struct value *v, const struct type *type); /* as "{x}" shows it */

/* ---- oracle_json.c: dumps in, differences out ---- */
/* NULL when the text is not a value of the type. */
const struct value *value_from_json(struct oracle *o, const struct type *type, struct text json);
struct text value_show(struct oracle *o, const struct value *v); /* for reports */

/* ---- oracle_operators.c: the operators of the field, from their specifications ---- */
bool oracle_selects(const struct value *selector, const struct value *labels);
bool oracle_within(const struct value *ip, const struct value *cidr);
bool oracle_like(struct text value, struct text pattern, bool host, const struct type *type);
/* Of the BINARY node n with these values; not and, or, implies, matches. */
const struct value *oracle_binary(
	struct oracle *o, const struct node *n, const struct value *a, const struct value *b);

/* + - * / of two numbers; a division by 0 has no value. */
const struct value *oracle_arithmetic(
	struct oracle *o, enum op op, const struct value *a, const struct value *b);

/* ---- oracle_expression.c ---- */
const struct value *oracle_expression(
	struct oracle *o, const struct oracle_scope *s, const struct node *n);
/* The rounds of a source (a table, rows of it, a list, a map, an optional). */
void oracle_rounds(
	struct oracle *o, const struct oracle_scope *s, const struct node *source, struct vec *out);
struct oracle_scope oracle_bind(struct oracle *o, const struct oracle_scope *s,
	const struct symbol *symbol, const struct value *value);

bool oracle_truth(struct oracle *o, const struct oracle_scope *s, const struct node *condition);

/* ---- oracle_aggregate.c ---- */
/* Every round of a comprehension from its `next`th `in` on, as struct oracle_scope *. */
void oracle_comprehend(struct oracle *o, const struct oracle_scope *s, const struct node *c,
	const struct node *condition, uint32_t next, struct vec *out);
/* The value of `e` in each round, those that skip left out. */
void oracle_yields(struct oracle *o, struct vec *rounds, const struct node *e, struct vec *out);
/* Of a CALL of an aggregate. */
const struct value *oracle_aggregate(
	struct oracle *o, const struct oracle_scope *s, const struct node *n);

/* ---- oracle.c: derivations ---- */
/* The table of a collection, derive or rule (of: BUILTIN_NONE, _REJECTED, _CONFLICTS) as it stands;
 * made empty. */
struct oracle_table *oracle_find(struct oracle *o, struct symbol *symbol, enum builtin of);
/* By its symbol: a collection, derive or rule, or one of rejected(c), conflicts(c). Computed when
 * nobody did. */
struct oracle_table *oracle_table_of(struct oracle *o, struct symbol *table);

/* ---- oracle_check.c ---- */
/* Compares one dump with the evaluation from scratch. Returns the number of differences; each is a
 * line of `report`. */
size_t oracle_check(struct program *program, struct text dump, struct buffer *report);

#endif

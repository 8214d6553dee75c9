/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan.h: the operator graph. The planner turns the typed tree into tables (what is stored),
 * operators (what keeps a derived table true) and, for each operator's query and each table it
 * reads, a delta plan: the loops that a change of that table causes. The emitter prints it; `weft
 * cost` and `weft graph` show it.
 *
 * The invariant that makes a plan exact: every reading of a table in a query has a position, in
 * program order. The plan driven by position d reads the positions before d NEW and those behind it
 * OLD, so the sum over all drivers is the change of the query's result, also when both sides of a
 * join, or both mentions of one table, changed.
 */
#ifndef WEFT_COMPILER_PLAN_H
#define WEFT_COMPILER_PLAN_H

#include "type.h"

enum plan_step_kind {
#define STEP(kind, name, what) PLAN_##kind,
#include "plan.tbl"
#undef STEP
	PLAN_STEP_COUNT
};
enum plan_cost {
#define COST(kind, name) PLAN_COST_##kind,
#include "plan.tbl"
#undef COST
};

/* ---- tables ---- */
enum plan_table_kind {
	PLAN_INPUT, /* a collection */
	PLAN_DERIVED,
	PLAN_RULE_ROWS, /* desired rows of a rule */
	PLAN_OBSERVED,  /* what became of them: an input that the runtime fills */
	PLAN_REJECTED,  /* rejected(c): an input that the source fills */
	PLAN_CONFLICTS, /* conflicts(c): filled by the source, or by the settling of a derive */
	PLAN_GROUP,     /* internal: groups of a query, or a lifted aggregate */
};

struct plan_variable;
struct plan_value;

/* Columns are counted as the row is stored: only fields with `used`. */
struct plan_index {
	unsigned number;    /* in its table */
	struct text name;   /* "namespace" */
	struct text c_name; /* computed: of its key function */
	size_t *columns;    /* plain */
	size_t column_count;
	/* The row may stand under several keys: `values`, or the anchors of a column behind
	 * `columns`. */
	bool computed;
	enum plan_anchor { PLAN_NO_ANCHOR, PLAN_SELECTOR, PLAN_LABELS } anchor;
	size_t anchored;          /* the column of selectors, or of labels */
	struct plan_query *query; /* computed: whose variables the values are made of */
	struct vec variables; /* struct plan_variable *: the source, then walks and lets, in order
				 of binding */
	struct vec values;    /* struct plan_value *: what is hashed */
};

struct plan_table {
	unsigned number;
	enum plan_table_kind kind;
	struct text name;      /* as `weft status` shows it: "ports", "rejected(services)",
				  "ports.group_1" */
	struct text c_name;    /* "ports", "rejected_services": unique in the program */
	struct symbol *symbol; /* collection, derive, rule; of conflicts and rejected: the
				  collection's. NULL: internal */
	struct record *record;
	const struct type *row; /* TYPE_RECORD: the stored row */
	size_t *key;            /* columns */
	size_t key_count;
	bool single;  /* no key: one value; a wrapped one is the column `value` */
	bool wrapped; /* single, and its type is not a record */
	bool is_input, is_published, is_internal;
	struct vec indexes;                      /* struct plan_index * */
	struct plan_operator *operator;          /* that fills it, or NULL */
	struct plan_table *rejected, *conflicts; /* of this table, or NULL */
	struct node *from,
		*where; /* of a collection: where its rows come from, and which are kept */
};

#include "plan_query.h"

/* ---- operators ---- */
enum plan_settle {
	PLAN_UNIQUE,
	PLAN_KEEP_FIRST,
	PLAN_KEEP_LAST,
	PLAN_MERGE,
	PLAN_REJECT,
	PLAN_GROUPED
};

enum plan_aggregate_kind {
	PLAN_AGG_COUNT,
	PLAN_AGG_SUM,
	PLAN_AGG_MIN,
	PLAN_AGG_MAX,
	PLAN_AGG_FIRST,
	PLAN_AGG_COLLECT,
	PLAN_AGG_SOME,
	PLAN_AGG_NONE
};
struct plan_aggregate {
	enum plan_aggregate_kind kind;
	bool distinct;
	struct node *node;   /* the call it stands for */
	size_t column;       /* of the group's row: its result */
	size_t argument, by; /* columns of the round (candidate); SIZE_MAX: none */
	size_t included; /* column of the round: false when the argument skipped; SIZE_MAX: always
			    there */
	const struct type *type; /* of the result column */
};

struct plan_operator {
	unsigned number; /* topological */
	struct text name, c_name;
	struct plan_table *table; /* that it fills */
	struct node *node;        /* DERIVE, RULE, or the call of a lifted aggregate */
	enum plan_settle settle;
	struct node *merge;             /* NAME of the function */
	const struct type *candidate;   /* UNIQUE, REJECT: the row. KEEP, MERGE: { row, order ... }.
					   GROUPED: the round */
	struct node *by;                /* KEEP */
	size_t by_column, query_column; /* KEEP, MERGE: of the candidate; SIZE_MAX: none */
	size_t group_count;             /* GROUPED: the first columns of a round are the group */
	struct vec aggregates;          /* struct plan_aggregate * */
	bool accumulates;               /* only count and sum: no rounds are kept */
	struct vec queries;             /* struct plan_query * */
	struct vec inputs;              /* struct plan_input * */
};
struct plan_input {
	struct plan_table *table;
	uint64_t columns;
};

/* ---- rules ---- */
struct plan_rule_column { /* what a handler reads of a `for` variable: a column of the rule's row */
	struct symbol *variable;
	size_t field; /* field number in its record type; SIZE_MAX: the whole value */
	size_t column;
};
struct plan_rule {
	struct symbol *symbol;
	struct plan_table *table, *observed;
	size_t address, wait; /* columns; wait SIZE_MAX: never held back */
	struct vec columns;   /* struct plan_rule_column * */
	struct vec needs;     /* struct plan_table *: inputs that must be synced first */
};

/* Everything is in the program's arena. Names carry the instance path, which is empty until
 * components fill it. */
struct plan {
	struct arena *arena;
	struct program *program;
	struct text instance; /* prefix of names and keys of a component's instance: empty */
	struct vec tables;    /* struct plan_table *, by number: inputs first */
	struct vec operators; /* struct plan_operator *, by number: topological order */
	struct vec rules;     /* struct plan_rule *, program order */
	struct diags *diags;
	void *way_out; /* jmp_buf *, while the plan is made: leaves a query that is too wide */
};

/* The program must have checked without error. A query that needs a scan nobody asked for was
 * refused before. NULL, and a report, when a query has more variables and look-ups than a plan can
 * tell apart. */
struct plan *plan_program(struct program *program, struct diags *diags);

/* The table of a collection, derive or rule (what `for x in rule` and `rule[k]` read: its observed
 * rows). */
struct plan_table *plan_table_of(const struct symbol *table);
/* Of a TYPE_ROWS expression's table: knows rejected(c) and conflicts(c), too. */
struct plan_table *plan_table_of_expression(const struct node *source);
struct plan_rule *plan_rule_of(const struct plan *plan, const struct symbol *rule);
/* Column of the rule's row that holds `field` of the variable (SIZE_MAX: all of it, PLAN_ID: its
 * ref); SIZE_MAX when it has none. */
#define PLAN_ID (SIZE_MAX - 1)
size_t plan_rule_column(const struct plan_rule *rule, const struct symbol *variable, size_t field);
/* The column (as stored) of a field; SIZE_MAX when the field is not stored. */
size_t plan_column(const struct plan_table *table, size_t field);
/* The index over these columns (sorted), made when there is none yet; NULL when they are the key:
 * use WEFT_PRIMARY. */
struct plan_index *plan_index(
	struct plan *plan, struct plan_table *table, const size_t *columns, size_t count);
/* How a delta plan reads a position. */
enum plan_when { PLAN_OLD, PLAN_NEW, PLAN_DRIVEN };
enum plan_when plan_when(const struct plan_delta *delta, unsigned position);

/* `weft check --dump=plan`, `weft cost FILE`, `weft graph FILE` (DOT). */
void plan_dump(const struct plan *plan, struct buffer *out);
void plan_cost(const struct plan *plan, struct buffer *out);
void plan_graph(const struct plan *plan, struct buffer *out);

#endif

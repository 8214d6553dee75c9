/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * plan_query.h: the query part of plan.h, which includes it: variables, filters, look-ups, and the
 * delta plans, one for each position of a query at which a table is read.
 */
#ifndef WEFT_COMPILER_PLAN_QUERY_H
#define WEFT_COMPILER_PLAN_QUERY_H

/* ---- queries ---- */
enum plan_variable_kind { PLAN_SOURCE, PLAN_ELEMENT, PLAN_COMPUTED };

/* A name of the query and how it gets its value. */
struct plan_variable {
	enum plan_variable_kind kind;
	unsigned number;          /* in its query: bit in `needs` masks */
	struct text name;         /* C local, unique in the query */
	struct symbol *symbol;    /* FOR or LET symbol; NULL for the planner's own */
	struct plan_table *table; /* SOURCE */
	unsigned position;        /* SOURCE */
	struct node *value;       /* ELEMENT: what is walked; COMPUTED: the expression */
	struct node *place;       /* the clause, for line numbers */
	uint64_t needs;           /* variables that `value` names */
	struct plan_query *query;
	struct plan_term *term; /* inside which it is bound, or NULL */
	uint64_t columns;       /* SOURCE: columns that the query reads */
	bool is_option;         /* ELEMENT: zero or one round */
	bool is_for;        /* written as `for`: its key (or position in the list) breaks ties */
	bool counted;       /* ELEMENT: its position is a column of the candidate */
	bool scan;          /* the program says `scan` */
	struct vec aliases; /* SOURCE: struct plan_alias *: names of the tree that are columns of
			       this row */
};
struct plan_alias {
	struct symbol *symbol; /* a group's name, or NULL: */
	struct node *node;     /* an aggregate or look-up */
	size_t column;
};

/* A value: an expression of the tree, a column of a bound row, or the position of a list element.
 */
struct plan_value {
	struct node *node; /* NULL: */
	struct plan_variable *variable;
	size_t column; /* of a source; of an element: the field of its record; SIZE_MAX: the whole
			  of it */
	size_t part;   /* of a ref: this key column of it; SIZE_MAX: the value itself */
	bool position; /* the number of the element that `variable` is at */
	uint64_t needs;
	const struct type *type;
};

/* A condition: an expression, or the equality of two values (from `==`, and from key arguments). */
struct plan_filter {
	unsigned number;
	struct node *node;               /* the whole condition; NULL for a key argument */
	bool negated;                    /* the condition's opposite is wanted (all, implies) */
	struct plan_value *left, *right; /* NULL unless an equality */
	struct plan_value *selector, *labels; /* NULL unless `selects` */
	bool implied; /* by another filter: serves to find rows, needs no check */
	bool local; /* reads a name of an enclosing comprehension: no help for finding outer rows */
	uint64_t needs;
	struct node *place;
};

enum plan_term_kind {
	PLAN_TERM_ROW,    /* the row with this key, or NULL; also a single table */
	PLAN_TERM_SOME,   /* some, none, all: whether a round is left */
	PLAN_TERM_COUNT,  /* how many rounds */
	PLAN_TERM_FOLD,   /* sum, min, max, first, a list: over the rounds, evaluated when asked */
	PLAN_TERM_COLUMN, /* a column of the row with this key, or its zero: an aggregate lifted
			     into a table of groups */
};
/* A reading of tables inside an expression: a small query of its own, evaluated where its value is
 * wanted. */
struct plan_term {
	unsigned number; /* in its query */
	enum plan_term_kind kind;
	struct node *node;    /* the expression that the term's value stands for */
	bool negated;         /* none, all: the value is the opposite of `some` */
	struct vec variables; /* struct plan_variable *: sources (each with its position) and
				 elements */
	struct vec filters;   /* struct plan_filter * */
	struct vec steps;     /* struct plan_step *: from bound outer variables to a round */
	struct node *value;   /* of sum, min, max, first, a list */
	size_t column;        /* COLUMN */
	const struct type *type;
	uint64_t needs;     /* outer variables */
	struct vec locals;  /* struct symbol *: names of enclosing comprehensions that it reads */
	struct text c_name; /* of its function */
};

struct plan_output {
	size_t column;            /* of the candidate's row; SIZE_MAX: the whole row */
	struct plan_value *value; /* NULL: true */
	size_t waits;    /* column that becomes true where the value says `else wait`; SIZE_MAX: it
			    does not */
	size_t included; /* column: true unless the value skipped; SIZE_MAX: a skip ends the round
			  */
	struct node *place;
};

struct plan_step {
	enum plan_step_kind kind;
	struct plan_variable *variable;
	struct plan_filter *filter;
	struct plan_index *index;   /* PROBE */
	struct plan_value *anchors; /* PROBE of an index with anchors: the labels, or the selector,
				       of the other side */
	struct vec keys;   /* GET, PROBE: struct plan_value *, in the order of the key or index
			      columns */
	struct vec checks; /* beside `keys`: the equality to be compared at once, or NULL: another
			      filter does */
};
struct plan_delta {
	struct text c_name;
	unsigned position; /* of the driver; 0: START, which reads everything NEW. Sources and terms
			      count from 1 */
	struct plan_variable *driver; /* the source that changed: the query's, or with `term` one
					 inside that term */
	struct plan_term *term;
	struct plan_table *table; /* that drives, NULL for START */
	uint64_t columns;         /* of its table: a change in none of them is skipped */
	struct vec steps;         /* struct plan_step * */
	enum plan_cost cost;
	struct vec distinct; /* KEYS: struct plan_value *: the driver's columns that its outer rows
				depend on */
	struct plan_variable *once; /* KEYS: changed rows lead to this outer row by `selects`; no
				       `distinct` then */
	bool repeats;               /* KEYS: several changed rows may agree in them */
};

struct plan_query {
	unsigned number; /* in its operator: breaks ties of `also` */
	struct plan_operator *operator;
	struct node *node;     /* QUERY, RULE, COMPREHENSION, or the derive's expression */
	struct vec variables;  /* struct plan_variable *, program order */
	struct vec filters;    /* struct plan_filter * */
	struct vec terms;      /* struct plan_term * */
	struct vec outputs;    /* struct plan_output * */
	struct vec order;      /* KEEP, MERGE: struct plan_value *: ties, after `by` and the query's
				  number */
	size_t *order_columns; /* of the candidate, beside `order` */
	struct vec deltas;     /* struct plan_delta * */
	unsigned positions;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check.h: from the trees of a program's modules to the typed tree, and what that tree promises.
 *
 * The planner, the emitter and the oracle read the same three things of a node: `type`, `symbol`,
 * `note`. This header is the contract of all three; it holds only when check_program left no error
 * among the reports.
 */
#ifndef WEFT_COMPILER_CHECK_H
#define WEFT_COMPILER_CHECK_H

#include "type.h"

struct compilation; /* compile.h */

/* Loads the prelude and every module that is used, gives meaning to names, types to expressions,
 * and checks what the language asks. The main file is parsed already. Never NULL; c->diags says
 * whether there were errors. */
struct program *check_program(struct compilation *c);

/* What a node means beyond its type and symbol. Each line says: the node kinds, what the note's
 * other fields hold. */
enum meaning {
	MEANS_NOTHING,
	/* FIELD and OPTION_FIELD (`?.`: the value is a T?, the result flattened: none when it is
	   none) */
	MEANS_COLUMN,  /* index: the field's number in the value's record (of the item's record with
			  `?.`) */
	MEANS_ID,      /* x.id: a ref to the row itself; table */
	MEANS_REF_KEY, /* r.namespace: index: which of the ref's key columns (header order); table:
			  the ref's */
	MEANS_MEMBER,  /* member: of a built-in type (conn.remote, addr.ip, verdict.clause) */
	/* INDEX */
	MEANS_ROW_BY_KEY, /* c[a, b]: Row?; table; key: one part per key column, all with a value */
	MEANS_ROWS_BY_KEY, /* c[a, _]: rows of c; table; key: parts without value are `_` */
	MEANS_ITEM,        /* xs[i]: T?; i Int, from 0 */
	MEANS_ENTRY,       /* m[k]: T?; also labels["app"]: String? */
	/* NAME */
	MEANS_ALL_ROWS, /* c: rows of c; table */
	MEANS_SINGLE,   /* the value of a single derive or rule (T), or of a single collection (T?);
			   table */
	MEANS_SIBLING,  /* a column by its bare name, the row implied: in `absent`/`empty` (fields
			 * before), in `where` of  a collection, in `by` behind `also`; index: field
			 * number */
	/* CALL (symbol: fn, decision, handler or builtin); ARGUMENTS are in the order of the
	   parameters */
	MEANS_CALL,            /* of fn, extern fn; symbol is the function */
	MEANS_DECIDE,          /* of a decision: Verdict */
	MEANS_BUILTIN,         /* of symbol->builtin: ADDR, PASSED, PARSE, ENV */
	MEANS_AGGREGATE,       /* count(x in xs where c yield e) ...: exactly one COMPREHENSION;
				  symbol->builtin says which */
	MEANS_GROUP_AGGREGATE, /* behind `group`: over the rounds of the group; ARGUMENTS: none for
				* count(), else one, which is typed in the scope before the group
				* (ARGUMENT_BY, flag DISTINCT likewise) */
	MEANS_TABLE_OF,        /* rejected(c), conflicts(c): rows of table */
	MEANS_CONSTRUCT,       /* Variant(payload ...); symbol: the variant, index: its number */
	/* TYPE_NAME as an expression: a variant without payload; symbol: the variant (type
	 * TYPE_ENUM, or TYPE_SELECTOR with symbol->index 0 Everything, 1 Nothing); index: its
	 * number. PATTERN: the same; literal patterns and `_`: no note */
	MEANS_VARIANT,
	/* FIELD_INIT: index: the number of the field in the type of the RECORD around it */
	MEANS_INIT,
	/* BINARY `contains` */
	MEANS_CONTAINS_TEXT,
	MEANS_CONTAINS_ITEM,
	MEANS_CONTAINS_KEY,
	MEANS_CONTAINS_IP, /* String, [T], map or Labels, Cidr */
	/* BINARY `like` (right: String) */
	MEANS_LIKE_TEXT,
	MEANS_LIKE_HOST,
	MEANS_LIKE_IDENTITY,
	/* BINARY `within` */
	MEANS_WITHIN_CIDR,
	MEANS_WITHIN_LIST, /* Ip within Cidr, Ip within [Cidr] */
	/* BINARY `matches`: symbol: the fn that is called with (left, right); its result is Bool */
	MEANS_MATCHES,
	/* FOR (also of a COMPREHENSION and of a rule): what it walks */
	MEANS_FOR_ROWS, /* `rows of table`: a NAME, an INDEX, a CALL of TABLE_OF, or the NAME of a
			   LET of one */
	MEANS_FOR_LIST, /* [T]; symbol->type is T */
	MEANS_FOR_MAP, /* {K: V} or Labels, sorted by key; symbol->type is the record { key, value }
			*/
	MEANS_FOR_OPTION, /* T?: zero or one round */
	/* declarations */
	MEANS_COLLECTION,
	MEANS_QUERY,
	MEANS_RULE,
	MEANS_RULE_FIELD,
};

/* Members of built-in types; the value's type says of which. */
enum member {
	MEMBER_NONE,
	MEMBER_CONN_LOCAL,
	MEMBER_CONN_REMOTE,
	MEMBER_CONN_ORIGINAL_DST, /* Addr */
	MEMBER_CONN_ACCEPTED,     /* Instant */
	MEMBER_CONN_SNI,
	MEMBER_CONN_ALPN,     /* String?: none in this version */
	MEMBER_CONN_PEER,     /* only as the value of the next one */
	MEMBER_PEER_IDENTITY, /* Identity?: none in this version */
	MEMBER_ADDR_IP,
	MEMBER_ADDR_PORT,
	MEMBER_CIDR_IP,
	MEMBER_CIDR_BITS, /* Ip; Int: 0..32 for v4, 0..128 for v6 */
	MEMBER_VERDICT_ALLOWED,
	MEMBER_VERDICT_CLAUSE, /* Bool, String */
};

/* One key column of a look-up. `value` NULL: `_`. A ref stands for several columns at once: then
 * `value` is the same expression in each of them, of TYPE_REF, and `part` says which of its key
 * columns is meant. */
struct key_part {
	struct node *value;
	bool is_ref;
	size_t part;
};

/* One key column of a rule: column `field` of the row of `variable` (NO_FIELD: the variable itself,
 * a scalar). The rule's row type has these as its first columns, in this order, same names
 * (`variable_name` where two would clash). */
struct rule_key {
	struct symbol *variable; /* SYMBOL_FOR */
	size_t field;
};

struct rule_note {
	const struct rule_key *key;
	size_t key_count;
	int64_t drain; /* nanoseconds */
	bool start_unsynced;
	struct node *drain_field, *start_field; /* where they are written, or NULL */
};

struct query_note {
	struct node *group; /* its GROUP clause, or NULL */
	size_t group_at;    /* number of that clause in QUERY_CLAUSES */
	bool unique;        /* the key is proved for this query alone */
};

struct collection_note {
	enum builtin from; /* BUILTIN_KUBERNETES, _FILE, _CLOCK; BUILTIN_NONE: extern */
	struct node *
		argument; /* file: a String expression of params and constants; clock: a DURATION */
	struct text origin; /* kubernetes: the record's "v1/Service" */
};

struct check_note {
	enum meaning meaning;
	enum member member;
	size_t index;
	struct symbol *table;
	const struct key_part *key;
	size_t key_count;
	const struct type
		*as; /* not NULL: a T (the node's type) stands where this T? is expected: wrap it */
	const struct rule_note *rule;             /* of RULE */
	const struct query_note *query;           /* of QUERY */
	const struct collection_note *collection; /* of COLLECTION */
};

/* ---- the typed tree: what holds without a note ----
 *
 * Types. Every expression has its `type`; literals that took another by what is expected have that
 * one (an INT may be Port, Float, Size; `[]` the list expected). Only a T for a T? is left to
 * convert, and says so by note->as. There is no TYPE_ERROR left. TYPE_ROWS values are never stored:
 * they are sources, look-ups, and LETs that name one.
 *
 * Names. NAME: symbol is a PARAM (read from the params struct), FOR, LET, ARGUMENT, BINDING (a
 * local), BUILTIN_CONN, or a table (see the notes above). FOR, LET, FIELD_DECL of parameters,
 * DECISION, RULE ... : symbol is what they declare. In PATTERN_BINDINGS each NAME's symbol is the
 * BINDING it declares (index: which payload). Nothing shadows anything, so a symbol identifies a
 * variable within its declaration.
 *
 * ELSE. VALUE has type T?. FALLBACK an expression: of T (result T) or T? (result T?). SKIP: ends
 * the innermost round around it, that of the COMPREHENSION or of the query. WAIT: only in
 * RULE_ADDRESS. DENY, CLOSE: only in a LET, REQUIRE, FORWARD, LOG, IF, MATCH, RELAY of a handler,
 * never inside a COMPREHENSION; DENY_REASON is a String. `let up = dial a else close`: DIAL has the
 * type Stream?; DIAL stands only as the VALUE of an ELSE that is the whole value of a LET. and, or,
 * implies evaluate the right side only when the left one does not decide. `/` gives T?: none for a
 * divisor 0. Duration, Size, Instant, Int are all 64-bit integers.
 *
 * Derives. QUERIES with count > 0: every QUERY_YIELD is of the derive's row type; its symbol->key
 * are the field numbers of the header. Where the yield is a RECORD its FIELD_INITs may stand in
 * another order than the record's fields (index says which). Without DERIVE_CONFLICT equal keys
 * mean equal rows (proved), so candidates are settled as UNIQUE. KEEP_BY is typed in the scope of
 * the query before the yield; with several queries as MEANS_SIBLING of the row; its type may be T?
 * (missing sorts last). MERGE_FUNCTION: NAME of an fn (row, row) -> row.
 *
 * Tables. symbol->type is the row type; key, key_count say the key columns. conflicts(c) has c's
 * row type, and all columns as its key, c's key columns first. rejected(c): the key columns of c,
 * then reason: String, place: String; keyed by c's key columns and place. Look-ups in these two may
 * stop behind c's key columns: the parts behind have no value, and the look-up gives rows. A rule:
 * its key columns (rule_note), then state: State of the prelude (Pending(String), Open,
 * Failed(String), Draining). A single collection or rule has key_count 0 and `single`. The NAME of
 * a single collection has the type Row?, that of a single rule Row, that of a single derive the
 * value's type.
 *
 * Records. FIELD_DECL_PATH is a NAME/FIELD chain, NULL: the name itself, or ANY (`at _`): a
 * [String] with the names of the keys beside it that no other field of the record reads. ABSENT and
 * EMPTY: constants, params and MEANS_SIBLING fields declared before. ABSENT alone on a Selector
 * says EMPTY too. A field of a record type decodes the mapping under its own path (`rules: Rules at
 * spec`).
 *
 * Handlers. RULE_BODY and HANDLER_BODY end on every path in exactly one of FORWARD, RELAY, DENY,
 * CLOSE, RUN; nothing follows one. In RULE_BODY the RULE_FIELDs are items of the same block.
 * REQUIRE_CONDITION, IF_CONDITION, RELAY_WHILE: Bool or Verdict. FORWARD_ADDRESS, DIAL_ADDRESS:
 * Addr. WITH: RECORD whose FIELD_INITs are named timeout: Duration, mark: Int, source: Addr (its
 * own type is NULL). RELAY_LEFT, RIGHT: Stream (a LET of a dial) or Conn. RUN_VALUE: CALL of a
 * handler, MEANS_CALL. fns read their arguments and params only, never a table; decisions and
 * handlers read any.
 */

#endif

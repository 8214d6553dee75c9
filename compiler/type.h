/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * type.h: types and symbols, as the checker leaves them. Types are made once (hash-consed):
 * two types are equal if and only if their pointers are.
 */
#ifndef WEFT_COMPILER_TYPE_H
#define WEFT_COMPILER_TYPE_H

#include "ast.h"

enum type_kind {
	TYPE_ERROR, /* already reported: silences follow-ups; equal to everything */
	TYPE_BOOL,
	TYPE_INT,
	TYPE_FLOAT,
	TYPE_STRING,
	TYPE_BYTES,
	TYPE_PORT,
	TYPE_IP,
	TYPE_CIDR,
	TYPE_ADDR,
	TYPE_DURATION,
	TYPE_SIZE,
	TYPE_INSTANT,
	TYPE_IDENTITY,
	TYPE_LABELS,   /* {String: String} sorted by key: a type of its own */
	TYPE_SELECTOR, /* built-in enum: Everything, Nothing, Match(requirements) */
	TYPE_CERT,
	TYPE_CONN,
	TYPE_STREAM,
	TYPE_VERDICT,
	TYPE_OPTION, /* item */
	TYPE_LIST,   /* item */
	TYPE_MAP,    /* key, item */
	TYPE_RECORD, /* record: declared, or the row of a derive, or a literal's */
	TYPE_ENUM,   /* enumeration */
	TYPE_REF,    /* collection: the key of one row */
	TYPE_ROWS,   /* collection: some rows of it, only where a source is expected */
};

struct record_field {
	struct text name;
	const struct type *type;
	struct node *declaration; /* FIELD_DECL, or the FIELD_INIT of a yield; NULL for built-ins */
	bool used; /* some rule, query, function or handler reads it: only used columns are decoded
		    */
};

/* A record's shape. Rows of a derive have one of their own, named after the derive. */
struct record {
	struct text name; /* "Service", "ports" */
	struct module *module;
	struct node *declaration; /* RECORD_DECL, DERIVE, or NULL */
	struct record_field *fields;
	size_t count;
	size_t item_key; /* the field `key` names: it identifies an element of a list; NO_FIELD: its
			    position */
};
#define NO_FIELD SIZE_MAX

struct enum_variant {
	struct text name;
	const struct type **payload;
	size_t payload_count;
	struct text code; /* text form in documents; empty: the name itself */
	struct node *declaration;
	struct symbol *symbol; /* SYMBOL_VARIANT */
};

struct enumeration {
	struct text name;
	struct module *module;
	struct node *declaration;
	struct enum_variant *variants; /* an open enum has Unknown(String) as its last one */
	size_t count;
	bool open;
	bool is_plain; /* no variant has a payload */
};

struct type {
	enum type_kind kind;
	const struct type *item, *key;
	struct record *record;
	struct enumeration *enumeration;
	struct symbol *collection; /* of TYPE_REF and TYPE_ROWS */
	struct text name;          /* as a message shows it: "[ServicePort]", "ref services" */
	unsigned id;
};

enum symbol_kind {
	SYMBOL_MODULE,
	SYMBOL_PARAM,
	SYMBOL_COLLECTION,
	SYMBOL_DERIVE,
	SYMBOL_RULE,
	SYMBOL_RECORD,
	SYMBOL_ENUM,
	SYMBOL_VARIANT,
	SYMBOL_FN,
	SYMBOL_DECISION,
	SYMBOL_HANDLER,
	SYMBOL_BUILTIN,
	SYMBOL_FOR,      /* a `for` variable */
	SYMBOL_LET,      /* `let` in a query, a handler; a group's name */
	SYMBOL_ARGUMENT, /* a parameter of fn, decision, handler */
	SYMBOL_BINDING,  /* a name bound by a pattern */
	SYMBOL_FIELD,    /* a record's field: field index in `index` */
	SYMBOL_KIND,     /* listener, certificate ... */
	SYMBOL_REJECTED,
	SYMBOL_CONFLICTS, /* the tables rejected(c), conflicts(c): `of` is c; one each per c, on
			     first use */
};

/* Built-in functions and sources, the name of SYMBOL_BUILTIN in `builtin`. */
enum builtin {
	BUILTIN_NONE,
	BUILTIN_COUNT,
	BUILTIN_SUM,
	BUILTIN_MIN,
	BUILTIN_MAX,
	BUILTIN_FIRST,
	BUILTIN_COLLECT,
	BUILTIN_SOME,
	BUILTIN_NO_ROUND, /* none(...) */
	BUILTIN_ALL,
	BUILTIN_REJECTED,
	BUILTIN_CONFLICTS, /* rejected(c), conflicts(c): collections */
	BUILTIN_ENV,
	BUILTIN_FILE,
	BUILTIN_CLOCK,
	BUILTIN_KUBERNETES, /* where values and rows come from */
	BUILTIN_ADDR,       /* addr(ip, port): Addr */
	BUILTIN_PASSED,     /* passed(instant): Bool */
	BUILTIN_PARSE, /* int("1") port() ip() cidr() duration() identity(): T? of a String, by the
			  CALL's type */
	BUILTIN_CONN,  /* `conn` inside a listener's handler */
};

/* What a program declares. Tables (collection, derive, rule, rejected, conflicts) share this
 * struct. */
struct symbol {
	enum symbol_kind kind;
	enum builtin builtin;
	struct text name;
	struct module *module; /* where it is declared */
	struct node *declaration;
	const struct type *type; /* of a value; fn, decision: of its result; a table's row type (a
				    single derive's value) */
	struct symbol *of;       /* variant: its enum's symbol; rejected/conflicts: the collection;
				  * FOR, LET: the table whose row it is, or NULL */
	size_t index; /* variant number, field number, argument number, payload number of a binding
		       */

	/* tables only */
	size_t *key; /* field numbers of the key columns in the row record, in header order */
	size_t key_count;
	bool single; /* no key: exactly one value (derive) or T? until synced (collection) */
	bool is_read_by_handler; /* needs a published view */
	bool used;
	struct vec uses; /* struct node *: every expression that reads it */
	struct symbol *rejected,
		*conflicts; /* its own, once the program asks for them; else NULL */
	void *plan;         /* the planner's own */
	void *check;        /* the checker's own */
};

static inline bool symbol_is_table(const struct symbol *s)
{
	return s->kind == SYMBOL_COLLECTION || s->kind == SYMBOL_DERIVE || s->kind == SYMBOL_RULE ||
		s->kind == SYMBOL_REJECTED || s->kind == SYMBOL_CONFLICTS;
}

struct module {
	struct text name; /* "sidecar", "kubernetes", "mesh.authz" */
	struct source *source;
	struct node *file;
	struct vec
		symbols; /* struct symbol * in order of declaration (variants follow their enum) */
	struct vec imports; /* struct symbol * that `use` brings in */
	bool is_stdlib;
};

/* A whole program after checking: modules in dependency order, the main one last. */
struct program {
	struct arena *arena;
	struct vec modules; /* struct module * */
	struct module *main;
	struct vec types;  /* struct type *: all there are */
	struct vec tables; /* struct symbol *: every table that the program keeps, each after those
			      it reads */
	struct text name;  /* of the main file, as a C identifier */
};

#endif

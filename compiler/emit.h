/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit.h: the C of a program, from its typed tree and its plan.
 *
 * A program gives one source file in which everything is static (so that two programs live in one
 *process), one header, which is its embedding API, and one small main file. The source has
 *sections, each a buffer; whoever emits prints lines into the current one. What is needed is
 *emitted on first use (structs, descriptors, functions, look-ups), each time before its user:
 * nothing unused comes out, and the order is the program's.
 *
 * Expressions. emit_expr prints the statements that must run before and gives back an operand: C
 *text without side effects, which may be printed more than once. A statement printed before a lazy
 *part (the right side of `and`) stands under its condition.
 *
 * What the C around an expression must offer, wherever it is printed:
 *	w   struct weft_scope *: intern table, memory, parameters (abi/scope.h); its status is
 *sticky: after a batch of work `if (w->status != WEFT_OK)` ends the transaction or the connection
 *	p   const struct PROGRAM *: only when the text reads parameters: emit_body_end says so
 */
#ifndef WEFT_COMPILER_EMIT_H
#define WEFT_COMPILER_EMIT_H

#include "plan.h"

struct diags;
struct emitter;

/* ---- operands ---- */
enum repr {
	/* scalars, struct weft_text, struct weft_list, weft_opt_*, plain enum (uint32_t), verdict,
	   stream, conn */
	REPR_VALUE,
	REPR_ID,          /* weft_id of a text, list, map, labels: as it stands in a row */
	REPR_OPT_ID,      /* struct weft_opt_id, likewise */
	REPR_PLACE,       /* lvalue of a struct: record, ref, enum with payload. `s->port` */
	REPR_POINTER,     /* pointer to const struct, never NULL: rows and records. `s` */
	REPR_OPT_PLACE,   /* lvalue of a stored struct { bool has; struct X value; } */
	REPR_OPT_POINTER, /* pointer or NULL */
};

struct operand {
	/* primary expression or parenthesised where needed; NUL behind it */
	struct text c;
	enum repr repr;
	const struct type *type;
	bool is_constant; /* a literal: cheap and without names */
	/* points into the block that is being printed: emit_escape before it leaves that */
	bool is_local;
};

/* ---- the emitter ---- */
struct emit_section {
	struct buffer text;
	unsigned indent;
	uint32_t line; /* of the source: last one that stands in a comment */
	const struct source *source;
	const struct node *pending; /* place() of the next line */
	bool is_blank;              /* the last line is blank */
};

/* Variables of the tree that have a C operand; a stack: note the count, bind, cut back. */
struct emit_binding {
	const struct symbol *symbol;
	struct operand operand;
};

/* What `else skip`, `wait`, `deny`, `close` become here. NULL: cannot stand here. */
struct emit_exits {
	const char *skip, *wait; /* a statement: "continue;", "return WEFT_OK;" */
	/* prints the statements that leave */
	void (*leave)(struct emitter *e, const struct node *deny_or_close);
};

/* Asked first for every expression node: true when it gave the operand itself (terms, aliases of
 * groups). */
struct emit_hooks {
	bool (*expression)(
		void *user, struct emitter *e, const struct node *n, struct operand *result);
	void *user;
};

/* How tables are read when no hook answers. */
enum emit_mode {
	EMIT_PURE,    /* not at all: fn, defaults */
	EMIT_ENGINE,  /* only by hooks */
	EMIT_HANDLER, /* weft_conn_first and _each of `conn` */
};

/* What has a C name at file scope. */
enum name_kind {
	NAME_TAG,
	NAME_STRUCT,
	NAME_DESCRIPTOR,
	NAME_FUNCTION,
	NAME_DECISION,
	NAME_LOOKUP,
	NAME_PUBLIC,
	NAME_PUBLIC_STRUCT,
	NAME_SHOW,
	NAME_TAKE
};
struct emit_name {
	const void *key;
	enum name_kind kind;
	struct text c;
	bool flag; /* function: takes `w` */
};

struct emitter {
	struct arena *arena;
	struct program *program;
	struct plan *plan;
	struct diags *diags; /* 'not in this version' of things that checked */
	struct text name;    /* program, as a C identifier: "sidecar" */
	/* of the source: structs and descriptors, functions, static tables, embedding API */
	struct emit_section types, code, tables, api;
	struct emit_section prototypes;  /* of functions that make absent and empty fields */
	struct emit_section descriptors; /* behind the types: struct weft_type of each */
	struct emit_section header;
	struct emit_section *out; /* where lines go */
	enum emit_mode mode;
	struct emit_hooks hooks;
	struct emit_exits exits;
	struct emit_binding *bindings;
	size_t binding_count, binding_room;
	bool uses_scope, uses_program, uses_conn; /* since emit_body_begin */
	bool line_directives;                     /* -g */
	bool has_api;
	struct buffer externs; /* C functions that the user has to give: "zone, hello" */
	/* the row whose columns go by bare names (MEANS_SIBLING) */
	struct operand sibling;
	/* struct emit_name *: C names at file scope, and what they stand for */
	struct vec names;
	struct vec locals; /* char *: C names of the function that is being printed */
	void *handler;     /* emit_handler.c's own */
	/* the variable of the loop that is being printed, when nobody reads it */
	const struct symbol *unread;
	/* what a local that an `else` needs is called: the name of the `let` around it */
	const char *hint;
};

/* ---- printing (cprint.c) ----
 * One call, one line; indentation follows braces: a line that ends in `{` indents what follows, one
 * that begins with `}` ends it. Long lines are broken at commas and operators. */
void line(struct emitter *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* one indent deeper: behind `if (...)` */
void line_under(struct emitter *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void blank_line(struct emitter *e); /* at most one in a row */
/* The next line gets a comment in front, when its source line is another than the last one's:
 * sidecar.weft:14 and what stands there. */
void place(struct emitter *e, const struct node *n);
void doc_comment(struct emitter *e, const struct node *declaration); /* its `///` lines */
struct text c_string(struct arena *a, struct text t);                /* with quotes, escaped */

/* A function's body is printed into a buffer of its own, since its prologue depends on what it
 * uses. Nests. */
struct emit_body {
	struct emit_section section, *outer;
	bool uses_scope, uses_program, uses_conn;
	struct vec locals;
	size_t binding_count;
};
void emit_body_begin(struct emitter *e, struct emit_body *b);
/* Back to the outer buffer and state; *b keeps the text and says what it used. Print it with
 * emit_body_print. */
void emit_body_end(struct emitter *e, struct emit_body *b);
void emit_body_print(struct emitter *e, const struct emit_body *b);
/* as a word, not as a member */
bool emit_body_mentions(const struct emit_body *b, struct text name);

/* ---- names (cname.c) ---- */
/* keywords of C and C++ get a `_` behind */
struct text c_name(struct emitter *e, struct text name);
/* ServicePort -> service_port */
struct text c_lower(struct emitter *e, struct text name);
/* ServicePort -> SERVICE_PORT */
struct text c_upper(struct emitter *e, struct text name);
/* kubernetes__service_port */
struct text c_global(struct emitter *e, const struct module *m, struct text name);
/* fresh in this function */
struct text c_local(struct emitter *e, const char *hint, ...) __attribute__((format(printf, 2, 3)));
/* "TABLE_SERVICES": its number, an enum constant */
struct text c_table(struct emitter *e, const struct plan_table *t);
/* number, or "WEFT_PRIMARY" for NULL */
struct text c_index(struct emitter *e, const struct plan_table *t, const struct plan_index *i);

/* The name of `key`; a new one gets `wanted`, with a number behind it when that is taken. */
struct emit_name *name_find(struct emitter *e, const void *key, enum name_kind kind);
struct emit_name *name_add(
	struct emitter *e, const void *key, enum name_kind kind, struct text wanted);

/* ---- types (emit_type.c): each also emits the struct or descriptor when it is not there yet ----
 */
/* "struct kubernetes__service", "weft_id", "uint16_t" */
struct text c_stored(struct emitter *e, const struct type *t);
/* "const struct kubernetes__service *", "struct weft_text" */
struct text c_expression(struct emitter *e, const struct type *t);
/* "&weft_type_port", "&kubernetes__service_type" */
struct text c_descriptor(struct emitter *e, const struct type *t);
/* its C name in the struct */
struct text c_field(struct emitter *e, const struct record *r, size_t field);
/* "KUBERNETES__PROTOCOL_TCP" */
struct text c_variant(struct emitter *e, const struct enumeration *n, size_t variant);
/* record, ref, enum with payload: const struct X * in expressions */
bool type_is_struct(const struct type *t);
bool type_is_id(const struct type *t); /* text, list, map, labels: weft_id in rows */
/* Columns are the fields with `used`, counted from 0. */
size_t column_count(const struct record *r);
size_t column_field(const struct record *r, size_t column);

/* ---- expressions (emit_expr.c, emit_look.c) ---- */
void emit_expr(struct emitter *e, const struct node *n, struct operand *result);
/* The operand as expressions have it: REPR_VALUE, or POINTER and OPT_POINTER. */
struct operand emit_value(struct emitter *e, struct operand o);
struct operand emit_field(struct emitter *e, struct operand record, size_t field);
/* A condition, ready for `if (%s)`. Verdict counts as its `allowed`. */
struct text emit_condition(struct emitter *e, const struct node *n, bool negated);
struct text emit_equal(struct emitter *e, struct operand a, struct operand b);
/* an int, < 0, 0, > 0: canonical order */
struct text emit_compare(struct emitter *e, struct operand a, struct operand b);
/* weft_value_hash of it */
struct text emit_hash(struct emitter *e, struct operand o);
/* folded from 0 */
struct text emit_hash_key(struct emitter *e, const struct operand *parts, size_t count);
/* Statements that store it into `lvalue` of the type's stored form (zeroed before); computed text
 * is interned. */
void emit_store(struct emitter *e, struct text lvalue, const struct type *t, struct operand o);
/* Declares a local that holds the operand; gives the operand that names it. */
struct operand emit_let(struct emitter *e, const char *hint, struct operand o);
/* The address of the operand in stored form: `&s->port`, or of a local made for it. */
struct text emit_address(struct emitter *e, struct operand o);

/* Where `e` wants a C value that outlives the block: a copy in the scope's memory when the operand
 * is local. */
struct operand emit_escape(struct emitter *e, struct operand o);
/* The loop of a FOR over a list, map or option (not rows): prints its head and binds the variable;
 * the caller prints the `}`. `index` (if not NULL) gets the C name of the element's number. */
void emit_walk(struct emitter *e, const struct node *for_clause, struct text *index);

void emit_bind(struct emitter *e, const struct symbol *s, struct operand o);
/* What a bound name of struct or row type usually is. */
struct operand operand_row(struct emitter *e, const struct type *row, const char *c_format, ...)
	__attribute__((format(printf, 3, 4)));
struct operand operand_value(const struct type *t, struct text c);
/* A column of a row: REPR_ID for text, REPR_PLACE for records ... */
struct operand operand_stored(const struct type *t, struct text lvalue);

void emit_extern(struct emitter *e, struct text c_name); /* notes a function of the user */

/* ---- functions (emit_fn.c): the C name; emitted on first use, before the function that is being
 * printed ---- */
struct text emit_fn(struct emitter *e, const struct symbol *fn);
bool fn_uses_scope(struct emitter *e, const struct symbol *fn); /* its first argument is `w` */
/* NAME(conn, arguments ...) */
struct text emit_decision(struct emitter *e, const struct symbol *decision);

/* ---- the planner's part (emit_table.c, emit_query.c) ---- */
/* Prints into e->code, and on first use into e->types. Handlers come behind it, and may still add
 * indexes. */
void emit_operators(struct emitter *e);
/* Into e->tables: `tables`, `operators`, and `static const struct weft_engine_info engine_info`. */
void emit_engine_info(struct emitter *e);

/* ---- the rest of the program ---- */
/* emit_handler.c: `static const struct weft_handler_info NAME_handler` each */
void emit_handlers(struct emitter *e);
/* emit_main.c: params, sources, rules, the instance struct */
void emit_program_info(struct emitter *e);
void emit_api(struct emitter *e); /* emit_api.c */
void emit_no_api(struct emitter *e);
struct emitted {
	struct text header, source, main; /* NAME.h, NAME.c, NAME_main.c */
	struct text externs;              /* see emitter */
	struct text name;
};
/* Without `api` the header has nothing but what the main file and `extern` functions need. */
struct emitted emit_program(struct plan *plan, struct diags *diags, bool api, bool line_directives);

#endif

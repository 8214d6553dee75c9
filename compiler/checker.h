/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * checker.h: what the files of the checker share; nobody else includes it (check.h is the contract
 * of the pass).
 *
 * Order of files: type.c (types are made once), module.c (which files), scope.c (names), check.c
 * (declarations on demand), check_decl.c (each kind of them), check_expr.c, check_value.c,
 * check_member.c, check_operator.c, check_call.c (expressions), check_query.c (derivations),
 * check_rule.c (rules and handlers), check_key.c (uniqueness, scans), check_use.c (what is used,
 * what nobody uses).
 *
 * Declarations are resolved when they are first asked for; one that is asked for while it is being
 * resolved closes a loop. So the order in which tables are finished is an order of dependency.
 */
#ifndef WEFT_COMPILER_CHECKER_H
#define WEFT_COMPILER_CHECKER_H

#include "check.h"
#include "diag.h"

struct local {
	struct symbol *symbol;
	struct local *next;
};

enum place {
	PLACE_CONSTANT,
	PLACE_SIBLING,
	PLACE_FN,
	PLACE_QUERY,
	PLACE_RULE,
	PLACE_DECISION,
	PLACE_HANDLER
};

/* What the expression at hand may mention. */
struct scope {
	enum place place;
	struct local *locals;
	struct local *grouped; /* behind `group`: the variables before it, for arguments of
				  aggregates only */
	bool behind_group;
	const struct record *siblings; /* whose columns stand by their bare names, the first
					  `sibling_count` of them */
	size_t sibling_count;
	bool may_skip, may_wait, may_end;
	bool may_dial;        /* the expression is the value of an else of a let */
	unsigned rounds;      /* comprehensions around it */
	unsigned awaits;      /* dials so far on this path of a handler */
	struct symbol *owner; /* the declaration */
};

struct types {
	struct vec all;
	const struct type *simple[TYPE_VERDICT + 1];
	struct record *peer;
};

struct checker {
	struct arena *arena;
	struct diags *diags;
	struct program *program;
	struct types types;
	struct module *module; /* whose declaration is at hand */
	struct module *prelude;
	struct scope *scope;
	struct text stdlib;     /* directory */
	struct vec resolving;   /* struct symbol *: a stack */
	struct vec locals;      /* struct symbol *: every FOR and LET, for warnings */
	struct vec reported;    /* struct report *: scope.c */
	struct vec import_uses; /* scope.c: which file uses what it imports */
	struct vec builtins;    /* struct symbol *: the variants of Selector */
	struct vec loading;     /* struct text *: files whose uses are being loaded */
	struct vec later;       /* struct symbol *: handlers and rules with bodies to check */
	struct vec runs;        /* struct run *: which handler runs which (check_rule.c) */
};

/* ---- type.c ---- */
void types_init(struct checker *c);
const struct type *type_simple(struct checker *c, enum type_kind kind);
const struct type *type_option(struct checker *c, const struct type *item); /* T?? is T? */
const struct type *type_list(struct checker *c, const struct type *item);
const struct type *type_map(struct checker *c, const struct type *key, const struct type *item);
const struct type *type_record(struct checker *c, struct record *record);
const struct type *type_enum(struct checker *c, struct enumeration *enumeration);
const struct type *type_ref(struct checker *c, struct symbol *table);
const struct type *type_rows(struct checker *c, struct symbol *table);
/* The { key, value } of a map's entries, of Labels'. */
const struct type *type_entry(struct checker *c, const struct type *map);
struct record *record_new(
	struct checker *c, struct text name, struct node *declaration, size_t count);
size_t record_find(const struct record *r, struct text name); /* NO_FIELD */
static inline bool type_is(const struct type *t, enum type_kind kind)
{
	return t->kind == kind;
}
bool type_may_be_key(const struct type *t);
bool type_has_text(const struct type *t);  /* "{x}" shows it */
bool type_has_order(const struct type *t); /* < and `by` */

/* ---- module.c ---- */
struct module *module_load(
	struct checker *c, struct text name, struct node *use); /* NULL: reported */
/* `file`: its tree, NULL when it is not parsed yet. */
struct module *module_of_source(
	struct checker *c, struct source *source, struct text name, struct node *file);
void module_declare(struct checker *c, struct module *m);
void module_imports(struct checker *c, struct module *m);
struct symbol *module_find(const struct module *m, struct text name);

/* ---- scope.c ---- */
struct symbol *symbol_new(
	struct checker *c, enum symbol_kind kind, struct text name, struct node *declaration);
struct check_note *note_of(struct checker *c, struct node *n); /* makes it */
struct check_note *means(struct checker *c, struct node *n, enum meaning meaning, size_t index);
struct symbol *scope_find(struct checker *c, struct text name); /* a local or a declaration; NULL */
struct symbol *scope_find_local(const struct local *l, struct text name);
bool import_is_used(const struct checker *c, const struct module *m, const struct symbol *s);
struct symbol *scope_find_type(struct checker *c, struct text name);
void scope_declare(
	struct checker *c, struct symbol *s); /* a local; reports when the name is taken */
struct symbol *scope_local(struct checker *c, enum symbol_kind kind, struct node *declaration,
	const struct type *type);
/* False when the same was asked about before: one mistake, one report. `of`: where the name was
 * looked for. */
bool first_report(struct checker *c, const void *of, struct text name);
void report_unknown_name(struct checker *c, struct node *n);
void report_unknown_type(struct checker *c, struct node *n);
/* Adds "did you mean": `names` are struct text *. */
void suggest(struct checker *c, struct diag *d, struct node *at, const struct vec *names);
/* Every variant `name` that is visible: struct symbol *. */
void scope_variants(struct checker *c, struct text name, struct vec *found);

/* ---- check.c ---- */
void resolve(struct checker *c, struct symbol *s);
const struct type *resolve_type(struct checker *c, struct node *n);
void resolve_params(struct checker *c, struct node *params);
struct scope scope_of(enum place place, struct symbol *owner);
void not_yet(struct checker *c, struct node *at, enum diag_id id);

/* ---- check_decl.c ---- */
void resolve_record(struct checker *c, struct symbol *s);
void resolve_enum(struct checker *c, struct symbol *s);
void resolve_param(struct checker *c, struct symbol *s);
void resolve_collection(struct checker *c, struct symbol *s);
void resolve_fn(struct checker *c, struct symbol *s);
void resolve_decision(struct checker *c, struct symbol *s);
void resolve_handler(struct checker *c, struct symbol *s);
/* The columns of `key` in the row; reports those that are not there or may not be keys. */
void resolve_key(struct checker *c, struct symbol *table, struct node *key, struct record *row);

/* ---- check_expr.c ---- */
/* The type of an expression, given what is expected (or NULL); not NULL, TYPE_ERROR when it was
 * reported. */
const struct type *check_expr(struct checker *c, struct node *n, const struct type *want);
/* The same where a `want` must be; `because` and `what` say who wants it ("`target` is a Port
 * here"), or NULL. */
const struct type *check_as(struct checker *c, struct node *n, const struct type *want,
	struct node *because, const char *what);
const struct type *fit(struct checker *c, struct node *n, const struct type *got,
	const struct type *want, struct node *because, const char *what);
const struct type *error_type(struct checker *c);
void note_columns(struct checker *c, struct diag *d, const struct record *row); /* what it has */
struct text needed_name(
	struct checker *c, const struct type *t); /* a type in '... is needed here' */
void report_missing(struct checker *c, struct node *n, const struct type *got, const char *why);
/* The table that a row expression comes from, or NULL. */
struct symbol *row_table(const struct node *n);
void use_column(struct record *r, size_t index);
void use_all_columns(const struct type *t);
void read_table(struct checker *c, struct node *n, struct symbol *table);

/* ---- check_value.c ---- */
const struct type *check_variant(
	struct checker *c, struct node *n, const struct type *want, struct symbol **variant);
const struct type *check_variant_value(struct checker *c, struct node *n, const struct type *want);
const struct type *check_int(struct checker *c, struct node *n, const struct type *want);
const struct type *check_list(struct checker *c, struct node *n, const struct type *want);
const struct type *check_record(
	struct checker *c, struct node *n, const struct type *want, struct record *into);
const struct type *check_with(struct checker *c, struct node *n, const struct type *want);

/* ---- check_match.c ---- */
/* The arms of a match, each with its body; reports what is not covered. */
typedef void arm_fn(struct checker *c, struct node *arm, void *user);
void check_arms(struct checker *c, struct node *match, arm_fn *body, void *user);

/* ---- check_member.c ---- */
const struct type *check_field(struct checker *c, struct node *n);
const struct type *check_index(struct checker *c, struct node *n);

/* ---- check_operator.c ---- */
const struct type *check_binary(struct checker *c, struct node *n, const struct type *want);
const struct type *check_unary(struct checker *c, struct node *n, const struct type *want);

/* ---- check_unread.c ---- */
/* Source i of a query's clauses, the sources of a comprehension: have been checked, and are
 * rewritten when they look up rows of rejected(c). `every`: the condition is what each round must
 * meet, as in `all(x in xs where e)`. */
void check_unread_clause(struct checker *c, struct node *clauses, uint32_t i);
void check_unread_rounds(struct checker *c, struct node *comprehension, bool every);

/* ---- check_call.c ---- */
const struct type *check_call(struct checker *c, struct node *n, const struct type *want);
const struct type *check_list_from(struct checker *c, struct node *n, const struct type *want);
struct symbol *table_rejected(struct checker *c, struct symbol *of);
struct symbol *table_conflicts(struct checker *c, struct symbol *of);

/* ---- check_query.c ---- */
void check_for(struct checker *c, struct node *n); /* types the source, declares the variable */
void resolve_derive(struct checker *c, struct symbol *s);

/* ---- check_rule.c ---- */
void resolve_rule(struct checker *c, struct symbol *s);
void check_rule_body(struct checker *c, struct symbol *s);
void check_handler_body(struct checker *c, struct symbol *s);
void check_run_loops(struct checker *c); /* behind all bodies */

/* ---- check_key.c ---- */
void check_unique(struct checker *c, struct symbol *derive);

/* ---- check_scan.c ---- */
/* `clauses` NULL: `rest` is the expression of a single value. */
void check_scans(struct checker *c, struct node *clauses, struct node *rest);

/* ---- check_use.c ---- */
void check_uses(struct checker *c);

#endif

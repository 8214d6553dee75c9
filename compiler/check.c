/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check.c: the pass itself, and declarations: each is resolved when it is first asked for. One that
 * is asked for while it is being resolved closes a loop, which is reported once, with its members.
 */
#include "checker.h"
#include "compile.h"

enum { FRESH, RUNNING, DONE };

struct progress {
	int state;
};

static struct progress *progress_of(struct checker *c, struct symbol *s)
{
	if (!s->check)
		s->check = ARENA_NEW(c->arena, struct progress);
	return s->check;
}

struct scope scope_of(enum place place, struct symbol *owner)
{
	return (struct scope){ .place = place, .owner = owner, .may_skip = place == PLACE_QUERY };
}

void not_yet(struct checker *c, struct node *at, enum diag_id id)
{
	struct diag *d = diag_new(
		c->diags, id, node_name_span(at), "refused, so that it is never silently ignored");
	diag_title(d, at->name);
	diag_note_until(d);
}

/* ---- types ---- */

/* A `schema`, which is reported where it is declared. */
static bool is_schema(struct checker *c, struct text name)
{
	const struct node *decls = kid(c->module->file, FILE_DECLS);
	for (uint32_t i = 0; i < decls->count; i++)
		if (decls->kids[i]->kind == NODE_SCHEMA && text_equal(decls->kids[i]->name, name))
			return true;
	return false;
}

static const struct type *named_type(struct checker *c, struct node *n)
{
	for (enum type_kind kind = TYPE_BOOL; kind <= TYPE_VERDICT; kind++)
		if (text_equal(c->types.simple[kind]->name, n->name))
			return c->types.simple[kind];
	struct text name = n->name; /* `alias.Type`: a file's names are all imported */
	for (size_t i = 0; i < n->name.size; i++)
		if (n->name.data[i] == '.') {
			if (is_schema(c, (struct text){ n->name.data, i }))
				return error_type(c);
			name = (struct text){ n->name.data + i + 1, n->name.size - i - 1 };
		}
	struct symbol *s = scope_find_type(c, name);
	if (!s) {
		report_unknown_type(c, n);
		return error_type(c);
	}
	n->symbol = s;
	s->used = true;
	resolve(c, s);
	return s->type ? s->type : error_type(c);
}

static const struct type *table_type(struct checker *c, struct node *n)
{
	struct symbol *s = scope_find(c, n->name);
	if (!s || !symbol_is_table(s)) {
		if (!s) {
			report_unknown_name(c, n);
		} else {
			struct diag *d = diag_new(c->diags, DIAG_TABLE_OF, node_name_span(n),
				"not a keyed collection");
			diag_title(d, text_of(n->kind == NODE_TYPE_REF ? "ref" : "rows of"));
		}
		return error_type(c);
	}
	resolve(c, s);
	n->symbol = s;
	if (!s->type || s->type->kind == TYPE_ERROR)
		return error_type(c);
	return n->kind == NODE_TYPE_REF ? type_ref(c, s) : type_rows(c, s);
}

const struct type *resolve_type(struct checker *c, struct node *n)
{
	switch (n->kind) {
	case NODE_TYPE_NAME:
		n->type = named_type(c, n);
		break;
	case NODE_TYPE_LIST:
		n->type = type_list(c, resolve_type(c, kid(n, TYPE_LIST_ITEM)));
		break;
	case NODE_TYPE_OPTION:
		n->type = type_option(c, resolve_type(c, kid(n, TYPE_OPTION_ITEM)));
		break;
	case NODE_TYPE_MAP: {
		const struct type *key = resolve_type(c, kid(n, TYPE_MAP_KEY));
		n->type = type_map(c, key, resolve_type(c, kid(n, TYPE_MAP_ITEM)));
		if (!type_may_be_key(key)) {
			struct diag *d = diag_new(c->diags, DIAG_KEY_TYPE,
				node_span(kid(n, TYPE_MAP_KEY)), "the key of a map");
			diag_title(d, TEXT("key"), key->name);
			n->type = error_type(c);
		}
		break;
	}
	case NODE_TYPE_REF:
	case NODE_TYPE_ROWS:
		n->type = table_type(c, n);
		break;
	default:
		n->type = error_type(c);
	}
	return n->type;
}

void resolve_params(struct checker *c, struct node *params)
{
	for (uint32_t i = 0; i < params->count; i++) {
		struct node *p = params->kids[i];
		const struct type *t = resolve_type(c, kid(p, FIELD_DECL_TYPE));
		p->type = t;
		if (kid(p, FIELD_DECL_ABSENT))
			not_yet(c, p, DIAG_NOT_YET_DEFAULT);
		struct symbol *s = scope_local(c, SYMBOL_ARGUMENT, p, t);
		s->index = i;
	}
}

/* ---- on demand ---- */

static const char *kind_word(const struct symbol *s)
{
	switch (s->kind) {
	case SYMBOL_RULE:
		return "rule";
	case SYMBOL_FN:
		return "fn";
	case SYMBOL_PARAM:
		return "param";
	case SYMBOL_DECISION:
		return "decision";
	default:
		return "derive";
	}
}

static void report_loop(struct checker *c, struct symbol *s)
{
	size_t from = c->resolving.count;
	bool world = false;
	while (from > 0 && c->resolving.items[from - 1] != s)
		from--;
	if (!from)
		return;
	struct buffer loop = { .arena = c->arena };
	for (size_t i = from - 1; i < c->resolving.count; i++) {
		struct symbol *member = c->resolving.items[i];
		world |= member->kind == SYMBOL_RULE;
		buffer_format(&loop, "%.*s -> ", TEXT_ARG(member->name));
	}
	buffer_format(&loop, "%.*s", TEXT_ARG(s->name));
	enum diag_id id = world        ? DIAG_WORLD_LOOP
		: s->kind == SYMBOL_FN ? DIAG_FN_LOOP
				       : DIAG_DERIVE_LOOP;
	struct diag *d =
		diag_new(c->diags, id, node_name_span(s->declaration), "depends on itself");
	diag_title(d, s->name);
	for (size_t i = from; i < c->resolving.count; i++) {
		struct symbol *member = c->resolving.items[i];
		diag_span(d, node_name_span(member->declaration), "%s of the loop",
			kind_word(member));
	}
	diag_note(d, "the loop: %s", loop.data);
	if (world)
		diag_note(d,
			"what a rule does comes back as its observed rows; they may not decide "
			"what it does");
}

static void resolve_kind(struct checker *c, struct symbol *s)
{
	switch (s->kind) {
	case SYMBOL_PARAM:
		resolve_param(c, s);
		break;
	case SYMBOL_COLLECTION:
		resolve_collection(c, s);
		break;
	case SYMBOL_DERIVE:
		resolve_derive(c, s);
		break;
	case SYMBOL_RULE:
		resolve_rule(c, s);
		break;
	case SYMBOL_RECORD:
		resolve_record(c, s);
		break;
	case SYMBOL_ENUM:
		resolve_enum(c, s);
		break;
	case SYMBOL_FN:
		resolve_fn(c, s);
		break;
	case SYMBOL_DECISION:
		resolve_decision(c, s);
		break;
	case SYMBOL_HANDLER:
		resolve_handler(c, s);
		break;
	default:
		break;
	}
	if (symbol_is_table(s))
		vec_push(c->arena, &c->program->tables, s);
}

void resolve(struct checker *c, struct symbol *s)
{
	if (!s->declaration || s->kind == SYMBOL_REJECTED || s->kind == SYMBOL_CONFLICTS)
		return;
	struct progress *p = progress_of(c, s);
	if (p->state == RUNNING && s->kind != SYMBOL_RECORD && s->kind != SYMBOL_ENUM) {
		report_loop(c, s);
		s->type = error_type(c);
	}
	if (p->state != FRESH)
		return;
	struct module *module = c->module;
	struct scope *scope = c->scope, none = { .place = PLACE_CONSTANT };
	p->state = RUNNING;
	vec_push(c->arena, &c->resolving, s);
	c->module = s->module;
	c->scope = &none;
	resolve_kind(c, s);
	c->module = module;
	c->scope = scope;
	c->resolving.count--;
	p->state = DONE;
}

/* What is parsed and has no meaning yet. */
static void refuse(struct checker *c, struct node *n)
{
	switch (n->kind) {
	case NODE_SCHEMA:
		not_yet(c, n, DIAG_NOT_YET_SCHEMA);
		break;
	case NODE_EFFECT:
		not_yet(c, n, DIAG_NOT_YET_EFFECT);
		break;
	case NODE_COMPONENT:
		not_yet(c, n, DIAG_NOT_YET_COMPONENT);
		break;
	case NODE_BOUND:
		not_yet(c, n, DIAG_NOT_YET_BOUND);
		break;
	case NODE_PART:
		not_yet(c, n, DIAG_NOT_YET_PART);
		break;
	case NODE_TEST:
		not_yet(c, n, DIAG_NOT_YET_TEST);
		break;
	default:
		break;
	}
}

static void check_module(struct checker *c, struct module *m)
{
	struct node *decls = kid(m->file, FILE_DECLS);
	c->module = m;
	for (uint32_t i = 0; i < decls->count; i++) {
		refuse(c, decls->kids[i]);
		if (decls->kids[i]->symbol)
			resolve(c, decls->kids[i]->symbol);
	}
}

static void check_bodies(struct checker *c)
{
	for (size_t i = 0; i < c->later.count; i++) {
		struct symbol *s = c->later.items[i];
		c->module = s->module;
		if (s->kind == SYMBOL_RULE)
			check_rule_body(c, s);
		else
			check_handler_body(c, s);
	}
	check_run_loops(c);
}

static void add_selector_variants(struct checker *c)
{
	struct text names[] = { TEXT("Everything"), TEXT("Nothing") };
	for (size_t i = 0; i < 2; i++) {
		struct symbol *s = symbol_new(c, SYMBOL_VARIANT, names[i], NULL);
		s->type = type_simple(c, TYPE_SELECTOR);
		s->index = i;
		vec_push(c->arena, &c->builtins, s);
	}
}

static void load_prelude(struct checker *c)
{
	const char *why = NULL;
	if (!c->stdlib.size)
		return;
	struct source *source = source_load(
		c->arena, source_module_path(c->arena, c->stdlib, TEXT("prelude")), &why);
	if (!source)
		return;
	source->is_stdlib = true;
	c->prelude = module_of_source(c, source, TEXT("prelude"), NULL);
}

struct program *check_program(struct compilation *compilation)
{
	struct arena *a = compilation->arena;
	struct checker *c = ARENA_NEW(a, struct checker);
	c->arena = a;
	c->diags = compilation->diags;
	c->program = ARENA_NEW(a, struct program);
	c->program->arena = a;
	c->program->name = source_base_name(a, compilation->source->path);
	c->stdlib = compilation->stdlib;
	types_init(c);
	add_selector_variants(c);
	load_prelude(c);
	c->program->main =
		module_of_source(c, compilation->source, c->program->name, compilation->file);
	for (size_t i = 0; i < c->program->modules.count; i++)
		check_module(c, c->program->modules.items[i]);
	check_bodies(c);
	c->program->types = c->types.all;
	check_uses(c);
	return c->program;
}

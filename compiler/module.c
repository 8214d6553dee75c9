/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * module.c: which files a program consists of, and which names each of them declares and imports.
 * The prelude is used by everyone; modules of the standard library are Weft files in its directory.
 */
#include "checker.h"
#include "parse.h"

struct symbol *module_find(const struct module *m, struct text name)
{
	for (size_t i = 0; i < m->symbols.count; i++) {
		struct symbol *s = m->symbols.items[i];
		if (s->kind != SYMBOL_VARIANT && text_equal(s->name, name))
			return s;
	}
	return NULL;
}

struct module *module_of_source(
	struct checker *c, struct source *source, struct text name, struct node *file)
{
	struct module *m = ARENA_NEW(c->arena, struct module);
	m->name = name;
	m->source = source;
	m->is_stdlib = source->is_stdlib;
	m->file = file ? file : parse_source(source, c->arena, c->diags);
	module_declare(c, m);
	module_imports(c, m);
	vec_push(c->arena, &c->program->modules, m); /* behind those it uses */
	return m;
}

/* What a later version brings, by module and name. */
static bool is_announced(struct text module)
{
	static const char *const names[] = { "tls", "mesh", "xds", "net", "test", "metrics" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (text_is(module, names[i]))
			return true;
	return false;
}

static struct module *load(
	struct checker *c, struct text path, struct text name, bool stdlib, struct node *use)
{
	for (size_t i = 0; i < c->program->modules.count; i++) {
		struct module *m = c->program->modules.items[i];
		if (text_equal(m->source->path, path))
			return m;
	}
	for (size_t i = 0; i < c->loading.count; i++)
		if (text_equal(*(struct text *)c->loading.items[i], path)) {
			struct diag *d = diag_new(c->diags, DIAG_MODULE_LOOP, node_span(use),
				"it uses this file in turn");
			diag_title(d, name);
			return NULL;
		}
	const char *why = NULL;
	struct source *source = source_load(c->arena, path, &why);
	if (!source) {
		if (stdlib && is_announced(name)) {
			not_yet(c, use, DIAG_NOT_YET_MODULE);
			return NULL;
		}
		struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_MODULE, node_name_span(use), "%s",
			stdlib ? "no module of this name" : why);
		diag_title(d, name);
		static const struct text known[] = { { "istio", 5 }, { "kubernetes", 10 } };
		struct vec names = { 0 };
		for (size_t i = 0; stdlib && i < sizeof known / sizeof known[0]; i++)
			vec_push(c->arena, &names, (void *)&known[i]);
		suggest(c, d, use, &names);
		if (stdlib)
			diag_note(d, "the standard library has: istio, kubernetes, mesh.authz");
		return NULL;
	}
	source->is_stdlib = stdlib;
	struct text *here = ARENA_NEW(c->arena, struct text);
	*here = path;
	vec_push(c->arena, &c->loading, here);
	struct module *before = c->module, *m = module_of_source(c, source, name, NULL);
	c->module = before;
	c->loading.count--;
	return m;
}

struct module *module_load(struct checker *c, struct text name, struct node *use)
{
	if (!c->stdlib.size) {
		struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_MODULE, node_name_span(use),
			"the standard library is not there");
		diag_title(d, name);
		diag_note(d,
			"it lies beside the executable (../stdlib, ../share/weft/stdlib), or where "
			"$WEFT_STDLIB says");
		return NULL;
	}
	return load(c, source_module_path(c->arena, c->stdlib, name), name, true, use);
}

/* ---- names ---- */

static enum symbol_kind kind_of(const struct node *n)
{
	switch (n->kind) {
	case NODE_PARAM:
		return SYMBOL_PARAM;
	case NODE_COLLECTION:
		return SYMBOL_COLLECTION;
	case NODE_DERIVE:
		return SYMBOL_DERIVE;
	case NODE_RECORD_DECL:
		return SYMBOL_RECORD;
	case NODE_ENUM_DECL:
		return SYMBOL_ENUM;
	case NODE_FN:
		return SYMBOL_FN;
	case NODE_DECISION:
		return SYMBOL_DECISION;
	case NODE_HANDLER:
		return SYMBOL_HANDLER;
	case NODE_RULE:
		return SYMBOL_RULE;
	default:
		return SYMBOL_KIND; /* declares nothing */
	}
}

static void declare_variants(struct checker *c, struct module *m, struct symbol *of)
{
	struct node *variants = kid(of->declaration, ENUM_DECL_VARIANTS);
	for (uint32_t i = 0; i < variants->count; i++) {
		struct symbol *v =
			symbol_new(c, SYMBOL_VARIANT, variants->kids[i]->name, variants->kids[i]);
		v->module = m;
		v->of = of;
		v->index = i;
		variants->kids[i]->symbol = v;
		vec_push(c->arena, &m->symbols, v);
	}
}

void module_declare(struct checker *c, struct module *m)
{
	struct node *decls = kid(m->file, FILE_DECLS);
	c->module = m;
	for (uint32_t i = 0; i < decls->count; i++) {
		struct node *n = decls->kids[i];
		enum symbol_kind kind = kind_of(n);
		if (kind == SYMBOL_KIND)
			continue;
		struct symbol *old = module_find(m, n->name);
		if (old && old->declaration->first == n->first)
			continue; /* one declaration, seen again by the recovery of the parser */
		if (old) {
			struct diag *d = diag_new(
				c->diags, DIAG_DECLARED_TWICE, node_name_span(n), "declared again");
			diag_title(d, n->name);
			diag_span(d, node_name_span(old->declaration), "the first declaration");
		}
		struct symbol *s = symbol_new(c, kind, n->name, n);
		n->symbol = s;
		vec_push(c->arena, &m->symbols, s);
		if (kind == SYMBOL_ENUM)
			declare_variants(c, m, s);
	}
}

/* A name that is reported: known from now on, so that nobody reports it again. */
static void import_nothing(struct checker *c, struct module *m, struct node *name)
{
	struct symbol *s = symbol_new(
		c, name->kind == NODE_TYPE_NAME ? SYMBOL_RECORD : SYMBOL_PARAM, name->name, NULL);
	s->type = type_simple(c, TYPE_ERROR);
	vec_push(c->arena, &m->imports, s);
}

/* What was meant, most likely: so that its uses in the file are no mistakes of their own. */
static void import_nearest(struct checker *c, struct module *m, struct module *from,
	struct node *name, const struct vec *names)
{
	struct text *list = ARENA_ARRAY(c->arena, struct text, names->count + 1);
	for (size_t i = 0; i < names->count; i++)
		list[i] = *(const struct text *)names->items[i];
	struct text near = diag_look_alike(name->name, list, names->count);
	struct symbol *s = near.size ? module_find(from, near) : NULL;
	if (s && !module_find(m, near))
		vec_push(c->arena, &m->imports, s);
}

static void import_name(struct checker *c, struct module *m, struct module *from, struct node *name)
{
	struct symbol *s = module_find(from, name->name);
	if (!s) {
		struct vec names = { 0 };
		for (size_t i = 0; i < from->symbols.count; i++) {
			struct symbol *o = from->symbols.items[i];
			if (o->kind != SYMBOL_VARIANT)
				vec_push(c->arena, &names, &o->name);
		}
		struct diag *d = diag_new(
			c->diags, DIAG_NOT_IN_MODULE, node_span(name), "not declared there");
		diag_title(d, from->name, name->name);
		suggest(c, d, name, &names);
		import_nothing(c, m, name);
		import_nearest(c, m, from, name, &names);
		return;
	}
	name->symbol = s;
	struct symbol *own = module_find(m, name->name);
	if (own) {
		struct diag *d = diag_new(c->diags, DIAG_DECLARED_TWICE,
			node_name_span(own->declaration), "declared here too");
		diag_title(d, name->name);
		diag_span(d, node_span(name), "imported here");
		return;
	}
	vec_push(c->arena, &m->imports, s);
}

void module_imports(struct checker *c, struct module *m)
{
	struct node *decls = kid(m->file, FILE_DECLS);
	for (uint32_t i = 0; i < decls->count; i++) {
		struct node *n = decls->kids[i];
		if (n->kind != NODE_USE && n->kind != NODE_USE_FILE)
			continue;
		c->module = m;
		if (n->kind == NODE_USE_FILE) {
			struct text path = source_relative_path(
				c->arena, m->source, kid(n, USE_FILE_PATH)->literal.text);
			struct module *from = load(c, path, n->name, false, n);
			for (size_t k = 0; from && k < from->symbols.count;
				k++) /* all its names: `as` is for messages only */
				vec_push(c->arena, &m->imports, from->symbols.items[k]);
			continue;
		}
		struct module *from = module_load(c, n->name, n);
		for (uint32_t k = 0; k < kid(n, USE_NAMES)->count; k++)
			if (from)
				import_name(c, m, from, kid(n, USE_NAMES)->kids[k]);
			else
				import_nothing(c, m, kid(n, USE_NAMES)->kids[k]);
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * scope.c: what a name means where it stands: a local, a declaration of the module, an import, the
 * prelude. Nothing shadows anything, so the order of looking only matters for the prelude, whose
 * names a program may take.
 */
#include "checker.h"

struct symbol *symbol_new(
	struct checker *c, enum symbol_kind kind, struct text name, struct node *declaration)
{
	struct symbol *s = ARENA_NEW(c->arena, struct symbol);
	s->kind = kind;
	s->name = name;
	s->declaration = declaration;
	s->module = c->module;
	return s;
}

struct check_note *note_of(struct checker *c, struct node *n)
{
	if (!n->note)
		n->note = ARENA_NEW(c->arena, struct check_note);
	return (struct check_note *)n->note; /* made here: the tree shows it as const */
}

struct check_note *means(struct checker *c, struct node *n, enum meaning meaning, size_t index)
{
	struct check_note *note = note_of(c, n);
	note->meaning = meaning;
	note->index = index;
	return note;
}

struct symbol *scope_find_local(const struct local *l, struct text name)
{
	for (; l; l = l->next)
		if (text_equal(l->symbol->name, name))
			return l->symbol;
	return NULL;
}

static struct symbol *find_in(const struct vec *symbols, struct text name)
{
	for (size_t i = 0; i < symbols->count; i++) {
		struct symbol *s = symbols->items[i];
		if (s->kind != SYMBOL_VARIANT && text_equal(s->name, name))
			return s;
	}
	return NULL;
}

struct import_use {
	const struct module *module;
	const struct symbol *symbol;
};

bool import_is_used(const struct checker *c, const struct module *m, const struct symbol *s)
{
	for (size_t i = 0; i < c->import_uses.count; i++) {
		const struct import_use *u = c->import_uses.items[i];
		if (u->module == m && u->symbol == s)
			return true;
	}
	return false;
}

static void use_import(struct checker *c, struct symbol *s)
{
	if (import_is_used(c, c->module, s))
		return;
	struct import_use *u = ARENA_NEW(c->arena, struct import_use);
	*u = (struct import_use){ c->module, s };
	vec_push(c->arena, &c->import_uses, u);
}

static struct symbol *find_declared(struct checker *c, struct text name)
{
	struct symbol *s = find_in(&c->module->symbols, name);
	if (s)
		return s;
	s = find_in(&c->module->imports, name);
	if (s)
		use_import(c, s);
	return s;
}

struct symbol *scope_find(struct checker *c, struct text name)
{
	struct symbol *s = c->scope ? scope_find_local(c->scope->locals, name) : NULL;
	if (!s)
		s = find_declared(c, name);
	if (!s && c->prelude)
		s = find_in(&c->prelude->symbols, name);
	return s;
}

struct symbol *scope_find_type(struct checker *c, struct text name)
{
	struct symbol *s = find_declared(c, name);
	if (!s && c->prelude)
		s = find_in(&c->prelude->symbols, name);
	return s && (s->kind == SYMBOL_RECORD || s->kind == SYMBOL_ENUM) ? s : NULL;
}

void scope_declare(struct checker *c, struct symbol *s)
{
	struct symbol *old = scope_find_local(c->scope->locals, s->name);
	if (!old)
		old = scope_find_local(c->scope->grouped, s->name);
	if (!old)
		old = find_declared(c, s->name);
	if (old && old->kind != SYMBOL_RECORD && old->kind != SYMBOL_ENUM) {
		struct diag *d = diag_new(c->diags, DIAG_NAME_TAKEN, node_name_span(s->declaration),
			"give this one another name");
		diag_title(d, s->name);
		if (old->declaration)
			diag_span(d, node_name_span(old->declaration), "the name is taken here");
		diag_note(d,
			"nothing shadows anything: a name means one thing wherever it is visible");
	}
	struct local *l = ARENA_NEW(c->arena, struct local);
	l->symbol = s;
	l->next = c->scope->locals;
	c->scope->locals = l;
}

struct symbol *scope_local(
	struct checker *c, enum symbol_kind kind, struct node *declaration, const struct type *type)
{
	struct symbol *s = symbol_new(c, kind, declaration->name, declaration);
	s->type = type;
	declaration->symbol = s;
	scope_declare(c, s);
	return s;
}

void suggest(struct checker *c, struct diag *d, struct node *at, const struct vec *names)
{
	struct text *list = ARENA_ARRAY(c->arena, struct text, names->count ? names->count : 1);
	for (size_t i = 0; i < names->count; i++)
		list[i] = *(const struct text *)names->items[i];
	struct text near = diag_look_alike(at->name, list, names->count);
	if (near.size) {
		diag_help(d, "did you mean `%.*s`?", TEXT_ARG(near));
		diag_patch(d, node_name_span(at), "%.*s", TEXT_ARG(near));
	}
}

static void add_names(struct checker *c, struct vec *names, const struct vec *symbols, bool types)
{
	for (size_t i = 0; i < symbols->count; i++) {
		struct symbol *s = symbols->items[i];
		bool is_type = s->kind == SYMBOL_RECORD || s->kind == SYMBOL_ENUM;
		if (s->kind != SYMBOL_VARIANT && is_type == types)
			vec_push(c->arena, names, &s->name);
	}
}

struct report {
	const void *of;
	struct text name;
};

bool first_report(struct checker *c, const void *of, struct text name)
{
	for (size_t i = 0; i < c->reported.count; i++) {
		const struct report *r = c->reported.items[i];
		if (r->of == of && text_equal(r->name, name))
			return false;
	}
	struct report *r = ARENA_NEW(c->arena, struct report);
	*r = (struct report){ of, name };
	vec_push(c->arena, &c->reported, r);
	return true;
}

void report_unknown_name(struct checker *c, struct node *n)
{
	struct symbol *before =
		c->scope->behind_group ? scope_find_local(c->scope->grouped, n->name) : NULL;
	if (before) {
		struct diag *d = diag_new(c->diags, DIAG_BEFORE_GROUP, node_span(n),
			"behind `group` only inside an aggregate");
		diag_title(d, n->name);
		diag_span(d, node_name_span(before->declaration),
			"a variable of the rounds before the group");
		diag_help(d,
			"name it in the `group`, or take `min(%.*s)`, `first(%.*s by ...)`, "
			"`count()`",
			TEXT_ARG(n->name), TEXT_ARG(n->name));
		before->used = true;
		return;
	}
	if (!first_report(c, c->module, n->name))
		return;
	struct vec names = { 0 };
	for (const struct local *l = c->scope->locals; l; l = l->next)
		vec_push(c->arena, &names, &l->symbol->name);
	for (size_t i = 0; i < c->scope->sibling_count; i++)
		vec_push(c->arena, &names, &c->scope->siblings->fields[i].name);
	add_names(c, &names, &c->module->symbols, false);
	add_names(c, &names, &c->module->imports, false);
	struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_NAME, node_span(n), "not known here");
	diag_title(d, n->name);
	suggest(c, d, n, &names);
	if (text_is(n->name, "now"))
		diag_note(d,
			"time comes as rows: `collection tick: Tick from clock(10s)`; a handler "
			"has "
			"`conn.accepted`");
	if (text_is(n->name, "conn"))
		diag_note(d,
			"`conn` is the connection of a listener's handler; a decision takes it as "
			"a parameter `c: Conn`");
}

/* The module that declares this type: one at hand, or one of the standard library that nobody uses
 * yet. */
static struct text module_with_type(struct checker *c, struct text name)
{
	static const char *const others[] = { "kubernetes", "istio" };
	for (size_t i = 0; i < c->program->modules.count; i++) {
		struct module *m = c->program->modules.items[i];
		if (m != c->module && module_find(m, name))
			return m->name;
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0] && c->stdlib.size; i++) {
		const char *why;
		struct source *s = source_load(c->arena,
			source_module_path(c->arena, c->stdlib, text_of(others[i])), &why);
		for (uint32_t line = 0; s && line < s->line_count; line++) {
			struct buffer b = { .arena = c->arena };
			const struct text t = source_line(s, line);
			buffer_format(&b, "%.*s", TEXT_ARG(t));
			char *word = b.size ? strchr(b.data, ' ') : NULL;
			if (!word || (strncmp(b.data, "record ", 7) && strncmp(b.data, "enum ", 5)))
				continue;
			word++;
			if (text_equal((struct text){ word, strcspn(word, " {") }, name))
				return text_of(others[i]);
		}
	}
	return TEXT("");
}

/* `use kubernetes.{Service}` in the place where it belongs. */
static void offer_use(struct checker *c, struct diag *d, struct node *n, struct text module)
{
	const struct node *decls = kid(c->module->file, FILE_DECLS), *last = NULL, *same = NULL;
	for (uint32_t i = 0; i < decls->count; i++)
		if (decls->kids[i]->kind == NODE_USE || decls->kids[i]->kind == NODE_USE_FILE) {
			last = decls->kids[i];
			if (last->kind == NODE_USE && text_equal(last->name, module))
				same = last;
		}
	if (!last) {
		diag_help(d, "the module %.*s has one; begin the file with `use %.*s.{%.*s}`",
			TEXT_ARG(module), TEXT_ARG(module), TEXT_ARG(n->name));
		return;
	}
	diag_help(d, "the module %.*s has one", TEXT_ARG(module));
	if (same && kid(same, USE_NAMES)->count) {
		const struct node *names = kid(same, USE_NAMES);
		struct span end = node_span(names->kids[names->count - 1]);
		end.begin = end.end;
		diag_patch(d, end, ", %.*s", TEXT_ARG(n->name));
	} else {
		diag_patch_line(
			d, node_span(last), "use %.*s.{%.*s}", TEXT_ARG(module), TEXT_ARG(n->name));
	}
}

void report_unknown_type(struct checker *c, struct node *n)
{
	if (!first_report(c, c->module, n->name))
		return;
	struct vec names = { 0 };
	add_names(c, &names, &c->module->symbols, true);
	add_names(c, &names, &c->module->imports, true);
	for (enum type_kind kind = TYPE_BOOL; kind <= TYPE_VERDICT; kind++)
		vec_push(c->arena, &names, (void *)&c->types.simple[kind]->name);
	struct diag *d = diag_new(
		c->diags, DIAG_UNKNOWN_TYPE, node_span(n), "no type of this name is visible");
	diag_title(d, n->name);
	const struct text module = module_with_type(c, n->name);
	if (module.size)
		offer_use(c, d, n, module);
	else
		suggest(c, d, n, &names);
}

static void add_variants(struct checker *c, const struct vec *symbols, bool imported,
	struct text name, struct vec *found)
{
	for (size_t i = 0; i < symbols->count; i++) {
		struct symbol *s = symbols->items[i];
		if (s->kind == SYMBOL_VARIANT && text_equal(s->name, name)) {
			vec_push(c->arena, found, s);
		} else if (imported && s->kind == SYMBOL_ENUM) {
			const struct vec *theirs = &s->module->symbols;
			for (size_t k = 0; k < theirs->count; k++) {
				struct symbol *v = theirs->items[k];
				if (v->kind == SYMBOL_VARIANT && v->of == s &&
					text_equal(v->name, name)) {
					use_import(c, s);
					vec_push(c->arena, found, v);
				}
			}
		}
	}
}

void scope_variants(struct checker *c, struct text name, struct vec *found)
{
	add_variants(c, &c->module->symbols, false, name, found);
	add_variants(c, &c->module->imports, true, name, found);
	if (!found->count && c->prelude)
		add_variants(c, &c->prelude->symbols, false, name, found);
	if (!found->count)
		add_variants(c, &c->builtins, false, name, found);
}

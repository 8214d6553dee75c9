/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_use.c: after everything else: which columns the defaults of used columns need, and what
 * nobody uses.
 */
#include "checker.h"

/* A default may read fields before it: those are used when it is. Later fields first, so one round
 * is enough. */
static void use_siblings(struct record *r, const struct node *n)
{
	if (!n)
		return;
	if (n->note && n->note->meaning == MEANS_SIBLING)
		use_column(r, n->note->index);
	for (uint32_t i = 0; i < n->count; i++)
		use_siblings(r, n->kids[i]);
}

/* `at _` lists what no other field reads, so the decoder must know all of them. */
static void complete_record(struct record *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct node *f = r->fields[i].declaration;
		struct node *path =
			f && f->kind == NODE_FIELD_DECL ? kid(f, FIELD_DECL_PATH) : NULL;
		if (path && path->kind == NODE_ANY && r->fields[i].used)
			for (size_t k = 0; k < r->count; k++)
				use_column(r, k);
	}
	for (size_t i = r->count; i > 0; i--) {
		struct node *f = r->fields[i - 1].declaration;
		if (!r->fields[i - 1].used || !f || f->kind != NODE_FIELD_DECL)
			continue;
		use_siblings(r, kid(f, FIELD_DECL_ABSENT));
		use_siblings(r, kid(f, FIELD_DECL_EMPTY));
	}
}

static void warn_unused(struct checker *c, struct symbol *s, enum diag_id id, const char *label)
{
	struct diag *d = diag_new(c->diags, id, node_name_span(s->declaration), "%s", label);
	diag_title(d, s->name);
}

static void warn_declaration(struct checker *c, struct symbol *s, bool has_rules)
{
	if (s->used || !s->declaration || (s->declaration->flags & NODE_PUB) || !s->type ||
		s->type->kind == TYPE_ERROR)
		return;
	if (s->kind == SYMBOL_PARAM)
		warn_unused(c, s, DIAG_UNUSED_PARAM, "nothing reads it");
	else if (s->kind == SYMBOL_COLLECTION)
		warn_unused(c, s, DIAG_UNUSED_COLLECTION,
			"nothing reads it: its rows are decoded for nobody");
	else if (s->kind == SYMBOL_DERIVE && has_rules)
		warn_unused(
			c, s, DIAG_UNUSED_DERIVE, "nothing reads it; `pub` says that others do");
}

static void warn_imports(struct checker *c, struct module *m)
{
	struct node *decls = kid(m->file, FILE_DECLS);
	for (uint32_t i = 0; i < decls->count; i++) {
		struct node *names =
			decls->kids[i]->kind == NODE_USE ? kid(decls->kids[i], USE_NAMES) : NULL;
		for (uint32_t k = 0; names && k < names->count; k++) {
			struct symbol *s = names->kids[k]->symbol;
			if (s && !import_is_used(c, m, s) &&
				(s->kind == SYMBOL_RECORD || s->kind == SYMBOL_ENUM ||
					s->kind == SYMBOL_FN)) {
				struct diag *d = diag_new(c->diags, DIAG_UNUSED_IMPORT,
					node_span(names->kids[k]), "nothing in this file uses it");
				diag_title(d, s->name);
			}
		}
	}
}

/* `let s = served[port] else deny ...` asks whether there is one. */
static bool asks_only(const struct symbol *s)
{
	const struct node *value = s->kind == SYMBOL_LET ? kid(s->declaration, LET_VALUE) : NULL;
	if (!value || value->kind != NODE_ELSE)
		return false;
	enum node_kind k = kid(value, ELSE_FALLBACK)->kind;
	return k == NODE_DENY || k == NODE_CLOSE || k == NODE_SKIP;
}

void check_uses(struct checker *c)
{
	for (size_t i = 0; i < c->types.all.count; i++) {
		const struct type *t = c->types.all.items[i];
		struct node *declared = t->kind == TYPE_RECORD ? t->record->declaration : NULL;
		if (declared && declared->kind == NODE_RECORD_DECL)
			complete_record(t->record);
	}
	if (diags_errors(c->diags))
		return;
	for (size_t i = 0; i < c->program->modules.count; i++) {
		struct module *m = c->program->modules.items[i];
		bool has_rules = false;
		if (m->is_stdlib)
			continue;
		for (size_t k = 0; k < m->symbols.count; k++)
			has_rules |= ((struct symbol *)m->symbols.items[k])->kind == SYMBOL_RULE;
		for (size_t k = 0; k < m->symbols.count; k++)
			warn_declaration(c, m->symbols.items[k], has_rules);
		warn_imports(c, m);
	}
	for (size_t i = 0; i < c->locals.count; i++) {
		struct symbol *s = c->locals.items[i];
		if (!s->used && !s->module->is_stdlib && s->type->kind != TYPE_ERROR &&
			!asks_only(s))
			warn_unused(c, s, s->kind == SYMBOL_FOR ? DIAG_UNUSED_FOR : DIAG_UNUSED_LET,
				s->kind == SYMBOL_FOR ? "its rounds count, its value is not read"
						      : "its value is not read");
	}
}

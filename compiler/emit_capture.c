/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_capture.c: which names of a handler outlive an await: they are copied into the connection's
 * struct where they are bound, and only the columns that are read later.
 */
#include "emit_handler.h"

static void visit(struct handler *h, const struct node *n);

const struct node *dial_of(const struct node *statement)
{
	if (statement->kind != NODE_LET)
		return NULL;
	const struct node *value = kid(statement, LET_VALUE);
	if (value->kind == NODE_ELSE)
		value = kid(value, ELSE_VALUE);
	return value->kind == NODE_DIAL ? value : NULL;
}

static void set_home(struct handler *h, const struct symbol *s, unsigned segment)
{
	struct home *home = ARENA_NEW(h->e->arena, struct home);
	*home = (struct home){ s, segment };
	vec_push(h->e->arena, &h->homes, home);
}

static const struct home *home_of(const struct handler *h, const struct symbol *s)
{
	for (size_t i = h->homes.count; i > 0; i--) {
		const struct home *home = h->homes.items[i - 1];
		if (home->symbol == s)
			return home;
	}
	return NULL;
}

const struct capture *handler_capture(const struct handler *h, const struct symbol *s, size_t field)
{
	for (size_t i = 0; i < h->captures.count; i++) {
		const struct capture *c = h->captures.items[i];
		if (c->symbol == s && c->field == field)
			return c;
	}
	return NULL;
}

static bool can_outlive(const struct symbol *s)
{
	return s->kind == SYMBOL_LET || s->kind == SYMBOL_FOR || s->kind == SYMBOL_BINDING ||
		(s->kind == SYMBOL_ARGUMENT && s->type->kind != TYPE_CONN);
}

static void capture(struct handler *h, const struct node *n, const struct symbol *s, size_t field,
	const struct type *t)
{
	const struct home *home = home_of(h, s);
	if (home == NULL || (home->segment == h->segment && !h->in_judge) ||
		handler_capture(h, s, field))
		return;
	struct emitter *e = h->e;
	struct capture *c = ARENA_NEW(e->arena, struct capture);
	*c = (struct capture){ .symbol = s, .field = field, .type = t, .place = n };
	struct text name = c_lower(e, s->name);
	c->member = c_name(e,
		field == NO_FIELD ? name
				  : text_format(e->arena, "%s_%.*s", name.data, TEXT_ARG(n->name)));
	vec_push(e->arena, &h->captures, c);
	const struct type *value = t->kind == TYPE_OPTION ? t->item : t;
	bool is_large = type_is_struct(value) || value->kind == TYPE_LIST ||
		value->kind == TYPE_MAP || value->kind == TYPE_LABELS ||
		value->kind == TYPE_SELECTOR;
	if (is_large && type_has_ids(value))
		emit_unsupported(e, n, "a list or record across an await",
			"read behind a `dial`, where the version that it belongs to has gone",
			"bind what is needed of it by `let` before the `dial`: numbers, addresses "
			"and texts");
}

static void visit_kids(struct handler *h, const struct node *n)
{
	for (uint32_t i = 0; i < n->count; i++) {
		if (n->kids[i])
			visit(h, n->kids[i]);
	}
}

static void visit(struct handler *h, const struct node *n)
{
	const struct node *value = n->kind == NODE_FIELD ? kid(n, FIELD_VALUE) : NULL;
	if (value && value->kind == NODE_NAME && value->symbol && n->note &&
		n->note->meaning == MEANS_COLUMN && can_outlive(value->symbol))
		capture(h, n, value->symbol, n->note->index, n->type);
	else if (n->kind == NODE_NAME && n->symbol && can_outlive(n->symbol))
		capture(h, n, n->symbol, NO_FIELD, n->type);
	else
		visit_kids(h, n);
}

/* What a judge cannot look up again: streams, the payloads of patterns, arguments. */
static void visit_kept(struct handler *h, const struct node *n)
{
	const struct symbol *s = n->kind == NODE_NAME ? n->symbol : NULL;
	bool dialled = s && s->kind == SYMBOL_LET && s->declaration && dial_of(s->declaration);
	if (s && (dialled || s->kind == SYMBOL_BINDING || s->kind == SYMBOL_ARGUMENT) &&
		can_outlive(s))
		capture(h, n, s, NO_FIELD, n->type);
	for (uint32_t i = 0; i < n->count; i++) {
		if (n->kids[i])
			visit_kept(h, n->kids[i]);
	}
}

static void visit_judged(struct handler *h, const struct node *condition)
{
	struct vec lets = { NULL, 0, 0 };
	handler_lets(h, condition, &lets);
	h->in_judge = true;
	visit_kept(h, condition);
	for (size_t i = 0; i < lets.count; i++) {
		if (!dial_of(lets.items[i]))
			visit_kept(h, kid((struct node *)lets.items[i], LET_VALUE));
	}
	h->in_judge = false;
}

static void set_bindings(struct handler *h, const struct node *pattern)
{
	const struct node *names =
		pattern->kind == NODE_PATTERN ? kid(pattern, PATTERN_BINDINGS) : NULL;
	for (uint32_t i = 0; names && i < names->count; i++) {
		if (names->kids[i]->kind == NODE_NAME && names->kids[i]->symbol)
			set_home(h, names->kids[i]->symbol, h->segment);
	}
}

static void block(struct handler *h, const struct node *b, uint32_t from);

static void statement(struct handler *h, const struct node *n)
{
	switch (n->kind) {
	case NODE_RULE_FIELD:
		return;
	case NODE_IF:
		visit(h, kid(n, IF_CONDITION));
		block(h, kid(n, IF_THEN), 0);
		if (kid(n, IF_ELSE) && kid(n, IF_ELSE)->kind == NODE_IF)
			statement(h, kid(n, IF_ELSE));
		else if (kid(n, IF_ELSE))
			block(h, kid(n, IF_ELSE), 0);
		return;
	case NODE_MATCH:
		visit(h, kid(n, MATCH_SUBJECT));
		for (uint32_t i = 0; i < kid(n, MATCH_ARMS)->count; i++) {
			set_bindings(h, kid(kid(n, MATCH_ARMS)->kids[i], ARM_PATTERN));
			block(h, kid(kid(n, MATCH_ARMS)->kids[i], ARM_BODY), 0);
		}
		return;
	case NODE_RELAY:
		h->has_relay = true;
		visit(h, kid(n, RELAY_LEFT));
		visit(h, kid(n, RELAY_RIGHT));
		if (kid(n, RELAY_WHILE))
			visit_judged(h, kid(n, RELAY_WHILE));
		return;
	case NODE_FORWARD:
		h->has_relay = true;
		visit_kids(h, n);
		return;
	case NODE_LET: {
		visit(h, kid(n, LET_VALUE));
		set_home(h, n->symbol, h->segment);
		return;
	}
	case NODE_RUN: {
		visit_kids(h, n);
		const struct node *d = kid(n, RUN_VALUE)->symbol->declaration;
		const struct node *fields = kid(d, HANDLER_PARAMS);
		for (uint32_t i = 0; fields && i < fields->count; i++)
			set_home(h, fields->kids[i]->symbol, h->segment);
		if (!(d->flags & NODE_EXTERN))
			block(h, kid(d, HANDLER_BODY), 0);
		return;
	}
	default:
		visit_kids(h, n);
		return;
	}
}

static void block(struct handler *h, const struct node *b, uint32_t from)
{
	unsigned outer = h->segment;
	const struct node *items = b->kind == NODE_BLOCK ? kid(b, BLOCK_ITEMS) : b;
	for (uint32_t i = from; i < items->count; i++) {
		const struct node *dial = dial_of(items->kids[i]);
		if (dial == NULL) {
			statement(h, items->kids[i]);
			continue;
		}
		visit_kids(h, dial);
		h->segment = ++h->segments;
		const struct node *value = kid(items->kids[i], LET_VALUE);
		if (value->kind == NODE_ELSE)
			visit(h, kid(value, ELSE_FALLBACK));
		set_home(h, items->kids[i]->symbol, h->segment);
	}
	h->segment = outer;
}

void handler_analyse(struct handler *h)
{
	const struct node *d = h->symbol->declaration;
	if (d->kind == NODE_RULE) {
		for (uint32_t i = 0; i < kid(d, RULE_CLAUSES)->count; i++) {
			const struct node *clause = kid(d, RULE_CLAUSES)->kids[i];
			if (clause->kind == NODE_FOR)
				set_home(h, clause->symbol, 0);
		}
	}
	block(h, h->body, 0);
	h->segment = h->segments = 0;
}

/* ---- judges ---- */

static void need(const struct handler *h, const struct node *n, struct vec *lets)
{
	if (n->kind == NODE_NAME && n->symbol && n->symbol->kind == SYMBOL_LET &&
		n->symbol->declaration && home_of(h, n->symbol)) {
		const struct node *let = n->symbol->declaration;
		for (size_t i = 0; i < lets->count; i++) {
			if (lets->items[i] == let)
				return;
		}
		if (!dial_of(let))
			need(h, kid(let, LET_VALUE), lets);
		vec_push(h->e->arena, lets, (void *)let);
		return;
	}
	for (uint32_t i = 0; i < n->count; i++) {
		if (n->kids[i])
			need(h, n->kids[i], lets);
	}
}

void handler_lets(const struct handler *h, const struct node *condition, struct vec *lets)
{
	need(h, condition, lets);
	for (size_t i = 1; i < lets->count; i++) { /* in the order of the program */
		for (size_t j = i; j > 0; j--) {
			struct node *a = lets->items[j - 1], *b = lets->items[j];
			if (a->first <= b->first)
				break;
			lets->items[j - 1] = b;
			lets->items[j] = a;
		}
	}
}

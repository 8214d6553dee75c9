/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_scan.c: the first `for` of a query drives; every later walk of a collection needs an
 * equality that connects it with what is bound before, so that a change on either side finds the
 * other by an index. Otherwise the program says `scan`.
 */
#include "checker.h"

/* Tables' variables that an expression is made of: bit n is the n-th FOR over rows in `of`. */
struct roots {
	struct vec of;    /* struct symbol *: variables over rows, in order */
	struct vec bound; /* struct symbol *: every variable seen */
	struct vec masks; /* uint64_t *: of each of them, the roots it is made of */
};

static uint64_t roots_of(const struct roots *r, const struct node *n)
{
	uint64_t mask = 0;
	if (!n)
		return 0;
	if (n->kind == NODE_NAME)
		for (size_t i = 0; i < r->bound.count; i++)
			if (r->bound.items[i] == n->symbol)
				return *(uint64_t *)r->masks.items[i];
	for (uint32_t i = 0; i < n->count; i++)
		mask |= roots_of(r, n->kids[i]);
	return mask;
}

static void bind_roots(struct checker *c, struct roots *r, struct symbol *s, uint64_t mask)
{
	uint64_t *kept = ARENA_NEW(c->arena, uint64_t);
	*kept = mask;
	vec_push(c->arena, &r->bound, s);
	vec_push(c->arena, &r->masks, kept);
}

struct link {
	uint64_t with; /* variables that an equality connects it with */
	bool fixed;    /* an equality with a constant narrows it */
};

/* `s.selector selects p.labels` between columns of rows is an index, too (runtime/table/anchor.c).
 */
static bool joins_by_selector(const struct node *n)
{
	if (n->op != OP_SELECTS)
		return false;
	for (unsigned side = BINARY_LEFT; side <= BINARY_RIGHT; side++) {
		const struct node *e = kid(n, side);
		if (e->kind != NODE_FIELD || kid(e, FIELD_VALUE)->kind != NODE_NAME)
			return false;
	}
	return true;
}

/* Equalities of `condition` that have `self` alone on one side. */
static void link_condition(
	const struct roots *r, const struct node *n, uint64_t self, struct link *link)
{
	if (n->kind == NODE_BINARY && n->op == OP_AND) {
		link_condition(r, kid(n, BINARY_LEFT), self, link);
		link_condition(r, kid(n, BINARY_RIGHT), self, link);
	} else if (n->kind == NODE_BINARY && (n->op == OP_EQUAL || joins_by_selector(n))) {
		uint64_t a = roots_of(r, kid(n, BINARY_LEFT)),
			 b = roots_of(r, kid(n, BINARY_RIGHT));
		if (b == self) {
			uint64_t swap = a;
			a = b;
			b = swap;
		}
		if (a == self && !(b & self)) {
			link->with |= b;
			link->fixed |= !b;
		}
	}
}

static void link_look_up(const struct roots *r, const struct node *source, struct link *link)
{
	const struct check_note *note = source->note;
	if (!note || note->meaning != MEANS_ROWS_BY_KEY)
		return;
	for (size_t i = 0; i < note->key_count; i++)
		if (note->key[i].value) {
			uint64_t with = roots_of(r, note->key[i].value);
			link->with |= with;
			link->fixed |= !with;
		}
}

static void report_scan(struct checker *c, struct node *n, const struct roots *r, uint64_t before)
{
	struct symbol *table = n->note->table;
	struct diag *d = diag_new(c->diags, DIAG_SCAN, node_span(kid(n, FOR_SOURCE)),
		"every row of `%.*s`, again and again", TEXT_ARG(table->name));
	diag_title(d, n->name);
	for (size_t i = 0; i < r->of.count; i++)
		if (before & (UINT64_C(1) << i)) {
			struct symbol *other = r->of.items[i];
			diag_span(d, node_name_span(other->declaration), "for each row of this");
			break;
		}
	diag_help(d,
		"connect them by an equality: `%.*s[..., _]` with a value of the row before, or "
		"`where %.*s.column == ...`",
		TEXT_ARG(table->name), TEXT_ARG(n->name));
	struct span at = node_span(kid(n, FOR_SOURCE));
	at.end = at.begin;
	diag_help(d, "or say that it walks all of it");
	diag_patch(d, at, "scan ");
}

/* One walk of a table. `outer`: what is bound around the comprehension that it stands in. Its first
 * walk needs a connection only when it asks about the row around it; a later one in any case, or it
 * would be a cross product. */
static void check_walk(struct checker *c, struct roots *r, struct node *n,
	const struct vec *conditions, uint64_t outer)
{
	uint64_t self = UINT64_C(1) << (r->of.count < 63 ? r->of.count : 63), before = self - 1;
	struct link link = { 0 };
	vec_push(c->arena, &r->of, n->symbol);
	bind_roots(c, r, n->symbol, self);
	if (!before || (n->flags & NODE_SCAN) || n->note->table->single)
		return;
	link_look_up(r, kid(n, FOR_SOURCE), &link);
	uint64_t mentions = roots_of(r, kid(n, FOR_SOURCE)) & before;
	for (size_t i = 0; i < conditions->count; i++) {
		link_condition(r, conditions->items[i], self, &link);
		uint64_t all = roots_of(r, conditions->items[i]);
		if (all & self)
			mentions |= all & before;
	}
	if (link.with & before)
		return;
	if (before & ~outer ? link.fixed : !mentions)
		return;
	report_scan(c, n, r, before & ~outer ? before & ~outer : before);
}

static void check_inner(struct checker *c, struct roots *r, struct node *n);

static void check_comprehension_scans(struct checker *c, struct roots *r, struct node *n)
{
	uint64_t outer = (UINT64_C(1) << (r->of.count < 63 ? r->of.count : 63)) - 1;
	struct roots inner =
		*r; /* vectors grow in the arena: what is pushed here is forgotten with it */
	struct vec conditions = { 0 };
	struct node *fors = kid(n, COMPREHENSION_FORS);
	if (kid(n, COMPREHENSION_CONDITION))
		vec_push(c->arena, &conditions, kid(n, COMPREHENSION_CONDITION));
	for (uint32_t i = 0; i < fors->count; i++) {
		struct node *f = fors->kids[i];
		check_inner(c, &inner, kid(f, FOR_SOURCE));
		if (f->note && f->note->meaning == MEANS_FOR_ROWS)
			check_walk(c, &inner, f, &conditions, outer);
		else if (f->symbol)
			bind_roots(c, &inner, f->symbol, roots_of(&inner, kid(f, FOR_SOURCE)));
	}
	for (uint32_t i = 1; i < n->count; i++)
		check_inner(c, &inner, n->kids[i]);
}

static void check_inner(struct checker *c, struct roots *r, struct node *n)
{
	if (!n)
		return;
	if (n->kind == NODE_COMPREHENSION) {
		check_comprehension_scans(c, r, n);
		return;
	}
	for (uint32_t i = 0; i < n->count; i++)
		check_inner(c, r, n->kids[i]);
}

void check_scans(struct checker *c, struct node *clauses, struct node *rest)
{
	struct roots r = { 0 };
	if (!clauses) {
		check_inner(c, &r, rest);
		return;
	}
	struct vec conditions = { 0 };
	for (uint32_t i = 0; i < clauses->count; i++)
		if (clauses->kids[i]->kind == NODE_WHERE)
			vec_push(c->arena, &conditions, kid(clauses->kids[i], WHERE_CONDITION));
	for (uint32_t i = 0; i < clauses->count;
		i++) { /* all variables first: a condition may stand behind several */
		struct node *n = clauses->kids[i];
		if (n->kind == NODE_LET)
			bind_roots(c, &r, n->symbol, roots_of(&r, kid(n, LET_VALUE)));
		if (n->kind != NODE_FOR || !n->note || !n->symbol)
			continue;
		check_inner(c, &r, kid(n, FOR_SOURCE));
		if (n->note->meaning == MEANS_FOR_ROWS)
			check_walk(c, &r, n, &conditions, 0);
		else
			bind_roots(c, &r, n->symbol, roots_of(&r, kid(n, FOR_SOURCE)));
	}
	for (uint32_t i = 0; i < clauses->count; i++)
		if (clauses->kids[i]->kind != NODE_FOR)
			check_inner(c, &r, clauses->kids[i]);
	if (rest && rest->kind == NODE_QUERY)
		check_inner(c, &r, kid(rest, QUERY_YIELD));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_query.c: sources of `for`, the clauses of a query in their order, and what a derivation's
 * row is.
 */
#include "checker.h"

static const struct type *source_of(struct checker *c, struct node *n, const struct type *t)
{
	struct node *source = kid(n, FOR_SOURCE);
	switch (t->kind) {
	case TYPE_ROWS:
		means(c, n, MEANS_FOR_ROWS, 0)->table = t->collection;
		return t->collection->type;
	case TYPE_LIST:
		means(c, n, MEANS_FOR_LIST, 0);
		return t->item;
	case TYPE_MAP:
	case TYPE_LABELS:
		means(c, n, MEANS_FOR_MAP, 0);
		return type_entry(c, t);
	case TYPE_OPTION:
		means(c, n, MEANS_FOR_OPTION, 0);
		return t->item;
	case TYPE_ERROR:
		return t;
	default: {
		struct diag *d = diag_new(c->diags, DIAG_NOT_A_SOURCE, node_span(source),
			"this is %.*s", TEXT_ARG(t->name));
		diag_title(d, t->name);
		diag_note(d,
			"`for` walks a collection, rows of one, a list, a map, or a value that may "
			"be missing");
		return error_type(c);
	}
	}
}

void check_for(struct checker *c, struct node *n)
{
	const struct type *t = check_expr(c, kid(n, FOR_SOURCE), NULL);
	const struct type *item = source_of(c, n, t);
	struct symbol *v = scope_local(c, SYMBOL_FOR, n, item);
	n->type = item;
	if (t->kind == TYPE_ROWS)
		v->of = t->collection;
	else if (t->kind == TYPE_OPTION)
		v->of = row_table(kid(n, FOR_SOURCE));
	if ((n->flags & NODE_SCAN) && t->kind != TYPE_ROWS && t->kind != TYPE_ERROR) {
		struct diag *d = diag_new(c->diags, DIAG_SCAN_HERE, node_span(kid(n, FOR_SOURCE)),
			"this is %.*s", TEXT_ARG(t->name));
		diag_title(d);
	}
}

static void check_group(struct checker *c, struct node *clause, struct query_note *q)
{
	struct node *bindings = kid(clause, GROUP_BINDINGS);
	if (q->group) {
		struct diag *d =
			diag_new(c->diags, DIAG_GROUP_TWICE, node_span(clause), "a second group");
		diag_title(d);
		diag_help(d, "derive the groups first, and query that derivation");
		return;
	}
	q->group = clause;
	for (uint32_t i = 0; i < bindings->count; i++) {
		struct node *b = bindings->kids[i];
		b->type = check_expr(c, kid(b, LET_VALUE), NULL);
		use_all_columns(b->type);
		if (b->type->kind != TYPE_ERROR && !type_may_be_key(b->type)) {
			struct node *value = kid(b, LET_VALUE);
			if (b->type->kind == TYPE_OPTION) {
				report_missing(c, value, b->type,
					"groups are told apart by values that are there");
			} else {
				struct diag *d = diag_new(c->diags, DIAG_KEY_TYPE, node_span(value),
					"this is %.*s", TEXT_ARG(b->type->name));
				diag_title(d, b->name, b->type->name);
			}
		}
	}
	c->scope->grouped = c->scope->locals;
	c->scope->locals = NULL;
	struct local *before = c->scope->grouped;
	c->scope->grouped =
		NULL; /* a group's name may be that of a column, never of a variable: told below */
	for (uint32_t i = 0; i < bindings->count; i++) {
		struct symbol *s =
			scope_local(c, SYMBOL_LET, bindings->kids[i], bindings->kids[i]->type);
		s->used = true;
	}
	c->scope->grouped = before;
	c->scope->behind_group = true;
}

static void check_clause(struct checker *c, struct node *clauses, struct query_note *q, uint32_t at)
{
	struct node *clause = clauses->kids[at];
	switch (clause->kind) {
	case NODE_FOR:
		if (q->group) {
			struct diag *d = diag_new(c->diags, DIAG_FOR_BEHIND_GROUP,
				node_span(clause), "behind the group");
			diag_title(d);
			diag_help(d, "derive the groups first, and query that derivation");
		}
		check_for(c, clause);
		check_unread_clause(c, clauses, at);
		vec_push(c->arena, &c->locals, clause->symbol);
		break;
	case NODE_WHERE:
		check_as(c, kid(clause, WHERE_CONDITION), type_simple(c, TYPE_BOOL), NULL,
			"a condition is a Bool");
		break;
	case NODE_LET: {
		const struct type *t = check_expr(c, kid(clause, LET_VALUE), NULL);
		clause->type = t;
		struct symbol *s = scope_local(c, SYMBOL_LET, clause, t);
		s->of = row_table(kid(clause, LET_VALUE));
		vec_push(c->arena, &c->locals, s);
		break;
	}
	case NODE_GROUP:
		if (!q->group)
			q->group_at = at;
		check_group(c, clause, q);
		break;
	default:
		break;
	}
}

/* The row type that a query yields. `row`: what it must be, or NULL: then it is made, named after
 * the derive. */
static const struct type *check_yield(struct checker *c, struct symbol *s, struct node *query,
	const struct type *row, struct node *because)
{
	struct node *yield = kid(query, QUERY_YIELD);
	if (yield->kind == NODE_RECORD && !row) {
		struct record *r = record_new(c, s->name, s->declaration, 0);
		yield->type = check_record(c, yield, NULL, r);
		return yield->type;
	}
	const struct type *t =
		check_as(c, yield, row, because, because ? "the row is said here" : NULL);
	if (t->kind != TYPE_RECORD && t->kind != TYPE_ERROR) {
		struct diag *d = diag_new(
			c->diags, DIAG_YIELD, node_span(yield), "this is %.*s", TEXT_ARG(t->name));
		diag_title(d, t->name);
		diag_help(d, "a row has named columns: `yield { name: ... }`");
		return error_type(c);
	}
	if (yield->kind != NODE_RECORD)
		use_all_columns(t);
	return t;
}

static void check_conflict(struct checker *c, struct symbol *s, struct node *conflict, bool several)
{
	const struct type *row = s->type;
	struct scope inner = *c->scope;
	if (several) {
		inner.locals = NULL;
		inner.grouped = NULL;
		inner.behind_group = false;
		inner.siblings = row->record;
		inner.sibling_count = row->record->count;
	}
	struct scope *outer = c->scope;
	c->scope = &inner;
	if (conflict->kind == NODE_KEEP) {
		struct node *by = kid(conflict, KEEP_BY);
		inner.may_skip = false;
		const struct type *t = check_expr(c, by, NULL);
		use_all_columns(t);
		if (t->kind != TYPE_ERROR && !type_has_order(t)) {
			struct diag *d = diag_new(c->diags, DIAG_AGGREGATE_TYPE, node_span(by),
				"this is %.*s", TEXT_ARG(t->name));
			diag_title(d, TEXT("by"), t->name);
		}
	} else if (conflict->kind == NODE_MERGE) {
		struct node *function = kid(conflict, MERGE_FUNCTION);
		struct symbol *f =
			function->kind == NODE_NAME ? scope_find(c, function->name) : NULL;
		struct node *params =
			f && f->kind == SYMBOL_FN ? kid(f->declaration, FN_PARAMS) : NULL;
		if (f && f->kind == SYMBOL_FN)
			resolve(c, f);
		if (!params || params->count != 2 || params->kids[0]->type != row ||
			params->kids[1]->type != row || f->type != row) {
			struct diag *d = diag_new(c->diags, DIAG_MERGE_FUNCTION,
				node_span(function), "not an fn (%.*s, %.*s) -> %.*s",
				TEXT_ARG(row->name), TEXT_ARG(row->name), TEXT_ARG(row->name));
			diag_title(d, s->name);
			diag_note(d,
				"`merge f` folds two rows into one: give the derivation a declared "
				"record, and `f` that record");
		} else {
			function->symbol = f;
			f->used = true;
		}
		use_all_columns(row);
	}
	c->scope = outer;
}

static bool contains_error(const struct type *t)
{
	if (t->kind == TYPE_RECORD)
		for (size_t i = 0; i < t->record->count; i++)
			if (!t->record->fields[i].type ||
				t->record->fields[i].type->kind == TYPE_ERROR)
				return true;
	return t->kind == TYPE_ERROR;
}

/* Returns false when something in it was reported. */
static bool check_query(struct checker *c, struct symbol *s, struct node *query,
	const struct type **row, bool last_one)
{
	struct node *clauses = kid(query, QUERY_CLAUSES),
		    *queries = kid(s->declaration, DERIVE_QUERIES);
	struct node *conflict = kid(s->declaration, DERIVE_CONFLICT),
		    *declared = kid(s->declaration, DERIVE_TYPE);
	struct query_note *q = ARENA_NEW(c->arena, struct query_note);
	struct scope scope = scope_of(PLACE_QUERY, s), *outer = c->scope;
	size_t errors = diags_errors(c->diags);
	c->scope = &scope;
	for (uint32_t i = 0; i < clauses->count; i++)
		check_clause(c, clauses, q, i);
	means(c, query, MEANS_QUERY, 0)->query = q;
	const struct type *t = check_yield(c, s, query, *row,
		!*row              ? NULL
			: declared ? declared
				   : kid(queries->kids[0], QUERY_YIELD));
	query->type = t;
	if (!*row)
		*row = t;
	bool well = t->kind != TYPE_ERROR && !contains_error(t) && diags_errors(c->diags) == errors;
	if (well) {
		s->type = *row;
		if (conflict && last_one)
			check_conflict(c, s, conflict, queries->count > 1);
		check_scans(c, clauses, query);
	}
	c->scope = outer;
	return well;
}

static void resolve_queries(struct checker *c, struct symbol *s, const struct type *row)
{
	struct node *queries = kid(s->declaration, DERIVE_QUERIES),
		    *key = kid(s->declaration, DERIVE_KEYS);
	bool well = true;
	if (!key) {
		struct diag *d = diag_new(c->diags, DIAG_KEY_MISSING,
			node_name_span(s->declaration), "it has many rows: what tells them apart?");
		diag_title(d, s->name);
		diag_help(
			d, "name the key columns: `derive %.*s[column] = ...`", TEXT_ARG(s->name));
		well = false;
	}
	for (uint32_t i = 0; i < queries->count; i++)
		well &= check_query(c, s, queries->kids[i], &row, i + 1 == queries->count);
	s->type = row && row->kind == TYPE_RECORD && !contains_error(row) ? row : error_type(c);
	if (!well || s->type->kind == TYPE_ERROR) {
		if (key && s->type->kind != TYPE_ERROR)
			resolve_key(c, s, key, s->type->record);
		if (!s->key_count)
			s->type = error_type(c);
		return;
	}
	use_all_columns(s->type);
	resolve_key(c, s, key, s->type->record);
	if (s->type->kind != TYPE_ERROR)
		check_unique(c, s);
}

static void resolve_value(struct checker *c, struct symbol *s, const struct type *want)
{
	struct node *value = kid(s->declaration, DERIVE_VALUE),
		    *key = kid(s->declaration, DERIVE_KEYS);
	struct scope scope = scope_of(PLACE_QUERY, s), *outer = c->scope;
	c->scope = &scope;
	scope.may_skip = false;
	s->single = true;
	if (key) {
		struct diag *d = diag_new(c->diags, DIAG_KEY_OF_SINGLE, node_span(key),
			"one expression gives one value");
		diag_title(d, s->name);
		diag_help(d, "leave the key out, or write a query: `for ... yield { ... }`");
		want = want ? want : error_type(c);
	}
	const struct type *t =
		check_as(c, value, want, kid(s->declaration, DERIVE_TYPE), "the type is said here");
	if (t->kind == TYPE_ROWS || t->kind == TYPE_CONN || t->kind == TYPE_STREAM) {
		struct diag *d = diag_new(c->diags, DIAG_NOT_STORABLE, node_span(value),
			"this is %.*s", TEXT_ARG(t->name));
		diag_title(d, t->name);
		t = error_type(c);
	}
	use_all_columns(t);
	if (t->kind != TYPE_ERROR)
		check_scans(c, NULL, value);
	s->type = want && t->kind != TYPE_ERROR ? want : t;
	c->scope = outer;
}

void resolve_derive(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *type = kid(n, DERIVE_TYPE);
	const struct type *want = type ? resolve_type(c, type) : NULL;
	if (n->flags & NODE_SHARED)
		not_yet(c, n, DIAG_NOT_YET_SHARED);
	else if (kid(n, DERIVE_VISIBLE))
		not_yet(c, kid(n, DERIVE_VISIBLE), DIAG_NOT_YET_VISIBLE);
	if (kid(n, DERIVE_QUERIES)->count)
		resolve_queries(c, s, want);
	else
		resolve_value(c, s, want);
}

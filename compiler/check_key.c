/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_key.c: uniqueness by functional dependencies (rule 4 of the language). What a key's columns
 * determine is kept as a set of texts, one for each expression that is determined ("#s.2" is column
 * 2 of variable s), and closed under the facts of the query: key -> row, x.id <-> its key,
 * equalities, look-ups by key, elements of keyed lists, groups.
 */
#include "check_facts.h"

#include <stdio.h>

/* ---- texts of expressions ---- */

static void write_text(struct buffer *b, const struct node *n)
{
	switch (n->kind) {
	case NODE_NAME:
		if (n->symbol && n->symbol->kind != SYMBOL_BUILTIN)
			buffer_format(b, "#%p", (void *)n->symbol);
		else
			buffer_add(b, n->name);
		return;
	case NODE_FIELD:
	case NODE_OPTION_FIELD:
		write_text(b, n->kids[0]);
		if (n->note && n->note->meaning == MEANS_REF_KEY)
			buffer_format(b, "!%zu", n->note->index);
		else
			buffer_format(b, ".%.*s", TEXT_ARG(n->name));
		return;
	case NODE_ELSE: /* what is left out does not matter */
		if (kid(n, ELSE_FALLBACK)->kind == NODE_SKIP) {
			write_text(b, kid(n, ELSE_VALUE));
			return;
		}
		break;
	default:
		break;
	}
	buffer_format(b, "(%d %d ", (int)n->kind, (int)n->op);
	if (!n->count)
		buffer_add(b, span_text(node_span(n)));
	for (uint32_t i = 0; i < n->count; i++)
		if (n->kids[i])
			write_text(b, n->kids[i]);
	buffer_format(b, ")");
}

static struct text text_of_node(struct facts *f, const struct node *n)
{
	struct buffer b = { .arena = f->arena };
	write_text(&b, n);
	return buffer_text(&b);
}

static bool is_known(const struct facts *f, struct text t)
{
	for (size_t i = 0; i < f->known.count; i++)
		if (text_equal(*(struct text *)f->known.items[i], t))
			return true;
	return false;
}

static void know(struct facts *f, struct text t)
{
	if (is_known(f, t))
		return;
	struct text *kept = ARENA_NEW(f->arena, struct text);
	*kept = t;
	vec_push(f->arena, &f->known, kept);
	f->changed = true;
}

static struct text variable_text(struct facts *f, const struct symbol *v)
{
	return text_format(f->arena, "#%p", (const void *)v);
}

static struct text column_text(struct facts *f, const struct symbol *v, size_t field)
{
	return text_format(f->arena, "#%p.%.*s", (const void *)v,
		TEXT_ARG(v->type->record->fields[field].name));
}

/* ---- what is determined ---- */

static bool groups_known(struct facts *f)
{
	struct node *bindings = kid(f->group, GROUP_BINDINGS);
	for (uint32_t i = 0; i < bindings->count; i++)
		if (!is_known(f, variable_text(f, bindings->kids[i]->symbol)))
			return false;
	return true;
}

static bool is_determined(struct facts *f, const struct node *n)
{
	if (is_known(f, text_of_node(f, n)))
		return true;
	switch (n->kind) {
	case NODE_NAME:
		if (!n->symbol)
			return n->note && n->note->meaning == MEANS_SIBLING ? false : true;
		/* what a pattern binds is a part of what is matched */
		return n->symbol->kind == SYMBOL_PARAM || n->symbol->kind == SYMBOL_BINDING ||
			symbol_is_table(n->symbol) || n->symbol->kind == SYMBOL_FN;
	case NODE_FOR:
		if (!is_determined(f, kid(n, FOR_SOURCE)))
			return false;
		know(f, variable_text(f, n->symbol)); /* bound inside: its rounds are the same for
							 the same source */
		return true;
	case NODE_CALL:
		if (n->note && n->note->meaning == MEANS_GROUP_AGGREGATE)
			return f->group && groups_known(f);
		break;
	default:
		break;
	}
	for (uint32_t i = 0; i < n->count; i++) {
		const struct node *k = n->kids[i];
		if (k && !(n->kind == NODE_CALL && i == CALL_CALLEE) && !is_determined(f, k))
			return false;
	}
	return true;
}

/* ---- the facts of a query ---- */

static void add_conjuncts(struct facts *f, struct node *n)
{
	if (n->kind == NODE_BINARY && n->op == OP_AND) {
		add_conjuncts(f, kid(n, BINARY_LEFT));
		add_conjuncts(f, kid(n, BINARY_RIGHT));
	} else if (n->kind == NODE_BINARY && n->op == OP_EQUAL) {
		vec_push(f->arena, &f->equalities, n);
	}
}

void facts_of_query(struct facts *f, struct checker *c, struct node *clauses)
{
	*f = (struct facts){ .arena = c->arena, .clauses = clauses };
	for (uint32_t i = 0; i < clauses->count; i++) {
		struct node *n = clauses->kids[i];
		if (n->kind == NODE_WHERE)
			add_conjuncts(f, kid(n, WHERE_CONDITION));
		else if (n->kind == NODE_GROUP)
			f->group = n;
	}
}

static void close_equalities(struct facts *f)
{
	for (size_t i = 0; i < f->equalities.count; i++) {
		const struct node *n = f->equalities.items[i];
		if (is_determined(f, kid(n, BINARY_LEFT)))
			know(f, text_of_node(f, kid(n, BINARY_RIGHT)));
		if (is_determined(f, kid(n, BINARY_RIGHT)))
			know(f, text_of_node(f, kid(n, BINARY_LEFT)));
	}
}

/* Key columns of a look-up equal their arguments. */
static void close_look_up(struct facts *f, const struct symbol *v, const struct node *source)
{
	if (!source->note ||
		(source->note->meaning != MEANS_ROWS_BY_KEY &&
			source->note->meaning != MEANS_ROW_BY_KEY))
		return;
	for (size_t i = 0; i < source->note->key_count; i++) {
		const struct key_part *part = &source->note->key[i];
		struct text column = column_text(f, v, v->of->key[i]);
		if (!part->value)
			continue;
		if (is_determined(f, part->value))
			know(f, column);
		if (!is_known(f, column))
			continue;
		if (!part->is_ref)
			know(f, text_of_node(f, part->value));
		else if (part->part + 1 == part->value->type->collection->key_count) {
			bool all = true; /* the whole ref, when each of its columns is known */
			for (size_t k = 0; k <= part->part; k++)
				all &= is_known(f, column_text(f, v, v->of->key[i - k]));
			if (all)
				know(f, text_of_node(f, part->value));
		}
	}
}

static void close_rows(struct facts *f, const struct symbol *v)
{
	struct text id = text_format(f->arena, "#%p.id", (const void *)v);
	bool all = true;
	if (is_known(f, variable_text(f, v)) || is_known(f, id))
		for (size_t i = 0; i < v->of->key_count; i++)
			know(f, column_text(f, v, v->of->key[i]));
	for (size_t i = 0; i < v->of->key_count; i++)
		all &= is_known(f, column_text(f, v, v->of->key[i]));
	if (all) {
		know(f, variable_text(f, v));
		know(f, id);
	}
}

static void close_for(struct facts *f, const struct node *n)
{
	const struct symbol *v = n->symbol;
	const struct node *source = kid(n, FOR_SOURCE);
	enum meaning m = n->note ? n->note->meaning : MEANS_NOTHING;
	if (m == MEANS_FOR_ROWS && v->of && v->of->key_count) {
		close_look_up(f, v, source);
		close_rows(f, v);
	} else if (m == MEANS_FOR_OPTION) {
		if (is_determined(f, source))
			know(f, variable_text(f, v));
		if (v->of && v->of->key_count) {
			close_look_up(f, v, source);
			close_rows(f, v);
		}
	} else if (m == MEANS_FOR_LIST || m == MEANS_FOR_MAP) {
		const struct record *r = v->type->kind == TYPE_RECORD ? v->type->record : NULL;
		size_t key = m == MEANS_FOR_MAP ? 0 : r ? r->item_key : NO_FIELD;
		if (key != NO_FIELD && is_determined(f, source) &&
			is_known(f, column_text(f, v, key)))
			know(f, variable_text(f, v));
	}
}

void facts_close(struct facts *f)
{
	do {
		f->changed = false;
		close_equalities(f);
		for (uint32_t i = 0; i < f->clauses->count; i++) {
			struct node *n = f->clauses->kids[i];
			if (n->kind == NODE_FOR) {
				close_for(f, n);
			} else if (n->kind == NODE_LET) {
				struct text name = variable_text(f, n->symbol);
				if (is_determined(f, kid(n, LET_VALUE)))
					know(f, name);
				else if (is_known(f, name))
					know(f, text_of_node(f, kid(n, LET_VALUE)));
			}
		}
	} while (f->changed);
}

/* ---- the check ---- */

static struct node *init_of(const struct node *yield, size_t field)
{
	if (yield->kind != NODE_RECORD)
		return NULL;
	struct node *fields = kid(yield, RECORD_FIELDS);
	for (uint32_t i = 0; i < fields->count; i++)
		if (fields->kids[i]->note && fields->kids[i]->note->meaning == MEANS_INIT &&
			fields->kids[i]->note->index == field)
			return fields->kids[i];
	return NULL;
}

static void know_column(struct facts *f, struct node *yield, size_t field)
{
	struct node *init = init_of(yield, field);
	if (init)
		know(f, text_of_node(f, kid(init, FIELD_INIT_VALUE)));
	else if (yield->kind == NODE_NAME && yield->symbol)
		know(f, column_text(f, yield->symbol, field));
}

/* Whether these columns (bits) determine the whole row. */
static bool proves(
	struct checker *c, struct node *query, const struct record *row, const bool *columns)
{
	struct facts f;
	struct node *yield = kid(query, QUERY_YIELD);
	facts_of_query(&f, c, kid(query, QUERY_CLAUSES));
	for (size_t i = 0; i < row->count; i++)
		if (columns[i])
			know_column(&f, yield, i);
	facts_close(&f);
	if (yield->kind != NODE_RECORD)
		return is_determined(&f, yield);
	for (size_t i = 0; i < row->count; i++) {
		struct node *init = init_of(yield, i);
		if (init && !columns[i] && !is_determined(&f, kid(init, FIELD_INIT_VALUE)))
			return false;
	}
	return true;
}

/* The first `for` whose round the key leaves open. */
static struct node *open_for(struct checker *c, const struct symbol *s, struct node *query)
{
	struct facts f;
	struct node *clauses = kid(query, QUERY_CLAUSES);
	facts_of_query(&f, c, clauses);
	for (size_t i = 0; i < s->key_count; i++)
		know_column(&f, kid(query, QUERY_YIELD), s->key[i]);
	facts_close(&f);
	struct node *scalar = NULL;
	for (uint32_t i = 0; i < clauses->count; i++) {
		struct node *n = clauses->kids[i];
		if (n->kind != NODE_FOR || is_known(&f, variable_text(&f, n->symbol)))
			continue;
		if (n->note->meaning == MEANS_FOR_ROWS)
			return n;
		if (!scalar)
			scalar = n;
	}
	return scalar;
}

static const char *keys_of(struct checker *c, const struct symbol *table)
{
	struct buffer b = { .arena = c->arena };
	for (size_t i = 0; i < table->key_count; i++)
		buffer_format(&b, "%s%.*s", i ? ", " : "",
			TEXT_ARG(table->type->record->fields[table->key[i]].name));
	return b.data;
}

static const char *quoted_keys(struct checker *c, const struct symbol *s)
{
	struct buffer b = { .arena = c->arena };
	for (size_t i = 0; i < s->key_count; i++)
		buffer_format(&b, "%s%.*s", i ? "`, `" : "",
			TEXT_ARG(s->type->record->fields[s->key[i]].name));
	return b.data;
}

/* What to keep by: the creation of the first table's row, else its key. */
static struct text keep_by(struct checker *c, struct node *query)
{
	struct node *clauses = kid(query, QUERY_CLAUSES);
	for (uint32_t i = 0; i < clauses->count; i++) {
		struct symbol *v =
			clauses->kids[i]->kind == NODE_FOR ? clauses->kids[i]->symbol : NULL;
		if (!v || !v->of || clauses->kids[i]->note->meaning != MEANS_FOR_ROWS)
			continue;
		if (record_find(v->type->record, TEXT("created")) != NO_FIELD)
			return text_format(c->arena, "%.*s.created", TEXT_ARG(v->name));
		return text_format(c->arena, "%.*s.id", TEXT_ARG(v->name));
	}
	return TEXT("e");
}

/* The smallest wider key, greedily: all columns, less each one that is not needed. Keeps to the
 * yielded order. */
static void help_wider(
	struct checker *c, struct diag *d, const struct symbol *s, struct node *query)
{
	const struct record *row = s->type->record;
	bool *columns = ARENA_ARRAY(c->arena, bool, row->count + 1),
	     *key = ARENA_ARRAY(c->arena, bool, row->count + 1);
	for (size_t i = 0; i < row->count; i++)
		columns[i] = type_may_be_key(row->fields[i].type);
	for (size_t i = 0; i < s->key_count; i++)
		key[s->key[i]] = true;
	if (!proves(c, query, row, columns))
		return;
	for (size_t i = 0; i < row->count; i++) {
		if (key[i] || !columns[i])
			continue;
		columns[i] = false;
		if (!proves(c, query, row, columns))
			columns[i] = true;
	}
	struct buffer b = { .arena = c->arena };
	for (size_t i = 0; i < s->key_count; i++)
		buffer_format(&b, "%s%.*s", i ? ", " : "", TEXT_ARG(row->fields[s->key[i]].name));
	for (size_t i = 0; i < row->count; i++)
		if (columns[i] && !key[i])
			buffer_format(&b, ", %.*s", TEXT_ARG(row->fields[i].name));
	diag_help(d, "or make the key wider: `derive %.*s[%s]`", TEXT_ARG(s->name), b.data);
}

static void report_not_unique(struct checker *c, struct symbol *s, struct node *query)
{
	struct node *yield = kid(query, QUERY_YIELD), *open = open_for(c, s, query);
	struct node *init = init_of(yield, s->key[0]);
	const struct record *row = s->type->record;
	struct text column = row->fields[s->key[0]].name;
	bool one = s->key_count == 1;
	struct diag *d;
	if (open && open->note->meaning == MEANS_FOR_ROWS)
		d = diag_new(c->diags, DIAG_NOT_UNIQUE, node_span(init ? init : yield),
			"two rows of %.*s may give the same %s", TEXT_ARG(open->note->table->name),
			one ? text_format(c->arena, "`%.*s`", TEXT_ARG(column)).data : "key");
	else if (open)
		d = diag_new(c->diags, DIAG_NOT_UNIQUE, node_span(init ? init : yield),
			"two rounds of `%.*s` may give the same %s", TEXT_ARG(open->name),
			one ? text_format(c->arena, "`%.*s`", TEXT_ARG(column)).data : "key");
	else
		d = diag_new(c->diags, DIAG_NOT_UNIQUE, node_span(init ? init : yield),
			"two rounds may give the same key");
	diag_title(d, text_of(quoted_keys(c, s)), s->name);
	struct node *clauses = kid(query, QUERY_CLAUSES);
	for (uint32_t i = 0; i < clauses->count; i++) {
		struct node *n = clauses->kids[i];
		if (n->kind == NODE_FOR && n->note->meaning == MEANS_FOR_ROWS &&
			n->note->table->key_count)
			diag_span(d, node_span(kid(n, FOR_SOURCE)), "keyed by %s",
				keys_of(c, n->note->table));
		else if (n->kind == NODE_FOR && n == open)
			diag_span(d, node_span(kid(n, FOR_SOURCE)), "its elements have no key");
	}
	struct span end = node_span(query);
	diag_help(d, "say which row wins");
	diag_patch_line(d, end, "  on conflict keep first by %.*s", TEXT_ARG(keep_by(c, query)));
	help_wider(c, d, s, query);
}

/* Whether a constant key column tells the queries apart. */
static bool are_apart(const struct symbol *s, struct node *a, struct node *b)
{
	for (size_t i = 0; i < s->key_count; i++) {
		struct node *x = init_of(kid(a, QUERY_YIELD), s->key[i]),
			    *y = init_of(kid(b, QUERY_YIELD), s->key[i]);
		if (!x || !y)
			continue;
		x = kid(x, FIELD_INIT_VALUE);
		y = kid(y, FIELD_INIT_VALUE);
		bool constant = x->kind == y->kind &&
			(x->kind == NODE_STRING || x->kind == NODE_INT || x->kind == NODE_BOOL ||
				(x->kind == NODE_TYPE_NAME && x->symbol != y->symbol));
		if (constant && !text_equal(span_text(node_span(x)), span_text(node_span(y))))
			return true;
	}
	return false;
}

static void check_union(struct checker *c, struct symbol *s, struct node *queries)
{
	if (s->key_count == s->type->record->count)
		return;
	for (uint32_t i = 1; i < queries->count; i++)
		for (uint32_t k = 0; k < i; k++) {
			if (are_apart(s, queries->kids[i], queries->kids[k]))
				continue;
			struct node *yield = kid(queries->kids[i], QUERY_YIELD);
			struct diag *d = diag_new(c->diags, DIAG_NOT_UNIQUE, node_span(yield),
				"may give a key that the query before gives, too");
			diag_title(d, text_of(quoted_keys(c, s)), s->name);
			diag_span(d, node_span(kid(queries->kids[k], QUERY_YIELD)),
				"the other query");
			diag_help(d, "say which row wins, by a column of the row");
			const struct record *row = s->type->record;
			size_t column = 0;
			for (size_t f = 0; f < row->count; f++)
				if (type_has_order(row->fields[f].type))
					column = f;
			diag_patch_line(d, node_span(queries->kids[queries->count - 1]),
				"  on conflict keep first by %.*s",
				TEXT_ARG(row->fields[column].name));
			diag_help(
				d, "or a constant column of the key that tells the queries apart");
			return;
		}
}

void check_unique(struct checker *c, struct symbol *s)
{
	struct node *queries = kid(s->declaration, DERIVE_QUERIES);
	const struct record *row = s->type->record;
	bool *columns = ARENA_ARRAY(c->arena, bool, row->count + 1), all = true;
	for (size_t i = 0; i < s->key_count; i++)
		columns[s->key[i]] = true;
	for (uint32_t i = 0; i < queries->count; i++) {
		bool unique = proves(c, queries->kids[i], row, columns);
		((struct query_note *)queries->kids[i]->note->query)->unique = unique;
		if (!unique && !kid(s->declaration, DERIVE_CONFLICT))
			report_not_unique(c, s, queries->kids[i]);
		all &= unique;
	}
	if (all && queries->count == 1 && kid(s->declaration, DERIVE_CONFLICT)) {
		struct diag *d = diag_new(c->diags, DIAG_USELESS_CONFLICT,
			node_span(kid(s->declaration, DERIVE_CONFLICT)),
			"the key gives one row already");
		diag_title(d, s->name);
	}
	if (all && queries->count > 1 && !kid(s->declaration, DERIVE_CONFLICT))
		check_union(c, s, queries);
}

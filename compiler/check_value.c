/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_value.c: values that are written out: variants by what is expected, numbers, lists,
 * records.
 */
#include "checker.h"

/* Variants of Selector, the built-in enum, are symbols of `builtins`. */
static struct symbol *find_variant(
	struct checker *c, const struct type *t, struct text name, struct vec *names)
{
	if (t->kind == TYPE_SELECTOR) {
		for (size_t i = 0; i < c->builtins.count; i++) {
			struct symbol *s = c->builtins.items[i];
			vec_push(c->arena, names, &s->name);
			if (text_equal(s->name, name))
				return s;
		}
		return NULL;
	}
	for (size_t i = 0; i < t->enumeration->count; i++) {
		struct enum_variant *v = &t->enumeration->variants[i];
		vec_push(c->arena, names, &v->name);
		if (text_equal(v->name, name))
			return v->symbol;
	}
	return NULL;
}

static struct symbol *variant_in_scope(struct checker *c, struct node *n)
{
	struct vec found = { 0 };
	scope_variants(c, n->name, &found);
	if (found.count == 1)
		return found.items[0];
	if (found.count > 1) {
		struct diag *d = diag_new(
			c->diags, DIAG_VARIANT_AMBIGUOUS, node_span(n), "which one is meant?");
		diag_title(d, n->name);
		for (size_t i = 0; i < found.count; i++) {
			struct symbol *v = found.items[i];
			diag_note(d, "%.*s has a %.*s", TEXT_ARG(v->of ? v->of->name : v->name),
				TEXT_ARG(v->name));
		}
		return NULL;
	}
	struct symbol *type = scope_find_type(c, n->name);
	if (type) {
		struct diag *d = diag_new(c->diags, DIAG_NOT_A_VALUE, node_span(n),
			"a type, where a value is expected");
		diag_title(d, n->name);
		return NULL;
	}
	if (!first_report(c, c->module, n->name))
		return NULL;
	struct diag *d = diag_new(
		c->diags, DIAG_UNKNOWN_VARIANT, node_span(n), "no variant of this name is visible");
	diag_title(d, n->name);
	return NULL;
}

const struct type *check_variant(
	struct checker *c, struct node *n, const struct type *want, struct symbol **variant)
{
	const struct type *t = want && want->kind == TYPE_OPTION ? want->item : want;
	struct symbol *s;
	if (t && t->kind == TYPE_ERROR)
		return *variant = NULL, t;
	if (t && (t->kind == TYPE_ENUM || t->kind == TYPE_SELECTOR)) {
		struct vec names = { 0 };
		s = find_variant(c, t, n->name, &names);
		if (!s && first_report(c, t, n->name)) {
			struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_VARIANT, node_name_span(n),
				"not a variant of %.*s", TEXT_ARG(t->name));
			diag_title(d, n->name);
			suggest(c, d, n, &names);
			struct buffer list = { .arena = c->arena };
			for (size_t i = 0; i < names.count; i++)
				buffer_format(&list, "%s%.*s", i ? ", " : "",
					TEXT_ARG(*(struct text *)names.items[i]));
			diag_note(d, "%.*s has %s", TEXT_ARG(t->name), list.data);
		}
	} else {
		s = variant_in_scope(c, n);
		if (s && s->of)
			resolve(c, s->of);
	}
	*variant = s;
	n->symbol = s;
	return s ? s->type : error_type(c);
}

const struct type *check_variant_value(struct checker *c, struct node *n, const struct type *want)
{
	struct symbol *s;
	const struct type *t = check_variant(c, n, want, &s);
	if (!s)
		return t;
	means(c, n, MEANS_VARIANT, s->index);
	if (t->kind == TYPE_ENUM && t->enumeration->variants[s->index].payload_count) {
		struct diag *d = diag_new(
			c->diags, DIAG_ARGUMENT_COUNT, node_span(n), "its values are missing");
		diag_title(d, s->name);
		diag_help(d, "give them: `%.*s(...)`", TEXT_ARG(s->name));
		return error_type(c);
	}
	return t;
}

const struct type *check_int(struct checker *c, struct node *n, const struct type *want)
{
	const struct type *t = want && want->kind == TYPE_OPTION ? want->item : want;
	if (t && (t->kind == TYPE_FLOAT || t->kind == TYPE_SIZE))
		return t;
	if (!t || t->kind != TYPE_PORT)
		return type_simple(c, TYPE_INT);
	if (n->literal.integer < 0 || n->literal.integer > 65535) {
		struct diag *d = diag_new(
			c->diags, DIAG_OUT_OF_RANGE, node_span(n), "a port is at most 65535");
		diag_title(d, t->name);
		return error_type(c);
	}
	return t;
}

const struct type *check_list(struct checker *c, struct node *n, const struct type *want)
{
	const struct type *list = want && want->kind == TYPE_OPTION ? want->item : want;
	const struct type *item = list && list->kind == TYPE_LIST ? list->item : NULL;
	struct node *items = kid(n, LIST_LITERAL_ITEMS);
	struct node *first = NULL;
	if (!items->count && !item) {
		if (list)
			return type_list(c, type_simple(c, TYPE_STRING)) == list ? list
										 : error_type(c);
		struct diag *d = diag_new(c->diags, DIAG_EMPTY_LIST, node_span(n),
			"nothing says what it is a list of");
		diag_title(d);
		return error_type(c);
	}
	for (uint32_t i = 0; i < items->count; i++) {
		const struct type *got = check_as(c, items->kids[i], item, first,
			first ? "the items before are of this type" : NULL);
		if (got->kind == TYPE_ERROR)
			return got;
		if (!item) {
			item = got;
			first = items->kids[i];
		}
	}
	return item ? type_list(c, item) : error_type(c);
}

static void report_fields_missing(
	struct checker *c, struct node *n, const struct record *r, const bool *given)
{
	struct buffer list = { .arena = c->arena };
	for (size_t i = 0; i < r->count; i++)
		if (!given[i] && r->fields[i].type->kind != TYPE_OPTION)
			buffer_format(&list, "%s%.*s: %.*s", list.size ? ", " : "",
				TEXT_ARG(r->fields[i].name), TEXT_ARG(r->fields[i].type->name));
	if (!list.size)
		return;
	struct diag *d =
		diag_new(c->diags, DIAG_FIELDS_MISSING, node_span(n), "not given: %s", list.data);
	diag_title(d, r->name);
	if (r->declaration && r->declaration->source == n->source)
		diag_span(d, node_name_span(r->declaration), "%.*s is declared here",
			TEXT_ARG(r->name));
}

/* Fields against a known record; `into` is then that record. */
static void check_known_fields(
	struct checker *c, struct node *n, struct node *fields, struct record *r, bool all)
{
	bool *given = ARENA_ARRAY(c->arena, bool, r->count + 1);
	for (uint32_t i = 0; i < fields->count; i++) {
		struct node *f = fields->kids[i];
		size_t index = record_find(r, f->name);
		if (index == NO_FIELD) {
			struct vec names = { 0 };
			for (size_t k = 0; k < r->count; k++)
				vec_push(c->arena, &names, &r->fields[k].name);
			struct diag *d = diag_new(c->diags, DIAG_UNKNOWN_FIELD, node_name_span(f),
				"%.*s has no such field", TEXT_ARG(r->name));
			diag_title(d, f->name);
			suggest(c, d, f, &names);
			check_expr(c, kid(f, FIELD_INIT_VALUE), NULL);
			all = false; /* one of those that are missing is meant */
			continue;
		}
		if (given[index]) {
			struct diag *d = diag_new(
				c->diags, DIAG_DECLARED_TWICE, node_name_span(f), "a second time");
			diag_title(d, f->name);
		}
		given[index] = true;
		means(c, f, MEANS_INIT, index);
		f->type = check_as(c, kid(f, FIELD_INIT_VALUE), r->fields[index].type,
			r->fields[index].declaration, "the field's type is said here");
	}
	if (all)
		report_fields_missing(c, n, r, given);
}

/* A record of its own, made of what is written; filled into `r` when the caller has one for it. */
static const struct type *check_new_record(
	struct checker *c, struct node *n, struct node *fields, struct record *r)
{
	struct buffer name = { .arena = c->arena };
	buffer_format(&name, "{ ");
	struct record *made = record_new(c, TEXT(""), n, fields->count);
	bool failed = false;
	made->count = 0;
	for (uint32_t i = 0; i < fields->count; i++) {
		struct node *f = fields->kids[i];
		if (record_find(made, f->name) != NO_FIELD) {
			struct diag *d = diag_new(
				c->diags, DIAG_DECLARED_TWICE, node_name_span(f), "a second time");
			diag_title(d, f->name);
			failed = true;
		}
		f->type = check_expr(c, kid(f, FIELD_INIT_VALUE), NULL);
		if (f->type->kind == TYPE_ROWS || f->type->kind == TYPE_STREAM ||
			f->type->kind == TYPE_CONN) {
			struct diag *d = diag_new(c->diags, DIAG_NOT_STORABLE,
				node_span(kid(f, FIELD_INIT_VALUE)), "this is %.*s",
				TEXT_ARG(f->type->name));
			diag_title(d, f->type->name);
			if (f->type->kind == TYPE_ROWS)
				diag_help(d,
					"a list holds them: `[x in ... yield x.field]`; or "
					"count(...), some(...)");
			failed = true;
		}
		failed |= f->type->kind == TYPE_ERROR;
		use_all_columns(f->type);
		means(c, f, MEANS_INIT, made->count);
		made->fields[made->count++] = (struct record_field){ f->name, f->type, f, true };
		buffer_format(&name, "%s%.*s", i ? ", " : "", TEXT_ARG(f->name));
	}
	if (failed)
		return error_type(c);
	buffer_format(&name, " }");
	made->name = buffer_text(&name);
	if (r) {
		made->name = r->name;
		made->declaration = r->declaration;
		*r = *made;
		made = r;
	}
	return type_record(c, made);
}

const struct type *check_record(
	struct checker *c, struct node *n, const struct type *want, struct record *into)
{
	const struct type *t = want && want->kind == TYPE_OPTION ? want->item : want;
	struct node *fields = kid(n, RECORD_FIELDS);
	if (t && t->kind == TYPE_RECORD) {
		check_known_fields(c, n, fields, t->record, true);
		return t;
	}
	return check_new_record(c, n, fields, into);
}

const struct type *check_with(struct checker *c, struct node *n, const struct type *want)
{
	const struct type *t = check_expr(c, kid(n, WITH_RECORD_VALUE), want);
	if (t->kind == TYPE_ERROR)
		return t;
	if (t->kind != TYPE_RECORD) {
		struct diag *d = diag_new(c->diags, DIAG_NO_FIELDS,
			node_span(kid(n, WITH_RECORD_VALUE)), "this is %.*s", TEXT_ARG(t->name));
		diag_title(d, t->name);
		return error_type(c);
	}
	use_all_columns(t);
	struct node *with = kid(n, WITH_RECORD_WITH);
	check_known_fields(c, with, kid(with, RECORD_FIELDS), t->record, false);
	with->type = t;
	return t;
}

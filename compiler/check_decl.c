/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_decl.c: records, enums, params, collections, functions, decisions: what each declares.
 */
#include "checker.h"

/* ---- records and enums ---- */

/* `ports: [Port] key number`: what tells the elements of the list apart. */
static void resolve_item_key(struct checker *c, struct node *f)
{
	struct node *key = kid(f, FIELD_DECL_KEY);
	const struct type *item = f->type->kind == TYPE_LIST ? f->type->item : NULL;
	if (!key || f->type->kind == TYPE_ERROR)
		return;
	size_t at =
		item && item->kind == TYPE_RECORD ? record_find(item->record, key->name) : NO_FIELD;
	if (at == NO_FIELD) {
		struct diag *d = diag_new(c->diags, DIAG_KEY_COLUMN, node_span(key),
			"not a field of the list's elements");
		diag_title(d, key->name, f->name);
		return;
	}
	item->record->item_key = at;
	use_column(item->record, at);
}

static void resolve_field(struct checker *c, struct record *r, size_t i, struct node *f)
{
	r->fields[i].type = resolve_type(c, kid(f, FIELD_DECL_TYPE));
	f->type = r->fields[i].type;
	struct symbol *s = symbol_new(c, SYMBOL_FIELD, f->name, f);
	s->type = f->type;
	s->index = i;
	f->symbol = s;
	if (f->type->kind == TYPE_ROWS || f->type->kind == TYPE_CONN ||
		f->type->kind == TYPE_STREAM || f->type->kind == TYPE_VERDICT) {
		struct diag *d = diag_new(c->diags, DIAG_NOT_STORABLE,
			node_span(kid(f, FIELD_DECL_TYPE)), "not a field's type");
		diag_title(d, f->type->name);
		r->fields[i].type = error_type(c);
	}
	struct node *path = kid(f, FIELD_DECL_PATH);
	if (path && path->kind == NODE_ANY &&
		r->fields[i].type != type_list(c, type_simple(c, TYPE_STRING)))
		fit(c, path, type_list(c, type_simple(c, TYPE_STRING)), f->type, NULL,
			"`at _` lists the names of the keys that no other field reads");
	resolve_item_key(c, f);
	struct scope scope = scope_of(PLACE_SIBLING, NULL), *outer = c->scope;
	scope.siblings = r;
	scope.sibling_count = i;
	c->scope = &scope;
	if (kid(f, FIELD_DECL_ABSENT))
		check_as(c, kid(f, FIELD_DECL_ABSENT), f->type, kid(f, FIELD_DECL_TYPE),
			"the field's type");
	if (kid(f, FIELD_DECL_EMPTY))
		check_as(c, kid(f, FIELD_DECL_EMPTY), f->type, kid(f, FIELD_DECL_TYPE),
			"the field's type");
	c->scope = outer;
}

/* Whether a value of `t` holds one of record `r` in itself, not behind a list. */
static bool holds(const struct type *t, const struct record *r, int depth)
{
	if (t && t->kind == TYPE_OPTION)
		t = t->item;
	if (!t || t->kind != TYPE_RECORD || depth > 32)
		return false;
	if (t->record == r)
		return true;
	for (size_t i = 0; i < t->record->count; i++)
		if (holds(t->record->fields[i].type, r, depth + 1))
			return true;
	return false;
}

void resolve_record(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *fields = kid(n, RECORD_DECL_FIELDS);
	struct record *r = record_new(c, n->name, n, fields->count);
	s->type = type_record(c, r);
	r->count = 0;
	for (uint32_t i = 0; i < fields->count; i++) {
		struct node *f = fields->kids[i];
		if (record_find(r, f->name) != NO_FIELD) {
			struct diag *d = diag_new(c->diags, DIAG_DECLARED_TWICE, node_name_span(f),
				"a second field of this name");
			diag_title(d, f->name);
		}
		r->fields[i] = (struct record_field){ f->name, error_type(c), f, false };
		r->count = i + 1;
	}
	for (uint32_t i = 0; i < fields->count; i++) {
		resolve_field(c, r, i, fields->kids[i]);
		if (holds(r->fields[i].type, r, 0)) {
			struct diag *d = diag_new(c->diags, DIAG_RECORD_LOOP,
				node_name_span(fields->kids[i]), "holds a %.*s again",
				TEXT_ARG(r->name));
			diag_title(d, r->name);
			r->fields[i].type = error_type(c);
		}
	}
}

void resolve_enum(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *variants = kid(n, ENUM_DECL_VARIANTS);
	struct enumeration *e = ARENA_NEW(c->arena, struct enumeration);
	e->name = n->name;
	e->module = s->module;
	e->declaration = n;
	e->open = kid(n, ENUM_DECL_FORMAT) != NULL;
	e->count = variants->count + e->open;
	e->variants = ARENA_ARRAY(c->arena, struct enum_variant, e->count + 1);
	e->is_plain = !e->open;
	s->type = type_enum(c, e);
	for (uint32_t i = 0; i < variants->count; i++) {
		struct node *v = variants->kids[i], *payloads = kid(v, VARIANT_DECL_PAYLOADS),
			    *code = kid(v, VARIANT_DECL_CODE);
		struct enum_variant *to = &e->variants[i];
		*to = (struct enum_variant){
			.name = v->name, .declaration = v, .symbol = v->symbol
		};
		to->payload_count = payloads->count;
		to->payload = ARENA_ARRAY(c->arena, const struct type *, payloads->count + 1);
		for (uint32_t k = 0; k < payloads->count; k++)
			to->payload[k] = resolve_type(c, payloads->kids[k]);
		if (code)
			to->code = code->kind == NODE_STRING ? code->literal.text
							     : span_text(node_span(code));
		e->is_plain &= payloads->count == 0;
		v->symbol->type = s->type;
	}
	if (e->open) {
		struct enum_variant *to = &e->variants[variants->count];
		*to = (struct enum_variant){ .name = TEXT("Unknown"), .payload_count = 1 };
		to->payload = ARENA_ARRAY(c->arena, const struct type *, 1);
		to->payload[0] = type_simple(c, TYPE_STRING);
		to->symbol = symbol_new(c, SYMBOL_VARIANT, to->name, n);
		to->symbol->of = s;
		to->symbol->index = variants->count;
		to->symbol->type = s->type;
	}
}

/* ---- params, collections ---- */

void resolve_param(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *value = kid(n, PARAM_VALUE);
	struct scope scope = scope_of(PLACE_CONSTANT, s), *outer = c->scope;
	s->type = resolve_type(c, kid(n, PARAM_TYPE));
	if (s->type->kind == TYPE_CONN || s->type->kind == TYPE_STREAM ||
		s->type->kind == TYPE_ROWS || s->type->kind == TYPE_VERDICT) {
		struct diag *d = diag_new(c->diags, DIAG_NOT_STORABLE,
			node_span(kid(n, PARAM_TYPE)), "not a param's type");
		diag_title(d, s->type->name);
		s->type = error_type(c);
	}
	use_all_columns(s->type);
	c->scope = &scope;
	if (value)
		check_as(c, value, s->type, kid(n, PARAM_TYPE), "the param's type");
	c->scope = outer;
}

void note_columns(struct checker *c, struct diag *d, const struct record *row)
{
	struct buffer b = { .arena = c->arena };
	for (size_t i = 0; i < row->count; i++)
		buffer_format(&b, "%s`%.*s`", i ? ", " : "", TEXT_ARG(row->fields[i].name));
	if (b.size)
		diag_note(d, "%.*s has %.*s", TEXT_ARG(row->name), TEXT_ARG(buffer_text(&b)));
}

void resolve_key(struct checker *c, struct symbol *table, struct node *key, struct record *row)
{
	table->key = ARENA_ARRAY(c->arena, size_t, key->count + 1);
	table->key_count = 0;
	for (uint32_t i = 0; i < key->count; i++) {
		struct node *k = key->kids[i];
		size_t at = record_find(row, k->name);
		if (at == NO_FIELD) {
			struct vec names = { 0 };
			for (size_t f = 0; f < row->count; f++)
				vec_push(c->arena, &names, &row->fields[f].name);
			struct diag *d = diag_new(c->diags, DIAG_KEY_COLUMN, node_span(k),
				"the row has no such column");
			diag_title(d, k->name, table->name);
			suggest(c, d, k, &names);
			note_columns(c, d, row);
			if (row->declaration && row->declaration->source == k->source &&
				table->kind == SYMBOL_COLLECTION)
				diag_span(d, node_name_span(row->declaration), "the row's record");
			table->type = error_type(c);
			continue;
		}
		for (size_t f = 0; f < table->key_count; f++)
			if (table->key[f] == at) {
				struct diag *d = diag_new(c->diags, DIAG_DECLARED_TWICE,
					node_span(k), "twice in the key");
				diag_title(d, k->name);
			}
		const struct type *t = row->fields[at].type;
		if (t->kind != TYPE_ERROR && !type_may_be_key(t)) {
			struct diag *d = diag_new(c->diags, DIAG_KEY_TYPE, node_span(k),
				"this column is %.*s", TEXT_ARG(t->name));
			diag_title(d, k->name, t->name);
			if (row->fields[at].declaration &&
				row->fields[at].declaration->source == k->source)
				diag_span(d, node_span(row->fields[at].declaration), "its value");
			if (t->kind == TYPE_OPTION)
				diag_help(d,
					"a key is always there: yield the value with `else skip`");
			table->type = error_type(c);
		}
		use_column(row, at);
		k->type = t;
		table->key[table->key_count++] = at;
	}
}

static bool collection_from_call(struct checker *c, struct node *from, struct collection_note *note)
{
	struct node *callee = kid(from, CALL_CALLEE), *list = kid(from, CALL_ARGUMENTS);
	note->from = text_is(callee->name, "file") ? BUILTIN_FILE
		: text_is(callee->name, "clock")   ? BUILTIN_CLOCK
						   : BUILTIN_NONE;
	if (note->from == BUILTIN_NONE || list->count != 1 || list->kids[0]->kind != NODE_ARGUMENT)
		return false;
	note->argument = kid(list->kids[0], ARGUMENT_VALUE);
	check_as(c, note->argument,
		type_simple(c, note->from == BUILTIN_FILE ? TYPE_STRING : TYPE_DURATION), NULL,
		note->from == BUILTIN_FILE ? "file(\"path\")" : "clock(10s)");
	return true;
}

static void collection_from(struct checker *c, struct symbol *s, struct collection_note *note)
{
	struct node *n = s->declaration, *from = kid(n, COLLECTION_FROM);
	struct diag *d;
	if (!from) {
		if (!(n->flags & NODE_EXTERN)) {
			d = diag_new(c->diags, DIAG_NO_SOURCE, node_name_span(n),
				"where do its rows come from?");
			diag_title(d, s->name);
			diag_help(d,
				"`from kubernetes`, `from file(\"rows.yaml\")`, or `extern "
				"collection` for rows put by C");
		}
		return;
	}
	if (n->flags & NODE_EXTERN) {
		d = diag_new(c->diags, DIAG_NO_SOURCE, node_span(from),
			"`extern`: its rows are put by C, they come from nowhere else");
		diag_title(d, s->name);
		return;
	}
	if (from->kind == NODE_NAME && text_is(from->name, "kubernetes")) {
		note->from = BUILTIN_KUBERNETES;
		struct node *record =
			s->type->kind == TYPE_RECORD ? s->type->record->declaration : NULL;
		struct node *origin = record && record->kind == NODE_RECORD_DECL
			? kid(record, RECORD_DECL_ORIGIN)
			: NULL;
		if (origin)
			note->origin = origin->literal.text;
		else if (s->type->kind != TYPE_ERROR) {
			d = diag_new(c->diags, DIAG_NO_ORIGIN, node_span(kid(n, COLLECTION_TYPE)),
				"which kind of object is this?");
			diag_title(d, s->type->name);
			diag_help(d, "`record %.*s = kubernetes \"v1/Kind\" { ... }`",
				TEXT_ARG(s->type->name));
		}
		return;
	}
	if (from->kind == NODE_CALL && kid(from, CALL_CALLEE)->kind == NODE_NAME &&
		collection_from_call(c, from, note))
		return;
	if (from->kind == NODE_NAME && text_is(from->name, "xds")) {
		not_yet(c, from, DIAG_NOT_YET_SOURCE);
		return;
	}
	d = diag_new(c->diags, DIAG_NO_SOURCE, node_span(from), "not a source of rows");
	diag_title(d, s->name);
	diag_help(d, "`from kubernetes`, `from file(\"rows.yaml\")`, `from clock(10s)`");
}

void resolve_collection(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *key = kid(n, COLLECTION_KEYS);
	struct collection_note *note = ARENA_NEW(c->arena, struct collection_note);
	struct scope scope = scope_of(PLACE_CONSTANT, s), *outer = c->scope;
	c->scope = &scope;
	s->type = resolve_type(c, kid(n, COLLECTION_TYPE));
	s->single = !key;
	if (s->type->kind != TYPE_RECORD && s->type->kind != TYPE_ERROR) {
		struct diag *d = diag_new(c->diags, DIAG_YIELD, node_span(kid(n, COLLECTION_TYPE)),
			"this is %.*s", TEXT_ARG(s->type->name));
		diag_title(d, s->type->name);
		s->type = error_type(c);
	}
	collection_from(c, s, note);
	means(c, n, MEANS_COLLECTION, 0)->collection = note;
	if (s->type->kind == TYPE_RECORD) {
		if (key)
			resolve_key(c, s, key, s->type->record);
		else if (note->from == BUILTIN_KUBERNETES) {
			struct diag *d = diag_new(c->diags, DIAG_KEY_MISSING, node_name_span(n),
				"it has many rows: what tells them apart?");
			diag_title(d, s->name);
			diag_help(d, "`collection %.*s[namespace, name]: ...`", TEXT_ARG(s->name));
		}
	}
	if (kid(n, COLLECTION_WHERE) && s->type->kind == TYPE_RECORD) {
		scope.siblings = s->type->record;
		scope.sibling_count = s->type->record->count;
		scope.place = PLACE_CONSTANT;
		check_as(c, kid(n, COLLECTION_WHERE), type_simple(c, TYPE_BOOL), NULL,
			"a condition is a Bool");
	}
	c->scope = outer;
}

/* ---- functions, decisions, handlers ---- */

void resolve_fn(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration;
	struct scope scope = scope_of(PLACE_FN, s), *outer = c->scope;
	c->scope = &scope;
	resolve_params(c, kid(n, FN_PARAMS));
	const struct type *t = resolve_type(c, kid(n, FN_TYPE));
	s->type = t;
	if (n->flags & NODE_EXTERN)
		use_all_columns(t);
	else if (kid(n, FN_VALUE))
		check_as(c, kid(n, FN_VALUE), t, kid(n, FN_TYPE), "the result's type");
	c->scope = outer;
}

void resolve_decision(struct checker *c, struct symbol *s)
{
	struct node *n = s->declaration, *clauses = kid(n, DECISION_CLAUSES);
	struct scope scope = scope_of(PLACE_DECISION, s), *outer = c->scope;
	c->scope = &scope;
	s->type = type_simple(c, TYPE_VERDICT);
	resolve_params(c, kid(n, DECISION_PARAMS));
	for (uint32_t i = 0; i < clauses->count; i++) {
		struct node *clause = clauses->kids[i];
		for (uint32_t k = 0; k < i; k++)
			if (text_equal(clauses->kids[k]->name, clause->name)) {
				struct diag *d = diag_new(c->diags, DIAG_DECLARED_TWICE,
					node_name_span(clause), "a second clause of this name");
				diag_title(d, clause->name);
			}
		if (text_is(clause->name, "default")) {
			struct diag *d = diag_new(c->diags, DIAG_NAME_TAKEN, node_name_span(clause),
				"`default` is what denies when no clause holds");
			diag_title(d, clause->name);
		}
		check_as(c, kid(clause, CLAUSE_CONDITION), type_simple(c, TYPE_BOOL), NULL,
			"a clause holds or does not: a Bool");
	}
	c->scope = outer;
}

void resolve_handler(struct checker *c, struct symbol *s)
{
	struct scope scope = scope_of(PLACE_HANDLER, s), *outer = c->scope;
	c->scope = &scope;
	struct node *params = kid(s->declaration, HANDLER_PARAMS);
	for (uint32_t i = 0; i < params->count; i++)
		params->kids[i]->type = resolve_type(c, kid(params->kids[i], FIELD_DECL_TYPE));
	c->scope = outer;
	vec_push(c->arena, &c->later, s);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_member.c: what stands behind a value: `.field`, `?.field`, and `[...]`: columns, the row's
 * own id, key columns of a ref, members of built-in types; look-ups by full and partial key, items
 * of lists and maps.
 */
#include "checker.h"

struct builtin_member {
	enum type_kind of;
	const char *name;
	enum member member;
	enum type_kind type;
	bool option;
};

static const struct builtin_member members[] = {
	{ TYPE_CONN, "local", MEMBER_CONN_LOCAL, TYPE_ADDR, false },
	{ TYPE_CONN, "remote", MEMBER_CONN_REMOTE, TYPE_ADDR, false },
	{ TYPE_CONN, "original_dst", MEMBER_CONN_ORIGINAL_DST, TYPE_ADDR, false },
	{ TYPE_CONN, "accepted", MEMBER_CONN_ACCEPTED, TYPE_INSTANT, false },
	{ TYPE_CONN, "sni", MEMBER_CONN_SNI, TYPE_STRING, true },
	{ TYPE_CONN, "alpn", MEMBER_CONN_ALPN, TYPE_STRING, true },
	{ TYPE_CONN, "peer", MEMBER_CONN_PEER, TYPE_RECORD, false },
	{ TYPE_ADDR, "ip", MEMBER_ADDR_IP, TYPE_IP, false },
	{ TYPE_ADDR, "port", MEMBER_ADDR_PORT, TYPE_PORT, false },
	{ TYPE_CIDR, "ip", MEMBER_CIDR_IP, TYPE_IP, false },
	{ TYPE_CIDR, "bits", MEMBER_CIDR_BITS, TYPE_INT, false },
	{ TYPE_VERDICT, "allowed", MEMBER_VERDICT_ALLOWED, TYPE_BOOL, false },
	{ TYPE_VERDICT, "clause", MEMBER_VERDICT_CLAUSE, TYPE_STRING, false },
};
enum { MEMBER_COUNT = sizeof members / sizeof members[0] };

/* NULL: reported before. */
static struct diag *report_no_field(
	struct checker *c, struct node *n, const struct type *of, const struct vec *names)
{
	if (!first_report(c, of, n->name))
		return NULL;
	struct diag *d = diag_new(c->diags, names->count ? DIAG_UNKNOWN_FIELD : DIAG_NO_FIELDS,
		node_name_span(n), "%.*s has no `%.*s`", TEXT_ARG(of->name), TEXT_ARG(n->name));
	diag_title(d, names->count ? n->name : of->name);
	suggest(c, d, n, names);
	if (of->kind == TYPE_RECORD && of->record->count)
		note_columns(c, d, of->record);
	return d;
}

static const struct type *builtin_field(struct checker *c, struct node *n, const struct type *of)
{
	struct vec names = { 0 };
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		if (members[i].of != of->kind)
			continue;
		if (text_is(n->name, members[i].name)) {
			means(c, n, MEANS_MEMBER, 0)->member = members[i].member;
			const struct type *t = members[i].type == TYPE_RECORD
				? type_record(c, c->types.peer)
				: type_simple(c, members[i].type);
			return members[i].option ? type_option(c, t) : t;
		}
		struct text *name = ARENA_NEW(c->arena, struct text);
		*name = text_of(members[i].name);
		vec_push(c->arena, &names, name);
	}
	struct diag *d = report_no_field(c, n, of, &names);
	if (!d)
		return error_type(c);
	if (of->kind == TYPE_LABELS)
		diag_help(d, "a label's value: `[\"%.*s\"]`, a String?", TEXT_ARG(n->name));
	return error_type(c);
}

static const struct type *id_field(struct checker *c, struct node *n, struct symbol *table)
{
	if (!table->key_count)
		return NULL;
	for (size_t i = 0; i < table->key_count; i++)
		use_column(table->type->record, table->key[i]);
	means(c, n, MEANS_ID, 0)->table = table;
	return type_ref(c, table);
}

static const struct type *record_field(
	struct checker *c, struct node *n, struct node *value, const struct type *of)
{
	if (of->record == c->types.peer && text_is(n->name, "identity")) {
		means(c, n, MEANS_MEMBER, 0)->member = MEMBER_PEER_IDENTITY;
		return of->record->fields[0].type;
	}
	size_t index = record_find(of->record, n->name);
	if (index != NO_FIELD) {
		means(c, n, MEANS_COLUMN, index);
		use_column(of->record, index);
		return of->record->fields[index].type ? of->record->fields[index].type
						      : error_type(c);
	}
	struct symbol *table = text_is(n->name, "id") ? row_table(value) : NULL;
	const struct type *id = table ? id_field(c, n, table) : NULL;
	if (id)
		return id;
	struct vec names = { 0 };
	for (size_t i = 0; i < of->record->count; i++)
		vec_push(c->arena, &names, &of->record->fields[i].name);
	struct diag *d = report_no_field(c, n, of, &names);
	if (!d)
		return error_type(c);
	if (text_is(n->name, "id"))
		diag_note(d,
			"`.id` is there on a row of a keyed collection: a `for` variable or a "
			"look-up");
	if (text_is(n->name, "connections"))
		diag_note(d, "live connections as rows are not in this version");
	return error_type(c);
}

static const struct type *ref_field(struct checker *c, struct node *n, const struct type *of)
{
	struct symbol *table = of->collection;
	struct vec names = { 0 };
	for (size_t i = 0; i < table->key_count; i++) {
		struct record_field *f = &table->type->record->fields[table->key[i]];
		vec_push(c->arena, &names, &f->name);
		if (text_equal(f->name, n->name)) {
			means(c, n, MEANS_REF_KEY, i)->table = table;
			return f->type;
		}
	}
	struct diag *d = report_no_field(c, n, of, &names);
	if (!d)
		return error_type(c);
	diag_note(d, "a ref is the key of a row; other fields need the row, which may be gone");
	diag_help(d, "look it up: `%.*s[...]?.%.*s`", TEXT_ARG(table->name), TEXT_ARG(n->name));
	return error_type(c);
}

static const struct type *field_of(
	struct checker *c, struct node *n, struct node *value, const struct type *of)
{
	switch (of->kind) {
	case TYPE_ERROR:
		return of;
	case TYPE_RECORD:
		return record_field(c, n, value, of);
	case TYPE_REF:
		return ref_field(c, n, of);
	default:
		return builtin_field(c, n, of);
	}
}

/* `?.` and `.` in each other's place. */
static const struct type *wrong_dot(
	struct checker *c, struct node *n, const struct type *of, bool missing)
{
	struct node *value = n->kids[0];
	struct span dot = node_span(n);
	dot.begin = node_span(value).end;
	dot.end = node_name_span(n).begin;
	struct diag *d;
	if (missing) {
		d = diag_new(c->diags, DIAG_MAY_BE_MISSING, node_span(value), "this is %.*s",
			TEXT_ARG(of->name));
		diag_title(d, needed_name(c, of->item));
		struct symbol *let = value->kind == NODE_NAME && value->symbol &&
				value->symbol->kind == SYMBOL_LET
			? value->symbol
			: NULL;
		if (let && let->declaration->kind == NODE_LET &&
			(c->scope->may_end || c->scope->may_skip)) {
			struct span end = node_span(kid(let->declaration, LET_VALUE));
			end.begin = end.end;
			diag_help(d, "say at its `let` what happens then");
			diag_patch(d, end, c->scope->may_end ? " else close" : " else skip");
		}
		if (let)
			let->type = error_type(c); /* one mistake, one report */
		diag_help(d, "or read it with `?.`: the field may be missing, too");
		diag_patch(d, dot, "?.");
	} else {
		d = diag_new(c->diags, DIAG_NEVER_MISSING, node_span(value),
			"this is %.*s: always there", TEXT_ARG(of->name));
		diag_title(d, of->name);
		diag_help(d, "a plain dot");
		diag_patch(d, dot, ".");
	}
	return error_type(c);
}

const struct type *check_field(struct checker *c, struct node *n)
{
	struct node *value = n->kids[0];
	const struct type *of = check_expr(c, value, NULL);
	if (of->kind == TYPE_ERROR)
		return of;
	if (of->kind == TYPE_ROWS) {
		struct diag *d = diag_new(c->diags, DIAG_ROWS_NOT_ROW, node_span(value),
			"these are %.*s", TEXT_ARG(of->name));
		diag_title(d, of->name);
		diag_help(d, "take one row by its key: `%.*s[...]?.%.*s`, or each: `for x in ...`",
			TEXT_ARG(of->collection->name), TEXT_ARG(n->name));
		return error_type(c);
	}
	if (n->kind == NODE_FIELD) {
		if (of->kind == TYPE_OPTION)
			return wrong_dot(c, n, of, true);
		return field_of(c, n, value, of);
	}
	if (of->kind != TYPE_OPTION)
		return wrong_dot(c, n, of, false);
	const struct type *t = field_of(c, n, value, of->item);
	return t->kind == TYPE_ERROR ? t : type_option(c, t);
}

/* ---- look-ups ---- */

struct key_cursor {
	struct symbol *table;
	struct key_part *parts;
	size_t at;
};

static struct text header_of(struct checker *c, const struct symbol *table)
{
	struct buffer b = { .arena = c->arena };
	const struct record *row = table->type->record;
	const struct text name =
		table->of && symbol_is_table(table->of) ? table->of->name : table->name;
	buffer_format(&b, "%.*s[", TEXT_ARG(name));
	for (size_t i = 0; i < table->key_count; i++)
		buffer_format(&b, "%s%.*s: %.*s", i ? ", " : "",
			TEXT_ARG(row->fields[table->key[i]].name),
			TEXT_ARG(row->fields[table->key[i]].type->name));
	buffer_format(&b, "]");
	return buffer_text(&b);
}

static bool report_key(struct checker *c, struct node *at, struct symbol *table, const char *label)
{
	struct diag *d = diag_new(c->diags, DIAG_KEY_PARTS, node_span(at), "%s", label);
	diag_title(d, table->name);
	diag_note(d, "the key is %.*s", TEXT_ARG(header_of(c, table)));
	diag_help(d, "`_` stands for 'any' in each place that is left open");
	return false;
}

/* A ref in place of the key columns that it is made of. */
static bool take_ref(
	struct checker *c, struct node *argument, const struct type *t, struct key_cursor *k)
{
	struct symbol *ref = t->collection;
	if (k->at + ref->key_count > k->table->key_count)
		return report_key(
			c, argument, k->table, "this ref stands for more columns than there are");
	for (size_t i = 0; i < ref->key_count; i++, k->at++) {
		const struct type *have = ref->type->record->fields[ref->key[i]].type;
		const struct type *want = k->table->type->record->fields[k->table->key[k->at]].type;
		if (have != want) {
			fit(c, argument, t, want, NULL,
				"a ref stands for the key columns of its collection, one by one");
			return false;
		}
		k->parts[k->at] = (struct key_part){ .value = argument, .is_ref = true, .part = i };
	}
	return true;
}

static bool take_argument(struct checker *c, struct node *argument, struct key_cursor *k)
{
	if (k->at >= k->table->key_count)
		return report_key(c, argument, k->table, "one too many");
	if (argument->kind == NODE_ANY) {
		k->parts[k->at++].value = NULL;
		return true;
	}
	struct record_field *column = &k->table->type->record->fields[k->table->key[k->at]];
	const struct type *t = check_expr(c, argument, column->type);
	if (t->kind == TYPE_ERROR)
		return false;
	if (t->kind == TYPE_REF && t != column->type)
		return take_ref(c, argument, t, k);
	const char *what = text_format(c->arena, "the key column `%.*s` is %.*s",
		TEXT_ARG(column->name), TEXT_ARG(column->type->name))
				   .data;
	if (t != column->type) {
		fit(c, argument, t, column->type, NULL, what);
		if (t->kind == TYPE_OPTION || column->type->kind != TYPE_OPTION)
			return false;
	}
	k->parts[k->at++].value = argument;
	return true;
}

static const struct type *look_up(struct checker *c, struct node *n, struct symbol *table)
{
	struct node *arguments = kid(n, INDEX_ARGUMENTS);
	if (table->single || !table->key_count) {
		report_key(c, n, table, "it has no key");
		return error_type(c);
	}
	struct key_cursor k = { table, ARENA_ARRAY(c->arena, struct key_part, table->key_count),
		0 };
	for (uint32_t i = 0; i < arguments->count; i++)
		if (!take_argument(c, arguments->kids[i], &k))
			return error_type(c);
	/* rejected(c) and conflicts(c) are asked by c's key: what is theirs on top stays open. */
	if (table->of && symbol_is_table(table->of) && k.at >= table->of->key_count)
		k.at = table->key_count;
	if (k.at < table->key_count) {
		const struct text part = table->type->record->fields[table->key[k.at]].name;
		struct buffer label = { .arena = c->arena };
		buffer_format(&label, "`%.*s` is missing", TEXT_ARG(part));
		report_key(c, n, table, label.data);
		return error_type(c);
	}
	bool full = true;
	for (size_t i = 0; i < table->key_count; i++) {
		full &= k.parts[i].value != NULL;
		use_column(table->type->record, table->key[i]);
	}
	struct check_note *note = means(c, n, full ? MEANS_ROW_BY_KEY : MEANS_ROWS_BY_KEY, 0);
	note->table = table;
	note->key = k.parts;
	note->key_count = table->key_count;
	return full ? type_option(c, table->type) : type_rows(c, table);
}

const struct type *check_index(struct checker *c, struct node *n)
{
	struct node *value = kid(n, INDEX_VALUE), *arguments = kid(n, INDEX_ARGUMENTS);
	const struct type *of = check_expr(c, value, NULL);
	struct node *first = arguments->count ? arguments->kids[0] : n;
	if (of->kind == TYPE_ERROR)
		return of;
	if (of->kind == TYPE_ROWS && value->note &&
		(value->note->meaning == MEANS_ALL_ROWS || value->note->meaning == MEANS_TABLE_OF))
		return look_up(c, n, of->collection);
	if (arguments->count == 1 && first->kind != NODE_ANY) {
		if (of->kind == TYPE_LIST) {
			check_as(c, first, type_simple(c, TYPE_INT), NULL,
				"items of a list are counted from 0");
			means(c, n, MEANS_ITEM, 0);
			return type_option(c, of->item);
		}
		if (of->kind == TYPE_MAP || of->kind == TYPE_LABELS) {
			const struct type *string = type_simple(c, TYPE_STRING);
			check_as(c, first, of->kind == TYPE_MAP ? of->key : string, NULL,
				"the map's key");
			means(c, n, MEANS_ENTRY, 0);
			return type_option(c, of->kind == TYPE_MAP ? of->item : string);
		}
	}
	struct diag *d = diag_new(
		c->diags, DIAG_NO_INDEX, node_span(value), "this is %.*s", TEXT_ARG(of->name));
	diag_title(d, of->name);
	if (of->kind == TYPE_OPTION)
		diag_note(d,
			"it may be missing; look inside when it is there: `for x in ...`, or give "
			"an `else`");
	return error_type(c);
}

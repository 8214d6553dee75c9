/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_look.c: what reads many: the rounds of a comprehension and its aggregates, and look-ups.
 * Tables are read here in handlers only, through the published views; in the engine the planner's
 * hooks have answered before.
 */
#include "diag.h"
#include "emit_make.h"

/* ---- look-ups in tables ---- */

/* A key column, as the look-up wants it: the value, or one column of a ref. */
static struct operand key_operand(struct emitter *e, const struct key_part *part)
{
	struct operand o = emit_operand(e, part->value);
	if (part->is_ref)
		o = operand_stored(type_of_key(o.type, part->part),
			emit_member(e, o, c_key(e, o.type, part->part).data));
	if (!o.is_constant && o.repr != REPR_PLACE)
		o = emit_simple(e, "key", o);
	return o;
}

static struct operand table_column(
	struct emitter *e, const struct plan_table *t, struct operand row, size_t column)
{
	(void)t;
	return emit_field(e, row, column_field(row.type->record, column));
}

/* NAME(conn, key ...): the row with this key, or NULL. One function per table. */
static struct text row_function(struct emitter *e, struct plan_table *t)
{
	struct emit_name *n = name_find(e, t, NAME_LOOKUP);
	if (n)
		return n->c;
	struct buffer wanted = { e->arena, NULL, 0, 0 }, parameters = { e->arena, NULL, 0, 0 };
	buffer_format(&wanted, "%s__%s_row", e->name.data, t->c_name.data);
	n = name_add(e, t, NAME_LOOKUP, buffer_text(&wanted));
	struct text row = c_stored(e, t->row);
	struct emit_body body;
	emit_body_begin(e, &body);
	struct text at = c_local(e, "at"), found = c_local(e, "found");
	struct operand *parts = ARENA_ARRAY(e->arena, struct operand, t->key_count);
	struct operand r = operand_row(e, t->row, "%s", found.data);
	for (size_t i = 0; i < t->key_count; i++) {
		size_t field = column_field(t->row->record, t->key[i]);
		const struct type *type = t->row->record->fields[field].type;
		struct text name = c_local(e, "%s", c_field(e, t->row->record, field).data);
		parts[i] = operand_expression(type, name);
		struct text c = c_expression(e, type);
		buffer_format(&parameters, ", %s%s%s", c.data, c.data[c.size - 1] == '*' ? "" : " ",
			name.data);
	}
	struct text hash = emit_hash_key(e, parts, t->key_count);
	line(e, "struct weft_view_cursor %s;", at.data);
	line(e, "const %s *%s = (const %s *)weft_conn_first(conn, &%s, %s, WEFT_PRIMARY, %s);",
		row.data, found.data, row.data, at.data, c_table(e, t).data, hash.data);
	struct buffer differs = { e->arena, NULL, 0, 0 };
	for (size_t i = 0; i < t->key_count; i++)
		buffer_format(&differs, i ? " && %s" : "%s",
			emit_equal(e, table_column(e, t, r, t->key[i]), parts[i]).data);
	if (t->key_count) {
		struct text all = buffer_text(&differs);
		line(e,
			t->key_count == 1 && all.data[0] != '(' ? "while (%s != NULL && !%s)"
								: "while (%s != NULL && !(%s))",
			found.data,
			t->key_count == 1 ? text_copy(e->arena, c_no_parens(all)).data : all.data);
		line_under(
			e, "%s = (const %s *)weft_view_next(&%s);", found.data, row.data, at.data);
	}
	line(e, "return %s;", found.data);
	emit_body_end(e, &body);
	n->flag = body.uses_scope;
	struct emit_section *outer = e->out;
	e->out = &e->code;
	blank_line(e);
	line(e, "static const %s *%s(%sstruct weft_conn *conn%s)", row.data, n->c.data,
		n->flag ? "struct weft_scope *w, " : "",
		parameters.size ? buffer_text(&parameters).data : "");
	line(e, "{");
	emit_body_print(e, &body);
	line(e, "}");
	e->out = outer;
	return n->c;
}

struct operand emit_row_by_key(struct emitter *e, struct plan_table *t, const struct operand *parts)
{
	struct text function = row_function(e, t);
	bool scope = name_find(e, t, NAME_LOOKUP)->flag;
	e->uses_scope = e->uses_scope || scope;
	e->uses_conn = true;
	struct buffer c = { e->arena, NULL, 0, 0 };
	buffer_format(&c, "%s(%sconn", function.data, scope ? "w, " : "");
	for (size_t i = 0; i < t->key_count; i++)
		buffer_format(&c, ", %s", emit_value(e, parts[i]).c.data);
	buffer_add(&c, TEXT(")"));
	return (struct operand){ .c = buffer_text(&c), .repr = REPR_OPT_POINTER, .type = t->row };
}

void emit_unsupported(struct emitter *e, const struct node *n, const char *what, const char *label,
	const char *help)
{
	struct diag *d = diag_new(e->diags, DIAG_NOT_COMPILED, node_span(n), "%s", label);
	diag_title(d, text_of(what));
	if (help)
		diag_help(d, "%s", help);
}

void emit_index(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct check_note *note = n->note;
	if (note->meaning == MEANS_ROW_BY_KEY) {
		if (e->mode != EMIT_HANDLER)
			emit_unsupported(
				e, n, "a look-up inside of this expression", "read here", NULL);
		struct operand *parts = ARENA_ARRAY(e->arena, struct operand, note->key_count);
		for (size_t i = 0; i < note->key_count; i++)
			parts[i] = key_operand(e, &note->key[i]);
		*r = emit_row_by_key(e, plan_table_of_expression(kid(n, INDEX_VALUE)), parts);
		r->type = n->type;
		return;
	}
	struct operand whole = emit_simple(e, "items", emit_operand_value(e, kid(n, INDEX_VALUE)));
	struct operand at = emit_operand_value(e, kid(n, INDEX_ARGUMENTS)->kids[0]);
	if (note->meaning == MEANS_ENTRY && whole.type->kind == TYPE_LABELS) {
		e->uses_scope = true;
		*r = operand_value(n->type,
			text_format(e->arena, "weft_labels_get(w->intern, %s, %s)", whole.c.data,
				at.c.data));
		return;
	}
	const struct type *item = whole.type->item;
	struct text name = c_local(e, "item");
	struct text type = note->meaning == MEANS_ENTRY
		? text_format(e->arena, "struct %s_entry", c_tag(e, whole.type).data)
		: c_stored(e, item);
	e->uses_scope = true;
	if (note->meaning == MEANS_ENTRY)
		line(e, "const %s *%s = (const %s *)weft_map_get(w->intern, %s, %s, %s);",
			type.data, name.data, type.data, c_descriptor(e, whole.type).data,
			whole.c.data, emit_address(e, at).data);
	else
		line(e, "const %s *%s = (const %s *)weft_list_at(%s, %s, sizeof(%s));", type.data,
			name.data, type.data, whole.c.data, at.c.data, type.data);
	struct text value = text_format(
		e->arena, note->meaning == MEANS_ENTRY ? "%s->value" : "(*%s)", name.data);
	if (type_is_struct(item)) {
		*r = (struct operand){ .c = note->meaning == MEANS_ENTRY
				? text_format(e->arena, "(%s ? &%s : NULL)", name.data, value.data)
				: name,
			.repr = REPR_OPT_POINTER,
			.type = n->type };
		return;
	}
	*r = emit_zero(e, "found", n->type);
	line(e, "if (%s != NULL) {", name.data);
	line(e, "%s.has = true;", r->c.data);
	line(e, "%s.value = %s;", r->c.data, emit_value(e, operand_stored(item, value)).c.data);
	line(e, "}");
}

/* The value of a table without key. */
void emit_single(struct emitter *e, const struct node *n, struct operand *r)
{
	struct plan_table *t = plan_table_of(n->note->table);
	*r = emit_row_by_key(e, t, NULL);
	bool is_option = n->type->kind == TYPE_OPTION;
	if (is_option && !t->wrapped) {
		r->type = n->type;
		return;
	}
	*r = emit_let(e, c_lower(e, n->note->table->name).data, *r);
	if (!t->wrapped) { /* a single derive always has its row */
		r->repr = REPR_POINTER;
		r->type = n->type;
		return;
	}
	struct operand row = { .c = r->c, .repr = REPR_POINTER, .type = t->row };
	struct operand value = emit_value(e, emit_field(e, row, column_field(t->row->record, 0)));
	struct operand result = emit_zero(e, "value", n->type);
	line(e, "if (%s != NULL)", row.c.data);
	line_under(e, "%s = %s;", result.c.data, value.c.data);
	*r = result;
}

/* ---- rounds ---- */

/* The expression behind a name of a `let` that names rows. */
static const struct node *rows_source(const struct node *n)
{
	while (n->kind == NODE_NAME && n->symbol && n->symbol->kind == SYMBOL_LET &&
		n->symbol->declaration)
		n = kid(n->symbol->declaration, LET_VALUE);
	return n;
}

/* The loop over rows of a table, in a handler: binds the variable. */
static void walk_rows(struct emitter *e, const struct node *f, const char *unless)
{
	const struct node *source = rows_source(kid(f, FOR_SOURCE));
	bool by_key = source->kind == NODE_INDEX;
	struct plan_table *t = plan_table_of_expression(by_key ? kid(source, INDEX_VALUE) : source);
	size_t count = by_key ? source->note->key_count : 0, given = 0;
	size_t *columns = ARENA_ARRAY(e->arena, size_t, count + 1);
	struct operand *parts = ARENA_ARRAY(e->arena, struct operand, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (source->note->key[i].value == NULL)
			continue;
		parts[given] = key_operand(e, &source->note->key[i]);
		columns[given++] = t->key[i];
	}
	for (size_t i = 1; i < given; i++) { /* an index has its columns in ascending order */
		for (size_t j = i; j > 0 && columns[j - 1] > columns[j]; j--) {
			size_t c = columns[j];
			struct operand o = parts[j];
			columns[j] = columns[j - 1], columns[j - 1] = c;
			parts[j] = parts[j - 1], parts[j - 1] = o;
		}
	}
	struct text row = c_stored(e, t->row), at = c_local(e, "at"),
		    name = c_local(e, "%s", c_name(e, f->name).data);
	line(e, "struct weft_view_cursor %s;", at.data);
	struct text first =
		text_format(e->arena, "weft_conn_each(conn, &%s, %s)", at.data, c_table(e, t).data);
	if (given) {
		struct plan_index *index = plan_index(e->plan, t, columns, given);
		first = text_format(e->arena, "weft_conn_first(conn, &%s, %s, %s, %s)", at.data,
			c_table(e, t).data, c_index(e, t, index).data,
			emit_hash_key(e, parts, given).data);
	}
	e->uses_conn = true;
	line(e, "const %s *%s = (const %s *)%s;", row.data, name.data, row.data, first.data);
	line(e, "for (; %s != NULL%s%s; %s = (const %s *)weft_view_next(&%s)) {", name.data,
		unless ? " && !" : "", unless ? unless : "", name.data, row.data, at.data);
	struct operand r = operand_row(e, t->row, "%s", name.data);
	struct buffer same = { e->arena, NULL, 0, 0 };
	for (size_t i = 0; i < given; i++)
		buffer_format(&same, i ? " && %s" : "%s",
			emit_equal(e, table_column(e, t, r, columns[i]), parts[i]).data);
	if (given) {
		struct text all = buffer_text(&same);
		const char *equal =
			given == 1 && all.data[0] == '(' ? strstr(all.data, " == ") : NULL;
		if (equal)
			line(e, "if %.*s != %s", (int)(equal - all.data), all.data, equal + 4);
		else
			line(e, given == 1 ? "if (!%s)" : "if (!(%s))", all.data);
		line_under(e, "continue;");
	}
	emit_bind(e, f->symbol, r);
}

static struct text element_of(struct emitter *e, const struct node *f, const struct type *t,
	struct text list, struct text i)
{
	bool map = f->note && f->note->meaning == MEANS_FOR_MAP && t->kind != TYPE_LABELS;
	struct text type = t->kind == TYPE_LABELS ? TEXT("struct weft_label")
		: map ? text_format(e->arena, "struct %s_entry", c_tag(e, t).data)
		      : c_stored(e, t->item);
	struct text name = c_local(e, "%s", c_name(e, f->name).data);
	if (t->kind == TYPE_LABELS || map || type_is_struct(t->item))
		line(e, "const %s *%s = (const %s *)%s.items + %s;", type.data, name.data,
			type.data, list.data, i.data);
	else
		line(e, "const %s %s = ((const %s *)%s.items)[%s];", type.data, name.data,
			type.data, list.data, i.data);
	return name;
}

bool node_reads(const struct node *in, const struct symbol *s)
{
	if (in->kind == NODE_NAME && in->symbol == s)
		return true;
	for (uint32_t i = 0; i < in->count; i++) {
		if (in->kids[i] && node_reads(in->kids[i], s))
			return true;
	}
	return false;
}

/* A loop over [a, b] of texts: they stand in an array as they are, since a handler cannot intern
 * them. */
static bool walk_literal(struct emitter *e, const struct node *f, const char *unless)
{
	const struct node *literal = kid(f, FOR_SOURCE);
	if (literal->kind != NODE_LIST_LITERAL || e->mode == EMIT_ENGINE ||
		!type_is_text(literal->type->item))
		return false;
	const struct node *nodes = kid(literal, LIST_LITERAL_ITEMS);
	struct buffer b = { e->arena, NULL, 0, 0 };
	for (uint32_t i = 0; i < nodes->count; i++)
		buffer_format(&b, i ? ", %s" : "%s", emit_operand_value(e, nodes->kids[i]).c.data);
	if (nodes->count == 0)
		return false;
	struct text items = c_local(e, "items"), i = c_local(e, "i"),
		    name = c_local(e, "%s", c_name(e, f->name).data);
	line(e, "const struct weft_text %s[] = { %s };", items.data, buffer_text(&b).data);
	line(e, "for (size_t %s = 0; %s < %u%s%s; %s++) {", i.data, i.data, nodes->count,
		unless ? " && !" : "", unless ? unless : "", i.data);
	line(e, "const struct weft_text %s = %s[%s];", name.data, items.data, i.data);
	emit_bind(e, f->symbol, operand_value(literal->type->item, name));
	return true;
}

static void walk_list(struct emitter *e, const struct node *f, struct operand source,
	const char *unless, struct text *index)
{
	struct operand list = emit_simple(e, "list", emit_value(e, source));
	const struct type *t = list.type;
	if (t->kind == TYPE_MAP)
		c_descriptor(e, t);
	struct text i = c_local(e, "i");
	line(e, "for (size_t %s = 0; %s < %s.count%s%s; %s++) {", i.data, i.data, list.c.data,
		unless ? " && !" : "", unless ? unless : "", i.data);
	if (index)
		*index = i;
	if (e->unread == f->symbol)
		return;
	struct text name = element_of(e, f, t, list.c, i);
	const struct type *element = f->symbol->type;
	if (t->kind == TYPE_LIST && !type_is_struct(t->item))
		emit_bind(e, f->symbol, operand_stored(t->item, name));
	else
		emit_bind(e, f->symbol, operand_row(e, element, "%s", name.data));
}

void emit_walk_operand(struct emitter *e, const struct node *f, struct operand source,
	const char *unless, struct text *index)
{
	if (source.type->kind != TYPE_OPTION) {
		walk_list(e, f, source, unless, index);
		return;
	}
	if (source.repr != REPR_OPT_PLACE)
		source = emit_simple(e, c_name(e, f->name).data, source);
	struct text has;
	struct operand value = emit_inside(e, source, &has);
	struct text round = c_local(e, "round"); /* a loop, so that `continue` ends the round */
	line(e, "for (bool %s = %s; %s%s%s; %s = false) {", round.data, has.data, round.data,
		unless ? " && !" : "", unless ? unless : "", round.data);
	if (index)
		*index = TEXT("0");
	emit_bind(e, f->symbol, value);
}

void emit_walk(struct emitter *e, const struct node *f, struct text *index)
{
	emit_walk_operand(e, f, emit_operand(e, kid(f, FOR_SOURCE)), NULL, index);
}

void emit_rounds_begin(struct emitter *e, const struct node *c, const char *unless, bool keeps_last,
	unsigned *depth)
{
	const struct node *fors = kid(c, COMPREHENSION_FORS);
	*depth = 0;
	for (uint32_t i = 0; i < fors->count; i++) {
		const struct node *f = fors->kids[i];
		bool needed = node_reads(c, f->symbol) || (keeps_last && i + 1 == fors->count);
		e->unread = needed ? NULL : f->symbol;
		if (f->note && f->note->meaning == MEANS_FOR_ROWS) {
			if (e->mode != EMIT_HANDLER)
				emit_unsupported(e, f, "rows of a table inside of this expression",
					"read here", NULL);
			walk_rows(e, f, unless);
		} else if (!walk_literal(e, f, unless)) {
			emit_walk_operand(e, f, emit_operand(e, kid(f, FOR_SOURCE)), unless, NULL);
		}
		++*depth;
	}
}

void emit_rounds_end(struct emitter *e, unsigned depth)
{
	while (depth--)
		line(e, "}");
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_call.c: calls, and values that are put together: text with holes, records, lists.
 */
#include "emit_make.h"

/* ---- text with holes ---- */

struct text emit_shown(struct emitter *e, struct operand o)
{
	const struct type *t = o.type;
	if (type_is_text(t))
		return emit_value(e, o).c;
	e->uses_scope = true;
	if (t->kind == TYPE_INT || t->kind == TYPE_PORT)
		return text_format(e->arena, "weft_show_int(w, %s)",
			text_copy(e->arena, c_no_parens(o.c)).data);
	if (t->kind == TYPE_VERDICT)
		return text_format(e->arena, "weft_text_from(%s.clause)", o.c.data);
	if (o.repr == REPR_VALUE &&
		type_is_id(t)) /* a list that was made here: shown by its items */
		return text_format(
			e->arena, "weft_show_list(w, %s, %s)", c_descriptor(e, t).data, o.c.data);
	struct text address = emit_address(e, o);
	return text_format(e->arena, "weft_show(w, %s, %s)", c_descriptor(e, t).data, address.data);
}

void emit_template(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *parts = kid(n, TEMPLATE_PARTS);
	struct buffer list = { e->arena, NULL, 0, 0 };
	unsigned count = 0;
	for (uint32_t i = 0; i < parts->count; i++) {
		const struct node *part = parts->kids[i];
		if (part->kind == NODE_STRING && part->literal.text.size == 0)
			continue;
		struct operand o = emit_operand(e, part);
		buffer_format(&list, count++ ? ", %s" : "%s", emit_shown(e, o).data);
	}
	struct text name = c_local(e, "parts");
	e->uses_scope = true;
	line(e, "const struct weft_text %s[] = { %s };", name.data, buffer_text(&list).data);
	*r = operand_value(
		n->type, text_format(e->arena, "weft_join(w, %s, %u)", name.data, count));
}

/* ---- records ---- */

/* `prefix`: "row." or "out->". */
static void init_fields(
	struct emitter *e, const struct node *fields, const struct type *t, struct text prefix)
{
	for (uint32_t i = 0; i < fields->count; i++) {
		const struct node *f = fields->kids[i];
		size_t number = f->note ? f->note->index : i;
		if (!t->record->fields[number].used)
			continue;
		place(e, f);
		struct text lvalue = text_format(
			e->arena, "%s%s", prefix.data, c_field(e, t->record, number).data);
		emit_into(e, lvalue, t->record->fields[number].type, kid(f, FIELD_INIT_VALUE));
	}
}

void emit_record(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct type *t = n->note && n->note->as ? n->note->as->item : n->type;
	*r = emit_struct(e, c_lower(e, t->record->name).data, t);
	init_fields(e, kid(n, RECORD_FIELDS), t, text_format(e->arena, "%s.", r->c.data));
}

void emit_with(struct emitter *e, const struct node *n, struct operand *r)
{
	struct operand base = emit_operand(e, kid(n, WITH_RECORD_VALUE));
	*r = emit_struct(e, c_lower(e, n->type->record->name).data, n->type);
	emit_store(e, r->c, n->type, base);
	const struct node *with = kid(n, WITH_RECORD_WITH);
	init_fields(e, with->kind == NODE_RECORD ? kid(with, RECORD_FIELDS) : with, n->type,
		text_format(e->arena, "%s.", r->c.data));
}

/* Straight into a zeroed lvalue, without a local in between. */
void emit_into(struct emitter *e, struct text lvalue, const struct type *t, const struct node *n)
{
	bool as = n->note && n->note->as;
	bool is_variant =
		n->kind == NODE_TYPE_NAME && t->kind == TYPE_ENUM && !t->enumeration->is_plain;
	struct text place_of = lvalue.data[0] == '*'
		? text_format(e->arena, "%s->", lvalue.data + 1)
		: text_format(e->arena, "%s.", lvalue.data);
	if (n->kind == NODE_RECORD && t->kind == TYPE_RECORD && !as && !e->hooks.expression)
		init_fields(e, kid(n, RECORD_FIELDS), t, place_of);
	else if (is_variant && !as)
		line(e, "%stag = %s;", place_of.data,
			c_variant(e, t->enumeration, n->note->index).data);
	else
		emit_store(e, lvalue, t, emit_operand(e, n));
}

static void construct(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *arguments = kid(n, CALL_ARGUMENTS);
	const struct type *t = n->note->as ? n->note->as->item : n->type;
	const struct enum_variant *v = &t->enumeration->variants[n->note->index];
	*r = emit_struct(e, "variant", t);
	line(e, "%s.tag = %s;", r->c.data, c_variant(e, t->enumeration, n->note->index).data);
	for (uint32_t i = 0; i < arguments->count; i++) {
		struct operand o = emit_operand(e, kid(arguments->kids[i], ARGUMENT_VALUE));
		struct text item = text_format(e->arena, "%s.as.%s.item%u", r->c.data,
			c_name(e, c_lower(e, v->name)).data, i);
		emit_store(e, item, v->payload[i], o);
	}
}

/* ---- lists ---- */

void emit_list(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *items = kid(n, LIST_LITERAL_ITEMS);
	const struct type *t = n->note && n->note->as ? n->note->as->item : n->type;
	if (items->count == 0) {
		*r = emit_zero(e, "empty", t);
		return;
	}
	struct text type = c_stored(e, t->item), array = c_local(e, "items"),
		    list = c_local(e, "list");
	line(e, "%s %s[%u];", type.data, array.data, items->count);
	line(e, "memset(%s, 0, sizeof(%s));", array.data, array.data);
	for (uint32_t i = 0; i < items->count; i++)
		emit_store(e, text_format(e->arena, "%s[%u]", array.data, i), t->item,
			emit_operand(e, items->kids[i]));
	line(e, "const struct weft_list %s = { %s, %u };", list.data, array.data, items->count);
	*r = operand_value(n->type, list);
	r->is_local = true;
}

/* ---- calls ---- */

static struct text arguments_text(struct emitter *e, const struct node *n)
{
	const struct node *arguments = kid(n, CALL_ARGUMENTS);
	struct buffer list = { e->arena, NULL, 0, 0 };
	for (uint32_t i = 0; i < arguments->count; i++) {
		struct operand o = emit_operand_value(e, kid(arguments->kids[i], ARGUMENT_VALUE));
		buffer_format(&list, i ? ", %s" : "%s", o.c.data);
	}
	return buffer_text(&list);
}

static void call_fn(struct emitter *e, const struct node *n, struct operand *r)
{
	struct text name = emit_fn(e, n->symbol);
	bool scope = fn_uses_scope(e, n->symbol);
	e->uses_scope = e->uses_scope || scope;
	struct text arguments = arguments_text(e, n);
	const struct type *t = n->symbol->type;
	*r = operand_expression(t,
		text_format(e->arena, "%s(%s%s%s)", name.data, scope ? "w" : "",
			scope && arguments.size ? ", " : "", arguments.data ? arguments.data : ""));
}

static void decide(struct emitter *e, const struct node *n, struct operand *r)
{
	struct text name = emit_decision(e, n->symbol);
	e->uses_scope = true;
	*r = operand_value(
		n->type, text_format(e->arena, "%s(w, %s)", name.data, arguments_text(e, n).data));
}

static void parse(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct type *t = n->type->kind == TYPE_OPTION ? n->type->item : n->type;
	struct text text = arguments_text(e, n), name = c_local(e, "parsed");
	e->uses_scope = true;
	if (type_is_text(t)) {
		*r = operand_value(
			n->type, text_format(e->arena, "weft_parse_identity(%s)", text.data));
		return;
	}
	line(e, "%s %s = %s;", c_expression(e, n->type).data, name.data, zero_of(n->type));
	line(e, "%s.has = weft_parse_value(w->maker, %s, %s, &%s.value, NULL) == WEFT_OK;",
		name.data, c_descriptor(e, t).data, text.data, name.data);
	*r = operand_value(n->type, name);
}

void emit_call(struct emitter *e, const struct node *n, struct operand *r)
{
	switch (n->note ? n->note->meaning : MEANS_NOTHING) {
	case MEANS_CALL:
		call_fn(e, n, r);
		return;
	case MEANS_DECIDE:
		decide(e, n, r);
		return;
	case MEANS_AGGREGATE:
		emit_aggregate(e, n, r);
		return;
	case MEANS_CONSTRUCT:
		construct(e, n, r);
		return;
	case MEANS_BUILTIN:
		if (n->symbol->builtin == BUILTIN_PARSE) {
			parse(e, n, r);
		} else if (n->symbol->builtin == BUILTIN_PASSED) {
			e->uses_scope = true;
			*r = operand_value(n->type,
				text_format(
					e->arena, "weft_passed(w, %s)", arguments_text(e, n).data));
		} else {
			*r = operand_value(n->type,
				text_format(
					e->arena, "weft_addr_of(%s)", arguments_text(e, n).data));
		}
		return;
	default:
		*r = operand_value(n->type, TEXT("0"));
		return;
	}
}

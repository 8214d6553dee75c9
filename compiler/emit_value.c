/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_value.c: operands: from the form in which a value stands in a row to the form that
 * expressions use, and back.
 */
#include "emit_make.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

static struct operand operand(const struct type *t, enum repr repr, struct text c)
{
	return (struct operand){ .c = c, .repr = repr, .type = t };
}

struct operand operand_value(const struct type *t, struct text c)
{
	return operand(t, REPR_VALUE, c);
}

struct operand operand_row(struct emitter *e, const struct type *row, const char *c_format, ...)
{
	char c[256];
	va_list arguments;
	va_start(arguments, c_format);
	vsnprintf(c, sizeof(c), c_format, arguments);
	va_end(arguments);
	return operand(row, REPR_POINTER, text_copy(e->arena, text_of(c)));
}

struct operand operand_stored(const struct type *t, struct text lvalue)
{
	if (t->kind == TYPE_OPTION) {
		if (type_is_struct(t->item))
			return operand(t, REPR_OPT_PLACE, lvalue);
		return operand(t, type_is_id(t->item) ? REPR_OPT_ID : REPR_VALUE, lvalue);
	}
	if (type_is_struct(t))
		return operand(t, REPR_PLACE, lvalue);
	return operand(t, type_is_id(t) ? REPR_ID : REPR_VALUE, lvalue);
}

struct operand operand_expression(const struct type *t, struct text c)
{
	if (t->kind == TYPE_OPTION && type_is_struct(t->item))
		return operand(t, REPR_OPT_POINTER, c);
	return operand(t, type_is_struct(t) ? REPR_POINTER : REPR_VALUE, c);
}

bool operand_is_simple(struct operand o)
{
	for (size_t i = 0; i < o.c.size; i++) {
		unsigned char c = (unsigned char)o.c.data[i];
		if (!isalnum(c) && c != '_' && c != '.' &&
			!(c == '-' && i + 1 < o.c.size && o.c.data[i + 1] == '>') && c != '>')
			return false;
	}
	return true;
}

/* ---- between the forms ---- */

static bool is_text_like(const struct type *t)
{
	return type_is_text(t);
}

static struct operand from_id(struct emitter *e, struct operand o)
{
	e->uses_scope = true;
	const char *read = is_text_like(o.type) ? "weft_text_of" : "weft_list_of";
	struct operand v =
		operand_value(o.type, text_format(e->arena, "%s(w->intern, %s)", read, o.c.data));
	return v;
}

static struct operand from_opt_id(struct emitter *e, struct operand o)
{
	e->uses_scope = true;
	const char *read = is_text_like(o.type->item) ? "weft_opt_text_of" : "weft_opt_list_of";
	return operand_value(o.type, text_format(e->arena, "%s(w->intern, %s)", read, o.c.data));
}

struct operand emit_value(struct emitter *e, struct operand o)
{
	struct operand v = o;
	switch (o.repr) {
	case REPR_VALUE:
	case REPR_POINTER:
	case REPR_OPT_POINTER:
		return o;
	case REPR_ID:
		v = from_id(e, o);
		break;
	case REPR_OPT_ID:
		v = from_opt_id(e, o);
		break;
	case REPR_PLACE:
		v.repr = REPR_POINTER;
		v.c = text_format(e->arena, "&%s", o.c.data);
		break;
	case REPR_OPT_PLACE:
		v.repr = REPR_OPT_POINTER;
		v.c = text_format(e->arena, "(%s.has ? &%s.value : NULL)", o.c.data, o.c.data);
		break;
	}
	v.is_local = o.is_local;
	return v;
}

/* `s->port`, or with a place `s.port`. */
struct text emit_member(struct emitter *e, struct operand o, const char *member)
{
	if (o.repr == REPR_PLACE)
		return text_format(e->arena, "%s.%s", o.c.data, member);
	if (o.c.size && o.c.data[0] == '&')
		return text_format(e->arena, "%s.%s", o.c.data + 1, member);
	return text_format(e->arena, "%s->%s", o.c.data, member);
}

struct operand emit_field(struct emitter *e, struct operand record, size_t field)
{
	const struct record *r =
		record.type->kind == TYPE_OPTION ? record.type->item->record : record.type->record;
	struct operand o = operand_stored(
		r->fields[field].type, emit_member(e, record, c_field(e, r, field).data));
	o.is_local = record.is_local;
	return o;
}

/* ---- locals ---- */

/* With the space that a pointer type does not want. */
static struct text declared(struct emitter *e, struct text type, struct text name)
{
	bool pointer = type.size && type.data[type.size - 1] == '*';
	return text_format(e->arena, "%s%s%s", type.data, pointer ? "" : " ", name.data);
}

struct operand emit_let(struct emitter *e, const char *hint, struct operand o)
{
	struct text name = c_local(e, "%s", hint);
	struct operand v = o;
	struct text type;
	if (o.repr == REPR_ID || o.repr == REPR_OPT_ID) {
		type = c_stored(e, o.type);
	} else {
		v = emit_value(e, o);
		type = c_expression(e, o.type);
	}
	line(e, "%s = %s;", declared(e, type, name).data,
		text_copy(e->arena, c_no_parens(v.c)).data);
	v.c = name;
	v.is_constant = false;
	return v;
}

struct operand emit_simple(struct emitter *e, const char *hint, struct operand o)
{
	if (operand_is_simple(o) || o.is_constant)
		return o;
	if (o.repr == REPR_OPT_PLACE && operand_is_simple(o))
		return o;
	return emit_let(e, hint, o);
}

/* The zero of a type in its expression form, as an initializer. */
const char *zero_of(const struct type *t)
{
	if (t->kind == TYPE_OPTION) {
		if (type_is_struct(t->item) || t->item->kind == TYPE_STREAM)
			return "NULL";
		if (type_is_id(t->item))
			return "{ false, { NULL, 0 } }";
		switch (t->item->kind) {
		case TYPE_IP:
			return "{ false, { { 0 } } }";
		case TYPE_CIDR:
		case TYPE_ADDR:
			return "{ false, { { { 0 } }, 0 } }";
		case TYPE_SELECTOR:
			return "{ false, { 0, 0 } }";
		case TYPE_BOOL:
			return "{ false, false }";
		default:
			return "{ false, 0 }";
		}
	}
	if (type_is_struct(t) || t->kind == TYPE_STREAM)
		return "NULL";
	if (type_is_id(t))
		return "{ NULL, 0 }";
	switch (t->kind) {
	case TYPE_BOOL:
		return "false";
	case TYPE_IP:
		return "{ { 0 } }";
	case TYPE_CIDR:
	case TYPE_ADDR:
		return "{ { { 0 } }, 0 }";
	case TYPE_SELECTOR:
		return "{ 0, 0 }";
	case TYPE_VERDICT:
		return "{ false, NULL }";
	default:
		return "0";
	}
}

/* Declares a zero local of the type's expression form. */
struct operand emit_zero(struct emitter *e, const char *hint, const struct type *t)
{
	struct text name = c_local(e, "%s", hint);
	line(e, "%s = %s;", declared(e, c_expression(e, t), name).data, zero_of(t));
	return operand_expression(t, name);
}

/* Declares a zeroed local struct in stored form (records, refs, enums with payload). */
struct operand emit_struct(struct emitter *e, const char *hint, const struct type *t)
{
	struct text name = c_local(e, "%s", hint);
	line(e, "%s %s;", c_stored(e, t).data, name.data);
	line(e, "memset(&%s, 0, sizeof(%s));", name.data, name.data);
	struct operand o = operand(t, REPR_PLACE, name);
	o.is_local = true;
	return o;
}

struct operand emit_escape(struct emitter *e, struct operand o)
{
	if (!o.is_local)
		return emit_value(e, o);
	e->uses_scope = true;
	if (type_is_struct(o.type)) {
		struct text type = c_stored(e, o.type);
		return operand(o.type, REPR_POINTER,
			text_format(e->arena, "(const %s *)weft_scope_copy(w, %s, sizeof(%s))",
				type.data, emit_value(e, o).c.data, type.data));
	}
	if (o.type->kind == TYPE_OPTION && type_is_struct(o.type->item)) {
		struct text type = c_stored(e, o.type->item), c = emit_value(e, o).c;
		struct text copy =
			text_format(e->arena, "(const %s *)weft_scope_copy(w, %s, sizeof(%s))",
				type.data, c.data, type.data);
		if (c.data[0] != '&')
			copy = text_format(e->arena, "(%s != NULL ? %s : NULL)", c.data, copy.data);
		return operand(o.type, REPR_OPT_POINTER, copy);
	}
	if (o.type->kind == TYPE_LIST && o.repr == REPR_VALUE)
		return operand_value(o.type,
			text_format(e->arena, "weft_list_copy(w, %s, sizeof(%s))", o.c.data,
				c_stored(e, o.type->item).data));
	return emit_value(e, o);
}

/* ---- to stored form ---- */

static struct text to_id(struct emitter *e, struct operand o)
{
	if (o.repr == REPR_ID)
		return o.c;
	e->uses_scope = true;
	if (is_text_like(o.type))
		return text_format(e->arena, "weft_keep_text(w, %s)", o.c.data);
	const struct type *t = o.type;
	struct text item = t->kind == TYPE_LIST ? c_descriptor(e, t->item) : TEXT("NULL");
	if (t->kind == TYPE_LABELS)
		return text_format(e->arena, "weft_keep_labels(w, %s)", o.c.data);
	if (t->kind == TYPE_MAP)
		item = text_format(e->arena, "%s.item", c_descriptor(e, t).data + 1);
	return text_format(e->arena, "weft_keep_list(w, %s, %s)", item.data, o.c.data);
}

/* A member of an lvalue, which may be `*out`. */
static struct text member_of(struct emitter *e, struct text lvalue, const char *member)
{
	return lvalue.data[0] == '*' ? text_format(e->arena, "%s->%s", lvalue.data + 1, member)
				     : text_format(e->arena, "%s.%s", lvalue.data, member);
}

static void store_option(
	struct emitter *e, struct text lvalue, const struct type *t, struct operand o)
{
	struct text has = member_of(e, lvalue, "has"), value = member_of(e, lvalue, "value");
	if (o.repr == REPR_OPT_ID || o.repr == REPR_OPT_PLACE) {
		line(e, "%s = %s;", lvalue.data, o.c.data);
		return;
	}
	if (o.type->kind != TYPE_OPTION) { /* a T where a T? is stored */
		line(e, "%s = true;", has.data);
		emit_store(e, value, t->item, o);
		return;
	}
	o = emit_simple(e, "option", o);
	if (o.repr == REPR_OPT_POINTER) {
		line(e, "if (%s != NULL) {", o.c.data);
		line(e, "%s = true;", has.data);
		line(e, "%s = *%s;", value.data, o.c.data);
		line(e, "}");
	} else if (type_is_id(t->item)) {
		line(e, "if (%s.has) {", o.c.data);
		line(e, "%s = true;", has.data);
		struct operand inside =
			operand_value(t->item, text_format(e->arena, "%s.value", o.c.data));
		line(e, "%s = %s;", value.data, to_id(e, inside).data);
		line(e, "}");
	} else {
		line(e, "%s = %s.has;", has.data, o.c.data);
		line(e, "%s = %s.value;", value.data, o.c.data);
	}
}

void emit_store(struct emitter *e, struct text lvalue, const struct type *t, struct operand o)
{
	if (t->kind == TYPE_OPTION)
		store_option(e, lvalue, t, o);
	else if (type_is_id(t))
		line(e, "%s = %s;", lvalue.data, to_id(e, o).data);
	else if (type_is_struct(t) && o.repr == REPR_POINTER)
		line(e, o.c.data[0] == '&' ? "%s = %s;" : "%s = *%s;", lvalue.data,
			o.c.data[0] == '&' ? o.c.data + 1 : o.c.data);
	else
		line(e, "%s = %s;", lvalue.data, text_copy(e->arena, c_no_parens(o.c)).data);
}

struct text emit_address(struct emitter *e, struct operand o)
{
	if (o.repr == REPR_POINTER)
		return o.c;
	bool stored = o.repr != REPR_OPT_POINTER &&
		!(o.repr == REPR_VALUE &&
			(type_is_id(o.type) ||
				(o.type->kind == TYPE_OPTION && type_is_id(o.type->item))));
	if (stored && operand_is_simple(o) && !o.is_constant &&
		!isdigit((unsigned char)o.c.data[0]))
		return text_format(e->arena, "&%s", o.c.data);
	struct text name = c_local(e, "stored");
	struct text type = c_stored(e, o.type);
	if (o.type->kind != TYPE_OPTION && !type_is_struct(o.type) && !type_is_id(o.type)) {
		line(e, "const %s %s = %s;", type.data, name.data,
			text_copy(e->arena, c_no_parens(o.c)).data);
		return text_format(e->arena, "&%s", name.data);
	}
	line(e, "%s %s;", type.data, name.data);
	line(e, "memset(&%s, 0, sizeof(%s));", name.data, name.data);
	emit_store(e, name, o.type, o);
	return text_format(e->arena, "&%s", name.data);
}

/* ---- bindings ---- */

void emit_bind(struct emitter *e, const struct symbol *s, struct operand o)
{
	if (e->binding_count == e->binding_room) {
		size_t room = e->binding_room ? 2 * e->binding_room : 32;
		struct emit_binding *grown = ARENA_ARRAY(e->arena, struct emit_binding, room);
		if (e->binding_count)
			memcpy(grown, e->bindings, e->binding_count * sizeof(*grown));
		e->bindings = grown;
		e->binding_room = room;
	}
	e->bindings[e->binding_count++] = (struct emit_binding){ s, o };
}

const struct operand *emit_bound(const struct emitter *e, const struct symbol *s)
{
	for (size_t i = e->binding_count; i > 0; i--) {
		if (e->bindings[i - 1].symbol == s)
			return &e->bindings[i - 1].operand;
	}
	return NULL;
}

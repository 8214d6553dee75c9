/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_expr.c: one expression of the typed tree to C: names, fields and members here, the rest in
 * the emit_*.c beside it.
 */
#include "emit_make.h"

#include <stdlib.h>

struct text c_no_parens(struct text c)
{
	if (c.size < 2 || c.data[0] != '(')
		return c;
	int depth = 0;
	char quote = 0;
	for (size_t i = 0; i < c.size; i++) {
		if (quote) {
			if (c.data[i] == '\\')
				i++;
			else if (c.data[i] == quote)
				quote = 0;
		} else if (c.data[i] == '"' || c.data[i] == '\'') {
			quote = c.data[i];
		} else if (c.data[i] == '(') {
			depth++;
		} else if (c.data[i] == ')' && --depth == 0 && i + 1 < c.size) {
			return c;
		}
	}
	return (struct text){ c.data + 1, c.size - 2 };
}

static bool stands_at(struct text c, size_t i, const char *word)
{
	size_t size = strlen(word);
	return c.size - i >= size && memcmp(c.data + i, word, size) == 0;
}

struct text c_unequal(struct emitter *e, struct text c)
{
	static const char *const weaker[] = { " != ", " && ", " || ", " ? ", " & ", " | ", " ^ " };
	struct text inner = c_no_parens(c);
	size_t at = 0;
	int depth = 0;
	char quote = 0;
	for (size_t i = 0; i < inner.size; i++) {
		if (quote) {
			if (inner.data[i] == '\\')
				i++;
			else if (inner.data[i] == quote)
				quote = 0;
			continue;
		}
		if (inner.data[i] == '"' || inner.data[i] == '\'')
			quote = inner.data[i];
		depth += strchr("([{", inner.data[i]) ? 1 : strchr(")]}", inner.data[i]) ? -1 : 0;
		if (depth || inner.data[i] != ' ')
			continue;
		for (size_t k = 0; k < sizeof(weaker) / sizeof(*weaker); k++)
			if (stands_at(inner, i, weaker[k]))
				return TEXT("");
		if (stands_at(inner, i, " == ") && at)
			return TEXT("");
		if (stands_at(inner, i, " == "))
			at = i;
	}
	if (at == 0)
		return TEXT("");
	at += (size_t)(inner.data - c.data);
	return text_format(
		e->arena, "%.*s !=%.*s", (int)at, c.data, (int)(c.size - at - 3), c.data + at + 3);
}

/* As text_copy: the callers print with %s. */
static struct text without(struct emitter *e, struct text c)
{
	struct text inner = c_no_parens(c);
	return inner.size == c.size ? c : text_copy(e->arena, inner);
}

struct text c_parens(struct emitter *e, struct text c)
{
	struct text inner = c_no_parens(c);
	return inner.size != c.size ? c : text_format(e->arena, "(%s)", c.data);
}

/* ---- detached ---- */

void emit_detached_begin(struct emitter *e, struct emit_detached *d, unsigned deeper)
{
	memset(d, 0, sizeof(*d));
	d->section.text.arena = e->arena;
	d->section.indent = e->out->indent + deeper;
	d->section.source = e->out->source;
	d->section.line = e->out->line;
	d->outer = e->out;
	e->out = &d->section;
}

bool emit_detached_end(struct emitter *e, struct emit_detached *d)
{
	e->out = d->outer;
	return d->section.text.size != 0;
}

void emit_assign(struct emitter *e, struct operand to, struct operand from)
{
	line(e, "%s = %s;", to.c.data, without(e, emit_escape(e, from).c).data);
}

/* ---- names ---- */

static void parameter(struct emitter *e, const struct node *n, struct operand *r)
{
	e->uses_program = true;
	*r = operand_stored(n->symbol->type,
		text_format(e->arena, "p->params.%s", c_name(e, n->symbol->name).data));
}

static void name(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct check_note *note = n->note;
	if (note && note->meaning == MEANS_SIBLING) {
		*r = emit_field(e, e->sibling, note->index);
		return;
	}
	if (note && note->meaning == MEANS_SINGLE) {
		emit_single(e, n, r);
		return;
	}
	const struct symbol *s = n->symbol;
	if (s->kind == SYMBOL_BUILTIN) { /* conn */
		e->uses_conn = true;
		*r = operand_value(n->type, TEXT("conn"));
		return;
	}
	const struct operand *bound = emit_bound(e, s);
	if (bound)
		*r = *bound;
	else if (s->kind == SYMBOL_PARAM)
		parameter(e, n, r);
	else
		*r = operand_value(n->type, c_name(e, n->name));
}

static void variant(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct type *t = n->note->as ? n->note->as->item : n->type;
	if (t->kind == TYPE_SELECTOR) {
		*r = operand_value(n->type,
			text_format(e->arena, "weft_selector_of(%s)",
				n->note->index == 0 ? "WEFT_SELECTOR_EVERYTHING"
						    : "WEFT_SELECTOR_NOTHING"));
		r->is_constant = true;
		return;
	}
	c_stored(e, t);
	struct text constant = c_variant(e, t->enumeration, n->note->index);
	if (t->enumeration->is_plain) {
		*r = operand_value(n->type, constant);
		r->is_constant = true;
		return;
	}
	*r = emit_struct(e, "variant", t);
	line(e, "%s.tag = %s;", r->c.data, constant.data);
}

/* ---- fields ---- */

/* x.id: the key columns of the row, as a ref. */
static void row_ref(struct emitter *e, const struct node *n, struct operand *r)
{
	struct operand row = emit_operand(e, kid(n, FIELD_VALUE));
	*r = emit_struct(e, "ref", n->type);
	const struct symbol *c = n->type->collection;
	for (size_t i = 0; i < c->key_count; i++) {
		struct operand column = emit_field(e, row, c->key[i]);
		emit_store(e, text_format(e->arena, "%s.%s", r->c.data, c_key(e, n->type, i).data),
			column.type, column);
	}
}

static void member(struct emitter *e, const struct node *n, struct operand *r)
{
	enum member m = n->note->member;
	if (m == MEMBER_PEER_IDENTITY) {
		struct operand none = emit_zero(e, "identity", n->type);
		*r = none;
		return;
	}
	struct operand o = emit_operand_value(e, kid(n, FIELD_VALUE));
	const char *format = NULL;
	switch (m) {
	case MEMBER_CONN_LOCAL:
		format = "%s->local";
		break;
	case MEMBER_CONN_REMOTE:
		format = "%s->remote";
		break;
	case MEMBER_CONN_ORIGINAL_DST:
		format = "%s->original_dst";
		break;
	case MEMBER_CONN_ACCEPTED:
		format = "%s->accepted";
		break;
	case MEMBER_CONN_SNI:
	case MEMBER_CONN_ALPN:
		*r = emit_zero(e, "none", n->type);
		return;
	case MEMBER_ADDR_IP:
	case MEMBER_CIDR_IP:
		format = "%s.ip";
		break;
	case MEMBER_ADDR_PORT:
		format = "%s.port";
		break;
	case MEMBER_CIDR_BITS:
		o = emit_simple(e, "cidr", o);
		*r = operand_value(n->type,
			text_format(e->arena,
				"(int64_t)(weft_is_v4(%s.ip) ? %s.bits - 96 : %s.bits)", o.c.data,
				o.c.data, o.c.data));
		return;
	case MEMBER_VERDICT_ALLOWED:
		format = "%s.allowed";
		break;
	case MEMBER_VERDICT_CLAUSE:
		format = "weft_text_from(%s.clause)";
		break;
	default:
		break;
	}
	if (m != MEMBER_CONN_ACCEPTED && m > MEMBER_CONN_ACCEPTED && m != MEMBER_VERDICT_CLAUSE &&
		!operand_is_simple(o) && o.is_constant)
		o = emit_let(e, "address", o);
	struct buffer b = { e->arena, NULL, 0, 0 };
	const char *hole = strstr(format, "%s");
	buffer_add(&b, (struct text){ format, (size_t)(hole - format) });
	buffer_add(&b, o.c);
	buffer_add(&b, text_of(hole + 2));
	*r = operand_value(n->type, buffer_text(&b));
}

static void field(struct emitter *e, const struct node *n, struct operand *r)
{
	switch (n->note->meaning) {
	case MEANS_ID:
		row_ref(e, n, r);
		return;
	case MEANS_MEMBER:
		member(e, n, r);
		return;
	case MEANS_REF_KEY: {
		struct operand ref = emit_operand(e, kid(n, FIELD_VALUE));
		*r = operand_stored(type_of_key(ref.type, n->note->index),
			emit_member(e, ref, c_key(e, ref.type, n->note->index).data));
		return;
	}
	default: {
		struct operand record = emit_operand(e, kid(n, FIELD_VALUE));
		if (record.repr == REPR_POINTER && !operand_is_simple(record) &&
			record.c.data[0] != '&')
			record = emit_let(e, "row", record);
		*r = emit_field(e, record, n->note->index);
	}
	}
}

/* The value inside of an option that is there, and the test of that. */
static struct operand inside(struct emitter *e, struct operand o, struct text *has)
{
	const struct type *item = o.type->item;
	if (o.repr == REPR_OPT_POINTER) {
		*has = text_format(e->arena, "%s != NULL", o.c.data);
		return (struct operand){ .c = o.c, .repr = REPR_POINTER, .type = item };
	}
	if (item->kind == TYPE_STREAM) {
		*has = text_format(e->arena, "%s != NULL", o.c.data);
		return operand_value(item, o.c);
	}
	*has = text_format(e->arena, "%s.has", o.c.data);
	struct text value = text_format(e->arena, "%s.value", o.c.data);
	if (o.repr == REPR_OPT_ID || o.repr == REPR_OPT_PLACE)
		return operand_stored(item, value);
	return operand_expression(item, value);
}

struct operand emit_inside(struct emitter *e, struct operand o, struct text *has)
{
	return inside(e, o, has);
}

/* a?.f of a value that is there: a column, an id, a key of a ref, a member. */
static struct operand field_inside(struct emitter *e, const struct node *n, struct operand value)
{
	switch (n->note->meaning) {
	case MEANS_REF_KEY:
		return operand_stored(type_of_key(value.type, n->note->index),
			emit_member(e, value, c_key(e, value.type, n->note->index).data));
	case MEANS_ID: {
		struct operand ref = emit_struct(e, "ref", n->type->item);
		const struct symbol *c = n->type->item->collection;
		for (size_t i = 0; i < c->key_count; i++) {
			struct operand column = emit_field(e, value, c->key[i]);
			emit_store(e,
				text_format(e->arena, "%s.%s", ref.c.data,
					c_key(e, n->type->item, i).data),
				column.type, column);
		}
		return ref;
	}
	case MEANS_MEMBER:
		return operand_value(n->type->item,
			text_format(e->arena,
				n->note->member == MEMBER_ADDR_PORT ? "%s.port" : "%s.ip",
				value.c.data));
	default:
		return emit_field(e, value, n->note->index);
	}
}

static void option_field(struct emitter *e, const struct node *n, struct operand *r)
{
	struct operand option = emit_operand(e, kid(n, OPTION_FIELD_VALUE));
	if (option.repr != REPR_OPT_PLACE || !operand_is_simple(option))
		option = emit_simple(e, "option", option);
	struct text has;
	struct operand value = inside(e, option, &has);
	struct operand result = emit_zero(e, "found", n->type);
	line(e, "if (%s) {", has.data);
	struct operand f = field_inside(e, n, value);
	if (f.type->kind == TYPE_OPTION || result.repr == REPR_OPT_POINTER) {
		emit_assign(e, result, f);
	} else {
		line(e, "%s.has = true;", result.c.data);
		line(e, "%s.value = %s;", result.c.data, emit_escape(e, f).c.data);
	}
	line(e, "}");
	*r = result;
}

/* ---- all ---- */

/* A T where a T? is expected. */
static void as_option(struct emitter *e, const struct type *option, struct operand *r)
{
	if (type_is_struct(option->item) || option->item->kind == TYPE_STREAM) {
		*r = emit_value(e, *r);
		r->repr = type_is_struct(option->item) ? REPR_OPT_POINTER : REPR_VALUE;
	} else {
		struct operand v = emit_escape(e, *r);
		struct text name = c_local(e, "some");
		line(e, "const %s %s = { true, %s };", c_expression(e, option).data, name.data,
			without(e, v.c).data);
		*r = operand_value(option, name);
	}
	r->type = option;
}

static void expression(struct emitter *e, const struct node *n, struct operand *r)
{
	if (emit_literal(e, n, r))
		return;
	switch (n->kind) {
	case NODE_NAME:
		name(e, n, r);
		return;
	case NODE_TYPE_NAME:
		variant(e, n, r);
		return;
	case NODE_FIELD:
		field(e, n, r);
		return;
	case NODE_OPTION_FIELD:
		option_field(e, n, r);
		return;
	case NODE_INDEX:
		emit_index(e, n, r);
		return;
	case NODE_BINARY:
		emit_binary(e, n, r);
		return;
	case NODE_UNARY:
		emit_unary(e, n, r);
		return;
	case NODE_ELSE:
		emit_else(e, n, r);
		return;
	case NODE_IF_EXPR:
		emit_if_expr(e, n, r);
		return;
	case NODE_MATCH_EXPR:
		emit_match_expr(e, n, r);
		return;
	case NODE_CALL:
		emit_call(e, n, r);
		return;
	case NODE_TEMPLATE:
		emit_template(e, n, r);
		return;
	case NODE_ADDR_TEMPLATE: {
		struct operand port = emit_operand_value(e, kid(n, ADDR_TEMPLATE_PORT));
		const struct address_literal *a = &n->literal.address;
		*r = operand_value(n->type,
			text_format(e->arena, "weft_addr_of(%s, %s)", c_address(e, a, false).data,
				port.c.data));
		return;
	}
	case NODE_RECORD:
		emit_record(e, n, r);
		return;
	case NODE_WITH_RECORD:
		emit_with(e, n, r);
		return;
	case NODE_LIST_LITERAL:
		emit_list(e, n, r);
		return;
	case NODE_LIST_FROM:
		emit_list_from(e, n, r);
		return;
	default:
		*r = operand_value(n->type, TEXT("0"));
		return;
	}
}

void emit_expr(struct emitter *e, const struct node *n, struct operand *r)
{
	if (!e->hooks.expression || !e->hooks.expression(e->hooks.user, e, n, r))
		expression(e, n, r);
	if (n->note && n->note->as && r->type != n->note->as &&
		(r->type == NULL || r->type->kind != TYPE_OPTION))
		as_option(e, n->note->as, r);
}

struct operand emit_operand(struct emitter *e, const struct node *n)
{
	struct operand r;
	emit_expr(e, n, &r);
	return r;
}

struct operand emit_operand_value(struct emitter *e, const struct node *n)
{
	return emit_value(e, emit_operand(e, n));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_operator.c: operators, and what equality, order and hash are for each type.
 */
#include "emit_make.h"

/* ---- equality, order, hash ---- */

static bool is_number(const struct type *t)
{
	switch (t->kind) {
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_FLOAT:
	case TYPE_PORT:
	case TYPE_DURATION:
	case TYPE_SIZE:
	case TYPE_INSTANT:
		return true;
	case TYPE_ENUM:
		return t->enumeration->is_plain;
	default:
		return false;
	}
}

static struct text by_descriptor(struct emitter *e, struct operand a, struct operand b)
{
	e->uses_scope = true;
	struct text left = emit_address(e, a), right = emit_address(e, b);
	return text_format(e->arena, "weft_value_compare(w->intern, %s, %s, %s)",
		c_descriptor(e, a.type).data, left.data, right.data);
}

static struct text equal_options(struct emitter *e, struct operand a, struct operand b)
{
	if (a.type->kind != TYPE_OPTION || b.type->kind != TYPE_OPTION ||
		a.repr == REPR_OPT_PLACE || b.repr == REPR_OPT_PLACE ||
		a.repr == REPR_OPT_POINTER || b.repr == REPR_OPT_POINTER)
		return text_format(e->arena, "(%s == 0)", by_descriptor(e, a, b).data);
	a = emit_simple(e, "left", a);
	b = emit_simple(e, "right", b);
	struct text has_a, has_b;
	struct operand x = emit_inside(e, a, &has_a), y = emit_inside(e, b, &has_b);
	return text_format(e->arena, "(%s == %s && (!%s || %s))", has_a.data, has_b.data,
		has_a.data, emit_equal(e, x, y).data);
}

struct text emit_equal(struct emitter *e, struct operand a, struct operand b)
{
	const struct type *t = a.type;
	if (is_number(t) || (a.repr == REPR_ID && b.repr == REPR_ID))
		return text_format(e->arena, "(%s == %s)", a.c.data, b.c.data);
	if (type_is_text(t)) {
		a = emit_value(e, a);
		b = emit_value(e, b);
		return text_format(e->arena, "weft_text_equal(%s, %s)", a.c.data, b.c.data);
	}
	if (t->kind == TYPE_LIST || t->kind == TYPE_LABELS) {
		e->uses_scope = true;
		struct text item = t->kind == TYPE_LIST ? c_descriptor(e, t->item)
							: TEXT("weft_type_labels.item");
		return text_format(e->arena, "weft_lists_equal(w->intern, %s, %s, %s)", item.data,
			emit_value(e, a).c.data, emit_value(e, b).c.data);
	}
	switch (t->kind) {
	case TYPE_IP:
		return text_format(e->arena, "(weft_ip_compare(%s, %s) == 0)", a.c.data, b.c.data);
	case TYPE_ADDR:
		return text_format(
			e->arena, "(weft_addr_compare(%s, %s) == 0)", a.c.data, b.c.data);
	case TYPE_OPTION:
		return equal_options(e, a, b);
	default:
		return text_format(e->arena, "(%s == 0)", by_descriptor(e, a, b).data);
	}
}

struct text emit_compare(struct emitter *e, struct operand a, struct operand b)
{
	const struct type *t = a.type;
	if (is_number(t)) {
		a = emit_simple(e, "left", a);
		b = emit_simple(e, "right", b);
		return text_format(e->arena, "((%s > %s) - (%s < %s))", a.c.data, b.c.data,
			a.c.data, b.c.data);
	}
	if (type_is_text(t))
		return text_format(e->arena, "weft_text_compare(%s, %s)", emit_value(e, a).c.data,
			emit_value(e, b).c.data);
	if (t->kind == TYPE_IP)
		return text_format(e->arena, "weft_ip_compare(%s, %s)", a.c.data, b.c.data);
	if (t->kind == TYPE_ADDR)
		return text_format(e->arena, "weft_addr_compare(%s, %s)", a.c.data, b.c.data);
	return by_descriptor(e, a, b);
}

static struct text hash_fields(struct emitter *e, struct operand o)
{
	struct text hash = TEXT("0");
	size_t count =
		o.type->kind == TYPE_RECORD ? o.type->record->count : o.type->collection->key_count;
	if (o.repr == REPR_POINTER && o.c.data[0] != '&')
		o = emit_simple(e, "key", o);
	for (size_t i = 0; i < count; i++) {
		if (o.type->kind == TYPE_RECORD && !o.type->record->fields[i].used)
			continue;
		struct operand f = o.type->kind == TYPE_RECORD
			? emit_field(e, o, i)
			: operand_stored(type_of_key(o.type, i),
				  emit_member(e, o, c_key(e, o.type, i).data));
		hash = text_format(
			e->arena, "weft_hash_u64(%s, %s)", hash.data, emit_hash(e, f).data);
	}
	return hash;
}

struct text emit_hash(struct emitter *e, struct operand o)
{
	const struct type *t = o.type;
	if (type_is_text(t)) {
		if (o.repr != REPR_ID)
			return text_format(e->arena, "weft_hash_text(%s)", o.c.data);
		e->uses_scope = true;
		return text_format(e->arena, "weft_id_hash(w->intern, %s)", o.c.data);
	}
	switch (t->kind) {
	case TYPE_BOOL:
	case TYPE_PORT:
		return o.c;
	case TYPE_INT:
	case TYPE_DURATION:
	case TYPE_SIZE:
	case TYPE_INSTANT:
		return text_format(e->arena, "(uint64_t)%s", o.c.data);
	case TYPE_IP:
		return text_format(e->arena, "weft_hash_ip(%s)", o.c.data);
	case TYPE_CIDR:
		return text_format(e->arena, "weft_hash_cidr(%s)", o.c.data);
	case TYPE_ADDR:
		return text_format(e->arena, "weft_hash_addr(%s)", o.c.data);
	case TYPE_RECORD:
	case TYPE_REF:
		return hash_fields(e, o);
	case TYPE_ENUM:
		if (t->enumeration->is_plain)
			return text_format(e->arena, "weft_hash_u64(%s, 0)", o.c.data);
		break;
	default:
		break;
	}
	e->uses_scope = true;
	struct text address = emit_address(e, o);
	return text_format(e->arena, "weft_value_hash(w->intern, %s, %s)", c_descriptor(e, t).data,
		address.data);
}

struct text emit_hash_key(struct emitter *e, const struct operand *parts, size_t count)
{
	struct text hash = TEXT("0");
	for (size_t i = 0; i < count; i++)
		hash = text_format(
			e->arena, "weft_hash_u64(%s, %s)", hash.data, emit_hash(e, parts[i]).data);
	return hash;
}

/* ---- logic: the right side only when the left one does not decide ---- */

static void logic(struct emitter *e, const struct node *n, struct operand *r)
{
	const char *word = n->op == OP_AND ? "&&" : "||";
	struct text left = emit_condition(e, kid(n, BINARY_LEFT), n->op == OP_IMPLIES);
	struct emit_detached d;
	emit_detached_begin(e, &d, 1);
	struct text right = emit_condition(e, kid(n, BINARY_RIGHT), false);
	if (!emit_detached_end(e, &d)) {
		if (kid(n, BINARY_LEFT)->kind == NODE_BINARY && kid(n, BINARY_LEFT)->op == n->op &&
			n->op != OP_IMPLIES)
			left = text_copy(e->arena, c_no_parens(left)); /* a && b && c */
		*r = operand_value(
			n->type, text_format(e->arena, "(%s %s %s)", left.data, word, right.data));
		return;
	}
	struct text name = left; /* of a longer chain: the local that it has already */
	if (strncmp(left.data, "holds", 5) != 0 ||
		!operand_is_simple((struct operand){ .c = left })) {
		name = c_local(e, "holds");
		line(e, "bool %s = %s;", name.data, text_copy(e->arena, c_no_parens(left)).data);
	}
	line(e, n->op == OP_AND ? "if (%s) {" : "if (!%s) {", name.data);
	buffer_add(&e->out->text, buffer_text(&d.section.text));
	line(e, "%s = %s;", name.data, text_copy(e->arena, c_no_parens(right)).data);
	line(e, "}");
	*r = operand_value(n->type, name);
}

struct text emit_condition(struct emitter *e, const struct node *n, bool negated)
{
	if (n->kind == NODE_UNARY && n->op == OP_NOT)
		return emit_condition(e, kid(n, UNARY_VALUE), !negated);
	struct operand o = emit_operand_value(e, n);
	struct text c = o.c;
	if (o.type->kind == TYPE_VERDICT)
		c = text_format(e->arena, "%s.allowed", c.data);
	if (!negated)
		return c;
	if (c.size > 1 && c.data[0] == '!' && c.data[1] != '=')
		return text_copy(e->arena, (struct text){ c.data + 1, c.size - 1 });
	struct text unequal = c_unequal(e, c);
	if (unequal.size)
		return unequal;
	return text_format(e->arena, "!%s", c.data);
}

/* ---- the rest ---- */

static void arithmetic(struct emitter *e, const struct node *n, struct operand a, struct operand b,
	struct operand *r)
{
	bool is_float = a.type->kind == TYPE_FLOAT;
	const char *format = NULL;
	switch (n->op) {
	case OP_ADD:
		format = is_float ? "(%s + %s)" : "weft_add(%s, %s)";
		break;
	case OP_SUBTRACT:
		format = is_float ? "(%s - %s)" : "weft_subtract(%s, %s)";
		break;
	case OP_MULTIPLY:
		format = is_float ? "(%s * %s)" : "weft_multiply(%s, %s)";
		break;
	default:
		format = is_float ? "weft_divide_float(%s, %s)" : "weft_divide(%s, %s)";
		break;
	}
	struct buffer c = { e->arena, NULL, 0, 0 };
	const char *first = strstr(format, "%s"), *second = strstr(first + 2, "%s");
	buffer_add(&c, (struct text){ format, (size_t)(first - format) });
	buffer_add(&c, a.c);
	buffer_add(&c, (struct text){ first + 2, (size_t)(second - first - 2) });
	buffer_add(&c, b.c);
	buffer_add(&c, text_of(second + 2));
	*r = operand_value(n->type, buffer_text(&c));
}

/* [a, b, c] contains x: x == a || x == b || x == c */
static bool contains_literal(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *literal = kid(n, BINARY_LEFT);
	if (n->op != OP_CONTAINS || literal->kind != NODE_LIST_LITERAL ||
		kid(literal, LIST_LITERAL_ITEMS)->count == 0)
		return false;
	const struct node *items = kid(literal, LIST_LITERAL_ITEMS);
	struct operand x = emit_operand(e, kid(n, BINARY_RIGHT));
	if (type_is_text(x.type))
		x = emit_let(e, "item", emit_value(e, x));
	else if (!x.is_constant)
		x = emit_simple(e, "item", x);
	struct buffer b = { e->arena, NULL, 0, 0 };
	for (uint32_t i = 0; i < items->count; i++)
		buffer_format(&b, i ? " || %s" : "(%s",
			emit_equal(e, x, emit_operand(e, items->kids[i])).data);
	buffer_add(&b, TEXT(")"));
	*r = operand_value(n->type, buffer_text(&b));
	return true;
}

static void contains_item(struct emitter *e, struct operand list, struct operand item,
	const struct type *t, struct operand *r)
{
	struct operand items = emit_simple(e, "items", emit_value(e, list));
	if (!item.is_constant)
		item = emit_simple(e, "item", item);
	struct text found = c_local(e, "found"), i = c_local(e, "i"), type = c_stored(e, t);
	line(e, "bool %s = false;", found.data);
	struct operand element = operand_stored(t,
		text_format(
			e->arena, "((const %s *)%s.items)[%s]", type.data, items.c.data, i.data));
	line(e, "for (size_t %s = 0; %s < %s.count && !%s; %s++)", i.data, i.data, items.c.data,
		found.data, i.data);
	line_under(e, "%s = %s;", found.data,
		text_copy(e->arena, c_no_parens(emit_equal(e, element, item))).data);
	*r = operand_value(r->type, found);
}

static void within_list(
	struct emitter *e, struct operand ip, struct operand list, struct operand *r)
{
	struct operand items = emit_simple(e, "ranges", emit_value(e, list));
	struct text found = c_local(e, "inside"), i = c_local(e, "i");
	line(e, "bool %s = false;", found.data);
	line(e, "for (size_t %s = 0; %s < %s.count && !%s; %s++)", i.data, i.data, items.c.data,
		found.data, i.data);
	line_under(e, "%s = weft_within(%s, ((const struct weft_cidr *)%s.items)[%s]);", found.data,
		ip.c.data, items.c.data, i.data);
	*r = operand_value(r->type, found);
}

/* contains, selects, within, like, matches */
static void relation(struct emitter *e, const struct node *n, struct operand a, struct operand b,
	struct operand *r)
{
	r->type = n->type;
	enum meaning m = n->note ? n->note->meaning : MEANS_NOTHING;
	if (m == MEANS_CONTAINS_ITEM) {
		contains_item(e, a, b, a.type->item, r);
		return;
	}
	a = emit_value(e, a);
	b = emit_value(e, b);
	if (m == MEANS_WITHIN_LIST) {
		within_list(e, a, b, r);
		return;
	}
	const char *call = "weft_text_contains";
	switch (m) {
	case MEANS_CONTAINS_IP:
		call = "weft_contains_ip";
		break;
	case MEANS_CONTAINS_KEY:
		e->uses_scope = true;
		if (a.type->kind == TYPE_LABELS)
			*r = operand_value(n->type,
				text_format(e->arena, "weft_labels_get(w->intern, %s, %s).has",
					a.c.data, b.c.data));
		else
			*r = operand_value(n->type,
				text_format(e->arena,
					"(weft_map_get(w->intern, %s, %s, %s) != NULL)",
					c_descriptor(e, a.type).data, a.c.data,
					emit_address(e, b).data));
		return;
	case MEANS_LIKE_TEXT:
		call = "weft_like";
		break;
	case MEANS_LIKE_HOST:
		call = "weft_like_host";
		break;
	case MEANS_LIKE_IDENTITY:
		call = "weft_like_identity";
		break;
	case MEANS_WITHIN_CIDR:
		call = "weft_within";
		break;
	default:
		break;
	}
	if (n->op == OP_SELECTS) {
		e->uses_scope = true;
		*r = operand_value(n->type,
			text_format(
				e->arena, "weft_selects(w->intern, %s, %s)", a.c.data, b.c.data));
	} else if (n->op == OP_MATCHES) {
		struct text fn = emit_fn(e, n->symbol);
		bool scope = fn_uses_scope(e, n->symbol);
		e->uses_scope = e->uses_scope || scope;
		*r = operand_value(n->type,
			text_format(e->arena, "%s(%s%s, %s)", fn.data, scope ? "w, " : "", a.c.data,
				b.c.data));
	} else {
		*r = operand_value(
			n->type, text_format(e->arena, "%s(%s, %s)", call, a.c.data, b.c.data));
	}
}

static bool is_empty_list(const struct node *n)
{
	return n->kind == NODE_LIST_LITERAL && kid(n, LIST_LITERAL_ITEMS)->count == 0 &&
		n->type->kind == TYPE_LIST;
}

/* `xs == []`: the empty list is id 0. */
static bool compare_with_empty(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *left = kid(n, BINARY_LEFT), *right = kid(n, BINARY_RIGHT);
	if ((n->op != OP_EQUAL && n->op != OP_UNEQUAL) ||
		(!is_empty_list(left) && !is_empty_list(right)))
		return false;
	struct operand list = emit_operand(e, is_empty_list(right) ? left : right);
	bool is_id = list.repr == REPR_ID;
	struct text value = is_id ? list.c : emit_value(e, list).c;
	*r = operand_value(n->type,
		text_format(e->arena, "(%s%s %s 0)", value.data, is_id ? "" : ".count",
			n->op == OP_EQUAL ? "==" : "!="));
	return true;
}

/* x == Variant, of an enum some of whose variants have payloads: the tags decide. */
static bool equal_variant(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *left = kid(n, BINARY_LEFT), *right = kid(n, BINARY_RIGHT);
	if ((n->op != OP_EQUAL && n->op != OP_UNEQUAL) || left->type->kind != TYPE_ENUM ||
		left->type->enumeration->is_plain)
		return false;
	if (left->kind == NODE_TYPE_NAME) {
		const struct node *other = left;
		left = right;
		right = other;
	}
	if (right->kind != NODE_TYPE_NAME || (left->note && left->note->as) ||
		(right->note && right->note->as))
		return false;
	struct operand o = emit_operand(e, left);
	if (o.repr != REPR_PLACE)
		o = emit_simple(e, "left", o);
	*r = operand_value(n->type,
		text_format(e->arena, "(%s %s %s)", emit_member(e, o, "tag").data,
			n->op == OP_EQUAL ? "==" : "!=",
			c_variant(e, right->type->enumeration, right->note->index).data));
	return true;
}

void emit_binary(struct emitter *e, const struct node *n, struct operand *r)
{
	if (compare_with_empty(e, n, r))
		return;
	if (n->op == OP_AND || n->op == OP_OR || n->op == OP_IMPLIES) {
		logic(e, n, r);
		return;
	}
	if (contains_literal(e, n, r) || equal_variant(e, n, r))
		return;
	struct operand a = emit_operand(e, kid(n, BINARY_LEFT)),
		       b = emit_operand(e, kid(n, BINARY_RIGHT));
	const char *order = NULL;
	switch (n->op) {
	case OP_EQUAL:
		*r = operand_value(n->type, emit_equal(e, a, b));
		return;
	case OP_UNEQUAL: {
		struct text equal = emit_equal(e, a, b);
		struct text unequal = c_unequal(e, equal);
		*r = operand_value(
			n->type, unequal.size ? unequal : text_format(e->arena, "!%s", equal.data));
		return;
	}
	case OP_LESS:
		order = "<";
		break;
	case OP_LESS_EQUAL:
		order = "<=";
		break;
	case OP_GREATER:
		order = ">";
		break;
	case OP_GREATER_EQUAL:
		order = ">=";
		break;
	case OP_ADD:
	case OP_SUBTRACT:
	case OP_MULTIPLY:
	case OP_DIVIDE:
		arithmetic(e, n, emit_value(e, a), emit_value(e, b), r);
		return;
	default:
		relation(e, n, a, b, r);
		return;
	}
	if (is_number(a.type))
		*r = operand_value(
			n->type, text_format(e->arena, "(%s %s %s)", a.c.data, order, b.c.data));
	else
		*r = operand_value(n->type,
			text_format(e->arena, "(%s %s 0)", emit_compare(e, a, b).data, order));
}

void emit_unary(struct emitter *e, const struct node *n, struct operand *r)
{
	if (n->op == OP_NOT) {
		*r = operand_value(n->type, emit_condition(e, kid(n, UNARY_VALUE), true));
		return;
	}
	struct operand o = emit_operand_value(e, kid(n, UNARY_VALUE));
	*r = operand_value(n->type,
		text_format(e->arena, o.type->kind == TYPE_FLOAT ? "(-%s)" : "weft_subtract(0, %s)",
			o.c.data));
}

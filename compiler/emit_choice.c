/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_choice.c: else, if and match as expressions. What a branch needs is computed under its
 * condition.
 */
#include "emit_make.h"

/* A branch, printed apart: it is needed inline when it has no statements, else in a block. */
struct apart {
	struct emit_detached detached;
	struct operand value;
	bool is_inline;
};

static void print_apart(struct emitter *e, const struct node *n, struct apart *a)
{
	emit_detached_begin(e, &a->detached, 1);
	a->value = emit_operand(e, n);
	a->is_inline = !emit_detached_end(e, &a->detached) && !a->value.is_local;
}

static void place_apart(struct emitter *e, const struct apart *a, struct operand to)
{
	buffer_add(&e->out->text, buffer_text(&a->detached.section.text));
	emit_assign(e, to, a->value);
}

/* The value of a branch, assigned to the local that was declared before the block. */
static void branch(struct emitter *e, const struct node *n, struct operand to)
{
	struct operand o = emit_operand(e, n);
	emit_assign(e, to, o);
}

/* What stands before an `else`: the test whether it is there, its opposite, and the value behind
 * the test. */
struct maybe {
	struct text has, missing;
	struct operand value, option;
};

static struct text opposite(struct emitter *e, struct text has)
{
	const char *at = strstr(has.data, " != NULL");
	return at ? text_format(e->arena, "%.*s == NULL", (int)(at - has.data), has.data)
		  : text_format(e->arena, "!%s", has.data);
}

/* a?.f of a row, where f is always there: the row decides, and no option has to be made of the
 * field. */
static bool is_column_of_option(const struct node *n)
{
	return n->kind == NODE_OPTION_FIELD && n->note && n->note->meaning == MEANS_COLUMN &&
		n->type->kind == TYPE_OPTION &&
		kid(n, OPTION_FIELD_VALUE)->type->item->kind == TYPE_RECORD &&
		kid(n, OPTION_FIELD_VALUE)->type->item->record->fields[n->note->index].type->kind !=
		TYPE_OPTION;
}

/* False when a hook gave a plain value. */
static bool emit_maybe(struct emitter *e, const struct node *n, struct maybe *m)
{
	const char *hint = e->hint ? e->hint : "option";
	e->hint = NULL;
	m->value = (struct operand){ .c = TEXT("") };
	bool column = is_column_of_option(n);
	if (column && e->hooks.expression && e->hooks.expression(e->hooks.user, e, n, &m->option))
		column = false; /* a hook has the whole of it */
	else
		m->option = emit_operand(e, column ? kid(n, OPTION_FIELD_VALUE) : n);
	if (m->option.type->kind != TYPE_OPTION)
		return false;
	m->option = emit_simple(e, hint, m->option);
	m->value = emit_inside(e, m->option, &m->has);
	m->missing = opposite(e, m->has);
	if (column) {
		m->value = emit_field(e, m->value, n->note->index);
		m->option.type = NULL;
	}
	return true;
}

void emit_else(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *fallback = kid(n, ELSE_FALLBACK);
	struct maybe m;
	if (!emit_maybe(e, kid(n, ELSE_VALUE), &m)) {
		*r = m.option;
		return;
	}
	*r = m.value;
	switch (fallback->kind) {
	case NODE_SKIP:
	case NODE_WAIT:
		line(e, "if (%s)", m.missing.data);
		line_under(e, "%s", fallback->kind == NODE_SKIP ? e->exits.skip : e->exits.wait);
		return;
	case NODE_DENY:
	case NODE_CLOSE:
		line(e, "if (%s) {", m.missing.data);
		e->exits.leave(e, fallback);
		line(e, "}");
		return;
	default:
		break;
	}
	struct apart other;
	print_apart(e, fallback, &other);
	if (other.is_inline && n->type->kind != TYPE_OPTION) {
		bool both_ids = m.value.repr == REPR_ID && other.value.repr == REPR_ID;
		struct operand x = both_ids ? m.value : emit_value(e, m.value),
			       y = both_ids ? other.value : emit_value(e, other.value);
		*r = x;
		r->type = n->type;
		r->c = text_format(e->arena, "(%s ? %s : %s)", m.has.data, x.c.data, y.c.data);
		return;
	}
	struct operand result = emit_zero(e, "chosen", n->type);
	line(e, "if (%s) {", m.has.data);
	if (n->type->kind != TYPE_OPTION) {
		emit_assign(e, result, m.value);
	} else if (m.option.type) {
		emit_assign(e, result, m.option);
	} else if (result.repr == REPR_OPT_POINTER) {
		emit_assign(e, result, m.value);
	} else {
		line(e, "%s.has = true;", result.c.data);
		line(e, "%s.value = %s;", result.c.data, emit_value(e, m.value).c.data);
	}
	line(e, "} else {");
	place_apart(e, &other, result);
	line(e, "}");
	*r = result;
}

void emit_if_expr(struct emitter *e, const struct node *n, struct operand *r)
{
	struct text condition = emit_condition(e, kid(n, IF_EXPR_CONDITION), false);
	struct apart then, other;
	print_apart(e, kid(n, IF_EXPR_THEN), &then);
	print_apart(e, kid(n, IF_EXPR_ELSE), &other);
	if (then.is_inline && other.is_inline) {
		struct operand a = emit_value(e, then.value), b = emit_value(e, other.value);
		*r = a;
		r->c = text_format(e->arena, "(%s ? %s : %s)", condition.data, a.c.data, b.c.data);
		r->is_constant = false;
		return;
	}
	struct operand result = emit_zero(e, "chosen", n->type);
	line(e, "if (%s) {", text_copy(e->arena, c_no_parens(condition)).data);
	place_apart(e, &then, result);
	line(e, "} else {");
	place_apart(e, &other, result);
	line(e, "}");
	*r = result;
}

/* ---- match ---- */

static struct operand payload(struct emitter *e, struct operand subject,
	const struct enumeration *n, size_t variant, size_t item)
{
	struct text path = text_format(e->arena, "as.%s.item%zu",
		c_name(e, c_lower(e, n->variants[variant].name)).data, item);
	struct operand o = operand_stored(
		n->variants[variant].payload[item], emit_member(e, subject, path.data));
	o.is_local = subject.is_local;
	return o;
}

/* A pattern of a variant: the test, and names for the payload. */
static struct text variant_test(
	struct emitter *e, const struct node *pattern, struct operand subject)
{
	size_t number = pattern->note->index;
	if (subject.type->kind == TYPE_SELECTOR)
		return text_format(e->arena, "%s.kind == %s", subject.c.data,
			number == 0           ? "WEFT_SELECTOR_EVERYTHING"
				: number == 1 ? "WEFT_SELECTOR_NOTHING"
					      : "WEFT_SELECTOR_MATCH");
	const struct enumeration *n = subject.type->enumeration;
	struct text constant = c_variant(e, n, number);
	if (n->is_plain)
		return text_format(e->arena, "%s == %s", subject.c.data, constant.data);
	const struct node *names = kid(pattern, PATTERN_BINDINGS);
	for (uint32_t i = 0; names && i < names->count; i++) {
		const struct node *b = names->kids[i];
		if (b->kind == NODE_NAME && b->symbol)
			emit_bind(e, b->symbol, payload(e, subject, n, number, b->symbol->index));
	}
	return text_format(
		e->arena, "%s == %s", emit_member(e, subject, "tag").data, constant.data);
}

struct text emit_pattern(struct emitter *e, const struct node *pattern, struct operand subject)
{
	if (pattern->kind == NODE_ANY)
		return TEXT("");
	if (pattern->kind == NODE_PATTERN || pattern->kind == NODE_TYPE_NAME)
		return variant_test(e, pattern, subject);
	struct operand literal = emit_operand(e, pattern);
	return text_copy(e->arena, c_no_parens(emit_equal(e, subject, literal)));
}

void emit_match_expr(struct emitter *e, const struct node *n, struct operand *r)
{
	struct operand subject = emit_operand(e, kid(n, MATCH_EXPR_SUBJECT));
	if (subject.repr != REPR_PLACE)
		subject = emit_simple(e, "subject", subject);
	struct operand result = emit_zero(e, "chosen", n->type);
	const struct node *arms = kid(n, MATCH_EXPR_ARMS);
	for (uint32_t i = 0; i < arms->count; i++) {
		const struct node *arm = arms->kids[i];
		size_t bound = e->binding_count;
		struct text test = emit_pattern(e, kid(arm, ARM_PATTERN), subject);
		bool last = i + 1 == arms->count || test.size == 0;
		if (last && i == 0)
			line(e, "{");
		else if (last)
			line(e, "} else {");
		else
			line(e, i ? "} else if (%s) {" : "if (%s) {", test.data);
		branch(e, kid(arm, ARM_BODY), result);
		e->binding_count = bound;
		if (last)
			break;
	}
	line(e, "}");
	*r = result;
}

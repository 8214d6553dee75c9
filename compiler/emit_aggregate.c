/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_aggregate.c: aggregates over the rounds of a comprehension, evaluated where they stand: some
 * none all count sum min max first collect, and [x in xs where ... yield ...].
 */
#include "emit_make.h"
#include "plan_make.h"

/* `continue` unless the comprehension's condition holds. */
static void only_where(struct emitter *e, const struct node *condition)
{
	if (condition == NULL)
		return;
	line(e, "if (%s)",
		text_copy(e->arena, c_no_parens(emit_condition(e, condition, true))).data);
	line_under(e, "continue;");
}

struct aggregate {
	const struct node *call, *rounds, *value, *condition;
	enum builtin which;
	struct operand result;
};

/* some(x in list), none(x in list): nothing has to be looked at. */
static bool whether_any(struct emitter *e, struct aggregate *a)
{
	const struct node *fors = kid(a->rounds, COMPREHENSION_FORS);
	if (a->value || a->condition || fors->count != 1 || a->which == BUILTIN_ALL)
		return false;
	const struct node *f = fors->kids[0];
	enum meaning m = f->note ? f->note->meaning : MEANS_NOTHING;
	bool some = a->which == BUILTIN_SOME;
	if (m != MEANS_FOR_LIST && m != MEANS_FOR_MAP && m != MEANS_FOR_OPTION)
		return false;
	struct operand o = emit_operand(e, kid(f, FOR_SOURCE));
	if (m == MEANS_FOR_OPTION) {
		if (o.repr != REPR_OPT_PLACE)
			o = emit_simple(e, "option", o);
		struct text has;
		emit_inside(e, o, &has);
		a->result = operand_value(
			a->call->type, text_format(e->arena, some ? "(%s)" : "!(%s)", has.data));
		if (operand_is_simple((struct operand){ .c = has }))
			a->result.c = text_format(e->arena, some ? "%s" : "!%s", has.data);
		return true;
	}
	o = emit_value(e, o);
	a->result = operand_value(a->call->type,
		text_format(e->arena, "(%s.count %s 0)", o.c.data, some ? ">" : "=="));
	return true;
}

/* some, none, all: found is true when a round decides. */
static void whether(struct emitter *e, struct aggregate *a)
{
	if (whether_any(e, a))
		return;
	bool all = a->which == BUILTIN_ALL;
	const struct node *test = a->value ? a->value : a->condition;
	const struct node *where = test == a->condition ? NULL : a->condition;
	struct text name = c_local(e, all ? "fails" : "found");
	line(e, "bool %s = false;", name.data);
	const char *skip = e->exits.skip;
	e->exits.skip = "continue;";
	size_t bound = e->binding_count;
	unsigned depth;
	emit_rounds_begin(e, a->rounds, name.data, false, &depth);
	only_where(e, where);
	if (test)
		line(e, "%s = %s;", name.data,
			text_copy(e->arena, c_no_parens(emit_condition(e, test, all))).data);
	else
		line(e, "%s = true;", name.data);
	emit_rounds_end(e, depth);
	e->binding_count = bound;
	e->exits.skip = skip;
	a->result = operand_value(a->call->type,
		a->which == BUILTIN_SOME ? name : text_format(e->arena, "!%s", name.data));
}

static void keep_extreme(struct emitter *e, struct aggregate *a)
{
	struct operand value = emit_simple(e, "value", emit_operand_value(e, a->value));
	const struct type *item = a->result.type->item;
	bool pointer = a->result.repr == REPR_OPT_POINTER;
	struct operand best = pointer
		? (struct operand){ .c = a->result.c, .repr = REPR_POINTER, .type = item }
		: operand_expression(item, text_format(e->arena, "%s.value", a->result.c.data));
	struct text order = emit_compare(e, value, best);
	line(e, pointer ? "if (%s == NULL || %s %s 0) {" : "if (!%s.has || %s %s 0) {",
		a->result.c.data, order.data, a->which == BUILTIN_MAX ? ">" : "<");
	if (pointer) {
		emit_assign(e, a->result, value);
	} else {
		line(e, "%s.has = true;", a->result.c.data);
		line(e, "%s.value = %s;", a->result.c.data, value.c.data);
	}
	line(e, "}");
}

/* count, sum, min, max; first without `by` is min. */
static void fold(struct emitter *e, struct aggregate *a)
{
	static const char *const hints[] = { [BUILTIN_COUNT] = "count",
		[BUILTIN_SUM] = "sum",
		[BUILTIN_MIN] = "least",
		[BUILTIN_MAX] = "greatest",
		[BUILTIN_FIRST] = "first" };
	bool wide = a->which == BUILTIN_SUM && a->call->type->kind != TYPE_FLOAT;
	struct text sum = wide ? c_local(e, "sum") : TEXT("");
	if (wide) { /* in 128 bits: the order of the rounds must not show */
		line(e, "struct weft_wide %s = { 0, 0 };", sum.data);
		a->result = operand_value(
			a->call->type, text_format(e->arena, "weft_wide_narrow(%s)", sum.data));
	} else {
		a->result = emit_zero(e, hints[a->which], a->call->type);
	}
	const char *skip = e->exits.skip;
	e->exits.skip = "continue;";
	size_t bound = e->binding_count;
	unsigned depth;
	emit_rounds_begin(e, a->rounds, NULL, false, &depth);
	only_where(e, a->condition);
	if (a->which == BUILTIN_COUNT) {
		if (a->value)
			emit_operand(e, a->value); /* its `else skip` drops the round */
		line(e, "%s++;", a->result.c.data);
	} else if (a->which == BUILTIN_SUM) {
		struct operand value = emit_operand_value(e, a->value);
		if (wide)
			line(e, "weft_wide_add(&%s, %s, 1);", sum.data, value.c.data);
		else
			line(e, "%s = %s + %s;", a->result.c.data, a->result.c.data, value.c.data);
	} else {
		keep_extreme(e, a);
	}
	emit_rounds_end(e, depth);
	e->binding_count = bound;
	e->exits.skip = skip;
}

static void list(struct emitter *e, const struct node *c, const struct type *t, struct operand *r)
{
	struct text builder = c_local(e, "list"), item = c_local(e, "item"),
		    type = c_stored(e, t->item);
	line(e, "struct weft_list_builder %s = { { NULL, 0 }, 0, sizeof(%s) };", builder.data,
		type.data);
	const char *skip = e->exits.skip;
	e->exits.skip = "continue;";
	size_t bound = e->binding_count;
	unsigned depth;
	emit_rounds_begin(e, c, NULL, kid(c, COMPREHENSION_YIELD) == NULL, &depth);
	only_where(e, kid(c, COMPREHENSION_CONDITION));
	const struct node *fors = kid(c, COMPREHENSION_FORS);
	struct operand value = kid(c, COMPREHENSION_YIELD)
		? emit_operand(e, kid(c, COMPREHENSION_YIELD))
		: *emit_bound(e, fors->kids[fors->count - 1]->symbol);
	e->uses_scope = true;
	line(e, "%s %s;", type.data, item.data);
	line(e, "memset(&%s, 0, sizeof(%s));", item.data, item.data);
	emit_store(e, item, t->item, value);
	line(e, "weft_list_add(w, &%s, &%s);", builder.data, item.data);
	emit_rounds_end(e, depth);
	e->binding_count = bound;
	e->exits.skip = skip;
	*r = operand_value(t, text_format(e->arena, "%s.list", builder.data));
	if (tree_walks_table(c))
		line(e, "weft_scope_sorted(w, %s, %s);", c_descriptor(e, t->item).data, r->c.data);
}

void emit_list_from(struct emitter *e, const struct node *n, struct operand *r)
{
	list(e, kid(n, LIST_FROM_SOURCE), n->note && n->note->as ? n->note->as->item : n->type, r);
}

void emit_aggregate(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct node *c = kid(n, CALL_ARGUMENTS)->kids[0];
	struct aggregate a = { .call = n,
		.rounds = c,
		.value = kid(c, COMPREHENSION_YIELD),
		.condition = kid(c, COMPREHENSION_CONDITION),
		.which = n->symbol->builtin };
	switch (a.which) {
	case BUILTIN_SOME:
	case BUILTIN_NO_ROUND:
	case BUILTIN_ALL:
		whether(e, &a);
		break;
	case BUILTIN_COLLECT:
		list(e, c, n->type, &a.result);
		break;
	default:
		fold(e, &a);
		break;
	}
	*r = a.result;
}

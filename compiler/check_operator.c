/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_operator.c: which operators which types have, and what each one does for them.
 */
#include "checker.h"
#include "parse.h"

static const struct type *boolean(struct checker *c)
{
	return type_simple(c, TYPE_BOOL);
}

static const struct type *report_operands(struct checker *c, struct node *n, const struct type *a,
	const struct type *b, const char *note)
{
	struct diag *d = diag_new(c->diags, DIAG_OPERANDS, node_span(n), "%.*s %s %.*s",
		TEXT_ARG(a->name), op_name(n->op), TEXT_ARG(b->name));
	diag_title(d, text_of(op_name(n->op)), a->name, b->name);
	if (note)
		diag_note(d, "%s", note);
	return error_type(c);
}

/* What takes its type from the other side. */
static bool is_bare(const struct node *n)
{
	return n->kind == NODE_TYPE_NAME || n->kind == NODE_INT || n->kind == NODE_LIST_LITERAL ||
		n->kind == NODE_RECORD;
}

/* Checks both sides, each in the light of the other. False: reported. */
static bool check_sides(
	struct checker *c, struct node *n, const struct type **a, const struct type **b)
{
	struct node *left = kid(n, BINARY_LEFT), *right = kid(n, BINARY_RIGHT);
	if (is_bare(left) && !is_bare(right)) {
		*b = check_expr(c, right, NULL);
		*a = check_expr(c, left, *b);
	} else {
		*a = check_expr(c, left, NULL);
		*b = check_expr(c, right, *a);
	}
	return (*a)->kind != TYPE_ERROR && (*b)->kind != TYPE_ERROR;
}

static bool has_equality(const struct type *t)
{
	switch (t->kind) {
	case TYPE_FLOAT:
	case TYPE_CERT:
	case TYPE_CONN:
	case TYPE_STREAM:
	case TYPE_VERDICT:
	case TYPE_ROWS:
		return false;
	case TYPE_OPTION:
	case TYPE_LIST:
		return has_equality(t->item);
	default:
		return true;
	}
}

static const struct type *check_comparison(struct checker *c, struct node *n)
{
	const struct type *a, *b;
	if (!check_sides(c, n, &a, &b))
		return error_type(c);
	struct node *left = kid(n, BINARY_LEFT), *right = kid(n, BINARY_RIGHT);
	if (a->kind == TYPE_OPTION && a->item == b) {
		report_missing(c, left, a, "both sides of a comparison have one type");
		return error_type(c);
	}
	if (b->kind == TYPE_OPTION && b->item == a) {
		report_missing(c, right, b, "both sides of a comparison have one type");
		return error_type(c);
	}
	if (a != b)
		return fit(c, right, b, a, left,
			"both sides of a comparison have one type: this is the other one");
	bool equality = n->op == OP_EQUAL || n->op == OP_UNEQUAL;
	if (equality && !has_equality(a))
		return report_operands(c, n, a, b,
			a->kind == TYPE_FLOAT
				? "Floats are never equal by chance: compare with < and >"
				: NULL);
	if (!equality && !(type_has_order(a) || a->kind == TYPE_FLOAT))
		return report_operands(c, n, a, b, NULL);
	use_all_columns(a);
	return boolean(c);
}

static bool is_amount(const struct type *t)
{
	return t->kind == TYPE_DURATION || t->kind == TYPE_SIZE;
}

/* The result of an arithmetic operator, or NULL. */
static const struct type *arithmetic(
	struct checker *c, enum op op, const struct type *a, const struct type *b)
{
	enum type_kind x = a->kind, y = b->kind;
	switch (op) {
	case OP_ADD:
		if (x == TYPE_INSTANT && y == TYPE_DURATION)
			return a;
		return a == b && (x == TYPE_INT || x == TYPE_FLOAT || is_amount(a)) ? a : NULL;
	case OP_SUBTRACT:
		if (x == TYPE_INSTANT && y == TYPE_DURATION)
			return a;
		if (x == TYPE_INSTANT && y == TYPE_INSTANT)
			return type_simple(c, TYPE_DURATION);
		return a == b && (x == TYPE_INT || x == TYPE_FLOAT || is_amount(a)) ? a : NULL;
	case OP_MULTIPLY:
		if (is_amount(a) && y == TYPE_INT)
			return a;
		if (x == TYPE_INT && is_amount(b))
			return b;
		return a == b && (x == TYPE_INT || x == TYPE_FLOAT) ? a : NULL;
	case OP_DIVIDE:
		if (is_amount(a) && y == TYPE_INT)
			return type_option(c, a);
		if (is_amount(a) && a == b)
			return type_option(c, type_simple(c, TYPE_INT));
		return a == b && (x == TYPE_INT || x == TYPE_FLOAT) ? type_option(c, a) : NULL;
	default:
		return NULL;
	}
}

/* An amount is multiplied by a number: `size * 2` is not Size * Size. */
static bool check_terms(
	struct checker *c, struct node *n, const struct type **a, const struct type **b)
{
	if (n->op != OP_MULTIPLY && n->op != OP_DIVIDE)
		return check_sides(c, n, a, b);
	*a = check_expr(c, kid(n, BINARY_LEFT), NULL);
	*b = check_expr(c, kid(n, BINARY_RIGHT), (*a)->kind == TYPE_FLOAT ? *a : NULL);
	if ((*a)->kind == TYPE_INT && (*b)->kind == TYPE_FLOAT &&
		kid(n, BINARY_LEFT)->kind == NODE_INT)
		*a = check_expr(c, kid(n, BINARY_LEFT), *b);
	return (*a)->kind != TYPE_ERROR && (*b)->kind != TYPE_ERROR;
}

static const struct type *check_arithmetic(
	struct checker *c, struct node *n, const struct type *want)
{
	const struct type *a, *b;
	(void)want;
	if (!check_terms(c, n, &a, &b))
		return error_type(c);
	if (a->kind == TYPE_OPTION || b->kind == TYPE_OPTION) {
		bool left = a->kind == TYPE_OPTION;
		report_missing(c, kid(n, left ? BINARY_LEFT : BINARY_RIGHT), left ? a : b, NULL);
		return error_type(c);
	}
	const struct type *t = arithmetic(c, n->op, a, b);
	if (t)
		return t;
	return report_operands(c, n, a, b,
		a->kind == TYPE_STRING || b->kind == TYPE_STRING
			? "text is put together by a template: \"{a}{b}\""
			: NULL);
}

/* Both sides for an operator of the field, free of options. */
static bool check_plain(struct checker *c, struct node *n, const struct type **a,
	const struct type **b, const struct type *want_left, const struct type *want_right)
{
	*a = check_expr(c, kid(n, BINARY_LEFT), want_left);
	*b = check_expr(c, kid(n, BINARY_RIGHT), want_right);
	if ((*a)->kind == TYPE_ERROR || (*b)->kind == TYPE_ERROR)
		return false;
	if ((*a)->kind == TYPE_OPTION || (*b)->kind == TYPE_OPTION) {
		bool left = (*a)->kind == TYPE_OPTION;
		report_missing(c, kid(n, left ? BINARY_LEFT : BINARY_RIGHT), left ? *a : *b, NULL);
		return false;
	}
	return true;
}

static const struct type *check_contains(struct checker *c, struct node *n)
{
	struct node *left = kid(n, BINARY_LEFT);
	const struct type *a = check_expr(c, left, NULL);
	const struct type *item = a->kind == TYPE_LIST ? a->item
		: a->kind == TYPE_MAP                  ? a->key
						       : NULL;
	const struct type *b = check_expr(c, kid(n, BINARY_RIGHT), item);
	if (a->kind == TYPE_ERROR || b->kind == TYPE_ERROR)
		return error_type(c);
	if (a->kind == TYPE_OPTION || (b->kind == TYPE_OPTION && b != item)) {
		bool is_left = a->kind == TYPE_OPTION;
		report_missing(c, is_left ? left : kid(n, BINARY_RIGHT), is_left ? a : b, NULL);
		return error_type(c);
	}
	enum meaning m = MEANS_NOTHING;
	if (a->kind == TYPE_STRING && b->kind == TYPE_STRING)
		m = MEANS_CONTAINS_TEXT;
	else if (a->kind == TYPE_LIST && b == a->item && has_equality(b))
		m = MEANS_CONTAINS_ITEM;
	else if ((a->kind == TYPE_MAP && b == a->key) ||
		(a->kind == TYPE_LABELS && b->kind == TYPE_STRING))
		m = MEANS_CONTAINS_KEY;
	else if (a->kind == TYPE_CIDR && b->kind == TYPE_IP)
		m = MEANS_CONTAINS_IP;
	if (m == MEANS_NOTHING)
		return report_operands(c, n, a, b,
			a->kind == TYPE_ROWS
				? "rows are asked for by key, or with some(x in ... where ...)"
				: "`contains` asks: text in a text, item in a list, key in a map, "
				  "address in a network");
	means(c, n, m, 0);
	return boolean(c);
}

static const struct type *check_selects(struct checker *c, struct node *n)
{
	const struct type *a, *b;
	if (!check_plain(c, n, &a, &b, type_simple(c, TYPE_SELECTOR), NULL))
		return error_type(c);
	if (a->kind == TYPE_SELECTOR && b->kind == TYPE_LABELS)
		return boolean(c);
	const char *note = a->kind == TYPE_LABELS && b->kind == TYPE_SELECTOR
		? "the other way round: selector selects labels"
		: "`selects` asks a Selector about Labels";
	return report_operands(c, n, a, b, note);
}

static const struct type *check_within(struct checker *c, struct node *n)
{
	const struct type *a, *b;
	if (!check_plain(c, n, &a, &b, NULL, NULL))
		return error_type(c);
	if (a->kind == TYPE_IP && b->kind == TYPE_CIDR)
		means(c, n, MEANS_WITHIN_CIDR, 0);
	else if (a->kind == TYPE_IP && b->kind == TYPE_LIST && b->item->kind == TYPE_CIDR)
		means(c, n, MEANS_WITHIN_LIST, 0);
	else
		return report_operands(c, n, a, b,
			a->kind == TYPE_ADDR ? "an Addr is an address and a port: take its `.ip`"
					     : "`within` asks whether an Ip lies in a Cidr or in "
					       "one of a [Cidr]");
	return boolean(c);
}

static const struct type *check_like(struct checker *c, struct node *n)
{
	const struct type *a, *b;
	if (!check_plain(c, n, &a, &b, NULL, NULL))
		return error_type(c);
	if (b->kind != TYPE_STRING || (a->kind != TYPE_STRING && a->kind != TYPE_IDENTITY))
		return report_operands(c, n, a, b,
			"`like` compares a String or an Identity with a pattern in which `*` "
			"stands for any text");
	const struct node *left = kid(n, BINARY_LEFT);
	while (left->kind == NODE_ELSE)
		left = kid(left, ELSE_VALUE);
	bool host = left->note && left->note->meaning == MEANS_MEMBER &&
		left->note->member == MEMBER_CONN_SNI;
	means(c, n,
		a->kind == TYPE_IDENTITY ? MEANS_LIKE_IDENTITY
			: host           ? MEANS_LIKE_HOST
					 : MEANS_LIKE_TEXT,
		0);
	return boolean(c);
}

/* `a matches b` calls the fn `matches` of the module that declares a's record. */
static const struct type *check_matches(struct checker *c, struct node *n)
{
	const struct type *a, *b;
	if (!check_plain(c, n, &a, &b, NULL, NULL))
		return error_type(c);
	const struct type *element = a->kind == TYPE_LIST ? a->item : a;
	struct symbol *f = element->kind == TYPE_RECORD && element->record->module
		? module_find(element->record->module, TEXT("matches"))
		: NULL;
	if (!f || f->kind != SYMBOL_FN)
		return report_operands(c, n, a, b,
			element->kind == TYPE_RECORD ? "the module that declares the left side's "
						       "record has no `fn matches`"
						     : "the left side is a record, or a list of "
						       "them, whose module declares `fn matches`");
	resolve(c, f);
	f->used = true;
	if (!f->type || f->type->kind == TYPE_ERROR)
		return error_type(c);
	struct node *params = kid(f->declaration, FN_PARAMS);
	if (params->count != 2 || params->kids[0]->type != a || params->kids[1]->type != b ||
		f->type->kind != TYPE_BOOL) {
		struct diag *d = diag_new(c->diags, DIAG_OPERANDS, node_span(n),
			"%.*s matches %.*s", TEXT_ARG(a->name), TEXT_ARG(b->name));
		diag_title(d, TEXT("matches"), a->name, b->name);
		if (params->count == 2 && params->kids[0]->type && params->kids[1]->type)
			diag_note(d, "`matches` of %.*s takes %.*s and %.*s",
				TEXT_ARG(f->module->name), TEXT_ARG(params->kids[0]->type->name),
				TEXT_ARG(params->kids[1]->type->name));
		return error_type(c);
	}
	n->symbol = f;
	means(c, n, MEANS_MATCHES, 0);
	return boolean(c);
}

const struct type *check_binary(struct checker *c, struct node *n, const struct type *want)
{
	switch (n->op) {
	case OP_AND:
	case OP_OR:
	case OP_IMPLIES:
		check_as(c, kid(n, BINARY_LEFT), boolean(c), NULL,
			"`and`, `or`, `not`, `implies` take Bools");
		check_as(c, kid(n, BINARY_RIGHT), boolean(c), NULL,
			"`and`, `or`, `not`, `implies` take Bools");
		return boolean(c);
	case OP_EQUAL:
	case OP_UNEQUAL:
	case OP_LESS:
	case OP_LESS_EQUAL:
	case OP_GREATER:
	case OP_GREATER_EQUAL:
		return check_comparison(c, n);
	case OP_CONTAINS:
		return check_contains(c, n);
	case OP_SELECTS:
		return check_selects(c, n);
	case OP_MATCHES:
		return check_matches(c, n);
	case OP_WITHIN:
		return check_within(c, n);
	case OP_LIKE:
		return check_like(c, n);
	default:
		return check_arithmetic(c, n, want);
	}
}

const struct type *check_unary(struct checker *c, struct node *n, const struct type *want)
{
	struct node *value = kid(n, UNARY_VALUE);
	if (n->op == OP_NOT) {
		check_as(c, value, boolean(c), NULL, "`and`, `or`, `not`, `implies` take Bools");
		return boolean(c);
	}
	const struct type *t = check_expr(c, value, want && want->kind == TYPE_FLOAT ? want : NULL);
	if (t->kind == TYPE_ERROR || t->kind == TYPE_INT || t->kind == TYPE_FLOAT ||
		t->kind == TYPE_DURATION)
		return t;
	struct diag *d =
		diag_new(c->diags, DIAG_OPERANDS, node_span(n), "- %.*s", TEXT_ARG(t->name));
	diag_title(d, TEXT("-"), TEXT("nothing"), t->name);
	return error_type(c);
}

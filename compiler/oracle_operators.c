/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle_operators.c: the operators, written from their specifications and from nothing else:
 * label selectors from the Kubernetes API reference (LabelSelector), CIDR from RFC 4632, `like`
 * from dsl/REFERENCE.md.
 */
#include "check.h"
#include "oracle.h"

static const struct value *label(const struct value *labels, struct text key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (text_equal(labels->items[i]->items[0]->text, key))
			return labels->items[i]->items[1];
	return NULL;
}

static bool listed(const struct value *values, const struct value *v)
{
	for (size_t i = 0; i < values->count; i++)
		if (value_equal(values->items[i], v))
			return true;
	return false;
}

/* A requirement is { key, operator: In | NotIn | Exists | DoesNotExist as 0..3, values }. NotIn
 * holds without the label. */
static bool holds(const struct value *requirement, const struct value *labels)
{
	const struct value *v = label(labels, requirement->items[0]->text);

	switch (requirement->items[1]->integer) {
	case 0:
		return v && listed(requirement->items[2], v);
	case 1:
		return !v || !listed(requirement->items[2], v);
	case 2:
		return v != NULL;
	default:
		return v == NULL;
	}
}

/* Everything, Nothing, Match(requirements): variants 0, 1, 2. All requirements must hold. */
bool oracle_selects(const struct value *selector, const struct value *labels)
{
	if (selector->integer < 2)
		return selector->integer == 0;
	const struct value *requirements = selector->items[0];
	for (size_t i = 0; i < requirements->count; i++)
		if (!holds(requirements->items[i], labels))
			return false;
	return true;
}

bool oracle_within(const struct value *ip, const struct value *cidr)
{
	for (int bit = 0; bit < cidr->address.bits; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> (bit % 8));
		if ((ip->address.ip[bit / 8] ^ cidr->address.ip[bit / 8]) & mask)
			return false;
	}
	return true;
}

static char folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool like(const char *v, const char *v_end, const char *p, const char *p_end, bool fold)
{
	if (p == p_end)
		return v == v_end;
	if (*p == '*')
		return like(v, v_end, p + 1, p_end, fold) ||
			(v < v_end && like(v + 1, v_end, p, p_end, fold));
	bool same = v < v_end && (fold ? folded(*v) == folded(*p) : *v == *p);
	return same && like(v + 1, v_end, p + 1, p_end, fold);
}

static struct text without_scheme(struct text t)
{
	static const char scheme[] = "spiffe://";
	size_t n = sizeof(scheme) - 1;
	return t.size >= n && memcmp(t.data, scheme, n) == 0
		? (struct text){ t.data + n, t.size - n }
		: t;
}

bool oracle_like(struct text value, struct text pattern, bool host, const struct type *type)
{
	if (type && type->kind == TYPE_IDENTITY) {
		value = without_scheme(value);
		pattern = without_scheme(pattern);
	}
	return like(value.data, value.data + value.size, pattern.data, pattern.data + pattern.size,
		host);
}

static int64_t saturate(int128 x)
{
	return x > INT64_MAX ? INT64_MAX : x < INT64_MIN ? INT64_MIN : (int64_t)x;
}

static const struct value *real_arithmetic(struct oracle *o, enum op op, double x, double y)
{
	if (op == OP_DIVIDE && y == 0)
		return value_none();
	struct value *v = ARENA_NEW(o->arena, struct value);
	v->kind = VALUE_FLOAT;
	v->real = op == OP_ADD      ? x + y
		: op == OP_SUBTRACT ? x - y
		: op == OP_MULTIPLY ? x * y
				    : x / y;
	return v;
}

const struct value *oracle_arithmetic(
	struct oracle *o, enum op op, const struct value *a, const struct value *b)
{
	int128 x = a->integer, y = b->integer;

	if (a->kind == VALUE_FLOAT)
		return real_arithmetic(o, op, a->real, b->real);
	switch (op) {
	case OP_ADD:
		return value_int(o, saturate(x + y));
	case OP_SUBTRACT:
		return value_int(o, saturate(x - y));
	case OP_MULTIPLY:
		return value_int(o, saturate(x * y));
	default:
		return y == 0 ? value_none() : value_int(o, saturate(x / y));
	}
}

static bool text_has(struct text whole, struct text part)
{
	for (size_t i = 0; i + part.size <= whole.size; i++)
		if (memcmp(whole.data + i, part.data, part.size) == 0)
			return true;
	return false;
}

static bool contains(const struct value *whole, const struct value *part)
{
	if (whole->kind == VALUE_TEXT)
		return text_has(whole->text, part->text);
	for (size_t i = 0; i < whole->count; i++) {
		const struct value *item = whole->items[i];
		/* a map contains a key */
		if (value_equal(item->kind == VALUE_RECORD && part->kind != VALUE_RECORD
				    ? item->items[0]
				    : item,
			    part))
			return true;
	}
	return false;
}

static bool within(const struct value *ip, const struct value *cidrs)
{
	if (cidrs->kind != VALUE_LIST)
		return oracle_within(ip, cidrs);
	for (size_t i = 0; i < cidrs->count; i++)
		if (oracle_within(ip, cidrs->items[i]))
			return true;
	return false;
}

static bool like_node(const struct node *n, const struct value *a, const struct value *b)
{
	bool host = n->note && n->note->meaning == MEANS_LIKE_HOST;
	return oracle_like(a->text, b->text, host, kid(n, BINARY_LEFT)->type);
}

const struct value *oracle_binary(
	struct oracle *o, const struct node *n, const struct value *a, const struct value *b)
{
	switch (n->op) {
	case OP_EQUAL:
		return value_bool(o, value_equal(a, b));
	case OP_UNEQUAL:
		return value_bool(o, !value_equal(a, b));
	case OP_LESS:
		return value_bool(o, value_compare(a, b) < 0);
	case OP_LESS_EQUAL:
		return value_bool(o, value_compare(a, b) <= 0);
	case OP_GREATER:
		return value_bool(o, value_compare(a, b) > 0);
	case OP_GREATER_EQUAL:
		return value_bool(o, value_compare(a, b) >= 0);
	case OP_CONTAINS:
		return value_bool(o, a->kind == VALUE_CIDR ? oracle_within(b, a) : contains(a, b));
	case OP_SELECTS:
		return value_bool(o, oracle_selects(a, b));
	case OP_WITHIN:
		return value_bool(o, within(a, b));
	case OP_LIKE:
		return value_bool(o, like_node(n, a, b));
	default:
		return oracle_arithmetic(o, n->op, a, b);
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * ast.c: makes nodes for the grammar, and prints a tree.
 */
#include "ast_build.h"
#include "parse.h"
#include "type.h"

#include <stdarg.h>
#include <stdlib.h>

static void grow_above(struct node *n, const struct node *below)
{
	if (below && n->depth <= below->depth)
		n->depth = below->depth + 1;
}

struct node *make(struct builder *b, enum node_kind kind, uint32_t first, unsigned count, ...)
{
	struct node *n = ARENA_NEW(b->arena, struct node);
	n->kind = kind;
	n->source = b->source;
	n->first = first;
	n->last = b->shifted > first ? b->shifted : first;
	n->depth = 1;
	n->count = count;
	n->kids = count ? ARENA_ARRAY(b->arena, struct node *, count) : NULL;
	va_list kids;
	va_start(kids, count);
	for (unsigned i = 0; i < count; i++) {
		n->kids[i] = va_arg(kids, struct node *);
		grow_above(n, n->kids[i]);
	}
	va_end(kids);
	b->overflowed = b->overflowed || n->depth > NODE_DEPTH_MAX;
	return n;
}

struct node *named(struct builder *b, struct node *n, uint32_t token)
{
	n->name_token = token;
	n->name = text_copy(b->arena, token_text(b->source, token));
	return n;
}

struct node *named_by(struct node *n, const struct node *name)
{
	n->name_token = name->first;
	n->name = name->kind == NODE_STRING ? name->literal.text : name->name;
	return n;
}

struct node *flagged(struct node *n, enum node_flag flag, uint32_t token)
{
	if (token) {
		n->flags |= flag;
		if (token < n->first)
			n->first = token;
	}
	return n;
}

/* A list begins as nothing (tokens 0..0, the empty START) and covers what is put into it. */
struct node *list(struct builder *b)
{
	struct node *l = ARENA_NEW(b->arena, struct node);
	l->kind = NODE_LIST;
	l->source = b->source;
	l->depth = 1;
	return l;
}

/* The room of a list's kids is the next power of two, so it is not stored. */
struct node *list_add(struct builder *b, struct node *l, struct node *item)
{
	if ((l->count & (l->count - 1)) == 0) {
		struct node **kids =
			ARENA_ARRAY(b->arena, struct node *, l->count ? 2 * l->count : 1);
		if (l->count)
			memcpy(kids, l->kids, l->count * sizeof(*kids));
		l->kids = kids;
	}
	if (!l->count)
		l->first = item->first;
	l->last = item->last;
	grow_above(l, item);
	l->kids[l->count++] = item;
	return l;
}

struct node *list_first(struct builder *b, struct node *item, struct node *l)
{
	struct node *all = list_add(b, list(b), item);
	for (uint32_t i = 0; i < l->count; i++)
		list_add(b, all, l->kids[i]);
	return all;
}

struct node *name_node_at(struct builder *b, uint32_t token)
{
	struct node *n = named(b, make(b, NODE_NAME, token, 0), token);
	n->last = token;
	return n;
}

struct node *name_node(struct builder *b, uint32_t token)
{
	return name_node_at(b, token);
}

struct node *type_node(struct builder *b, uint32_t token)
{
	struct node *n = named(b, make(b, NODE_TYPE_NAME, token, 0), token);
	n->last = token;
	return n;
}

struct node *longer_name(struct builder *b, struct node *n, uint32_t token)
{
	struct text last = token_text(b->source, token);
	n->name = text_format(b->arena, "%.*s.%.*s", TEXT_ARG(n->name), TEXT_ARG(last));
	n->name_token = token;
	n->last = token;
	return n;
}

/* The text between the first and the last byte of a string's token: quotes, or the braces of an
 * interpolation. */
static struct node *text_part(struct builder *b, uint32_t token)
{
	struct text t = token_text(b->source, token);
	struct node *n = make(b, NODE_STRING, token, 0);
	n->last = token;
	n->literal.text = t.size < 2
		? TEXT("")
		: literal_string(b->arena, (struct text){ t.data + 1, t.size - 2 });
	return n;
}

struct node *string_node(struct builder *b, uint32_t token)
{
	return text_part(b, token);
}

static struct node *value_of_literal(struct node *n, struct text t)
{
	switch (n->kind) {
	case NODE_INT:
		literal_integer(t, &n->literal.integer);
		break;
	case NODE_FLOAT:
		literal_float(t, &n->literal.real);
		break;
	case NODE_BOOL:
		n->literal.integer = text_is(t, "true");
		break;
	case NODE_DURATION:
		literal_duration(t, &n->literal.integer);
		break;
	case NODE_SIZE:
		literal_size(t, &n->literal.integer);
		break;
	default:
		literal_address(t, &n->literal.address);
		break;
	}
	return n;
}

struct node *literal_node(struct builder *b, enum node_kind kind, uint32_t token)
{
	struct node *n = make(b, kind, token, 0);
	n->last = token;
	return value_of_literal(n, token_text(b->source, token));
}

struct node *address_template(struct builder *b, uint32_t token, struct node *port)
{
	struct node *n = make(b, NODE_ADDR_TEMPLATE, token, 1, port);
	return value_of_literal(n, token_text(b->source, token));
}

struct node *template_add(
	struct builder *b, struct node *parts, uint32_t middle, struct node *value)
{
	list_add(b, parts, text_part(b, middle));
	return list_add(b, parts, value);
}

/* STRING and expressions by turns, without the empty strings. */
struct node *template_end(struct builder *b, uint32_t open, struct node *parts, uint32_t close)
{
	struct node *all = list(b);
	struct node *begin = text_part(b, open), *end = text_part(b, close);
	if (begin->literal.text.size)
		list_add(b, all, begin);
	for (uint32_t i = 0; i < parts->count; i++)
		if (parts->kids[i]->kind != NODE_STRING || parts->kids[i]->literal.text.size)
			list_add(b, all, parts->kids[i]);
	if (end->literal.text.size)
		list_add(b, all, end);
	return all;
}

struct node *binary(struct builder *b, enum op op, struct node *left, struct node *right)
{
	struct node *n = make(b, NODE_BINARY, left->first, 2, left, right);
	n->op = op;
	return n;
}

struct node *unary(struct builder *b, enum op op, uint32_t first, struct node *value)
{
	struct node *n = make(b, NODE_UNARY, first, 1, value);
	n->op = op;
	return n;
}

struct node *addressed(struct builder *b, enum node_kind kind, uint32_t first, struct node *address)
{
	struct node *with = NULL;
	if (address->kind == NODE_WITH_RECORD) {
		with = kid(address, WITH_RECORD_WITH);
		address = kid(address, WITH_RECORD_VALUE);
	}
	return make(b, kind, first, 2, address, with);
}

/* Parentheses leave no node, but the span of what they hold covers them, so that a patch can be put
 * around it. */
struct node *enclosed(struct builder *b, uint32_t open, struct node *value)
{
	value->first = open;
	value->last = b->shifted;
	return value;
}

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
#define NODE(kind, name, slots) name,
#include "ast.tbl"
#undef NODE
	};
	return names[kind];
}

const char *op_name(enum op op)
{
	static const char *const names[] = {
		"",
		"implies",
		"or",
		"and",
		"not",
		"==",
		"!=",
		"<",
		"<=",
		">",
		">=",
		"contains",
		"selects",
		"matches",
		"within",
		"like",
		"+",
		"-",
		"*",
		"/",
		"-",
	};
	return names[op];
}

static void dump_literal(const struct node *n, FILE *out)
{
	switch (n->kind) {
	case NODE_INT:
	case NODE_BOOL:
	case NODE_DURATION:
	case NODE_SIZE:
		fprintf(out, " %lld", (long long)n->literal.integer);
		break;
	case NODE_FLOAT:
		fprintf(out, " %g", n->literal.real);
		break;
	case NODE_STRING:
		fputs(" \"", out);
		for (size_t i = 0; i < n->literal.text.size; i++) {
			unsigned char c = (unsigned char)n->literal.text.data[i];
			fprintf(out,
				c == '"' || c == '\\' ? "\\%c"
					: c < 0x20    ? "\\x%02x"
						      : "%c",
				c);
		}
		fputc('"', out);
		break;
	case NODE_IP:
	case NODE_CIDR:
	case NODE_ADDR:
	case NODE_ADDR_TEMPLATE:
		fputc(' ', out);
		for (size_t i = 0; i < 16 && !n->literal.address.any; i += 2)
			fprintf(out, i ? ":%x" : "%x",
				n->literal.address.ip[i] << 8 | n->literal.address.ip[i + 1]);
		if (n->literal.address.any)
			fputc('*', out);
		if (n->kind == NODE_CIDR)
			fprintf(out, " /%u", n->literal.address.bits);
		if (n->kind == NODE_ADDR)
			fprintf(out, " port %u", n->literal.address.port);
		break;
	default:
		break;
	}
}

static void dump_node(const struct node *n, FILE *out, int depth, bool with_types)
{
	static const struct {
		enum node_flag flag;
		const char *name;
	} flags[] = { { NODE_PUB, "pub" }, { NODE_EXTERN, "extern" }, { NODE_SHARED, "shared" },
		{ NODE_SCAN, "scan" }, { NODE_LAST, "last" }, { NODE_FORBID, "forbid" },
		{ NODE_DISTINCT, "distinct" } };
	fprintf(out, "%*s", 2 * depth, "");
	if (!n) {
		fputc('-', out);
		return;
	}
	fprintf(out, "(%s", node_kind_name(n->kind));
	if (n->op)
		fprintf(out, " %s", op_name(n->op));
	if (n->name.size)
		fprintf(out, " %.*s", TEXT_ARG(n->name));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (n->flags & flags[i].flag)
			fprintf(out, " #%s", flags[i].name);
	dump_literal(n, out);
	if (with_types && n->type)
		fprintf(out, " : %.*s", TEXT_ARG(n->type->name));
	for (uint32_t i = 0; i < n->count; i++) {
		fputc('\n', out);
		dump_node(n->kids[i], out, depth + 1, with_types);
	}
	fputc(')', out);
}

void dump_ast(const struct node *n, FILE *out, bool with_types)
{
	dump_node(n, out, 0, with_types);
	fputc('\n', out);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_literal.c: literals, as they are written where C has a form for it.
 */
#include "diag.h"
#include "emit_make.h"

#include <stdio.h>

static struct text source_text(const struct node *n)
{
	return span_text(node_span(n));
}

static struct text integer(struct emitter *e, int64_t value)
{
	if (value == INT64_MIN)
		return TEXT("INT64_MIN");
	if (value > INT32_MAX || value < -INT32_MAX)
		return text_format(e->arena, value < 0 ? "(-INT64_C(%lld))" : "INT64_C(%lld)",
			(long long)(value < 0 ? -value : value));
	return text_format(e->arena, value < 0 ? "(%lld)" : "%lld", (long long)value);
}

static struct text real(struct emitter *e, double value)
{
	struct text t = text_format(e->arena, "%.17g", value);
	for (size_t i = 0; i < t.size; i++) {
		if (t.data[i] == '.' || t.data[i] == 'e')
			return t;
	}
	return text_format(e->arena, "%s.0", t.data);
}

static struct text ip(struct emitter *e, const uint8_t *b)
{
	static const uint8_t v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255 };
	if (memcmp(b, v4, sizeof(v4)) == 0)
		return text_format(
			e->arena, "weft_ip4(%u, %u, %u, %u)", b[12], b[13], b[14], b[15]);
	struct buffer t = { e->arena, NULL, 0, 0 };
	buffer_add(&t, TEXT("weft_ip6("));
	for (unsigned i = 0; i < 16; i += 2)
		buffer_format(&t, b[i] || b[i + 1] ? "%s0x%x" : "%s%u", i ? ", " : "",
			(unsigned)b[i] << 8 | b[i + 1]);
	buffer_add(&t, TEXT(")"));
	return buffer_text(&t);
}

struct text c_address(struct emitter *e, const struct address_literal *a, bool with_port)
{
	if (!with_port)
		return a->any ? TEXT("weft_ip_any()") : ip(e, a->ip);
	return text_format(e->arena, "weft_addr_of(%s, %u)",
		a->any ? "weft_ip_any()" : ip(e, a->ip).data, a->port);
}

bool emit_literal(struct emitter *e, const struct node *n, struct operand *r)
{
	const struct type *t = n->note && n->note->as ? n->note->as->item : n->type;
	struct text c;
	switch (n->kind) {
	case NODE_BOOL:
		c = n->literal.integer ? TEXT("true") : TEXT("false");
		break;
	case NODE_INT:
		c = t && t->kind == TYPE_FLOAT ? real(e, (double)n->literal.integer)
					       : integer(e, n->literal.integer);
		break;
	case NODE_FLOAT:
		c = real(e, n->literal.real);
		break;
	case NODE_DURATION:
	case NODE_SIZE:
		c = text_format(e->arena, "%s /* %.*s */", integer(e, n->literal.integer).data,
			TEXT_ARG(source_text(n)));
		break;
	case NODE_IP:
		c = c_address(e, &n->literal.address, false);
		break;
	case NODE_CIDR:
		c = text_format(e->arena, "weft_cidr_of(%s, %u)", ip(e, n->literal.address.ip).data,
			n->literal.address.bits);
		break;
	case NODE_ADDR:
		c = c_address(e, &n->literal.address, true);
		break;
	case NODE_STRING:
		c = text_format(
			e->arena, "WEFT_TEXT(%s)", c_string(e->arena, n->literal.text).data);
		break;
	default:
		return false;
	}
	*r = operand_value(n->type, c);
	r->is_constant = true;
	return true;
}

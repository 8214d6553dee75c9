/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_match.c: the arms of a match: patterns get their meaning and bind names, every value is
 * covered, and no arm stands where nothing reaches it.
 */
#include "checker.h"
#include "parse.h"

struct cover {
	const struct type *type;
	bool *seen; /* of an enum: its variants; of Bool: false, true */
	size_t count;
	struct node *any;    /* the arm that takes all the rest */
	struct vec literals; /* struct node *: patterns */
	bool failed;         /* a pattern was reported: nobody knows what it was to cover */
};

static void report_unreachable(struct checker *c, struct node *pattern, struct node *by)
{
	struct diag *d = diag_new(
		c->diags, DIAG_UNREACHABLE_ARM, node_span(pattern), "nothing is left for it");
	diag_title(d);
	if (by)
		diag_span(d, node_span(by), "taken here");
}

static void bind(struct checker *c, struct node *pattern, const struct enum_variant *variant)
{
	struct node *bindings = kid(pattern, PATTERN_BINDINGS);
	size_t count = variant ? variant->payload_count : 0;
	if (variant && bindings->count && bindings->count != count) {
		struct diag *d = diag_new(c->diags, DIAG_ARGUMENT_COUNT, node_span(pattern),
			"it holds %zu values, not %u", count, bindings->count);
		diag_title(d, pattern->name);
	}
	for (uint32_t i = 0; i < bindings->count; i++) {
		struct node *b = bindings->kids[i];
		if (b->kind != NODE_NAME)
			continue;
		b->type = i < count ? variant->payload[i] : error_type(c);
		struct symbol *s = scope_local(c, SYMBOL_BINDING, b, b->type);
		s->index = i;
	}
}

static void check_variant_pattern(struct checker *c, struct node *pattern, struct cover *cover)
{
	struct symbol *v;
	const struct type *t = cover->type;
	if (t->kind != TYPE_ENUM) {
		cover->failed = true;
		bind(c, pattern, NULL);
		struct diag *d = diag_new(c->diags, DIAG_PATTERN, node_span(pattern),
			"a variant, but this is matched: %.*s", TEXT_ARG(t->name));
		diag_title(d, t->name);
		return;
	}
	pattern->type = check_variant(c, pattern, t, &v);
	if (!v) {
		cover->failed = true;
		bind(c, pattern, NULL);
		return;
	}
	means(c, pattern, MEANS_VARIANT, v->index);
	if (cover->seen[v->index])
		report_unreachable(c, pattern, NULL);
	cover->seen[v->index] = true;
	bind(c, pattern, &t->enumeration->variants[v->index]);
}

static void check_literal_pattern(struct checker *c, struct node *pattern, struct cover *cover)
{
	const struct type *t =
		check_as(c, pattern, cover->type, NULL, "the type of what is matched");
	if (t->kind == TYPE_ERROR) {
		cover->failed = true;
		return;
	}
	if (t->kind == TYPE_BOOL)
		cover->seen[pattern->literal.integer != 0] = true;
	for (size_t i = 0; i < cover->literals.count; i++) {
		struct node *other = cover->literals.items[i];
		if (text_equal(span_text(node_span(other)), span_text(node_span(pattern)))) {
			report_unreachable(c, pattern, other);
			return;
		}
	}
	vec_push(c->arena, &cover->literals, pattern);
}

static bool all_seen(const struct cover *cover)
{
	for (size_t i = 0; i < cover->count; i++)
		if (!cover->seen[i])
			return false;
	return cover->count > 0;
}

static void check_pattern(struct checker *c, struct node *pattern, struct cover *cover)
{
	if (cover->any || all_seen(cover)) {
		report_unreachable(c, pattern, cover->any);
		if (pattern->kind == NODE_PATTERN) { /* its names must be known to its body */
			struct cover again = *cover;
			again.seen = ARENA_ARRAY(c->arena, bool, cover->count + 1);
			check_variant_pattern(c, pattern, &again);
		}
		return;
	}
	if (pattern->kind == NODE_ANY)
		cover->any = pattern;
	else if (pattern->kind == NODE_PATTERN)
		check_variant_pattern(c, pattern, cover);
	else
		check_literal_pattern(c, pattern, cover);
}

static void report_open(struct checker *c, struct node *match, const struct cover *cover)
{
	struct buffer list = { .arena = c->arena }, arms = { .arena = c->arena };
	for (size_t i = 0; i < cover->count; i++) {
		if (cover->seen[i])
			continue;
		const struct enum_variant *v = cover->type->kind == TYPE_ENUM
			? &cover->type->enumeration->variants[i]
			: NULL;
		const struct text name = v ? v->name : i ? TEXT("true") : TEXT("false");
		buffer_format(&list, "%s%.*s", list.size ? ", " : "", TEXT_ARG(name));
		buffer_format(&arms, "`%.*s%s => ...`, ", TEXT_ARG(name),
			v && v->payload_count ? "(...)" : "");
	}
	struct diag *d = diag_new(c->diags, DIAG_MATCH_OPEN, node_span(match->kids[0]),
		"not covered: %s", list.size ? list.data : "every other value");
	diag_title(d, cover->type->name);
	if (cover->type->kind == TYPE_ENUM && cover->type->enumeration->open)
		diag_note(d,
			"%.*s comes from outside: `Unknown(code)` stands for what it may hold some "
			"day",
			TEXT_ARG(cover->type->name));
	if (arms.size)
		diag_help(d, "add %.*sor one for all of them: `_ => ...`",
			TEXT_ARG(buffer_text(&arms)));
	else
		diag_help(d, "add an arm for the others: `_ => ...`");
}

void check_arms(struct checker *c, struct node *match, arm_fn *body, void *user)
{
	struct node *subject = match->kids[0],
		    *arms = match->kids[1]; /* the same slots in MATCH and MATCH_EXPR */
	const struct type *t = check_expr(c, subject, NULL);
	struct cover cover = { .type = t };
	if (t->kind == TYPE_OPTION) {
		report_missing(c, subject, t, "`match` looks at a value that is there");
		t = cover.type = error_type(c);
	}
	cover.count = t->kind == TYPE_ENUM ? t->enumeration->count : t->kind == TYPE_BOOL ? 2 : 0;
	cover.seen = ARENA_ARRAY(c->arena, bool, cover.count + 1);
	for (uint32_t i = 0; i < arms->count; i++) {
		struct local *locals = c->scope->locals;
		struct node *pattern = kid(arms->kids[i], ARM_PATTERN);
		if (t->kind != TYPE_ERROR)
			check_pattern(c, pattern, &cover);
		else if (pattern->kind == NODE_PATTERN)
			bind(c, pattern, NULL);
		body(c, arms->kids[i], user);
		c->scope->locals = locals;
	}
	if (t->kind != TYPE_ERROR && !cover.any && !cover.failed && !all_seen(&cover))
		report_open(c, match, &cover);
}

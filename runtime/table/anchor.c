/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * anchor.c: how `selects` is an index and not a filter over all pairs. A selector stands under one
 * of its requirements: the values of its first In, else the key of its first Exists, else under
 * every labels (it says nothing positive). Labels stand under each of their pairs, each of their
 * keys, and under "every". Labels have one value per key, so a selector and labels that match meet
 * under exactly one anchor: no pair is found twice, and none is missed.
 */
#include <weft/abi/table.h>

static struct weft_anchor anchor(enum weft_anchor_kind kind, weft_id key, weft_id value)
{
	return (struct weft_anchor){ (uint32_t)kind, key, value };
}

/* The requirement that a selector stands under, NULL when there is no positive one. */
static const struct weft_requirement *positive(
	const struct weft_intern *in, struct weft_selector selector)
{
	struct weft_list list = weft_list_of(in, selector.requirements);
	const struct weft_requirement *r = list.items, *exists = NULL;
	for (size_t i = 0; i < list.count; i++) {
		if (r[i].op == WEFT_IN)
			return &r[i];
		if (r[i].op == WEFT_EXISTS && exists == NULL)
			exists = &r[i];
	}
	return exists;
}

bool weft_anchor_of_selector(const struct weft_intern *in, struct weft_selector selector, size_t n,
	struct weft_anchor *a)
{
	if (selector.kind == WEFT_SELECTOR_NOTHING)
		return false;
	const struct weft_requirement *r =
		selector.kind == WEFT_SELECTOR_MATCH ? positive(in, selector) : NULL;
	if (r == NULL || r->op == WEFT_EXISTS) {
		*a = r == NULL ? anchor(WEFT_ANCHOR_EVERY, 0, 0)
			       : anchor(WEFT_ANCHOR_KEY, r->key, 0);
		return n == 0;
	}
	struct weft_list values = weft_list_of(in, r->values);
	if (n >= values.count)
		return false;
	*a = anchor(WEFT_ANCHOR_PAIR, r->key, ((const weft_id *)values.items)[n]);
	return true;
}

bool weft_anchor_of_labels(
	const struct weft_intern *in, struct weft_list labels, size_t n, struct weft_anchor *a)
{
	const struct weft_label *l = labels.items;
	(void)in;
	if (n == 0)
		*a = anchor(WEFT_ANCHOR_EVERY, 0, 0);
	else if (n <= labels.count)
		*a = anchor(WEFT_ANCHOR_KEY, l[n - 1].key, 0);
	else if (n <= 2 * labels.count)
		*a = anchor(WEFT_ANCHOR_PAIR, l[n - 1 - labels.count].key,
			l[n - 1 - labels.count].value);
	return n <= 2 * labels.count;
}

static bool same(const struct weft_anchor *a, const struct weft_anchor *b)
{
	return a->kind == b->kind && a->key == b->key && a->value == b->value;
}

bool weft_anchor_in_selector(
	const struct weft_intern *in, struct weft_selector selector, const struct weft_anchor *a)
{
	struct weft_anchor own;
	for (size_t n = 0; weft_anchor_of_selector(in, selector, n, &own); n++)
		if (same(&own, a))
			return true;
	return false;
}

bool weft_anchor_in_labels(
	const struct weft_intern *in, struct weft_list labels, const struct weft_anchor *a)
{
	struct weft_anchor own;
	for (size_t n = 0; weft_anchor_of_labels(in, labels, n, &own); n++)
		if (same(&own, a))
			return true;
	return false;
}

uint64_t weft_anchor_hash(
	const struct weft_intern *in, uint64_t before, const struct weft_anchor *a)
{
	uint64_t h = weft_hash_u64(before, a->kind);
	if (a->kind != WEFT_ANCHOR_EVERY)
		h = weft_hash_u64(h, weft_id_hash(in, a->key));
	return a->kind == WEFT_ANCHOR_PAIR ? weft_hash_u64(h, weft_id_hash(in, a->value)) : h;
}

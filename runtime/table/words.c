/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * words.c: the words of the language that know the field: selects, like, within, contains;
 * arithmetic that saturates; and the canonical forms of labels and selectors that selects relies
 * on.
 */
#include <stdatomic.h>

#include "intern.h"

#include "base/alloc.h"
#include "base/sort.h"

/* ---- text ---- */

bool weft_text_contains(struct weft_text whole, struct weft_text part)
{
	return part.size == 0 ||
		(part.size <= whole.size &&
			memmem(whole.data, whole.size, part.data, part.size) != NULL);
}

static unsigned char fold_case(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* On a mismatch the last `*` takes one byte more: linear steps back, never exponential. */
static bool matches(struct weft_text value, struct weft_text pattern, bool fold)
{
	size_t v = 0, p = 0, star = SIZE_MAX, resume = 0;
	while (v < value.size) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star = p++;
			resume = v;
		} else if (p < pattern.size &&
			(fold ? fold_case(pattern.data[p]) == fold_case(value.data[v])
			      : pattern.data[p] == value.data[v])) {
			p++;
			v++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			v = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.size && pattern.data[p] == '*')
		p++;
	return p == pattern.size;
}

bool weft_like(struct weft_text value, struct weft_text pattern)
{
	return matches(value, pattern, false);
}

bool weft_like_host(struct weft_text value, struct weft_text pattern)
{
	return matches(value, pattern, true);
}

static struct weft_text without_scheme(struct weft_text text)
{
	static const char scheme[] = "spiffe://";
	size_t size = sizeof(scheme) - 1;
	if (text.size < size || memcmp(text.data, scheme, size) != 0)
		return text;
	return (struct weft_text){ text.data + size, text.size - size };
}

bool weft_like_identity(struct weft_text value, struct weft_text pattern)
{
	return matches(without_scheme(value), without_scheme(pattern), false);
}

/* ---- addresses ---- */

bool weft_within(struct weft_ip ip, struct weft_cidr cidr)
{
	unsigned whole = cidr.bits / 8, rest = cidr.bits % 8;
	if (whole > sizeof(ip.byte) || memcmp(ip.byte, cidr.ip.byte, whole) != 0)
		return false;
	return rest == 0 || ((ip.byte[whole] ^ cidr.ip.byte[whole]) >> (8 - rest)) == 0;
}

/* ---- labels and selectors ---- */

static const struct weft_label *find_label(
	const struct weft_intern *in, struct weft_list labels, struct weft_text key)
{
	const struct weft_label *items = labels.items;
	size_t low = 0, high = labels.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = weft_text_compare(weft_text_of(in, items[middle].key), key);
		if (c == 0)
			return &items[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct weft_opt_text weft_labels_get(
	const struct weft_intern *in, struct weft_list labels, struct weft_text key)
{
	const struct weft_label *label = find_label(in, labels, key);
	struct weft_opt_text value = { .has = label != NULL };
	if (label)
		value.value = weft_text_of(in, label->value);
	return value;
}

static bool holds(
	const struct weft_intern *in, const struct weft_requirement *r, struct weft_list labels)
{
	const struct weft_label *label = find_label(in, labels, weft_text_of(in, r->key));
	if (r->op == WEFT_EXISTS || r->op == WEFT_DOES_NOT_EXIST)
		return (label != NULL) == (r->op == WEFT_EXISTS);
	struct weft_list values = weft_list_of(in, r->values);
	bool found = false;
	for (size_t i = 0; label && i < values.count && !found; i++)
		found = ((const weft_id *)values.items)[i] == label->value;
	return found == (r->op == WEFT_IN); /* NotIn holds, too, where the key is absent:
					       Kubernetes' labels.Requirement */
}

bool weft_selects(
	const struct weft_intern *in, struct weft_selector selector, struct weft_list labels)
{
	if (selector.kind != WEFT_SELECTOR_MATCH)
		return selector.kind == WEFT_SELECTOR_EVERYTHING;
	struct weft_list requirements = weft_list_of(in, selector.requirements);
	for (size_t i = 0; i < requirements.count; i++)
		if (!holds(in, (const struct weft_requirement *)requirements.items + i, labels))
			return false;
	return true;
}

static int compare_ids(const void *in, const void *a, const void *b)
{
	const weft_id *x = a, *y = b;
	return *x == *y ? 0 : weft_text_compare(weft_text_of(in, *x), weft_text_of(in, *y));
}

static int compare_requirements(const void *in, const void *a, const void *b)
{
	return weft_value_compare(in, &weft_type_requirement, a, b);
}

/* Sorts; false: no memory. */
static bool sort_in_place(const struct weft_intern *in, void *items, size_t count, size_t size,
	weft_compare_fn *compare)
{
	char few[512];
	void *spare = count * size <= sizeof(few) ? few : weft_alloc_array(count, size);
	if (!spare)
		return false;
	weft_sort(items, spare, count, size, compare, in);
	if (spare != few)
		weft_free(spare);
	return true;
}

enum weft_status weft_intern_put_labels(
	struct weft_intern *in, struct weft_label *labels, size_t count, weft_id *id)
{
	*id = 0;
	if (!sort_in_place(
		    in, labels, count, sizeof(*labels), compare_ids)) /* the key comes first */
		return WEFT_NO_MEMORY;
	for (size_t i = 1; i < count; i++)
		if (labels[i].key == labels[i - 1].key)
			return WEFT_INVALID;
	return weft_intern_put_list(in, &weft_type_label, labels, count, id);
}

enum weft_status weft_intern_put_texts(
	struct weft_intern *in, weft_id *texts, size_t count, weft_id *id)
{
	size_t kept = 0;
	*id = 0;
	if (!sort_in_place(in, texts, count, sizeof(*texts), compare_ids))
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || texts[i] != texts[kept - 1])
			texts[kept++] = texts[i];
	return weft_intern_put_list(in, &weft_type_string, texts, kept, id);
}

enum weft_status weft_intern_put_selector(struct weft_intern *in, struct weft_requirement *all,
	size_t count, struct weft_selector *selector)
{
	*selector = (struct weft_selector){ .kind = count ? WEFT_SELECTOR_MATCH
							  : WEFT_SELECTOR_EVERYTHING };
	for (size_t i = 0; i < count; i++)
		if ((all[i].values == 0) !=
			(all[i].op == WEFT_EXISTS || all[i].op == WEFT_DOES_NOT_EXIST))
			return WEFT_INVALID;
	if (!sort_in_place(in, all, count, sizeof(*all), compare_requirements))
		return WEFT_NO_MEMORY;
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || memcmp(&all[i], &all[kept - 1], sizeof(*all)) != 0)
			all[kept++] = all[i];
	return weft_intern_put_list(in, &weft_type_requirement, all, kept, &selector->requirements);
}

/* ---- arithmetic ---- */

static _Atomic uint64_t
	saturations; /* counted for status only: like base/alloc.c's counters it decides nothing */

static int64_t saturated(bool below)
{
	atomic_fetch_add_explicit(&saturations, 1, memory_order_relaxed);
	return below ? INT64_MIN : INT64_MAX;
}

uint64_t weft_saturations(void)
{
	return atomic_load_explicit(&saturations, memory_order_relaxed);
}

int64_t weft_add(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_add_overflow(a, b, &c) ? saturated(a < 0) : c;
}

int64_t weft_subtract(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_sub_overflow(a, b, &c) ? saturated(a < 0) : c;
}

int64_t weft_multiply(int64_t a, int64_t b)
{
	int64_t c;
	return __builtin_mul_overflow(a, b, &c) ? saturated((a < 0) != (b < 0)) : c;
}

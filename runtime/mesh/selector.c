/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * selector.c: Kubernetes' label selectors and labels. A selector is a LabelSelector (matchLabels,
 * matchExpressions) or a bare map, which is matchLabels. An operator that is not known and an In
 * without values are errors, as they are for the API server: a selector that is half understood
 * would select too much or too little.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "mesh/decode_parts.h"

static enum weft_status scalar_text(
	struct weft_decode *d, const struct weft_step *at, const struct weft_doc *n, weft_id *out)
{
	if (n->kind == WEFT_DOC_NULL) { /* null in a map of texts is the empty text */
		*out = 0;
		return WEFT_OK;
	}
	if (n->kind != WEFT_DOC_TEXT)
		return weft_decode_fail(d, at, n, "text is wanted here", true);
	return weft_intern_put_text(d->intern, n->text, out);
}

static int by_label(const void *a, const void *b, void *intern)
{
	return weft_value_compare(intern, &weft_type_label, a, b);
}

static int by_requirement(const void *a, const void *b, void *intern)
{
	return weft_value_compare(intern, &weft_type_requirement, a, b);
}

static int by_text(const void *a, const void *b, void *intern)
{
	return weft_value_compare(intern, &weft_type_string, a, b);
}

enum weft_status weft_decode_labels(
	struct weft_decode *d, const struct weft_step *at, const struct weft_doc *n, weft_id *out)
{
	if (n->kind != WEFT_DOC_MAP)
		return weft_decode_fail(d, at, n, "a map of labels is wanted here", true);
	if (n->count == 0)
		return WEFT_OK;
	struct weft_label *labels = weft_alloc_array(n->count, sizeof(*labels));
	if (!labels)
		return WEFT_NO_MEMORY;
	enum weft_status status = WEFT_OK;
	size_t count = 0;
	for (const struct weft_doc *c = n->first; c && status == WEFT_OK; c = c->next, count++) {
		struct weft_step step = { .up = at, .name = c->key };
		status = weft_intern_put_text(d->intern, c->key, &labels[count].key);
		if (status == WEFT_OK)
			status = scalar_text(d, &step, c, &labels[count].value);
	}
	if (status == WEFT_OK) {
		qsort_r(labels, count, sizeof(*labels), by_label, d->intern);
		status = weft_intern_put_list(d->intern, &weft_type_label, labels, count, out);
	}
	weft_free(labels);
	return status;
}

struct requirements {
	struct weft_decode *d;
	struct weft_requirement *items;
	size_t count, room;
};

static enum weft_status add(
	struct requirements *r, struct weft_text key, uint32_t op, weft_id *values, size_t count)
{
	if (!weft_grow(&r->items, &r->room, r->count + 1, sizeof(*r->items)))
		return WEFT_NO_MEMORY;
	struct weft_requirement *q = &r->items[r->count];
	memset(q, 0, sizeof(*q));
	q->op = op;
	qsort_r(values, count, sizeof(*values), by_text, r->d->intern);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || values[i] != values[kept - 1]) /* equal texts have equal ids */
			values[kept++] = values[i];
	enum weft_status status = weft_intern_put_text(r->d->intern, key, &q->key);
	if (status == WEFT_OK && kept)
		status = weft_intern_put_list(
			r->d->intern, &weft_type_string, values, kept, &q->values);
	r->count += status == WEFT_OK;
	return status;
}

static enum weft_status match_labels(
	struct requirements *r, const struct weft_step *at, const struct weft_doc *n)
{
	enum weft_status status = WEFT_OK;
	if (n->kind != WEFT_DOC_MAP)
		return weft_decode_fail(r->d, at, n, "a map of labels is wanted here", true);
	for (const struct weft_doc *c = n->first; c && status == WEFT_OK; c = c->next) {
		struct weft_step step = { .up = at, .name = c->key };
		weft_id value;
		status = scalar_text(r->d, &step, c, &value);
		if (status == WEFT_OK)
			status = add(r, c->key, WEFT_IN, &value, 1);
	}
	return status;
}

static enum weft_status match_expression(
	struct requirements *r, const struct weft_step *at, const struct weft_doc *n)
{
	static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist" };
	const struct weft_doc *key = weft_doc_get(n, WEFT_TEXT("key")),
			      *op = weft_doc_get(n, WEFT_TEXT("operator"));
	const struct weft_doc *values = weft_doc_get(n, WEFT_TEXT("values"));
	if (!key || key->kind != WEFT_DOC_TEXT || key->text.size == 0)
		return weft_decode_fail(r->d, at, n, "an expression has a `key`, a text", false);
	uint32_t i = 0;
	while (i < 4 &&
		!(op && op->kind == WEFT_DOC_TEXT && strcmp(op->text.data, operators[i]) == 0))
		i++;
	if (i == 4)
		return weft_decode_fail(r->d, at, op ? op : n,
			"`operator` is In, NotIn, Exists or DoesNotExist", op != NULL);
	if (values && values->kind == WEFT_DOC_NULL)
		values = NULL;
	if (values && values->kind != WEFT_DOC_LIST)
		return weft_decode_fail(r->d, at, values, "`values` is a list", true);
	size_t count = values ? values->count : 0;
	bool wants = i == WEFT_IN || i == WEFT_NOT_IN;
	if (wants && count == 0)
		return weft_decode_fail(r->d, at, values ? values : n,
			"In and NotIn want at least one value", false);
	if (!wants && count)
		return weft_decode_fail(
			r->d, at, values, "Exists and DoesNotExist have no values", false);
	weft_id *ids = weft_alloc_array(count, sizeof(*ids));
	if (!ids)
		return WEFT_NO_MEMORY;
	enum weft_status status = WEFT_OK;
	size_t at_value = 0;
	for (const struct weft_doc *c = values ? values->first : NULL; c && status == WEFT_OK;
		c = c->next)
		status = c->kind == WEFT_DOC_TEXT
			? weft_intern_put_text(r->d->intern, c->text, &ids[at_value++])
			: weft_decode_fail(r->d, at, c, "a value is text", true);
	if (status == WEFT_OK)
		status = add(r, key->text, i, ids, count);
	weft_free(ids);
	return status;
}

static enum weft_status match_expressions(
	struct requirements *r, const struct weft_step *at, const struct weft_doc *n)
{
	enum weft_status status = WEFT_OK;
	struct weft_step step = { .up = at };
	if (n->kind != WEFT_DOC_LIST)
		return weft_decode_fail(r->d, at, n, "a list of expressions is wanted here", true);
	for (const struct weft_doc *c = n->first; c && status == WEFT_OK; c = c->next, step.index++)
		status = match_expression(r, &step, c);
	return status;
}

/* The child of a LabelSelector; NULL too when it is a label of that name in a bare map. */
static const struct weft_doc *part(const struct weft_doc *n, struct weft_text name)
{
	const struct weft_doc *c = weft_doc_get(n, name);
	return c && c->kind != WEFT_DOC_TEXT ? c : NULL;
}

static enum weft_status finish(struct requirements *r, struct weft_selector *out)
{
	if (r->count == 0) {
		out->kind = WEFT_SELECTOR_EVERYTHING;
		return WEFT_OK;
	}
	size_t kept = 0;
	qsort_r(r->items, r->count, sizeof(*r->items), by_requirement, r->d->intern);
	for (size_t i = 0; i < r->count; i++)
		if (kept == 0 || memcmp(&r->items[i], &r->items[kept - 1], sizeof(*r->items)) != 0)
			r->items[kept++] = r->items[i];
	out->kind = WEFT_SELECTOR_MATCH;
	return weft_intern_put_list(
		r->d->intern, &weft_type_requirement, r->items, kept, &out->requirements);
}

enum weft_status weft_decode_selector(struct weft_decode *d, const struct weft_step *at,
	const struct weft_doc *n, struct weft_selector *out)
{
	if (n->kind != WEFT_DOC_MAP)
		return weft_decode_fail(d, at, n, "a label selector is a map", true);
	struct requirements r = { .d = d };
	enum weft_status status = WEFT_OK;
	const struct weft_doc *labels = part(n, WEFT_TEXT("matchLabels")),
			      *expressions = part(n, WEFT_TEXT("matchExpressions"));
	if (!labels && !expressions) {
		status = match_labels(&r, at, n);
	} else {
		for (const struct weft_doc *c = n->first; c && status == WEFT_OK; c = c->next) {
			struct weft_step step = { .up = at, .name = c->key };
			if (c->kind == WEFT_DOC_NULL && (c == labels || c == expressions))
				continue;
			status = c == labels ? match_labels(&r, &step, c)
				: c == expressions
				? match_expressions(&r, &step, c)
				: weft_decode_fail(d, &step, c,
					  "a label selector has matchLabels and matchExpressions",
					  false);
		}
	}
	if (status == WEFT_OK)
		status = finish(&r, out);
	weft_free(r.items);
	return status;
}

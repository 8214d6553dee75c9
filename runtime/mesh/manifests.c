/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * manifests.c: Kubernetes objects in files. An object belongs to the sources whose record names its
 * group and kind; the version may differ, as the API server converts between versions: what does
 * not fit is rejected, never passed over. Lists (`kind: List`, `kind: ServiceList`) are their
 * items. Kinds that nobody collects are ignored.
 */
#include "mesh/sources.h"

struct kind {
	struct weft_text group, kind; /* "security.istio.io", "AuthorizationPolicy"; core: "" */
};

/* "v1", "apps/v1" */
static struct weft_text group_of(struct weft_text version)
{
	const char *slash = version.size ? memchr(version.data, '/', version.size) : NULL;
	return (struct weft_text){ version.data, slash ? (size_t)(slash - version.data) : 0 };
}

/* "v1/Service", "security.istio.io/v1/AuthorizationPolicy" */
static struct kind kind_of_origin(const char *origin)
{
	const char *last = strrchr(origin, '/');
	struct weft_text version = { origin, last ? (size_t)(last - origin) : 0 };
	const char *kind = last ? last + 1 : origin;
	return (struct kind){ group_of(version), { kind, strlen(kind) } };
}

static bool is_text(const struct weft_doc *n)
{
	return n && n->kind == WEFT_DOC_TEXT && n->text.size > 0;
}

static bool wants(const struct weft_objects *o, size_t i, struct kind k)
{
	const char *origin = weft_objects_source(o, i)->origin;
	if (!origin)
		return false;
	struct kind is = kind_of_origin(origin);
	return weft_text_equal(is.kind, k.kind) && weft_text_equal(is.group, k.group);
}

static bool is_collected(const struct weft_objects *o, struct kind k)
{
	for (size_t i = 0; i < weft_objects_source_count(o); i++)
		if (wants(o, i, k))
			return true;
	return false;
}

/* apiVersion and kind; in a typed list (`ServiceList`) the items may leave them out. False: it has
 * none. */
static bool kind_of(const struct weft_doc *n, const struct kind *inherited, struct kind *out)
{
	const struct weft_doc *version = weft_doc_get(n, WEFT_TEXT("apiVersion")),
			      *kind = weft_doc_get(n, WEFT_TEXT("kind"));
	if (!version && !kind && inherited) {
		*out = *inherited;
		return true;
	}
	if (!is_text(version) || !is_text(kind))
		return false;
	*out = (struct kind){ group_of(version->text), kind->text };
	return true;
}

/* The items of a list, NULL if it is none. */
static const struct weft_doc *items_of(
	const struct weft_objects *o, const struct weft_doc *n, struct kind k)
{
	const struct weft_doc *items = weft_doc_get(n, WEFT_TEXT("items"));
	bool named = k.kind.size >= 4 && memcmp(k.kind.data + k.kind.size - 4, "List", 4) == 0;
	return named && items && items->kind == WEFT_DOC_LIST && !is_collected(o, k) ? items : NULL;
}

static enum weft_status broken_for(struct weft_reading *r, const struct weft_objects *o,
	const struct kind *k, const struct weft_doc *partial, uint32_t line, const char *reason)
{
	if (!k)
		return weft_reading_broken(r, WEFT_ALL_SOURCES, partial, line, reason);
	enum weft_status status = WEFT_OK;
	bool any = false;
	for (size_t i = 0; i < weft_objects_source_count(o) && status == WEFT_OK; i++)
		if (wants(o, i, *k)) {
			status = weft_reading_broken(r, i, partial, line, reason);
			any = true;
		}
	return any || status != WEFT_OK
		? status
		: weft_reading_broken(r, WEFT_NO_SOURCE, partial, line, reason);
}

static enum weft_status read_object(struct weft_reading *r, const struct weft_objects *o,
	const struct weft_doc *n, const struct kind *inherited);

static enum weft_status read_list(struct weft_reading *r, const struct weft_objects *o,
	const struct weft_doc *n, const struct weft_doc *items, struct kind k)
{
	struct kind item = { k.group, { k.kind.data, k.kind.size - 4 } };
	enum weft_status status = WEFT_OK;
	bool inside = !n->flaw;
	for (const struct weft_doc *c = items->first; c && status == WEFT_OK; c = c->next) {
		inside = inside || c->flaw == n->flaw;
		status = read_object(r, o, c, item.kind.size ? &item : NULL);
	}
	/* a flaw of the list itself, for example `items` twice: which objects were meant is not
	 * known */
	return status == WEFT_OK && !inside
		? broken_for(r, o, NULL, NULL, n->flaw->line, n->flaw->reason)
		: status;
}

static enum weft_status read_object(struct weft_reading *r, const struct weft_objects *o,
	const struct weft_doc *n, const struct kind *inherited)
{
	struct kind k;
	if (!kind_of(n, inherited, &k)) {
		/* not meant for Kubernetes at all, or an object that nobody can tell the kind of?
		 */
		static const struct weft_text marks[] = { { "apiVersion", 10 }, { "kind", 4 },
			{ "metadata", 8 } };
		for (size_t i = 0; i < 3; i++)
			if (weft_doc_get(n, marks[i]))
				return broken_for(r, o, NULL, n, n->line,
					"an object has an `apiVersion` and a `kind`, both text");
		return WEFT_OK;
	}
	const struct weft_doc *items = items_of(o, n, k);
	if (items)
		return read_list(r, o, n, items, k);
	enum weft_status status = WEFT_OK;
	for (size_t i = 0; i < weft_objects_source_count(o) && status == WEFT_OK; i++)
		if (wants(o, i, k))
			status = weft_reading_add(r, i, n);
	return status;
}

/* A document that breaks off: whose it was, as far as it can be told from what stands before. */
static enum weft_status read_broken(
	struct weft_reading *r, const struct weft_objects *o, const struct weft_document *d)
{
	struct kind k;
	bool known = kind_of(d->root, NULL, &k);
	const struct weft_doc *items = known ? items_of(o, d->root, k) : NULL;
	if (!items)
		return broken_for(
			r, o, known ? &k : NULL, d->root, d->broken->line, d->broken->reason);
	const struct weft_doc *last = items->first;
	while (last && last->next)
		last = last->next;
	return broken_for(r, o, NULL, last, d->broken->line, d->broken->reason);
}

enum weft_status weft_manifests_read(
	struct weft_reading *r, struct weft_objects *o, const char *name, struct weft_text bytes)
{
	struct weft_documents documents;
	size_t size = strlen(name);
	bool json = size > 5 && strcmp(name + size - 5, ".json") == 0;
	enum weft_status status = weft_documents_read(
		&documents, json ? WEFT_DOCUMENT_JSON : WEFT_DOCUMENT_YAML, bytes);
	for (const struct weft_document *d = documents.first; d && status == WEFT_OK; d = d->next)
		status = d->broken ? read_broken(r, o, d) : read_object(r, o, d->root, NULL);
	weft_documents_free(&documents);
	return status;
}

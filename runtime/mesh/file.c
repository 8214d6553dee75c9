/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * file.c: `from file(...)`: the rows of one collection in one file of the user's own. A list is its
 * elements, a map is one row, several documents are several of these; a record that Kubernetes has
 * may stand there as manifests do. A file that is named neither .yaml nor .json holds lines
 * `key="value"`, as the downward API writes labels and annotations: they are what every Labels
 * field of the record reads.
 */
#include "base/alloc.h"
#include "mesh/sources.h"

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n > e && strcmp(name + n - e, end) == 0;
}

/* A type that is not a record is a column of its own. */
static bool is_bare(const struct weft_type *row)
{
	return row->field_count == 1 && !row->fields[0].path &&
		strcmp(row->fields[0].name, "value") == 0;
}

/* The document as the row type reads it: a bare value is put under the name of its column. */
static enum weft_status add(struct weft_reading *r, struct weft_objects *o,
	struct weft_documents *memory, const struct weft_doc *n)
{
	const struct weft_type *row = weft_objects_row(o, 0);
	if (!is_bare(row) || weft_doc_get(n, WEFT_TEXT("value")))
		return weft_reading_add(r, 0, n);
	struct weft_doc *map = weft_documents_alloc(memory, sizeof(*map)),
			*value = weft_documents_alloc(memory, sizeof(*value));
	if (!map || !value)
		return WEFT_NO_MEMORY;
	*value = *n;
	value->next = NULL;
	value->has_key = true;
	value->key = WEFT_TEXT("value");
	*map = (struct weft_doc){
		.kind = WEFT_DOC_MAP, .line = n->line, .count = 1, .first = value, .flaw = n->flaw
	};
	return weft_reading_add(r, 0, map);
}

static enum weft_status read_documents(struct weft_reading *r, struct weft_objects *o,
	enum weft_document_format format, struct weft_text bytes)
{
	struct weft_documents documents;
	enum weft_status status = weft_documents_read(&documents, format, bytes);
	bool list_is_value = is_bare(weft_objects_row(o, 0)) &&
		weft_objects_row(o, 0)->fields[0].type->kind == WEFT_KIND_LIST;
	for (const struct weft_document *d = documents.first; d && status == WEFT_OK; d = d->next) {
		if (d->broken) {
			status = weft_reading_broken(
				r, 0, d->root, d->broken->line, d->broken->reason);
		} else if (d->root->kind == WEFT_DOC_LIST && !list_is_value) {
			for (const struct weft_doc *n = d->root->first; n && status == WEFT_OK;
				n = n->next)
				status = add(r, o, &documents, n);
		} else {
			status = add(r, o, &documents, d->root);
		}
	}
	weft_documents_free(&documents);
	return status;
}

/* ---- key="value" ---- */

struct lines {
	struct weft_documents documents;
	struct weft_builder b;
	struct weft_buffer value;
	const char *at, *end;
	uint32_t line;
};

/* The text behind `=`, in Go's %q form or bare. False: broken. */
static bool read_value(struct lines *l)
{
	static const char from[] = "\"\\abfnrtv", to[] = "\"\\\a\b\f\n\r\t\v";
	l->value.size = 0;
	if (l->at == l->end || *l->at != '"') {
		const char *begin = l->at;
		while (l->at < l->end && *l->at != '\n' && *l->at != '\r')
			l->at++;
		weft_buffer_add(&l->value, begin, (size_t)(l->at - begin));
		return true;
	}
	for (l->at++; l->at < l->end && *l->at != '"' && *l->at != '\n'; l->at++) {
		if (*l->at != '\\') {
			weft_buffer_add(&l->value, l->at, 1);
			continue;
		}
		const char *p = ++l->at < l->end && *l->at ? strchr(from, *l->at) : NULL;
		if (!p) {
			weft_builder_fail(&l->b, l->line, "no such escape in the value of a label");
			return false;
		}
		weft_buffer_add(&l->value, &to[p - from], 1);
	}
	if (l->at == l->end || *l->at != '"') {
		weft_builder_fail(&l->b, l->line, "the value of a label wants its closing quote");
		return false;
	}
	l->at++;
	return true;
}

static bool read_line(struct lines *l)
{
	while (l->at < l->end && (*l->at == ' ' || *l->at == '\t' || *l->at == '\r'))
		l->at++;
	if (l->at < l->end && *l->at != '\n' && *l->at != '#') {
		const char *equals = memchr(l->at, '=', (size_t)(l->end - l->at)),
			   *stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
		if (!equals || equals == l->at || (stop && stop < equals)) {
			weft_builder_fail(&l->b, l->line, "a line of labels is key=\"value\"");
			return false;
		}
		struct weft_text key = { l->at, (size_t)(equals - l->at) };
		l->at = equals + 1;
		if (!read_value(l) || !weft_builder_key(&l->b, l->line, key) ||
			!weft_builder_scalar(&l->b, WEFT_DOC_TEXT, l->line,
				(struct weft_text){
					l->value.data ? l->value.data : "", l->value.size }))
			return false;
	}
	while (l->at < l->end && *l->at != '\n')
		l->at++;
	l->at += l->at < l->end;
	l->line++;
	return true;
}

static bool takes_labels(const struct weft_field *f)
{
	return f->type->kind == WEFT_KIND_LABELS ||
		(f->type->kind == WEFT_KIND_MAP &&
			f->type->item->fields[0].type->kind == WEFT_KIND_STRING &&
			f->type->item->fields[1].type->kind == WEFT_KIND_STRING);
}

/* { labels: { app: web } } for the field `labels`; nested for a path like metadata.labels. */
static struct weft_doc *under_path(
	struct weft_documents *memory, const char *path, const struct weft_doc *labels)
{
	size_t size = strcspn(path, ".");
	struct weft_doc *n = weft_documents_alloc(memory, sizeof(*n));
	if (!n)
		return NULL;
	if (path[size]) {
		*n = (struct weft_doc){ .kind = WEFT_DOC_MAP, .line = labels->line, .count = 1 };
		n->first = under_path(memory, path + size + 1, labels);
		if (!n->first)
			return NULL;
	} else {
		*n = *labels;
	}
	n->has_key = true;
	n->key = (struct weft_text){ path, size };
	return n;
}

static enum weft_status add_labels(struct weft_reading *r, struct weft_objects *o, struct lines *l,
	const struct weft_doc *labels)
{
	const struct weft_type *row = weft_objects_row(o, 0);
	struct weft_doc root = { .kind = WEFT_DOC_MAP, .line = 1, .flaw = labels->flaw };
	for (size_t i = 0; i < row->field_count; i++) {
		const struct weft_field *f = &row->fields[i];
		if (!takes_labels(f))
			continue;
		struct weft_doc *n = under_path(&l->documents, f->path ? f->path : f->name, labels);
		if (!n)
			return WEFT_NO_MEMORY;
		n->next = root.first;
		root.first = n;
		root.count++;
	}
	return weft_reading_add(r, 0, &root);
}

static enum weft_status read_lines(
	struct weft_reading *r, struct weft_objects *o, struct weft_text bytes)
{
	struct lines l = { .at = bytes.data, .end = bytes.data + bytes.size, .line = 1 };
	l.b.documents = &l.documents;
	enum weft_status status = weft_builder_begin(&l.b);
	if (status == WEFT_OK && weft_builder_open(&l.b, WEFT_DOC_MAP, 1))
		while (l.at < l.end && read_line(&l))
			;
	if (status == WEFT_OK)
		weft_builder_end(&l.b);
	status = l.value.failed ? WEFT_NO_MEMORY : l.b.status;
	const struct weft_document *d = l.documents.first;
	if (status == WEFT_OK && d && d->broken)
		status = weft_reading_broken(r, 0, NULL, d->broken->line, d->broken->reason);
	else if (status == WEFT_OK && d)
		status = add_labels(r, o, &l, d->root);
	weft_buffer_free(&l.value);
	weft_documents_free(&l.documents);
	return status;
}

enum weft_status weft_file_read(
	struct weft_reading *r, struct weft_objects *o, const char *name, struct weft_text bytes)
{
	bool yaml = ends_with(name, ".yaml") || ends_with(name, ".yml"),
	     json = ends_with(name, ".json");
	if ((yaml || json) && weft_objects_source(o, 0)->origin)
		return weft_manifests_read(r, o, name, bytes);
	if (yaml || json)
		return read_documents(r, o, json ? WEFT_DOCUMENT_JSON : WEFT_DOCUMENT_YAML, bytes);
	if (bytes.size > WEFT_DOCUMENT_BYTES_MAX)
		return weft_reading_broken(r, 0, NULL, 1, "the file is too large");
	return read_lines(r, o, bytes);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * document.c: the tree that YAML and JSON files become, and its builder: the limits are checked
 * here, in one place, and here a broken document is closed so that what stood before the break can
 * still be looked at (whose object was it?). All memory of a file's documents is a chain of blocks
 * that goes at once.
 */
#include "proto/document.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

struct weft_block {
	struct weft_block *next;
	size_t used, room;
	char bytes[];
};

enum { BLOCK_BYTES = 64 << 10 };

void *weft_documents_alloc(struct weft_documents *d, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	struct weft_block *b = d->blocks;
	if (!b || b->room - b->used < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		b = weft_alloc(sizeof(*b) + room);
		if (!b)
			return NULL;
		b->used = 0;
		b->room = room;
		b->next = d->blocks;
		d->blocks = b;
	}
	void *at = b->bytes + b->used;
	b->used += size;
	return at;
}

void weft_documents_free(struct weft_documents *d)
{
	for (struct weft_block *next, *b = d->blocks; b; b = next) {
		next = b->next;
		weft_free(b);
	}
	memset(d, 0, sizeof(*d));
}

static bool copy_text(struct weft_documents *d, struct weft_text from, struct weft_text *to)
{
	char *bytes = weft_documents_alloc(d, from.size + 1);
	if (!bytes)
		return false;
	if (from.size)
		memcpy(bytes, from.data, from.size);
	*to = (struct weft_text){ bytes, from.size };
	return true;
}

static enum weft_status flaw_make_v(struct weft_documents *d, const struct weft_flaw **out,
	uint32_t line, const char *format, va_list args)
{
	char reason[400];
	int n = vsnprintf(reason, sizeof(reason), format, args);
	if (n < 0)
		n = 0;
	size_t size = (size_t)n < sizeof(reason) ? (size_t)n : sizeof(reason) - 1;
	struct weft_flaw *flaw = weft_documents_alloc(d, sizeof(*flaw));
	struct weft_text text;
	if (!flaw || !copy_text(d, (struct weft_text){ reason, size }, &text))
		return WEFT_NO_MEMORY;
	flaw->line = line;
	flaw->reason = text.data;
	*out = flaw;
	return WEFT_OK;
}

enum weft_status weft_flaw_make(struct weft_documents *d, const struct weft_flaw **out,
	uint32_t line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	enum weft_status status = flaw_make_v(d, out, line, format, args);
	va_end(args);
	return status;
}

/* ---- the builder ---- */

enum weft_status weft_builder_begin(struct weft_builder *b)
{
	b->depth = 0;
	b->has_key = false;
	b->document = weft_documents_alloc(b->documents, sizeof(*b->document));
	if (!b->document)
		b->status = WEFT_NO_MEMORY;
	return b->status;
}

void weft_builder_fail(struct weft_builder *b, uint32_t line, const char *format, ...)
{
	if (b->document->broken)
		return;
	va_list args;
	va_start(args, format);
	if (flaw_make_v(b->documents, &b->document->broken, line, format, args) != WEFT_OK)
		b->status = WEFT_NO_MEMORY;
	va_end(args);
}

static struct weft_doc *add(struct weft_builder *b, enum weft_doc_kind kind, uint32_t line)
{
	if (b->documents->nodes >= WEFT_DOCUMENT_NODES_MAX) {
		weft_builder_fail(
			b, line, "the file has more than %d values", WEFT_DOCUMENT_NODES_MAX);
		return NULL;
	}
	struct weft_doc *n = weft_documents_alloc(b->documents, sizeof(*n));
	if (!n) {
		b->status = WEFT_NO_MEMORY;
		return NULL;
	}
	b->documents->nodes++;
	n->kind = (uint8_t)kind;
	n->line = line;
	if (b->depth == 0) {
		b->document->root = n;
		return n;
	}
	struct weft_doc *parent = b->open[b->depth - 1].node;
	if (parent->kind == WEFT_DOC_MAP) {
		n->key = b->key;
		n->has_key = true;
		b->has_key = false;
	}
	if (b->open[b->depth - 1].last)
		b->open[b->depth - 1].last->next = n;
	else
		parent->first = n;
	b->open[b->depth - 1].last = n;
	parent->count++;
	return n;
}

struct weft_doc *weft_builder_top(struct weft_builder *b)
{
	return b->depth ? b->open[b->depth - 1].node : NULL;
}

bool weft_builder_scalar(
	struct weft_builder *b, enum weft_doc_kind kind, uint32_t line, struct weft_text text)
{
	struct weft_doc *n = add(b, kind, line);
	if (!n)
		return false;
	if (!copy_text(b->documents, text, &n->text)) {
		b->status = WEFT_NO_MEMORY;
		return false;
	}
	n->truth = kind == WEFT_DOC_BOOL && text.size > 0 &&
		memchr("tTyYoO1", text.data[0], 7) != NULL &&
		!(text.size == 3 && (text.data[1] | 0x20) == 'f'); /* "off" begins like "on" */
	return true;
}

bool weft_builder_open(struct weft_builder *b, enum weft_doc_kind kind, uint32_t line)
{
	if (b->depth == WEFT_DOCUMENT_DEPTH_MAX) {
		weft_builder_fail(
			b, line, "lists and maps nest deeper than %d", WEFT_DOCUMENT_DEPTH_MAX);
		return false;
	}
	struct weft_doc *n = add(b, kind, line);
	if (!n)
		return false;
	b->open[b->depth].node = n;
	b->open[b->depth++].last = NULL;
	return true;
}

bool weft_builder_key(struct weft_builder *b, uint32_t line, struct weft_text key)
{
	(void)line;
	if (!copy_text(b->documents, key, &b->key)) {
		b->status = WEFT_NO_MEMORY;
		return false;
	}
	b->has_key = true;
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct weft_doc *x = *(struct weft_doc *const *)a, *y = *(struct weft_doc *const *)b;
	if (x->key.size != y->key.size)
		return x->key.size < y->key.size ? -1 : 1;
	int c = memcmp(x->key.data, y->key.data, x->key.size);
	return c ? c : x->line < y->line ? -1 : x->line > y->line;
}

static bool note_twice(struct weft_builder *b, struct weft_doc *map, const struct weft_doc *one,
	const struct weft_doc *two)
{
	int shown = two->key.size > 100 ? 100 : (int)two->key.size;
	if (weft_flaw_make(b->documents, &map->flaw, two->line,
		    "the key `%.*s` stands twice in one map, first in line %u", shown,
		    two->key.data, one->line) == WEFT_OK)
		return true;
	b->status = WEFT_NO_MEMORY;
	return false;
}

static bool check_keys(struct weft_builder *b, struct weft_doc *map)
{
	if (map->count < 2)
		return true;
	if (map->count <= 8) {
		for (const struct weft_doc *x = map->first; x; x = x->next)
			for (const struct weft_doc *y = x->next; y; y = y->next)
				if (weft_text_equal(x->key, y->key))
					return note_twice(b, map, x, y);
		return true;
	}
	struct weft_doc **all =
		weft_documents_alloc(b->documents, map->count * sizeof(struct weft_doc *));
	if (!all) {
		b->status = WEFT_NO_MEMORY;
		return false;
	}
	size_t n = 0;
	for (struct weft_doc *x = map->first; x; x = x->next)
		all[n++] = x;
	qsort(all, n, sizeof(struct weft_doc *), by_key);
	for (size_t i = 1; i < n; i++)
		if (weft_text_equal(all[i - 1]->key, all[i]->key))
			return note_twice(b, map, all[i - 1], all[i]);
	return true;
}

bool weft_builder_close(struct weft_builder *b)
{
	struct weft_doc *n = b->open[--b->depth].node;
	bool good = true;
	if (n->kind == WEFT_DOC_MAP && !n->flaw)
		good = check_keys(b, n);
	if (n->flaw && b->depth && !b->open[b->depth - 1].node->flaw)
		b->open[b->depth - 1].node->flaw = n->flaw;
	b->has_key = false;
	return good;
}

void weft_builder_end(struct weft_builder *b)
{
	while (b->depth)
		weft_builder_close(b);
	struct weft_document *document = b->document;
	b->document = NULL;
	if (!document->broken && (!document->root || document->root->kind == WEFT_DOC_NULL))
		return;
	if (b->documents->last)
		b->documents->last->next = document;
	else
		b->documents->first = document;
	b->documents->last = document;
	b->documents->count++;
}

bool weft_builder_copy(
	struct weft_builder *b, const struct weft_doc *from, uint32_t line, size_t *budget)
{
	if (*budget == 0) {
		weft_builder_fail(b, line, "aliases stand for more than %d values",
			WEFT_DOCUMENT_ALIASES_MAX);
		return false;
	}
	--*budget;
	if (from->kind < WEFT_DOC_LIST)
		return weft_builder_scalar(b, (enum weft_doc_kind)from->kind, line, from->text);
	if (!weft_builder_open(b, (enum weft_doc_kind)from->kind, line))
		return false;
	b->open[b->depth - 1].node->flaw = from->flaw;
	for (const struct weft_doc *n = from->first; n; n = n->next) {
		if (n->has_key && !weft_builder_key(b, line, n->key))
			return false;
		if (!weft_builder_copy(b, n, line, budget))
			return false;
	}
	return weft_builder_close(b);
}

/* ---- files ---- */

enum weft_status weft_documents_read(
	struct weft_documents *d, enum weft_document_format format, struct weft_text text)
{
	memset(d, 0, sizeof(*d));
	if (text.size > WEFT_DOCUMENT_BYTES_MAX) {
		struct weft_builder b = { .documents = d };
		if (weft_builder_begin(&b) == WEFT_OK) {
			weft_builder_fail(&b, 1, "the file is larger than %d MiB",
				WEFT_DOCUMENT_BYTES_MAX >> 20);
			weft_builder_end(&b);
		}
		return b.status;
	}
	return format == WEFT_DOCUMENT_JSON ? weft_json_read(d, text, true)
					    : weft_yaml_read(d, text);
}

enum weft_status weft_documents_read_json(struct weft_documents *d, struct weft_text text)
{
	memset(d, 0, sizeof(*d));
	return weft_json_read(d, text, false);
}

/* ---- looking ---- */

const struct weft_doc *weft_doc_get(const struct weft_doc *map, struct weft_text key)
{
	if (!map || map->kind != WEFT_DOC_MAP)
		return NULL;
	for (const struct weft_doc *n = map->first; n; n = n->next)
		if (weft_text_equal(n->key, key))
			return n;
	return NULL;
}

const struct weft_doc *weft_doc_at(const struct weft_doc *n, const char *path)
{
	while (n) {
		size_t size = strcspn(path, ".");
		n = weft_doc_get(n, (struct weft_text){ path, size });
		if (!path[size])
			break;
		path += size + 1;
	}
	return n;
}

/* The number without YAML's `_`, as C reads it; false if it is too long to be one. */
static bool plain_digits(const struct weft_doc *n, char *out, size_t room)
{
	size_t used = 0;
	for (size_t i = 0; i < n->text.size; i++) {
		if (n->text.data[i] == '_')
			continue;
		if (used + 1 >= room)
			return false;
		out[used++] = n->text.data[i];
	}
	out[used] = 0;
	return used > 0;
}

enum weft_status weft_doc_int(const struct weft_doc *n, int64_t *out)
{
	char digits[400];
	if (n->kind != WEFT_DOC_NUMBER || !plain_digits(n, digits, sizeof(digits)))
		return WEFT_INVALID;
	const char *at = digits;
	bool negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	int base = 10;
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'o' || at[1] == 'b')) {
		base = at[1] == 'x' ? 16 : at[1] == 'o' ? 8 : 2;
		at += 2;
	} else if (at[0] == '0' && at[1] && strspn(at, "01234567") == strlen(at)) {
		base = 8;
	}
	char *end;
	errno = 0;
	unsigned long long value = strtoull(at, &end, base);
	if (*end == 0 && errno == 0 && *at != '-' && *at != '+') {
		if (value > (unsigned long long)INT64_MAX + negative)
			return WEFT_INVALID;
		*out = negative ? (int64_t)(0 - value) : (int64_t)value;
		return WEFT_OK;
	}
	double d;
	if (base != 10 || weft_doc_float(n, &d) != WEFT_OK || d != floor(d) ||
		fabs(d) > 9007199254740992.0)
		return WEFT_INVALID;
	*out = (int64_t)d;
	return WEFT_OK;
}

enum weft_status weft_doc_float(const struct weft_doc *n, double *out)
{
	char digits[400], *end;
	if (n->kind != WEFT_DOC_NUMBER || !plain_digits(n, digits, sizeof(digits)))
		return WEFT_INVALID;
	double d = strtod(digits, &end);
	if (*end || !isfinite(d))
		return WEFT_INVALID;
	*out = d == 0 ? 0 : d; /* -0 becomes 0 */
	return WEFT_OK;
}

void weft_doc_describe(const struct weft_doc *n, struct weft_buffer *out)
{
	int size = n->text.size > 60 ? 60 : (int)n->text.size;
	const char *more = n->text.size > 60 ? "..." : "";
	switch (n->kind) {
	case WEFT_DOC_NULL:
		weft_buffer_format(out, "nothing");
		break;
	case WEFT_DOC_BOOL:
		weft_buffer_format(out, "the truth value %.*s%s", size, n->text.data, more);
		break;
	case WEFT_DOC_NUMBER:
		weft_buffer_format(out, "the number %.*s%s", size, n->text.data, more);
		break;
	case WEFT_DOC_TEXT:
		weft_buffer_format(out, "the text \"%.*s%s\"", size, n->text.data, more);
		break;
	case WEFT_DOC_LIST:
		weft_buffer_format(out, "a list");
		break;
	case WEFT_DOC_MAP:
		weft_buffer_format(out, "a map");
		break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * salvage.c: what a broken document probably was about. Its lines are looked at one by one, without
 * any grammar: keys of the outermost map and of the maps in it, where they stand on lines of their
 * own or in `{name: web, namespace: shop}`. Only what the reading before the break did not give is
 * added; nobody takes the document for readable.
 */
#include "proto/document.h"

enum { KEYS_MAX = 1000 }; /* of a map that is worth looking at */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		(c && strchr("_-./", c));
}

static bool is_plain(struct weft_text value)
{
	return value.size && is_word(value.data[0]) && !strchr("_-./", value.data[0]);
}

static struct weft_text trim(struct weft_text t)
{
	while (t.size && strchr(" \t\r", t.data[0]) && t.data[0])
		t.data++, t.size--;
	while (t.size && strchr(" \t\r,}", t.data[t.size - 1]) && t.data[t.size - 1])
		t.size--;
	return t;
}

static struct weft_text unquote(struct weft_text t)
{
	t = trim(t);
	bool quoted = t.size >= 2 && (t.data[0] == '"' || t.data[0] == '\'') &&
		t.data[t.size - 1] == t.data[0];
	return quoted ? (struct weft_text){ t.data + 1, t.size - 2 } : t;
}

/* `key: value` at the start of the text; the value may be empty. */
static bool split(struct weft_text t, struct weft_text *key, struct weft_text *value)
{
	t = trim(t);
	size_t quote = t.size && (t.data[0] == '"' || t.data[0] == '\''), end = quote;
	while (end < t.size && is_word(t.data[end]))
		end++;
	*key = (struct weft_text){ t.data + quote, end - quote };
	if (quote && (end == t.size || t.data[end++] != t.data[0]))
		return false;
	if (key->size == 0 || end == t.size || t.data[end] != ':' ||
		(end + 1 < t.size && t.data[end + 1] != ' '))
		return false;
	*value = unquote((struct weft_text){ t.data + end + 1, t.size - end - 1 });
	const char *comment = value->size ? memmem(value->data, value->size, " #", 2) : NULL;
	if (comment)
		*value =
			unquote((struct weft_text){ value->data, (size_t)(comment - value->data) });
	return true;
}

static struct weft_text copy(struct weft_documents *d, struct weft_text t)
{
	char *bytes = weft_documents_alloc(d, t.size + 1);
	if (!bytes)
		return (struct weft_text){ NULL, 0 };
	if (t.size)
		memcpy(bytes, t.data, t.size);
	return (struct weft_text){ bytes, t.size };
}

/* The child of this key, made when it is not there; NULL: no memory. */
static struct weft_doc *child(struct weft_documents *d, struct weft_doc *map, struct weft_text key,
	enum weft_doc_kind kind, struct weft_text text, uint32_t line)
{
	struct weft_doc **at = &map->first;
	for (; *at && map->count <= KEYS_MAX; at = &(*at)->next)
		if (weft_text_equal((*at)->key, key))
			return *at;
	if (*at || map->count >= KEYS_MAX)
		return NULL;
	struct weft_doc *n = weft_documents_alloc(d, sizeof(*n));
	if (!n)
		return NULL;
	n->kind = (uint8_t)kind;
	n->line = line;
	n->has_key = true;
	n->key = copy(d, key);
	n->text = copy(d, text);
	if (!n->key.data || !n->text.data)
		return NULL;
	*at = n;
	map->count++;
	return n;
}

/* name: web, namespace: shop */
static void inside(
	struct weft_documents *d, struct weft_doc *map, struct weft_text t, uint32_t line)
{
	while (t.size && map && map->kind == WEFT_DOC_MAP) {
		const char *comma = memchr(t.data, ',', t.size);
		size_t size = comma ? (size_t)(comma - t.data) : t.size;
		struct weft_text key, value;
		if (split((struct weft_text){ t.data, size }, &key, &value) && is_plain(value))
			child(d, map, key, WEFT_DOC_TEXT, value, line);
		size += comma != NULL;
		t = (struct weft_text){ t.data + size, t.size - size };
	}
}

struct salvage {
	struct weft_documents *documents;
	struct weft_doc *root, *open; /* open: the map whose keys may follow */
	size_t outer, inner;          /* indents; SIZE_MAX: not known yet */
};

static void one_line(struct salvage *s, struct weft_text t, uint32_t line)
{
	size_t indent = 0, at = 0;
	struct weft_text key, value;
	for (; at < t.size && (t.data[at] == ' ' || t.data[at] == '\t'); at++)
		indent += t.data[at] == ' ' ? 1 : 8;
	if (!split((struct weft_text){ t.data + at, t.size - at }, &key, &value))
		return;
	if (s->outer == SIZE_MAX)
		s->outer = indent;
	bool scalar = is_plain(value);
	if (indent == s->outer) {
		s->inner = SIZE_MAX;
		s->open = child(s->documents, s->root, key, scalar ? WEFT_DOC_TEXT : WEFT_DOC_MAP,
			scalar ? value : (struct weft_text){ "", 0 }, line);
		if (value.size && value.data[0] == '{')
			inside(s->documents, s->open,
				(struct weft_text){ value.data + 1, value.size - 1 }, line);
	} else if (indent > s->outer && s->open && s->open->kind == WEFT_DOC_MAP) {
		if (s->inner == SIZE_MAX)
			s->inner = indent;
		if (indent == s->inner && scalar)
			child(s->documents, s->open, key, WEFT_DOC_TEXT, value, line);
	}
}

void weft_document_salvage(struct weft_documents *d, struct weft_document *document,
	struct weft_text text, uint32_t line)
{
	struct salvage s = {
		.documents = d, .root = document->root, .outer = SIZE_MAX, .inner = SIZE_MAX
	};
	if (!s.root || s.root->kind != WEFT_DOC_MAP) {
		s.root = weft_documents_alloc(d, sizeof(*s.root));
		if (!s.root)
			return;
		s.root->kind = WEFT_DOC_MAP;
		s.root->line = line;
	}
	for (size_t at = 0; at < text.size; line++) {
		const char *end = memchr(text.data + at, '\n', text.size - at);
		size_t size = end ? (size_t)(end - text.data) - at : text.size - at;
		one_line(&s, (struct weft_text){ text.data + at, size }, line);
		at += size + 1;
	}
	if (s.root->first)
		document->root = s.root;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * yaml.c: YAML 1.1 through libyaml, the only file that sees it. Plain scalars mean what kubectl
 * takes them for. A file is cut at its document markers first (`---` and `...` at the start of a
 * line, which no scalar may contain), so that one broken document does not hide the next one.
 * Aliases are copied, within a limit; merge keys (`<<`) are applied.
 */
#include "proto/document.h"

#include <yaml.h>

struct yaml {
	yaml_parser_t parser;
	struct weft_builder b;
	uint32_t line, last_line; /* the chunk's first and last one */
	struct {
		struct weft_text name;
		const struct weft_doc *node; /* filled when it is complete */
		unsigned depth;              /* of a container: where it stands open */
	} anchors[WEFT_DOCUMENT_ANCHORS_MAX];
	size_t anchor_count;
	size_t alias_budget;
	uint64_t merge_work; /* keys compared for `<<`, at most */
};

static struct weft_text text_of(const yaml_char_t *s)
{
	return (struct weft_text){ (const char *)s, s ? strlen((const char *)s) : 0 };
}

static bool is_one_of(struct weft_text t, const char *const *words)
{
	for (; *words; words++)
		if (t.size == strlen(*words) && memcmp(t.data, *words, t.size) == 0)
			return true;
	return false;
}

/* [-+]? digits with `_`, 0x, 0o, 0b, decimals, exponents, .inf, .nan */
static bool looks_numeric(struct weft_text t)
{
	static const char *const special[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN",
		NULL };
	size_t i = t.size && (t.data[0] == '-' || t.data[0] == '+');
	if (is_one_of((struct weft_text){ t.data + i, t.size - i }, special))
		return true;
	if (t.size - i > 2 && t.data[i] == '0' && strchr("xob", t.data[i + 1])) {
		const char *set = t.data[i + 1] == 'x' ? "0123456789abcdefABCDEF_"
			: t.data[i + 1] == 'o'         ? "01234567_"
						       : "01_";
		return strspn(t.data + i + 2, set) == t.size - i - 2;
	}
	size_t before = 0, after = 0;
	for (; i < t.size &&
		((t.data[i] >= '0' && t.data[i] <= '9') || (t.data[i] == '_' && before));
		i++)
		before++;
	if (i < t.size && t.data[i] == '.')
		for (i++; i < t.size && t.data[i] >= '0' && t.data[i] <= '9'; i++)
			after++;
	if (before + after == 0)
		return false;
	if (i < t.size && (t.data[i] | 0x20) == 'e') {
		size_t digits = 0;
		i++;
		if (i < t.size && (t.data[i] == '-' || t.data[i] == '+'))
			i++;
		for (; i < t.size && t.data[i] >= '0' && t.data[i] <= '9'; i++)
			digits++;
		if (digits == 0)
			return false;
	}
	return i == t.size;
}

static enum weft_doc_kind plain_kind(struct weft_text t)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const truths[] = { "true", "True", "TRUE", "false", "False", "FALSE",
		"yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF",
		NULL };
	if (is_one_of(t, nulls))
		return WEFT_DOC_NULL;
	if (is_one_of(t, truths))
		return WEFT_DOC_BOOL;
	if (memchr(t.data, 0, t.size))
		return WEFT_DOC_TEXT;
	return looks_numeric(t) ? WEFT_DOC_NUMBER : WEFT_DOC_TEXT;
}

static bool scalar_kind(struct yaml *y, const yaml_event_t *e, uint32_t line, struct weft_text t,
	enum weft_doc_kind *kind)
{
	static const struct {
		const char *tag;
		enum weft_doc_kind kind;
	} tags[] = { { YAML_STR_TAG, WEFT_DOC_TEXT }, { YAML_INT_TAG, WEFT_DOC_NUMBER },
		{ YAML_FLOAT_TAG, WEFT_DOC_NUMBER }, { YAML_BOOL_TAG, WEFT_DOC_BOOL },
		{ YAML_NULL_TAG, WEFT_DOC_NULL }, { "!", WEFT_DOC_TEXT },
		{ "tag:yaml.org,2002:binary", WEFT_DOC_TEXT },
		{ YAML_TIMESTAMP_TAG, WEFT_DOC_TEXT } };
	const char *tag = (const char *)e->data.scalar.tag;
	if (!tag) {
		*kind = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_kind(t)
									: WEFT_DOC_TEXT;
		return true;
	}
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strcmp(tag, tags[i].tag) != 0)
			continue;
		*kind = tags[i].kind;
		if (*kind == WEFT_DOC_TEXT || plain_kind(t) == *kind)
			return true;
		weft_builder_fail(&y->b, line, "the tag %.100s does not fit its value", tag);
		return false;
	}
	weft_builder_fail(&y->b, line, "the tag %.100s is not known here", tag);
	return false;
}

static bool container_tag(
	struct yaml *y, const yaml_char_t *tag, uint32_t line, const char *standard)
{
	if (!tag || strcmp((const char *)tag, standard) == 0 || strcmp((const char *)tag, "!") == 0)
		return true;
	weft_builder_fail(&y->b, line, "the tag %.100s is not known here", (const char *)tag);
	return false;
}

static bool keep_anchor(struct yaml *y, const yaml_char_t *name, uint32_t line,
	const struct weft_doc *node, unsigned depth)
{
	if (!name)
		return true;
	if (y->anchor_count == WEFT_DOCUMENT_ANCHORS_MAX) {
		weft_builder_fail(&y->b, line, "the document has more than %d anchors",
			WEFT_DOCUMENT_ANCHORS_MAX);
		return false;
	}
	struct weft_text t = text_of(name);
	char *copy = weft_documents_alloc(y->b.documents, t.size + 1);
	if (!copy) {
		y->b.status = WEFT_NO_MEMORY;
		return false;
	}
	memcpy(copy, t.data, t.size);
	y->anchors[y->anchor_count].name = (struct weft_text){ copy, t.size };
	y->anchors[y->anchor_count].node = node;
	y->anchors[y->anchor_count++].depth = depth;
	return true;
}

static bool alias(struct yaml *y, const yaml_event_t *e, uint32_t line)
{
	struct weft_text name = text_of(e->data.alias.anchor);
	for (size_t i = y->anchor_count; i-- > 0;) { /* the latest of one name counts */
		if (!weft_text_equal(y->anchors[i].name, name))
			continue;
		for (unsigned d = 0; d < y->b.depth; d++)
			if (y->b.open[d].node == y->anchors[i].node) {
				weft_builder_fail(&y->b, line,
					"the alias *%.100s stands inside of what it names",
					name.data);
				return false;
			}
		return weft_builder_copy(&y->b, y->anchors[i].node, line, &y->alias_budget);
	}
	weft_builder_fail(&y->b, line, "nothing is named &%.100s above", name.data);
	return false;
}

/* The entries of `from` that the map being filled does not have. */
static bool merge_map(struct yaml *y, const struct weft_doc *from, uint32_t line)
{
	struct weft_doc *map = weft_builder_top(&y->b);
	y->merge_work += ((uint64_t)map->count + 1) * from->count;
	if (y->merge_work > WEFT_DOCUMENT_MERGES_MAX) {
		weft_builder_fail(&y->b, line, "`<<` joins maps that are too large");
		return false;
	}
	for (const struct weft_doc *n = from->first; n; n = n->next) {
		if (weft_doc_get(map, n->key))
			continue;
		if (!weft_builder_key(&y->b, line, n->key) ||
			!weft_builder_copy(&y->b, n, line, &y->alias_budget))
			return false;
	}
	return true;
}

/* YAML 1.1's merge key: its map, or its list of maps, fills up the map that it stands in; the key
 * itself goes. */
static bool apply_merge(struct yaml *y)
{
	struct weft_doc *map = weft_builder_top(&y->b), *merge = NULL, *before = NULL;
	for (struct weft_doc *n = map->first, *last = NULL; n; last = n, n = n->next)
		if (weft_text_equal(n->key, WEFT_TEXT("<<"))) {
			merge = n;
			before = last;
			break;
		}
	if (!merge)
		return true;
	const struct weft_doc *one = merge->kind == WEFT_DOC_LIST ? merge->first : merge;
	for (const struct weft_doc *n = one; n; n = merge->kind == WEFT_DOC_LIST ? n->next : NULL)
		if (n->kind != WEFT_DOC_MAP) {
			weft_builder_fail(&y->b, n->line, "`<<` wants a map or a list of maps");
			return false;
		}
	/* the key leaves first, so that it is neither seen nor counted */
	if (before)
		before->next = merge->next;
	else
		map->first = merge->next;
	if (!merge->next)
		y->b.open[y->b.depth - 1].last = before;
	map->count--;
	for (const struct weft_doc *n = one, *next; n; n = next) {
		next = merge->kind == WEFT_DOC_LIST ? n->next : NULL;
		if (!merge_map(y, n, merge->line))
			return false;
	}
	return true;
}

/* A key is any scalar, by its text. False: broken. */
static bool take_key(struct yaml *y, const yaml_event_t *e, uint32_t line)
{
	if (e->type == YAML_SCALAR_EVENT && !e->data.scalar.anchor)
		return weft_builder_key(&y->b, line,
			(struct weft_text){
				(const char *)e->data.scalar.value, e->data.scalar.length });
	weft_builder_fail(&y->b, line, "a key must be plain text");
	return false;
}

static bool open_container(
	struct yaml *y, enum weft_doc_kind kind, const yaml_char_t *anchor, uint32_t line)
{
	return weft_builder_open(&y->b, kind, line) &&
		keep_anchor(y, anchor, line, weft_builder_top(&y->b), y->b.depth);
}

static bool take_value(struct yaml *y, const yaml_event_t *e, uint32_t line)
{
	enum weft_doc_kind kind;
	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return alias(y, e, line);
	case YAML_SEQUENCE_START_EVENT:
		return container_tag(y, e->data.sequence_start.tag, line, YAML_SEQ_TAG) &&
			open_container(y, WEFT_DOC_LIST, e->data.sequence_start.anchor, line);
	case YAML_MAPPING_START_EVENT:
		return container_tag(y, e->data.mapping_start.tag, line, YAML_MAP_TAG) &&
			open_container(y, WEFT_DOC_MAP, e->data.mapping_start.anchor, line);
	case YAML_SCALAR_EVENT:
		break;
	default:
		weft_builder_fail(&y->b, line, "this is no value");
		return false;
	}
	struct weft_text t = { (const char *)e->data.scalar.value, e->data.scalar.length };
	if (!scalar_kind(y, e, line, t, &kind) || !weft_builder_scalar(&y->b, kind, line, t))
		return false;
	const struct weft_doc *top = weft_builder_top(&y->b);
	const struct weft_doc *node = top ? y->b.open[y->b.depth - 1].last : y->b.document->root;
	return keep_anchor(y, e->data.scalar.anchor, line, node, 0);
}

static bool take(struct yaml *y, const yaml_event_t *e, uint32_t line)
{
	const struct weft_doc *top = weft_builder_top(&y->b);
	if (e->type == YAML_MAPPING_END_EVENT)
		return apply_merge(y) && weft_builder_close(&y->b);
	if (e->type == YAML_SEQUENCE_END_EVENT)
		return weft_builder_close(&y->b);
	if (top && top->kind == WEFT_DOC_MAP && !y->b.has_key)
		return take_key(y, e, line);
	return take_value(y, e, line);
}

static void report(struct yaml *y)
{
	const yaml_parser_t *p = &y->parser;
	if (p->error == YAML_MEMORY_ERROR) {
		y->b.status = WEFT_NO_MEMORY;
		return;
	}
	uint32_t line = y->line + (uint32_t)p->problem_mark.line,
		 began = y->line + (uint32_t)p->context_mark.line;
	if (line > y->last_line) /* the document ends too early: the last line that is its own */
		line = y->last_line;
	const char *problem = p->problem ? p->problem : "this is not YAML";
	if (p->error == YAML_READER_ERROR)
		weft_builder_fail(&y->b, y->line + (uint32_t)p->mark.line, "%s", problem);
	else if (p->context && began < line)
		weft_builder_fail(&y->b, line, "%s from line %u: %s", p->context, began, problem);
	else if (p->context)
		weft_builder_fail(&y->b, line, "%s: %s", p->context, problem);
	else
		weft_builder_fail(&y->b, line, "%s", problem);
}

/* One event. False at the end, or when no more can be read. */
static bool step(struct yaml *y)
{
	yaml_event_t e;
	if (!yaml_parser_parse(&y->parser, &e)) {
		if (y->b.document || weft_builder_begin(&y->b) == WEFT_OK) {
			report(y);
			weft_builder_end(&y->b);
		}
		return false;
	}
	bool good = true;
	uint32_t line = y->line + (uint32_t)e.start_mark.line;
	switch (e.type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_END_EVENT:
		good = false;
		break;
	case YAML_STREAM_START_EVENT:
		break;
	case YAML_DOCUMENT_START_EVENT:
		y->anchor_count = 0;
		y->alias_budget = WEFT_DOCUMENT_ALIASES_MAX;
		y->merge_work = 0;
		good = weft_builder_begin(&y->b) == WEFT_OK;
		break;
	case YAML_DOCUMENT_END_EVENT:
		weft_builder_end(&y->b);
		break;
	default:
		good = take(y, &e, line);
		if (!good && y->b.document)
			weft_builder_end(&y->b);
		break;
	}
	yaml_event_delete(&e);
	return good && y->b.status == WEFT_OK;
}

static bool read_chunk(struct yaml *y, struct weft_text chunk)
{
	size_t before = y->b.documents->count;
	if (!yaml_parser_initialize(&y->parser)) {
		y->b.status = WEFT_NO_MEMORY;
		return false;
	}
	y->last_line = y->line;
	for (size_t i = 0; i + 1 < chunk.size; i++)
		y->last_line += chunk.data[i] == '\n';
	yaml_parser_set_input_string(&y->parser, (const unsigned char *)chunk.data, chunk.size);
	while (step(y))
		;
	yaml_parser_delete(&y->parser);
	struct weft_document *last = y->b.documents->last;
	if (last && last->broken && y->b.documents->count > before && y->b.status == WEFT_OK)
		weft_document_salvage(y->b.documents, last, chunk, y->line);
	return y->b.status == WEFT_OK;
}

static size_t line_end(struct weft_text t, size_t at)
{
	while (at < t.size && t.data[at] != '\n')
		at++;
	return at < t.size ? at + 1 : at;
}

static bool is_marker(struct weft_text t, size_t at, const char *marker)
{
	return t.size - at >= 3 && memcmp(t.data + at, marker, 3) == 0 &&
		(t.size - at == 3 || strchr(" \t\r\n", t.data[at + 3]) != NULL) &&
		(t.size - at == 3 || t.data[at + 3]);
}

/* Only comments, directives and blanks: belongs to the document that follows. */
static bool is_blank(struct weft_text t, size_t at, size_t end)
{
	while (at < end && (t.data[at] == ' ' || t.data[at] == '\t' || t.data[at] == '\r'))
		at++;
	return at >= end || t.data[at] == '\n' || t.data[at] == '#' || t.data[at] == '%';
}

enum weft_status weft_yaml_read(struct weft_documents *d, struct weft_text text)
{
	struct yaml *y = weft_documents_alloc(d, sizeof(*y));
	if (!y)
		return WEFT_NO_MEMORY;
	y->b.documents = d;
	y->line = 1;
	if (text.size >= 2 &&
		(memcmp(text.data, "\xff\xfe", 2) == 0 || memcmp(text.data, "\xfe\xff", 2) == 0)) {
		read_chunk(y,
			text); /* UTF-16: libyaml reads it, only the markers are not looked for */
		return y->b.status;
	}
	size_t begin = 0;
	uint32_t line = 1;
	bool empty = true;
	for (size_t at = 0, next; at < text.size; at = next, line++) {
		next = line_end(text, at);
		bool starts = is_marker(text, at, "---"), ends = is_marker(text, at, "...");
		if (starts && !empty) {
			if (!read_chunk(y, (struct weft_text){ text.data + begin, at - begin }))
				return y->b.status;
			begin = at;
			y->line = line;
		}
		if (ends && !empty) {
			if (!read_chunk(y, (struct weft_text){ text.data + begin, next - begin }))
				return y->b.status;
			begin = next;
			y->line = line + 1;
			empty = true;
			continue;
		}
		if (starts || !is_blank(text, at, next))
			empty = false;
	}
	if (!empty)
		read_chunk(y, (struct weft_text){ text.data + begin, text.size - begin });
	return y->b.status;
}

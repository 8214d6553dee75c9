/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * decode.c: the table-driven decoder: records, options, lists, maps, enums and scalars. Selectors
 * and labels stand in selector.c. What does not fit is an error with the field's path and the line;
 * nothing is guessed.
 */
#include "mesh/decode.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/sort.h"
#include "mesh/decode_parts.h"

static void write_path(struct weft_buffer *b, const struct weft_step *at)
{
	if (!at)
		return;
	write_path(b, at->up);
	if (at->name.data)
		weft_buffer_format(
			b, "%s%.*s", b->size ? "." : "", (int)at->name.size, at->name.data);
	else
		weft_buffer_format(b, "[%zu]", at->index);
}

enum weft_status weft_decode_fail(struct weft_decode *d, const struct weft_step *at,
	const struct weft_doc *n, const char *want, bool describe)
{
	struct weft_buffer b = { 0 };
	write_path(&b, at);
	if (b.size)
		weft_buffer_format(&b, ": ");
	weft_buffer_format(&b, "%s", want);
	if (describe && n) {
		weft_buffer_format(&b, ", not ");
		weft_doc_describe(n, &b);
		if (n->kind == WEFT_DOC_NUMBER || n->kind == WEFT_DOC_BOOL)
			weft_buffer_format(&b, strstr(want, "text") ? ": write it in quotes" : "");
	}
	if (n)
		d->line = n->line;
	snprintf(d->reason, sizeof(d->reason), "%s", b.failed || !b.data ? want : b.data);
	weft_buffer_free(&b);
	return WEFT_INVALID;
}

static enum weft_status text_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	const char *why = NULL;
	if (n->kind != WEFT_DOC_TEXT)
		return weft_decode_fail(d, at, n, "text is wanted here", true);
	if (t->kind == WEFT_KIND_STRING)
		return weft_intern_put_text(d->intern, n->text, out);
	enum weft_status status = weft_parse_value(d->intern, t, n->text, out, &why);
	if (status != WEFT_INVALID)
		return status;
	char want[200];
	snprintf(want, sizeof(want), "\"%.60s%s\" does not fit %s: %s", n->text.data,
		n->text.size > 60 ? "..." : "", t->name, why ? why : "it means something else");
	return weft_decode_fail(d, at, n, want, false);
}

/* "10.0.0.1" alone is the network of one address, as in every manifest that takes address blocks.
 */
static enum weft_status cidr_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	struct weft_cidr *cidr = out;
	if (n->kind != WEFT_DOC_TEXT || memchr(n->text.data, '/', n->text.size))
		return text_to(d, at, t, n, out);
	enum weft_status status = text_to(d, at, &weft_type_ip, n, &cidr->ip);
	cidr->bits = 128;
	return status;
}

static enum weft_status number_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	int64_t x;
	if (t->kind == WEFT_KIND_FLOAT) {
		if (n->kind != WEFT_DOC_NUMBER || weft_doc_float(n, out) != WEFT_OK)
			return weft_decode_fail(d, at, n, "a number is wanted here", true);
		return WEFT_OK;
	}
	if (t->kind == WEFT_KIND_PORT &&
		n->kind == WEFT_DOC_TEXT) { /* Istio writes ports as text */
		struct weft_doc number = *n;
		number.kind = WEFT_DOC_NUMBER;
		if (n->text.size == 0 || strspn(n->text.data, "0123456789") < n->text.size ||
			weft_doc_int(&number, &x) != WEFT_OK)
			return weft_decode_fail(d, at, n, "a port is a number", true);
	} else if (weft_doc_int(n, &x) != WEFT_OK)
		return weft_decode_fail(d, at, n,
			t->kind == WEFT_KIND_PORT ? "a port is a number"
						  : "an integer is wanted here",
			true);
	if (t->kind == WEFT_KIND_PORT) {
		if (x < 1 || x > 65535)
			return weft_decode_fail(d, at, n, "a port is 1 to 65535", true);
		uint16_t port = (uint16_t)x;
		memcpy(out, &port, sizeof(port));
		return WEFT_OK;
	}
	if (t->kind == WEFT_KIND_SIZE && x < 0)
		return weft_decode_fail(d, at, n, "a size is not negative", true);
	memcpy(out, &x, sizeof(x));
	return WEFT_OK;
}

static enum weft_status option_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	if (n->kind == WEFT_DOC_NULL)
		return WEFT_OK;
	/* Kubernetes' IntOrString: a port by its name is not a number, so there is none. Nor is
	 * "None" an address. */
	if (n->kind == WEFT_DOC_TEXT && t->item->kind == WEFT_KIND_PORT &&
		strspn(n->text.data, "0123456789") < n->text.size)
		return WEFT_OK;
	if (n->kind == WEFT_DOC_TEXT && t->item->kind == WEFT_KIND_IP &&
		(n->text.size == 0 || weft_text_equal(n->text, WEFT_TEXT("None"))))
		return WEFT_OK;
	enum weft_status status = weft_decode_at(d, at, t->item, n, (char *)out + t->offset);
	bool has = true;
	if (status == WEFT_OK)
		memcpy(out, &has, sizeof(has));
	return status;
}

struct ordering {
	const struct weft_intern *intern;
	const struct weft_type *type;
};

static int by_value(const void *a, const void *b, void *user)
{
	const struct ordering *o = user;
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int c = weft_value_compare(o->intern, o->type, x, y);
	return c ? c : x < y ? -1 : x > y; /* equal ones in their order */
}

/* The index of the first item whose value at `offset` an earlier one has too; `count` if all
 * differ. */
static enum weft_status find_twice(const struct weft_decode *d, const struct weft_type *t,
	const char *items, size_t count, size_t size, size_t offset, size_t *twice)
{
	*twice = count;
	if (count < 2)
		return WEFT_OK;
	const char **sorted = weft_alloc_array(count, sizeof(char *));
	if (!sorted)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		sorted[i] = items + i * size + offset;
	qsort_r(sorted, count, sizeof(char *), by_value, &(struct ordering){ d->intern, t });
	for (size_t i = 1; i < count; i++)
		if (weft_value_compare(d->intern, t, sorted[i - 1], sorted[i]) == 0) {
			size_t index = (size_t)(sorted[i] - offset - items) / size;
			*twice = index < *twice ? index : *twice;
		}
	weft_free(sorted);
	return WEFT_OK;
}

const struct weft_field *weft_type_field(const struct weft_type *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

static enum weft_status list_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	if (n->kind != WEFT_DOC_LIST)
		return weft_decode_fail(d, at, n, "a list is wanted here", true);
	if (n->count == 0)
		return WEFT_OK;
	char *items = weft_alloc_array(n->count, t->item->size);
	if (!items)
		return WEFT_NO_MEMORY;
	enum weft_status status = WEFT_OK;
	struct weft_step step = { .up = at };
	const struct weft_doc *c = n->first;
	for (; c && status == WEFT_OK; c = c->next, step.index += status == WEFT_OK)
		status = c->kind == WEFT_DOC_NULL && t->item->kind != WEFT_KIND_OPTION
			? weft_decode_fail(d, &step, c, "nothing stands here", false)
			: weft_decode_at(d, &step, t->item, c, items + step.index * t->item->size);
	const struct weft_field *key = t->item_key ? weft_type_field(t->item, t->item_key) : NULL;
	if (status == WEFT_OK && key) {
		size_t twice;
		status = find_twice(
			d, key->type, items, n->count, t->item->size, key->offset, &twice);
		if (status == WEFT_OK && twice < n->count) {
			step.index = 0;
			for (c = n->first; step.index < twice; c = c->next)
				step.index++;
			char want[160];
			snprintf(want, sizeof(want), "an earlier element has the same `%.100s`",
				key->name);
			status = weft_decode_fail(d, &step, c, want, false);
		}
	}
	if (status == WEFT_OK)
		status = weft_intern_put_list(d->intern, t->item, items, n->count, out);
	weft_free(items);
	return status;
}

static int by_first_field(const void *context, const void *a, const void *b)
{
	const struct ordering *o = context;
	const struct weft_field *first = &o->type->fields[0];
	return weft_value_compare(o->intern, first->type, (const char *)a + first->offset,
		(const char *)b + first->offset);
}

/* Sorts whole items by their first field. */
static enum weft_status sort_entries(
	const struct weft_decode *d, const struct weft_type *entry, char *items, size_t count)
{
	void *spare = weft_alloc_array(count, entry->size);
	if (!spare)
		return WEFT_NO_MEMORY;
	weft_sort(items, spare, count, entry->size, by_first_field,
		&(struct ordering){ d->intern, entry });
	weft_free(spare);
	return WEFT_OK;
}

static enum weft_status map_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	const struct weft_field *key = &t->item->fields[0], *value = &t->item->fields[1];
	if (n->kind != WEFT_DOC_MAP)
		return weft_decode_fail(d, at, n, "a map is wanted here", true);
	if (n->count == 0)
		return WEFT_OK;
	char *items = weft_alloc_array(n->count, t->item->size);
	if (!items)
		return WEFT_NO_MEMORY;
	enum weft_status status = WEFT_OK;
	size_t i = 0, twice;
	for (const struct weft_doc *c = n->first; c && status == WEFT_OK; c = c->next, i++) {
		struct weft_step step = { .up = at, .name = c->key };
		const char *why = NULL;
		status = weft_parse_value(d->intern, key->type, c->key,
			items + i * t->item->size + key->offset, &why);
		if (status == WEFT_INVALID)
			status = weft_decode_fail(
				d, &step, c, why ? why : "this key does not fit its type", false);
		if (status == WEFT_OK)
			status = weft_decode_at(d, &step, value->type, c,
				items + i * t->item->size + value->offset);
	}
	if (status == WEFT_OK)
		status = find_twice(
			d, key->type, items, n->count, t->item->size, key->offset, &twice);
	if (status == WEFT_OK && twice < n->count)
		status = weft_decode_fail(d, at, n, "two keys of this map mean the same", false);
	if (status == WEFT_OK)
		status = sort_entries(d, t->item, items, n->count);
	if (status == WEFT_OK)
		status = weft_intern_put_list(d->intern, t->item, items, n->count, out);
	weft_free(items);
	return status;
}

static enum weft_status fail_variant(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n)
{
	char want[200];
	int used = snprintf(want, sizeof(want), "one of");
	for (size_t i = 0; i < t->variant_count && (size_t)used < sizeof(want); i++)
		used += snprintf(want + used, sizeof(want) - (size_t)used, "%s %s", i ? "," : "",
			t->variants[i].code ? t->variants[i].code : t->variants[i].name);
	if ((size_t)used < sizeof(want))
		snprintf(want + used, sizeof(want) - (size_t)used, " is wanted here");
	return weft_decode_fail(d, at, n, want, true);
}

/* The payload of a variant: its one value, a list of them, or a map by their names (as
 * weft_json_value writes it). */
static enum weft_status payload_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *payload, const struct weft_doc *n, void *out)
{
	size_t count = payload->field_count;
	struct weft_text first = { payload->fields[0].name, strlen(payload->fields[0].name) };
	if (n->kind == WEFT_DOC_MAP && n->count == count && weft_doc_get(n, first))
		return weft_decode_at(d, at, payload, n, out);
	const struct weft_doc *item = count > 1 ? n->first : n;
	if (count > 1 && (n->kind != WEFT_DOC_LIST || n->count != count))
		return weft_decode_fail(
			d, at, n, "a list of this variant's values is wanted here", true);
	enum weft_status status = WEFT_OK;
	for (size_t i = 0; i < count && status == WEFT_OK; i++, item = item->next)
		status = weft_decode_at(d, at, payload->fields[i].type, item,
			(char *)out + payload->fields[i].offset);
	return status;
}

/* A variant is its code as text; with a payload a map of its code to the payload. */
static enum weft_status enum_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	bool has_payload = n->kind == WEFT_DOC_MAP && n->count == 1;
	if (n->kind != WEFT_DOC_TEXT && !has_payload)
		return fail_variant(d, at, t, n);
	struct weft_text code = has_payload ? n->first->key : n->text;
	uint32_t known = (uint32_t)(t->variant_count - t->open), tag;
	for (tag = 0; tag < known; tag++) {
		const char *is =
			t->variants[tag].code ? t->variants[tag].code : t->variants[tag].name;
		if (weft_text_equal(code, (struct weft_text){ is, strlen(is) }))
			break;
	}
	const char *last = t->variants[t->variant_count - 1].name;
	if (tag == known && has_payload && t->open &&
		weft_text_equal(code, (struct weft_text){ last, strlen(last) }))
		known++; /* {"Unknown": "QUIC"}: not from the outside, but as we print it */
	if (tag == known && (!t->open || has_payload))
		return fail_variant(d, at, t, n);
	memcpy(out, &tag, sizeof(tag));
	if (tag == known) /* Unknown(String) */
		return weft_intern_put_text(d->intern, code, (void *)((char *)out + t->offset));
	const struct weft_type *payload = t->variants[tag].payload;
	if ((payload && payload->field_count) != has_payload)
		return weft_decode_fail(d, at, n,
			has_payload ? "this variant has no payload" : "this variant has a payload",
			true);
	struct weft_step step = { .up = at, .name = code };
	return has_payload ? payload_to(d, &step, payload, n->first, (char *)out + t->offset)
			   : WEFT_OK;
}

/* ---- records ---- */

static bool lists_unread(const char *path)
{
	size_t size = path ? strlen(path) : 0;
	return size && path[size - 1] == '_' && (size == 1 || path[size - 2] == '.');
}

static const char *path_of(const struct weft_field *f)
{
	return f->path ? f->path : f->name;
}

/* One step along the path: the shortest part of it, up to a dot or its end, that is a key here; a
 * part that leads nowhere because no map stands there gives way to a longer one
 * (`metadata.labels.kubernetes.io/service-name`). NULL: no such key. */
static const struct weft_doc *step_along(const struct weft_doc *map, const char *path, size_t *size)
{
	const struct weft_doc *blocked = NULL;
	for (size_t end = 0, blocked_size = 0;; end++) {
		end += strcspn(path + end, ".");
		const struct weft_doc *n = weft_doc_get(map, (struct weft_text){ path, end });
		*size = end;
		if (n && (!path[end] || n->kind == WEFT_DOC_MAP))
			return n;
		if (n && !blocked) {
			blocked = n;
			blocked_size = end;
		}
		if (!path[end]) {
			*size = blocked ? blocked_size : end;
			return blocked;
		}
	}
}

/* Follows the field's path; *found NULL when it ends early. Something on the way that is no map is
 * an error: what stands there would be read by nobody. */
static enum weft_status follow(struct weft_decode *d, const struct weft_step *at,
	const struct weft_doc *n, const char *path, const struct weft_doc **found)
{
	const char *begin = path;
	for (;;) {
		size_t size;
		n = step_along(n, path, &size);
		if (!n || n->kind == WEFT_DOC_NULL || !path[size])
			break;
		if (n->kind != WEFT_DOC_MAP) {
			struct weft_step step = { .up = at,
				.name = { begin, (size_t)(path + size - begin) } };
			return weft_decode_fail(d, &step, n, "a map is wanted here", true);
		}
		path += size + 1;
	}
	*found = n && n->kind != WEFT_DOC_NULL ? n : NULL;
	return WEFT_OK;
}

static bool is_empty(const struct weft_doc *n)
{
	if (n->kind == WEFT_DOC_TEXT)
		return n->text.size == 0;
	return (n->kind == WEFT_DOC_LIST || n->kind == WEFT_DOC_MAP) && n->count == 0;
}

static enum weft_status make_absent(struct weft_decode *d, const struct weft_step *at,
	const struct weft_doc *record, const struct weft_field *f, void *row, void *value)
{
	if (f->absent)
		return f->absent(d->program, d->intern, row, value);
	switch (f->type->kind) {
	case WEFT_KIND_OPTION:
	case WEFT_KIND_LIST:
	case WEFT_KIND_MAP:
	case WEFT_KIND_LABELS:
		return WEFT_OK;
	default:
		break;
	}
	return weft_decode_fail(d, at, record, "this is missing", false);
}

static enum weft_status field_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_doc *record, const struct weft_type *t, const struct weft_field *f,
	void *row)
{
	const char *path = path_of(f);
	void *value = (char *)row + f->offset;
	if (lists_unread(path))
		return weft_decode_unread(d, t, record, path, value);
	const struct weft_doc *n = NULL;
	enum weft_status status = follow(d, at, record, path, &n);
	if (status != WEFT_OK)
		return status;
	struct weft_step step = { .up = at, .name = { path, strlen(path) } };
	if (!n)
		return make_absent(d, &step, record, f, row, value);
	if (is_empty(n) && f->empty)
		return f->empty(d->program, d->intern, row, value);
	status = weft_decode_at(d, &step, f->type, n, value);
	/* a selector of no requirements is empty however it is written; what that means the record
	 * says */
	const struct weft_selector *selector = value;
	if (status == WEFT_OK && f->type->kind == WEFT_KIND_SELECTOR &&
		selector->kind == WEFT_SELECTOR_EVERYTHING) {
		weft_default_fn *make = f->empty ? f->empty : f->absent;
		if (make) {
			memset(value, 0, f->type->size);
			status = make(d->program, d->intern, row, value);
		}
	}
	return status;
}

static enum weft_status record_to(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	enum weft_status status = WEFT_OK;
	if (n->kind != WEFT_DOC_MAP)
		return weft_decode_fail(d, at, n, "a map is wanted here", true);
	for (size_t i = 0; i < t->field_count && status == WEFT_OK; i++)
		status = field_to(d, at, n, t, &t->fields[i], out);
	return status;
}

enum weft_status weft_decode_at(struct weft_decode *d, const struct weft_step *at,
	const struct weft_type *t, const struct weft_doc *n, void *out)
{
	switch ((enum weft_kind)t->kind) {
	case WEFT_KIND_BOOL:
		if (n->kind != WEFT_DOC_BOOL)
			return weft_decode_fail(d, at, n, "true or false is wanted here", true);
		memcpy(out, &n->truth, sizeof(n->truth));
		return WEFT_OK;
	case WEFT_KIND_INT:
	case WEFT_KIND_FLOAT:
	case WEFT_KIND_PORT:
		return number_to(d, at, t, n, out);
	case WEFT_KIND_SIZE:
		return n->kind == WEFT_DOC_NUMBER ? number_to(d, at, t, n, out)
						  : text_to(d, at, t, n, out);
	case WEFT_KIND_CIDR:
		return cidr_to(d, at, t, n, out);
	case WEFT_KIND_STRING:
	case WEFT_KIND_BYTES:
	case WEFT_KIND_IP:
	case WEFT_KIND_ADDR:
	case WEFT_KIND_DURATION:
	case WEFT_KIND_INSTANT:
	case WEFT_KIND_IDENTITY:
		return text_to(d, at, t, n, out);
	case WEFT_KIND_LABELS:
		return weft_decode_labels(d, at, n, out);
	case WEFT_KIND_SELECTOR:
		return weft_decode_selector(d, at, n, out);
	case WEFT_KIND_OPTION:
		return option_to(d, at, t, n, out);
	case WEFT_KIND_LIST:
		return list_to(d, at, t, n, out);
	case WEFT_KIND_MAP:
		return map_to(d, at, t, n, out);
	case WEFT_KIND_ENUM:
		return enum_to(d, at, t, n, out);
	case WEFT_KIND_RECORD:
	case WEFT_KIND_REF:
		return record_to(d, at, t, n, out);
	}
	return weft_decode_fail(d, at, n, "a value of this type cannot stand in a document", false);
}

enum weft_status weft_decode_value(
	struct weft_decode *d, const struct weft_type *t, const struct weft_doc *n, void *value)
{
	memset(value, 0, t->size);
	d->line = n->line;
	if (n->flaw) {
		d->line = n->flaw->line;
		snprintf(d->reason, sizeof(d->reason), "%s", n->flaw->reason);
		return WEFT_INVALID;
	}
	return weft_decode_at(d, NULL, t, n, value);
}

enum weft_status weft_decode_row(
	struct weft_decode *d, const struct weft_type *t, const struct weft_doc *n, void *row)
{
	return weft_decode_value(d, t, n, row);
}

enum weft_status weft_decode_some(struct weft_decode *d, const struct weft_type *t,
	const uint16_t *fields, size_t count, const struct weft_doc *n, void *row, bool *whole)
{
	memset(row, 0, t->size);
	if (!n || n->kind != WEFT_DOC_MAP) {
		*whole = *whole && count == 0;
		return WEFT_OK;
	}
	for (size_t i = 0; i < count; i++) {
		const struct weft_field *f = &t->fields[fields[i]];
		enum weft_status status = field_to(d, NULL, n, t, f, row);
		if (status != WEFT_OK && status != WEFT_INVALID)
			return status;
		if (status == WEFT_INVALID) {
			memset((char *)row + f->offset, 0, f->type->size);
			*whole = false;
		}
	}
	return WEFT_OK;
}

/* ---- what nobody reads ---- */

struct unread {
	struct weft_decode *d;
	const struct weft_type *type;
	weft_id *ids;
	size_t count, room;
};

/* 1: a field reads it whole; 2: some field reads something below it. */
static int reads(const struct weft_type *t, struct weft_text path)
{
	int below = 0;
	for (size_t i = 0; i < t->field_count; i++) {
		const char *p = path_of(&t->fields[i]);
		if (lists_unread(p) || strncmp(p, path.data, path.size) != 0)
			continue;
		if (p[path.size] == 0)
			return 1;
		if (p[path.size] == '.')
			below = 2;
	}
	return below;
}

static enum weft_status collect_unread(
	struct unread *u, const struct weft_doc *map, struct weft_text prefix)
{
	enum weft_status status = WEFT_OK;
	for (const struct weft_doc *c = map->first; c && status == WEFT_OK; c = c->next) {
		struct weft_buffer b = { 0 };
		weft_buffer_text(&b, prefix);
		if (prefix.size)
			weft_buffer_format(&b, ".");
		weft_buffer_text(&b, c->key);
		struct weft_text path = weft_buffer_view(&b);
		int how = reads(u->type, path);
		if (b.failed || !weft_grow(&u->ids, &u->room, u->count + 1, sizeof(weft_id)))
			status = WEFT_NO_MEMORY;
		else if (how == 2 && c->kind == WEFT_DOC_MAP)
			status = collect_unread(u, c, path);
		else if (how != 1 && c->kind != WEFT_DOC_NULL)
			status = weft_intern_put_text(u->d->intern, path, &u->ids[u->count++]);
		weft_buffer_free(&b);
	}
	return status;
}

enum weft_status weft_decode_unread(struct weft_decode *d, const struct weft_type *t,
	const struct weft_doc *record, const char *path, void *out)
{
	struct weft_text prefix = { path, strlen(path) > 2 ? strlen(path) - 2 : 0 };
	const struct weft_doc *map = record;
	for (size_t at = 0; map && at < prefix.size;) {
		size_t size = strcspn(path + at, ".");
		map = weft_doc_get(map, (struct weft_text){ path + at, size });
		at += size + 1;
	}
	if (!map || map->kind != WEFT_DOC_MAP)
		return WEFT_OK;
	struct unread u = { .d = d, .type = t };
	enum weft_status status = collect_unread(&u, map, prefix);
	if (status == WEFT_OK)
		status = weft_intern_put_list(d->intern, &weft_type_string, u.ids, u.count, out);
	weft_free(u.ids);
	return status;
}

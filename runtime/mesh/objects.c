/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * objects.c: definitions in a hash table by (source, key), each in the list of its file's reading
 * too. Applying new readings: for every key that an old or a new reading of them names, the losers
 * go from the conflicts table, the new definitions take the place of the old ones, and winner and
 * losers are put again; the engine nets what is as before.
 */
#include "mesh/objects.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/assert.h"

struct definition {
	struct definition *next;      /* of the reading */
	struct definition *next_hash; /* of the bucket */
	struct definition **link;     /* what points to it there */
	struct weft_object_file *file;
	uint64_t hash;
	uint32_t source, position;
	bool stays; /* not read now: a last good row. Counts only while nobody else defines the key
		     */
	uint64_t met; /* the last pass that met its key: so many definitions of one key cost one
			 look */
	_Alignas(16) unsigned char row[];
};

struct rejection {
	struct rejection *next;
	uint32_t source;
	bool has_row;
	char *place, *reason;
	_Alignas(16) unsigned char row[];
};

struct weft_reading {
	struct weft_object_file *file;
	struct definition *definitions, **last_definition;
	struct rejection *rejections, **last_rejection;
	uint32_t position;
	bool broken;
};

struct weft_object_file {
	struct weft_objects *objects;
	struct weft_object_file *next;
	char *name;
	struct weft_reading *now, *new;
};

struct source {
	const struct weft_source_info *info;
	const struct weft_table_info *table;
	const struct weft_type *row, *rejected;
};

struct weft_objects {
	struct weft_objects_host host;
	struct weft_intern *intern;
	struct source *sources;
	size_t source_count;
	struct definition **buckets;
	size_t bucket_count, count;
	uint64_t pass;
	struct weft_object_file *files;
	bool applied; /* the new readings stand in the hash table */
};

/* ---- sources ---- */

enum weft_status weft_objects_create(const struct weft_objects_host *host, const uint16_t *sources,
	size_t count, struct weft_objects **out)
{
	struct weft_objects *o = weft_alloc(sizeof(*o));
	if (!o)
		return WEFT_NO_MEMORY;
	o->host = *host;
	o->intern = weft_engine_intern(host->engine);
	o->source_count = count;
	o->bucket_count = 64;
	o->sources = weft_alloc_array(count, sizeof(*o->sources));
	o->buckets = weft_alloc_array(o->bucket_count, sizeof(struct definition *));
	if (!o->sources || !o->buckets) {
		weft_objects_destroy(o);
		return WEFT_NO_MEMORY;
	}
	for (size_t i = 0; i < count; i++) {
		struct source *s = &o->sources[i];
		s->info = &host->info->sources[sources[i]];
		s->table = &host->info->engine->tables[s->info->table];
		s->row = s->table->row;
		s->rejected = s->info->rejected == WEFT_NONE
			? NULL
			: host->info->engine->tables[s->info->rejected].row;
	}
	*out = o;
	return WEFT_OK;
}

void weft_objects_destroy(struct weft_objects *o)
{
	if (!o)
		return;
	while (o->files)
		weft_object_file_destroy(o->files);
	weft_free(o->sources);
	weft_free(o->buckets);
	weft_free(o);
}

size_t weft_objects_source_count(const struct weft_objects *o)
{
	return o->source_count;
}
const struct weft_source_info *weft_objects_source(const struct weft_objects *o, size_t i)
{
	return o->sources[i].info;
}
const struct weft_type *weft_objects_row(const struct weft_objects *o, size_t i)
{
	return o->sources[i].row;
}
size_t weft_objects_count(const struct weft_objects *o)
{
	return o->count;
}

static uint64_t key_hash(const struct weft_objects *o, const struct source *s, const void *row)
{
	uint64_t h = 0;
	for (uint16_t i = 0; i < s->table->key_count; i++) {
		const struct weft_field *f = &s->row->fields[s->table->key[i]];
		h = weft_hash_u64(
			h, weft_value_hash(o->intern, f->type, (const char *)row + f->offset));
	}
	return h;
}

static bool key_equal(
	const struct weft_objects *o, const struct source *s, const void *a, const void *b)
{
	for (uint16_t i = 0; i < s->table->key_count; i++) {
		const struct weft_field *f = &s->row->fields[s->table->key[i]];
		if (weft_value_compare(o->intern, f->type, (const char *)a + f->offset,
			    (const char *)b + f->offset) != 0)
			return false;
	}
	return true;
}

/* ---- readings ---- */

static void free_reading(struct weft_objects *o, struct weft_reading *r)
{
	if (!r)
		return;
	for (struct definition *next, *d = r->definitions; d; d = next) {
		next = d->next;
		weft_value_release(o->intern, o->sources[d->source].row, d->row);
		weft_free(d);
	}
	for (struct rejection *next, *j = r->rejections; j; j = next) {
		next = j->next;
		if (j->has_row)
			weft_value_release(o->intern, o->sources[j->source].rejected, j->row);
		weft_free(j->place);
		weft_free(j->reason);
		weft_free(j);
	}
	weft_free(r);
}

enum weft_status weft_object_file_create(
	struct weft_objects *o, const char *name, struct weft_object_file **out)
{
	struct weft_object_file *f = weft_alloc(sizeof(*f));
	if (!f)
		return WEFT_NO_MEMORY;
	f->name = weft_strdup_n(name, strlen(name));
	if (!f->name) {
		weft_free(f);
		return WEFT_NO_MEMORY;
	}
	f->objects = o;
	f->next = o->files;
	o->files = f;
	*out = f;
	return WEFT_OK;
}

const char *weft_object_file_name(const struct weft_object_file *f)
{
	return f->name;
}

static void unlink_definitions(struct weft_objects *o, const struct weft_reading *r)
{
	for (struct definition *d = r ? r->definitions : NULL; d; d = d->next) {
		*d->link = d->next_hash;
		if (d->next_hash)
			d->next_hash->link = d->link;
		o->count--;
	}
}

static void put_in_bucket(struct definition **bucket, struct definition *d)
{
	d->next_hash = *bucket;
	d->link = bucket;
	if (d->next_hash)
		d->next_hash->link = &d->next_hash;
	*bucket = d;
}

static void link_definitions(struct weft_objects *o, const struct weft_reading *r)
{
	for (struct definition *d = r ? r->definitions : NULL; d; d = d->next) {
		put_in_bucket(&o->buckets[d->hash & (o->bucket_count - 1)], d);
		o->count++;
	}
}

void weft_object_file_destroy(struct weft_object_file *f)
{
	struct weft_objects *o = f->objects;
	unlink_definitions(o, f->now);
	free_reading(o, f->now);
	free_reading(o, f->new);
	struct weft_object_file **at = &o->files;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	weft_free(f->name);
	weft_free(f);
}

struct weft_reading *weft_reading_begin(struct weft_object_file *f)
{
	struct weft_reading *r = weft_alloc(sizeof(*r));
	if (!r)
		return NULL;
	weft_assert(!f->new);
	r->file = f;
	r->last_definition = &r->definitions;
	r->last_rejection = &r->rejections;
	f->new = r;
	return r;
}

static enum weft_status define(
	struct weft_reading *r, size_t i, const void *row, uint32_t position, bool stays)
{
	struct weft_objects *o = r->file->objects;
	const struct source *s = &o->sources[i];
	struct definition *d = weft_alloc(sizeof(*d) + s->row->size);
	if (!d)
		return WEFT_NO_MEMORY;
	memcpy(d->row, row, s->row->size);
	weft_value_retain(o->intern, s->row, d->row);
	d->file = r->file;
	d->source = (uint32_t)i;
	d->hash = weft_hash_u64(key_hash(o, s, row), i);
	d->position = position;
	d->stays = stays;
	*r->last_definition = d;
	r->last_definition = &d->next;
	return WEFT_OK;
}

static enum weft_status put_text(struct weft_objects *o, const struct weft_type *t,
	const char *name, const char *text, void *row)
{
	const struct weft_field *f = weft_type_field(t, name);
	return f ? weft_intern_put_text(o->intern, (struct weft_text){ text, strlen(text) },
			   (void *)((char *)row + f->offset))
		 : WEFT_OK;
}

/* A rejected row has the key columns of the collection by their names. */
static enum weft_status fill_rejected(
	struct weft_objects *o, const struct source *s, const void *key, struct rejection *j)
{
	for (uint16_t k = 0; k < s->table->key_count; k++) {
		const struct weft_field *from = &s->row->fields[s->table->key[k]],
					*to = weft_type_field(s->rejected, from->name);
		if (to)
			memcpy(j->row + to->offset, (const char *)key + from->offset,
				from->type->size);
	}
	enum weft_status status = put_text(o, s->rejected, "reason", j->reason, j->row);
	if (status == WEFT_OK)
		status = put_text(o, s->rejected, "place", j->place, j->row);
	if (status == WEFT_OK) {
		weft_value_retain(o->intern, s->rejected, j->row);
		j->has_row = true;
	}
	return status;
}

static enum weft_status reject(
	struct weft_reading *r, size_t i, const void *key, uint32_t line, const char *reason)
{
	struct weft_objects *o = r->file->objects;
	const struct source *s = i < o->source_count
		? &o->sources[i]
		: NULL; /* NULL: of a kind that nobody collects */
	char place[512];
	snprintf(place, sizeof(place), line ? "%s:%u" : "%s", r->file->name, line);
	struct rejection *j = weft_alloc(sizeof(*j) + (s && s->rejected ? s->rejected->size : 0));
	if (!j)
		return WEFT_NO_MEMORY;
	*r->last_rejection = j;
	r->last_rejection = &j->next;
	j->source = (uint32_t)i;
	j->place = weft_strdup_n(place, strlen(place));
	j->reason = weft_strdup_n(reason, strlen(reason));
	if (!j->place || !j->reason)
		return WEFT_NO_MEMORY;
	if (s)
		weft_log(o->host.log, WEFT_LOG_WARN, "%s: rejected for `%s`: %s", place,
			s->table->name, reason);
	else
		weft_log(o->host.log, WEFT_LOG_WARN, "%s: rejected: %s", place, reason);
	return s && s->rejected ? fill_rejected(o, s, key, j) : WEFT_OK;
}

/* A column of the key is believed only if the document got as far as the map that it stands in. */
static enum weft_status salvage_key(struct weft_objects *o, const struct source *s,
	const struct weft_doc *partial, void *row, bool *whole)
{
	struct weft_decode d = { .intern = o->intern, .program = o->host.program };
	uint16_t known[16], count = 0;
	*whole = true;
	for (uint16_t k = 0; k < s->table->key_count && k < 16; k++) {
		const struct weft_field *f = &s->row->fields[s->table->key[k]];
		const char *path = f->path ? f->path : f->name;
		if (partial &&
			weft_doc_get(partial, (struct weft_text){ path, strcspn(path, ".") }))
			known[count++] = s->table->key[k];
		else
			*whole = false;
	}
	return weft_decode_some(&d, s->row, known, count, partial, row, whole);
}

/* The winner among the definitions of a key; rows that only stay come after all that are read now.
 */
static struct definition *winner(
	const struct weft_objects *o, size_t i, uint64_t hash, const void *key)
{
	struct definition *best = NULL;
	for (struct definition *d = o->buckets[hash & (o->bucket_count - 1)]; d; d = d->next_hash) {
		if (d->hash != hash || d->source != i || !key_equal(o, &o->sources[i], d->row, key))
			continue;
		int c = best ? (int)d->stays - (int)best->stays : -1;
		if (c == 0)
			c = strcmp(d->file->name, best->file->name);
		if (c < 0 || (c == 0 && d->position < best->position))
			best = d;
	}
	return best;
}

/* A bad version of an object: the row that it had stays, as this file's if nobody else defines it.
 */
static enum weft_status keep_last_good(
	struct weft_reading *r, size_t i, const void *key, uint32_t position)
{
	struct weft_objects *o = r->file->objects;
	const struct definition *d =
		winner(o, i, weft_hash_u64(key_hash(o, &o->sources[i], key), i), key);
	return d ? define(r, i, d->row, position, true) : WEFT_OK;
}

enum weft_status weft_reading_add(struct weft_reading *r, size_t i, const struct weft_doc *doc)
{
	struct weft_objects *o = r->file->objects;
	const struct source *s = &o->sources[i];
	struct weft_decode d = { .intern = o->intern, .program = o->host.program };
	void *row = weft_alloc(s->row->size);
	if (!row)
		return WEFT_NO_MEMORY;
	enum weft_status status = weft_decode_row(&d, s->row, doc, row);
	uint32_t position = r->position++;
	if (status == WEFT_OK) {
		if (!s->info->keep || s->info->keep(o->host.program, o->intern, row))
			status = define(r, i, row, position, false);
	} else if (status == WEFT_INVALID) {
		bool whole;
		status = salvage_key(o, s, doc, row, &whole);
		if (status == WEFT_OK)
			status = reject(r, i, row, d.line, d.reason);
		if (status == WEFT_OK)
			status = keep_last_good(r, i, row, position);
		if (!whole)
			r->broken = true; /* whose row it was we do not know: all stay */
	}
	weft_free(row);
	return status;
}

enum weft_status weft_reading_broken(struct weft_reading *r, size_t i,
	const struct weft_doc *partial, uint32_t line, const char *reason)
{
	struct weft_objects *o = r->file->objects;
	enum weft_status status = i == WEFT_NO_SOURCE ? reject(r, i, NULL, line, reason) : WEFT_OK;
	r->broken = true;
	for (size_t n = 0; n < o->source_count && status == WEFT_OK; n++) {
		if (i != WEFT_ALL_SOURCES && i != n)
			continue;
		bool whole;
		void *row = weft_alloc(o->sources[n].row->size);
		if (!row)
			return WEFT_NO_MEMORY;
		status = salvage_key(o, &o->sources[n], partial, row, &whole);
		if (status == WEFT_OK)
			status = reject(r, n, row, line, reason);
		weft_free(row);
	}
	r->position++;
	return status;
}

/* The next definition in the hash table that has the key of `of`, from `d` on. */
static struct definition *same_key(
	const struct weft_objects *o, struct definition *d, const struct definition *of)
{
	while (d &&
		!(d->hash == of->hash && d->source == of->source &&
			key_equal(o, &o->sources[of->source], d->row, of->row)))
		d = d->next_hash;
	return d;
}

static struct definition *first_of_key(const struct weft_objects *o, const struct definition *of)
{
	return same_key(o, o->buckets[of->hash & (o->bucket_count - 1)], of);
}

/* While a file is broken, what it gave before and does not give now stays. The new definitions are
 * not in the hash table yet; the old ones are: those whose key is given again are met. */
static enum weft_status keep_the_rest(
	struct weft_objects *o, struct weft_reading *r, const struct weft_reading *before)
{
	o->pass++;
	for (const struct definition *n = r->definitions; n; n = n->next) {
		struct definition *d = first_of_key(o, n);
		for (bool met = d && d->met == o->pass; d && !met; d = same_key(o, d->next_hash, n))
			d->met = o->pass;
	}
	enum weft_status status = WEFT_OK;
	for (const struct definition *d = before ? before->definitions : NULL;
		d && status == WEFT_OK; d = d->next)
		if (d->met != o->pass)
			status = define(r, d->source, d->row, d->position, true);
	return status;
}

/* ---- applying ---- */

static enum weft_status grow(struct weft_objects *o, size_t want)
{
	size_t count = o->bucket_count;
	while (count < want)
		count *= 2;
	if (count == o->bucket_count)
		return WEFT_OK;
	struct definition **buckets = weft_alloc_array(count, sizeof(struct definition *));
	if (!buckets)
		return WEFT_NO_MEMORY;
	for (size_t i = 0; i < o->bucket_count; i++)
		for (struct definition *next, *d = o->buckets[i]; d; d = next) {
			next = d->next_hash;
			put_in_bucket(&buckets[d->hash & (count - 1)], d);
		}
	weft_free(o->buckets);
	o->buckets = buckets;
	o->bucket_count = count;
	return WEFT_OK;
}

/* Calls for every definition of the key of `of` but its winner, once per pass. */
typedef enum weft_status change_fn(struct weft_engine *, unsigned table, const void *row);
static enum weft_status each_loser(
	struct weft_objects *o, const struct definition *of, change_fn *change)
{
	const struct weft_source_info *info = o->sources[of->source].info;
	struct definition *d = first_of_key(o, of);
	if (!d || d->met == o->pass)
		return WEFT_OK;
	const struct definition *best = winner(o, of->source, of->hash, of->row);
	enum weft_status status = WEFT_OK;
	for (; d && status == WEFT_OK; d = same_key(o, d->next_hash, of)) {
		d->met = o->pass;
		if (d != best && !d->stays && info->conflicts != WEFT_NONE)
			status = change(o->host.engine, info->conflicts, d->row);
	}
	return status;
}

static enum weft_status delete_row(struct weft_engine *e, unsigned table, const void *row)
{
	enum weft_status status = weft_engine_delete(e, table, row);
	return status == WEFT_NOT_FOUND ? WEFT_OK : status;
}

static enum weft_status drop_losers(struct weft_objects *o, const struct weft_reading *r)
{
	enum weft_status status = WEFT_OK;
	for (const struct definition *d = r ? r->definitions : NULL; d && status == WEFT_OK;
		d = d->next)
		status = each_loser(o, d, delete_row);
	return status;
}

static enum weft_status put_winners(struct weft_objects *o, const struct weft_reading *r)
{
	enum weft_status status = WEFT_OK;
	for (const struct definition *d = r ? r->definitions : NULL; d && status == WEFT_OK;
		d = d->next) {
		unsigned table = o->sources[d->source].info->table;
		const struct definition *first = first_of_key(o, d);
		if (first && first->met == o->pass)
			continue;
		const struct definition *best =
			first ? winner(o, d->source, d->hash, d->row) : NULL;
		status = best ? weft_engine_put(o->host.engine, table, best->row)
			      : delete_row(o->host.engine, table, d->row);
		if (status == WEFT_OK)
			status = each_loser(o, d, weft_engine_put);
	}
	return status;
}

static enum weft_status change_rejected(
	struct weft_objects *o, const struct weft_reading *r, change_fn *change)
{
	enum weft_status status = WEFT_OK;
	for (const struct rejection *j = r ? r->rejections : NULL; j && status == WEFT_OK;
		j = j->next)
		if (j->has_row)
			status = change(
				o->host.engine, o->sources[j->source].info->rejected, j->row);
	return status;
}

enum weft_status weft_objects_apply(struct weft_objects *o)
{
	enum weft_status status = WEFT_OK;
	size_t count = o->count;
	for (struct weft_object_file *f = o->files; f && status == WEFT_OK; f = f->next) {
		if (!f->new)
			continue;
		if (f->new->broken)
			status = keep_the_rest(o, f->new, f->now);
		for (const struct definition *d = f->new->definitions; d; d = d->next)
			count++;
	}
	if (status == WEFT_OK)
		status = grow(o, count);
	o->pass++;
	for (struct weft_object_file *f = o->files; f && status == WEFT_OK; f = f->next)
		if (f->new) {
			status = drop_losers(o, f->now);
			if (status ==
				WEFT_OK) /* a new key's losers, if other files define it already */
				status = drop_losers(o, f->new);
			if (status == WEFT_OK)
				status = change_rejected(o, f->now, delete_row);
		}
	if (status != WEFT_OK)
		return status;
	for (struct weft_object_file *f = o->files; f; f = f->next)
		if (f->new) {
			unlink_definitions(o, f->now);
			link_definitions(o, f->new);
		}
	o->applied = true;
	o->pass++;
	for (struct weft_object_file *f = o->files; f && status == WEFT_OK; f = f->next)
		if (f->new) {
			status = put_winners(o, f->now);
			if (status == WEFT_OK)
				status = put_winners(o, f->new);
			if (status == WEFT_OK)
				status = change_rejected(o, f->new, weft_engine_put);
		}
	return status;
}

void weft_objects_keep(struct weft_objects *o)
{
	for (struct weft_object_file *f = o->files; f; f = f->next)
		if (f->new) {
			free_reading(o, f->now);
			f->now = f->new;
			f->new = NULL;
		}
	o->applied = false;
}

void weft_objects_undo(struct weft_objects *o)
{
	for (struct weft_object_file *f = o->files; f; f = f->next)
		if (f->new) {
			if (o->applied) {
				unlink_definitions(o, f->new);
				link_definitions(o, f->now);
			}
			free_reading(o, f->new);
			f->new = NULL;
		}
	o->applied = false;
}

void weft_objects_each_rejected(const struct weft_objects *o, weft_rejected_fn *call, void *user)
{
	for (const struct weft_object_file *f = o->files; f; f = f->next)
		for (const struct rejection *j = f->now ? f->now->rejections : NULL; j; j = j->next)
			call(user, j->source < o->source_count ? o->sources[j->source].info : NULL,
				j->place, j->reason);
}

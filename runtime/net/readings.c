/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * readings.c: a chained hash table of keys, each with the list of its readers; a reader has the
 * list of its keys. Both lists are intrusive in the reading, 48 bytes for each key that a judged
 * connection read.
 */
#include "net/readings.h"
#include "base/alloc.h"

struct weft_reading {
	struct weft_reading_key *key;
	struct weft_reading *next, **link; /* among the key's readers */
	struct weft_reader_keys *who;
	struct weft_reading *sibling; /* the reader's next key */
};
struct weft_reading_key {
	struct weft_view_key key;
	struct weft_reading_key *next;
	struct weft_reading *first;
};

enum { BUCKETS_FIRST = 64 };

static size_t bucket_of(const struct weft_readings *r, const struct weft_view_key *key)
{
	uint64_t h = weft_hash_u64(key->hash, ((uint64_t)key->table << 32) | key->index);
	return (size_t)h & (r->bucket_count - 1);
}

static bool same(const struct weft_view_key *a, const struct weft_view_key *b)
{
	return a->hash == b->hash && a->table == b->table && a->index == b->index;
}

static struct weft_reading_key *find(const struct weft_readings *r, const struct weft_view_key *key)
{
	if (!r->bucket_count)
		return NULL;
	struct weft_reading_key *k = r->buckets[bucket_of(r, key)];
	while (k && !same(&k->key, key))
		k = k->next;
	return k;
}

/* Doubles the buckets when keys outnumber them; a table that could not grow only gets slower. */
static bool grow(struct weft_readings *r)
{
	if (r->key_count < r->bucket_count)
		return true;
	struct weft_readings wider = { .bucket_count = r->bucket_count ? r->bucket_count * 2
								       : BUCKETS_FIRST };
	wider.buckets = weft_alloc(wider.bucket_count * sizeof(wider.buckets[0]));
	if (!wider.buckets)
		return r->bucket_count != 0;
	memset(wider.buckets, 0, wider.bucket_count * sizeof(wider.buckets[0]));
	for (size_t i = 0; i < r->bucket_count; i++) {
		for (struct weft_reading_key *k = r->buckets[i], *next; k; k = next) {
			next = k->next;
			size_t b = bucket_of(&wider, &k->key);
			k->next = wider.buckets[b];
			wider.buckets[b] = k;
		}
	}
	weft_free(r->buckets);
	r->buckets = wider.buckets;
	r->bucket_count = wider.bucket_count;
	return true;
}

static struct weft_reading_key *find_or_add(
	struct weft_readings *r, const struct weft_view_key *key)
{
	struct weft_reading_key *k = find(r, key);
	if (k)
		return k;
	if (!grow(r))
		return NULL;
	k = weft_alloc(sizeof(*k));
	if (!k)
		return NULL;
	size_t b = bucket_of(r, key);
	*k = (struct weft_reading_key){ *key, r->buckets[b], NULL };
	r->buckets[b] = k;
	r->key_count++;
	return k;
}

static void remove_key(struct weft_readings *r, struct weft_reading_key *key)
{
	struct weft_reading_key **link = &r->buckets[bucket_of(r, &key->key)];
	while (*link != key)
		link = &(*link)->next;
	*link = key->next;
	r->key_count--;
	weft_free(key);
}

enum weft_status weft_readings_add(
	struct weft_readings *r, struct weft_reader_keys *who, struct weft_view_key key)
{
	for (const struct weft_reading *old = who->first; old; old = old->sibling)
		if (same(&old->key->key, &key))
			return WEFT_OK;
	struct weft_reading *reading = weft_alloc(sizeof(*reading));
	if (!reading)
		return WEFT_NO_MEMORY;
	struct weft_reading_key *k = find_or_add(r, &key);
	if (!k) {
		weft_free(reading);
		return WEFT_NO_MEMORY;
	}
	*reading = (struct weft_reading){ k, k->first, &k->first, who, who->first };
	if (k->first)
		k->first->link = &reading->next;
	k->first = reading;
	who->first = reading;
	return WEFT_OK;
}

void weft_readings_drop(struct weft_readings *r, struct weft_reader_keys *who)
{
	for (struct weft_reading *reading = who->first, *next; reading; reading = next) {
		next = reading->sibling;
		*reading->link = reading->next;
		if (reading->next)
			reading->next->link = reading->link;
		if (!reading->key->first)
			remove_key(r, reading->key);
		weft_free(reading);
	}
	who->first = NULL;
}

void weft_readings_find(
	const struct weft_readings *r, struct weft_view_key key, weft_reading_fn *found, void *user)
{
	const struct weft_reading_key *k = find(r, &key);
	for (const struct weft_reading *reading = k ? k->first : NULL; reading;
		reading = reading->next)
		found(user, reading->who);
}

void weft_readings_free(struct weft_readings *r)
{
	if (r->buckets)
		weft_free(r->buckets);
	*r = (struct weft_readings){ 0 };
}

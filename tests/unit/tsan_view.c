/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * tsan_view.c: three workers read the published views while the engine commits. Each commit keeps
 * the sum over the pods of a namespace at 0 and the number of pods equal to the total's row; a
 * worker that ever sees otherwise read two versions at once. One of them holds its pin for long, so
 * commits conflate. Keys of changes must arrive with or before the version that shows them.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "table_program.h"

#include "table/view.h"

#define COMMITS 1500
#define PODS_COUNT 64

struct worker {
	struct weft_reader *reader;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint wakes;
	unsigned slow;
	unsigned wrong, turns, keys;
};

static void wake(void *user)
{
	atomic_fetch_add(&((struct worker *)user)->wakes, 1);
}

static atomic_uint unblocked_calls;

static void unblocked(void *user)
{
	(void)user;
	atomic_fetch_add(&unblocked_calls, 1);
}

static bool read_all(struct weft_reader *r)
{
	const struct weft_intern *in = weft_reader_intern(r);
	struct weft_view_cursor c;
	int64_t sum = 0;
	size_t count = 0;
	for (const struct pod *p = weft_view_each(&c, r, PODS); p;
		p = weft_view_next(&c), count++) {
		struct weft_text name = weft_text_of(in, p->name);
		if (name.size < 2 || name.data[0] != 'p')
			return false;
		sum += p->weight;
		struct weft_view_cursor probe;
		uint64_t hash = weft_hash_u64(
			weft_hash_u64(0, weft_id_hash(in, p->ns)), weft_id_hash(in, p->app));
		bool found = false;
		for (const struct pod *q = weft_view_first(&probe, r, PODS, 0, hash); q;
			q = weft_view_next(&probe))
			found = found || q == p;
		uint64_t key = weft_hash_u64(
			weft_hash_u64(0, weft_id_hash(in, p->ns)), weft_hash_text(name));
		const struct pod *self = weft_view_first(&probe, r, PODS, WEFT_PRIMARY, key);
		if (!found || self != p)
			return false;
	}
	return sum == 0 && count == weft_view_count(r, PODS);
}

static void *work(void *argument)
{
	struct worker *w = argument;
	uint64_t version = 0;
	while (!atomic_load(&w->stop)) {
		size_t count;
		bool all;
		weft_reader_pin(w->reader);
		weft_reader_changes(w->reader, &count, &all);
		w->keys += (unsigned)count;
		if (weft_reader_version(w->reader) < version || !read_all(w->reader))
			w->wrong++;
		version = weft_reader_version(w->reader);
		for (unsigned i = 0; i < w->slow && !atomic_load(&w->stop); i++)
			if (!read_all(w->reader))
				w->wrong++;
		weft_reader_unpin(w->reader);
		w->turns++;
	}
	return NULL;
}

static enum weft_status commit_random(struct weft_engine *e, uint64_t *seed)
{
	enum weft_status status = weft_engine_begin(e);
	for (int k = 0; k < 4 && status == WEFT_OK; k++) {
		char name[32];
		/* Pods come in pairs of opposite weight. */
		unsigned i = (unsigned)(next_random(seed) % (PODS_COUNT / 2)) * 2;
		bool deletes = next_random(seed) % 3 == 0;
		int64_t weight = (int64_t)(next_random(seed) % 1000);
		for (unsigned n = 0; n < 2 && status == WEFT_OK; n++) {
			struct pod p = { .weight = n ? -weight : weight };
			snprintf(name, sizeof(name), "p%u", i + n);
			status = weft_intern_text(e, WEFT_TEXT("shop"), &p.ns);
			if (status == WEFT_OK)
				status = weft_intern_text(
					e, (struct weft_text){ name, strlen(name) }, &p.name);
			snprintf(name, sizeof(name), "app-%u", (unsigned)(next_random(seed) % 8));
			if (status == WEFT_OK)
				status = weft_intern_text(
					e, (struct weft_text){ name, strlen(name) }, &p.app);
			if (status == WEFT_OK)
				status = deletes ? weft_engine_delete(e, PODS, &p)
						 : weft_engine_put(e, PODS, &p);
			status = status == WEFT_NOT_FOUND ? WEFT_OK : status;
		}
	}
	return status == WEFT_OK ? weft_engine_commit(e) : status;
}

static void three_workers(void)
{
	struct weft_engine *e;
	struct worker workers[3] = { { .slow = 0 }, { .slow = 3 }, { .slow = 200 } };
	uint64_t seed = 7;
	CHECK(weft_engine_create(&program_info, NULL, &e) == WEFT_OK);
	weft_engine_on_unblocked(e, unblocked, NULL);
	for (int i = 0; i < 3; i++)
		CHECK(weft_reader_create(e, wake, &workers[i], &workers[i].reader) == WEFT_OK);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	size_t longest = 0;
	for (unsigned i = 0; i < COMMITS; i++) {
		CHECK(commit_random(e, &seed) == WEFT_OK);
		longest = e->views->log_count > longest ? e->views->log_count : longest;
		if (i % 16 == 0)
			weft_engine_publish(e);
	}
	for (int i = 0; i < 3; i++)
		atomic_store(&workers[i].stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(workers[i].thread, NULL);
	for (int i = 0; i < 3; i++) {
		CHECK(workers[i].wrong == 0);
		CHECK(workers[i].turns > 0 && workers[i].wakes > 0);
	}
	CHECK(longest < 8 * PODS_COUNT + 64);
	CHECK(!weft_engine_publish(e));
	weft_reader_pin(workers[0].reader);
	CHECK(weft_reader_version(workers[0].reader) == weft_engine_version(e));
	CHECK(weft_view_count(workers[0].reader, PODS) ==
		weft_table_count(weft_engine_table(e, PODS), WEFT_NEW));
	weft_reader_unpin(workers[0].reader);
	printf("  turns %u %u %u, log at most %zu, unblocked %u\n", workers[0].turns,
		workers[1].turns, workers[2].turns, longest, atomic_load(&unblocked_calls));
	for (int i = 0; i < 3; i++)
		weft_reader_destroy(workers[i].reader);
	weft_engine_destroy(e);
}

static bool has_key(const struct weft_view_key *keys, size_t count, uint32_t table, uint32_t index,
	uint64_t hash)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i].table == table && keys[i].index == index && keys[i].hash == hash)
			return true;
	return false;
}

static void keys_of_changes(void)
{
	struct weft_engine *e;
	struct weft_reader *r;
	struct worker w = { 0 };
	size_t count;
	bool all;
	CHECK(weft_engine_create(&program_info, NULL, &e) == WEFT_OK);
	CHECK(weft_reader_create(e, wake, &w, &r) == WEFT_OK);
	struct pod p = { .weight = 1 };
	CHECK(weft_engine_begin(e) == WEFT_OK);
	CHECK(weft_intern_text(e, WEFT_TEXT("shop"), &p.ns) == WEFT_OK);
	CHECK(weft_intern_text(e, WEFT_TEXT("p1"), &p.name) == WEFT_OK);
	CHECK(weft_intern_text(e, WEFT_TEXT("web"), &p.app) == WEFT_OK);
	CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK);
	CHECK(weft_engine_synced(e, PODS) == WEFT_OK);
	CHECK(weft_engine_commit(e) == WEFT_OK);
	CHECK(w.wakes == 1);
	weft_reader_pin(r); /* stays pinned: the next commit flips, the one behind it has to wait */
	const struct weft_view_key *keys = weft_reader_changes(r, &count, &all);
	uint64_t old_app = weft_hash_u64(weft_hash_u64(0, weft_hash_text(WEFT_TEXT("shop"))),
		weft_hash_text(WEFT_TEXT("web")));
	uint64_t key = weft_hash_u64(weft_hash_u64(0, weft_hash_text(WEFT_TEXT("shop"))),
		weft_hash_text(WEFT_TEXT("p1")));
	CHECK(!all && has_key(keys, count, PODS, WEFT_EACH, 0) &&
		has_key(keys, count, PODS, WEFT_PRIMARY, key));
	CHECK(has_key(keys, count, PODS, 0, old_app) &&
		has_key(keys, count, PODS, 1, weft_hash_text(WEFT_TEXT("web"))));
	CHECK(weft_view_is_synced(r, PODS) && !weft_view_is_synced(r, PAIRS));
	for (int64_t i = 2; i < 5; i++) {
		CHECK(weft_engine_begin(e) == WEFT_OK);
		struct pod q = p;
		q.weight = i;
		CHECK(weft_intern_text(e, WEFT_TEXT("other"), &q.app) == WEFT_OK);
		CHECK(weft_engine_put(e, PODS, &q) == WEFT_OK);
		CHECK(weft_engine_commit(e) == WEFT_OK);
	}
	struct weft_view_cursor c;
	const struct pod *seen = weft_view_first(&c, r, PODS, WEFT_PRIMARY, key);
	CHECK(seen && seen->weight == 1); /* one settled version, whatever was committed since */
	CHECK(weft_engine_publish(e));
	weft_reader_unpin(r);
	CHECK(!weft_engine_publish(e));
	weft_reader_pin(r);
	keys = weft_reader_changes(r, &count, &all);
	seen = weft_view_first(&c, r, PODS, WEFT_PRIMARY, key);
	CHECK(seen && seen->weight == 4 && !all);
	CHECK(has_key(keys, count, PODS, 0, old_app) &&
		has_key(keys, count, PODS, 1, weft_hash_text(WEFT_TEXT("other"))));
	CHECK(weft_view_first(&c, r, PODS, 0, old_app) == NULL);
	weft_reader_unpin(r);
	weft_reader_pin(r);
	weft_reader_changes(r, &count, &all);
	CHECK(count == 0 && !all);
	weft_reader_unpin(r);
	weft_reader_destroy(r);
	weft_engine_destroy(e);
}

int main(void)
{
	CASE(keys_of_changes);
	CASE(three_workers);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table_engine.c: the engine's promises one by one: both states of a transaction, net changes and
 * their column masks, subscribers, readiness, idle operators, no allocation at rest, hash slots
 * that grow while they are used.
 */
#include "table_program.h"

#include "base/alloc.h"
#include "table/engine.h"

static enum weft_status text(struct weft_engine *e, const char *s, weft_id *id)
{
	return weft_intern_text(e, (struct weft_text){ s, strlen(s) }, id);
}

static struct pod pod(
	struct weft_engine *e, const char *ns, const char *name, const char *app, int64_t weight)
{
	struct pod p = { .weight = weight };
	if (text(e, ns, &p.ns) != WEFT_OK || text(e, name, &p.name) != WEFT_OK ||
		text(e, app, &p.app) != WEFT_OK)
		abort();
	return p;
}

static struct service service(
	struct weft_engine *e, const char *ns, const char *name, int64_t created, int64_t port)
{
	struct service s = { .created = { created >= 0, created >= 0 ? created : 0 },
		.port = port };
	if (text(e, ns, &s.ns) != WEFT_OK || text(e, name, &s.name) != WEFT_OK)
		abort();
	return s;
}

static struct weft_engine *start(void)
{
	struct weft_engine *e;
	if (weft_engine_create(&program_info, NULL, &e) != WEFT_OK ||
		weft_engine_begin(e) != WEFT_OK || weft_engine_commit(e) != WEFT_OK)
		abort();
	return e;
}

static void both_states(void)
{
	struct weft_engine *e = start();
	const struct weft_table *pods = weft_engine_table(e, PODS);
	CHECK(weft_engine_begin(e) == WEFT_OK);
	CHECK(weft_engine_begin(e) == WEFT_IN_USE);
	struct pod p = pod(e, "shop", "p1", "web", 1);
	CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK);
	CHECK(!weft_table_get(pods, WEFT_OLD, &p) && weft_table_get(pods, WEFT_NEW, &p));
	CHECK(weft_engine_commit(e) == WEFT_OK);
	CHECK(weft_engine_begin(e) == WEFT_OK);
	const struct pod *old = weft_table_get(pods, WEFT_OLD, &p);
	for (int64_t weight = 2; weight < 5; weight++) {
		p = pod(e, "shop", "p1", weight == 3 ? "db" : "cart", weight);
		CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK);
		const struct pod *was = weft_table_get(pods, WEFT_OLD, &p),
				 *is = weft_table_get(pods, WEFT_NEW, &p);
		CHECK(was == old && was->weight == 1 && is->weight == weight);
	}
	struct weft_cursor c;
	uint64_t shop = weft_hash_text(WEFT_TEXT("shop"));
	uint64_t web = weft_hash_u64(weft_hash_u64(0, shop), weft_hash_text(WEFT_TEXT("web")));
	uint64_t cart = weft_hash_u64(weft_hash_u64(0, shop), weft_hash_text(WEFT_TEXT("cart")));
	uint64_t key = weft_hash_u64(weft_hash_u64(0, shop), weft_hash_text(WEFT_TEXT("p1")));
	CHECK(weft_index_first(&c, pods, 0, WEFT_OLD, web) == old && !weft_cursor_next(&c));
	CHECK(!weft_index_first(&c, pods, 0, WEFT_NEW, web) &&
		!weft_index_first(&c, pods, 0, WEFT_OLD, cart));
	CHECK(weft_index_first(&c, pods, 0, WEFT_NEW, cart) && !weft_cursor_next(&c));
	CHECK(weft_index_first(&c, pods, WEFT_PRIMARY, WEFT_OLD, key) == old &&
		!weft_cursor_next(&c));
	CHECK(weft_index_first(&c, pods, 1, WEFT_NEW, shop) && !weft_cursor_next(&c));
	CHECK(weft_table_first(&c, pods, WEFT_OLD) == old && !weft_cursor_next(&c));
	CHECK(weft_engine_delete(e, PODS, &p) == WEFT_OK &&
		weft_engine_delete(e, PODS, &p) == WEFT_NOT_FOUND);
	CHECK(weft_table_get(pods, WEFT_OLD, &p) == old && !weft_table_get(pods, WEFT_NEW, &p));
	CHECK(weft_table_count(pods, WEFT_OLD) == 1 && weft_table_count(pods, WEFT_NEW) == 0);
	p = pod(e, "shop", "p1", "web", 1);
	CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK); /* as it was: the old row holds again */
	CHECK(weft_table_get(pods, WEFT_NEW, &p) == old && weft_table_count(pods, WEFT_NEW) == 1);
	uint64_t runs = weft_engine_counters(e, 0)->runs;
	CHECK(weft_engine_commit(e) == WEFT_OK);
	CHECK(weft_engine_counters(e, 0)->runs == runs); /* no net change: nobody ran */
	weft_engine_destroy(e);
}

/* ---- subscribers ---- */

struct watched {
	struct weft_engine *engine;
	size_t calls, count;
	uint64_t columns;
	char names[128];
	bool synced, leaves;
	enum weft_status begin;
};

static void watch_pods(
	void *user, const struct weft_table *t, const struct weft_change *changes, size_t count)
{
	struct watched *w = user;
	const struct weft_intern *in = weft_engine_intern(w->engine);
	w->calls++;
	w->count = count;
	w->synced = weft_table_is_synced(t);
	w->names[0] = 0;
	for (size_t i = 0; i < count; i++) {
		const struct pod *p = changes[i].after ? changes[i].after : changes[i].before;
		struct weft_text name = weft_text_of(in, p->name);
		strncat(w->names, changes[i].before ? changes[i].after ? "~" : "-" : "+", 2);
		strncat(w->names, name.data, name.size);
		w->columns = changes[i].columns;
	}
	w->begin = weft_engine_begin(w->engine);
	if (w->leaves)
		weft_engine_unwatch(w->engine, PODS, watch_pods, w);
}

static void net_changes_reach_subscribers(void)
{
	struct weft_engine *e = start();
	struct watched w = { .engine = e }, once = { .engine = e, .leaves = true };
	CHECK(weft_engine_watch(e, PODS, watch_pods, &once) == WEFT_OK &&
		weft_engine_watch(e, PODS, watch_pods, &w) == WEFT_OK);
	static const char *const order[] = { "p3", "p1", "p2" };
	CHECK(weft_engine_begin(e) == WEFT_OK);
	for (int i = 0; i < 3; i++) {
		struct pod p = pod(e, "shop", order[i], "web", i);
		CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK);
	}
	CHECK(weft_engine_commit(e) == WEFT_OK);
	CHECK(w.calls == 1 && w.begin == WEFT_IN_USE && w.columns == UINT64_MAX);
	CHECK_TEXT(w.names, "+p1+p2+p3");
	CHECK(weft_engine_begin(e) == WEFT_OK);
	struct pod gone = pod(e, "shop", "p2", "", 0), fresh = pod(e, "shop", "p0", "x", 1),
		   changed = pod(e, "shop", "p3", "web", 9), same = pod(e, "shop", "p1", "web", 1),
		   passing = pod(e, "shop", "p9", "web", 1);
	CHECK(weft_engine_put(e, PODS, &changed) == WEFT_OK &&
		weft_engine_delete(e, PODS, &gone) == WEFT_OK);
	CHECK(weft_engine_put(e, PODS, &fresh) == WEFT_OK &&
		weft_engine_put(e, PODS, &same) == WEFT_OK);
	CHECK(weft_engine_put(e, PODS, &passing) == WEFT_OK &&
		weft_engine_delete(e, PODS, &passing) == WEFT_OK);
	CHECK(weft_engine_commit(e) == WEFT_OK);
	CHECK_TEXT(w.names, "+p0-p2~p3");
	CHECK(w.columns == 8 && w.calls == 2 && once.calls == 1);
	CHECK(weft_engine_begin(e) == WEFT_OK && weft_engine_synced(e, PODS) == WEFT_OK &&
		weft_engine_commit(e) == WEFT_OK);
	CHECK(w.calls == 3 && w.count == 0 && w.synced);
	CHECK(weft_engine_begin(e) == WEFT_OK && weft_engine_commit(e) == WEFT_OK);
	CHECK(w.calls == 3);
	weft_engine_destroy(e);
}

static void readiness_propagates(void)
{
	struct weft_engine *e = start();
	CHECK(weft_engine_begin(e) == WEFT_OK && weft_engine_synced(e, PODS) == WEFT_OK);
	weft_engine_rollback(e);
	CHECK(!weft_table_is_synced(weft_engine_table(e, PODS)));
	CHECK(weft_engine_begin(e) == WEFT_OK && weft_engine_synced(e, PODS) == WEFT_OK &&
		weft_engine_commit(e) == WEFT_OK);
	CHECK(weft_table_is_synced(weft_engine_table(e, TOTALS)) &&
		!weft_table_is_synced(weft_engine_table(e, PAIRS)));
	CHECK(weft_engine_begin(e) == WEFT_OK && weft_engine_synced(e, SERVICES) == WEFT_OK &&
		weft_engine_commit(e) == WEFT_OK);
	CHECK(weft_table_is_synced(weft_engine_table(e, PAIRS)) &&
		weft_table_is_synced(weft_engine_table(e, TOTAL)));
	CHECK(weft_table_is_synced(weft_engine_table(e, LOSERS)));
	weft_engine_destroy(e);
}

static void idle_operators_sleep(void)
{
	struct weft_engine *e = start();
	CHECK(weft_engine_begin(e) == WEFT_OK);
	struct service s = service(e, "shop", "web", 1, 80);
	struct pod p = pod(e, "shop", "p1", "web", 1);
	CHECK(weft_engine_put(e, SERVICES, &s) == WEFT_OK &&
		weft_engine_put(e, PODS, &p) == WEFT_OK && weft_engine_commit(e) == WEFT_OK);
	uint64_t before[7], ran[7];
	for (unsigned i = 0; i < 7; i++)
		before[i] = weft_engine_counters(e, i)->runs;
	CHECK(weft_engine_begin(e) == WEFT_OK);
	s = service(e, "shop", "web", 2,
		80); /* only `created`: the join and the fold of names do not read it */
	CHECK(weft_engine_put(e, SERVICES, &s) == WEFT_OK && weft_engine_commit(e) == WEFT_OK);
	for (unsigned i = 0; i < 7; i++)
		ran[i] = weft_engine_counters(e, i)->runs - before[i];
	CHECK(ran[0] == 0 && ran[1] == 1 && ran[2] == 0 && ran[3] == 0 && ran[4] == 0 &&
		ran[5] == 0 && ran[6] == 1);
	CHECK(weft_engine_counters(e, 1)->emitted ==
		1); /* the same winner: a row that is equal is no change */
	weft_engine_destroy(e);
}

static void single_value_is_always_there(void)
{
	struct weft_engine *e = start();
	struct count key = { 0 };
	const struct count *total = weft_table_get(weft_engine_table(e, TOTAL), WEFT_NEW, &key);
	CHECK(total && total->value == 0);
	CHECK(weft_engine_begin(e) == WEFT_OK);
	struct service s = service(e, "shop", "web", 1, 80);
	struct pod p = pod(e, "shop", "p1", "web", 1);
	CHECK(weft_engine_put(e, SERVICES, &s) == WEFT_OK &&
		weft_engine_put(e, PODS, &p) == WEFT_OK && weft_engine_commit(e) == WEFT_OK);
	total = weft_table_get(weft_engine_table(e, TOTAL), WEFT_NEW, &key);
	CHECK(total && total->value == 1);
	weft_engine_destroy(e);
}

/* In a steady state a transaction allocates nothing, and its counters do not depend on the size. */
static void steady_state(size_t rows, struct weft_operator_counters *spent)
{
	struct weft_engine *e = start();
	char name[32];
	CHECK(weft_engine_begin(e) == WEFT_OK);
	for (size_t i = 0; i < rows; i++) {
		snprintf(name, sizeof(name), "p%zu", i);
		struct pod p = pod(e, "shop", name, "web", (int64_t)(i % 100));
		CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK);
	}
	struct service s = service(e, "shop", "db", 1, 80);
	CHECK(weft_engine_put(e, SERVICES, &s) == WEFT_OK && weft_engine_commit(e) == WEFT_OK);
	uint64_t calls = 0;
	for (int round = 0; round < 40; round++) {
		if (round == 20) {
			calls = weft_alloc_calls();
			*spent = *weft_engine_counters(e, 2);
		}
		CHECK(weft_engine_begin(e) == WEFT_OK);
		struct pod p = pod(e, "shop", "p7", round % 2 ? "db" : "web", round);
		CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK && weft_engine_commit(e) == WEFT_OK);
	}
	CHECK(weft_alloc_calls() == calls);
	spent->delta_in = weft_engine_counters(e, 2)->delta_in - spent->delta_in;
	spent->emitted = weft_engine_counters(e, 2)->emitted - spent->emitted;
	weft_engine_destroy(e);
}

static void nothing_is_allocated_at_rest(void)
{
	struct weft_operator_counters few, many;
	steady_state(8, &few);
	if (!case_bad)
		steady_state(400, &many);
	CHECK(few.delta_in == many.delta_in && few.emitted == many.emitted && few.delta_in == 40);
}

static void dump_is_sorted_and_canonical(void)
{
	char *dumps[2];
	for (int turn = 0; turn < 2; turn++) {
		struct weft_engine *e = start();
		for (int i = 0; i < 20; i++) {
			int k = turn ? 19 - i : i;
			char name[8];
			snprintf(name, sizeof(name), "p%d", k * 7 % 20);
			CHECK(weft_engine_begin(e) == WEFT_OK);
			struct pod p = pod(e, k % 3 ? "shop" : "default", name, "web", k * 7 % 20);
			CHECK(weft_engine_put(e, PODS, &p) == WEFT_OK);
			struct service s = service(e, "shop", k % 2 ? "web" : "db", k % 2, k % 2);
			CHECK(weft_engine_put(e, SERVICES, &s) == WEFT_OK);
			CHECK(weft_engine_commit(e) == WEFT_OK);
		}
		struct weft_buffer b = { 0 };
		weft_engine_dump(e, &b);
		CHECK(!b.failed && b.data);
		dumps[turn] = strdup(b.data);
		weft_buffer_free(&b);
		weft_engine_destroy(e);
	}
	CHECK_TEXT(dumps[0], dumps[1]);
	free(dumps[0]);
	free(dumps[1]);
}

/* ---- slots ---- */

#define IDS 5000

static void slots_grow_in_use(void)
{
	struct weft_slots s = { 0 };
	static uint32_t tag_of[IDS + 1];
	static bool there[IDS + 1];
	uint64_t seed = 99;
	size_t count = 0;
	memset(tag_of, 0, sizeof(tag_of));
	memset(there, 0, sizeof(there));
	for (unsigned step = 0; step < 60000; step++) {
		uint32_t id = 1 + (uint32_t)(next_random(&seed) % IDS);
		bool grows = step % 20000 < 12000;
		if (there[id] && (!grows || next_random(&seed) % 4 == 0)) {
			weft_slots_remove(&s, tag_of[id], id);
			there[id] = false;
			count--;
			if (step % 64 == 0)
				weft_slots_trim(&s);
		} else if (!there[id] && grows) {
			tag_of[id] = (uint32_t)next_random(&seed) &
				(step % 5 ? UINT32_MAX : 7); /* some tags collide */
			CHECK(weft_slots_reserve(&s, 1));
			weft_slots_insert(&s, tag_of[id], id);
			there[id] = true;
			count++;
		}
		uint32_t probe = 1 + (uint32_t)(next_random(&seed) % IDS), state = 0, found;
		while ((found = weft_slots_find(&s, tag_of[probe], &state)) != 0 && found != probe)
			;
		CHECK((found == probe) == there[probe] && s.count == count);
	}
	uint32_t state = 0;
	size_t seen = 0;
	for (uint32_t id; (id = weft_slots_each(&s, &state)) != 0; seen++)
		CHECK(there[id]);
	CHECK(seen == count);
	weft_slots_free(&s);
}

int main(void)
{
	size_t live = weft_alloc_live_bytes();
	CASE(both_states);
	CASE(net_changes_reach_subscribers);
	CASE(readiness_propagates);
	CASE(idle_operators_sleep);
	CASE(single_value_is_always_there);
	CASE(nothing_is_allocated_at_rest);
	CASE(dump_is_sorted_and_canonical);
	CASE(slots_grow_in_use);
	if (weft_alloc_live_bytes() != live)
		printf("FAIL memory: %zu bytes stay\n", weft_alloc_live_bytes() - live);
	return cases_end();
}

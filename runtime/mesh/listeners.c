/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * listeners.c: what the rules' tables want, wish by wish, against what is open. A change only notes
 * what is wanted and touches the wish; `run_round`, a task of the loop, settles all touched wishes
 * and then tells the outcomes. So no transaction begins inside a commit, and a hundred changes of
 * one commit make one round.
 */
#include "mesh/listeners_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

#define BACKOFF_FIRST INT64_C(100000000)
#define BACKOFF_MAX INT64_C(10000000000)

/* ---- what a wish says and asks ---- */

void weft_wish_touch(struct weft_wish *wish)
{
	if (weft_list_is_empty(&wish->dirty))
		weft_list_append(&wish->owner->dirty, &wish->dirty);
	weft_listeners_post(wish->owner);
}

void weft_wish_say(struct weft_wish *wish, enum weft_listener_state state, const char *format, ...)
{
	struct weft_listeners *ls = wish->owner;
	struct weft_outcome now = { .state = state };
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(now.reason, sizeof(now.reason), format, arguments);
	va_end(arguments);
	bool same = wish->outcome.state == state && strcmp(wish->outcome.reason, now.reason) == 0;
	if (!same && (state == WEFT_LISTENER_FAILED || state == WEFT_LISTENER_OPEN)) {
		struct weft_buffer line = { 0 };
		weft_buffer_format(&line, "%s ", wish->label);
		weft_format_value(&line, NULL, &weft_type_addr, &wish->address);
		weft_buffer_format(&line, ": %s%s%s",
			state == WEFT_LISTENER_OPEN ? "open" : "failed", now.reason[0] ? ": " : "",
			now.reason);
		if (!line.failed)
			ls->host.log(ls->host.log_user,
				state == WEFT_LISTENER_OPEN ? WEFT_LOG_INFO : WEFT_LOG_WARN,
				(struct weft_text){ line.data, line.size });
		weft_buffer_free(&line);
	}
	wish->outcome = now;
	bool told = wish->was_told && wish->told.state == state &&
		strcmp(wish->told.reason, now.reason) == 0;
	weft_list_remove(&wish->unsaid);
	if (!told)
		weft_list_append(&ls->unsaid, &wish->unsaid);
}

/* ---- lives ---- */

static void live_changed(void *user, struct weft_live *live)
{
	struct weft_wish *wish = user;
	if (live == wish->live && live->phase == WEFT_LIVE_OPEN)
		wish->backoff = 0;
	if (!weft_live_holds_address(live))
		weft_claims_touch(wish->owner, live->instance.address.port); /* who waited for it */
	weft_wish_touch(wish);
}

/* Another listener of this program, on its way out, has the address still. */
static bool is_occupied(struct weft_listeners *ls, const struct weft_addr *address)
{
	weft_list_each(node, after, &ls->lives[address->port % WEFT_CLAIM_BUCKETS])
	{
		const struct weft_live *live = weft_container(node, struct weft_live, by_port);
		if (weft_live_holds_address(live) &&
			weft_addr_overlaps(&live->instance.address, address))
			return true;
	}
	return false;
}

static void send_off(struct weft_wish *wish)
{
	struct weft_live *live = wish->live;
	wish->live = NULL;
	live->next = wish->draining;
	wish->draining = live;
	weft_timer_stop(wish->owner->host.loop, &wish->retry);
	wish->retry_set = false;
	weft_live_drain(live,
		wish->owner->stopping ? wish->owner->stop_limit : weft_wish_rule(wish)->drain);
}

static void free_closed(struct weft_wish *wish)
{
	for (struct weft_live **link = &wish->draining; *link;) {
		struct weft_live *live = *link;
		if (live->phase != WEFT_LIVE_CLOSED) {
			link = &live->next;
			continue;
		}
		*link = live->next;
		weft_live_free(live);
		wish->owner->live_count--;
	}
}

/* A listener for the address: one that drains still comes back with its connections, else a new
 * one. */
static bool take_live(struct weft_wish *wish, const struct weft_addr *address)
{
	struct weft_listeners *ls = wish->owner;
	for (struct weft_live **link = &wish->draining; *link; link = &(*link)->next) {
		struct weft_live *live = *link;
		if (memcmp(&live->instance.address, address, sizeof(*address)) == 0) {
			*link = live->next;
			wish->live = live;
			return true;
		}
	}
	const struct weft_table_info *table = weft_rule_table(ls, wish->rule);
	struct weft_instance instance = {
		.handler = weft_wish_rule(wish)->handler,
		.key = table->key_count ? wish->key : NULL,
		.key_hash = wish->hash,
		.address = *address,
		.label = wish->label,
	};
	struct weft_live *live =
		weft_live_create(&instance, ls->host.loop, ls->host.threads, ls->host.thread_count);
	if (!live)
		return false;
	live->changed = live_changed;
	live->user = wish;
	weft_list_append(&ls->lives[address->port % WEFT_CLAIM_BUCKETS], &live->by_port);
	ls->live_count++;
	wish->live = live;
	return true;
}

/* ---- one wish, from what is wanted to what is open ---- */

static bool is_serving(const struct weft_wish *wish)
{
	return wish->present && wish->owner->ready[wish->rule] && !wish->owner->stopping;
}

static void set_claim(struct weft_wish *wish)
{
	const struct weft_addr *wanted = NULL;
	if (is_serving(wish) && !wish->waits)
		wanted = &wish->address;
	else if (is_serving(wish) &&
		wish->live) /* what is open keeps its last address while it waits */
		wanted = &wish->live->instance.address;
	struct weft_addr copy;
	if (wanted)
		copy = *wanted;
	weft_claim_set(wish, wanted ? &copy : NULL);
}

static void say_live(struct weft_wish *wish)
{
	const struct weft_live *live = wish->live;
	if (live->status < 0)
		weft_wish_say(wish, WEFT_LISTENER_FAILED, "%s", weft_status_name(live->status));
	else if (live->phase == WEFT_LIVE_OPEN)
		weft_wish_say(wish, WEFT_LISTENER_OPEN, "%s", wish->waits ? "wait" : "");
	else if (wish->outcome.state !=
		WEFT_LISTENER_FAILED) /* a retry says Failed until it works */
		weft_wish_say(wish, WEFT_LISTENER_PENDING, "opening");
}

static void retry_later(struct weft_wish *wish)
{
	struct weft_loop *loop = wish->owner->host.loop;
	wish->retry_due = false;
	wish->backoff = wish->backoff ? wish->backoff * 2 : BACKOFF_FIRST;
	if (wish->backoff > BACKOFF_MAX)
		wish->backoff = BACKOFF_MAX;
	wish->retry_set =
		weft_timer_set(loop, &wish->retry, weft_loop_now(loop) + wish->backoff) == WEFT_OK;
	if (!wish->retry_set)
		weft_listeners_again(wish->owner);
}

static void reopen(struct weft_wish *wish)
{
	wish->retry_due = false;
	weft_live_open(wish->live);
}

/* The claim is this wish's: open, or open again after a failure. */
static void open_wish(struct weft_wish *wish)
{
	struct weft_live *live = wish->live;
	if (live && live->wanted && live->status == WEFT_OK)
		return;
	if (live && live->wanted) { /* it failed */
		if (wish->retry_due && !weft_live_holds_address(live))
			reopen(wish);
		else if (!wish->retry_due && !wish->retry_set)
			retry_later(wish);
		return;
	}
	if (is_occupied(wish->owner, &wish->claimed)) {
		weft_wish_say(wish, WEFT_LISTENER_PENDING, "the address is being released");
		return;
	}
	if (!live && !take_live(wish, &wish->claimed)) {
		weft_wish_say(wish, WEFT_LISTENER_FAILED, "no memory");
		retry_later(wish);
		return;
	}
	weft_live_open(wish->live);
}

static void settle(struct weft_wish *wish)
{
	bool has = wish->claims && !wish->blocker;
	free_closed(wish);
	if (wish->live &&
		(!has ||
			memcmp(&wish->live->instance.address, &wish->claimed,
				sizeof(struct weft_addr)) != 0)) {
		send_off(wish);
		free_closed(wish);
	}
	if (has)
		open_wish(wish);
	if (wish->live)
		say_live(wish);
	else if (wish->blocker)
		weft_wish_say(wish, WEFT_LISTENER_FAILED, "wanted by %s", wish->blocker->label);
	else if (!wish->present || wish->owner->stopping)
		weft_wish_say(wish, WEFT_LISTENER_DRAINING, "%s", "");
	else if (!wish->owner->ready[wish->rule])
		weft_wish_say(wish, WEFT_LISTENER_PENDING, "sync");
	else if (wish->waits)
		weft_wish_say(wish, WEFT_LISTENER_PENDING, "wait");
	if (!weft_wish_is_gone(wish))
		return;
	if (!wish->was_told)
		weft_wish_free(wish);
	else if (weft_list_is_empty(&wish->unsaid)) /* its observed row goes first */
		weft_list_append(&wish->owner->unsaid, &wish->unsaid);
}

/* ---- rounds ---- */

static void note_row(struct weft_listeners *ls, unsigned rule, const void *row, bool present)
{
	const struct weft_rule_info *info = &ls->host.info->rules[rule];
	const struct weft_type *type = weft_rule_table(ls, rule)->row;
	uint64_t hash = weft_rule_hash(ls, rule, row);
	struct weft_wish **link = weft_wish_find(ls, rule, row, hash);
	if (!*link && !present)
		return;
	struct weft_wish *wish = *link ? *link : weft_wish_add(ls, rule, row, hash, link);
	if (!wish) {
		ls->rescan[rule] = true;
		weft_listeners_again(ls);
		return;
	}
	wish->present = present;
	if (present) {
		const char *bytes = row;
		memcpy(&wish->address, bytes + type->fields[info->address].offset,
			sizeof(wish->address));
		wish->waits = info->wait != WEFT_NONE &&
			*(const bool *)(bytes + type->fields[info->wait].offset);
	}
	weft_wish_touch(wish);
}

static void rows_changed(
	void *user, const struct weft_table *table, const struct weft_change *changes, size_t count)
{
	const struct weft_watched *watched = user;
	(void)table;
	for (size_t i = 0; i < count; i++)
		note_row(watched->owner, watched->rule,
			changes[i].after ? changes[i].after : changes[i].before,
			changes[i].after != NULL);
	weft_listeners_post(watched->owner);
}

static void need_changed(
	void *user, const struct weft_table *table, const struct weft_change *changes, size_t count)
{
	(void)table, (void)changes, (void)count;
	weft_listeners_post(user);
}

static void touch_all(struct weft_listeners *ls, unsigned rule)
{
	for (size_t i = 0; i < WEFT_WISH_BUCKETS; i++)
		for (struct weft_wish *wish = ls->wishes[i]; wish; wish = wish->next)
			if (wish->rule == rule)
				weft_wish_touch(wish);
}

/* Reads the table afresh: at start, and when memory ran out while a change was noted. */
static void scan(struct weft_listeners *ls, unsigned rule)
{
	struct weft_cursor cursor;
	const struct weft_table *table =
		weft_engine_table(ls->host.engine, ls->host.info->rules[rule].table);
	ls->rescan[rule] = false;
	for (size_t i = 0; i < WEFT_WISH_BUCKETS; i++)
		for (struct weft_wish *wish = ls->wishes[i]; wish; wish = wish->next)
			if (wish->rule == rule)
				wish->present = false;
	touch_all(ls, rule);
	for (const void *row = weft_table_first(&cursor, table, WEFT_NEW); row;
		row = weft_cursor_next(&cursor))
		note_row(ls, rule, row, true);
}

static void look_at_needs(struct weft_listeners *ls, unsigned rule)
{
	const struct weft_rule_info *info = &ls->host.info->rules[rule];
	for (size_t i = 0; i < info->need_count && !info->unsynced; i++)
		if (!weft_table_is_synced(weft_engine_table(ls->host.engine, info->needs[i])))
			return;
	ls->ready[rule] = true;
	touch_all(ls, rule);
}

static void run_round(struct weft_task *task)
{
	struct weft_listeners *ls = weft_container(task, struct weft_listeners, soon);
	ls->posted = false;
	for (unsigned rule = 0; rule < ls->host.info->rule_count; rule++) {
		if (ls->rescan[rule])
			scan(ls, rule);
		if (!ls->ready[rule])
			look_at_needs(ls, rule);
	}
	/* Claims first: who has an address is decided from all that is wanted. Then those that give
	 * one up, by their order in the list. */
	weft_list_each(node, after, &ls->dirty)
		set_claim(weft_container(node, struct weft_wish, dirty));
	struct weft_node round;
	weft_list_init(&round);
	for (struct weft_node *node; (node = weft_list_take_first(&ls->dirty));)
		weft_list_append(&round, node);
	for (struct weft_node *node; (node = weft_list_take_first(&round));)
		settle(weft_container(node, struct weft_wish, dirty));
	weft_outcomes_tell(ls);
}

void weft_listeners_post(struct weft_listeners *ls)
{
	if (ls->posted)
		return;
	ls->posted = true;
	weft_loop_post(ls->host.loop, &ls->soon);
}

static void again_expired(void *user, struct weft_timer *timer)
{
	struct weft_listeners *ls = user;
	(void)timer;
	ls->again_set = false;
	for (unsigned rule = 0; rule < ls->host.info->rule_count; rule++)
		touch_all(ls, rule);
	weft_listeners_post(ls);
}

/* ---- the owner's calls ---- */

static enum weft_status subscribe(struct weft_listeners *ls, unsigned rule)
{
	const struct weft_rule_info *info = &ls->host.info->rules[rule];
	if (strcmp(info->kind, "listener") != 0)
		return WEFT_OK; /* another kind's business */
	ls->watched[rule] = (struct weft_watched){ ls, rule };
	ls->rescan[rule] = true;
	enum weft_status status =
		weft_engine_watch(ls->host.engine, info->table, rows_changed, &ls->watched[rule]);
	for (size_t i = 0; i < info->need_count && status == WEFT_OK; i++)
		status = weft_engine_watch(ls->host.engine, info->needs[i], need_changed, ls);
	return status;
}

enum weft_status weft_listeners_create(
	const struct weft_listeners_host *host, struct weft_listeners **out)
{
	struct weft_listeners *ls = weft_alloc(sizeof(*ls));
	size_t rules = host->info->rule_count;
	if (!ls)
		return WEFT_NO_MEMORY;
	ls->host = *host;
	ls->soon.run = run_round;
	ls->again = (struct weft_timer){ .expired = again_expired, .user = ls };
	for (size_t i = 0; i < WEFT_CLAIM_BUCKETS; i++) {
		weft_list_init(&ls->claims[i]);
		weft_list_init(&ls->lives[i]);
	}
	weft_list_init(&ls->dirty);
	weft_list_init(&ls->unsaid);
	ls->watched = weft_alloc_array(rules, sizeof(*ls->watched));
	ls->ready = weft_alloc_array(rules, sizeof(*ls->ready));
	ls->rescan = weft_alloc_array(rules, sizeof(*ls->rescan));
	enum weft_status status = ls->watched && ls->ready && ls->rescan ? WEFT_OK : WEFT_NO_MEMORY;
	for (unsigned rule = 0; rule < rules && status == WEFT_OK; rule++)
		status = subscribe(ls, rule);
	if (status < 0) {
		weft_listeners_destroy(ls);
		return status;
	}
	weft_listeners_post(ls);
	*out = ls;
	return WEFT_OK;
}

void weft_listeners_drain(struct weft_listeners *ls, int64_t nanoseconds)
{
	ls->stopping = true;
	ls->stop_limit = nanoseconds;
	for (size_t i = 0; i < WEFT_WISH_BUCKETS; i++) {
		for (struct weft_wish *wish = ls->wishes[i]; wish; wish = wish->next) {
			for (struct weft_live *live = wish->draining; live; live = live->next)
				weft_live_drain(live, nanoseconds);
			weft_wish_touch(wish);
		}
	}
}

bool weft_listeners_is_idle(const struct weft_listeners *ls)
{
	return ls->live_count == 0 && weft_list_is_empty(&ls->dirty);
}

void weft_listeners_destroy(struct weft_listeners *ls)
{
	for (unsigned rule = 0; rule < ls->host.info->rule_count && ls->watched; rule++) {
		const struct weft_rule_info *info = &ls->host.info->rules[rule];
		weft_engine_unwatch(ls->host.engine, info->table, rows_changed, &ls->watched[rule]);
		for (size_t i = 0; i < info->need_count; i++)
			weft_engine_unwatch(ls->host.engine, info->needs[i], need_changed, ls);
	}
	for (size_t i = 0; i < WEFT_WISH_BUCKETS; i++) {
		while (ls->wishes[i]) {
			struct weft_wish *wish = ls->wishes[i];
			if (wish->live)
				weft_live_free(wish->live);
			for (struct weft_live *live = wish->draining, *next; live; live = next) {
				next = live->next;
				weft_live_free(live);
			}
			weft_wish_free(wish);
		}
	}
	weft_timer_stop(ls->host.loop, &ls->again);
	weft_free(ls->watched);
	weft_free(ls->ready);
	weft_free(ls->rescan);
	weft_free(ls);
}

void weft_listeners_silence(struct weft_listeners *ls)
{
	ls->silent = true;
}

static int by_key(const void *a, const void *b)
{
	return weft_wish_compare(*(struct weft_wish *const *)a, *(struct weft_wish *const *)b);
}

static void show(const struct weft_wish *wish, weft_listener_view_fn *each, void *user)
{
	size_t connections = wish->live ? weft_live_connections(wish->live) : 0;
	for (const struct weft_live *live = wish->draining; live; live = live->next)
		connections += weft_live_connections(live);
	struct weft_listener_view view = {
		.key = weft_rule_table(wish->owner, wish->rule)->key_count ? wish->key : NULL,
		.label = wish->label,
		.has_address = wish->live || !wish->waits,
		.address = wish->live ? wish->live->instance.address : wish->address,
		.state = wish->outcome.state,
		.reason = wish->outcome.reason,
		.connections = connections,
	};
	each(user, &view);
}

void weft_listeners_each(
	const struct weft_listeners *ls, unsigned rule, weft_listener_view_fn *each, void *user)
{
	size_t count = 0, room = 0;
	struct weft_wish **sorted = NULL;
	for (size_t i = 0; i < WEFT_WISH_BUCKETS; i++) {
		for (struct weft_wish *wish = ls->wishes[i]; wish; wish = wish->next) {
			if (wish->rule != rule ||
				!weft_grow(&sorted, &room, count + 1, sizeof(*sorted)))
				continue;
			sorted[count++] = wish;
		}
	}
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_key);
	for (size_t i = 0; i < count; i++)
		show(sorted[i], each, user);
	weft_free(sorted);
}

struct weft_gate *weft_listeners_gate(struct weft_listeners *ls, unsigned rule, const void *key)
{
	if (rule >= ls->host.info->rule_count)
		return NULL;
	const struct weft_table_info *table = weft_rule_table(ls, rule);
	if (table->key_count && !key)
		return NULL;
	struct weft_wish *wish = *weft_wish_find(ls, rule, key, weft_rule_hash(ls, rule, key));
	return wish && wish->live && wish->live->phase == WEFT_LIVE_OPEN
		? &wish->live->member[0].gate
		: NULL;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * clock.c: `from clock(10s)`: a single row that is put anew each period. Its Instant fields hold
 * the time of the tick, its Int fields their number, its Duration fields the period. A tick that
 * comes late is not made up for.
 */
#include "base/alloc.h"
#include "mesh/sources.h"

struct weft_clock {
	struct weft_loop *loop;
	struct weft_objects_host host;
	const struct weft_source_info *info;
	struct weft_timer timer;
	int64_t count, due;
};

static enum weft_status put(struct weft_clock *c, void *row)
{
	const struct weft_type *t = c->host.info->engine->tables[c->info->table].row;
	int64_t now = weft_loop_wall(c->loop);
	for (size_t i = 0; i < t->field_count; i++) {
		const struct weft_field *f = &t->fields[i];
		const int64_t *value = f->type->kind == WEFT_KIND_INSTANT ? &now
			: f->type->kind == WEFT_KIND_INT                  ? &c->count
			: f->type->kind == WEFT_KIND_DURATION             ? &c->info->period
									  : NULL;
		if (value)
			memcpy((char *)row + f->offset, value, sizeof(*value));
	}
	enum weft_status status = weft_engine_begin(c->host.engine);
	if (status != WEFT_OK)
		return status;
	status = weft_engine_put(c->host.engine, c->info->table, row);
	if (status == WEFT_OK)
		status = weft_source_synced(c->host.engine, c->host.info, c->info->table);
	if (status == WEFT_OK)
		return weft_engine_commit(c->host.engine);
	weft_engine_rollback(c->host.engine);
	return status;
}

static void tick(struct weft_clock *c)
{
	void *row = weft_alloc(c->host.info->engine->tables[c->info->table].row->size);
	enum weft_status status = row ? put(c, row) : WEFT_NO_MEMORY;
	weft_free(row);
	if (status != WEFT_OK)
		weft_log(c->host.log, WEFT_LOG_ERROR, "the clock misses a tick: %s",
			weft_status_name(status));
	c->count++;
	int64_t now = weft_loop_now(c->loop);
	c->due += c->info->period;
	if (c->due <= now)
		c->due = now + c->info->period;
	if (weft_timer_set(c->loop, &c->timer, c->due) != WEFT_OK)
		weft_log(c->host.log, WEFT_LOG_ERROR,
			"the clock stands still: no memory for a timer");
}

static void expired(void *user, struct weft_timer *timer)
{
	(void)timer;
	tick(user);
}

enum weft_status weft_clock_create(struct weft_loop *loop, const struct weft_objects_host *host,
	const struct weft_source_info *info, struct weft_clock **out)
{
	struct weft_clock *c = weft_alloc(sizeof(*c));
	if (!c)
		return WEFT_NO_MEMORY;
	c->loop = loop;
	c->host = *host;
	c->info = info;
	c->timer.expired = expired;
	c->timer.user = c;
	*out = c;
	return WEFT_OK;
}

void weft_clock_start(struct weft_clock *c)
{
	c->due = weft_loop_now(c->loop);
	tick(c);
}

void weft_clock_destroy(struct weft_clock *c)
{
	if (!c)
		return;
	weft_timer_stop(c->loop, &c->timer);
	weft_free(c);
}

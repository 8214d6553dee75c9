/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check.c: watches every table, and at the first word of a new version writes the whole state.
 * Writing waits for the reader: no state is left out.
 */
#include "app/check.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"

struct weft_check {
	struct weft_runtime *runtime;
	int descriptor; /* -1: the reader is gone */
	uint64_t version;
};

static void write_all(struct weft_check *c, const char *data, size_t size)
{
	while (size && c->descriptor >= 0) {
		ssize_t n = write(c->descriptor, data, size);
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = c->descriptor, .events = POLLOUT }, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			weft_log(&c->runtime->log, WEFT_LOG_WARN,
				"--check: nobody reads the states any more");
			c->descriptor = -1;
		}
	}
}

static void dump(struct weft_check *c)
{
	struct weft_runtime *r = c->runtime;
	const struct weft_intern *intern = weft_engine_intern(r->engine);
	const char *params = (const char *)r->program + r->info->params_offset;
	struct weft_buffer b = { 0 };
	for (size_t i = 0; i < r->info->param_count; i++) {
		const struct weft_param_info *p = &r->info->params[i];
		weft_buffer_format(&b, "{\"param\":\"%s\",\"value\":", p->name);
		weft_json_value(&b, intern, p->type, params + p->offset);
		weft_buffer_format(&b, "}\n");
	}
	weft_engine_dump(r->engine, &b);
	weft_buffer_format(&b, "{\"commit\":%llu}\n", (unsigned long long)c->version);
	if (b.failed)
		weft_log(&r->log, WEFT_LOG_ERROR, "--check: no memory to write version %llu",
			(unsigned long long)c->version);
	else
		write_all(c, b.data, b.size);
	weft_buffer_free(&b);
}

static void changed(
	void *user, const struct weft_table *table, const struct weft_change *changes, size_t count)
{
	struct weft_check *c = user;
	uint64_t version = weft_engine_version(c->runtime->engine);
	(void)table, (void)changes, (void)count;
	if (version == c->version)
		return;
	c->version = version;
	dump(c);
}

enum weft_status weft_check_create(struct weft_runtime *r, int descriptor, struct weft_check **out)
{
	struct weft_check *c = weft_alloc(sizeof(*c));
	if (!c)
		return WEFT_NO_MEMORY;
	c->runtime = r;
	c->descriptor = descriptor;
	*out = c;
	enum weft_status status = WEFT_OK;
	for (unsigned i = 0; i < r->info->engine->table_count && status == WEFT_OK; i++)
		if (!r->info->engine->tables[i].is_internal)
			status = weft_engine_watch(r->engine, i, changed, c);
	return status;
}

void weft_check_destroy(struct weft_check *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->runtime->info->engine->table_count; i++)
		if (!c->runtime->info->engine->tables[i].is_internal)
			weft_engine_unwatch(c->runtime->engine, i, changed, c);
	weft_free(c);
}

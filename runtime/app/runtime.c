/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * runtime.c: an instance's life: made, turned, drained, gone. Creating reads the params and commits
 * the first transaction (so an application may put rows at once); sources, listeners and signals
 * begin with the first turn.
 */
#include "app/runtime.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/admin.h"
#include "app/check.h"
#include "app/net.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "mesh/sources.h"

#define DRAIN_NS INT64_C(30000000000)

struct weft_post {
	struct weft_post *next;
	void (*call)(void *argument);
	void *argument;
};

static struct weft_runtime *runtime_of(const void *program)
{
	return ((const struct weft_program_head *)program)->runtime;
}

/* ---- stopping ---- */

static void ask(struct weft_runtime *r, int what)
{
	int now = atomic_load(&r->asked);
	while (now < what && !atomic_compare_exchange_weak(&r->asked, &now, what))
		;
	weft_io_wake(weft_loop_io(r->loop));
}

void weft_stop(void *program)
{
	ask(runtime_of(program), 1);
}
void weft_stop_now(void *program)
{
	ask(runtime_of(program), 2);
}

static void signalled(void *user, int signal)
{
	struct weft_runtime *r = user;
	int what = r->phase == WEFT_PHASE_DRAINING || atomic_load(&r->asked) ? 2 : 1;
	weft_log(&r->log, WEFT_LOG_INFO, "%s: %s",
		signal == SIGINT ? "interrupted" : "asked to end",
		what == 2 ? "resetting what is open" : "draining (once more: at once)");
	ask(r, what);
}

static void obey(struct weft_runtime *r)
{
	int asked = atomic_load(&r->asked);
	if (asked == 1 && r->phase == WEFT_PHASE_RUNNING) {
		r->phase = WEFT_PHASE_DRAINING;
		weft_net_drain(r->net, r->drain);
	} else if (asked == 2 && r->phase != WEFT_PHASE_STOPPED && !r->reset) {
		r->phase = WEFT_PHASE_DRAINING;
		r->reset = true;
		weft_net_drain(r->net, 0);
	}
	if (r->phase == WEFT_PHASE_DRAINING && weft_net_is_idle(r->net)) {
		r->phase = WEFT_PHASE_STOPPED;
		weft_log(&r->log, WEFT_LOG_INFO, "%s has ended", r->info->name);
	}
}

/* ---- posts ---- */

static void run_posts(struct weft_task *task)
{
	struct weft_runtime *r = (struct weft_runtime *)(void *)((char *)task -
		offsetof(struct weft_runtime, run_posts));
	pthread_mutex_lock(&r->post_lock);
	struct weft_post *all = r->posts;
	r->posts = NULL;
	r->last_post = &r->posts;
	r->posted = false;
	pthread_mutex_unlock(&r->post_lock);
	while (all) {
		struct weft_post *post = all;
		all = post->next;
		post->call(post->argument);
		weft_free(post);
	}
}

enum weft_status weft_post(void *program, void (*call)(void *argument), void *argument)
{
	struct weft_runtime *r = runtime_of(program);
	struct weft_post *post = weft_alloc(sizeof(*post));
	if (!post)
		return WEFT_NO_MEMORY;
	post->call = call;
	post->argument = argument;
	pthread_mutex_lock(&r->post_lock);
	*r->last_post = post;
	r->last_post = &post->next;
	bool first = !r->posted;
	r->posted = true;
	pthread_mutex_unlock(&r->post_lock);
	if (first)
		weft_loop_post(r->loop, &r->run_posts);
	return WEFT_OK;
}

/* ---- turning ---- */

static void begin(struct weft_runtime *r)
{
	r->phase = WEFT_PHASE_RUNNING;
	r->started_at = weft_loop_wall(r->loop);
	weft_sources_start(r->sources);
}

enum weft_status weft_turn(void *program, int timeout_ms)
{
	struct weft_runtime *r = runtime_of(program);
	if (r->phase == WEFT_PHASE_STOPPED)
		return WEFT_END;
	int64_t wait = timeout_ms < 0 ? -1 : timeout_ms * INT64_C(1000000);
	if (r->phase == WEFT_PHASE_NEW) {
		/* the ring belongs to the thread of this turn: sources, which may take long, begin
		 * behind it */
		enum weft_status status = weft_loop_turn(r->loop, 0);
		if (status < 0)
			return status;
		begin(r);
		wait = 0;
	}
	obey(r);
	if (r->phase == WEFT_PHASE_STOPPED)
		return WEFT_END;
	enum weft_status status = weft_loop_turn(r->loop, wait);
	if (status < 0)
		return status;
	obey(r);
	return r->phase == WEFT_PHASE_STOPPED ? WEFT_END : WEFT_OK;
}

enum weft_status weft_run(void *program)
{
	enum weft_status status;
	do
		status = weft_turn(program, -1);
	while (status == WEFT_OK);
	return status == WEFT_END ? WEFT_OK : status;
}

int weft_descriptor(const void *program)
{
	return weft_loop_descriptor(runtime_of(program)->loop);
}

/* ---- making ---- */

static void net_log(void *user, enum weft_log_level level, struct weft_text line)
{
	struct weft_runtime *r = user;
	weft_log(&r->log, level, "%.*s", (int)line.size, line.data);
}

/* The caller may know an older, shorter struct. */
static struct weft_options options_of(const struct weft_options *given)
{
	struct weft_options o = { .size = sizeof(o) };
	if (given)
		memcpy(&o, given, given->size < sizeof(o) ? given->size : sizeof(o));
	return o;
}

static enum weft_status first_transaction(
	struct weft_runtime *r, const struct weft_options *o, struct weft_buffer *error)
{
	enum weft_status status = weft_engine_begin(r->engine);
	if (status != WEFT_OK)
		return status;
	status = weft_params_read(r, o->settings, o->setting_count, error);
	if (status == WEFT_OK && r->info->start)
		status = r->info->start(r->program);
	if (status == WEFT_OK)
		return weft_engine_commit(r->engine);
	weft_engine_rollback(r->engine);
	return status;
}

static enum weft_status make_core(
	struct weft_runtime *r, const struct weft_options *o, struct weft_buffer *error)
{
	const struct weft_program_info *info = r->info;
	enum weft_status status = weft_engine_create(info->engine, r->program, &r->engine);
	if (status != WEFT_OK)
		return status;
	*r->program = (struct weft_program_head){ .info = info,
		.engine = r->engine,
		.intern = weft_engine_intern(r->engine),
		.runtime = r,
		.user = o->user };
	struct weft_io_options io = {
		.backend = o->backend, .log = r->log.write, .log_user = r->log.user
	};
	status = weft_loop_create(&io, &r->loop);
	if (status != WEFT_OK)
		weft_buffer_format(error, "the reactor%s%s: %s\n", o->backend ? " " : "",
			o->backend ? o->backend : "", weft_status_name(status));
	if (status == WEFT_OK && o->signals) /* before there are threads, which inherit the mask */
		status = weft_loop_signals(r->loop, signalled, r);
	return status;
}

static enum weft_status make_parts(
	struct weft_runtime *r, const struct weft_options *o, struct weft_buffer *error)
{
	struct weft_net_host net = { .info = r->info,
		.program = r->program,
		.engine = r->engine,
		.loop = r->loop,
		.workers = o->workers,
		.backend = o->backend,
		.log = net_log,
		.user = r };
	struct weft_objects_host host = {
		.info = r->info, .program = r->program, .engine = r->engine, .log = &r->log
	};
	enum weft_status status = WEFT_OK;
	if (o->has_check)
		status = weft_check_create(r, o->check_fd, &r->check);
	if (status == WEFT_OK)
		status = weft_net_create(&net, &r->net);
	if (status == WEFT_OK)
		status = first_transaction(r, o, error);
	if (status == WEFT_OK)
		status = weft_sources_create(r->loop, &host, o->manifests, &r->sources);
	if (status == WEFT_OK && o->admin)
		status = weft_admin_create(r, o->admin, error, &r->admin);
	return status;
}

static enum weft_status make(struct weft_runtime *r, const struct weft_program_info *info,
	const struct weft_options *o, struct weft_buffer *error)
{
	if (info->abi_version != WEFT_ABI_VERSION) {
		weft_buffer_format(error, "%s was compiled for ABI %u, this library has %u\n",
			info->name, info->abi_version, WEFT_ABI_VERSION);
		return WEFT_INVALID;
	}
	r->info = info;
	r->log = (struct weft_log){ .write = o->log,
		.user = o->user,
		.level = o->has_log_level ? o->log_level : WEFT_LOG_INFO };
	r->user = o->user;
	r->fed_by_application = !o->manifests;
	r->drain = o->drain > 0 ? o->drain : DRAIN_NS;
	r->last_post = &r->posts;
	r->run_posts.run = run_posts;
	r->has_lock = pthread_mutex_init(&r->post_lock, NULL) == 0;
	r->program = weft_alloc(info->size);
	if (!r->has_lock || !r->program)
		return WEFT_NO_MEMORY;
	r->program->runtime = r;
	enum weft_status status = make_core(r, o, error);
	return status == WEFT_OK ? make_parts(r, o, error) : status;
}

static void destroy(struct weft_runtime *r)
{
	weft_admin_destroy(r->admin);
	weft_sources_destroy(r->sources);
	if (r->net)
		weft_net_destroy(r->net);
	weft_check_destroy(r->check);
	weft_loop_destroy(r->loop);
	while (r->posts) {
		struct weft_post *post = r->posts;
		r->posts = post->next;
		weft_free(post);
	}
	if (r->has_lock)
		pthread_mutex_destroy(&r->post_lock);
	if (r->engine) {
		weft_params_release(r);
		weft_engine_destroy(r->engine);
	}
	weft_free(r->program);
	weft_free(r);
}

enum weft_status weft_create(const struct weft_program_info *info, const struct weft_options *given,
	void **program, char **error)
{
	struct weft_options o = options_of(given);
	struct weft_buffer text = { 0 };
	struct weft_runtime *r = weft_alloc(sizeof(*r));
	enum weft_status status = r ? make(r, info, &o, &text) : WEFT_NO_MEMORY;
	if (status == WEFT_OK) {
		*program = r->program;
		return WEFT_OK;
	}
	if (r)
		destroy(r);
	*program = NULL;
	if (error) {
		if (text.size && text.data[text.size - 1] == '\n')
			text.data[--text.size] = 0;
		*error = strdup(text.size ? text.data : weft_status_name(status));
	}
	weft_buffer_free(&text);
	return status;
}

void weft_destroy(void *program)
{
	if (program)
		destroy(runtime_of(program));
}

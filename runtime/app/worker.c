/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * worker.c: the threads. A worker only turns its loop; all that it is asked comes as tasks of that
 * loop: orders of the listeners, and word of a flip, upon which connections are judged again.
 */
#include "app/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/alloc.h"

#define LAST_TURNS INT64_C(500000000) /* nanoseconds */

struct weft_worker {
	struct weft_net_host host;
	unsigned number;
	struct weft_loop *loop;
	struct weft_reader *reader;
	struct weft_conns conns;
	struct weft_task flip;
	atomic_bool flip_posted, stopping;
	pthread_t thread;
	bool running;
};

static void run_flip(struct weft_task *task)
{
	struct weft_worker *w = weft_container(task, struct weft_worker, flip);
	atomic_store(&w->flip_posted, false); /* before the pin: a flip from now on posts again */
	weft_conns_flipped(&w->conns);
}

/* In the engine's thread, after each flip. */
static void flipped(void *user)
{
	struct weft_worker *w = user;
	if (!atomic_exchange(&w->flip_posted, true))
		weft_loop_post(w->loop, &w->flip);
}

static enum weft_status create_loop(struct weft_worker *w)
{
	if (w->number == 0) {
		w->loop = w->host.loop;
		return WEFT_OK;
	}
	struct weft_io_options options = {
		.backend = w->host.backend, .log = w->host.log, .log_user = w->host.user
	};
	return weft_loop_create(&options, &w->loop);
}

enum weft_status weft_worker_create(
	const struct weft_net_host *host, unsigned number, struct weft_worker **out)
{
	struct weft_worker *w = weft_alloc(sizeof(*w));
	if (!w)
		return WEFT_NO_MEMORY;
	w->host = *host;
	w->number = number;
	w->flip.run = run_flip;
	enum weft_status status = create_loop(w);
	if (status == WEFT_OK)
		status = weft_reader_create(host->engine, flipped, w, &w->reader);
	if (status < 0) {
		weft_worker_destroy(w);
		return status;
	}
	weft_conns_init(&w->conns, w->loop, w->reader, host->program, ((uint64_t)number << 48) + 1);
	w->conns.log = host->log;
	w->conns.log_user = host->user;
	*out = w;
	return WEFT_OK;
}

/* Sockets that were reset last may still wait for their `closed`, which frees what stands behind
 * them. */
static enum weft_status last_turns(struct weft_worker *w)
{
	int64_t until = weft_loop_now(w->loop) + LAST_TURNS;
	struct weft_io_counts counts;
	enum weft_status status;
	do {
		status = weft_loop_turn(w->loop, 10000000);
		weft_io_counts(weft_loop_io(w->loop), &counts);
	} while (status >= 0 && counts.sockets && weft_loop_now(w->loop) < until);
	return status;
}

static void *run(void *argument)
{
	struct weft_worker *w = argument;
	enum weft_status status = WEFT_OK;
	while (status >= 0 && !atomic_load(&w->stopping))
		status = weft_loop_turn(w->loop, -1);
	if (status >= 0)
		status = last_turns(w);
	if (status < 0) {
		struct weft_buffer line = { 0 };
		weft_buffer_format(
			&line, "worker %u ends: %s", w->number, weft_status_name(status));
		if (!line.failed)
			w->host.log(w->host.user, WEFT_LOG_ERROR,
				(struct weft_text){ line.data, line.size });
		weft_buffer_free(&line);
	}
	return NULL;
}

enum weft_status weft_worker_start(struct weft_worker *w)
{
	sigset_t all, before;
	if (w->number == 0)
		return WEFT_OK;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->running = pthread_create(&w->thread, NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->running ? WEFT_OK : WEFT_NO_MEMORY;
}

void weft_worker_stop(struct weft_worker *w)
{
	if (!w->running)
		return;
	atomic_store(&w->stopping, true);
	weft_io_wake(weft_loop_io(w->loop));
	pthread_join(w->thread, NULL);
	w->running = false;
}

void weft_worker_destroy(struct weft_worker *w)
{
	if (!w)
		return;
	weft_worker_stop(w);
	if (w->loop && w->number > 0)
		weft_loop_destroy(w->loop);
	if (w->reader)
		weft_reader_destroy(w->reader);
	weft_conns_free(&w->conns);
	weft_free(w);
}

struct weft_conns *weft_worker_conns(struct weft_worker *w)
{
	return &w->conns;
}

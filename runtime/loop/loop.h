/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * loop.h: a thread's loop: a weft_io with timers, and tasks from other threads. One turn expires
 * timers, runs posted tasks, submits, reaps and dispatches. Everything is called from the loop's
 * thread (that of its first turn) unless said otherwise; callbacks come out of weft_loop_turn only.
 */
#ifndef WEFT_LOOP_H
#define WEFT_LOOP_H

#include "base/heap.h"
#include "io/io.h"

struct weft_loop;

/* Embedded in whatever needs it; zeroed is idle. An idle connection keeps none in the heap. */
struct weft_timer {
	struct weft_heap_entry entry; /* key: when, monotonic nanoseconds; place 0: idle */
	void (*expired)(void *user, struct weft_timer *);
	void *user;
};

/* A call from another thread, embedded in the poster's struct: it belongs to the loop until `run`
 * is called. */
struct weft_task {
	struct weft_task *next;
	void (*run)(struct weft_task *);
};

enum weft_status weft_loop_create(const struct weft_io_options *, struct weft_loop **);
/* Not from within a turn. Tasks that have not run are dropped: their owner frees them. */
void weft_loop_destroy(struct weft_loop *);
struct weft_io *weft_loop_io(struct weft_loop *);

/* One turn: waits at most `wait_ns` (< 0: for ever, 0: not at all), less when a timer is due, not
 * at all when one expired or a task ran. As weft_io_turn. */
enum weft_status weft_loop_turn(struct weft_loop *, int64_t wait_ns);
/* Readable whenever a turn has something to do: completions, timers and tasks alike. As
 * weft_io_descriptor. */
int weft_loop_descriptor(struct weft_loop *);

int64_t weft_loop_now(struct weft_loop *);  /* monotonic */
int64_t weft_loop_wall(struct weft_loop *); /* since 1970 */

/* (Re)arms: `expired` is called once, in a turn at or after `at`. NO_MEMORY: it is idle. */
enum weft_status weft_timer_set(struct weft_loop *, struct weft_timer *, int64_t at);
void weft_timer_stop(struct weft_loop *, struct weft_timer *); /* also when idle */

/* From any thread: `run` is called in the loop's thread in one of its next turns; tasks of one
 * thread in order. */
void weft_loop_post(struct weft_loop *, struct weft_task *);

/* SIGTERM and SIGINT by signalfd, if asked for: blocks both in the calling thread (call it before
 * threads are started) and calls `signalled` in a turn. Undone by destroy. */
enum weft_status weft_loop_signals(
	struct weft_loop *, void (*signalled)(void *user, int signal), void *user);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * loop.c: one turn of a thread: expire timers, run posted tasks, then the reactor's turn, which
 * submits, waits no longer than the first timer allows, and calls back.
 */
#include "loop/loop.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"

enum { TIMERS_PER_TURN = 1024 };

struct weft_loop {
	struct weft_io *io;
	struct weft_heap timers;
	_Atomic(struct weft_task *) posted; /* the newest first */
	bool turning;
	int signal_descriptor; /* -1: none asked for */
	struct weft_io_watch *signal_watch;
	sigset_t blocked_before;
	void (*signalled)(void *user, int signal);
	void *signal_user;
};

enum weft_status weft_loop_create(const struct weft_io_options *options, struct weft_loop **result)
{
	struct weft_loop *loop = weft_alloc(sizeof(*loop));
	if (!loop)
		return WEFT_NO_MEMORY;
	enum weft_status status = weft_io_create(options, &loop->io);
	if (status != WEFT_OK) {
		weft_free(loop);
		return status;
	}
	loop->signal_descriptor = -1;
	atomic_init(&loop->posted, NULL);
	*result = loop;
	return WEFT_OK;
}

void weft_loop_destroy(struct weft_loop *loop)
{
	if (!loop)
		return;
	weft_io_destroy(loop->io);
	weft_heap_free(&loop->timers);
	if (loop->signal_descriptor >= 0) {
		close(loop->signal_descriptor);
		pthread_sigmask(SIG_SETMASK, &loop->blocked_before, NULL);
	}
	weft_free(loop);
}

struct weft_io *weft_loop_io(struct weft_loop *loop)
{
	return loop->io;
}

int64_t weft_loop_now(struct weft_loop *loop)
{
	return weft_io_now(loop->io);
}

int64_t weft_loop_wall(struct weft_loop *loop)
{
	return weft_io_wall(loop->io);
}

/* ---- timers ---- */

/* The alarm wakes an embedding loop; within a turn it is set once, at its end. */
static void set_alarm(struct weft_loop *loop)
{
	const struct weft_heap_entry *first = weft_heap_first(&loop->timers);
	weft_io_alarm(loop->io, first ? (first->key > 0 ? first->key : 0) : -1);
}

enum weft_status weft_timer_set(struct weft_loop *loop, struct weft_timer *timer, int64_t at)
{
	bool set = weft_heap_move(&loop->timers, &timer->entry, at);
	if (!loop->turning)
		set_alarm(loop);
	return set ? WEFT_OK : WEFT_NO_MEMORY;
}

void weft_timer_stop(struct weft_loop *loop, struct weft_timer *timer)
{
	if (timer->entry.place == 0)
		return;
	weft_heap_remove(&loop->timers, &timer->entry);
	if (!loop->turning)
		set_alarm(loop);
}

/* A timer that sets itself anew for the past runs again in the next turn only. */
static bool expire(struct weft_loop *loop)
{
	struct weft_heap_entry *entry = weft_heap_first(&loop->timers);
	if (!entry)
		return false;
	int64_t now = weft_io_now(loop->io);
	uint64_t turn = loop->timers.turn;
	int i = 0;
	for (; i < TIMERS_PER_TURN && entry && entry->key <= now && entry->turn < turn; i++) {
		struct weft_timer *timer = weft_container(entry, struct weft_timer, entry);
		weft_heap_remove(&loop->timers, entry);
		timer->expired(timer->user, timer);
		entry = weft_heap_first(&loop->timers);
	}
	return i > 0;
}

/* ---- tasks ---- */

void weft_loop_post(struct weft_loop *loop, struct weft_task *task)
{
	struct weft_task *head = atomic_load_explicit(&loop->posted, memory_order_relaxed);
	do
		task->next = head;
	while (!atomic_compare_exchange_weak_explicit(
		&loop->posted, &head, task, memory_order_release, memory_order_relaxed));
	/* Whoever found the list not empty knows that its first poster wakes the loop, or has. */
	if (!head)
		weft_io_wake(loop->io);
}

static bool run_tasks(struct weft_loop *loop)
{
	if (!atomic_load_explicit(&loop->posted, memory_order_relaxed))
		return false;
	struct weft_task *newest = atomic_exchange_explicit(
				 &loop->posted, NULL, memory_order_acquire),
			 *oldest = NULL;
	while (newest) {
		struct weft_task *task = newest;
		newest = task->next;
		task->next = oldest;
		oldest = task;
	}
	while (oldest) {
		struct weft_task *task = oldest;
		oldest = task->next;
		task->run(task);
	}
	return true;
}

/* ---- signals ---- */

static void read_signals(void *user, struct weft_io_watch *watch, unsigned ready)
{
	struct weft_loop *loop = user;
	struct signalfd_siginfo info;
	(void)watch, (void)ready;
	while (read(loop->signal_descriptor, &info, sizeof(info)) == sizeof(info))
		loop->signalled(loop->signal_user, (int)info.ssi_signo);
}

enum weft_status weft_loop_signals(
	struct weft_loop *loop, void (*signalled)(void *user, int signal), void *user)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (loop->signal_descriptor >= 0 ||
		pthread_sigmask(SIG_BLOCK, &set, &loop->blocked_before) != 0)
		return WEFT_INVALID;
	loop->signal_descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_descriptor < 0) {
		pthread_sigmask(SIG_SETMASK, &loop->blocked_before, NULL);
		return WEFT_TOO_MANY_FILES;
	}
	loop->signalled = signalled;
	loop->signal_user = user;
	return weft_io_watch(loop->io, loop->signal_descriptor, WEFT_IO_READABLE, read_signals,
		loop, &loop->signal_watch);
}

/* ---- the turn ---- */

enum weft_status weft_loop_turn(struct weft_loop *loop, int64_t wait_ns)
{
	enum weft_status status = weft_io_check_thread(loop->io);
	if (status != WEFT_OK)
		return status;
	loop->turning = true;
	bool called = expire(loop);
	called |= run_tasks(loop);
	const struct weft_heap_entry *first = weft_heap_first(&loop->timers);
	if (first && wait_ns != 0) {
		int64_t left = first->key - weft_io_now(loop->io);
		left = left < 0 ? 0 : left;
		wait_ns = wait_ns < 0 || left < wait_ns ? left : wait_ns;
	}
	/* Whoever turns must hear of what was called before it sleeps: it may have asked for the
	 * end. */
	if (called || atomic_load_explicit(&loop->posted, memory_order_relaxed))
		wait_ns = 0;
	status = weft_io_turn(loop->io, wait_ns);
	loop->turning = false;
	set_alarm(loop);
	return status;
}

int weft_loop_descriptor(struct weft_loop *loop)
{
	int descriptor = weft_io_descriptor(loop->io);
	set_alarm(loop);
	return descriptor;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net.h: everything of an instance that has to do with connections: the threads that serve them,
 * the listeners, and the counters. With 0 workers the instance's loop serves them; with N each
 * worker has a thread, a loop and a reader of its own and all of them listen. All calls from the
 * instance's thread; adopt and dial stand in weft.h.
 */
#ifndef WEFT_APP_NET_H
#define WEFT_APP_NET_H

#include "mesh/listeners.h"

struct weft_net;

struct weft_net_host {
	const struct weft_program_info *info;
	void *program; /* the instance struct */
	struct weft_engine *engine;
	struct weft_loop *loop; /* the instance's thread's */
	unsigned workers;       /* at most WEFT_WORKERS_MAX */
	const char *backend;    /* of the workers' loops: "io_uring", "epoll", NULL: what works */
	void (*log)(void *user, enum weft_log_level, struct weft_text line); /* from any thread */
	void *user;
};

enum { WEFT_WORKERS_MAX = 256 };

/* Subscribes to the rules' tables and starts the workers; opens nothing before the loop turns. */
enum weft_status weft_net_create(const struct weft_net_host *, struct weft_net **);
/* Closes every listener and lets connections end for so long, then resets them; 0: resets now. May
 * be called again. */
void weft_net_drain(struct weft_net *, int64_t nanoseconds);
bool weft_net_is_idle(const struct weft_net *); /* no listener, no connection is left */
/* Resets what is open (turning the loop for at most a second), joins the workers. Before the engine
 * goes. */
void weft_net_destroy(struct weft_net *);

void weft_net_each(const struct weft_net *, unsigned rule, weft_listener_view_fn *, void *user);

/* Summed over the threads, which go on counting: each value is one that was true a moment ago. */
typedef void weft_net_counter_fn(void *user, const char *name, uint64_t value);
void weft_net_counters(const struct weft_net *, weft_net_counter_fn *, void *user);

enum weft_status weft_net_adopt(struct weft_net *, unsigned rule, const void *key, int descriptor);
enum weft_status weft_net_dial(struct weft_net *, unsigned rule, const void *key,
	struct weft_addr to, struct weft_stream **);

#endif

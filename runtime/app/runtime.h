/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * runtime.h: one running instance of a program: its engine, its thread's loop, its sources, listeners and admin socket.
 * The instance's thread turns all of them: sources begin, fill and commit transactions; the engine tells subscribers
 * (listeners, admin, check) the net changes; listeners answer with an input transaction on their observed tables.
 * Nothing below app/ includes this header. What net/ needs it gets when it is created, as struct weft_net_host;
 * what it gives back are the calls named at the end of this page.
 */
#ifndef WEFT_APP_RUNTIME_H
#define WEFT_APP_RUNTIME_H

#include <weft/abi.h>

struct weft_loop;    /* loop/: one turn: io, timers, tasks */
struct weft_net;     /* net/: workers, listeners, connections */
struct weft_sources; /* mesh/: manifests, files, clocks */
struct weft_admin;   /* the socket of `status` and `watch` */
struct weft_check;   /* the dump for the oracle */
struct weft_posts;   /* calls from other threads */

/* The program's options, copied: nothing of the caller's is kept. */
struct weft_settings {
	char *manifests, *backend, *admin;
	unsigned workers;
	int64_t drain;
	enum weft_log_level log_level;
	weft_log_fn *log;
	void *user;
	int check_fd; /* -1: none */
	bool signals;
};

enum weft_phase { WEFT_PHASE_NEW, WEFT_PHASE_RUNNING, WEFT_PHASE_DRAINING, WEFT_PHASE_STOPPED };

struct weft_runtime {
	const struct weft_program_info *info;
	struct weft_program_head *program; /* the instance struct, which starts with this head */
	struct weft_engine *engine;
	struct weft_settings settings;
	struct weft_loop *loop;
	struct weft_net *net;
	struct weft_sources *sources;
	struct weft_admin *admin;
	struct weft_check *check;
	struct weft_posts *posts;
	enum weft_phase phase;
	int64_t drain_until; /* monotonic ns */
};

/* One line, without its end; below the level of the options it is dropped. Instance's thread only. */
void weft_runtime_log(struct weft_runtime *, enum weft_log_level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- what app/ expects of net/ (net/net.h), called in this order from the instance's thread ----
 *
 * struct weft_net_host {
 *	const struct weft_program_info *info;
 *	void *program;                  the instance struct
 *	struct weft_engine *engine;
 *	struct weft_loop *loop;         the instance's thread's; with workers == 0 connections run on it too
 *	unsigned workers;               threads with a loop and a reader each
 *	const char *backend;            "io_uring", "epoll", NULL: what works
 *	void (*log)(void *user, enum weft_log_level, struct weft_text line);   any thread
 *	void *user;
 * };
 * enum weft_status weft_net_create(const struct weft_net_host *, struct weft_net **);
 *	subscribes to the rules' tables (weft_engine_watch); opens nothing yet
 * void weft_net_drain(struct weft_net *, int64_t nanoseconds);
 *	closes every listener and lets connections end for so long, then resets them; 0: resets now. May be called again.
 * bool weft_net_is_idle(const struct weft_net *);
 *	no listener, no connection, no worker has anything left
 * void weft_net_destroy(struct weft_net *);
 *	joins the workers; whatever is open is reset
 * void weft_net_each(struct weft_net *, unsigned rule, weft_net_instance_fn *, void *user);
 *	for status: the rule's instances: key row, address, state ("Open"), reason, connections
 * void weft_net_counters(struct weft_net *, weft_net_counter_fn *, void *user);
 *	for status: (name, value) pairs: accepted, active, denied, judged, revoked, bytes ...
 *
 * Outcomes reach the engine by net/ itself: on its own task in the instance's thread it begins, puts into the rule's
 * observed table and commits. A transaction is never open across a turn, so whoever is called by the loop may begin one.
 */

#endif

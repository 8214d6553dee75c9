/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * listeners.h: keeps the listener instances as the rules' tables want them. Net changes of a rule's
 * table go in after each commit, outcomes come back as input transactions on its observed table.
 * Everything here runs in the instance's thread; sockets are touched by the threads that own them,
 * each through its struct weft_conns.
 */
#ifndef WEFT_MESH_LISTENERS_H
#define WEFT_MESH_LISTENERS_H

#include "net/conn.h"

enum weft_listener_state {
	WEFT_LISTENER_PENDING,
	WEFT_LISTENER_OPEN,
	WEFT_LISTENER_FAILED,
	WEFT_LISTENER_DRAINING
};
const char *weft_listener_state_name(
	enum weft_listener_state); /* "Open": as in the observed rows */

struct weft_listeners;

struct weft_listeners_host {
	const struct weft_program_info *info;
	struct weft_engine *engine;
	struct weft_loop *loop; /* of the instance's thread */
	struct weft_conns *
		*threads; /* [0]: the instance's; with others it does not listen itself */
	unsigned thread_count;
	void (*log)(void *user, enum weft_log_level, struct weft_text line);
	void *log_user;
};

/* Subscribes to the rules' tables; opens nothing before the first turn. `threads` must stay. */
enum weft_status weft_listeners_create(
	const struct weft_listeners_host *, struct weft_listeners **);
/* Everything closes its address; connections are reset after so many nanoseconds (0: at once). For
 * good; again: a new limit. */
void weft_listeners_drain(struct weft_listeners *, int64_t nanoseconds);
bool weft_listeners_is_idle(const struct weft_listeners *);
void weft_listeners_silence(
	struct weft_listeners *); /* tells no outcome any more: the engine is about to go */
/* When idle, or when the threads' loops turn no more. */
void weft_listeners_destroy(struct weft_listeners *);

/* One instance as status shows it. */
struct weft_listener_view {
	const void *key;   /* row of the rule's table, key columns set; NULL: no key */
	const char *label; /* "per_port[8080]" */
	bool has_address;
	struct weft_addr address;
	enum weft_listener_state state;
	const char *reason; /* "" when there is none */
	size_t connections; /* of draining predecessors too */
};
typedef void weft_listener_view_fn(void *user, const struct weft_listener_view *);
void weft_listeners_each(
	const struct weft_listeners *, unsigned rule, weft_listener_view_fn *, void *user);

/* The gate of an open instance in the instance's thread: for adopt and dial. NULL: there is none,
 * or it is not open. */
struct weft_gate *weft_listeners_gate(struct weft_listeners *, unsigned rule, const void *key);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * object.h: the state behind io.h, shared by io.c (objects, buffers, the turn), socket.c,
 * listener.c and watch.c.
 *
 * Owner's calls and results of the kernel only change an object's state and mark it; weft_*_settle
 * then compares what is wanted with what is in flight, and submits, cancels, answers or frees.
 * Objects are freed there only, so every callback may close anything. Internal to runtime/io.
 */
#ifndef WEFT_IO_OBJECT_H
#define WEFT_IO_OBJECT_H

#include <stdatomic.h>
#include <threads.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/list.h"
#include "io/backend.h"

/* Bugs that tests/sim plants into a build of its own, to see that it finds them; 0 in every other
 * build. */
#ifndef WEFT_PLANT
#define WEFT_PLANT 0
#endif
enum {
	WEFT_PLANT_LOST_HALF_CLOSE = 1,
	WEFT_PLANT_STALE_COMPLETION,
	WEFT_PLANT_DROPPED_BYTE,
	WEFT_PLANT_LEAKED_BUFFER,
	WEFT_PLANT_MISSED_REARM
};

enum weft_io_kind { WEFT_IO_FREE, WEFT_IO_SOCKET, WEFT_IO_LISTENER, WEFT_IO_WATCH };
enum { WEFT_IO_CHUNK = 64 }; /* objects allocated at a time */

struct weft_io_object {
	struct weft_io *io;
	struct weft_io_object *next; /* marked, or free */
	void *user;
	uint32_t index, generation;
	int descriptor;
	uint8_t kind;
	uint8_t in_flight; /* codes of operations that the kernel has */
	uint8_t cancelled; /* codes of those for which a cancel is under way */
	bool marked, closing;
};

struct weft_io_socket {
	struct weft_io_object object;
	const struct weft_io_socket_events *events;
	union {
		struct weft_addr to; /* while connecting */
		struct {
			const uint8_t *data; /* of the send: what is left */
			size_t left, total;
		};
	};
	struct weft_io_socket *next_starved;
	uint32_t held;              /* bytes on loan */
	uint16_t leases;            /* buffers on loan */
	bool connecting, connected; /* to be dialled still; established */
	bool receive, receive_again, pausing, throttled, starved, ended;
	bool peer_known; /* no need to watch the peer after its end, or no more */
	bool shut, shut_done, abort;
};

struct weft_io_listener {
	struct weft_io_object object;
	const struct weft_io_listener_events *events;
	bool accept;
};

struct weft_io_watch {
	struct weft_io_object object;
	weft_io_watch_fn *ready;
	unsigned interest, armed; /* wanted; that of the poll in flight */
	bool internal;
};

union weft_io_slot {
	struct weft_io_object object;
	struct weft_io_socket socket;
	struct weft_io_listener listener;
	struct weft_io_watch watch;
};

struct weft_io {
	const struct weft_io_backend *backend;
	void *world;
	struct weft_io_options options;
	thrd_t thread;
	bool started, fixed;  /* fixed: the back end was asked for by name */
	bool in_turn, called; /* called: a callback was made since the flag was cleared */
	int64_t now, wall;

	union weft_io_slot **chunks;
	uint32_t chunk_count, chunk_room;
	struct weft_io_object *free;
	struct weft_io_object *marked_first, **marked_last;

	uint8_t **blocks;        /* receive buffers, buffers_first at a time */
	uint32_t *on_loan;       /* by buffer: bytes lent, 0 when it is not on loan */
	struct weft_node copies; /* lent outside of buffers */
	struct weft_io_socket *starved, **starved_last; /* wait for a buffer */

	atomic_bool woken;
	int wake_descriptor; /* eventfd, -1 in the simulation */
	struct weft_io_watch *wake_watch;
	int poll_descriptor, timer_descriptor; /* for an embedding loop; -1 until asked for */
	int64_t alarm;
	struct weft_io_counts counts;
};

/* io.c */
struct weft_io_object *weft_io_object_new(
	struct weft_io *, enum weft_io_kind, int descriptor, void *user);
void weft_io_object_free(struct weft_io_object *);
void weft_io_mark(struct weft_io_object *); /* to be settled in this turn, or the next */
/* Submits for an object: FULL when it must be tried again. */
enum weft_status weft_io_start(struct weft_io_object *, struct weft_io_request);
enum weft_status weft_io_cancel(
	struct weft_io_object *, uint8_t code); /* if in flight, and not cancelled yet */
void weft_io_log(struct weft_io *, enum weft_log_level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* buffers.c */
enum weft_status weft_io_buffers_start(struct weft_io *);
void weft_io_buffers_stop(struct weft_io *);
bool weft_io_buffers_grow(struct weft_io *);
uint8_t *weft_io_buffer(const struct weft_io *, uint16_t id);
void weft_io_give_back(struct weft_io *, uint16_t id);
struct weft_lease weft_io_lend(
	struct weft_io *, uint16_t id, uint32_t size);           /* the buffer, or a copy */
uint32_t weft_io_take_back(struct weft_io *, struct weft_lease); /* how much was on loan */
void weft_io_starve(struct weft_io_socket *);     /* its receive waits for a buffer */
void weft_io_not_starve(struct weft_io_socket *); /* it goes away */
void weft_io_feed_starved(struct weft_io *);      /* those that wait, as far as buffers are free */

/* One each per kind. settle: OK, or FULL when the kernel takes no more now. */
enum weft_status weft_io_socket_settle(struct weft_io_socket *);
enum weft_status weft_io_listener_settle(struct weft_io_listener *);
enum weft_status weft_io_watch_settle(struct weft_io_watch *);
void weft_io_socket_result(struct weft_io_socket *, uint8_t code, const struct weft_io_result *);
void weft_io_listener_result(struct weft_io_listener *, const struct weft_io_result *);
void weft_io_watch_result(struct weft_io_watch *, const struct weft_io_result *);
/* A connected socket on a descriptor that is ours now; NULL: no memory, the descriptor is the
 * caller's still. */
struct weft_io_socket *weft_io_socket_new(
	struct weft_io *, int descriptor, const struct weft_io_socket_events *, void *user);

#endif

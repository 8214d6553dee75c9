/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * live.h: one listener on one address: a gate in each thread that serves it, driven by orders. The
 * instance's thread decides and owns the memory; a thread has its gate from the OPEN order until it
 * says that the gate is quiet. At most one order per member is under way, and a thread answers in
 * order, so no answer can be stale.
 */
#ifndef WEFT_MESH_LIVE_H
#define WEFT_MESH_LIVE_H

#include "net/conn.h"

enum weft_live_phase {
	WEFT_LIVE_CLOSED, /* no socket, no connection, nothing under way: may be freed */
	WEFT_LIVE_OPENING,
	WEFT_LIVE_OPEN,     /* every thread listens */
	WEFT_LIVE_CLOSING,  /* some socket may still be bound */
	WEFT_LIVE_DRAINING, /* the address is free, connections live on */
};

enum weft_member_state { WEFT_MEMBER_IDLE, WEFT_MEMBER_OPEN, WEFT_MEMBER_DRAINING };

/* A live listener's part in one thread. Orders and answers are tasks of the two loops. */
struct weft_member {
	struct weft_live *live;
	unsigned thread;
	/* the instance's thread's */
	uint8_t state;  /* enum weft_member_state */
	bool busy;      /* an order is under way */
	bool limit_due; /* the drain's limit is to be told (again) */
	/* the order: written before it is posted, not touched until it is answered */
	struct weft_task order;
	bool opens, listens, group, probe; /* opens: an OPEN; else a DRAIN of `limit` nanoseconds */
	int64_t limit;
	/* the answers */
	struct weft_task answer, quiet;
	enum weft_status status;
	bool kept; /* the gate is still there */
	/* the serving thread's */
	bool has_gate, drains; /* drains: the last order was a DRAIN */
	bool waits;            /* the order waits for a socket to be closed */
	struct weft_gate gate;
};

struct weft_live {
	struct weft_instance instance;
	struct weft_loop *home;
	struct weft_conns **threads;
	unsigned thread_count;
	enum weft_live_phase phase;
	bool wanted;             /* open, else drained */
	enum weft_status status; /* why it could not open; OK otherwise */
	int64_t limit;           /* of the drain */
	void (*changed)(void *user,
		struct weft_live *); /* phase or status; never from inside a call; may free it */
	void *user;
	struct weft_node by_port; /* the owner's */
	struct weft_live *next;   /* the owner's */
	struct weft_member member[];
};

/* CLOSED. The instance's key and label must live as long. NULL: no memory. */
struct weft_live *weft_live_create(const struct weft_instance *, struct weft_loop *home,
	struct weft_conns **threads, unsigned count);
void weft_live_free(struct weft_live *);
void weft_live_open(struct weft_live
		*); /* also after a failure, and while draining: its connections are kept */
void weft_live_drain(struct weft_live *, int64_t nanoseconds);
bool weft_live_holds_address(const struct weft_live *);
size_t weft_live_connections(const struct weft_live *);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * conn.h: the connections of one thread: each runs its rule's compiled handler (abi/handler.h) from
 * await to await with a view pinned, and is judged again when a row changes that its `relay ...
 * while` read. A gate is one listener instance as this thread sees it: where its connections come
 * from, and the list of those that live.
 */
#ifndef WEFT_NET_CONN_H
#define WEFT_NET_CONN_H

#include <weft/abi/program.h>

#include "base/list.h"
#include "loop/loop.h"
#include "net/readings.h"
#include "net/stream.h"

/* A listener instance as all threads see it: constant while any gate of it exists. */
struct weft_instance {
	const struct weft_handler_info *handler;
	const void *key; /* row of the rule's table with its key columns set; NULL: the rule has no
			    key */
	uint64_t key_hash;
	struct weft_addr address;
	const char *label; /* "per_port[8080]" for logs */
};

/* Written by the owning thread only; others read them relaxed. */
struct weft_net_counters {
	uint64_t accepted, active, judged, revoked, denied, bytes, dial_failed;
};

static inline void weft_net_count(uint64_t *counter, int64_t by)
{
	__atomic_store_n(counter, *counter + (uint64_t)by, __ATOMIC_RELAXED);
}

struct weft_conns {
	struct weft_loop *loop;
	struct weft_reader *reader;
	void *program;
	void (*log)(void *user, enum weft_log_level, struct weft_text line); /* from this thread */
	void *log_user;
	struct weft_node gates[64]; /* by port of the address */
	struct weft_node changed;   /* connections to be judged again */
	struct weft_readings readings;
	struct weft_net_counters counters;
	struct weft_task soon;    /* runs what must not happen inside a call: */
	struct weft_node ready;   /* connections whose await ended at once */
	struct weft_node notices; /* gates whose `changed` is due */
	bool posted;
	uint64_t next_id;
	unsigned pins;
	struct weft_block *scratch; /* until the step returns */
};

/* `id_base`: the first connection's id, so that threads do not share them. The loop and the reader
 * must outlive it. */
void weft_conns_init(struct weft_conns *, struct weft_loop *, struct weft_reader *, void *program,
	uint64_t id_base);
void weft_conns_free(struct weft_conns *); /* after the last gate is gone */
/* After a flip: judges the connections that read a changed key. */
void weft_conns_flipped(struct weft_conns *);

struct weft_gate {
	struct weft_conns *conns;
	const struct weft_instance *instance;
	struct weft_node by_port; /* in conns->gates */
	struct weft_node notice;  /* in conns->notices */
	struct weft_node flows;
	uint64_t flow_count;               /* as a counter: other threads look at it */
	struct weft_io_listener *listener; /* NULL: not listening (here) */
	struct weft_timer retry;           /* accepting stopped: too many files */
	struct weft_timer deadline;        /* of a drain */
	bool open;                         /* its address counts for self-dial */
	unsigned closing;                  /* listeners whose `closed` is awaited */
	/* A listener closed, or the last connection went. From the loop; may end the gate and free
	 * it. */
	void (*changed)(void *user, struct weft_gate *);
	void *user;
};

void weft_gate_init(struct weft_gate *, struct weft_conns *, const struct weft_instance *);
/* Binds, listens and accepts. IN_USE, NO_PERMISSION ...: nothing is open. The group's first member
 * probes. */
enum weft_status weft_gate_listen(struct weft_gate *, bool group, bool probe);
/* Opens without a socket: connections come by weft_gate_run only. */
void weft_gate_open(struct weft_gate *);
/* Accepts no more; connections live on for `nanoseconds`, then are reset; 0: at once. */
void weft_gate_drain(struct weft_gate *, int64_t nanoseconds);
void weft_gate_resume(struct weft_gate *); /* forgets the deadline */
bool weft_gate_is_quiet(const struct weft_gate *);
void weft_gate_end(
	struct weft_gate *); /* a quiet one leaves its thread's list: its memory is the caller's */
/* Runs a connected stream through the handler, as if accepted. On an error the stream is the
 * caller's still. */
enum weft_status weft_gate_run(struct weft_gate *, struct weft_stream *, struct weft_addr local,
	struct weft_addr original);

/* ---- between conn.c and gate.c ---- */
struct weft_flow;
void weft_flow_reset(struct weft_flow *);
struct weft_flow *weft_flow_of_node(struct weft_node *);
void weft_conns_post(struct weft_conns *);
void weft_gate_changed(struct weft_gate *);
/* A gate of this program accepts what is dialled to this address. */
bool weft_conns_owns(struct weft_conns *, struct weft_addr);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * handler.h: what a compiled handler is and what it may do. A handler is a state machine: `step`
 * runs from one await point (dial, relay) to the next, on the worker that owns the connection, with
 * a view pinned.
 */
#ifndef WEFT_ABI_HANDLER_H
#define WEFT_ABI_HANDLER_H

#include <weft/abi/view.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_stream;   /* a byte stream: weft.h */
struct weft_instance; /* a live listener: its rule and row key */

/* The start of every handler's own state struct; allocated zeroed, with `size` of the handler's
 * info. */
struct weft_conn {
	const struct weft_handler_info *handler;
	void *program;
	struct weft_reader *reader;
	struct weft_stream *downstream;
	uint64_t instance_hash;   /* of the rule's row key; the row: weft_view_first(rule's table,
				     WEFT_PRIMARY, hash) + compare */
	const void *instance_key; /* a row struct of the rule's table with its key columns set, or
				     NULL: one instance */
	struct weft_addr local, remote, original_dst;
	int64_t accepted; /* nanoseconds since 1970 */
	uint64_t id;
	enum weft_status result;     /* of what was awaited */
	struct weft_stream *dialled; /* the stream of the dial that just succeeded */
	uint32_t state;              /* the handler's own; 0 at start */
	bool judging;                /* look-ups are being recorded for `relay ... while` */
};

struct weft_dial_options {
	int64_t timeout; /* nanoseconds; 0: the default (5 s) */
	uint32_t mark;
	bool has_source;
	struct weft_addr source;
};

typedef void weft_step_fn(struct weft_conn *);
/* Judges a `relay ... while` again: NULL to go on, else the reason that ends it
 * ("may_enter.default"). Look-ups made through weft_conn_first/_each below are recorded; only a
 * change under one of those keys calls this again. */
typedef const char *weft_judge_fn(struct weft_conn *);

struct weft_handler_info {
	const char *name; /* "inbound" */
	size_t size;      /* of the state struct, which starts with struct weft_conn */
	weft_step_fn *step;
	uint16_t table; /* the rule's table, WEFT_NONE for a plain handler */
};

/* Awaits. Each returns at once; `step` is called again when it is over, with conn->result. At most
 * one at a time; the generated code sets conn->state before and returns after. A step that neither
 * awaits nor ends closes the connection. */
/* OK and conn->dialled; SELF, REFUSED, TIMED_OUT, UNREACHABLE ...: no stream. `options` may be
 * NULL. */
void weft_conn_dial(struct weft_conn *, struct weft_addr, const struct weft_dial_options *);
/* Both streams are the relay's from now on, and gone when it is over: OK after two half-closes,
 * RESET ..., CANCELLED when it was revoked or its drain ended. `while_true` (or NULL) is called
 * once before the first byte, and after each change that it read. */
void weft_conn_relay(struct weft_conn *, struct weft_stream *a, struct weft_stream *b,
	weft_judge_fn *while_true);
/* Ends: the conn is freed before these return or soon after: nothing of it may be touched. */
void weft_conn_deny(struct weft_conn *,
	struct weft_text reason); /* reset towards the peer, counted and logged with the reason */
void weft_conn_close(struct weft_conn *);
/* An `extern handler` takes the stream out of the connection and owns it; the path ends. */
struct weft_stream *weft_conn_take(struct weft_conn *);

void weft_conn_log(struct weft_conn *, struct weft_text);
/* Zeroed memory of the connection until it ends / until the step or judging returns; NULL when
 * there is none. */
void *weft_conn_alloc(struct weft_conn *, size_t size);
void *weft_conn_scratch(struct weft_conn *, size_t size);
struct weft_text weft_conn_keep(
	struct weft_conn *, struct weft_text); /* a copy that lasts as long as the connection */

/* Look-ups of handlers: as weft_view_first/_each, and recorded while the connection is being
 * judged. */
const void *weft_conn_first(struct weft_conn *, struct weft_view_cursor *, unsigned table,
	unsigned index, uint64_t hash);
const void *weft_conn_each(struct weft_conn *, struct weft_view_cursor *, unsigned table);

#ifdef __cplusplus
}
#endif
#endif

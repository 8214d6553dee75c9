/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * relay.h: two streams joined: what one receives the other sends, both ways, until both have shut.
 * The receiver's readiness drives the sender's receive: bytes go back to the stream that lent them
 * when they are sent, and a stream lends only a bounded amount (stream.h). A half-close is
 * forwarded as a half-close, an error as a reset.
 */
#ifndef WEFT_NET_RELAY_H
#define WEFT_NET_RELAY_H

#include <weft/weft.h>

struct weft_relay;
/* Both streams have closed: OK after two half-closes, else what ended it. The relay's memory is the
 * caller's again. */
typedef void weft_relay_done_fn(struct weft_relay *, enum weft_status);

struct weft_relay_node;

struct weft_relay_side {
	struct weft_stream *stream; /* NULL once it has closed */
	struct weft_lease going;    /* received here, being sent by the other side; size 0: none */
	struct weft_relay_node *first, *last; /* received behind it */
	uint8_t index;                        /* 0 or 1: the other is 1 - index */
	bool ended, shut;                     /* end received here; forwarded to the other side */
};

struct weft_relay {
	struct weft_relay_side side[2]; /* first: a side finds its relay by its index */
	weft_relay_done_fn *done;
	uint64_t *bytes; /* counter of bytes sent on */
	enum weft_status status;
	bool ending;
};

/* Takes both streams, from any earlier listener too; `relay` is the caller's memory until `done`.
 */
void weft_relay_start(struct weft_relay *, struct weft_stream *a, struct weft_stream *b,
	uint64_t *bytes, weft_relay_done_fn *);
/* Resets both sides; `done` follows with this status, an error. */
void weft_relay_abort(struct weft_relay *, enum weft_status);

#endif

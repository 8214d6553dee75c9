/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * stream.h: what stands behind struct weft_stream of weft.h. Relay, handlers and embedders see only
 * the public calls; a kind of stream (socket, memory pair, later TLS and HBONE) is one table of
 * functions.
 *
 * The contract that tests/unit/net_stream.c holds every kind to:
 *   - no event is delivered from inside a weft_stream_ call, always from the loop;
 *   - after `received` with size 0 or an error, and after `paused`, nothing is received until armed
 * again;
 *   - `pause` is answered by `paused` exactly once, when no byte is in flight towards `received`;
 *   - it lends a bounded number of bytes: at the bound it receives no more until some came back;
 *   - a send in progress is answered by `sent` exactly once, also when the stream is closed or
 * aborted;
 *   - `closed` comes once, after close or abort, when the send is answered and every lease is back.
 * It is the last event, and the stream's memory is gone when it returns.
 */
#ifndef WEFT_NET_STREAM_H
#define WEFT_NET_STREAM_H

#include <weft/weft.h>

struct weft_stream_type {
	void (*receive)(struct weft_stream *);
	void (*pause)(struct weft_stream *);
	void (*give_back)(struct weft_stream *, struct weft_lease);
	enum weft_status (*send)(struct weft_stream *, const void *data, size_t size);
	void (*shut)(struct weft_stream *);
	void (*close)(struct weft_stream *);
	void (*abort)(struct weft_stream *);
	int (*handle)(const struct weft_stream *);
	struct weft_addr (*remote)(const struct weft_stream *);
};

/* The start of every kind's own struct. */
struct weft_stream {
	const struct weft_stream_type *type;
	const struct weft_stream_events *events; /* NULL until somebody listens */
	void *user;
};

#endif

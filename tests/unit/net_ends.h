/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_ends.h: for tests of streams: worlds (socket pairs over each back end, memory pairs), and
 * ends that send a known sequence of bytes and check the sequence that they receive.
 */
#ifndef TESTS_NET_ENDS_H
#define TESTS_NET_ENDS_H

#include "base/alloc.h"
#include "cases.h"
#include "net/pair.h"
#include "net/socket.h"

/* The i-th byte of sequence `seed`. */
static inline uint8_t byte_at(uint32_t seed, size_t i)
{
	return (uint8_t)((i * 2654435761u + seed * 40503u) >> 11 ^ i >> 8);
}

enum { END_CHUNK = 48 * 1024, END_HELD = 64 * 1024 };

struct end {
	struct weft_stream *stream;
	const char *name;
	/* sending */
	uint32_t out_seed;
	size_t out_size, out_done; /* of the sequence */
	bool shut_after, sending;
	uint8_t chunk[END_CHUNK];
	size_t sent_calls, chunk_size;
	enum weft_status sent_status;
	/* receiving */
	uint32_t in_seed;
	size_t in_done;
	bool wrong; /* a byte that is not the sequence's */
	int ends, errors, pauses, closes;
	enum weft_status error;
	bool hold; /* keep the leases */
	struct weft_lease held[4096];
	size_t held_count, held_bytes;
	bool lent_after_end;
};

static inline void end_pump(struct end *e)
{
	if (e->sending || !e->stream)
		return;
	if (e->out_done == e->out_size) {
		if (e->shut_after) {
			e->shut_after = false;
			weft_stream_shut(e->stream);
		}
		return;
	}
	size_t n = e->out_size - e->out_done;
	n = n > END_CHUNK ? END_CHUNK : n;
	for (size_t i = 0; i < n; i++)
		e->chunk[i] = byte_at(e->out_seed, e->out_done + i);
	e->chunk_size = n;
	if (weft_stream_send(e->stream, e->chunk, n) == WEFT_OK)
		e->sending = true;
	else
		e->out_size = e->out_done;
}

static void end_received(
	void *user, struct weft_stream *s, struct weft_lease lease, enum weft_status status)
{
	struct end *e = user;
	if (e->ends || e->errors)
		e->lent_after_end = true;
	if (status < 0) {
		e->errors++;
		e->error = status;
		return;
	}
	if (!lease.size) {
		e->ends++;
		return;
	}
	for (size_t i = 0; i < lease.size; i++)
		e->wrong |= ((const uint8_t *)lease.data)[i] != byte_at(e->in_seed, e->in_done + i);
	e->in_done += lease.size;
	if (e->hold && e->held_count < 4096) {
		e->held[e->held_count++] = lease;
		e->held_bytes += lease.size;
	} else {
		weft_stream_return(s, lease);
	}
}

static void end_sent(void *user, struct weft_stream *s, size_t size, enum weft_status status)
{
	struct end *e = user;
	(void)s;
	e->sending = false;
	e->sent_calls++;
	e->sent_status = status;
	e->out_done += size;
	memset(e->chunk, 0xee, sizeof(e->chunk)); /* a send that reads on would be seen */
	if (status < 0)
		e->out_size = e->out_done;
	else
		end_pump(e);
}

static void end_paused(void *user, struct weft_stream *s)
{
	struct end *e = user;
	(void)s;
	e->pauses++;
}

static void end_closed(void *user, struct weft_stream *s)
{
	struct end *e = user;
	(void)s;
	e->closes++;
	e->stream = NULL;
}

static const struct weft_stream_events end_events = { end_received, end_sent, end_paused,
	end_closed };

static inline struct end *end_new(
	const char *name, struct weft_stream *s, uint32_t out_seed, uint32_t in_seed)
{
	struct end *e = calloc(1, sizeof(*e));
	e->name = name;
	e->stream = s;
	e->out_seed = out_seed;
	e->in_seed = in_seed;
	if (s)
		weft_stream_listen_to(s, &end_events, e);
	return e;
}

static inline void end_give_back(struct end *e)
{
	for (size_t i = 0; i < e->held_count; i++)
		weft_stream_return(e->stream, e->held[i]);
	e->held_count = e->held_bytes = 0;
}

static inline void end_send(struct end *e, size_t size, bool shut_after)
{
	e->out_size += size;
	e->shut_after = shut_after;
	end_pump(e);
}

/* ---- worlds ---- */

static struct weft_loop *the_loop;
static const char *the_world; /* "io_uring", "epoll", "pair" */

static inline bool world_begin(const char *name)
{
	struct weft_io_options options = { .backend = strcmp(name, "pair") == 0 ? "epoll" : name };
	the_world = name;
	if (weft_loop_create(&options, &the_loop) < 0)
		return false;
	if (weft_loop_turn(the_loop, 0) < 0) { /* io_uring may be forbidden here */
		weft_loop_destroy(the_loop);
		the_loop = NULL;
		return false;
	}
	return true;
}

/* Turns until the condition holds, at most two seconds. */
#define TURN_UNTIL(condition)                                                 \
	do {                                                                  \
		int64_t end_ = weft_loop_now(the_loop) + INT64_C(2000000000); \
		while (!(condition) && weft_loop_now(the_loop) < end_)        \
			weft_loop_turn(the_loop, 1000000);                    \
	} while (0)
#define TURN_FOR(ms)                                                            \
	do {                                                                    \
		int64_t end_ = weft_loop_now(the_loop) + (ms)*INT64_C(1000000); \
		while (weft_loop_now(the_loop) < end_)                          \
			weft_loop_turn(the_loop, 1000000);                      \
	} while (0)

static inline uint32_t open_sockets(void)
{
	struct weft_io_counts counts;
	weft_io_counts(weft_loop_io(the_loop), &counts);
	return counts.sockets + counts.listeners;
}

/* What is closing closes first: the end of a stream frees it. */
static inline void world_end(void)
{
	TURN_UNTIL(open_sockets() == 0);
	weft_loop_destroy(the_loop);
	the_loop = NULL;
}

static struct weft_stream *accepted_stream, *dialled_stream;
static enum weft_status dial_status;
static bool dial_over, listener_closed, drop_accepted;

static void world_accepted(void *user, struct weft_io_listener *l, struct weft_io_socket *socket,
	enum weft_status status)
{
	(void)user, (void)l;
	if (status < 0)
		return;
	if (accepted_stream || drop_accepted)
		weft_io_abort(socket);
	else
		accepted_stream = weft_socket_stream(socket);
}

static void world_listener_closed(void *user, struct weft_io_listener *l)
{
	(void)user, (void)l;
	listener_closed = true;
}

static const struct weft_io_listener_events world_listener_events = { world_accepted,
	world_listener_closed };

static void world_dialled(void *user, struct weft_stream *s, enum weft_status status)
{
	(void)user;
	dialled_stream = s;
	dial_status = status;
	dial_over = true;
}

static inline struct weft_addr loopback(uint16_t port)
{
	struct weft_addr addr = { { { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } }, port };
	return addr;
}

/* Two joined streams of this world. */
static inline bool world_pair(struct weft_stream **a, struct weft_stream **b)
{
	struct weft_addr any = loopback(0), at;
	struct weft_io_listen_options options = { 0 };
	struct weft_io_listener *listener;
	struct weft_dial *dial;
	if (strcmp(the_world, "pair") == 0) {
		struct weft_addr remote[2] = { loopback(1), loopback(2) };
		struct weft_stream *end[2];
		if (weft_pair_create(the_loop, remote, end) < 0)
			return false;
		*a = end[0];
		*b = end[1];
		return true;
	}
	accepted_stream = dialled_stream = NULL;
	dial_over = listener_closed = false;
	if (weft_io_listen(weft_loop_io(the_loop), &any, &options, &world_listener_events, NULL,
		    &listener) < 0 ||
		weft_io_listener_local(listener, &at) < 0)
		return false;
	weft_io_accept(listener);
	if (weft_dial_start(the_loop, at, NULL, world_dialled, NULL, &dial) < 0)
		return false;
	TURN_UNTIL(accepted_stream && dial_over);
	weft_io_listener_close(listener);
	TURN_UNTIL(listener_closed);
	*a = dialled_stream;
	*b = accepted_stream;
	return accepted_stream && dialled_stream && listener_closed;
}

#endif

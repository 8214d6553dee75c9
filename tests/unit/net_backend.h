/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_backend.h: what stands around the program of net_program.h: a server that keeps an end for
 * each connection, and clients.
 */
#ifndef TESTS_NET_BACKEND_H
#define TESTS_NET_BACKEND_H

#include "net_program.h"

/* Both loops: the clients' and the program's. */
#define SERVE_UNTIL(condition)                                                \
	do {                                                                  \
		int64_t end_ = weft_loop_now(the_loop) + INT64_C(3000000000); \
		while (!(condition) && weft_loop_now(the_loop) < end_) {      \
			weft_loop_turn(home, 0);                              \
			weft_loop_turn(the_loop, 200000);                     \
		}                                                             \
	} while (0)
#define SERVE_FOR(ms)                                                           \
	do {                                                                    \
		int64_t end_ = weft_loop_now(the_loop) + (ms)*INT64_C(1000000); \
		while (weft_loop_now(the_loop) < end_) {                        \
			weft_loop_turn(home, 0);                                \
			weft_loop_turn(the_loop, 200000);                       \
		}                                                               \
	} while (0)

/* ---- a server that echoes the sequence: each accepted connection is an end of `backend_ends` ----
 */

enum { BACKEND_ENDS = 2048 };
static struct end *backend_ends[BACKEND_ENDS];
static size_t backend_count;
static struct weft_io_listener *backend;
static struct weft_addr backend_addr;
static bool backend_closed;

static void backend_accepted(void *user, struct weft_io_listener *l, struct weft_io_socket *socket,
	enum weft_status status)
{
	(void)user, (void)l;
	if (status < 0)
		return;
	if (backend_count == BACKEND_ENDS) {
		weft_io_abort(socket);
		return;
	}
	struct weft_stream *s = weft_socket_stream(socket);
	if (!s) {
		weft_io_abort(socket);
		return;
	}
	backend_ends[backend_count++] = end_new("server", s, 2, 1);
	weft_stream_receive(s);
}

static void backend_is_closed(void *user, struct weft_io_listener *l)
{
	(void)user, (void)l;
	backend_closed = true;
}

static const struct weft_io_listener_events backend_events = { backend_accepted,
	backend_is_closed };

static bool backend_begin(void)
{
	struct weft_addr any = loopback(0);
	struct weft_io_listen_options options = { 0 };
	backend_count = 0;
	backend_closed = false;
	if (weft_io_listen(
		    weft_loop_io(the_loop), &any, &options, &backend_events, NULL, &backend) < 0 ||
		weft_io_listener_local(backend, &backend_addr) < 0)
		return false;
	weft_io_accept(backend);
	return true;
}

static void end_stop(struct end *e)
{
	if (e->stream)
		weft_stream_abort(e->stream);
}

static void backend_end(void)
{
	weft_io_listener_close(backend);
	TURN_UNTIL(backend_closed);
	for (size_t i = 0; i < backend_count; i++) {
		end_stop(backend_ends[i]);
		TURN_UNTIL(backend_ends[i]->closes);
		free(backend_ends[i]);
	}
	backend_count = 0;
}

/* A client connected to the program; NULL when refused. */
static struct end *connect_to(struct weft_addr to)
{
	struct weft_dial *dial;
	dial_over = false;
	if (weft_dial_start(the_loop, to, NULL, world_dialled, NULL, &dial) < 0)
		return NULL;
	SERVE_UNTIL(dial_over);
	if (!dial_over || dial_status < 0)
		return NULL;
	struct end *e = end_new("client", dialled_stream, 1, 2);
	weft_stream_receive(e->stream);
	return e;
}

static void client_end(struct end *e)
{
	end_stop(e);
	SERVE_UNTIL(e->closes);
	free(e);
}

/* A port of loopback that nobody listens on just now. */
static inline uint16_t free_port(void)
{
	struct weft_addr any = loopback(0), at = any;
	struct weft_io_listen_options options = { 0 };
	struct weft_io_listener *l;
	backend_closed = false;
	if (weft_io_listen(weft_loop_io(the_loop), &any, &options, &backend_events, NULL, &l) < 0)
		return 0;
	weft_io_listener_local(l, &at);
	weft_io_listener_close(l);
	TURN_UNTIL(backend_closed);
	backend_closed = false;
	return at.port;
}

#endif

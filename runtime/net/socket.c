/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * socket.c: io.h's sockets already keep the promises of stream.h, so a socket stream only passes
 * calls and events on; and the dial, which adds a time limit to io.h's connect. A dial owns its
 * stream from the start, so that memory cannot run out once the connection stands.
 */
#include "net/socket.h"
#include "base/alloc.h"

struct socket_stream {
	struct weft_stream stream;
	struct weft_io_socket *socket;
};

static struct weft_io_socket *socket_of(const struct weft_stream *s)
{
	return ((const struct socket_stream *)s)->socket;
}

/* ---- calls ---- */

static void socket_receive(struct weft_stream *s)
{
	weft_io_receive(socket_of(s));
}

static void socket_pause(struct weft_stream *s)
{
	weft_io_pause(socket_of(s));
}

static void socket_give_back(struct weft_stream *s, struct weft_lease lease)
{
	weft_io_return(socket_of(s), lease);
}

static enum weft_status socket_send(struct weft_stream *s, const void *data, size_t size)
{
	return weft_io_send(socket_of(s), data, size);
}

static void socket_shut(struct weft_stream *s)
{
	weft_io_shut(socket_of(s));
}

static void socket_close(struct weft_stream *s)
{
	weft_io_close(socket_of(s));
}

static void socket_abort(struct weft_stream *s)
{
	weft_io_abort(socket_of(s));
}

static int socket_handle(const struct weft_stream *s)
{
	return weft_io_handle(socket_of(s));
}

static struct weft_addr socket_remote(const struct weft_stream *s)
{
	struct weft_addr addr = { 0 };
	return weft_io_remote(socket_of(s), &addr) == WEFT_OK ? addr : (struct weft_addr){ 0 };
}

static const struct weft_stream_type socket_type = {
	socket_receive,
	socket_pause,
	socket_give_back,
	socket_send,
	socket_shut,
	socket_close,
	socket_abort,
	socket_handle,
	socket_remote,
};

/* ---- events: to whoever listens; without a listener leases go straight back ---- */

static void on_received(
	void *user, struct weft_io_socket *socket, struct weft_lease lease, enum weft_status status)
{
	struct weft_stream *s = user;
	if (s->events && s->events->received)
		s->events->received(s->user, s, lease, status);
	else if (lease.size)
		weft_io_return(socket, lease);
}

static void on_sent(void *user, struct weft_io_socket *socket, size_t size, enum weft_status status)
{
	struct weft_stream *s = user;
	(void)socket;
	if (s->events && s->events->sent)
		s->events->sent(s->user, s, size, status);
}

static void on_paused(void *user, struct weft_io_socket *socket)
{
	struct weft_stream *s = user;
	(void)socket;
	if (s->events && s->events->paused)
		s->events->paused(s->user, s);
}

static void on_closed(void *user, struct weft_io_socket *socket)
{
	struct weft_stream *s = user;
	(void)socket;
	if (s->events && s->events->closed)
		s->events->closed(s->user, s);
	weft_free(s);
}

static const struct weft_io_socket_events socket_events = { NULL, on_received, on_sent, on_paused,
	on_closed };

struct weft_stream *weft_socket_stream(struct weft_io_socket *socket)
{
	struct socket_stream *s = weft_alloc(sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct socket_stream){ { &socket_type, NULL, NULL }, socket };
	weft_io_listen_to(socket, &socket_events, s);
	return &s->stream;
}

struct weft_io_socket *weft_stream_socket(struct weft_stream *s)
{
	return s->type == &socket_type ? socket_of(s) : NULL;
}

struct weft_addr weft_socket_local(const struct weft_io_socket *socket)
{
	struct weft_addr addr = { 0 };
	return weft_io_local(socket, &addr) == WEFT_OK ? addr : (struct weft_addr){ 0 };
}

struct weft_addr weft_socket_original(const struct weft_io_socket *socket)
{
	struct weft_addr addr = { 0 };
	return weft_io_original(socket, &addr) == WEFT_OK ? addr : weft_socket_local(socket);
}

/* ---- dial ---- */

struct weft_dial {
	struct weft_loop *loop;
	struct weft_timer timer;
	struct weft_io_socket *socket;
	struct socket_stream *stream; /* NULL once handed out */
	weft_dialled_fn *dialled;     /* NULL once called or cancelled */
	void *user;
	bool late; /* the time limit ended it */
};

static void dial_free(struct weft_dial *dial)
{
	weft_timer_stop(dial->loop, &dial->timer);
	if (dial->stream)
		weft_free(dial->stream);
	weft_free(dial);
}

static void dial_connected(void *user, struct weft_io_socket *socket, enum weft_status status)
{
	struct weft_dial *dial = user;
	weft_dialled_fn *dialled = dial->dialled;
	void *listener = dial->user;
	dial->dialled = NULL;
	weft_timer_stop(dial->loop, &dial->timer);
	if (dialled && !dial->late && status == WEFT_OK) {
		struct socket_stream *s = dial->stream;
		dial->stream = NULL;
		*s = (struct socket_stream){ { &socket_type, NULL, NULL }, socket };
		weft_io_listen_to(socket, &socket_events, s);
		dial_free(dial);
		dialled(listener, &s->stream, WEFT_OK);
		return;
	}
	bool late = dial->late;
	weft_io_abort(socket); /* dial_closed frees */
	if (dialled)
		dialled(listener, NULL, late ? WEFT_TIMED_OUT : status);
}

static void dial_closed(void *user, struct weft_io_socket *socket)
{
	(void)socket;
	dial_free(user);
}

static const struct weft_io_socket_events dial_events = { dial_connected, NULL, NULL, NULL,
	dial_closed };

static void dial_expired(void *user, struct weft_timer *timer)
{
	struct weft_dial *dial = user;
	(void)timer;
	dial->late = true;
	weft_io_abort(dial->socket); /* dial_connected says CANCELLED */
}

enum weft_status weft_dial_start(struct weft_loop *loop, struct weft_addr to,
	const struct weft_dial_options *options, weft_dialled_fn *dialled, void *user,
	struct weft_dial **out)
{
	static const struct weft_dial_options none;
	if (!options)
		options = &none;
	struct weft_dial *dial = weft_alloc(sizeof(*dial));
	struct socket_stream *stream = weft_alloc(sizeof(*stream));
	if (!dial || !stream) {
		if (dial)
			weft_free(dial);
		if (stream)
			weft_free(stream);
		return WEFT_NO_MEMORY;
	}
	*dial = (struct weft_dial){
		.loop = loop, .stream = stream, .dialled = dialled, .user = user
	};
	dial->timer = (struct weft_timer){ .expired = dial_expired, .user = dial };
	struct weft_io_dial_options how = { .mark = options->mark,
		.source = options->has_source ? &options->source : NULL };
	int64_t limit = options->timeout > 0 ? options->timeout : WEFT_DIAL_TIMEOUT;
	enum weft_status status = weft_timer_set(loop, &dial->timer, weft_loop_now(loop) + limit);
	if (status == WEFT_OK)
		status = weft_io_dial(
			weft_loop_io(loop), &to, &how, &dial_events, dial, &dial->socket);
	if (status < 0) {
		dial_free(dial);
		return status;
	}
	*out = dial;
	return WEFT_OK;
}

void weft_dial_cancel(struct weft_dial *dial)
{
	dial->dialled = NULL;
	weft_timer_stop(dial->loop, &dial->timer);
	weft_io_abort(dial->socket);
}

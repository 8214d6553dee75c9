/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * listener.c: listening sockets (one multishot accept each) and watches (one poll each, armed again
 * after every report).
 */
#include "io/object.h"

#include <fcntl.h>

/* ---- listeners ---- */

static void hand_out(struct weft_io_listener *l, int descriptor)
{
	struct weft_io *io = l->object.io;
	struct weft_io_socket *s = weft_io_socket_new(io, descriptor, NULL, NULL);
	io->called = true;
	if (!s) {
		io->backend->close(io->world, descriptor, true);
		l->accept = false;
		weft_io_mark(&l->object);
		l->events->accepted(l->object.user, l, NULL, WEFT_NO_MEMORY);
		return;
	}
	l->events->accepted(l->object.user, l, s, WEFT_OK);
	if (!s->events && !s->object.closing)
		weft_io_abort(s);
}

enum weft_status weft_io_listener_settle(struct weft_io_listener *l)
{
	struct weft_io *io = l->object.io;
	int descriptor;
	bool wanted = l->accept && !l->object.closing;
	if (l->object.in_flight & WEFT_IO_ACCEPT)
		return wanted ? WEFT_OK : weft_io_cancel(&l->object, WEFT_IO_ACCEPT);
	if (wanted)
		return weft_io_start(
			&l->object, (struct weft_io_request){ .code = WEFT_IO_ACCEPT });
	if (!l->object.closing)
		return WEFT_OK;
	/* Whoever shares the address receives none of what waits in this queue: closing resets it.
	 */
	enum weft_status status = WEFT_OK;
	for (int i = 0; i < 2 * WEFT_IO_BACKLOG && status == WEFT_OK; i++) {
		status = io->backend->accept(io->world, l->object.descriptor, &descriptor);
		if (status == WEFT_OK)
			hand_out(l, descriptor);
	}
	io->backend->forget(io->world, l->object.descriptor);
	io->backend->close(io->world, l->object.descriptor, false);
	io->counts.listeners--;
	io->called = true;
	if (l->events->closed)
		l->events->closed(l->object.user, l);
	weft_io_object_free(&l->object);
	return WEFT_OK;
}

void weft_io_listener_result(struct weft_io_listener *l, const struct weft_io_result *r)
{
	if (!r->more)
		weft_io_mark(&l->object);
	if (r->status == WEFT_OK) {
		hand_out(l, r->descriptor);
	} else if (r->status != WEFT_MORE && r->status != WEFT_CANCELLED && !l->object.closing) {
		l->accept = false;
		l->object.io->called = true;
		l->events->accepted(l->object.user, l, NULL, r->status);
	}
}

enum weft_status weft_io_listen(struct weft_io *io, const struct weft_addr *address,
	const struct weft_io_listen_options *options, const struct weft_io_listener_events *events,
	void *user, struct weft_io_listener **listener)
{
	static const struct weft_io_listen_options none;
	int descriptor;
	enum weft_status status =
		io->backend->listen(io->world, address, options ? options : &none, &descriptor);
	if (status != WEFT_OK)
		return status;
	struct weft_io_listener *l = (struct weft_io_listener *)weft_io_object_new(
		io, WEFT_IO_LISTENER, descriptor, user);
	if (!l) {
		io->backend->close(io->world, descriptor, false);
		return WEFT_NO_MEMORY;
	}
	l->events = events;
	io->counts.listeners++;
	*listener = l;
	return WEFT_OK;
}

void weft_io_accept(struct weft_io_listener *l)
{
	l->accept = true;
	weft_io_mark(&l->object);
}

void weft_io_hold(struct weft_io_listener *l)
{
	l->accept = false;
	weft_io_mark(&l->object);
}

void weft_io_listener_close(struct weft_io_listener *l)
{
	l->object.closing = true;
	weft_io_mark(&l->object);
}

enum weft_status weft_io_listener_local(const struct weft_io_listener *l, struct weft_addr *address)
{
	return l->object.io->backend->local(l->object.io->world, l->object.descriptor, address);
}

/* ---- watches ---- */

enum weft_status weft_io_watch_settle(struct weft_io_watch *w)
{
	if (w->object.in_flight & WEFT_IO_POLL)
		return w->object.closing || w->interest != w->armed
			? weft_io_cancel(&w->object, WEFT_IO_POLL)
			: WEFT_OK;
	if (w->object.closing) {
		weft_io_object_free(&w->object);
		return WEFT_OK;
	}
	if (w->interest == 0)
		return WEFT_OK;
	w->armed = w->interest;
	return weft_io_start(&w->object,
		(struct weft_io_request){ .code = WEFT_IO_POLL, .interest = w->interest });
}

void weft_io_watch_result(struct weft_io_watch *w, const struct weft_io_result *r)
{
	weft_io_mark(&w->object);
	if (w->object.closing || r->status == WEFT_CANCELLED || r->status == WEFT_MORE)
		return;
	unsigned ready = r->status == WEFT_OK ? r->size : WEFT_IO_HANGUP;
	if (r->status != WEFT_OK)
		w->interest = 0; /* it cannot be polled: said once */
	w->object.io->called |= !w->internal;
	if (ready & (w->interest | WEFT_IO_HANGUP))
		w->ready(w->object.user, w, ready);
}

enum weft_status weft_io_watch(struct weft_io *io, int descriptor, unsigned interest,
	weft_io_watch_fn *ready, void *user, struct weft_io_watch **watch)
{
	if (io->wake_descriptor < 0)
		return WEFT_UNSUPPORTED;
	if (fcntl(descriptor, F_GETFD) < 0)
		return WEFT_INVALID;
	struct weft_io_watch *w =
		(struct weft_io_watch *)weft_io_object_new(io, WEFT_IO_WATCH, descriptor, user);
	if (!w)
		return WEFT_NO_MEMORY;
	w->ready = ready;
	w->interest = interest;
	io->counts.watches++;
	weft_io_mark(&w->object);
	*watch = w;
	return WEFT_OK;
}

void weft_io_watch_change(struct weft_io_watch *w, unsigned interest)
{
	w->interest = interest;
	weft_io_mark(&w->object);
}

void weft_io_watch_end(struct weft_io_watch *w)
{
	struct weft_io *io = w->object.io;
	w->object.closing = true;
	io->counts.watches--;
	if (io->started)
		io->backend->forget(io->world, w->object.descriptor);
	weft_io_mark(&w->object);
}

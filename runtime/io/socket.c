/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * socket.c: what a byte-stream socket wants, what the kernel has of it, and how the one follows the
 * other. At most one of each operation is in flight: connect, then a multishot receive beside a
 * send. After the peer's end a watch takes the place of the receive: a peer that half-closed and
 * then died would else be noticed only by a send, so by a silent server never. The descriptor is
 * closed after the last result, the object freed after the last lease.
 */
#include "io/object.h"

static struct weft_io *io_of(const struct weft_io_socket *s)
{
	return s->object.io;
}

/* ---- answers ---- */

static void answer_connected(struct weft_io_socket *s, enum weft_status status)
{
	io_of(s)->called = true;
	if (s->events && s->events->connected)
		s->events->connected(s->object.user, s, status);
}

static void answer_sent(struct weft_io_socket *s, enum weft_status status)
{
	size_t size = s->total - s->left;
	s->left = s->total = 0;
	s->data = NULL;
	io_of(s)->called = true;
	if (s->events && s->events->sent)
		s->events->sent(s->object.user, s, size, status);
}

static void answer_received(
	struct weft_io_socket *s, struct weft_lease lease, enum weft_status status)
{
	io_of(s)->called = true;
	s->events->received(s->object.user, s, lease, status);
}

/* ---- settling ---- */

/* One flow may hold little while most buffers are on loan, so that many stuck flows do not starve
 * the rest. */
static uint32_t held_max(const struct weft_io_socket *s)
{
	const struct weft_io *io = io_of(s);
	return io->counts.leased > io->options.buffers_max / 2 ? io->options.buffer_size
							       : io->options.held_max;
}

static enum weft_status settle_receive(struct weft_io_socket *s)
{
	if (s->throttled && s->held <= held_max(s) / 2)
		s->throttled = false;
	bool wanted = s->receive && !s->pausing && !s->ended && !s->throttled && !s->object.closing;
	if (s->object.in_flight & WEFT_IO_RECEIVE)
		return wanted ? WEFT_OK : weft_io_cancel(&s->object, WEFT_IO_RECEIVE);
	if (wanted && !s->starved)
		return weft_io_start(
			&s->object, (struct weft_io_request){ .code = WEFT_IO_RECEIVE });
	if (s->pausing && !s->object.closing) {
		bool again = s->receive_again && !s->ended;
		s->pausing = s->receive_again = false;
		s->receive = again;
		if (again)
			weft_io_mark(&s->object);
		io_of(s)->called = true;
		if (s->events->paused)
			s->events->paused(s->object.user, s);
	}
	return WEFT_OK;
}

static enum weft_status settle_send(struct weft_io_socket *s)
{
	if (s->object.in_flight & WEFT_IO_SEND)
		return s->abort ? weft_io_cancel(&s->object, WEFT_IO_SEND) : WEFT_OK;
	if (s->left > 0 && s->abort)
		answer_sent(s, WEFT_CANCELLED);
	if (s->left > 0)
		return weft_io_start(&s->object,
			(struct weft_io_request){
				.code = WEFT_IO_SEND, .data = s->data, .size = s->left });
	if (s->shut && !s->shut_done && s->connected && !s->object.closing) {
		s->shut_done = true;
		io_of(s)->backend->shut(io_of(s)->world, s->object.descriptor);
	}
	return WEFT_OK;
}

static enum weft_status settle_peer(struct weft_io_socket *s)
{
	if (s->object.in_flight & WEFT_IO_PEER)
		return s->object.closing || s->peer_known ? weft_io_cancel(&s->object, WEFT_IO_PEER)
							  : WEFT_OK;
	if (!s->ended || s->peer_known || s->shut_done || s->object.closing)
		return WEFT_OK;
	return weft_io_start(&s->object, (struct weft_io_request){ .code = WEFT_IO_PEER });
}

static enum weft_status settle_connect(struct weft_io_socket *s)
{
	if (s->object.in_flight & WEFT_IO_CONNECT)
		return s->object.closing ? weft_io_cancel(&s->object, WEFT_IO_CONNECT) : WEFT_OK;
	if (!s->connecting)
		return WEFT_OK;
	if (!s->object.closing) {
		enum weft_status status = weft_io_start(&s->object,
			(struct weft_io_request){ .code = WEFT_IO_CONNECT, .address = &s->to });
		if (status != WEFT_OK)
			return status;
	}
	s->connecting = false;
	memset(&s->to, 0, sizeof(s->to));
	s->data = NULL;
	s->left = s->total = 0;
	if (s->object.closing)
		answer_connected(s, WEFT_CANCELLED);
	return WEFT_OK;
}

static void finish_close(struct weft_io_socket *s)
{
	struct weft_io *io = io_of(s);
	if (s->object.descriptor >= 0) {
		io->backend->forget(io->world, s->object.descriptor);
		io->backend->close(io->world, s->object.descriptor, s->abort);
		s->object.descriptor = -1;
	}
	if (s->leases > 0)
		return;
	weft_io_not_starve(s);
	io->counts.sockets--;
	io->called = true;
	if (s->events && s->events->closed)
		s->events->closed(s->object.user, s);
	weft_io_object_free(&s->object);
}

enum weft_status weft_io_socket_settle(struct weft_io_socket *s)
{
	enum weft_status status = WEFT_OK;
	if (s->object.descriptor >= 0) {
		status = settle_connect(s);
		if (status == WEFT_OK && s->connected)
			status = settle_send(s);
		if (status == WEFT_OK && s->connected)
			status = settle_receive(s);
		if (status == WEFT_OK && s->connected)
			status = settle_peer(s);
	}
	if (status == WEFT_OK && s->object.closing && !s->connecting && s->left == 0 &&
		(!s->object.in_flight || WEFT_PLANT == WEFT_PLANT_STALE_COMPLETION))
		finish_close(s);
	return status;
}

/* ---- results ---- */

static void take_lease(struct weft_io_socket *s, const struct weft_io_result *r)
{
	struct weft_io *io = io_of(s);
	struct weft_lease lease = weft_io_lend(io, r->buffer, r->size);
	s->leases++;
	s->held += r->size;
	if (s->held >= held_max(s)) {
		s->throttled = true;
		weft_io_mark(&s->object);
	}
	answer_received(s, lease, WEFT_OK);
}

static void receive_result(struct weft_io_socket *s, const struct weft_io_result *r)
{
	bool deaf = s->object.closing || s->ended; /* nobody is told any more */
	if (!r->more && !(WEFT_PLANT == WEFT_PLANT_MISSED_REARM && r->status == WEFT_OK))
		weft_io_mark(&s->object);
	if (r->has_buffer && r->status == WEFT_OK && r->size > 0 && !deaf) {
		take_lease(s, r);
		return;
	}
	if (r->has_buffer && !(WEFT_PLANT == WEFT_PLANT_LEAKED_BUFFER && deaf))
		weft_io_give_back(io_of(s), r->buffer);
	if (deaf || r->status == WEFT_CANCELLED || r->status == WEFT_MORE)
		return;
	if (r->status == WEFT_FULL) {
		weft_io_starve(s);
		return;
	}
	s->ended = true;
	s->peer_known = r->status != WEFT_OK;
	answer_received(s, (struct weft_lease){ NULL, 0, 0 }, r->status);
}

static void peer_result(struct weft_io_socket *s, const struct weft_io_result *r)
{
	bool told = s->peer_known;
	if (r->more && r->size == 0)
		return;
	weft_io_mark(&s->object);
	s->peer_known = true;
	if (!told && r->status == WEFT_OK && r->size > 0 && !s->object.closing)
		answer_received(s, (struct weft_lease){ NULL, 0, 0 }, WEFT_RESET);
}

static void send_result(struct weft_io_socket *s, const struct weft_io_result *r)
{
	if (s->total == 0)
		return; /* answered already */
	if (r->status == WEFT_OK) {
		weft_assert(r->size <= s->left);
		s->data += r->size;
		s->left -= r->size;
		if (WEFT_PLANT == WEFT_PLANT_DROPPED_BYTE && s->left == 1)
			s->left = 0;
	}
	weft_io_mark(&s->object); /* the rest, or a shut or close that waited for it */
	if (s->left == 0)
		answer_sent(s, WEFT_OK);
	else if (s->abort)
		answer_sent(s, WEFT_CANCELLED);
	else if (r->status < 0)
		answer_sent(s, r->status == WEFT_CANCELLED ? WEFT_IO : r->status);
}

void weft_io_socket_result(struct weft_io_socket *s, uint8_t code, const struct weft_io_result *r)
{
	switch (code) {
	case WEFT_IO_RECEIVE:
		receive_result(s, r);
		break;
	case WEFT_IO_SEND:
		send_result(s, r);
		break;
	case WEFT_IO_PEER:
		peer_result(s, r);
		break;
	default:
		weft_io_mark(&s->object);
		s->connected = r->status == WEFT_OK;
		answer_connected(s,
			r->status == WEFT_MORE ? WEFT_UNREACHABLE
					       : r->status); /* EAGAIN: no route to be had */
		break;
	}
}

/* ---- the owner's calls ---- */

struct weft_io_socket *weft_io_socket_new(
	struct weft_io *io, int descriptor, const struct weft_io_socket_events *events, void *user)
{
	struct weft_io_socket *s =
		(struct weft_io_socket *)weft_io_object_new(io, WEFT_IO_SOCKET, descriptor, user);
	if (!s)
		return NULL;
	s->events = events;
	s->connected = true;
	io->counts.sockets++;
	return s;
}

enum weft_status weft_io_dial(struct weft_io *io, const struct weft_addr *to,
	const struct weft_io_dial_options *options, const struct weft_io_socket_events *events,
	void *user, struct weft_io_socket **socket)
{
	static const struct weft_io_dial_options none;
	int descriptor;
	enum weft_status status =
		io->backend->open(io->world, to, options ? options : &none, &descriptor);
	if (status != WEFT_OK)
		return status;
	struct weft_io_socket *s = weft_io_socket_new(io, descriptor, events, user);
	if (!s) {
		io->backend->close(io->world, descriptor, false);
		return WEFT_NO_MEMORY;
	}
	s->connected = false;
	s->connecting = true;
	s->to = *to;
	weft_io_mark(&s->object);
	*socket = s;
	return WEFT_OK;
}

enum weft_status weft_io_adopt(struct weft_io *io, int descriptor,
	const struct weft_io_socket_events *events, void *user, struct weft_io_socket **socket)
{
	enum weft_status status = io->backend->adopt(io->world, descriptor);
	if (status != WEFT_OK)
		return status;
	struct weft_io_socket *s = weft_io_socket_new(io, descriptor, events, user);
	if (!s)
		return WEFT_NO_MEMORY;
	*socket = s;
	return WEFT_OK;
}

void weft_io_listen_to(
	struct weft_io_socket *s, const struct weft_io_socket_events *events, void *user)
{
	s->events = events;
	s->object.user = user;
}

void weft_io_receive(struct weft_io_socket *s)
{
	if (s->pausing)
		s->receive_again = true;
	else
		s->receive = true;
	weft_io_mark(&s->object);
}

void weft_io_pause(struct weft_io_socket *s)
{
	s->pausing = true;
	s->receive_again = false;
	weft_io_not_starve(s);
	weft_io_mark(&s->object);
}

void weft_io_return(struct weft_io_socket *s, struct weft_lease lease)
{
	weft_assert(s->leases > 0);
	s->held -= weft_io_take_back(io_of(s), lease);
	s->leases--;
	if (s->throttled || s->object.closing || io_of(s)->starved)
		weft_io_mark(&s->object);
}

enum weft_status weft_io_send(struct weft_io_socket *s, const void *data, size_t size)
{
	if (size == 0 || s->shut || s->object.closing || !s->connected)
		return WEFT_INVALID;
	if (s->total > 0)
		return WEFT_FULL;
	s->data = data;
	s->left = s->total = size;
	weft_io_mark(&s->object);
	return WEFT_OK;
}

void weft_io_shut(struct weft_io_socket *s)
{
	s->shut = true;
	if (WEFT_PLANT != WEFT_PLANT_LOST_HALF_CLOSE)
		weft_io_mark(&s->object);
}

void weft_io_close(struct weft_io_socket *s)
{
	s->object.closing = true;
	weft_io_not_starve(s);
	weft_io_mark(&s->object);
}

void weft_io_abort(struct weft_io_socket *s)
{
	s->abort = true;
	weft_io_close(s);
}

int weft_io_handle(const struct weft_io_socket *s)
{
	return io_of(s)->wake_descriptor < 0 ? -1 : s->object.descriptor;
}

enum weft_status weft_io_local(const struct weft_io_socket *s, struct weft_addr *address)
{
	return io_of(s)->backend->local(io_of(s)->world, s->object.descriptor, address);
}

enum weft_status weft_io_remote(const struct weft_io_socket *s, struct weft_addr *address)
{
	return io_of(s)->backend->remote(io_of(s)->world, s->object.descriptor, address);
}

enum weft_status weft_io_original(const struct weft_io_socket *s, struct weft_addr *address)
{
	return io_of(s)->backend->original(io_of(s)->world, s->object.descriptor, address);
}

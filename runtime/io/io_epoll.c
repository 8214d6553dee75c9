/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io_epoll.c: the same kernel by epoll, where io_uring is forbidden. A descriptor is registered
 * once, edge-triggered, at its first operation; what is ready is remembered, and the operations
 * that are armed on a ready descriptor are run in `wait`, one step each in turn, until they would
 * block. Polls of foreign descriptors are one-shot, so level-triggered.
 */
#include "base/alloc.h"
#include "io/backend.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READY_IN = 1,
	READY_OUT = 2,
	READY_END = 4
}; /* END: a hangup or an error, so reads go on until they tell */
enum { EVENTS = 256 };

/* By descriptor number. The tags are those of the armed operations, 0 for none. */
struct slot {
	uint64_t receive, accept, send, connect, poll, peer;
	const void *data;
	uint32_t size;
	int next; /* in the queue of slots with work; -1: the last */
	uint8_t ready;
	bool registered, queued, connecting; /* connecting: connect(2) was called */
};

struct world {
	int epoll;
	struct slot *slots;
	int slot_count;
	int first, last; /* the queue; -1: empty */
	struct weft_io_result
		*pending; /* results that came without waiting: cancels, registration errors */
	size_t pending_count, pending_room;
	struct {
		void *data;
		uint32_t size;
	} * buffers; /* by id */
	uint16_t *free_ids;
	uint32_t free_count;
};

static enum weft_status start(const struct weft_io_options *o, void **world, const char **why)
{
	struct world *w = weft_alloc(sizeof(*w));
	if (!w)
		return WEFT_NO_MEMORY;
	w->buffers = weft_alloc(o->buffers_max * sizeof(*w->buffers));
	w->free_ids = weft_alloc(o->buffers_max * sizeof(*w->free_ids));
	w->first = w->last = -1;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	*why = "no epoll";
	if (!w->buffers || !w->free_ids || w->epoll < 0) {
		enum weft_status status = w->epoll < 0 ? weft_posix_status(errno) : WEFT_NO_MEMORY;
		if (w->epoll >= 0)
			close(w->epoll);
		weft_free(w->buffers);
		weft_free(w->free_ids);
		weft_free(w);
		return status;
	}
	*world = w;
	return WEFT_OK;
}

static void stop(void *world)
{
	struct world *w = world;
	close(w->epoll);
	weft_free(w->slots);
	weft_free(w->pending);
	weft_free(w->buffers);
	weft_free(w->free_ids);
	weft_free(w);
}

static struct slot *slot_for(struct world *w, int descriptor)
{
	if (descriptor >= w->slot_count) {
		int count = descriptor < 256 ? 512 : descriptor * 2;
		struct slot *slots = weft_realloc(w->slots, (size_t)count * sizeof(*slots));
		if (!slots)
			return NULL;
		memset(slots + w->slot_count, 0, (size_t)(count - w->slot_count) * sizeof(*slots));
		w->slots = slots;
		w->slot_count = count;
	}
	return &w->slots[descriptor];
}

static bool has_work(const struct slot *s)
{
	return ((s->receive || s->accept) && s->ready & (READY_IN | READY_END)) ||
		((s->send || s->connect) && s->ready & (READY_OUT | READY_END));
}

static void enqueue(struct world *w, int descriptor)
{
	struct slot *s = &w->slots[descriptor];
	if (s->queued || !has_work(s))
		return;
	s->queued = true;
	s->next = -1;
	if (w->last >= 0)
		w->slots[w->last].next = descriptor;
	else
		w->first = descriptor;
	w->last = descriptor;
}

static int take_queued(struct world *w)
{
	int descriptor = w->first;
	if (descriptor < 0)
		return -1;
	w->first = w->slots[descriptor].next;
	if (w->first < 0)
		w->last = -1;
	w->slots[descriptor].queued = false;
	return descriptor;
}

static bool reserve_pending(struct world *w)
{
	if (w->pending_count + 2 > w->pending_room) {
		size_t room = w->pending_room ? w->pending_room * 2 : 64;
		struct weft_io_result *pending = weft_realloc(w->pending, room * sizeof(*pending));
		if (!pending)
			return false;
		w->pending = pending;
		w->pending_room = room;
	}
	return true;
}

static void report(struct world *w, uint64_t tag, enum weft_status status)
{
	w->pending[w->pending_count++] =
		(struct weft_io_result){ .tag = tag, .status = status, .descriptor = -1 };
}

static void cancel(struct world *w, struct slot *s, const struct weft_io_request *r)
{
	uint64_t *armed[] = { &s->receive, &s->accept, &s->send, &s->connect, &s->poll, &s->peer };
	for (size_t i = 0; i < sizeof(armed) / sizeof(*armed); i++)
		if (*armed[i] == r->target) {
			*armed[i] = 0;
			report(w, r->target, WEFT_CANCELLED);
			report(w, r->tag, WEFT_OK);
			return;
		}
	report(w, r->tag, WEFT_NOT_FOUND);
}

static bool register_slot(struct world *w, struct slot *s, const struct weft_io_request *r)
{
	struct epoll_event event = { .data.fd = r->descriptor };
	if (r->code == WEFT_IO_POLL)
		event.events = EPOLLONESHOT |
			(r->interest & WEFT_IO_READABLE ? EPOLLIN | EPOLLRDHUP : 0) |
			(r->interest & WEFT_IO_WRITABLE ? EPOLLOUT : 0);
	else if (s->registered &&
		r->code != WEFT_IO_PEER) /* PEER: what was reported before is asked for anew */
		return true;
	else
		event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	if (epoll_ctl(w->epoll, s->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, r->descriptor,
		    &event) < 0)
		return false;
	s->registered = true;
	return true;
}

static enum weft_status submit(void *world, const struct weft_io_request *r)
{
	struct world *w = world;
	struct slot *s = slot_for(w, r->descriptor);
	if (!s || !reserve_pending(w))
		return WEFT_FULL;
	if (r->code == WEFT_IO_CANCEL) {
		cancel(w, s, r);
		return WEFT_OK;
	}
	if (r->code == WEFT_IO_CONNECT) { /* before the registration: an unconnected socket reports
					     a hangup */
		struct sockaddr_storage to;
		size_t size = weft_posix_address(r->address, &to);
		if (connect(r->descriptor, (struct sockaddr *)&to, (socklen_t)size) == 0 ||
			errno != EINPROGRESS) {
			report(w, r->tag, weft_posix_status(errno));
			return WEFT_OK;
		}
	}
	if (!register_slot(w, s, r)) {
		report(w, r->tag,
			errno == ENOMEM || errno == ENOSPC ? WEFT_NO_MEMORY
							   : weft_posix_status(errno));
		return WEFT_OK;
	}
	switch (r->code) {
	case WEFT_IO_ACCEPT:
		s->accept = r->tag;
		break;
	case WEFT_IO_RECEIVE:
		s->receive = r->tag;
		break;
	case WEFT_IO_SEND:
		s->send = r->tag;
		s->data = r->data;
		s->size = r->size > INT32_MAX ? INT32_MAX : (uint32_t)r->size;
		s->ready |= READY_OUT; /* nearly always; else the send itself says so */
		break;
	case WEFT_IO_CONNECT:
		s->connect = r->tag;
		s->ready = 0;
		break;
	case WEFT_IO_PEER:
		weft_posix_keep_alive(r->descriptor);
		s->peer = r->tag;
		break;
	default:
		s->poll = r->tag;
		break;
	}
	enqueue(w, r->descriptor);
	return WEFT_OK;
}

/* ---- one step of an armed operation; false: it would block, and there is no result ---- */

static bool step_accept(struct slot *s, int descriptor, struct weft_io_result *r)
{
	enum weft_status status = weft_posix_accept(NULL, descriptor, &r->descriptor);
	if (status == WEFT_MORE) {
		s->ready &= (uint8_t)~READY_IN;
		return false;
	}
	*r = (struct weft_io_result){ .tag = s->accept,
		.status = status,
		.more = status == WEFT_OK,
		.descriptor = r->descriptor };
	if (!r->more)
		s->accept = 0;
	return true;
}

static bool step_receive(struct world *w, struct slot *s, int descriptor, struct weft_io_result *r)
{
	*r = (struct weft_io_result){ .tag = s->receive, .descriptor = -1 };
	if (w->free_count == 0) {
		r->status = WEFT_FULL;
		s->receive = 0;
		return true;
	}
	uint16_t id = w->free_ids[w->free_count - 1];
	ssize_t size = recv(descriptor, w->buffers[id].data, w->buffers[id].size, 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (errno == EAGAIN)
			s->ready &= (uint8_t) ~(READY_IN | READY_END);
		return false;
	}
	if (size > 0) {
		w->free_count--;
		r->has_buffer = r->more = true;
		r->buffer = id;
		r->size = (uint32_t)size;
		/* A short read emptied the socket, unless its end is in it too. */
		if (r->size < w->buffers[id].size && !(s->ready & READY_END))
			s->ready &= (uint8_t)~READY_IN;
		return true;
	}
	r->status = size < 0 ? weft_posix_status(errno) : WEFT_OK;
	s->receive = 0;
	return true;
}

static bool step_send(struct slot *s, int descriptor, struct weft_io_result *r)
{
	ssize_t size = send(descriptor, s->data, s->size, MSG_NOSIGNAL);
	if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (errno == EAGAIN)
			s->ready &= (uint8_t)~READY_OUT;
		return false;
	}
	*r = (struct weft_io_result){ .tag = s->send, .descriptor = -1 };
	if (size < 0)
		r->status = weft_posix_status(errno);
	else
		r->size = (uint32_t)size;
	s->send = 0;
	return true;
}

static void step_connect(struct slot *s, int descriptor, struct weft_io_result *r)
{
	int error = 0;
	socklen_t size = sizeof(error);
	getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
	*r = (struct weft_io_result){
		.tag = s->connect, .status = weft_posix_status(error), .descriptor = -1
	};
	s->connect = 0;
}

/* One step of each operation of the slot; at most two results. */
static size_t run(struct world *w, int descriptor, struct weft_io_result *r)
{
	struct slot *s = &w->slots[descriptor];
	size_t count = 0;
	if (s->connect && s->ready & (READY_OUT | READY_END))
		step_connect(s, descriptor, &r[count++]);
	if (s->send && s->ready & (READY_OUT | READY_END)) {
		if (step_send(s, descriptor, &r[count]))
			count++;
		else if (!(s->ready & READY_OUT))
			s->ready &= (uint8_t)~READY_END; /* a hangup that send does not see: wait
							    for the next edge */
	}
	if (s->accept && s->ready & (READY_IN | READY_END))
		count += step_accept(s, descriptor, &r[count]);
	else if (s->receive && s->ready & (READY_IN | READY_END))
		count += step_receive(w, s, descriptor, &r[count]);
	enqueue(w, descriptor);
	return count;
}

static bool take_event(struct world *w, const struct epoll_event *e, struct weft_io_result *r)
{
	struct slot *s = &w->slots[e->data.fd];
	if (s->poll) {
		unsigned ready = (e->events & (EPOLLIN | EPOLLRDHUP) ? WEFT_IO_READABLE : 0) |
			(e->events & EPOLLOUT ? WEFT_IO_WRITABLE : 0) |
			(e->events & (EPOLLERR | EPOLLHUP) ? WEFT_IO_HANGUP : 0);
		*r = (struct weft_io_result){ .tag = s->poll, .size = ready, .descriptor = -1 };
		s->poll = 0;
		return true;
	}
	if (e->events & (EPOLLIN | EPOLLRDHUP))
		s->ready |= READY_IN;
	if (e->events & EPOLLOUT)
		s->ready |= READY_OUT;
	if (e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		s->ready |= READY_END;
	enqueue(w, e->data.fd);
	if (!s->peer || !(e->events & (EPOLLERR | EPOLLHUP)))
		return false;
	*r = (struct weft_io_result){
		.tag = s->peer, .size = (e->events & EPOLLERR) != 0, .descriptor = -1
	};
	s->peer = 0;
	return true;
}

static size_t take_pending(struct world *w, struct weft_io_result *results, size_t max)
{
	size_t count = w->pending_count < max ? w->pending_count : max;
	if (count == 0)
		return 0;
	memcpy(results, w->pending, count * sizeof(*results));
	memmove(w->pending, w->pending + count, (w->pending_count - count) * sizeof(*results));
	w->pending_count -= count;
	return count;
}

static size_t wait_for(void *world, int64_t wait_ns, struct weft_io_result *results, size_t max)
{
	struct world *w = world;
	struct epoll_event events[EVENTS];
	size_t count = take_pending(w, results, max);
	/* What is queued is nearly always ready: run it first, and sleep only when nothing came of
	 * it. */
	for (int i = 0; i < 2; i++) {
		int descriptor;
		while (count + 2 <= max && (descriptor = take_queued(w)) >= 0)
			count += run(w, descriptor, results + count);
		if (i == 1 || count + 2 > max)
			break;
		struct timespec limit = { .tv_sec = wait_ns / 1000000000,
			.tv_nsec = wait_ns % 1000000000 };
		if (count > 0 || wait_ns == 0 || w->first >= 0)
			limit = (struct timespec){ 0 };
		size_t room = max - count < EVENTS ? max - count : EVENTS;
		int n = epoll_pwait2(w->epoll, events, (int)room,
			wait_ns < 0 && count == 0 ? NULL : &limit, NULL);
		for (int k = 0; k < n; k++)
			count += take_event(w, &events[k], &results[count]);
	}
	return count;
}

static bool flush(void *world)
{
	struct world *w = world;
	return w->pending_count > 0 || w->first >= 0;
}

static void give(void *world, uint16_t id, void *data, uint32_t size)
{
	struct world *w = world;
	w->buffers[id].data = data;
	w->buffers[id].size = size;
	w->free_ids[w->free_count++] = id;
}

static void forget(void *world, int descriptor)
{
	struct world *w = world;
	if (descriptor >= w->slot_count)
		return;
	struct slot *s = &w->slots[descriptor];
	struct epoll_event event = { 0 };
	if (s->registered)
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, descriptor, &event);
	if (s->poll && reserve_pending(w))
		report(w, s->poll, WEFT_CANCELLED);
	int next = s->next;
	bool queued = s->queued;
	*s = (struct slot){ .next = next, .queued = queued };
}

static int descriptor_of(void *world)
{
	return ((struct world *)world)->epoll;
}

const struct weft_io_backend weft_io_epoll_backend = { .name = "epoll",
	.start = start,
	.stop = stop,
	.submit = submit,
	.wait = wait_for,
	.flush = flush,
	.give = give,
	.forget = forget,
	.descriptor = descriptor_of,
	WEFT_POSIX_CALLS };

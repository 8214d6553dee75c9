/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io.c: the reactor itself, above any back end: its objects with their generations, the turn, the
 * wake-up and the descriptor for an embedding loop. What a socket or listener does with its
 * operations stands in socket.c and listener.c.
 *
 * A tag (user_data) is generation << 32 | index << 8 | code: a result whose generation is not the
 * slot's belongs to an object that is gone, and only its buffer is taken back.
 */
#include "io/object.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BATCH = 256, INDEX_MAX = (1 << 24) - 1 };

/* ---- objects ---- */

static struct weft_io_object *slot_of(struct weft_io *io, uint32_t index)
{
	return &io->chunks[index / WEFT_IO_CHUNK][index % WEFT_IO_CHUNK].object;
}

static bool add_chunk(struct weft_io *io)
{
	if (io->chunk_count == io->chunk_room) {
		uint32_t room = io->chunk_room ? io->chunk_room * 2 : 16;
		union weft_io_slot **chunks = weft_realloc(io->chunks, room * sizeof(*chunks));
		if (!chunks)
			return false;
		io->chunks = chunks;
		io->chunk_room = room;
	}
	if (io->chunk_count >= INDEX_MAX / WEFT_IO_CHUNK)
		return false;
	union weft_io_slot *chunk = weft_alloc(WEFT_IO_CHUNK * sizeof(*chunk));
	if (!chunk)
		return false;
	uint32_t first = io->chunk_count * WEFT_IO_CHUNK;
	io->chunks[io->chunk_count++] = chunk;
	for (uint32_t i = WEFT_IO_CHUNK; i-- > 0;) {
		struct weft_io_object *o = &chunk[i].object;
		*o = (struct weft_io_object){
			.io = io, .index = first + i, .generation = 1, .next = io->free
		};
		io->free = o;
	}
	return true;
}

struct weft_io_object *weft_io_object_new(
	struct weft_io *io, enum weft_io_kind kind, int descriptor, void *user)
{
	if (!io->free && !add_chunk(io))
		return NULL;
	struct weft_io_object *o = io->free;
	io->free = o->next;
	struct weft_io_object fresh = { .io = io,
		.index = o->index,
		.generation = o->generation,
		.kind = (uint8_t)kind,
		.descriptor = descriptor,
		.user = user };
	memset(o, 0, sizeof(union weft_io_slot));
	*o = fresh;
	return o;
}

/* One that a callback of its last settling marked again is in the list of the marked, and put away
 * from there. */
void weft_io_object_free(struct weft_io_object *o)
{
	struct weft_io *io = o->io;
	o->kind = WEFT_IO_FREE;
	o->generation++;
	if (o->marked)
		return;
	o->next = io->free;
	io->free = o;
}

void weft_io_mark(struct weft_io_object *o)
{
	struct weft_io *io = o->io;
	if (o->marked)
		return;
	o->marked = true;
	o->next = NULL;
	*io->marked_last = o;
	io->marked_last = &o->next;
	/* An embedding loop sleeps on the descriptor: it must hear of what was asked for between
	 * turns. */
	if (!io->in_turn && io->poll_descriptor >= 0)
		weft_io_wake(io);
}

static uint64_t tag_of(const struct weft_io_object *o, uint8_t code)
{
	return (uint64_t)o->generation << 32 | (uint64_t)o->index << 8 | code;
}

enum weft_status weft_io_start(struct weft_io_object *o, struct weft_io_request request)
{
	struct weft_io *io = o->io;
	request.descriptor = o->descriptor;
	request.tag = tag_of(o, request.code);
	enum weft_status status = io->backend->submit(io->world, &request);
	if (status == WEFT_OK) {
		o->in_flight |= request.code;
		io->counts.submitted++;
	}
	return status;
}

enum weft_status weft_io_cancel(struct weft_io_object *o, uint8_t code)
{
	struct weft_io *io = o->io;
	if (!(o->in_flight & code) || o->cancelled & code)
		return WEFT_OK;
	struct weft_io_request request = { .code = WEFT_IO_CANCEL,
		.descriptor = o->descriptor,
		.tag = tag_of(o, WEFT_IO_CANCEL | code),
		.target = tag_of(o, code) };
	enum weft_status status = io->backend->submit(io->world, &request);
	if (status == WEFT_OK)
		o->cancelled |= code;
	return status;
}

/* ---- the turn ---- */

static enum weft_status settle(struct weft_io_object *o)
{
	switch (o->kind) {
	case WEFT_IO_SOCKET:
		return weft_io_socket_settle((struct weft_io_socket *)o);
	case WEFT_IO_LISTENER:
		return weft_io_listener_settle((struct weft_io_listener *)o);
	case WEFT_IO_WATCH:
		return weft_io_watch_settle((struct weft_io_watch *)o);
	default:
		o->next = o->io->free;
		o->io->free = o;
		return WEFT_OK;
	}
}

/* Settles what is marked. What callbacks mark meanwhile is settled too, a bounded number of rounds.
 */
static void settle_marked(struct weft_io *io)
{
	for (int round = 0; round < 4 && io->marked_first; round++) {
		struct weft_io_object *o = io->marked_first;
		io->marked_first = NULL;
		io->marked_last = &io->marked_first;
		while (o) {
			struct weft_io_object *next = o->next;
			o->marked = false;
			if (settle(o) == WEFT_FULL)
				weft_io_mark(o);
			o = next;
		}
	}
}

static void dispatch(struct weft_io *io, const struct weft_io_result *r)
{
	uint32_t index = (uint32_t)r->tag >> 8, generation = (uint32_t)(r->tag >> 32);
	uint8_t code = (uint8_t)r->tag;
	struct weft_io_object *o = slot_of(io, index);
	io->counts.completed++;
	if (o->generation != generation && WEFT_PLANT != WEFT_PLANT_STALE_COMPLETION) {
		io->counts.stale++;
		if (r->has_buffer)
			weft_io_give_back(io, r->buffer);
		return;
	}
	if (code & WEFT_IO_CANCEL) {
		/* After OK the operation's own result is on its way. Otherwise the cancel missed
		 * it: look again. */
		code &= (uint8_t)~WEFT_IO_CANCEL;
		if (r->status != WEFT_OK && o->cancelled & code) {
			o->cancelled &= (uint8_t)~code;
			weft_io_mark(o);
		}
		return;
	}
	if (!r->more) {
		o->in_flight &= (uint8_t)~code;
		o->cancelled &= (uint8_t)~code;
	}
	switch (o->kind) {
	case WEFT_IO_SOCKET:
		weft_io_socket_result((struct weft_io_socket *)o, code, r);
		break;
	case WEFT_IO_LISTENER:
		weft_io_listener_result((struct weft_io_listener *)o, r);
		break;
	case WEFT_IO_WATCH:
		weft_io_watch_result((struct weft_io_watch *)o, r);
		break;
	default:
		break;
	}
}

static void drain_wake(void *user, struct weft_io_watch *watch, unsigned ready)
{
	struct weft_io *io = user;
	uint64_t count;
	(void)watch, (void)ready;
	while (read(io->wake_descriptor, &count, sizeof(count)) > 0)
		continue;
}

static enum weft_status start(struct weft_io *io)
{
	const char *why = "";
	enum weft_status status = io->backend->start(&io->options, &io->world, &why);
	if (status == WEFT_UNSUPPORTED && !io->fixed) {
		weft_io_log(io, WEFT_LOG_WARN,
			"io_uring does not work here (%s): using epoll, which costs more CPU per "
			"byte",
			why);
		io->backend = &weft_io_epoll_backend;
		status = io->backend->start(&io->options, &io->world, &why);
	}
	if (status != WEFT_OK)
		return status;
	io->thread = thrd_current();
	io->started = true;
	status = weft_io_buffers_start(io);
	if (status == WEFT_OK && io->wake_descriptor >= 0) {
		status = weft_io_watch(
			io, io->wake_descriptor, WEFT_IO_READABLE, drain_wake, io, &io->wake_watch);
		if (status == WEFT_OK) {
			io->wake_watch->internal = true;
			io->counts.watches--;
		}
	}
	if (status == WEFT_OK && io->poll_descriptor >= 0) {
		struct epoll_event event = { .events = EPOLLIN };
		if (epoll_ctl(io->poll_descriptor, EPOLL_CTL_ADD,
			    io->backend->descriptor(io->world), &event) < 0)
			status = WEFT_NO_MEMORY;
	}
	return status;
}

enum weft_status weft_io_check_thread(const struct weft_io *io)
{
	return !io->started || thrd_equal(io->thread, thrd_current()) ? WEFT_OK : WEFT_WRONG_THREAD;
}

/* For an embedding loop: nothing may wait for the next turn that does not make the descriptor
 * readable. */
static void leave_ready(struct weft_io *io, bool more)
{
	if (io->backend->flush(io->world) || more || io->marked_first)
		weft_io_wake(io);
}

enum weft_status weft_io_turn(struct weft_io *io, int64_t wait_ns)
{
	struct weft_io_result results[BATCH];
	weft_assert(!io->in_turn);
	if (!io->started) {
		enum weft_status status = start(io);
		if (status != WEFT_OK)
			return status;
	} else if (weft_io_check_thread(io) != WEFT_OK) {
		return WEFT_WRONG_THREAD;
	}
	io->in_turn = true;
	io->called = false;
	weft_io_feed_starved(io);
	settle_marked(io);
	/* A callback may have set timers or posted work since the caller chose how long to wait. */
	bool woken = atomic_exchange(&io->woken, false);
	if (woken || io->called || io->marked_first)
		wait_ns = 0;
	size_t count = io->backend->wait(io->world, wait_ns, results, BATCH);
	io->now = io->backend->monotonic(io->world);
	io->wall = 0;
	for (size_t i = 0; i < count; i++)
		dispatch(io, &results[i]);
	weft_io_feed_starved(io);
	settle_marked(io);
	io->counts.turns++;
	if (io->poll_descriptor >= 0)
		leave_ready(io, count == BATCH);
	io->in_turn = false;
	return WEFT_OK;
}

void weft_io_wake(struct weft_io *io)
{
	uint64_t one = 1;
	if (!atomic_exchange(&io->woken, true) && io->wake_descriptor >= 0 &&
		write(io->wake_descriptor, &one, sizeof(one)) < 0)
		return; /* only when the counter is full: it is readable then */
}

int64_t weft_io_now(struct weft_io *io)
{
	return io->in_turn && io->now ? io->now : io->backend->monotonic(io->world);
}

int64_t weft_io_wall(struct weft_io *io)
{
	if (!io->in_turn)
		return io->backend->wall(io->world);
	if (!io->wall)
		io->wall = io->backend->wall(io->world);
	return io->wall;
}

/* ---- for an embedding loop ---- */

void weft_io_alarm(struct weft_io *io, int64_t at)
{
	if (io->poll_descriptor < 0 || at == io->alarm)
		return;
	int64_t absolute = at < 0 ? 0 : at > 0 ? at : 1; /* 0 disarms a timerfd */
	struct itimerspec spec = { .it_value = { .tv_sec = absolute / 1000000000,
					   .tv_nsec = absolute % 1000000000 } };
	timerfd_settime(io->timer_descriptor, TFD_TIMER_ABSTIME, &spec, NULL);
	io->alarm = at;
}

int weft_io_descriptor(struct weft_io *io)
{
	struct epoll_event event = { .events = EPOLLIN };
	if (io->poll_descriptor >= 0 || io->wake_descriptor < 0)
		return io->poll_descriptor;
	int poll = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (poll < 0 || timer < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event) < 0 ||
		epoll_ctl(poll, EPOLL_CTL_ADD, io->wake_descriptor, &event) < 0 ||
		(io->started &&
			epoll_ctl(poll, EPOLL_CTL_ADD, io->backend->descriptor(io->world), &event) <
				0)) {
		if (poll >= 0)
			close(poll);
		if (timer >= 0)
			close(timer);
		return -1;
	}
	io->poll_descriptor = poll;
	io->timer_descriptor = timer;
	weft_io_wake(io); /* the first turn makes the ring, and submits what is waiting */
	return poll;
}

/* ---- beginning and end ---- */

void weft_io_log(struct weft_io *io, enum weft_log_level level, const char *format, ...)
{
	char line[256];
	va_list arguments;
	if (!io->options.log)
		return;
	va_start(arguments, format);
	int size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	size_t shown = (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1;
	io->options.log(io->options.log_user, level, (struct weft_text){ line, shown });
}

/* NULL: there is none of that name. */
static const struct weft_io_backend *backend_of(const struct weft_io_options *options)
{
	const char *name = options->backend ? options->backend : weft_io_uring_backend.name;
	if (strcmp(name, weft_io_uring_backend.name) == 0)
		return &weft_io_uring_backend;
	if (strcmp(name, weft_io_epoll_backend.name) == 0)
		return &weft_io_epoll_backend;
	return strcmp(name, "sim") == 0 && options->sim
		? ((const struct weft_sim_head *)options->sim)->backend
		: NULL;
}

enum weft_status weft_io_create(const struct weft_io_options *options, struct weft_io **result)
{
	const struct weft_io_backend *backend = backend_of(options);
	if (!backend)
		return WEFT_INVALID;
	struct weft_io *io = weft_alloc(sizeof(*io));
	if (!io)
		return WEFT_NO_MEMORY;
	*io = (struct weft_io){ .backend = backend,
		.options = *options,
		.fixed = options->backend != NULL,
		.wake_descriptor = -1,
		.poll_descriptor = -1,
		.timer_descriptor = -1,
		.alarm = -1 };
	struct weft_io_options *o = &io->options;
	o->entries = o->entries ? o->entries : 512;
	o->buffer_size = o->buffer_size ? o->buffer_size : WEFT_IO_BUFFER_SIZE;
	o->buffers_first = o->buffers_first ? o->buffers_first : WEFT_IO_BUFFERS_FIRST;
	o->buffers_max = o->buffers_max ? o->buffers_max : WEFT_IO_BUFFERS_MAX;
	o->held_max = o->held_max ? o->held_max : WEFT_IO_HELD_MAX;
	io->marked_last = &io->marked_first;
	io->starved_last = &io->starved;
	weft_list_init(&io->copies);
	atomic_init(&io->woken, false);
	if (strcmp(backend->name, "sim") == 0) {
		io->world = options->sim;
	} else {
		io->wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (io->wake_descriptor < 0) {
			weft_free(io);
			return WEFT_TOO_MANY_FILES;
		}
	}
	*result = io;
	return WEFT_OK;
}

void weft_io_destroy(struct weft_io *io)
{
	if (!io)
		return;
	if (io->started)
		io->backend->stop(io->world);
	for (uint32_t i = 0; i < io->chunk_count * WEFT_IO_CHUNK; i++) {
		struct weft_io_object *o = slot_of(io, i);
		if ((o->kind == WEFT_IO_SOCKET || o->kind == WEFT_IO_LISTENER) &&
			o->descriptor >= 0)
			io->backend->close(io->world, o->descriptor, o->kind == WEFT_IO_SOCKET);
	}
	for (uint32_t i = 0; i < io->chunk_count; i++)
		weft_free(io->chunks[i]);
	weft_free(io->chunks);
	weft_io_buffers_stop(io);
	int own[] = { io->wake_descriptor, io->poll_descriptor, io->timer_descriptor };
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (own[i] >= 0)
			close(own[i]);
	weft_free(io);
}

const char *weft_io_backend(const struct weft_io *io)
{
	return io->started || io->fixed ? io->backend->name : "none";
}

void weft_io_counts(const struct weft_io *io, struct weft_io_counts *counts)
{
	*counts = io->counts;
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io_uring.c: the kernel behind io.h by io_uring: one ring per thread, multishot accept and
 * receive, one buffer ring that the kernel takes receive buffers from. The only file that includes
 * liburing. What the kernel may lack (features, flags, permission) is found out in `start`, which
 * then says UNSUPPORTED and why.
 */
#include "base/alloc.h"
#include "io/backend.h"

#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GROUP = 0 };

struct world {
	struct io_uring ring;
	struct io_uring_buf_ring *buffers;
	unsigned buffer_room;
	unsigned given; /* added to the ring, not yet published */
	int signal; /* eventfd that the kernel signals for an embedding loop; -1 until asked for */
	struct sockaddr_in6 *
		addresses; /* of connects, by place in the queue: read when the kernel takes them */
};

/* Flag by flag: an old kernel refuses what it does not know, with EINVAL. */
static int make_ring(struct io_uring *ring, unsigned entries)
{
	static const unsigned flags[] = { IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN, IORING_SETUP_COOP_TASKRUN,
		0 };
	int result = -EINVAL;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags) && result == -EINVAL; i++) {
		struct io_uring_params p = { .flags = flags[i] | IORING_SETUP_CQSIZE,
			.cq_entries = entries * 8 };
		result = io_uring_queue_init_params(entries, ring, &p);
		if (result == 0 &&
			!(p.features & IORING_FEAT_EXT_ARG && p.features & IORING_FEAT_NODROP &&
				p.features & IORING_FEAT_SUBMIT_STABLE)) {
			io_uring_queue_exit(ring);
			result = -ENOSYS;
		}
	}
	return result;
}

/* Multishot receive (6.0) has no feature bit; the zero-copy send of the same release has an opcode.
 */
static bool has_operations(struct io_uring *ring)
{
	static const int needed[] = { IORING_OP_ACCEPT, IORING_OP_RECV, IORING_OP_SEND,
		IORING_OP_CONNECT, IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_SEND_ZC };
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
	bool all = probe != NULL;
	for (size_t i = 0; all && i < sizeof(needed) / sizeof(*needed); i++)
		all = io_uring_opcode_supported(probe, needed[i]);
	io_uring_free_probe(probe);
	return all;
}

static enum weft_status refuse(struct world *w, bool ring, const char **why, const char *reason)
{
	if (ring)
		io_uring_queue_exit(&w->ring);
	weft_free(w->addresses);
	weft_free(w);
	*why = reason;
	return WEFT_UNSUPPORTED;
}

static enum weft_status start(const struct weft_io_options *o, void **world, const char **why)
{
	struct world *w = weft_alloc(sizeof(*w));
	if (!w)
		return WEFT_NO_MEMORY;
	int result = make_ring(&w->ring, o->entries);
	if (result < 0)
		return refuse(w, false, why,
			result == -EPERM
				? "forbidden, by a seccomp profile or kernel.io_uring_disabled"
				: result == -ENOMEM ? "the limit of locked memory is too low"
				: result == -EMFILE ? "too many open files"
						    : "the kernel has none, or one too old");
	w->addresses = weft_alloc(w->ring.sq.ring_entries * sizeof(*w->addresses));
	if (!w->addresses || !has_operations(&w->ring))
		return refuse(w, true, why, "the kernel is older than 6.0");
	w->buffer_room = o->buffers_max;
	size_t size = o->buffers_max * sizeof(struct io_uring_buf);
	w->buffers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->buffers == MAP_FAILED)
		return refuse(w, true, why, "no memory for its buffers");
	struct io_uring_buf_reg reg = {
		.ring_addr = (uintptr_t)w->buffers, .ring_entries = o->buffers_max, .bgid = GROUP
	};
	if (io_uring_register_buf_ring(&w->ring, &reg, 0) < 0) {
		munmap(w->buffers, size);
		return refuse(w, true, why, "no buffer rings");
	}
	io_uring_buf_ring_init(w->buffers);
	w->signal = -1;
	*world = w;
	return WEFT_OK;
}

static void stop(void *world)
{
	struct world *w = world;
	io_uring_queue_exit(&w->ring);
	if (w->signal >= 0)
		close(w->signal);
	munmap(w->buffers, w->buffer_room * sizeof(struct io_uring_buf));
	weft_free(w->addresses);
	weft_free(w);
}

static unsigned poll_mask(unsigned interest)
{
	return (interest & WEFT_IO_READABLE ? POLLIN | POLLRDHUP : 0) |
		(interest & WEFT_IO_WRITABLE ? POLLOUT : 0);
}

static unsigned readiness(unsigned mask)
{
	return (mask & (POLLIN | POLLRDHUP) ? WEFT_IO_READABLE : 0) |
		(mask & POLLOUT ? WEFT_IO_WRITABLE : 0) |
		(mask & (POLLERR | POLLHUP | POLLNVAL) ? WEFT_IO_HANGUP : 0);
}

static void publish(struct world *w)
{
	if (w->given)
		io_uring_buf_ring_advance(w->buffers, (int)w->given);
	w->given = 0;
}

static enum weft_status submit(void *world, const struct weft_io_request *r)
{
	struct world *w = world;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&w->ring);
	if (!sqe) {
		publish(w);
		io_uring_submit(&w->ring);
		sqe = io_uring_get_sqe(&w->ring);
		if (!sqe)
			return WEFT_FULL;
	}
	switch (r->code) {
	case WEFT_IO_ACCEPT:
		io_uring_prep_multishot_accept(
			sqe, r->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		break;
	case WEFT_IO_RECEIVE:
		io_uring_prep_recv_multishot(sqe, r->descriptor, NULL, 0, 0);
		sqe->flags |= IOSQE_BUFFER_SELECT;
		sqe->buf_group = GROUP;
		break;
	case WEFT_IO_SEND:
		/* With MSG_WAITALL the kernel itself goes on after a partial send. */
		io_uring_prep_send(
			sqe, r->descriptor, r->data, r->size, MSG_NOSIGNAL | MSG_WAITALL);
		break;
	case WEFT_IO_CONNECT: {
		struct sockaddr_in6 *to = &w->addresses[sqe - w->ring.sq.sqes];
		size_t size = weft_posix_address(r->address, to);
		io_uring_prep_connect(sqe, r->descriptor, (struct sockaddr *)to, (socklen_t)size);
		break;
	}
	case WEFT_IO_POLL:
		io_uring_prep_poll_add(sqe, r->descriptor, poll_mask(r->interest));
		break;
	case WEFT_IO_PEER:
		weft_posix_keep_alive(r->descriptor);
		/* Once would not do: the kernel adds POLLRDHUP, and that holds already. */
		io_uring_prep_poll_multishot(sqe, r->descriptor, POLLERR);
		break;
	default:
		io_uring_prep_cancel64(sqe, r->target, 0);
		break;
	}
	io_uring_sqe_set_data64(sqe, r->tag);
	return WEFT_OK;
}

static void translate(const struct io_uring_cqe *cqe, struct weft_io_result *r)
{
	uint8_t code = (uint8_t)cqe->user_data;
	*r = (struct weft_io_result){ .tag = cqe->user_data,
		.status = cqe->res < 0 ? weft_posix_status(-cqe->res) : WEFT_OK,
		.more = cqe->flags & IORING_CQE_F_MORE,
		.has_buffer = cqe->flags & IORING_CQE_F_BUFFER,
		.buffer = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT),
		.descriptor = -1 };
	if (code == WEFT_IO_RECEIVE && cqe->res == -ENOBUFS)
		r->status = WEFT_FULL;
	if (cqe->res < 0)
		return;
	if (code == WEFT_IO_ACCEPT)
		r->descriptor = cqe->res;
	else if (code == WEFT_IO_PEER)
		r->size = (cqe->res & POLLERR) != 0;
	else
		r->size = code == WEFT_IO_POLL ? readiness((unsigned)cqe->res) : (uint32_t)cqe->res;
}

static size_t wait_for(void *world, int64_t wait_ns, struct weft_io_result *results, size_t max)
{
	struct world *w = world;
	struct io_uring_cqe *cqe;
	eventfd_t signals;
	struct __kernel_timespec limit = { .tv_sec = wait_ns / 1000000000,
		.tv_nsec = wait_ns % 1000000000 };
	publish(w);
	/* Before the kernel is asked: what it reports afterwards signals anew. */
	if (w->signal >= 0)
		eventfd_read(w->signal, &signals);
	/* With DEFER_TASKRUN completions come only out of an enter that asks for events, also when
	 * not waiting. */
	if (wait_ns == 0)
		io_uring_submit_and_get_events(&w->ring);
	else
		io_uring_submit_and_wait_timeout(
			&w->ring, &cqe, 1, wait_ns < 0 ? NULL : &limit, NULL);
	unsigned head;
	size_t count = 0;
	io_uring_for_each_cqe(&w->ring, head, cqe)
	{
		if (count == max)
			break;
		translate(cqe, &results[count++]);
	}
	io_uring_cq_advance(&w->ring, (unsigned)count);
	return count;
}

static bool flush(void *world)
{
	struct world *w = world;
	publish(w);
	io_uring_submit(&w->ring);
	return false; /* what completed at once makes the ring readable */
}

static void give(void *world, uint16_t id, void *data, uint32_t size)
{
	struct world *w = world;
	io_uring_buf_ring_add(w->buffers, data, size, id, io_uring_buf_ring_mask(w->buffer_room),
		(int)w->given++);
}

static void forget(void *world, int descriptor)
{
	(void)world, (void)descriptor; /* operations hold the file, not its number */
}

/* The ring's own descriptor does not do: with DEFER_TASKRUN an epoll set that holds it is not woken
 * (seen on 6.18), while poll(2) is. A registered eventfd wakes all. */
static int descriptor_of(void *world)
{
	struct world *w = world;
	if (w->signal < 0) {
		w->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (w->signal >= 0 && io_uring_register_eventfd(&w->ring, w->signal) < 0) {
			close(w->signal);
			w->signal = -1;
		}
	}
	return w->signal;
}

const struct weft_io_backend weft_io_uring_backend = { .name = "io_uring",
	.start = start,
	.stop = stop,
	.submit = submit,
	.wait = wait_for,
	.flush = flush,
	.give = give,
	.forget = forget,
	.descriptor = descriptor_of,
	WEFT_POSIX_CALLS };

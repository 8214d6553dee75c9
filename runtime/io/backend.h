/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * backend.h: what a back end gives to io.c: a kernel that takes requests and reports results, and
 * the calls on sockets that are done at once. The back ends know nothing of streams, leases or
 * callbacks; io.c knows nothing of system calls. So the simulation replaces the kernel and tests
 * everything above it. Internal to runtime/io.
 */
#ifndef WEFT_IO_BACKEND_H
#define WEFT_IO_BACKEND_H

#include "io/io.h"

enum weft_io_code {
	WEFT_IO_ACCEPT = 1,  /* multishot: a result for each connection, `more` until it ends */
	WEFT_IO_RECEIVE = 2, /* multishot, into buffers that were given: likewise */
	WEFT_IO_SEND = 4,    /* may report less than asked for */
	WEFT_IO_CONNECT = 8,
	WEFT_IO_POLL = 16, /* once; level-triggered */
	WEFT_IO_PEER = 32, /* multishot, on a socket whose end was received: size > 0 when the peer
			      reset it */
	WEFT_IO_CANCEL = 128, /* or'ed with the code that it aims at, in tags */
};

struct weft_io_request {
	uint8_t code; /* one of the above */
	int descriptor;
	uint64_t tag;     /* handed back with each result */
	uint64_t target;  /* CANCEL: the tag of what is to end: by a result of its own, CANCELLED if
			     nothing was faster */
	const void *data; /* SEND: lives until the result */
	size_t size;
	const struct weft_addr *address; /* CONNECT: read before submit returns */
	unsigned interest;               /* POLL: WEFT_IO_READABLE ... */
};

struct weft_io_result {
	uint64_t tag;
	enum weft_status status; /* RECEIVE: FULL, no buffer was free; MORE: ask again; CANCEL:
				    NOT_FOUND, too late */
	bool more;               /* the operation is still armed */
	bool has_buffer; /* RECEIVE: `buffer` is out of the kernel's hands, whatever the status */
	uint16_t buffer;
	uint32_t size;  /* RECEIVE, SEND: bytes (RECEIVE 0: the end); POLL: what is ready; PEER: not
			   0, a reset */
	int descriptor; /* ACCEPT */
};

/* `world` is what `start` made; before it, NULL for real kernels and the struct weft_sim for the
 * simulation. */
struct weft_io_backend {
	const char *name;
	/* In the thread of the turns. UNSUPPORTED: it does not work here, `*why` says what. */
	enum weft_status (*start)(const struct weft_io_options *, void **world, const char **why);
	void (*stop)(void *world);
	/* Takes a request: FULL when there is no room before the next wait. */
	enum weft_status (*submit)(void *world, const struct weft_io_request *);
	/* Submits what was taken, waits for a result at most wait_ns (< 0: for ever), gives at most
	 * `max` results. */
	size_t (*wait)(void *world, int64_t wait_ns, struct weft_io_result *results, size_t max);
	/* Submits what was taken, without waiting. True: there are results that `descriptor` does
	 * not show. */
	bool (*flush)(void *world);
	/* Buffer `id` may be received into. */
	void (*give)(void *world, uint16_t id, void *data, uint32_t size);
	/* Nothing that was armed on the descriptor may touch it any more: it is about to be closed.
	 */
	void (*forget)(void *world, int descriptor);
	int (*descriptor)(void *world); /* readable when there are results, for an embedding loop;
					   -1: there is none */

	/* At once, before `start` too. Descriptors are non-blocking and close-on-exec. */
	int64_t (*monotonic)(void *world);
	int64_t (*wall)(void *world);
	enum weft_status (*listen)(void *world, const struct weft_addr *,
		const struct weft_io_listen_options *, int *descriptor);
	enum weft_status (*open)(void *world, const struct weft_addr *to,
		const struct weft_io_dial_options *, int *descriptor);
	enum weft_status (*adopt)(void *world, int descriptor);
	enum weft_status (*accept)(
		void *world, int listener, int *descriptor); /* MORE: the queue is empty */
	void (*shut)(void *world, int descriptor);
	void (*close)(void *world, int descriptor, bool reset);
	enum weft_status (*local)(void *world, int descriptor, struct weft_addr *);
	enum weft_status (*remote)(void *world, int descriptor, struct weft_addr *);
	enum weft_status (*original)(void *world, int descriptor, struct weft_addr *);
};

extern const struct weft_io_backend weft_io_uring_backend, weft_io_epoll_backend,
	weft_io_sim_backend;

/* The start of every struct weft_sim: io.c finds the simulation by it, so only programs that use it
 * carry it. */
struct weft_sim_head {
	const struct weft_io_backend *backend;
};

/* posix.c: the calls on real sockets, shared by io_uring and epoll. */
enum weft_status weft_posix_status(
	int error); /* of errno; MORE: EAGAIN, EINTR, what died in an accept queue */
int64_t weft_posix_monotonic(void *world);
int64_t weft_posix_wall(void *world);
enum weft_status weft_posix_listen(void *world, const struct weft_addr *,
	const struct weft_io_listen_options *, int *descriptor);
enum weft_status weft_posix_open(void *world, const struct weft_addr *to,
	const struct weft_io_dial_options *, int *descriptor);
enum weft_status weft_posix_adopt(void *world, int descriptor);
enum weft_status weft_posix_accept(void *world, int listener, int *descriptor);
void weft_posix_shut(void *world, int descriptor);
void weft_posix_close(void *world, int descriptor, bool reset);
void weft_posix_keep_alive(int descriptor); /* a peer that is gone without a word counts as reset
					       after a minute or two */
enum weft_status weft_posix_local(void *world, int descriptor, struct weft_addr *);
enum weft_status weft_posix_remote(void *world, int descriptor, struct weft_addr *);
enum weft_status weft_posix_original(void *world, int descriptor, struct weft_addr *);
/* The kernel's form of an address; 28 bytes are enough. Returns its size. */
size_t weft_posix_address(const struct weft_addr *, void *sockaddr);

#define WEFT_POSIX_CALLS                                                                         \
	.monotonic = weft_posix_monotonic, .wall = weft_posix_wall, .listen = weft_posix_listen, \
	.open = weft_posix_open, .adopt = weft_posix_adopt, .accept = weft_posix_accept,         \
	.shut = weft_posix_shut, .close = weft_posix_close, .local = weft_posix_local,           \
	.remote = weft_posix_remote, .original = weft_posix_original

#endif

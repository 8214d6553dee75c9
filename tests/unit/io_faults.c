/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io_faults: the world is difficult: no io_uring, no memory at the k-th allocation, many sockets
 * through a small ring.
 */
#include "base/alloc.h"
#include "io_peer.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int log_lines;

static void count_line(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user;
	log_lines++;
	printf("  log %d: %.*s\n", (int)level, (int)line.size, line.data);
}

/* As Docker's default profile does. */
static bool forbid_io_uring(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int without_io_uring(void)
{
	struct weft_io_options any = { .log = count_line }, named = { .backend = "io_uring" },
			       wrong = { .backend = "kqueue" };
	struct weft_io *io;
	if (!forbid_io_uring())
		return 1;
	if (weft_io_create(&any, &io) != WEFT_OK || strcmp(weft_io_backend(io), "none") != 0)
		return 2;
	if (weft_io_turn(io, 0) != WEFT_OK || strcmp(weft_io_backend(io), "epoll") != 0 ||
		log_lines != 1)
		return 3;
	weft_io_destroy(io);
	if (weft_io_create(&named, &io) != WEFT_OK || weft_io_turn(io, 0) != WEFT_UNSUPPORTED)
		return 4;
	weft_io_destroy(io);
	return weft_io_create(&wrong, &io) == WEFT_INVALID ? 0 : 5;
}

static void falls_back_to_epoll(void)
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(without_io_uring());
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- an echo server, used by the two cases below ---- */

struct echo {
	struct weft_io *io;
	struct weft_io_listener *listener;
	int open, accepted, refused;
	bool listener_closed;
};

static void echo_received(
	void *user, struct weft_io_socket *socket, struct weft_lease lease, enum weft_status status)
{
	(void)user;
	if (lease.size == 0 || status < 0) {
		weft_io_close(socket);
		return;
	}
	static const char answer[] = "!";
	weft_io_return(socket, lease);
	weft_io_send(socket, answer,
		1); /* FULL when the one before is not done: the client sends one at a time */
}

static void echo_sent(
	void *user, struct weft_io_socket *socket, size_t size, enum weft_status status)
{
	(void)user, (void)socket, (void)size, (void)status;
}

static void echo_closed(void *user, struct weft_io_socket *socket)
{
	(void)socket;
	((struct echo *)user)->open--;
}

static const struct weft_io_socket_events echo_events = { NULL, echo_received, echo_sent, NULL,
	echo_closed };

static void echo_accepted(void *user, struct weft_io_listener *listener,
	struct weft_io_socket *socket, enum weft_status status)
{
	struct echo *echo = user;
	if (status != WEFT_OK) {
		echo->refused++;
		weft_io_accept(listener);
		return;
	}
	echo->open++;
	echo->accepted++;
	weft_io_listen_to(socket, &echo_events, echo);
	weft_io_receive(socket);
}

static void echo_listener_closed(void *user, struct weft_io_listener *listener)
{
	(void)listener;
	((struct echo *)user)->listener_closed = true;
}

static const struct weft_io_listener_events echo_listener = { echo_accepted, echo_listener_closed };

static enum weft_status echo_begin(
	struct echo *echo, const struct weft_io_options *options, struct weft_addr *at)
{
	*at = loopback(0);
	enum weft_status status = weft_io_create(options, &echo->io);
	if (status != WEFT_OK)
		return status;
	status = weft_io_listen(echo->io, at, NULL, &echo_listener, echo, &echo->listener);
	if (status != WEFT_OK) {
		weft_io_destroy(echo->io);
		return status;
	}
	weft_io_accept(echo->listener);
	weft_io_listener_local(echo->listener, at);
	return WEFT_OK;
}

/* More sockets than the queues have places, all at once, again and again. */
static void many_through_a_small_ring(const char *backend)
{
	enum { MANY = 300, ROUNDS = 20 };
	struct weft_io_options options = { .backend = backend,
		.entries = 4,
		.buffers_first = 8,
		.buffers_max = 16,
		.buffer_size = 64 };
	struct network net = { NULL };
	struct echo echo = { 0 };
	struct weft_addr at;
	int peers[MANY];
	CHECK(echo_begin(&echo, &options, &at) == WEFT_OK);
	for (int i = 0; i < MANY; i++) {
		peers[i] = peer_connect(&net, &at);
		CHECK(peers[i] >= 0);
		weft_io_turn(echo.io, 0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		int answered = 0;
		for (int i = 0; i < MANY; i++)
			CHECK(peer_send(&net, peers[i], "?", 1) == 1);
		for (int turn = 0; turn < 2000 && answered < MANY; turn++) {
			char byte;
			weft_io_turn(echo.io, 1000000);
			for (int i = answered;
				i < MANY && peer_receive(&net, peers[i], &byte, 1) == 1; i++)
				answered++;
		}
		CHECK(answered == MANY);
	}
	for (int i = 0; i < MANY; i++)
		peer_close(&net, peers[i], false);
	weft_io_listener_close(echo.listener);
	for (int turn = 0; turn < 2000 && (echo.open || !echo.listener_closed); turn++)
		weft_io_turn(echo.io, 1000000);
	CHECK(echo.open == 0 && echo.accepted == MANY && echo.listener_closed);
	struct weft_io_counts counts;
	weft_io_counts(echo.io, &counts);
	CHECK(counts.sockets == 0 && counts.leased == 0);
	weft_io_destroy(echo.io);
}

static void many_io_uring(void)
{
	many_through_a_small_ring("io_uring");
}

static void many_epoll(void)
{
	many_through_a_small_ring("epoll");
}

/* ---- the k-th allocation fails, for each k that there is ---- */

static unsigned count_descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* True when no allocation failed, so that it is over. Whatever fails is said by a status, and
 * nothing leaks. */
static bool one_connection_with_fault(const char *backend, uint64_t k)
{
	struct weft_io_options options = {
		.backend = backend, .buffers_first = 2, .buffers_max = 2
	};
	struct network net = { NULL };
	struct echo echo = { 0 };
	struct weft_addr at;
	bool failed = false;
	weft_alloc_fail_at(k, 0);
	if (echo_begin(&echo, &options, &at) == WEFT_OK) {
		int peer = -1;
		char byte = 0;
		if (weft_io_turn(echo.io, 0) == WEFT_OK) {
			peer = peer_connect(&net, &at);
			peer_send(&net, peer, "?", 1);
			for (int i = 0; i < 50 && byte != '!' && !echo.refused; i++) {
				weft_io_turn(echo.io, 2000000);
				peer_receive(&net, peer, &byte, 1);
			}
		}
		if (peer >= 0)
			peer_close(&net, peer, false);
		failed = byte != '!';
		weft_io_destroy(echo.io);
	} else {
		failed = true;
	}
	bool injected = weft_alloc_failed() > 0;
	weft_alloc_fail_at(0, 0);
	return !injected && !failed;
}

static void no_memory(const char *backend)
{
	unsigned descriptors = count_descriptors();
	size_t live = weft_alloc_live_bytes();
	uint64_t k = 1;
	for (; k < 100 && !one_connection_with_fault(backend, k); k++) {
		CHECK(count_descriptors() == descriptors);
		CHECK(weft_alloc_live_bytes() == live);
	}
	CHECK(k > 5 && k < 100);
	printf("  %d allocations\n", (int)k - 1);
	CHECK(count_descriptors() == descriptors);
}

static void no_memory_io_uring(void)
{
	no_memory("io_uring");
}

static void no_memory_epoll(void)
{
	no_memory("epoll");
}

int main(void)
{
	CASE(falls_back_to_epoll);
	CASE(many_io_uring);
	CASE(many_epoll);
	CASE(no_memory_io_uring);
	CASE(no_memory_epoll);
	return cases_end();
}

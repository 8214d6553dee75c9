/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io_peer.h: the rest of the network for tests of runtime/io: the same few calls on real sockets
 * and in the simulation, so that one test runs on all three back ends. An end is an int; all calls
 * return at once.
 */
#ifndef TESTS_IO_PEER_H
#define TESTS_IO_PEER_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "io/sim.h"
#include "loop/loop.h"

enum { PEER_AGAIN = -1, PEER_RESET = -2 };

struct network {
	struct weft_sim *sim; /* NULL: the real one */
};

static inline struct weft_addr loopback(uint16_t port)
{
	struct weft_addr a = { .port = port };
	a.ip.byte[10] = a.ip.byte[11] = 0xff;
	a.ip.byte[12] = 127;
	a.ip.byte[15] = 1;
	return a;
}

static inline struct sockaddr_in peer_address(const struct weft_addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	memcpy(&in.sin_addr, a->ip.byte + 12, 4);
	return in;
}

static inline int peer_connect(struct network *net, const struct weft_addr *a)
{
	if (net->sim)
		return weft_sim_connect(net->sim, a);
	struct sockaddr_in in = peer_address(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) < 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Port 0 is filled in. */
static inline int peer_listen(struct network *net, struct weft_addr *a)
{
	if (net->sim) {
		static uint16_t next = 20000;
		if (a->port == 0)
			a->port = next++;
		return weft_sim_listen(net->sim, a);
	}
	struct sockaddr_in in = peer_address(a);
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0 || listen(fd, 64) < 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, (struct sockaddr *)&in, &size);
	a->port = ntohs(in.sin_port);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline int peer_accept(struct network *net, int listener)
{
	if (net->sim)
		return weft_sim_accept(net->sim, listener);
	int fd = accept(listener, NULL, NULL);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline long peer_send(struct network *net, int end, const void *data, size_t size)
{
	if (net->sim)
		return weft_sim_send(net->sim, end, data, size);
	ssize_t n = send(end, data, size, MSG_NOSIGNAL);
	return n >= 0 ? n : errno == EAGAIN ? PEER_AGAIN : PEER_RESET;
}

static inline long peer_receive(struct network *net, int end, void *data, size_t size)
{
	if (net->sim)
		return weft_sim_receive(net->sim, end, data, size);
	ssize_t n = recv(end, data, size, 0);
	return n >= 0 ? n : errno == EAGAIN ? PEER_AGAIN : PEER_RESET;
}

static inline void peer_shut(struct network *net, int end)
{
	if (net->sim)
		weft_sim_shut(net->sim, end);
	else
		shutdown(end, SHUT_WR);
}

static inline void peer_close(struct network *net, int end, bool reset)
{
	struct linger now = { .l_onoff = 1 };
	if (net->sim) {
		weft_sim_close(net->sim, end, reset);
		return;
	}
	if (reset)
		setsockopt(end, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(end);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * load.c: a load for proxies and the backend behind them, both on loopback, bounded in time.
 *
 *   load serve PORT                                  echoes, until it is ended
 *   load pingpong PORT CONNECTIONS BYTES SECONDS     kept connections, one request at a time on
 * each load connect  PORT CONNECTIONS BYTES SECONDS     a new connection for each request load bulk
 * PORT CONNECTIONS BYTES SECONDS     as many bytes as go, echoed load idle     PORT CONNECTIONS -
 * SECONDS         opens them and waits
 *
 * A client prints `requests N bytes N p50 NS p99 NS failed N`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024, SAMPLES = 1 << 20 };

struct connection {
	int fd;
	size_t to_send, to_receive;
	int64_t began;
};

static char bytes[CHUNK];
static uint32_t *samples;
static uint64_t sample_count, requests, transferred, failed;

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fatal(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static void prepare(int fd)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void watch(int epoll, int fd, void *what, uint32_t events, int op)
{
	struct epoll_event e = { .events = events, .data = { .ptr = what } };
	if (epoll_ctl(epoll, op, fd, &e))
		fatal("epoll_ctl");
}

/* ---- backend: what comes is sent back; a slow reader holds only itself ---- */

struct echo {
	int fd;
	size_t size, sent;
	char data[65536];
};

static bool echo_turn(struct echo *c)
{
	for (int i = 0; i < 8; i++) {
		if (c->sent == c->size) {
			ssize_t n = recv(c->fd, c->data, sizeof(c->data), MSG_DONTWAIT);
			if (n <= 0)
				return n < 0 && errno == EAGAIN;
			c->size = (size_t)n;
			c->sent = 0;
		}
		ssize_t n = send(
			c->fd, c->data + c->sent, c->size - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	return true;
}

static _Noreturn void serve(int port)
{
	struct sockaddr_in a = loopback(port);
	int one = 1, l = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
	struct epoll_event events[256];

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&a, sizeof(a)) || listen(l, 4096))
		fatal("serve");
	watch(epoll, l, NULL, EPOLLIN, EPOLL_CTL_ADD);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < n; i++) {
			struct echo *c = events[i].data.ptr;
			if (!c) {
				c = calloc(1, sizeof(*c));
				c->fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
				if (c->fd < 0) {
					free(c);
					continue;
				}
				prepare(c->fd);
				watch(epoll, c->fd, c, EPOLLIN, EPOLL_CTL_ADD);
			} else if (!echo_turn(c)) {
				close(c->fd);
				free(c);
			} else {
				watch(epoll, c->fd, c, c->sent < c->size ? EPOLLOUT : EPOLLIN,
					EPOLL_CTL_MOD);
			}
		}
	}
}

/* ---- clients ---- */

static void connect_to(int epoll, struct connection *c, int port)
{
	struct sockaddr_in a = loopback(port);

	for (int tries = 0;; tries++) {
		c->fd = socket(AF_INET, SOCK_STREAM, 0);
		if (c->fd < 0)
			fatal("socket");
		if (connect(c->fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			break;
		failed++;
		if (tries > 20)
			fatal("connect");
		close(c->fd);
		usleep(1000);
	}
	prepare(c->fd);
	watch(epoll, c->fd, c, EPOLLIN, EPOLL_CTL_ADD);
}

static void send_rest(struct connection *c)
{
	while (c->to_send) {
		ssize_t n = send(c->fd, bytes, c->to_send < CHUNK ? c->to_send : CHUNK,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			break;
		c->to_send -= (size_t)n;
	}
}

static void begin(struct connection *c, size_t size)
{
	c->began = now();
	c->to_send = c->to_receive = size;
	send_rest(c);
}

/* Sends and receives what it can; true when the whole request has come back. */
static bool turn(struct connection *c)
{
	send_rest(c);
	for (;;) {
		ssize_t n = recv(c->fd, bytes, CHUNK, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n <= 0) {
			failed++;
			fprintf(stderr, "load: the connection broke\n");
			exit(1);
		}
		transferred += (uint64_t)n;
		c->to_receive -= (size_t)n;
		if (!c->to_receive)
			return true;
	}
}

static void done(struct connection *c)
{
	int64_t took = now() - c->began;
	requests++;
	samples[sample_count++ & (SAMPLES - 1)] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int client(const char *mode, int port, int count, size_t size, double seconds)
{
	struct connection *c = calloc((size_t)count, sizeof(*c));
	struct epoll_event events[256];
	int epoll = epoll_create1(0);
	bool again = strcmp(mode, "connect") == 0;
	int64_t end = now() + (int64_t)(seconds * 1e9);

	for (int i = 0; i < count; i++) {
		connect_to(epoll, &c[i], port);
		if (size) {
			begin(&c[i], size);
			watch(epoll, c[i].fd, &c[i], c[i].to_send ? EPOLLIN | EPOLLOUT : EPOLLIN,
				EPOLL_CTL_MOD);
		}
	}
	while (now() < end) {
		int n = epoll_wait(epoll, events, 256, 100);
		for (int i = 0; i < n; i++) {
			struct connection *x = events[i].data.ptr;
			if (turn(x)) {
				done(x);
				if (again) {
					struct linger reset = { 1, 0 };
					setsockopt(x->fd, SOL_SOCKET, SO_LINGER, &reset,
						sizeof(reset));
					close(x->fd);
					connect_to(epoll, x, port);
				}
				begin(x, size);
			}
			watch(epoll, x->fd, x, x->to_send ? EPOLLIN | EPOLLOUT : EPOLLIN,
				EPOLL_CTL_MOD);
		}
	}
	size_t n = sample_count < SAMPLES ? (size_t)sample_count : SAMPLES;
	qsort(samples, n, sizeof(*samples), by_value);
	printf("requests %llu bytes %llu p50 %u p99 %u failed %llu\n", (unsigned long long)requests,
		(unsigned long long)transferred, n ? samples[n / 2] : 0,
		n ? samples[n * 99 / 100] : 0, (unsigned long long)failed);
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	samples = calloc(SAMPLES, sizeof(*samples));
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(atoi(argv[2]));
	if (argc != 6 || !samples) {
		fprintf(stderr,
			"usage: load serve PORT | load pingpong|connect|bulk|idle PORT CONNECTIONS "
			"BYTES SECONDS\n");
		return 2;
	}
	size_t size = strcmp(argv[1], "idle") == 0 ? 0
		: strcmp(argv[1], "bulk") == 0     ? 16 << 20
						   : (size_t)atoi(argv[4]);
	return client(argv[1], atoi(argv[2]), atoi(argv[3]), size, atof(argv[5]));
}

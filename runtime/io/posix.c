/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * posix.c: the calls on real sockets that are done at once: opening, binding, addresses, shutdown,
 * close. Shared by io_uring.c and io_epoll.c. Here errno becomes enum weft_status, and nowhere
 * above is it seen.
 */
#include "io/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum weft_status weft_posix_status(int error)
{
	switch (error) {
	case 0:
		return WEFT_OK;
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
		return WEFT_MORE;
	case ENOMEM:
	case ENOBUFS:
		return WEFT_NO_MEMORY;
	case EADDRINUSE:
		return WEFT_IN_USE;
	case EACCES:
	case EPERM:
		return WEFT_NO_PERMISSION;
	case EMFILE:
	case ENFILE:
		return WEFT_TOO_MANY_FILES;
	case ECONNREFUSED:
		return WEFT_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return WEFT_RESET;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case ENONET:
		return WEFT_UNREACHABLE;
	case ETIMEDOUT:
		return WEFT_TIMED_OUT;
	case ECANCELED:
		return WEFT_CANCELLED;
	case EADDRNOTAVAIL:
		return WEFT_ADDRESS_UNAVAILABLE;
	case ENOENT:
		return WEFT_NOT_FOUND;
	case EINVAL:
	case EBADF:
	case ENOTSOCK:
		return WEFT_INVALID;
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
	case ENOSYS:
	case ENOPROTOOPT:
		return WEFT_UNSUPPORTED;
	default:
		return WEFT_IO;
	}
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t weft_posix_monotonic(void *world)
{
	(void)world;
	return read_clock(CLOCK_MONOTONIC);
}

int64_t weft_posix_wall(void *world)
{
	(void)world;
	return read_clock(CLOCK_REALTIME);
}

/* ---- addresses ---- */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(const struct weft_addr *a)
{
	return memcmp(a->ip.byte, mapped, sizeof(mapped)) == 0;
}

size_t weft_posix_address(const struct weft_addr *a, void *sockaddr)
{
	if (is_v4(a)) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };
		memcpy(&in.sin_addr, a->ip.byte + 12, 4);
		memcpy(sockaddr, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
	memcpy(&in6.sin6_addr, a->ip.byte, 16);
	memcpy(sockaddr, &in6, sizeof(in6));
	return sizeof(in6);
}

static enum weft_status from_kernel(const struct sockaddr_storage *from, struct weft_addr *a)
{
	memset(a, 0, sizeof(*a));
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;
		memcpy(a->ip.byte, mapped, sizeof(mapped));
		memcpy(a->ip.byte + 12, &in->sin_addr, 4);
		a->port = ntohs(in->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
		memcpy(a->ip.byte, &in6->sin6_addr, 16);
		a->port = ntohs(in6->sin6_port);
	} else {
		return WEFT_UNSUPPORTED;
	}
	return WEFT_OK;
}

enum weft_status weft_posix_local(void *world, int descriptor, struct weft_addr *a)
{
	struct sockaddr_storage s;
	socklen_t size = sizeof(s);
	(void)world;
	if (getsockname(descriptor, (struct sockaddr *)&s, &size) < 0)
		return weft_posix_status(errno);
	return from_kernel(&s, a);
}

enum weft_status weft_posix_remote(void *world, int descriptor, struct weft_addr *a)
{
	struct sockaddr_storage s;
	socklen_t size = sizeof(s);
	(void)world;
	if (getpeername(descriptor, (struct sockaddr *)&s, &size) < 0)
		return errno == ENOTCONN ? WEFT_RESET : weft_posix_status(errno);
	return from_kernel(&s, a);
}

enum weft_status weft_posix_original(void *world, int descriptor, struct weft_addr *a)
{
	enum {
		SO_ORIGINAL_DST = 80
	}; /* for both families; linux/netfilter_ipv4.h does not get along with netinet/in.h */
	struct sockaddr_storage s = { 0 };
	socklen_t size = sizeof(s);
	(void)world;
	if (getsockopt(descriptor, IPPROTO_IP, SO_ORIGINAL_DST, &s, &size) == 0)
		return from_kernel(&s, a);
	size = sizeof(s);
	if (getsockopt(descriptor, IPPROTO_IPV6, SO_ORIGINAL_DST, &s, &size) == 0)
		return from_kernel(&s, a);
	/* Without the conntrack module the option is unknown; without an entry it says ENOENT. */
	return errno == ENOPROTOOPT || errno == EOPNOTSUPP || errno == ENOENT
		? WEFT_NOT_FOUND
		: weft_posix_status(errno);
}

/* ---- opening ---- */

static int set(int descriptor, int level, int option, int value)
{
	return setsockopt(descriptor, level, option, &value, sizeof(value));
}

static int new_socket(const struct weft_addr *a)
{
	return socket(is_v4(a) ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static enum weft_status fail(int descriptor)
{
	enum weft_status status = weft_posix_status(errno);
	close(descriptor);
	return status == WEFT_MORE || status == WEFT_OK ? WEFT_IO : status;
}

static int set_transparent(int descriptor, const struct weft_addr *a)
{
	return is_v4(a) ? set(descriptor, IPPROTO_IP, IP_TRANSPARENT, 1)
			: set(descriptor, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
}

static int bind_to(int descriptor, const struct weft_addr *a)
{
	struct sockaddr_storage s;
	size_t size = weft_posix_address(a, &s);
	return bind(descriptor, (struct sockaddr *)&s, (socklen_t)size);
}

/* `::` serves both families; where the machine knows no IPv6 it is every v4 address. */
static int listening_socket(const struct weft_addr *wanted, struct weft_addr *a)
{
	static const struct weft_ip any;
	bool both = memcmp(&wanted->ip, &any, sizeof(any)) == 0;
	*a = *wanted;
	int fd = new_socket(a);
	if (fd < 0 && both && errno == EAFNOSUPPORT) {
		memcpy(a->ip.byte, mapped, sizeof(mapped));
		return new_socket(a);
	}
	if (fd >= 0 && !is_v4(a) && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !both) < 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static enum weft_status try_listen(const struct weft_addr *wanted,
	const struct weft_io_listen_options *o, bool group, int *result)
{
	struct weft_addr at;
	const struct weft_addr *a = &at;
	int fd = listening_socket(wanted, &at);
	if (fd < 0)
		return weft_posix_status(errno);
	/* Accepted sockets inherit TCP_NODELAY: one call here saves one for each of them. */
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 || set(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0 ||
		(group && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0) ||
		(o->transparent && set_transparent(fd, a) < 0) || bind_to(fd, a) < 0 ||
		listen(fd, o->backlog ? o->backlog : WEFT_IO_BACKLOG) < 0)
		return fail(fd);
	*result = fd;
	return WEFT_OK;
}

enum weft_status weft_posix_listen(
	void *world, const struct weft_addr *a, const struct weft_io_listen_options *o, int *result)
{
	(void)world;
	if (o->reuse_port && o->probe && a->port != 0) {
		/* A second SO_REUSEPORT socket of the same user binds without an error and takes
		 * half of the connections. Bound only, not listening: nobody's connection can end
		 * in it. */
		struct weft_addr at;
		int fd = listening_socket(a, &at);
		if (fd < 0)
			return weft_posix_status(errno);
		if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
			(o->transparent && set_transparent(fd, &at) < 0) || bind_to(fd, &at) < 0)
			return fail(fd);
		close(fd);
	}
	return try_listen(a, o, o->reuse_port, result);
}

enum weft_status weft_posix_open(
	void *world, const struct weft_addr *to, const struct weft_io_dial_options *o, int *result)
{
	int fd = new_socket(to);
	(void)world;
	if (fd < 0)
		return weft_posix_status(errno);
	if (set(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0 ||
		(o->mark && set(fd, SOL_SOCKET, SO_MARK, (int)o->mark) < 0) ||
		(o->transparent && set_transparent(fd, to) < 0) ||
		(o->source &&
			set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, o->source->port == 0) < 0) ||
		(o->source && bind_to(fd, o->source) < 0))
		return fail(fd);
	*result = fd;
	return WEFT_OK;
}

enum weft_status weft_posix_adopt(void *world, int descriptor)
{
	(void)world;
	int flags = fcntl(descriptor, F_GETFL), type;
	socklen_t size = sizeof(type);
	if (flags < 0 || getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
		type != SOCK_STREAM || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
		return WEFT_INVALID;
	return WEFT_OK;
}

enum weft_status weft_posix_accept(void *world, int listener, int *result)
{
	(void)world;
	int fd;
	do /* what died in the queue is passed over: others wait behind it */
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && errno != EAGAIN && weft_posix_status(errno) == WEFT_MORE);
	if (fd < 0)
		return weft_posix_status(errno);
	*result = fd;
	return WEFT_OK;
}

void weft_posix_shut(void *world, int descriptor)
{
	(void)world;
	shutdown(descriptor, SHUT_WR); /* fails only when the peer was faster with a reset, which
					  receive or send reports */
}

void weft_posix_keep_alive(int descriptor)
{
	int on = 1, idle = 60, interval = 15, count = 4;
	if (setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0)
		return;
	setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle,
		sizeof(idle)); /* none of TCP: refused, and no harm */
	setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

void weft_posix_close(void *world, int descriptor, bool reset)
{
	(void)world;
	struct linger now = { .l_onoff = 1 };
	if (reset)
		setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(descriptor);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * backend.c: a small backend for the demonstration: accepts connections on 127.0.0.1:PORT and
 * answers each line with "NAME: line". One process, poll, until it is told to stop.
 *
 *   backend NAME PORT
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256 };

static int listen_on(unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
		bind(s, (struct sockaddr *)&address, sizeof(address)) || listen(s, 64)) {
		perror("backend");
		exit(1);
	}
	return s;
}

/* 0 when the peer is done. */
static int answer(int s, const char *name)
{
	char line[4096], reply[4200];
	ssize_t n = recv(s, line, sizeof(line), 0);

	if (n <= 0)
		return 0;
	int size = snprintf(reply, sizeof(reply), "%s: %.*s", name, (int)n, line);
	return send(s, reply, (size_t)size, MSG_NOSIGNAL) == size;
}

int main(int argc, char **argv)
{
	struct pollfd p[CONNECTIONS_MAX];
	nfds_t count = 1;

	if (argc != 3) {
		fprintf(stderr, "usage: backend NAME PORT\n");
		return 2;
	}
	p[0] = (struct pollfd){ .fd = listen_on((unsigned short)atoi(argv[2])), .events = POLLIN };
	while (poll(p, count, -1) > 0) {
		for (nfds_t i = count; i-- > 1;) {
			if (p[i].revents && !answer(p[i].fd, argv[1])) {
				close(p[i].fd);
				p[i] = p[--count];
			}
		}
		if (p[0].revents && count < CONNECTIONS_MAX)
			p[count++] = (struct pollfd){ .fd = accept(p[0].fd, NULL, NULL),
				.events = POLLIN };
	}
	return 0;
}

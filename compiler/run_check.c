/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * run_check.c: `weft run --check`: the program runs as a child and writes its state after each
 * transaction; here each state is held against the oracle. A difference does not stop the program;
 * it is said at once, and the exit code is 1.
 */
#include "build.h"
#include "oracle.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child; /* for the signal handler alone */

static void pass_on(int signal)
{
	if (child > 0)
		kill(child, signal);
}

struct states {
	struct program *program;
	char *data; /* of the state that is being read */
	size_t size, room;
	size_t transactions, differences;
	bool told; /* what is not judged has been said */
};

static void judge(struct states *s, size_t state_size)
{
	struct arena *a = arena_new();
	struct buffer report = { .arena = a };
	size_t n = oracle_check(s->program, (struct text){ s->data, state_size }, &report);

	s->transactions++;
	s->differences += n;
	if (n || (report.size && !s->told))
		fprintf(stderr, "check: transaction %zu%s\n%.*s", s->transactions,
			n ? ": the program and the oracle differ" : "", TEXT_ARG(report));
	s->told = true;
	arena_free(a);
}

/* Judges each whole state in the buffer: the lines up to {"commit":N}. */
static void take_states(struct states *s)
{
	static const char end[] = "{\"commit\":";
	size_t line = 0;

	for (size_t i = 0; i < s->size; i++) {
		if (s->data[i] != '\n')
			continue;
		if (i - line >= sizeof(end) - 1 &&
			memcmp(s->data + line, end, sizeof(end) - 1) == 0) {
			judge(s, line);
			memmove(s->data, s->data + i + 1, s->size - i - 1);
			s->size -= i + 1;
			i = (size_t)-1;
			line = 0;
		} else {
			line = i + 1;
		}
	}
}

static bool read_more(struct states *s, int from)
{
	if (s->room - s->size < 65536) {
		size_t room = s->room ? s->room * 2 : 1 << 20;
		char *data = realloc(s->data, room);
		if (!data)
			return false;
		s->data = data;
		s->room = room;
	}
	ssize_t n = read(from, s->data + s->size, s->room - s->size);
	if (n > 0)
		s->size += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR);
}

int run_check(struct program *program, int (*start)(void *user, int descriptor), void *user)
{
	struct states s = { .program = program };
	struct sigaction action = { .sa_handler = pass_on };
	int ends[2], status = 0;

	if (pipe(ends)) {
		fprintf(stderr, "weft run: no pipe for --check: %s\n", strerror(errno));
		return 1;
	}
	child = fork();
	if (child == 0) {
		close(ends[0]);
		_exit(start(user, ends[1]));
	}
	close(ends[1]);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGINT, SIG_IGN); /* a terminal sends it to the program as well */
	while (child > 0 && read_more(&s, ends[0]))
		take_states(&s);
	close(ends[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	free(s.data);
	fprintf(stderr, "check: %zu transactions held against the oracle, %zu differences\n",
		s.transactions, s.differences);
	int code = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return code == 0 && s.differences ? 1 : code;
}

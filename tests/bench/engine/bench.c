/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * bench.c: the cost of a change in the compiled engine, beside a hand-written floor and SQLite with
 * triggers. Each measurement runs in a process of its own, bounded in time. A line of the table to
 * standard output, JSON lines to the file of the first argument.
 *
 *   bench FILE.jsonl [WORKLOAD]
 */
#include "bench.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_EACH = 30, CHANGES = 20000, ROUNDS = 5 };

static FILE *lines;
/* The digest of the shape that is measured, over all processes. */
static struct expected {
	bool known;
	uint64_t digest;
} * expected;

void fatal(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

int64_t cpu_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

size_t heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * 0x7fb5d329728ea185u;
	x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44du;
	return x ^ (x >> 33);
}

/* ---- rows ---- */

void pod_make(const struct shape *s, size_t k, int64_t ip, struct pod *p)
{
	snprintf(p->namespace, NAME_ROOM, "namespace-%zu", k / s->per_namespace);
	snprintf(p->name, NAME_ROOM, "pod-%zu", k);
	snprintf(p->node, NAME_ROOM, "node-%zu", k % s->nodes);
	snprintf(p->app, NAME_ROOM, "app-%zu", k % s->apps);
	p->ip = ip;
}

size_t service_count(const struct shape *s)
{
	return s->pods / s->per_namespace * s->services;
}

void service_make(const struct shape *s, size_t k, struct service *v)
{
	snprintf(v->namespace, NAME_ROOM, "namespace-%zu", k / s->services);
	snprintf(v->name, NAME_ROOM, "service-%zu", k % s->services);
	snprintf(v->app, NAME_ROOM, "%s-%zu", s->no_match ? "other" : "app",
		k % s->services % s->apps);
	v->port = (int64_t)(8000 + k % 1000);
}

void node_make(size_t k, char node[NAME_ROOM], char zone[NAME_ROOM])
{
	snprintf(node, NAME_ROOM, "node-%zu", k);
	snprintf(zone, NAME_ROOM, "zone-%zu", k % 3);
}

/* ---- figures ---- */

void report(const char *workload, const char *system, size_t n, const char *metric, double value,
	const char *unit)
{
	static bool begun;
	if (!begun)
		printf("%-10s %-7s %8zu", workload, system, n);
	begun = true;
	printf("  %s %.*f", metric, value < 100 && value != (double)(int64_t)value ? 1 : 0, value);
	fprintf(lines,
		"{\"workload\":\"%s\",\"system\":\"%s\",\"n\":%zu,\"metric\":\"%s\",\"value\":%.2f,"
		"\"unit\":\"%s\"}\n",
		workload, system, n, metric, value, unit);
}

void line_end(void)
{
	putchar('\n');
	fflush(stdout);
	fflush(lines);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The clock is a system call: what two calls of it cost is taken off each sample. */
static int64_t clock_cost(void)
{
	int64_t cost[1001];
	for (size_t i = 0; i < 1001; i++) {
		int64_t begin = cpu_now();
		cost[i] = cpu_now() - begin;
	}
	qsort(cost, 1001, sizeof(cost[0]), by_value);
	return cost[500];
}

void samples_report(
	const char *workload, const char *system, size_t n, int64_t *samples, size_t count)
{
	int64_t off = clock_cost();
	qsort(samples, count, sizeof(samples[0]), by_value);
	const char *names[] = { "p50", "p99", "max" };
	size_t at[] = { count / 2, count * 99 / 100, count - 1 };
	for (size_t i = 0; i < 3; i++)
		report(workload, system, n, names[i],
			samples[at[i]] > off ? (double)(samples[at[i]] - off) : 0, "ns");
}

uint64_t digest_row(int64_t ip, int64_t port)
{
	return mix((uint64_t)ip * 65536 + (uint64_t)port);
}

/* A figure of a wrong answer is none. */
static void compare(const struct shape *s, const struct system *y)
{
	uint64_t digest = y->digest(y->state);
	if (expected->known && expected->digest != digest) {
		fprintf(stderr, "bench: %s, %s at %zu: other answers than the system before\n",
			s->workload, y->name, s->n);
		exit(1);
	}
	*expected = (struct expected){ true, digest };
}

void measure(const struct shape *s, const struct system *y, size_t count)
{
	size_t all = (ROUNDS + 2) * count;
	struct pod *changes = calloc(all, sizeof(*changes)), *next = changes;
	int64_t *samples = calloc(count, sizeof(*samples)), rounds[ROUNDS];
	if (!changes || !samples)
		fatal("no memory");
	for (size_t i = 0; i < all; i++)
		pod_make(s, mix(i + 1) % s->pods, (int64_t)(s->pods + i), &changes[i]);
	for (size_t i = 0; i < count; i++)
		y->change(y->state, next++);
	uint64_t allocations = y->allocations ? y->allocations() : 0;
	for (size_t r = 0; r < ROUNDS; r++) {
		int64_t begin = cpu_now();
		for (size_t i = 0; i < count; i++)
			y->change(y->state, next++);
		rounds[r] = cpu_now() - begin;
	}
	if (y->allocations)
		allocations = y->allocations() - allocations;
	for (size_t i = 0; i < count; i++) {
		int64_t from = cpu_now();
		y->change(y->state, next++);
		samples[i] = cpu_now() - from;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
	report(s->workload, y->name, s->n, "mean", (double)rounds[ROUNDS / 2] / (double)count,
		"ns");
	report(s->workload, y->name, s->n, "best", (double)rounds[0] / (double)count, "ns");
	samples_report(s->workload, y->name, s->n, samples, count);
	report(s->workload, y->name, s->n, "bytes", (double)y->bytes / (double)s->pods,
		"bytes per pod, all tables and indexes");
	if (y->allocations)
		report(s->workload, y->name, s->n, "allocs",
			(double)allocations / (double)(ROUNDS * count), "per change");
	line_end();
	compare(s, y);
}

/* ---- the list ---- */

static const struct shape shapes[] = {
	{ "join", 1000, 1000, 100, 5, 5, 10, true, false },
	{ "join", 100000, 100000, 100, 5, 5, 1000, true, false },
	{ "join", 1000000, 1000000, 100, 5, 5, 10000, true, false },
	{ "krt", 1000, 1000, 1000, 50, 50, 10, false, false },
	{ "beside", 10, 1000, 1000, 50, 10, 10, false, true },
	{ "beside", 100, 1000, 1000, 50, 100, 10, false, true },
	{ "beside", 1000, 1000, 1000, 50, 1000, 10, false, true },
	{ "beside", 10000, 1000, 1000, 50, 10000, 10, false, true },
	{ "policies", 500, 10000, 10000, 100, 500, 10, false, false },
};

static void one_shape(const struct shape *s, unsigned which)
{
	struct system y = which == 0 ? weft_system(s)
		: which == 1         ? floor_system(s)
				     : sqlite_system(s);
	if (y.name)
		measure(s, &y, CHANGES);
}

/* Every workload has its own process: a heap of its own, and a bound. */
static bool failed;

static bool begin_child(void)
{
	fflush(stdout);
	fflush(lines);
	pid_t child = fork();
	if (child == 0) {
		alarm(SECONDS_EACH);
		return true;
	}
	int status = 0;
	waitpid(child, &status, 0);
	failed |= status != 0;
	if (status)
		printf("(a workload ended with status %d: %s)\n", status,
			WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "failed");
	return false;
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL;
	if (argc < 2 || !(lines = fopen(argv[1], "w")))
		fatal("bench FILE.jsonl [WORKLOAD]");
	expected = mmap(
		NULL, sizeof(*expected), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (expected == MAP_FAILED)
		fatal("no memory");
	printf("CPU ns per change (per row for load): mean: the middle of 5 rounds, best: of "
	       "them;\n"
	       "p50/p99/max: one by one, less the clock's %lld; bytes per pod or row with "
	       "everything derived from it\n",
		(long long)clock_cost());
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		expected->known = false;
		for (unsigned which = 0; which < 3; which++)
			if ((!only || !strcmp(only, shapes[i].workload)) && begin_child())
				return one_shape(&shapes[i], which), 0;
	}
	if ((!only || !strcmp(only, "load")) && begin_child())
		return bench_load(1000000), 0;
	if ((!only || !strcmp(only, "load")) && begin_child())
		return floor_load(1000000), 0;
	if ((!only || !strcmp(only, "transfers")) && begin_child())
		return bench_transfers(1000000), 0;
	fclose(lines);
	return failed;
}

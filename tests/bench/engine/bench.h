/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * bench.h: what the systems of `make bench-engine` share: the rows of a workload, made from numbers
 * so that all systems get the same, and how a change is timed.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_ROOM = 32 };

struct shape {
	const char *workload;
	size_t n; /* the number in the table */
	size_t pods;
	size_t per_namespace; /* pods in each */
	size_t apps;          /* of the pods of a namespace */
	size_t services;      /* in each namespace: services or policies, which select an app */
	size_t nodes;
	bool three_way; /* join.weft; else selected.weft */
	bool no_match;  /* the services select apps that no pod has */
};

struct pod {
	char namespace[NAME_ROOM], name[NAME_ROOM], node[NAME_ROOM], app[NAME_ROOM];
	int64_t ip;
};

struct service {
	char namespace[NAME_ROOM], name[NAME_ROOM], app[NAME_ROOM];
	int64_t port;
};

void pod_make(const struct shape *, size_t k, int64_t ip, struct pod *);
void service_make(const struct shape *, size_t k, struct service *);
size_t service_count(const struct shape *);
void node_make(size_t k, char node[NAME_ROOM], char zone[NAME_ROOM]);
uint64_t mix(uint64_t); /* a fixed shuffle of numbers, for the choice of what changes */

struct system {
	const char *name;
	void *state;
	void (*change)(void *state, const struct pod *);
	size_t bytes;                  /* after the load, by this system's own count */
	uint64_t (*allocations)(void); /* NULL: not counted */
	uint64_t (*digest)(
		void *state); /* of all answers, in any order: the same for all systems */
};

/* Each loads the rows of the shape; the process ends when that fails. */
struct system weft_system(const struct shape *);
struct system floor_system(const struct shape *);
struct system sqlite_system(const struct shape *); /* name NULL: not built in */

uint64_t digest_row(int64_t ip, int64_t port);
/* Warms up, then times `count` changes of one pod each: several times as a whole (mean: the middle
 * one), then one by one. */
void measure(const struct shape *, const struct system *, size_t count);
void report(const char *workload, const char *system, size_t n, const char *metric, double value,
	const char *unit);

int64_t cpu_now(void); /* nanoseconds of this process */
void samples_report(
	const char *workload, const char *system, size_t n, int64_t *samples, size_t count);
void line_end(void);     /* of the table */
size_t heap_bytes(void); /* malloc's own count */
void fatal(const char *what) __attribute__((noreturn));

void bench_transfers(size_t count);
void bench_load(size_t rows);
void floor_load(size_t rows);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * cases.h: a test program is a main that runs cases; each prints `ok NAME` or `FAIL NAME: why`.
 * A check that fails ends its case; main returns cases_end().
 */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int cases_failed;
static bool case_bad;

static void __attribute__((format(printf, 3, 4), unused))
case_fail(const char *file, int line, const char *format, ...)
{
	va_list args;
	printf("  %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	case_bad = true;
}

#define CHECK(condition)                                                         \
	do {                                                                     \
		if (!(condition)) {                                              \
			case_fail(__FILE__, __LINE__, "not so: %s", #condition); \
			return;                                                  \
		}                                                                \
	} while (0)
#define CHECK_TEXT(got, want)                                                                     \
	do {                                                                                      \
		const char *got_ = (got), *want_ = (want);                                        \
		if (!got_ || strcmp(got_, want_) != 0) {                                          \
			case_fail(__FILE__, __LINE__, "%s\n    is:     %s\n    should: %s", #got, \
				got_ ? got_ : "(none)", want_);                                   \
			return;                                                                   \
		}                                                                                 \
	} while (0)
#define CASE(function)                                                             \
	do {                                                                       \
		case_bad = false;                                                  \
		function();                                                        \
		if (case_bad)                                                      \
			printf("FAIL %s: see above\n", #function), cases_failed++; \
		else                                                               \
			printf("ok %s\n", #function);                              \
		fflush(stdout);                                                    \
	} while (0)

static inline int cases_end(void)
{
	return cases_failed ? 1 : 0;
}

/* splitmix64: seeded, the same everywhere */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

#endif

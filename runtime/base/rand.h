/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * rand.h: seeded numbers for simulation, tests and back-off jitter; not for secrets. SplitMix64
 * (Steele, Lea, Flood 2014): any seed is good, and one seed gives one sequence for ever.
 */
#ifndef WEFT_BASE_RAND_H
#define WEFT_BASE_RAND_H

#include <stdbool.h>
#include <stdint.h>

struct weft_rand {
	uint64_t state;
};

static inline uint64_t weft_rand_next(struct weft_rand *r)
{
	uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* 0..bound-1; bound must not be 0. The bias is below 2^-32 for the bounds used here. */
static inline uint64_t weft_rand_below(struct weft_rand *r, uint64_t bound)
{
	return weft_rand_next(r) % bound;
}

static inline bool weft_rand_chance(struct weft_rand *r, unsigned percent)
{
	return weft_rand_below(r, 100) < percent;
}

#endif

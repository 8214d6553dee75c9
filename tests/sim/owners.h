/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * owners.h: the second kind of world of tests/sim: sockets without a relay.
 */
#ifndef TESTS_SIM_OWNERS_H
#define TESTS_SIM_OWNERS_H

#include <stdint.h>

/* NULL: every promise was kept. */
const char *owners_run(uint64_t seed);

#endif

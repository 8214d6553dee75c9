/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sim.h: the simulated world behind the "sim" back end, for tests. Everything is in memory and
 * follows from the seed: sockets, listeners, a clock that moves only when all wait for it. Results
 * come late, short, out of order between operations, and multishots end without a reason, as the
 * real kernel may do all of it.
 *
 * The test plays the rest of the network: its ends are ints, as descriptors are, and its calls take
 * effect at once.
 */
#ifndef WEFT_IO_SIM_H
#define WEFT_IO_SIM_H

#include "io/io.h"

/* Chances in percent, each time that it could happen. */
struct weft_sim_options {
	uint64_t seed;
	uint32_t window;    /* bytes one direction of a connection holds; 0: 65,536 */
	uint32_t files_max; /* descriptors that the program may have open; 0: 1,000,000 */
	uint8_t cut;        /* a receive or send stops short of what it could do */
	uint8_t delay;      /* a result is held back for some waits */
	uint8_t idle;       /* an operation that could go on does not yet */
	uint8_t starve;     /* a receive finds no buffer though there are some */
	uint8_t end;        /* a multishot ends by itself */
	uint8_t fail;       /* a connect or an accept fails */
};

struct weft_sim *weft_sim_create(const struct weft_sim_options *); /* NULL: no memory */
void weft_sim_destroy(struct weft_sim *); /* after the weft_io that used it */

/* ---- the test's ends; < 0: it failed ---- */
int weft_sim_listen(struct weft_sim *,
	const struct weft_addr *); /* also makes the address in use for the program */
int weft_sim_accept(struct weft_sim *, int listener);              /* -1: nobody waits */
int weft_sim_connect(struct weft_sim *, const struct weft_addr *); /* -1: refused */
enum { WEFT_SIM_AGAIN = -1, WEFT_SIM_RESET = -2 };
long weft_sim_send(struct weft_sim *, int end, const void *data,
	size_t size); /* how much went, AGAIN or RESET */
long weft_sim_receive(
	struct weft_sim *, int end, void *data, size_t size); /* 0: its end; AGAIN, RESET */
void weft_sim_shut(struct weft_sim *, int end);
void weft_sim_close(
	struct weft_sim *, int end, bool reset); /* unread bytes make it a reset, as in TCP */
/* Connects to the address neither succeed nor fail. */
void weft_sim_swallow(struct weft_sim *, const struct weft_addr *);
/* Makes what a redirected connection says it wanted. Before its accept. */
void weft_sim_redirect(struct weft_sim *, int end, const struct weft_addr *original);

/* ---- accounts ---- */
unsigned weft_sim_descriptors(const struct weft_sim *); /* open on the program's side */
unsigned weft_sim_buffers(const struct weft_sim *);     /* in the kernel's hands */
unsigned weft_sim_operations(const struct weft_sim *);  /* armed, or with results to come */
/* What the program did that the kernel does not allow; NULL: nothing. */
const char *weft_sim_violation(const struct weft_sim *);

#endif

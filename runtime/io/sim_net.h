/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sim_net.h: the network inside the simulation: nodes are listeners and ends of connections, on
 * either side. Internal to io_sim.c and sim_net.c.
 */
#ifndef WEFT_IO_SIM_NET_H
#define WEFT_IO_SIM_NET_H

#include "base/rand.h"
#include "io/backend.h"
#include "io/sim.h"

enum { WEFT_SIM_QUEUE = 64 }; /* connections that wait for an accept */

struct weft_sim_node {
	bool used, listener;
	bool ours;                          /* the program's, not the test's */
	bool open;                          /* its descriptor is */
	bool connected;                     /* or was */
	bool end_sent, end_received, reset; /* reset: received one */
	bool reuse_port, redirected;
	unsigned holds; /* operations that keep it alive after its descriptor is closed */
	int peer;       /* the other end; -1: none or gone */
	struct weft_addr local, remote, original;
	uint8_t *bytes; /* received and unread: a ring of `window` bytes */
	size_t first, count;
	int queue[WEFT_SIM_QUEUE];
	unsigned queued;
};

struct weft_sim_operation {
	struct weft_io_request request;
	struct weft_addr to;
	int node;
};

struct weft_sim_result {
	struct weft_io_result result;
	unsigned hold; /* waits to go */
};

struct weft_sim {
	struct weft_sim_head head;
	struct weft_sim_options options;
	struct weft_rand random;
	int64_t now;
	bool started;
	const char *violation;

	struct weft_sim_node *nodes;
	size_t node_count, node_room;
	unsigned open_count; /* descriptors of the program */
	uint16_t next_port;
	struct weft_addr swallowed[4];
	unsigned swallowed_count;

	unsigned entries;
	struct weft_sim_operation *requests, *operations; /* not yet taken; armed */
	size_t request_count, request_room, operation_count, operation_room;
	struct weft_sim_result *results;
	size_t result_count, result_room;

	uint16_t *buffers; /* free ones, the next first */
	size_t buffer_count, buffer_max;
	void **memory; /* by buffer */
	uint32_t buffer_size;
};

static inline unsigned weft_sim_below(struct weft_sim *sim, unsigned bound)
{
	return (unsigned)weft_rand_below(&sim->random, bound);
}
static inline bool weft_sim_chance(struct weft_sim *sim, unsigned percent)
{
	return percent > 0 && weft_rand_chance(&sim->random, percent);
}
static inline void weft_sim_forbid(struct weft_sim *sim, const char *what)
{
	if (!sim->violation)
		sim->violation = what;
}
size_t weft_sim_cut(struct weft_sim *, size_t size); /* `size`, or now and then less, at least 1 */

/* On nodes. */
int weft_sim_hold(struct weft_sim *, int descriptor); /* an operation begins; -1: it is not open */
void weft_sim_release(struct weft_sim *, int node);
bool weft_sim_waiting(const struct weft_sim *, int listener);
enum weft_status weft_sim_take(struct weft_sim *, int listener, bool ours, int *end);
long weft_sim_ready(const struct weft_sim *, int end); /* bytes to read; 0: the end; AGAIN, RESET */
size_t weft_sim_read(struct weft_sim *, int end, void *data, size_t size);
long weft_sim_write(
	struct weft_sim *, int end, const void *data, size_t size); /* AGAIN: no room; RESET */
enum weft_status weft_sim_join(
	struct weft_sim *, int end, const struct weft_addr *to); /* FULL: neither yes nor no */
bool weft_sim_could(const struct weft_sim *); /* an armed operation would get on */

enum weft_status weft_sim_call_listen(
	void *, const struct weft_addr *, const struct weft_io_listen_options *, int *descriptor);
enum weft_status weft_sim_call_open(
	void *, const struct weft_addr *to, const struct weft_io_dial_options *, int *descriptor);
enum weft_status weft_sim_call_adopt(void *, int descriptor);
enum weft_status weft_sim_call_accept(void *, int listener, int *descriptor);
void weft_sim_call_shut(void *, int descriptor);
void weft_sim_call_close(void *, int descriptor, bool reset);
enum weft_status weft_sim_call_local(void *, int descriptor, struct weft_addr *);
enum weft_status weft_sim_call_remote(void *, int descriptor, struct weft_addr *);
enum weft_status weft_sim_call_original(void *, int descriptor, struct weft_addr *);

#endif

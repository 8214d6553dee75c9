/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sim_net.c: listeners and connections of the simulation. A descriptor is the number of a node. A
 * direction of a connection is the ring of unread bytes at its receiving end; its window is what
 * makes senders wait. As in TCP, closing with unread bytes resets, and a reset throws away what was
 * unread.
 */
#include "io/sim_net.h"

#include "base/alloc.h"

static const struct weft_addr nowhere;

static bool same_address(const struct weft_addr *a, const struct weft_addr *b)
{
	return a->port == b->port && memcmp(a->ip.byte, b->ip.byte, sizeof(a->ip.byte)) == 0;
}

/* `a` listens where `b` goes, or both would listen for the same. */
static bool covers(const struct weft_addr *a, const struct weft_addr *b)
{
	static const uint8_t any4[16] = { [10] = 0xff, [11] = 0xff }, any6[16];
	if (a->port != b->port)
		return false;
	bool v4 = memcmp(b->ip.byte, any4, 12) == 0;
	return same_address(a, b) || memcmp(a->ip.byte, any6, 16) == 0 ||
		(v4 && memcmp(a->ip.byte, any4, 16) == 0);
}

/* ---- nodes ---- */

static int new_node(struct weft_sim *sim, bool ours)
{
	size_t i = 0;
	if (ours && sim->open_count >= sim->options.files_max)
		return -1;
	while (i < sim->node_count && sim->nodes[i].used)
		i++;
	if (i == sim->node_count) {
		if (!weft_grow(&sim->nodes, &sim->node_room, i + 1, sizeof(*sim->nodes)))
			return -1;
		sim->node_count++;
	}
	sim->nodes[i] =
		(struct weft_sim_node){ .used = true, .ours = ours, .open = true, .peer = -1 };
	sim->open_count += ours;
	return (int)i;
}

static struct weft_sim_node *node_of(struct weft_sim *sim, int number)
{
	if (number < 0 || (size_t)number >= sim->node_count || !sim->nodes[number].used ||
		!sim->nodes[number].open) {
		weft_sim_forbid(sim, "a call on a closed descriptor");
		return NULL;
	}
	return &sim->nodes[number];
}

static void free_if_done(struct weft_sim_node *n)
{
	if (n->open || n->holds > 0 || n->peer >= 0)
		return;
	weft_free(n->bytes);
	*n = (struct weft_sim_node){ .peer = -1 };
}

static void reset_end(struct weft_sim_node *n)
{
	n->reset = true;
	n->count = 0;
}

static void close_node(struct weft_sim *sim, int number, bool reset)
{
	struct weft_sim_node *n = node_of(sim, number);
	if (!n)
		return;
	n->open = false;
	sim->open_count -= n->ours;
	while (n->listener && n->queued > 0) { /* nobody accepts them any more */
		struct weft_sim_node *end = &sim->nodes[n->queue[--n->queued]];
		end->open = false;
		if (end->peer >= 0) {
			struct weft_sim_node *peer = &sim->nodes[end->peer];
			reset_end(peer);
			peer->peer = end->peer = -1;
			free_if_done(peer);
		}
		free_if_done(end);
	}
	if (n->peer >= 0) {
		struct weft_sim_node *peer = &sim->nodes[n->peer];
		if (reset || n->count > 0)
			reset_end(peer);
		else
			peer->end_received = true;
		n->peer = peer->peer = -1;
		free_if_done(peer);
	}
	free_if_done(n);
}

int weft_sim_hold(struct weft_sim *sim, int descriptor)
{
	struct weft_sim_node *n = node_of(sim, descriptor);
	if (!n)
		return -1;
	n->holds++;
	return descriptor;
}

void weft_sim_release(struct weft_sim *sim, int node)
{
	sim->nodes[node].holds--;
	free_if_done(&sim->nodes[node]);
}

size_t weft_sim_cut(struct weft_sim *sim, size_t size)
{
	if (!weft_sim_chance(sim, sim->options.cut))
		return size;
	size_t most = weft_sim_below(sim, 2) ? 4 : size;
	most = most < size ? most : size;
	return 1 + weft_rand_below(&sim->random, most);
}

/* ---- connections ---- */

static int listener_for(struct weft_sim *sim, const struct weft_addr *to)
{
	int found = -1;
	unsigned members = 0;
	for (size_t i = 0; i < sim->node_count; i++) {
		struct weft_sim_node *n = &sim->nodes[i];
		if (n->used && n->listener && n->open && n->queued < WEFT_SIM_QUEUE &&
			covers(&n->local, to) && weft_sim_below(sim, ++members) == 0)
			found = (int)i;
	}
	return found;
}

/* Both ends stand; the far one waits in its listener's queue. It takes a descriptor only when it is
 * accepted. */
static enum weft_status join(struct weft_sim *sim, int end, const struct weft_addr *to)
{
	int listener = listener_for(sim, to);
	if (listener < 0)
		return WEFT_REFUSED;
	int far = new_node(sim, false);
	if (far < 0)
		return WEFT_NO_MEMORY;
	struct weft_sim_node *a = &sim->nodes[end], *b = &sim->nodes[far];
	a->peer = far;
	b->peer = end;
	a->connected = b->connected = true;
	if (a->local.port == 0) {
		a->local.ip = to->ip;
		a->local.port = sim->next_port++;
	}
	a->remote = b->local = *to;
	b->remote = a->local;
	sim->nodes[listener].queue[sim->nodes[listener].queued++] = far;
	return WEFT_OK;
}

enum weft_status weft_sim_join(struct weft_sim *sim, int end, const struct weft_addr *to)
{
	for (unsigned i = 0; i < sim->swallowed_count; i++)
		if (same_address(&sim->swallowed[i], to))
			return WEFT_FULL;
	return join(sim, end, to);
}

bool weft_sim_waiting(const struct weft_sim *sim, int listener)
{
	return sim->nodes[listener].queued > 0;
}

enum weft_status weft_sim_take(struct weft_sim *sim, int listener, bool ours, int *end)
{
	struct weft_sim_node *l = &sim->nodes[listener];
	if (l->queued == 0)
		return WEFT_MORE;
	if (ours && sim->open_count >= sim->options.files_max)
		return WEFT_TOO_MANY_FILES;
	*end = l->queue[0];
	memmove(l->queue, l->queue + 1, --l->queued * sizeof(*l->queue));
	sim->nodes[*end].ours = ours;
	sim->open_count += ours;
	return WEFT_OK;
}

long weft_sim_ready(const struct weft_sim *sim, int end)
{
	const struct weft_sim_node *n = &sim->nodes[end];
	if (n->reset)
		return WEFT_SIM_RESET;
	return n->count > 0 ? (long)n->count : n->end_received ? 0 : WEFT_SIM_AGAIN;
}

size_t weft_sim_read(struct weft_sim *sim, int end, void *data, size_t size)
{
	struct weft_sim_node *n = &sim->nodes[end];
	size_t window = sim->options.window;
	size = size < n->count ? size : n->count;
	for (size_t done = 0; done < size;) {
		size_t run = window - n->first < size - done ? window - n->first : size - done;
		memcpy((uint8_t *)data + done, n->bytes + n->first, run);
		n->first = (n->first + run) % window;
		done += run;
	}
	n->count -= size;
	return size;
}

static long room_for(const struct weft_sim *sim, const struct weft_sim_node *n)
{
	if (n->reset || n->peer < 0)
		return WEFT_SIM_RESET;
	size_t room = sim->options.window - sim->nodes[n->peer].count;
	return room > 0 ? (long)room : WEFT_SIM_AGAIN;
}

long weft_sim_write(struct weft_sim *sim, int end, const void *data, size_t size)
{
	struct weft_sim_node *n = &sim->nodes[end];
	size_t window = sim->options.window;
	long room = room_for(sim, n);
	if (room < 0)
		return room;
	if (n->end_sent) {
		weft_sim_forbid(sim, "a send after a shut");
		return WEFT_SIM_RESET;
	}
	struct weft_sim_node *peer = &sim->nodes[n->peer];
	if (!peer->bytes && !(peer->bytes = weft_alloc(window)))
		return WEFT_SIM_AGAIN;
	size = size < (size_t)room ? size : (size_t)room;
	for (size_t done = 0; done < size;) {
		size_t at = (peer->first + peer->count) % window;
		size_t run = window - at < size - done ? window - at : size - done;
		memcpy(peer->bytes + at, (const uint8_t *)data + done, run);
		peer->count += run;
		done += run;
	}
	return (long)size;
}

bool weft_sim_could(const struct weft_sim *sim)
{
	for (size_t i = 0; i < sim->operation_count; i++) {
		const struct weft_sim_operation *o = &sim->operations[i];
		bool could = false;
		if (o->request.code == WEFT_IO_ACCEPT)
			could = weft_sim_waiting(sim, o->node);
		else if (o->request.code == WEFT_IO_RECEIVE)
			could = weft_sim_ready(sim, o->node) != WEFT_SIM_AGAIN;
		else if (o->request.code == WEFT_IO_PEER)
			could = weft_sim_ready(sim, o->node) == WEFT_SIM_RESET;
		else if (o->request.code == WEFT_IO_SEND)
			could = room_for(sim, &sim->nodes[o->node]) != WEFT_SIM_AGAIN;
		else {
			could = true;
			for (unsigned k = 0; k < sim->swallowed_count; k++)
				could = could && !same_address(&sim->swallowed[k], &o->to);
		}
		if (could)
			return true;
	}
	return false;
}

/* ---- the program's calls ---- */

enum weft_status weft_sim_call_listen(void *world, const struct weft_addr *a,
	const struct weft_io_listen_options *o, int *descriptor)
{
	struct weft_sim *sim = world;
	for (size_t i = 0; a->port != 0 && i < sim->node_count; i++) {
		struct weft_sim_node *n = &sim->nodes[i];
		if (n->used && n->listener && n->open &&
			(covers(&n->local, a) || covers(a, &n->local)) &&
			!(o->reuse_port && !o->probe && n->reuse_port))
			return WEFT_IN_USE;
	}
	int number = new_node(sim, true);
	if (number < 0)
		return WEFT_TOO_MANY_FILES;
	struct weft_sim_node *n = &sim->nodes[number];
	n->listener = true;
	n->reuse_port = o->reuse_port;
	n->local = *a;
	if (n->local.port == 0)
		n->local.port = sim->next_port++;
	*descriptor = number;
	return WEFT_OK;
}

enum weft_status weft_sim_call_open(void *world, const struct weft_addr *to,
	const struct weft_io_dial_options *o, int *descriptor)
{
	int number = new_node(world, true);
	(void)to;
	if (number < 0)
		return WEFT_TOO_MANY_FILES;
	if (o->source)
		((struct weft_sim *)world)->nodes[number].local = *o->source;
	*descriptor = number;
	return WEFT_OK;
}

/* One of the test's ends changes hands. */
enum weft_status weft_sim_call_adopt(void *world, int descriptor)
{
	struct weft_sim *sim = world;
	struct weft_sim_node *n = node_of(sim, descriptor);
	if (!n || n->ours || n->listener)
		return WEFT_INVALID;
	n->ours = true;
	sim->open_count++;
	return WEFT_OK;
}

enum weft_status weft_sim_call_accept(void *world, int listener, int *descriptor)
{
	return node_of(world, listener) ? weft_sim_take(world, listener, true, descriptor)
					: WEFT_INVALID;
}

static void shut_node(struct weft_sim *sim, int number)
{
	struct weft_sim_node *n = node_of(sim, number);
	if (!n || n->end_sent)
		return;
	n->end_sent = true;
	if (n->peer >= 0)
		sim->nodes[n->peer].end_received = true;
}

void weft_sim_call_shut(void *world, int descriptor)
{
	shut_node(world, descriptor);
}

void weft_sim_call_close(void *world, int descriptor, bool reset)
{
	close_node(world, descriptor, reset);
}

enum weft_status weft_sim_call_local(void *world, int descriptor, struct weft_addr *a)
{
	struct weft_sim_node *n = node_of(world, descriptor);
	*a = n ? n->local : nowhere;
	return n ? WEFT_OK : WEFT_INVALID;
}

enum weft_status weft_sim_call_remote(void *world, int descriptor, struct weft_addr *a)
{
	struct weft_sim_node *n = node_of(world, descriptor);
	*a = n ? n->remote : nowhere;
	return n && n->connected ? WEFT_OK : WEFT_RESET;
}

enum weft_status weft_sim_call_original(void *world, int descriptor, struct weft_addr *a)
{
	struct weft_sim_node *n = node_of(world, descriptor);
	*a = n ? n->original : nowhere;
	return n && n->redirected ? WEFT_OK : WEFT_NOT_FOUND;
}

/* ---- the test's calls ---- */

struct weft_sim *weft_sim_create(const struct weft_sim_options *options)
{
	struct weft_sim *sim = weft_alloc(sizeof(*sim));
	if (!sim)
		return NULL;
	*sim = (struct weft_sim){ .head = { &weft_io_sim_backend },
		.options = *options,
		.random = { options->seed },
		.now = 1000000000,
		.next_port = 40000 };
	if (!sim->options.window)
		sim->options.window = 65536;
	if (!sim->options.files_max)
		sim->options.files_max = 1000000;
	return sim;
}

void weft_sim_destroy(struct weft_sim *sim)
{
	if (!sim)
		return;
	for (size_t i = 0; i < sim->node_count; i++)
		weft_free(sim->nodes[i].bytes);
	weft_free(sim->nodes);
	weft_free(sim->requests);
	weft_free(sim->operations);
	weft_free(sim->results);
	weft_free(sim->buffers);
	weft_free(sim->memory);
	weft_free(sim);
}

int weft_sim_listen(struct weft_sim *sim, const struct weft_addr *a)
{
	static const struct weft_io_listen_options plain;
	int number;
	if (weft_sim_call_listen(sim, a, &plain, &number) != WEFT_OK)
		return -1;
	sim->nodes[number].ours = false;
	sim->open_count--;
	return number;
}

int weft_sim_accept(struct weft_sim *sim, int listener)
{
	int end;
	return weft_sim_take(sim, listener, false, &end) == WEFT_OK ? end : -1;
}

int weft_sim_connect(struct weft_sim *sim, const struct weft_addr *to)
{
	int end = new_node(sim, false);
	if (end >= 0 && join(sim, end, to) != WEFT_OK) {
		close_node(sim, end, false);
		return -1;
	}
	return end;
}

long weft_sim_send(struct weft_sim *sim, int end, const void *data, size_t size)
{
	return node_of(sim, end) ? weft_sim_write(sim, end, data, size) : WEFT_SIM_RESET;
}

long weft_sim_receive(struct weft_sim *sim, int end, void *data, size_t size)
{
	long ready = node_of(sim, end) ? weft_sim_ready(sim, end) : WEFT_SIM_RESET;
	return ready > 0 ? (long)weft_sim_read(sim, end, data, size) : ready;
}

void weft_sim_shut(struct weft_sim *sim, int end)
{
	shut_node(sim, end);
}

void weft_sim_close(struct weft_sim *sim, int end, bool reset)
{
	close_node(sim, end, reset);
}

void weft_sim_swallow(struct weft_sim *sim, const struct weft_addr *a)
{
	if (sim->swallowed_count < sizeof(sim->swallowed) / sizeof(*sim->swallowed))
		sim->swallowed[sim->swallowed_count++] = *a;
}

void weft_sim_redirect(struct weft_sim *sim, int end, const struct weft_addr *original)
{
	struct weft_sim_node *n = node_of(sim, end);
	if (!n || n->peer < 0)
		return;
	sim->nodes[n->peer].original = *original;
	sim->nodes[n->peer].redirected = true;
}

unsigned weft_sim_descriptors(const struct weft_sim *sim)
{
	return sim->open_count;
}

const char *weft_sim_violation(const struct weft_sim *sim)
{
	return sim->violation;
}

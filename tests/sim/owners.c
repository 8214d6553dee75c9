/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * owners: sockets of runtime/io alone, under owners that arm, pause, keep leases, send, shut, close
 * and abort at any time. Each callback is held against what io.h promises of it; both sides' bytes
 * against their pattern.
 */
#include "owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "io/sim.h"
#include "loop/loop.h"

enum { PAIRS = 6, KEPT = 256, TURNS_MAX = 30000 };

struct pair {
	struct world *world;
	struct weft_io_socket *socket;
	int peer;         /* the test's end; -1: closed */
	uint64_t in, out; /* bytes received and sent by the owner */
	uint64_t peer_in, peer_out;
	bool armed, again; /* received may come; armed again while pausing */
	bool pausing, ended, sending, shut, closing, aborted, closed;
	bool peer_shut, peer_ended, peer_reset, told_reset;
	struct weft_lease kept[KEPT];
	unsigned kept_count;
	size_t held, send_size;
	uint8_t block[600]; /* being sent */
};

struct world {
	struct weft_rand random;
	struct weft_sim *sim;
	struct weft_loop *loop;
	struct weft_io_listener *listener;
	struct pair pairs[PAIRS];
	unsigned accepted, held_max, burst;
	bool listener_closed, hoards; /* hoards: leases are kept until the end */
	const char *broken;
};

static void fail(struct world *w, const char *what)
{
	if (!w->broken)
		w->broken = what;
}

static unsigned below(struct world *w, unsigned bound)
{
	return (unsigned)weft_rand_below(&w->random, bound);
}

static uint8_t pattern(const struct pair *p, bool owner, uint64_t at)
{
	return (uint8_t)(at * 131 + (at >> 7) + (uint64_t)(p - p->world->pairs) * 17 + owner);
}

/* ---- what the owner hears; now and then it answers at once ---- */

static void abort_now(struct pair *p)
{
	if (p->closed || below(p->world, 40))
		return;
	weft_io_abort(p->socket);
	p->closing = p->aborted = true;
}

static void give_back(struct pair *p, unsigned index)
{
	struct weft_lease lease = p->kept[index];
	p->kept[index] = p->kept[--p->kept_count];
	p->held -= lease.size;
	weft_io_return(p->socket, lease);
}

static void on_received(
	void *user, struct weft_io_socket *socket, struct weft_lease lease, enum weft_status status)
{
	struct pair *p = user;
	bool late = p->ended && status == WEFT_RESET && p->peer < 0 &&
		!p->told_reset; /* the peer died after its end */
	if (p->closed || p->closing || (p->ended && !late) ||
		(!p->ended && !p->armed && !p->pausing))
		fail(p->world, "received when nothing was to come");
	p->told_reset |= status < 0;
	if (lease.size == 0) {
		p->ended = true;
		if (status == WEFT_OK && (!p->peer_shut || p->in != p->peer_out))
			fail(p->world, "an end before the end");
		return;
	}
	for (size_t i = 0; i < lease.size; i++)
		if (((const uint8_t *)lease.data)[i] != pattern(p, false, p->in++))
			fail(p->world, "the owner received a wrong byte");
	p->held += lease.size;
	if (p->held > p->world->held_max + p->world->burst)
		fail(p->world, "more bytes on loan than the bound");
	if (p->kept_count < KEPT && below(p->world, 3)) {
		p->kept[p->kept_count++] = lease;
		return;
	}
	p->held -= lease.size;
	weft_io_return(socket, lease);
	abort_now(p);
}

static void on_sent(void *user, struct weft_io_socket *socket, size_t size, enum weft_status status)
{
	struct pair *p = user;
	(void)socket;
	if (!p->sending || p->closed)
		fail(p->world, "sent without a send");
	if (status == WEFT_OK ? size != p->send_size : size >= p->send_size)
		fail(p->world, "sent another size");
	if (status == WEFT_CANCELLED && !p->aborted)
		fail(p->world, "a send was cancelled without an abort");
	p->sending = false;
	p->out += size;
	memset(p->block, 0x55, sizeof(p->block)); /* it is the owner's again */
	abort_now(p);
}

static void on_paused(void *user, struct weft_io_socket *socket)
{
	struct pair *p = user;
	(void)socket;
	if (!p->pausing || p->closing)
		fail(p->world, "paused without a pause");
	p->pausing = false;
	p->armed = p->again;
	p->again = false;
	abort_now(p);
}

static void on_closed(void *user, struct weft_io_socket *socket)
{
	struct pair *p = user;
	(void)socket;
	if (p->closed || !p->closing || p->sending || p->kept_count > 0)
		fail(p->world, "closed too early, or twice");
	p->closed = true;
	p->socket = NULL;
}

static const struct weft_io_socket_events events = { NULL, on_received, on_sent, on_paused,
	on_closed };

static void on_accepted(void *user, struct weft_io_listener *listener,
	struct weft_io_socket *socket, enum weft_status status)
{
	struct world *w = user;
	(void)listener;
	if (status != WEFT_OK) {
		fail(w, "an accept failed");
		return;
	}
	struct pair *p = &w->pairs[w->accepted++];
	p->socket = socket;
	weft_io_listen_to(socket, &events, p);
}

static void on_listener_closed(void *user, struct weft_io_listener *listener)
{
	(void)listener;
	((struct world *)user)->listener_closed = true;
}

static const struct weft_io_listener_events listener_events = { on_accepted, on_listener_closed };

/* ---- what owner and peer do ---- */

static void begin_send(struct pair *p)
{
	p->send_size = 1 + below(p->world, sizeof(p->block));
	for (size_t i = 0; i < p->send_size; i++)
		p->block[i] = pattern(p, true, p->out + i);
	p->sending = weft_io_send(p->socket, p->block, p->send_size) == WEFT_OK;
	if (!p->sending)
		fail(p->world, "a send was refused");
}

static void own(struct pair *p, bool finishing)
{
	struct world *w = p->world;
	if (!p->socket || p->closed)
		return;
	if (p->kept_count > 0 && (finishing || (!w->hoards && below(w, 2))))
		give_back(p, below(w, p->kept_count));
	if (p->closing)
		return;
	switch (below(w, 24)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		weft_io_receive(p->socket);
		if (p->pausing)
			p->again = true;
		else
			p->armed = true;
		break;
	case 5:
	case 6:
	case 7:
		if (p->pausing)
			break;
		weft_io_pause(p->socket);
		p->pausing = true;
		p->armed = p->again = false;
		break;
	case 8:
	case 9:
	case 10:
	case 11:
	case 12:
		if (!p->sending && !p->shut)
			begin_send(p);
		break;
	case 13:
		if (finishing || below(w, 8) == 0) {
			weft_io_shut(p->socket);
			p->shut = true;
		}
		break;
	case 14:
		if (finishing || below(w, 20) == 0) {
			weft_io_close(p->socket);
			p->closing = true;
		}
		break;
	case 15:
		if (finishing || below(w, 30) == 0) {
			weft_io_abort(p->socket);
			p->closing = p->aborted = true;
		}
		break;
	default:
		break;
	}
	if (finishing && p->closing && !p->aborted &&
		below(w, 10) == 0) { /* the peer may read no more */
		weft_io_abort(p->socket);
		p->aborted = true;
	}
}

static void peer_receives(struct pair *p)
{
	uint8_t bytes[700];
	long n =
		weft_sim_receive(p->world->sim, p->peer, bytes, 1 + below(p->world, sizeof(bytes)));
	for (long i = 0; i < n; i++)
		if (bytes[i] != pattern(p, true, p->peer_in++))
			fail(p->world, "the peer received a wrong byte");
	if (n == 0)
		p->peer_ended = true;
	if (n == 0 && p->closed && !p->aborted && p->peer_in != p->out)
		fail(p->world, "the peer did not receive what was sent");
	if (n == WEFT_SIM_RESET)
		p->peer_reset = true;
}

static void peer_moves(struct pair *p)
{
	struct world *w = p->world;
	uint8_t bytes[900];
	if (p->peer < 0)
		return;
	unsigned choice = below(w, 40);
	if (choice < 12 && !p->peer_ended && !p->peer_reset) {
		peer_receives(p);
	} else if (choice < 24 && !p->peer_shut && !p->peer_reset) {
		size_t size = 1 + below(w, sizeof(bytes));
		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(p, false, p->peer_out + i);
		long n = weft_sim_send(w->sim, p->peer, bytes, size);
		p->peer_out += n > 0 ? (uint64_t)n : 0;
	} else if (choice == 24 && !p->peer_shut && below(w, 6) == 0) {
		weft_sim_shut(w->sim, p->peer);
		p->peer_shut = true;
	} else if (choice == 25 && below(w, 20) == 0) {
		weft_sim_close(w->sim, p->peer, true);
		p->peer = -1;
	}
}

/* ---- one world ---- */

static bool create(struct world *w, uint64_t seed)
{
	struct weft_sim_options sim = { .seed = seed,
		.cut = (uint8_t)below(w, 70),
		.delay = (uint8_t)below(w, 70),
		.idle = (uint8_t)below(w, 60),
		.starve = (uint8_t)below(w, 20),
		.end = (uint8_t)below(w, 40),
		.window = 1u << below(w, 13) };
	struct weft_addr address = { .port = 7000 };
	w->sim = weft_sim_create(&sim);
	w->hoards = below(w, 4) == 0;
	w->held_max = 64 + below(w, w->hoards ? 200 : 3000);
	struct weft_io_options io = { .backend = "sim",
		.sim = w->sim,
		.entries = 2 + below(w, 30),
		.buffer_size = 16u << below(w, w->hoards ? 2 : 7),
		.buffers_first = 2,
		.buffers_max = 2u << below(w, 6),
		.held_max = w->held_max };
	/* what the kernel may have delivered before the cancel reaches it; results are held back
	 * for 6 waits at most */
	w->burst = io.buffer_size * 16;
	for (unsigned i = 0; i < PAIRS; i++)
		w->pairs[i] = (struct pair){ .world = w, .peer = -1 };
	if (!w->sim || weft_loop_create(&io, &w->loop) != WEFT_OK)
		return false;
	struct weft_io *reactor = weft_loop_io(w->loop);
	if (weft_io_listen(reactor, &address, NULL, &listener_events, w, &w->listener) != WEFT_OK)
		return false;
	weft_io_accept(w->listener);
	for (unsigned i = 0; i < PAIRS; i++)
		w->pairs[i].peer = weft_sim_connect(w->sim, &address); /* accepted in their order */
	return true;
}

static void live(struct world *w)
{
	unsigned lifetime = 20 + below(w, 300);
	for (unsigned turn = 0; turn < TURNS_MAX && !w->broken; turn++) {
		bool finishing = turn > lifetime, quiet = w->accepted == PAIRS;
		for (unsigned i = 0; i < PAIRS; i++) {
			own(&w->pairs[i], finishing);
			peer_moves(&w->pairs[i]);
			quiet = quiet && w->pairs[i].closed;
		}
		if (quiet)
			return;
		weft_loop_turn(w->loop, 0);
	}
	if (!w->broken)
		fail(w, "it does not come to an end");
}

static void finish(struct world *w)
{
	struct weft_io_counts counts;
	weft_io_listener_close(w->listener);
	for (int i = 0; i < 500 && (!w->listener_closed || weft_sim_operations(w->sim)); i++)
		weft_loop_turn(w->loop, 0);
	weft_io_counts(weft_loop_io(w->loop), &counts);
	for (unsigned i = 0; i < PAIRS && !w->broken; i++)
		while (w->pairs[i].peer >= 0 && !w->pairs[i].peer_ended &&
			!w->pairs[i].peer_reset) {
			uint64_t before = w->pairs[i].peer_in;
			peer_receives(&w->pairs[i]);
			if (before == w->pairs[i].peer_in && !w->pairs[i].peer_ended &&
				!w->pairs[i].peer_reset) {
				fail(w, "a closed socket left its peer open");
				break;
			}
		}
	if (counts.sockets || counts.listeners || weft_sim_descriptors(w->sim))
		fail(w, "a socket leaked");
	if (counts.leased || counts.copied || weft_sim_buffers(w->sim) != counts.buffers)
		fail(w, "a buffer leaked");
	if (weft_sim_operations(w->sim))
		fail(w, "an operation is in flight for ever");
	if (weft_sim_violation(w->sim))
		fail(w, weft_sim_violation(w->sim));
}

const char *owners_run(uint64_t seed)
{
	size_t before = weft_alloc_live_bytes();
	struct world *w = calloc(1, sizeof(*w));
	w->random.state = seed * 7 + 3;
	if (!create(w, seed))
		return "no memory";
	live(w);
	if (!w->broken)
		finish(w);
	const char *broken = w->broken;
	if (broken)
		return broken;
	weft_loop_destroy(w->loop);
	weft_sim_destroy(w->sim);
	free(w);
	return weft_alloc_live_bytes() == before ? NULL : "memory leaked";
}

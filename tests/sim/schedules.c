/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * schedules: the real listener and relay code (runtime/net on runtime/loop on runtime/io) in the
 * simulated kernel, one seed after the other. In each world some clients connect through a gate
 * whose handler relays to a server; both sides send a pattern that names its sender, read slowly,
 * shut, reset. The gate is drained at some time, and opened again in some worlds.
 *
 * schedules FIRST COUNT [-v]     ends at the first world that broke a promise, with its seed, and 1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "io/sim.h"
#include "net/conn.h"
#include "owners.h"

enum { ENDS = 8, TURNS_MAX = 60000 };

/* One of the test's ends of a connection. */
struct end {
	int fd;     /* -1: not open */
	uint8_t id; /* of the pattern that it sends: its first byte */
	size_t total, sent, got;
	int peer; /* id of the pattern that it receives; -1: none yet */
	bool used, shut, ended, was_reset, did_reset, closed;
	size_t reset_at; /* resets after so many bytes sent; SIZE_MAX: does not */
	bool waits;      /* sends nothing before the other's end came, as servers do */
	unsigned slow;   /* percent of its chances to read that it lets pass */
};

struct scenario {
	uint64_t seed;
	struct weft_rand random;
	struct weft_sim *sim;
	struct weft_loop *loop;
	struct weft_conns conns;
	struct weft_gate gate;
	struct weft_instance instance;
	struct weft_addr front, back;
	struct end clients[ENDS], servers[ENDS];
	unsigned client_count, clients_begun, server_count;
	int upstream; /* the server's listener; -1: there is none */
	uint32_t window;
	unsigned rounds; /* how often the gate opens */
	bool gate_open, gate_drained, deadline_short, resets_happen, upstream_fails, failing,
		pausing;
	const char *broken;
};

static bool verbose;

static void fail(struct scenario *s, const char *what)
{
	if (!s->broken)
		s->broken = what;
}

static unsigned below(struct scenario *s, unsigned bound)
{
	return (unsigned)weft_rand_below(&s->random, bound);
}

/* ---- the handler: what a compiled one does ---- */

static struct scenario *here; /* of the world that runs */

static void step(struct weft_conn *conn)
{
	switch (conn->state) {
	case 0:
		conn->state = 1;
		weft_conn_dial(conn, here->back, NULL);
		return;
	case 1:
		if (conn->result != WEFT_OK) {
			weft_conn_deny(conn, WEFT_TEXT("no upstream"));
			return;
		}
		conn->state = 2;
		weft_conn_relay(conn, conn->downstream, conn->dialled, NULL);
		return;
	default:
		weft_conn_close(conn);
	}
}

static const struct weft_handler_info handler = { "relay", sizeof(struct weft_conn), step,
	WEFT_NONE };

static void silent(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user, (void)level;
	if (verbose)
		printf("  log: %.*s\n", (int)line.size, line.data);
}

static void changed(void *user, struct weft_gate *gate)
{
	struct scenario *s = user;
	if (s->gate_open && s->gate_drained && weft_gate_is_quiet(gate)) {
		weft_gate_end(gate);
		s->gate_open = false;
	}
}

/* ---- the test's ends ---- */

static uint8_t pattern(uint8_t id, size_t at)
{
	return at == 0 ? id : (uint8_t)((at * 167) ^ (at >> 8) ^ (id * 29u));
}

static void begin_end(struct scenario *s, struct end *e, int fd, uint8_t id)
{
	static const size_t sizes[] = { 0, 1, 2, 40, 300, 1500, 4000 };
	*e = (struct end){ .fd = fd, .id = id, .used = true, .peer = -1, .reset_at = SIZE_MAX };
	e->total = sizes[below(s, 7)];
	e->total += e->total > 2 ? below(s, (unsigned)e->total) : 0;
	if (e->total > 150 * (size_t)s->window)
		e->total = 150 * (size_t)s->window; /* a turn moves at most a window */
	e->slow = below(s, 3) ? below(s, 50) : 95;
	if (s->resets_happen && below(s, 6) == 0)
		e->reset_at = below(s, (unsigned)e->total + 1);
}

static void close_end(struct scenario *s, struct end *e, bool reset)
{
	weft_sim_close(s->sim, e->fd, reset);
	e->closed = true;
	e->did_reset |= reset;
}

static void receive_some(struct scenario *s, struct end *e)
{
	uint8_t bytes[2048];
	long n = weft_sim_receive(s->sim, e->fd, bytes, 1 + below(s, sizeof(bytes)));
	if (n == WEFT_SIM_RESET) {
		e->was_reset = true;
		close_end(s, e, false);
	} else if (n == 0) {
		e->ended = true;
	}
	for (long i = 0; i < n; i++, e->got++) {
		if (e->got == 0)
			e->peer = bytes[0];
		if (bytes[i] != pattern((uint8_t)e->peer, e->got))
			fail(s, "a byte was lost, doubled or out of order");
	}
}

static void send_some(struct scenario *s, struct end *e)
{
	uint8_t bytes[1024];
	size_t most = s->window < sizeof(bytes) ? s->window : sizeof(bytes),
	       size = 1 + below(s, (unsigned)most);
	size = size < e->total - e->sent ? size : e->total - e->sent;
	for (size_t i = 0; i < size; i++)
		bytes[i] = pattern(e->id, e->sent + i);
	long n = weft_sim_send(s->sim, e->fd, bytes, size);
	if (n == WEFT_SIM_RESET) {
		e->was_reset = true;
		close_end(s, e, false);
	} else if (n > 0) {
		e->sent += (size_t)n;
	}
}

/* One move; false: it has nothing to do before the other side moves. */
static bool move(struct scenario *s, struct end *e)
{
	if (!e->used || e->closed)
		return false;
	if (e->sent >= e->reset_at) {
		close_end(s, e, true);
		return true;
	}
	if (!e->ended && below(s, 100) >= e->slow)
		receive_some(s, e);
	bool may_send = !e->closed && (!e->waits || e->ended);
	if (may_send && e->sent < e->total && below(s, 3))
		send_some(s, e);
	if (may_send && !e->closed && e->sent == e->total && !e->shut && below(s, 3) == 0) {
		weft_sim_shut(s->sim, e->fd);
		e->shut = true;
	}
	if (!e->closed && e->shut && e->ended)
		close_end(s, e, false);
	return true;
}

static void take_servers(struct scenario *s)
{
	int fd;
	while (s->upstream >= 0 && s->server_count < ENDS &&
		(fd = weft_sim_accept(s->sim, s->upstream)) >= 0) {
		struct end *e = &s->servers[s->server_count];
		begin_end(s, e, fd, (uint8_t)(128 + s->server_count));
		e->waits = below(s, 3) == 0;
		s->server_count++;
	}
}

static void add_client(struct scenario *s)
{
	if (s->clients_begun == s->client_count || !s->gate_open || below(s, 4))
		return;
	int fd = weft_sim_connect(s->sim, &s->front);
	if (fd < 0) {
		if (!s->gate_drained)
			fail(s, "a listener refused");
		return;
	}
	begin_end(s, &s->clients[s->clients_begun], fd, (uint8_t)(1 + s->clients_begun));
	s->clients_begun++;
}

/* ---- one world ---- */

static void open_gate(struct scenario *s)
{
	weft_gate_init(&s->gate, &s->conns, &s->instance);
	s->gate.changed = changed;
	s->gate.user = s;
	if (weft_gate_listen(&s->gate, below(s, 2), true) != WEFT_OK)
		fail(s, "the gate does not open");
	s->gate_open = true;
	s->gate_drained = false;
	s->rounds--;
}

static void drain_gate(struct scenario *s)
{
	s->gate_drained = true;
	weft_gate_drain(
		&s->gate, s->deadline_short ? 1 + below(s, 2000000) : INT64_C(3600000000000));
}

static bool create(struct scenario *s)
{
	struct weft_sim_options sim = { .seed = s->seed };
	unsigned mood = below(s, 4); /* 0: a kind world */
	static const uint32_t windows[] = { 1, 7, 64, 500, 4096 };
	sim.window = s->window = windows[below(s, 5)];
	sim.cut = mood ? (uint8_t)below(s, 70) : 0;
	sim.delay = mood ? (uint8_t)below(s, 70) : 0;
	sim.idle = mood ? (uint8_t)below(s, 60) : 0;
	sim.starve = mood ? (uint8_t)below(s, 20) : 0;
	sim.end = mood ? (uint8_t)below(s, 40) : 0;
	s->failing = below(s, 8) == 0;
	sim.fail = s->failing ? 20 : 0;
	if (below(s, 16) == 0) {
		sim.files_max = 3 + below(s, 6);
		s->failing = true;
	}
	s->sim = weft_sim_create(&sim);
	struct weft_io_options io = { .backend = "sim",
		.sim = s->sim,
		.entries = 4 + below(s, 60),
		.buffer_size = 16u << below(s, 6),
		.buffers_first = 4,
		.buffers_max = 4u << below(s, 3),
		.held_max = 64 + below(s, 2000) };
	return s->sim && weft_loop_create(&io, &s->loop) == WEFT_OK;
}

static void begin(struct scenario *s)
{
	static const uint8_t local[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
	memcpy(s->front.ip.byte, local, 16);
	memcpy(s->back.ip.byte, local, 16);
	s->front.port = 8080;
	s->back.port = 9090;
	s->resets_happen = below(s, 3) == 0;
	s->deadline_short = below(s, 5) == 0;
	s->client_count = 1 + below(s, ENDS - 1);
	s->rounds = 1 + below(s, 2);
	s->upstream = below(s, 12) ? weft_sim_listen(s->sim, &s->back) : -1;
	if (s->upstream < 0 || below(s, 30) == 0) {
		s->upstream_fails = true;
		if (s->upstream >= 0)
			weft_sim_swallow(s->sim, &s->back);
	}
	weft_conns_init(&s->conns, s->loop, NULL, NULL, 1);
	s->conns.log = silent;
	s->instance =
		(struct weft_instance){ .handler = &handler, .address = s->front, .label = "gate" };
	open_gate(s);
}

static bool all_quiet(const struct scenario *s)
{
	for (unsigned i = 0; i < ENDS; i++)
		if ((s->clients[i].used && !s->clients[i].closed) ||
			(s->servers[i].used && !s->servers[i].closed))
			return false;
	return !s->gate_open && s->rounds == 0;
}

static void live(struct scenario *s)
{
	unsigned drain_at = below(s, 3) ? 40 + below(s, 400) : below(s, 40);
	int turn = 0;
	for (; turn < TURNS_MAX && !s->broken && !all_quiet(s); turn++) {
		bool busy = false;
		if (below(s, 2))
			add_client(s);
		take_servers(s);
		for (unsigned i = 0; i < ENDS; i++) {
			busy |= below(s, 2) ? move(s, &s->clients[i])
					    : s->clients[i].used && !s->clients[i].closed;
			busy |= below(s, 2) ? move(s, &s->servers[i])
					    : s->servers[i].used && !s->servers[i].closed;
		}
		if (s->gate_open && !s->gate_drained && (unsigned)turn >= drain_at)
			drain_gate(s);
		else if (!s->gate_open && s->rounds > 0) {
			open_gate(s);
			drain_at = (unsigned)turn + 20 + below(s, 300);
		}
		/* Nobody else moves, or not for long: time goes on to the next timer. */
		bool patient = !busy ||
			((s->upstream_fails || s->deadline_short) && turn > 1000 && turn % 50 == 0);
		if (weft_loop_turn(s->loop, patient ? INT64_C(6000000000) : 0) != WEFT_OK)
			fail(s, "a turn failed");
	}
	if (!s->broken && turn == TURNS_MAX)
		fail(s, "it does not come to an end");
}

/* What an end saw must be what the other one did. */
static void check_pair(struct scenario *s, const struct end *e, const struct end *from)
{
	if (from && e->got > from->sent)
		fail(s, "more bytes came than were sent");
	if (e->ended && from && !(from->shut && e->got == from->total))
		fail(s, "the end came too early");
	if (e->ended && !from && e->got > 0)
		fail(s, "an end without a sender");
	bool excused = s->resets_happen || s->upstream_fails || s->failing || s->deadline_short;
	if (e->was_reset && !excused)
		fail(s, "a connection was reset without a reason");
	if (!e->was_reset && !e->did_reset && !(e->ended && e->shut))
		fail(s, "a connection is not accounted for");
}

static void check(struct scenario *s)
{
	unsigned seen[256] = { 0 };
	for (unsigned i = 0; i < ENDS; i++) {
		struct end *both[] = { &s->clients[i], &s->servers[i] };
		for (int k = 0; k < 2; k++) {
			struct end *e = both[k], *from = NULL;
			if (!e->used)
				continue;
			if (e->peer >= 0) {
				unsigned index = e->peer >= 128 ? (unsigned)e->peer - 128
								: (unsigned)e->peer - 1;
				if (index >= ENDS || (e->peer >= 128) != (k == 0)) {
					fail(s, "bytes of nobody");
					continue;
				}
				from = e->peer >= 128 ? &s->servers[index] : &s->clients[index];
				if (seen[e->peer]++)
					fail(s, "two ends received from one");
				if (from->peer >= 0 && from->peer != e->id)
					fail(s, "the two directions of a connection were crossed");
			}
			check_pair(s, e, from);
		}
	}
	if (s->conns.counters.active != 0)
		fail(s, "a connection is counted as active for ever");
	if (s->conns.counters.accepted < s->clients_begun && !s->deadline_short &&
		!s->resets_happen && !s->failing)
		fail(s, "a connection was never accepted");
}

static void end(struct scenario *s)
{
	struct weft_io_counts counts;
	struct weft_io *io = weft_loop_io(s->loop);
	for (int i = 0; i < 2000; i++) {
		weft_io_counts(io, &counts);
		if (!counts.sockets && !counts.listeners && !weft_sim_operations(s->sim))
			break;
		weft_loop_turn(s->loop, 0);
	}
	weft_io_counts(io, &counts);
	if (counts.sockets || counts.listeners)
		fail(s, "a socket never closed");
	if (weft_sim_operations(s->sim))
		fail(s, "an operation is in flight for ever");
	if (weft_sim_descriptors(s->sim))
		fail(s, "a descriptor leaked");
	if (counts.leased || counts.copied || weft_sim_buffers(s->sim) != counts.buffers)
		fail(s, "a buffer leaked");
	if (weft_sim_violation(s->sim))
		fail(s, weft_sim_violation(s->sim));
	weft_conns_free(&s->conns);
}

static void dump(const struct scenario *s)
{
	const struct weft_net_counters *c = &s->conns.counters;
	printf("  t %.6f s; accepted %d active %d dial_failed %d; resets %d upstream_fails %d "
	       "failing %d short deadline %d\n",
		(double)weft_loop_now(s->loop) / 1e9, (int)c->accepted, (int)c->active,
		(int)c->dial_failed, s->resets_happen, s->upstream_fails, s->failing,
		s->deadline_short);
	for (unsigned i = 0; i < 2 * ENDS; i++) {
		const struct end *e = i < ENDS ? &s->clients[i] : &s->servers[i - ENDS];
		if (e->used)
			printf("  end %3d <- %3d: sent %zu of %zu, got %zu%s%s%s%s%s\n", e->id,
				e->peer, e->sent, e->total, e->got, e->shut ? ", shut" : "",
				e->ended ? ", ended" : "", e->was_reset ? ", was reset" : "",
				e->did_reset ? ", did reset" : "", e->closed ? ", closed" : "");
	}
}

static const char *run(uint64_t seed)
{
	size_t before = weft_alloc_live_bytes();
	struct scenario *s = calloc(1, sizeof(*s));
	s->seed = seed;
	s->random.state = seed ^ 0x5eed;
	here = s;
	if (!create(s))
		return "no memory";
	begin(s);
	live(s);
	if (!s->broken)
		check(s);
	if (!s->broken)
		end(s);
	const char *broken = s->broken;
	if (broken && verbose)
		dump(s);
	if (!broken) {
		weft_loop_destroy(s->loop);
		weft_sim_destroy(s->sim);
		if (weft_alloc_live_bytes() != before)
			broken = "memory leaked";
		free(s);
	}
	return broken;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	const char *(*kind)(uint64_t) = strcmp(argv[1], "owners") == 0 ? owners_run : run;
	uint64_t first = strtoull(argv[2], NULL, 0), count = strtoull(argv[3], NULL, 0);
	verbose = argc > 4;
	for (uint64_t seed = first; seed < first + count; seed++) {
		const char *broken = kind(seed);
		if (broken) {
			printf("seed %llu: %s\n", (unsigned long long)seed, broken);
			return 1;
		}
	}
	printf("%llu %s\n", (unsigned long long)count, argv[1]);
	return 0;
}

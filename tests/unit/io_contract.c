/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io_contract: what io.h and loop.h promise, on all three back ends.
 */
#include "io_peer.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <threads.h>

static struct {
	const char *backend;
	struct weft_sim_options sim;
	struct network net;
	struct weft_loop *loop;
	struct weft_io *io;
	unsigned descriptors; /* open before */
} w;

static void log_line(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user, (void)level;
	printf("  log: %.*s\n", (int)line.size, line.data);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void begin(struct weft_io_options options)
{
	w.descriptors = open_descriptors();
	options.backend = w.backend;
	options.log = log_line;
	if (strcmp(w.backend, "sim") == 0)
		options.sim = w.net.sim = weft_sim_create(&w.sim);
	if (weft_loop_create(&options, &w.loop) != WEFT_OK)
		abort();
	w.io = weft_loop_io(w.loop);
}

/* Turns until `flag` is not 0, at most 3 seconds, or 20,000 turns of the simulation. */
static bool turn_until(const int *flag)
{
	for (int i = 0; i < 20000 && !*flag; i++) {
		if (!w.net.sim && i > 300)
			return false;
		if (weft_loop_turn(w.loop, w.net.sim ? 0 : 10000000) != WEFT_OK)
			return false;
	}
	return *flag != 0;
}

static void turns(int count)
{
	for (int i = 0; i < (w.net.sim ? 60 * count : count); i++)
		weft_loop_turn(w.loop, w.net.sim ? 0 : 2000000);
}

static void end(void)
{
	turns(3);
	struct weft_io_counts counts;
	weft_io_counts(w.io, &counts);
	CHECK(counts.sockets == 0);
	CHECK(counts.listeners == 0);
	CHECK(counts.watches == 0);
	CHECK(counts.leased == 0);
	if (w.net.sim) {
		for (int i = 0; i < 1000 && weft_sim_operations(w.net.sim); i++)
			weft_loop_turn(w.loop, 0);
		CHECK(weft_sim_operations(w.net.sim) == 0);
		CHECK(weft_sim_descriptors(w.net.sim) == 0);
		CHECK(weft_sim_buffers(w.net.sim) == counts.buffers);
		if (weft_sim_violation(w.net.sim))
			printf("  %s\n", weft_sim_violation(w.net.sim));
		CHECK(!weft_sim_violation(w.net.sim));
	}
	weft_loop_destroy(w.loop);
	weft_sim_destroy(w.net.sim);
	w.net.sim = NULL;
	CHECK(open_descriptors() == w.descriptors);
}

/* ---- a socket under test that writes down what it hears ---- */

struct side {
	struct weft_io_socket *socket;
	uint8_t *bytes;
	size_t size;
	int connected, ended, failed, sent, paused, closed; /* times */
	enum weft_status status;
	size_t sent_size;
	bool keep; /* leases are kept */
	struct weft_lease kept[64];
	unsigned kept_count, received;
	bool echo;
	struct weft_lease going;
	bool pause_first;
};

static void on_connected(void *user, struct weft_io_socket *s, enum weft_status status)
{
	struct side *side = user;
	(void)s;
	side->connected++;
	side->status = status;
}

static void on_received(
	void *user, struct weft_io_socket *s, struct weft_lease lease, enum weft_status status)
{
	struct side *side = user;
	if (status < 0) {
		side->failed++;
		side->status = status;
		return;
	}
	if (lease.size == 0) {
		side->ended++;
		return;
	}
	side->received++;
	side->bytes = realloc(side->bytes, side->size + lease.size);
	memcpy(side->bytes + side->size, lease.data, lease.size);
	side->size += lease.size;
	if (side->pause_first) {
		side->pause_first = false;
		weft_io_pause(s);
	}
	if (side->keep)
		side->kept[side->kept_count++] = lease;
	else
		weft_io_return(s, lease);
}

static void on_sent(void *user, struct weft_io_socket *s, size_t size, enum weft_status status)
{
	struct side *side = user;
	(void)s;
	side->sent++;
	side->sent_size = size;
	side->status = status;
}

static void on_paused(void *user, struct weft_io_socket *s)
{
	(void)s;
	((struct side *)user)->paused++;
}

static void on_closed(void *user, struct weft_io_socket *s)
{
	(void)s;
	((struct side *)user)->closed++;
}

static const struct weft_io_socket_events side_events = { on_connected, on_received, on_sent,
	on_paused, on_closed };

struct door {
	struct weft_io_listener *listener;
	struct side sides[8];
	int accepted, failed, closed;
	enum weft_status status;
};

static void door_accepted(
	void *user, struct weft_io_listener *l, struct weft_io_socket *s, enum weft_status status)
{
	struct door *door = user;
	(void)l;
	if (status != WEFT_OK) {
		door->failed++;
		door->status = status;
		return;
	}
	struct side *side = &door->sides[door->accepted++];
	side->socket = s;
	weft_io_listen_to(s, &side_events, side);
}

static void door_closed(void *user, struct weft_io_listener *l)
{
	(void)l;
	((struct door *)user)->closed++;
}

static const struct weft_io_listener_events door_events = { door_accepted, door_closed };

static struct weft_addr open_door(struct door *door)
{
	struct weft_addr a = loopback(0);
	*door = (struct door){ 0 };
	if (weft_io_listen(w.io, &a, NULL, &door_events, door, &door->listener) != WEFT_OK)
		abort();
	weft_io_accept(door->listener);
	weft_io_listener_local(door->listener, &a);
	return a;
}

/* One accepted connection; the peer's end is returned. */
static int one_connection(struct door *door)
{
	struct weft_addr a = open_door(door);
	turns(1);
	int peer = peer_connect(&w.net, &a);
	turn_until(&door->accepted);
	return peer;
}

static void close_door(struct door *door, int peer)
{
	if (peer >= 0)
		peer_close(&w.net, peer, false);
	for (int i = 0; i < door->accepted; i++) {
		if (!door->sides[i].closed)
			weft_io_close(door->sides[i].socket);
		turn_until(&door->sides[i].closed);
		free(door->sides[i].bytes);
	}
	weft_io_listener_close(door->listener);
	turn_until(&door->closed);
}

static void fill(uint8_t *bytes, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(next_random(&seed) >> 56);
}

/* ---- the cases ---- */

static void accepts(void)
{
	struct door door;
	struct weft_addr a, local, remote;
	begin((struct weft_io_options){ 0 });
	a = open_door(&door);
	int peers[3];
	for (int i = 0; i < 3; i++)
		peers[i] = peer_connect(&w.net, &a);
	for (int i = 0; i < 100 && door.accepted < 3; i++)
		turns(1);
	CHECK(door.accepted == 3);
	CHECK(weft_io_local(door.sides[0].socket, &local) == WEFT_OK && local.port == a.port);
	CHECK(weft_io_remote(door.sides[0].socket, &remote) == WEFT_OK && remote.port != 0);
	CHECK(weft_io_original(door.sides[0].socket, &remote) == WEFT_NOT_FOUND);
	for (int i = 0; i < 3; i++)
		peer_close(&w.net, peers[i], false);
	close_door(&door, -1);
	end();
}

static void echoes(void)
{
	struct door door;
	uint8_t out[3000], in[3000];
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	CHECK(door.accepted == 1);
	fill(out, sizeof(out), 1);
	weft_io_receive(side->socket);
	CHECK(peer_send(&w.net, peer, out, sizeof(out)) == sizeof(out));
	for (int i = 0; i < 100 && side->size < sizeof(out); i++)
		turns(1);
	CHECK(side->size == sizeof(out) && memcmp(side->bytes, out, sizeof(out)) == 0);
	CHECK(weft_io_send(side->socket, side->bytes, side->size) == WEFT_OK);
	CHECK(weft_io_send(side->socket, side->bytes, 1) == WEFT_FULL);
	CHECK(turn_until(&side->sent) && side->status == WEFT_OK && side->sent_size == sizeof(out));
	CHECK(peer_receive(&w.net, peer, in, sizeof(in)) == sizeof(in));
	CHECK(memcmp(in, out, sizeof(in)) == 0);
	close_door(&door, peer);
	CHECK(side->closed == 1 && side->sent == 1);
	end();
}

static void sends_large(void)
{
	struct door door;
	size_t size = 24 << 20, got = 0; /* more than loopback holds */
	uint8_t *out = malloc(size), *in = malloc(size);
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	fill(out, size, 2);
	CHECK(weft_io_send(side->socket, out, size) == WEFT_OK);
	weft_io_shut(side->socket);
	turns(2);
	CHECK(side->sent == 0);
	for (int i = 0; i < 200000; i++) {
		long n = peer_receive(
			&w.net, peer, in + got, size - got < 50000 ? size - got : 50000);
		if (n == 0 && got < size)
			break;
		if (n > 0)
			got += (size_t)n;
		if (got == size && n == 0)
			break;
		if (n < 0)
			turns(1);
	}
	CHECK(got == size && memcmp(in, out, size) == 0);
	CHECK(side->sent == 1 && side->sent_size == size);
	char byte;
	CHECK(peer_receive(&w.net, peer, &byte, 1) == 0);
	close_door(&door, peer);
	end();
	free(out);
	free(in);
}

static void half_closes(void)
{
	struct door door;
	char byte;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	weft_io_receive(side->socket);
	peer_send(&w.net, peer, "last", 4);
	peer_shut(&w.net, peer);
	CHECK(turn_until(&side->ended));
	CHECK(side->size == 4 && side->failed == 0);
	CHECK(weft_io_send(side->socket, "answer", 6) == WEFT_OK);
	weft_io_shut(side->socket);
	CHECK(weft_io_send(side->socket, "more", 4) != WEFT_OK);
	CHECK(turn_until(&side->sent));
	turns(1);
	char in[16];
	CHECK(peer_receive(&w.net, peer, in, sizeof(in)) == 6);
	CHECK(peer_receive(&w.net, peer, &byte, 1) == 0);
	CHECK(side->ended == 1);
	close_door(&door, peer);
	end();
}

static void pauses(void)
{
	struct door door;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	side->pause_first = true;
	weft_io_receive(side->socket);
	peer_send(&w.net, peer, "one", 3);
	CHECK(turn_until(&side->paused));
	size_t before = side->size;
	peer_send(&w.net, peer, "two", 3);
	turns(3);
	CHECK(side->size == before && side->paused == 1);
	weft_io_pause(side->socket); /* again, with nothing armed */
	side->paused = 0;
	CHECK(turn_until(&side->paused));
	weft_io_receive(side->socket);
	for (int i = 0; i < 100 && side->size < 6; i++)
		turns(1);
	CHECK(side->size == 6 && memcmp(side->bytes, "onetwo", 6) == 0);
	weft_io_pause(side->socket); /* and receive again at once: no byte is lost, and the pause is
					answered */
	weft_io_receive(side->socket);
	side->paused = 0;
	CHECK(turn_until(&side->paused));
	peer_send(&w.net, peer, "three", 5);
	for (int i = 0; i < 100 && side->size < 11; i++)
		turns(1);
	CHECK(side->size == 11 && side->paused == 1);
	close_door(&door, peer);
	end();
}

/* Bytes on loan stop the receive; back, they let it go on. */
static void holds_back(void)
{
	struct door door;
	uint8_t block[4096];
	size_t put = 0, total = 64 * 1024;
	begin((struct weft_io_options){
		.buffer_size = 1024, .buffers_first = 64, .buffers_max = 64, .held_max = 4096 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	side->keep = true;
	weft_io_receive(side->socket);
	fill(block, sizeof(block), 3);
	for (int i = 0; i < 20; i++) {
		long n = put < total
			? peer_send(&w.net, peer, block + put % 4096, 4096 - put % 4096)
			: 0;
		put += n > 0 ? (size_t)n : 0;
		turns(2);
	}
	CHECK(w.sim.cut || side->size >= 4096); /* cut short, each lease holds few bytes, and the
						   buffers end first */
	CHECK(side->size <= 4096 + 32 * 1024);
	CHECK(w.sim.cut || side->kept_count < 64);
	side->keep = false;
	for (unsigned i = side->kept_count; i-- > 0;) /* in another order than they came */
		weft_io_return(side->socket, side->kept[i]);
	for (int i = 0; i < 3000 && side->size < put; i++)
		turns(1);
	CHECK(side->size == put);
	for (size_t i = 0; i < put; i++)
		CHECK(side->bytes[i] == block[i % 4096]);
	close_door(&door, peer);
	end();
}

/* Every buffer is on loan to one socket: another starves, and goes on when they come back. */
static void starves(void)
{
	struct door door;
	uint8_t block[4096] = { 7 };
	begin((struct weft_io_options){
		.buffer_size = 512, .buffers_first = 8, .buffers_max = 8, .held_max = 1 << 20 });
	struct weft_addr a = open_door(&door);
	int first = peer_connect(&w.net, &a);
	turn_until(&door.accepted);
	int second = peer_connect(&w.net, &a);
	for (int i = 0; i < 100 && door.accepted < 2; i++)
		turns(1);
	CHECK(door.accepted == 2);
	struct side *hog = &door.sides[0], *poor = &door.sides[1];
	hog->keep = true;
	weft_io_receive(hog->socket);
	CHECK(peer_send(&w.net, first, block, 4096) == 4096);
	for (int i = 0; i < 200; i++)
		turns(1);
	CHECK(hog->kept_count > 0);
	weft_io_receive(poor->socket);
	CHECK(peer_send(&w.net, second, "hungry", 6) == 6);
	turns(3);
	hog->keep = false;
	for (unsigned i = 0; i < hog->kept_count; i++)
		weft_io_return(hog->socket, hog->kept[i]);
	for (int i = 0; i < 200 && (poor->size < 6 || hog->size < 4096); i++)
		turns(1);
	CHECK(poor->size == 6 && hog->size == 4096);
	peer_close(&w.net, second, false);
	close_door(&door, first);
	end();
}

/* A lease that is kept for ever holds up nobody while other buffers are free. */
static void slow_owner_blocks_nobody(void)
{
	struct door door;
	begin((struct weft_io_options){ .buffer_size = 512, .buffers_first = 2, .buffers_max = 2 });
	struct weft_addr a = open_door(&door);
	int first = peer_connect(&w.net, &a);
	turn_until(&door.accepted);
	int second = peer_connect(&w.net, &a);
	for (int i = 0; i < 100 && door.accepted < 2; i++)
		turns(1);
	struct side *slow = &door.sides[0], *busy = &door.sides[1];
	slow->pause_first = slow->keep = true;
	weft_io_receive(slow->socket);
	peer_send(&w.net, first, "x", 1);
	CHECK(turn_until(&slow->paused) && slow->kept_count == 1);
	weft_io_receive(busy->socket);
	for (size_t i = 0; i < 200; i++) {
		CHECK(peer_send(&w.net, second, "y", 1) == 1);
		for (int k = 0; k < 100 && busy->size <= i; k++)
			turns(1);
		CHECK(busy->size == i + 1);
	}
	weft_io_return(slow->socket, slow->kept[0]);
	peer_close(&w.net, second, false);
	close_door(&door, first);
	end();
}

/* Many small leases are copied out, so that they do not hold every buffer. */
static void copies_out(void)
{
	struct door door;
	struct weft_io_counts counts;
	begin((struct weft_io_options){
		.buffer_size = 512, .buffers_first = 8, .buffers_max = 8, .held_max = 1 << 20 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	side->keep = true;
	weft_io_receive(side->socket);
	for (int i = 0; i < 20; i++) {
		peer_send(&w.net, peer, "abc", 3);
		for (int k = 0; k < 100 && side->size < 3 * ((size_t)i + 1); k++)
			turns(1);
	}
	weft_io_counts(w.io, &counts);
	CHECK(side->size == 60 && counts.leased == 4 && counts.copied > 0);
	for (unsigned i = 0, at = 0; i < side->kept_count; at += (unsigned)side->kept[i++].size)
		CHECK(memcmp(side->kept[i].data, side->bytes + at, side->kept[i].size) == 0);
	for (unsigned i = 0; i < side->kept_count; i++)
		weft_io_return(side->socket, side->kept[i]);
	weft_io_counts(w.io, &counts);
	CHECK(counts.copied == 0);
	close_door(&door, peer);
	end();
}

static void grows_buffers(void)
{
	struct door door;
	uint8_t block[4096] = { 7 };
	struct weft_io_counts counts;
	begin((struct weft_io_options){
		.buffer_size = 512, .buffers_first = 4, .buffers_max = 64, .held_max = 1 << 20 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	side->keep = true;
	weft_io_receive(side->socket);
	CHECK(peer_send(&w.net, peer, block, 4096) == 4096);
	for (int i = 0; i < 200 && side->size < 4096; i++)
		turns(1);
	weft_io_counts(w.io, &counts);
	CHECK(w.sim.cut || (counts.buffers > 4 && side->size == 4096));
	for (unsigned i = 0; i < side->kept_count; i++)
		weft_io_return(side->socket, side->kept[i]);
	close_door(&door, peer);
	end();
}

static void resets(void)
{
	struct door door;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	weft_io_receive(side->socket);
	turns(1);
	peer_close(&w.net, peer, true);
	CHECK(turn_until(&side->failed));
	CHECK(side->status == WEFT_RESET && side->ended == 0);
	close_door(&door, -1);
	CHECK(side->failed == 1);
	end();
}

/* A client that half-closes and then dies is noticed without a byte being sent to it. */
static void resets_after_the_end(void)
{
	struct door door;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	weft_io_receive(side->socket);
	peer_send(&w.net, peer, "last", 4);
	peer_shut(&w.net, peer);
	CHECK(turn_until(&side->ended));
	turns(3);
	CHECK(side->size == 4 && side->failed == 0);
	if (weft_io_handle(side->socket) >=
		0) { /* one that vanished without a reset is asked now and then */
		int alive = 0;
		socklen_t size = sizeof(alive);
		getsockopt(weft_io_handle(side->socket), SOL_SOCKET, SO_KEEPALIVE, &alive, &size);
		CHECK(alive == 1);
	}
	peer_close(&w.net, peer, true);
	CHECK(turn_until(&side->failed));
	CHECK(side->status == WEFT_RESET);
	turns(3);
	close_door(&door, -1);
	CHECK(side->failed == 1 && side->ended == 1);
	end();
}

/* The end and the reset are there before anybody looks. */
static void resets_with_the_end(void)
{
	struct door door;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	peer_shut(&w.net, peer);
	peer_close(&w.net, peer, true);
	weft_io_receive(side->socket);
	CHECK(turn_until(&side->failed));
	CHECK(side->status == WEFT_RESET);
	close_door(&door, -1);
	CHECK(side->failed == 1);
	end();
}

/* After both ends nobody is watched, and closing waits for nothing; a close cancels the watch. */
static void ends_are_no_resets(void)
{
	struct door door;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	weft_io_receive(side->socket);
	peer_shut(&w.net, peer);
	CHECK(turn_until(&side->ended));
	turns(3);
	weft_io_shut(side->socket);
	turns(3);
	peer_close(&w.net, peer, false);
	turns(20);
	CHECK(side->failed == 0 && side->ended == 1);
	close_door(&door, -1);
	end();
}

static void aborts(void)
{
	struct door door;
	char byte;
	size_t size = 24 << 20;
	uint8_t *out = calloc(1, size);
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	weft_io_receive(side->socket);
	CHECK(weft_io_send(side->socket, out, size) == WEFT_OK);
	turns(3);
	CHECK(side->sent == 0);
	weft_io_abort(side->socket);
	CHECK(turn_until(&side->closed));
	CHECK(side->sent == 1 && side->status == WEFT_CANCELLED && side->sent_size < size);
	long n;
	uint8_t sink[65536];
	while ((n = peer_receive(&w.net, peer, sink, sizeof(sink))) > 0)
		continue;
	CHECK(n == PEER_RESET);
	CHECK(peer_receive(&w.net, peer, &byte, 1) <= 0);
	close_door(&door, peer);
	end();
	free(out);
}

/* `closed` waits for the leases. */
static void closes_after_leases(void)
{
	struct door door;
	begin((struct weft_io_options){ 0 });
	int peer = one_connection(&door);
	struct side *side = &door.sides[0];
	side->keep = true;
	weft_io_receive(side->socket);
	peer_send(&w.net, peer, "abc", 3);
	for (int i = 0; i < 100 && side->size < 1; i++)
		turns(1);
	CHECK(side->kept_count >= 1);
	weft_io_close(side->socket);
	turns(5);
	CHECK(side->closed == 0);
	CHECK(memcmp(side->kept[0].data, "abc", side->kept[0].size) == 0);
	for (unsigned i = 0; i < side->kept_count; i++)
		weft_io_return(side->socket, side->kept[i]);
	CHECK(turn_until(&side->closed));
	close_door(&door, peer);
	end();
}

static void dials(void)
{
	struct side side = { 0 };
	struct weft_addr a = loopback(0);
	begin((struct weft_io_options){ 0 });
	int listener = peer_listen(&w.net, &a);
	CHECK(listener >= 0);
	CHECK(weft_io_dial(w.io, &a, NULL, &side_events, &side, &side.socket) == WEFT_OK);
	CHECK(turn_until(&side.connected) && side.status == WEFT_OK);
	int peer = peer_accept(&w.net, listener);
	CHECK(peer >= 0);
	weft_io_receive(side.socket);
	CHECK(weft_io_send(side.socket, "hello", 5) == WEFT_OK);
	CHECK(turn_until(&side.sent));
	char in[8];
	CHECK(peer_receive(&w.net, peer, in, sizeof(in)) == 5);
	peer_close(&w.net, peer, false);
	CHECK(turn_until(&side.ended));
	weft_io_close(side.socket);
	CHECK(turn_until(&side.closed) && side.connected == 1);
	peer_close(&w.net, listener, false);
	free(side.bytes);
	end();
}

static void dial_refused(void)
{
	struct side side = { 0 }, early = { 0 };
	struct weft_addr a = loopback(1);
	begin((struct weft_io_options){ 0 });
	CHECK(weft_io_dial(w.io, &a, NULL, &side_events, &side, &side.socket) == WEFT_OK);
	CHECK(turn_until(&side.connected) && side.status == WEFT_REFUSED);
	weft_io_close(side.socket);
	CHECK(turn_until(&side.closed));
	CHECK(weft_io_dial(w.io, &a, NULL, &side_events, &early, &early.socket) == WEFT_OK);
	weft_io_abort(early.socket); /* before it was submitted */
	CHECK(turn_until(&early.closed) && early.connected == 1 && early.status == WEFT_CANCELLED);
	end();
}

static void listen_errors(void)
{
	struct door door;
	struct weft_io_listener *second;
	begin((struct weft_io_options){ 0 });
	struct weft_addr a = loopback(0);
	int other = peer_listen(&w.net, &a);
	CHECK(weft_io_listen(w.io, &a, NULL, &door_events, &door, &second) == WEFT_IN_USE);
	struct weft_addr b = open_door(&door);
	CHECK(weft_io_listen(w.io, &b, NULL, &door_events, &door, &second) == WEFT_IN_USE);
	if (!w.net.sim) {
		struct weft_addr foreign = loopback(0);
		foreign.ip.byte[12] = 192;
		foreign.ip.byte[14] = 2;
		CHECK(weft_io_listen(w.io, &foreign, NULL, &door_events, &door, &second) ==
			WEFT_ADDRESS_UNAVAILABLE);
	}
	peer_close(&w.net, other, false);
	close_door(&door, -1);
	end();
}

/* A group shares its address; whoever probes finds it in use. Closing one member loses no
 * connection that waits. */
static void groups(void)
{
	struct door one = { 0 }, two = { 0 }, three = { 0 };
	struct weft_addr a = loopback(0);
	begin((struct weft_io_options){ 0 });
	struct weft_io_listen_options group = { .reuse_port = true },
				      probe = { .reuse_port = true, .probe = true };
	CHECK(weft_io_listen(w.io, &a, &probe, &door_events, &one, &one.listener) == WEFT_OK);
	weft_io_listener_local(one.listener, &a);
	CHECK(weft_io_listen(w.io, &a, &group, &door_events, &two, &two.listener) == WEFT_OK);
	CHECK(weft_io_listen(w.io, &a, &probe, &door_events, &three, &three.listener) ==
		WEFT_IN_USE);
	turns(1);
	int peers[8];
	for (int i = 0; i < 8; i++)
		peers[i] = peer_connect(&w.net, &a);
	weft_io_listener_close(one.listener); /* never armed: all that it has waits in its queue */
	CHECK(turn_until(&one.closed));
	weft_io_accept(two.listener);
	for (int i = 0; i < 100 && one.accepted + two.accepted < 8; i++)
		turns(1);
	CHECK(one.accepted + two.accepted == 8);
	for (int i = 0; i < 8; i++)
		peer_close(&w.net, peers[i], false);
	for (int i = 0; i < one.accepted; i++) {
		weft_io_close(one.sides[i].socket);
		turn_until(&one.sides[i].closed);
	}
	close_door(&two, -1);
	end();
}

static void too_many_files(void)
{
	struct door door = { 0 };
	struct rlimit before, few;
	struct weft_addr a = loopback(0);
	w.sim.files_max = 1;
	begin((struct weft_io_options){ 0 });
	CHECK(weft_io_listen(w.io, &a, NULL, &door_events, &door, &door.listener) == WEFT_OK);
	weft_io_listener_local(door.listener, &a);
	turns(1);
	int peer = peer_connect(&w.net, &a);
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	for (few.rlim_cur = 3; fcntl((int)few.rlim_cur, F_GETFD) >= 0; few.rlim_cur++)
		continue;
	setrlimit(RLIMIT_NOFILE, &few);
	weft_io_accept(door.listener);
	turn_until(&door.failed);
	turns(3);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(door.failed == 1 &&
		door.status == WEFT_TOO_MANY_FILES); /* it stopped, and does not spin */
	if (!w.net.sim) {
		weft_io_accept(door.listener);
		CHECK(turn_until(&door.accepted)); /* nothing was lost */
	}
	w.sim.files_max = 0;
	peer_close(&w.net, peer, false);
	close_door(&door, -1);
	end();
}

/* ---- timers, tasks, the wake-up ---- */

static int64_t expired_at[8];
static int expired_count, tasks_run;

static void on_expired(void *user, struct weft_timer *timer)
{
	(void)timer;
	expired_at[expired_count++] = (int64_t)(intptr_t)user;
}

static void timers(void)
{
	struct weft_timer t[4] = { 0 };
	begin((struct weft_io_options){ 0 });
	expired_count = 0;
	turns(1);
	int64_t now = weft_loop_now(w.loop), ms = 1000000;
	int delays[] = { 30, 10, 20, 15 };
	for (int i = 0; i < 4; i++) {
		t[i] = (struct weft_timer){ .expired = on_expired,
			.user = (void *)(intptr_t)delays[i] };
		CHECK(weft_timer_set(w.loop, &t[i], now + delays[i] * ms) == WEFT_OK);
	}
	weft_timer_stop(w.loop, &t[3]);
	weft_timer_stop(w.loop, &t[3]);
	CHECK(weft_timer_set(w.loop, &t[2], now + 40 * ms) == WEFT_OK);
	for (int i = 0; i < 1000 && expired_count < 3; i++)
		weft_loop_turn(w.loop, -1);
	CHECK(expired_count == 3);
	CHECK(expired_at[0] == 10 && expired_at[1] == 30 && expired_at[2] == 20);
	CHECK(weft_loop_now(w.loop) - now >= 40 * ms && weft_loop_now(w.loop) - now < 1000 * ms);
	CHECK(weft_loop_wall(w.loop) > INT64_C(1600000000000000000));
	end();
}

struct counted {
	struct weft_task task;
	int order;
};
static int last_order;

static void run_counted(struct weft_task *task)
{
	struct counted *c = (struct counted *)task;
	if (c->order == last_order + 1)
		last_order = c->order;
	tasks_run++;
}

static struct counted posted[100];

static int poster(void *loop)
{
	struct timespec pause = { 0, 3000000 };
	nanosleep(&pause, NULL);
	for (int i = 0; i < 100; i++) {
		posted[i] = (struct counted){ .task.run = run_counted, .order = i + 1 };
		weft_loop_post(loop, &posted[i].task);
	}
	return 0;
}

static int other_thread(void *loop)
{
	return weft_loop_turn(loop, 0);
}

static void posts(void)
{
	thrd_t thread;
	int status;
	begin((struct weft_io_options){ 0 });
	tasks_run = last_order = 0;
	weft_loop_turn(w.loop, 0);
	thrd_create(&thread, other_thread, w.loop);
	thrd_join(thread, &status);
	CHECK(status == WEFT_WRONG_THREAD);
	thrd_create(&thread, poster, w.loop);
	for (int i = 0; i < 100000000 && tasks_run < 100; i++)
		weft_loop_turn(w.loop, w.net.sim ? 0 : -1); /* the wake must end it */
	thrd_join(thread, &status);
	CHECK(tasks_run == 100 && last_order == 100);
	end();
}

/* ---- only where there are real descriptors ---- */

static int watched;

static void on_ready(void *user, struct weft_io_watch *watch, unsigned ready)
{
	(void)user, (void)watch;
	watched += (ready & WEFT_IO_READABLE) != 0;
}

static int hangups;

static void on_hangup(void *user, struct weft_io_watch *watch, unsigned ready)
{
	(void)user, (void)watch;
	hangups += ready == WEFT_IO_HANGUP;
}

static void watches(void)
{
	struct weft_io_watch *watch;
	begin((struct weft_io_options){ 0 });
	int fd = eventfd(0, EFD_NONBLOCK);
	watched = 0;
	enum weft_status status = weft_io_watch(w.io, fd, WEFT_IO_READABLE, on_ready, NULL, &watch);
	if (w.net.sim) {
		CHECK(status == WEFT_UNSUPPORTED);
		close(fd);
		end();
		return;
	}
	CHECK(status == WEFT_OK);
	turns(2);
	CHECK(watched == 0);
	eventfd_write(fd, 1);
	turns(6);
	CHECK(watched >= 2); /* level-triggered: it was not read */
	weft_io_watch_change(watch, 0);
	turns(2);
	int before = watched;
	turns(2);
	CHECK(watched == before);
	weft_io_watch_change(watch, WEFT_IO_READABLE);
	CHECK(turn_until(&watched));
	weft_io_watch_end(watch);
	close(fd);
	int again = eventfd(1, EFD_NONBLOCK); /* the same number */
	before = watched;
	turns(3);
	CHECK(watched == before);
	close(again);
	fd = open("/proc/self/exe",
		O_RDONLY); /* epoll takes no files, io_uring says that they are ready */
	CHECK(weft_io_watch(w.io, fd, WEFT_IO_READABLE, on_hangup, NULL, &watch) == WEFT_OK);
	hangups = 0;
	turns(4);
	CHECK(hangups <= 1);
	weft_io_watch_end(watch);
	close(fd);
	end();
}

static int signals_seen;

static void on_signal(void *user, int signal)
{
	(void)user;
	signals_seen += signal == SIGTERM;
}

static void hears_signals(void)
{
	if (strcmp(w.backend, "sim") == 0)
		return;
	begin((struct weft_io_options){ 0 });
	signals_seen = 0;
	CHECK(weft_loop_signals(w.loop, on_signal, NULL) == WEFT_OK);
	turns(1);
	kill(getpid(), SIGTERM);
	CHECK(turn_until(&signals_seen));
	weft_loop_destroy(w.loop);
	CHECK(open_descriptors() == w.descriptors);
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, ms) == 1;
}

/* Turns with no wait while the descriptor says so, as an embedding loop does; false when it does
 * not come to rest. (A signal of one eventfd from within another's comes some milliseconds late: a
 * turn for nothing.) */
static bool quiet(int fd)
{
	int turned = 0;
	for (; turned < 20 && readable(fd, 20); turned++)
		weft_loop_turn(w.loop, 0);
	return turned < 20;
}

static void embeds(void)
{
	struct door door;
	thrd_t thread;
	int status;
	if (strcmp(w.backend, "sim") == 0)
		return;
	begin((struct weft_io_options){ 0 });
	struct weft_addr a = open_door(&door);
	int fd = weft_loop_descriptor(w.loop);
	CHECK(fd >= 0);
	CHECK(readable(fd, 0)); /* the first turn is due */
	CHECK(quiet(fd));
	int peer = peer_connect(&w.net, &a); /* a completion */
	CHECK(readable(fd, 1000));
	CHECK(quiet(fd));
	CHECK(door.accepted == 1);
	weft_io_receive(door.sides[0].socket); /* asked for between turns */
	CHECK(readable(fd, 1000));
	CHECK(quiet(fd));
	peer_send(&w.net, peer, "x", 1);
	CHECK(readable(fd, 1000));
	CHECK(quiet(fd));
	CHECK(door.sides[0].size == 1);
	CHECK(weft_io_send(door.sides[0].socket, "y", 1) == WEFT_OK);
	for (int i = 0; i < 10 && !door.sides[0].sent; i++) {
		CHECK(readable(fd, 1000));
		weft_loop_turn(w.loop, 0);
	}
	CHECK(door.sides[0].sent == 1);
	CHECK(quiet(fd));
	struct weft_timer timer = { .expired = on_expired };
	expired_count = 0;
	int64_t now = weft_loop_now(w.loop);
	CHECK(weft_timer_set(w.loop, &timer, now + 30000000) == WEFT_OK);
	CHECK(quiet(fd));
	CHECK(readable(fd, 1000)); /* a timer */
	CHECK(weft_loop_now(w.loop) - now >= 29000000);
	CHECK(quiet(fd));
	CHECK(expired_count == 1);
	tasks_run = last_order = 0;
	thrd_create(&thread, poster, w.loop);
	CHECK(readable(fd, 1000)); /* a post */
	thrd_join(thread, &status);
	CHECK(quiet(fd));
	CHECK(tasks_run == 100);
	close_door(&door, peer);
	end();
}

static void run_all(const char *suffix)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{ "accepts", accepts },
		{ "echoes", echoes },
		{ "sends_large", sends_large },
		{ "half_closes", half_closes },
		{ "pauses", pauses },
		{ "holds_back", holds_back },
		{ "starves", starves },
		{ "slow_owner_blocks_nobody", slow_owner_blocks_nobody },
		{ "copies_out", copies_out },
		{ "grows_buffers", grows_buffers },
		{ "resets", resets },
		{ "resets_after_the_end", resets_after_the_end },
		{ "resets_with_the_end", resets_with_the_end },
		{ "ends_are_no_resets", ends_are_no_resets },
		{ "aborts", aborts },
		{ "closes_after_leases", closes_after_leases },
		{ "dials", dials },
		{ "dial_refused", dial_refused },
		{ "listen_errors", listen_errors },
		{ "groups", groups },
		{ "too_many_files", too_many_files },
		{ "timers", timers },
		{ "posts", posts },
		{ "watches", watches },
		{ "hears_signals", hears_signals },
		{ "embeds", embeds },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		case_bad = false;
		cases[i].run();
		printf(case_bad ? "FAIL %s/%s%s: see above\n" : "ok %s/%s%s\n", cases[i].name,
			w.backend, suffix);
		cases_failed += case_bad;
		if (case_bad)
			w.net.sim = NULL;
		fflush(stdout);
	}
}

int main(void)
{
	w.backend = "epoll";
	run_all("");
	w.backend = "io_uring";
	run_all("");
	w.backend = "sim";
	run_all("");
	for (uint64_t seed = 1; seed <= 20; seed++) {
		char suffix[32];
		snprintf(suffix, sizeof(suffix), " seed %d", (int)seed);
		w.sim = (struct weft_sim_options){
			.seed = seed, .cut = 30, .delay = 30, .idle = 30, .starve = 10, .end = 20
		};
		run_all(suffix);
	}
	return cases_end();
}

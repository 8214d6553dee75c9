/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_relay.c: two streams joined by relay.c, over sockets and memory pairs: every byte in order
 * both ways whatever the pace of the ends, half-closes as half-closes, resets as resets, and a
 * bounded number of bytes held.
 */
#include "net/relay.h"
#include "net_ends.h"

static struct end *client, *server;
static struct weft_relay relay;
static uint64_t relayed;
static int over;
static enum weft_status over_status;

static void relay_over(struct weft_relay *r, enum weft_status status)
{
	(void)r;
	over++;
	over_status = status;
}

static bool begin(void)
{
	struct weft_stream *s[4];
	if (!world_pair(&s[0], &s[1]) || !world_pair(&s[2], &s[3]))
		return false;
	client = end_new("client", s[0], 1, 2);
	server = end_new("server", s[3], 2, 1);
	relayed = 0;
	over = 0;
	weft_relay_start(&relay, s[1], s[2], &relayed, relay_over);
	return true;
}

static void finish(void)
{
	if (client->stream)
		weft_stream_abort(client->stream);
	if (server->stream)
		weft_stream_abort(server->stream);
	TURN_UNTIL(client->closes && server->closes && over);
	free(client);
	free(server);
}

static void both_ways_at_once(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	weft_stream_receive(server->stream);
	end_send(client, 5000011, true);
	end_send(server, 7000013, true);
	TURN_UNTIL(client->ends && server->ends && over);
	CHECK(server->in_done == 5000011 && !server->wrong && server->ends == 1);
	CHECK(client->in_done == 7000013 && !client->wrong && client->ends == 1);
	CHECK(over == 1 && over_status == WEFT_OK);
	CHECK(relayed == 12000024);
	finish();
}

static void single_bytes(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	weft_stream_receive(server->stream);
	for (size_t i = 0; i < 200; i++) {
		end_send(client, 1, false);
		TURN_UNTIL(server->in_done == i + 1);
		end_send(server, 1, false);
		TURN_UNTIL(client->in_done == i + 1);
	}
	CHECK(server->in_done == 200 && client->in_done == 200 && !server->wrong && !client->wrong);
	finish();
}

static void half_close_is_forwarded(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	weft_stream_receive(server->stream);
	end_send(client, 100, true);
	TURN_UNTIL(server->ends);
	CHECK(server->ends == 1 && server->in_done == 100);
	TURN_FOR(10);
	CHECK(!over && !client->ends && !client->errors);
	end_send(server, 300000, true);
	TURN_UNTIL(client->ends && over);
	CHECK(client->in_done == 300000 && !client->wrong && client->ends == 1 &&
		over_status == WEFT_OK);
	finish();
}

static void reset_is_forwarded(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	weft_stream_receive(server->stream);
	end_send(client, 100, false);
	TURN_UNTIL(server->in_done == 100);
	weft_stream_abort(server->stream);
	TURN_UNTIL(client->errors && over);
	CHECK(client->errors == 1 && client->error == WEFT_RESET && over_status == WEFT_RESET);
	finish();
}

/* The client ends and then dies, the server says nothing: the relay must not stay for ever. */
static void reset_after_the_end_is_forwarded(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	weft_stream_receive(server->stream);
	end_send(client, 100, true);
	TURN_UNTIL(server->in_done == 100 && server->ends);
	CHECK(!over);
	weft_stream_abort(client->stream);
	TURN_UNTIL(server->errors && over);
	CHECK(server->errors == 1 && server->error == WEFT_RESET && over_status == WEFT_RESET);
	finish();
}

static void slow_reader_holds_back_the_sender(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	server->hold = true;
	weft_stream_receive(server->stream);
	end_send(client, 30000000, true);
	TURN_FOR(100);
	size_t stuck = client->out_done;
	CHECK(stuck < 20000000);         /* what the kernel's buffers take, and no more */
	end_send(server, 100000, false); /* the other way goes on meanwhile */
	TURN_UNTIL(client->in_done == 100000);
	CHECK(client->in_done == 100000 && !client->wrong);
	while (server->in_done < 30000000 && client->sending | server->held_count) {
		end_give_back(server); /* in spurts */
		for (int i = 0; i < 20; i++)
			weft_loop_turn(the_loop, 100000);
	}
	end_give_back(server);
	TURN_UNTIL(server->ends);
	CHECK(server->in_done == 30000000 && !server->wrong && server->ends == 1);
	finish();
}

static void abort_ends_both(void)
{
	CHECK(begin());
	weft_stream_receive(client->stream);
	weft_stream_receive(server->stream);
	end_send(client, 100000, false);
	end_send(server, 100000, false);
	for (int i = 0; i < 3; i++)
		weft_loop_turn(the_loop, 1000000);
	weft_relay_abort(&relay, WEFT_CANCELLED);
	TURN_UNTIL(client->errors && server->errors && over);
	CHECK(client->error == WEFT_RESET && server->error == WEFT_RESET && over == 1 &&
		over_status == WEFT_CANCELLED);
	CHECK(!client->wrong && !server->wrong);
	finish();
}

/* Whatever fails to be allocated while bytes flow: either all of them arrive or both sides see an
 * error, and nothing leaks. */
static void memory_runs_out(void)
{
	for (uint64_t k = 1; k < 60; k += 3) {
		CHECK(begin());
		weft_stream_receive(client->stream);
		weft_stream_receive(server->stream);
		weft_alloc_fail_at(k, 0);
		end_send(client, 700000, true);
		end_send(server, 700000, true);
		TURN_UNTIL(over);
		weft_alloc_fail_at(0, 0);
		CHECK(over == 1 && !client->wrong && !server->wrong);
		CHECK(over_status < 0 || (client->in_done == 700000 && server->in_done == 700000));
		finish();
	}
}

static void nothing_is_left(void)
{
	struct weft_io_counts counts;
	TURN_FOR(5);
	weft_io_counts(weft_loop_io(the_loop), &counts);
	CHECK(counts.sockets == 0 && counts.listeners == 0 && counts.leased == 0);
}

static void run_all(const char *world)
{
	if (!world_begin(world)) {
		printf("skip %s: does not work here\n", world);
		return;
	}
	printf("  over %s\n", world);
	CASE(both_ways_at_once);
	CASE(single_bytes);
	CASE(half_close_is_forwarded);
	CASE(reset_is_forwarded);
	CASE(reset_after_the_end_is_forwarded);
	CASE(slow_reader_holds_back_the_sender);
	CASE(abort_ends_both);
	CASE(memory_runs_out);
	CASE(nothing_is_left);
	world_end();
}

static void memory_is_back(void)
{
	CHECK(weft_alloc_live_count() == 0);
}

int main(void)
{
	run_all("pair");
	run_all("epoll");
	run_all("io_uring");
	CASE(memory_is_back);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_stream.c: the contract of stream.h, held against every kind of stream: sockets over io_uring
 * and epoll, and the memory pair.
 */
#include "net_ends.h"

static struct end *a, *b;

static bool begin(void)
{
	struct weft_stream *s, *t;
	if (!world_pair(&s, &t))
		return false;
	a = end_new("a", s, 1, 2);
	b = end_new("b", t, 2, 1);
	return true;
}

static void finish(void)
{
	if (a->stream && !a->closes)
		weft_stream_abort(a->stream);
	if (b->stream && !b->closes)
		weft_stream_abort(b->stream);
	TURN_UNTIL(a->closes && b->closes);
	free(a);
	free(b);
}

static void bytes_arrive_both_ways(void)
{
	CHECK(begin());
	weft_stream_receive(a->stream);
	weft_stream_receive(b->stream);
	end_send(a, 3000001, true);
	end_send(b, 2000003, true);
	CHECK(a->in_done == 0 && b->in_done == 0); /* nothing from inside a call */
	TURN_UNTIL(a->ends && b->ends);
	CHECK(b->in_done == 3000001 && !b->wrong);
	CHECK(a->in_done == 2000003 && !a->wrong);
	CHECK(a->ends == 1 && b->ends == 1 && !a->errors && !b->errors);
	weft_stream_close(a->stream);
	weft_stream_close(b->stream);
	TURN_UNTIL(a->closes && b->closes);
	CHECK(a->closes == 1 && b->closes == 1);
	CHECK(!a->lent_after_end && !b->lent_after_end);
	finish();
}

static void half_close_leaves_the_other_way_open(void)
{
	CHECK(begin());
	weft_stream_receive(a->stream);
	weft_stream_receive(b->stream);
	end_send(a, 10, true);
	TURN_UNTIL(b->ends);
	CHECK(b->ends == 1 && b->in_done == 10);
	CHECK(weft_stream_send(a->stream, "x", 1) == WEFT_INVALID);
	end_send(b, 200000, true);
	TURN_UNTIL(a->ends);
	CHECK(a->in_done == 200000 && !a->wrong && a->ends == 1);
	finish();
}

static void pause_holds_until_receive(void)
{
	CHECK(begin());
	weft_stream_receive(b->stream);
	weft_stream_pause(b->stream);
	TURN_UNTIL(b->pauses);
	CHECK(b->pauses == 1);
	size_t before = b->in_done;
	end_send(a, 1000, false);
	TURN_FOR(20);
	CHECK(b->in_done == before);
	weft_stream_receive(b->stream);
	TURN_UNTIL(b->in_done == 1000);
	CHECK(b->in_done == 1000 && !b->wrong && b->pauses == 1);
	finish();
}

static void held_leases_stop_the_receive(void)
{
	CHECK(begin());
	b->hold = true;
	weft_stream_receive(b->stream);
	end_send(a, 8000000, false);
	TURN_FOR(60);
	CHECK(b->held_bytes > 0 && b->held_bytes < 1000000);
	b->hold = false;
	end_give_back(b);
	TURN_UNTIL(b->in_done == 8000000);
	CHECK(b->in_done == 8000000 && !b->wrong);
	finish();
}

static void abort_is_a_reset(void)
{
	CHECK(begin());
	weft_stream_receive(b->stream);
	end_send(a, 10, false);
	TURN_UNTIL(b->in_done == 10);
	weft_stream_abort(a->stream);
	TURN_UNTIL(a->closes && b->errors);
	CHECK(a->closes == 1);
	CHECK(b->errors == 1 && b->error == WEFT_RESET && b->ends == 0);
	finish();
}

static void every_send_is_answered(void)
{
	CHECK(begin());
	end_send(a, 40000000, false); /* nobody receives: it stays in flight */
	TURN_FOR(30);
	CHECK(a->sending);
	CHECK(weft_stream_send(a->stream, "x", 1) == WEFT_FULL);
	size_t calls = a->sent_calls;
	weft_stream_abort(a->stream);
	TURN_UNTIL(a->closes);
	CHECK(a->closes == 1 && !a->sending && a->sent_calls == calls + 1 && a->sent_status < 0);
	finish();
}

static void close_lets_the_send_finish(void)
{
	CHECK(begin());
	weft_stream_receive(b->stream);
	end_send(a, 40000, false);
	weft_stream_close(a->stream);
	TURN_UNTIL(b->ends && a->closes);
	CHECK(b->ends == 1 && b->in_done == 40000 && !b->wrong && a->closes == 1);
	CHECK(a->sent_calls == 1 && a->sent_status == WEFT_OK);
	finish();
}

static void closed_waits_for_the_leases(void)
{
	CHECK(begin());
	b->hold = true;
	weft_stream_receive(b->stream);
	end_send(a, 100, false);
	TURN_UNTIL(b->held_count);
	CHECK(b->held_bytes == 100);
	weft_stream_abort(b->stream);
	TURN_FOR(20);
	CHECK(!b->closes);
	end_give_back(b);
	TURN_UNTIL(b->closes);
	CHECK(b->closes == 1);
	finish();
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
	CASE(bytes_arrive_both_ways);
	CASE(half_close_leaves_the_other_way_open);
	CASE(pause_holds_until_receive);
	CASE(held_leases_stop_the_receive);
	CASE(abort_is_a_reset);
	CASE(every_send_is_answered);
	CASE(close_lets_the_send_finish);
	CASE(closed_waits_for_the_leases);
	CASE(nothing_is_left);
	world_end();
}

static void dial_refused(void)
{
	struct weft_dial *dial;
	dial_over = false;
	CHECK(weft_dial_start(the_loop, loopback(1), NULL, world_dialled, NULL, &dial) == WEFT_OK);
	CHECK(!dial_over);
	TURN_UNTIL(dial_over);
	CHECK(dial_over && dial_status == WEFT_REFUSED && !dialled_stream);
}

/* A listener that never accepts and whose queue is full drops the connection requests. */
static void dial_times_out(void)
{
	struct weft_addr any = loopback(0), at;
	struct weft_io_listen_options options = { .backlog = 1 };
	struct weft_io_listener *listener;
	struct weft_dial *filler[4], *dial;
	CHECK(weft_io_listen(weft_loop_io(the_loop), &any, &options, &world_listener_events, NULL,
		      &listener) == WEFT_OK);
	CHECK(weft_io_listener_local(listener, &at) == WEFT_OK);
	struct weft_stream *kept[4] = { 0 };
	for (int i = 0; i < 4; i++) {
		struct weft_dial_options brief = { .timeout = 100000000 };
		dial_over = false;
		CHECK(weft_dial_start(the_loop, at, &brief, world_dialled, NULL, &filler[i]) ==
			WEFT_OK);
		TURN_UNTIL(dial_over);
		kept[i] = dialled_stream;
	}
	struct weft_dial_options brief = { .timeout = 50000000 };
	int64_t before = weft_loop_now(the_loop);
	dial_over = false;
	CHECK(weft_dial_start(the_loop, at, &brief, world_dialled, NULL, &dial) == WEFT_OK);
	TURN_UNTIL(dial_over);
	CHECK(dial_over && dial_status == WEFT_TIMED_OUT);
	CHECK(weft_loop_now(the_loop) - before < 1000000000);
	for (int i = 0; i < 4; i++)
		if (kept[i])
			weft_stream_abort(kept[i]);
	listener_closed = false;
	drop_accepted = true;
	weft_io_listener_close(listener);
	TURN_UNTIL(listener_closed);
	TURN_FOR(5);
	drop_accepted = false;
}

static void dial_cancelled_says_nothing(void)
{
	struct weft_dial *dial;
	dial_over = false;
	CHECK(weft_dial_start(the_loop, loopback(1), NULL, world_dialled, NULL, &dial) == WEFT_OK);
	weft_dial_cancel(dial);
	TURN_FOR(10);
	CHECK(!dial_over);
}

static void dial_from_a_source(void)
{
	struct weft_addr any = loopback(0), at;
	struct weft_io_listen_options options = { 0 };
	struct weft_io_listener *listener;
	struct weft_dial *dial;
	CHECK(weft_io_listen(weft_loop_io(the_loop), &any, &options, &world_listener_events, NULL,
		      &listener) == WEFT_OK);
	CHECK(weft_io_listener_local(listener, &at) == WEFT_OK);
	weft_io_accept(listener);
	struct weft_dial_options from = { .has_source = true, .source = loopback(0) };
	from.source.ip.byte[15] = 7;
	dial_over = false;
	accepted_stream = NULL;
	CHECK(weft_dial_start(the_loop, at, &from, world_dialled, NULL, &dial) == WEFT_OK);
	TURN_UNTIL(dial_over && accepted_stream);
	CHECK(dial_status == WEFT_OK && accepted_stream);
	CHECK(weft_stream_remote(accepted_stream).ip.byte[15] == 7);
	struct weft_addr seen = weft_stream_remote(dialled_stream);
	CHECK(seen.port == at.port &&
		memcmp(&seen.ip, &at.ip, sizeof(at.ip)) == 0); /* v4 stays canonical */
	struct weft_addr original = weft_socket_original(weft_stream_socket(accepted_stream));
	CHECK(original.port == at.port);
	weft_stream_close(dialled_stream);
	weft_stream_close(accepted_stream);
	listener_closed = false;
	weft_io_listener_close(listener);
	TURN_UNTIL(listener_closed);
	TURN_FOR(5);
}

static void run_dials(const char *world)
{
	if (!world_begin(world))
		return;
	CASE(dial_refused);
	CASE(dial_times_out);
	CASE(dial_cancelled_says_nothing);
	CASE(dial_from_a_source);
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
	run_dials("epoll");
	run_dials("io_uring");
	CASE(memory_is_back);
	return cases_end();
}

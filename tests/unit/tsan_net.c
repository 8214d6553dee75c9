/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * tsan_net.c: three workers under the thread sanitizer: connections through all of them while
 * listeners come and go, rows change and relays are revoked. Over epoll, whose memory traffic the
 * sanitizer sees.
 */
#include "net_backend.h"

enum { CLIENTS = 60, ROUNDS = 6 };

static void everything_at_once(void)
{
	static struct end *c[CLIENTS];
	uint16_t port = free_port(), other = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "Open") == 0);
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Open");
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < CLIENTS; i++) {
			c[i] = connect_to(loopback(port));
			CHECK(c[i]);
			end_send(c[i], 20000, false);
			if (i % 7 == 0)
				put_web(TABLE_WEB, other, loopback(other), backend_addr, i % 2);
			if (i % 7 == 3)
				delete_web(TABLE_WEB, other);
		}
		SERVE_UNTIL(backend_count == (size_t)(round + 1) * CLIENTS);
		for (size_t i = (size_t)round * CLIENTS; i < backend_count; i++)
			end_send(backend_ends[i], 3000, false);
		uint64_t judged = counter("judged");
		for (int i = 0; i < CLIENTS; i += 5) {
			struct weft_addr own;
			if (c[i]->stream &&
				weft_io_local(weft_stream_socket(c[i]->stream), &own) == WEFT_OK)
				put_allowed(own.port, i % 2);
		}
		SERVE_UNTIL(counter("judged") >= judged + CLIENTS / 5);
		CHECK(counter("judged") >= judged + CLIENTS / 5);
		for (int i = 0; i < CLIENTS; i++) {
			SERVE_UNTIL(c[i]->in_done == 3000 || c[i]->errors);
			CHECK(c[i]->in_done == 3000 || c[i]->errors);
			CHECK(!c[i]->wrong);
			client_end(c[i]);
		}
	}
	SERVE_UNTIL(counter("active") == 0);
	CHECK(counter("active") == 0);
	CHECK(counter("accepted") >= ROUNDS * CLIENTS);
	CHECK(counter("revoked") > 0);
	weft_net_drain(net, 0);
	SERVE_UNTIL(weft_net_is_idle(net));
	CHECK(weft_net_is_idle(net));
}

int main(void)
{
	if (!world_begin("epoll") || !program_begin("epoll", 3) || !backend_begin())
		return 1;
	CASE(everything_at_once);
	backend_end();
	program_end();
	world_end();
	return cases_end();
}

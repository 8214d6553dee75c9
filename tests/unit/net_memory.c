/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_memory.c: allocations fail while a listener opens, while a connection is served, while the
 * listener goes: what could not be done is done later or denied, everything comes to rest, and no
 * byte is left.
 */
#include "net_backend.h"

static void turn_home(int times)
{
	while (times-- > 0)
		weft_loop_turn(home, 0);
}

static void each_allocation_fails_once(void)
{
	for (uint64_t k = 3; k < 70; k += 3) {
		uint16_t port = free_port();
		weft_alloc_fail_at(k, 0);
		enum weft_status status =
			put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
		turn_home(6);
		weft_alloc_fail_at(0, 0);
		CHECK(status == WEFT_OK ||
			put_web(TABLE_WEB, port, loopback(port), backend_addr, false) == WEFT_OK);
		SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "Open") == 0);
		CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Open");
		weft_alloc_fail_at(k, 0);
		struct end *c = connect_to(loopback(port));
		if (c)
			end_send(c, 100000, true);
		for (int i = 0; i < 50 && c && !c->errors; i++) {
			weft_loop_turn(home, 0);
			weft_loop_turn(the_loop, 100000);
		}
		weft_alloc_fail_at(0, 0);
		if (c)
			client_end(c);
		weft_alloc_fail_at(k, 0);
		delete_web(TABLE_WEB, port);
		turn_home(6);
		weft_alloc_fail_at(0, 0);
		delete_web(TABLE_WEB, port);
		SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "none") == 0);
		CHECK_TEXT(state_of(TABLE_OBSERVED, port), "none");
	}
	SERVE_UNTIL(counter("active") == 0);
	CHECK(counter("active") == 0);
}

static void memory_is_back(void)
{
	CHECK(weft_alloc_live_count() == 0);
}

int main(void)
{
	if (!world_begin("epoll") || !program_begin("epoll", 0) || !backend_begin())
		return 1;
	CASE(each_allocation_fails_once);
	backend_end();
	program_end();
	world_end();
	CASE(memory_is_back);
	return cases_end();
}

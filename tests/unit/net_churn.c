/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_churn.c: random rows come, go and move while random clients connect, talk, reset and are
 * revoked, a second on each back end. No byte is wrong, everything comes to rest, nothing is left.
 * Prints its seed; NET_CHURN_SEED repeats one.
 */
#include <time.h>

#include "net_backend.h"

enum { PORTS = 6, CLIENTS = 40 };

static uint64_t seed;
static struct end *clients[CLIENTS];
static size_t wrong, connected;

static void drop_client(int k)
{
	if (!clients[k])
		return;
	wrong += clients[k]->wrong;
	client_end(clients[k]);
	clients[k] = NULL;
}

static void reset_servers(void)
{
	for (int k = 0; k < CLIENTS; k++)
		drop_client(k);
	for (size_t j = 0; j < backend_count; j++) { /* new ones may come meanwhile */
		end_stop(backend_ends[j]);
		SERVE_UNTIL(backend_ends[j]->closes);
		wrong += backend_ends[j]->wrong;
		free(backend_ends[j]);
	}
	backend_count = 0;
}

static void change_rows(uint64_t r, uint16_t port, uint16_t other)
{
	unsigned table = (r >> 40) % 5 ? TABLE_WEB : TABLE_LAST;
	if (r % 3 == 0)
		delete_web(table, port);
	else
		put_web(table, port, loopback((r >> 32) % 8 ? port : other), backend_addr,
			(r >> 50) % 6 == 0);
}

static void change_permission(uint64_t r, int k)
{
	struct weft_addr own;
	if (clients[k] && clients[k]->stream &&
		weft_io_local(weft_stream_socket(clients[k]->stream), &own) == WEFT_OK)
		put_allowed(own.port, (r >> 30) & 1);
}

static void servers_speak(uint64_t r)
{
	for (size_t j = 0; j < backend_count; j++)
		if (backend_ends[j]->stream && !backend_ends[j]->out_size)
			end_send(backend_ends[j], (r >> 20) % 200000, (r >> 61) & 1);
}

static void one_step(uint16_t first)
{
	uint64_t r = next_random(&seed), i = (r >> 8) % PORTS;
	int k = (int)((r >> 12) % CLIENTS);
	switch ((r >> 20) % 8) {
	case 0:
	case 1:
	case 2:
		change_rows(r, (uint16_t)(first + i), (uint16_t)(first + (i + 1) % PORTS));
		break;
	case 3:
	case 4:
	case 5:
		drop_client(k);
		clients[k] = connect_to(loopback((uint16_t)(first + i)));
		connected += clients[k] != NULL;
		if (clients[k])
			end_send(clients[k], (r >> 24) % 300000, (r >> 60) & 1);
		break;
	case 6:
		change_permission(r, k);
		break;
	default:
		servers_speak(r);
	}
	if (backend_count > BACKEND_ENDS - 20)
		reset_servers();
	weft_loop_turn(home, 0);
	weft_loop_turn(the_loop, (int64_t)((r >> 40) % 200000));
}

static void everything_moves(void)
{
	int64_t until = weft_loop_now(the_loop) + INT64_C(1200000000);
	wrong = connected = 0;
	while (weft_loop_now(the_loop) < until)
		one_step(21000);
	reset_servers();
	weft_net_drain(net, 0);
	SERVE_UNTIL(weft_net_is_idle(net));
	printf("  %zu connections, %llu judged, %llu revoked\n", connected,
		(unsigned long long)counter("judged"), (unsigned long long)counter("revoked"));
	CHECK(wrong == 0);
	CHECK(weft_net_is_idle(net) && counter("active") == 0);
	CHECK(connected > 10);
}

static void run(const char *name, unsigned workers)
{
	if (!world_begin("epoll") || !program_begin(name, workers) || !backend_begin()) {
		printf("skip %s: does not work here\n", name);
		return;
	}
	printf("  over %s, %u workers, NET_CHURN_SEED=%llu\n", name, workers,
		(unsigned long long)seed);
	CASE(everything_moves);
	backend_end();
	program_end();
	world_end();
}

static void memory_is_back(void)
{
	CHECK(weft_alloc_live_count() == 0);
}

int main(void)
{
	seed = getenv("NET_CHURN_SEED") ? strtoull(getenv("NET_CHURN_SEED"), NULL, 10)
					: (uint64_t)time(NULL);
	run("epoll", 0);
	run("io_uring", 0);
	run("epoll", 2);
	run("io_uring", 2);
	CASE(memory_is_back);
	return cases_end();
}

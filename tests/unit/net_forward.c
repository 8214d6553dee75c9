/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_forward.c: a listener with a forward handler in real sockets: bytes, half-close, denial, dial
 * failures, the dial to oneself, adopt and dial without a socket; on the instance's thread, and
 * with two workers.
 */
#include <unistd.h>

#include "net_backend.h"

static unsigned workers;

static bool open_web(uint16_t port, struct weft_addr target)
{
	put_web(TABLE_WEB, port, loopback(port), target, false);
	SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "Open") == 0);
	return strcmp(state_of(TABLE_OBSERVED, port), "Open") == 0;
}

static void close_web(uint16_t port)
{
	delete_web(TABLE_WEB, port);
	SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "none") == 0);
}

static void forwards_both_ways(void)
{
	uint16_t port = free_port();
	CHECK(open_web(port, backend_addr));
	struct end *c = connect_to(loopback(port));
	CHECK(c);
	SERVE_UNTIL(backend_count == 1);
	struct end *s = backend_ends[0];
	end_send(c, 3000000, true);
	end_send(s, 2000000, true);
	SERVE_UNTIL(c->ends && s->ends);
	CHECK(s->in_done == 3000000 && !s->wrong && c->in_done == 2000000 && !c->wrong);
	SERVE_UNTIL(counter("active") == 0);
	CHECK(counter("active") == 0 && counter("accepted") == 1 && counter("bytes") == 5000000);
	client_end(c);
	close_web(port);
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "none");
	CHECK(!connect_to(loopback(port)));
}

static void many_connections(void)
{
	struct end *c[100];
	uint16_t port = free_port();
	size_t before = backend_count;
	CHECK(open_web(port, backend_addr));
	for (int i = 0; i < 100; i++) {
		c[i] = connect_to(loopback(port));
		CHECK(c[i]);
		end_send(c[i], 10000, true);
	}
	SERVE_UNTIL(backend_count == before + 100);
	for (size_t i = before; i < backend_count; i++)
		end_send(backend_ends[i], 20000, true);
	for (int i = 0; i < 100; i++) {
		SERVE_UNTIL(c[i]->ends);
		CHECK(c[i]->in_done == 20000 && !c[i]->wrong && c[i]->ends == 1);
		client_end(c[i]);
	}
	SERVE_UNTIL(counter("active") == 0);
	CHECK(counter("active") == 0);
	close_web(port);
}

/* Connects and is reset; so fast, with workers, that the connect itself may say so. */
static bool is_reset(uint16_t port)
{
	struct end *c = connect_to(loopback(port));
	if (!c)
		return dial_status == WEFT_RESET;
	SERVE_UNTIL(c->errors);
	bool reset = c->errors == 1 && c->error == WEFT_RESET;
	client_end(c);
	return reset;
}

static void refused_upstream_is_a_reset(void)
{
	uint16_t port = free_port();
	CHECK(open_web(port, loopback(1)));
	uint64_t denied = counter("denied");
	CHECK(is_reset(port));
	SERVE_UNTIL(counter("denied") == denied + 1);
	CHECK(strstr(last_log, "denied: dial: refused"));
	close_web(port);
}

static void dialling_oneself_fails(void)
{
	uint16_t port = free_port();
	CHECK(open_web(port, loopback(port)));
	uint64_t accepted = counter("accepted");
	CHECK(is_reset(port));
	SERVE_UNTIL(counter("active") == 0);
	CHECK(counter("accepted") == accepted + 1);
	CHECK(strstr(last_log, "denied: dial: self"));
	close_web(port);
}

static void wildcard_counts_as_oneself(void)
{
	uint16_t port = free_port();
	struct weft_addr any = { { { 0 } }, port };
	put_web(TABLE_WEB, port, any, loopback(port), false);
	SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "Open") == 0);
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Open");
	CHECK(is_reset(port)); /* v4 through the dual-stack socket */
	SERVE_UNTIL(counter("active") == 0);
	CHECK(strstr(last_log, "denied: dial: self"));
	close_web(port);
}

static void adopted_socket_runs_the_handler(void)
{
	int fd[2];
	uint16_t port = free_port();
	struct web key;
	CHECK(open_web(port, backend_addr));
	struct weft_stream *s, *t;
	CHECK(world_pair(&s, &t));
	struct end *c = end_new("client", s, 1, 2);
	weft_stream_receive(s);
	fd[0] = dup(weft_stream_handle(t));
	weft_stream_close(t);
	TURN_FOR(5);
	memset(&key, 0, sizeof(key));
	key.port = port;
	size_t before = backend_count;
	CHECK(weft_net_adopt(net, 0, &key, fd[0]) == WEFT_OK);
	SERVE_UNTIL(backend_count == before + 1);
	struct end *server = backend_ends[before];
	end_send(server, 50000, true);
	SERVE_UNTIL(c->in_done == 50000 || c->ends);
	CHECK(!c->wrong);
	key.port = 1;
	CHECK(weft_net_adopt(net, 0, &key, fd[0]) == WEFT_NOT_FOUND);
	client_end(c);
	close_web(port);
}

static void dial_without_a_socket(void)
{
	uint16_t port = free_port();
	struct web key;
	struct weft_stream *s;
	CHECK(open_web(port, backend_addr));
	memset(&key, 0, sizeof(key));
	key.port = port;
	size_t before = backend_count;
	CHECK(weft_net_dial(net, 0, &key, loopback(80), &s) == WEFT_OK);
	struct end *c = end_new("client", s, 1, 2);
	weft_stream_receive(s);
	end_send(c, 500000, true);
	SERVE_UNTIL(backend_count == before + 1);
	struct end *server = backend_ends[before];
	end_send(server, 700000, true);
	SERVE_UNTIL(c->ends && server->ends);
	CHECK(c->in_done == 700000 && !c->wrong && server->in_done == 500000 && !server->wrong);
	client_end(c);
	close_web(port);
}

/* The connection is over for the runtime, not for who took its stream. */
static void a_taken_stream_lives_on(void)
{
	uint16_t port = free_port();
	last_takes = true;
	put_web(TABLE_LAST, port, loopback(port), backend_addr, false);
	SERVE_UNTIL(strcmp(state_of(TABLE_LAST_OBSERVED, port), "Open") == 0);
	taken = NULL;
	struct end *c = connect_to(loopback(port));
	CHECK(c);
	end_send(c, 100000, true);
	SERVE_UNTIL(taken && taken->ends);
	CHECK(taken->in_done == 100000 && !taken->wrong && counter("active") == 0);
	delete_web(TABLE_LAST, port);
	SERVE_UNTIL(strcmp(state_of(TABLE_LAST_OBSERVED, port), "none") == 0);
	CHECK_TEXT(state_of(TABLE_LAST_OBSERVED, port), "none");
	end_send(taken, 50000, true);
	SERVE_UNTIL(c->ends);
	CHECK(c->in_done == 50000 && !c->wrong);
	weft_stream_close(taken->stream);
	SERVE_UNTIL(taken->closes);
	free(taken);
	client_end(c);
	last_takes = false;
}

static void revocation_is_exact(void)
{
	enum { COUNT = 1000 };
	static struct end *c[COUNT];
	uint16_t port = free_port(), local[COUNT];
	CHECK(open_web(port, backend_addr));
	for (int i = 0; i < COUNT; i++) {
		c[i] = connect_to(loopback(port));
		CHECK(c[i]);
		struct weft_addr own;
		CHECK(weft_io_local(weft_stream_socket(c[i]->stream), &own) == WEFT_OK);
		local[i] = own.port;
	}
	SERVE_UNTIL(counter("active") == COUNT);
	CHECK(counter("active") == COUNT);
	SERVE_FOR(20);
	uint64_t judged = counter("judged"), revoked = counter("revoked");
	put_allowed(local[500], true);
	SERVE_UNTIL(counter("judged") != judged);
	SERVE_FOR(20);
	CHECK(counter("judged") == judged + 1 && counter("revoked") == revoked);
	put_allowed(local[500], false);
	SERVE_UNTIL(c[500]->errors);
	CHECK(c[500]->error == WEFT_RESET);
	SERVE_UNTIL(counter("active") == COUNT - 1);
	CHECK(counter("judged") == judged + 2 && counter("revoked") == revoked + 1 &&
		counter("active") == COUNT - 1);
	CHECK(strstr(last_log, "revoked: not_allowed"));
	for (int i = 0; i < COUNT; i++)
		CHECK(i == 500 || (!c[i]->errors && !c[i]->ends));
	for (int i = 0; i < COUNT; i++)
		end_stop(c[i]);
	SERVE_UNTIL(counter("active") == 0);
	CHECK(counter("active") == 0);
	for (int i = 0; i < COUNT; i++) {
		SERVE_UNTIL(c[i]->closes);
		free(c[i]);
	}
	close_web(port);
}

static void run_all(const char *name, unsigned count)
{
	workers = count;
	if (!world_begin("epoll") || !program_begin(name, count)) {
		printf("skip %s: does not work here\n", name);
		return;
	}
	if (!backend_begin())
		return;
	printf("  over %s, %u workers\n", name, count);
	CASE(forwards_both_ways);
	CASE(many_connections);
	CASE(refused_upstream_is_a_reset);
	CASE(dialling_oneself_fails);
	CASE(wildcard_counts_as_oneself);
	CASE(adopted_socket_runs_the_handler);
	CASE(dial_without_a_socket);
	if (count == 0) /* in the instance's thread, where the test can touch it */
		CASE(a_taken_stream_lives_on);
	CASE(revocation_is_exact);
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
	run_all("epoll", 0);
	run_all("io_uring", 0);
	run_all("epoll", 2);
	run_all("io_uring", 2);
	CASE(memory_is_back);
	return cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_listeners.c: listeners follow their table: created, changed, replaced, drained, brought back,
 * wanted twice, in use by another process, waiting, unsynced. On the instance's thread and with two
 * workers.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net_backend.h"

#define IS(table, port, text)                                          \
	do {                                                           \
		SERVE_UNTIL(strcmp(state_of(table, port), text) == 0); \
		CHECK_TEXT(state_of(table, port), text);               \
	} while (0)

/* Soon: the workers close their sockets one after the other. */
static bool refuses(uint16_t port)
{
	for (int i = 0; i < 50; i++) {
		struct end *c = connect_to(loopback(port));
		if (!c)
			return true;
		client_end(c);
		SERVE_FOR(2);
	}
	return false;
}

static size_t arrived(void)
{
	size_t sum = 0;
	for (size_t i = 0; i < backend_count; i++)
		sum += backend_ends[i]->in_done;
	return sum;
}

/* A byte reaches the server. */
static bool talks(struct end *c)
{
	size_t before = arrived();
	end_send(c, 1, false);
	SERVE_UNTIL(arrived() == before + 1);
	return arrived() == before + 1;
}

static void created_and_removed(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "Draining");
	CHECK(refuses(port));
	CHECK(talks(c)); /* until the deadline */
	SERVE_UNTIL(c->errors);
	CHECK(c->errors && c->error == WEFT_RESET);
	IS(TABLE_OBSERVED, port, "none");
	client_end(c);
}

static void what_the_handler_reads_moves_nothing(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, port, loopback(port), loopback(1), false);
	IS(TABLE_OBSERVED, port, "Open");
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	SERVE_FOR(10);
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	client_end(c);
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "none");
}

static void replaced_when_the_address_changes(void)
{
	uint16_t port = free_port(), other = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	put_web(TABLE_WEB, port, loopback(other), backend_addr, false);
	SERVE_FOR(20);
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Open");
	CHECK(refuses(port));
	CHECK(talks(c));
	struct end *d = connect_to(loopback(other));
	CHECK(d && talks(d));
	SERVE_UNTIL(c->errors); /* the old address drains */
	CHECK(c->errors);
	CHECK(talks(d));
	client_end(c);
	client_end(d);
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "none");
}

static void a_row_that_returns_cancels_the_drain(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "Draining");
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	SERVE_FOR(400); /* longer than the drain */
	CHECK(!c->errors && !c->ends && talks(c));
	struct end *d = connect_to(loopback(port));
	CHECK(d && talks(d));
	client_end(c);
	client_end(d);
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "none");
}

static void removed_and_added_in_one_breath(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	for (int i = 0; i < 50; i++) {
		delete_web(TABLE_WEB, port);
		if (i % 3)
			weft_loop_turn(home, 0);
		put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
		if (i % 2)
			weft_loop_turn(home, 0);
	}
	IS(TABLE_OBSERVED, port, "Open");
	SERVE_FOR(20);
	CHECK(!c->errors && talks(c));
	client_end(c);
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "none");
}

static void the_first_by_order_has_the_address(void)
{
	uint16_t port = free_port();
	char wanted[64];
	put_web(TABLE_LAST, 7, loopback(port), backend_addr, false);
	IS(TABLE_LAST_OBSERVED, 7, "Open");
	put_web(TABLE_WEB, 9, loopback(port), backend_addr, false); /* a rule before */
	IS(TABLE_OBSERVED, 9, "Open");
	IS(TABLE_LAST_OBSERVED, 7, "Failed(wanted by web[9])");
	struct weft_addr any = { { { 0 } }, port };
	put_web(TABLE_WEB, 8, any, backend_addr, false); /* a key before; the wildcard overlaps */
	IS(TABLE_OBSERVED, 8, "Open");
	snprintf(wanted, sizeof(wanted), "Failed(wanted by web[8])");
	IS(TABLE_OBSERVED, 9, wanted);
	IS(TABLE_LAST_OBSERVED, 7, wanted);
	delete_web(TABLE_WEB, 8);
	delete_web(TABLE_WEB, 9);
	IS(TABLE_LAST_OBSERVED, 7, "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	client_end(c);
	delete_web(TABLE_LAST, 7);
	IS(TABLE_LAST_OBSERVED, 7, "none");
	IS(TABLE_OBSERVED, 8, "none");
}

/* The other one listens with SO_REUSEPORT, so that a bind in the same way would succeed. */
static void in_use_is_failed_and_tried_again(void)
{
	struct weft_addr any = loopback(0), at;
	struct weft_io_listen_options options = { .reuse_port = true };
	struct weft_io_listener *other;
	CHECK(weft_io_listen(weft_loop_io(the_loop), &any, &options, &backend_events, NULL,
		      &other) == WEFT_OK);
	CHECK(weft_io_listener_local(other, &at) == WEFT_OK);
	put_web(TABLE_WEB, at.port, at, backend_addr, false);
	IS(TABLE_OBSERVED, at.port, "Failed(in use)");
	SERVE_FOR(250);
	CHECK_TEXT(state_of(TABLE_OBSERVED, at.port), "Failed(in use)");
	backend_closed = false;
	weft_io_listener_close(other);
	TURN_UNTIL(backend_closed);
	backend_closed = false;
	IS(TABLE_OBSERVED, at.port, "Open");
	struct end *c = connect_to(at);
	CHECK(c && talks(c));
	client_end(c);
	delete_web(TABLE_WEB, at.port);
	IS(TABLE_OBSERVED, at.port, "none");
}

static void address_of_nobody_is_failed(void)
{
	struct weft_addr nobody = {
		{ { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1 } }, 80
	};
	put_web(TABLE_WEB, 80, nobody, backend_addr, false);
	IS(TABLE_OBSERVED, 80, "Failed(address unavailable)");
	delete_web(TABLE_WEB, 80);
	IS(TABLE_OBSERVED, 80, "none");
}

static int fillers[4096], filler_count;
static struct rlimit files_before;

/* Lets the process open only `more` descriptors beyond those that it has. */
static void limit_files(int more)
{
	int fd;
	getrlimit(RLIMIT_NOFILE, &files_before);
	struct rlimit now = files_before;
	now.rlim_cur = now.rlim_cur < 4096 ? now.rlim_cur : 4096;
	setrlimit(RLIMIT_NOFILE, &now);
	for (filler_count = 0;
		filler_count < 4096 && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
		fillers[filler_count++] = fd;
	while (more-- > 0)
		close(fillers[--filler_count]);
}

static void unlimit_files(void)
{
	while (filler_count)
		close(fillers[--filler_count]);
	setrlimit(RLIMIT_NOFILE, &files_before);
}

/* A multishot accept of io_uring has the limit of the time when it was armed, so this is epoll's.
 */
static void accept_without_files(uint16_t port)
{
	SERVE_FOR(20);  /* what is closing closes */
	limit_files(1); /* enough for the client, none is left to accept it */
	struct end *c = connect_to(loopback(port));
	SERVE_FOR(150);
	unlimit_files();
	CHECK(c && talks(c)); /* it waited in the queue */
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Open");
	client_end(c);
}

static void too_many_files_is_failed_and_tried_again(void)
{
	uint16_t port = free_port();
	limit_files(0);
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, port), "Failed(too many files)") == 0);
	unlimit_files();
	CHECK_TEXT(state_of(TABLE_OBSERVED, port), "Failed(too many files)");
	IS(TABLE_OBSERVED, port, "Open");
	if (strcmp(weft_io_backend(weft_loop_io(home)), "epoll") == 0)
		accept_without_files(port);
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "none");
}

/* As nobody, for a moment; where every port is free for everybody there is nothing to see. */
static void no_permission_is_failed(void)
{
	int first = 1024;
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	if (f && fscanf(f, "%d", &first) != 1)
		first = 1024;
	if (f)
		fclose(f);
	uid_t user = geteuid();
	if (first <= 1 || (user == 0 && seteuid(65534) < 0))
		return;
	put_web(TABLE_WEB, 1, loopback(1), backend_addr, false);
	SERVE_UNTIL(strcmp(state_of(TABLE_OBSERVED, 1), "Failed(no permission)") == 0);
	CHECK_TEXT(state_of(TABLE_OBSERVED, 1), "Failed(no permission)");
	delete_web(TABLE_WEB, 1);
	IS(TABLE_OBSERVED, 1, "none");
	CHECK(seteuid(user) == 0);
}

static char seen_reason[64];
static void see_reason(void *user, const struct weft_listener_view *view)
{
	if (strcmp(view->label, user) == 0)
		snprintf(seen_reason, sizeof(seen_reason), "%s", view->reason);
}

static bool says_that_it_waits(void *label)
{
	seen_reason[0] = 0;
	weft_net_each(net, 0, see_reason, label);
	return strcmp(seen_reason, "wait") == 0;
}

static void wait_holds_back(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, true);
	IS(TABLE_OBSERVED, port, "Pending(wait)");
	CHECK(refuses(port));
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	struct weft_addr none = { 0 };
	put_web(TABLE_WEB, port, none, backend_addr, true); /* keeps what it has */
	char label[32];
	snprintf(label, sizeof(label), "web[%u]", port);
	SERVE_UNTIL(says_that_it_waits(label));
	CHECK(says_that_it_waits(label));
	IS(TABLE_OBSERVED, port, "Open");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	client_end(c);
	delete_web(TABLE_WEB, port);
	IS(TABLE_OBSERVED, port, "none");
}

static size_t seen;
static char seen_label[64];
static void see(void *user, const struct weft_listener_view *view)
{
	(void)user;
	seen++;
	snprintf(seen_label + strlen(seen_label), sizeof(seen_label) - strlen(seen_label),
		"%s %s %zu;", view->label, weft_listener_state_name(view->state),
		view->connections);
}

static void status_shows_them_by_key(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, 5, loopback(port), backend_addr, false);
	put_web(TABLE_WEB, 3, loopback(0), backend_addr, true);
	IS(TABLE_OBSERVED, 5, "Open");
	IS(TABLE_OBSERVED, 3, "Pending(wait)");
	struct end *c = connect_to(loopback(port));
	CHECK(c && talks(c));
	seen = 0;
	seen_label[0] = 0;
	weft_net_each(net, 0, see, NULL);
	CHECK_TEXT(seen_label, "web[3] Pending 0;web[5] Open 1;");
	client_end(c);
	delete_web(TABLE_WEB, 5);
	delete_web(TABLE_WEB, 3);
	IS(TABLE_OBSERVED, 5, "none");
}

static void hundred_at_once(void)
{
	struct web row;
	uint16_t first = 20100;
	int64_t before = weft_loop_now(the_loop);
	weft_engine_begin(program.engine);
	for (uint16_t i = 0; i < 100; i++) {
		memset(&row, 0, sizeof(row));
		row.port = (uint16_t)(first + i);
		row.address = loopback(row.port);
		row.target = backend_addr;
		weft_engine_put(program.engine, TABLE_WEB, &row);
	}
	CHECK(weft_engine_commit(program.engine) == WEFT_OK);
	for (uint16_t i = 0; i < 100; i++)
		IS(TABLE_OBSERVED, (uint16_t)(first + i), "Open");
	printf("  100 listeners open after %.1f ms\n",
		(double)(weft_loop_now(the_loop) - before) / 1e6);
	weft_engine_begin(program.engine);
	for (uint16_t i = 0; i < 100; i++) {
		memset(&row, 0, sizeof(row));
		row.port = (uint16_t)(first + i);
		weft_engine_delete(program.engine, TABLE_WEB, &row);
	}
	CHECK(weft_engine_commit(program.engine) == WEFT_OK);
	for (uint16_t i = 0; i < 100; i++)
		IS(TABLE_OBSERVED, (uint16_t)(first + i), "none");
}

/* Last: the program is of no use after it. */
static void drains_with_a_deadline(void)
{
	uint16_t port = free_port();
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Open");
	struct end *c = connect_to(loopback(port)), *d = connect_to(loopback(port));
	CHECK(c && d && talks(c) && talks(d));
	weft_net_drain(net, INT64_C(10000000000));
	IS(TABLE_OBSERVED, port, "Draining");
	CHECK(refuses(port));
	CHECK(!weft_net_is_idle(net) && talks(c));
	client_end(d);
	weft_net_drain(net, INT64_C(50000000)); /* a shorter limit counts */
	SERVE_UNTIL(c->errors);
	CHECK(c->errors && c->error == WEFT_RESET);
	SERVE_UNTIL(weft_net_is_idle(net));
	CHECK(weft_net_is_idle(net));
	client_end(c);
}

/* Rows, but nobody has said that they are all. */
static void unsynced_rows_are_held_back(void)
{
	static const struct weft_net_host none;
	struct weft_net_host host = none;
	struct weft_net *other;
	struct weft_program_head head = { .info = &program_info };
	uint16_t port = free_port();
	CHECK(weft_engine_create(&engine_info, &head, &head.engine) == WEFT_OK);
	host = (struct weft_net_host){ .info = &program_info,
		.program = &head,
		.engine = head.engine,
		.loop = home,
		.log = keep_log };
	CHECK(weft_net_create(&host, &other) == WEFT_OK);
	struct weft_program_head saved = program;
	program = head;
	program.intern = weft_engine_intern(head.engine);
	put_web(TABLE_WEB, port, loopback(port), backend_addr, false);
	IS(TABLE_OBSERVED, port, "Pending(sync)");
	CHECK(refuses(port));
	weft_engine_begin(head.engine);
	weft_engine_synced(head.engine, TABLE_WEB);
	CHECK(weft_engine_commit(head.engine) == WEFT_OK);
	IS(TABLE_OBSERVED, port, "Open");
	weft_net_destroy(other);
	weft_engine_destroy(head.engine);
	program = saved;
}

static void run_all(const char *name, unsigned workers)
{
	if (!world_begin("epoll") || !program_begin(name, workers)) {
		printf("skip %s: does not work here\n", name);
		return;
	}
	if (!backend_begin())
		return;
	printf("  over %s, %u workers\n", name, workers);
	CASE(created_and_removed);
	CASE(what_the_handler_reads_moves_nothing);
	CASE(replaced_when_the_address_changes);
	CASE(a_row_that_returns_cancels_the_drain);
	CASE(removed_and_added_in_one_breath);
	CASE(the_first_by_order_has_the_address);
	CASE(in_use_is_failed_and_tried_again);
	CASE(address_of_nobody_is_failed);
	CASE(too_many_files_is_failed_and_tried_again);
	CASE(no_permission_is_failed);
	CASE(wait_holds_back);
	CASE(status_shows_them_by_key);
	CASE(hundred_at_once);
	CASE(unsynced_rows_are_held_back);
	CASE(drains_with_a_deadline);
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
	run_all("io_uring", 2);
	CASE(memory_is_back);
	return cases_end();
}

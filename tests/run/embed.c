/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * embed.c: two programs, and two instances of one, in a process with a loop of its own: rows in and
 * out, watchers that put, a socket adopted, a connection dialled without one. Ends with 0 when all
 * was as it should be.
 */
#include "ports.h"
#include "web.h"

#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned line_failed;
#define EXPECT(condition)                                                          \
	do {                                                                       \
		if (!(condition)) {                                                \
			fprintf(stderr, "embed.c:%d: %s\n", __LINE__, #condition); \
			line_failed = __LINE__;                                    \
		}                                                                  \
	} while (0)

struct seen {
	unsigned opened, changed, closed, last, old_target, new_target;
};

static struct weft_text text(const char *s)
{
	return (struct weft_text){ s, strlen(s) };
}

static enum weft_status put_service(
	struct ports *program, const char *name, uint16_t port, uint16_t target, const char **why)
{
	const struct weft_text app = WEFT_TEXT("web");
	struct weft_match wanted = { WEFT_TEXT("app"), WEFT_IN, &app, 1 };
	struct ports_service_port listed = { .port = port, .target_port = { true, target } };
	struct ports_service row = { .name = text(name), .namespace_ = WEFT_TEXT("shop") };
	row.selector = (struct weft_label_selector){ WEFT_SELECTOR_MATCH, &wanted, 1 };
	row.ports = (struct ports_service_port_list){ &listed, 1 };
	return ports_services_put(program, &row, why);
}

static void port_changed(void *user, struct ports *program, const struct ports_ports *before,
	const struct ports_ports *after)
{
	struct seen *seen = user;
	seen->last = after ? after->port : before->port;
	seen->opened += !before;
	seen->changed += before && after;
	seen->closed += !after;
	seen->old_target = before ? before->target : 0;
	seen->new_target = after ? after->target : 0;
	const struct ports_ports *row = after ? after : before;
	EXPECT(row->service.namespace_.size == 4 &&
		memcmp(row->service.namespace_.data, "shop", 4) == 0);
	if (after && after->port == 9101) /* belongs to the next transaction */
		EXPECT(put_service(program, "next", 9102, 1, NULL) == WEFT_OK);
}

static struct ports *create(struct seen *seen)
{
	static const struct weft_setting settings[] = { { "namespace", "shop" },
		{ "labels", "app=web" } };
	struct weft_options options = { .size = sizeof(options),
		.settings = settings,
		.setting_count = 2,
		.user = seen,
		.has_log_level = true,
		.log_level = WEFT_LOG_ERROR };
	struct ports *program = NULL;
	char *error = NULL;
	if (ports_create(&options, &program, &error) != WEFT_OK) {
		fprintf(stderr, "%s\n", error);
		exit(1);
	}
	return program;
}

static void turn(struct ports *program, int milliseconds, int until)
{
	for (int i = 0; i < milliseconds / 10; i++) {
		struct pollfd wait[] = { { ports_descriptor(program), POLLIN, 0 },
			{ until, POLLIN, 0 } };
		if (poll(wait, until < 0 ? 1 : 2, 10) < 0 || (until >= 0 && wait[1].revents))
			return;
		ports_turn(program, 0);
	}
}

static void rows_in_and_out(struct ports *program, struct seen *seen, uint16_t target)
{
	const char *why = NULL;
	EXPECT(put_service(program, "\xc0\xaf", 1, 1, &why) == WEFT_INVALID && why &&
		strcmp(why, "name: not UTF-8") == 0);
	EXPECT(put_service(program, "web", 9100, target, &why) == WEFT_OK);
	EXPECT(seen->opened == 0);
	EXPECT(ports_ports_watch(program, port_changed) == WEFT_OK);
	EXPECT(seen->opened == 1 && seen->last == 9100);
	EXPECT(ports_begin(program) == WEFT_OK);
	EXPECT(put_service(program, "more", 9101, 1, &why) == WEFT_OK);
	EXPECT(put_service(program, "web", 9100, (uint16_t)(target + 1), &why) == WEFT_OK);
	EXPECT(put_service(program, "web", 9100, target, &why) == WEFT_OK);
	EXPECT(seen->opened == 1);
	EXPECT(ports_commit(program) == WEFT_OK);
	EXPECT(seen->opened == 2 && seen->changed == 0);
	turn(program, 100, -1);
	EXPECT(seen->opened == 3 && seen->last == 9102);
	const struct ports_ports *rows, *row = ports_ports_get(program, 9100);
	EXPECT(ports_ports_list(program, &rows) == 3);
	EXPECT(row && row->target == target && row->service.name.size == 3);
	EXPECT(ports_ports_get(program, 1) == NULL);
	EXPECT(ports_services_delete(program, text("shop"), text("more")) == WEFT_OK);
	EXPECT(seen->closed == 1 && seen->old_target == 1 && seen->new_target == 0);
	EXPECT(put_service(program, "next", 9102, 7, &why) == WEFT_OK);
	EXPECT(seen->changed == 1 && seen->old_target == 1 && seen->new_target == 7);
	ports_ports_unwatch(program, port_changed);
	EXPECT(ports_services_delete(program, text("shop"), text("next")) == WEFT_OK);
	EXPECT(seen->closed == 1);
	EXPECT(ports_services_synced(program) == WEFT_OK);
}

static void adopts(struct ports *program)
{
	int pair[2];
	char got[6] = "";
	turn(program, 200, -1);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	EXPECT(ports_per_port_adopt(program, 1, pair[1]) == WEFT_NOT_FOUND);
	EXPECT(ports_per_port_adopt(program, 9100, pair[1]) == WEFT_OK);
	EXPECT(write(pair[0], "adopt", 5) == 5);
	turn(program, 2000, pair[0]);
	EXPECT(read(pair[0], got, 5) == 5 && strcmp(got, "ADOPT") == 0);
	close(pair[0]);
}

static void received(
	void *user, struct weft_stream *stream, struct weft_lease lease, enum weft_status status)
{
	(void)status;
	if (lease.size) {
		EXPECT(lease.size == 4 && memcmp(lease.data, "DIAL", 4) == 0);
		*(int *)user += 1;
		weft_stream_return(stream, lease);
		weft_stream_close(stream);
	}
}

static void gone(void *user, struct weft_stream *stream)
{
	(void)stream;
	*(int *)user += 10;
}

static void dials(struct ports *program)
{
	static const struct weft_stream_events events = { received, NULL, NULL, gone };
	struct weft_addr to = { { { 0 } }, 9100 };
	struct weft_stream *stream = NULL;
	int calls = 0;
	EXPECT(ports_per_port_dial(program, 9100, to, &stream) == WEFT_OK);
	weft_stream_listen_to(stream, &events, &calls);
	weft_stream_receive(stream);
	EXPECT(weft_stream_send(stream, "dial", 4) >= 0);
	for (int i = 0; i < 20 && calls != 11; i++)
		turn(program, 100, -1);
	EXPECT(calls == 11);
}

static void *turn_elsewhere(void *program)
{
	EXPECT(ports_turn(program, 0) == WEFT_WRONG_THREAD);
	return NULL;
}

static void run_by_post(void *argument)
{
	*(int *)argument = 1;
}

static void *post_elsewhere(void *arguments)
{
	void **a = arguments;
	poll(NULL, 0, 20);
	EXPECT(ports_post(a[0], run_by_post, a[1]) == WEFT_OK);
	return NULL;
}

/* A post from a thread wakes a loop that sleeps on the descriptor, by poll and by epoll; only the
 * instance's thread turns. */
static void threads(struct ports *program)
{
	pthread_t thread;
	EXPECT(pthread_create(&thread, NULL, turn_elsewhere, program) == 0);
	pthread_join(thread, NULL);
	for (int with_epoll = 0; with_epoll < 2; with_epoll++) {
		int ran = 0, set = epoll_create1(0);
		struct epoll_event event = { .events = EPOLLIN };
		EXPECT(epoll_ctl(set, EPOLL_CTL_ADD, ports_descriptor(program), &event) == 0);
		void *arguments[] = { program, &ran };
		EXPECT(pthread_create(&thread, NULL, post_elsewhere, arguments) == 0);
		for (int i = 0; i < 100 && !ran; i++) {
			struct pollfd wait = { ports_descriptor(program), POLLIN, 0 };
			int ready = with_epoll ? epoll_wait(set, &event, 1, 2000)
					       : poll(&wait, 1, 2000);
			EXPECT(ready == 1);
			ports_turn(program, 0);
		}
		EXPECT(ran);
		pthread_join(thread, NULL);
		close(set);
	}
}

/* An application built with an older header, whose options ended earlier. */
static void older_caller(void)
{
	struct weft_options options = { .size = offsetof(struct weft_options, record) };
	struct web *program = NULL;
	options.record = "not looked at";
	options.log_level = (enum weft_log_level)77;
	options.has_log_level = true;
	EXPECT(web_create(&options, &program, NULL) == WEFT_OK);
	web_destroy(program);
}

int main(int argc, char **argv)
{
	uint16_t target = (uint16_t)(argc > 1 ? atoi(argv[1]) : 9);
	struct seen one = { 0 }, two = { 0 };
	struct ports *first = create(&one), *second = create(&two);
	struct web *other = NULL;
	struct weft_options quiet = {
		.size = sizeof(quiet), .has_log_level = true, .log_level = WEFT_LOG_ERROR
	};
	EXPECT(web_create(&quiet, &other, NULL) == WEFT_OK);
	rows_in_and_out(first, &one, target);
	adopts(first);
	dials(first);
	threads(first);
	older_caller();
	EXPECT(two.opened == 0);
	EXPECT(ports_ports_watch(second, port_changed) == WEFT_OK);
	EXPECT(put_service(second, "web", 9200, target, NULL) == WEFT_OK);
	EXPECT(two.opened == 1);
	for (int i = 0; i < 20 &&
		(web_web_get(other) == NULL || web_web_get(other)->state.tag != WEB_STATE_OPEN);
		i++)
		web_turn(other, 10);
	EXPECT(web_web_get(other) && web_web_get(other)->state.tag == WEB_STATE_OPEN);
	web_destroy(other);
	ports_destroy(second);
	ports_destroy(first);
	return line_failed != 0;
}

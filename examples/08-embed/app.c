/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * app.c: an application with a poll loop of its own, and the mesh inside it: it puts a Service,
 * watches the derived ports, hands one connection to a listener's handler, and makes one through
 * it. No loopback hop, no thread, no signal handler.
 */
#include "embed.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char request[] = "GET /hello.txt HTTP/1.0\r\n\r\n";
static int answers;

static void ports_changed(void *user, struct embed *mesh, const struct embed_ports *before,
	const struct embed_ports *after)
{
	const struct embed_ports *p = after ? after : before;

	(void)user, (void)mesh;
	printf("%s port %u, to %u, of %.*s\n", after ? "+" : "-", p->port, p->target,
		(int)p->service.name.size, p->service.name.data);
}

/* What comes back on one connection; whole when the peer has shut its side. */
struct answer {
	const char *how;
	char text[4096];
	size_t size;
};

static void take(struct answer *a, const void *data, size_t size)
{
	if (size && a->size + size < sizeof(a->text)) {
		memcpy(a->text + a->size, data, size);
		a->size += size;
	} else if (!size) {
		const char *line = a->text + (a->size ? a->size - 1 : 0);
		while (line > a->text && line[-1] != '\n')
			line--;
		printf("%s: %.*s", a->how, (int)(a->text + a->size - line), line);
		answers++;
	}
}

static void received(
	void *user, struct weft_stream *s, struct weft_lease lease, enum weft_status status)
{
	(void)status;
	take(user, lease.data, lease.size);
	if (lease.size)
		weft_stream_return(s, lease);
	else
		weft_stream_close(s);
}
static void sent(void *user, struct weft_stream *s, size_t size, enum weft_status status)
{
	(void)user, (void)s, (void)size, (void)status;
}
static void nothing(void *user, struct weft_stream *s)
{
	(void)user, (void)s;
}

int main(void)
{
	static const struct weft_stream_events events = { received, sent, nothing, nothing };
	static const struct weft_setting settings[] = { { "labels", "app=web" } };
	static struct answer adopted = { .how = "adopted" }, dialled = { .how = "dialled" };
	struct weft_options options = {
		.size = sizeof(options), .settings = settings, .setting_count = 1
	};
	struct embed *mesh;
	char *error = NULL;

	if (embed_create(&options, &mesh, &error) != WEFT_OK) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	embed_ports_watch(mesh, ports_changed);

	struct embed_service_port port = { .port = 8080, .target_port = { true, 19090 } };
	struct weft_match app = { .key = WEFT_TEXT("app"),
		.op = WEFT_IN,
		.values = &WEFT_TEXT("web"),
		.value_count = 1 };
	struct embed_service web = { .name = WEFT_TEXT("web"),
		.namespace_ = WEFT_TEXT("default"),
		.selector = { WEFT_SELECTOR_MATCH, &app, 1 },
		.ports = { &port, 1 } };
	const char *why = "";
	if (embed_services_put(mesh, &web, &why) != WEFT_OK)
		fprintf(stderr, "the Service: %s\n", why);
	embed_services_synced(mesh);

	int ends[2], handed = 0;
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	struct pollfd p[2] = { { .fd = embed_descriptor(mesh), .events = POLLIN },
		{ .fd = ends[0], .events = POLLIN } };
	while (answers < 2 && poll(p, 2, 5000) > 0) {
		if (p[0].revents)
			embed_turn(mesh, 0);
		if (!handed && embed_per_port_get(mesh, 8080)->state.tag == EMBED_STATE_OPEN) {
			struct weft_addr to = { .port = 8080 };
			struct weft_stream *s;
			handed = 1;
			embed_per_port_adopt(mesh, 8080, ends[1]);
			(void)!write(ends[0], request, sizeof(request) - 1);
			if (embed_per_port_dial(mesh, 8080, to, &s) == WEFT_OK) {
				weft_stream_listen_to(s, &events, &dialled);
				weft_stream_receive(s);
				weft_stream_send(s, request, sizeof(request) - 1);
			}
		}
		if (p[1].revents) {
			char data[1024];
			ssize_t n = read(ends[0], data, sizeof(data));
			take(&adopted, data, n > 0 ? (size_t)n : 0);
			if (n <= 0)
				p[1].fd = -1;
		}
	}
	embed_services_delete(mesh, web.namespace_, web.name);
	embed_destroy(mesh);
	close(ends[0]);
	return answers == 2 ? 0 : 1;
}

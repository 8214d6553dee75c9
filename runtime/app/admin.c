/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * admin.c: the socket, its clients, and what they asked for. Everything is non-blocking and from
 * the loop; an answer waits in the client's buffer until the client reads it.
 */
#include "app/admin.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"

struct client {
	struct client *next;
	struct weft_admin *admin;
	int descriptor;
	struct weft_io_watch *watch;
	char request[WEFT_ADMIN_REQUEST_MAX];
	size_t request_size;
	struct weft_buffer out;
	size_t sent;
	unsigned table;            /* watched; WEFT_NONE: none */
	bool json, answered, last; /* last: close when all is sent */
};

struct weft_admin {
	struct weft_runtime *runtime;
	char *path;
	int descriptor;
	struct weft_io_watch *watch;
	struct client *clients;
	size_t client_count;
	dev_t device; /* of our socket: another one in its place is not removed */
	ino_t inode;
};

/* ---- clients ---- */

static void changed(void *user, const struct weft_table *table, const struct weft_change *changes,
	size_t count);

static void close_client(struct client *c)
{
	struct client **at = &c->admin->clients;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->admin->client_count--;
	if (c->table != WEFT_NONE)
		weft_engine_unwatch(c->admin->runtime->engine, c->table, changed, c);
	weft_io_watch_end(c->watch);
	close(c->descriptor);
	weft_buffer_free(&c->out);
	weft_free(c);
}

/* Sends what it can. False: the client is gone. */
static bool flush(struct client *c)
{
	while (c->sent < c->out.size) {
		ssize_t n = send(
			c->descriptor, c->out.data + c->sent, c->out.size - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			close_client(c);
			return false;
		}
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	if (c->sent == c->out.size) {
		weft_buffer_clear(&c->out);
		c->sent = 0;
		if (c->last) {
			close_client(c);
			return false;
		}
	}
	weft_io_watch_change(
		c->watch, c->out.size ? WEFT_IO_READABLE | WEFT_IO_WRITABLE : WEFT_IO_READABLE);
	return true;
}

/* In the engine's commit: only the buffer grows here; the loop sends it, and closes a client that
 * is too far behind. */
static void changed(
	void *user, const struct weft_table *table, const struct weft_change *changes, size_t count)
{
	struct client *c = user;
	if (c->last)
		return;
	if (c->sent) {
		memmove(c->out.data, c->out.data + c->sent, c->out.size - c->sent);
		c->out.size -= c->sent;
		c->sent = 0;
	}
	for (size_t i = 0; i < count; i++)
		weft_watch_line(
			&c->out, table, c->admin->runtime->program->intern, &changes[i], c->json);
	if (c->out.size > WEFT_ADMIN_BEHIND_MAX || c->out.failed) {
		weft_buffer_free(&c->out);
		weft_buffer_format(&c->out,
			c->json ? "{\"error\":\"too far behind\"}\n"
				: "! too far behind: ask again\n");
		c->last = true;
	}
	weft_io_watch_change(c->watch, WEFT_IO_READABLE | WEFT_IO_WRITABLE);
}

static void refuse(struct client *c, const char *what, struct weft_text name)
{
	if (c->json)
		weft_buffer_format(&c->out, "{\"error\":\"%s\"}\n", what);
	else
		weft_buffer_format(&c->out, "! %s%s%.*s\n", what, name.size ? ": " : "",
			(int)name.size, name.size ? name.data : "");
	c->last = true;
}

static void watch_table(struct client *c, struct weft_text name)
{
	struct weft_runtime *r = c->admin->runtime;
	unsigned table = weft_watch_find(r->info, name);
	if (table == r->info->engine->table_count) {
		refuse(c, "no collection has this name", name);
		return;
	}
	if (weft_engine_watch(r->engine, table, changed, c) != WEFT_OK) {
		refuse(c, "no memory", (struct weft_text){ NULL, 0 });
		return;
	}
	c->table = table;
	weft_watch_present(
		&c->out, weft_engine_table(r->engine, table), r->program->intern, c->json);
}

static void answer(struct client *c, struct weft_text line)
{
	static const struct weft_text json = { " json", 5 }, watch = { "watch ", 6 };
	if (line.size && line.data[line.size - 1] == '\r')
		line.size--;
	if (line.size > json.size &&
		memcmp(line.data + line.size - json.size, json.data, json.size) == 0) {
		c->json = true;
		line.size -= json.size;
	}
	c->answered = true;
	if (weft_text_equal(line, WEFT_TEXT("status"))) {
		if (c->json)
			weft_status_json_of(c->admin->runtime, &c->out);
		else
			weft_status_text_of(c->admin->runtime, &c->out);
		c->last = true;
	} else if (line.size > watch.size && memcmp(line.data, watch.data, watch.size) == 0) {
		watch_table(
			c, (struct weft_text){ line.data + watch.size, line.size - watch.size });
	} else {
		refuse(c,
			"a request is `status` or `watch COLLECTION`, with ` json` behind it for "
			"JSON",
			(struct weft_text){ NULL, 0 });
	}
}

static void client_ready(void *user, struct weft_io_watch *watch, unsigned ready)
{
	struct client *c = user;
	char byte[256];
	(void)watch;
	if (ready & (WEFT_IO_READABLE | WEFT_IO_HANGUP)) {
		char *into = c->answered ? byte : c->request + c->request_size;
		size_t room = c->answered ? sizeof(byte) : sizeof(c->request) - c->request_size;
		ssize_t n = recv(c->descriptor, into, room, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			close_client(c);
			return;
		}
		if (!c->answered && n > 0) {
			c->request_size += (size_t)n;
			char *end = memchr(c->request, '\n', c->request_size);
			if (end)
				answer(c,
					(struct weft_text){
						c->request, (size_t)(end - c->request) });
			else if (c->request_size == sizeof(c->request))
				refuse(c, "the request is too long", (struct weft_text){ NULL, 0 });
		}
	}
	flush(c);
}

/* ---- the socket ---- */

static void accepted(struct weft_admin *a, int descriptor)
{
	struct client *c = a->client_count < WEFT_ADMIN_CLIENTS_MAX ? weft_alloc(sizeof(*c)) : NULL;
	if (!c) {
		close(descriptor);
		return;
	}
	c->admin = a;
	c->descriptor = descriptor;
	c->table = WEFT_NONE;
	if (weft_io_watch(weft_loop_io(a->runtime->loop), descriptor, WEFT_IO_READABLE,
		    client_ready, c, &c->watch) != WEFT_OK) {
		weft_free(c);
		close(descriptor);
		return;
	}
	c->next = a->clients;
	a->clients = c;
	a->client_count++;
}

static void ready(void *user, struct weft_io_watch *watch, unsigned what)
{
	struct weft_admin *a = user;
	(void)watch, (void)what;
	for (int i = 0; i < WEFT_ADMIN_CLIENTS_MAX; i++) {
		int descriptor = accept4(a->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (descriptor < 0)
			return;
		accepted(a, descriptor);
	}
}

/* Somebody answers at this socket? If not it was left behind, and goes. */
static bool is_answered(const struct sockaddr_un *address)
{
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor < 0)
		return false;
	bool answered =
		connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno == EAGAIN;
	close(descriptor);
	return answered;
}

static enum weft_status open_socket(struct weft_admin *a, struct weft_buffer *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat s;
	if (strlen(a->path) >= sizeof(address.sun_path)) {
		weft_buffer_format(error, "--admin %s: a socket's path has at most %zu bytes\n",
			a->path, sizeof(address.sun_path) - 1);
		return WEFT_INVALID;
	}
	memcpy(address.sun_path, a->path, strlen(a->path));
	if (is_answered(&address)) {
		weft_buffer_format(error, "--admin %s: another program answers there\n", a->path);
		return WEFT_IN_USE;
	}
	if (lstat(a->path, &s) == 0 && S_ISSOCK(s.st_mode))
		unlink(a->path);
	a->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* the rights are set before anybody can connect: nobody can until listen */
	if (a->descriptor < 0 ||
		bind(a->descriptor, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		chmod(a->path, 0600) != 0 || listen(a->descriptor, 16) != 0 ||
		lstat(a->path, &s) != 0) {
		weft_buffer_format(error, "--admin %s: %s\n", a->path, strerror(errno));
		return errno == EADDRINUSE ? WEFT_IN_USE
			: errno == EACCES  ? WEFT_NO_PERMISSION
					   : WEFT_IO;
	}
	a->device = s.st_dev;
	a->inode = s.st_ino;
	return weft_io_watch(weft_loop_io(a->runtime->loop), a->descriptor, WEFT_IO_READABLE, ready,
		a, &a->watch);
}

enum weft_status weft_admin_create(struct weft_runtime *r, const char *path,
	struct weft_buffer *error, struct weft_admin **out)
{
	struct weft_admin *a = weft_alloc(sizeof(*a));
	if (!a)
		return WEFT_NO_MEMORY;
	a->runtime = r;
	a->descriptor = -1;
	a->path = weft_strdup_n(path, strlen(path));
	enum weft_status status = a->path ? open_socket(a, error) : WEFT_NO_MEMORY;
	if (status != WEFT_OK) {
		weft_admin_destroy(a);
		return status;
	}
	*out = a;
	return WEFT_OK;
}

void weft_admin_destroy(struct weft_admin *a)
{
	struct stat s;
	if (!a)
		return;
	while (a->clients)
		close_client(a->clients);
	if (a->watch)
		weft_io_watch_end(a->watch);
	if (a->descriptor >= 0)
		close(a->descriptor);
	if (a->inode && lstat(a->path, &s) == 0 && s.st_dev == a->device && s.st_ino == a->inode)
		unlink(a->path);
	weft_free(a->path);
	weft_free(a);
}

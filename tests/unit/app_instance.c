/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * app_instance.c: an instance from outside: params, posts, stopping, the state dump for the oracle,
 * the admin socket; and that two of them live in one process and leave nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "app/admin.h"
#include "base/alloc.h"
#include "cases.h"
#include "proto/document.h"
#include "shop.h"

static char dir[64], path[100];
static void *program;
static char answer[1 << 20];

static void drop_line(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user, (void)level, (void)line;
}

static const char *create(struct weft_options o, const struct weft_setting *settings, size_t count)
{
	static char error[1000];
	char *text = NULL;
	o.size = sizeof(o);
	o.log = drop_line;
	o.settings = settings;
	o.setting_count = count;
	enum weft_status status = weft_create(&shop_info, &o, &program, &text);
	snprintf(error, sizeof(error), "%s", status == WEFT_OK ? "ok" : text);
	free(text);
	return error;
}

static struct shop *shop(void)
{
	return program;
}

static void turn(int times)
{
	while (times-- > 0)
		weft_turn(program, 5);
}

static void params(void)
{
	unsetenv("SHOP_NAMESPACE");
	CHECK_TEXT(create((struct weft_options){ 0 }, NULL, 0), "ok");
	CHECK(weft_text_equal(weft_text_of(shop()->head.intern, shop()->params.namespace),
		      WEFT_TEXT("default")) &&
		!shop()->params.limit.has);
	weft_destroy(program);
	setenv("SHOP_NAMESPACE", "from-env", 1);
	struct weft_setting all[] = { { "limit", "1" }, { "limit", "8080" } };
	CHECK_TEXT(create((struct weft_options){ 0 }, all, 2), "ok");
	CHECK(weft_text_equal(weft_text_of(shop()->head.intern, shop()->params.namespace),
		WEFT_TEXT("from-env")));
	CHECK(shop()->params.limit.has && shop()->params.limit.value == 8080);
	weft_destroy(program);
	program = NULL;
	struct weft_setting bad[] = { { "limit", "70000" }, { "limt", "1" } };
	CHECK_TEXT(create((struct weft_options){ 0 }, bad, 2),
		"--set limt=1: the program has no param of this name; it has: namespace, limit\n"
		"shop.weft:2: the param `limit` is a Port?, from --set limit=70000: it is not a "
		"port (0 to 65535)");
	CHECK(program == NULL);
	unsetenv("SHOP_NAMESPACE");
}

static void wrong_options(void)
{
	CHECK_TEXT(create((struct weft_options){ .backend = "carrier pigeon" }, NULL, 0),
		"the reactor carrier pigeon: invalid");
	struct weft_program_info old = shop_info;
	old.abi_version = 99;
	char *error = NULL;
	CHECK(weft_create(&old, NULL, &program, &error) == WEFT_INVALID);
	CHECK_TEXT(error, "shop was compiled for ABI 99, this library has 1");
	free(error);
}

static void put_service(int port)
{
	struct weft_intern *in = weft_engine_intern(shop()->head.engine);
	struct shop_service row;
	struct shop_port p;
	memset(&row, 0, sizeof(row));
	memset(&p, 0, sizeof(p));
	p.port = (uint16_t)port;
	if (weft_engine_begin(shop()->head.engine) != WEFT_OK ||
		weft_intern_put_text(in, WEFT_TEXT("shop"), &row.namespace) != WEFT_OK ||
		weft_intern_put_text(in, WEFT_TEXT("web"), &row.name) != WEFT_OK ||
		weft_intern_put_list(in, &shop_port_type, &p, 1, &row.ports) != WEFT_OK ||
		weft_engine_put(shop()->head.engine, SHOP_SERVICES, &row) != WEFT_OK ||
		weft_engine_commit(shop()->head.engine) != WEFT_OK)
		abort();
}

/* ---- the admin socket ---- */

static int dial_admin(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		close(fd), fd = -1;
	return fd;
}

/* What the program answers within a few turns. */
static const char *receive(int fd)
{
	size_t used = 0;
	for (int quiet = 0; quiet < 6;) {
		weft_turn(program, 2);
		ssize_t n = recv(fd, answer + used, sizeof(answer) - 1 - used, 0);
		if (n == 0)
			break;
		quiet = n > 0 ? 0 : quiet + 1;
		used += n > 0 ? (size_t)n : 0;
	}
	answer[used] = 0;
	return answer;
}

static const char *request(const char *text)
{
	int fd = dial_admin();
	if (fd < 0 || send(fd, text, strlen(text), 0) < 0)
		return "no connection";
	receive(fd);
	close(fd);
	return answer;
}

static void status(void)
{
	CHECK_TEXT(create((struct weft_options){ .admin = path }, NULL, 0), "ok");
	turn(1);
	put_service(80);
	struct stat s;
	CHECK(stat(path, &s) == 0 && (s.st_mode & 0777) == 0600);
	CHECK(strstr(request("status\n"), "shop (shop.weft): running for 0 s, version 2\n") ==
		answer);
	CHECK(strstr(answer, "  services                      1 row   not synced\n"));
	struct weft_documents d;
	request("status json\n");
	CHECK(weft_documents_read_json(&d, (struct weft_text){ answer, strlen(answer) }) ==
			WEFT_OK &&
		d.first && !d.first->broken);
	const struct weft_doc *c = weft_doc_get(d.first->root, WEFT_TEXT("collections"));
	CHECK(c && c->count == 2 && weft_doc_at(c->first, "name") &&
		strcmp(weft_doc_at(c->first, "name")->text.data, "services") == 0);
	weft_documents_free(&d);
	CHECK_TEXT(request("status\r\n") + 0, answer);
	CHECK_TEXT(request("hello\n"),
		"! a request is `status` or `watch COLLECTION`, with ` json` behind it for JSON\n");
	CHECK_TEXT(request("watch nothing\n"), "! no collection has this name: nothing\n");
	char large[2000];
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = 0;
	CHECK_TEXT(request(large), "! the request is too long\n");
	weft_destroy(program);
	CHECK(stat(path, &s) != 0 && errno == ENOENT);
}

static void watch(void)
{
	CHECK_TEXT(create((struct weft_options){ .admin = path }, NULL, 0), "ok");
	turn(1);
	put_service(80);
	int text = dial_admin(), json = dial_admin(), gone = dial_admin();
	CHECK(send(text, "watch services\n", 15, 0) == 15 &&
		send(json, "watch services json\n", 20, 0) == 20);
	CHECK(send(gone, "watch services\n", 15, 0) == 15);
	static const char row[] =
		"{\"namespace\":\"shop\",\"name\":\"web\",\"labels\":{},\"ports\":[{\"name\":\"\","
		"\"port\":%d,\"target_port\":null,"
		"\"protocol\":\"Tcp\"}],\"selector\":\"Everything\",\"created\":null}";
	char a[400], b[400], want[1000];
	snprintf(a, sizeof(a), row, 80);
	snprintf(b, sizeof(b), row, 81);
	snprintf(want, sizeof(want), "+ %s\n= 1 row, not synced yet\n", a);
	CHECK_TEXT(receive(text), want);
	snprintf(want, sizeof(want), "{\"insert\":%s}\n{\"rows\":1,\"synced\":false}\n", a);
	CHECK_TEXT(receive(json), want);
	close(gone);
	put_service(81);
	snprintf(want, sizeof(want), "~ %s -> %s\n", a, b);
	CHECK_TEXT(receive(text), want);
	snprintf(want, sizeof(want), "{\"update\":%s,\"was\":%s}\n", b, a);
	CHECK_TEXT(receive(json), want);
	/* one who does not read is cut off, and nobody waits for him */
	for (int i = 0; i < 60000; i++) {
		put_service(1000 + i % 2);
		if (i % 1000 == 0)
			turn(1);
	}
	turn(3);
	size_t live = weft_alloc_live_bytes();
	CHECK(live < (size_t)3 * WEFT_ADMIN_BEHIND_MAX);
	close(text);
	close(json);
	turn(3);
	weft_destroy(program);
}

/* Whatever is said to the socket, it answers or hangs up, and goes on. */
static void random_requests(void)
{
	uint64_t random = 3;
	CHECK_TEXT(create((struct weft_options){ .admin = path }, NULL, 0), "ok");
	turn(1);
	for (int i = 0; i < 300; i++) {
		char bytes[64];
		size_t size = next_random(&random) % sizeof(bytes);
		static const char *const words[] = { "status", " json", "watch ", "services", "\n",
			"\r", "conflicts(services)", "" };
		size_t used = 0;
		while (used < size) {
			const char *w = words[next_random(&random) % 8];
			size_t n = strlen(w) < size - used ? strlen(w) : size - used;
			memcpy(bytes + used, w, n);
			used += n;
			if (used < size)
				bytes[used++] = (char)next_random(&random);
		}
		int fd = dial_admin();
		CHECK(fd >= 0);
		if (send(fd, bytes, size, MSG_NOSIGNAL) < 0)
			perror("send");
		if (i % 3)
			turn(1);
		close(fd);
	}
	turn(3);
	CHECK(strstr(request("status\n"), "shop (shop.weft): running"));
	weft_destroy(program);
}

static void sockets_in_the_way(void)
{
	/* left behind by a program that was killed */
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	int stale = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(stale, (struct sockaddr *)&a, sizeof(a)) == 0);
	close(stale);
	CHECK_TEXT(create((struct weft_options){ .admin = path }, NULL, 0), "ok");
	void *first = program;
	char want[300];
	snprintf(want, sizeof(want), "--admin %s: another program answers there", path);
	CHECK_TEXT(create((struct weft_options){ .admin = path }, NULL, 0), want);
	weft_destroy(first);
	/* a file of somebody's is not removed */
	int f = open(path, O_CREAT | O_WRONLY, 0600);
	close(f);
	CHECK(strstr(
		create((struct weft_options){ .admin = path }, NULL, 0), "ddress already in use"));
	CHECK(unlink(path) == 0);
	CHECK(strstr(create((struct weft_options){ .admin = "/nowhere/at/all" }, NULL, 0),
		"No such file"));
}

/* ---- posts, stopping ---- */

struct count {
	int calls;
	pthread_t thread;
};

static void call(void *argument)
{
	struct count *c = argument;
	c->calls += pthread_equal(c->thread, pthread_self()) ? 1 : 1000000;
}

static void *poster(void *argument)
{
	for (int i = 0; i < 1000; i++)
		if (weft_post(program, call, argument) != WEFT_OK)
			abort();
	return NULL;
}

static void posts(void)
{
	CHECK_TEXT(create((struct weft_options){ 0 }, NULL, 0), "ok");
	struct count c = { 0, pthread_self() };
	pthread_t thread[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, poster, &c);
	for (int i = 0; i < 2000 && c.calls < 4000; i++)
		weft_turn(program, 2);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	turn(1);
	CHECK(c.calls == 4000);
	struct pollfd p = { .fd = weft_descriptor(program), .events = POLLIN };
	while (poll(&p, 1, 0) == 1)
		turn(1);
	CHECK(weft_post(program, call, &c) == WEFT_OK &&
		poll(&p, 1, 1000) == 1); /* an embedding loop is told */
	CHECK(weft_turn(program, 0) == WEFT_OK && c.calls == 4001);
	CHECK(weft_post(program, call, &c) == WEFT_OK);
	weft_destroy(program); /* with one that never ran */
}

static void *stopper(void *argument)
{
	(void)argument;
	usleep(20000);
	weft_stop(program);
	return NULL;
}

static void stops(void)
{
	CHECK_TEXT(create((struct weft_options){ 0 }, NULL, 0), "ok");
	pthread_t thread;
	pthread_create(&thread, NULL, stopper, NULL);
	CHECK(weft_run(program) == WEFT_OK);
	pthread_join(thread, NULL);
	CHECK(weft_turn(program, 0) == WEFT_END);
	weft_destroy(program);
}

/* ---- the states for the oracle ---- */

static void check_states(void)
{
	int fd[2];
	CHECK(pipe(fd) == 0);
	CHECK_TEXT(create((struct weft_options){ .has_check = true, .check_fd = fd[1] }, NULL, 0),
		"ok");
	put_service(80);
	close(fd[1]);
	weft_destroy(program);
	size_t used = 0;
	for (ssize_t n; (n = read(fd[0], answer + used, sizeof(answer) - 1 - used)) > 0;)
		used += (size_t)n;
	answer[used] = 0;
	close(fd[0]);
	const char *last = strstr(answer, "{\"commit\":2}\n");
	CHECK(last && last[strlen("{\"commit\":2}\n")] == 0);
	CHECK(strstr(answer,
		"{\"param\":\"namespace\",\"value\":\"default\"}\n{\"param\":\"limit\",\"value\":"
		"null}\n{\"table\":\"services\",\"row\":{"));
}

static void two_in_one_process(void)
{
	size_t live = weft_alloc_live_bytes();
	CHECK_TEXT(create((struct weft_options){ 0 }, NULL, 0), "ok");
	void *one = program;
	CHECK_TEXT(create((struct weft_options){ 0 }, NULL, 0), "ok");
	put_service(81);
	turn(2);
	CHECK(weft_turn(one, 0) == WEFT_OK);
	CHECK(weft_table_count(weft_engine_table(((struct shop *)one)->head.engine, SHOP_SERVICES),
		      WEFT_NEW) == 0);
	weft_destroy(one);
	weft_destroy(program);
	CHECK(weft_alloc_live_bytes() == live);
}

static void no_memory(void)
{
	size_t live = weft_alloc_live_bytes();
	for (uint64_t k = 1;; k++) {
		char *error = NULL;
		struct weft_options o = {
			.size = sizeof(o), .admin = path, .manifests = dir, .log = drop_line
		};
		weft_alloc_fail_at(k, 0);
		enum weft_status s = weft_create(&shop_info, &o, &program, &error);
		if (s == WEFT_OK) {
			weft_turn(program, 0);
			weft_turn(program, 0);
		}
		bool failed = weft_alloc_failed();
		weft_alloc_fail_at(0, 0);
		free(error);
		weft_destroy(program);
		program = NULL;
		if (weft_alloc_live_bytes() != live) {
			case_fail(__FILE__, __LINE__, "allocation %llu: %zu bytes left behind",
				(unsigned long long)k, weft_alloc_live_bytes() - live);
			return;
		}
		if (!failed)
			return;
	}
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/weft-instance-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/admin.sock", dir);
	CASE(params);
	CASE(wrong_options);
	CASE(status);
	CASE(watch);
	CASE(random_requests);
	CASE(sockets_in_the_way);
	CASE(posts);
	CASE(stops);
	CASE(check_states);
	CASE(two_in_one_process);
	CASE(no_memory);
	rmdir(dir);
	return cases_end();
}

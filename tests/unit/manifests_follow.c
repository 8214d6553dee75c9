/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * manifests_follow.c: a real directory, real inotify, a real instance: what is saved is in the
 * tables soon, whatever way it was saved; what cannot be read stays as it was; nothing else moves.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "cases.h"
#include "shop.h"

static char dir[64];
static void *program;
static size_t live_before;
static bool quiet = true;

static void drop_line(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user, (void)level;
	if (!quiet)
		fprintf(stderr, "    %.*s\n", (int)line.size, line.data);
}

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static const char *path_of(const char *name)
{
	static char path[4][512];
	static int next;
	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/m/%s", dir, name);
	return path[next];
}

static void save(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		perror(path_of(name)), abort();
}

static const char *service(const char *name, int port)
{
	static char text[4][300];
	static int next;
	next = (next + 1) % 4;
	snprintf(text[next], sizeof(text[next]),
		"apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\nspec:\n  "
		"selector: {app: %s}\n  ports: [{port: %d}]\n---\n",
		name, name, port);
	return text[next];
}

static void turn_for(int ms)
{
	int64_t end = now_ns() + ms * INT64_C(1000000);
	for (int64_t left; (left = end - now_ns()) > 0;)
		if (weft_turn(program, (int)(left / 1000000) + 1) != WEFT_OK)
			abort();
}

/* "web:80 +db:5432 !a.yaml:3 ?web:81": rows, rejected places, conflicts */
static char seen[4096];
static const char *state(void)
{
	const struct weft_program_head *h = program;
	struct weft_buffer b = { 0 };
	struct weft_cursor c;
	struct weft_buffer lines[3] = { { 0 }, { 0 }, { 0 } };
	(void)c;
	weft_table_dump(weft_engine_table(h->engine, SHOP_SERVICES), &lines[0]);
	weft_table_dump(weft_engine_table(h->engine, SHOP_SERVICES_CONFLICTS), &lines[1]);
	weft_table_dump(weft_engine_table(h->engine, SHOP_SERVICES_REJECTED), &lines[2]);
	for (int i = 0; i < 3; i++)
		for (char *at = lines[i].data, *end; at && *at; at = end + 1) {
			char name[64] = "", place[64] = "";
			int port = 0;
			end = strchr(at, '\n');
			*end = 0;
			const char *n = strstr(at, "\"name\":\""), *p = strstr(at, "\"port\":"),
				   *q = strstr(at, "\"place\":\"");
			if (n)
				sscanf(n + 8, "%63[^\"]", name);
			if (p)
				sscanf(p + 7, "%d", &port);
			if (q)
				sscanf(q + 9, "%63[^\"]", place);
			if (i < 2)
				weft_buffer_format(&b, "%s%s%s:%d", b.size ? " " : "", i ? "?" : "",
					name, port);
			else
				weft_buffer_format(&b, "%s!%s@%s", b.size ? " " : "", name, place);
		}
	snprintf(seen, sizeof(seen), "%s", b.data ? b.data : "");
	for (int i = 0; i < 3; i++)
		weft_buffer_free(&lines[i]);
	weft_buffer_free(&b);
	return seen;
}

/* Turns until the state is as wanted, at most two seconds. */
static const char *until(const char *want)
{
	int64_t end = now_ns() + INT64_C(2000000000);
	while (strcmp(state(), want) != 0 && now_ns() < end)
		weft_turn(program, 5);
	return seen;
}

static uint64_t version(void)
{
	return weft_engine_version(((struct weft_program_head *)program)->engine);
}

static bool start(void)
{
	char error[200] = "", *text = NULL;
	char *manifests = strdup(path_of(""));
	manifests[strlen(manifests) - 1] = 0;
	struct weft_options o = { .size = sizeof(o), .manifests = manifests, .log = drop_line };
	enum weft_status status = weft_create(&shop_info, &o, &program, &text);
	snprintf(error, sizeof(error), "%s", text ? text : "");
	free(text);
	free(manifests);
	if (status != WEFT_OK) {
		case_fail(__FILE__, __LINE__, "create: %s", error);
		return false;
	}
	turn_for(1);
	return true;
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/weft-manifests-XXXXXX");
	if (!mkdtemp(dir))
		abort();
	mkdir(path_of(""), 0700);
	live_before = weft_alloc_live_bytes();
}

static void end(void)
{
	char command[200];
	weft_destroy(program);
	program = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		abort();
	if (weft_alloc_live_bytes() != live_before)
		case_fail(__FILE__, __LINE__, "%zu bytes were left behind",
			weft_alloc_live_bytes() - live_before);
}

static void loads_and_follows_a_save(void)
{
	save("a.yaml", service("web", 80));
	CHECK(start());
	CHECK_TEXT(until("web:80"), "web:80");
	CHECK(weft_table_is_synced(
		weft_engine_table(((struct weft_program_head *)program)->engine, SHOP_SERVICES)));
	uint64_t before = version();
	save("a.yaml", service("web", 81));
	CHECK_TEXT(until("web:81"), "web:81");
	CHECK(version() == before + 1); /* one transaction */
	save("b.yaml", service("db", 5432));
	CHECK_TEXT(until("db:5432 web:81"), "db:5432 web:81");
	unlink(path_of("a.yaml"));
	CHECK_TEXT(until("db:5432"), "db:5432");
	before = version();
	save("b.yaml", service("db", 5432)); /* the same again */
	turn_for(60);
	CHECK_TEXT(state(), "db:5432");
}

static void many_files_are_one_transaction(void)
{
	CHECK(start());
	uint64_t before = version();
	save("a.yaml", service("a", 1));
	save("b.yml", service("b", 2));
	save("c.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"c\"},"
		"\"spec\":{\"ports\":[{\"port\":3}]}}");
	CHECK_TEXT(until("c:3 a:1 b:2"), "c:3 a:1 b:2");
	CHECK(version() == before + 1);
}

static void editors_do_not_make_a_file_vanish(void)
{
	save("a.yaml", service("web", 80));
	CHECK(start());
	CHECK_TEXT(until("web:80"), "web:80");
	uint64_t before = version();
	/* vim: the old one aside, a new one written, the old one deleted; with 4913 and a swap file
	 * on the way */
	save("4913", "");
	unlink(path_of("4913"));
	save(".a.yaml.swp", "junk: [");
	rename(path_of("a.yaml"), path_of("a.yaml~"));
	turn_for(10);
	CHECK_TEXT(state(), "web:80");
	save("a.yaml", service("web", 81));
	unlink(path_of("a.yaml~"));
	CHECK_TEXT(until("web:81"), "web:81");
	CHECK(version() == before + 1);
	/* written beside, then renamed over */
	save("a.yaml.tmp", service("web", 82));
	turn_for(30);
	CHECK_TEXT(state(), "web:81");
	rename(path_of("a.yaml.tmp"), path_of("a.yaml"));
	CHECK_TEXT(until("web:82"), "web:82");
	save("#a.yaml#", "junk: [");
	save("notes.txt", "junk: [");
	turn_for(40);
	CHECK_TEXT(state(), "web:82");
}

static void half_a_file_is_not_read(void)
{
	CHECK(start());
	int f = open(path_of("a.yaml"), O_CREAT | O_WRONLY, 0600);
	const char *one = service("web", 80), *two = service("db", 81);
	CHECK(write(f, one, strlen(one)) > 0);
	turn_for(100);
	CHECK_TEXT(state(), "");
	CHECK(write(f, two, strlen(two)) > 0);
	close(f);
	CHECK_TEXT(until("db:81 web:80"), "db:81 web:80");
}

static void broken_documents_keep_what_was(void)
{
	char text[1000];
	snprintf(text, sizeof(text), "%s%s", service("web", 80), service("db", 81));
	save("a.yaml", text);
	CHECK(start());
	CHECK_TEXT(until("db:81 web:80"), "db:81 web:80");
	/* the second document breaks; a third one is new: db stays, the rejected row says whose it
	 * was and where */
	snprintf(text, sizeof(text), "%s%s", service("web", 90),
		"apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\nspec: "
		"{ports: [{port: 1}\n---\n");
	strcat(text, service("new", 7));
	save("a.yaml", text);
	CHECK_TEXT(until("db:81 new:7 web:90 !db@a.yaml:11"), "db:81 new:7 web:90 !db@a.yaml:11");
	/* web leaves the file while it is broken: it stays all the same */
	snprintf(text, sizeof(text), "%s---\na: [\n", service("new", 8));
	save("a.yaml", text);
	CHECK_TEXT(until("db:81 new:8 web:90 !@a.yaml:9"), "db:81 new:8 web:90 !@a.yaml:9");
	save("a.yaml", service("new", 9));
	CHECK_TEXT(until("new:9"), "new:9");
	/* of a kind that nobody collects: the file is broken all the same, so what it gave stays */
	save("a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web\n");
	turn_for(30);
	CHECK_TEXT(state(), "new:9");
	/* broken before it says what it is: its lines tell whose it probably was */
	save("b.yaml",
		"apiVersion: v1\n\tkind: Service\nmetadata:\n  name: late\n  namespace: shop\n");
	CHECK_TEXT(until("new:9 !late@b.yaml:2"), "new:9 !late@b.yaml:2");
}

static void bad_objects_keep_their_last_good_row(void)
{
	char text[1000];
	save("a.yaml", service("web", 80));
	CHECK(start());
	CHECK_TEXT(until("web:80"), "web:80");
	snprintf(text, sizeof(text), "%s%s", service("web", 70000), service("db", 81));
	save("a.yaml", text);
	CHECK_TEXT(until("db:81 web:80 !web@a.yaml:6"), "db:81 web:80 !web@a.yaml:6");
	save("a.yaml", service("db", 82)); /* the bad version goes, and with it the row */
	CHECK_TEXT(until("db:82"), "db:82");
	/* it moves to another file, and is bad there */
	rename(path_of("a.yaml"), path_of("b.yaml"));
	save("b.yaml", service("db", 0));
	CHECK_TEXT(until("db:82 !db@b.yaml:6"), "db:82 !db@b.yaml:6");
	/* whose object it is cannot be read: everything of the file stays */
	save("b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: [x]}\n");
	CHECK_TEXT(until("db:82 !@b.yaml:3"), "db:82 !@b.yaml:3");
	/* neither can its kind */
	save("b.yaml", "apiversion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\n");
	CHECK_TEXT(until("db:82 !db@b.yaml:1"), "db:82 !db@b.yaml:1");
}

static void two_files_define_one_object(void)
{
	save("b.yaml", service("web", 2));
	CHECK(start());
	CHECK_TEXT(until("web:2"), "web:2");
	save("a.yaml", service("web", 1));
	CHECK_TEXT(until("web:1 ?web:2"), "web:1 ?web:2");
	char text[1000];
	snprintf(text, sizeof(text), "%s%s", service("web", 4), service("web", 5));
	save("c.yaml", text);
	CHECK_TEXT(until("web:1 ?web:2 ?web:4 ?web:5"), "web:1 ?web:2 ?web:4 ?web:5");
	unlink(path_of("a.yaml"));
	CHECK_TEXT(until("web:2 ?web:4 ?web:5"), "web:2 ?web:4 ?web:5");
	save("b.yaml", service("other", 3));
	CHECK_TEXT(until("other:3 web:4 ?web:5"), "other:3 web:4 ?web:5");
	unlink(path_of("c.yaml"));
	CHECK_TEXT(until("other:3"), "other:3");
}

/* Ten thousand definitions of one object cost no square. */
static void one_object_many_times(void)
{
	size_t room = 2000000, used = 0;
	char *text = malloc(room);
	for (int i = 0; i < 10000; i++)
		used += (size_t)snprintf(text + used, room - used,
			"{apiVersion: v1, kind: Service, metadata: {name: w}, spec: {ports: "
			"[{port: %d}]}}\n---\n",
			i + 1);
	CHECK(start());
	int64_t began = now_ns();
	for (int round = 0; round < 3; round++) {
		uint64_t before = version();
		save("a.yaml", text);
		while (version() == before && now_ns() < began + INT64_C(60000000000))
			weft_turn(program, 100);
		text[strlen("{apiVersion: v1, kind: Service, metadata: {name: ")] =
			(char)('x' + round);
	}
	free(text);
	struct weft_engine *e = ((struct weft_program_head *)program)->engine;
	CHECK(weft_table_count(weft_engine_table(e, SHOP_SERVICES_CONFLICTS), WEFT_NEW) == 9998);
	CHECK(weft_table_count(weft_engine_table(e, SHOP_SERVICES), WEFT_NEW) == 2);
	CHECK(now_ns() - began < INT64_C(30000000000));
}

static void lists_and_kinds(void)
{
	save("a.yaml",
		"kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service, metadata: "
		"{name: a}, spec: {ports: [{port: 1}]}}\n"
		"- {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n- {apiVersion: "
		"other/v1, kind: Service, metadata: {name: no}}\n"
		"---\nkind: ServiceList\napiVersion: v1\nitems:\n- {metadata: {name: b}, spec: "
		"{ports: [{port: 2}]}}\n"
		"---\nkind: ServiceAccountList\napiVersion: v1\nitems: [{metadata: {name: "
		"default}}, {metadata: {name: cart}}]\n"
		"---\njust: values\n---\n[1, 2]\n");
	CHECK(start());
	CHECK_TEXT(until("a:1 b:2"), "a:1 b:2");
	struct weft_engine *e = ((struct weft_program_head *)program)->engine;
	CHECK(weft_table_count(weft_engine_table(e, SHOP_ACCOUNTS), WEFT_NEW) ==
		1); /* `where` keeps one */
	save("a.yaml",
		"kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service, metadata: "
		"{name: a, name: b}}\n"
		"- {apiVersion: v1, kind: Service, metadata: {name: c}, spec: {ports: [{port: "
		"3}]}}\n");
	CHECK_TEXT(until("a:1 c:3 !a@a.yaml:4"), "a:1 c:3 !a@a.yaml:4");
}

static void config_map_volumes(void)
{
	char old[100], new[100];
	mkdir(path_of("..1"), 0700);
	save("..1/a.yaml", service("web", 1));
	CHECK(symlink("..1", path_of("..data")) == 0 &&
		symlink("..data/a.yaml", path_of("a.yaml")) == 0);
	CHECK(start());
	CHECK_TEXT(until("web:1"), "web:1");
	mkdir(path_of("..2"), 0700);
	save("..2/a.yaml", service("web", 2));
	CHECK(symlink("..2", path_of("..data_tmp")) == 0);
	snprintf(old, sizeof(old), "%s", path_of("..data_tmp"));
	snprintf(new, sizeof(new), "%s", path_of("..data"));
	CHECK(rename(old, new) == 0);
	CHECK_TEXT(until("web:2"), "web:2");
}

static void directories_come_and_go(void)
{
	char away[100], home[100];
	snprintf(home, sizeof(home), "%s/m", dir);
	snprintf(away, sizeof(away), "%s/away", dir);
	CHECK(rmdir(home) == 0);
	CHECK(start());
	struct weft_engine *e = ((struct weft_program_head *)program)->engine;
	turn_for(20);
	CHECK(!weft_table_is_synced(weft_engine_table(e, SHOP_SERVICES)));
	mkdir(away, 0700);
	rename(away, home);
	save("a.yaml", service("web", 1));
	CHECK_TEXT(until("web:1"), "web:1");
	CHECK(weft_table_is_synced(weft_engine_table(e, SHOP_SERVICES)));
	CHECK(rename(home, away) == 0); /* gone: unread is not empty */
	turn_for(60);
	CHECK_TEXT(state(), "web:1");
	mkdir(home, 0700);
	save("b.yaml", service("new", 2));
	CHECK_TEXT(until("new:2"), "new:2");
	/* a link that comes to mean another directory */
	char link[100], target[100];
	snprintf(link, sizeof(link), "%s/next", dir);
	snprintf(target, sizeof(target), "%s/m2", dir);
	rename(home, target);
	CHECK(symlink("away", link) == 0 && rename(link, home) == 0);
	CHECK_TEXT(until("web:1"), "web:1");
}

static void unreadable_files_keep_their_rows(void)
{
	save("a.yaml", service("web", 80));
	CHECK(start());
	CHECK_TEXT(until("web:80"), "web:80");
	unlink(path_of("a.yaml"));
	CHECK(symlink("nowhere", path_of("a.yaml")) == 0);
	CHECK_TEXT(until("web:80 !@a.yaml"), "web:80 !@a.yaml");
	unlink(path_of("a.yaml"));
	mkdir(path_of("a.yaml"), 0700); /* no manifest, whatever its name says */
	CHECK_TEXT(until(""), "");
}

/* More events than the kernel keeps: all of it is read again. */
static void overflow(void)
{
	int max = 16384;
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	if (f && fscanf(f, "%d", &max) != 1)
		max = 16384;
	if (f)
		fclose(f);
	CHECK(start());
	if (max > 70000)
		return;
	for (int i = 0; i < max / 2 + 100; i++) {
		char name[40];
		snprintf(name, sizeof(name), "junk%d", i);
		save(name, "");
		unlink(path_of(name));
	}
	save("a.yaml", service("web", 80));
	CHECK_TEXT(until("web:80"), "web:80");
}

/* Real manifests: Deployments, Gateways and the rest are passed over, nothing is rejected, two
 * files define `details`. */
static void bookinfo(void)
{
	char command[300];
	snprintf(command, sizeof(command), "cp tests/data/bookinfo/*.yaml %s", path_of(""));
	CHECK(system(command) == 0);
	CHECK(start());
	static const char want[] = "details:9080 details-v1:9080 productpage:9080 "
				   "productpage-v1:9080 ratings:9080 ratings-v1:9080 reviews:9080 "
				   "reviews-v1:9080 reviews-v2:9080 reviews-v3:9080 ?details:9080";
	CHECK_TEXT(until(want), want);
	struct weft_engine *e = ((struct weft_program_head *)program)->engine;
	CHECK(weft_table_count(weft_engine_table(e, SHOP_ACCOUNTS), WEFT_NEW) == 5);
}

static void time_to_commit(void)
{
	save("a.yaml", service("web", 80));
	CHECK(start());
	CHECK_TEXT(until("web:80"), "web:80");
	int64_t worst = 0, sum = 0;
	for (int i = 0; i < 20; i++) {
		char want[40];
		snprintf(want, sizeof(want), "web:%d", 100 + i);
		save("a.yaml", service("web", 100 + i));
		int64_t began = now_ns();
		uint64_t before = version();
		while (version() == before && now_ns() < began + INT64_C(1000000000))
			weft_turn(program, 100);
		int64_t took = now_ns() - began;
		sum += took;
		worst = took > worst ? took : worst;
		CHECK_TEXT(state(), want);
	}
	printf("  from saved file to commit: %.1f ms on average, %.1f at most\n",
		(double)sum / 20e6, (double)worst / 1e6);
	CHECK(sum / 20 < INT64_C(20000000));
}

/* The k-th allocation of a save fails, for every k: the tables are as before or as after, and the
 * next save is read. */
static void lost_memory(void)
{
	char text[1000], before[40], after[40];
	save("b.yaml", service("web", 9));
	save("a.yaml", service("web", 1));
	CHECK(start());
	CHECK_TEXT(until("web:1 ?web:9"), "web:1 ?web:9");
	int port = 1;
	for (uint64_t k = 1; k < 2000; k++) {
		snprintf(before, sizeof(before), "web:%d ?web:9", port);
		snprintf(after, sizeof(after), "web:%d ?web:9 !x@a.yaml:10", port + 1);
		snprintf(text, sizeof(text),
			"%skind: Service\napiVersion: v1\nmetadata: {name: x, labels: 3}\n",
			service("web", ++port));
		save("a.yaml", text);
		weft_alloc_fail_at(k, k % 3 == 0);
		for (int i = 0; i < 3; i++)
			weft_turn(program, 4);
		bool failed = weft_alloc_failed();
		weft_alloc_fail_at(0, 0);
		state();
		if (strcmp(seen, before) != 0 && strcmp(seen, after) != 0) {
			case_fail(__FILE__, __LINE__, "allocation %llu: %s", (unsigned long long)k,
				seen);
			return;
		}
		save("a.yaml", service("web", ++port));
		snprintf(after, sizeof(after), "web:%d ?web:9", port);
		if (strcmp(until(after), after) != 0) {
			case_fail(__FILE__, __LINE__, "after allocation %llu: %s, should: %s",
				(unsigned long long)k, seen, after);
			return;
		}
		if (!failed)
			return;
	}
}

/* Random saves of good, bad and broken files, removals and renames; whenever every file is whole
 * again the tables must be those of an instance that reads the directory for the first time. */
static void random_histories(void)
{
	static const char *const files[] = { "a.yaml", "b.yaml", "c.yaml", "d.yaml" },
				 *const names[] = { "p", "q", "r", "s", "t" };
	uint64_t random = 11;
	char text[2000], old[100], new[100], fresh[sizeof(seen)];
	CHECK(start());
	for (int round = 0; round < 25; round++) {
		for (int step = 0; step < 12; step++) {
			bool last = step >= 8; /* the last four make each file whole */
			const char *file =
				files[last ? (uint64_t)step - 8 : next_random(&random) % 4];
			uint64_t what = last ? 0 : next_random(&random) % 6;
			text[0] = 0;
			for (uint64_t n = next_random(&random) % 4; n > 0; n--) {
				int port = what == 1 && n == 2
					? 0
					: 1 + (int)(next_random(&random) % 9);
				strcat(text, service(names[next_random(&random) % 5], port));
			}
			if (what == 2)
				strcat(text,
					"kind: Service\napiVersion: v1\nmetadata: {name: p, "
					"namespace: shop\n");
			snprintf(old, sizeof(old), "%s", path_of(file));
			snprintf(new, sizeof(new), "%s", path_of(files[next_random(&random) % 4]));
			if (what == 3)
				unlink(old);
			else if (what == 4)
				rename(old, new);
			else
				save(file, text);
			if (next_random(&random) & 1)
				turn_for(8);
		}
		void *followed = program;
		CHECK(start());
		snprintf(fresh, sizeof(fresh), "%s", state());
		weft_destroy(program);
		program = followed;
		if (strcmp(until(fresh), fresh) != 0) {
			case_fail(__FILE__, __LINE__, "round %d: %s\n    afresh: %s", round, seen,
				fresh);
			return;
		}
	}
}

static void random_bytes_do_no_harm(void)
{
	uint64_t random = 7;
	char text[2000];
	CHECK(start());
	int64_t until_ns = now_ns() + INT64_C(2000000000);
	while (now_ns() < until_ns) {
		int n = snprintf(text, sizeof(text),
			"%s%s---\nkind: List\napiVersion: v1\nitems: [{kind: Service, apiVersion: "
			"v1, metadata: &m {name: x}}, *m]\n",
			service("web", 80), service("db", 81));
		for (int i = (int)(next_random(&random) % 8); i >= 0; i--) {
			static const char spice[] = "{}[]:,-#&*!|>'\"%@\n\t ";
			text[next_random(&random) % (uint64_t)n] = next_random(&random) & 1
				? (char)next_random(&random)
				: spice[next_random(&random) % (sizeof(spice) - 1)];
		}
		FILE *f = fopen(path_of(next_random(&random) & 1 ? "a.yaml" : "b.json"), "w");
		fwrite(text, 1, (size_t)n, f);
		fclose(f);
		turn_for(4);
	}
	save("a.yaml", service("web", 80));
	save("b.json", "");
	CHECK_TEXT(until("web:80"), "web:80");
}

#define DIR_CASE(function)                                                        \
	do {                                                                      \
		case_bad = false;                                                 \
		begin();                                                          \
		function();                                                       \
		end();                                                            \
		printf(case_bad ? "FAIL %s: see above\n" : "ok %s\n", #function); \
		cases_failed += case_bad;                                         \
		fflush(stdout);                                                   \
	} while (0)

int main(int argc, char **argv)
{
	quiet = argc < 2 || strcmp(argv[1], "-v") != 0;
	DIR_CASE(loads_and_follows_a_save);
	DIR_CASE(many_files_are_one_transaction);
	DIR_CASE(editors_do_not_make_a_file_vanish);
	DIR_CASE(half_a_file_is_not_read);
	DIR_CASE(broken_documents_keep_what_was);
	DIR_CASE(bad_objects_keep_their_last_good_row);
	DIR_CASE(two_files_define_one_object);
	DIR_CASE(one_object_many_times);
	DIR_CASE(lists_and_kinds);
	DIR_CASE(config_map_volumes);
	DIR_CASE(directories_come_and_go);
	DIR_CASE(unreadable_files_keep_their_rows);
	DIR_CASE(overflow);
	DIR_CASE(bookinfo);
	DIR_CASE(time_to_commit);
	DIR_CASE(lost_memory);
	DIR_CASE(random_histories);
	DIR_CASE(random_bytes_do_no_harm);
	return cases_end();
}

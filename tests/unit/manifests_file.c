/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * manifests_file.c: `from file(...)` and `from clock(...)`: keyed lists, single values, the
 * downward API's label files and their swap, files that come late, break, and go; on a real
 * directory with a real instance.
 */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "cases.h"
#include "shop.h"

static char dir[64], seen[4096];
static void *program;

struct drain {
	weft_id namespace, pod;
};
struct self {
	weft_id labels;
};
struct limits {
	int64_t pause;
	weft_id name;
};
struct tick {
	int64_t at;
};

static const struct weft_field drain_fields[] = {
	{ .name = "namespace",
		.offset = offsetof(struct drain, namespace),
		.type = &weft_type_string },
	{ .name = "pod", .offset = offsetof(struct drain, pod), .type = &weft_type_string },
};
static const struct weft_type drain_type = { .name = "Draining",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct drain),
	.fields = drain_fields,
	.field_count = 2 };
static const struct weft_field self_fields[] = {
	{ .name = "labels", .offset = 0, .type = &weft_type_labels }
};
static const struct weft_type self_type = { .name = "Workload",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct self),
	.fields = self_fields,
	.field_count = 1 };
static const struct weft_field limits_fields[] = {
	{ .name = "pause", .offset = offsetof(struct limits, pause), .type = &weft_type_duration },
	{ .name = "name",
		.offset = offsetof(struct limits, name),
		.type = &weft_type_string,
		.path = "meta.name" },
};
static const struct weft_type limits_type = { .name = "Limits",
	.kind = WEFT_KIND_RECORD,
	.align = 8,
	.has_ids = true,
	.size = sizeof(struct limits),
	.fields = limits_fields,
	.field_count = 2 };
static const struct weft_field tick_fields[] = {
	{ .name = "at", .offset = 0, .type = &weft_type_instant }
};
static const struct weft_type tick_type = { .name = "Tick",
	.kind = WEFT_KIND_RECORD,
	.align = 8,
	.size = sizeof(struct tick),
	.fields = tick_fields,
	.field_count = 1 };
static const struct weft_field wrong_fields[] = {
	{ .name = "reason", .offset = 0, .type = &weft_type_string },
	{ .name = "place", .offset = 4, .type = &weft_type_string },
};
static const struct weft_type wrong_type = { .name = "rejected",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = 8,
	.fields = wrong_fields,
	.field_count = 2 };
static const uint16_t two[] = { 0, 1 }, second[] = { 1 };
enum { DRAINING, SELF, SELF_REJECTED, LIMITS, LIMITS_REJECTED, TICK, TABLES };
static const struct weft_table_info tables[] = {
	{ .name = "draining", .row = &drain_type, .key = two, .key_count = 2, .is_input = true },
	{ .name = "self", .row = &self_type, .is_input = true },
	{ .name = "rejected(self)",
		.row = &wrong_type,
		.key = second,
		.key_count = 1,
		.is_input = true },
	{ .name = "limits", .row = &limits_type, .is_input = true },
	{ .name = "rejected(limits)",
		.row = &wrong_type,
		.key = second,
		.key_count = 1,
		.is_input = true },
	{ .name = "tick", .row = &tick_type, .is_input = true },
};
static const struct weft_engine_info engine = { .tables = tables, .table_count = TABLES };

static enum weft_status path(struct weft_intern *in, const char *name, void *value)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "%s/%s", dir, name);
	return weft_intern_put_text(in, (struct weft_text){ text, (size_t)n }, value);
}
static enum weft_status draining_path(
	const void *p, struct weft_intern *in, const void *row, void *value)
{
	(void)p, (void)row;
	return path(in, "draining.yaml", value);
}
static enum weft_status self_path(
	const void *p, struct weft_intern *in, const void *row, void *value)
{
	(void)p, (void)row;
	return path(in, "info/labels", value);
}
static enum weft_status limits_path(
	const void *p, struct weft_intern *in, const void *row, void *value)
{
	(void)p, (void)row;
	return path(in, "limits.json", value);
}
static const struct weft_source_info sources[] = {
	{ .table = DRAINING,
		.rejected = WEFT_NONE,
		.conflicts = WEFT_NONE,
		.kind = WEFT_SOURCE_FILE,
		.path = draining_path,
		.place = "x:1" },
	{ .table = SELF,
		.rejected = SELF_REJECTED,
		.conflicts = WEFT_NONE,
		.kind = WEFT_SOURCE_FILE,
		.path = self_path,
		.place = "x:2" },
	{ .table = LIMITS,
		.rejected = LIMITS_REJECTED,
		.conflicts = WEFT_NONE,
		.kind = WEFT_SOURCE_FILE,
		.path = limits_path,
		.place = "x:3" },
	{ .table = TICK,
		.rejected = WEFT_NONE,
		.conflicts = WEFT_NONE,
		.kind = WEFT_SOURCE_CLOCK,
		.period = 20000000,
		.place = "x:4" },
};
static const struct weft_program_info info = { .abi_version = WEFT_ABI_VERSION,
	.name = "files",
	.source = "files.weft",
	.size = sizeof(struct weft_program_head),
	.engine = &engine,
	.sources = sources,
	.source_count = 4 };

static void drop_line(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user, (void)level, (void)line;
}

static const char *in_dir(const char *name)
{
	static char text[4][200];
	static int next;
	next = (next + 1) % 4;
	snprintf(text[next], sizeof(text[next]), "%s/%s", dir, name);
	return text[next];
}

static void save(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		perror(name), abort();
}

static struct weft_table *table(unsigned t)
{
	return weft_engine_table(((struct weft_program_head *)program)->engine, t);
}

/* The rows of a table (and of that of its rejected rows), as JSON without the line's head. */
static const char *rows(unsigned t)
{
	struct weft_buffer b = { 0 }, out = { 0 };
	weft_table_dump(table(t), &b);
	if (t == SELF || t == LIMITS)
		weft_table_dump(table(t + 1), &b);
	for (char *at = b.data; at && *at;) {
		char *end = strchr(at, '\n'), *row = strstr(at, "\"row\":");
		weft_buffer_format(&out, "%.*s", (int)(end - row - 7), row + 6);
		at = end + 1;
	}
	snprintf(seen, sizeof(seen), "%s", out.data ? out.data : "");
	weft_buffer_free(&b);
	weft_buffer_free(&out);
	return seen;
}

static const char *until(unsigned t, const char *want)
{
	for (int i = 0; i < 300 && strcmp(rows(t), want) != 0; i++)
		weft_turn(program, 5);
	return seen;
}

static bool start(void)
{
	char *error = NULL;
	struct weft_options o = { .size = sizeof(o), .log = drop_line };
	if (weft_create(&info, &o, &program, &error) != WEFT_OK) {
		case_fail(__FILE__, __LINE__, "create: %s", error);
		free(error);
		return false;
	}
	weft_turn(program, 0);
	return true;
}

static void keyed_lists(void)
{
	save("draining.yaml", "- {namespace: shop, pod: a}\n- {namespace: shop, pod: b}\n");
	CHECK(start());
	CHECK_TEXT(until(DRAINING,
			   "{\"namespace\":\"shop\",\"pod\":\"a\"}{\"namespace\":\"shop\",\"pod\":"
			   "\"b\"}"),
		"{\"namespace\":\"shop\",\"pod\":\"a\"}{\"namespace\":\"shop\",\"pod\":\"b\"}");
	CHECK(weft_table_is_synced(table(DRAINING)));
	save("draining.yaml", "[]\n");
	CHECK_TEXT(until(DRAINING, ""), "");
	save("draining.yaml", "namespace: shop\npod: c\n---\nnamespace: shop\npod: d\n");
	CHECK_TEXT(until(DRAINING,
			   "{\"namespace\":\"shop\",\"pod\":\"c\"}{\"namespace\":\"shop\",\"pod\":"
			   "\"d\"}"),
		"{\"namespace\":\"shop\",\"pod\":\"c\"}{\"namespace\":\"shop\",\"pod\":\"d\"}");
	unlink(in_dir("draining.yaml")); /* gone is not empty */
	for (int i = 0; i < 20; i++)
		weft_turn(program, 5);
	CHECK_TEXT(rows(DRAINING),
		"{\"namespace\":\"shop\",\"pod\":\"c\"}{\"namespace\":\"shop\",\"pod\":\"d\"}");
	weft_destroy(program);
}

static void label_files(void)
{
	char old[200], new[200];
	CHECK(start());
	CHECK(!weft_table_is_synced(table(SELF)));
	mkdir(in_dir("info"), 0700);
	mkdir(in_dir("info/..1"), 0700);
	save("info/..1/labels", "app=\"web\"\nversion=\"a \\\"b\\\" \\n\"\n\nbare=x y\n");
	CHECK(symlink("..1", in_dir("info/..data")) == 0 &&
		symlink("..data/labels", in_dir("info/labels")) == 0);
	CHECK_TEXT(until(SELF,
			   "{\"labels\":{\"app\":\"web\",\"bare\":\"x y\",\"version\":\"a "
			   "\\\"b\\\" \\n\"}}"),
		"{\"labels\":{\"app\":\"web\",\"bare\":\"x y\",\"version\":\"a \\\"b\\\" \\n\"}}");
	CHECK(weft_table_is_synced(table(SELF)));
	mkdir(in_dir("info/..2"), 0700);
	save("info/..2/labels", "app=\"db\"");
	CHECK(symlink("..2", in_dir("info/..tmp")) == 0);
	snprintf(old, sizeof(old), "%s", in_dir("info/..tmp"));
	snprintf(new, sizeof(new), "%s", in_dir("info/..data"));
	CHECK(rename(old, new) == 0);
	CHECK_TEXT(until(SELF, "{\"labels\":{\"app\":\"db\"}}"), "{\"labels\":{\"app\":\"db\"}}");
	save("info/..2/broken", "x");
	unlink(in_dir("info/labels"));
	save("info/labels", "app=\"x\"\nno equals\n");
	CHECK_TEXT(until(SELF,
			   "{\"labels\":{\"app\":\"db\"}}{\"reason\":\"a line of labels is "
			   "key=\\\"value\\\"\",\"place\":\"labels:2\"}"),
		"{\"labels\":{\"app\":\"db\"}}{\"reason\":\"a line of labels is "
		"key=\\\"value\\\"\",\"place\":\"labels:2\"}");
	save("info/labels", "app=\"x\"\napp=\"y\"\n");
	CHECK_TEXT(until(SELF,
			   "{\"labels\":{\"app\":\"db\"}}{\"reason\":\"the key `app` stands twice "
			   "in one map, first in line 1\",\"place\":\"labels:2\"}"),
		"{\"labels\":{\"app\":\"db\"}}{\"reason\":\"the key `app` stands twice in one map, "
		"first in line 1\",\"place\":\"labels:2\"}");
	save("info/labels", "");
	CHECK_TEXT(until(SELF, "{\"labels\":{}}"), "{\"labels\":{}}");
	weft_destroy(program);
}

static void single_values(void)
{
	save("limits.json", "{\"pause\": \"250ms\", \"meta\": {\"name\": \"x\"}}");
	CHECK(start());
	CHECK_TEXT(until(LIMITS, "{\"pause\":\"250ms\",\"name\":\"x\"}"),
		"{\"pause\":\"250ms\",\"name\":\"x\"}");
	save("limits.json", "{\"pause\": 250, \"meta\": {\"name\": \"x\"}}");
	CHECK_TEXT(until(LIMITS,
			   "{\"pause\":\"250ms\",\"name\":\"x\"}{\"reason\":\"pause: text is "
			   "wanted here, not the number 250: write it in "
			   "quotes\",\"place\":\"limits.json:1\"}"),
		"{\"pause\":\"250ms\",\"name\":\"x\"}{\"reason\":\"pause: text is wanted here, not "
		"the number 250: write it in quotes\",\"place\":\"limits.json:1\"}");
	save("limits.json", "{\"pause\": \"1s\",}");
	CHECK_TEXT(until(LIMITS,
			   "{\"pause\":\"250ms\",\"name\":\"x\"}{\"reason\":\"a key in quotes "
			   "should stand here, not `}`\",\"place\":\"limits.json:1\"}"),
		"{\"pause\":\"250ms\",\"name\":\"x\"}{\"reason\":\"a key in quotes should stand "
		"here, not `}`\",\"place\":\"limits.json:1\"}");
	weft_destroy(program);
}

static void clocks(void)
{
	struct timespec now;
	CHECK(start());
	struct weft_cursor c;
	const struct tick *first = weft_table_first(&c, table(TICK), WEFT_NEW);
	CHECK(first && weft_table_is_synced(table(TICK)));
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t at = first->at, wall = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	CHECK(at <= wall && wall - at < INT64_C(1000000000));
	uint64_t version = weft_engine_version(((struct weft_program_head *)program)->engine);
	for (int i = 0; i < 100 &&
		weft_engine_version(((struct weft_program_head *)program)->engine) < version + 3;
		i++)
		weft_turn(program, 20);
	const struct tick *later = weft_table_first(&c, table(TICK), WEFT_NEW);
	CHECK(later && later->at >= at + 40000000);
	weft_destroy(program);
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/weft-file-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	size_t live = weft_alloc_live_bytes();
	CASE(keyed_lists);
	CASE(label_files);
	CASE(single_values);
	CASE(clocks);
	printf(weft_alloc_live_bytes() == live ? "ok nothing_left\n"
					       : "FAIL nothing_left: bytes were left behind\n");
	char command[100];
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) != 0 || weft_alloc_live_bytes() != live || cases_end();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net_program.h: a program written by hand, as the compiler would: one listener rule `web[port]`
 * whose rows the test puts itself, and a table `allowed[port]` that its `relay ... while` reads.
 */
#ifndef TESTS_NET_PROGRAM_H
#define TESTS_NET_PROGRAM_H

#include <pthread.h>

#include "app/net.h"
#include "app/worker.h"
#include "net_ends.h"

struct web {
	uint16_t port;
	struct weft_addr address;
	bool wait;
	struct weft_addr target;
};
/* The prelude's State, as the compiler lays it out. */
struct state {
	uint32_t tag;
	weft_id reason; /* of Pending and Failed */
};
struct observed {
	uint16_t port;
	struct state state;
};
struct allowed {
	uint16_t port;
	bool yes;
};

enum { TABLE_WEB, TABLE_OBSERVED, TABLE_ALLOWED, TABLE_LAST, TABLE_LAST_OBSERVED, TABLES };

static const struct weft_field web_fields[] = {
	{ "port", offsetof(struct web, port), &weft_type_port },
	{ "address", offsetof(struct web, address), &weft_type_addr },
	{ "wait", offsetof(struct web, wait), &weft_type_bool },
	{ "target", offsetof(struct web, target), &weft_type_addr },
};
static const struct weft_type web_type = {
	.name = "web",
	.kind = WEFT_KIND_RECORD,
	.align = _Alignof(struct web),
	.size = sizeof(struct web),
	.fields = web_fields,
	.field_count = 4,
};
static const struct weft_field reason_fields[] = { { "0", 0, &weft_type_string } };
static const struct weft_type reason_type = {
	.name = "reason",
	.kind = WEFT_KIND_RECORD,
	.align = 4,
	.has_ids = true,
	.size = sizeof(weft_id),
	.fields = reason_fields,
	.field_count = 1,
};
static const struct weft_variant state_variants[] = {
	{ "Pending", NULL, &reason_type },
	{ "Open", NULL, NULL },
	{ "Failed", NULL, &reason_type },
	{ "Draining", NULL, NULL },
};
static const struct weft_type state_type = {
	.name = "State",
	.kind = WEFT_KIND_ENUM,
	.align = 4,
	.has_ids = true,
	.size = sizeof(struct state),
	.offset = offsetof(struct state, reason),
	.variants = state_variants,
	.variant_count = 4,
};
static const struct weft_field observed_fields[] = {
	{ "port", offsetof(struct observed, port), &weft_type_port },
	{ "state", offsetof(struct observed, state), &state_type },
};
static const struct weft_type observed_type = {
	.name = "observed",
	.kind = WEFT_KIND_RECORD,
	.align = _Alignof(struct observed),
	.has_ids = true,
	.size = sizeof(struct observed),
	.fields = observed_fields,
	.field_count = 2,
};
static const struct weft_field allowed_fields[] = {
	{ "port", offsetof(struct allowed, port), &weft_type_port },
	{ "yes", offsetof(struct allowed, yes), &weft_type_bool },
};
static const struct weft_type allowed_type = {
	.name = "allowed",
	.kind = WEFT_KIND_RECORD,
	.align = _Alignof(struct allowed),
	.size = sizeof(struct allowed),
	.fields = allowed_fields,
	.field_count = 2,
};
static const uint16_t first_column[] = { 0 };
static const struct weft_table_info tables[TABLES] = {
	{ .name = "web",
		.row = &web_type,
		.key = first_column,
		.key_count = 1,
		.is_input = true,
		.is_published = true },
	{ .name = "web.observed",
		.row = &observed_type,
		.key = first_column,
		.key_count = 1,
		.is_input = true },
	{ .name = "allowed",
		.row = &allowed_type,
		.key = first_column,
		.key_count = 1,
		.is_input = true,
		.is_published = true },
	{ .name = "last",
		.row = &web_type,
		.key = first_column,
		.key_count = 1,
		.is_input = true,
		.is_published = true },
	{ .name = "last.observed",
		.row = &observed_type,
		.key = first_column,
		.key_count = 1,
		.is_input = true },
};
static const struct weft_engine_info engine_info = { .tables = tables, .table_count = TABLES };

struct web_conn {
	struct weft_conn conn;
	struct weft_addr target;
	struct weft_text note;
};

static uint64_t port_hash(uint16_t port)
{
	return weft_hash_u64(0, port);
}

static const struct allowed *find_allowed(struct weft_conn *conn, uint16_t port)
{
	struct weft_view_cursor c;
	const struct allowed *row =
		weft_conn_first(conn, &c, TABLE_ALLOWED, WEFT_PRIMARY, port_hash(port));
	while (row && row->port != port)
		row = weft_view_next(&c);
	return row;
}

/* `while` the downstream's port is allowed. */
static const char *web_judge(struct weft_conn *conn)
{
	const struct allowed *row = find_allowed(conn, conn->remote.port);
	return !row || row->yes ? NULL : "not_allowed";
}

static void web_step(struct weft_conn *conn)
{
	struct web_conn *c = (struct web_conn *)conn;
	const struct web *key = conn->instance_key, *row;
	struct weft_view_cursor cursor;
	switch (conn->state) {
	case 0:
		for (row = weft_conn_first(conn, &cursor, conn->handler->table, WEFT_PRIMARY,
			     conn->instance_hash);
			row && row->port != key->port;)
			row = weft_view_next(&cursor);
		if (!row) {
			weft_conn_deny(conn, WEFT_TEXT("the row is gone"));
			return;
		}
		c->note = weft_conn_keep(conn, WEFT_TEXT("kept"));
		c->target = row->target;
		conn->state = 1;
		weft_conn_dial(conn, c->target, NULL);
		return;
	case 1:
		if (conn->result < 0) {
			char *why = weft_conn_scratch(conn, 64);
			snprintf(why, 64, "dial: %s", weft_status_name(conn->result));
			weft_conn_deny(conn, (struct weft_text){ why, strlen(why) });
			return;
		}
		conn->state = 2;
		weft_conn_relay(conn, conn->downstream, conn->dialled, web_judge);
		return;
	default:
		weft_conn_close(conn);
	}
}

static const struct weft_handler_info web_handler = { "web", sizeof(struct web_conn), web_step,
	TABLE_WEB };
/* As web; or, when the test says so, an `extern handler`: takes the stream and owns it. */
static bool last_takes;
static struct end *taken;
static void last_step(struct weft_conn *conn)
{
	if (!last_takes) {
		web_step(conn);
		return;
	}
	taken = end_new("taken", weft_conn_take(conn), 2, 1);
	weft_stream_receive(taken->stream);
}
static const struct weft_handler_info last_handler = { "last", sizeof(struct web_conn), last_step,
	TABLE_LAST };
static const uint16_t web_needs[] = { TABLE_WEB };
static const uint16_t last_needs[] = { TABLE_LAST };
static const struct weft_rule_info rules[] = {
	{ "web", "listener", TABLE_WEB, TABLE_OBSERVED, 1, 2, &web_handler, INT64_C(300000000),
		false, web_needs, 1, "web.weft:1" },
	{ "last", "listener", TABLE_LAST, TABLE_LAST_OBSERVED, 1, 2, &last_handler,
		INT64_C(300000000), false, last_needs, 1, "web.weft:2" },
};
static const struct weft_program_info program_info = {
	.abi_version = 1,
	.name = "web",
	.source = "web.weft",
	.size = sizeof(struct weft_program_head),
	.engine = &engine_info,
	.rules = rules,
	.rule_count = 2,
};

/* ---- the instance ---- */

static struct weft_program_head program;
static struct weft_loop *home;
static struct weft_net *net;
static char last_log[512];
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER; /* workers log, too */

static void keep_log(void *user, enum weft_log_level level, struct weft_text line)
{
	(void)user;
	if (level < WEFT_LOG_INFO)
		return;
	pthread_mutex_lock(&log_lock);
	snprintf(last_log, sizeof(last_log), "%.*s", (int)line.size, line.data);
	if (getenv("WEFT_TEST_LOG"))
		fprintf(stderr, "  %s\n", last_log);
	pthread_mutex_unlock(&log_lock);
}

static bool program_begin(const char *backend, unsigned workers)
{
	struct weft_io_options options = { .backend = backend };
	memset(&program, 0, sizeof(program));
	program.info = &program_info;
	if (weft_loop_create(&options, &home) < 0 || weft_loop_turn(home, 0) < 0)
		return false;
	if (weft_engine_create(&engine_info, &program, &program.engine) < 0)
		return false;
	program.intern = weft_engine_intern(program.engine);
	struct weft_net_host host = {
		.info = &program_info,
		.program = &program,
		.engine = program.engine,
		.loop = home,
		.workers = workers,
		.backend = backend,
		.log = keep_log,
	};
	if (weft_net_create(&host, &net) < 0)
		return false;
	weft_engine_begin(program.engine);
	weft_engine_synced(program.engine, TABLE_WEB);
	weft_engine_synced(program.engine, TABLE_LAST);
	weft_engine_synced(program.engine, TABLE_ALLOWED);
	return weft_engine_commit(program.engine) == WEFT_OK;
}

static void program_end(void)
{
	weft_net_destroy(net);
	weft_engine_destroy(program.engine);
	weft_loop_destroy(home);
	net = NULL;
}

static enum weft_status put_web(
	unsigned table, uint16_t port, struct weft_addr address, struct weft_addr target, bool wait)
{
	struct web row;
	memset(&row, 0, sizeof(row));
	row.port = port;
	row.address = address;
	row.wait = wait;
	row.target = target;
	weft_engine_begin(program.engine);
	enum weft_status status = weft_engine_put(program.engine, table, &row);
	if (status < 0) {
		weft_engine_rollback(program.engine);
		return status;
	}
	return weft_engine_commit(program.engine);
}

static enum weft_status delete_web(unsigned table, uint16_t port)
{
	struct web row;
	memset(&row, 0, sizeof(row));
	row.port = port;
	weft_engine_begin(program.engine);
	weft_engine_delete(program.engine, table, &row);
	return weft_engine_commit(program.engine);
}

static inline enum weft_status put_allowed(uint16_t port, bool yes)
{
	struct allowed row;
	memset(&row, 0, sizeof(row));
	row.port = port;
	row.yes = yes;
	weft_engine_begin(program.engine);
	weft_engine_put(program.engine, TABLE_ALLOWED, &row);
	return weft_engine_commit(program.engine);
}

/* "Open", "Failed(in use)", "none" */
static inline const char *state_of(unsigned observed_table, uint16_t port)
{
	static char text[256];
	struct observed key;
	memset(&key, 0, sizeof(key));
	key.port = port;
	const struct observed *row =
		weft_table_get(weft_engine_table(program.engine, observed_table), WEFT_NEW, &key);
	if (!row)
		return "none";
	const char *name = state_variants[row->state.tag].name;
	struct weft_text state = { name, strlen(name) },
			 reason = weft_text_of(program.intern, row->state.reason);
	snprintf(text, sizeof(text), reason.size ? "%.*s(%.*s)" : "%.*s", (int)state.size,
		state.data, (int)reason.size, reason.size ? reason.data : "");
	return text;
}

static uint64_t counter_value;
static const char *counter_wanted;
static void take_counter(void *user, const char *name, uint64_t value)
{
	(void)user;
	if (strcmp(name, counter_wanted) == 0)
		counter_value = value;
}

static inline uint64_t counter(const char *name)
{
	counter_wanted = name;
	weft_net_counters(net, take_counter, NULL);
	return counter_value;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * conn.c: what a compiled handler calls (abi/handler.h), and the life of a connection around it.
 * The handler's state struct is the tail of a struct weft_flow, so a connection is one allocation;
 * an arena is added when the handler asks for memory. Invariant: outside of a step, a flow that
 * lives waits for exactly one thing, named by its phase.
 */
#include "net/conn.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/relay.h"
#include "net/socket.h"

/* A bump arena: blocks, the newest first. */
struct weft_block {
	struct weft_block *older;
	size_t used, room;
	max_align_t bytes[];
};

enum { CONN_BLOCK = 256, SCRATCH_BLOCK = 4096 };

enum phase {
	PHASE_STEP,  /* its handler runs */
	PHASE_READY, /* an await ended at once: the next turn steps */
	PHASE_DIAL,
	PHASE_RELAY,
	PHASE_ENDED,
};

struct weft_flow {
	struct weft_node node;  /* in the gate's list */
	struct weft_node queue; /* in conns->changed or conns->ready */
	struct weft_gate *gate;
	struct weft_dial *dial;
	struct weft_stream *dialled; /* not relayed yet; chained by `user`, which nobody else uses
					before a relay */
	struct weft_block *memory;
	weft_judge_fn *judge;
	struct weft_reader_keys keys; /* read when judged */
	struct weft_relay relay;
	uint8_t phase;         /* enum phase */
	bool unrecorded;       /* a reading could not be noted */
	struct weft_conn conn; /* last: the handler's state goes on */
};

static struct weft_flow *flow_of(struct weft_conn *conn)
{
	return weft_container(conn, struct weft_flow, conn);
}

struct weft_flow *weft_flow_of_node(struct weft_node *node)
{
	return weft_container(node, struct weft_flow, node);
}

/* ---- memory ---- */

static void *arena_take(struct weft_block **arena, size_t size, size_t least)
{
	struct weft_block *block = *arena;
	size_t unit = sizeof(max_align_t);
	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + unit - 1) / unit * unit;
	if (!block || block->room - block->used < size) {
		size_t room = size > least ? size : least;
		block = weft_alloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->room = room;
		block->older = *arena;
		*arena = block;
	}
	void *memory = (char *)block->bytes + block->used;
	block->used += size;
	return memory;
}

static void arena_free(struct weft_block **arena)
{
	while (*arena) {
		struct weft_block *older = (*arena)->older;
		weft_free(*arena);
		*arena = older;
	}
}

void *weft_conn_alloc(struct weft_conn *conn, size_t size)
{
	return arena_take(&flow_of(conn)->memory, size, CONN_BLOCK);
}

void *weft_conn_scratch(struct weft_conn *conn, size_t size)
{
	return arena_take(&flow_of(conn)->gate->conns->scratch, size, SCRATCH_BLOCK);
}

struct weft_text weft_conn_keep(struct weft_conn *conn, struct weft_text text)
{
	char *copy = weft_conn_alloc(conn, text.size);
	if (!copy)
		return (struct weft_text){ NULL, 0 };
	if (text.size)
		memcpy(copy, text.data, text.size);
	return (struct weft_text){ copy, text.size };
}

/* ---- logging: "inbound 10.0.0.9:4711: denied: no Service exposes port 9" ---- */

static void log_line(
	struct weft_flow *flow, enum weft_log_level level, const char *what, struct weft_text text)
{
	struct weft_conns *conns = flow->gate->conns;
	struct weft_buffer line = { 0 };
	weft_buffer_format(&line, "%s ", flow->gate->instance->label);
	weft_format_value(
		&line, weft_reader_intern(conns->reader), &weft_type_addr, &flow->conn.remote);
	weft_buffer_format(&line, ": %s", what);
	weft_buffer_text(&line, text);
	if (!line.failed)
		conns->log(conns->log_user, level, (struct weft_text){ line.data, line.size });
	weft_buffer_free(&line);
}

void weft_conn_log(struct weft_conn *conn, struct weft_text text)
{
	log_line(flow_of(conn), WEFT_LOG_INFO, "", text);
}

/* ---- judging ---- */

static void note(struct weft_conn *conn, unsigned table, unsigned index, uint64_t hash)
{
	struct weft_flow *flow = flow_of(conn);
	struct weft_view_key key = { table, index, hash };
	if (weft_readings_add(&flow->gate->conns->readings, &flow->keys, key) < 0)
		flow->unrecorded = true;
}

const void *weft_conn_first(struct weft_conn *conn, struct weft_view_cursor *cursor, unsigned table,
	unsigned index, uint64_t hash)
{
	if (conn->judging)
		note(conn, table, index, hash);
	return weft_view_first(cursor, conn->reader, table, index, hash);
}

const void *weft_conn_each(struct weft_conn *conn, struct weft_view_cursor *cursor, unsigned table)
{
	if (conn->judging)
		note(conn, table, WEFT_EACH, 0);
	return weft_view_each(cursor, conn->reader, table);
}

/* NULL to go on. What could not be noted could not be revoked later, so it ends now. */
static const char *judge(struct weft_flow *flow)
{
	weft_readings_drop(&flow->gate->conns->readings, &flow->keys);
	flow->unrecorded = false;
	flow->conn.judging = true;
	const char *reason = flow->judge(&flow->conn);
	flow->conn.judging = false;
	return !reason && flow->unrecorded ? "no memory" : reason;
}

static void judge_again(struct weft_flow *flow)
{
	struct weft_conns *conns = flow->gate->conns;
	if (flow->phase != PHASE_RELAY || flow->relay.ending)
		return;
	weft_net_count(&conns->counters.judged, 1);
	const char *reason = judge(flow);
	if (!reason)
		return;
	weft_net_count(&conns->counters.revoked, 1);
	log_line(flow, WEFT_LOG_INFO, "revoked: ", (struct weft_text){ reason, strlen(reason) });
	weft_relay_abort(&flow->relay, WEFT_CANCELLED);
}

static void mark_changed(struct weft_flow *flow)
{
	if (flow->phase == PHASE_RELAY && flow->judge && weft_list_is_empty(&flow->queue))
		weft_list_append(&flow->gate->conns->changed, &flow->queue);
}

static void mark_reader(void *user, struct weft_reader_keys *who)
{
	(void)user;
	mark_changed(weft_container(who, struct weft_flow, keys));
}

static void mark_all(struct weft_conns *conns)
{
	for (size_t i = 0; i < sizeof(conns->gates) / sizeof(conns->gates[0]); i++) {
		weft_list_each(at, after, &conns->gates[i])
		{
			struct weft_gate *gate = weft_container(at, struct weft_gate, by_port);
			weft_list_each(node, next, &gate->flows)
				mark_changed(weft_flow_of_node(node));
		}
	}
}

/* ---- the view is pinned while handlers run; the outermost leave judges whom the pin's changes
 * concern ---- */

static void enter(struct weft_conns *conns)
{
	if (conns->pins++)
		return;
	weft_reader_pin(conns->reader);
	size_t count;
	bool all;
	const struct weft_view_key *keys = weft_reader_changes(conns->reader, &count, &all);
	if (all)
		mark_all(conns);
	else if (conns->readings.key_count)
		for (size_t i = 0; i < count; i++)
			weft_readings_find(&conns->readings, keys[i], mark_reader, NULL);
}

static void leave(struct weft_conns *conns)
{
	if (conns->pins == 1) {
		for (struct weft_node *node; (node = weft_list_take_first(&conns->changed));)
			judge_again(weft_container(node, struct weft_flow, queue));
		while (conns->scratch && conns->scratch->older) {
			struct weft_block *older = conns->scratch->older;
			weft_free(conns->scratch);
			conns->scratch = older;
		}
		if (conns->scratch) {
			memset(conns->scratch->bytes, 0, conns->scratch->used);
			conns->scratch->used = 0;
		}
		weft_reader_unpin(conns->reader);
	}
	conns->pins--;
}

void weft_conns_flipped(struct weft_conns *conns)
{
	enter(conns);
	leave(conns);
}

/* ---- the life of a flow ---- */

static void flow_free(struct weft_flow *flow)
{
	struct weft_gate *gate = flow->gate;
	weft_list_remove(&flow->node);
	weft_list_remove(&flow->queue);
	weft_readings_drop(&gate->conns->readings, &flow->keys);
	arena_free(&flow->memory);
	weft_free(flow);
	weft_net_count(&gate->conns->counters.active, -1);
	weft_net_count(&gate->flow_count, -1);
	if (gate->flow_count == 0)
		weft_gate_changed(gate);
}

static void let_go(struct weft_stream *stream, bool reset)
{
	weft_stream_listen_to(stream, NULL, NULL);
	if (reset)
		weft_stream_abort(stream);
	else
		weft_stream_close(stream);
}

/* Ends the path: freed at once, or by the step that runs. */
static void flow_end(struct weft_flow *flow, bool reset)
{
	if (flow->phase == PHASE_ENDED)
		return;
	bool stepping = flow->phase == PHASE_STEP;
	flow->phase = PHASE_ENDED;
	if (flow->dial)
		weft_dial_cancel(flow->dial);
	flow->dial = NULL;
	if (flow->conn.downstream)
		let_go(flow->conn.downstream, reset);
	while (flow->dialled) {
		struct weft_stream *stream = flow->dialled;
		flow->dialled = stream->user;
		let_go(stream, reset);
	}
	if (!stepping)
		flow_free(flow);
}

static void flow_step(struct weft_flow *flow, enum weft_status result)
{
	struct weft_conns *conns = flow->gate->conns;
	enter(conns);
	flow->phase = PHASE_STEP;
	flow->conn.result = result;
	flow->conn.handler->step(&flow->conn);
	if (flow->phase == PHASE_STEP)
		flow_end(flow, false); /* its path is over */
	if (flow->phase == PHASE_ENDED)
		flow_free(flow);
	leave(conns);
}

static void be_ready(struct weft_flow *flow, enum weft_status result)
{
	flow->phase = PHASE_READY;
	flow->conn.result = result;
	weft_list_remove(&flow->queue);
	weft_list_append(&flow->gate->conns->ready, &flow->queue);
	weft_conns_post(flow->gate->conns);
}

void weft_flow_reset(struct weft_flow *flow)
{
	if (flow->phase == PHASE_RELAY)
		weft_relay_abort(&flow->relay, WEFT_CANCELLED);
	else
		flow_end(flow, true);
}

enum weft_status weft_gate_run(struct weft_gate *gate, struct weft_stream *stream,
	struct weft_addr local, struct weft_addr original)
{
	struct weft_conns *conns = gate->conns;
	const struct weft_handler_info *handler = gate->instance->handler;
	size_t state =
		handler->size > sizeof(struct weft_conn) ? handler->size : sizeof(struct weft_conn);
	struct weft_flow *flow = weft_alloc(offsetof(struct weft_flow, conn) + state);
	if (!flow)
		return WEFT_NO_MEMORY;
	flow->gate = gate;
	weft_list_init(&flow->queue);
	weft_list_init(&flow->node);
	weft_list_append(&gate->flows, &flow->node);
	weft_net_count(&gate->flow_count, 1);
	struct weft_conn *conn = &flow->conn;
	conn->handler = handler;
	conn->program = conns->program;
	conn->reader = conns->reader;
	conn->downstream = stream;
	conn->instance_hash = gate->instance->key_hash;
	conn->instance_key = gate->instance->key;
	conn->local = local;
	conn->remote = weft_stream_remote(stream);
	conn->original_dst = original;
	conn->accepted = weft_loop_wall(conns->loop);
	conn->id = conns->next_id++;
	weft_net_count(&conns->counters.accepted, 1);
	weft_net_count(&conns->counters.active, 1);
	flow_step(flow, WEFT_OK);
	return WEFT_OK;
}

/* ---- awaits and ends ---- */

static void on_dialled(void *user, struct weft_stream *stream, enum weft_status status)
{
	struct weft_flow *flow = user;
	flow->dial = NULL;
	flow->conn.dialled = stream;
	if (stream) {
		stream->user = flow->dialled;
		flow->dialled = stream;
	} else {
		weft_net_count(&flow->gate->conns->counters.dial_failed, 1);
	}
	flow_step(flow, status);
}

void weft_conn_dial(
	struct weft_conn *conn, struct weft_addr to, const struct weft_dial_options *options)
{
	struct weft_flow *flow = flow_of(conn);
	struct weft_conns *conns = flow->gate->conns;
	weft_assert(flow->phase == PHASE_STEP);
	conn->dialled = NULL;
	enum weft_status status = WEFT_SELF;
	if (!weft_conns_owns(conns, to))
		status = weft_dial_start(conns->loop, to, options, on_dialled, flow, &flow->dial);
	flow->phase = PHASE_DIAL;
	if (status < 0) {
		weft_net_count(&conns->counters.dial_failed, 1);
		be_ready(flow, status);
	}
}

static void on_relayed(struct weft_relay *relay, enum weft_status status)
{
	struct weft_flow *flow = weft_container(relay, struct weft_flow, relay);
	weft_readings_drop(&flow->gate->conns->readings, &flow->keys);
	weft_list_remove(&flow->queue);
	flow->judge = NULL;
	flow_step(flow, status);
}

/* The stream leaves the flow's care. */
static void forget(struct weft_flow *flow, struct weft_stream *stream)
{
	if (flow->conn.downstream == stream)
		flow->conn.downstream = NULL;
	if (flow->conn.dialled == stream)
		flow->conn.dialled = NULL;
	if (flow->dialled == stream)
		flow->dialled = stream->user;
	for (struct weft_stream *s = flow->dialled; s; s = s->user)
		if (s->user == stream)
			s->user = stream->user;
}

void weft_conn_relay(struct weft_conn *conn, struct weft_stream *a, struct weft_stream *b,
	weft_judge_fn *while_true)
{
	struct weft_flow *flow = flow_of(conn);
	struct weft_conns *conns = flow->gate->conns;
	weft_assert(flow->phase == PHASE_STEP);
	flow->judge = while_true;
	const char *reason = while_true ? judge(flow) : NULL;
	if (reason) {
		weft_conn_deny(conn, (struct weft_text){ reason, strlen(reason) });
		return;
	}
	forget(flow, a);
	forget(flow, b);
	flow->phase = PHASE_RELAY;
	weft_relay_start(&flow->relay, a, b, &conns->counters.bytes, on_relayed);
}

void weft_conn_deny(struct weft_conn *conn, struct weft_text reason)
{
	struct weft_flow *flow = flow_of(conn);
	weft_net_count(&flow->gate->conns->counters.denied, 1);
	log_line(flow, WEFT_LOG_INFO, "denied: ", reason);
	flow_end(flow, true);
}

void weft_conn_close(struct weft_conn *conn)
{
	flow_end(flow_of(conn), false);
}

struct weft_stream *weft_conn_take(struct weft_conn *conn)
{
	struct weft_stream *stream = conn->downstream;
	conn->downstream = NULL;
	flow_end(flow_of(conn), false);
	return stream;
}

/* ---- a thread's connections ---- */

static void run_soon(struct weft_task *task)
{
	struct weft_conns *conns = weft_container(task, struct weft_conns, soon);
	struct weft_node *node;
	conns->posted = false;
	while ((node = weft_list_take_first(&conns->ready))) {
		struct weft_flow *flow = weft_container(node, struct weft_flow, queue);
		flow_step(flow, flow->conn.result);
	}
	while ((node = weft_list_take_first(&conns->notices))) {
		struct weft_gate *gate = weft_container(node, struct weft_gate, notice);
		if (gate->changed)
			gate->changed(gate->user, gate);
	}
}

void weft_conns_post(struct weft_conns *conns)
{
	if (conns->posted)
		return;
	conns->posted = true;
	weft_loop_post(conns->loop, &conns->soon);
}

void weft_conns_init(struct weft_conns *conns, struct weft_loop *loop, struct weft_reader *reader,
	void *program, uint64_t id_base)
{
	*conns = (struct weft_conns){
		.loop = loop, .reader = reader, .program = program, .next_id = id_base
	};
	conns->soon.run = run_soon;
	for (size_t i = 0; i < sizeof(conns->gates) / sizeof(conns->gates[0]); i++)
		weft_list_init(&conns->gates[i]);
	weft_list_init(&conns->changed);
	weft_list_init(&conns->ready);
	weft_list_init(&conns->notices);
}

void weft_conns_free(struct weft_conns *conns)
{
	arena_free(&conns->scratch);
	weft_readings_free(&conns->readings);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * gate.c: where connections come from: a listening socket that is opened, pauses when descriptors
 * run out, and drains. Closing a listener hands out what waits in its accept queue, so no
 * connection is lost by a drain.
 */
#include "base/assert.h"
#include "net/conn.h"
#include "net/socket.h"

#define ACCEPT_RETRY INT64_C(100000000) /* nanoseconds until accepting is tried again */

static void say(struct weft_gate *gate, enum weft_log_level level, const char *what,
	enum weft_status status)
{
	struct weft_buffer line = { 0 };
	weft_buffer_format(
		&line, "%s: %s: %s", gate->instance->label, what, weft_status_name(status));
	if (!line.failed)
		gate->conns->log(
			gate->conns->log_user, level, (struct weft_text){ line.data, line.size });
	weft_buffer_free(&line);
}

static void on_accepted(void *user, struct weft_io_listener *listener,
	struct weft_io_socket *socket, enum weft_status status)
{
	struct weft_gate *gate = user;
	if (status < 0) {
		say(gate, WEFT_LOG_WARN, "accepting stops for a moment", status);
		if (listener == gate->listener &&
			weft_timer_set(gate->conns->loop, &gate->retry,
				weft_loop_now(gate->conns->loop) + ACCEPT_RETRY) < 0)
			weft_io_accept(
				listener); /* no memory for a timer: rather spin than be deaf */
		return;
	}
	struct weft_stream *stream = weft_socket_stream(socket);
	if (!stream) {
		weft_io_abort(socket);
		return;
	}
	if (weft_gate_run(gate, stream, weft_socket_local(socket), weft_socket_original(socket)) <
		0)
		weft_stream_abort(stream);
}

static void on_closed(void *user, struct weft_io_listener *listener)
{
	struct weft_gate *gate = user;
	(void)listener;
	gate->closing--;
	weft_gate_changed(gate);
}

static const struct weft_io_listener_events gate_events = { on_accepted, on_closed };

static void on_retry(void *user, struct weft_timer *timer)
{
	struct weft_gate *gate = user;
	(void)timer;
	if (gate->listener)
		weft_io_accept(gate->listener);
}

static void reset_all(struct weft_gate *gate)
{
	weft_list_each(node, after, &gate->flows) weft_flow_reset(weft_flow_of_node(node));
}

static void on_deadline(void *user, struct weft_timer *timer)
{
	(void)timer;
	reset_all(user);
}

void weft_gate_init(
	struct weft_gate *gate, struct weft_conns *conns, const struct weft_instance *instance)
{
	*gate = (struct weft_gate){ .conns = conns, .instance = instance };
	gate->retry = (struct weft_timer){ .expired = on_retry, .user = gate };
	gate->deadline = (struct weft_timer){ .expired = on_deadline, .user = gate };
	weft_list_init(&gate->flows);
	weft_list_init(&gate->notice);
	weft_list_init(&gate->by_port);
	weft_list_append(&conns->gates[instance->address.port % 64], &gate->by_port);
}

enum weft_status weft_gate_listen(struct weft_gate *gate, bool group, bool probe)
{
	struct weft_io_listen_options options = { .reuse_port = group, .probe = probe };
	enum weft_status status = weft_io_listen(weft_loop_io(gate->conns->loop),
		&gate->instance->address, &options, &gate_events, gate, &gate->listener);
	if (status < 0) {
		gate->listener = NULL;
		return status;
	}
	weft_io_accept(gate->listener);
	gate->open = true;
	return WEFT_OK;
}

void weft_gate_open(struct weft_gate *gate)
{
	gate->open = true;
}

void weft_gate_drain(struct weft_gate *gate, int64_t nanoseconds)
{
	struct weft_loop *loop = gate->conns->loop;
	gate->open = false;
	weft_timer_stop(loop, &gate->retry);
	if (gate->listener) {
		gate->closing++;
		weft_io_listener_close(gate->listener);
		gate->listener = NULL;
	}
	if (nanoseconds <= 0 ||
		weft_timer_set(loop, &gate->deadline, weft_loop_now(loop) + nanoseconds) < 0) {
		weft_timer_stop(loop, &gate->deadline);
		reset_all(gate);
	}
	weft_gate_changed(gate);
}

void weft_gate_resume(struct weft_gate *gate)
{
	weft_timer_stop(gate->conns->loop, &gate->deadline);
}

bool weft_gate_is_quiet(const struct weft_gate *gate)
{
	return !gate->listener && gate->closing == 0 && gate->flow_count == 0;
}

void weft_gate_end(struct weft_gate *gate)
{
	weft_assert(weft_gate_is_quiet(gate));
	weft_timer_stop(gate->conns->loop, &gate->deadline);
	weft_timer_stop(gate->conns->loop, &gate->retry);
	weft_list_remove(&gate->by_port);
	weft_list_remove(&gate->notice);
}

void weft_gate_changed(struct weft_gate *gate)
{
	if (!weft_list_is_empty(&gate->notice))
		return;
	weft_list_append(&gate->conns->notices, &gate->notice);
	weft_conns_post(gate->conns);
}

/* ---- dialling oneself ---- */

static bool is_unspecified(struct weft_ip ip)
{
	static const struct weft_ip v6, v4 = { { [10] = 0xff, [11] = 0xff } };
	return memcmp(&ip, &v6, sizeof(ip)) == 0 || memcmp(&ip, &v4, sizeof(ip)) == 0;
}

static bool is_loopback(struct weft_ip ip)
{
	static const struct weft_ip v6 = { { [15] = 1 } };
	static const uint8_t v4[13] = { [10] = 0xff, [11] = 0xff, [12] = 127 };
	return memcmp(&ip, &v6, sizeof(ip)) == 0 || memcmp(&ip, v4, sizeof(v4)) == 0;
}

static bool is_v4(struct weft_ip ip)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(&ip, prefix, sizeof(prefix)) == 0;
}

/* Of an interface of this machine: asked of the kernel, which alone knows; only for the port of a
 * wildcard listener. */
static bool is_of_this_machine(struct weft_conns *conns, struct weft_ip ip)
{
	static const struct weft_io_listener_events deaf;
	if (is_unspecified(ip) || is_loopback(ip))
		return true;
	struct weft_io_listener *probe;
	struct weft_addr addr = { ip, 0 };
	struct weft_io_listen_options options = { 0 };
	if (weft_io_listen(weft_loop_io(conns->loop), &addr, &options, &deaf, NULL, &probe) < 0)
		return false;
	weft_io_listener_close(probe);
	return true;
}

bool weft_conns_owns(struct weft_conns *conns, struct weft_addr addr)
{
	bool wildcard = false;
	weft_list_each(node, after, &conns->gates[addr.port % 64])
	{
		const struct weft_gate *gate = weft_container(node, struct weft_gate, by_port);
		const struct weft_addr *own = &gate->instance->address;
		if (!gate->open || own->port != addr.port)
			continue;
		if (memcmp(&own->ip, &addr.ip, sizeof(addr.ip)) == 0)
			return true;
		if (is_loopback(own->ip) && is_unspecified(addr.ip) &&
			is_v4(own->ip) == is_v4(addr.ip))
			return true; /* a dial to 0.0.0.0 goes to 127.0.0.1 */
		wildcard |= is_unspecified(own->ip) && (!is_v4(own->ip) || is_v4(addr.ip));
	}
	return wildcard && is_of_this_machine(conns, addr.ip);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * net.c: puts an instance's workers and listeners together, sums their counters, and lets the
 * application hand in connections of its own (weft_adopt, weft_dial).
 */
#include "app/net.h"

#include <stdatomic.h>

#include "app/runtime.h"
#include "app/worker.h"
#include "base/alloc.h"
#include "net/pair.h"
#include "net/socket.h"

#define LAST_TURNS INT64_C(1000000000) /* nanoseconds that destroy waits for resets to be done */

struct weft_net {
	struct weft_net_host host;
	unsigned count; /* threads: the instance's and the workers */
	struct weft_worker **workers;
	struct weft_conns **conns;
	struct weft_listeners *listeners;
	struct weft_task publish;
	atomic_bool publish_posted;
};

/* A commit waited for a worker that still read the older view; the engine's thread publishes it
 * now. */
static void run_publish(struct weft_task *task)
{
	struct weft_net *net = weft_container(task, struct weft_net, publish);
	atomic_store(&net->publish_posted, false);
	(void)weft_engine_publish(
		net->host.engine); /* still blocked: that worker's unpin says so again */
}

/* In the thread of the worker that unpinned. */
static void unblocked(void *user)
{
	struct weft_net *net = user;
	if (!atomic_exchange(&net->publish_posted, true))
		weft_loop_post(net->host.loop, &net->publish);
}

static enum weft_status create_workers(struct weft_net *net)
{
	enum weft_status status = WEFT_OK;
	for (unsigned i = 0; i < net->count && status == WEFT_OK; i++) {
		status = weft_worker_create(&net->host, i, &net->workers[i]);
		if (status == WEFT_OK)
			net->conns[i] = weft_worker_conns(net->workers[i]);
	}
	return status;
}

static enum weft_status create_listeners(struct weft_net *net)
{
	struct weft_listeners_host host = {
		.info = net->host.info,
		.engine = net->host.engine,
		.loop = net->host.loop,
		.threads = net->conns,
		.thread_count = net->count,
		.log = net->host.log,
		.log_user = net->host.user,
	};
	return weft_listeners_create(&host, &net->listeners);
}

enum weft_status weft_net_create(const struct weft_net_host *host, struct weft_net **out)
{
	if (host->workers > WEFT_WORKERS_MAX)
		return WEFT_INVALID;
	struct weft_net *net = weft_alloc(sizeof(*net));
	if (!net)
		return WEFT_NO_MEMORY;
	net->host = *host;
	net->count = host->workers + 1;
	net->publish.run = run_publish;
	net->workers = weft_alloc_array(net->count, sizeof(*net->workers));
	net->conns = weft_alloc_array(net->count, sizeof(*net->conns));
	enum weft_status status = net->workers && net->conns ? create_workers(net) : WEFT_NO_MEMORY;
	if (status == WEFT_OK)
		status = create_listeners(net);
	weft_engine_on_unblocked(host->engine, unblocked, net);
	for (unsigned i = 0; i < net->count && status == WEFT_OK; i++)
		status = weft_worker_start(net->workers[i]);
	if (status < 0) {
		weft_net_destroy(net);
		return status;
	}
	*out = net;
	return WEFT_OK;
}

void weft_net_drain(struct weft_net *net, int64_t nanoseconds)
{
	weft_listeners_drain(net->listeners, nanoseconds);
}

bool weft_net_is_idle(const struct weft_net *net)
{
	return weft_listeners_is_idle(net->listeners);
}

/* Resets everything and turns until the threads have said so. */
static void reset_all(struct weft_net *net)
{
	struct weft_loop *loop = net->host.loop;
	weft_listeners_silence(net->listeners);
	weft_listeners_drain(net->listeners, 0);
	int64_t until = weft_loop_now(loop) + LAST_TURNS;
	struct weft_io_counts counts;
	do {
		if (weft_loop_turn(loop, 10000000) < 0)
			return;
		weft_io_counts(weft_loop_io(loop), &counts);
	} while ((!weft_net_is_idle(net) || counts.sockets) && weft_loop_now(loop) < until);
}

void weft_net_destroy(struct weft_net *net)
{
	if (net->listeners)
		reset_all(net);
	weft_engine_on_unblocked(net->host.engine, NULL, NULL);
	for (unsigned i = 0; i < net->count && net->workers; i++)
		if (net->workers[i])
			weft_worker_stop(net->workers[i]);
	if (net->listeners)
		weft_listeners_destroy(net->listeners);
	for (unsigned i = 0; i < net->count && net->workers; i++)
		weft_worker_destroy(net->workers[i]);
	weft_free(net->workers);
	weft_free(net->conns);
	weft_free(net);
}

void weft_net_each(
	const struct weft_net *net, unsigned rule, weft_listener_view_fn *each, void *user)
{
	weft_listeners_each(net->listeners, rule, each, user);
}

void weft_net_counters(const struct weft_net *net, weft_net_counter_fn *each, void *user)
{
	static const struct {
		const char *name;
		size_t offset;
	} all[] = {
		{ "accepted", offsetof(struct weft_net_counters, accepted) },
		{ "active", offsetof(struct weft_net_counters, active) },
		{ "denied", offsetof(struct weft_net_counters, denied) },
		{ "judged", offsetof(struct weft_net_counters, judged) },
		{ "revoked", offsetof(struct weft_net_counters, revoked) },
		{ "dial_failed", offsetof(struct weft_net_counters, dial_failed) },
		{ "bytes", offsetof(struct weft_net_counters, bytes) },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t sum = 0;
		for (unsigned t = 0; t < net->count; t++) {
			const char *counters = (const char *)&net->conns[t]->counters;
			sum += __atomic_load_n(
				(const uint64_t *)(const void *)(counters + all[i].offset),
				__ATOMIC_RELAXED);
		}
		each(user, all[i].name, sum);
	}
}

enum weft_status weft_net_adopt(
	struct weft_net *net, unsigned rule, const void *key, int descriptor)
{
	struct weft_gate *gate = weft_listeners_gate(net->listeners, rule, key);
	struct weft_io_socket *socket;
	if (!gate)
		return WEFT_NOT_FOUND;
	static const struct weft_io_socket_events deaf;
	enum weft_status status =
		weft_io_adopt(weft_loop_io(net->host.loop), descriptor, &deaf, NULL, &socket);
	if (status < 0)
		return status;
	struct weft_stream *stream = weft_socket_stream(socket);
	if (!stream) {
		weft_io_abort(socket);
		return WEFT_NO_MEMORY;
	}
	status = weft_gate_run(
		gate, stream, weft_socket_local(socket), weft_socket_original(socket));
	if (status < 0)
		weft_stream_abort(stream);
	return status;
}

enum weft_status weft_net_dial(struct weft_net *net, unsigned rule, const void *key,
	struct weft_addr to, struct weft_stream **out)
{
	static const struct weft_ip loopback = {
		{ [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 }
	};
	struct weft_gate *gate = weft_listeners_gate(net->listeners, rule, key);
	if (!gate)
		return WEFT_NOT_FOUND;
	struct weft_addr remote[2] = { to, { loopback, 0 } };
	struct weft_stream *end[2];
	enum weft_status status = weft_pair_create(net->host.loop, remote, end);
	if (status < 0)
		return status;
	status = weft_gate_run(gate, end[1], gate->instance->address, to);
	if (status < 0) {
		weft_stream_abort(end[0]);
		weft_stream_abort(end[1]);
		return status;
	}
	*out = end[0];
	return WEFT_OK;
}

/* ---- public ---- */

static struct weft_net *net_of(void *program)
{
	return ((struct weft_program_head *)program)->runtime->net;
}

enum weft_status weft_adopt(void *program, unsigned rule, const void *key, int descriptor)
{
	return weft_net_adopt(net_of(program), rule, key, descriptor);
}

enum weft_status weft_dial(void *program, unsigned rule, const void *key, struct weft_addr to,
	struct weft_stream **stream)
{
	return weft_net_dial(net_of(program), rule, key, to, stream);
}

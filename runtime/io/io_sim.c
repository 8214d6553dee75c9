/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * io_sim.c: a kernel in memory, driven by a seed: what io.c, and net/ above it, must bear. Requests
 * are taken in order at the next wait, as a ring does; armed operations make progress in any order,
 * and each result may be held back, but the results of one operation keep their order. The network
 * itself (sim_net.c) keeps what TCP promises.
 */
#include "io/sim_net.h"

#include "base/alloc.h"

enum { HOLD_MAX = 6, STEP_NS = 20000 };

/* ---- results ---- */

static bool put_result(struct weft_sim *sim, struct weft_io_result result)
{
	if (!weft_grow(
		    &sim->results, &sim->result_room, sim->result_count + 1, sizeof(*sim->results)))
		return weft_sim_forbid(sim, "the simulation ran out of memory"), false;
	unsigned hold =
		weft_sim_chance(sim, sim->options.delay) ? 1 + weft_sim_below(sim, HOLD_MAX) : 0;
	sim->results[sim->result_count++] = (struct weft_sim_result){ result, hold };
	return true;
}

static struct weft_io_result blank(const struct weft_sim_operation *o, enum weft_status status)
{
	return (struct weft_io_result){ .tag = o->request.tag, .status = status, .descriptor = -1 };
}

/* ---- one step of an operation: true when it is over ---- */

static bool step_accept(struct weft_sim *sim, struct weft_sim_operation *o)
{
	struct weft_io_result r = blank(o, WEFT_OK);
	if (!weft_sim_waiting(sim, o->node))
		return false;
	if (weft_sim_chance(sim, sim->options.fail))
		r.status = weft_sim_below(sim, 2) ? WEFT_MORE : WEFT_TOO_MANY_FILES;
	else
		r.status = weft_sim_take(sim, o->node, true, &r.descriptor);
	r.more = r.status == WEFT_OK && !weft_sim_chance(sim, sim->options.end);
	put_result(sim, r);
	return !r.more;
}

static bool step_receive(struct weft_sim *sim, struct weft_sim_operation *o)
{
	struct weft_io_result r = blank(o, WEFT_OK);
	long ready = weft_sim_ready(sim, o->node);
	if (ready == WEFT_SIM_AGAIN)
		return false;
	if (ready == WEFT_SIM_RESET) {
		r.status = WEFT_RESET;
	} else if (ready > 0 &&
		(sim->buffer_count == 0 || weft_sim_chance(sim, sim->options.starve))) {
		r.status = WEFT_FULL;
	} else if (ready > 0) {
		uint16_t id = sim->buffers[0];
		memmove(sim->buffers, sim->buffers + 1,
			--sim->buffer_count * sizeof(*sim->buffers));
		size_t size = weft_sim_cut(sim, sim->buffer_size);
		r.size = (uint32_t)weft_sim_read(sim, o->node, sim->memory[id], size);
		r.has_buffer = true;
		r.buffer = id;
		r.more = !weft_sim_chance(sim, sim->options.end);
	}
	put_result(sim, r);
	return !r.more;
}

static bool step_send(struct weft_sim *sim, struct weft_sim_operation *o)
{
	struct weft_io_result r = blank(o, WEFT_OK);
	long size =
		weft_sim_write(sim, o->node, o->request.data, weft_sim_cut(sim, o->request.size));
	if (size == WEFT_SIM_AGAIN)
		return false;
	r.status = size < 0 ? WEFT_RESET : WEFT_OK;
	r.size = size < 0 ? 0 : (uint32_t)size;
	put_result(sim, r);
	return true;
}

static bool step_peer(struct weft_sim *sim, struct weft_sim_operation *o)
{
	struct weft_io_result r = blank(o, WEFT_OK);
	if (weft_sim_ready(sim, o->node) != WEFT_SIM_RESET)
		return false;
	r.size = 1;
	put_result(sim, r);
	return true;
}

static bool step_connect(struct weft_sim *sim, struct weft_sim_operation *o)
{
	static const enum weft_status failures[] = { WEFT_REFUSED, WEFT_UNREACHABLE, WEFT_TIMED_OUT,
		WEFT_MORE };
	enum weft_status status;
	if (weft_sim_chance(sim, sim->options.fail))
		status = failures[weft_sim_below(sim, 4)];
	else
		status = weft_sim_join(sim, o->node, &o->to);
	if (status == WEFT_FULL)
		return false;
	put_result(sim, blank(o, status));
	return true;
}

static bool step(struct weft_sim *sim, struct weft_sim_operation *o)
{
	switch (o->request.code) {
	case WEFT_IO_ACCEPT:
		return step_accept(sim, o);
	case WEFT_IO_RECEIVE:
		return step_receive(sim, o);
	case WEFT_IO_SEND:
		return step_send(sim, o);
	case WEFT_IO_PEER:
		return step_peer(sim, o);
	default:
		return step_connect(sim, o);
	}
}

/* ---- the queue of requests ---- */

static void finish(struct weft_sim *sim, size_t index)
{
	weft_sim_release(sim, sim->operations[index].node);
	sim->operations[index] = sim->operations[--sim->operation_count];
}

static void cancel(struct weft_sim *sim, const struct weft_io_request *r)
{
	for (size_t i = 0; i < sim->operation_count; i++) {
		struct weft_sim_operation *o = &sim->operations[i];
		if (o->request.tag != r->target)
			continue;
		bool first = weft_sim_below(sim, 2);
		if (first)
			put_result(sim, (struct weft_io_result){ .tag = r->tag, .descriptor = -1 });
		put_result(sim, blank(o, WEFT_CANCELLED));
		if (!first)
			put_result(sim, (struct weft_io_result){ .tag = r->tag, .descriptor = -1 });
		finish(sim, i);
		return;
	}
	put_result(sim,
		(struct weft_io_result){
			.tag = r->tag, .status = WEFT_NOT_FOUND, .descriptor = -1 });
}

static void take_requests(struct weft_sim *sim)
{
	for (size_t i = 0; i < sim->request_count; i++) {
		struct weft_sim_operation *o = &sim->requests[i];
		if (o->request.code == WEFT_IO_CANCEL) {
			cancel(sim, &o->request);
			continue;
		}
		for (size_t k = 0; k < sim->operation_count; k++)
			if (sim->operations[k].request.tag == o->request.tag)
				weft_sim_forbid(sim, "an operation was begun twice");
		if (!weft_grow(&sim->operations, &sim->operation_room, sim->operation_count + 1,
			    sizeof(*o)))
			weft_sim_forbid(sim, "the simulation ran out of memory");
		else
			sim->operations[sim->operation_count++] = *o;
	}
	sim->request_count = 0;
}

static enum weft_status submit(void *world, const struct weft_io_request *r)
{
	struct weft_sim *sim = world;
	struct weft_sim_operation o = { .request = *r, .node = -1 };
	if (sim->request_count >= sim->entries)
		return WEFT_FULL;
	if (!weft_grow(&sim->requests, &sim->request_room, sim->request_count + 1, sizeof(o)))
		return WEFT_FULL;
	if (r->code == WEFT_IO_CONNECT)
		o.to = *r->address;
	if (r->code != WEFT_IO_CANCEL) {
		o.node = weft_sim_hold(sim, r->descriptor);
		if (o.node < 0)
			weft_sim_forbid(sim, "an operation on a closed descriptor");
	}
	if (r->code == WEFT_IO_CANCEL || o.node >= 0)
		sim->requests[sim->request_count++] = o;
	return WEFT_OK;
}

/* ---- the wait ---- */

/* Every operation gets its chance, beginning anywhere. */
static bool progress(struct weft_sim *sim)
{
	size_t before = sim->result_count, count = sim->operation_count;
	size_t first = count ? weft_sim_below(sim, (unsigned)count) : 0;
	for (size_t i = 0; i < count; i++) {
		size_t index = (first + i) % count;
		if (index >= sim->operation_count || weft_sim_chance(sim, sim->options.idle))
			continue;
		if (step(sim, &sim->operations[index]))
			finish(sim, index);
	}
	return sim->result_count > before;
}

static bool held_before(const struct weft_sim *sim, size_t kept, uint64_t tag)
{
	for (size_t i = 0; i < kept; i++)
		if (sim->results[i].result.tag == tag)
			return true;
	return false;
}

static size_t reap(struct weft_sim *sim, struct weft_io_result *results, size_t max)
{
	size_t kept = 0, count = 0;
	for (size_t i = 0; i < sim->result_count; i++) {
		struct weft_sim_result *r = &sim->results[i];
		if (r->hold > 0)
			r->hold--;
		if (r->hold > 0 || count == max || held_before(sim, kept, r->result.tag))
			sim->results[kept++] = *r;
		else
			results[count++] = r->result;
	}
	sim->result_count = kept;
	for (size_t i = 1; i < count;
		i++) { /* neighbours change places, unless they are of one operation */
		struct weft_io_result *a = &results[i - 1], *b = &results[i], c = *a;
		if (a->tag != b->tag && weft_sim_chance(sim, sim->options.delay)) {
			*a = *b;
			*b = c;
		}
	}
	return count;
}

static size_t wait_for(void *world, int64_t wait_ns, struct weft_io_result *results, size_t max)
{
	struct weft_sim *sim = world;
	take_requests(sim);
	int64_t until = wait_ns < 0 ? INT64_MAX : sim->now + wait_ns;
	for (;;) {
		bool moved = progress(sim);
		size_t count = reap(sim, results, max);
		sim->now += weft_sim_below(sim, STEP_NS);
		if (count > 0 || wait_ns == 0)
			return count;
		if (sim->result_count > 0 || moved)
			continue;
		if (weft_sim_could(sim)) /* an operation only idled */
			continue;
		if (until != INT64_MAX && sim->now < until)
			sim->now = until;
		return 0;
	}
}

static bool flush(void *world)
{
	return ((struct weft_sim *)world)->request_count > 0;
}

/* ---- the rest ---- */

static enum weft_status start(const struct weft_io_options *o, void **world, const char **why)
{
	struct weft_sim *sim = *world;
	*why = "";
	if (sim->started)
		return WEFT_UNSUPPORTED;
	sim->entries = o->entries;
	sim->buffer_size = o->buffer_size;
	sim->buffer_max = o->buffers_max;
	sim->buffers = weft_alloc_array(o->buffers_max, sizeof(*sim->buffers));
	sim->memory = weft_alloc_array(o->buffers_max, sizeof(*sim->memory));
	sim->started = sim->buffers && sim->memory;
	return sim->started ? WEFT_OK : WEFT_NO_MEMORY;
}

static void stop(void *world)
{
	struct weft_sim *sim = world;
	while (sim->operation_count > 0)
		finish(sim, 0);
	for (size_t i = 0; i < sim->request_count; i++)
		if (sim->requests[i].node >= 0)
			weft_sim_release(sim, sim->requests[i].node);
	sim->result_count = sim->request_count = sim->buffer_count = 0;
}

static void give(void *world, uint16_t id, void *data, uint32_t size)
{
	struct weft_sim *sim = world;
	(void)size;
	for (size_t i = 0; i < sim->buffer_count; i++)
		if (sim->buffers[i] == id)
			weft_sim_forbid(sim, "a buffer was given twice");
	if (sim->buffer_count == sim->buffer_max) {
		weft_sim_forbid(sim, "more buffers than there are");
		return;
	}
	sim->memory[id] = data;
	memset(data, 0xEE, size); /* whoever still reads it reads this */
	sim->buffers[sim->buffer_count++] = id;
}

static void forget(void *world, int descriptor)
{
	(void)world, (void)descriptor;
}

static int descriptor_of(void *world)
{
	(void)world;
	return -1;
}

static int64_t monotonic(void *world)
{
	return ((struct weft_sim *)world)->now;
}

static int64_t wall(void *world)
{
	return INT64_C(1700000000000000000) + ((struct weft_sim *)world)->now;
}

unsigned weft_sim_buffers(const struct weft_sim *sim)
{
	return (unsigned)sim->buffer_count;
}

unsigned weft_sim_operations(const struct weft_sim *sim)
{
	return (unsigned)(sim->operation_count + sim->result_count + sim->request_count);
}

const struct weft_io_backend weft_io_sim_backend = {
	.name = "sim",
	.start = start,
	.stop = stop,
	.submit = submit,
	.wait = wait_for,
	.flush = flush,
	.give = give,
	.forget = forget,
	.descriptor = descriptor_of,
	.monotonic = monotonic,
	.wall = wall,
	.listen = weft_sim_call_listen,
	.open = weft_sim_call_open,
	.adopt = weft_sim_call_adopt,
	.accept = weft_sim_call_accept,
	.shut = weft_sim_call_shut,
	.close = weft_sim_call_close,
	.local = weft_sim_call_local,
	.remote = weft_sim_call_remote,
	.original = weft_sim_call_original,
};

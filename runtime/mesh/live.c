/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * live.c: the two sides of a live listener. `advance` compares what is wanted with the members'
 * states and sends orders; the serving thread carries them out on its gate and answers. The first
 * listening member of a group probes the address before the others join it with SO_REUSEPORT.
 */
#include "mesh/live.h"

#include "base/alloc.h"
#include "base/assert.h"

/* ---- the serving thread's side ---- */

static void answer(struct weft_member *m, enum weft_status status)
{
	m->status = status;
	m->kept = m->has_gate;
	weft_loop_post(m->live->home, &m->answer);
}

static void end_gate(struct weft_member *m)
{
	weft_gate_end(&m->gate);
	m->has_gate = false;
}

/* The order, once no socket of the gate is being closed any more. False: the gate is gone, and the
 * member not ours any more. */
static bool carry_out(struct weft_member *m)
{
	enum weft_status status = WEFT_OK;
	m->waits = false;
	if (!m->drains && m->listens)
		status = weft_gate_listen(&m->gate, m->group, m->probe);
	else if (!m->drains)
		weft_gate_open(&m->gate);
	if (status < 0 && weft_gate_is_quiet(&m->gate))
		end_gate(m);
	bool kept = m->has_gate;
	answer(m, status);
	return kept;
}

static void gate_changed(void *user, struct weft_gate *gate)
{
	struct weft_member *m = user;
	if (m->waits && !gate->closing && !carry_out(m))
		return;
	if (m->drains && !m->waits && weft_gate_is_quiet(gate)) {
		end_gate(m);
		weft_loop_post(m->live->home, &m->quiet); /* the last touch */
	}
}

static void run_order(struct weft_task *task)
{
	struct weft_member *m = weft_container(task, struct weft_member, order);
	if (!m->has_gate && !m->opens) {
		answer(m, WEFT_OK); /* it went quiet meanwhile */
		return;
	}
	if (!m->has_gate) {
		weft_gate_init(&m->gate, m->live->threads[m->thread], &m->live->instance);
		m->gate.changed = gate_changed;
		m->gate.user = m;
		m->has_gate = true;
	}
	m->drains = !m->opens;
	if (m->opens)
		weft_gate_resume(&m->gate);
	else
		weft_gate_drain(&m->gate, m->limit);
	if (m->gate.closing)
		m->waits = true;
	else
		carry_out(m);
}

/* ---- the instance's thread's side ---- */

static void send(struct weft_member *m, bool opens)
{
	struct weft_live *live = m->live;
	bool group = live->thread_count > 1;
	m->opens = opens;
	m->group = group;
	m->listens = !group || m->thread > 0;
	m->probe = group && m->thread == 1;
	m->limit = live->limit;
	m->limit_due = false;
	m->busy = true;
	weft_loop_post(live->threads[m->thread]->loop, &m->order);
}

static void open_members(struct weft_live *live)
{
	unsigned first = live->thread_count > 1 ? 1 : 0;
	bool all = true;
	for (unsigned i = 0; i < live->thread_count; i++) {
		struct weft_member *m = &live->member[i];
		if (m->state == WEFT_MEMBER_OPEN && !m->busy)
			continue;
		all = false;
		if (!m->busy &&
			(i == first ||
				(live->member[first].state == WEFT_MEMBER_OPEN &&
					!live->member[first].busy)))
			send(m, true);
	}
	live->phase = all ? WEFT_LIVE_OPEN : WEFT_LIVE_OPENING;
}

static void drain_members(struct weft_live *live)
{
	bool bound = false, left = false;
	for (unsigned i = 0; i < live->thread_count; i++) {
		struct weft_member *m = &live->member[i];
		if (!m->busy &&
			(m->state == WEFT_MEMBER_OPEN ||
				(m->state == WEFT_MEMBER_DRAINING && m->limit_due)))
			send(m, false);
		bound |= m->busy || m->state == WEFT_MEMBER_OPEN;
		left |= m->state == WEFT_MEMBER_DRAINING;
	}
	live->phase = bound ? WEFT_LIVE_CLOSING : left ? WEFT_LIVE_DRAINING : WEFT_LIVE_CLOSED;
}

static void advance(struct weft_live *live)
{
	if (live->wanted && live->status == WEFT_OK)
		open_members(live);
	else
		drain_members(live);
}

static void advance_and_tell(struct weft_live *live)
{
	enum weft_live_phase before = live->phase;
	enum weft_status status = live->status;
	advance(live);
	if (live->phase != before || status < 0)
		live->changed(live->user, live);
}

static void on_answer(struct weft_task *task)
{
	struct weft_member *m = weft_container(task, struct weft_member, answer);
	struct weft_live *live = m->live;
	m->busy = false;
	if (m->opens && m->status == WEFT_OK) {
		m->state = WEFT_MEMBER_OPEN;
	} else {
		m->state = m->kept ? WEFT_MEMBER_DRAINING : WEFT_MEMBER_IDLE;
		if (m->opens) {
			m->limit_due = m->kept;
			live->status = m->status;
		}
	}
	advance_and_tell(live);
}

static void on_quiet(struct weft_task *task)
{
	struct weft_member *m = weft_container(task, struct weft_member, quiet);
	if (!m->busy)
		m->state = WEFT_MEMBER_IDLE;
	advance_and_tell(m->live);
}

struct weft_live *weft_live_create(const struct weft_instance *instance, struct weft_loop *home,
	struct weft_conns **threads, unsigned count)
{
	struct weft_live *live = weft_alloc(sizeof(*live) + count * sizeof(live->member[0]));
	if (!live)
		return NULL;
	live->instance = *instance;
	live->home = home;
	live->threads = threads;
	live->thread_count = count;
	weft_list_init(&live->by_port);
	for (unsigned i = 0; i < count; i++) {
		struct weft_member *m = &live->member[i];
		m->live = live;
		m->thread = i;
		m->order.run = run_order;
		m->answer.run = on_answer;
		m->quiet.run = on_quiet;
	}
	return live;
}

void weft_live_free(struct weft_live *live)
{
	weft_list_remove(&live->by_port);
	weft_free(live);
}

void weft_live_open(struct weft_live *live)
{
	live->wanted = true;
	live->status = WEFT_OK;
	advance(live);
}

void weft_live_drain(struct weft_live *live, int64_t nanoseconds)
{
	live->wanted = false;
	live->limit = nanoseconds;
	for (unsigned i = 0; i < live->thread_count; i++)
		live->member[i].limit_due = true;
	advance(live);
}

bool weft_live_holds_address(const struct weft_live *live)
{
	return live->phase == WEFT_LIVE_OPENING || live->phase == WEFT_LIVE_OPEN ||
		live->phase == WEFT_LIVE_CLOSING;
}

size_t weft_live_connections(const struct weft_live *live)
{
	size_t count = 0;
	for (unsigned i = 0; i < live->thread_count; i++)
		count += __atomic_load_n(&live->member[i].gate.flow_count, __ATOMIC_RELAXED);
	return count;
}

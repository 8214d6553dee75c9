/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * pair.c: a stream without descriptor. Nothing is copied: what one end sends is lent to the other
 * as it lies, and `sent` is said when the lease comes back, so back-pressure is the receiver's
 * pace. Calls only note what is wanted; one task of the loop delivers, until neither end can move.
 * The pair is freed when both ends have closed.
 */
#include "net/pair.h"
#include "base/alloc.h"

struct pair;
struct end {
	struct weft_stream stream; /* first */
	struct pair *pair;
	struct weft_addr remote;
	const void *data;                      /* the send in progress */
	size_t size;                           /* 0: none */
	bool lent;                             /* the other end has it */
	bool taken;                            /* and gave it back */
	bool armed, pausing, ended, was_reset; /* receive side */
	bool shut, closing, aborted, closed;
};
struct pair {
	struct end end[2];
	struct weft_loop *loop;
	struct weft_task task;
	bool posted;
};

static struct end *end_of(struct weft_stream *s)
{
	return (struct end *)s;
}

static struct end *peer_of(struct end *e)
{
	return &e->pair->end[e == &e->pair->end[0]];
}

static bool is_gone(const struct end *e)
{
	return e->closing || e->aborted;
}

static void wake(struct end *e)
{
	struct pair *pair = e->pair;
	if (pair->posted)
		return;
	pair->posted = true;
	weft_loop_post(pair->loop, &pair->task);
}

/* ---- delivery: each step makes at most one call and says whether something moved ---- */

static void say_received(struct end *e, struct weft_lease lease, enum weft_status status)
{
	const struct weft_stream_events *events = e->stream.events;
	if (events && events->received)
		events->received(e->stream.user, &e->stream, lease, status);
	else if (lease.size)
		weft_stream_return(&e->stream, lease);
}

static bool step_receive(struct end *e)
{
	struct end *peer = peer_of(e);
	if (e->pausing && !is_gone(e)) {
		e->pausing = false;
		if (e->stream.events && e->stream.events->paused)
			e->stream.events->paused(e->stream.user, &e->stream);
		return true;
	}
	if (!e->armed || e->was_reset || (e->ended && e->shut) || is_gone(e))
		return false;
	if (peer->aborted) {
		e->ended = e->was_reset = true;
		say_received(e, (struct weft_lease){ 0 }, WEFT_RESET);
		return true;
	}
	if (e->ended)
		return false;
	if (peer->size && !peer->lent) {
		peer->lent = true;
		say_received(e, (struct weft_lease){ peer->data, peer->size, 0 }, WEFT_OK);
		return true;
	}
	if ((peer->shut || peer->closing) && !peer->size) {
		e->ended = true;
		say_received(e, (struct weft_lease){ 0 }, WEFT_OK);
		return true;
	}
	return false;
}

static bool step_send(struct end *e)
{
	struct end *peer = peer_of(e);
	if (!e->size)
		return false;
	bool lost = !e->lent && (e->aborted || is_gone(peer));
	if (!e->taken && !lost)
		return false;
	size_t size = e->taken ? e->size : 0;
	enum weft_status status = e->taken ? WEFT_OK : e->aborted ? WEFT_CANCELLED : WEFT_RESET;
	e->size = 0;
	e->lent = e->taken = false;
	if (e->stream.events && e->stream.events->sent)
		e->stream.events->sent(e->stream.user, &e->stream, size, status);
	return true;
}

/* Closed when the send is answered and no lease of the peer's bytes is out. */
static bool step_close(struct end *e)
{
	struct end *peer = peer_of(e);
	if (!is_gone(e) || e->closed || e->size || (peer->lent && !peer->taken))
		return false;
	e->closed = true;
	if (e->stream.events && e->stream.events->closed)
		e->stream.events->closed(e->stream.user, &e->stream);
	return true;
}

static void deliver(struct weft_task *task)
{
	struct pair *pair = (struct pair *)((char *)task - offsetof(struct pair, task));
	pair->posted = true; /* no new task while this one runs */
	bool moved = true;
	for (int budget = 64; moved && budget; budget--) {
		moved = false;
		for (int i = 0; i < 2; i++)
			moved |= step_receive(&pair->end[i]) | step_send(&pair->end[i]) |
				step_close(&pair->end[i]);
	}
	pair->posted = false;
	if (pair->end[0].closed && pair->end[1].closed)
		weft_free(pair);
	else if (moved)
		wake(&pair->end[0]);
}

/* ---- calls ---- */

static void pair_receive(struct weft_stream *s)
{
	end_of(s)->armed = true;
	wake(end_of(s));
}

static void pair_pause(struct weft_stream *s)
{
	end_of(s)->armed = false;
	end_of(s)->pausing = true;
	wake(end_of(s));
}

static void pair_give_back(struct weft_stream *s, struct weft_lease lease)
{
	(void)lease;
	peer_of(end_of(s))->taken = true;
	wake(end_of(s));
}

static enum weft_status pair_send(struct weft_stream *s, const void *data, size_t size)
{
	struct end *e = end_of(s);
	if (e->shut || is_gone(e) || size == 0)
		return WEFT_INVALID;
	if (e->size)
		return WEFT_FULL;
	e->data = data;
	e->size = size;
	wake(e);
	return WEFT_OK;
}

static void pair_shut(struct weft_stream *s)
{
	end_of(s)->shut = true;
	wake(end_of(s));
}

static void pair_close(struct weft_stream *s)
{
	end_of(s)->closing = true;
	wake(end_of(s));
}

static void pair_abort(struct weft_stream *s)
{
	end_of(s)->aborted = true;
	wake(end_of(s));
}

static int pair_handle(const struct weft_stream *s)
{
	(void)s;
	return -1;
}

static struct weft_addr pair_remote(const struct weft_stream *s)
{
	return ((const struct end *)s)->remote;
}

static const struct weft_stream_type pair_type = {
	pair_receive,
	pair_pause,
	pair_give_back,
	pair_send,
	pair_shut,
	pair_close,
	pair_abort,
	pair_handle,
	pair_remote,
};

enum weft_status weft_pair_create(
	struct weft_loop *loop, const struct weft_addr addr[2], struct weft_stream *end[2])
{
	struct pair *pair = weft_alloc(sizeof(*pair));
	if (!pair)
		return WEFT_NO_MEMORY;
	*pair = (struct pair){ .loop = loop, .task = { .run = deliver } };
	for (int i = 0; i < 2; i++) {
		pair->end[i].stream.type = &pair_type;
		pair->end[i].pair = pair;
		pair->end[i].remote = addr[i];
		end[i] = &pair->end[i].stream;
	}
	return WEFT_OK;
}

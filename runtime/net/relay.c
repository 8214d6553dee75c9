/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * relay.c: the state of two joined streams. Each side owns the direction that starts at it: what it
 * received is lent by its stream, sent by the other, and given back in order. Nothing is copied and
 * an idle relay holds no buffer. Invariant: a side with bytes has exactly one send of its bytes in
 * progress at the other.
 */
#include "net/relay.h"
#include "base/alloc.h"

struct weft_relay_node {
	struct weft_relay_node *next;
	struct weft_lease lease;
};

static struct weft_relay *relay_of(struct weft_relay_side *side)
{
	return (struct weft_relay *)(side - side->index);
}

static struct weft_relay_side *other(struct weft_relay_side *side)
{
	return &relay_of(side)->side[1 - side->index];
}

static void drop_queue(struct weft_relay_side *side)
{
	for (struct weft_relay_node *node = side->first, *next; node; node = next) {
		next = node->next;
		weft_stream_return(side->stream, node->lease);
		weft_free(node);
	}
	side->first = side->last = NULL;
}

void weft_relay_abort(struct weft_relay *relay, enum weft_status status)
{
	if (relay->ending)
		return;
	relay->ending = true;
	relay->status = status;
	for (int i = 0; i < 2; i++)
		drop_queue(&relay->side[i]);
	for (int i = 0; i < 2; i++)
		weft_stream_abort(relay->side[i].stream);
}

static void finish(struct weft_relay *relay)
{
	relay->ending = true;
	for (int i = 0; i < 2; i++)
		weft_stream_close(relay->side[i].stream);
}

static void send_on(struct weft_relay_side *side, struct weft_lease lease)
{
	enum weft_status status = weft_stream_send(other(side)->stream, lease.data, lease.size);
	if (status == WEFT_OK) {
		side->going = lease;
		return;
	}
	weft_stream_return(side->stream, lease);
	weft_relay_abort(relay_of(side), status);
}

/* Everything held is sent: the end can be forwarded, and after both ends the relay is over. */
static void forward_end(struct weft_relay_side *side)
{
	if (!side->ended || side->shut || side->going.size)
		return;
	side->shut = true;
	if (other(side)->shut)
		finish(relay_of(side));
	else
		weft_stream_shut(other(side)->stream);
}

/* A lease behind the one that is going. */
static bool enqueue(struct weft_relay_side *side, struct weft_lease lease)
{
	struct weft_relay_node *node = weft_alloc(sizeof(*node));
	if (!node)
		return false;
	node->next = NULL;
	node->lease = lease;
	if (side->last)
		side->last->next = node;
	else
		side->first = node;
	side->last = node;
	return true;
}

static void received(
	void *user, struct weft_stream *stream, struct weft_lease lease, enum weft_status status)
{
	struct weft_relay_side *side = user;
	struct weft_relay *relay = relay_of(side);
	if (relay->ending) {
		if (lease.size)
			weft_stream_return(stream, lease);
		return;
	}
	if (status < 0) {
		weft_relay_abort(relay, status);
		return;
	}
	if (lease.size == 0) {
		side->ended = true;
		forward_end(side);
		return;
	}
	if (!side->going.size) {
		send_on(side, lease);
	} else if (!enqueue(side, lease)) {
		weft_stream_return(stream, lease);
		weft_relay_abort(relay, WEFT_NO_MEMORY);
	}
}

static void sent(void *user, struct weft_stream *stream, size_t size, enum weft_status status)
{
	struct weft_relay_side *side = other(user); /* whose bytes they were */
	struct weft_relay *relay = relay_of(side);
	struct weft_lease lease = side->going;
	(void)stream;
	side->going = (struct weft_lease){ 0 };
	weft_stream_return(side->stream, lease);
	if (relay->ending)
		return;
	if (status < 0) {
		weft_relay_abort(relay, status);
		return;
	}
	__atomic_store_n(
		relay->bytes, *relay->bytes + size, __ATOMIC_RELAXED); /* others read the counter */
	struct weft_relay_node *node = side->first;
	if (node) {
		struct weft_lease next = node->lease;
		side->first = node->next;
		if (!side->first)
			side->last = NULL;
		weft_free(node);
		send_on(side, next);
	}
	if (!relay->ending)
		forward_end(side);
}

static void closed(void *user, struct weft_stream *stream)
{
	struct weft_relay_side *side = user;
	struct weft_relay *relay = relay_of(side);
	(void)stream;
	side->stream = NULL;
	if (!other(side)->stream)
		relay->done(relay, relay->status);
}

static const struct weft_stream_events relay_events = { received, sent, NULL, closed };

void weft_relay_start(struct weft_relay *relay, struct weft_stream *a, struct weft_stream *b,
	uint64_t *bytes, weft_relay_done_fn *done)
{
	*relay = (struct weft_relay){ .done = done, .bytes = bytes };
	relay->side[0].stream = a;
	relay->side[1].stream = b;
	relay->side[1].index = 1;
	for (int i = 0; i < 2; i++)
		weft_stream_listen_to(relay->side[i].stream, &relay_events, &relay->side[i]);
	for (int i = 0; i < 2; i++)
		weft_stream_receive(relay->side[i].stream);
}

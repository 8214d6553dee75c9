/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * buffers.c: the receive buffers of one reactor. Every buffer is in one of three places: with the
 * kernel, in a result on its way here, or on loan to the owner of a socket. They begin few and grow
 * in steps while most are on loan; receives that found none wait in a list and are armed again when
 * one comes back.
 */
#include "io/object.h"

enum {
	COPIED = 1 << 16
}; /* token of a lease that is not in a buffer; those of buffers are below */

struct copy {
	struct weft_node node; /* of io->copies: what is on loan when the reactor is destroyed */
	uint8_t bytes[];
};

static enum weft_status add_block(struct weft_io *io)
{
	const struct weft_io_options *o = &io->options;
	uint8_t *block = weft_alloc((size_t)o->buffers_first * o->buffer_size);
	if (!block)
		return WEFT_NO_MEMORY;
	uint32_t first = io->counts.buffers;
	io->blocks[first / o->buffers_first] = block;
	io->counts.buffers += o->buffers_first;
	for (uint32_t i = 0; i < o->buffers_first; i++)
		weft_io_give_back(io, (uint16_t)(first + i));
	return WEFT_OK;
}

enum weft_status weft_io_buffers_start(struct weft_io *io)
{
	const struct weft_io_options *o = &io->options;
	io->blocks = weft_alloc((o->buffers_max / o->buffers_first + 1) * sizeof(*io->blocks));
	io->on_loan = weft_alloc(o->buffers_max * sizeof(*io->on_loan));
	if (!io->blocks || !io->on_loan)
		return WEFT_NO_MEMORY;
	return add_block(io);
}

void weft_io_buffers_stop(struct weft_io *io)
{
	for (uint32_t i = 0; io->blocks && i < io->counts.buffers / io->options.buffers_first; i++)
		weft_free(io->blocks[i]);
	weft_free(io->blocks);
	weft_free(io->on_loan);
	for (struct weft_node *node; (node = weft_list_take_first(&io->copies));)
		weft_free(weft_container(node, struct copy, node));
}

/* Only when the owners hold them: otherwise they are in results that come presently. */
bool weft_io_buffers_grow(struct weft_io *io)
{
	if (io->counts.leased < io->counts.buffers / 2 ||
		io->counts.buffers + io->options.buffers_first > io->options.buffers_max)
		return false;
	return add_block(io) == WEFT_OK;
}

uint8_t *weft_io_buffer(const struct weft_io *io, uint16_t id)
{
	uint32_t per_block = io->options.buffers_first;
	return io->blocks[id / per_block] + (size_t)(id % per_block) * io->options.buffer_size;
}

static void wake_starved(struct weft_io *io)
{
	struct weft_io_socket *s = io->starved;
	io->starved = s->next_starved;
	if (!io->starved)
		io->starved_last = &io->starved;
	s->starved = false;
	weft_io_mark(&s->object);
}

void weft_io_give_back(struct weft_io *io, uint16_t id)
{
	io->backend->give(io->world, id, weft_io_buffer(io, id), io->options.buffer_size);
}

/* In every turn, so that it does not matter whether the one that was woken before took its buffer.
 */
void weft_io_feed_starved(struct weft_io *io)
{
	for (uint32_t n = io->counts.buffers - io->counts.leased; n > 0 && io->starved; n--)
		wake_starved(io);
}

/* Many flows that are stuck with a few bytes each must not starve the rest: when most buffers are
 * on loan, what fills less than half of one moves to memory of its own size. */
static uint8_t *copy_out(struct weft_io *io, const uint8_t *bytes, uint32_t size)
{
	if (io->counts.leased < io->options.buffers_max / 2 || size > io->options.buffer_size / 2 ||
		io->counts.copied + size > WEFT_IO_COPIED_MAX)
		return NULL;
	struct copy *copy = weft_alloc(sizeof(*copy) + size);
	if (!copy)
		return NULL;
	memcpy(copy->bytes, bytes, size);
	weft_list_append(&io->copies, &copy->node);
	return copy->bytes;
}

struct weft_lease weft_io_lend(struct weft_io *io, uint16_t id, uint32_t size)
{
	uint8_t *bytes = weft_io_buffer(io, id), *copy = copy_out(io, bytes, size);
	if (copy) {
		io->counts.copied += size;
		weft_io_give_back(io, id);
		return (struct weft_lease){ copy, size, COPIED };
	}
	io->on_loan[id] = size;
	io->counts.leased++;
	return (struct weft_lease){ bytes, size, id };
}

uint32_t weft_io_take_back(struct weft_io *io, struct weft_lease lease)
{
	if (lease.token == COPIED) {
		io->counts.copied -= (uint32_t)lease.size;
		struct copy *copy = weft_container(lease.data, struct copy, bytes);
		weft_list_remove(&copy->node);
		weft_free(copy);
		return (uint32_t)lease.size;
	}
	uint32_t size = io->on_loan[lease.token];
	weft_assert(size > 0); /* once only */
	io->on_loan[lease.token] = 0;
	io->counts.leased--;
	weft_io_give_back(io, (uint16_t)lease.token);
	return size;
}

void weft_io_starve(struct weft_io_socket *s)
{
	struct weft_io *io = s->object.io;
	io->counts.starved++;
	/* What is not on loan is free since, or in a result on its way: a return to wait for may be
	 * far off. */
	if (weft_io_buffers_grow(io) || io->counts.leased < io->counts.buffers) {
		weft_io_mark(&s->object);
		return;
	}
	*io->starved_last = s;
	io->starved_last = &s->next_starved;
	s->next_starved = NULL;
	s->starved = true;
}

void weft_io_not_starve(struct weft_io_socket *s)
{
	struct weft_io *io = s->object.io;
	if (!s->starved)
		return;
	struct weft_io_socket **link = &io->starved;
	while (*link != s)
		link = &(*link)->next_starved;
	*link = s->next_starved;
	if (!*link)
		io->starved_last = link;
	s->starved = false;
}

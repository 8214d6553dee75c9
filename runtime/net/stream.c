/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * stream.c: the public calls of a byte stream, each one step into its kind's table.
 */
#include "net/stream.h"

void weft_stream_listen_to(
	struct weft_stream *s, const struct weft_stream_events *events, void *user)
{
	s->events = events;
	s->user = user;
}

void weft_stream_receive(struct weft_stream *s)
{
	s->type->receive(s);
}

void weft_stream_pause(struct weft_stream *s)
{
	s->type->pause(s);
}

void weft_stream_return(struct weft_stream *s, struct weft_lease lease)
{
	s->type->give_back(s, lease);
}

enum weft_status weft_stream_send(struct weft_stream *s, const void *data, size_t size)
{
	return s->type->send(s, data, size);
}

void weft_stream_shut(struct weft_stream *s)
{
	s->type->shut(s);
}

void weft_stream_close(struct weft_stream *s)
{
	s->type->close(s);
}

void weft_stream_abort(struct weft_stream *s)
{
	s->type->abort(s);
}

int weft_stream_handle(const struct weft_stream *s)
{
	return s->type->handle(s);
}

struct weft_addr weft_stream_remote(const struct weft_stream *s)
{
	return s->type->remote(s);
}

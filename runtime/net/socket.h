/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * socket.h: streams over io.h's sockets: accepted, adopted, dialled.
 */
#ifndef WEFT_NET_SOCKET_H
#define WEFT_NET_SOCKET_H

#include <weft/abi/handler.h>

#include "loop/loop.h"
#include "net/stream.h"

#define WEFT_DIAL_TIMEOUT INT64_C(5000000000) /* nanoseconds, when the program does not say */

/* The stream of a connected socket, which it owns from now on; NULL when memory ran out: the socket
 * is as it was. */
struct weft_stream *weft_socket_stream(struct weft_io_socket *);
/* The socket behind a stream, NULL when it is of another kind. */
struct weft_io_socket *weft_stream_socket(struct weft_stream *);

/* v4-mapped addresses are the canonical form of v4: nothing to do for io.h's. The local address
 * when nothing redirected. */
struct weft_addr weft_socket_local(const struct weft_io_socket *);
struct weft_addr weft_socket_original(const struct weft_io_socket *);

struct weft_dial; /* on its way */
/* Called once, never from inside weft_dial_start: OK with a stream, or REFUSED, TIMED_OUT,
 * UNREACHABLE ... with NULL. */
typedef void weft_dialled_fn(void *user, struct weft_stream *, enum weft_status);
/* `options` may be NULL. An error here means no call later. */
enum weft_status weft_dial_start(struct weft_loop *, struct weft_addr,
	const struct weft_dial_options *, weft_dialled_fn *, void *user, struct weft_dial **);
void weft_dial_cancel(struct weft_dial *); /* no call any more */

#endif

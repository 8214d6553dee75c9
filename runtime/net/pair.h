/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * pair.h: two streams joined in memory, for tests and for weft_dial: the mesh inside an application
 * without a socket.
 */
#ifndef WEFT_NET_PAIR_H
#define WEFT_NET_PAIR_H

#include "loop/loop.h"
#include "net/stream.h"

/* `addr[i]` is what weft_stream_remote of end i says. Both ends belong to the loop's thread. */
enum weft_status weft_pair_create(
	struct weft_loop *, const struct weft_addr addr[2], struct weft_stream *end[2]);

#endif

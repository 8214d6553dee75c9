/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * worker.h: one thread's share of the connections: its loop, its reader of the published views, and
 * a struct weft_conns over both. Worker 0 is the instance's own thread and starts none.
 */
#ifndef WEFT_APP_WORKER_H
#define WEFT_APP_WORKER_H

#include "app/net.h"

struct weft_worker;

/* `number` 0: on the host's loop. The others create theirs; weft_worker_start runs it in a thread,
 * with all signals blocked. */
enum weft_status weft_worker_create(
	const struct weft_net_host *, unsigned number, struct weft_worker **);
enum weft_status weft_worker_start(struct weft_worker *);
void weft_worker_stop(struct weft_worker *); /* ends the thread after its turn, and joins it */
void weft_worker_destroy(struct weft_worker *);
struct weft_conns *weft_worker_conns(struct weft_worker *);

#endif

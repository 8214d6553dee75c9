/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * runtime.h: one running instance of a program: its engine, its thread's loop, its sources,
 * listeners and admin socket. The instance's thread turns all of them: sources begin, fill and
 * commit transactions; the engine tells subscribers (listeners, admin, check) the net changes;
 * listeners answer with an input transaction on their observed tables. Nothing below app/ includes
 * this header. What the other parts need they get when they are created.
 */
#ifndef WEFT_APP_RUNTIME_H
#define WEFT_APP_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>
#include <weft/abi.h>

#include "base/log.h"
#include "loop/loop.h"

struct weft_net;     /* net.h: workers, listeners, connections */
struct weft_sources; /* mesh/: manifests, files, clocks */
struct weft_admin;   /* admin.h: the socket of `status` and `watch` */
struct weft_check;   /* check.h: the dump for the oracle */
struct weft_post;    /* a call from another thread */

enum weft_phase { WEFT_PHASE_NEW, WEFT_PHASE_RUNNING, WEFT_PHASE_DRAINING, WEFT_PHASE_STOPPED };

struct weft_runtime {
	const struct weft_program_info *info;
	struct weft_program_head *program; /* the instance struct, which starts with this head */
	struct weft_engine *engine;
	struct weft_log log;
	void *user;              /* the application's */
	bool fed_by_application; /* no directory of manifests was given */
	int64_t drain;           /* ns for a graceful stop */
	struct weft_loop *loop;
	struct weft_net *net;
	struct weft_sources *sources;
	struct weft_admin *admin;
	struct weft_check *check;
	enum weft_phase phase;
	bool reset;         /* asked to stop at once, and passed on */
	int64_t started_at; /* wall clock, at the first turn */
	atomic_int asked;   /* to stop: 0 no, 1 drain, 2 now; from any thread */
	pthread_mutex_t post_lock;
	struct weft_post *posts, **last_post;
	struct weft_task run_posts;
	bool posted; /* run_posts is with the loop */
	bool has_lock;
	size_t params_read; /* so many hold references */
};

/* From the options, the environment, or the default, into the instance's params struct; inside a
 * transaction. What cannot be had is named in `error`, one line each: the param, the variable or
 * option, and the text. */
enum weft_status weft_params_read(struct weft_runtime *, const struct weft_setting *, size_t count,
	struct weft_buffer *error);
void weft_params_release(struct weft_runtime *);

/* A transaction is never open across a turn, so whoever is called by the loop may begin one.
 * Outcomes of listeners reach the engine by net itself: in its own task it begins, puts into the
 * rule's observed table and commits. */

#endif

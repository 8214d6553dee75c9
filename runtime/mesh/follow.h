/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * follow.h: what happens to the names of one directory, by inotify, through everything that happens
 * to directories: it may appear later, be replaced by a rename or through a symbolic link, go away
 * and come back; events may be lost. Reports names only: who follows looks for himself. Without
 * inotify it reports `rescan` once a second.
 */
#ifndef WEFT_MESH_FOLLOW_H
#define WEFT_MESH_FOLLOW_H

#include "base/log.h"
#include "loop/loop.h"

enum weft_follow_event {
	WEFT_FOLLOW_SAVED,   /* closed after writing, moved here, or linked: whole */
	WEFT_FOLLOW_TOUCHED, /* made or written to: somebody is at it */
	WEFT_FOLLOW_MARKED,  /* its rights or times changed, not its bytes */
	WEFT_FOLLOW_REMOVED, /* deleted or moved away */
	WEFT_FOLLOW_RESCAN,  /* anything may have changed: name is NULL. Also the first event of a
				directory that is there */
	WEFT_FOLLOW_GONE,    /* there is no such directory now: name is NULL */
};

struct weft_follow;
/* From the loop; not from within weft_follow_create. */
typedef void weft_follow_fn(void *user, enum weft_follow_event, const char *name);
enum weft_status weft_follow_create(struct weft_loop *, const struct weft_log *,
	const char *directory, weft_follow_fn *, void *user, struct weft_follow **);
void weft_follow_destroy(struct weft_follow *);
/* Begins: looks for the directory and reports RESCAN or GONE at once. */
void weft_follow_start(struct weft_follow *);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * follow.c: two watches: one on the directory's inode, one on the nearest directory above it that
 * exists, where the name may appear or come to mean another inode. Both are set before anybody
 * looks, so nothing falls in between.
 */
#include "mesh/follow.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define RETRY_NS                                                                                 \
	INT64_C(1000000000) /* how often we look without being told: no inotify, or no directory \
			     */

enum {
	INSIDE = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
		IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
	ABOVE = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF |
		IN_MOVE_SELF | IN_ONLYDIR,
};

struct weft_follow {
	struct weft_loop *loop;
	const struct weft_log *log;
	char *directory;
	weft_follow_fn *call;
	void *user;
	int descriptor; /* of inotify; -1: there is none */
	struct weft_io_watch *watch;
	struct weft_timer timer;
	int inside, above; /* watch descriptors, -1: none */
	bool present, told_gone;
	dev_t device; /* of what is watched, while present */
	ino_t inode;
};

static void look(struct weft_follow *f);

static void expired(void *user, struct weft_timer *timer)
{
	struct weft_follow *f = user;
	(void)timer;
	bool was_present = f->present;
	look(f);
	if (f->descriptor < 0 && f->present && was_present)
		f->call(f->user, WEFT_FOLLOW_RESCAN, NULL);
}

static void again_later(struct weft_follow *f)
{
	if (weft_timer_set(f->loop, &f->timer, weft_loop_now(f->loop) + RETRY_NS) != WEFT_OK)
		weft_log(f->log, WEFT_LOG_ERROR,
			"%s: no memory for a timer: it is not followed any more", f->directory);
}

/* Watches the nearest directory above that exists. */
static void watch_above(struct weft_follow *f)
{
	if (f->descriptor < 0)
		return;
	size_t size = strlen(f->directory);
	char *path = weft_alloc(size + 2);
	if (!path)
		return; /* the timer looks again */
	memcpy(path, f->directory, size);
	int found = -1;
	while (found < 0) {
		while (size > 1 && path[size - 1] == '/')
			size--;
		while (size && path[size - 1] != '/')
			size--;
		while (size > 1 && path[size - 1] == '/')
			size--;
		if (size == 0)
			path[size++] = '.';
		path[size] = 0;
		found = inotify_add_watch(
			f->descriptor, path, ABOVE | IN_MASK_ADD); /* it may be `inside` as well */
		if (size == 1)
			break; /* "/" or ".": there is nothing above */
	}
	if (f->above >= 0 && f->above != found && f->above != f->inside)
		inotify_rm_watch(f->descriptor, f->above);
	f->above = found;
	weft_free(path);
}

static void forget_inside(struct weft_follow *f)
{
	if (f->inside >= 0 && f->inside != f->above)
		inotify_rm_watch(f->descriptor, f->inside);
	f->inside = -1;
	f->present = false;
}

static void gone(struct weft_follow *f, int error)
{
	forget_inside(f);
	if (!f->told_gone)
		weft_log(f->log, WEFT_LOG_WARN, "%s: %s; waiting for the directory", f->directory,
			strerror(error));
	f->told_gone = true;
	again_later(f);
	f->call(f->user, WEFT_FOLLOW_GONE, NULL);
}

static void look(struct weft_follow *f)
{
	struct stat s;
	watch_above(f);
	int error = stat(f->directory, &s) != 0 ? errno : S_ISDIR(s.st_mode) ? 0 : ENOTDIR;
	if (error) {
		gone(f, error);
		return;
	}
	if (f->present && s.st_dev == f->device && s.st_ino == f->inode) {
		if (f->descriptor < 0)
			again_later(f);
		return;
	}
	forget_inside(f);
	if (f->descriptor >= 0) {
		f->inside = inotify_add_watch(f->descriptor, f->directory, INSIDE | IN_MASK_ADD);
		if (f->inside < 0) {
			gone(f, errno);
			return;
		}
	} else {
		again_later(f);
	}
	f->present = true;
	f->told_gone = false;
	f->device = s.st_dev;
	f->inode = s.st_ino;
	f->call(f->user, WEFT_FOLLOW_RESCAN, NULL);
}

/* Made by a link: it is whole at once, and nobody will close it. */
static bool is_link(const struct weft_follow *f, const char *name)
{
	char path[4096];
	struct stat s;
	int n = snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	return n > 0 && (size_t)n < sizeof(path) && lstat(path, &s) == 0 &&
		(S_ISLNK(s.st_mode) || s.st_nlink > 1);
}

static void inside_event(struct weft_follow *f, const struct inotify_event *e)
{
	if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
		if (e->mask & IN_IGNORED)
			f->inside = -1;
		f->present = false;
		look(f);
		return;
	}
	const char *name = e->len ? e->name : "";
	if (!*name)
		return;
	if (e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
		f->call(f->user, WEFT_FOLLOW_SAVED, name);
	else if (e->mask & (IN_CREATE | IN_MODIFY))
		f->call(f->user,
			(e->mask & IN_CREATE) && is_link(f, name) ? WEFT_FOLLOW_SAVED
								  : WEFT_FOLLOW_TOUCHED,
			name);
	else if (e->mask & IN_ATTRIB)
		f->call(f->user, WEFT_FOLLOW_MARKED, name);
	else if (e->mask & (IN_DELETE | IN_MOVED_FROM))
		f->call(f->user, WEFT_FOLLOW_REMOVED, name);
}

static void ready(void *user, struct weft_io_watch *watch, unsigned what)
{
	struct weft_follow *f = user;
	_Alignas(struct inotify_event) char events[16384];
	bool lost = false, above = false;
	(void)watch, (void)what;
	for (;;) {
		ssize_t size = read(f->descriptor, events, sizeof(events));
		if (size <= 0)
			break;
		for (const char *at = events; at < events + size;) {
			const struct inotify_event *e = (const struct inotify_event *)at;
			at += sizeof(*e) + e->len;
			if (e->mask & IN_Q_OVERFLOW)
				lost = true;
			else if (e->wd == f->inside)
				inside_event(f, e);
			else
				above = true;
		}
	}
	if (above || lost)
		look(f);
	if (lost && f->present) {
		weft_log(f->log, WEFT_LOG_WARN,
			"%s: too many changes at once: all of it is read again", f->directory);
		f->call(f->user, WEFT_FOLLOW_RESCAN, NULL);
	}
}

enum weft_status weft_follow_create(struct weft_loop *loop, const struct weft_log *log,
	const char *directory, weft_follow_fn *call, void *user, struct weft_follow **out)
{
	struct weft_follow *f = weft_alloc(sizeof(*f));
	if (!f)
		return WEFT_NO_MEMORY;
	*f = (struct weft_follow){
		.loop = loop, .log = log, .call = call, .user = user, .inside = -1, .above = -1
	};
	f->timer.expired = expired;
	f->timer.user = f;
	f->directory = weft_strdup_n(directory, strlen(directory));
	f->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	enum weft_status status = f->directory ? WEFT_OK : WEFT_NO_MEMORY;
	if (status == WEFT_OK && f->descriptor < 0)
		weft_log(log, WEFT_LOG_WARN, "%s: inotify: %s; looking once a second instead",
			directory, strerror(errno));
	else if (status == WEFT_OK)
		status = weft_io_watch(
			weft_loop_io(loop), f->descriptor, WEFT_IO_READABLE, ready, f, &f->watch);
	if (status != WEFT_OK) {
		weft_follow_destroy(f);
		return status;
	}
	*out = f;
	return WEFT_OK;
}

void weft_follow_start(struct weft_follow *f)
{
	look(f);
}

void weft_follow_destroy(struct weft_follow *f)
{
	if (!f)
		return;
	weft_timer_stop(f->loop, &f->timer);
	if (f->watch)
		weft_io_watch_end(f->watch);
	if (f->descriptor >= 0)
		close(f->descriptor);
	weft_free(f->directory);
	weft_free(f);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * folder.c: names that changed become files to be read, files that are ready become one
 * transaction. A file is `ready` when its last event says that it is whole; other events only ask
 * for a look later. What cannot be read keeps its rows.
 */
#include "mesh/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mesh/follow.h"
#include "mesh/sources.h"

#define RECENT_NS INT64_C(2000000000) /* younger than this, equal times do not prove equal bytes \
				       */

struct file {
	char *name;
	struct weft_object_file *objects;
	struct stat seen; /* as it was read; all zero: not yet */
	bool ready, found, vanished;
	unsigned tries;         /* readings that came to nothing because it changed meanwhile */
	int64_t look_at;        /* 0: not asked for */
	struct weft_text bytes; /* while a batch is being read */
	enum { FILE_AS_BEFORE, FILE_READ, FILE_UNREADABLE, FILE_REMOVED } outcome;
	int error;
};

struct weft_folder {
	struct weft_loop *loop;
	struct weft_objects_host host;
	struct weft_objects *objects;
	struct weft_follow *follow;
	char *directory, *only;
	uint16_t *sources;
	size_t source_count, file_count;
	weft_folder_read_fn *read;
	struct file **files; /* by name */
	size_t file_room;
	struct weft_timer timer;
	int64_t look_at;                 /* not later than the first of the files' */
	int64_t first_ready, last_ready; /* of the batch that gathers; 0: none */
	bool rescan, present, synced;
	bool too_many; /* files: what is not read may not count as empty */
	char problem[200];
	uint64_t readings;
};

static void process(struct weft_folder *f);

/* ---- names ---- */

static bool is_manifest(const struct weft_folder *f, const char *name)
{
	if (f->only)
		return strcmp(name, f->only) == 0;
	static const char *const ends[] = { ".yaml", ".yml", ".json" };
	size_t size = strlen(name);
	for (size_t i = 0; i < 3; i++) {
		size_t end = strlen(ends[i]);
		/* hidden ones are editors', and the `..data` of ConfigMap volumes */
		if (size > end && name[0] != '.' && name[0] != '#' &&
			strcmp(name + size - end, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Where the name stands in the list, or would. */
static size_t place_of(const struct weft_folder *f, const char *name)
{
	size_t low = 0, high = f->file_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(f->files[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct file *file_of(struct weft_folder *f, const char *name)
{
	size_t at = place_of(f, name);
	if (at < f->file_count && strcmp(f->files[at]->name, name) == 0)
		return f->files[at];
	if (f->file_count == WEFT_FOLDER_FILES_MAX) {
		snprintf(f->problem, sizeof(f->problem),
			"there are more than %d files: the others are not read",
			WEFT_FOLDER_FILES_MAX);
		weft_log(f->host.log, WEFT_LOG_ERROR, "%s: %s", f->directory, f->problem);
		f->too_many = true;
		return NULL;
	}
	if (!weft_grow(&f->files, &f->file_room, f->file_count + 1, sizeof(struct file *)))
		return NULL;
	struct file *n = weft_alloc(sizeof(*n));
	if (!n)
		return NULL;
	n->name = weft_strdup_n(name, strlen(name));
	if (!n->name || weft_object_file_create(f->objects, name, &n->objects) != WEFT_OK) {
		weft_free(n->name);
		weft_free(n);
		return NULL;
	}
	memmove(f->files + at + 1, f->files + at, (f->file_count - at) * sizeof(struct file *));
	f->files[at] = n;
	f->file_count++;
	return n;
}

static void free_file(struct file *n)
{
	weft_object_file_destroy(n->objects);
	weft_free((void *)n->bytes.data);
	weft_free(n->name);
	weft_free(n);
}

/* ---- when ---- */

static void arm(struct weft_folder *f)
{
	int64_t at = INT64_MAX;
	if (f->first_ready) {
		int64_t quiet = f->last_ready + WEFT_FOLDER_QUIET_NS,
			patience = f->first_ready + WEFT_FOLDER_PATIENCE_NS;
		at = quiet < patience ? quiet : patience;
	}
	if (f->look_at && f->look_at < at)
		at = f->look_at;
	if (at == INT64_MAX)
		weft_timer_stop(f->loop, &f->timer);
	else if (weft_timer_set(f->loop, &f->timer, at) != WEFT_OK)
		weft_log(f->host.log, WEFT_LOG_ERROR,
			"%s: no memory for a timer: it is not followed any more", f->directory);
}

static void note_ready(struct weft_folder *f)
{
	int64_t now = weft_loop_now(f->loop);
	f->last_ready = now;
	if (!f->first_ready)
		f->first_ready = now;
}

static void look_later(struct weft_folder *f, struct file *n, int64_t after)
{
	n->ready = false;
	n->look_at = weft_loop_now(f->loop) + after;
	if (!f->look_at || n->look_at < f->look_at)
		f->look_at = n->look_at;
}

static void rescan_later(struct weft_folder *f)
{
	f->rescan = true;
	f->first_ready = f->last_ready = weft_loop_now(f->loop) + WEFT_FOLDER_AGAIN_NS;
	arm(f);
}

static void expired(void *user, struct weft_timer *timer)
{
	(void)timer;
	process(user);
}

static void followed(void *user, enum weft_follow_event event, const char *name)
{
	struct weft_folder *f = user;
	if (event == WEFT_FOLLOW_GONE) {
		/* unread is not empty: the rows stay until there is a directory again */
		f->present = false;
		snprintf(f->problem, sizeof(f->problem), "the directory is not there%s",
			f->synced ? ": what it gave stays" : "");
		return;
	}
	f->present = true;
	/* a ConfigMap volume swaps its `..data`, and with it every file at once */
	if (event == WEFT_FOLLOW_RESCAN ||
		(name[0] == '.' && name[1] == '.' && event == WEFT_FOLLOW_SAVED)) {
		f->rescan = true;
		note_ready(f);
		arm(f);
		return;
	}
	if (!is_manifest(f, name))
		return;
	struct file *n = file_of(f, name);
	if (!n) { /* no memory: look at all of it later */
		rescan_later(f);
		return;
	}
	switch (event) {
	case WEFT_FOLLOW_SAVED:
		n->ready = true;
		n->look_at = 0;
		n->tries = 0;
		note_ready(f);
		break;
	case WEFT_FOLLOW_TOUCHED:
		look_later(f, n, WEFT_FOLDER_WRITING_NS);
		break;
	case WEFT_FOLLOW_REMOVED:
		look_later(f, n, WEFT_FOLDER_REMOVED_NS);
		break;
	case WEFT_FOLLOW_MARKED:
		if (!n->ready && !n->look_at)
			look_later(f, n, 1);
		break;
	default:
		break;
	}
	arm(f);
}

/* ---- reading ---- */

static bool same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
		a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void unreadable(struct file *n, int error)
{
	n->outcome = FILE_UNREADABLE;
	n->error = error;
	memset(&n->seen, 0, sizeof(n->seen)); /* the next look tries again */
}

static void read_open(struct weft_folder *f, struct file *n, int descriptor)
{
	struct stat before, after;
	if (fstat(descriptor, &before) != 0) {
		unreadable(n, errno);
		return;
	}
	if (!S_ISREG(before.st_mode)) { /* a directory or a pipe of that name is no manifest */
		n->outcome = FILE_REMOVED;
		return;
	}
	/* one byte more than there should be, so that growth is seen */
	size_t used = 0,
	       room = 1 +
		(before.st_size < WEFT_DOCUMENT_BYTES_MAX ? (size_t)before.st_size
							  : WEFT_DOCUMENT_BYTES_MAX);
	char *bytes = weft_alloc(room);
	if (!bytes) {
		look_later(f, n, WEFT_FOLDER_AGAIN_NS);
		return;
	}
	ssize_t got = 1;
	while (used < room && (got = read(descriptor, bytes + used, room - used)) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		used += got > 0 ? (size_t)got : 0;
	}
	int error = got < 0 ? errno : fstat(descriptor, &after) != 0 ? errno : 0;
	bool moved = !error &&
		(!same_stat(&before, &after) ||
			(used != (size_t)before.st_size && used <= WEFT_DOCUMENT_BYTES_MAX));
	if (!error && !(moved && n->tries++ < 50)) {
		n->bytes = (struct weft_text){ bytes, used };
		n->outcome = FILE_READ;
		n->seen = before;
		return;
	}
	weft_free(bytes);
	if (error)
		unreadable(n, error);
	else
		look_later(f, n, WEFT_FOLDER_REMOVED_NS); /* somebody writes: not half of it */
}

static void read_file(struct weft_folder *f, struct file *n, const struct stat *if_changed_from)
{
	char path[4096 + 256];
	struct stat s;
	snprintf(path, sizeof(path), "%s/%s", f->directory, n->name);
	n->ready = false;
	n->look_at = 0;
	n->outcome = FILE_AS_BEFORE;
	if (if_changed_from && stat(path, &s) == 0 && same_stat(&s, if_changed_from) &&
		weft_loop_wall(f->loop) - s.st_mtim.tv_sec * INT64_C(1000000000) > RECENT_NS)
		return;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (descriptor < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
		look_later(f, n, WEFT_FOLDER_AGAIN_NS);
		return;
	}
	if (descriptor < 0) {
		int error = errno;
		if (error == ENOENT && lstat(path, &s) != 0)
			n->outcome = FILE_REMOVED;
		else
			unreadable(n, error);
		return;
	}
	read_open(f, n, descriptor);
	close(descriptor);
}

/* Every name of the directory; files of ours that are not among them are looked at too. False: it
 * could not be listed. */
static bool list_names(struct weft_folder *f)
{
	DIR *d = opendir(f->directory);
	if (!d) {
		snprintf(f->problem, sizeof(f->problem), "the directory cannot be read (%s)%s",
			strerror(errno), f->synced ? ": what it gave stays" : "");
		return false;
	}
	f->too_many = false;
	for (size_t i = 0; i < f->file_count; i++)
		f->files[i]->found = false;
	for (struct dirent *e; !f->too_many && (e = readdir(d)) != NULL;) {
		struct file *n = is_manifest(f, e->d_name) ? file_of(f, e->d_name) : NULL;
		if (n)
			n->found = true;
	}
	closedir(d);
	return true;
}

static void gather(struct weft_folder *f)
{
	int64_t now = weft_loop_now(f->loop);
	bool all = f->rescan && list_names(f);
	f->first_ready = f->last_ready = 0;
	for (size_t i = 0; i < f->file_count; i++) {
		struct file *n = f->files[i];
		n->outcome = FILE_AS_BEFORE;
		if (n->ready || (n->look_at && n->look_at <= now))
			read_file(f, n, NULL);
		else if (all && !(n->look_at && n->found)) /* not one that is being written */
			read_file(f, n, n->seen.st_ino ? &n->seen : NULL);
	}
	f->rescan = f->rescan && !all;
}

/* ---- the transaction ---- */

static enum weft_status reading_of(struct weft_folder *f, struct file *n)
{
	struct weft_reading *r = weft_reading_begin(n->objects);
	if (!r)
		return WEFT_NO_MEMORY;
	char reason[200];
	if (n->outcome == FILE_READ)
		return f->read(r, f->objects, n->name, n->bytes);
	if (n->outcome == FILE_REMOVED && !f->only)
		return WEFT_OK;
	if (n->outcome == FILE_REMOVED)
		snprintf(reason, sizeof(reason), "the file is gone: what it gave stays");
	else
		snprintf(reason, sizeof(reason), "the file cannot be read: %s", strerror(n->error));
	return weft_reading_broken(r, WEFT_ALL_SOURCES, NULL, 0, reason);
}

static enum weft_status fill(struct weft_folder *f)
{
	enum weft_status status = WEFT_OK;
	for (size_t i = 0; i < f->file_count && status == WEFT_OK; i++)
		if (f->files[i]->outcome != FILE_AS_BEFORE)
			status = reading_of(f, f->files[i]);
	if (status == WEFT_OK)
		status = weft_objects_apply(f->objects);
	for (size_t i = 0; i < f->source_count && status == WEFT_OK && !f->synced; i++)
		status = weft_source_synced(
			f->host.engine, f->host.info, f->host.info->sources[f->sources[i]].table);
	return status;
}

static void finish(struct weft_folder *f, enum weft_status status)
{
	size_t kept = 0;
	f->look_at = 0;
	for (size_t i = 0; i < f->file_count; i++) {
		struct file *n = f->files[i];
		weft_free((void *)n->bytes.data);
		n->bytes = (struct weft_text){ NULL, 0 };
		if (status == WEFT_OK && n->outcome == FILE_REMOVED && !f->only) {
			free_file(n);
			continue;
		}
		if (status != WEFT_OK && n->outcome != FILE_AS_BEFORE)
			look_later(f, n, WEFT_FOLDER_AGAIN_NS);
		n->outcome = FILE_AS_BEFORE;
		if (n->look_at && (!f->look_at || n->look_at < f->look_at))
			f->look_at = n->look_at;
		f->files[kept++] = n;
	}
	f->file_count = kept;
}

static bool has_outcome(const struct weft_folder *f)
{
	for (size_t i = 0; i < f->file_count; i++)
		if (f->files[i]->outcome != FILE_AS_BEFORE)
			return true;
	return false;
}

/* Nothing is synced by a directory that could not be listed, nor by the one file meant as long as
 * it has never been there. */
static bool may_sync(const struct weft_folder *f)
{
	if (f->rescan || !f->present || f->too_many)
		return false;
	for (size_t i = 0; i < f->file_count; i++) {
		const struct file *n = f->files[i];
		if (n->look_at && !n->seen.st_ino && n->outcome == FILE_AS_BEFORE)
			return false; /* there, and could not be read for reasons of ours */
	}
	return !f->only || (f->file_count && f->files[0]->outcome != FILE_REMOVED);
}

static void process(struct weft_folder *f)
{
	if (!f->present)
		return;
	f->problem[0] = 0;
	gather(f);
	struct file *one = f->only && f->file_count ? f->files[0] : NULL;
	if (one && !f->synced && one->outcome == FILE_REMOVED) {
		one->outcome = FILE_AS_BEFORE;
		one = NULL;
	}
	if (f->only && !f->synced && !one)
		snprintf(f->problem, sizeof(f->problem), "the file is not there yet");
	bool syncs = !f->synced && may_sync(f);
	if (!has_outcome(f) && !syncs) {
		finish(f, WEFT_OK);
		arm(f);
		if (f->rescan)
			rescan_later(f);
		return;
	}
	enum weft_status status = weft_engine_begin(f->host.engine);
	if (status == WEFT_OK) {
		bool was_synced = f->synced;
		f->synced = was_synced || !syncs; /* fill() says so for those that are not */
		status = fill(f);
		f->synced = was_synced;
		if (status == WEFT_OK)
			status = weft_engine_commit(f->host.engine);
		else
			weft_engine_rollback(f->host.engine);
	}
	if (status == WEFT_OK) {
		weft_objects_keep(f->objects);
		f->synced = f->synced || syncs;
		f->readings++;
	} else {
		weft_objects_undo(f->objects);
		snprintf(f->problem, sizeof(f->problem),
			"the last change could not be taken over (%s): again in a second",
			weft_status_name(status));
		weft_log(f->host.log, WEFT_LOG_ERROR, "%s: %s", f->directory, f->problem);
		f->rescan = f->rescan || syncs;
	}
	finish(f, status);
	arm(f);
	if (f->rescan)
		rescan_later(f);
}

/* ---- life ---- */

enum weft_status weft_folder_create(const struct weft_folder_info *info, struct weft_folder **out)
{
	struct weft_folder *f = weft_alloc(sizeof(*f));
	if (!f)
		return WEFT_NO_MEMORY;
	f->loop = info->loop;
	f->host = *info->host;
	f->read = info->read;
	f->source_count = info->source_count;
	f->timer.expired = expired;
	f->timer.user = f;
	f->directory = weft_strdup_n(info->directory, strlen(info->directory));
	f->only = info->only ? weft_strdup_n(info->only, strlen(info->only)) : NULL;
	f->sources = weft_alloc_array(info->source_count, sizeof(*f->sources));
	enum weft_status status =
		f->directory && f->sources && (f->only || !info->only) ? WEFT_OK : WEFT_NO_MEMORY;
	if (status == WEFT_OK) {
		memcpy(f->sources, info->sources, info->source_count * sizeof(*f->sources));
		status = weft_objects_create(&f->host, f->sources, f->source_count, &f->objects);
	}
	if (status == WEFT_OK)
		status = weft_follow_create(
			f->loop, f->host.log, f->directory, followed, f, &f->follow);
	if (status != WEFT_OK) {
		weft_folder_destroy(f);
		return status;
	}
	*out = f;
	return WEFT_OK;
}

void weft_folder_start(struct weft_folder *f)
{
	weft_follow_start(f->follow);
	process(f);
}

void weft_folder_destroy(struct weft_folder *f)
{
	if (!f)
		return;
	weft_timer_stop(f->loop, &f->timer);
	weft_follow_destroy(f->follow);
	for (size_t i = 0; i < f->file_count; i++)
		free_file(f->files[i]);
	weft_free(f->files);
	weft_objects_destroy(f->objects);
	weft_free(f->directory);
	weft_free(f->only);
	weft_free(f->sources);
	weft_free(f);
}

void weft_folder_state(const struct weft_folder *f, struct weft_folder_state *out)
{
	*out = (struct weft_folder_state){ .directory = f->directory,
		.only = f->only,
		.problem = f->problem[0] ? f->problem : NULL,
		.files = f->file_count,
		.objects = weft_objects_count(f->objects),
		.readings = f->readings };
}

const struct weft_objects *weft_folder_objects(const struct weft_folder *f)
{
	return f->objects;
}

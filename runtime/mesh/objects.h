/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * objects.h: which row each object of a set of files is, and how a new reading of some files
 * becomes changes of tables.
 *
 * Per key at most one definition is the row: the first by file name, then by position in the file;
 * the others are rows of the conflicts table. What a file cannot say any more it keeps saying:
 * while a document of it is broken, every row that it gave before and no readable document of it
 * gives now stays, and a bad object's last good row stays. Each such place is a row of the rejected
 * table. The engine's transaction is the caller's; an aborted one leaves everything as it was.
 */
#ifndef WEFT_MESH_OBJECTS_H
#define WEFT_MESH_OBJECTS_H

#include <weft/abi/program.h>

#include "base/log.h"
#include "mesh/decode.h"

struct weft_objects;
struct weft_object_file; /* what one file says */
struct weft_reading;     /* what it says now: made, filled, and applied or dropped */

struct weft_objects_host {
	const struct weft_program_info *info;
	void *program;
	struct weft_engine *engine;
	const struct weft_log *log;
};

/* For the sources with these numbers. */
enum weft_status weft_objects_create(const struct weft_objects_host *, const uint16_t *sources,
	size_t count, struct weft_objects **);
void weft_objects_destroy(struct weft_objects *);
size_t weft_objects_source_count(const struct weft_objects *);
const struct weft_source_info *weft_objects_source(const struct weft_objects *, size_t i);
const struct weft_type *weft_objects_row(
	const struct weft_objects *, size_t i); /* the row type of source i */

enum weft_status weft_object_file_create(
	struct weft_objects *, const char *name, struct weft_object_file **);
/* Gone with all it said: apply an empty reading before. */
void weft_object_file_destroy(struct weft_object_file *);
const char *weft_object_file_name(const struct weft_object_file *);

/* One reading per file and transaction. NULL: no memory. */
struct weft_reading *weft_reading_begin(struct weft_object_file *);
/* One object for source i. What does not fit becomes a rejected row. Only NO_MEMORY is an error. */
enum weft_status weft_reading_add(struct weft_reading *, size_t i, const struct weft_doc *);
/* Something that cannot be read, at `line` (0: the file as a whole): `partial` is what is known of
 * it (or NULL), source i whose it is, or all when i is WEFT_ALL_SOURCES, of none when it is
 * WEFT_NO_SOURCE. From now on the file is broken: its rows stay. */
#define WEFT_ALL_SOURCES SIZE_MAX
#define WEFT_NO_SOURCE (SIZE_MAX - 1)
enum weft_status weft_reading_broken(struct weft_reading *, size_t i,
	const struct weft_doc *partial, uint32_t line, const char *reason);

/* Puts and deletes what the readings change, all of them together: inside a transaction. On an
 * error: roll back, then undo. */
enum weft_status weft_objects_apply(struct weft_objects *);
/* After the commit: the new readings are what the files say. After a rollback: they are forgotten.
 */
void weft_objects_keep(struct weft_objects *);
void weft_objects_undo(struct weft_objects *);

/* For status: every rejected place; the source is NULL for a document of a kind that nobody
 * collects. */
typedef void weft_rejected_fn(
	void *user, const struct weft_source_info *, const char *place, const char *reason);
void weft_objects_each_rejected(const struct weft_objects *, weft_rejected_fn *, void *user);
size_t weft_objects_count(const struct weft_objects *); /* definitions */

#endif

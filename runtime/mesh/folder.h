/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * folder.h: the files of a directory (or one of them) as objects of some sources, from the first
 * reading on through every save. A save is one transaction, whatever it consists of: a file is read
 * when whoever writes it has closed it, files saved together are read together, and a file that is
 * moved aside and written anew was never gone.
 */
#ifndef WEFT_MESH_FOLDER_H
#define WEFT_MESH_FOLDER_H

#include "loop/loop.h"
#include "mesh/objects.h"
#include "proto/document.h"

#define WEFT_FOLDER_QUIET_NS INT64_C(3000000)     /* this long nothing more was saved: read */
#define WEFT_FOLDER_PATIENCE_NS INT64_C(30000000) /* since the first save: read all the same */
#define WEFT_FOLDER_REMOVED_NS INT64_C(20000000)  /* a name that is gone for so long is gone */
#define WEFT_FOLDER_WRITING_NS \
	INT64_C(500000000) /* written to, not closed, and quiet for so long: looked at */
#define WEFT_FOLDER_AGAIN_NS INT64_C(1000000000) /* after a failure of ours (memory, descriptors) \
						  */
enum { WEFT_FOLDER_FILES_MAX = 20000 };

/* Fills a reading from a file's bytes. Only NO_MEMORY is an error. */
typedef enum weft_status weft_folder_read_fn(
	struct weft_reading *, struct weft_objects *, const char *name, struct weft_text bytes);

struct weft_folder;
struct weft_folder_info {
	struct weft_loop *loop;
	const struct weft_objects_host *host;
	const char *directory;
	const char *only; /* the one name that is meant; NULL: every *.yaml, *.yml, *.json that is
			     not hidden */
	const uint16_t *sources;
	size_t source_count;
	weft_folder_read_fn *read;
};
enum weft_status weft_folder_create(const struct weft_folder_info *, struct weft_folder **);
void weft_folder_destroy(struct weft_folder *);
/* Reads what is there: one transaction, after which the sources are synced, if the directory (and
 * `only`) exists. */
void weft_folder_start(struct weft_folder *);

/* For status. */
struct weft_folder_state {
	const char *directory, *only;
	const char *problem; /* "the directory is not there", NULL: none */
	size_t files, objects;
	uint64_t readings; /* transactions */
};
void weft_folder_state(const struct weft_folder *, struct weft_folder_state *);
const struct weft_objects *weft_folder_objects(const struct weft_folder *);

#endif

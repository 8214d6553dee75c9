/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * intern.h: hash-consed immutable values. One blob per content: equal values have equal ids. Who
 * holds an id counts: a stored row, a list that contains it, weft_value_retain. A blob whose count
 * is 0 lives until the running transaction ends, so a derivation may make values freely and keep
 * none. Only the engine's thread changes the table; the others read blobs whose ids a pinned view
 * holds.
 */
#ifndef WEFT_TABLE_INTERN_H
#define WEFT_TABLE_INTERN_H

#include <weft/abi/value.h>

#include "slab.h"
#include "slots.h"

#define WEFT_BLOB_CLASSES 48

struct weft_blob {
	uint64_t hash;
	const struct weft_type *item; /* of a list; NULL: text */
	uint32_t size;                /* bytes */
	uint32_t id;
	uint32_t refs;    /* engine's thread only, like: */
	uint32_t pending; /* next in the list of those to look at when the transaction ends; 0: not
			     in it */
	char bytes[];
};

struct weft_intern {
	struct weft_slab blobs; /* of struct weft_blob * */
	struct weft_slots slots;
	struct weft_blob *free[WEFT_BLOB_CLASSES]; /* free memory by size class, linked by `hash` */
	struct weft_chunk *chunks;
	char *bump, *bump_end;
	uint32_t pending;
	size_t bytes; /* of live blobs */
};

enum weft_status weft_intern_create(struct weft_intern **);
void weft_intern_destroy(struct weft_intern *);
void weft_intern_retain(struct weft_intern *, weft_id);
void weft_intern_release(struct weft_intern *, weft_id);
void weft_intern_sweep(
	struct weft_intern *); /* frees what nobody holds: at the end of a transaction */
size_t weft_intern_count(const struct weft_intern *);
size_t weft_intern_bytes(const struct weft_intern *);
/* The id of a text that is there; false when it is not. */
bool weft_intern_find(const struct weft_intern *, struct weft_text, weft_id *);

static inline const struct weft_blob *weft_blob_of(const struct weft_intern *intern, weft_id id)
{
	return *(struct weft_blob *const *)weft_slab_at(&intern->blobs, id);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * decode.h: a document's subtree into a stored row, by the type's descriptors alone: no kind of
 * object is known here.
 *
 * A field is found along its path from the record's node. Absent and null are one; what is absent
 * is `absent`, none for an option, empty for lists, maps and labels, an error otherwise. Kinds must
 * fit as Kubernetes has them fit: a number is no text. Keys that no field reads are ignored, but
 * for a field of type [String] whose path is `_` or ends in `._`: it lists, below that path, the
 * paths of the keys that no other field of the record reads (so its record must not be projected).
 */
#ifndef WEFT_MESH_DECODE_H
#define WEFT_MESH_DECODE_H

#include "proto/document.h"

struct weft_decode {
	struct weft_intern *intern;
	const void *program; /* for `absent` and `empty` */
	/* after WEFT_INVALID: */
	uint32_t line;
	char reason[400]; /* "spec.ports[2].port: a port is 1 to 65535, not the number 70000" */
};

/* A record's row from a map, zeroed first. WEFT_OK, WEFT_INVALID, WEFT_NO_MEMORY; the ids belong to
 * the transaction. */
enum weft_status weft_decode_row(
	struct weft_decode *, const struct weft_type *, const struct weft_doc *, void *row);
/* Any one value. */
enum weft_status weft_decode_value(
	struct weft_decode *, const struct weft_type *, const struct weft_doc *, void *value);
/* Only the fields of these numbers, each zero where it cannot be had (then *whole becomes false):
 * whose row would it have been? A NULL document has none. */
enum weft_status weft_decode_some(struct weft_decode *, const struct weft_type *,
	const uint16_t *fields, size_t count, const struct weft_doc *, void *row, bool *whole);

/* The field of a record with this name; NULL when there is none. */
const struct weft_field *weft_type_field(const struct weft_type *, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * decode_parts.h: what decode.c and selector.c share; internal to the decoder.
 */
#ifndef WEFT_MESH_DECODE_PARTS_H
#define WEFT_MESH_DECODE_PARTS_H

#include "mesh/decode.h"

/* Where in the document a value stands, innermost first; only read when something does not fit. */
struct weft_step {
	const struct weft_step *up;
	struct weft_text name; /* data NULL: an element of a list */
	size_t index;
};

/* Sets reason and line; WEFT_INVALID. `describe`: adds ", not the number 3". */
enum weft_status weft_decode_fail(struct weft_decode *, const struct weft_step *,
	const struct weft_doc *, const char *want, bool describe);
/* `out` is zeroed before. */
enum weft_status weft_decode_at(struct weft_decode *, const struct weft_step *,
	const struct weft_type *, const struct weft_doc *, void *out);
enum weft_status weft_decode_labels(
	struct weft_decode *, const struct weft_step *, const struct weft_doc *, weft_id *out);
enum weft_status weft_decode_selector(struct weft_decode *, const struct weft_step *,
	const struct weft_doc *, struct weft_selector *out);
enum weft_status weft_decode_unread(struct weft_decode *, const struct weft_type *,
	const struct weft_doc *record, const char *path, void *out);

#endif

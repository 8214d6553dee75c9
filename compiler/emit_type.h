/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_type.h: what emit_type.c and emit_descriptor.c share, and the emitter's files ask of types.
 */
#ifndef WEFT_COMPILER_EMIT_TYPE_H
#define WEFT_COMPILER_EMIT_TYPE_H

#include "emit.h"

bool type_is_text(const struct type *t);  /* String, Bytes, Identity */
bool type_is_label(const struct type *t); /* the element of Labels: struct weft_label */
bool type_has_ids(const struct type *t);
unsigned type_align(const struct type *t);
const struct type *type_of_key(const struct type *ref, size_t part);
struct text c_key(struct emitter *e, const struct type *ref, size_t part);
struct text c_tag(struct emitter *e,
	const struct type *t); /* "kubernetes__service": the base of a type's C names */
void emit_enum(struct emitter *e, const struct type *t); /* its constants */

#endif

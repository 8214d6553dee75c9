/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_public.h: types and conversions of the public header, for emit_api.c.
 */
#ifndef WEFT_COMPILER_EMIT_PUBLIC_H
#define WEFT_COMPILER_EMIT_PUBLIC_H

#include "emit.h"

struct text public_tag(struct emitter *e, const struct type *t); /* "sidecar_ports" */
struct text c_public(struct emitter *e,
	const struct type *t); /* "struct sidecar_ports"; declared on first use */
void emit_show(struct emitter *e, const struct type *t, const char *from, const char *to);
void emit_take(struct emitter *e, const struct type *t, const char *from, const char *to,
	const char *what);
struct text public_converter(
	struct emitter *e, const struct type *t, bool out); /* of a struct: show_X or take_X */

#endif

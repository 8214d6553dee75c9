/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_api.c: the public header of a program and the functions behind it.
 */
#include "emit_make.h"

void emit_api(struct emitter *e)
{
	e->out = &e->header;
	blank_line(e);
	line(e, "extern const struct weft_program_info %s_program;", e->name.data);
	line(e, "struct %s; /* an instance */", e->name.data);
}

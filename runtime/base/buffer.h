/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * buffer.h: what the library itself needs of struct weft_buffer beyond abi/value.h.
 */
#ifndef WEFT_BASE_BUFFER_H
#define WEFT_BASE_BUFFER_H

#include <stdarg.h>
#include <weft/abi/value.h>

void weft_buffer_format_list(struct weft_buffer *, const char *format, va_list)
	__attribute__((format(printf, 2, 0)));
void weft_buffer_clear(struct weft_buffer *);                  /* empty again; keeps its memory */
struct weft_text weft_buffer_view(const struct weft_buffer *); /* until the next change */
void weft_buffer_json(struct weft_buffer *, struct weft_text); /* "quoted \"text\"" */

#endif

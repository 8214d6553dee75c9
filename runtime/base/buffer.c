/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * buffer.c: bytes that grow. A failed allocation is remembered in the buffer, so that a printer of
 * twenty steps is checked once, at its end.
 */
#include "buffer.h"
#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>

static bool make_room(struct weft_buffer *b, size_t more)
{
	if (b->failed)
		return false;
	if (more >= SIZE_MAX / 2 - b->size ||
		!weft_grow(&b->data, &b->room, b->size + more + 1, 1)) {
		b->failed = true;
		return false;
	}
	return true;
}

void weft_buffer_add(struct weft_buffer *b, const void *bytes, size_t size)
{
	if (!make_room(b, size))
		return;
	if (size)
		memcpy(b->data + b->size, bytes, size);
	b->size += size;
	b->data[b->size] = 0;
}

void weft_buffer_text(struct weft_buffer *b, struct weft_text text)
{
	weft_buffer_add(b, text.data, text.size);
}

void weft_buffer_format(struct weft_buffer *b, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	weft_buffer_format_list(b, format, list);
	va_end(list);
}

void weft_buffer_format_list(struct weft_buffer *b, const char *format, va_list list)
{
	char small[256];
	va_list again;
	va_copy(again, list);
	int size = vsnprintf(small, sizeof(small), format, list);
	if (size < 0) {
		b->failed = true;
	} else if ((size_t)size < sizeof(small)) {
		weft_buffer_add(b, small, (size_t)size);
	} else if (make_room(b, (size_t)size)) {
		vsnprintf(b->data + b->size, (size_t)size + 1, format, again);
		b->size += (size_t)size;
	}
	va_end(again);
}

void weft_buffer_clear(struct weft_buffer *b)
{
	b->size = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = 0;
}

struct weft_text weft_buffer_view(const struct weft_buffer *b)
{
	return (struct weft_text){ b->size ? b->data : "", b->size };
}

void weft_buffer_free(struct weft_buffer *b)
{
	weft_free(b->data);
	*b = (struct weft_buffer){ 0 };
}

/* RFC 8259 section 7; bytes that are not UTF-8 were refused at entry and pass as they are. */
void weft_buffer_json(struct weft_buffer *b, struct weft_text text)
{
	size_t done = 0;
	weft_buffer_add(b, "\"", 1);
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		weft_buffer_add(b, text.data + done, i - done);
		done = i + 1;
		if (c == '"' || c == '\\')
			weft_buffer_format(b, "\\%c", c);
		else if (c == '\n')
			weft_buffer_add(b, "\\n", 2);
		else if (c == '\t')
			weft_buffer_add(b, "\\t", 2);
		else if (c == '\r')
			weft_buffer_add(b, "\\r", 2);
		else
			weft_buffer_format(b, "\\u%04x", c);
	}
	weft_buffer_add(b, text.data + done, text.size - done);
	weft_buffer_add(b, "\"", 1);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * assert.c: the last words. The stack of dumps is per thread, because the thread that failed
 * is the one that can say why.
 */
#include "assert.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local struct weft_state_dump *innermost;

void weft_state_dump_enter(struct weft_state_dump *frame)
{
	frame->outer = innermost;
	innermost = frame;
}

void weft_state_dump_leave(struct weft_state_dump *frame)
{
	innermost = frame->outer;
}

void weft_assert_failed(const char *file, int line, const char *function, const char *condition)
{
	fprintf(stderr, "weft: internal error at %s:%d in %s: %s\n", file, line, function,
		condition);
	struct weft_state_dump *frame = innermost;
	innermost = NULL; /* a dump that fails itself must not come back here */
	for (; frame; frame = frame->outer) {
		struct weft_buffer text = { 0 };
		frame->dump(frame->subject, &text);
		if (text.data)
			fprintf(stderr, "%s\n", text.data);
		weft_buffer_free(&text);
	}
	abort();
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * user.c: the C that user.weft leaves to its user: a function, the rows of a collection, a handler.
 */
#include "user.h"

#include <stdio.h>
#include <stdlib.h>

struct weft_opt_text zone(struct weft_ip ip)
{
	struct weft_opt_text none = { false, { NULL, 0 } }, home = { true, WEFT_TEXT("home") };
	return ip.byte[12] == 127 ? home : none;
}

void backends_start(struct user *program)
{
	struct user_backend row = { WEFT_TEXT("first"),
		{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1 } }, 1 }, 1 };
	const char *why = "";
	if (user_backends_put(program, &row, &why) != WEFT_OK)
		abort();
	row.name = (struct weft_text){ "\xff", 1 };
	if (user_backends_put(program, &row, &why) != WEFT_INVALID ||
		strcmp(why, "name: not UTF-8") != 0)
		abort();
	if (user_backends_synced(program) != WEFT_OK)
		abort();
}

static void sent(void *text, struct weft_stream *stream, size_t size, enum weft_status status)
{
	(void)size, (void)status;
	free(text);
	weft_stream_close(stream);
}

void hello(struct user *program, struct weft_stream *stream, struct weft_addr remote,
	struct weft_addr original_dst, struct weft_text greeting)
{
	static const struct weft_stream_events events = { NULL, sent, NULL, NULL };
	char *text = malloc(greeting.size + 2);
	(void)program, (void)remote, (void)original_dst;
	if (!text)
		abort();
	snprintf(text, greeting.size + 2, "%.*s\n", (int)greeting.size, greeting.data);
	weft_stream_listen_to(stream, &events, text);
	weft_stream_send(stream, text, greeting.size + 1);
}

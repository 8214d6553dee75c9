/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * user.c: the C that main.weft asks for: a function, the rows of a collection, a handler. The
 * prototypes stand in the header that the compiler writes.
 */
#include "user_code.h"

#include <stdlib.h>

/* A real one would ask a library; this one knows the loopback networks of its author. */
struct weft_opt_text country(struct weft_ip ip)
{
	struct weft_opt_text none = { false, { NULL, 0 } };

	if (ip.byte[12] != 127)
		return none;
	return (struct weft_opt_text){ true,
		ip.byte[15] == 1 ? WEFT_TEXT("home") : WEFT_TEXT("abroad") };
}

/* All rows are known at once here: what $BLOCKED names. A program that learns of them later keeps
 * `program` and puts. */
void blocked_start(struct user_code *program)
{
	const char *name = getenv("BLOCKED");

	if (name) {
		struct user_code_blocked row = { .country = { name, strlen(name) } };
		user_code_blocked_put(program, &row, NULL);
	}
	user_code_blocked_synced(program);
}

static void sent(void *user, struct weft_stream *stream, size_t size, enum weft_status status)
{
	(void)user, (void)size, (void)status;
	weft_stream_close(stream);
}

static void received(
	void *user, struct weft_stream *stream, struct weft_lease lease, enum weft_status status)
{
	(void)user, (void)status;
	if (lease.size)
		weft_stream_return(stream, lease);
}

static void nothing(void *user, struct weft_stream *stream)
{
	(void)user, (void)stream;
}

void greet(struct user_code *program, struct weft_stream *stream, struct weft_addr remote,
	struct weft_addr original_dst)
{
	static const struct weft_stream_events events = { received, sent, nothing, nothing };
	static const char greeting[] = "hello from C\n";

	(void)program, (void)remote, (void)original_dst;
	weft_stream_listen_to(stream, &events, NULL);
	if (weft_stream_send(stream, greeting, sizeof(greeting) - 1) != WEFT_OK)
		weft_stream_abort(stream);
}

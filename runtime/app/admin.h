/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * admin.h: a Unix socket that answers about a running program. One request per connection, one
 * line:
 *
 *   status            status json        text for people, or one JSON object; then the end
 *   watch ports       watch ports json   the rows there are, then each transaction's net changes,
 * until somebody leaves
 *
 * Only the user who runs the program may connect (the socket is made with permissions 0600). A
 * reader who does not keep up is cut off at a limit; nobody outside can make the program wait.
 */
#ifndef WEFT_APP_ADMIN_H
#define WEFT_APP_ADMIN_H

#include "app/runtime.h"

enum {
	WEFT_ADMIN_CLIENTS_MAX = 64,
	WEFT_ADMIN_REQUEST_MAX = 512,     /* bytes of a request */
	WEFT_ADMIN_BEHIND_MAX = 32 << 20, /* bytes that a client may lag behind */
};

/* A socket that nobody answers at is replaced. WEFT_IN_USE: somebody does. */
enum weft_status weft_admin_create(
	struct weft_runtime *, const char *path, struct weft_buffer *error, struct weft_admin **);
void weft_admin_destroy(struct weft_admin *);

/* status.c */
void weft_status_text_of(struct weft_runtime *, struct weft_buffer *);
void weft_status_json_of(struct weft_runtime *, struct weft_buffer *);
/* watch.c: the row or change as a line. `mark`: '+', '-', '~'. */
void weft_watch_line(struct weft_buffer *, const struct weft_table *, const struct weft_intern *,
	const struct weft_change *, bool json);
void weft_watch_present(
	struct weft_buffer *, const struct weft_table *, const struct weft_intern *, bool json);
/* The table of this name: "ports", "conflicts(services)"; table_count if there is none. */
unsigned weft_watch_find(const struct weft_program_info *, struct weft_text name);

#endif

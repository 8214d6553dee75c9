/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * feed.h: transactions from JSON lines, in place of the world: for tests, and to see again what was
 * seen once.
 *
 *   {"put":"services","row":{...}}     the row as a document of the collection has it
 *   {"delete":"services","row":{...}}  its key columns are enough
 *   {"commit":true}                    {"rollback":true}
 */
#ifndef WEFT_APP_FEED_H
#define WEFT_APP_FEED_H

#include <weft/abi.h>

/* Carries out every line, in order; lines behind the last commit are committed, too. Every
 * collection counts as synced. On an error the running transaction is rolled back and `error` names
 * the line. Instance's thread, outside a transaction. */
enum weft_status weft_feed(
	struct weft_program_head *, struct weft_text lines, struct weft_buffer *error);
/* The lines of a file; `error` also says when it cannot be read. */
enum weft_status weft_feed_file(
	struct weft_program_head *, const char *path, struct weft_buffer *error);

#endif

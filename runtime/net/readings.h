/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * readings.h: what each connection's `relay ... while` read when it was last judged, by (table,
 * index, hash). A flip of the views tells the keys that changed; from them it is one probe each to
 * the connections concerned, so the work of a revocation is in proportion to the change and not to
 * the connections.
 */
#ifndef WEFT_NET_READINGS_H
#define WEFT_NET_READINGS_H

#include <weft/abi/view.h>

struct weft_reading;     /* one key read by one connection */
struct weft_reading_key; /* a key that somebody reads */

struct weft_readings { /* zeroed: empty */
	struct weft_reading_key **buckets;
	size_t bucket_count, key_count;
};
/* The connection's part, embedded; zeroed: nothing read. */
struct weft_reader_keys {
	struct weft_reading *first;
};

/* Notes that `who` read the key; once per key. */
enum weft_status weft_readings_add(
	struct weft_readings *, struct weft_reader_keys *who, struct weft_view_key);
void weft_readings_drop(
	struct weft_readings *, struct weft_reader_keys *who); /* all that it read */
/* Calls once per (key, reader) of one changed key; `found` must not change the readings. */
typedef void weft_reading_fn(void *user, struct weft_reader_keys *who);
void weft_readings_find(
	const struct weft_readings *, struct weft_view_key, weft_reading_fn *found, void *user);
void weft_readings_free(struct weft_readings *); /* when nobody reads any more */

#endif

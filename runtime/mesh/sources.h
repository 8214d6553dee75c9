/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * sources.h: what fills a program's collections: `from kubernetes` (a directory of manifests),
 * `from file(...)` and `from clock(...)`. Each source begins and commits its own transactions from
 * the loop; extern collections are the application's.
 */
#ifndef WEFT_MESH_SOURCES_H
#define WEFT_MESH_SOURCES_H

#include "mesh/folder.h"

struct weft_sources;

/* `manifests` NULL: the application puts the rows of `from kubernetes` itself. Opens descriptors,
 * reads nothing yet. */
enum weft_status weft_sources_create(struct weft_loop *, const struct weft_objects_host *,
	const char *manifests, struct weft_sources **);
/* Reads everything for the first time. From the loop's thread, after the program's first
 * transaction. */
void weft_sources_start(struct weft_sources *);
void weft_sources_destroy(struct weft_sources *);

/* For status. */
size_t weft_sources_folder_count(const struct weft_sources *);
const struct weft_folder *weft_sources_folder(const struct weft_sources *, size_t i);

/* How bytes become objects (tests call them too). */
enum weft_status weft_manifests_read(
	struct weft_reading *, struct weft_objects *, const char *name, struct weft_text bytes);
enum weft_status weft_file_read(
	struct weft_reading *, struct weft_objects *, const char *name, struct weft_text bytes);

struct weft_clock;
enum weft_status weft_clock_create(struct weft_loop *, const struct weft_objects_host *,
	const struct weft_source_info *, struct weft_clock **);
void weft_clock_start(struct weft_clock *);
void weft_clock_destroy(struct weft_clock *);

/* Part of a transaction: the collection of this table is synced, and with it its rejected and
 * conflicting rows. */
enum weft_status weft_source_synced(
	struct weft_engine *, const struct weft_program_info *, unsigned table);

#endif

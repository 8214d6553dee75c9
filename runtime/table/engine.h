/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * engine.h: an engine from inside: its tables (the program's, then the operators' own), the
 * operator graph, the running transaction, subscribers and views.
 */
#ifndef WEFT_TABLE_ENGINE_H
#define WEFT_TABLE_ENGINE_H

#include "delta.h"
#include "table.h"

struct weft_operator {
	const struct weft_operator_info *info;
	struct weft_table *output, *conflicts;
	/* What settling keeps: candidates (KEEP, MERGE, REJECT, GROUP by rounds; counted, key: all
	 * bytes, index 0: the group), and for GROUP one row per group: its columns, count, whether
	 * it gave a row, accumulator, that row. */
	struct weft_table *candidates, *groups;
	struct weft_table *winners; /* KEEP: the winning candidate of each key that has many */
	struct weft_table_info candidates_info, groups_info, winners_info;
	struct weft_index_info index_info;
	struct weft_type groups_type;
	struct weft_field *groups_fields;
	uint16_t *groups_key;
	struct weft_column *group; /* the columns that make a group: of the candidate */
	size_t group_count;
	size_t group_size;                                 /* of these columns packed */
	uint32_t at_count, at_has, at_accumulator, at_row; /* in a groups row */
	struct weft_operator_counters counters;
	bool has_run;
};

struct weft_consumer {
	uint32_t operator_number;
	uint64_t columns;
};

struct weft_watcher {
	unsigned table;
	weft_watch_fn *call; /* NULL: taken out while calls were being made */
	void *user;
};

struct weft_scratch_chunk;
struct weft_scratch_mark {
	struct weft_scratch_chunk *chunk;
	size_t used;
};

struct weft_engine {
	const struct weft_engine_info *info;
	void *program;
	struct weft_intern *intern;
	struct weft_table **tables;
	unsigned table_count;
	struct weft_operator *operators;
	struct weft_consumer *consumers; /* grouped by table */
	uint32_t *consumers_of;          /* table_count + 1 places in `consumers` */
	uint64_t *dirty;                 /* bit per operator */
	struct weft_table **touched;
	unsigned touched_count;
	struct weft_index_emit emit;
	struct weft_delta delta, groups, losers; /* of the operator that runs */
	unsigned delta_of;                       /* whose candidates `delta` holds */
	struct weft_scratch_chunk *scratch, *scratch_now;
	struct weft_watcher *watchers;
	size_t watcher_count, watcher_room;
	struct weft_change *sorted_changes; /* for subscribers */
	size_t sorted_room;
	struct weft_views *views;
	uint64_t version;
	bool in_transaction, is_notifying, is_first, all_ran, resynced;
};

void *weft_engine_program(const struct weft_engine *);
struct weft_index_emit *weft_engine_emit(struct weft_engine *);
void weft_engine_touch(struct weft_engine *, struct weft_table *);

/* Scratch memory taken behind a mark can be given back before the transaction ends. */
struct weft_scratch_mark weft_scratch_mark(const struct weft_engine *);
void weft_scratch_release(struct weft_engine *, struct weft_scratch_mark);
void weft_scratch_free(struct weft_engine *);

/* settle.c: makes and frees the operator's own tables. `number` is the first free table number; it
 * moves on. */
enum weft_status weft_settle_create(struct weft_engine *, struct weft_operator *, unsigned *number);
void weft_settle_destroy(struct weft_operator *);

/* view.c. Prepare may fail, before the point of no return; apply, when tables have committed,
 * cannot. */
enum weft_status weft_views_create(struct weft_engine *);
void weft_views_destroy(struct weft_engine *);
enum weft_status weft_views_prepare(struct weft_engine *);
void weft_views_apply(struct weft_engine *);

#endif

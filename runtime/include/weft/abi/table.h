/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table.h: keyed collections under transactions, as generated code uses them. Engine thread only.
 *
 * During a transaction a table holds both states: a change makes a new row beside the old one, and
 * every reading says which state it wants (WEFT_OLD: before the transaction, WEFT_NEW: now). Commit
 * drops the old rows, rollback the new ones: that is the undo list. So a delta plan of a join reads
 * the sources before its driver NEW and those behind it OLD, and the sum over all drivers is exact.
 * Rows never move; a row pointer is valid until the transaction ends (a changed or removed row's
 * included).
 */
#ifndef WEFT_ABI_TABLE_H
#define WEFT_ABI_TABLE_H

#include <weft/abi/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_engine;
struct weft_table;

enum weft_when { WEFT_OLD, WEFT_NEW };

/* An index: which keys a row stands under. Most are columns of the row; a computed one calls
 * `emit`'s owner. */
struct weft_index_emit; /* opaque: pass on to weft_index_key */
typedef enum weft_status weft_index_fn(
	const void *program, const struct weft_intern *, const void *row, struct weft_index_emit *);
enum weft_status weft_index_key(
	struct weft_index_emit *, uint64_t hash); /* duplicates of one row are dropped */

struct weft_index_info {
	const char *name; /* "namespace" */
	const uint16_t
		*columns; /* field numbers; hash = fold of weft_value_hash over them, from seed 0 */
	uint16_t column_count; /* 0 with `keys` NULL: every row under hash 0 */
	weft_index_fn *keys;   /* computed: the row's hashes (0..n) */
};

/* Under what a selector, and labels, stand in an index for `selects` (anchor.c): the n-th anchor,
 * false behind the last; whether it is one of the other side's; its hash, folded onto that of the
 * columns in front. */
enum weft_anchor_kind { WEFT_ANCHOR_EVERY, WEFT_ANCHOR_KEY, WEFT_ANCHOR_PAIR };
struct weft_anchor {
	uint32_t kind;
	weft_id key, value;
};
bool weft_anchor_of_selector(
	const struct weft_intern *, struct weft_selector, size_t n, struct weft_anchor *);
bool weft_anchor_of_labels(
	const struct weft_intern *, struct weft_list labels, size_t n, struct weft_anchor *);
bool weft_anchor_in_selector(
	const struct weft_intern *, struct weft_selector, const struct weft_anchor *);
bool weft_anchor_in_labels(
	const struct weft_intern *, struct weft_list labels, const struct weft_anchor *);
uint64_t weft_anchor_hash(const struct weft_intern *, uint64_t before, const struct weft_anchor *);

struct weft_table_info {
	const char *name; /* "services", as in the source; instance path in front */
	const struct weft_type *row;
	const uint16_t *key; /* field numbers of the key columns; none: a single value */
	uint16_t key_count;
	uint16_t index_count;
	const struct weft_index_info *indexes;
	bool is_input;
	bool is_published; /* handlers read it: it has a view */
	bool is_internal;  /* the compiler's own (candidates, groups): not in status or dumps */
};

/* ---- reading ---- */
/* The row with this key, NULL when there is none. `hash` folds weft_value_hash of the key columns
 * from 0 (or the inline equivalents); `key` points to a zeroed row struct with its key columns set
 * (other columns are not looked at). */
const void *weft_table_get(const struct weft_table *, enum weft_when, const void *key);
/* Walks: for (row = weft_table_first(&c, t, when); row; row = weft_cursor_next(&c)). No change
 * meanwhile. */
struct weft_cursor {
	const struct weft_table *table;
	const void *index;
	uint64_t hash;
	uint32_t next;
	uint8_t when;
};
const void *weft_table_first(
	struct weft_cursor *, const struct weft_table *, enum weft_when); /* all rows */
/* Rows whose index hash is `hash`: the caller compares the columns (two values may share a hash).
 * WEFT_PRIMARY: the key's hash, so that no text is interned only to look up. */
#define WEFT_PRIMARY UINT32_MAX
const void *weft_index_first(struct weft_cursor *, const struct weft_table *, unsigned index,
	enum weft_when, uint64_t hash);
const void *weft_cursor_next(struct weft_cursor *);
size_t weft_table_count(const struct weft_table *, enum weft_when);

/* What the running transaction changed in a table: one entry per key, net, in order of first
 * change. */
struct weft_change {
	const void *before; /* NULL: inserted */
	const void *after;  /* NULL: removed */
	uint64_t columns; /* bit n: field n differs (all ones for insert and remove; field 63 stands
			     for all above) */
};
const struct weft_change *weft_table_changes(const struct weft_table *, size_t *count);

/* ---- interning, for values that a derivation makes ---- */
enum weft_status weft_intern_text(struct weft_engine *, struct weft_text, weft_id *);
enum weft_status weft_intern_list(struct weft_engine *, const struct weft_type *item,
	const void *items, size_t count, weft_id *);
struct weft_intern *weft_engine_intern(const struct weft_engine *);
/* Scratch memory of the running transaction, zeroed; NULL when memory ran out. */
void *weft_scratch(struct weft_engine *, size_t size);

/* ---- candidates: the multiset of rows that the queries of one derivation give ---- */
/* Adds `weight` (+-n) of a candidate row; equal rows are summed. A candidate is a row of `info.row`
 * of the settle below. */
struct weft_delta;
enum weft_status weft_delta_add(struct weft_delta *, const void *candidate, int64_t weight);

/* The keys that a delta plan has met: WEFT_OK when these bytes are new, WEFT_MORE when they were
 * there. `*set` starts as NULL; a set's keys have one size; the memory is the transaction's
 * scratch. */
struct weft_seen;
enum weft_status weft_seen_add(
	struct weft_engine *, struct weft_seen **set, const void *key, size_t size);

/* How candidates become rows. UNIQUE, REJECT: the candidate is the row. KEEP, MERGE: field 0 is the
 * derived row (nested, offset 0), the rest its order. Losers are rows that differ from the
 * winner's. By kind: KEEP: `order` columns (the `by` value, then tie-break columns) compared in
 * turn by the canonical order; LAST reverses the first of them only, and a missing value loses in
 * both; MERGE: tie-break columns likewise; `merge(program, engine, into, next)` folds the next
 * row's columns into the first; GROUP: candidates are rounds: group columns first, then argument
 * columns; see struct weft_aggregate. */
enum weft_settle_kind {
	WEFT_SETTLE_UNIQUE,
	WEFT_SETTLE_KEEP_FIRST,
	WEFT_SETTLE_KEEP_LAST,
	WEFT_SETTLE_MERGE,
	WEFT_SETTLE_REJECT,
	WEFT_SETTLE_GROUP
};

typedef enum weft_status weft_merge_fn(
	const void *program, struct weft_engine *, void *into, const void *next);
/* Builds the derived row of one group from its rounds (every round once per its count). `rounds`
 * walk in canonical order of the candidate. count is the number of rounds, duplicates counted.
 * Called with count 0 only for a single value. */
struct weft_rounds;
const void *weft_rounds_next(
	struct weft_rounds *, int64_t *times); /* the next distinct round; NULL at the end */
/* WEFT_END from a group or finish function: the group has no row. */
typedef enum weft_status weft_group_fn(
	const void *program, struct weft_engine *, struct weft_rounds *, int64_t count, void *row);
/* Accumulator form, for groups with only count and sum: no rounds are kept. `accumulator` is zeroed
 * for a new group; the group's row is made by `finish` from any round's group columns and the
 * accumulator. */
typedef void weft_accumulate_fn(
	const void *program, void *accumulator, const void *round, int64_t weight);
typedef enum weft_status weft_finish_fn(const void *program, struct weft_engine *,
	const void *group, const void *accumulator, int64_t count, void *row);

/* A sum in 128 bits: exact under deletion; narrowed, it saturates. */
struct weft_wide {
	uint64_t low, high; /* two's complement */
};
void weft_wide_add(struct weft_wide *, int64_t value, int64_t times);
int64_t weft_wide_narrow(struct weft_wide);
/* collect(e by k): values with what orders them (`by`, then the value); pointers must stay valid
 * until the list is made. `*list` starts as NULL. weft_list_sorted: the same order for a list of
 * its own items, in scratch memory. */
struct weft_collected;
enum weft_status weft_collect(struct weft_engine *, struct weft_collected **list, const void *by,
	const void *value, int64_t times);
enum weft_status weft_collected_list(struct weft_engine *, struct weft_collected *list,
	const struct weft_type *by, const struct weft_type *item, weft_id *result);

struct weft_settle_info {
	const char *name;
	enum weft_settle_kind kind;
	const struct weft_type *candidate; /* a record: the row; { row, order ... }; or a round:
					      group columns, arguments */
	const uint16_t *order; /* candidate fields compared in turn; a missing value sorts last */
	uint16_t order_count;
	uint16_t group_count; /* GROUP: the first n candidate fields are the group */
	weft_merge_fn *merge;
	weft_group_fn *group;
	weft_accumulate_fn *accumulate;
	weft_finish_fn *finish;
	uint32_t accumulator_size;
	bool single; /* no key: one group that always has a row */
};

/* the operator's candidate buffer, empty at start */
struct weft_delta *weft_engine_delta(struct weft_engine *, unsigned operator_number);
/* Consolidates the operator's delta and applies it to its output table (and conflicts table);
 * emptied after. */
enum weft_status weft_settle(struct weft_engine *, unsigned operator_number);

/* ---- the operator graph ---- */
/* Runs one derivation or rule for the running transaction: reads the changes of its sources, adds
 * candidates, settles. In the first transaction (weft_engine_version is 0) every operator runs:
 * queries without a source give their rows there. */
typedef enum weft_status weft_operator_fn(void *program, struct weft_engine *);
struct weft_operator_input {
	uint16_t table;
	uint64_t columns; /* the operator runs only if a changed row differs in one of them, or is
			     inserted or removed */
};
struct weft_operator_info {
	const char *name; /* "ports" */
	weft_operator_fn *run;
	const struct weft_operator_input *inputs;
	uint16_t input_count;
	uint16_t output;    /* table */
	uint16_t conflicts; /* table of losers, or WEFT_NONE */
	const struct weft_settle_info *settle;
};
#define WEFT_NONE UINT16_MAX

/* Per operator, for `cost` and the proofs: counted by weft_settle and by the generated code through
 * weft_count. */
struct weft_operator_counters {
	uint64_t runs, delta_in, probes, visited, emitted;
};
struct weft_operator_counters *weft_engine_counters(struct weft_engine *, unsigned operator_number);
/* True while an operator runs for the first time: one without `for` then adds its candidate (+1)
 * with every term NEW. Every operator runs in the first transaction that commits. */
bool weft_engine_is_first(const struct weft_engine *);

struct weft_engine_info {
	const struct weft_table_info *tables;
	uint16_t table_count;
	uint16_t operator_count;
	const struct weft_operator_info *operators; /* in topological order */
};

/* ---- the engine: inputs, transactions, subscribers. `program` is what callbacks get ---- */
enum weft_status weft_engine_create(
	const struct weft_engine_info *, void *program, struct weft_engine **);
void weft_engine_destroy(struct weft_engine *);
struct weft_table *weft_engine_table(struct weft_engine *, unsigned table);
#ifndef __cplusplus /* where the name would hide the struct's */
const struct weft_table_info *weft_table_info(const struct weft_table *);
#endif
enum weft_status weft_engine_begin(struct weft_engine *);
enum weft_status weft_engine_put(
	struct weft_engine *, unsigned table, const void *row); /* insert or replace by key */
/* WEFT_NOT_FOUND is harmless */
enum weft_status weft_engine_delete(struct weft_engine *, unsigned table, const void *key);
/* Propagates to the fixpoint, publishes views, tells subscribers. On an error everything is as
 * before begin. */
enum weft_status weft_engine_commit(struct weft_engine *);
void weft_engine_rollback(struct weft_engine *);
uint64_t weft_engine_version(const struct weft_engine *); /* commits so far */
bool weft_engine_in_transaction(const struct weft_engine *);
/* Every table that is not internal, in declared order, rows by key: one JSON line
 * {"table":name,"row":{...}} each. */
void weft_engine_dump(const struct weft_engine *, struct weft_buffer *);
void weft_table_dump(const struct weft_table *, struct weft_buffer *);

/* Readiness: an input is synced once its source said so; a derived table when all its inputs are.
 * Part of a transaction. */
enum weft_status weft_engine_synced(struct weft_engine *, unsigned table);
bool weft_table_is_synced(const struct weft_table *);

/* After each commit that changed the table (or made it synced): its net changes; rows valid during
 * the call. */
typedef void weft_watch_fn(
	void *user, const struct weft_table *, const struct weft_change *, size_t count);
/* Changes come sorted by key. No transaction can begin inside (WEFT_IN_USE): queue what follows. */
enum weft_status weft_engine_watch(
	struct weft_engine *, unsigned table, weft_watch_fn *, void *user);
void weft_engine_unwatch(struct weft_engine *, unsigned table, weft_watch_fn *, void *user);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table.h: a table from inside. A row lies in the slab as header, support (if counted), one word
 * per index (its first entry there), then the columns; row pointers given out point to the columns.
 *
 * Per key the primary index names one row: the newest. An older version stands behind it as `mate`
 * until the transaction ends. The other indexes hold both versions; flags say which state sees a
 * row. A row that was made and dropped in one transaction leaves the indexes at once, but its
 * memory stays until the end.
 */
#ifndef WEFT_TABLE_TABLE_H
#define WEFT_TABLE_TABLE_H

#include <weft/abi/view.h>

#include "intern.h"
#include "slab.h"
#include "slots.h"

enum weft_row_flag {
	WEFT_ROW_LIVE = 1,     /* in the primary index, or the mate of one that is */
	WEFT_ROW_BORN = 2,     /* made by the running transaction: invisible to OLD */
	WEFT_ROW_DEAD = 4,     /* replaced or removed by it: invisible to NEW */
	WEFT_ROW_UNLINKED = 8, /* no longer in the engine's indexes: a view still shows it */
};

struct weft_row {
	uint32_t tag;    /* of the key */
	uint32_t mate;   /* the old version of a BORN row; of a dropped one: the next dropped */
	uint32_t change; /* place in the table's changes + 1, on the key's newest row */
	uint32_t flags;
};

struct weft_column {
	uint32_t offset;
	const struct weft_type *type;
};

/* An entry of a row in a chained index. */
struct weft_entry {
	uint64_t hash;
	uint32_t row;
	uint32_t next, prev; /* in the chain of this hash */
	uint32_t more;       /* next entry of the same row */
};

enum weft_index_kind { WEFT_INDEX_UNIQUE, WEFT_INDEX_CHAINED, WEFT_INDEX_ALL };
struct weft_index {
	const struct weft_table *table;
	uint8_t kind;
	uint16_t word;                      /* CHAINED: which word of the row */
	const struct weft_index_info *info; /* CHAINED */
	struct weft_column *columns;
	size_t column_count;
	struct weft_slots slots; /* UNIQUE: tag to row; CHAINED: tag to first entry of a chain */
	struct weft_slab entries;
};

struct weft_change_rows {
	uint32_t before, after;
};
struct weft_support_undo {
	uint32_t row;
	int64_t support;
};

struct weft_table {
	const struct weft_table_info *info;
	struct weft_engine *engine;
	struct weft_intern *intern;
	unsigned number;
	uint32_t size; /* of the columns */
	uint16_t word_count;
	uint16_t data;  /* offset of the columns in the item */
	bool counted;   /* rows carry a support count */
	bool whole_key; /* the key is every column: the bytes are compared and hashed at once */
	bool synced, synced_before;
	bool touched;         /* in the engine's list of touched tables */
	bool has_payload_ids; /* ids in enums' payloads: they need the descriptor */
	struct weft_column *key;
	size_t key_count;
	uint32_t *ids; /* offsets of ids that stand in every row */
	size_t id_count;
	struct weft_slab rows;
	struct weft_index primary;
	struct weft_index *indexes;
	size_t count[2];  /* by enum weft_when */
	uint32_t dropped; /* rows made and dropped by this transaction */

	struct weft_change_rows *changed;
	size_t changed_count, changed_room;
	struct weft_change *changes; /* net, made by weft_table_seal */
	size_t change_count, change_room;
	uint64_t changed_columns; /* the union over the net changes */
	struct weft_support_undo *undo;
	size_t undo_count, undo_room;
	struct weft_view_table *views; /* two, by side; NULL unless published */
};

/* What a computed index's function adds keys to. */
struct weft_index_emit {
	uint64_t *hashes;
	size_t count, room;
};

static inline struct weft_row *weft_row_at(const struct weft_table *t, uint32_t id)
{
	return (struct weft_row *)weft_slab_at(&t->rows, id);
}
static inline void *weft_row_data(const struct weft_table *t, uint32_t id)
{
	return (char *)weft_slab_at(&t->rows, id) + t->data;
}
static inline struct weft_row *weft_row_of(const struct weft_table *t, const void *data)
{
	return (struct weft_row *)(void *)((char *)(uintptr_t)data - t->data);
}
static inline int64_t *weft_row_support(struct weft_row *row)
{
	return (int64_t *)(void *)(row + 1);
}
static inline uint32_t *weft_row_words(const struct weft_table *t, struct weft_row *row)
{
	return (uint32_t *)(void *)((char *)(row + 1) + (t->counted ? 8 : 0));
}
/* memcmp for columns: mostly an id or a number, and then no call. */
static inline bool weft_same_bytes(const void *row, const void *other, size_t offset, size_t size)
{
	const char *a = (const char *)row + offset, *b = (const char *)other + offset;
	uint64_t x = 0, y = 0;
	if (size != 4 && size != 8)
		return memcmp(a, b, size) == 0;
	memcpy(&x, a, 4);
	memcpy(&y, b, 4);
	if (size == 8) {
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
	}
	return x == y;
}
static inline bool weft_row_visible(const struct weft_row *row, enum weft_when when)
{
	return !(row->flags & (when == WEFT_OLD ? WEFT_ROW_BORN : WEFT_ROW_DEAD));
}

/* `info` must outlive the table. `counted`: rows have support. */
enum weft_status weft_table_create(struct weft_engine *, struct weft_intern *,
	const struct weft_table_info *, unsigned number, bool counted, struct weft_table **);
void weft_table_destroy(struct weft_table *);
/* Insert or replace. A row equal to the present one changes nothing. On an error nothing changed.
 */
enum weft_status weft_table_put(struct weft_table *, const void *row);
enum weft_status weft_table_delete(struct weft_table *, const void *key); /* WEFT_NOT_FOUND */
/* Adds `weight` to the support of this very row (counted tables): the row is there while its
 * support is not 0. WEFT_INVALID: another row has the key, or the support would fall below 0. */
enum weft_status weft_table_weigh(struct weft_table *, const void *row, int64_t weight);
int64_t weft_table_support(
	const struct weft_table *, const void *row); /* of a row pointer of this table */
uint64_t weft_table_hash(const struct weft_table *, const void *key);
/* by the key columns, in canonical order */
int weft_table_compare(const struct weft_table *, const void *a, const void *b);
/* Makes the net changes of the transaction so far. After it the table must not change in this
 * transaction. */
enum weft_status weft_table_seal(struct weft_table *);
/* The end of a transaction in two steps, neither of which can fail: first the new state stands
 * alone (or the old one), then, when subscribers have seen the changes, what is gone is freed. */
void weft_table_commit(struct weft_table *);
void weft_table_rollback(struct weft_table *);
void weft_table_forget(struct weft_table *);
void weft_row_drop_later(struct weft_table *, uint32_t id); /* freed by weft_table_forget */
void weft_row_free(struct weft_table *, uint32_t id);

/* index.c */
enum weft_status weft_index_init(struct weft_index *, const struct weft_table *,
	const struct weft_index_info *, uint16_t word);
void weft_index_free(struct weft_index *);
uint64_t weft_columns_hash(
	const struct weft_intern *, const struct weft_column *, size_t count, const void *row);
/* The hashes a row stands under, into the engine's emit buffer. */
enum weft_status weft_index_hashes(
	const struct weft_index *, const void *row, struct weft_index_emit *);
bool weft_index_reserve(struct weft_index *, size_t entries);
enum weft_status weft_index_insert(struct weft_index *, uint32_t row, uint64_t hash);
void weft_index_remove(struct weft_index *, uint32_t row); /* all entries of the row */
void weft_index_rename(struct weft_index *, uint32_t row,
	uint32_t by); /* the row's only entry becomes that of `by` */
uint32_t weft_index_head(const struct weft_index *, uint64_t hash);

static inline const struct weft_entry *weft_entry_at(const struct weft_index *index, uint32_t id)
{
	return (const struct weft_entry *)weft_slab_at(&index->entries, id);
}

#endif

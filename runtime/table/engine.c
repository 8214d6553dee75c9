/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * engine.c: transactions and the scheduler. A commit seals the changed inputs, runs the dirty
 * operators in topological order (each once, idle ones are never looked at), reserves what the
 * views need; behind that nothing can fail.
 */
#include "engine.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/sort.h"

/* ---- creation ---- */

static bool keeps_counts(const struct weft_engine_info *info, unsigned table)
{
	for (unsigned i = 0; i < info->operator_count; i++) {
		const struct weft_operator_info *op = &info->operators[i];
		bool weighs = op->settle->kind == WEFT_SETTLE_UNIQUE ||
			op->settle->kind == WEFT_SETTLE_GROUP;
		if ((op->output == table && weighs) || op->conflicts == table)
			return true;
	}
	return false;
}

static enum weft_status create_tables(struct weft_engine *e)
{
	for (unsigned i = 0; i < e->info->table_count; i++) {
		enum weft_status status = weft_table_create(e, e->intern, &e->info->tables[i], i,
			keeps_counts(e->info, i), &e->tables[i]);
		if (status != WEFT_OK)
			return status;
	}
	return WEFT_OK;
}

static enum weft_status create_operators(struct weft_engine *e)
{
	unsigned number = e->info->table_count;
	for (unsigned i = 0; i < e->info->operator_count; i++) {
		struct weft_operator *op = &e->operators[i];
		op->info = &e->info->operators[i];
		op->output = e->tables[op->info->output];
		op->conflicts =
			op->info->conflicts == WEFT_NONE ? NULL : e->tables[op->info->conflicts];
		enum weft_status status = weft_settle_create(e, op, &number);
		if (status != WEFT_OK)
			return status;
	}
	return WEFT_OK;
}

/* Counting sort of (table, operator) pairs by table; operators stay in topological order. */
static enum weft_status create_consumers(struct weft_engine *e)
{
	const struct weft_engine_info *info = e->info;
	size_t total = 0;
	for (unsigned i = 0; i < info->operator_count; i++)
		total += info->operators[i].input_count;
	e->consumers = weft_alloc_array(total, sizeof(*e->consumers));
	e->consumers_of = weft_alloc_array(e->table_count + 2u, sizeof(*e->consumers_of));
	if (!e->consumers || !e->consumers_of)
		return WEFT_NO_MEMORY;
	uint32_t *place = e->consumers_of + 1; /* [t + 1] counts, then begins, then ends at t */
	for (unsigned i = 0; i < info->operator_count; i++)
		for (unsigned k = 0; k < info->operators[i].input_count; k++)
			place[info->operators[i].inputs[k].table + 1]++;
	for (unsigned t = 1; t <= e->table_count; t++)
		place[t] += place[t - 1];
	for (unsigned i = 0; i < info->operator_count; i++) {
		for (unsigned k = 0; k < info->operators[i].input_count; k++) {
			const struct weft_operator_input *input = &info->operators[i].inputs[k];
			e->consumers[place[input->table]++] =
				(struct weft_consumer){ i, input->columns };
		}
	}
	return WEFT_OK;
}

static enum weft_status create_parts(struct weft_engine *e)
{
	unsigned operators = e->info->operator_count;
	e->table_count = e->info->table_count + 2 * operators; /* at most two of their own */
	e->tables = weft_alloc_array(e->table_count, sizeof(struct weft_table *));
	e->touched = weft_alloc_array(e->table_count, sizeof(struct weft_table *));
	e->operators = weft_alloc_array(operators, sizeof(*e->operators));
	e->dirty = weft_alloc_array(operators / 64 + 1, sizeof(*e->dirty));
	if (!e->tables || !e->touched || !e->operators || !e->dirty)
		return WEFT_NO_MEMORY;
	enum weft_status status = weft_intern_create(&e->intern);
	if (status == WEFT_OK)
		status = create_tables(e);
	if (status == WEFT_OK)
		status = create_operators(e);
	if (status == WEFT_OK)
		status = create_consumers(e);
	return status == WEFT_OK ? weft_views_create(e) : status;
}

enum weft_status weft_engine_create(
	const struct weft_engine_info *info, void *program, struct weft_engine **engine)
{
	struct weft_engine *e = *engine = weft_alloc(sizeof(*e));
	if (!e)
		return WEFT_NO_MEMORY;
	e->info = info;
	e->program = program;
	e->delta_of = UINT32_MAX;
	enum weft_status status = create_parts(e);
	if (status != WEFT_OK) {
		weft_engine_destroy(e);
		*engine = NULL;
	}
	return status;
}

void weft_engine_destroy(struct weft_engine *e)
{
	if (!e)
		return;
	weft_views_destroy(e);
	for (unsigned i = 0; e->tables && i < e->table_count; i++)
		weft_table_destroy(e->tables[i]);
	for (unsigned i = 0; e->operators && i < e->info->operator_count; i++)
		weft_settle_destroy(&e->operators[i]);
	weft_intern_destroy(e->intern);
	weft_delta_free(&e->delta);
	weft_delta_free(&e->groups);
	weft_delta_free(&e->losers);
	weft_scratch_free(e);
	weft_free(e->emit.hashes);
	weft_free(e->consumers);
	weft_free(e->consumers_of);
	weft_free(e->dirty);
	weft_free(e->touched);
	weft_free(e->tables);
	weft_free(e->operators);
	weft_free(e->watchers);
	weft_free(e->sorted_changes);
	weft_free(e);
}

/* ---- small readings ---- */

void *weft_engine_program(const struct weft_engine *e)
{
	return e->program;
}

struct weft_index_emit *weft_engine_emit(struct weft_engine *e)
{
	return &e->emit;
}

struct weft_table *weft_engine_table(struct weft_engine *e, unsigned table)
{
	weft_assert(table < e->info->table_count);
	return e->tables[table];
}

struct weft_intern *weft_engine_intern(const struct weft_engine *e)
{
	return e->intern;
}

enum weft_status weft_intern_text(struct weft_engine *e, struct weft_text text, weft_id *id)
{
	return weft_intern_put_text(e->intern, text, id);
}

enum weft_status weft_intern_list(struct weft_engine *e, const struct weft_type *item,
	const void *items, size_t count, weft_id *id)
{
	return weft_intern_put_list(e->intern, item, items, count, id);
}

uint64_t weft_engine_version(const struct weft_engine *e)
{
	return e->version;
}

bool weft_engine_in_transaction(const struct weft_engine *e)
{
	return e->in_transaction;
}

bool weft_engine_is_first(const struct weft_engine *e)
{
	return e->is_first;
}

struct weft_operator_counters *weft_engine_counters(struct weft_engine *e, unsigned number)
{
	return &e->operators[number].counters;
}

struct weft_delta *weft_engine_delta(struct weft_engine *e, unsigned number)
{
	if (e->delta_of != number)
		weft_delta_reset(&e->delta, e->operators[number].info->settle->candidate->size, 0);
	e->delta_of = number;
	return &e->delta;
}

void weft_engine_touch(struct weft_engine *e, struct weft_table *t)
{
	if (t->touched)
		return;
	t->touched = true;
	e->touched[e->touched_count++] = t;
}

/* ---- transactions ---- */

enum weft_status weft_engine_begin(struct weft_engine *e)
{
	if (e->in_transaction || e->is_notifying)
		return WEFT_IN_USE;
	e->in_transaction = true;
	return WEFT_OK;
}

enum weft_status weft_engine_put(struct weft_engine *e, unsigned table, const void *row)
{
	weft_assert(e->in_transaction && table < e->info->table_count &&
		e->info->tables[table].is_input);
	return weft_table_put(e->tables[table], row);
}

enum weft_status weft_engine_delete(struct weft_engine *e, unsigned table, const void *key)
{
	weft_assert(e->in_transaction && table < e->info->table_count &&
		e->info->tables[table].is_input);
	return weft_table_delete(e->tables[table], key);
}

enum weft_status weft_engine_synced(struct weft_engine *e, unsigned table)
{
	weft_assert(e->in_transaction && table < e->info->table_count);
	struct weft_table *t = e->tables[table];
	if (t->synced)
		return WEFT_OK;
	weft_engine_touch(e, t);
	t->synced = true;
	e->resynced = true;
	return WEFT_OK;
}

/* What commit and rollback share: nothing of the transaction stays. */
static void forget(struct weft_engine *e)
{
	for (unsigned i = 0; i < e->touched_count; i++) {
		weft_table_forget(e->touched[i]);
		e->touched[i]->touched = false;
	}
	e->touched_count = 0;
	e->resynced = e->is_first = false;
	weft_delta_reset(&e->delta, e->delta.size, e->delta.extra);
	e->delta_of = UINT32_MAX;
	weft_delta_reset(&e->groups, e->groups.size, e->groups.extra);
	weft_delta_reset(&e->losers, e->losers.size, e->losers.extra);
	weft_scratch_release(e, (struct weft_scratch_mark){ 0 });
	weft_intern_sweep(e->intern);
}

void weft_engine_rollback(struct weft_engine *e)
{
	if (!e->in_transaction)
		return;
	for (unsigned i = 0; i < e->touched_count; i++)
		weft_table_rollback(e->touched[i]);
	memset(e->dirty, 0, (e->info->operator_count / 64 + 1u) * sizeof(*e->dirty));
	for (unsigned i = 0; !e->all_ran && i < e->info->operator_count; i++)
		e->operators[i].has_run = false;
	forget(e);
	e->in_transaction = false;
}

/* ---- the scheduler ---- */

/* Makes the table's net changes and marks who reads a column that changed. */
static enum weft_status seal(struct weft_engine *e, struct weft_table *t)
{
	enum weft_status status = weft_table_seal(t);
	if (status != WEFT_OK || t->change_count == 0)
		return status;
	for (uint32_t i = e->consumers_of[t->number]; i < e->consumers_of[t->number + 1]; i++)
		if (e->consumers[i].columns & t->changed_columns)
			e->dirty[e->consumers[i].operator_number / 64] |= UINT64_C(1)
				<< e->consumers[i].operator_number % 64;
	return WEFT_OK;
}

static enum weft_status run(struct weft_engine *e, unsigned number)
{
	struct weft_operator *op = &e->operators[number];
	op->counters.runs++;
	e->is_first = !op->has_run;
	enum weft_status status = op->info->run(e->program, e);
	e->is_first = false;
	op->has_run = true;
	if (status == WEFT_OK)
		status = seal(e, op->output);
	if (status == WEFT_OK && op->conflicts)
		status = seal(e, op->conflicts);
	op->counters.emitted += op->output->change_count;
	return status;
}

static enum weft_status propagate(struct weft_engine *e)
{
	size_t words = e->info->operator_count / 64 + 1u;
	enum weft_status status = WEFT_OK;
	for (unsigned i = 0; i < e->touched_count && status == WEFT_OK; i++)
		status = seal(e, e->touched[i]);
	for (unsigned i = 0; !e->all_ran && i < e->info->operator_count; i++)
		e->dirty[i / 64] |= UINT64_C(1) << i % 64;
	for (size_t w = 0; w < words; w++) {
		while (e->dirty[w] && status == WEFT_OK) {
			unsigned bit = (unsigned)__builtin_ctzll(e->dirty[w]);
			e->dirty[w] &= e->dirty[w] - 1;
			status = run(e, (unsigned)w * 64 + bit);
		}
	}
	return status;
}

/* A derived table is synced when all its operator's inputs are; in topological order one pass is
 * enough. */
static void propagate_synced(struct weft_engine *e)
{
	for (unsigned i = 0; (e->resynced || !e->all_ran) && i < e->info->operator_count; i++) {
		struct weft_operator *op = &e->operators[i];
		bool synced = true;
		for (unsigned k = 0; k < op->info->input_count; k++)
			synced = synced && e->tables[op->info->inputs[k].table]->synced;
		if (!synced || op->output->synced)
			continue;
		weft_engine_touch(e, op->output);
		op->output->synced = true;
		if (!op->conflicts)
			continue;
		weft_engine_touch(e, op->conflicts);
		op->conflicts->synced = true;
	}
}

/* ---- subscribers ---- */

/* In a watched table changes are told sorted by key; the order is made before the point of no
 * return. */
static enum weft_status reserve_watchers(struct weft_engine *e)
{
	size_t most = 0;
	for (size_t i = 0; i < e->watcher_count; i++)
		if (e->watchers[i].call && e->tables[e->watchers[i].table]->change_count > most)
			most = e->tables[e->watchers[i].table]->change_count;
	return weft_grow(&e->sorted_changes, &e->sorted_room, most * 2, sizeof(*e->sorted_changes))
		? WEFT_OK
		: WEFT_NO_MEMORY;
}

static int compare_changes(const void *context, const void *a, const void *b)
{
	const struct weft_change *x = a, *y = b;
	return weft_table_compare(
		context, x->after ? x->after : x->before, y->after ? y->after : y->before);
}

/* Those that stay keep their order. */
static void drop_unwatched(struct weft_engine *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < e->watcher_count; i++)
		if (e->watchers[i].call)
			e->watchers[kept++] = e->watchers[i];
	e->watcher_count = kept;
}

static void tell_watchers(struct weft_engine *e)
{
	const struct weft_table *sorted = NULL;
	e->is_notifying = true;
	for (size_t i = 0; i < e->watcher_count; i++) {
		const struct weft_watcher *watcher = &e->watchers[i];
		const struct weft_table *t = e->tables[watcher->table];
		if (!watcher->call || !t->touched ||
			(t->change_count == 0 && !e->resynced && e->all_ran))
			continue;
		if (sorted != t && t->change_count) {
			memcpy(e->sorted_changes, t->changes,
				t->change_count * sizeof(*t->changes));
			weft_sort(e->sorted_changes, e->sorted_changes + t->change_count,
				t->change_count, sizeof(*e->sorted_changes), compare_changes, t);
			sorted = t;
		}
		watcher->call(watcher->user, t, e->sorted_changes, t->change_count);
	}
	e->is_notifying = false;
	drop_unwatched(e);
}

enum weft_status weft_engine_watch(
	struct weft_engine *e, unsigned table, weft_watch_fn *call, void *user)
{
	weft_assert(table < e->info->table_count);
	if (e->is_notifying)
		return WEFT_IN_USE;
	if (!weft_grow(&e->watchers, &e->watcher_room, e->watcher_count + 1, sizeof(*e->watchers)))
		return WEFT_NO_MEMORY;
	e->watchers[e->watcher_count++] = (struct weft_watcher){ table, call, user };
	return WEFT_OK;
}

void weft_engine_unwatch(struct weft_engine *e, unsigned table, weft_watch_fn *call, void *user)
{
	for (size_t i = 0; i < e->watcher_count; i++) {
		if (e->watchers[i].table != table || e->watchers[i].call != call ||
			e->watchers[i].user != user)
			continue;
		e->watchers[i].call = NULL;
		if (!e->is_notifying)
			drop_unwatched(e);
		return;
	}
}

/* ---- commit ---- */

static void dump_state(const void *subject, struct weft_buffer *b)
{
	const struct weft_engine *e = subject;
	weft_buffer_format(b, "engine: version %llu, in transaction %d, tables:\n",
		(unsigned long long)e->version, e->in_transaction);
	for (unsigned i = 0; i < e->info->table_count; i++)
		weft_buffer_format(b, "  %s: %zu rows, %zu before, %zu changes\n",
			e->tables[i]->info->name, e->tables[i]->count[WEFT_NEW],
			e->tables[i]->count[WEFT_OLD], e->tables[i]->changed_count);
}

static enum weft_status prepare(struct weft_engine *e)
{
	enum weft_status status = propagate(e);
	if (status != WEFT_OK)
		return status;
	propagate_synced(e);
	status = reserve_watchers(e);
	return status == WEFT_OK ? weft_views_prepare(e) : status;
}

enum weft_status weft_engine_commit(struct weft_engine *e)
{
	struct weft_state_dump frame = { .dump = dump_state, .subject = e };
	weft_assert(e->in_transaction);
	weft_state_dump_enter(&frame);
	enum weft_status status = prepare(e);
	if (status != WEFT_OK) {
		weft_engine_rollback(e);
		weft_state_dump_leave(&frame);
		return status;
	}
	for (unsigned i = 0; i < e->touched_count; i++)
		weft_table_commit(e->touched[i]);
	e->version++;
	weft_views_apply(e);
	tell_watchers(e);
	e->all_ran = true;
	forget(e);
	e->in_transaction = false;
	weft_state_dump_leave(&frame);
	return WEFT_OK;
}

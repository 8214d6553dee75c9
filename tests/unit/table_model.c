/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * table_model.c: random transactions against nested loops. After each commit the dump equals an
 * evaluation from scratch; after each rollback and each failed allocation, for every k, it equals
 * what it was; when everything is deleted, the interned values are those of the start.
 */
#include "table_program.h"

#include "base/alloc.h"
#include "table/engine.h"

#define NAMES 5
#define SPACES 3
#define LINES 4096

struct model_service {
	bool has, has_created;
	int64_t created, port;
};
struct model_pod {
	bool has;
	int app;
	int64_t weight;
};
struct model {
	struct model_service services[SPACES][NAMES];
	struct model_pod pods[SPACES][NAMES * 2];
};

static const char *const spaces[] = { "shop", "", "kube-system" };
static const char *const names[] = { "web", "cart", "a-rather-long-name-that-does-not-fit-anywhere",
	"db", "w" };
static const char *const pod_names[] = { "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8",
	"p9" };

/* ---- from scratch ---- */

struct lines {
	char *line[LINES];
	size_t count;
};

static void __attribute__((format(printf, 2, 3))) add_line(struct lines *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (vasprintf(&l->line[l->count++], format, args) < 0)
		abort();
	va_end(args);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join_lines(struct lines *l)
{
	size_t size = 1;
	qsort(l->line, l->count, sizeof(char *), compare_lines);
	for (size_t i = 0; i < l->count; i++)
		size += strlen(l->line[i]) + 1;
	char *all = calloc(1, size), *to = all;
	for (size_t i = 0; i < l->count; i++) {
		if (i == 0 || strcmp(l->line[i], l->line[i - 1]) != 0)
			to += sprintf(to, "%s\n", l->line[i]);
	}
	for (size_t i = 0; i < l->count; i++)
		free(l->line[i]);
	return all;
}

static void eval_inputs(const struct model *m, struct lines *l)
{
	int64_t total = 0;
	for (int n = 0; n < SPACES; n++) {
		int64_t count = 0, sum = 0, min = 0, max = 0;
		for (int i = 0; i < NAMES; i++) {
			const struct model_service *s = &m->services[n][i];
			char created[32] = "null";
			if (s->has_created)
				snprintf(created, sizeof(created), "%lld", (long long)s->created);
			if (s->has)
				add_line(l,
					"{\"table\":\"services\",\"row\":{\"ns\":\"%s\",\"name\":"
					"\"%s\",\"created\":%s,\"port\":%lld}}",
					spaces[n], names[i], created, (long long)s->port);
		}
		for (int i = 0; i < NAMES * 2; i++) {
			const struct model_pod *p = &m->pods[n][i];
			if (!p->has)
				continue;
			add_line(l,
				"{\"table\":\"pods\",\"row\":{\"ns\":\"%s\",\"name\":\"%s\","
				"\"app\":\"%s\",\"weight\":%lld}}",
				spaces[n], pod_names[i], names[p->app], (long long)p->weight);
			min = count == 0 || p->weight < min ? p->weight : min;
			max = count == 0 || p->weight > max ? p->weight : max;
			count++;
			sum += p->weight;
			if (!m->services[n][p->app].has)
				continue;
			total++;
			add_line(l,
				"{\"table\":\"pairs\",\"row\":{\"ns\":\"%s\",\"service\":\"%s\","
				"\"pod\":\"%s\",\"weight\":%lld}}",
				spaces[n], names[p->app], pod_names[i], (long long)p->weight);
		}
		if (count == 0)
			continue;
		add_line(l,
			"{\"table\":\"totals\",\"row\":{\"ns\":\"%s\",\"count\":%lld,\"sum\":%lld}"
			"}",
			spaces[n], (long long)count, (long long)sum);
		add_line(l,
			"{\"table\":\"ranges\",\"row\":{\"ns\":\"%s\",\"min\":%lld,\"max\":%lld,"
			"\"rounds\":%lld}}",
			spaces[n], (long long)min, (long long)max, (long long)count);
	}
	add_line(l, "{\"table\":\"total\",\"row\":{\"value\":%lld}}", (long long)total);
}

/* Whether (n, i) comes before (n2, i2) by created (missing last), then namespace and name by bytes.
 */
static bool is_before(const struct model *m, int n, int i, int n2, int i2)
{
	const struct model_service *a = &m->services[n][i], *b = &m->services[n2][i2];
	if (a->has_created != b->has_created)
		return a->has_created;
	if (a->has_created && a->created != b->created)
		return a->created < b->created;
	int c = strcmp(spaces[n], spaces[n2]);
	return c ? c < 0 : strcmp(names[i], names[i2]) < 0;
}

static void eval_port(const struct model *m, struct lines *l, int n, int i)
{
	const struct model_service *s = &m->services[n][i];
	bool first = true, alone = true;
	for (int n2 = 0; n2 < SPACES; n2++) {
		for (int i2 = 0; i2 < NAMES; i2++) {
			if (!m->services[n2][i2].has || m->services[n2][i2].port != s->port)
				continue;
			first = first && !is_before(m, n2, i2, n, i);
			alone = alone && i == i2;
		}
	}
	add_line(l, "{\"table\":\"%s\",\"row\":{\"port\":%lld,\"ns\":\"%s\",\"name\":\"%s\"}}",
		first ? "ports" : "conflicts(ports)", (long long)s->port, spaces[n], names[i]);
	if (alone)
		add_line(l, "{\"table\":\"alone\",\"row\":{\"port\":%lld,\"name\":\"%s\"}}",
			(long long)s->port, names[i]);
}

static char *evaluate(const struct model *m)
{
	static const int by_bytes[NAMES] = { 2, 1, 3, 4, 0 };
	struct lines l = { .count = 0 };
	eval_inputs(m, &l);
	for (int n = 0; n < SPACES; n++) {
		char merged[256] = "";
		for (int k = 0; k < NAMES; k++) {
			if (!m->services[n][by_bytes[k]].has)
				continue;
			eval_port(m, &l, n, by_bytes[k]);
			if (*merged)
				strcat(merged, "+");
			strcat(merged, names[by_bytes[k]]);
		}
		if (*merged)
			add_line(&l,
				"{\"table\":\"merged\",\"row\":{\"ns\":\"%s\",\"names\":\"%s\"}}",
				spaces[n], merged);
	}
	return join_lines(&l);
}

/* The engine's dump, its lines sorted. */
static char *dump(struct weft_engine *e)
{
	struct weft_buffer b = { 0 };
	struct lines l = { .count = 0 };
	weft_engine_dump(e, &b);
	for (char *line = strtok(b.data, "\n"); line; line = strtok(NULL, "\n"))
		l.line[l.count++] = strdup(line);
	weft_buffer_free(&b);
	return join_lines(&l);
}

/* ---- random transactions ---- */

struct op {
	bool is_pod, deletes;
	int n, i, app;
	bool has_created;
	int64_t created, value;
};

static struct op random_op(uint64_t *seed)
{
	struct op op = { .is_pod = next_random(seed) % 2, .deletes = next_random(seed) % 3 == 0 };
	op.n = (int)(next_random(seed) % SPACES);
	op.i = (int)(next_random(seed) % (op.is_pod ? NAMES * 2 : NAMES));
	op.app = (int)(next_random(seed) % NAMES);
	op.has_created = next_random(seed) % 4 != 0;
	op.created = op.has_created ? (int64_t)(next_random(seed) % 5) : 0;
	op.value = (int64_t)(next_random(seed) % 6) - 1;
	return op;
}

static void model_apply(struct model *m, const struct op *op)
{
	if (op->is_pod)
		m->pods[op->n][op->i] = op->deletes
			? (struct model_pod){ 0 }
			: (struct model_pod){ true, op->app, op->value };
	else
		m->services[op->n][op->i] = op->deletes
			? (struct model_service){ 0 }
			: (struct model_service){ true, op->has_created, op->created, op->value };
}

static enum weft_status text(struct weft_engine *e, const char *s, weft_id *id)
{
	return weft_intern_text(e, (struct weft_text){ s, strlen(s) }, id);
}

static enum weft_status engine_apply(struct weft_engine *e, const struct op *op)
{
	struct service s = { .created = { op->has_created, op->created }, .port = op->value };
	struct pod p = { .weight = op->value };
	enum weft_status status = text(e, spaces[op->n], op->is_pod ? &p.ns : &s.ns);
	if (status == WEFT_OK)
		status = text(e, op->is_pod ? pod_names[op->i] : names[op->i],
			op->is_pod ? &p.name : &s.name);
	if (status == WEFT_OK && op->is_pod)
		status = text(e, names[op->app], &p.app);
	if (status != WEFT_OK)
		return status;
	const void *row = op->is_pod ? (const void *)&p : &s;
	unsigned table = op->is_pod ? PODS : SERVICES;
	status = op->deletes ? weft_engine_delete(e, table, row) : weft_engine_put(e, table, row);
	return status == WEFT_NOT_FOUND ? WEFT_OK : status;
}

static enum weft_status transaction(
	struct weft_engine *e, const struct op *ops, size_t count, bool commit)
{
	enum weft_status status = weft_engine_begin(e);
	for (size_t i = 0; i < count && status == WEFT_OK; i++)
		status = engine_apply(e, &ops[i]);
	if (status != WEFT_OK || !commit) {
		weft_engine_rollback(e);
		return status;
	}
	return weft_engine_commit(e);
}

static bool same(struct weft_engine *e, const char *want, const char *when, unsigned step)
{
	char *is = dump(e);
	bool equal = strcmp(is, want) == 0;
	if (!equal)
		case_fail(__FILE__, __LINE__, "%s step %u:\n%s    should be:\n%s", when, step, is,
			want);
	free(is);
	return equal;
}

/* Both sides of the views show the present state, and nothing is held for the older one. */
static void quiet(struct weft_engine *e)
{
	weft_engine_publish(e);
	transaction(e, NULL, 0, false);
}

/* Every allocation of the transaction fails once. */
static bool fail_each(struct weft_engine *e, const struct op *ops, size_t count, const char *before,
	unsigned step)
{
	quiet(e);
	for (uint64_t k = 1;; k++) {
		size_t values = weft_intern_count(e->intern), bytes = weft_intern_bytes(e->intern);
		uint64_t version = weft_engine_version(e);
		weft_alloc_fail_at(k, k % 2);
		enum weft_status status = transaction(e, ops, count, true);
		bool failed = weft_alloc_failed();
		weft_alloc_fail_at(0, 0);
		if (status == WEFT_OK)
			return true;
		if (!failed || status != WEFT_NO_MEMORY) {
			case_fail(__FILE__, __LINE__, "step %u k %llu: status %d", step,
				(unsigned long long)k, status);
			return false;
		}
		if (!same(e, before, "after a failed allocation", step))
			return false;
		if (values != weft_intern_count(e->intern) ||
			bytes != weft_intern_bytes(e->intern) ||
			version != weft_engine_version(e)) {
			case_fail(__FILE__, __LINE__, "step %u: interned values stay behind", step);
			return false;
		}
	}
}

/* What a worker sees of the pods, sorted; every row is also found under its key and indexes. */
static char *seen(struct weft_reader *r)
{
	struct lines l = { .count = 0 };
	struct weft_view_cursor c, probe;
	const struct weft_intern *values = weft_reader_intern(r);
	for (const struct pod *p = weft_view_each(&c, r, PODS); p; p = weft_view_next(&c)) {
		struct weft_buffer b = { 0 };
		weft_json_value(&b, values, &pod_type, p);
		add_line(&l, "{\"table\":\"pods\",\"row\":%s}", b.data);
		weft_buffer_free(&b);
		uint64_t ns = weft_id_hash(values, p->ns), app = weft_id_hash(values, p->app);
		uint64_t hashes[] = { weft_hash_u64(
					      weft_hash_u64(0, ns), weft_id_hash(values, p->name)),
			weft_hash_u64(weft_hash_u64(0, ns), app), app, ns };
		for (unsigned i = 0; i < 4; i++) {
			const void *row = weft_view_first(
				&probe, r, PODS, i == 0 ? WEFT_PRIMARY : i > 1, hashes[i]);
			while (row && row != p)
				row = weft_view_next(&probe);
			if (!row)
				case_fail(
					__FILE__, __LINE__, "a pod is missing in view index %u", i);
		}
	}
	if (l.count != weft_view_count(r, PODS))
		case_fail(__FILE__, __LINE__, "count");
	return join_lines(&l);
}

static char *pods_of(const char *lines)
{
	char *all = calloc(1, strlen(lines) + 1), *to = all;
	for (const char *line = lines; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, "{\"table\":\"pods\"", 15) == 0)
			to = mempcpy(to, line, (size_t)(strchr(line, '\n') + 1 - line));
	return all;
}

/* A worker pins now and then, for one step or for many; while it does, it sees what it saw. */
struct watcher {
	struct weft_reader *reader;
	char *saw;
};

static bool watch(struct weft_engine *e, struct watcher *w, const char *now, uint64_t *seed)
{
	char *sees = w->saw ? seen(w->reader) : NULL, *want = w->saw;
	if (!w->saw && next_random(seed) % 3 == 0) {
		if (next_random(seed) % 2) {
			weft_alloc_fail_at(next_random(seed) % 3,
				0); /* without memory the news waits; nothing else happens */
			weft_engine_publish(e);
			weft_alloc_fail_at(0, 0);
		}
		weft_reader_pin(w->reader);
		sees = seen(w->reader);
		want = w->saw = weft_reader_version(w->reader) == weft_engine_version(e)
			? pods_of(now)
			: strdup(sees);
	}
	bool equal = !sees || strcmp(sees, want) == 0;
	if (!equal)
		case_fail(__FILE__, __LINE__, "the worker sees\n%s    should:\n%s", sees, want);
	free(sees);
	if (w->saw && next_random(seed) % 4 == 0) {
		weft_reader_unpin(w->reader);
		free(w->saw);
		w->saw = NULL;
	}
	return equal;
}

static void random_history(uint64_t seed, unsigned steps)
{
	struct model m = { 0 };
	struct weft_engine *e;
	struct watcher watchers[2] = { 0 };
	CHECK(weft_engine_create(&program_info, NULL, &e) == WEFT_OK);
	for (int i = 0; i < 2; i++)
		CHECK(weft_reader_create(e, NULL, NULL, &watchers[i].reader) == WEFT_OK);
	CHECK(transaction(e, NULL, 0, true) == WEFT_OK);
	size_t values = weft_intern_count(e->intern), bytes = weft_intern_bytes(e->intern);
	char *now = evaluate(&m);
	for (unsigned step = 0; step < steps; step++) {
		struct op ops[12];
		size_t count = 1 + next_random(&seed) % (step % 7 == 0 ? 12 : 4);
		for (size_t i = 0; i < count; i++)
			ops[i] = random_op(&seed);
		for (int i = 0; i < 2; i++)
			if (!watch(e, &watchers[i], now, &seed))
				return;
		if (next_random(&seed) % 6 == 0) {
			CHECK(transaction(e, ops, count, false) == WEFT_OK);
			if (!same(e, now, "after rollback", step))
				return;
			continue;
		}
		if (next_random(&seed) % 5 == 0) {
			if (!fail_each(e, ops, count, now, step))
				return;
		} else {
			CHECK(transaction(e, ops, count, true) == WEFT_OK);
		}
		for (size_t i = 0; i < count; i++)
			model_apply(&m, &ops[i]);
		free(now);
		now = evaluate(&m);
		if (!same(e, now, "after commit", step))
			return;
	}
	free(now);
	for (int i = 0; i < 2; i++) {
		if (watchers[i].saw)
			weft_reader_unpin(watchers[i].reader);
		free(watchers[i].saw);
	}
	struct op all[SPACES * NAMES * 3];
	size_t count = 0;
	for (int n = 0; n < SPACES; n++)
		for (int i = 0; i < NAMES * 3; i++)
			all[count++] = (struct op){ .is_pod = i >= NAMES,
				.deletes = true,
				.n = n,
				.i = i >= NAMES ? i - NAMES : i };
	CHECK(transaction(e, all, count, true) == WEFT_OK);
	CHECK(transaction(e, NULL, 0, true) == WEFT_OK);
	quiet(e);
	CHECK(weft_intern_count(e->intern) == values);
	CHECK(weft_intern_bytes(e->intern) == bytes);
	for (int i = 0; i < 2; i++)
		weft_reader_destroy(watchers[i].reader);
	weft_engine_destroy(e);
}

static void short_histories(void)
{
	for (uint64_t seed = 1; seed <= 60 && !case_bad; seed++)
		random_history(seed, 60);
}

static void long_history(void)
{
	random_history(4711, 1500);
}

static void creation_fails(void)
{
	for (uint64_t k = 1;; k++) {
		struct weft_engine *e;
		size_t live = weft_alloc_live_bytes();
		weft_alloc_fail_at(k, 0);
		enum weft_status status = weft_engine_create(&program_info, NULL, &e);
		weft_alloc_fail_at(0, 0);
		if (status == WEFT_OK) {
			weft_engine_destroy(e);
			return;
		}
		CHECK(status == WEFT_NO_MEMORY);
		CHECK(e == NULL);
		CHECK(weft_alloc_live_bytes() == live);
	}
}

int main(void)
{
	CASE(creation_fails);
	CASE(short_histories);
	CASE(long_history);
	return cases_end();
}

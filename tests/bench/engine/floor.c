/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * floor.c: the same workloads by hand: texts interned to numbers, open addressing, arrays, and only
 * what this one question needs. No transactions, no rollback, no subscribers: what the machine
 * could do at best.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

/* ---- a map from three numbers to one, and texts to numbers ---- */

struct entry {
	uint32_t a, b, c, value; /* value 0: empty */
};
struct map {
	struct entry *entries;
	size_t mask, count;
};

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (!memory)
		fatal("no memory");
	return memory;
}

static uint32_t *map_at(struct map *m, uint32_t a, uint32_t b, uint32_t c)
{
	if (m->count * 2 >= m->mask) {
		struct map bigger = { room(m->mask ? 2 * m->mask + 2 : 64, sizeof(struct entry)),
			m->mask ? 2 * m->mask + 1 : 63, 0 };
		for (size_t i = 0; m->entries && i <= m->mask; i++)
			if (m->entries[i].value)
				*map_at(&bigger, m->entries[i].a, m->entries[i].b,
					m->entries[i].c) = m->entries[i].value;
		free(m->entries);
		*m = bigger;
	}
	size_t i = mix(((uint64_t)a << 32 | b) ^ mix(c + 1u)) & m->mask;
	while (m->entries[i].value &&
		(m->entries[i].a != a || m->entries[i].b != b || m->entries[i].c != c))
		i = (i + 1) & m->mask;
	struct entry *e = &m->entries[i];
	if (!e->value)
		*e = (struct entry){ a, b, c, 0 }, m->count++;
	return &e->value;
}

struct texts {
	uint32_t *slots;
	char (*names)[NAME_ROOM];
	size_t mask, count, room;
};

static uint64_t text_hash(const char *s, size_t size)
{
	uint64_t h = size, word = 0;
	for (; size >= 8; s += 8, size -= 8) {
		memcpy(&word, s, 8);
		h = mix(h ^ word);
	}
	word = 0;
	memcpy(&word, s, size);
	return mix(h ^ word);
}

static uint32_t intern(struct texts *t, const char *s)
{
	size_t size = strlen(s);
	if (t->count * 2 >= t->mask) {
		free(t->slots);
		t->mask = t->mask ? 2 * t->mask + 1 : 63;
		t->slots = room(t->mask + 1, sizeof(*t->slots));
		for (size_t n = 0; n < t->count; n++) {
			size_t i = text_hash(t->names[n], strlen(t->names[n])) & t->mask;
			while (t->slots[i])
				i = (i + 1) & t->mask;
			t->slots[i] = (uint32_t)n + 1;
		}
	}
	size_t i = text_hash(s, size) & t->mask;
	for (; t->slots[i]; i = (i + 1) & t->mask)
		if (!memcmp(t->names[t->slots[i] - 1], s, size + 1))
			return t->slots[i];
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		if (!(t->names = realloc(t->names, t->room * NAME_ROOM)))
			fatal("no memory");
	}
	memcpy(t->names[t->count], s, size + 1);
	return t->slots[i] = (uint32_t)++t->count;
}

/* ---- pods, services by (namespace, app), zones by node, the answer by (namespace, pod, service)
 * ---- */

struct floor_pod {
	int64_t ip;
	uint32_t node, app;
};
struct floor_service {
	int64_t port;
	uint32_t name, next; /* with the same app */
};
struct answer {
	int64_t ip, port;
	uint32_t namespace, pod, service, zone;
};

struct floor {
	struct texts texts;
	struct map pod_of, services_of, zone_of, answer_of;
	struct floor_pod *pods;
	struct floor_service *services;
	struct answer *answers;
	uint32_t pod_count, service_count, answer_count, answer_room;
	bool three_way;
};

static void answer(struct floor *f, const struct answer *row)
{
	uint32_t *at = map_at(&f->answer_of, row->namespace, row->pod, row->service);
	if (!*at) {
		if (f->answer_count == f->answer_room) {
			f->answer_room = f->answer_room ? 2 * f->answer_room : 64;
			if (!(f->answers = realloc(
				      f->answers, f->answer_room * sizeof(*f->answers))))
				fatal("no memory");
		}
		*at = ++f->answer_count;
	}
	f->answers[*at - 1] = *row;
}

static void change(void *state, const struct pod *p)
{
	struct floor *f = state;
	uint32_t namespace = intern(&f->texts, p->namespace), name = intern(&f->texts, p->name);
	struct floor_pod new = { p->ip, intern(&f->texts, p->node), intern(&f->texts, p->app) };
	uint32_t *at = map_at(&f->pod_of, namespace, name, 0);
	if (!*at)
		*at = ++f->pod_count;
	struct floor_pod *old = &f->pods[*at - 1];
	if (!memcmp(old, &new, sizeof(new)))
		return;
	*old = new;
	uint32_t zone = f->three_way ? *map_at(&f->zone_of, new.node, 0, 0) : 0;
	for (uint32_t s = *map_at(&f->services_of, namespace, new.app, 0); s;
		s = f->services[s - 1].next)
		answer(f,
			&(struct answer){ p->ip, f->services[s - 1].port, namespace, name,
				f->services[s - 1].name, zone });
}

static uint64_t digest(void *state)
{
	struct floor *f = state;
	uint64_t sum = f->answer_count;
	for (size_t i = 0; i < f->answer_count; i++)
		sum += digest_row(f->answers[i].ip, f->answers[i].port);
	return sum;
}

struct system floor_system(const struct shape *s)
{
	size_t before = heap_bytes();
	struct floor *f = room(1, sizeof(*f));
	char node[NAME_ROOM], zone[NAME_ROOM];
	struct pod p;

	f->three_way = s->three_way;
	f->pods = room(s->pods, sizeof(*f->pods));
	f->services = room(service_count(s), sizeof(*f->services));
	for (size_t k = 0; k < s->nodes; k++) {
		node_make(k, node, zone);
		*map_at(&f->zone_of, intern(&f->texts, node), 0, 0) = intern(&f->texts, zone);
	}
	for (size_t k = 0; k < service_count(s); k++) {
		struct service v;
		service_make(s, k, &v);
		uint32_t *first = map_at(&f->services_of, intern(&f->texts, v.namespace),
			intern(&f->texts, v.app), 0);
		f->services[f->service_count] =
			(struct floor_service){ v.port, intern(&f->texts, v.name), *first };
		*first = ++f->service_count;
	}
	for (size_t k = 0; k < s->pods; k++) {
		pod_make(s, k, (int64_t)k, &p);
		change(f, &p);
	}
	return (struct system){ "floor", f, change, heap_bytes() - before, NULL, digest };
}

void floor_load(size_t rows)
{
	const struct shape s = { "load", rows, rows, 100, 1000, 0, 1000, false, false };
	struct row {
		uint32_t namespace, name, node, app;
		int64_t ip, port;
	} *table = NULL;
	struct pod *p = room(rows, sizeof(*p));
	for (size_t k = 0; k < rows; k++)
		pod_make(&s, k, (int64_t)k, &p[k]);
	size_t before = heap_bytes(), table_room = 0, count = 0;
	int64_t begin = cpu_now();
	struct texts texts = { 0 };
	struct map by_key = { 0 };
	for (size_t k = 0; k < rows; k++) {
		uint32_t namespace = intern(&texts, p[k].namespace),
			 name = intern(&texts, p[k].name);
		uint32_t *at = map_at(&by_key, namespace, name, 0);
		if (count == table_room) {
			table_room = table_room ? 2 * table_room : 64;
			if (!(table = realloc(table, table_room * sizeof(*table))))
				fatal("no memory");
		}
		if (!*at)
			*at = (uint32_t)++count;
		table[*at - 1] = (struct row){ namespace, name, intern(&texts, p[k].node),
			intern(&texts, p[k].app), p[k].ip, 80 };
	}
	int64_t whole = cpu_now() - begin;
	report("load", "floor", rows, "mean", (double)whole / (double)rows, "ns");
	report("load", "floor", rows, "total_ms", (double)whole / 1e6, "ms");
	report("load", "floor", rows, "bytes", (double)(heap_bytes() - before) / (double)rows,
		"bytes per row, interned texts too");
	line_end();
}

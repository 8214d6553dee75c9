/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * base.c: arenas, text, vectors and buffers, as base.h promises them.
 */
#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(ALIGNMENT) unsigned char data[];
};

struct arena {
	struct chunk *chunks; /* the first one has room, the others are full */
};

static void *must_have(void *memory)
{
	if (!memory) {
		fputs("weft: out of memory\n", stderr);
		abort();
	}
	return memory;
}

struct arena *arena_new(void)
{
	return must_have(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > SIZE_MAX / 2)
		must_have(NULL);
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	struct chunk *c = a->chunks;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		c = must_have(calloc(1, sizeof(*c) + room));
		c->size = room;
		/* A big block does not end the use of the chunk that still has room. */
		if (size > CHUNK_SIZE / 2 && a->chunks) {
			c->next = a->chunks->next;
			a->chunks->next = c;
		} else {
			c->next = a->chunks;
			a->chunks = c;
		}
	}
	void *memory = c->data + c->used;
	c->used += size;
	return memory;
}

struct text text_of(const char *c_string)
{
	return (struct text){ c_string, strlen(c_string) };
}

struct text text_copy(struct arena *a, struct text t)
{
	char *copy = arena_alloc(a, t.size + 1);
	if (t.size)
		memcpy(copy, t.data, t.size);
	return (struct text){ copy, t.size };
}

static struct text text_formatv(struct arena *a, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int size = vsnprintf(NULL, 0, format, args);
	if (size < 0)
		must_have(NULL);
	char *data = arena_alloc(a, (size_t)size + 1);
	vsnprintf(data, (size_t)size + 1, format, again);
	va_end(again);
	return (struct text){ data, (size_t)size };
}

struct text text_format(struct arena *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct text t = text_formatv(a, format, args);
	va_end(args);
	return t;
}

int text_compare(struct text a, struct text b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared ? memcmp(a.data, b.data, shared) : 0;
	if (order)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Three rows of the usual table are enough; names longer than a row are as far as they are long. */
size_t text_distance(struct text a, struct text b)
{
	enum { LONGEST = 64 };
	size_t rows[3][LONGEST + 1];
	if (a.size > LONGEST || b.size > LONGEST)
		return text_equal(a, b) ? 0 : a.size + b.size;
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b.size; j++)
		before[j] = last[j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t change = a.data[i - 1] == b.data[j - 1] ? 0 : 1;
			row[j] = least(least(last[j] + 1, row[j - 1] + 1), last[j - 1] + change);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
				a.data[i - 2] == b.data[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		size_t *free_row = before;
		before = last;
		last = row;
		row = free_row;
	}
	return last[b.size];
}

void vec_push(struct arena *a, struct vec *v, void *item)
{
	if (v->count == v->room) {
		size_t room = v->room ? v->room * 2 : 8;
		void **items = ARENA_ARRAY(a, void *, room);
		if (v->count)
			memcpy(items, v->items, v->count * sizeof(*items));
		v->items = items;
		v->room = room;
	}
	v->items[v->count++] = item;
}

void buffer_add(struct buffer *b, struct text t)
{
	if (b->size + t.size + 1 > b->room) {
		size_t room = b->room ? b->room * 2 : 256;
		while (room < b->size + t.size + 1)
			room *= 2;
		char *data = arena_alloc(b->arena, room);
		if (b->size)
			memcpy(data, b->data, b->size);
		b->data = data;
		b->room = room;
	}
	if (t.size)
		memcpy(b->data + b->size, t.data, t.size);
	b->size += t.size;
	b->data[b->size] = '\0';
}

void buffer_format(struct buffer *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	buffer_add(b, text_formatv(b->arena, format, args));
	va_end(args);
}

struct text buffer_text(const struct buffer *b)
{
	return b->data ? (struct text){ b->data, b->size } : TEXT("");
}

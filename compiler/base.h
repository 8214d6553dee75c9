/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * base.h: what every pass stands on: arenas (the only allocator of the compiler; nothing is
 * freed before the arena is), text slices, growable vectors in an arena.
 *
 * Out of memory in the compiler ends the process with a clear message: there is nothing to save.
 */
#ifndef WEFT_COMPILER_BASE_H
#define WEFT_COMPILER_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena; /* grows by chunks; see base.c */

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *a, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc((a), sizeof(type) * (size_t)(count)))

/* A slice of bytes; not necessarily ended by NUL, unless made by text_copy or text_format. */
struct text {
	const char *data;
	size_t size;
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })
#define TEXT_ARG(t) (int)(t).size, (t).data /* for "%.*s" */

static inline bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
static inline bool text_is(struct text a, const char *b)
{
	return a.size == strlen(b) && memcmp(a.data, b, a.size) == 0;
}
struct text text_of(const char *c_string);
struct text text_copy(struct arena *a, struct text t);            /* NUL behind it */
struct text text_format(struct arena *a, const char *format, ...) /* NUL behind it */
	__attribute__((format(printf, 2, 3)));
int text_compare(struct text a, struct text b);     /* by bytes */
size_t text_distance(struct text a, struct text b); /* Damerau-Levenshtein */

/* A growable array of pointers in an arena: { NULL, 0, 0 } is empty. */
struct vec {
	void **items;
	size_t count, room;
};
void vec_push(struct arena *a, struct vec *v, void *item);

/* A growable byte buffer in an arena, always ended by a NUL that does not count. */
struct buffer {
	struct arena *arena;
	char *data;
	size_t size, room;
};
void buffer_add(struct buffer *b, struct text t);
void buffer_format(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text buffer_text(const struct buffer *b);

#endif

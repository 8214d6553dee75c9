/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * intern.c: blobs come from chunks by size class (steps of 16 bytes up to 256, then four per
 * doubling up to 64 KiB), so that a value that comes and goes costs no malloc; larger ones are
 * allocated one by one.
 */
#include "intern.h"

#include "base/alloc.h"
#include "base/assert.h"

#define CHUNK_SIZE 65536
#define SMALL 256
#define LARGE 65536
#define NO_CLASS UINT32_MAX
#define LAST_PENDING UINT32_MAX

struct weft_chunk {
	struct weft_chunk *next;
	char bytes[];
};

/* The class of a size, and the size rounded up to its class. */
static uint32_t size_class(size_t *size)
{
	if (*size <= SMALL) {
		*size = (*size + 15) & ~(size_t)15;
		return (uint32_t)(*size / 16 - 1);
	}
	if (*size > LARGE)
		return NO_CLASS;
	unsigned log = 63 - (unsigned)__builtin_clzll(*size - 1); /* 2^log < size <= 2^(log + 1) */
	size_t step = (size_t)1 << (log - 2);
	size_t steps = (*size - ((size_t)1 << log) + step - 1) / step; /* 1..4 */
	*size = ((size_t)1 << log) + steps * step;
	return (uint32_t)(16 + (log - 8) * 4 + steps - 1);
}

static struct weft_blob *blob_take(struct weft_intern *in, size_t size)
{
	uint32_t class = size_class(&size);
	if (class == NO_CLASS)
		return weft_alloc(size);
	struct weft_blob *blob = in->free[class];
	if (blob) {
		memcpy(&in->free[class], blob, sizeof(blob));
		return blob;
	}
	if ((size_t)(in->bump_end - in->bump) < size) {
		/* What is left of the old chunk is lost: at most one blob's size in 64 KiB. Small
		 * tables begin small. */
		size_t chunk_size = in->chunks ? CHUNK_SIZE : 4096;
		if (chunk_size < size)
			chunk_size = size;
		struct weft_chunk *chunk = weft_alloc(sizeof(*chunk) + 8 + chunk_size);
		if (!chunk)
			return NULL;
		chunk->next = in->chunks;
		in->chunks = chunk;
		in->bump = chunk->bytes + 8; /* 16-byte alignment behind the link */
		in->bump_end = in->bump + chunk_size;
	}
	blob = (struct weft_blob *)(void *)in->bump;
	in->bump += size;
	return blob;
}

static void blob_give(struct weft_intern *in, struct weft_blob *blob, size_t size)
{
	uint32_t class = size_class(&size);
	if (class == NO_CLASS) {
		weft_free(blob);
		return;
	}
	memcpy(blob, &in->free[class], sizeof(blob));
	in->free[class] = blob;
}

static size_t blob_size(size_t bytes)
{
	return sizeof(struct weft_blob) + bytes;
}

static size_t counted_size(size_t bytes)
{
	size_t size = blob_size(bytes);
	size_class(&size);
	return size;
}

enum weft_status weft_intern_create(struct weft_intern **intern)
{
	*intern = weft_alloc(sizeof(**intern));
	if (!*intern)
		return WEFT_NO_MEMORY;
	(*intern)->blobs.stride = sizeof(struct weft_blob *);
	(*intern)->pending = LAST_PENDING;
	return WEFT_OK;
}

void weft_intern_destroy(struct weft_intern *in)
{
	if (!in)
		return;
	uint32_t state = 0;
	for (weft_id id; (id = weft_slots_each(&in->slots, &state)) != 0;) {
		struct weft_blob *blob = *(struct weft_blob **)weft_slab_at(&in->blobs, id);
		if (blob_size(blob->size) > LARGE)
			weft_free(blob);
	}
	while (in->chunks) {
		struct weft_chunk *chunk = in->chunks;
		in->chunks = chunk->next;
		weft_free(chunk);
	}
	weft_slots_free(&in->slots);
	weft_slab_free(&in->blobs);
	weft_free(in);
}

/* Whether two descriptors mean the same bytes and the same ids in them. A program has one
 * descriptor per type, so this looks behind the pointers only where two programs' worth of C was
 * linked to one engine. */
static bool same_item(const struct weft_type *a, const struct weft_type *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->size != b->size || a->has_ids != b->has_ids)
		return false;
	if (!a->has_ids)
		return true;
	if (a->kind != b->kind || a->offset != b->offset || a->field_count != b->field_count ||
		a->variant_count != b->variant_count)
		return false;
	if (a->kind == WEFT_KIND_OPTION &&
		!same_item(a->item, b->item)) /* a list's items are asked when it is interned */
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (a->fields[i].offset != b->fields[i].offset ||
			!same_item(a->fields[i].type, b->fields[i].type))
			return false;
	for (size_t i = 0; i < a->variant_count; i++)
		if (!same_item(a->variants[i].payload, b->variants[i].payload))
			return false;
	return true;
}

static weft_id find(const struct weft_intern *in, const struct weft_type *item, const void *bytes,
	size_t size, uint64_t hash)
{
	uint32_t state = 0;
	for (weft_id id; (id = weft_slots_find(&in->slots, weft_slot_tag(hash), &state)) != 0;) {
		const struct weft_blob *blob = weft_blob_of(in, id);
		if (blob->hash == hash && blob->size == size &&
			memcmp(blob->bytes, bytes, size) == 0 && same_item(blob->item, item))
			return id;
	}
	return 0;
}

static void add_pending(struct weft_intern *in, struct weft_blob *blob)
{
	if (blob->pending)
		return;
	blob->pending = in->pending;
	in->pending = blob->id;
}

static enum weft_status make(struct weft_intern *in, const struct weft_type *item,
	const void *bytes, size_t size, uint64_t hash, weft_id *made)
{
	if (size > UINT32_MAX - 64)
		return WEFT_INVALID;
	if (!weft_slots_reserve(&in->slots, 1) || !weft_slab_reserve(&in->blobs, 1))
		return WEFT_NO_MEMORY;
	struct weft_blob *blob = blob_take(in, blob_size(size));
	if (!blob)
		return WEFT_NO_MEMORY;
	*blob = (struct weft_blob){
		.hash = hash, .item = item, .size = (uint32_t)size, .id = weft_slab_take(&in->blobs)
	};
	memcpy(blob->bytes, bytes, size);
	*(struct weft_blob **)weft_slab_at(&in->blobs, blob->id) = blob;
	weft_slots_insert(&in->slots, weft_slot_tag(hash), blob->id);
	in->bytes += counted_size(size);
	add_pending(in, blob);
	*made = blob->id;
	return WEFT_OK;
}

enum weft_status weft_intern_put_text(struct weft_intern *in, struct weft_text text, weft_id *id)
{
	*id = 0;
	if (text.size == 0)
		return WEFT_OK;
	uint64_t hash = weft_hash_text(text);
	*id = find(in, NULL, text.data, text.size, hash);
	return *id ? WEFT_OK : make(in, NULL, text.data, text.size, hash, id);
}

bool weft_intern_find(const struct weft_intern *in, struct weft_text text, weft_id *id)
{
	*id = text.size ? find(in, NULL, text.data, text.size, weft_hash_text(text)) : 0;
	return *id || text.size == 0;
}

enum weft_status weft_intern_put_list(struct weft_intern *in, const struct weft_type *item,
	const void *items, size_t count, weft_id *id)
{
	*id = 0;
	if (count == 0)
		return WEFT_OK;
	if (item->size && count > UINT32_MAX / item->size)
		return WEFT_INVALID;
	uint64_t hash = weft_hash_u64(0, count);
	for (size_t i = 0; i < count; i++)
		hash = weft_hash_u64(
			hash, weft_value_hash(in, item, (const char *)items + i * item->size));
	*id = find(in, item, items, count * item->size, hash);
	if (*id)
		return WEFT_OK;
	enum weft_status status = make(in, item, items, count * item->size, hash, id);
	if (status == WEFT_OK && item->has_ids)
		for (size_t i = 0; i < count; i++)
			weft_value_retain(in, item, (const char *)items + i * item->size);
	return status;
}

void weft_intern_retain(struct weft_intern *in, weft_id id)
{
	if (id)
		(*(struct weft_blob **)weft_slab_at(&in->blobs, id))->refs++;
}

void weft_intern_release(struct weft_intern *in, weft_id id)
{
	if (!id)
		return;
	struct weft_blob *blob = *(struct weft_blob **)weft_slab_at(&in->blobs, id);
	weft_assert(blob->refs > 0);
	if (--blob->refs == 0)
		add_pending(in, blob);
}

void weft_intern_sweep(struct weft_intern *in)
{
	while (in->pending != LAST_PENDING) {
		struct weft_blob *blob =
			*(struct weft_blob **)weft_slab_at(&in->blobs, in->pending);
		in->pending = blob->pending;
		blob->pending = 0;
		if (blob->refs > 0)
			continue;
		if (blob->item && blob->item->has_ids)
			for (size_t at = 0; at < blob->size; at += blob->item->size)
				weft_value_release(in, blob->item, blob->bytes + at);
		weft_slots_remove(&in->slots, weft_slot_tag(blob->hash), blob->id);
		weft_slab_give(&in->blobs, blob->id);
		in->bytes -= counted_size(blob->size);
		blob_give(in, blob, blob_size(blob->size));
	}
	weft_slots_trim(&in->slots);
}

size_t weft_intern_count(const struct weft_intern *in)
{
	return in->slots.count;
}

size_t weft_intern_bytes(const struct weft_intern *in)
{
	return in->bytes;
}

struct weft_text weft_text_of(const struct weft_intern *in, weft_id id)
{
	if (id == 0)
		return (struct weft_text){ "", 0 };
	const struct weft_blob *blob = weft_blob_of(in, id);
	return (struct weft_text){ blob->bytes, blob->size };
}

struct weft_list weft_list_of(const struct weft_intern *in, weft_id id)
{
	if (id == 0)
		return (struct weft_list){ NULL, 0 };
	const struct weft_blob *blob = weft_blob_of(in, id);
	return (struct weft_list){ blob->bytes, blob->size / (blob->item ? blob->item->size : 1) };
}

uint64_t weft_id_hash(const struct weft_intern *in, weft_id id)
{
	return id ? weft_blob_of(in, id)->hash : weft_hash_bytes("", 0);
}

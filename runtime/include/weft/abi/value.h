/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * value.h: how values lie in memory, in stored rows and in expressions.
 *
 * A stored row is canonical: padding is zero, so equal rows are equal bytes. Text, lists, maps and
 * labels stand in it as a 4-byte id of the intern table; equal values have equal ids. Reading a
 * value by its id is safe from every thread that holds a reference to it (the engine in a
 * transaction; a worker through a pinned view). In expressions text is a struct weft_text and a
 * list a struct weft_list: views of what the ids name.
 */
#ifndef WEFT_ABI_VALUE_H
#define WEFT_ABI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* > 0: not finished; 0: done; < 0: error. weft_status_name() and _text() say them. */
enum weft_status {
	WEFT_MORE = 1,
	WEFT_FULL = 2,
	WEFT_END = 3,
	WEFT_OK = 0,
	WEFT_NO_MEMORY = -1,
	WEFT_INVALID = -2,
	WEFT_NOT_FOUND = -3,
	WEFT_IN_USE = -4,
	WEFT_NO_PERMISSION = -5,
	WEFT_TOO_MANY_FILES = -6,
	WEFT_REFUSED = -7,
	WEFT_RESET = -8,
	WEFT_UNREACHABLE = -9,
	WEFT_TIMED_OUT = -10,
	WEFT_CANCELLED = -11,
	WEFT_SELF = -12, /* a dial to a listener of this program */
	WEFT_IO = -13,
	WEFT_UNSUPPORTED = -14,
	WEFT_WRONG_THREAD = -15,
	WEFT_ADDRESS_UNAVAILABLE = -16,
};

typedef uint32_t weft_id; /* 0: the empty text or list */

struct weft_text {
	const char *data;
	size_t size;
};
#ifdef __cplusplus
#define WEFT_TEXT(literal) (weft_text{ (literal), sizeof(literal) - 1 })
#else
#define WEFT_TEXT(literal) ((struct weft_text){ (literal), sizeof(literal) - 1 })
#endif

/* `count` items as they lie in stored rows, one behind the other. */
struct weft_list {
	const void *items;
	size_t count;
};

struct weft_ip {
	uint8_t byte[16]; /* v4 as ::ffff:a.b.c.d */
};
struct weft_cidr {
	struct weft_ip ip; /* host bits zero */
	uint8_t bits;      /* 0..128; v4 /n is 96 + n */
};
struct weft_addr {
	struct weft_ip ip;
	uint16_t port; /* host order */
};
struct weft_label {
	weft_id key, value;
};
/* matchLabels and matchExpressions alike: one requirement each, sorted by key, operator, values */
enum weft_selector_operator { WEFT_IN, WEFT_NOT_IN, WEFT_EXISTS, WEFT_DOES_NOT_EXIST };
struct weft_requirement {
	weft_id key;
	uint32_t op;    /* enum weft_selector_operator */
	weft_id values; /* list of weft_id, sorted by bytes, distinct */
};
enum weft_selector_kind { WEFT_SELECTOR_EVERYTHING, WEFT_SELECTOR_NOTHING, WEFT_SELECTOR_MATCH };
struct weft_selector {
	uint32_t kind;
	weft_id requirements; /* list of struct weft_requirement; only with MATCH */
};
struct weft_verdict {
	bool allowed;
	const char *clause; /* the clause that decided, or "default" */
};

/* T? of a scalar: the value is zero when `has` is false. Rows and records use a pointer, NULL for
 * none. The compiler declares others in the same shape (struct weft_opt_port is
 * WEFT_OPTION(opt_port, uint16_t)). */
#define WEFT_OPTION(name, type) \
	struct weft_##name {    \
		bool has;       \
		type value;     \
	}
WEFT_OPTION(opt_bool, bool);
WEFT_OPTION(opt_int, int64_t); /* also Duration, Size, Instant */
WEFT_OPTION(opt_float, double);
WEFT_OPTION(opt_port, uint16_t);
WEFT_OPTION(opt_id, weft_id); /* as stored */
WEFT_OPTION(opt_text, struct weft_text);
WEFT_OPTION(opt_list, struct weft_list);
WEFT_OPTION(opt_ip, struct weft_ip);
WEFT_OPTION(opt_cidr, struct weft_cidr);
WEFT_OPTION(opt_addr, struct weft_addr);
WEFT_OPTION(opt_selector, struct weft_selector);
WEFT_OPTION(opt_tag, uint32_t); /* of an enum without payload */

/* ---- type descriptors: static tables in the generated C, read by decode, print, compare, hash,
 * retain ---- */

enum weft_kind {
	WEFT_KIND_BOOL,
	WEFT_KIND_INT,
	WEFT_KIND_FLOAT,
	WEFT_KIND_STRING,
	WEFT_KIND_BYTES,
	WEFT_KIND_PORT,
	WEFT_KIND_IP,
	WEFT_KIND_CIDR,
	WEFT_KIND_ADDR,
	WEFT_KIND_DURATION,
	WEFT_KIND_SIZE,
	WEFT_KIND_INSTANT,
	WEFT_KIND_IDENTITY,
	WEFT_KIND_LABELS,
	WEFT_KIND_SELECTOR,
	WEFT_KIND_OPTION, /* item; in memory `bool has` at 0, the value at `offset` */
	WEFT_KIND_LIST,   /* item; in memory a weft_id */
	WEFT_KIND_MAP, /* item: a record { key, value }; in memory a weft_id of the list sorted by
			  key */
	WEFT_KIND_RECORD, /* fields */
	WEFT_KIND_ENUM, /* variants; in memory `uint32_t` tag at 0, the payload union at `offset` */
	WEFT_KIND_REF,  /* fields: the key columns; in memory like a record */
};

struct weft_intern;
struct weft_type;

/* Makes the value of an absent (or empty) field from the row decoded so far; `value` is zeroed. */
typedef enum weft_status weft_default_fn(
	const void *program, struct weft_intern *, const void *row, void *value);

struct weft_field {
	const char *name;
	uint32_t offset;
	const struct weft_type *type;
	const char *path;        /* in a document: "metadata.name"; NULL: the name itself */
	weft_default_fn *absent; /* NULL: absent is an error, or none for an option, empty for a
				    list or labels */
	weft_default_fn *empty;  /* NULL: empty is what it is */
};

struct weft_variant {
	const char *name;
	const char *code;                /* its text in a document; NULL: the name */
	const struct weft_type *payload; /* a record of the payload's values, or NULL */
};

struct weft_type {
	const char *name;
	uint8_t kind; /* enum weft_kind */
	uint8_t align;
	bool open;    /* enum: the last variant is Unknown(String) */
	bool has_ids; /* some part is an intern id: retain and release have work */
	uint32_t size;
	uint32_t offset; /* option: of the value; enum: of the payload */
	const struct weft_type *item;
	const struct weft_field *fields;
	size_t field_count;
	const char *item_key; /* list: the field that identifies an element (`key` of the record),
				 or NULL */
	const struct weft_variant *variants;
	size_t variant_count;
};

/* The scalars' descriptors. */
extern const struct weft_type weft_type_bool, weft_type_int, weft_type_float, weft_type_string,
	weft_type_bytes, weft_type_port, weft_type_ip, weft_type_cidr, weft_type_addr,
	weft_type_duration, weft_type_size, weft_type_instant, weft_type_identity, weft_type_labels,
	weft_type_selector;
/* The items of labels (struct weft_label) and of a selector's requirements (struct
 * weft_requirement): for weft_intern_put_list. */
extern const struct weft_type weft_type_label, weft_type_requirement,
	weft_type_texts; /* texts: a list of String */

/* ---- reading values by id (any thread that holds a reference) ---- */
struct weft_text weft_text_of(const struct weft_intern *, weft_id);
struct weft_list weft_list_of(const struct weft_intern *, weft_id);
uint64_t weft_id_hash(const struct weft_intern *,
	weft_id); /* of the content: equal to weft_hash_text of a text */

/* ---- content hashes, the same in engine and handlers: fold them with weft_hash_u64 ---- */
uint64_t weft_hash_text(struct weft_text);
uint64_t weft_hash_bytes(const void *bytes, size_t size);
static inline uint64_t weft_hash_u64(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9E3779B97F4A7C15);
	return h ^ (h >> 32);
}

/* What weft_value_hash gives by kind, for inline equivalents: Bool, Int, Port, Duration, Size,
 * Instant: the value as uint64_t; String, Bytes, Identity: weft_hash_text; Ip, Cidr, Addr: below;
 * option: 0 or weft_hash_u64(1, value); record and ref: the fold of the fields from 0; enum:
 * weft_hash_u64(tag, payload's hash or 0); list, labels, map: the fold of the items from the count,
 * an empty one like the empty text; Selector: weft_hash_u64(kind, hash of the requirements). */
static inline uint64_t weft_hash_ip(struct weft_ip ip)
{
	uint64_t word[2];
	memcpy(word, ip.byte, sizeof(word));
	return weft_hash_u64(weft_hash_u64(0, word[0]), word[1]);
}
static inline uint64_t weft_hash_cidr(struct weft_cidr cidr)
{
	return weft_hash_u64(weft_hash_ip(cidr.ip), cidr.bits);
}
static inline uint64_t weft_hash_addr(struct weft_addr addr)
{
	return weft_hash_u64(weft_hash_ip(addr.ip), addr.port);
}

/* ---- making values (engine thread only) ----
 * The id lives until the running transaction ends, longer if a row or weft_value_retain holds it.
 * Outside a transaction: until the next one ends. `item` is the one descriptor that the program has
 * for the type. */
enum weft_status weft_intern_put_text(struct weft_intern *, struct weft_text, weft_id *);
enum weft_status weft_intern_put_list(struct weft_intern *, const struct weft_type *item,
	const void *items, size_t count, weft_id *);
/* Labels and requirements in any order; they are sorted in place. A key that stands twice, an empty
 * IN or NOT_IN: WEFT_INVALID. */
enum weft_status weft_intern_put_labels(
	struct weft_intern *, struct weft_label *labels, size_t count, weft_id *);
/* a set: sorted, distinct */
enum weft_status weft_intern_put_texts(
	struct weft_intern *, weft_id *texts, size_t count, weft_id *);
enum weft_status weft_intern_put_selector(
	struct weft_intern *, struct weft_requirement *, size_t count, struct weft_selector *);
void weft_value_retain(struct weft_intern *, const struct weft_type *, const void *value);
void weft_value_release(struct weft_intern *, const struct weft_type *, const void *value);

/* ---- pure operations of the language ---- */
static inline bool weft_text_equal(struct weft_text a, struct weft_text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
int weft_text_compare(struct weft_text a, struct weft_text b);
bool weft_text_contains(struct weft_text whole, struct weft_text part);
bool weft_like(struct weft_text value, struct weft_text pattern); /* `*` only; crosses / and . */
bool weft_like_host(struct weft_text value, struct weft_text pattern);     /* ASCII case folded */
bool weft_like_identity(struct weft_text value, struct weft_text pattern); /* without spiffe:// */
bool weft_within(struct weft_ip ip, struct weft_cidr cidr);
/* labels: a list of struct weft_label sorted by key bytes */
bool weft_selects(const struct weft_intern *, struct weft_selector, struct weft_list labels);
struct weft_opt_text weft_labels_get(
	const struct weft_intern *, struct weft_list labels, struct weft_text key);
int64_t weft_add(int64_t a, int64_t b); /* + - * saturate and are counted (weft_saturations) */
int64_t weft_subtract(int64_t a, int64_t b);
int64_t weft_multiply(int64_t a, int64_t b);
uint64_t weft_saturations(void); /* in this process */
int weft_ip_compare(struct weft_ip a, struct weft_ip b);
int weft_addr_compare(struct weft_addr a, struct weft_addr b);
/* Canonical order of two stored values of one type: by content, never by id; text by bytes, a
 * missing option last, an enum by its variants' order, a list item by item. */
int weft_value_compare(
	const struct weft_intern *, const struct weft_type *, const void *a, const void *b);
uint64_t weft_value_hash(const struct weft_intern *, const struct weft_type *, const void *value);

/* ---- text forms ---- */
struct weft_buffer { /* data ends with a NUL that does not count; weft_buffer_free */
	char *data;
	size_t size, room;
	bool failed; /* memory ran out: what is in it is cut */
};
void weft_buffer_add(struct weft_buffer *, const void *bytes, size_t size);
void weft_buffer_text(struct weft_buffer *, struct weft_text);
void weft_buffer_format(struct weft_buffer *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void weft_buffer_free(struct weft_buffer *);
/* As "{x}" in a string shows it. */
void weft_format_value(struct weft_buffer *, const struct weft_intern *, const struct weft_type *,
	const void *value);
/* As JSON: canonical (fields in declared order, maps by key, no blanks). */
void weft_json_value(struct weft_buffer *, const struct weft_intern *, const struct weft_type *,
	const void *value);
/* From text by the type (env, --set, documents). `why` (if not NULL) gets a static reason. */
enum weft_status weft_parse_value(struct weft_intern *, const struct weft_type *, struct weft_text,
	void *value, const char **why);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * document.h: what a YAML or JSON file says, as one kind of tree with line numbers.
 * Sans-IO: bytes in, trees out. Nothing in a file is an error of the reader's: a document that
 * cannot be read is in the list like the others, with the line, the reason and whatever stood
 * before that place; a flaw that leaves the rest readable (a key twice in a map) stays with the
 * smallest subtree that holds it.
 */
#ifndef WEFT_PROTO_DOCUMENT_H
#define WEFT_PROTO_DOCUMENT_H

#include <weft/abi/value.h>

enum {
	WEFT_DOCUMENT_BYTES_MAX = 64 << 20, /* of a file */
	WEFT_DOCUMENT_NODES_MAX = 2 << 20,  /* of a file */
	WEFT_DOCUMENT_ALIASES_MAX = 100000, /* nodes that the aliases of one document stand for */
	WEFT_DOCUMENT_ANCHORS_MAX = 1000,   /* of one document */
	WEFT_DOCUMENT_MERGES_MAX =
		10000000, /* comparisons of keys for the merge keys of one document */
	WEFT_DOCUMENT_DEPTH_MAX = 100,
};

enum weft_doc_kind {
	WEFT_DOC_NULL,
	WEFT_DOC_BOOL,
	WEFT_DOC_NUMBER,
	WEFT_DOC_TEXT,
	WEFT_DOC_LIST,
	WEFT_DOC_MAP
};

struct weft_flaw {
	uint32_t line; /* from 1 */
	const char *reason;
};

struct weft_doc {
	uint8_t kind;
	bool truth;           /* BOOL */
	bool has_key;         /* stands in a map */
	uint32_t line;        /* from 1 */
	uint32_t count;       /* LIST, MAP: how many children */
	struct weft_text key; /* in a map */
	struct weft_text
		text; /* scalars: what they say; numbers and booleans as written. NUL-terminated */
	struct weft_doc *first; /* LIST, MAP: the children in their order */
	struct weft_doc *next;
	const struct weft_flaw *flaw; /* the first one in this subtree, or NULL */
};

struct weft_document {
	struct weft_doc *root; /* NULL: broken from the start. Never NULL if not broken */
	/* what stops the reading, or NULL: the tree is whole. If not NULL, `root` is a guess */
	const struct weft_flaw *broken;
	struct weft_document *next;
};

struct weft_block;
struct weft_documents {
	struct weft_document *first, *last;
	size_t count;
	size_t nodes;
	struct weft_block *blocks; /* the memory of all of them */
};

enum weft_document_format { WEFT_DOCUMENT_YAML, WEFT_DOCUMENT_JSON };

/* Every document of a file, in order; documents without content are left out. WEFT_OK or
 * WEFT_NO_MEMORY. Release with weft_documents_free in both cases. The text may go before the trees.
 */
enum weft_status weft_documents_read(
	struct weft_documents *, enum weft_document_format, struct weft_text);
void weft_documents_free(struct weft_documents *);
/* One RFC 8259 text, nothing behind it. As above; one document, none for `null`. */
enum weft_status weft_documents_read_json(struct weft_documents *, struct weft_text);

/* The child under a key, NULL when there is none or the node is no map (or NULL). */
const struct weft_doc *weft_doc_get(const struct weft_doc *, struct weft_text key);
/* Along "metadata.name". */
const struct weft_doc *weft_doc_at(const struct weft_doc *, const char *path);
/* A NUMBER as an integer: decimal, 0x, 0o, 0b, or YAML 1.1's leading 0 for octal; 3.0 and 1e3 count
 * as integers too. */
enum weft_status weft_doc_int(const struct weft_doc *, int64_t *);
enum weft_status weft_doc_float(
	const struct weft_doc *, double *); /* NaN and infinities: WEFT_INVALID */
/* "a list", "the number 3", "the text "x"": for messages. */
void weft_doc_describe(const struct weft_doc *, struct weft_buffer *);

/* ---- for yaml.c and json.c: building a tree from its events ---- */
struct weft_builder {
	struct weft_documents *documents;
	struct weft_document *document;
	struct {
		struct weft_doc *node, *last;
	} open[WEFT_DOCUMENT_DEPTH_MAX];
	unsigned depth;
	struct weft_text key; /* of the next node, in a map */
	bool has_key;
	enum weft_status status; /* NO_MEMORY */
};
enum weft_status weft_builder_begin(struct weft_builder *);
/* False: the document is broken (the builder said why) or memory is out; then no more of it is to
 * be added. */
bool weft_builder_scalar(
	struct weft_builder *, enum weft_doc_kind, uint32_t line, struct weft_text);
bool weft_builder_open(struct weft_builder *, enum weft_doc_kind, uint32_t line);
bool weft_builder_key(struct weft_builder *, uint32_t line, struct weft_text);
bool weft_builder_close(struct weft_builder *);
void weft_builder_fail(struct weft_builder *, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Copies a subtree as the next node. `*budget` nodes at most. */
bool weft_builder_copy(
	struct weft_builder *, const struct weft_doc *, uint32_t line, size_t *budget);
struct weft_doc *weft_builder_top(struct weft_builder *); /* the container being filled, or NULL */
/* Ends the document: closes what a broken one left open. One without content is dropped. */
void weft_builder_end(struct weft_builder *);
void *weft_documents_alloc(
	struct weft_documents *, size_t size); /* zeroed; NULL when memory is out */
enum weft_status weft_flaw_make(struct weft_documents *, const struct weft_flaw **, uint32_t line,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds to a broken document's tree what its lines look like. */
void weft_document_salvage(
	struct weft_documents *, struct weft_document *, struct weft_text, uint32_t line);
enum weft_status weft_json_read(struct weft_documents *, struct weft_text, bool several);
enum weft_status weft_yaml_read(struct weft_documents *, struct weft_text);

#endif

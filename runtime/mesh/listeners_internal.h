/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * listeners_internal.h: the wish of one rule row, shared by listeners.c (what is wanted), claims.c
 * (who may have an address) and outcomes.c (what the engine is told). Internal to runtime/mesh.
 */
#ifndef WEFT_MESH_LISTENERS_INTERNAL_H
#define WEFT_MESH_LISTENERS_INTERNAL_H

#include "mesh/listeners.h"
#include "mesh/live.h"

enum { WEFT_CLAIM_BUCKETS = 64, WEFT_WISH_BUCKETS = 1024, WEFT_REASON_SIZE = 160 };

struct weft_outcome {
	enum weft_listener_state state;
	char reason[WEFT_REASON_SIZE];
};

/* A row of a rule's table, from the moment it is desired until its last connection is gone. */
struct weft_wish {
	struct weft_wish *next;  /* in its hash bucket */
	struct weft_node dirty;  /* in listeners->dirty */
	struct weft_node unsaid; /* in listeners->unsaid: the outcome is to be told */
	struct weft_listeners *owner;
	unsigned rule;
	void *key; /* row of the rule's table, key columns set and retained */
	uint64_t hash;
	char *label;
	bool present, waits; /* as the table says */
	struct weft_addr address;
	struct weft_node claim; /* in listeners->claims */
	bool claims;
	struct weft_addr claimed;
	const struct weft_wish *blocker; /* an earlier one has the address */
	struct weft_live *live;          /* the one that serves it */
	struct weft_live *draining;      /* earlier ones, by `next` */
	struct weft_timer retry;
	int64_t backoff;
	bool retry_set, retry_due; /* the backoff runs; is over */
	struct weft_outcome outcome, told;
	bool was_told;
};

struct weft_watched {
	struct weft_listeners *owner;
	unsigned rule;
};

struct weft_listeners {
	struct weft_listeners_host host;
	struct weft_wish *wishes[WEFT_WISH_BUCKETS];
	struct weft_node claims[WEFT_CLAIM_BUCKETS]; /* by port; in order of rule and key */
	struct weft_node lives[WEFT_CLAIM_BUCKETS];  /* by port of the address */
	struct weft_node dirty, unsaid;
	struct weft_task soon;
	struct weft_timer again;      /* what failed for want of memory is tried again */
	struct weft_watched *watched; /* one per rule */
	bool *ready;                  /* by rule: what it needs is synced */
	bool *rescan;                 /* by rule: a change could not be noted */
	bool posted, again_set, stopping, silent;
	int64_t stop_limit;
	size_t live_count;
};

/* listeners.c */
void weft_listeners_post(struct weft_listeners *);
void weft_wish_touch(struct weft_wish *); /* to be looked at in this round or the next */
int weft_wish_compare(
	const struct weft_wish *, const struct weft_wish *); /* rule order, then key */
const struct weft_rule_info *weft_wish_rule(const struct weft_wish *);
bool weft_wish_is_gone(const struct weft_wish *); /* not wanted, and nothing of it is left */
void weft_wish_say(struct weft_wish *, enum weft_listener_state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* wishes.c */
const struct weft_table_info *weft_rule_table(const struct weft_listeners *, unsigned rule);
uint64_t weft_rule_hash(
	const struct weft_listeners *, unsigned rule, const void *row); /* of its key columns */
/* The link that points to the wish, or to NULL where it would be. */
struct weft_wish **weft_wish_find(
	struct weft_listeners *, unsigned rule, const void *row, uint64_t hash);
struct weft_wish *weft_wish_add(struct weft_listeners *, unsigned rule, const void *row,
	uint64_t hash, struct weft_wish **link);
void weft_wish_free(struct weft_wish *); /* one that is gone */

/* claims.c: who may have an address: of those that overlap, the first by rule order and key. */
bool weft_addr_overlaps(const struct weft_addr *, const struct weft_addr *);
void weft_claim_set(
	struct weft_wish *, const struct weft_addr *); /* NULL: none; touches whom it concerns */
void weft_claims_touch(struct weft_listeners *, uint16_t port);

/* outcomes.c */
void weft_outcomes_tell(struct weft_listeners *);   /* one transaction for all that is unsaid */
void weft_listeners_again(struct weft_listeners *); /* in a second */

#endif

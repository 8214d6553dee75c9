/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * claims.c: several rows may want one address. Among claims that overlap the first by rule order
 * and key has it, so who does depends on what is wanted and never on who came first. A wildcard
 * overlaps every address of its port.
 */
#include "mesh/listeners_internal.h"

static bool is_v4(const struct weft_ip *ip)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

static bool is_any_v4(const struct weft_ip *ip)
{
	static const struct weft_ip any = { { [10] = 0xff, [11] = 0xff } };
	return memcmp(ip, &any, sizeof(any)) == 0;
}

static bool is_any(const struct weft_ip *ip)
{
	static const struct weft_ip any;
	return memcmp(ip, &any, sizeof(any)) == 0;
}

bool weft_addr_overlaps(const struct weft_addr *a, const struct weft_addr *b)
{
	if (a->port != b->port || a->port == 0)
		return false;
	if (memcmp(&a->ip, &b->ip, sizeof(a->ip)) == 0 || is_any(&a->ip) || is_any(&b->ip))
		return true;
	return (is_any_v4(&a->ip) && is_v4(&b->ip)) || (is_any_v4(&b->ip) && is_v4(&a->ip));
}

static struct weft_wish *wish_of(struct weft_node *node)
{
	return weft_container(node, struct weft_wish, claim);
}

/* In order, so a wish's earlier ones are decided before it. */
static void decide(struct weft_node *bucket)
{
	weft_list_each(node, after, bucket)
	{
		struct weft_wish *wish = wish_of(node);
		const struct weft_wish *blocker = NULL;
		for (struct weft_node *at = bucket->next; at != node && !blocker; at = at->next)
			if (!wish_of(at)->blocker &&
				weft_addr_overlaps(&wish_of(at)->claimed, &wish->claimed))
				blocker = wish_of(at);
		if (blocker != wish->blocker)
			weft_wish_touch(wish);
		wish->blocker = blocker;
	}
}

void weft_claim_set(struct weft_wish *wish, const struct weft_addr *address)
{
	struct weft_listeners *owner = wish->owner;
	if (wish->claims == (address != NULL) &&
		(!address || memcmp(address, &wish->claimed, sizeof(*address)) == 0))
		return;
	if (wish->claims) {
		weft_list_remove(&wish->claim);
		wish->claims = false;
		wish->blocker = NULL;
		decide(&owner->claims[wish->claimed.port % WEFT_CLAIM_BUCKETS]);
	}
	if (!address)
		return;
	struct weft_node *bucket = &owner->claims[address->port % WEFT_CLAIM_BUCKETS],
			 *at = bucket->next;
	while (at != bucket && weft_wish_compare(wish_of(at), wish) < 0)
		at = at->next;
	wish->claimed = *address;
	wish->claims = true;
	weft_list_insert_before(at, &wish->claim);
	decide(bucket);
}

void weft_claims_touch(struct weft_listeners *owner, uint16_t port)
{
	weft_list_each(node, after,
		&owner->claims[port % WEFT_CLAIM_BUCKETS]) if (wish_of(node)->claimed.port == port)
		weft_wish_touch(wish_of(node));
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * list.h: intrusive doubly linked ring. A list is a node that heads it; a node that is in no list
 * points to itself, so taking it out twice is harmless. A zeroed node must be initialized first.
 */
#ifndef WEFT_BASE_LIST_H
#define WEFT_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct weft_node {
	struct weft_node *next, *prev;
};

#define weft_container(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))
/* Safe against taking `node` out meanwhile. */
#define weft_list_each(node, after, list)                                                \
	for (struct weft_node *node = (list)->next, *after = node->next; node != (list); \
		node = after, after = node->next)

static inline void weft_list_init(struct weft_node *node)
{
	node->next = node->prev = node;
}

static inline bool weft_list_is_empty(const struct weft_node *list)
{
	return list->next == list;
}

static inline void weft_list_insert_before(struct weft_node *at, struct weft_node *node)
{
	node->next = at;
	node->prev = at->prev;
	at->prev->next = node;
	at->prev = node;
}

static inline void weft_list_append(struct weft_node *list, struct weft_node *node)
{
	weft_list_insert_before(list, node);
}

static inline void weft_list_remove(struct weft_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	weft_list_init(node);
}

static inline struct weft_node *weft_list_take_first(struct weft_node *list)
{
	struct weft_node *node = list->next;
	if (node == list)
		return NULL;
	weft_list_remove(node);
	return node;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * wishes.c: the wishes of the rules' rows, by rule and key: made, found, compared, freed.
 */
#include "mesh/listeners_internal.h"

#include "base/alloc.h"

const struct weft_rule_info *weft_wish_rule(const struct weft_wish *wish)
{
	return &wish->owner->host.info->rules[wish->rule];
}

const struct weft_table_info *weft_rule_table(const struct weft_listeners *ls, unsigned rule)
{
	return weft_table_info(
		weft_engine_table(ls->host.engine, ls->host.info->rules[rule].table));
}

bool weft_wish_is_gone(const struct weft_wish *wish)
{
	return !wish->present && !wish->live && !wish->draining;
}

int weft_wish_compare(const struct weft_wish *a, const struct weft_wish *b)
{
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	const struct weft_table_info *table = weft_rule_table(a->owner, a->rule);
	const struct weft_intern *intern = weft_engine_intern(a->owner->host.engine);
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		int order = weft_value_compare(
			intern, f->type, (char *)a->key + f->offset, (char *)b->key + f->offset);
		if (order)
			return order;
	}
	return 0;
}

uint64_t weft_rule_hash(const struct weft_listeners *ls, unsigned rule, const void *row)
{
	const struct weft_table_info *table = weft_rule_table(ls, rule);
	uint64_t hash = 0;
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		hash = weft_hash_u64(hash,
			weft_value_hash(weft_engine_intern(ls->host.engine), f->type,
				(const char *)row + f->offset));
	}
	return hash;
}

static bool same_key(const struct weft_table_info *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		if (memcmp((const char *)a + f->offset, (const char *)b + f->offset,
			    f->type->size) != 0)
			return false;
	}
	return true;
}

struct weft_wish **weft_wish_find(
	struct weft_listeners *ls, unsigned rule, const void *row, uint64_t hash)
{
	struct weft_wish **link = &ls->wishes[(hash ^ rule) % WEFT_WISH_BUCKETS];
	while (*link &&
		!((*link)->rule == rule && (*link)->hash == hash &&
			same_key(weft_rule_table(ls, rule), (*link)->key, row)))
		link = &(*link)->next;
	return link;
}

/* "web", "per_port[8080]" */
static char *make_label(const struct weft_listeners *ls, unsigned rule, const void *key)
{
	const struct weft_table_info *table = weft_rule_table(ls, rule);
	struct weft_buffer text = { 0 };
	weft_buffer_format(&text, "%s", ls->host.info->rules[rule].name);
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		weft_buffer_format(&text, "%s", i ? ", " : "[");
		weft_format_value(&text, weft_engine_intern(ls->host.engine), f->type,
			(const char *)key + f->offset);
	}
	if (table->key_count)
		weft_buffer_format(&text, "]");
	char *label = text.failed ? NULL : weft_strdup_n(text.data, text.size);
	weft_buffer_free(&text);
	return label;
}

static void retry_expired(void *user, struct weft_timer *timer)
{
	struct weft_wish *wish = user;
	(void)timer;
	wish->retry_set = false;
	wish->retry_due = true;
	weft_wish_touch(wish);
}

struct weft_wish *weft_wish_add(struct weft_listeners *ls, unsigned rule, const void *row,
	uint64_t hash, struct weft_wish **link)
{
	const struct weft_table_info *table = weft_rule_table(ls, rule);
	struct weft_wish *wish = weft_alloc(sizeof(*wish));
	void *key = weft_alloc(table->row->size);
	char *label = make_label(ls, rule, row);
	if (!wish || !key || !label) {
		weft_free(wish);
		weft_free(key);
		weft_free(label);
		return NULL;
	}
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		memcpy((char *)key + f->offset, (const char *)row + f->offset, f->type->size);
		weft_value_retain(
			weft_engine_intern(ls->host.engine), f->type, (char *)key + f->offset);
	}
	*wish = (struct weft_wish){
		.owner = ls, .rule = rule, .key = key, .hash = hash, .label = label
	};
	wish->retry = (struct weft_timer){ .expired = retry_expired, .user = wish };
	weft_list_init(&wish->dirty);
	weft_list_init(&wish->unsaid);
	weft_list_init(&wish->claim);
	*link = wish;
	return wish;
}

void weft_wish_free(struct weft_wish *wish)
{
	struct weft_listeners *ls = wish->owner;
	const struct weft_table_info *table = weft_rule_table(ls, wish->rule);
	weft_claim_set(wish, NULL);
	weft_timer_stop(ls->host.loop, &wish->retry);
	weft_list_remove(&wish->dirty);
	weft_list_remove(&wish->unsaid);
	struct weft_wish **link = &ls->wishes[(wish->hash ^ wish->rule) % WEFT_WISH_BUCKETS];
	while (*link != wish)
		link = &(*link)->next;
	*link = wish->next;
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		weft_value_release(weft_engine_intern(ls->host.engine), f->type,
			(char *)wish->key + f->offset);
	}
	weft_free(wish->key);
	weft_free(wish->label);
	weft_free(wish);
}

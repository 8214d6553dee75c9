/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * entries.c: the entries of the rules' rows, by rule and key: made, found, compared, freed.
 */
#include "mesh/listeners_internal.h"

#include "base/alloc.h"

const struct weft_rule_info *weft_listener_entry_rule(const struct weft_listener_entry *entry)
{
	return &entry->owner->host.info->rules[entry->rule];
}

const struct weft_table_info *weft_rule_table(const struct weft_listeners *ls, unsigned rule)
{
	return weft_table_info(weft_engine_table(ls->host.engine, ls->host.info->rules[rule].table));
}

bool weft_listener_entry_is_gone(const struct weft_listener_entry *entry)
{
	return !entry->present && !entry->live && !entry->draining;
}

int weft_listener_entry_compare(const struct weft_listener_entry *a, const struct weft_listener_entry *b)
{
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	const struct weft_table_info *table = weft_rule_table(a->owner, a->rule);
	const struct weft_intern *intern = weft_engine_intern(a->owner->host.engine);
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		int order = weft_value_compare(intern, f->type, (char *)a->key + f->offset, (char *)b->key + f->offset);
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
		hash = weft_hash_u64(hash, weft_value_hash(weft_engine_intern(ls->host.engine), f->type, (const char *)row + f->offset));
	}
	return hash;
}

static bool same_key(const struct weft_table_info *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		if (memcmp((const char *)a + f->offset, (const char *)b + f->offset, f->type->size) != 0)
			return false;
	}
	return true;
}

struct weft_listener_entry **weft_listener_entry_find(struct weft_listeners *ls, unsigned rule, const void *row, uint64_t hash)
{
	struct weft_listener_entry **link = &ls->entries[(hash ^ rule) % WEFT_ENTRY_BUCKETS];
	while (*link && !((*link)->rule == rule && (*link)->hash == hash && same_key(weft_rule_table(ls, rule), (*link)->key, row)))
		link = &(*link)->next;
	return link;
}

/* "web", "per_port[8080]" */
static char *make_label(const struct weft_listeners *ls, unsigned rule, const void *key)
{
	const struct weft_table_info *table = weft_rule_table(ls, rule);
	struct weft_buffer text = {0};
	weft_buffer_format(&text, "%s", ls->host.info->rules[rule].name);
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		weft_buffer_format(&text, "%s", i ? ", " : "[");
		weft_format_value(&text, weft_engine_intern(ls->host.engine), f->type, (const char *)key + f->offset);
	}
	if (table->key_count)
		weft_buffer_format(&text, "]");
	char *label = text.failed ? NULL : weft_strdup_n(text.data, text.size);
	weft_buffer_free(&text);
	return label;
}

static void retry_expired(void *user, struct weft_timer *timer)
{
	struct weft_listener_entry *entry = user;
	(void)timer;
	entry->retry_set = false;
	entry->retry_due = true;
	weft_listener_entry_touch(entry);
}

struct weft_listener_entry *weft_listener_entry_add(struct weft_listeners *ls, unsigned rule, const void *row, uint64_t hash, struct weft_listener_entry **link)
{
	const struct weft_table_info *table = weft_rule_table(ls, rule);
	struct weft_listener_entry *entry = weft_alloc(sizeof(*entry));
	void *key = weft_alloc(table->row->size);
	char *label = make_label(ls, rule, row);
	if (!entry || !key || !label) {
		weft_free(entry);
		weft_free(key);
		weft_free(label);
		return NULL;
	}
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		memcpy((char *)key + f->offset, (const char *)row + f->offset, f->type->size);
		weft_value_retain(weft_engine_intern(ls->host.engine), f->type, (char *)key + f->offset);
	}
	*entry = (struct weft_listener_entry){.owner = ls, .rule = rule, .key = key, .hash = hash, .label = label};
	entry->retry = (struct weft_timer){.expired = retry_expired, .user = entry};
	weft_list_init(&entry->dirty);
	weft_list_init(&entry->unsaid);
	weft_list_init(&entry->claim);
	*link = entry;
	return entry;
}

void weft_listener_entry_free(struct weft_listener_entry *entry)
{
	struct weft_listeners *ls = entry->owner;
	const struct weft_table_info *table = weft_rule_table(ls, entry->rule);
	weft_claim_set(entry, NULL);
	weft_timer_stop(ls->host.loop, &entry->retry);
	weft_list_remove(&entry->dirty);
	weft_list_remove(&entry->unsaid);
	struct weft_listener_entry **link = &ls->entries[(entry->hash ^ entry->rule) % WEFT_ENTRY_BUCKETS];
	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	for (size_t i = 0; i < table->key_count; i++) {
		const struct weft_field *f = &table->row->fields[table->key[i]];
		weft_value_release(weft_engine_intern(ls->host.engine), f->type, (char *)entry->key + f->offset);
	}
	weft_free(entry->key);
	weft_free(entry->label);
	weft_free(entry);
}

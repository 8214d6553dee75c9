/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * outcomes.c: what became of the listeners, as rows of the rules' observed tables: one input
 * transaction for all that changed in a round. An outcome that could not be told is kept and told a
 * second later.
 */
#include "mesh/listeners_internal.h"

#include "base/alloc.h"

#define AGAIN INT64_C(1000000000)

const char *weft_listener_state_name(enum weft_listener_state state)
{
	static const char *const names[] = { "Pending", "Open", "Failed", "Draining" };
	return names[state];
}

void weft_listeners_again(struct weft_listeners *ls)
{
	if (!ls->again_set)
		ls->again_set = weft_timer_set(ls->host.loop, &ls->again,
					weft_loop_now(ls->host.loop) + AGAIN) == WEFT_OK;
}

/* The prelude's State: Pending(String) | Open | Failed(String) | Draining. */
static enum weft_status make_state(struct weft_engine *engine, const struct weft_type *type,
	const struct weft_outcome *outcome, char *value)
{
	const char *name = weft_listener_state_name(outcome->state);
	uint32_t tag = 0;
	while (tag < type->variant_count && strcmp(type->variants[tag].name, name) != 0)
		tag++;
	if (tag == type->variant_count)
		return WEFT_INVALID;
	memcpy(value, &tag, sizeof(tag));
	if (!type->variants[tag].payload)
		return WEFT_OK;
	weft_id reason;
	struct weft_text text = { outcome->reason, strlen(outcome->reason) };
	enum weft_status status = weft_intern_text(engine, text, &reason);
	if (status == WEFT_OK)
		memcpy(value + type->offset + type->variants[tag].payload->fields[0].offset,
			&reason, sizeof(reason));
	return status;
}

/* The observed row: the rule's key columns under its own numbers, then the state, which is the last
 * column. */
static enum weft_status make_row(const struct weft_wish *wish,
	const struct weft_table_info *desired, const struct weft_table_info *observed, char *row)
{
	for (size_t i = 0; i < observed->key_count; i++) {
		const struct weft_field *from = &desired->row->fields[desired->key[i]];
		const struct weft_field *to = &observed->row->fields[observed->key[i]];
		memcpy(row + to->offset, (const char *)wish->key + from->offset, to->type->size);
	}
	if (observed->row->field_count == observed->key_count)
		return WEFT_OK; /* nothing reads the state */
	const struct weft_field *state = &observed->row->fields[observed->row->field_count - 1];
	if (state->type->kind != WEFT_KIND_ENUM)
		return WEFT_INVALID;
	return make_state(
		wish->owner->host.engine, state->type, &wish->outcome, row + state->offset);
}

static enum weft_status put(const struct weft_wish *wish)
{
	struct weft_engine *engine = wish->owner->host.engine;
	const struct weft_rule_info *rule = weft_wish_rule(wish);
	if (rule->observed == WEFT_NONE)
		return WEFT_OK;
	const struct weft_table_info *desired =
		weft_table_info(weft_engine_table(engine, rule->table));
	const struct weft_table_info *observed =
		weft_table_info(weft_engine_table(engine, rule->observed));
	bool gone = weft_wish_is_gone(wish);
	char *row = weft_alloc(observed->row->size);
	if (!row)
		return WEFT_NO_MEMORY;
	enum weft_status status = make_row(wish, desired, observed, row);
	if (status == WEFT_OK)
		status = gone ? weft_engine_delete(engine, rule->observed, row)
			      : weft_engine_put(engine, rule->observed, row);
	weft_free(row);
	return status == WEFT_NOT_FOUND ? WEFT_OK : status;
}

void weft_outcomes_tell(struct weft_listeners *ls)
{
	if (ls->silent || weft_list_is_empty(&ls->unsaid))
		return;
	enum weft_status status = weft_engine_begin(ls->host.engine);
	if (status < 0) {
		weft_listeners_again(ls);
		return;
	}
	weft_list_each(node, after, &ls->unsaid) if (status == WEFT_OK) status =
		put(weft_container(node, struct weft_wish, unsaid));
	if (status == WEFT_OK)
		status = weft_engine_commit(ls->host.engine);
	else
		weft_engine_rollback(ls->host.engine);
	if (status < 0) {
		weft_listeners_again(ls);
		return;
	}
	for (struct weft_node *node; (node = weft_list_take_first(&ls->unsaid));) {
		struct weft_wish *wish = weft_container(node, struct weft_wish, unsaid);
		wish->told = wish->outcome;
		wish->was_told = !weft_wish_is_gone(wish);
		if (!wish->was_told)
			weft_wish_touch(wish); /* it can be freed now */
	}
}

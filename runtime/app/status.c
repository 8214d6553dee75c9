/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * status.c: what `weft status` prints: collections, rules and their instances, sources, what was
 * rejected, who lost, counters. One walk gives both forms: each section says its facts to a writer,
 * which is text or JSON.
 */
#include <inttypes.h>

#include "app/admin.h"
#include "app/net.h"
#include "base/buffer.h"
#include "mesh/sources.h"

enum { ROWS_SHOWN = 20 }; /* of each conflicts table, in text */

struct writer {
	struct weft_runtime *runtime;
	struct weft_buffer *out;
	const char *comma; /* JSON: before the next element */
	const struct weft_rule_info *rule;
	size_t shown;
	bool json;
};

static const char *phase_name(const struct weft_runtime *r)
{
	static const char *const names[] = { "starting", "running", "draining", "ended" };
	return names[r->phase];
}

static void text(struct writer *w, const char *name, const char *value)
{
	weft_buffer_format(w->out, "\"%s\":", name);
	weft_buffer_json(w->out, (struct weft_text){ value, strlen(value) });
}

static void section(struct writer *w, const char *name)
{
	weft_buffer_format(w->out, w->json ? ",\"%s\":[" : "%s\n", name);
	w->comma = "";
}

static void end_section(struct writer *w)
{
	if (w->json)
		weft_buffer_format(w->out, "]");
}

static void next(struct writer *w)
{
	weft_buffer_format(w->out, "%s", w->comma);
	w->comma = ",";
}

/* rejected(c) and conflicts(c), rules' tables and the compiler's own are told of elsewhere. */
static bool is_collection(const struct weft_program_info *info, unsigned table)
{
	const struct weft_table_info *t = &info->engine->tables[table];
	if (t->is_internal || strchr(t->name, '('))
		return false;
	for (size_t i = 0; i < info->rule_count; i++)
		if (info->rules[i].table == table || info->rules[i].observed == table)
			return false;
	return true;
}

static void collections(struct writer *w)
{
	const struct weft_program_info *info = w->runtime->info;
	section(w, "collections");
	for (unsigned i = 0; i < info->engine->table_count; i++) {
		const struct weft_table *t = weft_engine_table(w->runtime->engine, i);
		const struct weft_table_info *is = &info->engine->tables[i];
		size_t rows = weft_table_count(t, WEFT_NEW);
		bool synced = weft_table_is_synced(t);
		if (!is_collection(info, i))
			continue;
		if (!w->json) {
			weft_buffer_format(w->out, "  %-24s %6zu row%s%s%s\n", is->name, rows,
				rows == 1 ? " " : "s", is->is_input ? "" : "  derived",
				synced ? "" : "  not synced");
			continue;
		}
		next(w);
		weft_buffer_format(w->out, "{");
		text(w, "name", is->name);
		weft_buffer_format(w->out, ",\"rows\":%zu,\"derived\":%s,\"synced\":%s}", rows,
			is->is_input ? "false" : "true", synced ? "true" : "false");
	}
	end_section(w);
}

static void instance(void *user, const struct weft_listener_view *v)
{
	struct writer *w = user;
	struct weft_buffer address = { 0 };
	if (v->has_address)
		weft_format_value(
			&address, w->runtime->program->intern, &weft_type_addr, &v->address);
	const char *at = address.data ? address.data : "";
	const char *state = weft_listener_state_name(v->state);
	if (w->json) {
		next(w);
		weft_buffer_format(w->out, "{");
		text(w, "name", v->label);
		weft_buffer_format(w->out, ",");
		text(w, "address", at);
		weft_buffer_format(w->out, ",");
		text(w, "state", state);
		weft_buffer_format(w->out, ",");
		text(w, "reason", v->reason);
		weft_buffer_format(w->out, ",\"connections\":%zu}", v->connections);
	} else {
		weft_buffer_format(w->out, "    %-28s %-22s %-9s %zu connection%s%s%s\n", v->label,
			at, state, v->connections, v->connections == 1 ? "" : "s",
			*v->reason ? "  " : "", v->reason);
	}
	weft_buffer_free(&address);
}

static void waits_for(struct writer *w, const struct weft_rule_info *rule)
{
	const char *before = w->json ? "" : "  waits for ";
	for (uint16_t i = 0; i < rule->need_count && !rule->unsynced; i++) {
		const struct weft_table *t = weft_engine_table(w->runtime->engine, rule->needs[i]);
		if (weft_table_is_synced(t))
			continue;
		weft_buffer_format(
			w->out, w->json ? "%s\"%s\"" : "%s%s", before, weft_table_info(t)->name);
		before = w->json ? "," : ", ";
	}
}

static void rules(struct writer *w)
{
	const struct weft_program_info *info = w->runtime->info;
	section(w, "rules");
	for (size_t i = 0; i < info->rule_count; i++) {
		const struct weft_rule_info *rule = &info->rules[i];
		if (w->json) {
			next(w);
			weft_buffer_format(w->out, "{");
			text(w, "name", rule->name);
			weft_buffer_format(w->out, ",");
			text(w, "kind", rule->kind);
			weft_buffer_format(w->out, ",\"waits_for\":[");
			waits_for(w, rule);
			weft_buffer_format(w->out, "],\"instances\":[");
			w->comma = "";
			weft_net_each(w->runtime->net, (unsigned)i, instance, w);
			weft_buffer_format(w->out, "]}");
			w->comma = ",";
		} else {
			weft_buffer_format(w->out, "  %s %s", rule->kind, rule->name);
			waits_for(w, rule);
			weft_buffer_format(w->out, "\n");
			weft_net_each(w->runtime->net, (unsigned)i, instance, w);
		}
	}
	end_section(w);
}

static void sources(struct writer *w)
{
	section(w, "sources");
	for (size_t i = 0; i < weft_sources_folder_count(w->runtime->sources); i++) {
		struct weft_folder_state s;
		weft_folder_state(weft_sources_folder(w->runtime->sources, i), &s);
		if (w->json) {
			next(w);
			weft_buffer_format(w->out, "{");
			text(w, "directory", s.directory);
			weft_buffer_format(w->out, ",");
			text(w, "only", s.only ? s.only : "");
			weft_buffer_format(w->out,
				",\"files\":%zu,\"objects\":%zu,\"readings\":%" PRIu64 ",", s.files,
				s.objects, s.readings);
			text(w, "problem", s.problem ? s.problem : "");
			weft_buffer_format(w->out, "}");
		} else {
			weft_buffer_format(w->out,
				"  %s%s%s: %zu file%s, %zu object%s, read %" PRIu64 " time%s%s%s\n",
				s.directory, s.only ? "/" : "", s.only ? s.only : "", s.files,
				s.files == 1 ? "" : "s", s.objects, s.objects == 1 ? "" : "s",
				s.readings, s.readings == 1 ? "" : "s", s.problem ? "; " : "",
				s.problem ? s.problem : "");
		}
	}
	end_section(w);
}

static void one_rejected(
	void *user, const struct weft_source_info *source, const char *place, const char *reason)
{
	struct writer *w = user;
	const char *name = source ? w->runtime->info->engine->tables[source->table].name : "";
	if (!w->json) {
		if (w->shown++ == 0)
			weft_buffer_format(w->out, "rejected\n");
		weft_buffer_format(w->out, "  %-12s %s: %s\n", name, place, reason);
		return;
	}
	next(w);
	weft_buffer_format(w->out, "{");
	text(w, "collection", name);
	weft_buffer_format(w->out, ",");
	text(w, "place", place);
	weft_buffer_format(w->out, ",");
	text(w, "reason", reason);
	weft_buffer_format(w->out, "}");
}

static void rejected(struct writer *w)
{
	if (w->json)
		section(w, "rejected");
	for (size_t i = 0; i < weft_sources_folder_count(w->runtime->sources); i++)
		weft_objects_each_rejected(
			weft_folder_objects(weft_sources_folder(w->runtime->sources, i)),
			one_rejected, w);
	end_section(w);
}

static void conflict(struct writer *w, const struct weft_table *t, const void *row)
{
	const struct weft_table_info *is = weft_table_info(t);
	if (w->json) {
		next(w);
		weft_buffer_format(w->out, "{");
		text(w, "table", is->name);
		weft_buffer_format(w->out, ",\"row\":");
	} else {
		weft_buffer_format(w->out, "  %s ", is->name);
	}
	weft_json_value(w->out, w->runtime->program->intern, is->row, row);
	weft_buffer_format(w->out, w->json ? "}" : "\n");
}

static void conflicts(struct writer *w)
{
	const struct weft_program_info *info = w->runtime->info;
	bool any = false;
	if (w->json)
		section(w, "conflicts");
	for (unsigned i = 0; i < info->engine->table_count; i++) {
		const struct weft_table *t = weft_engine_table(w->runtime->engine, i);
		size_t count = weft_table_count(t, WEFT_NEW), shown = 0;
		if (strncmp(info->engine->tables[i].name, "conflicts(", 10) != 0 || count == 0)
			continue;
		if (!any && !w->json)
			weft_buffer_format(w->out, "conflicts\n");
		any = true;
		struct weft_cursor c;
		const void *row = weft_table_first(&c, t, WEFT_NEW);
		for (; row && (w->json || shown < ROWS_SHOWN); row = weft_cursor_next(&c), shown++)
			conflict(w, t, row);
		if (shown < count && !w->json)
			weft_buffer_format(w->out, "  and %zu more of %s\n", count - shown,
				info->engine->tables[i].name);
	}
	end_section(w);
}

static void counter(void *user, const char *name, uint64_t value)
{
	struct writer *w = user;
	if (w->json) {
		next(w);
		weft_buffer_format(w->out, "\"%s\":%" PRIu64, name, value);
	} else {
		weft_buffer_format(w->out, "  %-24s %10" PRIu64 "\n", name, value);
	}
}

static void body(struct writer *w)
{
	collections(w);
	rules(w);
	sources(w);
	rejected(w);
	conflicts(w);
	weft_buffer_format(w->out, w->json ? ",\"counters\":{" : "counters\n");
	w->comma = "";
	weft_net_counters(w->runtime->net, counter, w);
	if (w->json)
		weft_buffer_format(w->out, "}}\n");
}

void weft_status_text_of(struct weft_runtime *r, struct weft_buffer *out)
{
	struct writer w = { .runtime = r, .out = out, .comma = "" };
	int64_t up =
		r->started_at ? (weft_loop_wall(r->loop) - r->started_at) / INT64_C(1000000000) : 0;
	weft_buffer_format(out, "%s (%s): %s for %" PRId64 " s, version %" PRIu64 "\n",
		r->info->name, r->info->source, phase_name(r), up, weft_engine_version(r->engine));
	body(&w);
}

void weft_status_json_of(struct weft_runtime *r, struct weft_buffer *out)
{
	struct writer w = { .runtime = r, .out = out, .comma = "", .json = true };
	weft_buffer_format(out, "{");
	text(&w, "program", r->info->name);
	weft_buffer_format(out, ",");
	text(&w, "source", r->info->source);
	weft_buffer_format(out, ",");
	text(&w, "phase", phase_name(r));
	weft_buffer_format(out, ",");
	text(&w, "backend", weft_io_backend(weft_loop_io(r->loop)));
	weft_buffer_format(out, ",\"version\":%" PRIu64 ",\"started_ns\":%" PRId64,
		weft_engine_version(r->engine), r->started_at);
	body(&w);
}

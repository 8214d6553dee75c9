/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_api.c: the embedding API of a program: an instance and its turn, rows in and out of each
 * collection, watchers, connections through a listener's handler.
 */
#include "emit_make.h"
#include "emit_public.h"

struct api {
	struct emitter *e;
	const struct plan_table *t;
	struct text base; /* "sidecar_ports" */
	struct text
		row; /* public row: "struct sidecar_ports"; of a wrapped single value its type */
	struct text stored;
	const char *doc;
};

/* One line in the header and one in the source: the prototype. */
static void prototype(struct emitter *e, struct text p)
{
	e->out = &e->header;
	line(e, "%s;", p.data);
	e->out = &e->code;
	blank_line(e);
	line(e, "%s", p.data);
	line(e, "{");
}

static void header_line(struct emitter *e, const char *text)
{
	e->out = &e->header;
	line(e, "%s", text);
}

/* ---- the instance ---- */

static void instance(struct emitter *e)
{
	const char *n = e->name.data;
	e->out = &e->header;
	blank_line(e);
	line(e, "extern const struct weft_program_info %s_program;", n);
	blank_line(e);
	line(e,
		"/* `options` may be NULL. On failure `error`, if not NULL, gets a text to free(). "
		"*/");
	prototype(e,
		text_format(e->arena,
			"enum weft_status %s_create(const struct weft_options *options, struct %s "
			"**program, char **error)",
			n, n));
	line(e, "void *made = NULL;");
	line(e, "enum weft_status status = weft_create(&%s_program, options, &made, error);", n);
	line(e, "*program = (struct %s *)made;", n);
	line(e, "return status;");
	line(e, "}");
	prototype(e, text_format(e->arena, "void %s_destroy(struct %s *program)", n, n));
	line(e, "if (program == NULL)");
	line_under(e, "return;");
	line(e, "weft_embed_end(&program->head, &program->embed);");
	line(e, "weft_destroy(program);");
	line(e, "}");
	header_line(e, "/* Turns until it has drained. */");
	prototype(e, text_format(e->arena, "enum weft_status %s_run(struct %s *program)", n, n));
	line(e, "weft_embed_release(&program->embed);");
	line(e, "return weft_run(program);");
	line(e, "}");
	header_line(e,
		"/* One turn, for a loop of your own: when the descriptor is readable. Waits at "
		"most `timeout_ms`; WEFT_END: it has drained. */");
	prototype(e,
		text_format(e->arena,
			"enum weft_status %s_turn(struct %s *program, int timeout_ms)", n, n));
	line(e, "weft_embed_release(&program->embed);");
	line(e, "return weft_turn(program, timeout_ms);");
	line(e, "}");
	prototype(e, text_format(e->arena, "int %s_descriptor(const struct %s *program)", n, n));
	line(e, "return weft_descriptor(program);");
	line(e, "}");
	header_line(e, "/* Begins to drain. Like _post: from any thread. */");
	prototype(e, text_format(e->arena, "void %s_stop(struct %s *program)", n, n));
	line(e, "weft_stop(program);");
	line(e, "}");
	header_line(e, "/* Calls `call(argument)` in the instance's thread, at its next turn. */");
	prototype(e,
		text_format(e->arena,
			"enum weft_status %s_post(struct %s *program, void (*call)(void "
			"*argument), void *argument)",
			n, n));
	line(e, "return weft_post(program, call, argument);");
	line(e, "}");
}

static void transactions(struct emitter *e)
{
	const char *n = e->name.data;
	e->out = &e->header;
	blank_line(e);
	line(e,
		"/* What is put between begin and commit arrives as one transaction; a put outside "
		"is one of its own. */");
	prototype(e, text_format(e->arena, "enum weft_status %s_begin(struct %s *program)", n, n));
	line(e, "return weft_engine_begin(program->head.engine);");
	line(e, "}");
	prototype(e, text_format(e->arena, "enum weft_status %s_commit(struct %s *program)", n, n));
	line(e, "return weft_engine_commit(program->head.engine);");
	line(e, "}");
	prototype(e, text_format(e->arena, "void %s_rollback(struct %s *program)", n, n));
	line(e, "weft_engine_rollback(program->head.engine);");
	line(e, "}");
}

/* ---- rows ---- */

/* A key column as a parameter: never a name that these functions use themselves. */
static struct text parameter(struct emitter *e, const struct record *r, size_t field)
{
	static const char *const own[] = { "w", "to", "why", "scope", "stored", "program", "status",
		"found", "row" };
	struct text name = c_field(e, r, field);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (text_is(name, own[i]))
			return text_format(e->arena, "%s_", own[i]);
	return name;
}

/* ", uint16_t port, struct weft_text name": the key as parameters. */
static struct text key_parameters(
	struct emitter *e, const struct record *r, const size_t *key, size_t count)
{
	struct buffer b = { e->arena, NULL, 0, 0 };
	for (size_t i = 0; i < count; i++) {
		size_t field = column_field(r, key[i]);
		buffer_format(&b, ", %s %s", c_public(e, r->fields[field].type).data,
			parameter(e, r, field).data);
	}
	return count ? buffer_text(&b) : TEXT("");
}

/* A function that makes the stored key from its public columns: `bool NAME(w, key columns ..., to,
 * why)`. */
static struct text key_function(struct emitter *e, struct text name, const struct type *row,
	const size_t *key, size_t count)
{
	const struct record *r = row->record;
	struct text stored = c_stored(e, row), parameters = key_parameters(e, r, key, count);
	struct emit_body body;
	emit_body_begin(e, &body);
	for (size_t i = 0; i < count; i++) {
		size_t field = column_field(r, key[i]);
		struct text c = c_field(e, r, field);
		emit_take(e, r->fields[field].type, parameter(e, r, field).data,
			text_format(e->arena, "to->%s", c.data).data,
			text_copy(e->arena, r->fields[field].name).data);
	}
	line(e, "return true;");
	emit_body_end(e, &body);
	const char *text = buffer_text(&body.section.text).data;
	e->out = &e->code;
	blank_line(e);
	line(e, "static bool take_%s_key(struct weft_scope *w%s, %s *to, const char **why)",
		name.data, parameters.data, stored.data);
	line(e, "{");
	line(e, "memset(to, 0, sizeof(*to));");
	if (!strstr(text, "(w, "))
		line(e, "(void)w;");
	if (!strstr(text, "why"))
		line(e, "(void)why;");
	emit_body_print(e, &body);
	line(e, "}");
	return text_format(e->arena, "take_%s_key", name.data);
}

static struct text key_names(
	struct emitter *e, const struct record *r, const size_t *key, size_t count)
{
	struct buffer b = { e->arena, NULL, 0, 0 };
	for (size_t i = 0; i < count; i++)
		buffer_format(&b, "%s, ", parameter(e, r, column_field(r, key[i])).data);
	return count ? buffer_text(&b) : TEXT("");
}

static void put(struct api *a)
{
	struct emitter *e = a->e;
	const char *n = e->name.data, *base = a->base.data;
	struct text take = public_converter(e, a->t->row, false);
	header_line(e,
		"/* WEFT_INVALID: `why`, if not NULL, gets the reason. Inside of a watcher: in the "
		"next transaction. */");
	prototype(e,
		text_format(e->arena,
			"enum weft_status %s_put(struct %s *program, const %s *row, const char "
			"**why)",
			base, n, a->row.data));
	line(e, "struct weft_scope scope, *w = &scope;");
	line(e, "%s stored;", a->stored.data);
	line(e, "const char *reason = \"no memory\";");
	line(e, "memset(&stored, 0, sizeof(stored));");
	line(e, "weft_embed_taking(w, &program->head);");
	line(e,
		"enum weft_status status = %s(w, row, &stored, &reason) ? w->status : w->status != "
		"WEFT_OK ? w->status : WEFT_INVALID;",
		take.data);
	line(e, "if (status == WEFT_OK)");
	line_under(e, "status = weft_embed_put(&program->head, &program->embed, %s, &stored);",
		c_table(e, a->t).data);
	line(e, "else if (why != NULL)");
	line_under(e, "*why = reason;");
	line(e, "(void)weft_scope_end(w);");
	line(e, "return status;");
	line(e, "}");
}

static void delete_and_synced(struct api *a, struct text key)
{
	struct emitter *e = a->e;
	const char *n = e->name.data, *base = a->base.data;
	struct text names = key_names(e, a->t->row->record, a->t->key, a->t->key_count);
	prototype(e,
		text_format(e->arena, "enum weft_status %s_delete(struct %s *program%s)", base, n,
			key_parameters(e, a->t->row->record, a->t->key, a->t->key_count).data));
	line(e, "struct weft_scope scope, *w = &scope;");
	line(e, "%s stored;", a->stored.data);
	line(e, "const char *why = NULL;");
	line(e, "weft_embed_taking(w, &program->head);");
	line(e, "enum weft_status status = WEFT_INVALID;");
	line(e, "if (%s(w, %s&stored, &why))", key.data, names.data);
	line_under(e, "status = weft_embed_delete(&program->head, &program->embed, %s, &stored);",
		c_table(e, a->t).data);
	line(e, "(void)weft_scope_end(w);");
	line(e, "return status;");
	line(e, "}");
	header_line(e,
		"/* All rows that there are now have been put: what waits for them may begin. */");
	prototype(e,
		text_format(e->arena, "enum weft_status %s_synced(struct %s *program)", base, n));
	line(e, "return weft_embed_synced(&program->head, &program->embed, %s);",
		c_table(e, a->t).data);
	line(e, "}");
}

static void get(struct api *a, struct text key)
{
	struct emitter *e = a->e;
	const char *n = e->name.data, *base = a->base.data;
	struct text show = public_converter(e, a->t->row, true);
	struct text names = key_names(e, a->t->row->record, a->t->key, a->t->key_count);
	header_line(
		e, "/* NULL: there is none. Valid until the next turn, like what _list gives. */");
	prototype(e,
		text_format(e->arena, "const %s *%s_get(struct %s *program%s)", a->row.data, base,
			n, key_parameters(e, a->t->row->record, a->t->key, a->t->key_count).data));
	line(e, "struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);");
	line(e, "%s stored;", a->stored.data);
	line(e, "const char *why = NULL;");
	line(e, "if (!%s(w, %s&stored, &why))", key.data, names.data);
	line_under(e, "return NULL;");
	line(e,
		"const %s *found = (const %s "
		"*)weft_table_get(weft_engine_table(program->head.engine, %s), WEFT_NEW, &stored);",
		a->stored.data, a->stored.data, c_table(e, a->t).data);
	line(e, "%s *row = found != NULL ? (%s *)weft_embed_room(w, sizeof(*row)) : NULL;",
		a->row.data, a->row.data);
	line(e, "if (row != NULL)");
	line_under(e, "%s(w, found, row);", show.data);
	line(e, "return row;");
	line(e, "}");
	prototype(e,
		text_format(e->arena, "size_t %s_list(struct %s *program, const %s **rows)", base,
			n, a->row.data));
	line(e, "struct weft_scope *w = weft_embed_memory(&program->head, &program->embed);");
	line(e, "const struct weft_table *table = weft_engine_table(program->head.engine, %s);",
		c_table(e, a->t).data);
	line(e, "size_t room = weft_table_count(table, WEFT_NEW), count = 0;");
	line(e, "%s *row = (%s *)weft_embed_room(w, room * sizeof(*row));", a->row.data,
		a->row.data);
	line(e, "struct weft_cursor at;");
	line(e, "const void *from = weft_table_first(&at, table, WEFT_NEW);");
	line(e,
		"for (; row != NULL && from != NULL && count < room; from = "
		"weft_cursor_next(&at))");
	line_under(e, "%s(w, (const %s *)from, &row[count++]);", show.data, a->stored.data);
	line(e, "*rows = row;");
	line(e, "return count;");
	line(e, "}");
}

static void watch(struct api *a)
{
	struct emitter *e = a->e;
	const char *n = e->name.data, *base = a->base.data, *table = c_table(e, a->t).data;
	struct text show = public_converter(e, a->t->row, true);
	e->out = &e->code;
	blank_line(e);
	line(e,
		"static void %s_changed(void *watch, const struct weft_table *table, const struct "
		"weft_change *changes, size_t count)",
		base);
	line(e, "{");
	line(e, "void *program;");
	line(e, "struct weft_scope *w = weft_embed_enter(watch, &program);");
	line(e, "%s_watch_fn *call = (%s_watch_fn *)weft_embed_callback(watch);", base, base);
	line(e, "(void)table;");
	line(e, "for (size_t i = 0; i < count; i++) {");
	line(e, "%s before, after;", a->row.data);
	line(e, "if (changes[i].before != NULL)");
	line_under(e, "%s(w, (const %s *)changes[i].before, &before);", show.data, a->stored.data);
	line(e, "if (changes[i].after != NULL)");
	line_under(e, "%s(w, (const %s *)changes[i].after, &after);", show.data, a->stored.data);
	line(e,
		"call(((struct weft_program_head *)program)->user, (struct %s *)program, "
		"changes[i].before != NULL ? &before : NULL, "
		"changes[i].after != NULL ? &after : NULL);",
		n);
	line(e, "}");
	line(e, "weft_embed_leave(watch);");
	line(e, "}");
	e->out = &e->header;
	line(e,
		"/* The rows that are there at once, then the net changes of each transaction: "
		"`before` is NULL for a new row, `after` for one "
		"that went. */");
	line(e,
		"typedef void %s_watch_fn(void *user, struct %s *program, const %s *before, const "
		"%s *after);",
		base, n, a->row.data, a->row.data);
	prototype(e,
		text_format(e->arena,
			"enum weft_status %s_watch(struct %s *program, %s_watch_fn *call)", base, n,
			base));
	line(e,
		"return weft_embed_add_watch(&program->head, &program->embed, %s, %s_changed, "
		"(weft_embed_fn *)call);",
		table, base);
	line(e, "}");
	prototype(e,
		text_format(e->arena, "void %s_unwatch(struct %s *program, %s_watch_fn *call)",
			base, n, base));
	line(e,
		"weft_embed_remove_watch(&program->head, &program->embed, %s, (weft_embed_fn "
		"*)call);",
		table);
	line(e, "}");
}

static void table(struct emitter *e, const struct plan_table *t)
{
	struct api a = { .e = e,
		.t = t,
		.base = text_format(e->arena, "%s_%s", e->name.data, c_lower(e, t->c_name).data) };
	a.row = c_public(e, t->row);
	a.stored = c_stored(e, t->row);
	e->out = &e->header;
	blank_line(e);
	line(e, "/* ---- %.*s ---- */", TEXT_ARG(t->name));
	if (t->symbol && (t->kind == PLAN_INPUT || t->kind == PLAN_DERIVED))
		doc_comment(e, t->symbol->declaration);
	struct text key =
		key_function(e, text_format(e->arena, "%s__%s", e->name.data, t->c_name.data),
			t->row, t->key, t->key_count);
	if (t->kind == PLAN_INPUT) {
		put(&a);
		delete_and_synced(&a, key);
	}
	get(&a, key);
	watch(&a);
}

/* ---- connections ---- */

static void listener(struct emitter *e, const struct plan_rule *r, size_t number)
{
	const char *n = e->name.data;
	struct text base = text_format(e->arena, "%s_%s", n, c_lower(e, r->symbol->name).data);
	struct text parameters =
		key_parameters(e, r->table->record, r->table->key, r->table->key_count);
	struct text names = key_names(e, r->table->record, r->table->key, r->table->key_count),
		    stored = c_stored(e, r->table->row);
	bool keyed = r->table->key_count > 0;
	struct text key = TEXT("");
	if (keyed)
		key = key_function(e, text_format(e->arena, "%s__%s", n, r->table->c_name.data),
			r->table->row, r->table->key, r->table->key_count);
	e->out = &e->header;
	blank_line(e);
	line(e,
		"/* Runs a connected socket through the listener's handler, as if it had accepted "
		"it; then it is the program's. */");
	for (int dials = 0; dials < 2; dials++) {
		if (dials)
			header_line(e,
				"/* A connection to `to` without a socket: the handler decides "
				"about it, and is at the stream's other end. */");
		prototype(e,
			text_format(e->arena,
				dials ? "enum weft_status %s_dial(struct %s *program%s, struct "
					"weft_addr to, struct weft_stream **stream)"
				      : "enum weft_status %s_adopt(struct %s *program%s, int "
					"descriptor)",
				base.data, n, parameters.data));
		const char *rest = dials ? "to, stream" : "descriptor",
			   *call = dials ? "weft_dial" : "weft_adopt";
		if (!keyed) {
			line(e, "return %s(program, %zu, NULL, %s);", call, number, rest);
			line(e, "}");
			continue;
		}
		line(e, "struct weft_scope scope, *w = &scope;");
		line(e, "%s row;", stored.data);
		line(e, "const char *why = NULL;");
		line(e, "weft_embed_taking(w, &program->head);");
		line(e, "enum weft_status status = WEFT_INVALID;");
		line(e, "if (%s(w, %s&row, &why))", key.data, names.data);
		line_under(e, "status = %s(program, %zu, &row, %s);", call, number, rest);
		line(e, "(void)weft_scope_end(w);");
		line(e, "return status;");
		line(e, "}");
	}
}

void emit_api(struct emitter *e)
{
	instance(e);
	bool takes = false;
	for (size_t i = 0; i < e->plan->tables.count; i++)
		takes = takes ||
			((struct plan_table *)e->plan->tables.items[i])->kind == PLAN_INPUT;
	if (takes)
		transactions(e);
	for (size_t i = 0; i < e->plan->tables.count; i++) {
		const struct plan_table *t = e->plan->tables.items[i];
		if (!t->is_internal && t->kind != PLAN_CONFLICTS && t->kind != PLAN_REJECTED)
			table(e, t);
	}
	for (size_t i = 0; i < e->plan->rules.count; i++)
		listener(e, e->plan->rules.items[i], i);
}

/* Without it: what a program's main file needs. */
void emit_no_api(struct emitter *e)
{
	e->out = &e->header;
	blank_line(e);
	line(e, "extern const struct weft_program_info %s_program;", e->name.data);
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_program.c: the files of a program put together, and its static description for the runtime:
 * parameters, where the rows of its collections come from, its rules.
 */
#include "diag.h"
#include "emit_make.h"
#include "plan_make.h"

#include <ctype.h>
#include <stdlib.h>

#define GENERATOR "weft 0.1.0"

static struct text base_file(struct text path)
{
	for (size_t i = path.size; i > 0; i--) {
		if (path.data[i - 1] == '/')
			return (struct text){ path.data + i, path.size - i };
	}
	return path;
}

struct text c_place(struct emitter *e, const struct node *n)
{
	struct span span = node_span(n);
	struct text file = base_file(span.source->path);
	return c_string(e->arena,
		text_format(e->arena, "%.*s:%u", TEXT_ARG(file),
			source_position(span.source, span.begin).line));
}

/* ---- parameters ---- */

static struct vec parameters(struct emitter *e)
{
	struct vec found = { NULL, 0, 0 };
	for (size_t i = 0; i < e->program->modules.count; i++) {
		const struct module *m = e->program->modules.items[i];
		for (size_t j = 0; j < m->symbols.count; j++) {
			struct symbol *s = m->symbols.items[j];
			if (s->kind == SYMBOL_PARAM)
				vec_push(e->arena, &found, s);
		}
	}
	return found;
}

void emit_params_struct(struct emitter *e)
{
	struct vec params = parameters(e);
	for (size_t i = 0; i < params.count; i++)
		c_stored(e, ((struct symbol *)params.items[i])->type);
	e->out = &e->types;
	blank_line(e);
	if (params.count) {
		line(e, "struct %s__params {", e->name.data);
		for (size_t i = 0; i < params.count; i++) {
			const struct symbol *s = params.items[i];
			doc_comment(e, s->declaration);
			line(e, "%s %s;", c_stored(e, s->type).data, c_name(e, s->name).data);
		}
		line(e, "};");
		blank_line(e);
	}
	line(e, "/* An instance of the program. */");
	line(e, "struct %s {", e->name.data);
	line(e, "struct weft_program_head head;");
	if (params.count)
		line(e, "struct %s__params params;", e->name.data);
	if (e->has_api)
		line(e, "struct weft_embed embed;");
	line(e, "};");
}

/* env("NAME"): NAME, and what stands behind its `else`. */
static const struct node *env_of(const struct node *value, struct node **absent)
{
	*absent = NULL;
	const struct node *call = value;
	if (value && value->kind == NODE_ELSE) {
		call = kid(value, ELSE_VALUE);
		*absent = kid(value, ELSE_FALLBACK);
	}
	if (call && call->kind == NODE_CALL && call->symbol && call->symbol->builtin == BUILTIN_ENV)
		return kid(kid(call, CALL_ARGUMENTS)->kids[0], ARGUMENT_VALUE);
	return NULL;
}

static void params_table(struct emitter *e, const struct vec *params)
{
	struct text *rows = ARENA_ARRAY(e->arena, struct text, params->count);
	for (size_t i = 0; i < params->count; i++) {
		const struct symbol *s = params->items[i];
		struct node *value = kid(s->declaration, PARAM_VALUE), *absent;
		const struct node *env = env_of(value, &absent);
		if (env == NULL)
			absent = value;
		struct text name = c_name(e, s->name), function = TEXT("NULL");
		if (absent)
			function = emit_default(e,
				text_format(e->arena, "%s__%s_default", e->name.data,
					c_lower(e, s->name).data),
				s->type, absent, NULL);
		rows[i] = text_format(e->arena,
			"{ %s, %s, offsetof(struct %s__params, %s), %s, %s, %s },",
			c_string(e->arena, s->name).data, c_descriptor(e, s->type).data,
			e->name.data, name.data,
			env ? c_string(e->arena, env->literal.text).data : "NULL", function.data,
			c_place(e, s->declaration).data);
	}
	e->out = &e->tables;
	blank_line(e);
	line(e, "static const struct weft_param_info params[] = {");
	for (size_t i = 0; i < params->count; i++)
		line(e, "%s", rows[i].data);
	line(e, "};");
}

/* ---- sources ---- */

static struct text number_or_none(struct emitter *e, const struct plan_table *t)
{
	return t ? c_table(e, t) : TEXT("WEFT_NONE");
}

/* `where` of a collection: which rows are taken in at all. */
static struct text keep_function(struct emitter *e, const struct plan_table *t)
{
	if (t->where == NULL)
		return TEXT("NULL");
	struct text name = text_format(e->arena, "%s__%s_keep", e->name.data, t->c_name.data),
		    row = c_stored(e, t->row);
	struct operand sibling = e->sibling;
	e->sibling = operand_row(e, t->row, "r");
	struct emit_body body;
	emit_body_begin(e, &body);
	place(e, t->where);
	struct text c = emit_condition(e, t->where, false);
	line(e, "return %s;", text_copy(e->arena, c_no_parens(c)).data);
	emit_body_end(e, &body);
	e->sibling = sibling;
	e->out = &e->code;
	blank_line(e);
	line(e,
		"static bool %s(const void *program, const struct weft_intern *intern, const void "
		"*row)",
		name.data);
	line(e, "{");
	line(e, "const %s *r = (const %s *)row;", row.data, row.data);
	if (body.uses_program)
		line(e, "const struct %s *p = (const struct %s *)program;", e->name.data,
			e->name.data);
	if (body.uses_scope) {
		line(e, "struct weft_scope scope, *w = &scope;");
		line(e, "memset(w, 0, sizeof(*w));");
		line(e, "w->program = program;");
		line(e, "w->intern = intern;");
	} else {
		line(e, "(void)intern;");
		if (!body.uses_program)
			line(e, "(void)program;");
	}
	emit_body_print(e, &body);
	line(e, "}");
	return name;
}

static struct text source_row(struct emitter *e, const struct plan_table *t)
{
	static const char *const kinds[] = { "WEFT_SOURCE_EXTERN", "WEFT_SOURCE_KUBERNETES",
		"WEFT_SOURCE_FILE", "WEFT_SOURCE_CLOCK" };
	const struct collection_note *note = t->symbol->declaration->note->collection;
	struct text path = TEXT("NULL"),
		    origin = note->origin.size ? c_string(e->arena, note->origin) : TEXT("NULL");
	unsigned kind = note->from == BUILTIN_KUBERNETES ? 1
		: note->from == BUILTIN_FILE             ? 2
		: note->from == BUILTIN_CLOCK            ? 3
							 : 0;
	int64_t period = 0;
	if (note->from == BUILTIN_FILE && note->argument)
		path = emit_default(e,
			text_format(e->arena, "%s__%s_path", e->name.data, t->c_name.data),
			note->argument->type, note->argument, NULL);
	if (note->from == BUILTIN_CLOCK && note->argument)
		period = note->argument->literal.integer;
	struct text keep = keep_function(e, t);
	return text_format(e->arena, "{ %s, %s, %s, %s, %s, %s, INT64_C(%lld), %s, %s },",
		c_table(e, t).data, number_or_none(e, t->rejected).data,
		number_or_none(e, t->conflicts).data, kinds[kind], origin.data, path.data,
		(long long)period, keep.data, c_place(e, t->symbol->declaration).data);
}

static size_t sources_table(struct emitter *e)
{
	struct vec rows = { NULL, 0, 0 };
	for (size_t i = 0; i < e->plan->tables.count; i++) {
		const struct plan_table *t = e->plan->tables.items[i];
		if (t->kind == PLAN_INPUT)
			vec_push(e->arena, &rows, (void *)source_row(e, t).data);
	}
	e->out = &e->tables;
	if (rows.count == 0)
		return 0;
	blank_line(e);
	line(e, "static const struct weft_source_info sources[] = {");
	for (size_t i = 0; i < rows.count; i++)
		line(e, "%s", (const char *)rows.items[i]);
	line(e, "};");
	return rows.count;
}

/* ---- rules ---- */

static void rules_table(struct emitter *e)
{
	e->out = &e->tables;
	for (size_t i = 0; i < e->plan->rules.count; i++) {
		const struct plan_rule *r = e->plan->rules.items[i];
		struct buffer needs = { e->arena, NULL, 0, 0 };
		for (size_t j = 0; j < r->needs.count; j++)
			buffer_format(
				&needs, j ? ", %s" : "%s", c_table(e, r->needs.items[j]).data);
		if (r->needs.count) {
			blank_line(e);
			line(e, "static const uint16_t %s_needs[] = { %s };",
				name_find(e, r->symbol, NAME_FUNCTION)->c.data,
				buffer_text(&needs).data);
		}
	}
	blank_line(e);
	line(e, "static const struct weft_rule_info rules[] = {");
	for (size_t i = 0; i < e->plan->rules.count; i++) {
		const struct plan_rule *r = e->plan->rules.items[i];
		const struct rule_note *note = r->symbol->declaration->note->rule;
		struct text name = name_find(e, r->symbol, NAME_FUNCTION)->c;
		struct text wait = r->wait == SIZE_MAX ? TEXT("WEFT_NONE")
						       : text_format(e->arena, "%zu", r->wait);
		struct text needs = r->needs.count ? text_format(e->arena, "%s_needs", name.data)
						   : TEXT("NULL");
		line(e,
			"{ %s, \"listener\", %s, %s, %zu, %s, &%s_handler, INT64_C(%lld), %s, %s, "
			"%zu, %s },",
			c_string(e->arena, r->symbol->name).data, c_table(e, r->table).data,
			number_or_none(e, r->observed).data, r->address, wait.data, name.data,
			(long long)note->drain, note->start_unsynced ? "true" : "false", needs.data,
			r->needs.count, c_place(e, r->symbol->declaration).data);
	}
	line(e, "};");
}

/* ---- user code ---- */

static bool is_extern(const struct plan_table *t)
{
	return t->kind == PLAN_INPUT && t->symbol && (t->symbol->declaration->flags & NODE_EXTERN);
}

/* Extern collections are filled by the user's C, which gets its instance in the first transaction.
 */
static const char *start_function(struct emitter *e)
{
	struct vec externs = { NULL, 0, 0 };
	for (size_t i = 0; i < e->plan->tables.count; i++) {
		if (is_extern(e->plan->tables.items[i]))
			vec_push(e->arena, &externs, e->plan->tables.items[i]);
	}
	if (externs.count == 0)
		return "NULL";
	e->out = &e->header;
	blank_line(e);
	for (size_t i = 0; i < externs.count; i++) {
		const char *name = c_lower(e, ((struct plan_table *)externs.items[i])->name).data;
		line(e,
			"/* yours: called once, in the first transaction; from then on put and "
			"delete as the world says, in the instance's thread. */");
		line(e, "void %s_start(struct %s *program);", name, e->name.data);
	}
	for (size_t i = 0; i < externs.count; i++) {
		const struct plan_table *t = externs.items[i];
		emit_extern(e, text_format(e->arena, "%s_start", c_lower(e, t->name).data));
	}
	e->out = &e->code;
	blank_line(e);
	line(e, "static enum weft_status %s__start(void *program)", e->name.data);
	line(e, "{");
	for (size_t i = 0; i < externs.count; i++)
		line(e, "%s_start((struct %s *)program);",
			c_lower(e, ((struct plan_table *)externs.items[i])->name).data,
			e->name.data);
	line(e, "return WEFT_OK;");
	line(e, "}");
	return text_format(e->arena, "%s__start", e->name.data).data;
}

static bool has_externs(const struct program *program)
{
	for (size_t i = 0; i < program->modules.count; i++) {
		const struct module *m = program->modules.items[i];
		for (size_t j = 0; j < m->symbols.count; j++) {
			const struct symbol *s = m->symbols.items[j];
			if (s->declaration && (s->declaration->flags & NODE_EXTERN) &&
				(s->kind == SYMBOL_COLLECTION || s->kind == SYMBOL_HANDLER))
				return true;
		}
	}
	return false;
}

void emit_program_info(struct emitter *e)
{
	struct vec params = parameters(e);
	if (params.count)
		params_table(e, &params);
	size_t sources = sources_table(e);
	const char *start = start_function(e);
	emit_engine_info(e);
	if (e->plan->rules.count)
		rules_table(e);
	e->out = &e->tables;
	const char *name = e->name.data;
	struct text file = base_file(e->program->main->source->path);
	blank_line(e);
	line(e, "const struct weft_program_info %s_program = {", name);
	line(e, "WEFT_ABI_VERSION, %s, %s, sizeof(struct %s), %s,",
		c_string(e->arena, e->name).data, c_string(e->arena, file).data, name,
		params.count ? text_format(e->arena, "offsetof(struct %s, params)", name).data
			     : "0");
	line(e, "%s, %zu, &engine_info,", params.count ? "params" : "NULL", params.count);
	line(e, "%s, %zu, %s, %zu, %s,", sources ? "sources" : "NULL", sources,
		e->plan->rules.count ? "rules" : "NULL", e->plan->rules.count, start);
	line(e, "};");
}

/* ---- the files ---- */

static void banner(struct emitter *e, struct buffer *b, const char *what)
{
	struct text file = base_file(e->program->main->source->path);
	buffer_format(b,
		"/* %s %.*s. Made by " GENERATOR "; do not edit: change the program, then\n"
		" *     weft build --emit c -o DIR %.*s\n */\n",
		what, TEXT_ARG(file), TEXT_ARG(file));
}

static void header_file(struct emitter *e, struct buffer *b)
{
	struct text guard = c_upper(e, e->name);
	banner(e, b, "The embedding API of");
	buffer_format(b,
		"#ifndef %s_H\n#define %s_H\n\n#include <weft/weft.h>\n\n#ifdef "
		"__cplusplus\nextern \"C\" {\n#endif\n",
		guard.data, guard.data);
	buffer_format(b,
		"\n/* An instance of the program: calls come from the thread that turns it, unless "
		"it is said otherwise. */\nstruct %s;\n",
		e->name.data);
	buffer_add(b, buffer_text(&e->header.text));
	buffer_format(b, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

static void source_file(struct emitter *e, struct buffer *b)
{
	banner(e, b, "The C of");
	buffer_format(b,
		"#include \"%s.h\"\n\n#include <weft/abi.h>\n\n#if WEFT_ABI_VERSION != 1\n"
		"#error \"this file was made for ABI 1 of libweft: generate it again with the weft "
		"that belongs to these headers\"\n#endif\n",
		e->name.data);
	buffer_add(b, buffer_text(&e->types.text));
	if (e->prototypes.text.size)
		buffer_add(b, TEXT("\n"));
	buffer_add(b, buffer_text(&e->prototypes.text));
	buffer_add(b, buffer_text(&e->descriptors.text));
	buffer_add(b, buffer_text(&e->code.text));
	buffer_add(b, buffer_text(&e->tables.text));
	buffer_add(b, buffer_text(&e->api.text));
}

static void main_file(struct emitter *e, struct buffer *b)
{
	banner(e, b, "A process around");
	buffer_format(b,
		"#include \"%s.h\"\n\nint main(int argc, char **argv)\n{\n\treturn "
		"weft_main(&%s_program, argc, argv);\n}\n",
		e->name.data, e->name.data);
}

/* A name of C out of a file's: `2-edge.proxy` becomes `edge_proxy`. */
static struct text identifier_of(struct emitter *e, struct text name)
{
	struct buffer b = { .arena = e->arena };
	for (size_t i = 0; i < name.size; i++) {
		unsigned char c = (unsigned char)name.data[i];
		if (isalpha(c) || (b.size && isdigit(c)))
			buffer_format(&b, "%c", c);
		else if (b.size && b.data[b.size - 1] != '_')
			buffer_format(&b, "_");
	}
	while (b.size && b.data[b.size - 1] == '_')
		b.data[--b.size] = 0;
	return b.size ? c_name(e, buffer_text(&b)) : TEXT("program");
}

/* The program's name in C: its file's; a `main.weft` is called after its folder. */
static struct text program_name(struct emitter *e)
{
	struct text name = e->program->name;
	if (!text_is(name, "main"))
		return identifier_of(e, name);
	char *whole = realpath(text_copy(e->arena, e->program->main->source->path).data, NULL);
	struct text folder = TEXT("");
	for (char *at = whole; at && (at = strchr(at, '/')) != NULL; at++) {
		const char *end = strchr(at + 1, '/');
		if (end)
			folder = text_copy(
				e->arena, (struct text){ at + 1, (size_t)(end - at - 1) });
	}
	free(whole);
	return identifier_of(e, c_lower(e, folder));
}

/* Its functions stand behind everything else. */
static void add_api(struct emitter *e)
{
	struct emit_section code = e->code;
	e->code = e->api;
	e->out = &e->code;
	blank_line(e);
	line(e, "/* ---- the embedding API: contracts in %s.h ---- */", e->name.data);
	emit_api(e);
	e->api = e->code;
	e->code = code;
}

struct emitted emit_program(struct plan *plan, struct diags *diags, bool api, bool line_directives)
{
	struct emitter *e = ARENA_NEW(plan->arena, struct emitter);
	e->arena = plan->arena;
	e->plan = plan;
	e->program = plan->program;
	e->diags = diags;
	e->line_directives = line_directives;
	e->has_api = api || has_externs(plan->program);
	e->name = program_name(e);
	struct emit_section *sections[] = { &e->types, &e->prototypes, &e->descriptors, &e->code,
		&e->tables, &e->api, &e->header };
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		sections[i]->text.arena = e->arena;
		buffer_add(&sections[i]->text, TEXT(""));
	}
	emit_params_struct(e);
	for (size_t i = 0; i < plan->tables.count; i++)
		c_descriptor(e, ((struct plan_table *)plan->tables.items[i])->row);
	emit_operators(e);
	emit_handlers(e);
	if (e->has_api)
		add_api(e);
	else
		emit_no_api(e);
	emit_program_info(e);

	struct buffer header = { e->arena, NULL, 0, 0 }, source = header, main = header;
	header_file(e, &header);
	source_file(e, &source);
	main_file(e, &main);
	return (struct emitted){
		.header = buffer_text(&header),
		.source = buffer_text(&source),
		.main = buffer_text(&main),
		.externs = e->externs.size ? buffer_text(&e->externs) : TEXT(""),
		.name = e->name,
	};
}

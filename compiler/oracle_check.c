/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * oracle_check.c: holds a dump of a running program against the evaluation from scratch. What is
 * not judged (a derivation that calls C, or waits for time) is said once, never passed over in
 * silence.
 */
#include "oracle.h"

/* "ports", "rejected(services)", "conflicts(ports)" */
static struct symbol *table_named(struct program *p, struct text name, enum builtin *of)
{
	struct text base = name;

	*of = BUILTIN_NONE;
	if (name.size > 10 && memcmp(name.data, "rejected(", 9) == 0) {
		*of = BUILTIN_REJECTED;
		base = (struct text){ name.data + 9, name.size - 10 };
	} else if (name.size > 11 && memcmp(name.data, "conflicts(", 10) == 0) {
		*of = BUILTIN_CONFLICTS;
		base = (struct text){ name.data + 10, name.size - 11 };
	}
	for (size_t m = 0; m < p->modules.count; m++) {
		struct module *module = p->modules.items[m];
		for (size_t i = 0; i < module->symbols.count; i++) {
			struct symbol *s = module->symbols.items[i];
			if (symbol_is_table(s) && s->declaration && text_equal(s->name, base))
				return s;
		}
	}
	return NULL;
}

static const struct type *row_type(struct symbol *s, enum builtin of)
{
	if (of == BUILTIN_REJECTED)
		return s->rejected ? s->rejected->type : NULL;
	return s->type;
}

/* One line of the dump: {"table":NAME,"row":ROW}. `given` has what it says, per table. */
static bool read_line(struct oracle *o, struct oracle *given, struct text line)
{
	static const char head[] = "{\"table\":\"", middle[] = "\",\"row\":";
	size_t h = sizeof(head) - 1, m = sizeof(middle) - 1;
	enum builtin of;

	if (line.size < h || memcmp(line.data, head, h) != 0)
		return false;
	const char *name = line.data + h, *end = memchr(name, '"', line.size - h);
	if (!end || (size_t)(line.data + line.size - end) < m + 1 || memcmp(end, middle, m) != 0)
		return false;
	struct text row = { end + m, (size_t)(line.data + line.size - 1 - (end + m)) };
	struct symbol *s =
		table_named(o->program, (struct text){ name, (size_t)(end - name) }, &of);
	const struct type *type = s ? row_type(s, of) : NULL;
	if (!type)
		return true; /* a table that the program declares nowhere: the runtime's own */
	struct oracle_table *t = oracle_find(given, s, of);
	const struct value *v;
	if (s->kind == SYMBOL_RULE) { /* what came of it is given, like a collection */
		v = value_from_json(o, type, row);
		if (v)
			vec_push(o->arena, &t->rows, (void *)v);
		return true;
	}
	if (s->single && type->kind != TYPE_RECORD) {
		static const char value[] = "{\"value\":";
		size_t n = sizeof(value) - 1;
		if (row.size <= n || memcmp(row.data, value, n) != 0)
			return false;
		v = value_from_json(o, type, (struct text){ row.data + n, row.size - n - 1 });
	} else {
		v = value_from_json(o, type, row);
	}
	if (v)
		vec_push(o->arena, &t->rows, (void *)v);
	return v != NULL;
}

static bool has_row(const struct oracle_table *t, const struct value *row)
{
	for (size_t i = 0; i < t->rows.count; i++)
		if (value_equal(t->rows.items[i], row))
			return true;
	return false;
}

static size_t difference(struct oracle *o, const char *verdict, struct symbol *s, enum builtin of,
	const struct oracle_table *have, const struct oracle_table *other, struct buffer *report)
{
	size_t n = 0;
	for (size_t i = 0; i < have->rows.count; i++) {
		if (has_row(other, have->rows.items[i]))
			continue;
		n++;
		buffer_format(report, "%s%.*s: %s: %.*s\n",
			of == BUILTIN_CONFLICTS ? "conflicts of " : "", TEXT_ARG(s->name), verdict,
			TEXT_ARG(value_show(o, have->rows.items[i])));
	}
	return n;
}

/* Columns that nothing reads are not stored: they are none on both sides. */
static const struct value *stored_part(
	struct oracle *o, const struct type *type, const struct value *v)
{
	if (!type || type->kind != TYPE_RECORD || v->kind != VALUE_RECORD)
		return v;
	const struct value **items = ARENA_ARRAY(o->arena, const struct value *, v->count + 1);
	for (size_t i = 0; i < v->count; i++)
		items[i] = type->record->fields[i].used ? v->items[i] : value_none();
	return value_record(o, v->names, items, v->count);
}

static void keep_stored(struct oracle *o, const struct type *type, struct oracle_table *t)
{
	for (size_t i = 0; i < t->rows.count; i++)
		t->rows.items[i] = (void *)stored_part(o, type, t->rows.items[i]);
}

static size_t judge(struct oracle *o, struct oracle *given, struct symbol *s, struct buffer *report)
{
	size_t n = 0;

	o->unknown = NULL;
	oracle_table_of(o, s);
	if (o->unknown) {
		buffer_format(report, "# %.*s is not judged: it uses %s\n", TEXT_ARG(s->name),
			o->unknown);
		return 0;
	}
	for (int i = 0; i < 2; i++) {
		enum builtin of = i ? BUILTIN_CONFLICTS : BUILTIN_NONE;
		struct oracle_table *mine = oracle_find(o, s, of),
				    *theirs = oracle_find(given, s, of);
		keep_stored(o, s->type, mine);
		keep_stored(o, s->type, theirs);
		n += difference(o, "must be there, and is not", s, of, mine, theirs, report);
		n += difference(o, "is there, and must not be", s, of, theirs, mine, report);
		if (mine->rows.count != theirs->rows.count && !n) {
			n++;
			buffer_format(report, "%.*s: %zu rows, and %zu are right\n",
				TEXT_ARG(s->name), theirs->rows.count, mine->rows.count);
		}
	}
	return n;
}

/* The params come first: {"param":NAME,"value":V}. */
static bool read_param(struct oracle *o, struct text line)
{
	for (size_t m = 0; m < o->program->modules.count; m++) {
		struct module *module = o->program->modules.items[m];
		for (size_t i = 0; i < module->symbols.count; i++) {
			struct symbol *s = module->symbols.items[i];
			struct text head = text_format(
				o->arena, "{\"param\":\"%.*s\",\"value\":", TEXT_ARG(s->name));
			if (s->kind != SYMBOL_PARAM || line.size <= head.size ||
				memcmp(line.data, head.data, head.size) != 0)
				continue;
			struct oracle_binding *b = ARENA_NEW(o->arena, struct oracle_binding);
			b->symbol = s;
			b->value = value_from_json(o, s->type,
				(struct text){ line.data + head.size, line.size - head.size - 1 });
			vec_push(o->arena, &o->parameters, b);
			return b->value != NULL;
		}
	}
	return false;
}

size_t oracle_check(struct program *program, struct text dump, struct buffer *report)
{
	struct oracle o = { .arena = arena_new(), .program = program };
	struct oracle given = { .arena = o.arena, .program = program };
	size_t n = 0;

	for (const char *at = dump.data, *end = dump.data + dump.size; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct text line = { at, (size_t)((stop ? stop : end) - at) };
		if (line.size && !read_param(&o, line) && !read_line(&o, &given, line)) {
			buffer_format(report, "a line of the dump does not fit the program: %.*s\n",
				TEXT_ARG(line));
			n++;
		}
		at = stop ? stop + 1 : end;
	}
	for (size_t i = 0; i < given.tables.count; i++) {
		struct oracle_table *t = given.tables.items[i];
		if (t->symbol->kind == SYMBOL_DERIVE)
			continue;
		struct oracle_table *mine = oracle_find(&o, t->symbol, t->of);
		mine->rows = t->rows;
		mine->known = true;
	}
	for (size_t i = 0; i < program->tables.count; i++) {
		struct symbol *s = program->tables.items[i];
		if (s->kind == SYMBOL_DERIVE)
			n += judge(&o, &given, s, report);
	}
	arena_free(o.arena);
	return n;
}

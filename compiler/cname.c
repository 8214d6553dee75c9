/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * cname.c: names of the generated C. A name of the program is used as it is: identifiers of Weft
 * have neither a leading nor a double underscore, so `module__name` cannot clash with one; keywords
 * get an underscore behind.
 */
#include "emit.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

/* C11, C++17, and what headers define as macros. */
static const char *const reserved[] = {
	"alignas",
	"alignof",
	"and",
	"and_eq",
	"asm",
	"auto",
	"bitand",
	"bitor",
	"bool",
	"break",
	"case",
	"catch",
	"char",
	"char16_t",
	"char32_t",
	"class",
	"compl",
	"const",
	"const_cast",
	"constexpr",
	"continue",
	"decltype",
	"default",
	"delete",
	"do",
	"double",
	"dynamic_cast",
	"else",
	"enum",
	"explicit",
	"export",
	"extern",
	"false",
	"float",
	"for",
	"friend",
	"goto",
	"if",
	"inline",
	"int",
	"linux",
	"long",
	"mutable",
	"namespace",
	"new",
	"noexcept",
	"not",
	"not_eq",
	"nullptr",
	"operator",
	"or",
	"or_eq",
	"private",
	"protected",
	"public",
	"register",
	"reinterpret_cast",
	"restrict",
	"return",
	"short",
	"signed",
	"sizeof",
	"static",
	"static_assert",
	"static_cast",
	"struct",
	"switch",
	"template",
	"this",
	"thread_local",
	"throw",
	"true",
	"try",
	"typedef",
	"typeid",
	"typename",
	"typeof",
	"union",
	"unix",
	"unsigned",
	"using",
	"virtual",
	"void",
	"volatile",
	"wchar_t",
	"while",
	"xor",
	"xor_eq",
	"errno",
	"stdin",
	"stdout",
	"stderr",
	"main",
	"offsetof",
	"assert",
};
/* What generated functions call their own things. */
static const char *const taken[] = {
	"w",
	"p",
	"conn",
	"self",
	"scope",
	"program",
	"engine",
	"status",
	"weight",
	"row",
	"value",
	"tables",
	"operators",
	"engine_info",
	"program_info",
	"rules",
	"sources",
	"params",
	"head",
};

static bool is_among(struct text name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(name, words[i]))
			return true;
	}
	return false;
}

struct text c_name(struct emitter *e, struct text name)
{
	if (is_among(name, reserved, sizeof(reserved) / sizeof(*reserved)))
		return text_format(e->arena, "%.*s_", TEXT_ARG(name));
	return text_copy(e->arena, name);
}

static struct text snake(struct emitter *e, struct text name, int (*letter)(int))
{
	struct buffer b = { e->arena, NULL, 0, 0 };
	for (size_t i = 0; i < name.size; i++) {
		unsigned char c = (unsigned char)name.data[i];
		bool lower_before = i > 0 &&
			(islower((unsigned char)name.data[i - 1]) ||
				isdigit((unsigned char)name.data[i - 1]));
		bool lower_behind = i > 0 && i + 1 < name.size &&
			islower((unsigned char)name.data[i + 1]) &&
			isupper((unsigned char)name.data[i - 1]);
		if (isupper(c) && (lower_before || lower_behind))
			buffer_add(&b, TEXT("_"));
		buffer_format(&b, "%c", isalnum(c) ? letter(c) : '_');
	}
	while (b.size > 1 && b.data[b.size - 1] == '_')
		b.data[--b.size] = 0;
	return buffer_text(&b);
}

struct text c_lower(struct emitter *e, struct text name)
{
	return snake(e, name, tolower);
}

struct text c_upper(struct emitter *e, struct text name)
{
	return snake(e, name, toupper);
}

struct text c_global(struct emitter *e, const struct module *m, struct text name)
{
	struct text module = m == NULL || m == e->program->main ? e->name : c_lower(e, m->name);
	return text_format(e->arena, "%s__%s", module.data, c_lower(e, name).data);
}

struct emit_name *name_find(struct emitter *e, const void *key, enum name_kind kind)
{
	for (size_t i = 0; i < e->names.count; i++) {
		struct emit_name *n = e->names.items[i];
		if (n->key == key && n->kind == kind)
			return n;
	}
	return NULL;
}

static bool is_used(const struct emitter *e, struct text c)
{
	for (size_t i = 0; i < e->names.count; i++) {
		if (text_equal(((struct emit_name *)e->names.items[i])->c, c))
			return true;
	}
	return false;
}

struct emit_name *name_add(
	struct emitter *e, const void *key, enum name_kind kind, struct text wanted)
{
	struct text c = wanted;
	for (unsigned i = 2; is_used(e, c); i++)
		c = text_format(e->arena, "%s_%u", wanted.data, i);
	struct emit_name *n = ARENA_NEW(e->arena, struct emit_name);
	n->key = key;
	n->kind = kind;
	n->c = c;
	vec_push(e->arena, &e->names, n);
	return n;
}

static bool is_local(const struct emitter *e, struct text c)
{
	for (size_t i = 0; i < e->locals.count; i++) {
		if (text_is(c, e->locals.items[i]))
			return true;
	}
	return is_among(c, taken, sizeof(taken) / sizeof(*taken)) || is_used(e, c);
}

struct text c_local(struct emitter *e, const char *hint, ...)
{
	char wanted[128];
	va_list arguments;
	va_start(arguments, hint);
	vsnprintf(wanted, sizeof(wanted), hint, arguments);
	va_end(arguments);
	struct text base = c_name(e, text_of(wanted)), c = base;
	for (unsigned i = 2; is_local(e, c); i++)
		c = text_format(e->arena, "%s_%u", base.data, i);
	vec_push(e->arena, &e->locals, (void *)c.data);
	return c;
}

struct text c_table(struct emitter *e, const struct plan_table *t)
{
	return text_format(e->arena, "TABLE_%s", c_upper(e, t->c_name).data);
}

struct text c_index(struct emitter *e, const struct plan_table *t, const struct plan_index *i)
{
	(void)t;
	return i == NULL ? TEXT("WEFT_PRIMARY") : text_format(e->arena, "%u", i->number);
}

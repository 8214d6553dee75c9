/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_public.c: the types of the public header, apart from those of stored rows: text by pointer
 * and length, lists as arrays. For each there is a conversion out (show_...) and one in (take_...),
 * printed when something needs it.
 */
#include "emit_make.h"
#include "emit_public.h"

static struct text public_name(struct emitter *e, const struct type *t)
{
	struct text name;
	switch (t->kind) {
	case TYPE_RECORD:
		name = c_lower(e, t->record->name);
		break;
	case TYPE_ENUM:
		name = c_lower(e, t->enumeration->name);
		break;
	case TYPE_REF:
		return text_format(
			e->arena, "%s_%s_ref", e->name.data, c_lower(e, t->collection->name).data);
	case TYPE_LIST:
		return text_format(e->arena, "%s_list", public_tag(e, t->item).data);
	case TYPE_OPTION:
		return text_format(e->arena, "%s_option", public_tag(e, t->item).data);
	case TYPE_MAP:
		return text_format(e->arena, "%s_map", public_tag(e, t->item).data);
	default:
		name = c_tag(e, t);
		break;
	}
	return text_format(e->arena, "%s_%s", e->name.data, name.data);
}

struct text public_tag(struct emitter *e, const struct type *t)
{
	struct emit_name *n = name_find(e, t, NAME_PUBLIC);
	return n ? n->c : name_add(e, t, NAME_PUBLIC, public_name(e, t))->c;
}

/* Stored and public form are one. */
static bool is_same(const struct type *t)
{
	if (t->kind == TYPE_OPTION)
		return !type_is_struct(t->item) && is_same(t->item);
	return !type_is_id(t) && !type_is_struct(t) && t->kind != TYPE_SELECTOR &&
		t->kind != TYPE_ENUM;
}

/* ---- types ---- */

static bool begin(struct emitter *e, const struct type *t)
{
	if (name_find(e, t, NAME_PUBLIC_STRUCT))
		return false;
	name_add(e, t, NAME_PUBLIC_STRUCT,
		text_format(e->arena, "struct %s", public_tag(e, t).data));
	return true;
}

static void fields(struct emitter *e, const struct type *t)
{
	for (size_t i = 0; t->kind == TYPE_RECORD && i < t->record->count; i++) {
		if (t->record->fields[i].used)
			line(e, "%s %s;", c_public(e, t->record->fields[i].type).data,
				c_field(e, t->record, i).data);
	}
	for (size_t i = 0; t->kind == TYPE_REF && i < t->collection->key_count; i++)
		line(e, "%s %s;", c_public(e, type_of_key(t, i)).data, c_key(e, t, i).data);
}

static void need_fields(struct emitter *e, const struct type *t)
{
	for (size_t i = 0; t->kind == TYPE_RECORD && i < t->record->count; i++) {
		if (t->record->fields[i].used)
			c_public(e, t->record->fields[i].type);
	}
	for (size_t i = 0; t->kind == TYPE_REF && i < t->collection->key_count; i++)
		c_public(e, type_of_key(t, i));
	for (size_t i = 0; t->kind == TYPE_ENUM && i < t->enumeration->count; i++) {
		for (size_t j = 0; j < t->enumeration->variants[i].payload_count; j++)
			c_public(e, t->enumeration->variants[i].payload[j]);
	}
}

static struct text public_variant(struct emitter *e, const struct type *t, size_t i)
{
	return text_format(e->arena, "%s_%s", c_upper(e, public_tag(e, t)).data,
		c_upper(e, t->enumeration->variants[i].name).data);
}

static void enum_type(struct emitter *e, const struct type *t, struct text name)
{
	const struct enumeration *n = t->enumeration;
	blank_line(e);
	doc_comment(e, n->declaration);
	line(e, "enum %s%s {", name.data, n->is_plain ? "" : "_tag");
	for (size_t i = 0; i < n->count; i++)
		line(e, "%s,", public_variant(e, t, i).data);
	line(e, "};");
	if (n->is_plain)
		return;
	line(e, "struct %s {", name.data);
	line(e, "enum %s_tag tag;", name.data);
	line(e, "union {");
	for (size_t i = 0; i < n->count; i++) {
		if (n->variants[i].payload_count == 0)
			continue;
		line(e, "struct {");
		for (size_t j = 0; j < n->variants[i].payload_count; j++)
			line(e, "%s item%zu;", c_public(e, n->variants[i].payload[j]).data, j);
		line(e, "} %s;", c_name(e, c_lower(e, n->variants[i].name)).data);
	}
	line(e, "} as;");
	line(e, "};");
}

static void struct_type(struct emitter *e, const struct type *t, struct text name)
{
	need_fields(e, t);
	struct text item = t->item ? c_public(e, t->item) : TEXT(""),
		    key = t->key ? c_public(e, t->key) : TEXT("");
	struct emit_section *outer = e->out;
	e->out = &e->header;
	if (t->kind == TYPE_ENUM) {
		enum_type(e, t, name);
		e->out = outer;
		return;
	}
	blank_line(e);
	if (t->kind == TYPE_RECORD)
		doc_comment(e, t->record->declaration);
	if (t->kind == TYPE_MAP) {
		line(e, "struct %s_entry {", name.data);
		line(e, "%s key;", key.data);
		line(e, "%s value;", item.data);
		line(e, "};");
		item = text_format(e->arena, "struct %s_entry", name.data);
	}
	line(e, "struct %s {", name.data);
	if (t->kind == TYPE_LIST || t->kind == TYPE_MAP) {
		line(e, "const %s *items;", item.data);
		line(e, "size_t count;");
	} else if (t->kind == TYPE_OPTION) {
		line(e, "bool has;");
		line(e, "%s value;", item.data);
	} else {
		fields(e, t);
		if (t->kind == TYPE_RECORD && column_count(t->record) == 0)
			line(e, "uint8_t nothing;");
	}
	line(e, "};");
	e->out = outer;
}

struct text c_public(struct emitter *e, const struct type *t)
{
	if (type_is_text(t))
		return TEXT("struct weft_text");
	if (t->kind == TYPE_LABELS)
		return TEXT("struct weft_pairs");
	if (t->kind == TYPE_SELECTOR)
		return TEXT("struct weft_label_selector");
	if (t->kind == TYPE_OPTION && type_is_text(t->item))
		return TEXT("struct weft_opt_text");
	if (is_same(t))
		return c_stored(e, t);
	struct text name = public_tag(e, t);
	if (begin(e, t))
		struct_type(e, t, name);
	return text_format(e->arena, "%s %s",
		t->kind == TYPE_ENUM && t->enumeration->is_plain ? "enum" : "struct", name.data);
}

/* ---- out ---- */

static struct text converter(struct emitter *e, const struct type *t, bool out);

/* Statements that set the lvalue `to` from the stored lvalue `from`. */
void emit_show(struct emitter *e, const struct type *t, const char *from, const char *to)
{
	if (type_is_text(t))
		line(e, "%s = weft_text_of(w->intern, %s);", to, from);
	else if (t->kind == TYPE_LABELS)
		line(e, "%s = weft_public_labels(w, %s);", to, from);
	else if (t->kind == TYPE_SELECTOR)
		line(e, "%s = weft_public_selector(w, %s);", to, from);
	else if (t->kind == TYPE_OPTION && type_is_text(t->item))
		line(e, "%s = weft_opt_text_of(w->intern, %s);", to, from);
	else if (is_same(t))
		line(e, "%s = %s;", to, from);
	else if (t->kind == TYPE_ENUM && t->enumeration->is_plain)
		line(e, "%s = (%s)%s;", to, c_public(e, t).data, from);
	else
		line(e, "%s(w, &%s, &%s);", converter(e, t, true).data, from, to);
}

static void show_list(struct emitter *e, const struct type *t)
{
	struct text item = t->kind == TYPE_MAP
		? text_format(e->arena, "struct %s_entry", public_tag(e, t).data)
		: c_public(e, t->item);
	struct text stored = t->kind == TYPE_MAP
		? text_format(e->arena, "struct %s_entry", c_tag(e, t).data)
		: c_stored(e, t->item);
	line(e, "struct weft_list list = weft_list_of(w->intern, *from);");
	line(e, "%s *items = (%s *)weft_embed_room(w, list.count * sizeof(*items));", item.data,
		item.data);
	line(e, "for (size_t i = 0; items != NULL && i < list.count; i++) {");
	line(e, "const %s *stored = (const %s *)list.items + i;", stored.data, stored.data);
	if (t->kind == TYPE_MAP) {
		emit_show(e, t->key, "stored->key", "items[i].key");
		emit_show(e, t->item, "stored->value", "items[i].value");
	} else {
		emit_show(e, t->item, "(*stored)", "items[i]");
	}
	line(e, "}");
	line(e, "to->items = items;");
	line(e, "to->count = items != NULL ? list.count : 0;");
}

static struct text path(struct emitter *e, const char *base, struct text name)
{
	return text_format(e->arena, "%s->%s", base, name.data);
}

typedef void convert_fn(struct emitter *e, const struct type *t, const char *from, const char *to,
	const char *what);

static void show_one(
	struct emitter *e, const struct type *t, const char *from, const char *to, const char *what)
{
	(void)what;
	emit_show(e, t, from, to);
}

static void each_field(struct emitter *e, const struct type *t, convert_fn *convert)
{
	for (size_t i = 0; t->kind == TYPE_RECORD && i < t->record->count; i++) {
		if (!t->record->fields[i].used)
			continue;
		struct text f = c_field(e, t->record, i);
		convert(e, t->record->fields[i].type, path(e, "from", f).data,
			path(e, "to", f).data, text_copy(e->arena, t->record->fields[i].name).data);
	}
	for (size_t i = 0; t->kind == TYPE_REF && i < t->collection->key_count; i++) {
		struct text f = c_key(e, t, i);
		convert(e, type_of_key(t, i), path(e, "from", f).data, path(e, "to", f).data,
			f.data);
	}
}

static void each_variant(struct emitter *e, const struct type *t, convert_fn *convert, bool out)
{
	const struct enumeration *n = t->enumeration;
	bool first = true;
	for (size_t i = 0; i < n->count; i++) {
		const struct enum_variant *v = &n->variants[i];
		if (v->payload_count == 0)
			continue;
		line(e, first ? "if (from->tag == %s) {" : "} else if (from->tag == %s) {",
			out ? c_variant(e, n, i).data : public_variant(e, t, i).data);
		first = false;
		for (size_t j = 0; j < v->payload_count; j++) {
			struct text item = text_format(
				e->arena, "as.%s.item%zu", c_name(e, c_lower(e, v->name)).data, j);
			convert(e, v->payload[j], path(e, "from", item).data,
				path(e, "to", item).data, text_copy(e->arena, v->name).data);
		}
	}
	if (!first)
		line(e, "}");
}

static void show_body(struct emitter *e, const struct type *t)
{
	switch (t->kind) {
	case TYPE_LIST:
	case TYPE_MAP:
		show_list(e, t);
		return;
	case TYPE_OPTION:
		line(e, "to->has = from->has;");
		emit_show(e, t->item, "from->value", "to->value");
		return;
	case TYPE_ENUM:
		line(e, "memset(to, 0, sizeof(*to));");
		line(e, "to->tag = (enum %s_tag)from->tag;", public_tag(e, t).data);
		each_variant(e, t, show_one, true);
		return;
	default:
		each_field(e, t, show_one);
	}
}

/* ---- in ---- */

static void refuse(struct emitter *e, const char *what, const char *why)
{
	line(e, "*why = \"%s: %s\";", what, why);
	line(e, "return false;");
	line(e, "}");
}

/* Statements that set the stored lvalue `to`, or leave with a reason. */
void emit_take(
	struct emitter *e, const struct type *t, const char *from, const char *to, const char *what)
{
	if (type_is_text(t)) {
		line(e, "if (!weft_take_text(w, %s, &%s)) {", from, to);
		refuse(e, what, "not UTF-8");
	} else if (t->kind == TYPE_LABELS) {
		line(e, "if (!weft_take_labels(w, %s, &%s)) {", from, to);
		refuse(e, what, "not UTF-8, or a label stands twice");
	} else if (t->kind == TYPE_SELECTOR) {
		line(e, "if (!weft_take_selector(w, %s, &%s)) {", from, to);
		refuse(e, what, "not a selector: an unknown operator, or In without values");
	} else if (t->kind == TYPE_OPTION && type_is_text(t->item)) {
		line(e, "%s.has = %s.has;", to, from);
		line(e, "if (%s.has && !weft_take_text(w, %s.value, &%s.value)) {", from, from, to);
		refuse(e, what, "not UTF-8");
	} else if (t->kind == TYPE_CIDR) {
		line(e, "if (%s.bits > 128) {", from);
		refuse(e, what, "more than 128 bits");
		line(e, "%s = %s;", to, from);
	} else if (t->kind == TYPE_FLOAT) {
		line(e, "if (!(%s <= 0) && !(%s >= 0)) {", from, from);
		refuse(e, what, "not a number");
		line(e, "%s = %s + 0.0;", to, from);
	} else if (t->kind == TYPE_OPTION && is_same(t)) {
		line(e, "%s.has = %s.has;", to, from);
		line(e, "if (%s.has)", from);
		line_under(e, "%s.value = %s.value;", to, from);
	} else if (is_same(t)) {
		line(e, "%s = %s;", to, from);
	} else if (t->kind == TYPE_ENUM && t->enumeration->is_plain) {
		line(e, "if ((uint32_t)%s >= %zu) {", from, t->enumeration->count);
		refuse(e, what, "no such variant");
		line(e, "%s = (uint32_t)%s;", to, from);
	} else {
		line(e, "if (!%s(w, &%s, &%s, why))", converter(e, t, false).data, from, to);
		line_under(e, "return false;");
	}
}

static void take_list(struct emitter *e, const struct type *t)
{
	struct text stored = t->kind == TYPE_MAP
		? text_format(e->arena, "struct %s_entry", c_tag(e, t).data)
		: c_stored(e, t->item);
	line(e, "%s *items = (%s *)weft_embed_room(w, from->count * sizeof(*items));", stored.data,
		stored.data);
	line(e, "for (size_t i = 0; items != NULL && i < from->count; i++) {");
	if (t->kind == TYPE_MAP) {
		emit_take(e, t->key, "from->items[i].key", "items[i].key", "key");
		emit_take(e, t->item, "from->items[i].value", "items[i].value", "value");
	} else {
		emit_take(e, t->item, "from->items[i]", "items[i]", "an item");
	}
	line(e, "}");
	line(e, "struct weft_list list = { items, from->count };");
	struct text item = t->kind == TYPE_MAP
		? text_format(e->arena, "%s.item", c_descriptor(e, t).data + 1)
		: c_descriptor(e, t->item);
	line(e, "if (items != NULL)");
	line_under(e, "*to = weft_keep_list(w, %s, list);", item.data);
	line(e, "return w->status == WEFT_OK;");
}

static void take_body(struct emitter *e, const struct type *t)
{
	switch (t->kind) {
	case TYPE_LIST:
	case TYPE_MAP:
		take_list(e, t);
		return;
	case TYPE_OPTION:
		line(e, "to->has = from->has;");
		line(e, "if (from->has) {");
		emit_take(e, t->item, "from->value", "to->value", "value");
		line(e, "}");
		break;
	case TYPE_ENUM:
		line(e, "to->tag = (uint32_t)from->tag;");
		line(e, "if (to->tag >= %zu) {", t->enumeration->count);
		refuse(e, text_copy(e->arena, t->enumeration->name).data, "no such variant");
		each_variant(e, t, emit_take, false);
		break;
	default:
		each_field(e, t, emit_take);
		break;
	}
	line(e, "return true;");
}

/* show_X(w, from, to) or take_X(w, from, to, why), printed on first use. */
static struct text converter(struct emitter *e, const struct type *t, bool out)
{
	enum name_kind kind = out ? NAME_SHOW : NAME_TAKE;
	struct emit_name *n = name_find(e, t, kind);
	if (n)
		return n->c;
	struct text tag = c_tag(e, t);
	n = name_add(e, t, kind, text_format(e->arena, out ? "show_%s" : "take_%s", tag.data));
	struct text stored = c_stored(e, t), shown = c_public(e, t);
	c_descriptor(e, t);
	struct emit_body body;
	emit_body_begin(e, &body);
	if (out)
		show_body(e, t);
	else
		take_body(e, t);
	emit_body_end(e, &body);
	const char *text = buffer_text(&body.section.text).data;
	struct emit_section *outer = e->out;
	e->out = &e->code;
	blank_line(e);
	if (out)
		line(e, "static void %s(struct weft_scope *w, const %s *from, %s *to)", n->c.data,
			stored.data, shown.data);
	else
		line(e,
			"static bool %s(struct weft_scope *w, const %s *from, %s *to, const char "
			"**why)",
			n->c.data, shown.data, stored.data);
	line(e, "{");
	if (!strstr(text ? text : "", "w->") && !strstr(text ? text : "", "(w, "))
		line(e, "(void)w;");
	if (!out && !strstr(text ? text : "", "why"))
		line(e, "(void)why;");
	if (!strstr(text ? text : "", "from"))
		line(e, "(void)from;");
	if (!strstr(text ? text : "", "to->") && !strstr(text ? text : "", "*to"))
		line(e, "(void)to;");
	emit_body_print(e, &body);
	line(e, "}");
	e->out = outer;
	return n->c;
}

struct text public_converter(struct emitter *e, const struct type *t, bool out)
{
	return converter(e, t, out);
}

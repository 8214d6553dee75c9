/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_type.c: how the types of Weft look in C: stored form, expression form, structs and enums,
 * and the descriptors that decode, print, compare and retain read. One descriptor per type and
 * program: lists are shared by it.
 */
#include "emit.h"
#include "emit_type.h"
#include "check.h"

struct scalar {
	const char *stored, *expression, *descriptor, *tag, *option;
	unsigned align;
};

static const struct scalar scalars[] = {
	[TYPE_BOOL] = { "bool", "bool", "&weft_type_bool", "bool", "struct weft_opt_bool", 1 },
	[TYPE_INT] = { "int64_t", "int64_t", "&weft_type_int", "int", "struct weft_opt_int", 8 },
	[TYPE_FLOAT] = { "double", "double", "&weft_type_float", "float", "struct weft_opt_float",
		8 },
	[TYPE_STRING] = { "weft_id", "struct weft_text", "&weft_type_string", "string",
		"struct weft_opt_text", 4 },
	[TYPE_BYTES] = { "weft_id", "struct weft_text", "&weft_type_bytes", "bytes",
		"struct weft_opt_text", 4 },
	[TYPE_PORT] = { "uint16_t", "uint16_t", "&weft_type_port", "port", "struct weft_opt_port",
		2 },
	[TYPE_IP] = { "struct weft_ip", "struct weft_ip", "&weft_type_ip", "ip",
		"struct weft_opt_ip", 1 },
	[TYPE_CIDR] = { "struct weft_cidr", "struct weft_cidr", "&weft_type_cidr", "cidr",
		"struct weft_opt_cidr", 1 },
	[TYPE_ADDR] = { "struct weft_addr", "struct weft_addr", "&weft_type_addr", "addr",
		"struct weft_opt_addr", 2 },
	[TYPE_DURATION] = { "int64_t", "int64_t", "&weft_type_duration", "duration",
		"struct weft_opt_int", 8 },
	[TYPE_SIZE] = { "int64_t", "int64_t", "&weft_type_size", "size", "struct weft_opt_int", 8 },
	[TYPE_INSTANT] = { "int64_t", "int64_t", "&weft_type_instant", "instant",
		"struct weft_opt_int", 8 },
	[TYPE_IDENTITY] = { "weft_id", "struct weft_text", "&weft_type_identity", "identity",
		"struct weft_opt_text", 4 },
	[TYPE_LABELS] = { "weft_id", "struct weft_list", "&weft_type_labels", "labels",
		"struct weft_opt_list", 4 },
	[TYPE_SELECTOR] = { "struct weft_selector", "struct weft_selector", "&weft_type_selector",
		"selector", "struct weft_opt_selector", 4 },
	[TYPE_VERDICT] = { "struct weft_verdict", "struct weft_verdict", NULL, "verdict", NULL, 8 },
	[TYPE_CONN] = { NULL, "struct weft_conn *", NULL, "conn", NULL, 8 },
	[TYPE_STREAM] = { NULL, "struct weft_stream *", NULL, "stream", "struct weft_stream *", 8 },
};

static const struct scalar *scalar_of(const struct type *t)
{
	static const struct scalar tag = { "uint32_t", "uint32_t", NULL, NULL,
		"struct weft_opt_tag", 4 };
	static const struct scalar list = { "weft_id", "struct weft_list", NULL, NULL,
		"struct weft_opt_list", 4 };
	if (t->kind == TYPE_ENUM && t->enumeration->is_plain)
		return &tag;
	if (t->kind == TYPE_LIST || t->kind == TYPE_MAP)
		return &list;
	if (t->kind < sizeof(scalars) / sizeof(*scalars) && scalars[t->kind].expression)
		return &scalars[t->kind];
	return NULL;
}

bool type_is_struct(const struct type *t)
{
	return t->kind == TYPE_RECORD || t->kind == TYPE_REF ||
		(t->kind == TYPE_ENUM && !t->enumeration->is_plain);
}

bool type_is_id(const struct type *t)
{
	return t->kind == TYPE_STRING || t->kind == TYPE_BYTES || t->kind == TYPE_IDENTITY ||
		t->kind == TYPE_LABELS || t->kind == TYPE_LIST || t->kind == TYPE_MAP;
}

bool type_is_text(const struct type *t)
{
	return t->kind == TYPE_STRING || t->kind == TYPE_BYTES || t->kind == TYPE_IDENTITY;
}

size_t column_count(const struct record *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->count; i++)
		count += r->fields[i].used;
	return count;
}

size_t column_field(const struct record *r, size_t column)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->fields[i].used && column-- == 0)
			return i;
	}
	return NO_FIELD;
}

struct text c_field(struct emitter *e, const struct record *r, size_t field)
{
	return c_name(e, r->fields[field].name);
}

/* ---- names ---- */

static struct text tag(struct emitter *e, const struct type *t);

static struct text new_tag(struct emitter *e, const struct type *t)
{
	switch (t->kind) {
	case TYPE_RECORD: {
		struct text name = c_global(e, t->record->module, t->record->name);
		bool observed = t->record->declaration && t->record->declaration->kind == NODE_RULE;
		return observed ? text_format(e->arena, "%s_state", name.data) : name;
	}
	case TYPE_ENUM:
		return c_global(e, t->enumeration->module, t->enumeration->name);
	case TYPE_REF:
		return text_format(e->arena, "%s_ref",
			c_global(e, t->collection->module, t->collection->name).data);
	case TYPE_LIST:
		return text_format(e->arena, "%s_list", tag(e, t->item).data);
	case TYPE_OPTION:
		return text_format(e->arena, "%s_option", tag(e, t->item).data);
	case TYPE_MAP:
		return text_format(
			e->arena, "%s_%s_map", tag(e, t->key).data, tag(e, t->item).data);
	default:
		return text_of(scalars[t->kind].tag);
	}
}

/* The base of all C names of a type. */
static struct text tag(struct emitter *e, const struct type *t)
{
	struct emit_name *n = name_find(e, t, NAME_TAG);
	if (n == NULL && t->kind == TYPE_RECORD && type_is_label(t))
		return TEXT("weft_label");
	if (n == NULL && scalar_of(t) && t->kind < TYPE_LABELS)
		return text_of(scalars[t->kind].tag);
	return n ? n->c : name_add(e, t, NAME_TAG, new_tag(e, t))->c;
}

struct text c_tag(struct emitter *e, const struct type *t)
{
	return tag(e, t);
}

/* The element of Labels has its own struct in the ABI. */
bool type_is_label(const struct type *t)
{
	return t->kind == TYPE_RECORD && t->record->declaration == NULL && t->record->count == 2 &&
		text_is(t->record->fields[0].name, "key") &&
		text_is(t->record->fields[1].name, "value") &&
		t->record->fields[0].type->kind == TYPE_STRING &&
		t->record->fields[1].type->kind == TYPE_STRING;
}

struct text c_variant(struct emitter *e, const struct enumeration *n, size_t variant)
{
	struct text base = c_global(e, n->module, n->name);
	return text_format(e->arena, "%s_%s", c_upper(e, base).data,
		c_upper(e, n->variants[variant].name).data);
}

/* ---- alignment and ids, for the descriptors ---- */

static unsigned align_of(const struct type *t)
{
	unsigned align = 1;
	switch (t->kind) {
	case TYPE_RECORD:
		for (size_t i = 0; i < t->record->count; i++) {
			if (t->record->fields[i].used &&
				align_of(t->record->fields[i].type) > align)
				align = align_of(t->record->fields[i].type);
		}
		return align;
	case TYPE_REF:
		for (size_t i = 0; i < t->collection->key_count; i++) {
			unsigned a = align_of(type_of_key(t, i));
			align = a > align ? a : align;
		}
		return align;
	case TYPE_ENUM:
		align = 4;
		for (size_t i = 0; i < t->enumeration->count; i++) {
			for (size_t j = 0; j < t->enumeration->variants[i].payload_count; j++) {
				unsigned a = align_of(t->enumeration->variants[i].payload[j]);
				align = a > align ? a : align;
			}
		}
		return align;
	case TYPE_OPTION:
		return align_of(t->item);
	default:
		return scalar_of(t)->align;
	}
}

bool type_has_ids(const struct type *t)
{
	if (type_is_id(t) || t->kind == TYPE_SELECTOR)
		return true;
	if (t->kind == TYPE_OPTION)
		return type_has_ids(t->item);
	if (t->kind == TYPE_RECORD) {
		for (size_t i = 0; i < t->record->count; i++) {
			if (t->record->fields[i].used && type_has_ids(t->record->fields[i].type))
				return true;
		}
	}
	if (t->kind == TYPE_REF) {
		for (size_t i = 0; i < t->collection->key_count; i++) {
			if (type_has_ids(type_of_key(t, i)))
				return true;
		}
	}
	if (t->kind == TYPE_ENUM) {
		for (size_t i = 0; i < t->enumeration->count; i++) {
			for (size_t j = 0; j < t->enumeration->variants[i].payload_count; j++) {
				if (type_has_ids(t->enumeration->variants[i].payload[j]))
					return true;
			}
		}
	}
	return false;
}

unsigned type_align(const struct type *t)
{
	return align_of(t);
}

const struct type *type_of_key(const struct type *ref, size_t part)
{
	return ref->collection->type->record->fields[ref->collection->key[part]].type;
}

struct text c_key(struct emitter *e, const struct type *ref, size_t part)
{
	return c_name(e, ref->collection->type->record->fields[ref->collection->key[part]].name);
}

/* ---- structs ---- */

static void begin_struct(struct emitter *e, struct text name)
{
	blank_line(e);
	line(e, "struct %s {", name.data);
}

static void record_struct(struct emitter *e, const struct type *t, struct text name)
{
	const struct record *r = t->record;
	struct text *types = ARENA_ARRAY(e->arena, struct text, r->count);
	for (size_t i = 0; i < r->count; i++) {
		if (r->fields[i].used)
			types[i] = c_stored(e, r->fields[i].type);
	}
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	doc_comment(e, r->declaration);
	place(e, r->declaration);
	line(e, "struct %s {", name.data);
	for (size_t i = 0; i < r->count; i++) {
		if (r->fields[i].used)
			line(e, "%s %s;", types[i].data, c_field(e, r, i).data);
	}
	if (column_count(r) == 0)
		line(e, "uint8_t nothing;");
	line(e, "};");
	e->out = outer;
}

static void ref_struct(struct emitter *e, const struct type *t, struct text name)
{
	size_t count = t->collection->key_count;
	struct text *types = ARENA_ARRAY(e->arena, struct text, count);
	for (size_t i = 0; i < count; i++)
		types[i] = c_stored(e, type_of_key(t, i));
	struct emit_section *outer = e->out;
	e->out = &e->types;
	begin_struct(e, name);
	for (size_t i = 0; i < count; i++)
		line(e, "%s %s;", types[i].data, c_key(e, t, i).data);
	line(e, "};");
	e->out = outer;
}

static void enum_constants(struct emitter *e, const struct type *t)
{
	blank_line(e);
	doc_comment(e, t->enumeration->declaration);
	place(e, t->enumeration->declaration);
	line(e, "enum {");
	for (size_t i = 0; i < t->enumeration->count; i++)
		line(e, "%s,", c_variant(e, t->enumeration, i).data);
	line(e, "};");
}

static void enum_struct(struct emitter *e, const struct type *t, struct text name)
{
	const struct enumeration *n = t->enumeration;
	for (size_t i = 0; i < n->count; i++) {
		for (size_t j = 0; j < n->variants[i].payload_count; j++)
			c_stored(e, n->variants[i].payload[j]);
	}
	struct emit_section *outer = e->out;
	e->out = &e->types;
	enum_constants(e, t);
	for (size_t i = 0; i < n->count && !n->is_plain; i++) {
		const struct enum_variant *v = &n->variants[i];
		if (v->payload_count == 0)
			continue;
		line(e, "struct %s_%s {", name.data, c_lower(e, v->name).data);
		for (size_t j = 0; j < v->payload_count; j++)
			line(e, "%s item%zu;", c_stored(e, v->payload[j]).data, j);
		line(e, "};");
	}
	if (!n->is_plain) {
		line(e, "struct %s {", name.data);
		line(e, "uint32_t tag;");
		line(e, "union {");
		for (size_t i = 0; i < n->count; i++) {
			struct text v = c_lower(e, n->variants[i].name);
			if (n->variants[i].payload_count)
				line(e, "struct %s_%s %s;", name.data, v.data, c_name(e, v).data);
		}
		line(e, "} as;");
		line(e, "};");
	}
	e->out = outer;
}

static void option_struct(struct emitter *e, const struct type *t, struct text name)
{
	struct text item = c_stored(e, t->item);
	struct emit_section *outer = e->out;
	e->out = &e->types;
	begin_struct(e, name);
	line(e, "bool has;");
	line(e, "%s value;", item.data);
	line(e, "};");
	e->out = outer;
}

/* "struct X" of a type that has a struct of its own, which is emitted the first time. */
static struct text struct_of(struct emitter *e, const struct type *t)
{
	if (type_is_label(t))
		return TEXT("struct weft_label");
	struct text name = tag(e, t);
	if (name_find(e, t, NAME_STRUCT) == NULL) {
		name_add(e, t, NAME_STRUCT, text_format(e->arena, "struct %s", name.data));
		switch (t->kind) {
		case TYPE_RECORD:
			record_struct(e, t, name);
			break;
		case TYPE_REF:
			ref_struct(e, t, name);
			break;
		case TYPE_OPTION:
			option_struct(e, t, name);
			break;
		default:
			enum_struct(e, t, name);
			break;
		}
	}
	return text_format(e->arena, "struct %s", name.data);
}

void emit_enum(struct emitter *e, const struct type *t)
{
	struct_of(e, t);
}

struct text c_stored(struct emitter *e, const struct type *t)
{
	if (t->kind == TYPE_OPTION) {
		if (type_is_struct(t->item))
			return struct_of(e, t);
		if (type_is_id(t->item))
			return TEXT("struct weft_opt_id");
		return text_of(scalar_of(t->item)->option);
	}
	if (t->kind == TYPE_ENUM)
		return t->enumeration->is_plain ? (struct_of(e, t), TEXT("uint32_t"))
						: struct_of(e, t);
	return type_is_struct(t) ? struct_of(e, t) : text_of(scalar_of(t)->stored);
}

struct text c_expression(struct emitter *e, const struct type *t)
{
	if (t->kind == TYPE_OPTION)
		return type_is_struct(t->item) ? c_expression(e, t->item)
					       : text_of(scalar_of(t->item)->option);
	if (type_is_struct(t))
		return text_format(e->arena, "const %s *", c_stored(e, t).data);
	if (t->kind == TYPE_ENUM)
		c_stored(e, t);
	return text_of(scalar_of(t)->expression);
}

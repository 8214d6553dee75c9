/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_descriptor.c: the static tables that describe types to the runtime (struct weft_type), with
 * the functions that make absent and empty fields. A descriptor is printed after those it names, so
 * that no forward declaration is needed.
 */
#include "emit_make.h"

static const char *const scalar_descriptors[] = {
	[TYPE_BOOL] = "&weft_type_bool",
	[TYPE_INT] = "&weft_type_int",
	[TYPE_FLOAT] = "&weft_type_float",
	[TYPE_STRING] = "&weft_type_string",
	[TYPE_BYTES] = "&weft_type_bytes",
	[TYPE_PORT] = "&weft_type_port",
	[TYPE_IP] = "&weft_type_ip",
	[TYPE_CIDR] = "&weft_type_cidr",
	[TYPE_ADDR] = "&weft_type_addr",
	[TYPE_DURATION] = "&weft_type_duration",
	[TYPE_SIZE] = "&weft_type_size",
	[TYPE_INSTANT] = "&weft_type_instant",
	[TYPE_IDENTITY] = "&weft_type_identity",
	[TYPE_LABELS] = "&weft_type_labels",
	[TYPE_SELECTOR] = "&weft_type_selector",
};

/* `static const struct weft_type NAME = WEFT_..._TYPE(...)`. */
static void describe(struct emitter *e, const struct type *t, struct text name, struct text rest)
{
	struct emit_section *outer = e->out;
	e->out = &e->descriptors;
	const char *ids = type_has_ids(t) ? "WEFT_HAS_IDS" : "WEFT_NO_IDS", *n = name.data;
	const char *title = c_string(e->arena, t->name).data, *c = c_stored(e, t).data;
	unsigned align = type_align(t);
	switch (t->kind) {
	case TYPE_RECORD:
		if (rest.size == 0)
			line(e,
				"static const struct weft_type %s = WEFT_EMPTY_RECORD_TYPE(%s, "
				"%s);",
				n, title, c);
		else
			line(e,
				"static const struct weft_type %s = WEFT_RECORD_TYPE(%s, %s, %u, "
				"%s, %s);",
				n, title, c, align, ids, rest.data);
		break;
	case TYPE_REF:
		line(e, "static const struct weft_type %s = WEFT_REF_TYPE(%s, %s, %u, %s, %s);", n,
			title, c, align, ids, rest.data);
		break;
	case TYPE_ENUM:
		if (t->enumeration->is_plain)
			line(e, "static const struct weft_type %s = WEFT_ENUM_TYPE(%s, %s);", n,
				title, rest.data);
		else
			line(e,
				"static const struct weft_type %s = WEFT_UNION_TYPE(%s, %s, %u, "
				"%s, %s, %s);",
				n, title, c, align, ids, t->enumeration->open ? "true" : "false",
				rest.data);
		break;
	case TYPE_OPTION:
		line(e, "static const struct weft_type %s = WEFT_OPTION_TYPE(%s, %s, %u, %s, %s);",
			n, title, type_is_id(t->item) ? "struct weft_opt_id" : c, align, ids,
			rest.data);
		break;
	case TYPE_MAP:
		line(e, "static const struct weft_type %s = WEFT_MAP_TYPE(%s, %s);", n, title,
			rest.data);
		break;
	default:
		line(e, "static const struct weft_type %s = WEFT_LIST_TYPE(%s, %s);", n, title,
			rest.data);
		break;
	}
	e->out = outer;
}

/* ---- absent and empty ---- */

/* A weft_default_fn that makes `value`; `row`: the record whose columns go by bare names, or NULL.
 */
struct text emit_default(struct emitter *e, struct text name, const struct type *t,
	struct node *value, const struct type *row)
{
	struct operand sibling = e->sibling;
	enum emit_mode mode = e->mode;
	e->mode = EMIT_PURE;
	if (row)
		e->sibling = operand_row(e, row, "r");
	struct emit_body body;
	emit_body_begin(e, &body);
	struct text stored = c_stored(e, t);
	place(e, value);
	emit_into(e, TEXT("*out"), t, value);
	emit_body_end(e, &body);
	e->sibling = sibling;
	e->mode = mode;

	bool reads_row = strstr(buffer_text(&body.section.text).data, "r->") != NULL;
	struct emit_section *outer = e->out;
	e->out = &e->prototypes;
	line(e, "static weft_default_fn %s;", name.data);
	e->out = &e->code;
	blank_line(e);
	line(e,
		"static enum weft_status %s(const void *program, struct weft_intern *intern, const "
		"void *row, void *value)",
		name.data);
	line(e, "{");
	if (body.uses_scope) {
		line(e, "struct weft_scope scope, *w = &scope;");
		line(e, "weft_scope_of_default(w, program, intern);");
	} else {
		line(e, "(void)intern;");
	}
	if (body.uses_program)
		line(e, "const struct %s *p = (const struct %s *)program;", e->name.data,
			e->name.data);
	else if (!body.uses_scope)
		line(e, "(void)program;");
	if (reads_row)
		line(e, "const %s *r = (const %s *)row;", c_stored(e, row).data,
			c_stored(e, row).data);
	else
		line(e, "(void)row;");
	line(e, "%s *out = (%s *)value;", stored.data, stored.data);
	emit_body_print(e, &body);
	line(e, body.uses_scope ? "return weft_scope_end(w);" : "return WEFT_OK;");
	line(e, "}");
	e->out = outer;
	return name;
}

static struct text default_function(
	struct emitter *e, const struct type *t, size_t field, struct node *value, const char *what)
{
	if (value == NULL)
		return TEXT("NULL");
	const struct record_field *f = &t->record->fields[field];
	struct text name =
		text_format(e->arena, "%s_%s_%s", c_tag(e, t).data, c_lower(e, f->name).data, what);
	return emit_default(e, name, f->type, value, t);
}

/* ---- records ---- */

static void path_text(struct buffer *b, const struct node *n)
{
	if (n->kind == NODE_FIELD) {
		path_text(b, kid(n, FIELD_VALUE));
		buffer_add(b, TEXT("."));
	}
	buffer_add(b, n->kind == NODE_ANY ? TEXT("_") : n->name);
}

static struct text field_path(struct emitter *e, const struct record *r, size_t field)
{
	const struct record_field *f = &r->fields[field];
	if (r->declaration == NULL || r->declaration->kind != NODE_RECORD_DECL ||
		f->declaration == NULL || f->declaration->kind != NODE_FIELD_DECL ||
		kid(f->declaration, FIELD_DECL_PATH) == NULL)
		return TEXT("NULL");
	struct buffer b = { e->arena, NULL, 0, 0 };
	path_text(&b, kid(f->declaration, FIELD_DECL_PATH));
	return c_string(e->arena, buffer_text(&b));
}

/* The shortest of the forms that describe.h has. */
static void print_field(struct emitter *e, const struct record *r, size_t i, struct text c,
	struct text type, struct text absent, struct text empty)
{
	struct text name = c_field(e, r, i), path = field_path(e, r, i);
	bool made = !text_is(absent, "NULL") || !text_is(empty, "NULL");
	if (!text_equal(name, r->fields[i].name))
		line(e, "{ %s, offsetof(%s, %s), %s, %s, %s, %s },",
			c_string(e->arena, r->fields[i].name).data, c.data, name.data, type.data,
			path.data, absent.data, empty.data);
	else if (made)
		line(e, "WEFT_FIELD_OR(%s, %s, %s, %s, %s, %s),", c.data, name.data, type.data,
			path.data, absent.data, empty.data);
	else if (text_is(path, "NULL"))
		line(e, "WEFT_COLUMN(%s, %s, %s),", c.data, name.data, type.data);
	else
		line(e, "WEFT_FIELD(%s, %s, %s, %s),", c.data, name.data, type.data, path.data);
}

static struct text record_fields(struct emitter *e, const struct type *t, struct text name)
{
	const struct record *r = t->record;
	struct text *absent = ARENA_ARRAY(e->arena, struct text, r->count),
		    *empty = ARENA_ARRAY(e->arena, struct text, r->count);
	struct text *types = ARENA_ARRAY(e->arena, struct text, r->count);
	for (size_t i = 0; i < r->count; i++) {
		if (!r->fields[i].used)
			continue;
		const struct node *d = r->fields[i].declaration;
		bool declared = d && d->kind == NODE_FIELD_DECL && r->declaration &&
			r->declaration->kind == NODE_RECORD_DECL;
		types[i] = c_descriptor(e, r->fields[i].type);
		absent[i] = default_function(
			e, t, i, declared ? kid(d, FIELD_DECL_ABSENT) : NULL, "absent");
		empty[i] = default_function(
			e, t, i, declared ? kid(d, FIELD_DECL_EMPTY) : NULL, "empty");
		if (r->fields[i].type->kind == TYPE_SELECTOR && text_is(empty[i], "NULL"))
			empty[i] = absent[i];
	}
	if (column_count(r) == 0)
		return TEXT("");
	struct text c = c_stored(e, t);
	struct emit_section *outer = e->out;
	e->out = &e->descriptors;
	blank_line(e);
	line(e, "static const struct weft_field %s_fields[] = {", name.data);
	for (size_t i = 0; i < r->count; i++) {
		if (r->fields[i].used)
			print_field(e, r, i, c, types[i], absent[i], empty[i]);
	}
	line(e, "};");
	e->out = outer;
	return text_format(e->arena, "%s_fields", name.data);
}

static struct text ref_fields(struct emitter *e, const struct type *t, struct text name)
{
	const struct symbol *c = t->collection;
	for (size_t i = 0; i < c->key_count; i++)
		c_descriptor(e, type_of_key(t, i));
	struct emit_section *outer = e->out;
	e->out = &e->descriptors;
	blank_line(e);
	line(e, "static const struct weft_field %s_fields[] = {", name.data);
	for (size_t i = 0; i < c->key_count; i++) {
		line(e, "{ %s, offsetof(%s, %s), %s, NULL, NULL, NULL },",
			c_string(e->arena, c->type->record->fields[c->key[i]].name).data,
			c_stored(e, t).data, c_key(e, t, i).data,
			c_descriptor(e, type_of_key(t, i)).data);
	}
	line(e, "};");
	e->out = outer;
	return text_format(e->arena, "%s_fields", name.data);
}

/* ---- enums ---- */

static struct text payload_descriptor(
	struct emitter *e, struct text name, const struct enum_variant *v)
{
	struct text base = text_format(e->arena, "%s_%s", name.data, c_lower(e, v->name).data);
	bool ids = false;
	unsigned align = 1;
	for (size_t i = 0; i < v->payload_count; i++) {
		c_descriptor(e, v->payload[i]);
		ids = ids || type_has_ids(v->payload[i]);
		align = type_align(v->payload[i]) > align ? type_align(v->payload[i]) : align;
	}
	struct emit_section *outer = e->out;
	e->out = &e->descriptors;
	blank_line(e);
	line(e, "static const struct weft_field %s_fields[] = {", base.data);
	for (size_t i = 0; i < v->payload_count; i++)
		line(e, "{ \"%zu\", offsetof(struct %s, item%zu), %s, NULL, NULL, NULL },", i,
			base.data, i, c_descriptor(e, v->payload[i]).data);
	line(e, "};");
	line(e,
		"static const struct weft_type %s_type = WEFT_RECORD_TYPE(%s, struct %s, %u, %s, "
		"%s_fields);",
		base.data, c_string(e->arena, v->name).data, base.data, align,
		ids ? "WEFT_HAS_IDS" : "WEFT_NO_IDS", base.data);
	e->out = outer;
	return text_format(e->arena, "&%s_type", base.data);
}

static struct text enum_variants(struct emitter *e, const struct type *t, struct text name)
{
	const struct enumeration *n = t->enumeration;
	struct text *payloads = ARENA_ARRAY(e->arena, struct text, n->count);
	emit_enum(e, t);
	for (size_t i = 0; i < n->count; i++)
		payloads[i] = n->variants[i].payload_count
			? payload_descriptor(e, name, &n->variants[i])
			: TEXT("NULL");
	struct emit_section *outer = e->out;
	e->out = &e->descriptors;
	blank_line(e);
	line(e, "static const struct weft_variant %s_variants[] = {", name.data);
	for (size_t i = 0; i < n->count; i++) {
		struct text code = n->variants[i].code;
		line(e, "{ %s, %s, %s },", c_string(e->arena, n->variants[i].name).data,
			code.size ? c_string(e->arena, code).data : "NULL", payloads[i].data);
	}
	line(e, "};");
	e->out = outer;
	return text_format(e->arena, "%s_variants", name.data);
}

/* ---- */

static struct text map_entry(struct emitter *e, const struct type *t, struct text name)
{
	struct text base = text_format(e->arena, "%s_entry", name.data);
	struct text key = c_stored(e, t->key), item = c_stored(e, t->item);
	struct text key_type = c_descriptor(e, t->key), item_type = c_descriptor(e, t->item);
	unsigned align =
		type_align(t->key) > type_align(t->item) ? type_align(t->key) : type_align(t->item);
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "struct %s {", base.data);
	line(e, "%s key;", key.data);
	line(e, "%s value;", item.data);
	line(e, "};");
	e->out = &e->descriptors;
	line(e, "static const struct weft_field %s_fields[] = {", base.data);
	line(e, "WEFT_COLUMN(struct %s, key, %s),", base.data, key_type.data);
	line(e, "WEFT_COLUMN(struct %s, value, %s),", base.data, item_type.data);
	line(e, "};");
	line(e,
		"static const struct weft_type %s_type = WEFT_RECORD_TYPE(\"entry\", struct %s, "
		"%u, %s, %s_fields);",
		base.data, base.data, align,
		type_has_ids(t->key) || type_has_ids(t->item) ? "WEFT_HAS_IDS" : "WEFT_NO_IDS",
		base.data);
	e->out = outer;
	return text_format(e->arena, "&%s_type", base.data);
}

static struct text list_item(struct emitter *e, const struct type *item)
{
	const char *key = "NULL";
	if (item->kind == TYPE_RECORD && item->record->item_key != NO_FIELD &&
		item->record->fields[item->record->item_key].used)
		key = c_string(e->arena, item->record->fields[item->record->item_key].name).data;
	return text_format(e->arena, "%s, %s", c_descriptor(e, item).data, key);
}

static void describe_type(struct emitter *e, const struct type *t, struct text name)
{
	struct text tag = c_tag(e, t), rest;
	c_stored(e, t);
	switch (t->kind) {
	case TYPE_RECORD:
		rest = record_fields(e, t, tag);
		break;
	case TYPE_REF:
		rest = ref_fields(e, t, tag);
		break;
	case TYPE_ENUM:
		rest = enum_variants(e, t, tag);
		break;
	case TYPE_OPTION:
		rest = c_descriptor(e, t->item);
		break;
	case TYPE_MAP:
		rest = map_entry(e, t, tag);
		break;
	default:
		rest = list_item(e, t->item);
		break;
	}
	describe(e, t, name, rest);
}

struct text c_descriptor(struct emitter *e, const struct type *t)
{
	if (t->kind < sizeof(scalar_descriptors) / sizeof(*scalar_descriptors) &&
		scalar_descriptors[t->kind])
		return text_of(scalar_descriptors[t->kind]);
	struct emit_name *n = name_find(e, t, NAME_DESCRIPTOR);
	if (n == NULL) {
		n = name_add(
			e, t, NAME_DESCRIPTOR, text_format(e->arena, "%s_type", c_tag(e, t).data));
		describe_type(e, t, n->c);
	}
	return text_format(e->arena, "&%s", n->c.data);
}

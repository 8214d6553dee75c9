/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * emit_descriptor.c: the static tables that describe types to the runtime (struct weft_type), with the functions that make
 * absent and empty fields. A descriptor is printed after those it names, so that no forward declaration is needed.
 */
#include "emit_make.h"

static const char *const kind_names[] = {
	[TYPE_OPTION] = "WEFT_KIND_OPTION", [TYPE_LIST] = "WEFT_KIND_LIST", [TYPE_MAP] = "WEFT_KIND_MAP",
	[TYPE_RECORD] = "WEFT_KIND_RECORD", [TYPE_ENUM] = "WEFT_KIND_ENUM", [TYPE_REF] = "WEFT_KIND_REF",
};
static const char *const scalar_descriptors[] = {
	[TYPE_BOOL] = "&weft_type_bool", [TYPE_INT] = "&weft_type_int", [TYPE_FLOAT] = "&weft_type_float",
	[TYPE_STRING] = "&weft_type_string", [TYPE_BYTES] = "&weft_type_bytes", [TYPE_PORT] = "&weft_type_port",
	[TYPE_IP] = "&weft_type_ip", [TYPE_CIDR] = "&weft_type_cidr", [TYPE_ADDR] = "&weft_type_addr",
	[TYPE_DURATION] = "&weft_type_duration", [TYPE_SIZE] = "&weft_type_size", [TYPE_INSTANT] = "&weft_type_instant",
	[TYPE_IDENTITY] = "&weft_type_identity", [TYPE_LABELS] = "&weft_type_labels", [TYPE_SELECTOR] = "&weft_type_selector",
};

/* What stands behind the kind in a descriptor. */
struct shape {
	struct text size, offset, item, fields, item_key, variants;
	size_t field_count, variant_count;
	bool open;
};

static void describe(struct emitter *e, const struct type *t, struct text name, const struct shape *s)
{
	const char *null = "NULL";
	line(e, "static const struct weft_type %s = {", name.data);
	line(e, "%s, %s, %u, %s, %s, %s, %s,", c_string(e->arena, t->name).data, kind_names[t->kind], type_align(t),
	     s->open ? "true" : "false", type_has_ids(t) ? "true" : "false", s->size.data, s->offset.size ? s->offset.data : "0");
	line(e, "%s, %s, %zu, %s, %s, %zu,", s->item.size ? s->item.data : null, s->fields.size ? s->fields.data : null, s->field_count,
	     s->item_key.size ? s->item_key.data : null, s->variants.size ? s->variants.data : null, s->variant_count);
	line(e, "};");
}

/* ---- absent and empty ---- */

/* A weft_default_fn that makes `value`; `row`: the record whose columns go by bare names, or NULL. */
struct text emit_default(struct emitter *e, struct text name, const struct type *t, struct node *value, const struct type *row)
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
	struct operand o = emit_operand(e, value);
	emit_store(e, text_format(e->arena, "*(%s *)value", stored.data), t, o);
	emit_body_end(e, &body);
	e->sibling = sibling;
	e->mode = mode;

	bool reads_row = strstr(buffer_text(&body.section.text).data, "r->") != NULL;
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "static weft_default_fn %s;", name.data);
	e->out = &e->code;
	blank_line(e);
	line(e, "static enum weft_status %s(const void *program, struct weft_intern *intern, const void *row, void *value)", name.data);
	line(e, "{");
	if (body.uses_scope) {
		line(e, "struct weft_scope scope, *w = &scope;");
		line(e, "weft_scope_of_default(w, program, intern);");
	} else {
		line(e, "(void)intern;");
	}
	if (body.uses_program)
		line(e, "const struct %s *p = (const struct %s *)program;", e->name.data, e->name.data);
	else if (!body.uses_scope)
		line(e, "(void)program;");
	if (reads_row)
		line(e, "const %s *r = (const %s *)row;", c_stored(e, row).data, c_stored(e, row).data);
	else
		line(e, "(void)row;");
	emit_body_print(e, &body);
	line(e, body.uses_scope ? "return weft_scope_end(w);" : "return WEFT_OK;");
	line(e, "}");
	e->out = outer;
	return name;
}

static struct text default_function(struct emitter *e, const struct type *t, size_t field, struct node *value, const char *what)
{
	if (value == NULL)
		return TEXT("NULL");
	const struct record_field *f = &t->record->fields[field];
	struct text name = text_format(e->arena, "%s_%s_%s", c_tag(e, t).data, c_lower(e, f->name).data, what);
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

static struct text field_path(struct emitter *e, const struct record_field *f)
{
	if (f->declaration == NULL || f->declaration->kind != NODE_FIELD_DECL || kid(f->declaration, FIELD_DECL_PATH) == NULL)
		return TEXT("NULL");
	struct buffer b = { e->arena, NULL, 0, 0 };
	path_text(&b, kid(f->declaration, FIELD_DECL_PATH));
	return c_string(e->arena, buffer_text(&b));
}

static void record_fields(struct emitter *e, const struct type *t, struct text name, struct shape *s)
{
	const struct record *r = t->record;
	struct text *absent = ARENA_ARRAY(e->arena, struct text, r->count), *empty = ARENA_ARRAY(e->arena, struct text, r->count);
	struct text *types = ARENA_ARRAY(e->arena, struct text, r->count);
	for (size_t i = 0; i < r->count; i++) {
		if (!r->fields[i].used)
			continue;
		const struct node *d = r->fields[i].declaration;
		bool declared = d && d->kind == NODE_FIELD_DECL;
		types[i] = c_descriptor(e, r->fields[i].type);
		absent[i] = default_function(e, t, i, declared ? kid(d, FIELD_DECL_ABSENT) : NULL, "absent");
		empty[i] = default_function(e, t, i, declared ? kid(d, FIELD_DECL_EMPTY) : NULL, "empty");
		if (r->fields[i].type->kind == TYPE_SELECTOR && text_is(empty[i], "NULL"))
			empty[i] = absent[i];
	}
	s->field_count = column_count(r);
	if (s->field_count == 0)
		return;
	struct text c = c_stored(e, t);
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "static const struct weft_field %s_fields[] = {", name.data);
	for (size_t i = 0; i < r->count; i++) {
		if (r->fields[i].used)
			line(e, "{ %s, offsetof(%s, %s), %s, %s, %s, %s },", c_string(e->arena, r->fields[i].name).data, c.data,
			     c_field(e, r, i).data, types[i].data, field_path(e, &r->fields[i]).data, absent[i].data, empty[i].data);
	}
	line(e, "};");
	e->out = outer;
	s->fields = text_format(e->arena, "%s_fields", name.data);
}

static void ref_fields(struct emitter *e, const struct type *t, struct text name, struct shape *s)
{
	const struct symbol *c = t->collection;
	for (size_t i = 0; i < c->key_count; i++)
		c_descriptor(e, type_of_key(t, i));
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "static const struct weft_field %s_fields[] = {", name.data);
	for (size_t i = 0; i < c->key_count; i++) {
		line(e, "{ %s, offsetof(%s, %s), %s, NULL, NULL, NULL },", c_string(e->arena, c->type->record->fields[c->key[i]].name).data,
		     c_stored(e, t).data, c_key(e, t, i).data, c_descriptor(e, type_of_key(t, i)).data);
	}
	line(e, "};");
	e->out = outer;
	s->fields = text_format(e->arena, "%s_fields", name.data);
	s->field_count = c->key_count;
}

/* ---- enums ---- */

static struct text payload_descriptor(struct emitter *e, struct text name, const struct enum_variant *v)
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
	e->out = &e->types;
	blank_line(e);
	line(e, "static const struct weft_field %s_fields[] = {", base.data);
	for (size_t i = 0; i < v->payload_count; i++)
		line(e, "{ \"%zu\", offsetof(struct %s, item%zu), %s, NULL, NULL, NULL },", i, base.data, i, c_descriptor(e, v->payload[i]).data);
	line(e, "};");
	line(e, "static const struct weft_type %s_type = {", base.data);
	line(e, "%s, WEFT_KIND_RECORD, %u, false, %s, sizeof(struct %s), 0,", c_string(e->arena, v->name).data, align, ids ? "true" : "false",
	     base.data);
	line(e, "NULL, %s_fields, %zu, NULL, NULL, 0,", base.data, v->payload_count);
	line(e, "};");
	e->out = outer;
	return text_format(e->arena, "&%s_type", base.data);
}

static void enum_variants(struct emitter *e, const struct type *t, struct text name, struct shape *s)
{
	const struct enumeration *n = t->enumeration;
	struct text *payloads = ARENA_ARRAY(e->arena, struct text, n->count);
	emit_enum(e, t);
	for (size_t i = 0; i < n->count; i++)
		payloads[i] = n->variants[i].payload_count ? payload_descriptor(e, name, &n->variants[i]) : TEXT("NULL");
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "static const struct weft_variant %s_variants[] = {", name.data);
	for (size_t i = 0; i < n->count; i++) {
		struct text code = n->variants[i].code;
		line(e, "{ %s, %s, %s },", c_string(e->arena, n->variants[i].name).data, code.size ? c_string(e->arena, code).data : "NULL",
		     payloads[i].data);
	}
	line(e, "};");
	e->out = outer;
	s->variants = text_format(e->arena, "%s_variants", name.data);
	s->variant_count = n->count;
	s->open = n->open;
	if (!n->is_plain)
		s->offset = text_format(e->arena, "offsetof(struct %s, as)", name.data);
}

/* ---- */

static struct text map_entry(struct emitter *e, const struct type *t, struct text name)
{
	struct text base = text_format(e->arena, "%s_entry", name.data);
	struct text key = c_stored(e, t->key), item = c_stored(e, t->item);
	struct text key_type = c_descriptor(e, t->key), item_type = c_descriptor(e, t->item);
	unsigned align = type_align(t->key) > type_align(t->item) ? type_align(t->key) : type_align(t->item);
	struct emit_section *outer = e->out;
	e->out = &e->types;
	blank_line(e);
	line(e, "struct %s {", base.data);
	line(e, "%s key;", key.data);
	line(e, "%s value;", item.data);
	line(e, "};");
	line(e, "static const struct weft_field %s_fields[] = {", base.data);
	line(e, "{ \"key\", offsetof(struct %s, key), %s, NULL, NULL, NULL },", base.data, key_type.data);
	line(e, "{ \"value\", offsetof(struct %s, value), %s, NULL, NULL, NULL },", base.data, item_type.data);
	line(e, "};");
	line(e, "static const struct weft_type %s_type = {", base.data);
	line(e, "\"entry\", WEFT_KIND_RECORD, %u, false, %s, sizeof(struct %s), 0,", align,
	     type_has_ids(t->key) || type_has_ids(t->item) ? "true" : "false", base.data);
	line(e, "NULL, %s_fields, 2, NULL, NULL, 0,", base.data);
	line(e, "};");
	e->out = outer;
	return text_format(e->arena, "&%s_type", base.data);
}

static void describe_type(struct emitter *e, const struct type *t, struct text name)
{
	struct shape s = { .size = text_format(e->arena, "sizeof(%s)", c_stored(e, t).data) };
	struct text tag = c_tag(e, t);
	switch (t->kind) {
	case TYPE_RECORD: record_fields(e, t, tag, &s); break;
	case TYPE_REF: ref_fields(e, t, tag, &s); break;
	case TYPE_ENUM: enum_variants(e, t, tag, &s); break;
	case TYPE_OPTION:
		s.item = c_descriptor(e, t->item);
		s.offset = text_format(e->arena, "offsetof(%s, value)", type_is_id(t->item) ? "struct weft_opt_id" : c_stored(e, t).data);
		break;
	case TYPE_MAP: s.item = map_entry(e, t, tag); break;
	default: /* list */
		s.item = c_descriptor(e, t->item);
		if (t->item->kind == TYPE_RECORD && t->item->record->item_key != NO_FIELD)
			s.item_key = c_string(e->arena, t->item->record->fields[t->item->record->item_key].name);
		break;
	}
	struct emit_section *outer = e->out;
	e->out = &e->types;
	describe(e, t, name, &s);
	e->out = outer;
}

struct text c_descriptor(struct emitter *e, const struct type *t)
{
	if (t->kind < sizeof(scalar_descriptors) / sizeof(*scalar_descriptors) && scalar_descriptors[t->kind])
		return text_of(scalar_descriptors[t->kind]);
	struct emit_name *n = name_find(e, t, NAME_DESCRIPTOR);
	if (n == NULL) {
		n = name_add(e, t, NAME_DESCRIPTOR, text_format(e->arena, "%s_type", c_tag(e, t).data));
		describe_type(e, t, n->c);
	}
	return text_format(e->arena, "&%s", n->c.data);
}

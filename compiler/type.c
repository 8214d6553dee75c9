/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * type.c: types, each made once, so that equal types are equal pointers.
 */
#include "checker.h"

static const char *const simple_names[] = {
	[TYPE_ERROR] = "?",
	[TYPE_BOOL] = "Bool",
	[TYPE_INT] = "Int",
	[TYPE_FLOAT] = "Float",
	[TYPE_STRING] = "String",
	[TYPE_BYTES] = "Bytes",
	[TYPE_PORT] = "Port",
	[TYPE_IP] = "Ip",
	[TYPE_CIDR] = "Cidr",
	[TYPE_ADDR] = "Addr",
	[TYPE_DURATION] = "Duration",
	[TYPE_SIZE] = "Size",
	[TYPE_INSTANT] = "Instant",
	[TYPE_IDENTITY] = "Identity",
	[TYPE_LABELS] = "Labels",
	[TYPE_SELECTOR] = "Selector",
	[TYPE_CERT] = "Cert",
	[TYPE_CONN] = "Conn",
	[TYPE_STREAM] = "Stream",
	[TYPE_VERDICT] = "Verdict",
};

static struct type *add(struct checker *c, enum type_kind kind, struct text name)
{
	struct type *t = ARENA_NEW(c->arena, struct type);
	t->kind = kind;
	t->name = name;
	t->id = (unsigned)c->types.all.count;
	vec_push(c->arena, &c->types.all, t);
	return t;
}

/* The type with these parts; NULL when it is new. */
static struct type *find(struct checker *c, enum type_kind kind, const struct type *item,
	const struct type *key, const void *what)
{
	for (size_t i = 0; i < c->types.all.count; i++) {
		struct type *t = c->types.all.items[i];
		if (t->kind == kind && t->item == item && t->key == key &&
			(!what || t->record == what || t->enumeration == what ||
				t->collection == what))
			return t;
	}
	return NULL;
}

void types_init(struct checker *c)
{
	for (enum type_kind kind = TYPE_ERROR; kind <= TYPE_VERDICT; kind++)
		c->types.simple[kind] = add(c, kind, text_of(simple_names[kind]));
	c->types.peer = record_new(c, TEXT("Peer"), NULL, 1);
	c->types.peer->fields[0].name = TEXT("identity");
	c->types.peer->fields[0].type = type_option(c, type_simple(c, TYPE_IDENTITY));
}

const struct type *type_simple(struct checker *c, enum type_kind kind)
{
	return c->types.simple[kind];
}

const struct type *type_option(struct checker *c, const struct type *item)
{
	if (item->kind == TYPE_OPTION || item->kind == TYPE_ERROR)
		return item;
	struct type *t = find(c, TYPE_OPTION, item, NULL, NULL);
	if (!t) {
		t = add(c, TYPE_OPTION, text_format(c->arena, "%.*s?", TEXT_ARG(item->name)));
		t->item = item;
	}
	return t;
}

const struct type *type_list(struct checker *c, const struct type *item)
{
	if (item->kind == TYPE_ERROR)
		return item;
	struct type *t = find(c, TYPE_LIST, item, NULL, NULL);
	if (!t) {
		t = add(c, TYPE_LIST, text_format(c->arena, "[%.*s]", TEXT_ARG(item->name)));
		t->item = item;
	}
	return t;
}

const struct type *type_map(struct checker *c, const struct type *key, const struct type *item)
{
	if (item->kind == TYPE_ERROR || key->kind == TYPE_ERROR)
		return type_simple(c, TYPE_ERROR);
	struct type *t = find(c, TYPE_MAP, item, key, NULL);
	if (!t) {
		t = add(c, TYPE_MAP,
			text_format(c->arena, "{%.*s: %.*s}", TEXT_ARG(key->name),
				TEXT_ARG(item->name)));
		t->item = item;
		t->key = key;
	}
	return t;
}

const struct type *type_record(struct checker *c, struct record *record)
{
	struct type *t = find(c, TYPE_RECORD, NULL, NULL, record);
	if (!t) {
		t = add(c, TYPE_RECORD, record->name);
		t->record = record;
	}
	return t;
}

const struct type *type_enum(struct checker *c, struct enumeration *enumeration)
{
	struct type *t = find(c, TYPE_ENUM, NULL, NULL, enumeration);
	if (!t) {
		t = add(c, TYPE_ENUM, enumeration->name);
		t->enumeration = enumeration;
	}
	return t;
}

static struct text table_name(struct checker *c, const struct symbol *table)
{
	if (table->kind == SYMBOL_REJECTED)
		return text_format(c->arena, "rejected(%.*s)", TEXT_ARG(table->of->name));
	if (table->kind == SYMBOL_CONFLICTS)
		return text_format(c->arena, "conflicts(%.*s)", TEXT_ARG(table->of->name));
	return table->name;
}

const struct type *type_ref(struct checker *c, struct symbol *table)
{
	struct type *t = find(c, TYPE_REF, NULL, NULL, table);
	if (!t) {
		t = add(c, TYPE_REF,
			text_format(c->arena, "ref %.*s", TEXT_ARG(table_name(c, table))));
		t->collection = table;
	}
	return t;
}

const struct type *type_rows(struct checker *c, struct symbol *table)
{
	struct type *t = find(c, TYPE_ROWS, NULL, NULL, table);
	if (!t) {
		t = add(c, TYPE_ROWS,
			text_format(c->arena, "rows of %.*s", TEXT_ARG(table_name(c, table))));
		t->collection = table;
	}
	return t;
}

/* The entry hangs in the map's type: made on first use. */
const struct type *type_entry(struct checker *c, const struct type *map)
{
	struct type *t = c->types.all.items[map->id];
	if (!t->record) {
		t->record = record_new(c, TEXT("{ key, value }"), NULL, 2);
		t->record->fields[0] = (struct record_field){ .name = TEXT("key"),
			.used = true,
			.type = map->kind == TYPE_MAP ? map->key : type_simple(c, TYPE_STRING) };
		t->record->fields[1] = (struct record_field){ .name = TEXT("value"),
			.used = true,
			.type = map->kind == TYPE_MAP ? map->item : type_simple(c, TYPE_STRING) };
	}
	struct type *entry = NULL;
	for (size_t i = 0; i < c->types.all.count && !entry; i++) {
		struct type *o = c->types.all.items[i];
		if (o->kind == TYPE_RECORD && o->record == t->record)
			entry = o;
	}
	return entry ? entry : type_record(c, t->record);
}

struct record *record_new(
	struct checker *c, struct text name, struct node *declaration, size_t count)
{
	struct record *r = ARENA_NEW(c->arena, struct record);
	r->name = name;
	r->module = c->module;
	r->declaration = declaration;
	r->fields = ARENA_ARRAY(c->arena, struct record_field, count ? count : 1);
	r->count = count;
	r->item_key = NO_FIELD;
	return r;
}

size_t record_find(const struct record *r, struct text name)
{
	for (size_t i = 0; i < r->count; i++)
		if (text_equal(r->fields[i].name, name))
			return i;
	return NO_FIELD;
}

bool type_may_be_key(const struct type *t)
{
	switch (t->kind) {
	case TYPE_FLOAT:
	case TYPE_CERT:
	case TYPE_CONN:
	case TYPE_STREAM:
	case TYPE_VERDICT:
	case TYPE_OPTION:
	case TYPE_ROWS:
		return false;
	case TYPE_LIST:
		return type_may_be_key(t->item);
	case TYPE_MAP:
		return type_may_be_key(t->item) && type_may_be_key(t->key);
	case TYPE_RECORD:
		for (size_t i = 0; i < t->record->count; i++)
			if (!type_may_be_key(t->record->fields[i].type))
				return false;
		return true;
	default:
		return true;
	}
}

bool type_has_text(const struct type *t)
{
	switch (t->kind) {
	case TYPE_CERT:
	case TYPE_CONN:
	case TYPE_STREAM:
	case TYPE_VERDICT:
	case TYPE_OPTION:
	case TYPE_ROWS:
		return false;
	default:
		return true;
	}
}

bool type_has_order(const struct type *t)
{
	switch (t->kind) {
	case TYPE_FLOAT:
	case TYPE_CERT:
	case TYPE_CONN:
	case TYPE_STREAM:
	case TYPE_VERDICT:
	case TYPE_ROWS:
		return false;
	case TYPE_OPTION:
		return type_has_order(t->item);
	default:
		return true;
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_unread.c: look-ups in rejected(c) by a part of the key. A document that cannot be read may
 * not show whose it is; its row has an empty text there, and stands for every key, so that nobody
 * is let in because the name of a broken policy was unreadable too. `r in rejected(c)[a, _]` is
 * therefore read as `r in rejected(c)` with the condition `r.k == a or r.k == ""`, and every later
 * pass sees only that.
 */
#include "checker.h"

static struct node *node_at(struct checker *c, const struct node *at, enum node_kind kind,
	struct node *a, struct node *b)
{
	struct node *n = ARENA_NEW(c->arena, struct node);
	n->kind = kind;
	n->source = at->source;
	n->first = at->first;
	n->last = at->last;
	n->name_token = at->first;
	n->count = a ? b ? 2 : 1 : 0;
	n->kids = ARENA_ARRAY(c->arena, struct node *, n->count + 1);
	if (a)
		n->kids[0] = a;
	if (b)
		n->kids[1] = b;
	for (uint32_t i = 0; i < n->count; i++)
		if (n->depth < n->kids[i]->depth)
			n->depth = n->kids[i]->depth;
	n->depth++;
	return n;
}

static struct node *binary(
	struct checker *c, const struct node *at, enum op op, struct node *a, struct node *b)
{
	struct node *n = node_at(c, at, NODE_BINARY, a, b);
	n->op = op;
	return n;
}

static struct node *field_of(
	struct checker *c, const struct node *at, struct node *value, struct text name)
{
	struct node *n = node_at(c, at, NODE_FIELD, value, NULL);
	n->name = name;
	return n;
}

/* r.k == a or r.k == "" */
static struct node *part_condition(
	struct checker *c, const struct node *clause, const struct node *index, size_t i)
{
	const struct symbol *table = index->note->table;
	const struct key_part *part = &index->note->key[i];
	const struct record_field *column = &table->type->record->fields[table->key[i]];
	struct node *sides[2];
	for (int k = 0; k < 2; k++) {
		struct node *row = node_at(c, index, NODE_NAME, NULL, NULL);
		row->name = clause->name;
		sides[k] = field_of(c, index, row, column->name);
	}
	struct node *value =
		part->is_ref ? field_of(c, index, part->value, column->name) : part->value;
	struct node *same = binary(c, index, OP_EQUAL, sides[0], value);
	if (column->type->kind != TYPE_STRING)
		return same;
	struct node *unknown = node_at(c, index, NODE_STRING, NULL, NULL);
	unknown->literal.text = TEXT("");
	return binary(c, index, OP_OR, same, binary(c, index, OP_EQUAL, sides[1], unknown));
}

/* The condition under which a row is looked up; NULL: not a look-up in rejected rows. */
static struct node *condition_of(struct checker *c, struct node *clause)
{
	struct node *index = kid(clause, FOR_SOURCE), *all = NULL;
	while (index->kind == NODE_NAME && index->symbol && index->symbol->kind == SYMBOL_LET &&
		index->symbol->declaration)
		index = kid(index->symbol->declaration, LET_VALUE);
	if (!index->note || index->note->meaning != MEANS_ROWS_BY_KEY ||
		index->note->table->kind != SYMBOL_REJECTED)
		return NULL;
	for (size_t i = 0; i < index->note->key_count; i++)
		if (index->note->key[i].value) {
			struct node *one = part_condition(c, clause, index, i);
			all = all ? binary(c, index, OP_AND, all, one) : one;
		}
	clause->kids[FOR_SOURCE] = kid(index, INDEX_VALUE);
	clause->flags |= NODE_SCAN; /* of what is broken just now: short, nearly always empty */
	return all;
}

void check_unread_clause(struct checker *c, struct node *clauses, uint32_t at)
{
	struct node *condition = condition_of(c, clauses->kids[at]);
	if (!condition)
		return;
	struct node **kids = ARENA_ARRAY(c->arena, struct node *, clauses->count + 1);
	for (uint32_t i = 0, k = 0; i < clauses->count; i++) {
		kids[k++] = clauses->kids[i];
		if (i == at)
			kids[k++] = node_at(c, condition, NODE_WHERE, condition, NULL);
	}
	clauses->kids = kids;
	clauses->count++;
}

void check_unread_rounds(struct checker *c, struct node *comprehension, bool every)
{
	const struct node *fors = kid(comprehension, COMPREHENSION_FORS);
	for (uint32_t i = fors->count; i-- > 0;) {
		struct node *condition = condition_of(c, fors->kids[i]),
			    *given = kid(comprehension, COMPREHENSION_CONDITION);
		if (condition && given)
			condition =
				binary(c, condition, every ? OP_IMPLIES : OP_AND, condition, given);
		if (condition)
			comprehension->kids[COMPREHENSION_CONDITION] = condition;
	}
}

/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * ast_build.h: how the grammar makes nodes, and how parse.c asks the generated parser. For ast.c,
 * parse.c, repair.c and dsl/grammar.y only.
 */
#ifndef WEFT_COMPILER_AST_BUILD_H
#define WEFT_COMPILER_AST_BUILD_H

#include "lex.h"

struct builder {
	struct arena *arena;
	struct source *source;
	uint32_t shifted;  /* the last token that the parser took: where the node that is being made
			      ends */
	struct node *file; /* the result */
	bool failed, overflowed;
};

/* A node from token `first` to the last one shifted, with `count` kids (struct node *, NULL
 * allowed). */
struct node *make(struct builder *b, enum node_kind kind, uint32_t first, unsigned count, ...);
struct node *named(struct builder *b, struct node *n, uint32_t token);
struct node *named_by(struct node *n, const struct node *name);
struct node *flagged(
	struct node *n, enum node_flag flag, uint32_t token); /* token 0: absent, nothing set */
struct node *list(struct builder *b);
struct node *list_add(struct builder *b, struct node *l, struct node *item);
struct node *list_first(struct builder *b, struct node *item, struct node *l);

struct node *name_node(struct builder *b, uint32_t token);
struct node *name_node_at(struct builder *b, uint32_t token); /* one that is not the last shifted */
struct node *type_node(struct builder *b, uint32_t token);
struct node *longer_name(
	struct builder *b, struct node *n, uint32_t token); /* `n.token` as one name */
struct node *string_node(struct builder *b, uint32_t token);
struct node *literal_node(struct builder *b, enum node_kind kind, uint32_t token);
struct node *address_template(struct builder *b, uint32_t token, struct node *port);
struct node *template_add(
	struct builder *b, struct node *parts, uint32_t middle, struct node *value);
struct node *template_end(struct builder *b, uint32_t open, struct node *parts, uint32_t close);
struct node *binary(struct builder *b, enum op op, struct node *left, struct node *right);
struct node *unary(struct builder *b, enum op op, uint32_t first, struct node *value);
/* FORWARD and DIAL: takes the `with` that the address was read with. */
struct node *addressed(
	struct builder *b, enum node_kind kind, uint32_t first, struct node *address);
struct node *enclosed(struct builder *b, uint32_t open, struct node *value);

/* Of the generated parser. */
void *GrammarAlloc(void *(*allocate)(size_t), struct builder *b);
void GrammarFree(void *parser, void (*release)(void *));
void Grammar(void *parser, int kind, uint32_t token);

/* Its state stack alone, to ask what could come next without parsing. */
enum { GRAMMAR_DEPTH = 1000 };
struct grammar_states {
	int depth;
	uint16_t states[GRAMMAR_DEPTH + 1];
};
void grammar_states(const void *parser, struct grammar_states *to);
bool grammar_feed(struct grammar_states *s,
	int token); /* false: it cannot come; then `s` is of no use any more */
int grammar_token_count(void);
size_t grammar_size(void);
void grammar_copy(void *to, const void *from);

#endif

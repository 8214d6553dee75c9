/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * check_facts.h: what follows from what inside one query: check_key.c proves keys with it.
 */
#ifndef WEFT_COMPILER_CHECK_FACTS_H
#define WEFT_COMPILER_CHECK_FACTS_H

#include "checker.h"

struct facts {
	struct arena *arena;
	struct node *clauses;
	struct node *group;    /* its GROUP clause, or NULL */
	struct vec equalities; /* struct node *: `a == b`, conjuncts of the where clauses */
	struct vec known;      /* struct text *: what is determined */
	bool changed;
};

void facts_of_query(struct facts *f, struct checker *c, struct node *clauses);
void facts_close(struct facts *f);

#endif

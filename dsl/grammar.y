/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * grammar.y: the grammar of edition 1, for lemon. 0 conflicts, no precedence declarations, no fallback.
 * A token's value is its index in the source's token array; a node's last token is the last one shifted, so an
 * action says only where its node begins. Each action is one call of compiler/ast.c where that is possible.
 *
 * A word directly before `:` or behind `.` reaches the grammar as NAME (compiler/lex.c), so `for:` and `.from`
 * are fields.
 */
%name Grammar
%token_prefix TOKEN_
%token_type {uint32_t}
%default_type {struct node *}
%extra_context {struct builder *b}
%stack_size 1000
%start_symbol file

%include {
#include "ast_build.h"
#include <assert.h>
#define YYNOERRORRECOVERY 1
}
%syntax_error { b->failed = true; }
%stack_overflow { b->overflowed = true; }
%parse_failure { b->failed = true; }

/* BROKEN stands for a declaration that was reported and skipped. */
%token BROKEN.

file ::= decls(D). { b->file = make(b, NODE_FILE, 1, 1, D); }
decls(A) ::= . { A = list(b); }
decls(A) ::= decls(L) decl(D). { A = list_add(b, L, D); }

decl(A) ::= bare(D). { A = D; }
decl(A) ::= PUB(P) bare(D). { A = flagged(D, NODE_PUB, P); }
decl(A) ::= BROKEN(T). { A = make(b, NODE_ERROR, T, 0); }

%type id {uint32_t}
%type fn_name {uint32_t}
%type member {uint32_t}
%type extern {uint32_t}
%type shared {uint32_t}
%type scan {uint32_t}
extern(A) ::= . { A = 0; }
extern(A) ::= EXTERN(T). { A = T; }
shared(A) ::= . { A = 0; }
shared(A) ::= SHARED(T). { A = T; }

/* ---- declarations ---- */
bare(A) ::= USE(T) module(M) DOT OPEN_BRACE use_names(N) CLOSE_BRACE. { A = named_by(make(b, NODE_USE, T, 1, N), M); }
bare(A) ::= USE(T) string(S) AS id(N). { A = named(b, make(b, NODE_USE_FILE, T, 1, S), N); }
module(A) ::= NAME(N). { A = name_node(b, N); }
module(A) ::= module(M) DOT NAME(N). { A = longer_name(b, M, N); }
use_names(A) ::= use_name(N). { A = list_add(b, list(b), N); }
use_names(A) ::= use_names(L) COMMA use_name(N). { A = list_add(b, L, N); }
use_name(A) ::= id(N). { A = name_node(b, N); }
use_name(A) ::= TYPE(N). { A = type_node(b, N); }

bare(A) ::= SCHEMA(T) id(N) ASSIGN id(F) string(P). { A = named(b, make(b, NODE_SCHEMA, T, 2, name_node(b, F), P), N); }
bare(A) ::= PARAM(T) id(N) COLON type(Y) value(V). { A = named(b, make(b, NODE_PARAM, T, 2, Y, V), N); }
value(A) ::= . { A = NULL; }
value(A) ::= ASSIGN expr(E). { A = E; }

bare(A) ::= extern(X) COLLECTION(T) id(N) keys(K) COLON type(Y) from(F) condition(W).
	{ A = flagged(named(b, make(b, NODE_COLLECTION, T, 4, K, Y, F, W), N), NODE_EXTERN, X); }
keys(A) ::= . { A = NULL; }
keys(A) ::= OPEN_BRACKET names(L) CLOSE_BRACKET. { A = L; }
names(A) ::= id(N). { A = list_add(b, list(b), name_node(b, N)); }
names(A) ::= names(L) COMMA id(N). { A = list_add(b, L, name_node(b, N)); }
from(A) ::= . { A = NULL; }
from(A) ::= FROM expr(E). { A = E; }
condition(A) ::= . { A = NULL; }
condition(A) ::= WHERE expr(E). { A = E; }

bare(A) ::= shared(X) DERIVE(T) id(N) keys(K) type_note(Y) ASSIGN expr(E) visible(V).
	{ A = flagged(named(b, make(b, NODE_DERIVE, T, 6, K, Y, list(b), E, NULL, V), N), NODE_SHARED, X); }
bare(A) ::= shared(X) DERIVE(T) id(N) keys(K) type_note(Y) ASSIGN queries(Q) conflict(C) visible(V).
	{ A = flagged(named(b, make(b, NODE_DERIVE, T, 6, K, Y, Q, NULL, C, V), N), NODE_SHARED, X); }
type_note(A) ::= . { A = NULL; }
type_note(A) ::= COLON type(Y). { A = Y; }
queries(A) ::= query(Q). { A = list_add(b, list(b), Q); }
queries(A) ::= queries(L) ALSO query(Q). { A = list_add(b, L, Q); }
query(A) ::= for(F) clauses(L) YIELD expr(E). { A = make(b, NODE_QUERY, F->first, 2, list_first(b, F, L), E); }
clauses(A) ::= . { A = list(b); }
clauses(A) ::= clauses(L) clause(C). { A = list_add(b, L, C); }
clause(A) ::= for(C). { A = C; }
clause(A) ::= where(C). { A = C; }
clause(A) ::= let(C). { A = C; }
clause(A) ::= GROUP(T) bindings(L). { A = make(b, NODE_GROUP, T, 1, L); }
bindings(A) ::= binding(B). { A = list_add(b, list(b), B); }
bindings(A) ::= bindings(L) COMMA binding(B). { A = list_add(b, L, B); }
binding(A) ::= id(N) ASSIGN expr(E). { A = named(b, make(b, NODE_LET, N, 1, E), N); }
for(A) ::= FOR(T) id(N) IN scan(S) expr(E). { A = flagged(named(b, make(b, NODE_FOR, T, 1, E), N), NODE_SCAN, S); }
scan(A) ::= . { A = 0; }
scan(A) ::= SCAN(T). { A = T; }
where(A) ::= WHERE(T) expr(E). { A = make(b, NODE_WHERE, T, 1, E); }
let(A) ::= LET(T) id(N) ASSIGN expr(E). { A = named(b, make(b, NODE_LET, T, 1, E), N); }
conflict(A) ::= . { A = NULL; }
conflict(A) ::= ON(T) CONFLICT KEEP FIRST BY expr(E). { A = make(b, NODE_KEEP, T, 1, E); }
conflict(A) ::= ON(T) CONFLICT KEEP LAST(X) BY expr(E). { A = flagged(make(b, NODE_KEEP, T, 1, E), NODE_LAST, X); }
conflict(A) ::= ON(T) CONFLICT MERGE expr(E). { A = make(b, NODE_MERGE, T, 1, E); }
conflict(A) ::= ON(T) CONFLICT REJECT. { A = make(b, NODE_REJECT, T, 0); }
visible(A) ::= . { A = NULL; }
visible(A) ::= VISIBLE(T) TO EVERYBODY. { A = make(b, NODE_VISIBLE, T, 2, NULL, NULL); }
visible(A) ::= VISIBLE(T) TO NAME(P) NAME(N) WHERE expr(E).
	{ A = named(b, make(b, NODE_VISIBLE, T, 2, name_node(b, P), E), N); }

bare(A) ::= RECORD(T) TYPE(N) OPEN_BRACE fields(L) CLOSE_BRACE.
	{ A = named(b, make(b, NODE_RECORD_DECL, T, 3, NULL, NULL, L), N); }
bare(A) ::= RECORD(T) TYPE(N) ASSIGN id(F) string(S) OPEN_BRACE fields(L) CLOSE_BRACE.
	{ A = named(b, make(b, NODE_RECORD_DECL, T, 3, name_node(b, F), S, L), N); }
fields(A) ::= . { A = list(b); }
fields(A) ::= fields(L) field(F) comma. { A = list_add(b, L, F); }
comma ::= .
comma ::= COMMA.
field(A) ::= NAME(N) COLON type(Y) at(P) absent(B) empty(E) list_key(K).
	{ A = named(b, make(b, NODE_FIELD_DECL, N, 5, Y, P, B, E, K), N); }
at(A) ::= . { A = NULL; }
at(A) ::= AT path(P). { A = P; }
at(A) ::= AT UNDERSCORE(T). { A = make(b, NODE_ANY, T, 0); }
absent(A) ::= . { A = NULL; }
absent(A) ::= ABSENT expr(E). { A = E; }
empty(A) ::= . { A = NULL; }
empty(A) ::= EMPTY expr(E). { A = E; }
list_key(A) ::= . { A = NULL; }
list_key(A) ::= KEY id(N). { A = name_node(b, N); }
path(A) ::= id(N). { A = name_node(b, N); }
path(A) ::= path(P) DOT member(N). { A = named(b, make(b, NODE_FIELD, P->first, 1, P), N); }
path(A) ::= path(P) DOT STRING(N). { A = named_by(make(b, NODE_FIELD, P->first, 1, P), string_node(b, N)); }
member(A) ::= NAME(N). { A = N; }
member(A) ::= TYPE(N). { A = N; }

bare(A) ::= ENUM(T) TYPE(N) enum_format(F) OPEN_BRACE variants(L) comma CLOSE_BRACE.
	{ A = named(b, make(b, NODE_ENUM_DECL, T, 2, F, L), N); }
enum_format(A) ::= . { A = NULL; }
enum_format(A) ::= ASSIGN id(N). { A = name_node(b, N); }
variants(A) ::= variant(V). { A = list_add(b, list(b), V); }
variants(A) ::= variants(L) COMMA variant(V). { A = list_add(b, L, V); }
variant(A) ::= TYPE(N) payloads(P) code(C). { A = named(b, make(b, NODE_VARIANT_DECL, N, 2, P, C), N); }
payloads(A) ::= . { A = list(b); }
payloads(A) ::= OPEN_PAREN types(L) CLOSE_PAREN. { A = L; }
types(A) ::= type(Y). { A = list_add(b, list(b), Y); }
types(A) ::= types(L) COMMA type(Y). { A = list_add(b, L, Y); }
code(A) ::= . { A = NULL; }
code(A) ::= AT string(S). { A = S; }
code(A) ::= AT INT(T). { A = literal_node(b, NODE_INT, T); }

bare(A) ::= FN(T) fn_name(N) params(P) ARROW type(Y) ASSIGN expr(E). { A = named(b, make(b, NODE_FN, T, 3, P, Y, E), N); }
bare(A) ::= EXTERN(X) FN(T) fn_name(N) params(P) ARROW type(Y).
	{ A = flagged(named(b, make(b, NODE_FN, T, 3, P, Y, NULL), N), NODE_EXTERN, X); }
fn_name(A) ::= id(N). { A = N; }
params(A) ::= OPEN_PAREN CLOSE_PAREN. { A = list(b); }
params(A) ::= OPEN_PAREN param_list(L) comma CLOSE_PAREN. { A = L; }
param_list(A) ::= parameter(P). { A = list_add(b, list(b), P); }
param_list(A) ::= param_list(L) COMMA parameter(P). { A = list_add(b, L, P); }
parameter(A) ::= NAME(N) COLON type(Y) value(V). { A = named(b, make(b, NODE_FIELD_DECL, N, 5, Y, NULL, V, NULL, NULL), N); }

bare(A) ::= DECISION(T) id(N) params(P) OPEN_BRACE decision_clauses(L) CLOSE_BRACE.
	{ A = named(b, make(b, NODE_DECISION, T, 2, P, L), N); }
decision_clauses(A) ::= . { A = list(b); }
decision_clauses(A) ::= decision_clauses(L) decision_clause(C). { A = list_add(b, L, C); }
decision_clause(A) ::= PERMIT(T) id(N) WHEN expr(E). { A = named(b, make(b, NODE_CLAUSE, T, 1, E), N); }
decision_clause(A) ::= FORBID(T) id(N) WHEN expr(E).
	{ A = flagged(named(b, make(b, NODE_CLAUSE, T, 1, E), N), NODE_FORBID, T); }

bare(A) ::= HANDLER(T) id(N) params(P) block(B). { A = named(b, make(b, NODE_HANDLER, T, 2, P, B), N); }
bare(A) ::= EXTERN(X) HANDLER(T) id(N) params(P).
	{ A = flagged(named(b, make(b, NODE_HANDLER, T, 2, P, NULL), N), NODE_EXTERN, X); }
bare(A) ::= EFFECT(T) id(N) OPEN_BRACE fields(L) CLOSE_BRACE. { A = named(b, make(b, NODE_EFFECT, T, 1, L), N); }
bare(A) ::= COMPONENT(T) id(N) params(P) OPEN_BRACE decls(L) CLOSE_BRACE.
	{ A = named(b, make(b, NODE_COMPONENT, T, 2, P, L), N); }
bare(A) ::= BOUND(T) bound_path(P) COLON INT(I). { A = make(b, NODE_BOUND, T, 2, P, literal_node(b, NODE_INT, I)); }
bound_path(A) ::= path(P). { A = P; }
bare(A) ::= PART(T) id(N) OPEN_BRACE decls(L) CLOSE_BRACE. { A = named(b, make(b, NODE_PART, T, 1, L), N); }

bare(A) ::= NAME(K) id(N) rule_clauses(L) address(E) block(B).
	{ A = named(b, make(b, NODE_RULE, K, 4, name_node_at(b, K), L, E, B), N); }
rule_clauses(A) ::= . { A = list(b); }
rule_clauses(A) ::= rule_clauses(L) for(C). { A = list_add(b, L, C); }
rule_clauses(A) ::= rule_clauses(L) where(C). { A = list_add(b, L, C); }
address(A) ::= . { A = NULL; }
address(A) ::= ON expr(E). { A = E; }

/* ---- tests ---- */
bare(A) ::= TEST(T) string(S) OPEN_BRACE steps(L) CLOSE_BRACE. { A = make(b, NODE_TEST, T, 2, S, L); }
steps(A) ::= . { A = list(b); }
steps(A) ::= steps(L) step(S). { A = list_add(b, L, S); }
step(A) ::= GIVEN(T) id(N) ASSIGN expr(E). { A = named(b, make(b, NODE_GIVEN, T, 1, E), N); }
step(A) ::= INSERT(T) path(P) expr(E). { A = make(b, NODE_INSERT, T, 2, P, E); }
step(A) ::= UPDATE(T) path(P) expr(E). { A = make(b, NODE_UPDATE, T, 2, P, E); }
step(A) ::= DELETE(T) expr(E). { A = make(b, NODE_DELETE, T, 1, E); }
step(A) ::= CONNECT(T) id(N) record(R). { A = named(b, make(b, NODE_CONNECT, T, 1, R), N); }
step(A) ::= ADVANCE(T) DURATION(D). { A = make(b, NODE_ADVANCE, T, 1, literal_node(b, NODE_DURATION, D)); }
step(A) ::= EXPECT(T) expr(E). { A = make(b, NODE_EXPECT, T, 1, E); }

/* ---- types ---- */
type(A) ::= TYPE(N). { A = type_node(b, N); }
type(A) ::= NAME(M) DOT TYPE(N). { A = longer_name(b, type_node(b, M), N); }
type(A) ::= OPEN_BRACKET(T) type(Y) CLOSE_BRACKET. { A = make(b, NODE_TYPE_LIST, T, 1, Y); }
type(A) ::= OPEN_BRACE(T) type(K) COLON type(Y) CLOSE_BRACE. { A = make(b, NODE_TYPE_MAP, T, 2, K, Y); }
type(A) ::= type(Y) QUESTION. { A = make(b, NODE_TYPE_OPTION, Y->first, 1, Y); }
type(A) ::= REF(T) id(N). { A = named(b, make(b, NODE_TYPE_REF, T, 0), N); }
type(A) ::= ROWS(T) OF id(N). { A = named(b, make(b, NODE_TYPE_ROWS, T, 0), N); }

/* ---- blocks and statements ---- */
block(A) ::= OPEN_BRACE(T) items(L) CLOSE_BRACE. { A = make(b, NODE_BLOCK, T, 1, L); }
items(A) ::= . { A = list(b); }
items(A) ::= items(L) item(I) comma. { A = list_add(b, L, I); }
item(A) ::= NAME(N) COLON expr(E). { A = named(b, make(b, NODE_RULE_FIELD, N, 1, E), N); }
item(A) ::= let(S). { A = S; }
item(A) ::= REQUIRE(T) expr(E). { A = make(b, NODE_REQUIRE, T, 1, E); }
item(A) ::= if(S). { A = S; }
item(A) ::= MATCH(T) expr(E) OPEN_BRACE block_arms(L) CLOSE_BRACE. { A = make(b, NODE_MATCH, T, 2, E, L); }
item(A) ::= RUN(T) expr(E). { A = make(b, NODE_RUN, T, 1, E); }
item(A) ::= LOG(T) expr(E). { A = make(b, NODE_LOG, T, 1, E); }
item(A) ::= FORWARD(T) expr(E). { A = addressed(b, NODE_FORWARD, T, E); }
item(A) ::= RELAY(T) expr(L) BOTH_WAYS expr(R) while(W). { A = make(b, NODE_RELAY, T, 3, L, R, W); }
item(A) ::= DENY(T) expr(E). { A = make(b, NODE_DENY, T, 1, E); }
item(A) ::= CLOSE(T). { A = make(b, NODE_CLOSE, T, 0); }
while(A) ::= . { A = NULL; }
while(A) ::= WHILE expr(E). { A = E; }
if(A) ::= IF(T) expr(C) block(B). { A = make(b, NODE_IF, T, 3, C, B, NULL); }
if(A) ::= IF(T) expr(C) block(B) ELSE block(E). { A = make(b, NODE_IF, T, 3, C, B, E); }
if(A) ::= IF(T) expr(C) block(B) ELSE if(E). { A = make(b, NODE_IF, T, 3, C, B, E); }
block_arms(A) ::= . { A = list(b); }
block_arms(A) ::= block_arms(L) pattern(P) THEN block(B) comma.
	{ A = list_add(b, L, make(b, NODE_ARM, P->first, 2, P, B)); }
pattern(A) ::= TYPE(N). { A = named(b, make(b, NODE_PATTERN, N, 1, list(b)), N); }
pattern(A) ::= TYPE(N) OPEN_PAREN pattern_names(L) CLOSE_PAREN. { A = named(b, make(b, NODE_PATTERN, N, 1, L), N); }
pattern(A) ::= literal(V). { A = V; }
pattern(A) ::= UNDERSCORE(T). { A = make(b, NODE_ANY, T, 0); }
pattern_names(A) ::= pattern_name(N). { A = list_add(b, list(b), N); }
pattern_names(A) ::= pattern_names(L) COMMA pattern_name(N). { A = list_add(b, L, N); }
pattern_name(A) ::= id(N). { A = name_node(b, N); }
pattern_name(A) ::= UNDERSCORE(T). { A = make(b, NODE_ANY, T, 0); }

/* ---- expressions, loosest first ---- */
expr(A) ::= implication(E). { A = E; }
expr(A) ::= implication(E) ELSE fallback(F). { A = make(b, NODE_ELSE, E->first, 2, E, F); }
fallback(A) ::= expr(E). { A = E; }
fallback(A) ::= DENY(T) implication(E). { A = make(b, NODE_DENY, T, 1, E); }
fallback(A) ::= CLOSE(T). { A = make(b, NODE_CLOSE, T, 0); }
fallback(A) ::= SKIP(T). { A = make(b, NODE_SKIP, T, 0); }
fallback(A) ::= WAIT(T). { A = make(b, NODE_WAIT, T, 0); }
implication(A) ::= or(E). { A = E; }
implication(A) ::= or(L) IMPLIES implication(R). { A = binary(b, OP_IMPLIES, L, R); }
or(A) ::= and(E). { A = E; }
or(A) ::= or(L) OR and(R). { A = binary(b, OP_OR, L, R); }
and(A) ::= not(E). { A = E; }
and(A) ::= and(L) AND not(R). { A = binary(b, OP_AND, L, R); }
not(A) ::= comparison(E). { A = E; }
not(A) ::= NOT(T) not(E). { A = unary(b, OP_NOT, T, E); }
comparison(A) ::= sum(E). { A = E; }
comparison(A) ::= sum(L) relation(O) sum(R). { A = binary(b, O, L, R); }
%type relation {enum op}
relation(A) ::= EQUAL. { A = OP_EQUAL; }
relation(A) ::= UNEQUAL. { A = OP_UNEQUAL; }
relation(A) ::= LESS. { A = OP_LESS; }
relation(A) ::= LESS_EQUAL. { A = OP_LESS_EQUAL; }
relation(A) ::= GREATER. { A = OP_GREATER; }
relation(A) ::= GREATER_EQUAL. { A = OP_GREATER_EQUAL; }
relation(A) ::= CONTAINS. { A = OP_CONTAINS; }
relation(A) ::= SELECTS. { A = OP_SELECTS; }
relation(A) ::= MATCHES. { A = OP_MATCHES; }
relation(A) ::= WITHIN. { A = OP_WITHIN; }
relation(A) ::= LIKE. { A = OP_LIKE; }
fn_name(A) ::= MATCHES(N). { A = N; }
sum(A) ::= term(E). { A = E; }
sum(A) ::= sum(L) PLUS term(R). { A = binary(b, OP_ADD, L, R); }
sum(A) ::= sum(L) MINUS term(R). { A = binary(b, OP_SUBTRACT, L, R); }
term(A) ::= unary(E). { A = E; }
term(A) ::= term(L) STAR unary(R). { A = binary(b, OP_MULTIPLY, L, R); }
term(A) ::= term(L) SLASH unary(R). { A = binary(b, OP_DIVIDE, L, R); }
unary(A) ::= postfix(E). { A = E; }
unary(A) ::= MINUS(T) unary(E). { A = unary(b, OP_NEGATE, T, E); }
unary(A) ::= DIAL(T) unary(E). { A = addressed(b, NODE_DIAL, T, E); }
unary(A) ::= if_expr(E). { A = E; }
unary(A) ::= MATCH(T) expr(E) OPEN_BRACE arms(L) CLOSE_BRACE. { A = make(b, NODE_MATCH_EXPR, T, 2, E, L); }
if_expr(A) ::= IF(T) expr(C) OPEN_BRACE expr(Y) CLOSE_BRACE ELSE OPEN_BRACE expr(N) CLOSE_BRACE.
	{ A = make(b, NODE_IF_EXPR, T, 3, C, Y, N); }
if_expr(A) ::= IF(T) expr(C) OPEN_BRACE expr(Y) CLOSE_BRACE ELSE if_expr(N). { A = make(b, NODE_IF_EXPR, T, 3, C, Y, N); }
arms(A) ::= . { A = list(b); }
arms(A) ::= arms(L) pattern(P) THEN expr(E) comma. { A = list_add(b, L, make(b, NODE_ARM, P->first, 2, P, E)); }
postfix(A) ::= atom(E). { A = E; }
postfix(A) ::= postfix(E) DOT member(N). { A = named(b, make(b, NODE_FIELD, E->first, 1, E), N); }
postfix(A) ::= postfix(E) OPTION_DOT member(N). { A = named(b, make(b, NODE_OPTION_FIELD, E->first, 1, E), N); }
postfix(A) ::= postfix(E) OPEN_BRACKET indexes(L) CLOSE_BRACKET. { A = make(b, NODE_INDEX, E->first, 2, E, L); }
postfix(A) ::= postfix(E) OPEN_PAREN arguments(L) CLOSE_PAREN. { A = make(b, NODE_CALL, E->first, 2, E, L); }
postfix(A) ::= postfix(E) WITH record(R). { A = make(b, NODE_WITH_RECORD, E->first, 2, E, R); }
indexes(A) ::= index(I). { A = list_add(b, list(b), I); }
indexes(A) ::= indexes(L) COMMA index(I). { A = list_add(b, L, I); }
index(A) ::= expr(E). { A = E; }
index(A) ::= UNDERSCORE(T). { A = make(b, NODE_ANY, T, 0); }
arguments(A) ::= . { A = list(b); }
arguments(A) ::= argument_list(L) comma. { A = L; }
arguments(A) ::= comprehension(C). { A = list_add(b, list(b), C); }
argument_list(A) ::= argument(E). { A = list_add(b, list(b), E); }
argument_list(A) ::= argument_list(L) COMMA argument(E). { A = list_add(b, L, E); }
argument(A) ::= expr(E). { A = make(b, NODE_ARGUMENT, E->first, 2, E, NULL); }
argument(A) ::= expr(E) BY expr(K). { A = make(b, NODE_ARGUMENT, E->first, 2, E, K); }
argument(A) ::= NAME(N) COLON expr(E). { A = named(b, make(b, NODE_ARGUMENT, N, 2, E, NULL), N); }
argument(A) ::= DISTINCT(T) expr(E). { A = flagged(make(b, NODE_ARGUMENT, T, 2, E, NULL), NODE_DISTINCT, T); }
comprehension(A) ::= ins(L) condition(W) yield(Y). { A = make(b, NODE_COMPREHENSION, L->first, 3, L, W, Y); }
ins(A) ::= in(I). { A = list_add(b, list(b), I); }
ins(A) ::= ins(L) COMMA in(I). { A = list_add(b, L, I); }
in(A) ::= id(N) IN scan(S) expr(E). { A = flagged(named(b, make(b, NODE_FOR, N, 1, E), N), NODE_SCAN, S); }
yield(A) ::= . { A = NULL; }
yield(A) ::= YIELD expr(E). { A = E; }
atom(A) ::= id(N). { A = name_node(b, N); }
atom(A) ::= TYPE(N). { A = type_node(b, N); }
atom(A) ::= literal(E). { A = E; }
atom(A) ::= ADDR_OPEN(T) expr(E) CLOSE_BRACE. { A = address_template(b, T, E); }
atom(A) ::= TEXT_OPEN(T) template_parts(L) TEXT_CLOSE(C). { A = make(b, NODE_TEMPLATE, T, 1, template_end(b, T, L, C)); }
atom(A) ::= OPEN_PAREN(T) expr(E) CLOSE_PAREN. { A = enclosed(b, T, E); }
atom(A) ::= OPEN_BRACKET(T) CLOSE_BRACKET. { A = make(b, NODE_LIST_LITERAL, T, 1, list(b)); }
atom(A) ::= OPEN_BRACKET(T) exprs(L) comma CLOSE_BRACKET. { A = make(b, NODE_LIST_LITERAL, T, 1, L); }
atom(A) ::= OPEN_BRACKET(T) comprehension(C) CLOSE_BRACKET. { A = make(b, NODE_LIST_FROM, T, 1, C); }
atom(A) ::= record(E). { A = E; }
atom(A) ::= NULL(T). { A = make(b, NODE_ERROR, T, 0); }
exprs(A) ::= expr(E). { A = list_add(b, list(b), E); }
exprs(A) ::= exprs(L) COMMA expr(E). { A = list_add(b, L, E); }
template_parts(A) ::= expr(E). { A = list_add(b, list(b), E); }
template_parts(A) ::= template_parts(L) TEXT_MIDDLE(T) expr(E). { A = template_add(b, L, T, E); }
record(A) ::= OPEN_BRACE(T) CLOSE_BRACE. { A = make(b, NODE_RECORD, T, 1, list(b)); }
record(A) ::= OPEN_BRACE(T) inits(L) comma CLOSE_BRACE. { A = make(b, NODE_RECORD, T, 1, L); }
inits(A) ::= init(F). { A = list_add(b, list(b), F); }
inits(A) ::= inits(L) COMMA init(F). { A = list_add(b, L, F); }
init(A) ::= id(N). { A = named(b, make(b, NODE_FIELD_INIT, N, 1, name_node(b, N)), N); }
init(A) ::= NAME(N) COLON expr(E). { A = named(b, make(b, NODE_FIELD_INIT, N, 1, E), N); }
init(A) ::= STRING(N) COLON expr(E). { A = named_by(make(b, NODE_FIELD_INIT, N, 1, E), string_node(b, N)); }
literal(A) ::= INT(T). { A = literal_node(b, NODE_INT, T); }
literal(A) ::= FLOAT(T). { A = literal_node(b, NODE_FLOAT, T); }
literal(A) ::= DURATION(T). { A = literal_node(b, NODE_DURATION, T); }
literal(A) ::= SIZE(T). { A = literal_node(b, NODE_SIZE, T); }
literal(A) ::= IP(T). { A = literal_node(b, NODE_IP, T); }
literal(A) ::= CIDR(T). { A = literal_node(b, NODE_CIDR, T); }
literal(A) ::= ADDR(T). { A = literal_node(b, NODE_ADDR, T); }
literal(A) ::= TRUE(T). { A = literal_node(b, NODE_BOOL, T); }
literal(A) ::= FALSE(T). { A = literal_node(b, NODE_BOOL, T); }
literal(A) ::= string(S). { A = S; }
string(A) ::= STRING(T). { A = string_node(b, T); }

/* ---- names: NAME and every soft word of tokens.tbl ---- */
id(A) ::= NAME(T). { A = T; }
id(A) ::= RECORD(T). { A = T; }
id(A) ::= SCHEMA(T). { A = T; }
id(A) ::= HANDLER(T). { A = T; }
id(A) ::= EFFECT(T). { A = T; }
id(A) ::= BOUND(T). { A = T; }
id(A) ::= PART(T). { A = T; }
id(A) ::= TEST(T). { A = T; }
id(A) ::= CONFLICT(T). { A = T; }
id(A) ::= KEEP(T). { A = T; }
id(A) ::= FIRST(T). { A = T; }
id(A) ::= LAST(T). { A = T; }
id(A) ::= MERGE(T). { A = T; }
id(A) ::= REJECT(T). { A = T; }
id(A) ::= VISIBLE(T). { A = T; }
id(A) ::= TO(T). { A = T; }
id(A) ::= EVERYBODY(T). { A = T; }
id(A) ::= FROM(T). { A = T; }
id(A) ::= AS(T). { A = T; }
id(A) ::= AT(T). { A = T; }
id(A) ::= ABSENT(T). { A = T; }
id(A) ::= EMPTY(T). { A = T; }
id(A) ::= KEY(T). { A = T; }
id(A) ::= REF(T). { A = T; }
id(A) ::= ROWS(T). { A = T; }
id(A) ::= OF(T). { A = T; }
id(A) ::= GIVEN(T). { A = T; }
id(A) ::= INSERT(T). { A = T; }
id(A) ::= UPDATE(T). { A = T; }
id(A) ::= DELETE(T). { A = T; }
id(A) ::= CONNECT(T). { A = T; }
id(A) ::= ADVANCE(T). { A = T; }
id(A) ::= EXPECT(T). { A = T; }

%code {
/* The parser's tables, asked without parsing: what the recipe for messages needs (compiler/repair.c). */

void grammar_states(const void *parser, struct grammar_states *to)
{
	const yyParser *p = parser;
	to->depth = 0;
	for (const yyStackEntry *entry = p->yystack; entry <= p->yytos; entry++)
		to->states[to->depth++] = entry->stateno;
}

bool grammar_feed(struct grammar_states *s, int token)
{
	for (;;) {
		YYACTIONTYPE action = yy_find_shift_action((YYCODETYPE)token, s->states[s->depth - 1]);
		if (action <= YY_MAX_SHIFTREDUCE) {
			if (s->depth >= GRAMMAR_DEPTH)
				return false;
			s->states[s->depth++] = action > YY_MAX_SHIFT
			                            ? (YYACTIONTYPE)(action + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE) : action;
			return true;
		}
		if (action < YY_MIN_REDUCE)
			return action == YY_ACCEPT_ACTION;
		unsigned rule = action - YY_MIN_REDUCE;
		s->depth += yyRuleInfoNRhs[rule];
		if (s->depth >= GRAMMAR_DEPTH)
			return false;
		s->states[s->depth] = yy_find_reduce_action(s->states[s->depth - 1], yyRuleInfoLhs[rule]);
		s->depth++;
	}
}

int grammar_token_count(void)
{
	return YYNTOKEN;
}

size_t grammar_size(void)
{
	return sizeof(yyParser);
}

void grammar_copy(void *to, const void *from)
{
	yyParser *copy = to;
	const yyParser *original = from;
	memcpy(copy, original, sizeof(*copy));
	copy->yytos = copy->yystack + (original->yytos - original->yystack);
	copy->yystackEnd = &copy->yystack[YYSTACKDEPTH - 1];
}
}

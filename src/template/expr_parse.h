/* expr_parse.h - the inside of the parser of expressions, which has several files.
 *
 * Every function that gives a tree gives NULL after a failure, which the lexer holds. Recursion is
 * bounded by gale__enter_nesting, the depth of trees by gale__hold.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_EXPR_PARSE_H
#define GALE_TEMPLATE_EXPR_PARSE_H

#include "template/code.h"
#include "template/expr_lex.h"

struct gale__bracket {
    uint32_t line, column;
    char c;
};

struct gale__parser {
    struct gale__lexer lex;
    struct gale__token token; /* the next one */
    int nesting;
    int n_open;
    struct gale__bracket open[GALE__EXPR_NESTING]; /* brackets that wait for their end */
};

/* How tightly operators bind; a higher one binds tighter. */
enum gale__level {
    GALE__LEVEL_OR = 1,
    GALE__LEVEL_AND,
    GALE__LEVEL_NOT,
    GALE__LEVEL_COMPARE,
    GALE__LEVEL_BITOR,
    GALE__LEVEL_BITXOR,
    GALE__LEVEL_BITAND,
    GALE__LEVEL_SHIFT,
    GALE__LEVEL_SUM,
    GALE__LEVEL_PRODUCT,
    GALE__LEVEL_UNARY,
};

/* Begins at the first token; 0 or a code. end: that there is nothing left; gives the code. */
int gale__parser_start(struct gale__parser *p, struct gale__arena *arena, struct gale__span span,
                       struct gale__syntax_error *error);
int gale__parser_end(struct gale__parser *p);

/* --- expr_parse.c ---- */
/* To the next token; false after a failure. */
bool gale__advance(struct gale__parser *p);
/* The same when this kind is next; else false without failure: look at p->lex.code. */
bool gale__accept(struct gale__parser *p, enum gale__token_kind kind);
/* Fails for what is next. NULL. */
void *gale__unexpected(struct gale__parser *p);
/* Fails at what is next, or at a tree. NULL. */
void *gale__fail_here(struct gale__parser *p, const char *message);
void *gale__fail_at(struct gale__parser *p, const struct gale__expr *e, const char *message);

/* One level deeper; false: too deep. */
bool gale__enter_nesting(struct gale__parser *p);

/* An opening bracket is next; at its closing one, of kind close. False after a failure. */
bool gale__open_bracket(struct gale__parser *p);
bool gale__close_bracket(struct gale__parser *p, enum gale__token_kind close);

/* A tree without parts, at a place, at the next token. */
struct gale__expr *gale__node(struct gale__parser *p, enum gale__expr_kind kind, uint32_t line,
                              uint32_t column);
struct gale__expr *gale__node_here(struct gale__parser *p, enum gale__expr_kind kind);
/* Parent has child, which may be NULL after a failure: false then, and when it is too deep. */
bool gale__hold(struct gale__parser *p, struct gale__expr *parent, const struct gale__expr *child);
/* Appends an item to parent's; *last is the last one, NULL at first. */
bool gale__add_item(struct gale__parser *p, struct gale__expr *parent, struct gale__expr **last,
                    struct gale__expr *item);

/* One expression; operators from a level on; the same or "*" one. */
struct gale__expr *gale__parse_one(struct gale__parser *p);
struct gale__expr *gale__parse_operators(struct gale__parser *p, enum gale__level level);
/* One level deeper: what the functions above do within brackets and behind operators. */
struct gale__expr *gale__parse_deeper(struct gale__parser *p, enum gale__level level);

/* --- expr_display.c ---- */
/* Any number with commas between them: one alone as it is, else a TUPLE. */
struct gale__expr *gale__parse_many(struct gale__parser *p);
struct gale__expr *gale__parse_starred(struct gale__parser *p);
/* A bracket is next. */
struct gale__expr *gale__parse_parenthesized(struct gale__parser *p);
struct gale__expr *gale__parse_list(struct gale__parser *p);
struct gale__expr *gale__parse_dict(struct gale__parser *p);
struct gale__expr *gale__parse_lambda(struct gale__parser *p);

/* --- expr_call.c ---- */
/* What follows an operand: a bracket or a dot is next. */
struct gale__expr *gale__parse_call(struct gale__parser *p, struct gale__expr *left);
struct gale__expr *gale__parse_index(struct gale__parser *p, struct gale__expr *left);

/* "for" is next: the clauses, held by node. False after a failure. */
bool gale__parse_clauses(struct gale__parser *p, struct gale__expr *node);

/* --- expr_target.c ---- */
/* What "for" has before "in". */
struct gale__expr *gale__parse_targets(struct gale__parser *p);
/* That values can be assigned to it. */
bool gale__check_target(struct gale__parser *p, struct gale__expr *e);

#endif

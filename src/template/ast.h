/* ast.h - expressions as trees: what expr_parse.c makes and compile.c reads.
 *
 * All in the arena of the compilation; texts are slices of it or of the source. Lists are linked by
 * next.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_AST_H
#define GALE_TEMPLATE_AST_H

#include <gale/value.h>

#include "base/arena.h"

enum gale__expr_kind {
    GALE__EXPR_CONST,     /* value: None, True, False, int, float, text, bytes */
    GALE__EXPR_NAME,      /* name */
    GALE__EXPR_ATTRIBUTE, /* left.name */
    GALE__EXPR_INDEX,     /* left[right] */
    GALE__EXPR_SLICE,     /* left[items]: three items lo, hi, step; CONST None where left out */
    GALE__EXPR_CALL,      /* left(items): name: keyword argument; star 1: *x, 2: **x */
    GALE__EXPR_UNARY,     /* op: enum gale__unary; left */
    GALE__EXPR_NOT,       /* left */
    GALE__EXPR_BINARY,    /* op: enum gale__binary; left, right */
    GALE__EXPR_COMPARE,   /* left, then items, each with its op: enum gale__compare */
    GALE__EXPR_AND,       /* left, right */
    GALE__EXPR_OR,
    GALE__EXPR_IF,       /* left if test else right */
    GALE__EXPR_LIST,     /* items; star 1: *x */
    GALE__EXPR_TUPLE,    /* the same */
    GALE__EXPR_DICT,     /* items: key with its value in right; star 2: **x (right NULL) */
    GALE__EXPR_LIST_FOR, /* a list comprehension (and a generator expression): left, clauses */
    GALE__EXPR_DICT_FOR, /* left: right, clauses */
    GALE__EXPR_LAMBDA,   /* params, left */
};

struct gale__expr {
    uint8_t kind;
    uint8_t op;
    uint8_t star;
    bool parenthesized; /* (a, b) is no target of del, an (x) no different from x */
    uint32_t line;      /* of the template */
    uint32_t column;    /* from 1, in characters */
    uint32_t n_items;
    gale_str name;
    gale_value value;
    struct gale__expr *left, *right, *test;
    struct gale__expr *items; /* the first; the others by next */
    struct gale__expr *next;
    struct gale__for_clause *clauses;
    struct gale__param *params;
};

/* for target in over if conditions… */
struct gale__for_clause {
    struct gale__expr *target;
    struct gale__expr *over;
    struct gale__expr *conditions; /* by next */
    struct gale__for_clause *next;
};

struct gale__param {
    gale_str name;
    struct gale__expr *fallback; /* or NULL */
    struct gale__param *next;
};

/* target = target = value; target += value; an expression alone; del target. */
struct gale__statement {
    struct gale__expr *targets; /* by next; NULL: an expression alone */
    int op;                     /* enum gale__binary of an augmented assignment; -1: plain; -2: del
                                   (of items of containers) */
    struct gale__expr *value;
};

/* Where a piece of source lies, for positions and messages. */
struct gale__span {
    gale_str text;         /* the piece */
    uint32_t line, column; /* of its first byte, from 1 */
};

/* What was wrong, and where. */
struct gale__syntax_error {
    char message[256];
    uint32_t line, column;
};

/* Each parses the whole piece. 0; GALE_EINVAL with *error; -ENOMEM. */

/* One expression; "a, b" is a tuple. */
int gale__parse_expression(struct gale__arena *arena, struct gale__span span,
                           struct gale__expr **out, struct gale__syntax_error *error);

/* target in expression, of {% for %}. */
int gale__parse_for(struct gale__arena *arena, struct gale__span span, struct gale__expr **target,
                    struct gale__expr **over, struct gale__syntax_error *error);

/* What {% set %} has. */
int gale__parse_statement(struct gale__arena *arena, struct gale__span span,
                          struct gale__statement *out, struct gale__syntax_error *error);

/* What {% except %} has behind the word: nothing, classes, "classes as name". */
int gale__parse_except(struct gale__arena *arena, struct gale__span span,
                       struct gale__expr **classes, gale_str *name,
                       struct gale__syntax_error *error);

/* "import a.b as c, d" and "from a.b import c as d, e". */
struct gale__import {
    gale_str module; /* with its dots */
    gale_str member; /* of "from"; else empty */
    gale_str name;   /* it is bound to; of "import a.b" a */
    struct gale__import *next;
    uint32_t line, column;
};
int gale__parse_import(struct gale__arena *arena, struct gale__span span, struct gale__import **out,
                       struct gale__syntax_error *error);

#endif

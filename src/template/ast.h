/* ast.h - expressions as trees: what expr_parse.c makes and the compiler reads.
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
    GALE__EXPR_CALL,      /* left(items): in each keyword (ptr NULL: none); star 1: *x, 2: **x */
    GALE__EXPR_UNARY,     /* op: enum gale__unary; left */
    GALE__EXPR_NOT,       /* left */
    GALE__EXPR_BINARY,    /* op: enum gale__binary; left, right */
    GALE__EXPR_COMPARE,   /* left, then items, each with its compare: enum gale__compare */
    GALE__EXPR_AND,       /* left, right */
    GALE__EXPR_OR,
    GALE__EXPR_IF,       /* left if test else right */
    GALE__EXPR_LIST,     /* items; star 1: *x */
    GALE__EXPR_TUPLE,    /* the same */
    GALE__EXPR_DICT,     /* items: keys, each with its value in pair; star 2: **x (pair NULL) */
    GALE__EXPR_LIST_FOR, /* a list comprehension (and a generator expression): left, clauses */
    GALE__EXPR_DICT_FOR, /* left: right, clauses */
    GALE__EXPR_LAMBDA,   /* params, left */
};

enum {
    GALE__EXPR_NESTING = 100,   /* brackets and operators within each other */
    GALE__EXPR_DEPTH = 100,     /* no tree is deeper: "a + b + c" has 3 levels */
    GALE__EXPR_BYTES = 1 << 20, /* no expression is longer */
    GALE__EXPR_KEYWORDS = 255,  /* of one call; parameters of a lambda */
};

struct gale__expr {
    uint8_t kind;
    uint8_t op;
    uint8_t star;       /* in the list it is in */
    uint8_t compare;    /* the same */
    uint32_t line;      /* of the template */
    uint16_t column;    /* from 1, in characters; 0: beyond 65535 */
    uint16_t depth;     /* levels of the tree below, itself included */
    bool parenthesized; /* (a, b) is no target of del, an (x) no different from x */
    uint32_t n_items;
    union {
        gale_str name;
        gale_value value;
    };
    union {
        gale_str keyword;        /* of this argument of a call */
        struct gale__expr *pair; /* of this key in a dict */
    };
    struct gale__expr *left, *right;
    union {
        struct gale__expr *test;
        struct gale__for_clause *clauses;
        struct gale__param *params;
    };
    struct gale__expr *items; /* the first; the others by next */
    struct gale__expr *next;
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
                                   of INDEX and SLICE (value is NULL) */
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

/* "import a.b as c, d" and "from a.b import c as d, e", with these words. */
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

/* expr_target.c - what can be assigned to. */
/* SPDX-License-Identifier: MIT */
#include "template/expr_parse.h"

static struct gale__expr *parse_target(struct gale__parser *p)
{
    bool is_rest = p->token.kind == GALE__TOKEN_STAR;
    struct gale__expr *e;

    if (is_rest && !gale__advance(p))
        return NULL;
    e = gale__parse_deeper(p, GALE__LEVEL_BITOR);
    if (e)
        e->star = is_rest;
    return e;
}

static struct gale__expr *parse_list(struct gale__parser *p)
{
    struct gale__expr *first = parse_target(p);
    struct gale__expr *last = NULL;
    struct gale__expr *e;

    if (!first || p->token.kind != GALE__TOKEN_COMMA)
        return first;
    e = gale__node(p, GALE__EXPR_TUPLE, first->line, first->column);
    if (!e || !gale__add_item(p, e, &last, first))
        return NULL;
    while (gale__accept(p, GALE__TOKEN_COMMA) && p->token.kind != GALE__TOKEN_IN)
        if (!gale__add_item(p, e, &last, parse_target(p)))
            return NULL;
    return p->lex.code ? NULL : e;
}

struct gale__expr *gale__parse_targets(struct gale__parser *p)
{
    struct gale__expr *e = parse_list(p);

    return e && gale__check_target(p, e) ? e : NULL;
}

static const char *refusal(const struct gale__expr *e)
{
    switch (e->kind) {
    case GALE__EXPR_CONST:
        return "cannot assign to a literal";
    case GALE__EXPR_CALL:
        return "cannot assign to a function call";
    case GALE__EXPR_COMPARE:
        return "cannot assign to a comparison";
    case GALE__EXPR_IF:
        return "cannot assign to a conditional expression";
    case GALE__EXPR_LAMBDA:
        return "cannot assign to a lambda";
    case GALE__EXPR_DICT:
        return "cannot assign to a dict";
    case GALE__EXPR_LIST_FOR:
    case GALE__EXPR_DICT_FOR:
        return "cannot assign to a comprehension";
    default:
        return "cannot assign to an expression";
    }
}

static bool check_items(struct gale__parser *p, struct gale__expr *e)
{
    int n_rest = 0;

    for (struct gale__expr *item = e->items; item; item = item->next) {
        int star = item->star;

        if (star && ++n_rest > 1)
            return gale__fail_at(p, item, "only one '*' can be among the names");
        item->star = 0;
        if (!gale__check_target(p, item))
            return false;
        item->star = (uint8_t)star;
    }
    return true;
}

bool gale__check_target(struct gale__parser *p, struct gale__expr *e)
{
    if (e->star)
        return gale__fail_at(p, e, "'*' needs more names beside it, or a comma");
    switch (e->kind) {
    case GALE__EXPR_NAME:
    case GALE__EXPR_ATTRIBUTE:
    case GALE__EXPR_INDEX:
    case GALE__EXPR_SLICE:
        return true;
    case GALE__EXPR_LIST:
    case GALE__EXPR_TUPLE:
        return check_items(p, e);
    default:
        return gale__fail_at(p, e, refusal(e));
    }
}

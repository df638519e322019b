/* expr_call.c - calls, indexes and slices of expressions. */
/* SPDX-License-Identifier: MIT */
#include "template/expr_parse.h"

#include "base/str.h"

/* --- calls -------------------------------------------------------------------------- */

/* What came so far, for the rules of what may follow. */
struct call_state {
    struct gale__expr *call, *last;
    int n_keywords;
    bool has_double_star;
};

/* Few enough keywords for one loop over all. */
static bool check_keyword(struct gale__parser *p, struct call_state *s, struct gale__expr *name)
{
    if (++s->n_keywords > GALE__EXPR_KEYWORDS)
        return gale__fail_at(p, name, "too many keyword arguments");
    for (struct gale__expr *it = s->call->items; it; it = it->next) {
        if (!it->keyword.ptr || !gale__str_equal(it->keyword, name->name))
            continue;
        gale__lex_fail(&p->lex, name->line, name->column, "keyword argument repeated: %.*s",
                       (int)gale__str_head(name->name, 60).len, name->name.ptr);
        return false;
    }
    return true;
}

/* At "=", behind what should be a name. */
static struct gale__expr *parse_keyword(struct gale__parser *p, struct call_state *s,
                                        struct gale__expr *name)
{
    struct gale__expr *value;

    if (name->kind != GALE__EXPR_NAME || name->parenthesized)
        return gale__fail_here(p, "'=' needs a name before it; '==' compares");
    if (!check_keyword(p, s, name) || !gale__advance(p))
        return NULL;
    value = gale__parse_one(p);
    if (value)
        value->keyword = name->name;
    return value;
}

/* The rest of f(x for x in …), behind x. */
static struct gale__expr *parse_generator(struct gale__parser *p, struct call_state *s,
                                          struct gale__expr *element)
{
    struct gale__expr *e = gale__node(p, GALE__EXPR_LIST_FOR, element->line, element->column);

    if (!e || !gale__hold(p, e, element))
        return NULL;
    e->left = element;
    if (!gale__parse_clauses(p, e))
        return NULL;
    if (s->call->items || p->token.kind == GALE__TOKEN_COMMA)
        return gale__fail_at(p, element,
                             "a generator expression needs parentheses of its own here");
    return e;
}

static struct gale__expr *parse_star_argument(struct gale__parser *p, struct call_state *s)
{
    bool is_double = p->token.kind == GALE__TOKEN_STAR_STAR;
    struct gale__expr *e;

    if (!is_double && s->has_double_star)
        return gale__fail_here(p, "'*' cannot follow '**' in a call");
    s->has_double_star |= is_double;
    e = gale__advance(p) ? gale__parse_one(p) : NULL;
    if (e)
        e->star = is_double ? 2 : 1;
    return e;
}

static struct gale__expr *parse_argument(struct gale__parser *p, struct call_state *s)
{
    struct gale__expr *e;

    if (p->token.kind == GALE__TOKEN_STAR || p->token.kind == GALE__TOKEN_STAR_STAR)
        return parse_star_argument(p, s);
    e = gale__parse_one(p);
    if (!e)
        return NULL;
    if (p->token.kind == GALE__TOKEN_ASSIGN)
        return parse_keyword(p, s, e);
    if (s->n_keywords || s->has_double_star)
        return gale__fail_at(p, e, "a positional argument follows a keyword argument");
    return p->token.kind == GALE__TOKEN_FOR ? parse_generator(p, s, e) : e;
}

static bool parse_arguments(struct gale__parser *p, struct gale__expr *call)
{
    struct call_state s = { .call = call };

    while (p->token.kind != GALE__TOKEN_CLOSE) {
        if (call->n_items == UINT16_MAX)
            return gale__fail_here(p, "too many arguments");
        if (!gale__add_item(p, call, &s.last, parse_argument(p, &s)))
            return false;
        if (!gale__accept(p, GALE__TOKEN_COMMA))
            break;
    }
    return !p->lex.code;
}

struct gale__expr *gale__parse_call(struct gale__parser *p, struct gale__expr *left)
{
    struct gale__expr *e = gale__node(p, GALE__EXPR_CALL, left->line, left->column);

    if (!e || !gale__hold(p, e, left) || !gale__open_bracket(p))
        return NULL;
    e->left = left;
    return parse_arguments(p, e) && gale__close_bracket(p, GALE__TOKEN_CLOSE) ? e : NULL;
}

/* --- indexes ------------------------------------------------------------------------ */

static bool is_bound_left_out(const struct gale__parser *p)
{
    return p->token.kind == GALE__TOKEN_COLON || p->token.kind == GALE__TOKEN_CLOSE_SQUARE;
}

static struct gale__expr *none(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_CONST);

    if (e)
        e->value = gale_value_none();
    return e;
}

static struct gale__expr *parse_bound(struct gale__parser *p)
{
    return is_bound_left_out(p) ? none(p) : gale__parse_one(p);
}

/* At the first ":"; low is NULL when there was nothing before it. */
static struct gale__expr *parse_slice(struct gale__parser *p, struct gale__expr *node,
                                      struct gale__expr *low)
{
    struct gale__expr *last = NULL;
    bool has_step;

    node->kind = GALE__EXPR_SLICE;
    if (!gale__add_item(p, node, &last, low ? low : none(p)) || !gale__advance(p) ||
        !gale__add_item(p, node, &last, parse_bound(p)))
        return NULL;
    has_step = gale__accept(p, GALE__TOKEN_COLON);
    if (!gale__add_item(p, node, &last, has_step ? parse_bound(p) : none(p)))
        return NULL;
    if (p->token.kind == GALE__TOKEN_COMMA)
        return gale__fail_here(p, "a slice cannot be one of several indexes");
    return node;
}

/* Between the brackets. */
static struct gale__expr *parse_index_inside(struct gale__parser *p, struct gale__expr *node)
{
    if (p->token.kind == GALE__TOKEN_COLON)
        return parse_slice(p, node, NULL);
    if (p->token.kind == GALE__TOKEN_CLOSE_SQUARE)
        return gale__fail_here(p, "expected an index");
    node->right = gale__parse_many(p);
    if (!node->right)
        return NULL;
    if (p->token.kind == GALE__TOKEN_COLON) {
        struct gale__expr *low = node->right;

        if (low->kind == GALE__EXPR_TUPLE && !low->parenthesized)
            return gale__fail_here(p, "a slice cannot be one of several indexes");
        node->right = NULL;
        return parse_slice(p, node, low);
    }
    return gale__hold(p, node, node->right) ? node : NULL;
}

struct gale__expr *gale__parse_index(struct gale__parser *p, struct gale__expr *left)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_INDEX);

    if (!e || !gale__hold(p, e, left) || !gale__open_bracket(p))
        return NULL;
    e->left = left;
    e = parse_index_inside(p, e);
    return e && gale__close_bracket(p, GALE__TOKEN_CLOSE_SQUARE) ? e : NULL;
}

/* expr_display.c - lists, tuples, dicts, comprehensions and lambdas of expressions. */
/* SPDX-License-Identifier: MIT */
#include "template/expr_parse.h"

#include "base/str.h"

/* --- one or many -------------------------------------------------------------------- */

struct gale__expr *gale__parse_starred(struct gale__parser *p)
{
    struct gale__expr *e;

    if (p->token.kind != GALE__TOKEN_STAR)
        return gale__parse_one(p);
    if (!gale__advance(p))
        return NULL;
    e = gale__parse_deeper(p, GALE__LEVEL_BITOR);
    if (e)
        e->star = 1;
    return e;
}

static bool is_end_of_many(const struct gale__parser *p)
{
    switch (p->token.kind) {
    case GALE__TOKEN_END:
    case GALE__TOKEN_ASSIGN:
    case GALE__TOKEN_AUGMENTED:
    case GALE__TOKEN_CLOSE:
    case GALE__TOKEN_CLOSE_SQUARE:
    case GALE__TOKEN_CLOSE_BRACE:
        return true;
    default:
        return false;
    }
}

/* Behind first, at a comma or what ends the list: the items go to node. */
static bool parse_items(struct gale__parser *p, struct gale__expr *node, struct gale__expr *first)
{
    struct gale__expr *last = NULL;

    if (!gale__add_item(p, node, &last, first))
        return false;
    while (gale__accept(p, GALE__TOKEN_COMMA) && !is_end_of_many(p))
        if (!gale__add_item(p, node, &last, gale__parse_starred(p)))
            return false;
    return !p->lex.code;
}

struct gale__expr *gale__parse_many(struct gale__parser *p)
{
    struct gale__expr *first = gale__parse_starred(p);
    struct gale__expr *e;

    if (!first || (!first->star && p->token.kind != GALE__TOKEN_COMMA))
        return first;
    if (p->token.kind != GALE__TOKEN_COMMA)
        return gale__fail_at(p, first, "'*' can only stand in a list, a tuple or a call");
    e = gale__node(p, GALE__EXPR_TUPLE, first->line, first->column);
    return e && parse_items(p, e, first) ? e : NULL;
}

/* --- comprehensions ----------------------------------------------------------------- */

static bool parse_conditions(struct gale__parser *p, struct gale__expr *node,
                             struct gale__for_clause *clause)
{
    struct gale__expr **end = &clause->conditions;

    while (gale__accept(p, GALE__TOKEN_IF)) {
        *end = gale__parse_deeper(p, GALE__LEVEL_OR);
        if (!gale__hold(p, node, *end))
            return false;
        end = &(*end)->next;
    }
    return !p->lex.code;
}

static bool parse_clause(struct gale__parser *p, struct gale__expr *node,
                         struct gale__for_clause *clause)
{
    clause->target = gale__parse_targets(p);
    if (!gale__hold(p, node, clause->target))
        return false;
    if (!gale__accept(p, GALE__TOKEN_IN)) {
        gale__fail_here(p, "expected 'in' after 'for' and its names");
        return false;
    }
    clause->over = gale__parse_deeper(p, GALE__LEVEL_OR);
    return gale__hold(p, node, clause->over) && parse_conditions(p, node, clause);
}

bool gale__parse_clauses(struct gale__parser *p, struct gale__expr *node)
{
    struct gale__for_clause **end = &node->clauses;
    int n = 0;

    while (gale__accept(p, GALE__TOKEN_FOR)) {
        if (++n > 20) { /* each one is a loop within a loop */
            gale__fail_here(p, "too many 'for' in one comprehension");
            return false;
        }
        *end = gale__arena_zalloc(p->lex.arena, sizeof(**end));
        if (!*end) {
            gale__lex_no_memory(&p->lex);
            return false;
        }
        if (!parse_clause(p, node, *end))
            return false;
        end = &(*end)->next;
    }
    return !p->lex.code;
}

/* element is followed by "for": a list of it. */
static struct gale__expr *parse_comprehension(struct gale__parser *p, struct gale__expr *node,
                                              struct gale__expr *element)
{
    if (element->star)
        return gale__fail_at(p, element, "'*' cannot be used in a comprehension");
    node->kind = GALE__EXPR_LIST_FOR;
    node->left = element;
    return gale__hold(p, node, element) && gale__parse_clauses(p, node) ? node : NULL;
}

/* --- brackets ----------------------------------------------------------------------- */

/* What is between parentheses that are not empty; node is for a tuple or comprehension. */
static struct gale__expr *parse_group(struct gale__parser *p, struct gale__expr *node)
{
    struct gale__expr *first = gale__parse_starred(p);

    if (!first)
        return NULL;
    if (p->token.kind == GALE__TOKEN_FOR)
        return parse_comprehension(p, node, first);
    if (p->token.kind == GALE__TOKEN_COMMA)
        return parse_items(p, node, first) ? node : NULL;
    if (first->star)
        return gale__fail_at(p, first, "'*' can only stand in a list, a tuple or a call");
    return first;
}

struct gale__expr *gale__parse_parenthesized(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_TUPLE);

    if (!e || !gale__open_bracket(p))
        return NULL;
    if (p->token.kind != GALE__TOKEN_CLOSE)
        e = parse_group(p, e);
    if (!e || !gale__close_bracket(p, GALE__TOKEN_CLOSE))
        return NULL;
    e->parenthesized = true;
    return e;
}

struct gale__expr *gale__parse_list(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_LIST);
    struct gale__expr *first;

    if (!e || !gale__open_bracket(p))
        return NULL;
    if (p->token.kind != GALE__TOKEN_CLOSE_SQUARE) {
        first = gale__parse_starred(p);
        if (!first)
            return NULL;
        if (p->token.kind == GALE__TOKEN_FOR ? !parse_comprehension(p, e, first)
                                             : !parse_items(p, e, first))
            return NULL;
    }
    return gale__close_bracket(p, GALE__TOKEN_CLOSE_SQUARE) ? e : NULL;
}

/* --- dicts -------------------------------------------------------------------------- */

static struct gale__expr *parse_entry(struct gale__parser *p)
{
    bool is_unpacking = p->token.kind == GALE__TOKEN_STAR_STAR;
    struct gale__expr *key;

    if (is_unpacking) {
        key = gale__advance(p) ? gale__parse_deeper(p, GALE__LEVEL_BITOR) : NULL;
        if (key)
            key->star = 2;
        return key;
    }
    key = gale__parse_starred(p);
    if (!key)
        return NULL;
    if (key->star || p->token.kind == GALE__TOKEN_COMMA || p->token.kind == GALE__TOKEN_FOR ||
        p->token.kind == GALE__TOKEN_CLOSE_BRACE)
        return gale__fail_at(p, key, "sets are not part of the template language; use a list");
    if (!gale__accept(p, GALE__TOKEN_COLON))
        return p->token.kind == GALE__TOKEN_END || p->lex.code
                   ? gale__unexpected(p)
                   : gale__fail_here(p, "expected ':' after a key of a dict");
    key->pair = gale__parse_one(p);
    return key->pair ? key : NULL;
}

static bool add_entry(struct gale__parser *p, struct gale__expr *dict, struct gale__expr **last,
                      struct gale__expr *entry)
{
    return gale__add_item(p, dict, last, entry) &&
           (entry->star || gale__hold(p, dict, entry->pair));
}

static bool parse_dict_for(struct gale__parser *p, struct gale__expr *node,
                           struct gale__expr *entry)
{
    if (entry->star) {
        gale__fail_at(p, entry, "'**' cannot be used in a comprehension");
        return false;
    }
    node->kind = GALE__EXPR_DICT_FOR;
    node->left = entry;
    node->right = entry->pair;
    entry->pair = NULL;
    return gale__hold(p, node, node->left) && gale__hold(p, node, node->right) &&
           gale__parse_clauses(p, node);
}

static bool parse_entries(struct gale__parser *p, struct gale__expr *node)
{
    struct gale__expr *last = NULL;
    struct gale__expr *entry = parse_entry(p);

    if (!entry)
        return false;
    if (p->token.kind == GALE__TOKEN_FOR)
        return parse_dict_for(p, node, entry);
    if (!add_entry(p, node, &last, entry))
        return false;
    while (gale__accept(p, GALE__TOKEN_COMMA) && p->token.kind != GALE__TOKEN_CLOSE_BRACE)
        if (!add_entry(p, node, &last, parse_entry(p)))
            return false;
    return !p->lex.code;
}

struct gale__expr *gale__parse_dict(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_DICT);

    if (!e || !gale__open_bracket(p))
        return NULL;
    if (p->token.kind != GALE__TOKEN_CLOSE_BRACE && !parse_entries(p, e))
        return NULL;
    return gale__close_bracket(p, GALE__TOKEN_CLOSE_BRACE) ? e : NULL;
}

/* --- lambda ------------------------------------------------------------------------- */

static bool is_known(const struct gale__param *params, gale_str name)
{
    for (; params; params = params->next)
        if (gale__str_equal(params->name, name))
            return true;
    return false;
}

/* At a parameter. */
static bool parse_param(struct gale__parser *p, struct gale__expr *lambda, struct gale__param *it,
                        bool needs_default)
{
    if (p->token.kind == GALE__TOKEN_STAR || p->token.kind == GALE__TOKEN_STAR_STAR ||
        p->token.kind == GALE__TOKEN_SLASH)
        return gale__fail_here(p, "parameters of a lambda are names, with or without a default");
    if (p->token.kind != GALE__TOKEN_NAME)
        return gale__unexpected(p);
    if (is_known(lambda->params, p->token.text))
        return gale__fail_here(p, "a parameter of this name is there already");
    it->name = p->token.text;
    if (!gale__advance(p))
        return false;
    if (p->token.kind != GALE__TOKEN_ASSIGN)
        return !needs_default ||
               gale__fail_here(p, "a parameter without a default follows one that has one");
    if (!gale__advance(p))
        return false;
    it->fallback = gale__parse_one(p);
    return gale__hold(p, lambda, it->fallback);
}

static bool parse_params(struct gale__parser *p, struct gale__expr *lambda)
{
    struct gale__param *last = NULL;
    int n = 0;

    while (p->token.kind != GALE__TOKEN_COLON) {
        struct gale__param *it = gale__arena_zalloc(p->lex.arena, sizeof(*it));

        if (!it)
            return gale__lex_no_memory(&p->lex) == 0;
        if (++n > GALE__EXPR_KEYWORDS)
            return gale__fail_here(p, "too many parameters");
        if (!parse_param(p, lambda, it, last && last->fallback))
            return false;
        if (last)
            last->next = it;
        else
            lambda->params = it;
        last = it;
        if (!gale__accept(p, GALE__TOKEN_COMMA))
            break;
    }
    return !p->lex.code;
}

static bool parse_lambda_parts(struct gale__parser *p, struct gale__expr *e)
{
    if (!gale__advance(p) || !parse_params(p, e))
        return false;
    if (!gale__accept(p, GALE__TOKEN_COLON))
        return gale__unexpected(p);
    e->left = gale__parse_one(p);
    return gale__hold(p, e, e->left);
}

struct gale__expr *gale__parse_lambda(struct gale__parser *p)
{
    struct gale__expr *e = gale__node_here(p, GALE__EXPR_LAMBDA);
    bool is_whole;

    if (!e || !gale__enter_nesting(p))
        return NULL;
    is_whole = parse_lambda_parts(p, e);
    p->nesting--;
    return is_whole ? e : NULL;
}

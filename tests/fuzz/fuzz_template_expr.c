/* fuzz_template_expr.c - expressions and what tags have: trees of bounded depth, or a place.
 *
 * The first byte says which kind of tag the rest is of.
 */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "template/ast.h"
#include "template/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const struct gale__expr *e, unsigned above);

static void check_list(const struct gale__expr *e, unsigned above, bool is_dict)
{
    for (; e; e = e->next) {
        check_tree(e, above);
        if (is_dict && e->star != 2)
            check_tree(e->pair, above);
    }
}

static void check_parts(const struct gale__expr *e)
{
    const struct gale__for_clause *clause = NULL;

    check_list(e->items, e->depth, e->kind == GALE__EXPR_DICT);
    if (e->kind == GALE__EXPR_IF)
        check_tree(e->test, e->depth);
    if (e->kind == GALE__EXPR_LIST_FOR || e->kind == GALE__EXPR_DICT_FOR)
        clause = e->clauses;
    for (; clause; clause = clause->next) {
        check_tree(clause->target, e->depth);
        check_tree(clause->over, e->depth);
        check_list(clause->conditions, e->depth, false);
    }
    if (e->kind == GALE__EXPR_LAMBDA)
        for (const struct gale__param *p = e->params; p; p = p->next)
            GALE_ASSERT(p->name.len && (!p->fallback || p->fallback->depth < e->depth));
}

/* Each tree is less deep than the one it is in, and has a place. */
static void check_tree(const struct gale__expr *e, unsigned above)
{
    GALE_ASSERT(e && e->depth < above && e->depth > 0);
    GALE_ASSERT(e->line && e->column && e->kind <= GALE__EXPR_LAMBDA);
    if (e->left)
        check_tree(e->left, e->depth);
    if (e->right)
        check_tree(e->right, e->depth);
    check_parts(e);
}

static void parse(struct gale__arena *arena, int kind, struct gale__span span)
{
    struct gale__syntax_error error = { { 0 }, 0, 0 };
    struct gale__expr *e = NULL, *over = NULL;
    struct gale__statement statement = { 0 };
    struct gale__import *list = NULL;
    gale_str name;
    int r;

    switch (kind % 5) {
    case 0:
        r = gale__parse_expression(arena, span, &e, &error);
        break;
    case 1:
        r = gale__parse_for(arena, span, &e, &over, &error);
        break;
    case 2:
        r = gale__parse_statement(arena, span, &statement, &error);
        break;
    case 3:
        r = gale__parse_except(arena, span, &e, &name, &error);
        break;
    default:
        r = gale__parse_import(arena, span, &list, &error);
        GALE_ASSERT(r < 0 || (list && list->module.len && list->name.len));
    }
    if (r < 0) {
        GALE_ASSERT(error.line && error.column && error.message[0]);
        return;
    }
    if (e)
        check_tree(e, GALE__EXPR_DEPTH + 1);
    if (over)
        check_tree(over, GALE__EXPR_DEPTH + 1);
    check_list(statement.targets, GALE__EXPR_DEPTH + 1, false);
    if (statement.value)
        check_tree(statement.value, GALE__EXPR_DEPTH + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gale__arena arena;

    if (size == 0)
        return 0;
    gale__arena_init(&arena);
    parse(&arena, (uint8_t)(data[0] - '0'),
          (struct gale__span){ { (const char *)data + 1, size - 1 }, 1, 1 });
    gale__arena_reset(&arena);
    return 0;
}

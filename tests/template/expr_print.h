/* expr_print.h - trees of expressions as text, for comparing: (+ a 1). */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TEMPLATE_EXPR_PRINT_H
#define TESTS_TEMPLATE_EXPR_PRINT_H

#include "base/buf.h"
#include "base/number.h"
#include "template/ast.h"
#include "template/code.h"

static void print_expr(struct gale__buf *out, const struct gale__expr *e);

/* Bytes as hexadecimal: what Python prints without thinking about quotes. */
static inline void print_bytes(struct gale__buf *out, gale_value v)
{
    gale__buf_append_cstr(out, v.kind == GALE_VALUE_TEXT ? "s:" : "b:");
    for (uint32_t i = 0; i < v.len; i++)
        gale__buf_printf(out, "%02x", (unsigned char)v.u.s[i]);
}

static inline void print_const(struct gale__buf *out, gale_value v)
{
    char number[GALE__DOUBLE_TEXT];

    switch (v.kind) {
    case GALE_VALUE_NONE:
        gale__buf_append_cstr(out, "None");
        break;
    case GALE_VALUE_BOOL:
        gale__buf_append_cstr(out, v.u.i ? "True" : "False");
        break;
    case GALE_VALUE_INT:
        gale__buf_printf(out, "%lld", (long long)v.u.i);
        break;
    case GALE_VALUE_FLOAT:
        gale__double_format(v.u.d, number);
        gale__buf_append_cstr(out, number);
        break;
    default:
        print_bytes(out, v);
    }
}

static inline void print_items(struct gale__buf *out, const struct gale__expr *e)
{
    for (const struct gale__expr *item = e->items; item; item = item->next) {
        static const char *const stars[] = { " ", " *", " **" };

        gale__buf_append_cstr(out, stars[item->star]);
        if (e->kind == GALE__EXPR_CALL && item->keyword.ptr) {
            gale__buf_append_str(out, item->keyword);
            gale__buf_append_char(out, '=');
        }
        print_expr(out, item);
        if (e->kind == GALE__EXPR_DICT && item->star == 0) {
            gale__buf_append_char(out, ':');
            print_expr(out, item->pair);
        }
    }
}

static inline void print_clauses(struct gale__buf *out, const struct gale__for_clause *clause)
{
    for (; clause; clause = clause->next) {
        gale__buf_append_cstr(out, " for ");
        print_expr(out, clause->target);
        gale__buf_append_cstr(out, " in ");
        print_expr(out, clause->over);
        for (const struct gale__expr *c = clause->conditions; c; c = c->next) {
            gale__buf_append_cstr(out, " if ");
            print_expr(out, c);
        }
    }
}

static inline void print_params(struct gale__buf *out, const struct gale__param *param)
{
    for (; param; param = param->next) {
        gale__buf_append_char(out, ' ');
        gale__buf_append_str(out, param->name);
        if (!param->fallback)
            continue;
        gale__buf_append_char(out, '=');
        print_expr(out, param->fallback);
    }
    gale__buf_append_char(out, ' ');
}

static inline void print_compare(struct gale__buf *out, const struct gale__expr *e)
{
    static const char *const names[] = { "==", "!=", "<",      "<=", ">",
                                         ">=", "in", "not-in", "is", "is-not" };

    for (const struct gale__expr *item = e->items; item; item = item->next) {
        gale__buf_printf(out, " %s ", names[item->compare]);
        print_expr(out, item);
    }
}

static inline const char *head_of(const struct gale__expr *e)
{
    static const char *const unary[] = { "neg", "pos", "~" };
    static const char *const binary[] = { "+",  "-", "*", "/", "//", "%",
                                          "**", "&", "|", "^", "<<", ">>" };

    switch (e->kind) {
    case GALE__EXPR_ATTRIBUTE:
        return ".";
    case GALE__EXPR_INDEX:
        return "index";
    case GALE__EXPR_SLICE:
        return "slice";
    case GALE__EXPR_CALL:
        return "call";
    case GALE__EXPR_UNARY:
        return unary[e->op];
    case GALE__EXPR_NOT:
        return "not";
    case GALE__EXPR_BINARY:
        return binary[e->op];
    case GALE__EXPR_COMPARE:
        return "compare";
    case GALE__EXPR_AND:
        return "and";
    case GALE__EXPR_OR:
        return "or";
    case GALE__EXPR_IF:
        return "if";
    case GALE__EXPR_LIST:
        return "list";
    case GALE__EXPR_TUPLE:
        return "tuple";
    case GALE__EXPR_DICT:
        return "dict";
    case GALE__EXPR_LIST_FOR:
        return "list-for";
    case GALE__EXPR_DICT_FOR:
        return "dict-for";
    default:
        return "lambda";
    }
}

/* What stands behind the head. */
static inline void print_parts(struct gale__buf *out, const struct gale__expr *e)
{
    if (e->kind == GALE__EXPR_IF) {
        gale__buf_append_char(out, ' ');
        print_expr(out, e->test);
    }
    if (e->kind == GALE__EXPR_LAMBDA)
        print_params(out, e->params);
    else if (e->left)
        gale__buf_append_char(out, ' ');
    if (e->left)
        print_expr(out, e->left);
    if (e->kind == GALE__EXPR_ATTRIBUTE) {
        gale__buf_append_char(out, ' ');
        gale__buf_append_str(out, e->name);
    }
    if (e->right) {
        gale__buf_append_char(out, ' ');
        print_expr(out, e->right);
    }
    if (e->kind == GALE__EXPR_COMPARE)
        print_compare(out, e);
    else
        print_items(out, e);
    if (e->kind == GALE__EXPR_LIST_FOR || e->kind == GALE__EXPR_DICT_FOR)
        print_clauses(out, e->clauses);
}

static inline void print_expr(struct gale__buf *out, const struct gale__expr *e)
{
    if (e->kind == GALE__EXPR_CONST) {
        print_const(out, e->value);
    } else if (e->kind == GALE__EXPR_NAME) {
        gale__buf_append_str(out, e->name);
    } else {
        gale__buf_printf(out, "(%s", head_of(e));
        print_parts(out, e);
        gale__buf_append_char(out, ')');
    }
}

#endif

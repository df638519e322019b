/* compile_expr.c - expressions to instructions: operators, conditions, displays. See compiler.h. */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"
#include "template/compiler.h"

static void at(struct gale__compiler *c, const struct gale__expr *e)
{
    gale__compile_at(c, e->line, e->column);
}

/* --- what is known while compiling ---- */

static bool fold_unary(const struct gale__expr *e, gale_value *out)
{
    if (!gale__compile_fold(e->left, out) || e->op == GALE__INVERT)
        return false;
    if (out->kind != GALE_VALUE_INT && out->kind != GALE_VALUE_FLOAT)
        return false;
    if (e->op == GALE__POS)
        return true;
    if (out->kind == GALE_VALUE_FLOAT)
        out->u.d = -out->u.d;
    else if (__builtin_sub_overflow((int64_t)0, out->u.i, &out->u.i))
        return false;
    return true;
}

static bool fold_binary(const struct gale__expr *e, gale_value *out)
{
    gale_value a, b;

    if (!gale__compile_fold(e->left, &a) || !gale__compile_fold(e->right, &b))
        return false;
    if (a.kind != GALE_VALUE_INT || b.kind != GALE_VALUE_INT)
        return false;
    *out = gale_value_int(0);
    switch (e->op) {
    case GALE__ADD:
        return !__builtin_add_overflow(a.u.i, b.u.i, &out->u.i);
    case GALE__SUB:
        return !__builtin_sub_overflow(a.u.i, b.u.i, &out->u.i);
    case GALE__MUL:
        return !__builtin_mul_overflow(a.u.i, b.u.i, &out->u.i);
    default:
        return false;
    }
}

bool gale__compile_fold(const struct gale__expr *e, gale_value *out)
{
    if (e->kind == GALE__EXPR_CONST) {
        *out = e->value;
        return true;
    }
    if (e->kind == GALE__EXPR_UNARY)
        return fold_unary(e, out);
    return e->kind == GALE__EXPR_BINARY && fold_binary(e, out);
}

/* --- conditions ---- */

static void compile_pair(struct gale__compiler *c, const struct gale__expr *e, bool jump_if,
                         struct gale__label *to)
{
    bool decides = e->kind == GALE__EXPR_OR; /* what the left one must be to decide alone */
    struct gale__label past = { 0 };

    if (jump_if == decides) {
        gale__compile_condition(c, e->left, jump_if, to);
        gale__compile_condition(c, e->right, jump_if, to);
        return;
    }
    gale__compile_condition(c, e->left, decides, &past);
    gale__compile_condition(c, e->right, jump_if, to);
    gale__label_here(c, &past);
}

void gale__compile_condition(struct gale__compiler *c, const struct gale__expr *e, bool jump_if,
                             struct gale__label *to)
{
    gale_value v;

    if (e->kind == GALE__EXPR_NOT) {
        gale__compile_condition(c, e->left, !jump_if, to);
        return;
    }
    if (e->kind == GALE__EXPR_AND || e->kind == GALE__EXPR_OR) {
        compile_pair(c, e, jump_if, to);
        return;
    }
    bool is_known = gale__compile_fold(e, &v) && v.kind >= GALE_VALUE_NONE &&
                    v.kind <= GALE_VALUE_INT;

    if (!is_known) {
        gale__compile_expr(c, e);
        gale__emit_jump(c, jump_if ? GALE__OP_IF_TRUE : GALE__OP_IF_FALSE, to);
    } else if ((v.kind != GALE_VALUE_NONE && v.u.i != 0) == jump_if) {
        gale__emit_jump(c, GALE__OP_JUMP, to);
    }
}

/* --- operators ---- */

/* The value of the left one stays when it decides. */
static void compile_logic(struct gale__compiler *c, const struct gale__expr *e)
{
    struct gale__label end = { 0 };

    gale__compile_expr(c, e->left);
    at(c, e);
    gale__emit_jump(c, e->kind == GALE__EXPR_AND ? GALE__OP_IF_FALSE_KEEP : GALE__OP_IF_TRUE_KEEP,
                    &end);
    gale__compile_expr(c, e->right);
    gale__label_here(c, &end);
}

static void compile_choice(struct gale__compiler *c, const struct gale__expr *e)
{
    struct gale__label otherwise = { 0 }, end = { 0 };

    gale__compile_condition(c, e->test, false, &otherwise);
    gale__compile_expr(c, e->left);
    gale__emit_jump(c, GALE__OP_JUMP, &end);
    c->depth--;
    gale__label_here(c, &otherwise);
    gale__compile_expr(c, e->right);
    gale__label_here(c, &end);
}

/* a < b < c: b is computed once, and c only if a < b. */
static void compile_comparison(struct gale__compiler *c, const struct gale__expr *e)
{
    struct gale__label decided = { 0 }, end = { 0 };
    const struct gale__expr *item = e->items;

    gale__compile_expr(c, e->left);
    for (; item->next; item = item->next) {
        gale__compile_expr(c, item);
        gale__emit(c, GALE__OP_DUP, 0, 0, 0);
        gale__emit(c, GALE__OP_ROT3, 0, 0, 0);
        at(c, e);
        gale__emit(c, GALE__OP_COMPARE, item->compare, 0, 0);
        gale__emit_jump(c, GALE__OP_IF_FALSE_KEEP, &decided);
    }
    gale__compile_expr(c, item);
    at(c, e);
    gale__emit(c, GALE__OP_COMPARE, item->compare, 0, 0);
    if (!decided.last)
        return;
    gale__emit_jump(c, GALE__OP_JUMP, &end);
    c->depth++;
    gale__label_here(c, &decided);
    gale__emit(c, GALE__OP_ROT2, 0, 0, 0);
    gale__emit(c, GALE__OP_POP, 0, 0, 0);
    gale__label_here(c, &end);
}

/* --- displays ---- */

static bool is_plain(const struct gale__expr *e)
{
    const struct gale__expr *item = e->items;

    while (item && !item->star)
        item = item->next;
    return !item && e->n_items <= GALE__DISPLAY;
}

static void compile_plain_display(struct gale__compiler *c, const struct gale__expr *e)
{
    enum gale__op op = e->kind == GALE__EXPR_LIST    ? GALE__OP_LIST
                       : e->kind == GALE__EXPR_TUPLE ? GALE__OP_TUPLE
                                                     : GALE__OP_DICT;

    for (const struct gale__expr *item = e->items; item; item = item->next) {
        gale__compile_expr(c, item);
        if (e->kind == GALE__EXPR_DICT)
            gale__compile_expr(c, item->pair);
    }
    at(c, e);
    gale__emit(c, op, 0, 0, e->n_items);
}

static void add_entry(struct gale__compiler *c, const struct gale__expr *item)
{
    gale__compile_expr(c, item);
    if (item->pair)
        gale__compile_expr(c, item->pair);
    at(c, item);
    gale__emit(c, item->star ? GALE__OP_UPDATE : GALE__OP_PUT, 1, 0, 0);
}

static void add_item(struct gale__compiler *c, const struct gale__expr *item)
{
    gale__compile_expr(c, item);
    at(c, item);
    gale__emit(c, item->star ? GALE__OP_EXTEND : GALE__OP_APPEND, 1, 0, 0);
}

void gale__compile_display(struct gale__compiler *c, const struct gale__expr *e)
{
    bool is_dict = e->kind == GALE__EXPR_DICT;

    if (is_plain(e)) {
        compile_plain_display(c, e);
        return;
    }
    at(c, e);
    gale__emit(c, is_dict ? GALE__OP_DICT : GALE__OP_LIST, 0, 0, 0);
    for (const struct gale__expr *item = e->items; item; item = item->next) {
        if (is_dict)
            add_entry(c, item);
        else
            add_item(c, item);
    }
    if (e->kind == GALE__EXPR_TUPLE)
        gale__emit(c, GALE__OP_LIST_TUPLE, 0, 0, 0);
}

/* --- access ---- */

static void compile_access(struct gale__compiler *c, const struct gale__expr *e)
{
    gale__compile_expr(c, e->left);
    if (e->kind == GALE__EXPR_ATTRIBUTE) {
        at(c, e);
        gale__emit(c, GALE__OP_ATTRIBUTE, 0, 0, gale__compile_text_constant(c, e->name));
        return;
    }
    if (e->kind == GALE__EXPR_INDEX) {
        gale__compile_expr(c, e->right);
        at(c, e);
        gale__emit(c, GALE__OP_INDEX, 0, 0, 0);
        return;
    }
    for (const struct gale__expr *bound = e->items; bound; bound = bound->next)
        gale__compile_expr(c, bound);
    at(c, e);
    gale__emit(c, GALE__OP_SLICE, 0, 0, 0);
}

static void compile_operator(struct gale__compiler *c, const struct gale__expr *e)
{
    enum gale__op op = e->kind == GALE__EXPR_BINARY  ? GALE__OP_BINARY
                       : e->kind == GALE__EXPR_UNARY ? GALE__OP_UNARY
                                                     : GALE__OP_NOT;

    gale__compile_expr(c, e->left);
    if (e->kind == GALE__EXPR_BINARY)
        gale__compile_expr(c, e->right);
    at(c, e);
    gale__emit(c, op, op == GALE__OP_NOT ? 0 : e->op, 0, 0);
}

void gale__compile_expr(struct gale__compiler *c, const struct gale__expr *e)
{
    gale_value v;

    if (c->code < 0)
        return;
    at(c, e);
    if (gale__compile_fold(e, &v)) {
        gale__emit_constant(c, v);
        return;
    }
    switch ((enum gale__expr_kind)e->kind) {
    case GALE__EXPR_CONST:
        break;
    case GALE__EXPR_NAME:
        gale__emit_load(c, e->name);
        break;
    case GALE__EXPR_ATTRIBUTE:
    case GALE__EXPR_INDEX:
    case GALE__EXPR_SLICE:
        compile_access(c, e);
        break;
    case GALE__EXPR_CALL:
        gale__compile_call(c, e);
        break;
    case GALE__EXPR_UNARY:
    case GALE__EXPR_NOT:
    case GALE__EXPR_BINARY:
        compile_operator(c, e);
        break;
    case GALE__EXPR_COMPARE:
        compile_comparison(c, e);
        break;
    case GALE__EXPR_AND:
    case GALE__EXPR_OR:
        compile_logic(c, e);
        break;
    case GALE__EXPR_IF:
        compile_choice(c, e);
        break;
    case GALE__EXPR_LIST:
    case GALE__EXPR_TUPLE:
    case GALE__EXPR_DICT:
        gale__compile_display(c, e);
        break;
    case GALE__EXPR_LIST_FOR:
    case GALE__EXPR_DICT_FOR:
        gale__compile_comprehension(c, e);
        break;
    case GALE__EXPR_LAMBDA:
        gale__compile_lambda(c, (struct gale__expr *)e);
        break;
    }
}

/* compile_assign.c - assignments, loops' targets, {% set %}, {% import %}. See compiler.h. */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"
#include "template/compiler.h"

static void at(struct gale__compiler *c, const struct gale__expr *e)
{
    gale__compile_at(c, e->line, e->column);
}

/* What a target names, without the last step: [] -> [container, index …]. */
static void compile_holder(struct gale__compiler *c, const struct gale__expr *target)
{
    gale__compile_expr(c, target->left);
    if (target->kind == GALE__EXPR_INDEX)
        gale__compile_expr(c, target->right);
    else if (target->kind == GALE__EXPR_SLICE)
        for (const struct gale__expr *bound = target->items; bound; bound = bound->next)
            gale__compile_expr(c, bound);
}

static void store_into_holder(struct gale__compiler *c, const struct gale__expr *target)
{
    at(c, target);
    if (target->kind == GALE__EXPR_INDEX)
        gale__emit(c, GALE__OP_SET_INDEX, 0, 0, 0);
    else if (target->kind == GALE__EXPR_SLICE)
        gale__emit(c, GALE__OP_SET_SLICE, 0, 0, 0);
    else
        gale__emit(c, GALE__OP_SET_ATTRIBUTE, 0, 0, gale__compile_text_constant(c, target->name));
}

static void unpack(struct gale__compiler *c, const struct gale__expr *target)
{
    uint32_t rest = 0, i = 1;

    for (const struct gale__expr *item = target->items; item; item = item->next, i++)
        rest = item->star ? i : rest;
    if (rest > UINT8_MAX || target->n_items > UINT16_MAX) {
        gale__compile_error(c, target->line, target->column, "too many targets");
        return;
    }
    if (!gale__compile_enter(c, target->line, target->column))
        return;
    at(c, target);
    gale__emit(c, GALE__OP_UNPACK, rest, 0, target->n_items);
    for (const struct gale__expr *item = target->items; item; item = item->next)
        gale__compile_store(c, item);
    c->nesting--;
}

void gale__compile_store(struct gale__compiler *c, const struct gale__expr *target)
{
    if (target->kind == GALE__EXPR_NAME) {
        uint32_t local = gale__scope_declare(c, target->name);

        at(c, target);
        gale__emit(c, GALE__OP_STORE_LOCAL, 0, local, 0);
    } else if (target->kind == GALE__EXPR_LIST || target->kind == GALE__EXPR_TUPLE) {
        unpack(c, target);
    } else {
        compile_holder(c, target);
        store_into_holder(c, target);
    }
}

void gale__compile_next(struct gale__compiler *c, const struct gale__expr *target,
                        struct gale__label *next, struct gale__label *end)
{
    uint32_t iter = c->iter++;
    int32_t local = GALE__NO_LOCAL;

    c->n_iters = c->iter > c->n_iters ? c->iter : c->n_iters;
    if (iter >= UINT16_MAX)
        gale__compile_error(c, target->line, target->column, "too many loops");
    gale__emit(c, GALE__OP_ITER, 0, iter, 0);
    gale__label_here(c, next);
    if (target->kind == GALE__EXPR_NAME && iter <= UINT8_MAX)
        local = (int32_t)gale__scope_declare(c, target->name);
    at(c, target);
    gale__emit_next(c, iter, local, end);
    if (local == GALE__NO_LOCAL)
        gale__compile_store(c, target);
}

/* --- {% set %} ---- */

/* u += v: what u names is computed once. */
static void compile_augmented(struct gale__compiler *c, const struct gale__statement *s)
{
    const struct gale__expr *target = s->targets;
    enum gale__expr_kind kind = (enum gale__expr_kind)target->kind;

    if (kind == GALE__EXPR_SLICE) {
        gale__compile_complain(c, GALE_EINVAL, target->line, target->column,
                               "a slice cannot be changed by an operator: write it as two steps");
        return;
    }
    if (kind == GALE__EXPR_NAME) {
        uint32_t local = gale__scope_declare(c, target->name);

        at(c, target);
        gale__emit(c, GALE__OP_LOAD_LOCAL, 0, local, 0);
    } else {
        compile_holder(c, target);
        gale__emit(c, kind == GALE__EXPR_INDEX ? GALE__OP_DUP2 : GALE__OP_DUP, 0, 0, 0);
        at(c, target);
        if (kind == GALE__EXPR_INDEX)
            gale__emit(c, GALE__OP_INDEX, 0, 0, 0);
        else
            gale__emit(c, GALE__OP_ATTRIBUTE, 0, 0, gale__compile_text_constant(c, target->name));
    }
    gale__compile_expr(c, s->value);
    at(c, target);
    gale__emit(c, GALE__OP_INPLACE, (uint32_t)s->op, 0, 0);
    if (kind == GALE__EXPR_NAME) {
        gale__compile_store(c, target);
        return;
    }
    gale__emit(c, kind == GALE__EXPR_INDEX ? GALE__OP_ROT3 : GALE__OP_ROT2, 0, 0, 0);
    store_into_holder(c, target);
}

/* del d[k], d[lo:hi:step]. */
static void compile_deletion(struct gale__compiler *c, const struct gale__expr *target)
{
    for (; target; target = target->next) {
        compile_holder(c, target);
        at(c, target);
        gale__emit(c, target->kind == GALE__EXPR_SLICE ? GALE__OP_DEL_SLICE : GALE__OP_DEL_INDEX, 0,
                   0, 0);
    }
}

void gale__compile_statement(struct gale__compiler *c, const struct gale__statement *s)
{
    if (s->op == -2) {
        compile_deletion(c, s->targets);
    } else if (s->op >= 0) {
        compile_augmented(c, s);
    } else {
        gale__compile_expr(c, s->value);
        for (const struct gale__expr *t = s->targets; t; t = t->next) {
            if (t->next)
                gale__emit(c, GALE__OP_DUP, 0, 0, 0);
            gale__compile_store(c, t);
        }
        if (!s->targets)
            gale__emit(c, GALE__OP_POP, 0, 0, 0);
    }
}

/* --- {% import %} ---- */

static void store_name(struct gale__compiler *c, gale_str name)
{
    gale__emit(c, GALE__OP_STORE_LOCAL, 0, gale__scope_declare(c, name), 0);
}

/* "import a.b" finds a.b, and binds a. */
void gale__compile_imports(struct gale__compiler *c, const struct gale__import *import)
{
    for (; import; import = import->next) {
        gale_str module = import->module;
        size_t dot = gale__str_find(module, '.');
        bool is_first = dot < module.len &&
                        gale__str_equal(import->name, gale__str_head(module, dot));

        gale__compile_at(c, import->line, import->column);
        gale__emit(c, GALE__OP_IMPORT, 0, 0, gale__compile_text_constant(c, module));
        if (import->member.len) {
            gale__emit(c, GALE__OP_IMPORT_NAME, 0, 0,
                       gale__compile_text_constant(c, import->member));
        } else if (is_first) {
            gale__emit(c, GALE__OP_POP, 0, 0, 0);
            gale__emit(c, GALE__OP_IMPORT, 0, 0,
                       gale__compile_text_constant(c, gale__str_head(module, dot)));
        }
        store_name(c, import->name);
    }
}

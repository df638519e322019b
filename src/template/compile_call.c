/* compile_call.c - calls, comprehensions, lambdas to instructions. See compiler.h. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/str.h"
#include "template/compiler.h"

/* --- calls ---- */

/* How the arguments of a call are handed over. */
struct arguments {
    uint32_t n_args, n_keywords, n_stars, n_star_stars;
    bool is_listed; /* those without name as one list */
    bool is_dict;   /* those with a name as one dict */
};

static void add_argument(struct arguments *a, const struct gale__expr *item)
{
    if (item->star == 1) {
        a->n_stars++;
        a->is_listed = a->is_listed || a->n_stars > 1;
    } else if (item->star == 2) {
        a->n_star_stars++;
        a->is_dict = a->is_dict || a->n_star_stars > 1;
    } else if (item->keyword.ptr) {
        a->n_keywords++;
        a->is_dict = a->is_dict || a->n_star_stars > 0;
    } else {
        a->n_args++;
        a->is_listed = a->is_listed || a->n_stars > 0 || a->n_args > GALE__DISPLAY;
    }
}

static bool is_positional(const struct gale__expr *item)
{
    return item->star != 2 && !item->keyword.ptr;
}

static void compile_list(struct gale__compiler *c, const struct gale__expr *e)
{
    gale__emit(c, GALE__OP_LIST, 0, 0, 0);
    for (const struct gale__expr *item = e->items; item; item = item->next)
        if (is_positional(item)) {
            gale__compile_expr(c, item);
            gale__emit(c, item->star ? GALE__OP_EXTEND : GALE__OP_APPEND, 1, 0, 0);
        }
}

static void compile_dict(struct gale__compiler *c, const struct gale__expr *e)
{
    gale__emit(c, GALE__OP_DICT, 0, 0, 0);
    for (const struct gale__expr *item = e->items; item; item = item->next) {
        if (is_positional(item))
            continue;
        if (item->keyword.ptr)
            gale__emit(c, GALE__OP_CONST, 0, 0, gale__compile_text_constant(c, item->keyword));
        gale__compile_expr(c, item);
        gale__emit(c, item->star ? GALE__OP_UPDATE : GALE__OP_PUT, 1, 0, 0);
    }
}

/* Those without a star: with a name, or without. */
static void compile_some(struct gale__compiler *c, const struct gale__expr *e, bool has_name)
{
    for (const struct gale__expr *item = e->items; item; item = item->next)
        if (!item->star && (item->keyword.ptr != NULL) == has_name)
            gale__compile_expr(c, item);
}

static void compile_star(struct gale__compiler *c, const struct gale__expr *e, int star)
{
    for (const struct gale__expr *item = e->items; item; item = item->next)
        if (item->star == star)
            gale__compile_expr(c, item);
}

static const gale_str *keywords_of(struct gale__compiler *c, const struct gale__expr *e, uint32_t n)
{
    gale_str *names = n ? gale__arena_alloc(c->arena, n * sizeof(*names)) : NULL;
    uint32_t i = 0;

    if (n && !names) {
        gale__compile_fail(c, -ENOMEM);
        return NULL;
    }
    for (const struct gale__expr *item = e->items; item && i < n; item = item->next)
        if (item->keyword.ptr)
            names[i++] = gale__compile_string(c, item->keyword);
    return names;
}

static void compile_arguments(struct gale__compiler *c, const struct gale__expr *e,
                              gale_template_call_site *site)
{
    struct arguments a = { 0 };

    for (const struct gale__expr *item = e->items; item; item = item->next)
        add_argument(&a, item);
    site->has_star = a.is_listed || a.n_stars > 0;
    site->has_star_star = a.is_dict || a.n_star_stars > 0;
    site->n_args = a.is_listed ? 0 : (uint16_t)a.n_args;
    site->n_keywords = a.is_dict ? 0 : (uint16_t)a.n_keywords;
    site->keywords = keywords_of(c, e, site->n_keywords);
    if (!a.is_listed)
        compile_some(c, e, false);
    if (!a.is_dict)
        compile_some(c, e, true);
    if (a.is_listed)
        compile_list(c, e);
    else
        compile_star(c, e, 1);
    if (a.is_dict)
        compile_dict(c, e);
    else
        compile_star(c, e, 2);
}

void gale__compile_call(struct gale__compiler *c, const struct gale__expr *e)
{
    bool is_method = e->left->kind == GALE__EXPR_ATTRIBUTE;
    const struct gale__expr *callee = is_method ? e->left->left : e->left;
    gale_template_call_site site = { 0 };

    gale__compile_expr(c, callee);
    compile_arguments(c, e, &site);
    gale__compile_at(c, e->line, e->column);
    if (is_method) {
        gale__compile_at(c, e->left->line, e->left->column);
        site.method = gale__compile_string(c, e->left->name);
        gale__emit_call(c, GALE__OP_CALL_METHOD, &site);
    } else if (site.n_keywords || site.has_star || site.has_star_star) {
        gale__emit_call(c, GALE__OP_CALL, &site);
    } else {
        gale__emit_plain_call(c, site.n_args);
    }
}

/* --- comprehensions ---- */

static void compile_clauses(struct gale__compiler *c, const struct gale__expr *e,
                            const struct gale__for_clause *clause)
{
    struct gale__label next = { 0 }, end = { 0 };

    if (!clause) {
        gale__compile_expr(c, e->left);
        if (e->kind == GALE__EXPR_DICT_FOR)
            gale__compile_expr(c, e->right);
        gale__compile_at(c, e->line, e->column);
        gale__emit(c, e->kind == GALE__EXPR_DICT_FOR ? GALE__OP_PUT : GALE__OP_APPEND, 1, 0, 0);
        return;
    }
    if (!gale__compile_enter(c, e->line, e->column))
        return;
    if (clause != e->clauses)
        gale__compile_expr(c, clause->over);
    gale__compile_next(c, clause->target, &next, &end);
    for (const struct gale__expr *test = clause->conditions; test; test = test->next)
        gale__compile_condition(c, test, false, &next);
    compile_clauses(c, e, clause->next);
    gale__emit_jump(c, GALE__OP_JUMP, &next);
    gale__label_here(c, &end);
    c->iter--;
    c->nesting--;
}

void gale__compile_comprehension(struct gale__compiler *c, const struct gale__expr *e)
{
    gale__emit(c, e->kind == GALE__EXPR_DICT_FOR ? GALE__OP_DICT : GALE__OP_LIST, 0, 0, 0);
    gale__compile_expr(c, e->clauses->over); /* in the scope around */
    struct gale__scope *scope = gale__scope_open(c, false);
    uint32_t from = c->ops.n;

    if (!scope)
        return;
    compile_clauses(c, e, e->clauses);
    gale__scope_settle(c, scope, from);
    gale__scope_close(c);
}

/* --- lambdas ---- */

void gale__compile_lambda(struct gale__compiler *c, struct gale__expr *e)
{
    struct gale__lambda_job *job = gale__arena_zalloc(&c->scratch, sizeof(*job));
    gale_template_lambda *lambda = gale__table_add(c, &c->lambdas, sizeof(*lambda), UINT16_MAX);
    uint16_t n_defaults = 0;

    if (!job || !lambda) {
        gale__compile_fail(c, -ENOMEM);
        return;
    }
    *job = (struct gale__lambda_job){ e, c->scope, c->lambdas.n - 1, c->at.place, c->jobs };
    c->jobs = job;
    for (struct gale__param *p = e->params; p; p = p->next)
        if (p->fallback) {
            gale__compile_expr(c, p->fallback);
            n_defaults++;
        }
    if (c->code < 0)
        return;
    lambda = c->lambdas.items;
    lambda[job->index].n_defaults = n_defaults;
    gale__compile_at(c, e->line, e->column);
    gale__emit(c, GALE__OP_LAMBDA, 0, 0, job->index);
}

static void declare_parameters(struct gale__compiler *c, gale_template_lambda *lambda,
                               const struct gale__param *params)
{
    gale_str *names;
    uint32_t n = 0;

    for (const struct gale__param *p = params; p; p = p->next)
        n++;
    names = gale__arena_alloc(c->arena, n * sizeof(*names));
    if (!names) {
        gale__compile_fail(c, -ENOMEM);
        return;
    }
    lambda->params = names;
    lambda->n_params = (uint16_t)n;
    for (const struct gale__param *p = params; p; p = p->next) {
        gale__scope_declare(c, p->name);
        *names++ = gale__compile_string(c, p->name);
    }
}

/* The locals of a lambda lie above those of the lambdas around it, which it keeps copies of. */
static void compile_body(struct gale__compiler *c, const struct gale__lambda_job *job)
{
    gale_template_lambda lambda = ((gale_template_lambda *)c->lambdas.items)[job->index];

    c->scope = job->scope;
    c->at.place = job->place;
    struct gale__scope *scope = gale__scope_open(c, false);

    if (!scope)
        return;
    lambda.first_local = (uint16_t)c->locals.n;
    if (scope->first_kept == GALE__NO_LOCAL)
        scope->first_kept = lambda.first_local;
    lambda.first_kept = (uint16_t)scope->first_kept;
    lambda.first_iter = (uint16_t)c->n_iters;
    c->iter = c->n_iters;
    c->depth = 0;
    declare_parameters(c, &lambda, job->expr->params);
    lambda.entry = gale__emit_here(c);
    gale__compile_expr(c, job->expr->left);
    gale__emit(c, GALE__OP_RETURN, 0, 0, 0);
    lambda.n_locals = (uint16_t)(c->locals.n - lambda.first_local);
    lambda.n_iters = (uint16_t)(c->n_iters - lambda.first_iter);
    if (c->code == 0)
        ((gale_template_lambda *)c->lambdas.items)[job->index] = lambda;
}

void gale__compile_lambdas(struct gale__compiler *c)
{
    struct gale__lambda_job *job;

    while (c->code == 0 && (job = c->jobs)) {
        c->jobs = job->next;
        compile_body(c, job);
    }
}

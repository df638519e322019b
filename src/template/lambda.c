/* lambda.c - lambdas: made with their defaults and what they keep, called with arguments.
 *
 * A lambda's variables are slots of the rendering's locals. A call keeps what is in them (the same
 * lambda may be running further out), fills them, runs, and gives back what was there. Its part of
 * the stack and what is kept lie in a frame, which is used again by later calls.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/str.h"
#include "template/memory.h"

struct gale__lambda_frame {
    struct gale__lambda_frame *next;
    uint32_t n_stack, n_locals, n_iters; /* there is room for */
    gale_value *stack, *locals;
    gale_template_iter *iters;
};

static uint32_t n_kept(const gale_template_lambda *l)
{
    return (uint32_t)(l->first_local - l->first_kept);
}

int gale__op_lambda(gale_rendering *r, uint32_t index, const gale_value *defaults, gale_value *out)
{
    const gale_template_lambda *l = &gale__rendering(r)->program->lambdas[index];
    struct gale__function_value *f = gale__alloc(r, sizeof(*f));
    gale_value *captured = gale__alloc_array(r, (size_t)l->n_defaults + n_kept(l),
                                             sizeof(*captured));

    if (!f || !captured)
        return r->code;
    if (l->n_defaults)
        memcpy(captured, defaults, l->n_defaults * sizeof(*captured));
    if (n_kept(l))
        memcpy(captured + l->n_defaults, r->locals + l->first_kept, n_kept(l) * sizeof(*captured));
    *f = (struct gale__function_value){ .lambda = l, .captured = captured };
    *out = (gale_value){ GALE_VALUE_FUNCTION, 0, 0, 0, { .p = f } };
    return 0;
}

/* --- frames ---- */

static struct gale__lambda_frame *new_frame(struct gale__rendering *g, uint32_t n_locals,
                                            uint32_t n_iters)
{
    uint32_t n_stack = g->stack ? g->program->max_stack : 0;
    size_t values = ((size_t)n_stack + n_locals) * sizeof(gale_value);
    struct gale__lambda_frame *frame = gale__alloc(
        &g->pub, sizeof(*frame) + values + n_iters * sizeof(gale_template_iter));

    if (!frame)
        return NULL;
    frame->n_locals = n_locals;
    frame->n_iters = n_iters;
    frame->stack = (gale_value *)(void *)(frame + 1);
    frame->locals = frame->stack + n_stack;
    frame->iters = (gale_template_iter *)(void *)(frame->locals + n_locals);
    return frame;
}

/* With what the lambda's slots hold now. */
static struct gale__lambda_frame *open_frame(struct gale__rendering *g,
                                             const gale_template_lambda *l)
{
    uint32_t n_locals = n_kept(l) + l->n_locals;
    struct gale__lambda_frame **at = &g->frames, *frame;

    while (*at && ((*at)->n_locals < n_locals || (*at)->n_iters < l->n_iters))
        at = &(*at)->next;
    frame = *at;
    if (frame)
        *at = frame->next;
    else
        frame = new_frame(g, n_locals, l->n_iters);
    if (!frame)
        return NULL;
    memcpy(frame->locals, g->pub.locals + l->first_kept, n_locals * sizeof(gale_value));
    memcpy(frame->iters, g->pub.iters + l->first_iter, l->n_iters * sizeof(gale_template_iter));
    return frame;
}

static void close_frame(struct gale__rendering *g, const gale_template_lambda *l,
                        struct gale__lambda_frame *frame)
{
    memcpy(g->pub.locals + l->first_kept, frame->locals,
           (n_kept(l) + l->n_locals) * sizeof(gale_value));
    memcpy(g->pub.iters + l->first_iter, frame->iters, l->n_iters * sizeof(gale_template_iter));
    frame->next = g->frames;
    g->frames = frame;
}

/* --- arguments ---- */

static int too_many(gale_rendering *r, const gale_template_lambda *l, uint32_t n)
{
    const char *s = l->n_params == 1 ? "" : "s", *were = n == 1 ? "was" : "were";

    if (l->n_defaults)
        return gale__raise(r, GALE__TYPE_ERROR,
                           "<lambda>() takes from %d to %d positional arguments but %u %s given",
                           l->n_params - l->n_defaults, l->n_params, n, were);
    return gale__raise(r, GALE__TYPE_ERROR,
                       "<lambda>() takes %d positional argument%s but %u %s given", l->n_params, s,
                       n, were);
}

static int bind_keyword(gale_rendering *r, const gale_template_lambda *l, gale_value *params,
                        gale_str keyword, gale_value value)
{
    for (uint16_t i = 0; i < l->n_params; i++) {
        if (!gale__str_equal(l->params[i], keyword))
            continue;
        if (params[i].kind != GALE_VALUE_UNSET)
            return gale__raise(r, GALE__TYPE_ERROR,
                               "<lambda>() got multiple values for argument '%.*s'",
                               (int)keyword.len, keyword.ptr);
        params[i] = value;
        return 0;
    }
    return gale__raise(r, GALE__TYPE_ERROR, "<lambda>() got an unexpected keyword argument '%.*s'",
                       (int)keyword.len, keyword.ptr);
}

/* "missing 2 required positional arguments: 'x' and 'y'". */
static int missing(gale_rendering *r, const gale_template_lambda *l, const gale_value *params)
{
    struct gale__text_builder b = { .r = r };
    uint32_t n = 0, at = 0;
    gale_value names;
    int code;

    for (uint16_t i = 0; i < l->n_params; i++)
        n += params[i].kind == GALE_VALUE_UNSET;
    for (uint16_t i = 0; i < l->n_params; i++) {
        if (params[i].kind != GALE_VALUE_UNSET)
            continue;
        gale__text_printf(&b, "%s'%.*s'",
                          at == 0      ? ""
                          : at < n - 1 ? ", "
                          : n > 2      ? ", and "
                                       : " and ",
                          (int)l->params[i].len, l->params[i].ptr);
        at++;
    }
    code = gale__text_finish(&b, &names);
    if (code < 0)
        return code;
    return gale__raise(r, GALE__TYPE_ERROR,
                       "<lambda>() missing %u required positional argument%s: %.*s", n,
                       n == 1 ? "" : "s", (int)names.len, names.u.s);
}

static int bind(gale_rendering *r, const struct gale__function_value *f, const gale_call *call,
                gale_value *params)
{
    const gale_template_lambda *l = f->lambda;
    uint16_t first_default = (uint16_t)(l->n_params - l->n_defaults);
    bool is_missing = false;

    if (call->n_args > l->n_params)
        return too_many(r, l, call->n_args);
    if (call->n_args)
        memcpy(params, call->args, call->n_args * sizeof(*params));
    for (uint32_t i = 0; i < call->n_keywords; i++) {
        int code = bind_keyword(r, l, params, call->keywords[i], call->keyword_args[i]);

        if (code < 0)
            return code;
    }
    for (uint16_t i = 0; i < l->n_params; i++) {
        if (params[i].kind == GALE_VALUE_UNSET && i >= first_default)
            params[i] = f->captured[i - first_default];
        is_missing = is_missing || params[i].kind == GALE_VALUE_UNSET;
    }
    return is_missing ? missing(r, l, params) : 0;
}

int gale__call_lambda(gale_rendering *r, const struct gale__function_value *f,
                      const gale_call *call, gale_value *out)
{
    struct gale__rendering *g = gale__rendering(r);
    const gale_template_lambda *l = f->lambda;
    struct gale__lambda_frame *frame = open_frame(g, l);
    gale_value *locals = r->locals;
    gale_value result = { 0 };
    int code;

    if (!frame)
        return r->code;
    memset(locals + l->first_local, 0, l->n_locals * sizeof(*locals));
    code = bind(r, f, call, locals + l->first_local);
    if (code == 0 && n_kept(l))
        memcpy(locals + l->first_kept, f->captured + l->n_defaults, n_kept(l) * sizeof(*locals));
    if (code == 0)
        code = l->run ? l->run(r, &result) : gale__run(r, l->entry, frame->stack, &result);
    close_frame(g, l, frame);
    if (code < 0)
        return code;
    *out = result;
    return 0;
}

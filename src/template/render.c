/* render.c - one rendering from its beginning to its end: memory, limits, the error's report.
 *
 * All a rendering needs is on the stack of its caller and in one arena, whose first block is one of
 * the thread's pool; a small page allocates nothing else. Renderings within renderings (a function
 * of a template renders another one) share all limits: each begins with what is left of its own and
 * of those around it, and what it takes is taken from them.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "template/compile.h"
#include "template/memory.h"
#include "template/run.h"

enum { NESTED_LEVELS = 4 }; /* what a rendering within another one takes off the depth */

static const gale_template_options no_options;

static int64_t limit_of(int64_t set, int64_t fallback)
{
    if (set == GALE_UNLIMITED)
        return INT64_MAX;
    return set > 0 ? set : fallback;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int32_t depth_of(int64_t set, const struct gale__rendering *outer)
{
    int64_t depth = set > 0 && set < GALE__MAX_DEPTH ? set : GALE__MAX_DEPTH;

    if (outer && outer->depth_left - NESTED_LEVELS < depth)
        depth = outer->depth_left - NESTED_LEVELS;
    return (int32_t)depth;
}

/* Steps, memory, depth. */
static void take_limits(struct gale__rendering *g, const struct gale__rendering *outer)
{
    const gale_template_limits *set = &g->options->limits;

    g->pub.steps_left = limit_of(set->max_steps, GALE__MAX_STEPS);
    g->memory_left = limit_of(set->max_memory, GALE__MAX_MEMORY);
    g->depth_left = depth_of(set->max_depth, outer);
    if (outer) {
        g->pub.steps_left = smaller(g->pub.steps_left, outer->pub.steps_left);
        g->memory_left = smaller(g->memory_left, outer->memory_left);
    }
    g->first_steps = g->pub.steps_left;
    g->first_memory = g->memory_left;
}

/* What a rendering has taken is taken from the one around it. */
static void take_from(struct gale__rendering *outer, const struct gale__rendering *g)
{
    outer->pub.steps_left -= g->first_steps - g->pub.steps_left;
    outer->memory_left -= g->first_memory - g->memory_left;
    gale__output_take(outer, g->top.len - g->first_output);
}

/* Locals, globals, iterators and the stack in one piece; the stack needs no zeros. */
static int make_room(struct gale__rendering *g)
{
    const gale_template_program *p = g->program;
    size_t n_slots = (size_t)p->n_locals + p->n_globals;
    size_t zeroed = n_slots * sizeof(gale_value) + p->n_iters * sizeof(gale_template_iter);
    char *room = gale__arena_alloc(&g->arena, zeroed + p->max_stack * sizeof(gale_value));

    if (!room)
        return gale__raise_code(&g->pub, -ENOMEM);
    memset(room, 0, zeroed);
    g->pub.locals = (gale_value *)(void *)room;
    g->pub.globals = g->pub.locals + p->n_locals;
    g->pub.iters = (gale_template_iter *)(void *)(room + n_slots * sizeof(gale_value));
    g->stack = (gale_value *)(void *)(room + zeroed);
    return 0;
}

static int run(struct gale__rendering *g)
{
    const gale_template_program *p = g->program;
    int code;

    if (g->depth_left <= 0)
        return gale__raise_limit(&g->pub, "the limit of depth by templates within templates");
    code = make_room(g);
    if (code < 0)
        return code;
    return p->run ? p->run(&g->pub) : gale__run(&g->pub, 0, g->stack, NULL);
}

/* "KeyError: 'x'"; what a function failed with, and what cannot be caught, speaks for itself. */
static void describe(const struct gale__raised *raised, char *out, size_t size)
{
    const char *text = raised->text ? raised->text : "";

    if (raised->is_final && raised->cls == GALE__RUNTIME_ERROR)
        snprintf(out, size, "%s was reached", text);
    else if (raised->is_final || (raised->cls == GALE__EXCEPTION && *text))
        snprintf(out, size, "%s", text);
    else
        snprintf(out, size, "%s%s%s", gale__exception_names[raised->cls], *text ? ": " : "", text);
}

static __attribute__((noinline)) void fill_error(struct gale__rendering *g,
                                                 gale_template_error *error)
{
    static const gale_template_position unknown;
    const gale_template_program *p = g->program;
    const gale_template_position *at = g->raised.pc < p->n_code && p->positions
                                           ? &p->positions[g->raised.pc]
                                           : &unknown;
    char what[320], hint[1024] = "";

    describe(&g->raised, what, sizeof(what));
    if (g->unknown_name.ptr && !g->raised.is_final)
        gale__unknown_name_hint(g, g->unknown_name, hint, sizeof(hint));
    gale__report(error, g->raised.code, what, p->places, p->sources, at->place, at->line,
                 at->column, hint);
    gale_err(g->raised.code, "%s", error->message);
}

/* The same when the caller does not want to know: gale_strerror() has the message. */
static __attribute__((noinline)) void store_error(struct gale__rendering *g)
{
    gale_template_error error;

    fill_error(g, &error);
}

static void clear(gale_template_error *error)
{
    error->code = error->line = error->column = 0;
    error->name[0] = error->message[0] = error->report[0] = 0;
}

int gale__render(const gale_template_program *program, const gale_template_options *options,
                 const gale_namespace *names, gale_template_out *out, gale_template_error *error)
{
    struct gale__context *context = gale__context_here();
    struct gale__rendering *outer = context->rendering;
    struct gale__rendering g = { .program = program, .names = names };
    int code;

    g.options = options ? options : &no_options;
    g.pub.pc = GALE__NO_PC;
    take_limits(&g, outer);
    gale__output_begin(&g, out, outer);
    context->rendering = &g;
    code = run(&g);
    context->rendering = outer;
    gale__output_end(&g);
    if (outer)
        take_from(outer, &g);
    if (error)
        clear(error);
    if (code < 0) {
        code = g.raised.code;
        error ? fill_error(&g, error) : store_error(&g);
    }
    gale__captures_free(&g);
    gale__arena_reset(&g.arena);
    return code < 0 ? code : 0;
}

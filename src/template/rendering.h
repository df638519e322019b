/* rendering.h - the whole of a rendering: behind the part that generated code sees. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_RENDERING_H
#define GALE_TEMPLATE_RENDERING_H

#include "base/arena.h"
#include "template/operators.h"
#include "template/raise.h"

struct gale__capture;

/* A failure under way, or one that was caught and is looked at. */
struct gale__raised {
    enum gale__exception cls;
    int code;      /* what the rendering returns if nobody catches it */
    bool is_final; /* cannot be caught */
    uint32_t pc;
    const char *text;            /* the message, NUL-terminated, in the arena or static */
    gale_value value;            /* KeyError: the key; else UNSET */
    struct gale__raised *before; /* what was being handled when this was raised */
};

struct gale__rendering {
    struct gale_rendering pub; /* first */
    const gale_template_program *program;
    const gale_namespace *names;
    const gale_template_options *options; /* of its loader or template: names, modules, limits */
    gale_value *stack;                    /* program->max_stack, in the interpreter */
    struct gale__arena arena;
    int64_t memory_left;
    int64_t output_left;
    int32_t depth_left;
    struct gale__capture *captures; /* innermost first */
    uint32_t n_captures;
    struct gale__raised raised;  /* under way when pub.code < 0 */
    struct gale__raised *caught; /* innermost handled one */
    gale_str unknown_name;       /* of a NameError: for the report; ptr NULL: none */
};

static inline struct gale__rendering *gale__rendering(gale_rendering *r)
{
    return (struct gale__rendering *)r;
}

/* render.c: everything before and after run(): makes the rendering, gives the error its report. */
int gale__render(const gale_template_program *program, const gale_template_options *options,
                 const gale_namespace *names, gale_template_out *out, gale_template_error *error);

/* run.c: the interpreter from code[pc] on, until END or RETURN (*result then). stack is where its
 * part begins. 0 or what was raised and not caught. */
int gale__run(gale_rendering *r, uint32_t pc, gale_value *stack, gale_value *result);

/* The guard that catches what was raised at pc, or NULL (nobody, or it is final). Cuts captures,
 * moves what was raised to caught and clears pub.code. */
const gale_template_guard *gale__catch(gale_rendering *r, uint32_t pc);

/* names.c: the global's value into its slot, looked up in names, the options' names, the language.
 * NameError. */
int gale__resolve_global(gale_rendering *r, uint32_t index);

#endif

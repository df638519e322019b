/* rendering.h - the whole of a rendering: behind the part that generated code sees. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_RENDERING_H
#define GALE_TEMPLATE_RENDERING_H

#include "base/arena.h"
#include "template/operators.h"
#include "template/raise.h"

struct gale__capture;
struct gale__lambda_frame;

/* raised.pc, and rendering.pc, of a failure whose instruction is not known yet. */
#define GALE__NO_PC UINT32_MAX

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
    int64_t first_steps, first_memory; /* what was left at first */
    size_t first_output;               /* and where output began */
    int32_t depth_left;
    uint32_t n_captures;
    gale_template_out top;             /* the caller's output, cut at its limit */
    gale_template_out *host_out;       /* the caller's */
    size_t output_end;                 /* what top.len may become */
    char *grown, *grown_end;           /* where the newest joined text ends, and the room behind */
    struct gale__capture *captures;    /* innermost first */
    struct gale__capture *unused;      /* captures to be used again */
    struct gale__lambda_frame *frames; /* of lambdas, to be used again */
    struct gale__raised raised;        /* under way when pub.code < 0 */
    struct gale__raised *caught;       /* innermost handled one */
    struct gale__raised *forgotten;    /* memory of those that were handled, by before */
    uint32_t n_caught;
    gale_str unknown_name; /* of a NameError: for the report; ptr NULL: none */
};

static inline struct gale__rendering *gale__rendering(gale_rendering *r)
{
    return (struct gale__rendering *)r;
}

/* render.c: everything before and after run(): makes the rendering, gives the error its report. */
int gale__render(const gale_template_program *program, const gale_template_options *options,
                 const gale_namespace *names, gale_template_out *out, gale_template_error *error);

/* run.c: the interpreter from code[pc] on, until END (result NULL) or a lambda's RETURN (*result
 * then). stack is where its part begins. 0 or what was raised and not caught. */
int gale__run(gale_rendering *r, uint32_t pc, gale_value *stack, gale_value *result);

/* catch.c: the guard that catches what was raised at pc, or NULL (nobody, or it is final). Cuts
 * captures, moves what was raised to caught and clears pub.code. */
const gale_template_guard *gale__catch(gale_rendering *r, uint32_t pc);
/* In lambdas, where nothing is caught: what was raised came from pc, unless that is known. */
void gale__placed(gale_rendering *r, uint32_t pc);
/* What CAUGHT and RERAISE do; the latter gives the code. */
void gale__caught(gale_rendering *r);
int gale__reraise(gale_rendering *r);

/* write.c: what CAPTURE and CAPTURED do; captures are taken off until n are left. */
int gale__op_capture(gale_rendering *r);
int gale__op_captured(gale_rendering *r, gale_value *out);
void gale__captures_cut(struct gale__rendering *g, uint32_t n);
void gale__captures_free(struct gale__rendering *g);
/* The caller's output, with a limit on what is added; what was added is the caller's again. outer,
 * or NULL: the rendering around this one. */
void gale__output_begin(struct gale__rendering *g, gale_template_out *out,
                        const struct gale__rendering *outer);
void gale__output_end(struct gale__rendering *g);
/* n bytes of g's limit of output go to a rendering within it; and back, when they are a value of g
 * that it may write; keep counts them as its memory: 0 or the limit. */
void gale__output_take(struct gale__rendering *g, size_t n);
void gale__output_give(struct gale__rendering *g, size_t n);
int gale__output_keep(struct gale__rendering *g, size_t n);

/* names.c: the global's value into its slot, looked up in names, the options' names, the language.
 * NameError. */
int gale__resolve_global(gale_rendering *r, uint32_t index);
/* The value of a local that is UNSET: the global's of its name; UnboundLocalError. */
int gale__load_local(gale_rendering *r, uint32_t local, gale_value *out);
/* The entry of that name, or NULL; names may be NULL. */
const gale_name *gale__find_name(const gale_name *names, gale_str name);

/* unknown.c: what helps whoever wrote a name that nobody has: lines of text into out. */
void gale__unknown_name_hint(const struct gale__rendering *g, gale_str name, char *out,
                             size_t size);

#endif

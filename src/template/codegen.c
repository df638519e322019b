/* codegen.c - a program as C: one function for it and one for each lambda.
 *
 * Each instruction becomes a statement on fixed slots of an array, since the depth of the stack at
 * each is known; jumps become gotos, and so do failures: to what the innermost guard's handler is.
 */
/* SPDX-License-Identifier: MIT */
#include "template/codegen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

void gale__codegen_print(struct gale__codegen *g, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len < 0 || (size_t)len >= sizeof(text))
        g->error = g->error < 0 ? g->error : GALE_ETOOBIG;
    if (g->error >= 0)
        g->error = gale_template_write(g->out, text, (size_t)len);
}

int32_t gale__codegen_guard(const gale_template_program *program, uint32_t pc)
{
    for (uint32_t i = 0; i < program->n_guards; i++)
        if (pc >= program->guards[i].from && pc < program->guards[i].to)
            return (int32_t)i;
    return GALE__NO_GUARD;
}

/* --- what is reached, and with which depth --- */

static int reach(struct gale__codegen *g, uint32_t pc, int32_t depth, bool by_jump)
{
    if (pc >= g->program->n_code || depth < 0)
        return gale_err(GALE_EINVAL, "template '%s': bad code", g->program->name);
    g->is_target[pc] = g->is_target[pc] || by_jump;
    if (g->depth[pc] == depth)
        return 0;
    if (g->depth[pc] != GALE__UNREACHED)
        return gale_err(GALE_EINVAL, "template '%s': the stack at %u is not of one depth",
                        g->program->name, (unsigned)pc);
    g->depth[pc] = depth;
    g->todo[g->n_todo++] = pc;
    return 0;
}

static int reach_from(struct gale__codegen *g, uint32_t pc)
{
    const struct gale_template_code *op = &g->program->code[pc];
    int32_t guard = gale__codegen_guard(g->program, pc);
    int32_t at_target, effect = gale__codegen_effect(g, op, &at_target);
    int r = 0;

    if (gale__codegen_is_jump(op))
        r = reach(g, op->c, g->depth[pc] + at_target, true);
    if (r >= 0 && !gale__codegen_is_end(op))
        r = reach(g, pc + 1, g->depth[pc] + effect, false);
    if (r >= 0 && guard != GALE__NO_GUARD)
        r = reach(g, g->program->guards[guard].handler, g->program->guards[guard].depth, true);
    return r;
}

static int analyse(struct gale__codegen *g, uint32_t entry)
{
    int r;

    for (uint32_t i = 0; i < g->program->n_code; i++) {
        g->depth[i] = GALE__UNREACHED;
        g->is_target[i] = false;
    }
    memset(g->has_failed, 0, (g->program->n_guards + 1) * sizeof(*g->has_failed));
    g->n_todo = 0;
    r = reach(g, entry, 0, false);
    while (r >= 0 && g->n_todo)
        r = reach_from(g, g->todo[--g->n_todo]);
    return r;
}

/* --- functions --- */

static bool has_output(const struct gale__codegen *g)
{
    for (uint32_t pc = 0; pc < g->program->n_code; pc++)
        if (g->depth[pc] != GALE__UNREACHED && gale__codegen_writes(&g->program->code[pc]))
            return true;
    return false;
}

/* Where failures go on: the guards' handlers, or out. */
static void write_failures(struct gale__codegen *g, bool writes)
{
    const gale_template_program *p = g->program;
    const char *close = writes ? "    gale_rt_close(&o, r);\n" : "";

    for (uint32_t i = 0; i < p->n_guards; i++) {
        if (!g->has_failed[i])
            continue;
        gale__codegen_print(g,
                            "failed_%u:\n%s    if (!gale_rt_catch(r, pc, code))\n"
                            "        return r->code;\n%s    goto at_%u;\n",
                            (unsigned)i, close, writes ? "    gale_rt_open(&o, r);\n" : "",
                            (unsigned)p->guards[i].handler);
    }
    if (g->has_failed[p->n_guards])
        gale__codegen_print(g, "failed:\n%s    return gale_rt_fail(r, pc, code);\n", close);
}

static void write_body(struct gale__codegen *g)
{
    for (uint32_t pc = 0; pc < g->program->n_code && g->error >= 0; pc++) {
        if (g->depth[pc] == GALE__UNREACHED)
            continue;
        if (g->is_target[pc])
            gale__codegen_print(g, "at_%u:;\n", (unsigned)pc);
        gale__codegen_op(g, pc);
    }
}

enum { MAX_ON_STACK = 256 }; /* values; a bigger array is memory of the rendering */

static void write_variables(struct gale__codegen *g, bool writes)
{
    unsigned n = g->program->max_stack ? g->program->max_stack : 1;

    if (n <= MAX_ON_STACK)
        gale__codegen_print(g, "{\n    gale_value s[%u];\n", n);
    else
        gale__codegen_print(g, "{\n    gale_value *s = gale_value_alloc(r, %u * sizeof(*s));\n", n);
    if (writes)
        gale__codegen_print(g, "    gale_rt_out o;\n");
    gale__codegen_print(g, "    uint32_t pc = 0;\n    int code = 0;\n\n"
                           "    (void)r;\n    (void)pc;\n    (void)code;\n");
    if (n > MAX_ON_STACK)
        gale__codegen_print(g, "    if (!s)\n        return gale_value_memory_error(r);\n");
    gale__codegen_print(g, "    memset(s, 0, %u * sizeof(*s));\n", n);
    if (writes)
        gale__codegen_print(g, "    gale_rt_open(&o, r);\n");
}

static void write_function(struct gale__codegen *g, uint32_t entry)
{
    bool writes;

    if (g->error >= 0)
        g->error = analyse(g, entry);
    if (g->error < 0)
        return;
    writes = has_output(g);
    write_variables(g, writes);
    if (entry) {
        g->is_target[entry] = true;
        gale__codegen_print(g, "    goto at_%u;\n", (unsigned)entry);
    }
    write_body(g);
    write_failures(g, writes);
    gale__codegen_print(g, "}\n\n");
}

static void write_functions(struct gale__codegen *g)
{
    const gale_template_program *p = g->program;

    for (uint32_t i = 0; i < p->n_lambdas; i++)
        gale__codegen_print(g, "static int %s_lambda_%u(gale_rendering *r, gale_value *result);\n",
                            g->id, (unsigned)i);
    gale__codegen_tables(g);
    for (uint32_t i = 0; i < p->n_lambdas && g->error >= 0; i++) {
        gale__codegen_print(g, "static int %s_lambda_%u(gale_rendering *r, gale_value *result)\n",
                            g->id, (unsigned)i);
        write_function(g, p->lambdas[i].entry);
    }
    gale__codegen_print(g, "static int %s_run(gale_rendering *r)\n", g->id);
    write_function(g, 0);
    gale__codegen_program(g);
}

int gale__template_codegen(const gale_template_program *program, const char *identifier,
                           gale_template_out *out)
{
    struct gale__codegen g = { .out = out, .program = program, .id = identifier };
    size_t n = program->n_code;

    if (!program->code)
        return gale_err(GALE_EINVAL, "template '%s' has no code", program->name);
    g.depth = gale__calloc(n, sizeof(*g.depth));
    g.is_target = gale__calloc(n, sizeof(*g.is_target));
    g.todo = gale__calloc(n + 1, sizeof(*g.todo));
    g.has_failed = gale__calloc((size_t)program->n_guards + 1, sizeof(*g.has_failed));
    if (!g.depth || !g.is_target || !g.todo || !g.has_failed)
        g.error = gale_err(-ENOMEM, "out of memory");
    else
        write_functions(&g);
    gale__free(g.depth);
    gale__free(g.is_target);
    gale__free(g.todo);
    gale__free(g.has_failed);
    return g.error < 0 ? g.error : 0;
}

/* catch.c - from where a failure came, who catches it, what is being handled.
 *
 * Instructions do not store where they are: whoever runs them tells when one has failed.
 */
/* SPDX-License-Identifier: MIT */
#include "template/memory.h"

void gale__placed(gale_rendering *r, uint32_t pc)
{
    struct gale__rendering *g = gale__rendering(r);

    if (g->raised.pc == GALE__NO_PC)
        g->raised.pc = pc;
}

static const gale_template_guard *find_guard(const gale_template_program *program, uint32_t pc)
{
    for (uint32_t i = 0; i < program->n_guards; i++)
        if (pc >= program->guards[i].from && pc < program->guards[i].to)
            return &program->guards[i];
    return NULL;
}

/* What was handled innermost is done with. */
void gale__caught(gale_rendering *r)
{
    struct gale__rendering *g = gale__rendering(r);
    struct gale__raised *done = g->caught;

    g->caught = done->before;
    done->before = g->forgotten;
    g->forgotten = done;
    g->n_caught--;
}

static int keep(struct gale__rendering *g)
{
    struct gale__raised *kept = g->forgotten;

    if (kept)
        g->forgotten = kept->before;
    else
        kept = gale__alloc(&g->pub, sizeof(*kept));
    if (!kept)
        return g->pub.code;
    *kept = g->raised;
    kept->before = g->caught;
    g->caught = kept;
    g->n_caught++;
    return 0;
}

const gale_template_guard *gale__catch(gale_rendering *r, uint32_t pc)
{
    struct gale__rendering *g = gale__rendering(r);
    const gale_template_guard *guard;

    gale__placed(r, pc);
    if (g->raised.is_final)
        return NULL;
    guard = find_guard(g->program, pc);
    if (!guard)
        return NULL;
    while (g->n_caught > guard->n_caught)
        gale__caught(r);
    if (keep(g) < 0)
        return NULL;
    gale__captures_cut(g, guard->n_captures);
    r->code = 0;
    return guard;
}

int gale__reraise(gale_rendering *r)
{
    struct gale__rendering *g = gale__rendering(r);

    g->raised = *g->caught;
    gale__caught(r);
    return r->code = g->raised.code;
}

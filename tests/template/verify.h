/* verify.h - what holds for every program the compiler writes: operands lie within their tables,
 * jumps within the code, and the stack has one height at each instruction, never below zero or
 * above max_stack, whatever way leads there.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_TEMPLATE_VERIFY_H
#define GALE_TESTS_TEMPLATE_VERIFY_H

#include <stdlib.h>

#include "base/alloc.h"
#include "template/code.h"

struct verifier {
    const gale_template_program *p;
    int32_t *heights; /* -1: not reached yet */
    uint32_t *work;
    uint32_t n_work;
};

static inline void verify_reach(struct verifier *v, uint32_t pc, int height)
{
    GALE_ASSERT(pc < v->p->n_code);
    GALE_ASSERT(height >= 0 && (uint32_t)height <= v->p->max_stack);
    if (v->heights[pc] < 0)
        v->work[v->n_work++] = pc;
    else
        GALE_ASSERT(v->heights[pc] == height);
    v->heights[pc] = height;
}

/* How many values an instruction takes and gives. */
static inline void verify_effect(const gale_template_program *p,
                                 const struct gale_template_code *op, int *takes, int *gives)
{
    const gale_template_call_site *site;

    *takes = *gives = 0;
    switch ((enum gale__op)op->op) {
    case GALE__OP_EMIT:
    case GALE__OP_ESCAPE:
    case GALE__OP_CONTEXT:
    case GALE__OP_STORE_LOCAL:
    case GALE__OP_POP:
    case GALE__OP_IF_FALSE:
    case GALE__OP_IF_TRUE:
    case GALE__OP_IF_FALSE_KEEP:
    case GALE__OP_IF_TRUE_KEEP:
    case GALE__OP_ITER:
    case GALE__OP_RETURN:
        *takes = 1;
        break;
    case GALE__OP_TO_BYTES:
    case GALE__OP_LIST_TUPLE:
    case GALE__OP_ATTRIBUTE:
    case GALE__OP_UNARY:
    case GALE__OP_NOT:
    case GALE__OP_IMPORT_NAME:
    case GALE__OP_MATCHES:
        *takes = *gives = 1;
        break;
    case GALE__OP_CAPTURED:
    case GALE__OP_CONST:
    case GALE__OP_LOAD_LOCAL:
    case GALE__OP_LOAD_GLOBAL:
    case GALE__OP_NEXT:
    case GALE__OP_IMPORT:
    case GALE__OP_EXCEPTION:
        *gives = 1;
        break;
    case GALE__OP_DUP:
        *takes = 1;
        *gives = 2;
        break;
    case GALE__OP_DUP2:
        *takes = 2;
        *gives = 4;
        break;
    case GALE__OP_ROT2:
        *takes = *gives = 2;
        break;
    case GALE__OP_ROT3:
        *takes = *gives = 3;
        break;
    case GALE__OP_LIST:
    case GALE__OP_TUPLE:
        *takes = (int)op->c;
        *gives = 1;
        break;
    case GALE__OP_DICT:
        *takes = (int)op->c * 2;
        *gives = 1;
        break;
    case GALE__OP_APPEND:
    case GALE__OP_EXTEND:
    case GALE__OP_UPDATE:
        *takes = 1 + op->a;
        *gives = op->a;
        break;
    case GALE__OP_PUT:
        *takes = 2 + op->a;
        *gives = op->a;
        break;
    case GALE__OP_LAMBDA:
        GALE_ASSERT(op->c < p->n_lambdas);
        *takes = p->lambdas[op->c].n_defaults;
        *gives = 1;
        break;
    case GALE__OP_INDEX:
    case GALE__OP_BINARY:
    case GALE__OP_INPLACE:
    case GALE__OP_COMPARE:
        *takes = 2;
        *gives = 1;
        break;
    case GALE__OP_SLICE:
        *takes = 4;
        *gives = 1;
        break;
    case GALE__OP_DEL_SLICE:
        *takes = 4;
        break;
    case GALE__OP_SET_INDEX:
        *takes = 3;
        break;
    case GALE__OP_SET_ATTRIBUTE:
    case GALE__OP_DEL_INDEX:
        *takes = 2;
        break;
    case GALE__OP_SET_SLICE:
        *takes = 5;
        break;
    case GALE__OP_UNPACK:
        *takes = 1;
        *gives = (int)op->c;
        break;
    case GALE__OP_CALL:
    case GALE__OP_CALL_METHOD:
        GALE_ASSERT(op->c < p->n_call_sites);
        site = &p->call_sites[op->c];
        *takes = 1 + site->n_args + site->n_keywords + site->has_star + site->has_star_star;
        *gives = 1;
        break;
    default:
        break;
    }
}

static inline void verify_operands(const gale_template_program *p,
                                   const struct gale_template_code *op)
{
    switch ((enum gale__op)op->op) {
    case GALE__OP_TEXT:
        GALE_ASSERT(op->c < p->n_texts && p->texts[op->c].len > 0);
        break;
    case GALE__OP_CONST:
    case GALE__OP_ATTRIBUTE:
    case GALE__OP_SET_ATTRIBUTE:
    case GALE__OP_IMPORT:
    case GALE__OP_IMPORT_NAME:
        GALE_ASSERT(op->c < p->n_constants);
        GALE_ASSERT(op->op == GALE__OP_CONST || p->constants[op->c].kind == GALE_VALUE_TEXT);
        break;
    case GALE__OP_LOAD_GLOBAL:
    case GALE__OP_ESCAPE_GLOBAL:
        GALE_ASSERT(op->c < p->n_globals);
        break;
    case GALE__OP_NEXT_LOCAL:
        GALE_ASSERT(op->a < p->n_iters);
        GALE_ASSERT(op->b < p->n_locals);
        break;
    case GALE__OP_LOAD_LOCAL:
    case GALE__OP_STORE_LOCAL:
    case GALE__OP_CLEAR_LOCAL:
    case GALE__OP_ESCAPE_LOCAL:
        GALE_ASSERT(op->b < p->n_locals);
        break;
    case GALE__OP_ITER:
    case GALE__OP_NEXT:
        GALE_ASSERT(op->b < p->n_iters);
        break;
    case GALE__OP_CONTEXT:
        GALE_ASSERT(op->a < GALE__N_HTML_CONTEXTS);
        break;
    case GALE__OP_UNPACK:
        GALE_ASSERT(op->a <= op->c);
        break;
    default:
        GALE_ASSERT(op->op < GALE__N_OPS);
    }
}

static inline void verify_one(struct verifier *v, uint32_t pc)
{
    const struct gale_template_code *op = &v->p->code[pc];
    int takes, gives, height = v->heights[pc];

    verify_operands(v->p, op);
    verify_effect(v->p, op, &takes, &gives);
    GALE_ASSERT(height >= takes);
    switch ((enum gale__op)op->op) {
    case GALE__OP_JUMP:
        verify_reach(v, op->c, height);
        return;
    case GALE__OP_LOOP:
        GALE_ASSERT(op->c <= pc);
        verify_reach(v, op->c, height);
        return;
    case GALE__OP_IF_FALSE:
    case GALE__OP_IF_TRUE:
        verify_reach(v, op->c, height - 1);
        break;
    case GALE__OP_IF_FALSE_KEEP:
    case GALE__OP_IF_TRUE_KEEP:
    case GALE__OP_NEXT:
    case GALE__OP_NEXT_LOCAL:
        verify_reach(v, op->c, height);
        break;
    case GALE__OP_RETURN:
        GALE_ASSERT(height == 1);
        return;
    case GALE__OP_END:
        GALE_ASSERT(height == 0);
        return;
    case GALE__OP_RERAISE:
        return;
    default:
        break;
    }
    verify_reach(v, pc + 1, height - takes + gives);
}

static inline void verify_tables(const gale_template_program *p)
{
    for (uint32_t i = 0; i < p->n_locals; i++)
        GALE_ASSERT(p->local_fallbacks[i] < (int32_t)p->n_globals);
    for (uint32_t i = 0; i < p->n_places; i++) {
        GALE_ASSERT(p->places[i].source < p->n_sources);
        GALE_ASSERT(p->places[i].via < (int32_t)i);
    }
    for (uint32_t i = 0; i < p->n_code; i++)
        GALE_ASSERT(p->positions[i].place < p->n_places);
    for (uint32_t i = 0; i < p->n_lambdas; i++) {
        const gale_template_lambda *l = &p->lambdas[i];

        GALE_ASSERT(l->first_kept <= l->first_local);
        GALE_ASSERT(l->n_params <= l->n_locals);
        GALE_ASSERT(l->n_defaults <= l->n_params);
        GALE_ASSERT((uint32_t)l->first_local + l->n_locals <= p->n_locals);
        GALE_ASSERT((uint32_t)l->first_iter + l->n_iters <= p->n_iters);
    }
}

static inline void verify_program(const gale_template_program *p)
{
    struct verifier v = { p, malloc(p->n_code * sizeof(int32_t)),
                          malloc(p->n_code * sizeof(uint32_t)), 0 };

    GALE_ASSERT(v.heights && v.work && p->n_code > 0);
    verify_tables(p);
    for (uint32_t i = 0; i < p->n_code; i++)
        v.heights[i] = -1;
    verify_reach(&v, 0, 0);
    for (uint32_t i = 0; i < p->n_lambdas; i++)
        verify_reach(&v, p->lambdas[i].entry, 0);
    for (uint32_t i = 0; i < p->n_guards; i++) {
        const gale_template_guard *g = &p->guards[i];

        GALE_ASSERT(g->from < g->to && g->to <= p->n_code);
        GALE_ASSERT(g->handler < g->from || g->handler >= g->to);
        verify_reach(&v, g->handler, g->depth);
    }
    while (v.n_work > 0)
        verify_one(&v, v.work[--v.n_work]);
    free(v.heights);
    free(v.work);
}

#endif

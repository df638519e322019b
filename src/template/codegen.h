/* codegen.h - the parts of the writer of C. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_CODEGEN_H
#define GALE_TEMPLATE_CODEGEN_H

#include <gale/template_runtime.h>

#include "template/code.h"
#include "template/compile.h"

enum { GALE__UNREACHED = -1, GALE__NO_GUARD = -1 };

/* One program being written. */
struct gale__codegen {
    gale_template_out *out;
    const gale_template_program *program;
    const char *id; /* what names in C begin with */
    int error;      /* sticky */
    /* Of the function being written, by pc: */
    int32_t *depth;  /* of the stack before the instruction, or GALE__UNREACHED */
    bool *is_target; /* something jumps to it */
    uint32_t *todo;  /* instructions to go on from */
    uint32_t n_todo;
    bool *has_failed; /* by guard, the last for no guard: something goes to its failure */
};

/* printf to the output. */
void gale__codegen_print(struct gale__codegen *g, const char *fmt, ...) GALE_PRINTF(2, 3);

/* codegen_data.c */
/* Bytes as a string literal of C, which has at most GALE__LITERAL of them. */
enum { GALE__LITERAL = 1000 };
void gale__codegen_literal(struct gale__codegen *g, gale_str s);
/* The tables that the program needs: before its functions, and the program itself after them. */
void gale__codegen_tables(struct gale__codegen *g);
void gale__codegen_program(struct gale__codegen *g);

/* codegen_op.c */
/* What the stack's depth changes by; where jumps go it may be another (*at_target). */
int32_t gale__codegen_effect(const struct gale__codegen *g, const struct gale_template_code *op,
                             int32_t *at_target);
bool gale__codegen_is_jump(const struct gale_template_code *op);
/* Nothing goes on behind it. */
bool gale__codegen_is_end(const struct gale_template_code *op);
/* Whether it needs the output in registers. */
bool gale__codegen_writes(const struct gale_template_code *op);
/* The statements of an instruction. */
void gale__codegen_op(struct gale__codegen *g, uint32_t pc);
/* Index of the innermost guard around pc, or GALE__NO_GUARD. */
int32_t gale__codegen_guard(const gale_template_program *program, uint32_t pc);

#endif

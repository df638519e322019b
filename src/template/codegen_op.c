/* codegen_op.c - each instruction as C, and what it does to the stack. */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "template/codegen.h"

/* --- the shape of instructions --- */

bool gale__codegen_is_jump(const struct gale_template_code *op)
{
    switch (op->op) {
    case GALE__OP_JUMP:
    case GALE__OP_LOOP:
    case GALE__OP_IF_FALSE:
    case GALE__OP_IF_TRUE:
    case GALE__OP_IF_FALSE_KEEP:
    case GALE__OP_IF_TRUE_KEEP:
    case GALE__OP_NEXT:
    case GALE__OP_NEXT_LOCAL:
        return true;
    default:
        return false;
    }
}

bool gale__codegen_is_end(const struct gale_template_code *op)
{
    return op->op == GALE__OP_JUMP || op->op == GALE__OP_LOOP || op->op == GALE__OP_RETURN ||
           op->op == GALE__OP_RERAISE || op->op == GALE__OP_END;
}

bool gale__codegen_writes(const struct gale_template_code *op)
{
    switch (op->op) {
    case GALE__OP_TEXT:
    case GALE__OP_EMIT:
    case GALE__OP_ESCAPE:
    case GALE__OP_CONTEXT:
    case GALE__OP_ESCAPE_LOCAL:
    case GALE__OP_ESCAPE_GLOBAL:
    case GALE__OP_CAPTURE:
    case GALE__OP_CAPTURED:
    case GALE__OP_END:
        return true;
    default:
        return false;
    }
}

static int32_t call_width(const gale_template_call_site *site)
{
    return site->n_args + site->n_keywords + site->has_star + site->has_star_star;
}

int32_t gale__codegen_effect(const struct gale__codegen *g, const struct gale_template_code *op,
                             int32_t *at_target)
{
    int32_t effect = gale__op_effect(op->op, op->c, g->program->lambdas, g->program->call_sites);
    bool is_other = op->op == GALE__OP_IF_FALSE_KEEP || op->op == GALE__OP_IF_TRUE_KEEP ||
                    op->op == GALE__OP_NEXT;

    *at_target = is_other ? 0 : effect;
    return effect;
}

/* --- statements --- */

/* "pc = …; goto failed…". */
static void go_to_failure(struct gale__codegen *g, uint32_t pc, const char *indent)
{
    int32_t guard = gale__codegen_guard(g->program, pc);

    gale__codegen_print(g, "%spc = %u;\n%sgoto failed", indent, (unsigned)pc, indent);
    if (guard != GALE__NO_GUARD)
        gale__codegen_print(g, "_%d", (int)guard);
    gale__codegen_print(g, ";\n");
    g->has_failed[guard == GALE__NO_GUARD ? g->program->n_guards : (uint32_t)guard] = true;
}

/* The statement of a call, by fmt, that may fail. */
static void GALE_PRINTF(3, 4) try_call(struct gale__codegen *g, uint32_t pc, const char *fmt, ...)
{
    char call[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(call, sizeof(call), fmt, ap);
    va_end(ap);
    gale__codegen_print(g, "    code = %s;\n    if (gale_rt_bad(code)) {\n", call);
    go_to_failure(g, pc, "        ");
    gale__codegen_print(g, "    }\n");
}

/* A call that gets a name out of the constants. */
static void try_name(struct gale__codegen *g, uint32_t pc, const char *function, int32_t at)
{
    unsigned name = (unsigned)g->program->code[pc].c;

    try_call(g, pc, "%s(r, gale_rt_name(&%s_constants[%u]), s + %d)", function, g->id, name,
             (int)at);
}

static void write_text(struct gale__codegen *g, uint32_t pc)
{
    gale_str rest = g->program->texts[g->program->code[pc].c];

    while (rest.len) {
        size_t n = rest.len < GALE__LITERAL ? rest.len : GALE__LITERAL;

        gale__codegen_print(g, "    code = gale_rt_text(r, &o, ");
        gale__codegen_literal(g, (gale_str){ rest.ptr, n });
        gale__codegen_print(g, ", %zu);\n    if (gale_rt_bad(code)) {\n", n);
        go_to_failure(g, pc, "        ");
        gale__codegen_print(g, "    }\n");
        rest.ptr += n;
        rest.len -= n;
    }
}

static void write_output(struct gale__codegen *g, uint32_t pc, int32_t top)
{
    const struct gale_template_code *op = &g->program->code[pc];

    switch (op->op) {
    case GALE__OP_TEXT:
        write_text(g, pc);
        break;
    case GALE__OP_EMIT:
        try_call(g, pc, "gale_rt_emit(r, &o, s[%d])", (int)top);
        break;
    case GALE__OP_ESCAPE:
        try_call(g, pc, "gale_rt_escape(r, &o, s[%d])", (int)top);
        break;
    case GALE__OP_CONTEXT:
        try_call(g, pc, "gale_rt_context(r, &o, %d, s[%d])", op->a, (int)top);
        break;
    case GALE__OP_ESCAPE_LOCAL:
        try_call(g, pc, "gale_rt_escape_local(r, &o, %u)", op->b);
        break;
    case GALE__OP_ESCAPE_GLOBAL:
        try_call(g, pc, "gale_rt_escape_global(r, &o, %u)", (unsigned)op->c);
        break;
    case GALE__OP_CAPTURE:
        try_call(g, pc, "gale_rt_capture(r, &o)");
        break;
    case GALE__OP_END:
        gale__codegen_print(g, "    gale_rt_close(&o, r);\n    return 0;\n");
        break;
    default:
        try_call(g, pc, "gale_rt_captured(r, &o, s + %d)", (int)top + 1);
        break;
    }
}

/* Instructions that call one function on the stack. top: the index of the topmost value. */
static void write_containers(struct gale__codegen *g, uint32_t pc, int top)
{
    const struct gale_template_code *op = &g->program->code[pc];
    int n = (int)op->c;

    switch (op->op) {
    case GALE__OP_LIST:
        try_call(g, pc, "gale_rt_list(r, s + %d, %d)", top - n + 1, n);
        break;
    case GALE__OP_TUPLE:
        try_call(g, pc, "gale_rt_tuple(r, s + %d, %d)", top - n + 1, n);
        break;
    case GALE__OP_DICT:
        try_call(g, pc, "gale_rt_dict(r, s + %d, %d)", top - 2 * n + 1, n);
        break;
    case GALE__OP_APPEND:
        try_call(g, pc, "gale_rt_append(r, s[%d], s[%d])", top - op->a, top);
        break;
    case GALE__OP_EXTEND:
        try_call(g, pc, "gale_rt_extend(r, s[%d], s[%d])", top - op->a, top);
        break;
    case GALE__OP_PUT:
        try_call(g, pc, "gale_rt_put(r, s[%d], s + %d)", top - 1 - op->a, top - 1);
        break;
    case GALE__OP_UPDATE:
        try_call(g, pc, "gale_rt_update(r, s[%d], s[%d])", top - op->a, top);
        break;
    case GALE__OP_LIST_TUPLE:
        try_call(g, pc, "gale_rt_list_tuple(s + %d)", top);
        break;
    case GALE__OP_UNPACK:
        try_call(g, pc, "gale_rt_unpack(r, %d, %u, s + %d)", n, op->a, top);
        break;
    default: /* LAMBDA */
        try_call(g, pc, "gale_rt_lambda(r, %d, s + %d)", n,
                 top + 1 - g->program->lambdas[op->c].n_defaults);
        break;
    }
}

static void write_stack(struct gale__codegen *g, uint32_t pc, int top)
{
    const struct gale_template_code *op = &g->program->code[pc];

    switch (op->op) {
    case GALE__OP_CONST:
        gale__codegen_print(g, "    s[%d] = %s_constants[%u];\n", top + 1, g->id, (unsigned)op->c);
        break;
    case GALE__OP_LOAD_LOCAL:
        try_call(g, pc, "gale_rt_local(r, %u, s + %d)", op->b, top + 1);
        break;
    case GALE__OP_STORE_LOCAL:
        gale__codegen_print(g, "    r->locals[%u] = s[%d];\n", op->b, top);
        break;
    case GALE__OP_CLEAR_LOCAL:
        gale__codegen_print(g, "    r->locals[%u].kind = GALE_VALUE_UNSET;\n", op->b);
        break;
    case GALE__OP_LOAD_GLOBAL:
        try_call(g, pc, "gale_rt_global(r, %u, s + %d)", (unsigned)op->c, top + 1);
        break;
    case GALE__OP_DUP:
        gale__codegen_print(g, "    s[%d] = s[%d];\n", top + 1, top);
        break;
    case GALE__OP_DUP2:
        gale__codegen_print(g, "    s[%d] = s[%d];\n    s[%d] = s[%d];\n", top + 1, top - 1,
                            top + 2, top);
        break;
    case GALE__OP_ROT2:
        gale__codegen_print(g, "    gale_rt_rotate(s + %d, 2);\n", top - 1);
        break;
    case GALE__OP_ROT3:
        gale__codegen_print(g, "    gale_rt_rotate(s + %d, 3);\n", top - 2);
        break;
    default: /* POP */
        break;
    }
}

/* What works on the topmost values in place: by the name of its function, and which is the first
 * of them, from the top. */
static const struct {
    const char *function;
    int8_t first;
    bool has_operator; /* a */
} simple[GALE__N_OPS] = {
    [GALE__OP_TO_BYTES] = { "gale_rt_to_bytes", 0, false },
    [GALE__OP_INDEX] = { "gale_rt_index", 1, false },
    [GALE__OP_SLICE] = { "gale_rt_slice", 3, false },
    [GALE__OP_SET_INDEX] = { "gale_rt_set_index", 2, false },
    [GALE__OP_SET_SLICE] = { "gale_rt_set_slice", 4, false },
    [GALE__OP_DEL_INDEX] = { "gale_rt_del_index", 1, false },
    [GALE__OP_DEL_SLICE] = { "gale_rt_del_slice", 3, false },
    [GALE__OP_UNARY] = { "gale_rt_unary", 0, true },
    [GALE__OP_BINARY] = { "gale_rt_binary", 1, true },
    [GALE__OP_INPLACE] = { "gale_rt_inplace", 1, true },
    [GALE__OP_COMPARE] = { "gale_rt_compare", 1, true },
    [GALE__OP_NOT] = { "gale_rt_not", 0, false },
    [GALE__OP_EXCEPTION] = { "gale_rt_exception", -1, false },
    [GALE__OP_MATCHES] = { "gale_rt_matches", 0, false },
};

static void write_simple(struct gale__codegen *g, uint32_t pc, int top)
{
    const struct gale_template_code *op = &g->program->code[pc];
    const char *function = simple[op->op].function;

    if (simple[op->op].has_operator)
        try_call(g, pc, "%s(r, %u, s + %d)", function, op->a, top - simple[op->op].first);
    else
        try_call(g, pc, "%s(r, s + %d)", function, top - simple[op->op].first);
}

static void write_names(struct gale__codegen *g, uint32_t pc, int top)
{
    switch (g->program->code[pc].op) {
    case GALE__OP_ATTRIBUTE:
        try_name(g, pc, "gale_rt_attribute", top);
        break;
    case GALE__OP_SET_ATTRIBUTE:
        try_name(g, pc, "gale_rt_set_attribute", top - 1);
        break;
    case GALE__OP_IMPORT:
        try_name(g, pc, "gale_rt_import", top + 1);
        break;
    default:
        try_name(g, pc, "gale_rt_import_name", top);
        break;
    }
}

/* --- control --- */

/* "code" is 1 or 0 and goes to the target when it is on. */
static void branch(struct gale__codegen *g, uint32_t pc, bool on)
{
    gale__codegen_print(g, "    if (%scode)\n        goto at_%u;\n", on ? "" : "!",
                        (unsigned)g->program->code[pc].c);
}

static void write_branches(struct gale__codegen *g, uint32_t pc, int top)
{
    const struct gale_template_code *op = &g->program->code[pc];

    switch (op->op) {
    case GALE__OP_JUMP:
        gale__codegen_print(g, "    goto at_%u;\n", (unsigned)op->c);
        return;
    case GALE__OP_LOOP:
        try_call(g, pc, "gale_rt_step(r)");
        gale__codegen_print(g, "    goto at_%u;\n", (unsigned)op->c);
        return;
    case GALE__OP_NEXT:
        try_call(g, pc, "gale_rt_next(r, &r->iters[%u], s + %d)", op->b, top + 1);
        break;
    case GALE__OP_NEXT_LOCAL:
        try_call(g, pc, "gale_rt_next(r, &r->iters[%u], &r->locals[%u])", op->a, op->b);
        break;
    default:
        try_call(g, pc, "gale_rt_is_true(r, s[%d])", top);
        break;
    }
    branch(g, pc, op->op == GALE__OP_IF_TRUE || op->op == GALE__OP_IF_TRUE_KEEP);
}

static void write_control(struct gale__codegen *g, uint32_t pc, int top)
{
    const struct gale_template_code *op = &g->program->code[pc];
    int base;

    switch (op->op) {
    case GALE__OP_ITER:
        try_call(g, pc, "gale_rt_iter(r, &r->iters[%u], s[%d])", op->b, top);
        break;
    case GALE__OP_CALL:
    case GALE__OP_CALL_METHOD:
        base = top - (int)call_width(&g->program->call_sites[op->c]);
        try_call(g, pc, "gale_rt_call%s(r, %u, s + %d)", op->op == GALE__OP_CALL ? "" : "_method",
                 (unsigned)op->c, base);
        break;
    case GALE__OP_RETURN:
        gale__codegen_print(g, "    *result = s[%d];\n    return 0;\n", top);
        break;
    case GALE__OP_CAUGHT:
        gale__codegen_print(g, "    gale_rt_caught(r);\n");
        break;
    case GALE__OP_RERAISE:
        gale__codegen_print(g, "    code = gale_rt_reraise(r);\n");
        go_to_failure(g, pc, "    ");
        break;
    default:
        g->error = gale_err(GALE_EINVAL, "instruction %d is not known", op->op);
        break;
    }
}

void gale__codegen_op(struct gale__codegen *g, uint32_t pc)
{
    const struct gale_template_code *op = &g->program->code[pc];
    int top = (int)g->depth[pc] - 1;

    if (op->op < GALE__N_OPS && simple[op->op].function) {
        write_simple(g, pc, top);
        return;
    }
    if (gale__codegen_is_jump(op)) {
        write_branches(g, pc, top);
        return;
    }
    if (gale__codegen_writes(op)) {
        write_output(g, pc, top);
        return;
    }
    switch (op->op) {
    case GALE__OP_CONST:
    case GALE__OP_LOAD_LOCAL:
    case GALE__OP_STORE_LOCAL:
    case GALE__OP_CLEAR_LOCAL:
    case GALE__OP_LOAD_GLOBAL:
    case GALE__OP_POP:
    case GALE__OP_DUP:
    case GALE__OP_DUP2:
    case GALE__OP_ROT2:
    case GALE__OP_ROT3:
        write_stack(g, pc, top);
        break;
    case GALE__OP_LIST:
    case GALE__OP_TUPLE:
    case GALE__OP_DICT:
    case GALE__OP_APPEND:
    case GALE__OP_EXTEND:
    case GALE__OP_PUT:
    case GALE__OP_UPDATE:
    case GALE__OP_LIST_TUPLE:
    case GALE__OP_UNPACK:
    case GALE__OP_LAMBDA:
        write_containers(g, pc, top);
        break;
    case GALE__OP_ATTRIBUTE:
    case GALE__OP_SET_ATTRIBUTE:
    case GALE__OP_IMPORT:
    case GALE__OP_IMPORT_NAME:
        write_names(g, pc, top);
        break;
    default:
        write_control(g, pc, top);
        break;
    }
}

/* run.c - the interpreter: instructions of a compiled template, one after the other.
 *
 * What templates do all the time (texts, variables, loops, tests, small numbers) is done here; the
 * rest by the functions of operators.h and by run_other.c. Nothing stores the present instruction:
 * when one fails, gale__catch() is told. A call may wait; all state is on this stack and in the
 * rendering.
 */
/* SPDX-License-Identifier: MIT */
#include "template/run.h"

#include "template/iterate.h"
#include "template/write.h"

/* Python's truth of what is there most often. */
static inline int truth(gale_rendering *r, const gale_value *v)
{
    switch (v->kind) {
    case GALE_VALUE_NONE:
        return 0;
    case GALE_VALUE_BOOL:
    case GALE_VALUE_INT:
        return v->u.i != 0;
    case GALE_VALUE_TEXT:
        return v->len != 0;
    default:
        return gale_value_is_true(r, *v);
    }
}

/* Whether op is one of small integers, computed to *out. */
static inline bool compare_ints(enum gale__compare op, const gale_value *a, const gale_value *b,
                                gale_value *out)
{
    int64_t x = a->u.i, y = b->u.i;

    if (a->kind != GALE_VALUE_INT || b->kind != GALE_VALUE_INT || op > GALE__GE)
        return false;
    *out = gale_value_bool(op == GALE__EQ   ? x == y
                           : op == GALE__NE ? x != y
                           : op == GALE__LT ? x < y
                           : op == GALE__LE ? x <= y
                           : op == GALE__GT ? x > y
                                            : x >= y);
    return true;
}

static inline bool add_ints(enum gale__binary op, const gale_value *a, const gale_value *b,
                            gale_value *out)
{
    int64_t result;

    if (a->kind != GALE_VALUE_INT || b->kind != GALE_VALUE_INT || op > GALE__MUL)
        return false;
    if (op == GALE__ADD   ? __builtin_add_overflow(a->u.i, b->u.i, &result)
        : op == GALE__SUB ? __builtin_sub_overflow(a->u.i, b->u.i, &result)
                          : __builtin_mul_overflow(a->u.i, b->u.i, &result))
        return false;
    *out = gale_value_int(result);
    return true;
}

static inline int escape(gale_rendering *r, const gale_value *v)
{
    if (GALE_LIKELY(v->kind == GALE_VALUE_TEXT))
        return gale__write_escaped(r, (gale_str){ v->u.s, v->len });
    return gale__op_escape(r, *v);
}

/* The local or global, when its slot is empty: computed to the top of the stack. */
static int escape_unset(gale_rendering *r, const struct gale_template_code *op, gale_value *top)
{
    int code = op->op == GALE__OP_ESCAPE_LOCAL ? gale__load_local(r, op->b, top)
                                               : gale__resolve_global(r, op->c);

    if (code < 0)
        return code;
    return gale__op_escape(r, op->op == GALE__OP_ESCAPE_LOCAL ? *top : r->globals[op->c]);
}

static inline int take_step(gale_rendering *r)
{
    if (GALE_UNLIKELY(r->steps_left <= 0))
        return gale__steps_failed(r);
    r->steps_left--;
    return 0;
}

/* Where a failure at pc goes on: the stack is cut to what the handler found. NULL: nowhere. */
static const struct gale_template_code *handler(gale_rendering *r, uint32_t pc, int code,
                                                gale_value *stack, gale_value **sp)
{
    const gale_template_guard *guard;

    if (r->code == 0)
        gale__raise_code(r, code);
    guard = gale__catch(r, pc);
    if (!guard)
        return NULL;
    *sp = stack + guard->depth;
    return gale__rendering(r)->program->code + guard->handler;
}

#define DISPATCH() goto *labels[ip->op]
#define NEXT_OP()                                                                                  \
    do {                                                                                           \
        ip++;                                                                                      \
        DISPATCH();                                                                                \
    } while (0)
#define TRY(call)                                                                                  \
    do {                                                                                           \
        code = (call);                                                                             \
        if (GALE_UNLIKELY(code < 0))                                                               \
            goto failed;                                                                           \
    } while (0)

/* A table and its states: long on purpose. */
int gale__run(gale_rendering *r, uint32_t pc, gale_value *stack, gale_value *result)
{
    static const void *const labels[GALE__N_OPS] = {
        [GALE__OP_TEXT] = &&op_text,
        [GALE__OP_EMIT] = &&op_emit,
        [GALE__OP_ESCAPE] = &&op_escape,
        [GALE__OP_CONTEXT] = &&op_other,
        [GALE__OP_TO_BYTES] = &&op_other,
        [GALE__OP_ESCAPE_LOCAL] = &&op_escape_local,
        [GALE__OP_ESCAPE_GLOBAL] = &&op_escape_global,
        [GALE__OP_CAPTURE] = &&op_other,
        [GALE__OP_CAPTURED] = &&op_other,
        [GALE__OP_CONST] = &&op_const,
        [GALE__OP_LOAD_LOCAL] = &&op_load_local,
        [GALE__OP_STORE_LOCAL] = &&op_store_local,
        [GALE__OP_CLEAR_LOCAL] = &&op_clear_local,
        [GALE__OP_LOAD_GLOBAL] = &&op_load_global,
        [GALE__OP_POP] = &&op_pop,
        [GALE__OP_DUP... GALE__OP_LAMBDA] = &&op_other,
        [GALE__OP_ATTRIBUTE] = &&op_attribute,
        [GALE__OP_INDEX] = &&op_index,
        [GALE__OP_SLICE... GALE__OP_UNARY] = &&op_other,
        [GALE__OP_BINARY] = &&op_binary,
        [GALE__OP_INPLACE] = &&op_other,
        [GALE__OP_COMPARE] = &&op_compare,
        [GALE__OP_NOT] = &&op_not,
        [GALE__OP_JUMP] = &&op_jump,
        [GALE__OP_LOOP] = &&op_loop,
        [GALE__OP_IF_FALSE] = &&op_if_false,
        [GALE__OP_IF_TRUE] = &&op_if_true,
        [GALE__OP_IF_FALSE_KEEP] = &&op_if_false_keep,
        [GALE__OP_IF_TRUE_KEEP] = &&op_if_true_keep,
        [GALE__OP_ITER] = &&op_iter,
        [GALE__OP_NEXT] = &&op_next,
        [GALE__OP_NEXT_LOCAL] = &&op_next_local,
        [GALE__OP_CALL] = &&op_call,
        [GALE__OP_CALL_METHOD] = &&op_call_method,
        [GALE__OP_RETURN] = &&op_return,
        [GALE__OP_IMPORT... GALE__OP_RERAISE] = &&op_other,
        [GALE__OP_END] = &&op_end,
    };
    const gale_template_program *const program = gale__rendering(r)->program;
    const struct gale_template_code *const start = program->code;
    const struct gale_template_code *ip = start + pc;
    gale_value *const locals = r->locals;
    gale_value *sp = stack, *top;
    int code;

    DISPATCH();

op_text:
    TRY(gale__write(r, program->texts[ip->c].ptr, program->texts[ip->c].len));
    NEXT_OP();
op_emit:
    sp--;
    TRY(gale__op_emit(r, *sp));
    NEXT_OP();
op_escape:
    sp--;
    TRY(escape(r, sp));
    NEXT_OP();
op_escape_local:
    if (GALE_UNLIKELY(locals[ip->b].kind == GALE_VALUE_UNSET))
        TRY(escape_unset(r, ip, sp));
    else
        TRY(escape(r, &locals[ip->b]));
    NEXT_OP();
op_escape_global:
    if (r->globals[ip->c].kind == GALE_VALUE_UNSET)
        TRY(escape_unset(r, ip, sp));
    else
        TRY(escape(r, &r->globals[ip->c]));
    NEXT_OP();
op_const:
    *sp++ = program->constants[ip->c];
    NEXT_OP();
op_load_local:
    *sp = locals[ip->b];
    if (GALE_UNLIKELY(sp->kind == GALE_VALUE_UNSET))
        TRY(gale__load_local(r, ip->b, sp));
    sp++;
    NEXT_OP();
op_store_local:
    locals[ip->b] = *--sp;
    NEXT_OP();
op_clear_local:
    locals[ip->b] = (gale_value){ 0 };
    NEXT_OP();
op_load_global:
    if (r->globals[ip->c].kind == GALE_VALUE_UNSET)
        TRY(gale__resolve_global(r, ip->c));
    *sp++ = r->globals[ip->c];
    NEXT_OP();
op_pop:
    sp--;
    NEXT_OP();
op_attribute:
    TRY(gale__op_attribute(r, sp[-1], gale__value_slice(program->constants[ip->c]), sp - 1));
    NEXT_OP();
op_index:
    sp--;
    TRY(gale__op_index(r, sp[-1], sp[0], sp - 1));
    NEXT_OP();
op_binary:
    sp--;
    if (!add_ints((enum gale__binary)ip->a, sp - 1, sp, sp - 1))
        TRY(gale__op_binary(r, (enum gale__binary)ip->a, sp[-1], sp[0], sp - 1));
    NEXT_OP();
op_compare:
    sp--;
    if (!compare_ints((enum gale__compare)ip->a, sp - 1, sp, sp - 1))
        TRY(gale__op_compare(r, (enum gale__compare)ip->a, sp[-1], sp[0], sp - 1));
    NEXT_OP();
op_not:
    TRY(truth(r, sp - 1));
    sp[-1] = gale_value_bool(!code);
    NEXT_OP();
op_jump:
    ip = start + ip->c;
    DISPATCH();
op_loop:
    TRY(take_step(r));
    ip = start + ip->c;
    DISPATCH();
op_if_false:
    sp--;
    TRY(truth(r, sp));
    ip = code ? ip + 1 : start + ip->c;
    DISPATCH();
op_if_true:
    sp--;
    TRY(truth(r, sp));
    ip = code ? start + ip->c : ip + 1;
    DISPATCH();
op_if_false_keep:
    TRY(truth(r, sp - 1));
    sp -= code != 0;
    ip = code ? ip + 1 : start + ip->c;
    DISPATCH();
op_if_true_keep:
    TRY(truth(r, sp - 1));
    sp -= code == 0;
    ip = code ? start + ip->c : ip + 1;
    DISPATCH();
op_iter:
    sp--;
    TRY(gale__iter_start(r, &r->iters[ip->b], *sp));
    NEXT_OP();
op_next:
    TRY(gale__iter_next(r, &r->iters[ip->b], sp));
    sp += code;
    ip = code ? ip + 1 : start + ip->c;
    DISPATCH();
op_next_local:
    TRY(gale__iter_step(r, &r->iters[ip->a], &locals[ip->b]));
    ip = code ? ip + 1 : start + ip->c;
    DISPATCH();
op_call:
    sp -= gale__call_width(&program->call_sites[ip->c]);
    TRY(gale__op_call(r, &program->call_sites[ip->c], sp - 1));
    NEXT_OP();
op_call_method:
    sp -= gale__call_width(&program->call_sites[ip->c]);
    TRY(gale__op_call_method(r, &program->call_sites[ip->c], sp - 1));
    NEXT_OP();
op_other:
    top = sp;
    TRY(gale__run_other(r, ip, &top));
    sp = top;
    NEXT_OP();
op_return:
    *result = sp[-1];
    return 0;
op_end:
    return 0;

failed:
    if (result) { /* a lambda: whoever called it may catch */
        gale__placed(r, (uint32_t)(ip - start));
        return code;
    }
    ip = handler(r, (uint32_t)(ip - start), code, stack, &sp);
    if (!ip)
        return r->code;
    DISPATCH();
}

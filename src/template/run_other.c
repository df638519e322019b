/* run_other.c - instructions of the interpreter that are rare or long: containers, exceptions. */
/* SPDX-License-Identifier: MIT */
#include "template/run.h"

static gale_value *below(gale_value *top, uint8_t depth)
{
    return top - depth;
}

static gale_str constant(gale_rendering *r, const struct gale_template_code *op)
{
    return gale__value_slice(gale__rendering(r)->program->constants[op->c]);
}

/* --- containers ---- */

/* What makes containers: the stack's top moves with what they are made of. */
static int run_containers(gale_rendering *r, const struct gale_template_code *op, gale_value **sp)
{
    gale_value *top = *sp;

    switch (op->op) {
    case GALE__OP_LIST:
        *sp = top - op->c + 1;
        return gale_value_list(r, top - op->c, top - op->c, op->c);
    case GALE__OP_TUPLE:
        *sp = top - op->c + 1;
        return gale_value_tuple(r, top - op->c, top - op->c, op->c);
    case GALE__OP_DICT:
        *sp = top - 2 * (size_t)op->c + 1;
        return gale__op_dict(r, top - 2 * (size_t)op->c, op->c, top - 2 * (size_t)op->c);
    case GALE__OP_APPEND:
        *sp = top - 1;
        return gale__list_push(r, gale__list(*below(top - 1, op->a)), top[-1]);
    case GALE__OP_EXTEND:
        *sp = top - 1;
        return gale__op_extend(r, *below(top - 1, op->a), top[-1]);
    case GALE__OP_PUT:
        *sp = top - 2;
        return gale__dict_put(r, gale__dict(*below(top - 2, op->a)), top[-2], top[-1]);
    case GALE__OP_UPDATE:
        *sp = top - 1;
        return gale__op_update(r, *below(top - 1, op->a), top[-1]);
    case GALE__OP_LIST_TUPLE: /* nobody else has the list */
        return gale__op_list_tuple(top[-1], top - 1);
    case GALE__OP_UNPACK:
        *sp = top - 1 + op->c;
        return gale__op_unpack(r, top[-1], op->c, op->a, top - 1);
    default: { /* LAMBDA */
        uint16_t n = gale__rendering(r)->program->lambdas[op->c].n_defaults;

        *sp = top - n + 1;
        return gale__op_lambda(r, op->c, top - n, top - n);
    }
    }
}

/* --- items ---- */

static int run_items(gale_rendering *r, const struct gale_template_code *op, gale_value **sp)
{
    gale_value *top = *sp;

    switch (op->op) {
    case GALE__OP_SLICE:
        *sp = top - 3;
        return gale__op_slice(r, top[-4], top - 3, top - 4);
    case GALE__OP_SET_INDEX:
        *sp = top - 3;
        return gale__op_set_index(r, top[-2], top[-1], top[-3]);
    case GALE__OP_SET_SLICE:
        *sp = top - 5;
        return gale__op_set_slice(r, top[-4], top - 3, top[-5]);
    case GALE__OP_DEL_INDEX:
        *sp = top - 2;
        return gale__op_del_index(r, top[-2], top[-1]);
    case GALE__OP_DEL_SLICE:
        *sp = top - 4;
        return gale__op_del_slice(r, top[-4], top - 3);
    default: /* SET_ATTRIBUTE */
        return gale__op_set_attribute(r, top[-1], constant(r, op));
    }
}

/* --- exceptions, imports, captures ---- */

static int run_exceptions(gale_rendering *r, const struct gale_template_code *op, gale_value **sp)
{
    switch (op->op) {
    case GALE__OP_EXCEPTION:
        *sp += 1;
        return gale__op_exception(r, *sp - 1);
    case GALE__OP_MATCHES:
        return gale__op_matches(r, (*sp)[-1], *sp - 1);
    case GALE__OP_CAUGHT:
        gale__caught(r);
        return 0;
    default:
        return gale__reraise(r);
    }
}

/* Copies and swaps on top of the stack. */
static int run_stack(const struct gale_template_code *op, gale_value **sp)
{
    gale_value *top = *sp, v = top[-1];

    switch (op->op) {
    case GALE__OP_DUP:
        top[0] = v;
        *sp = top + 1;
        break;
    case GALE__OP_DUP2:
        top[0] = top[-2];
        top[1] = v;
        *sp = top + 2;
        break;
    case GALE__OP_ROT2:
        top[-1] = top[-2];
        top[-2] = v;
        break;
    default: /* ROT3 */
        top[-1] = top[-2];
        top[-2] = top[-3];
        top[-3] = v;
    }
    return 0;
}

int gale__run_other(gale_rendering *r, const struct gale_template_code *op, gale_value **sp)
{
    gale_value *top = *sp;

    switch (op->op) {
    case GALE__OP_CONTEXT:
        *sp = top - 1;
        return gale__op_context(r, (enum gale__html_context)op->a, top[-1]);
    case GALE__OP_TO_BYTES:
        return gale__op_to_bytes(r, top[-1], top - 1);
    case GALE__OP_CAPTURE:
        return gale__op_capture(r);
    case GALE__OP_CAPTURED:
        *sp = top + 1;
        return gale__op_captured(r, top);
    case GALE__OP_IMPORT:
        *sp = top + 1;
        return gale__op_import(r, constant(r, op), top);
    case GALE__OP_IMPORT_NAME:
        return gale__op_import_name(r, top[-1], constant(r, op), top - 1);
    case GALE__OP_UNARY:
        return gale__op_unary(r, (enum gale__unary)op->a, top[-1], top - 1);
    case GALE__OP_INPLACE:
        *sp = top - 1;
        return gale__op_inplace(r, (enum gale__binary)op->a, top[-2], top[-1], top - 2);
    case GALE__OP_SLICE:
    case GALE__OP_SET_INDEX:
    case GALE__OP_SET_ATTRIBUTE:
    case GALE__OP_SET_SLICE:
    case GALE__OP_DEL_INDEX:
    case GALE__OP_DEL_SLICE:
        return run_items(r, op, sp);
    case GALE__OP_EXCEPTION:
    case GALE__OP_MATCHES:
    case GALE__OP_CAUGHT:
    case GALE__OP_RERAISE:
        return run_exceptions(r, op, sp);
    case GALE__OP_DUP:
    case GALE__OP_DUP2:
    case GALE__OP_ROT2:
    case GALE__OP_ROT3:
        return run_stack(op, sp);
    default:
        return run_containers(r, op, sp);
    }
}

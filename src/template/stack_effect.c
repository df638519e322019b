/* stack_effect.c - how instructions change the height of the stack: for who writes and who reads
 * them.
 */
/* SPDX-License-Identifier: MIT */
#include "template/code.h"

/* But for those where it depends on the operand. */
static const int8_t effects[GALE__N_OPS] = {
    [GALE__OP_EMIT] = -1,          [GALE__OP_ESCAPE] = -1,
    [GALE__OP_CONTEXT] = -1,       [GALE__OP_CAPTURED] = 1,
    [GALE__OP_CONST] = 1,          [GALE__OP_LOAD_LOCAL] = 1,
    [GALE__OP_STORE_LOCAL] = -1,   [GALE__OP_LOAD_GLOBAL] = 1,
    [GALE__OP_POP] = -1,           [GALE__OP_DUP] = 1,
    [GALE__OP_DUP2] = 2,           [GALE__OP_APPEND] = -1,
    [GALE__OP_EXTEND] = -1,        [GALE__OP_PUT] = -2,
    [GALE__OP_UPDATE] = -1,        [GALE__OP_INDEX] = -1,
    [GALE__OP_SLICE] = -3,         [GALE__OP_SET_INDEX] = -3,
    [GALE__OP_SET_ATTRIBUTE] = -2, [GALE__OP_SET_SLICE] = -5,
    [GALE__OP_DEL_INDEX] = -2,     [GALE__OP_DEL_SLICE] = -4,
    [GALE__OP_BINARY] = -1,        [GALE__OP_INPLACE] = -1,
    [GALE__OP_COMPARE] = -1,       [GALE__OP_IF_FALSE] = -1,
    [GALE__OP_IF_TRUE] = -1,       [GALE__OP_IF_FALSE_KEEP] = -1,
    [GALE__OP_IF_TRUE_KEEP] = -1,  [GALE__OP_ITER] = -1,
    [GALE__OP_NEXT] = 1,           [GALE__OP_RETURN] = -1,
    [GALE__OP_IMPORT] = 1,         [GALE__OP_EXCEPTION] = 1,
};

int gale__op_effect(enum gale__op op, uint32_t c, const gale_template_lambda *lambdas,
                    const gale_template_call_site *sites)
{
    switch (op) {
    case GALE__OP_LIST:
    case GALE__OP_TUPLE:
        return 1 - (int)c;
    case GALE__OP_DICT:
        return 1 - 2 * (int)c;
    case GALE__OP_LAMBDA:
        return 1 - lambdas[c].n_defaults;
    case GALE__OP_UNPACK:
        return (int)c - 1;
    case GALE__OP_CALL:
    case GALE__OP_CALL_METHOD:
        return -(sites[c].n_args + sites[c].n_keywords + sites[c].has_star +
                 sites[c].has_star_star);
    default:
        return effects[op];
    }
}

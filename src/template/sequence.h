/* sequence.h - operators on texts, lists, tuples and dicts: the part of arith.c for them.
 *
 * Each gives 1 when it is done, 0 when it is not for such operands, or raises.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_SEQUENCE_H
#define GALE_TEMPLATE_SEQUENCE_H

#include "template/operators.h"

int gale__sequence_add(gale_rendering *r, gale_value a, gale_value b, gale_value *out);
/* Either is the count. */
int gale__sequence_repeat(gale_rendering *r, gale_value a, gale_value b, gale_value *out);
int gale__dict_union(gale_rendering *r, gale_value a, gale_value b, gale_value *out);
/* a += b and the like for what is changed itself. */
int gale__sequence_inplace(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b);

#endif

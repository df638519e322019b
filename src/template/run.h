/* run.h - the two halves of the interpreter. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_RUN_H
#define GALE_TEMPLATE_RUN_H

#include "template/rendering.h"

/* How many values a call takes off the stack, besides what is called. */
static inline uint32_t gale__call_width(const gale_template_call_site *site)
{
    return (uint32_t)site->n_args + site->n_keywords + site->has_star + site->has_star_star;
}

/* run_other.c: the instructions that need no speed, each in a function's time: *sp is the stack
 * behind its top. 0, or what was raised. */
int gale__run_other(gale_rendering *r, const struct gale_template_code *op, gale_value **sp);

#endif

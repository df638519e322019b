/* plural.h - which plural form a number takes: the C expression of gettext's Plural-Forms.
 *
 * Compiled once into a short postfix program, which is then evaluated without recursion and without
 * memory. Numbers are 64-bit with sign; division rounds down as in Python, whose results these are.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_PLURAL_H
#define GALE_LOCALE_PLURAL_H

#include <gale/base.h>

struct gale__plural_step {
    int64_t number; /* a constant, or the step to jump to */
    uint8_t op;
};

/* All-zero: two forms, the first for 1. */
struct gale__plural {
    struct gale__plural_step *steps;
    size_t n;
};

/* Compiles an expression over n: + - * / % == != < <= > >= && || ! ?: and parentheses. At most
 * 1000 bytes and 40 levels deep. GALE_EINVAL with a detail, -ENOMEM. */
int gale__plural_compile(struct gale__plural *plural, gale_str text) GALE_MUST_USE;
void gale__plural_deinit(struct gale__plural *plural);

/* The index of the form for a number; -1 when the expression has no answer (a division by zero, an
 * overflow, a negative index). */
int64_t gale__plural_index(const struct gale__plural *plural, int64_t n);

#endif

/* unicode.c - kinds and cases of characters: binary searches in the tables. */
/* SPDX-License-Identifier: MIT */
#include "base/unicode.h"

#include <stddef.h>

enum { KIND_BITS = 11, KINDS = (1 << KIND_BITS) - 1 };

unsigned gale__unicode_kinds(uint32_t c)
{
    uint32_t low = 0, high = gale__n_unicode_runs;

    if (c > 0x10ffff)
        return 0;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (gale__unicode_runs[middle] >> KIND_BITS <= c)
            low = middle;
        else
            high = middle;
    }
    return gale__unicode_runs[low] & KINDS;
}

static const struct gale__case_special *find_special(const struct gale__case_table *t, uint32_t c)
{
    uint32_t low = 0, high = t->n_specials;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (t->specials[middle].from == c)
            return &t->specials[middle];
        if (t->specials[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The first run that does not end before c. Runs follow one another and do not overlap. */
static uint32_t find_run(const struct gale__case_table *t, uint32_t c)
{
    uint32_t low = 0, high = t->n_runs;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (t->runs[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t convert_simple(const struct gale__case_table *t, uint32_t c)
{
    uint32_t i = find_run(t, c);

    if (i < t->n_runs && t->runs[i].first <= c &&
        (c - t->runs[i].first) % (uint32_t)t->runs[i].step == 0)
        return c + (uint32_t)t->runs[i].delta;
    return c;
}

static unsigned convert_special(const struct gale__case_special *s, uint32_t out[3])
{
    unsigned n = 0;

    while (n < 3 && s->to[n]) {
        out[n] = s->to[n];
        n++;
    }
    return n;
}

unsigned gale__unicode_convert(const struct gale__case_table *table, uint32_t c, uint32_t out[3])
{
    const struct gale__case_special *special = c < 0x80 ? NULL : find_special(table, c);

    if (special)
        return convert_special(special, out);
    out[0] = convert_simple(table, c);
    return 1;
}

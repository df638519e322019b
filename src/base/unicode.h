/* unicode.h - kinds and cases of characters, for all of Unicode, whatever the host's locale. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_UNICODE_H
#define GALE_BASE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

/* As Python's str.is… methods take a character; the last two as its rule for the final sigma. */
enum {
    GALE__IS_ALPHA = 1,
    GALE__IS_DECIMAL = 2,
    GALE__IS_DIGIT = 4,
    GALE__IS_NUMERIC = 8,
    GALE__IS_SPACE = 16,
    GALE__IS_PRINTABLE = 32,
    GALE__IS_UPPER = 64,
    GALE__IS_LOWER = 128,
    GALE__IS_TITLE = 256,
    GALE__IS_CASED = 512,
    GALE__IS_CASE_IGNORABLE = 1024,
};

/* All kinds of a character. */
unsigned gale__unicode_kinds(uint32_t c);

/* The character in another case: one to three of them into out; gives how many. */
struct gale__case_table;
extern const struct gale__case_table gale__upper_table, gale__lower_table, gale__title_table,
    gale__fold_table;
unsigned gale__unicode_convert(const struct gale__case_table *table, uint32_t c, uint32_t out[3]);

/* --- the tables: unicode_tables.c ---- */

struct gale__case_run { /* first, first + step … last: each becomes itself + delta */
    uint32_t first, last;
    int32_t step, delta;
};

struct gale__case_special { /* becomes more than one character, 0 after them */
    uint32_t from;
    uint32_t to[3];
};

struct gale__case_table {
    const struct gale__case_run *runs;
    const struct gale__case_special *specials;
    uint32_t n_runs, n_specials;
};

extern const uint32_t gale__unicode_runs[]; /* first << 11 | kinds, up to the next one */
extern const uint32_t gale__n_unicode_runs;
extern const struct gale__case_run gale__upper_runs[], gale__lower_runs[], gale__title_runs[],
    gale__fold_runs[];
extern const struct gale__case_special gale__upper_specials[], gale__lower_specials[],
    gale__title_specials[], gale__fold_specials[];

#endif

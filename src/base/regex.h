/* regex.h - Perl-style patterns over bytes; the only user of PCRE2.
 *
 * A compiled pattern is read-only and may be used by any number of threads. Matching uses
 * memory of the thread, made at its first match and freed when it ends, so a match in
 * steady state allocates nothing. A match does as many steps as MATCH_LIMIT in regex.c
 * allows; a pattern that backtracks more on some text fails with GALE_ETOOBIG.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_REGEX_H
#define GALE_BASE_REGEX_H

#include <gale/base.h>

struct gale__regex;

enum {
    GALE__REGEX_ANCHORED = 1,     /* matches begin at the start */
    GALE__REGEX_END_ANCHORED = 2, /* and end at the very end */
    GALE__REGEX_NOCASE = 4,
    GALE__REGEX_UTF = 8, /* pattern and subjects are UTF-8; a subject that is not fails */
    GALE__REGEX_DOTALL = 16,
};

/* Compiles a pattern. NULL: *error is -ENOMEM or GALE_EINVAL, its detail says what is
 * wrong where. */
struct gale__regex *gale__regex_new(gale_str pattern, unsigned flags, int *error) GALE_MUST_USE;

/* NULL is allowed. */
void gale__regex_free(struct gale__regex *re);

/* Looks for a match in subject from byte start on. 1: found, and groups[0] is the match,
 * groups[i] the i-th group (ptr NULL when it took no part), as slices of subject; groups
 * beyond those of the pattern are empty too. 0: no match. GALE_ETOOBIG, GALE_EINVAL (not
 * UTF-8), -ENOMEM. */
int gale__regex_match(const struct gale__regex *re, gale_str subject, size_t start,
                      gale_str *groups, size_t n_groups) GALE_MUST_USE;

/* How many groups the pattern has, without the whole match. */
size_t gale__regex_n_groups(const struct gale__regex *re);

/* The name of group i (1 is the first), or NULL when it has none. Lives as long as re. */
const char *gale__regex_group_name(const struct gale__regex *re, size_t i);

#endif

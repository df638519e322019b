/* scan.h - finds the first byte that is not allowed in a token, a target or a field value.
 *
 * Each scan has a scalar twin driven by the table of char_class.h and variants for SSE4.2 and AVX2;
 * all give the same answer for every input, and none reads outside of [p, end). The level is an
 * argument, so that tests can force each and nothing global has to be set.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_SCAN_H
#define GALE_PROTO_SCAN_H

enum gale__scan_level {
    GALE__SCAN_SCALAR,
    GALE__SCAN_SSE,
    GALE__SCAN_AVX2,
};

/* The best level that this CPU runs. Costs a load and a test. */
enum gale__scan_level gale__scan_best(void);

/* Each returns the first byte of [p, end) outside of its class, or end. A level that the
 * CPU or the build lacks must not be asked for, see gale__scan_best(). */
const char *gale__scan_token(enum gale__scan_level level, const char *p, const char *end);
const char *gale__scan_target(enum gale__scan_level level, const char *p, const char *end);
const char *gale__scan_value(enum gale__scan_level level, const char *p, const char *end);

#endif

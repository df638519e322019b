/* scan.h - finds the first byte that is not allowed in a token, a target or a field value.
 *
 * Each scan has a scalar twin driven by a table and variants for SSE4.2 and AVX2; all
 * give the same answer for every input, and none reads outside of [p, end). The level
 * is an argument, so that tests can force each and nothing global has to be set.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_SCAN_H
#define GALE_PROTO_SCAN_H

#include <stdint.h>

enum gale__scan_level {
    GALE__SCAN_SCALAR,
    GALE__SCAN_SSE,
    GALE__SCAN_AVX2,
};

/* Bits of gale__char_class: where RFC 9110 and 9112 allow the byte. */
enum {
    GALE__CHAR_TOKEN = 1,   /* tchar */
    GALE__CHAR_TARGET = 2,  /* 0x21-0x7E without '#', and 0x80-0xFF */
    GALE__CHAR_VALUE = 4,   /* field-vchar, SP and HTAB */
    GALE__CHAR_REGNAME = 8, /* unreserved and sub-delims, without the comma; not '%' */
    GALE__CHAR_IPLIT = 16,  /* inside of the brackets of an IP literal */
    GALE__CHAR_HEX = 32,
    GALE__CHAR_DIGIT = 64,
    GALE__CHAR_OWS = 128, /* SP and HTAB */
};

extern const uint8_t gale__char_class[256];

/* Whether byte c has one of the bits of class. */
#define GALE__CHAR_IS(c, class) ((gale__char_class[(unsigned char)(c)] & (class)) != 0)

/* The best level that this CPU runs. Costs a load and a test. */
enum gale__scan_level gale__scan_best(void);

/* Each returns the first byte of [p, end) outside of its class, or end. A level that the
 * CPU or the build lacks must not be asked for, see gale__scan_best(). */
const char *gale__scan_token(enum gale__scan_level level, const char *p, const char *end);
const char *gale__scan_target(enum gale__scan_level level, const char *p, const char *end);
const char *gale__scan_value(enum gale__scan_level level, const char *p, const char *end);

#endif

/* char_class.h - where RFC 9110 and 9112 allow a byte, as one table for all parsers. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_CHAR_CLASS_H
#define GALE_PROTO_CHAR_CLASS_H

#include <stdint.h>

/* Bits of gale__char_class. */
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

#endif

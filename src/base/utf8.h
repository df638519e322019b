/* utf8.h - the one UTF-8 decoder: validity, and what may be shown as it is. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_UTF8_H
#define GALE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s. Gives its length, 1 to 4, and stores its code point; 0 when
 * the bytes are not UTF-8 (overlong, surrogate, beyond U+10FFFF, cut short). len > 0. */
size_t gale__utf8_decode(const char *s, size_t len, uint32_t *code_point);

/* True when all of s is UTF-8. */
bool gale__utf8_valid(const char *s, size_t len);

/* A text that comes in pieces, cut anywhere; zeroed at first. */
struct gale__utf8_feed {
    uint8_t left;      /* bytes that the present character lacks: 0 between characters */
    uint8_t low, high; /* of the next of them */
};

/* The next piece: false at the first byte with which no UTF-8 can go on. */
bool gale__utf8_feed(struct gale__utf8_feed *u, const char *s, size_t len);

/* How many bytes at the start of s are UTF-8 without control characters (but for tabs). */
size_t gale__utf8_printable(const char *s, size_t len);

/* Writes a code point (<= U+10FFFF) as UTF-8 into out, at least 4 bytes; gives the length. */
size_t gale__utf8_encode(uint32_t code_point, char *out);

#endif

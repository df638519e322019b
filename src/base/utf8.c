/* utf8.c - decoding UTF-8, eight ASCII bytes at a time where there are some. */
/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <string.h>

static const uint64_t HIGH_BITS = 0x8080808080808080u;
static const uint64_t ONES = 0x0101010101010101u;

static uint64_t load8(const char *s)
{
    uint64_t word;

    memcpy(&word, s, sizeof(word));
    return word;
}

/* Sixty-four bytes without a high bit: the compiler makes vectors of it. */
static inline bool are_ascii(const char *s)
{
    uint64_t w[8];

    memcpy(w, s, sizeof(w));
    return !(((w[0] | w[1]) | (w[2] | w[3]) | ((w[4] | w[5]) | (w[6] | w[7]))) & HIGH_BITS);
}

size_t gale__utf8_decode(const char *s, size_t len, uint32_t *code_point)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = (unsigned char)s[0];
    size_t n = first < 0x80             ? 1
               : (first & 0xe0) == 0xc0 ? 2
               : (first & 0xf0) == 0xe0 ? 3
               : (first & 0xf8) == 0xf0 ? 4
                                        : 0;

    if (n == 0 || n > len)
        return 0;
    uint32_t c = n == 1 ? first : first & (0x7fu >> n);

    for (size_t i = 1; i < n; i++) {
        unsigned char next = (unsigned char)s[i];

        if ((next & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3f);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code_point = c;
    return n;
}

bool gale__utf8_valid(const char *s, size_t len)
{
    size_t i = 0;
    uint32_t c;

    while (i < len) {
        while (len - i >= 64 && are_ascii(s + i))
            i += 64;
        if (len - i >= 8 && !(load8(s + i) & HIGH_BITS)) {
            i += 8;
            continue;
        }
        if (i == len)
            break;
        size_t n = gale__utf8_decode(s + i, len - i, &c);

        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

/* No byte of the word is below 0x20, 0x7f or above. Borrows can only make it say "no" for
 * a word that is fine, never "yes" for one that is not. */
static bool all_printable(uint64_t word)
{
    return !(((word - ONES * 0x20) | (word + ONES) | word) & HIGH_BITS);
}

size_t gale__utf8_printable(const char *s, size_t len)
{
    size_t i = 0;
    uint32_t c;

    while (i < len) {
        if (len - i >= 8 && all_printable(load8(s + i))) {
            i += 8;
            continue;
        }
        if (s[i] >= 0x20 && s[i] < 0x7f) {
            i++;
            continue;
        }
        size_t n = gale__utf8_decode(s + i, len - i, &c);

        if (n == 0 || (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0))
            break;
        i += n;
    }
    return i;
}

size_t gale__utf8_encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* What may follow a lead byte: of some the second byte is bounded further. */
static bool begin_character(struct gale__utf8_feed *u, unsigned char c)
{
    if (c < 0xc2 || c > 0xf4)
        return false;
    u->left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return true;
}

static bool go_on(struct gale__utf8_feed *u, unsigned char c)
{
    if (c < u->low || c > u->high)
        return false;
    u->left--;
    u->low = 0x80;
    u->high = 0xbf;
    return true;
}

bool gale__utf8_feed(struct gale__utf8_feed *u, const char *s, size_t len)
{
    size_t i = 0;

    while (i < len) {
        unsigned char c = (unsigned char)s[i];

        if (u->left) {
            if (!go_on(u, c))
                return false;
        } else if (c >= 0x80) {
            if (!begin_character(u, c))
                return false;
        } else {
            while (len - i >= 64 && are_ascii(s + i))
                i += 64;
            while (len - i >= 16 && !((load8(s + i) | load8(s + i + 8)) & HIGH_BITS))
                i += 16;
            if (i == len || (unsigned char)s[i] >= 0x80)
                continue;
        }
        i++;
    }
    return true;
}

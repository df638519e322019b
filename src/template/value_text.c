/* value_text.c - texts as sequences of code points. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/values.h"

/* How many bytes of eight are not continuation bytes 10xxxxxx. */
static unsigned starts_of_word(const char *s)
{
    uint64_t w;

    memcpy(&w, s, sizeof(w));
    w = (w >> 7) & (~w >> 6) & 0x0101010101010101u;
    return 8 - (unsigned)((w * 0x0101010101010101u) >> 56);
}

static size_t count_code_points(const char *s, size_t len)
{
    size_t n = 0;
    size_t i = 0;

    for (; i + 8 <= len; i += 8)
        n += starts_of_word(s + i);
    for (; i < len; i++)
        n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}

size_t gale__text_length(gale_value text)
{
    if (text.kind == GALE_VALUE_BYTES || (text.flags & GALE__TEXT_ASCII))
        return text.len;
    return count_code_points(text.u.s, text.len);
}

size_t gale__text_offset(gale_value text, size_t index)
{
    const char *s = text.u.s;
    size_t i = 0;

    if (text.kind == GALE_VALUE_BYTES || (text.flags & GALE__TEXT_ASCII))
        return index < text.len ? index : text.len;
    while (index >= 8 && i + 8 <= text.len) {
        index -= starts_of_word(s + i);
        i += 8;
    }
    for (; i < text.len; i++) {
        if (((unsigned char)s[i] & 0xc0) == 0x80)
            continue;
        if (index == 0)
            break;
        index--;
    }
    return i;
}

gale_value gale__text_part(gale_value text, size_t start, size_t stop)
{
    size_t from = gale__text_offset(text, start);
    gale_value rest = text;
    size_t to;

    rest.u.s += from;
    rest.len -= (uint32_t)from;
    to = gale__text_offset(rest, stop - start);
    rest.len = (uint32_t)to;
    return rest;
}

/* base64.c - writing and strictly reading base64. See base64.h. */
/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static char letter(enum gale__base64 kind, uint32_t bits)
{
    if (bits < 62)
        return letters[bits];
    if (bits == 62)
        return kind == GALE__BASE64_STD ? '+' : '-';
    return kind == GALE__BASE64_STD ? '/' : '_';
}

size_t gale__base64_encode(enum gale__base64 kind, gale_str in, char *out)
{
    const uint8_t *p = (const uint8_t *)in.ptr;
    char *to = out;

    for (size_t i = 0; i < in.len; i += 3) {
        size_t n = in.len - i < 3 ? in.len - i : 3;
        uint32_t bits = (uint32_t)p[i] << 16;

        bits |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        bits |= n > 2 ? p[i + 2] : 0;
        for (size_t k = 0; k <= n; k++)
            *to++ = letter(kind, bits >> (18 - 6 * k) & 63);
        for (size_t k = n; kind == GALE__BASE64_STD && k < 3; k++)
            *to++ = '=';
    }
    return (size_t)(to - out);
}

static int value(enum gale__base64 kind, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (kind == GALE__BASE64_STD ? '+' : '-'))
        return 62;
    return c == (kind == GALE__BASE64_STD ? '/' : '_') ? 63 : -1;
}

/* Without the padding; false when it is not what it must be. */
static bool take_padding(gale_str *in)
{
    if (in->len % 4)
        return false;
    for (int i = 0; i < 2 && in->len && in->ptr[in->len - 1] == '='; i++)
        in->len--;
    return true;
}

int64_t gale__base64_decode(enum gale__base64 kind, gale_str in, char *out)
{
    uint32_t bits = 0;
    size_t n = 0;

    if (kind == GALE__BASE64_STD && !take_padding(&in))
        return -1;
    if (in.len % 4 == 1)
        return -1;
    for (size_t i = 0; i < in.len; i++) {
        int v = value(kind, in.ptr[i]);

        if (v < 0)
            return -1;
        bits = bits << 6 | (uint32_t)v;
        if (i % 4)
            out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    /* What is left over of the last letter must be no bits at all. */
    if (in.len % 4 == 2 && bits & 15)
        return -1;
    return in.len % 4 == 3 && bits & 3 ? -1 : (int64_t)n;
}

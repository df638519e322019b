/* base64.c - base64 (RFC 4648), plain and URL-safe. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "httpbin.h"

char *base64_encode(gale_handler *self, gale_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = gale_alloc(self, bytes.len / 3 * 4 + 5), *out = text;

    for (size_t i = 0; text && i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        unsigned char in[3] = { 0 };

        memcpy(in, bytes.ptr + i, n);
        *out++ = digits[in[0] >> 2];
        *out++ = digits[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = n > 1 ? digits[(in[1] & 15) << 2 | in[2] >> 6] : '=';
        *out++ = n > 2 ? digits[in[2] & 63] : '=';
    }
    if (text)
        *out = 0;
    return text;
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

gale_str base64_decode(gale_handler *self, const char *text)
{
    size_t len = strlen(text), n_bytes = 0;
    char *bytes = gale_alloc(self, len + 1);
    unsigned bits = 0, n = 0;

    if (!bytes || len % 4)
        return (gale_str){ NULL, 0 };
    for (int padding = 0; padding < 2 && len && text[len - 1] == '='; padding++)
        len--;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(text[i]);

        if (value < 0)
            return (gale_str){ NULL, 0 };
        bits = bits << 6 | (unsigned)value;
        n += 6;
        if (n >= 8)
            bytes[n_bytes++] = (char)(bits >> (n -= 8));
    }
    return (gale_str){ bytes, n_bytes };
}

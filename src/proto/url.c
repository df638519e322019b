/* url.c - see url.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/url.h"

#include <string.h>

#include <gale/error.h>
#include "proto/scan.h"

static int hex_value(char c)
{
    if (!GALE__CHAR_IS(c, GALE__CHAR_HEX))
        return -1;
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

size_t gale__url_unescape(enum gale__url_part part, char *dst, const char *src, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = src[i];

        if (c == '+' && part == GALE__URL_QUERY) {
            c = ' ';
        } else if (c == '%' && len - i > 2) {
            int high = hex_value(src[i + 1]), low = hex_value(src[i + 2]);

            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        dst[n++] = c;
    }
    return n;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

size_t gale__url_escape(enum gale__url_part part, char *dst, const char *src, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        char c = src[i];

        if (is_plain(c) || (c == '/' && part == GALE__URL_PATH)) {
            dst[n++] = c;
        } else if (c == ' ' && part == GALE__URL_QUERY) {
            dst[n++] = '+';
        } else {
            dst[n++] = '%';
            dst[n++] = digits[(unsigned char)c >> 4];
            dst[n++] = digits[(unsigned char)c & 15];
        }
    }
    return n;
}

int gale__split_host_port(gale_str text, gale_str *host, int *port)
{
    size_t i = text.len;
    int n = 0;

    while (i && GALE__CHAR_IS(text.ptr[i - 1], GALE__CHAR_DIGIT))
        i--;
    if (i < 2 || i == text.len || text.ptr[i - 1] != ':') {
        *host = text;
        *port = -1;
        return 0;
    }
    for (size_t k = i; k < text.len; k++) {
        n = n * 10 + (text.ptr[k] - '0');
        if (n > 65535)
            return gale_err(GALE_EINVAL, "port above 65535");
    }
    *host = (gale_str){ text.ptr, i - 1 };
    *port = n;
    return 0;
}

/* The length of the well-formed sequence that begins with the non-ASCII byte at p, else 0.
 * The second byte's range is what excludes overlong forms, surrogates and values too large. */
static size_t sequence_len(const unsigned char *p, size_t left)
{
    unsigned char lead = p[0];
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

    if (lead < 0xc2 || lead > 0xf4 || left < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

bool gale__utf8_is_valid(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = 0;

    while (i < len) {
        uint64_t word;
        size_t n = 1;

        if (len - i >= sizeof(word)) {
            memcpy(&word, p + i, sizeof(word));
            if (!(word & UINT64_C(0x8080808080808080))) {
                i += sizeof(word);
                continue;
            }
        }
        if (p[i] >= 0x80)
            n = sequence_len(p + i, len - i);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

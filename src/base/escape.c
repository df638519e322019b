/* escape.c - HTML and URL escaping: runs that need none are copied as a whole. */
/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

#include "base/str.h"
#include "base/utf8.h"

static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#x27;";
    default:
        return NULL;
    }
}

int gale__xhtml_escape(struct gale__buf *out, gale_str in)
{
    size_t from = 0;

    for (size_t i = 0; i < in.len; i++) {
        const char *entity = html_entity(in.ptr[i]);

        if (!entity)
            continue;
        gale__buf_append(out, in.ptr + from, i - from);
        gale__buf_append_cstr(out, entity);
        from = i + 1;
    }
    return gale__buf_append_str(out, gale__str_skip(in, from));
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '~';
}

int gale__url_escape(struct gale__buf *out, gale_str in, bool is_plus)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];
        char escaped[3] = { '%', hex[c >> 4], hex[c & 15] };

        if (is_unreserved((char)c) || (c == '/' && !is_plus))
            continue;
        gale__buf_append(out, in.ptr + from, i - from);
        if (c == ' ' && is_plus)
            gale__buf_append_char(out, '+');
        else
            gale__buf_append(out, escaped, sizeof(escaped));
        from = i + 1;
    }
    return gale__buf_append_str(out, gale__str_skip(in, from));
}

size_t gale__url_unescape_into(char *p, gale_str in, bool is_plus)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        int high = c == '%' && in.len - i > 2 ? gale__hex_value(in.ptr[i + 1]) : -1;
        int low = high >= 0 ? gale__hex_value(in.ptr[i + 2]) : -1;

        if (low >= 0) {
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && is_plus) {
            c = ' ';
        }
        p[n++] = c;
    }
    return n;
}

int gale__url_unescape(struct gale__buf *out, gale_str in, bool is_plus)
{
    int r = gale__buf_reserve(out, in.len);

    if (r < 0 || in.len == 0)
        return r;
    out->len += gale__url_unescape_into(out->ptr + out->len, in, is_plus);
    return 0;
}

/* How many bytes one U+FFFD stands for: as many as could still have begun a character, as
 * Unicode recommends and Python does. */
static size_t broken_length(gale_str s)
{
    unsigned char first = (unsigned char)s.ptr[0];
    size_t want = first >= 0xc2 && first < 0xe0   ? 2
                  : first >= 0xe0 && first < 0xf0 ? 3
                  : first >= 0xf0 && first < 0xf5 ? 4
                                                  : 1;
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    size_t n = 1;

    while (n < want && n < s.len) {
        unsigned char c = (unsigned char)s.ptr[n];

        if (c < low || c > high)
            break;
        low = 0x80;
        high = 0xbf;
        n++;
    }
    return n;
}

int gale__utf8_repair(struct gale__buf *out, gale_str in)
{
    uint32_t c;

    while (in.len > 0) {
        size_t n = gale__utf8_decode(in.ptr, in.len, &c);

        if (n) {
            gale__buf_append(out, in.ptr, n);
        } else {
            gale__buf_append_cstr(out, "\xef\xbf\xbd");
            n = broken_length(in);
        }
        in = gale__str_skip(in, n);
    }
    return out->error;
}

int gale__squeeze(struct gale__buf *out, gale_str in)
{
    bool has_gap = false, is_first = true;

    for (size_t i = 0; i < in.len; i++) {
        if ((unsigned char)in.ptr[i] <= 0x20) {
            has_gap = !is_first;
            continue;
        }
        if (has_gap)
            gale__buf_append_char(out, ' ');
        gale__buf_append_char(out, in.ptr[i]);
        has_gap = is_first = false;
    }
    return out->error;
}

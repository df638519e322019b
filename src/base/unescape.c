/* unescape.c - HTML's character references back to text, as HTML 5 (and Python) reads them. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/escape.h"
#include "base/html_entities.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
    NAME_MAX_BYTES = 33, /* of what follows the &, with its ";" */
    BEYOND = 0x110000,
};

/* The text of the longest name that s begins with, which has *len bytes; or NULL. One walk is
 * enough: the names are sorted, so a longer one comes after those that it begins with. */
static const char *find_longest(gale_str s, size_t *len)
{
    const char *at, *end, *found = NULL;

    if (s.len < 2 || s.ptr[0] < 'A' || s.ptr[0] > 'z')
        return NULL;
    at = gale__html_entities + gale__html_entity_starts[s.ptr[0] - 'A'];
    end = gale__html_entities + gale__html_entity_starts[s.ptr[0] - 'A' + 1];
    while (at < end && (unsigned char)at[1] <= (unsigned char)s.ptr[1]) {
        gale_str name = gale__str(at);

        if (gale__str_starts_with(s, name)) {
            *len = name.len;
            found = name.ptr + name.len + 1;
        }
        at += name.len + 1;
        at += strlen(at) + 1;
    }
    return found;
}

/* The numbers 0x80 to 0x9f mean what they are in windows-1252. */
static uint32_t windows_1252(uint32_t c)
{
    static const uint16_t table[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
    };

    return c >= 0x80 && c <= 0x9f ? table[c - 0x80] : c;
}

/* Characters that a reference must not stand for: they are left out. */
static bool is_forbidden(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r') || c == 0x7f ||
           (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

static void put_number(struct gale__buf *out, uint32_t c)
{
    char text[4];

    c = windows_1252(c);
    if (c == 0 || (c >= 0xd800 && c <= 0xdfff) || c >= BEYOND)
        c = 0xfffd;
    if (!is_forbidden(c))
        gale__buf_append(out, text, gale__utf8_encode(c, text));
}

/* "#65;" or "#x41;" at s: how many bytes, 0 for none. */
static size_t take_number(struct gale__buf *out, gale_str s)
{
    bool is_hex = s.len > 1 && (s.ptr[1] == 'x' || s.ptr[1] == 'X');
    size_t start = is_hex ? 2 : 1, i = start;
    uint32_t c = 0;

    for (; i < s.len; i++) {
        int digit = gale__hex_value(s.ptr[i]);

        if (digit < 0 || (digit > 9 && !is_hex))
            break;
        c = c < BEYOND ? c * (is_hex ? 16 : 10) + (uint32_t)digit : BEYOND;
    }
    if (i == start)
        return 0;
    put_number(out, c);
    return i + (i < s.len && s.ptr[i] == ';');
}

/* How many bytes at s may be a name, its ";" included. */
static size_t name_length(gale_str s)
{
    size_t n = 0;

    while (n < s.len && n < NAME_MAX_BYTES - 1 && !strchr("\t\n\f <&#;", s.ptr[n]) && s.ptr[n])
        n++;
    return n + (n > 0 && n < s.len && s.ptr[n] == ';');
}

/* "amp;" at s, or the longest beginning that needs no ";": how many bytes, 0 for none. */
static size_t take_name(struct gale__buf *out, gale_str s)
{
    size_t n = 0;
    const char *value = find_longest(gale__str_head(s, name_length(s)), &n);

    if (value)
        gale__buf_append_cstr(out, value);
    return n;
}

int gale__xhtml_unescape(struct gale__buf *out, gale_str in)
{
    while (in.len) {
        size_t plain = gale__str_find(in, '&'), n = 0;

        gale__buf_append(out, in.ptr, plain);
        if (plain == in.len)
            break;
        in = gale__str_skip(in, plain + 1);
        if (in.len)
            n = in.ptr[0] == '#' ? take_number(out, in) : take_name(out, in);
        if (!n)
            gale__buf_append_char(out, '&');
        in = gale__str_skip(in, n);
    }
    return out->error;
}

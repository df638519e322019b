/* forwarded.c - reading lists of proxies from the right. See forwarded.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/forwarded.h"

#include <gale/error.h>

#include "base/str.h"
#include "proto/char_class.h"

enum { LIST_ENDED = 0 };

/* The quote that opens what the one at `close` ends: SIZE_MAX when there is none. One behind an odd
 * number of backslashes is text. */
static size_t opening_quote(const char *text, size_t close)
{
    for (size_t i = close; i > 0; i--) {
        size_t slashes = 0;

        if (text[i - 1] != '"')
            continue;
        while (slashes + 1 < i && text[i - 2 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return i - 1;
        i -= slashes;
    }
    return SIZE_MAX;
}

/* Where the element that ends at `end` starts; SIZE_MAX: in the middle of a quoted string. */
static size_t element_start(gale_str field, size_t end)
{
    size_t i = end;

    while (i > 0 && field.ptr[i - 1] != ',') {
        i--;
        if (field.ptr[i] == '"')
            i = opening_quote(field.ptr, i);
        if (i == SIZE_MAX)
            return i;
    }
    return i;
}

/* A list that has been read to its left end is told by this *end. */
static bool has_ended(gale_str field, size_t end)
{
    return end == SIZE_MAX || field.len == 0;
}

static void move_on(size_t *end, size_t start)
{
    *end = start ? start - 1 : SIZE_MAX;
}

static size_t token_length(gale_str s)
{
    size_t n = 0;

    while (n < s.len && GALE__CHAR_IS(s.ptr[n], GALE__CHAR_TOKEN))
        n++;
    return n;
}

/* A token or a quoted string at the start of *s, which is moved behind it. */
static bool take_value(gale_str *s, gale_str *out)
{
    size_t n = token_length(*s);

    *out = gale__str_head(*s, n);
    if (n == 0 && s->len && s->ptr[0] == '"') {
        for (n = 1; n < s->len && s->ptr[n] != '"'; n++)
            if (s->ptr[n] == '\\')
                n++;
        if (n >= s->len)
            return false;
        *out = (gale_str){ s->ptr + 1, n - 1 };
        n++;
    }
    *s = gale__str_skip(*s, n);
    return n > 0;
}

/* Twice the same in one element is not allowed. */
static bool set_once(gale_str *to, gale_str value)
{
    if (to->ptr)
        return false;
    *to = value;
    return true;
}

static bool take_pair(gale_str *s, struct gale__hop *hop)
{
    gale_str name = gale__str_head(*s, token_length(*s)), value;

    *s = gale__str_skip(*s, name.len);
    if (!name.len || !s->len || s->ptr[0] != '=')
        return false;
    *s = gale__str_skip(*s, 1);
    if (!take_value(s, &value))
        return false;
    if (gale__str_equal_nocase(name, GALE__STR("for")))
        return set_once(&hop->node, value);
    if (gale__str_equal_nocase(name, GALE__STR("proto")))
        return set_once(&hop->proto, value);
    return true;
}

static bool parse_element(gale_str s, struct gale__hop *hop)
{
    while (s.len) {
        if (s.ptr[0] != ';' && !take_pair(&s, hop))
            return false;
        s = gale__str_trim(s);
        if (s.len && s.ptr[0] != ';')
            return false;
        s = gale__str_trim(gale__str_skip(s, 1));
    }
    return true;
}

int gale__forwarded_prev(gale_str field, size_t *end, struct gale__hop *hop)
{
    size_t start;

    *hop = (struct gale__hop){ { NULL, 0 }, { NULL, 0 } };
    if (has_ended(field, *end))
        return LIST_ENDED;
    start = element_start(field, *end);
    if (start == SIZE_MAX ||
        !parse_element(gale__str_trim((gale_str){ field.ptr + start, *end - start }), hop)) {
        *end = SIZE_MAX;
        return GALE_EPROTO;
    }
    move_on(end, start);
    return 1;
}

int gale__x_forwarded_prev(gale_str field, size_t *end, struct gale__hop *hop)
{
    size_t start = *end;

    *hop = (struct gale__hop){ { NULL, 0 }, { NULL, 0 } };
    if (has_ended(field, *end))
        return LIST_ENDED;
    while (start > 0 && field.ptr[start - 1] != ',')
        start--;
    hop->node = gale__str_trim((gale_str){ field.ptr + start, *end - start });
    move_on(end, start);
    return 1;
}

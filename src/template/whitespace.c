/* whitespace.c - what is left of blanks and line ends in the text of templates.
 *
 * Blanks are Unicode's, as in Python's expressions "\s".
 */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"
#include "base/utf8.h"
#include "template/compile.h"

static const gale_str mode_names[] = {
    [GALE__WS_ALL] = { "all", 3 },
    [GALE__WS_SINGLE] = { "single", 6 },
    [GALE__WS_ONELINE] = { "oneline", 7 },
};

enum gale__whitespace gale__whitespace_of(const char *name)
{
    gale_str s = gale__str(name);

    if (gale__str_ends_with(s, GALE__STR(".html")) || gale__str_ends_with(s, GALE__STR(".js")))
        return GALE__WS_SINGLE;
    return GALE__WS_ALL;
}

int gale__whitespace_mode(gale_str name)
{
    for (int i = GALE__WS_ALL; i <= GALE__WS_ONELINE; i++)
        if (gale__str_equal(name, mode_names[i]))
            return i;
    return -1;
}

static bool is_wide_blank(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The bytes of the blank at p, 0 when there is none. */
static size_t blank_length(const char *p, const char *end)
{
    uint32_t c;

    if (p == end)
        return 0;
    if ((unsigned char)*p < 0x80)
        return *p == ' ' || (*p >= '\t' && *p <= '\r') || (*p >= 0x1c && *p <= 0x1f);
    size_t n = gale__utf8_decode(p, (size_t)(end - p), &c);

    return n && is_wide_blank(c) ? n : 0;
}

/* A run without line ends in mode "single": spaces and tabs become one space, others stay. */
static char *squeeze_spaces(char *to, const char *run, size_t len)
{
    bool was_space = false;

    for (size_t i = 0; i < len; i++) {
        bool is_space = run[i] == ' ' || run[i] == '\t';

        if (!is_space)
            *to++ = run[i];
        else if (!was_space)
            *to++ = ' ';
        was_space = is_space;
    }
    return to;
}

size_t gale__whitespace_filter(enum gale__whitespace mode, char *text, size_t len)
{
    const char *p = text, *end = text + len;
    char *to = text;

    if (mode == GALE__WS_ALL)
        return len;
    while (p < end) {
        const char *run = p;
        size_t n;

        while ((n = blank_length(p, end)) > 0)
            p += n;
        size_t run_len = (size_t)(p - run);

        if (run_len == 0)
            *to++ = *p++;
        else if (mode == GALE__WS_ONELINE)
            *to++ = ' ';
        else if (memchr(run, '\n', run_len))
            *to++ = '\n';
        else
            to = squeeze_spaces(to, run, run_len);
    }
    return (size_t)(to - text);
}

int gale_filter_whitespace(const char *mode, char *text, size_t len)
{
    int which = gale__whitespace_mode(gale__str(mode));

    if (which < 0)
        return gale_err(GALE_EINVAL, "invalid whitespace mode %s", mode);
    if (len > INT32_MAX)
        return gale_err(GALE_ETOOBIG, "a text of %zu bytes", len);
    return (int)gale__whitespace_filter((enum gale__whitespace)which, text, len);
}

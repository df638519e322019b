/* challenge.c - see challenge.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/challenge.h"

#include <gale/error.h>

#include "base/str.h"
#include "proto/char_class.h"

static void skip_blanks(gale_str *rest)
{
    size_t n = 0;

    while (n < rest->len && (rest->ptr[n] == ' ' || rest->ptr[n] == '\t'))
        n++;
    *rest = gale__str_skip(*rest, n);
}

static gale_str take_token(gale_str *rest)
{
    gale_str token = { rest->ptr, 0 };

    while (token.len < rest->len && GALE__CHAR_IS(rest->ptr[token.len], GALE__CHAR_TOKEN))
        token.len++;
    *rest = gale__str_skip(*rest, token.len);
    return token;
}

static bool begins(gale_str s, char c)
{
    return s.len && s.ptr[0] == c;
}

/* The value in quotes at *rest, into the buffer: false without its end, or with a control
 * character. */
static bool take_quoted(gale_str *rest, char **buffer, gale_str *value)
{
    char *to = *buffer;

    for (size_t i = 1; i < rest->len; i++) {
        char c = rest->ptr[i];

        if (c == '"') {
            *value = (gale_str){ *buffer, (size_t)(to - *buffer) };
            *buffer = to;
            *rest = gale__str_skip(*rest, i + 1);
            return true;
        }
        if (c == '\\' && i + 1 < rest->len)
            c = rest->ptr[++i];
        if (!GALE__CHAR_IS(c, GALE__CHAR_VALUE))
            return false;
        *to++ = c;
    }
    return false;
}

static bool is_token68(char c)
{
    return (c >= '0' && c <= '9') || (gale__lower(c) >= 'a' && gale__lower(c) <= 'z') ||
           (c && strchr("-._~+/", c));
}

/* What stands behind a scheme when it is a token68 and not a parameter: it ends the element. */
static gale_str take_token68(gale_str *rest)
{
    gale_str all = { rest->ptr, 0 }, after;

    while (all.len < rest->len && is_token68(rest->ptr[all.len]))
        all.len++;
    if (!all.len)
        return (gale_str){ 0 };
    while (all.len < rest->len && rest->ptr[all.len] == '=')
        all.len++;
    after = gale__str_skip(*rest, all.len);
    skip_blanks(&after);
    if (after.len && after.ptr[0] != ',')
        return (gale_str){ 0 };
    *rest = after;
    return all;
}

static int take_parameter(gale_str *rest, char **buffer, gale_str name,
                          struct gale__challenge_item *out)
{
    *rest = gale__str_skip(*rest, 1);
    skip_blanks(rest);
    out->name = name;
    if (!begins(*rest, '"'))
        out->value = take_token(rest);
    else if (!take_quoted(rest, buffer, &out->value))
        return gale_err(GALE_EPROTO, "a quoted string without its end in a challenge");
    skip_blanks(rest);
    if (rest->len && rest->ptr[0] != ',')
        return gale_err(GALE_EPROTO, "a malformed parameter in a challenge");
    return 1;
}

int gale__challenge_next(gale_str *rest, char **buffer, struct gale__challenge_item *out)
{
    gale_str token, behind;

    *out = (struct gale__challenge_item){ 0 };
    while (rest->len && (rest->ptr[0] == ',' || rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        *rest = gale__str_skip(*rest, 1);
    if (!rest->len)
        return 0;
    token = take_token(rest);
    if (!token.len)
        return gale_err(GALE_EPROTO, "a challenge that does not begin with a name");
    behind = *rest;
    skip_blanks(&behind);
    if (begins(behind, '=')) {
        *rest = behind;
        return take_parameter(rest, buffer, token, out);
    }
    out->scheme = token;
    if (behind.len && behind.ptr == rest->ptr && behind.ptr[0] != ',')
        return gale_err(GALE_EPROTO, "a malformed challenge");
    *rest = behind;
    out->value = take_token68(rest);
    return 1;
}

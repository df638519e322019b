/* cookie.c - cookies: splitting, quoting, the Set-Cookie field. See cookie.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/cookie.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/char_class.h"
#include "proto/http_date.h"

bool gale__cookie_next(gale_str *rest, gale_str *name, gale_str *value)
{
    gale_str pair;

    while (gale__str_split(rest, ';', &pair)) {
        size_t equals = gale__str_find(pair, '=');

        if (equals == pair.len) { /* a value without a name */
            *name = (gale_str){ pair.ptr, 0 };
            *value = gale__str_trim(pair);
        } else {
            *name = gale__str_trim(gale__str_head(pair, equals));
            *value = gale__str_trim(gale__str_skip(pair, equals + 1));
        }
        if (name->len || value->len)
            return true;
    }
    return false;
}

/* What a value may hold without quotes, and a name at all. */
static bool is_legal(char c)
{
    return GALE__CHAR_IS(c, GALE__CHAR_TOKEN) || c == ':';
}

static bool is_legal_all(gale_str s)
{
    size_t i = 0;

    while (i < s.len && is_legal(s.ptr[i]))
        i++;
    return i == s.len && s.len > 0;
}

bool gale__cookie_name_valid(gale_str name)
{
    return is_legal_all(name);
}

static bool is_octal(char c, char max)
{
    return c >= '0' && c <= max;
}

size_t gale__cookie_unquote(gale_str value, char *out)
{
    size_t n = 0, i = 1, end = value.len - 1;

    if (value.len < 2 || value.ptr[0] != '"' || value.ptr[end] != '"') {
        if (value.len)
            memmove(out, value.ptr, value.len);
        return value.len;
    }
    while (i < end) {
        const char *p = value.ptr + i;

        if (*p != '\\' || i + 1 == end) {
            out[n++] = *p;
            i++;
        } else if (i + 3 < end && is_octal(p[1], '3') && is_octal(p[2], '7') &&
                   is_octal(p[3], '7')) {
            out[n++] = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
            i += 4;
        } else {
            out[n++] = p[1];
            i += 2;
        }
    }
    return n;
}

static char *quote_byte(char *to, char c)
{
    unsigned char u = (unsigned char)c;

    if (c == '"' || c == '\\') {
        *to++ = '\\';
    } else if (u <= 0x20 || u >= 0x7f || c == ',' || c == ';') {
        *to++ = '\\';
        *to++ = (char)('0' + (u >> 6));
        *to++ = (char)('0' + (u >> 3 & 7));
        c = (char)('0' + (u & 7));
    }
    *to++ = c;
    return to;
}

size_t gale__cookie_quote(gale_str value, char *out)
{
    char *to = out;

    if (is_legal_all(value)) {
        memcpy(out, value.ptr, value.len);
        return value.len;
    }
    *to++ = '"';
    for (size_t i = 0; i < value.len; i++)
        to = quote_byte(to, value.ptr[i]);
    *to++ = '"';
    return (size_t)(to - out);
}

enum { FIXED = 200 }; /* the names of all attributes, a date, a number */

size_t gale__set_cookie_size(const struct gale__set_cookie *c)
{
    return c->name.len + gale__cookie_quote_size(c->value) + c->domain.len + c->path.len +
           c->same_site.len + c->priority.len + FIXED;
}

static char *put(char *to, gale_str s)
{
    return s.len ? mempcpy(to, s.ptr, s.len) : to;
}

static char *put_text(char *to, const char *name, gale_str value)
{
    return value.len ? put(stpcpy(to, name), value) : to;
}

static char *put_expires(char *to, const int64_t *expires)
{
    char date[GALE__HTTP_DATE_LEN + 1];

    if (!expires)
        return to;
    gale__http_date_format(date, *expires);
    return stpcpy(stpcpy(to, "; expires="), date);
}

size_t gale__set_cookie_format(const struct gale__set_cookie *c, char *out)
{
    char *to = put(out, c->name);

    *to++ = '=';
    to += gale__cookie_quote(c->value, to);
    to = put_text(to, "; Domain=", c->domain);
    to = put_expires(to, c->expires);
    if (c->http_only)
        to = stpcpy(to, "; HttpOnly");
    if (c->max_age)
        to += snprintf(to, 32, "; Max-Age=%" PRId64, *c->max_age);
    if (c->partitioned)
        to = stpcpy(to, "; Partitioned");
    to = put_text(to, "; Path=", c->path);
    to = put_text(to, "; Priority=", c->priority);
    to = put_text(to, "; SameSite=", c->same_site);
    if (c->secure)
        to = stpcpy(to, "; Secure");
    *to = 0;
    return (size_t)(to - out);
}

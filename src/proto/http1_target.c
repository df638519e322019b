/* http1_target.c - the four forms of a request target (RFC 9112 3.2); see http1.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/http1.h"

#include <string.h>
#include <strings.h>

#include "proto/char_class.h"

static void split_query(gale_str s, struct gale__http1_target *out)
{
    const char *mark = memchr(s.ptr, '?', s.len);

    out->path = s;
    if (!mark)
        return;
    out->path.len = (size_t)(mark - s.ptr);
    out->query = (gale_str){ mark + 1, s.len - out->path.len - 1 };
}

/* The length of "http://" or "https://" in any case at the start of s, else 0. */
static size_t scheme_len(gale_str s)
{
    if (s.len >= 7 && strncasecmp(s.ptr, "http://", 7) == 0)
        return 7;
    if (s.len >= 8 && strncasecmp(s.ptr, "https://", 8) == 0)
        return 8;
    return 0;
}

/* Without a path OPTIONS asks about the server as a whole (RFC 9112 3.2.4). */
static const char *split_absolute(enum gale__method method, gale_str s,
                                  struct gale__http1_target *out)
{
    size_t skip = scheme_len(s);

    if (!skip)
        return "request target is neither a path nor an http URL";

    gale_str rest = { s.ptr + skip, s.len - skip };
    size_t n = 0;

    while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?')
        n++;
    if (!gale__http1_host_is_valid(rest.ptr, n))
        return "authority in the request target is malformed";
    out->form = GALE__TARGET_ABSOLUTE;
    out->scheme = (gale_str){ s.ptr, skip - 3 };
    out->authority = (gale_str){ rest.ptr, n };
    split_query((gale_str){ rest.ptr + n, rest.len - n }, out);
    if (!out->path.len)
        out->path = (gale_str){ method == GALE__METHOD_OPTIONS && !out->query.ptr ? "*" : "/", 1 };
    return NULL;
}

/* host ":" port, both needed (RFC 9112 3.2.3). */
static const char *split_authority(gale_str s, struct gale__http1_target *out)
{
    char last = s.ptr[s.len - 1];

    if (!gale__http1_host_is_valid(s.ptr, s.len) || !GALE__CHAR_IS(last, GALE__CHAR_DIGIT) ||
        !memrchr(s.ptr, ':', s.len))
        return "target of CONNECT is not host:port";
    out->form = GALE__TARGET_AUTHORITY;
    out->authority = s;
    return NULL;
}

static const char *split_target(enum gale__method method, gale_str s,
                                struct gale__http1_target *out)
{
    if (!s.len)
        return "request target is empty";
    if (memchr(s.ptr, '#', s.len))
        return "'#' in the request target";
    if (method == GALE__METHOD_CONNECT)
        return split_authority(s, out);
    if (*s.ptr == '/') {
        out->form = GALE__TARGET_ORIGIN;
        split_query(s, out);
        return NULL;
    }
    if (s.len == 1 && *s.ptr == '*') {
        if (method != GALE__METHOD_OPTIONS)
            return "request target '*' is for OPTIONS only";
        out->form = GALE__TARGET_ASTERISK;
        out->path = s;
        return NULL;
    }
    return split_absolute(method, s, out);
}

int gale__http1_split_target(enum gale__method method, gale_str target,
                             struct gale__http1_target *out, const char **error)
{
    struct gale__http1_target result = { 0 };
    const char *problem = split_target(method, target, &result);

    if (problem) {
        *error = problem;
        return -1;
    }
    *out = result;
    return 0;
}

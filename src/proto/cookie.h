/* cookie.h - the Cookie header taken apart, Set-Cookie put together (RFC 6265bis, as Tornado).
 *
 * Pure: bytes in, bytes out, in linear time. Split strictly at ';', also inside quotes, as browsers
 * do: whoever can set one cookie must not be able to make up another.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_COOKIE_H
#define GALE_PROTO_COOKIE_H

#include <gale/base.h>

/* The next pair of a Cookie header: name (may be empty) and value as sent, both trimmed. *rest is
 * what is left of the header. False at the end. */
bool gale__cookie_next(gale_str *rest, gale_str *name, gale_str *value);

/* Whether a name is one of a cookie: a token, or with ':' as Python's. */
bool gale__cookie_name_valid(gale_str name);

/* The value without its quotes and their escapes, into out (value.len bytes, may be value.ptr): its
 * length. A value that is not quoted stays as it is. */
size_t gale__cookie_unquote(gale_str value, char *out);

/* The value as it may be sent, quoted where it must be, into out (gale__cookie_quote_size() bytes,
 * no NUL): its length. Blanks become \040, so that no parser cuts there. */
static inline size_t gale__cookie_quote_size(gale_str value)
{
    return 4 * value.len + 2;
}
size_t gale__cookie_quote(gale_str value, char *out);

/* A field of Set-Cookie. Texts are without control characters and ';' (the caller has checked);
 * empty ones are left out. */
struct gale__set_cookie {
    gale_str name, value, domain, path, same_site, priority;
    const int64_t *expires; /* Unix time; NULL: not sent */
    const int64_t *max_age; /* NULL: not sent */
    bool http_only, partitioned, secure;
};

/* Bytes that the field needs at most, its NUL included. */
size_t gale__set_cookie_size(const struct gale__set_cookie *c);

/* Writes the field with a NUL after it; its length. Attributes in Tornado's order. */
size_t gale__set_cookie_format(const struct gale__set_cookie *c, char *out);

#endif

/* request_cookies.c - the cookies of a request, taken apart once when first asked for.
 *
 * What cannot be a cookie is left out one by one, so that a bad pair hides no other. Linear in the
 * size of the header, whatever is in it.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "base/str.h"
#include "base/utf8.h"
#include "proto/cookie.h"
#include "web/handler.h"

enum { FEW = 16 }; /* up to so many are searched one by one */

struct request_cookie {
    const char *name, *value;
};

struct gale__request_cookies {
    struct request_cookie *items; /* each name once, in the order of their first coming */
    size_t n;
};

/* ISO 8859-1 as UTF-8: how Tornado means the bytes it escapes. */
static char *from_latin1(gale_handler *self, const char *text, size_t len)
{
    char *out = gale_alloc(self, 2 * len + 1);
    char *to = out;

    for (size_t i = 0; out && i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x80) {
            *to++ = (char)(0xc0 | c >> 6);
            c = 0x80 | (c & 0x3f);
        }
        *to++ = (char)c;
    }
    if (out)
        *to = 0;
    return out;
}

/* The value as text in *out; NULL when it holds a NUL, which no text may. */
static int decode(gale_handler *self, gale_str value, const char **out)
{
    char *text = gale_alloc(self, value.len + 1);
    size_t len;

    if (!text)
        return -ENOMEM;
    len = gale__cookie_unquote(value, text);
    text[len] = 0;
    *out = memchr(text, 0, len) ? NULL : text;
    if (*out && !gale__utf8_valid(text, len))
        *out = from_latin1(self, text, len);
    else
        return 0;
    return *out ? 0 : -ENOMEM;
}

static struct request_cookie *find(const struct gale__request_cookies *all, gale_str name)
{
    for (size_t i = 0; i < all->n; i++)
        if (gale__str_equal(gale__str(all->items[i].name), name))
            return &all->items[i];
    return NULL;
}

/* Adds a pair, or gives one that came before its new value. */
static int add(gale_handler *self, struct gale__request_cookies *all, struct gale__map *index,
               gale_str name, gale_str value)
{
    struct request_cookie *cookie = index ? gale__map_get(index, name) : find(all, name);
    const char *text = NULL;
    int r = decode(self, value, &text);

    if (r < 0 || !text)
        return r;
    if (!cookie) {
        cookie = &all->items[all->n];
        cookie->name = gale__arena_strndup(&self->x->arena, name.ptr, name.len);
        if (!cookie->name)
            return -ENOMEM;
        if (index)
            r = gale__map_set(index, (gale_str){ cookie->name, name.len }, cookie);
        if (r < 0)
            return r;
        all->n++;
    }
    cookie->value = text;
    return 0;
}

static int add_all(gale_handler *self, struct gale__request_cookies *all, gale_str header,
                   bool many)
{
    struct gale__map index = { 0 };
    gale_str name, value;
    int r = 0;

    while (r >= 0 && gale__cookie_next(&header, &name, &value))
        if (gale__cookie_name_valid(name))
            r = add(self, all, many ? &index : NULL, name, value);
    gale__map_deinit(&index);
    return r;
}

static int parse(gale_handler *self, struct gale__handler_more *more)
{
    const char *header = gale_request_header(&self->x->request, "Cookie");
    struct gale__request_cookies *all = gale_alloc(self, sizeof(*all));
    size_t max = 1;
    int r;

    if (!all)
        return -ENOMEM;
    *all = (struct gale__request_cookies){ 0 };
    for (const char *p = header; p && *p; p++)
        max += *p == ';';
    if (header) {
        all->items = gale_alloc(self, max * sizeof(*all->items));
        r = all->items ? add_all(self, all, gale__str(header), max > FEW) : -ENOMEM;
        if (r < 0)
            return r;
    }
    more->cookies = all;
    return 0;
}

/* The request's cookies; NULL without memory (the request has failed). */
static const struct gale__request_cookies *cookies_of(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);
    int r;

    if (!more || more->cookies)
        return more ? more->cookies : NULL;
    r = parse(self, more);
    if (r < 0)
        gale__handler_failed(self, r);
    return more->cookies;
}

const char *gale_get_cookie(gale_handler *self, const char *name, const char *fallback)
{
    const struct gale__request_cookies *all = cookies_of(self);
    const struct request_cookie *cookie = all && name ? find(all, gale__str(name)) : NULL;

    return cookie ? cookie->value : fallback;
}

bool gale_cookie_at(gale_handler *self, size_t i, const char **name, const char **value)
{
    const struct gale__request_cookies *all = cookies_of(self);

    if (!all || i >= all->n)
        return false;
    *name = all->items[i].name;
    *value = all->items[i].value;
    return true;
}

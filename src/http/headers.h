/* headers.h - response headers: an ordered, case-insensitive multimap in an arena.
 *
 * A response usually carries only the defaults (Server, Content-Type, Date), which are
 * written from prebuilt bytes, so the vector is made at the first change: until then
 * `fields` is NULL and stands for the defaults in that order. Server and Date are kept as
 * fields whose value.ptr is NULL: "the server's own", filled in when written.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_HEADERS_H
#define GALE_HTTP_HEADERS_H

#include <gale/base.h>

#include "base/arena.h"

struct gale__field {
    gale_str name, value; /* value.ptr NULL: the default for Server or Date */
    unsigned id;          /* GALE__HEADER_… */
};

struct gale__headers {
    struct gale__arena *arena;
    struct gale__field *fields; /* NULL: exactly the defaults */
    uint16_t n, cap;
};

/* Defaults only. */
static inline void gale__headers_init(struct gale__headers *h, struct gale__arena *arena)
{
    h->arena = arena;
    h->fields = NULL;
    h->n = h->cap = 0;
}

/* Without any field. -ENOMEM. */
int gale__headers_init_bare(struct gale__headers *h, struct gale__arena *arena);

/* Back to the defaults. */
static inline void gale__headers_reset(struct gale__headers *h)
{
    gale__headers_init(h, h->arena);
}

/* Copies name and value. set replaces in place and drops further ones; add appends. GALE_EINVAL
 * when one has bytes that may not be sent (its detail names the header), -ENOMEM. */
int gale__headers_set(struct gale__headers *h, gale_str name, gale_str value);
int gale__headers_add(struct gale__headers *h, gale_str name, gale_str value);
/* As set, of a known header (GALE__HEADER_…) and a value that is known to be sendable and outlives
 * the headers: it is not copied. -ENOMEM. */
int gale__headers_set_known(struct gale__headers *h, unsigned id, gale_str value);
/* The field is the default one, which nobody has set. */
bool gale__headers_is_default(const struct gale__field *field);
/* Removes all of that name. -ENOMEM when the defaults could not be spelled out. */
int gale__headers_remove(struct gale__headers *h, gale_str name);
/* The first field of that name; NULL when none. A field whose value is the default has
 * value.ptr NULL. Content-Type's default is a real value. */
const struct gale__field *gale__headers_get(const struct gale__headers *h, gale_str name);

/* The same by the name's id (GALE__HEADER_…), where h->fields is there. */
static inline const struct gale__field *gale__headers_find(const struct gale__headers *h,
                                                           unsigned id)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->fields[i].id == id)
            return &h->fields[i];
    return NULL;
}

#define GALE__DEFAULT_CONTENT_TYPE "text/html; charset=UTF-8"

#endif

/* headers.c - response headers. See headers.h. */
/* SPDX-License-Identifier: MIT */
#include "http/headers.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <gale/error.h>

#include "base/str.h"
#include "proto/char_class.h"
#include "proto/http_names.h"

enum { FIRST_CAPACITY = 8 };

#define LITERAL(text) ((gale_str){ (text), sizeof(text) - 1 })

/* One place, so that its address tells the default from a value that reads alike. */
static const char default_type[] = GALE__DEFAULT_CONTENT_TYPE;

/* Whether all bytes are of the class. Without a branch for each. */
static bool is_all(gale_str s, unsigned class)
{
    for (size_t i = 0; i < s.len; i++)
        class &= gale__char_class[(unsigned char)s.ptr[i]];
    return class != 0;
}

static __attribute__((noinline)) int blame_value(gale_str name, gale_str value)
{
    while (GALE__CHAR_IS(value.ptr[0], GALE__CHAR_VALUE))
        value = gale__str_skip(value, 1);
    return gale_err(GALE_EINVAL, "value of header %.*s has an unsafe byte 0x%02x", (int)name.len,
                    name.ptr, (unsigned char)value.ptr[0]);
}

/* id: of the name; known ones are right. */
static int check(gale_str name, unsigned id, gale_str value)
{
    if (!id && !is_all(name, GALE__CHAR_TOKEN))
        return gale_err(GALE_EINVAL, "header name '%.*s' has a byte that may not stand in one",
                        (int)name.len, name.ptr);
    if (!name.len)
        return gale_err(GALE_EINVAL, "empty header name");
    return is_all(value, GALE__CHAR_VALUE) ? 0 : blame_value(name, value);
}

/* Spells the defaults out, so that they can be changed. */
static int materialise(struct gale__headers *h)
{
    struct gale__field *f;

    if (h->fields)
        return 0;
    f = gale__arena_alloc(h->arena, sizeof(*f) * FIRST_CAPACITY);
    if (!f)
        return -ENOMEM;
    f[0] = (struct gale__field){ LITERAL("Server"), { NULL, 0 }, GALE__HEADER_SERVER };
    f[1] = (struct gale__field){ LITERAL("Content-Type"), LITERAL(default_type),
                                 GALE__HEADER_CONTENT_TYPE };
    f[2] = (struct gale__field){ LITERAL("Date"), { NULL, 0 }, GALE__HEADER_DATE };
    h->fields = f;
    h->n = 3;
    h->cap = FIRST_CAPACITY;
    return 0;
}

int gale__headers_init_bare(struct gale__headers *h, struct gale__arena *arena)
{
    gale__headers_init(h, arena);
    h->fields = gale__arena_alloc(arena, sizeof(*h->fields) * FIRST_CAPACITY);
    h->cap = FIRST_CAPACITY;
    return h->fields ? 0 : -ENOMEM;
}

static int grow(struct gale__headers *h)
{
    struct gale__field *f;

    if (h->n < h->cap)
        return 0;
    if (h->cap > UINT16_MAX / 2)
        return gale_err(GALE_ETOOBIG, "too many response headers");
    f = gale__arena_alloc(h->arena, sizeof(*f) * h->cap * 2);
    if (!f)
        return -ENOMEM;
    memcpy(f, h->fields, sizeof(*f) * h->n);
    h->fields = f;
    h->cap *= 2;
    return 0;
}

static bool same_name(const struct gale__field *f, unsigned id, gale_str name)
{
    if (f->id || id)
        return f->id == id;
    return f->name.len == name.len && !strncasecmp(f->name.ptr, name.ptr, name.len);
}

/* Known names are static; others are copied in their normalised spelling. */
static int fill(struct gale__headers *h, struct gale__field *f, gale_str name, unsigned id,
                gale_str value)
{
    char *copy;

    if (!id) {
        copy = gale__arena_strndup(h->arena, name.ptr, name.len);
        if (!copy)
            return -ENOMEM;
        gale__header_normalise(copy, copy, name.len);
        name.ptr = copy;
    } else {
        name = gale__header_name(id);
    }
    copy = gale__arena_strndup(h->arena, value.ptr, value.len);
    if (!copy)
        return -ENOMEM;
    *f = (struct gale__field){ name, { copy, value.len }, id };
    return 0;
}

int gale__headers_add(struct gale__headers *h, gale_str name, gale_str value)
{
    unsigned id = gale__header_id(name.ptr, name.len);
    int r = check(name, id, value);

    if (r == 0)
        r = materialise(h);
    if (r == 0)
        r = grow(h);
    if (r == 0)
        r = fill(h, &h->fields[h->n], name, id, value);
    if (r == 0)
        h->n++;
    return r;
}

static void remove_from(struct gale__headers *h, size_t start, unsigned id, gale_str name)
{
    size_t kept = start;

    for (size_t i = start; i < h->n; i++)
        if (!same_name(&h->fields[i], id, name))
            h->fields[kept++] = h->fields[i];
    h->n = (uint16_t)kept;
}

int gale__headers_set(struct gale__headers *h, gale_str name, gale_str value)
{
    unsigned id = gale__header_id(name.ptr, name.len);
    int r = check(name, id, value);

    if (r == 0)
        r = materialise(h);
    if (r < 0)
        return r;
    for (size_t i = 0; i < h->n; i++) {
        if (!same_name(&h->fields[i], id, name))
            continue;
        r = fill(h, &h->fields[i], name, id, value);
        if (r == 0)
            remove_from(h, i + 1, id, name);
        return r;
    }
    return gale__headers_add(h, name, value);
}

int gale__headers_set_known(struct gale__headers *h, unsigned id, gale_str value)
{
    gale_str name = gale__header_name(id);
    size_t i = 0;
    int r = materialise(h);

    if (r < 0)
        return r;
    while (i < h->n && h->fields[i].id != id)
        i++;
    if (i < h->n)
        remove_from(h, i + 1, id, name);
    else if ((r = grow(h)) < 0)
        return r;
    else
        h->n++;
    h->fields[i] = (struct gale__field){ name, value, id };
    return 0;
}

bool gale__headers_is_default(const struct gale__field *field)
{
    return !field->value.ptr || field->value.ptr == default_type;
}

int gale__headers_remove(struct gale__headers *h, gale_str name)
{
    int r = materialise(h);

    if (r == 0)
        remove_from(h, 0, gale__header_id(name.ptr, name.len), name);
    return r;
}

const struct gale__field *gale__headers_get(const struct gale__headers *h, gale_str name)
{
    static const struct gale__field defaults[] = {
        { LITERAL("Server"), { NULL, 0 }, GALE__HEADER_SERVER },
        { LITERAL("Content-Type"), LITERAL(default_type), GALE__HEADER_CONTENT_TYPE },
        { LITERAL("Date"), { NULL, 0 }, GALE__HEADER_DATE },
    };
    const struct gale__field *f = h->fields ? h->fields : defaults;
    size_t n = h->fields ? h->n : sizeof(defaults) / sizeof(defaults[0]);
    unsigned id = gale__header_id(name.ptr, name.len);

    for (size_t i = 0; i < n; i++)
        if (same_name(&f[i], id, name))
            return &f[i];
    return NULL;
}

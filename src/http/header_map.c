/* header_map.c - header fields as a map of their own: gale_headers of gale/httputil.h.
 *
 * Names are found by hash; the values of one are joined when asked for, once, so that a field that
 * is repeated very often costs no more than its bytes.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/httputil.h>

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "proto/char_class.h"
#include "proto/http_names.h"

struct entry {
    char *name; /* normalised */
    char **values;
    size_t n, cap;
    char *joined; /* NULL: to be made again */
};

/* Where gale_headers_at() was last. */
struct cursor {
    size_t entry; /* its place in the list */
    size_t first; /* the index of its first value */
};

struct gale_headers {
    struct gale__map by_name;
    struct entry **entries; /* in the order of their coming */
    size_t n, cap;
    struct cursor *cursor;
};

gale_headers *gale_headers_new(void)
{
    gale_headers *h = gale__calloc(1, sizeof(*h) + sizeof(struct cursor));

    if (h)
        h->cursor = (struct cursor *)(void *)(h + 1);
    return h;
}

static void free_entry(struct entry *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n; i++)
        gale__free(e->values[i]);
    gale__free(e->values);
    gale__free(e->joined);
    gale__free(e->name);
    gale__free(e);
}

void gale_headers_free(gale_headers *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n; i++)
        free_entry(h->entries[i]);
    gale__free(h->entries);
    gale__map_deinit(&h->by_name);
    gale__free(h);
}

static int check(gale_str name, gale_str value)
{
    if (!name.len)
        return gale_err(GALE_EINVAL, "empty header name");
    for (size_t i = 0; i < name.len; i++)
        if (!GALE__CHAR_IS(name.ptr[i], GALE__CHAR_TOKEN))
            return gale_err(GALE_EINVAL, "header name '%.*s' has a byte that may not stand in one",
                            (int)(name.len < 64 ? name.len : 64), name.ptr);
    for (size_t i = 0; i < value.len; i++)
        if (!GALE__CHAR_IS(value.ptr[i], GALE__CHAR_VALUE))
            return gale_err(GALE_EINVAL, "value of header %.*s has an unsafe byte 0x%02x",
                            (int)(name.len < 64 ? name.len : 64), name.ptr,
                            (unsigned char)value.ptr[i]);
    return 0;
}

/* Room for one more in an array of pointers. The array, or NULL. */
static void *with_room(void *array, size_t n, size_t *cap)
{
    size_t more = *cap ? 2 * *cap : 4;
    void *bigger;

    if (n < *cap)
        return array;
    bigger = more < SIZE_MAX / 16 ? gale__realloc(array, more * sizeof(void *)) : NULL;
    if (bigger)
        *cap = more;
    return bigger;
}

/* The normalised name, to be freed, or NULL. */
static char *normalised(gale_str name)
{
    char *copy = gale__strndup(name.ptr, name.len);

    if (copy)
        gale__header_normalise(copy, copy, name.len);
    return copy;
}

static struct entry *find(const gale_headers *h, gale_str name)
{
    char *key = normalised(name);
    struct entry *e = key ? gale__map_get(&h->by_name, (gale_str){ key, name.len }) : NULL;

    gale__free(key);
    return e;
}

static struct entry *new_entry(gale_headers *h, gale_str name)
{
    struct entry **entries = with_room(h->entries, h->n, &h->cap);
    struct entry *e = entries ? gale__calloc(1, sizeof(*e)) : NULL;

    h->entries = entries ? entries : h->entries;
    if (e)
        e->name = normalised(name);
    if (!e || !e->name || gale__map_set(&h->by_name, (gale_str){ e->name, name.len }, e) < 0) {
        free_entry(e);
        return NULL;
    }
    h->entries[h->n++] = e;
    return e;
}

static int add_value(struct entry *e, gale_str value)
{
    char **values = with_room(e->values, e->n, &e->cap);
    char *copy = values ? gale__strndup(value.ptr ? value.ptr : "", value.len) : NULL;

    e->values = values ? values : e->values;
    if (!copy)
        return -ENOMEM;
    e->values[e->n++] = copy;
    gale__free(e->joined);
    e->joined = NULL;
    return 0;
}

static void remove_entry(gale_headers *h, struct entry *e)
{
    size_t i = 0;

    gale__map_remove(&h->by_name, gale__str(e->name));
    while (h->entries[i] != e)
        i++;
    memmove(&h->entries[i], &h->entries[i + 1], (--h->n - i) * sizeof(h->entries[0]));
    *h->cursor = (struct cursor){ 0 };
    free_entry(e);
}

static int add(gale_headers *h, gale_str name, gale_str value)
{
    struct entry *e;
    int r;

    value = gale__str_trim(value);
    r = check(name, value);
    if (r < 0)
        return r;
    *h->cursor = (struct cursor){ 0 };
    e = find(h, name);
    if (!e)
        e = new_entry(h, name);
    if (!e)
        return -ENOMEM;
    r = add_value(e, value);
    if (r < 0 && !e->n)
        remove_entry(h, e);
    return r;
}

int gale_headers_add(gale_headers *h, const char *name, const char *value)
{
    if (!name || !value)
        return gale_err(GALE_EINVAL, "gale_headers_add: %s is NULL", name ? "value" : "name");
    return add(h, gale__str(name), gale__str(value));
}

int gale_headers_set(gale_headers *h, const char *name, const char *value)
{
    struct entry *e;
    int r = gale_headers_add(h, name, value);

    if (r < 0)
        return r;
    e = find(h, gale__str(name));
    if (!e)
        return -ENOMEM;
    for (size_t i = 0; i + 1 < e->n; i++)
        gale__free(e->values[i]);
    e->values[0] = e->values[e->n - 1];
    e->n = 1;
    return 0;
}

void gale_headers_remove(gale_headers *h, const char *name)
{
    struct entry *e = find(h, gale__str(name));

    if (e)
        remove_entry(h, e);
}

static char *join(const struct entry *e)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    for (size_t i = 0; i < e->n; i++) {
        if (i)
            gale__buf_append_char(&buf, ',');
        gale__buf_append_cstr(&buf, e->values[i]);
    }
    return gale__buf_take(&buf, NULL);
}

const char *gale_headers_get(gale_headers *h, const char *name)
{
    struct entry *e = find(h, gale__str(name));

    if (!e)
        return NULL;
    if (e->n == 1)
        return e->values[0];
    if (!e->joined)
        e->joined = join(e);
    return e->joined;
}

const char *gale_headers_get_at(const gale_headers *h, const char *name, size_t i)
{
    const struct entry *e = find(h, gale__str(name));

    return e && i < e->n ? e->values[i] : NULL;
}

bool gale_headers_at(const gale_headers *h, size_t i, const char **name, const char **value)
{
    struct cursor *c = h->cursor;

    if (i < c->first)
        *c = (struct cursor){ 0 };
    while (c->entry < h->n && i - c->first >= h->entries[c->entry]->n)
        c->first += h->entries[c->entry++]->n;
    if (c->entry >= h->n)
        return false;
    *name = h->entries[c->entry]->name;
    *value = h->entries[c->entry]->values[i - c->first];
    return true;
}

/* Takes a line off *rest, without its CRLF or LF. */
static gale_str take_line(gale_str *rest)
{
    gale_str line = gale__str_head(*rest, gale__str_find(*rest, '\n'));

    *rest = gale__str_skip(*rest, line.len + 1);
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_folded(gale_str text)
{
    return text.len && is_blank(text.ptr[0]);
}

/* Takes a field off *rest: its first line, and those that continue it, joined by a blank. */
static int take_field(gale_str *rest, struct gale__buf *buf, size_t *n_lines)
{
    gale__buf_reset(buf);
    gale__buf_append_str(buf, take_line(rest));
    for (*n_lines = 1; is_folded(*rest); ++*n_lines) {
        while (buf->len && is_blank(buf->ptr[buf->len - 1]))
            buf->len--;
        gale__buf_append_char(buf, ' ');
        gale__buf_append_str(buf, gale__str_trim(take_line(rest)));
    }
    return buf->error;
}

static int add_field(gale_headers *h, gale_str field)
{
    size_t colon = gale__str_find(field, ':');

    if (colon == field.len)
        return gale_err(GALE_EINVAL, "no colon in header line");
    return add(h, gale__str_head(field, colon), gale__str_skip(field, colon + 1));
}

static int parse(gale_headers *h, gale_str rest, struct gale__buf *field)
{
    size_t line = 1, n_lines;
    char why[160];
    int r = 0;

    while (rest.len && r >= 0) {
        if (is_folded(rest))
            return gale_err(GALE_EINVAL, "line %zu: continues nothing", line);
        r = take_field(&rest, field, &n_lines);
        if (r >= 0 && field->len)
            r = add_field(h, gale__buf_str(field));
        else if (r >= 0 && rest.len)
            r = gale_err(GALE_EINVAL, "something follows the empty line");
        if (r == GALE_EINVAL) {
            strncpy(why, gale_strerror(r), sizeof(why) - 1);
            why[sizeof(why) - 1] = 0;
            return gale_err(r, "line %zu: %s", line, why);
        }
        line += n_lines;
    }
    return r;
}

gale_headers *gale_headers_parse(gale_str text, int *error)
{
    gale_headers *h = gale_headers_new();
    struct gale__buf field;
    int r = -ENOMEM;

    gale__buf_init(&field, SIZE_MAX / 8);
    if (h)
        r = parse(h, text, &field);
    gale__buf_deinit(&field);
    if (error)
        *error = r;
    if (r >= 0)
        return h;
    gale_headers_free(h);
    return NULL;
}

/* get_argument.c - arguments of query and form body: split once, decoded when asked for. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/str.h"
#include "proto/form.h"
#include "web/form.h"

enum { MAX_ARGUMENTS = 1000 };

/* Which of them are asked about. */
enum part { QUERY = 1, BODY = 2, ALL = 3 };

static int add_field(gale_handler *self, struct gale__arguments *all,
                     const struct gale__form_field *field)
{
    gale_str name = field->name;

    if (!field->name_plain) {
        char *text = gale_alloc(self, name.len);

        if (!text)
            return -ENOMEM;
        name = (gale_str){ text, gale__url_unescape_into(text, name, true) };
    }
    return gale__arguments_add(self, all, name, field->value);
}

static int add_fields(gale_handler *self, struct gale__arguments *all, gale_str text)
{
    struct gale__form form;
    struct gale__form_field field;
    int r;

    gale__form_init(&form, text, UINT32_MAX);
    while ((r = gale__form_next(&form, &field)) > 0) {
        r = add_field(self, all, &field);
        if (r < 0)
            return r;
    }
    return r;
}

static int parse_body(gale_handler *self, struct gale__arguments *all, bool with_stream)
{
    const struct gale__exchange *x = self->x;
    enum gale__form_kind kind;

    if (x->streaming ? !with_stream : !x->request.body.len)
        return 0;
    kind = gale__form_kind(&x->request);
    if (kind == GALE__FORM_NONE)
        return 0;
    int r = gale__form_check_fields(self);

    if (r < 0)
        return r;
    if (kind == GALE__FORM_URLENCODED)
        return add_fields(self, all, x->request.body);
    all->is_body_unescaped = true;
    return gale__form_take(self, all);
}

int gale__arguments_parse(gale_handler *self, bool with_stream)
{
    struct gale__arguments *all = gale_alloc(self, sizeof(*all));
    int r;

    if (!all)
        return -ENOMEM;
    *all = (struct gale__arguments){ .max = gale__limit(self->route->limits.max_arguments,
                                                        MAX_ARGUMENTS) };
    r = add_fields(self, all, self->x->priv.query);
    all->n_query = all->n;
    if (r >= 0)
        r = parse_body(self, all, with_stream);
    if (r >= 0)
        self->arguments = all;
    return r;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int decode(gale_handler *self, const struct gale__argument *arg, const char *name,
                  const char **out)
{
    const struct gale__arguments *all = self->arguments;
    char *text;

    if (GALE_LIKELY(!all->is_body_unescaped || arg < all->items + all->n_query))
        return gale__handler_decode(self, arg->sent, true, name, out);
    text = gale__arena_strndup(&self->x->arena, arg->sent.ptr, arg->sent.len);
    return text ? gale__handler_text(self, text, arg->sent.len, true, name, out) : -ENOMEM;
}

/* arg->value, decoded when that was not done. */
static int get_value(gale_handler *self, struct gale__argument *arg, const char *name)
{
    const char *text;
    char *end;
    int r;

    if (arg->value)
        return 0;
    r = decode(self, arg, name, &text);
    if (r < 0)
        return r;
    while (is_blank(*text))
        text++;
    end = (char *)text + strlen(text);
    while (end > text && is_blank(end[-1]))
        end--;
    *end = 0;
    arg->value = text;
    return 0;
}

static inline int ensure_parsed(gale_handler *self)
{
    return self->arguments ? 0 : gale__arguments_parse(self, false);
}

/* 1 and *out: the last one of that name; 0: there is none. */
static int find(gale_handler *self, const char *name, enum part part, struct gale__argument **out)
{
    gale_str key = gale__str(name);
    int r = ensure_parsed(self);

    if (r < 0)
        return r;
    size_t first = part == BODY ? self->arguments->n_query : 0;

    for (size_t i = part == QUERY ? self->arguments->n_query : self->arguments->n; i-- > first;) {
        struct gale__argument *arg = &self->arguments->items[i];

        if (gale__str_equal(arg->name, key)) {
            *out = arg;
            return 1;
        }
    }
    return 0;
}

static int find_value(gale_handler *self, const char *name, enum part part, const char **out)
{
    struct gale__argument *arg;
    int r = find(self, name, part, &arg);

    if (r <= 0)
        return r;
    r = get_value(self, arg, name);
    if (r < 0)
        return r;
    *out = arg->value;
    return 1;
}

/* Unusable input cannot be told from the result, so the request fails with it. */
static const char *get(gale_handler *self, const char *name, enum part part, const char *fallback)
{
    const char *value = fallback;
    int r = find_value(self, name, part, &value);

    if (r < 0)
        gale__handler_failed(self, r);
    return value;
}

const char *gale_get_argument(gale_handler *self, const char *name, const char *fallback)
{
    return get(self, name, ALL, fallback);
}

const char *gale_get_query_argument(gale_handler *self, const char *name, const char *fallback)
{
    return get(self, name, QUERY, fallback);
}

const char *gale_get_body_argument(gale_handler *self, const char *name, const char *fallback)
{
    return get(self, name, BODY, fallback);
}

static const char *get_raw(gale_handler *self, const char *name, enum part part,
                           const char *fallback)
{
    const char *value = fallback;
    struct gale__argument *arg;
    int r = find(self, name, part, &arg);

    if (r > 0)
        r = decode(self, arg, name, &value);
    if (r < 0)
        gale__handler_failed(self, r);
    return value;
}

const char *gale_get_argument_raw(gale_handler *self, const char *name, const char *fallback)
{
    return get_raw(self, name, ALL, fallback);
}

const char *gale__get_query_argument_raw(gale_handler *self, const char *name, const char *fallback)
{
    return get_raw(self, name, QUERY, fallback);
}

const char *gale__get_body_argument_raw(gale_handler *self, const char *name, const char *fallback)
{
    return get_raw(self, name, BODY, fallback);
}

int gale_require_argument(gale_handler *self, const char *name, const char **out)
{
    int r = find_value(self, name, ALL, out);

    if (r == 0)
        return gale__handler_refuse(self, "Missing argument %s", name);
    return r < 0 ? r : 0;
}

int gale_has_argument(gale_handler *self, const char *name)
{
    struct gale__argument *arg;
    int r = find(self, name, ALL, &arg);

    if (r < 0)
        gale__handler_failed(self, r);
    return r > 0;
}

/* What gives the value of one argument: 0 or a failure. */
typedef int value_getter(gale_handler *self, struct gale__argument *arg, const char *name,
                         const char **out);

static int stripped(gale_handler *self, struct gale__argument *arg, const char *name,
                    const char **out)
{
    int r = get_value(self, arg, name);

    *out = arg->value;
    return r;
}

static int raw(gale_handler *self, struct gale__argument *arg, const char *name, const char **out)
{
    return decode(self, arg, name, out);
}

/* The values of a name from first to end, into a new array. */
static int collect(gale_handler *self, const char *name, size_t first, size_t end,
                   value_getter *value_of, const char ***out, size_t *n)
{
    gale_str key = gale__str(name);
    struct gale__argument *items = self->arguments->items;
    const char **values;
    size_t count = 0;

    for (size_t i = first; i < end; i++)
        count += gale__str_equal(items[i].name, key);
    values = gale_alloc(self, (count + 1) * sizeof(*values));
    if (!values)
        return -ENOMEM;
    *n = 0;
    for (size_t i = first; i < end; i++) {
        if (!gale__str_equal(items[i].name, key))
            continue;
        int r = value_of(self, &items[i], name, &values[*n]);

        if (r < 0)
            return r;
        (*n)++;
    }
    values[*n] = NULL;
    *out = values;
    return 0;
}

static const char *const *get_all(gale_handler *self, const char *name, enum part part,
                                  value_getter *value_of, size_t *n)
{
    static const char *const none[] = { NULL };
    const char **values = NULL;
    size_t count = 0;
    int r = ensure_parsed(self);

    if (r >= 0) {
        const struct gale__arguments *all = self->arguments;

        r = collect(self, name, part == BODY ? all->n_query : 0,
                    part == QUERY ? all->n_query : all->n, value_of, &values, &count);
    }
    if (r < 0) {
        gale__handler_failed(self, r);
        count = 0;
    }
    if (n)
        *n = count;
    return r < 0 ? none : (const char *const *)values;
}

const char *const *gale_get_arguments(gale_handler *self, const char *name, size_t *n)
{
    return get_all(self, name, ALL, stripped, n);
}

const char *const *gale_get_query_arguments(gale_handler *self, const char *name, size_t *n)
{
    return get_all(self, name, QUERY, stripped, n);
}

const char *const *gale_get_body_arguments(gale_handler *self, const char *name, size_t *n)
{
    return get_all(self, name, BODY, stripped, n);
}

const char *const *gale__get_arguments_raw(gale_handler *self, const char *name, size_t *n)
{
    return get_all(self, name, ALL, raw, n);
}

const char *const *gale__get_query_arguments_raw(gale_handler *self, const char *name, size_t *n)
{
    return get_all(self, name, QUERY, raw, n);
}

const char *const *gale__get_body_arguments_raw(gale_handler *self, const char *name, size_t *n)
{
    return get_all(self, name, BODY, raw, n);
}

/* 1 and its name; 0 at the end. */
static int name_at(gale_handler *self, size_t i, const char **name)
{
    int r = ensure_parsed(self);

    if (r < 0 || i >= self->arguments->n)
        return r < 0 ? r : 0;
    const struct gale__argument *arg = &self->arguments->items[i];
    char *text = gale__arena_strndup(&self->x->arena, arg->name.ptr, arg->name.len);

    if (!text)
        return -ENOMEM;
    r = gale__handler_check_text(self, text, arg->name.len, "the name of an argument");
    *name = text;
    return r < 0 ? r : 1;
}

bool gale_argument_at(gale_handler *self, size_t i, const char **name, const char **value)
{
    const char *text;
    int r = name_at(self, i, &text), decoded;

    decoded = r > 0 ? get_value(self, &self->arguments->items[i], text) : r;
    if (decoded < 0)
        gale__handler_failed(self, decoded);
    if (r <= 0 || decoded < 0)
        return false;
    *name = text;
    *value = self->arguments->items[i].value;
    return true;
}

bool gale_argument_raw_at(gale_handler *self, size_t i, const char **name, const char **value,
                          bool *in_body)
{
    const char *text, *raw;
    int r = name_at(self, i, &text), decoded;

    decoded = r > 0 ? decode(self, &self->arguments->items[i], text, &raw) : r;
    if (decoded < 0)
        gale__handler_failed(self, decoded);
    if (r <= 0 || decoded < 0)
        return false;
    *name = text;
    *value = raw;
    if (in_body)
        *in_body = i >= self->arguments->n_query;
    return true;
}

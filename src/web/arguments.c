/* arguments.c - arguments of query and urlencoded body, split once, decoded when asked for. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "proto/form.h"
#include "web/handler.h"

enum { MAX_FIELDS = 1000, FIRST_CAPACITY = 8 };

struct argument {
    gale_str name;     /* decoded */
    gale_str sent;     /* the value as sent */
    const char *value; /* decoded and stripped; NULL until asked for */
};

struct gale__arguments {
    struct argument *items;
    size_t n, cap;
};

static int add(gale_handler *self, struct gale__arguments *all,
               const struct gale__form_field *field)
{
    gale_str name = field->name;

    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : FIRST_CAPACITY;
        struct argument *items = gale_alloc(self, cap * sizeof(*items));

        if (!items)
            return -ENOMEM;
        if (all->n)
            memcpy(items, all->items, all->n * sizeof(*items));
        all->items = items;
        all->cap = cap;
    }
    if (!field->name_plain) {
        char *text = gale_alloc(self, name.len);

        if (!text)
            return -ENOMEM;
        name = (gale_str){ text, gale__url_unescape_into(text, name, true) };
    }
    all->items[all->n++] = (struct argument){ .name = name, .sent = field->value };
    return 0;
}

static int add_fields(gale_handler *self, struct gale__arguments *all, gale_str text)
{
    struct gale__form form;
    struct gale__form_field field;
    int r;

    gale__form_init(&form, text, (uint32_t)(MAX_FIELDS - all->n));
    while ((r = gale__form_next(&form, &field)) > 0) {
        r = add(self, all, &field);
        if (r < 0)
            return r;
    }
    return r == GALE_ETOOBIG ? gale__handler_refuse(self, "more than %d arguments", MAX_FIELDS) : r;
}

/* application/x-www-form-urlencoded, with or without parameters. */
static bool has_form_body(const gale_request *request)
{
    gale_str type = gale__request_field(request, GALE__HEADER_CONTENT_TYPE);

    type = gale__str_trim(gale__str_head(type, gale__str_find(type, ';')));
    return gale__str_equal_nocase(type, GALE__STR("application/x-www-form-urlencoded"));
}

static int parse(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    struct gale__arguments *all = gale_alloc(self, sizeof(*all));
    int r;

    if (!all)
        return -ENOMEM;
    *all = (struct gale__arguments){ 0 };
    r = add_fields(self, all, self->x->priv.query);
    if (r >= 0 && request->body.len && has_form_body(request))
        r = add_fields(self, all, request->body);
    if (r >= 0)
        self->arguments = all;
    return r;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int decode_value(gale_handler *self, struct argument *arg, const char *name)
{
    const char *text;
    char *end;
    int r = gale__handler_decode(self, arg->sent, true, name, &text);

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

/* 1 and *out: the last value of that name; 0: there is none. */
static int find(gale_handler *self, const char *name, const char **out)
{
    gale_str key = gale__str(name);
    int r = self->arguments ? 0 : parse(self);

    if (r < 0)
        return r;
    for (size_t i = self->arguments->n; i-- > 0;) {
        struct argument *arg = &self->arguments->items[i];

        if (!gale__str_equal(arg->name, key))
            continue;
        if (!arg->value)
            r = decode_value(self, arg, name);
        if (r < 0)
            return r;
        *out = arg->value;
        return 1;
    }
    return 0;
}

const char *gale_get_argument(gale_handler *self, const char *name, const char *fallback)
{
    const char *value = fallback;
    int r = find(self, name, &value);

    /* Unusable input cannot be told from the result, so the request fails with it. */
    if (r < 0)
        gale__handler_failed(self, r);
    return value;
}

int gale_require_argument(gale_handler *self, const char *name, const char **out)
{
    int r = find(self, name, out);

    if (r == 0)
        return gale__handler_refuse(self, "Missing argument %s", name);
    return r < 0 ? r : 0;
}

/* The log has the value as well. */
static int refuse_int(gale_handler *self, const char *name, const char *value)
{
    int r = gale_fail(self, 400, "Argument %s is not an integer: \"%.40s\"", name, value);

    self->told = gale_printf_alloc(self, "Argument %s is not an integer", name);
    return r;
}

int gale_get_int(gale_handler *self, const char *name, int *out)
{
    const char *text;
    int64_t value;
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    if (*text == '+' && text[1] != '-')
        text++;
    if (!gale__str_to_int64(gale__str(text), &value) || value < INT_MIN || value > INT_MAX)
        return refuse_int(self, name, text);
    *out = (int)value;
    return 0;
}

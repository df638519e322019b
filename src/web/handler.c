/* handler.c - what a handler knows of its request: state, memory, path arguments. */
/* SPDX-License-Identifier: MIT */
#include "web/handler.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/regex.h"
#include "base/str.h"
#include "base/utf8.h"

void *gale_state(gale_handler *self)
{
    return self + 1;
}

gale_request *gale_handler_request(gale_handler *self)
{
    return &self->x->request;
}

gale_app *gale_handler_app(gale_handler *self)
{
    return gale__handler_app(self);
}

const gale_handler_class *gale_class_hooks(gale_handler *self, const gale_handler_class *cls)
{
    const struct gale__class *c = gale__class_find(self->route->app->classes, cls);

    return c ? &c->hooks : NULL;
}

void *gale_alloc(gale_handler *self, size_t size)
{
    void *p = gale__arena_alloc(&self->x->arena, size);

    if (!p)
        gale_err(-ENOMEM, "no memory for %zu bytes", size);
    return p;
}

char *gale__handler_vprintf(gale_handler *self, const char *fmt, va_list ap)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    text = len < 0 ? NULL : gale__arena_alloc(&self->x->arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    if (!text)
        gale_err(-ENOMEM, "no memory for a text");
    return text;
}

char *gale_printf_alloc(gale_handler *self, const char *fmt, ...)
{
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = gale__handler_vprintf(self, fmt, ap);
    va_end(ap);
    return text;
}

int gale_defer(gale_handler *self, void (*fn)(void *arg), void *arg)
{
    int r = gale__arena_defer(&self->x->arena, fn, arg);

    if (r < 0)
        fn(arg);
    return r;
}

struct gale__handler_more *gale__handler_more(gale_handler *self)
{
    if (!self->more)
        self->more = gale__arena_zalloc(&self->x->arena, sizeof(*self->more));
    if (!self->more)
        gale__handler_failed(self, -ENOMEM);
    return self->more;
}

int gale__handler_failed(gale_handler *self, int code)
{
    const char *text;

    if (self->failed)
        return self->failed;
    self->failed = code;
    if (self->error_code == code)
        return code;
    /* The detail is kept now: the coroutine's one slot may hold another by the end. */
    text = gale_strerror(code);
    self->error_code = code;
    self->error_text = gale__arena_strndup(&self->x->arena, text, strlen(text));
    return code;
}

int gale__handler_may_not(const gale_handler *self, const char *what)
{
    return gale_err(GALE_ESTATE, "%s: not while %s", what,
                    self->may_not_answer ? "a hook changes what leaves" : "an error page is made");
}

void gale__handler_default_headers(gale_handler *self)
{
    gale_app *app = self->app;

    if (GALE_UNLIKELY(self->more && self->more->request_id))
        gale__request_id_header(self);
    if (!self->cls->hooks.set_default_headers)
        return;
    self->may_not_answer = true;
    self->app = self->route->app;
    self->cls->hooks.set_default_headers(self);
    self->app = app;
    self->may_not_answer = false;
}

const char *gale__handler_error_text(const gale_handler *self, int code)
{
    const char *text;

    if (self->error_code == code)
        return self->error_text;
    text = gale_strerror(code);
    /* A bare GALE_EHTTP(status) without a detail has nothing to tell. */
    return GALE_IS_EHTTP(code) && strcmp(text, "HTTP error status") == 0 ? NULL : text;
}

/* As decode_argument of Tornado does: 0x00-0x08 and 0x0e-0x1f become blanks. */
static void blank_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x09 || (c > 0x0d && c < 0x20))
            text[i] = ' ';
    }
}

int gale__handler_check_text(gale_handler *self, char *text, size_t len, const char *what)
{
    if (!gale__utf8_valid(text, len))
        return gale__handler_refuse(self, "Invalid unicode in %s", what);
    if (memchr(text, 0, len))
        return gale__handler_refuse(self, "NUL in %s", what);
    return 0;
}

/* The class's own decoder. What it gave may be anywhere, so it is copied. */
static int decode_by_hook(gale_handler *self, gale_str bytes, bool is_argument, const char *what,
                          const char **out)
{
    gale_app *app = self->app;
    const char *text;
    char *copy;

    self->app = self->route->app; /* as for all that is the class's */
    text = self->cls->hooks.decode_argument(self, bytes, is_argument ? what : NULL);
    self->app = app;
    if (!text)
        return gale__handler_refuse(self, "Cannot decode %s", what);
    copy = gale__arena_strndup(&self->x->arena, text, strlen(text));
    if (!copy)
        return -ENOMEM;
    if (is_argument)
        blank_controls(copy, strlen(copy));
    *out = copy;
    return 0;
}

int gale__handler_text(gale_handler *self, char *text, size_t len, bool is_argument,
                       const char *what, const char **out)
{
    int r;

    if (GALE_UNLIKELY(self->cls->hooks.decode_argument))
        return decode_by_hook(self, (gale_str){ text, len }, is_argument, what, out);
    if (is_argument)
        blank_controls(text, len);
    r = gale__handler_check_text(self, text, len, what);
    if (r >= 0)
        *out = text;
    return r;
}

int gale__handler_decode(gale_handler *self, gale_str in, bool is_query, const char *what,
                         const char **out)
{
    char *text = gale__arena_alloc(&self->x->arena, in.len + 1);
    size_t len;

    if (!text)
        return -ENOMEM;
    len = gale__url_unescape_into(text, in, is_query);
    text[len] = 0;
    return gale__handler_text(self, text, len, is_query, what, out);
}

int gale__handler_decode_groups(gale_handler *self)
{
    size_t n = self->route->n_groups;

    self->args = gale__arena_zalloc(&self->x->arena, n * sizeof(*self->args));
    if (!self->args)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int r = 0;

        if (self->groups[i].ptr)
            r = gale__handler_decode(self, self->groups[i], false, "url", &self->args[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

const char *gale_path_argument(gale_handler *self, size_t i)
{
    return self->args && i < self->route->n_groups ? self->args[i] : NULL;
}

const char *gale_path_argument_named(gale_handler *self, const char *name)
{
    for (size_t i = 0; self->args && i < self->route->n_groups; i++) {
        const char *group = gale__regex_group_name(self->route->regex, i + 1);

        if (group && strcmp(group, name) == 0)
            return self->args[i];
    }
    return NULL;
}

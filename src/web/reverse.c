/* reverse.c - the path of a named route with texts in place of its groups. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "web/handler.h"

enum { MAX_TEXTS = GALE__ROUTE_GROUPS_MAX + 1 }; /* one more than any route takes, so that tells */

/* The route of that name in app, or in one that is mounted in it. */
static const struct gale__route *find_below(const gale_app *app, const char *name)
{
    const struct gale__route *route = gale__router_find(&app->router, name);

    for (const struct gale__route *m = app->router.mounts; !route && m; m = m->next_mount)
        route = find_below(m->app, name);
    return route;
}

static bool is_all_template(const struct gale__route *route)
{
    for (size_t i = 0; i < route->n_pieces; i++)
        if (route->pieces[i].kind == GALE__URL_PATTERN)
            return false;
    return route->regex != NULL;
}

/* A template says what its groups are: a path that it would not match is a mistake. */
static int check_path(const struct gale__route *route, gale_str path)
{
    int r = is_all_template(route) ? gale__regex_match(route->regex, path, 0, NULL, 0) : 1;

    if (r == 0)
        return gale_err(GALE_ENOTFOUND, "\"%.*s\" is no path of route \"%s\", \"%s\"",
                        (int)path.len, path.ptr, route->name, route->url);
    return r;
}

/* Own names win, then those of what is mounted, then those of where app itself is mounted. */
static int reverse(const gale_app *app, const char *name, const char *const *texts,
                   struct gale__buf *out)
{
    const struct gale__route *route = NULL;
    size_t start;
    int r;

    for (; app && !route; app = app->parent)
        route = find_below(app, name);
    if (!route)
        return gale_err(GALE_ENOTFOUND, "no route is called \"%s\"", name);
    gale__app_append_prefix(route->app, out);
    start = out->len;
    r = gale__url_reverse(route->pieces, route->n_pieces, name, texts, out);
    if (r >= 0)
        r = out->error;
    return r < 0 ? r : check_path(route, gale__str_skip(gale__buf_str(out), start));
}

int gale_app_reverse_url(const gale_app *app, const char *name, const char *const *args, char *out,
                         size_t size)
{
    static const char *const none[] = { NULL };
    struct gale__buf text;
    int r;

    gale__buf_init(&text, SIZE_MAX / 8);
    r = reverse(app, name, args ? args : none, &text);
    if (r >= 0 && text.len >= size)
        r = gale_err(GALE_ETOOBIG, "the path of route \"%s\" has %zu bytes", name, text.len);
    if (r >= 0) {
        if (text.len)
            memcpy(out, text.ptr, text.len);
        out[text.len] = 0;
        r = (int)text.len;
    }
    gale__buf_deinit(&text);
    return r;
}

const char *gale__reverse_url(gale_handler *self, const char *name, const char *const *texts)
{
    const char *url = NULL;
    struct gale__buf text;
    int r;

    gale__buf_init(&text, SIZE_MAX / 8);
    r = reverse(gale__handler_app(self), name, texts, &text);
    if (r >= 0)
        url = gale__arena_strndup(&self->x->arena, text.ptr ? text.ptr : "", text.len);
    if (!url && r != GALE_ENOTFOUND)
        gale_err(-ENOMEM, "out of memory");
    gale__buf_deinit(&text);
    return url;
}

const char *gale_reverse_url_list(gale_handler *self, const char *name, ...)
{
    const char *texts[MAX_TEXTS + 1];
    size_t n = 0;
    va_list ap;

    va_start(ap, name);
    while (n < MAX_TEXTS && (texts[n] = va_arg(ap, const char *)))
        n++;
    va_end(ap);
    texts[n] = NULL;
    return gale__reverse_url(self, name, texts);
}

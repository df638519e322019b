/* reverse.c - the path of a named route with texts in place of its groups.
 *
 * A pattern can be reversed when it is plain text with plain groups: nothing optional or
 * repeated outside of them, no group in a group, no class such as \d between them.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "web/handler.h"

/* The pattern of a route being walked. */
struct walk {
    const char *p, *end;
    const char *fault; /* why it cannot be reversed */
};

static void walk_init(struct walk *w, const char *url)
{
    w->p = url + (*url == '^');
    w->end = url + strlen(url);
    w->fault = NULL;
}

/* From after an opening parenthesis to after the closing one. */
static void skip_group(struct walk *w)
{
    bool in_class = false;

    if (*w->p == '?' && w->p[1] != 'P' && w->p[1] != '<' && w->p[1] != '\'')
        w->fault = "it has a group that captures nothing";
    for (; w->p < w->end; w->p++) {
        if (*w->p == '\\' && w->p + 1 < w->end)
            w->p++;
        else if (*w->p == '[')
            in_class = true;
        else if (*w->p == ']')
            in_class = false;
        else if (!in_class && *w->p == '(')
            w->fault = "it has a group in a group";
        else if (!in_class && *w->p == ')')
            break;
    }
    if (w->p < w->end)
        w->p++;
}

/* What comes next: a literal character, '(' for a group (*is_group), or 0 at the end. */
static char next(struct walk *w, bool *is_group)
{
    char c;

    *is_group = false;
    if (w->p == w->end || w->fault || (*w->p == '$' && w->p + 1 == w->end))
        return 0;
    c = *w->p++;
    if (c == '(') {
        *is_group = true;
        skip_group(w);
    } else if (c == '\\' && w->p < w->end) {
        c = *w->p++;
        if ((c >= '0' && c <= '9') || (gale__lower(c) >= 'a' && gale__lower(c) <= 'z'))
            w->fault = "it has a class such as \\d outside of its groups";
    } else if (strchr("?*+{[|^$", c)) {
        w->fault = "it has metacharacters outside of its groups";
    }
    if (w->p < w->end && strchr("?*+{", *w->p))
        w->fault = "it has a quantifier outside of its groups";
    return c;
}

/* Appends one piece; *arg is the text for a group. */
static int append(struct gale__buf *out, char c, bool is_group, const char *arg)
{
    return is_group ? gale__url_escape(out, gale__str(arg), false) : gale__buf_append_char(out, c);
}

static int reverse(const struct gale__route *route, struct gale__buf *out, va_list ap)
{
    struct walk w;
    bool is_group;
    char c;
    int r = 0;

    walk_init(&w, route->url);
    while (r >= 0 && (c = next(&w, &is_group)) != 0) {
        const char *arg = is_group ? va_arg(ap, const char *) : NULL;

        if (is_group && !arg)
            return gale_err(GALE_ENOTFOUND, "route \"%s\" has more groups than texts were given",
                            route->name);
        r = append(out, c, is_group, arg);
    }
    if (w.fault)
        return gale_err(GALE_ENOTFOUND, "route \"%s\" cannot be reversed: %s", route->name,
                        w.fault);
    if (r >= 0 && va_arg(ap, const char *))
        return gale_err(GALE_ENOTFOUND, "route \"%s\" has fewer groups than texts were given",
                        route->name);
    return r;
}

const char *gale_reverse_url_list(gale_handler *self, const char *name, ...)
{
    const struct gale__route *route = gale__router_find(&gale__handler_app(self)->router, name);
    const char *url = NULL;
    struct gale__buf text;
    va_list ap;
    int r;

    if (!route) {
        gale_err(GALE_ENOTFOUND, "no route is called \"%s\"", name);
        return NULL;
    }
    gale__buf_init(&text, SIZE_MAX / 8);
    va_start(ap, name);
    r = reverse(route, &text, ap);
    va_end(ap);
    if (r >= 0)
        url = gale__arena_strndup(&self->x->arena, text.ptr, text.len);
    if (!url && r != GALE_ENOTFOUND)
        gale_err(-ENOMEM, "out of memory");
    gale__buf_deinit(&text);
    return url;
}

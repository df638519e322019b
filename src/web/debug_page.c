/* debug_page.c - gathers what a failed request tells with serve_traceback. See debug_page.h. */
/* SPDX-License-Identifier: MIT */
#include "web/debug_page.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/str.h"
#include "web/argument_list.h"
#include "web/debug_mask.h"
#include "web/form.h"

enum { MAX_PAIRS = 200, MAX_VALUE = 2000 };

/* --- pairs ------------------------------------------------------------------------------- */

/* What goes into one table; without memory it stays as it is. */
static void add_pair(struct gale__debug_page *page, struct gale__debug_pairs *to, gale_str name,
                     gale_str value)
{
    bool is_cut = value.len > MAX_VALUE;

    if (!to->list)
        to->list = gale__arena_zalloc(&page->arena, MAX_PAIRS * sizeof(*to->list));
    if (!to->list || to->n == MAX_PAIRS)
        return;
    if (gale__debug_is_secret(name))
        value = gale__str(GALE__DEBUG_HIDDEN);
    else if (is_cut)
        value = gale__str(gale__arena_printf(&page->arena, "%.*s…", MAX_VALUE, value.ptr));
    to->list[to->n++] = (struct gale__debug_pair){ name, value };
}

static void add_text(struct gale__debug_page *page, const char *name, const char *value)
{
    if (value)
        add_pair(page, &page->about, gale__str(name), gale__str(value));
}

static void gather_headers(struct gale__debug_page *page)
{
    const gale_request *request = &page->handler->x->request;
    gale_str name, value;

    page->headers.title = "Headers";
    for (size_t i = 0; gale_request_header_at(request, i, &name, &value); i++) {
        if (gale__str_equal_nocase(name, gale__str("Referer")))
            value = gale__str(gale__debug_mask_url(&page->arena, value));
        add_pair(page, &page->headers, name, value);
    }
}

/* --- arguments --------------------------------------------------------------------------- */

static gale_str unescaped(struct gale__debug_page *page, gale_str in)
{
    char *out = gale__arena_alloc(&page->arena, in.len + 1);

    if (!out)
        return in;
    memcpy(out, in.ptr ? in.ptr : "", in.len);
    return (gale_str){ out, gale__url_unescape_into(out, (gale_str){ out, in.len }, true) };
}

static void add_items(struct gale__debug_page *page, gale_str all)
{
    gale_str item;

    while (all.len && gale__str_split(&all, '&', &item)) {
        gale_str name = gale__str_head(item, gale__str_find(item, '='));
        gale_str value = gale__str_skip(item, name.len + (name.len < item.len));

        if (item.len)
            add_pair(page, &page->arguments, unescaped(page, name), unescaped(page, value));
    }
}

/* As the handler has them, or would have: nothing is read any more, nothing can be refused. */
static void add_body(struct gale__debug_page *page)
{
    const gale_handler *self = page->handler;
    const struct gale__arguments *all = self->arguments;

    if (all && all->is_body_unescaped)
        for (size_t i = all->n_query; i < all->n; i++)
            add_pair(page, &page->arguments, all->items[i].name, all->items[i].sent);
    else if (!self->x->streaming && gale__form_kind(&self->x->request) == GALE__FORM_URLENCODED)
        add_items(page, self->x->request.body);
}

static void gather_arguments(struct gale__debug_page *page)
{
    const gale_handler *self = page->handler;

    page->arguments.title = "Arguments";
    for (size_t i = 0; i < self->route->n_groups && self->groups; i++) {
        const char *name = gale__arena_printf(&page->arena, "path argument %zu", i);

        if (name)
            add_pair(page, &page->arguments, gale__str(name), self->groups[i]);
    }
    add_items(page, self->x->priv.query);
    add_body(page);
}

/* --- routes ------------------------------------------------------------------------------ */

/* All there are, also above the application that had none for this path. */
static void gather_routes(struct gale__debug_page *page)
{
    const gale_app *app = page->handler->route->app;

    if (page->status != 404 || page->handler->route != &app->fallback)
        return;
    while (app->parent)
        app = app->parent;
    page->n_routes = gale__route_table(app, page->symbols, &page->arena, &page->routes);
}

/* --- calls ------------------------------------------------------------------------------- */

static void gather_calls(struct gale__debug_page *page)
{
    size_t room = GALE__DEBUG_FRAMES;

    page->frames = gale__arena_alloc(&page->arena, room * sizeof(*page->frames));
    if (!page->frames || !page->trace || !page->symbols || page->n_routes)
        return;
    for (size_t i = 0; i < page->trace->n && page->n_frames < room; i++)
        page->n_frames += gale__symbols_find(page->symbols, page->trace->calls[i],
                                             page->frames + page->n_frames, room - page->n_frames);
}

/* The function that answers this method: the compiler may have left it out of the calls, when the
 * last thing it does is to call another. */
static void gather_verb(struct gale__debug_page *page)
{
    const gale_handler *self = page->handler;
    const void *verb = (const void *)(uintptr_t)self->cls->verbs[gale__handler_method(self)];

    if (verb && page->symbols)
        gale__symbols_find(page->symbols, verb, &page->verb, 1);
}

static void gather_about(struct gale__debug_page *page)
{
    const gale_handler *self = page->handler;
    const struct gale__frame *verb = &page->verb;
    const gale_str body = self->x->request.body;

    page->about.title = "Request";
    add_text(page, "Method", self->x->request.method);
    add_text(page, "Target", page->target);
    add_text(page, "Client", gale_request_remote_ip(&self->x->request));
    add_text(page, "Route", self->route->url);
    add_text(page, "Route name", self->route->name);
    if (verb->function && verb->file)
        add_text(
            page, "Handler",
            gale__arena_printf(&page->arena, "%s (%s:%d)", verb->function, verb->file, verb->line));
    else
        add_text(page, "Handler", verb->function);
    if (body.len)
        add_text(page, "Body", gale__arena_printf(&page->arena, "%zu bytes", body.len));
}

void gale__debug_page_open(struct gale__debug_page *page)
{
    const char *uri = page->handler->x->request.uri;

    gale__arena_init(&page->arena);
    page->symbols = gale__symbols_open();
    page->target = gale__debug_mask_url(&page->arena, gale__str(uri));
    gather_routes(page);
    gather_verb(page);
    gather_calls(page);
    gather_about(page);
    gather_arguments(page);
    gather_headers(page);
}

void gale__debug_page_close(struct gale__debug_page *page)
{
    gale__symbols_close(page->symbols);
    gale__arena_reset(&page->arena);
}

/* --- how it is written ------------------------------------------------------------------- */

enum gale__debug_format gale__debug_format(const gale_request *request)
{
    const char *accept = gale_request_header(request, "Accept");

    if (!accept)
        return GALE__DEBUG_TEXT;
    if (strstr(accept, "text/html") && gale_accept_quality(accept, "text/html") > 0)
        return GALE__DEBUG_HTML;
    if (strstr(accept, "application/json") && gale_accept_quality(accept, "application/json") > 0)
        return GALE__DEBUG_JSON;
    return GALE__DEBUG_TEXT;
}

const char *gale__debug_content_type(enum gale__debug_format format)
{
    return format == GALE__DEBUG_HTML   ? "text/html; charset=UTF-8"
           : format == GALE__DEBUG_JSON ? "application/json; charset=UTF-8"
                                        : "text/plain; charset=UTF-8";
}

int gale__debug_page_write(const struct gale__debug_page *page, enum gale__debug_format format,
                           struct gale__buf *out)
{
    return format == GALE__DEBUG_HTML   ? gale__debug_html(page, out)
           : format == GALE__DEBUG_JSON ? gale__debug_json(page, out)
                                        : gale__debug_text(page, out);
}

size_t gale__debug_source(const struct gale__frame *frame, struct gale__arena *arena, int around,
                          struct gale__source_line *out)
{
    if (!frame->file || frame->line <= 0)
        return 0;
    return gale__source_read(arena, frame->file, frame->line - around, frame->line + around, out);
}

size_t gale__debug_run(const struct gale__debug_page *page, size_t i)
{
    size_t n = 1;

    while (i + n < page->n_frames && (page->frames[i + n].kind == GALE__FRAME_PROGRAM) ==
                                         (page->frames[i].kind == GALE__FRAME_PROGRAM))
        n++;
    return n;
}

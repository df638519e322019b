/* page.c - rendering templates in handlers. See page.h.
 *
 * A page is rendered into memory that becomes the body of the answer. A template that fails leaves
 * nothing behind but its report, kept for log and error page.
 */
/* SPDX-License-Identifier: MIT */
#include "web/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/json.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/str.h"
#include "gen/co.h"
#include "gen/stack.h"
#include "template/loader.h"
#include "template/rendering.h"
#include "web/output.h"

enum {
    SMALL = 1024,          /* stays in the arena */
    FIRST_ON_HEAP = 8192,  /* what is larger is likely to be a whole page */
    MAX_NESTED = 16,       /* templates rendered by what templates call */
    MIN_STACK = 128 << 10, /* bytes that one more is left: it may have to be compiled */
};

struct gale__page *gale__page(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);

    if (!more || more->page)
        return more ? more->page : NULL;
    more->page = gale__arena_zalloc(&self->x->arena, sizeof(*more->page));
    if (more->page)
        gale__list_init(&more->page->renderings);
    else
        gale__handler_failed(self, -ENOMEM);
    return more->page;
}

/* --- where it goes ---------------------------------------------------------------------- */

static int grow(gale_template_out *out, size_t need)
{
    struct gale__page_out *p = out->context;
    size_t cap = 2 * out->cap;
    char *data;

    if (need > SIZE_MAX / 8 || out->len > SIZE_MAX / 8)
        return -ENOMEM;
    if (p->arena && !out->cap && need <= SMALL) {
        out->data = gale__arena_alloc(p->arena, SMALL);
        out->cap = out->data ? SMALL : 0;
        return out->data ? 0 : -ENOMEM;
    }
    cap = cap < out->len + need ? out->len + need : cap;
    cap = cap < FIRST_ON_HEAP ? FIRST_ON_HEAP : cap;
    data = p->on_heap ? gale__realloc(out->data, cap) : gale__malloc(cap);
    if (!data)
        return -ENOMEM;
    if (!p->on_heap && out->len)
        memcpy(data, out->data, out->len);
    p->on_heap = true;
    out->data = data;
    out->cap = cap;
    return 0;
}

void gale__page_out_init(struct gale__page_out *out, struct gale__arena *arena)
{
    *out = (struct gale__page_out){ .arena = arena };
    out->out.grow = grow;
    out->out.context = out;
}

void gale__page_out_free(struct gale__page_out *out)
{
    if (out->on_heap)
        gale__free(out->out.data);
    gale__page_out_init(out, out->arena);
}

/* --- failures --------------------------------------------------------------------------- */

/* What went wrong inside of a template that this one's code has rendered; or NULL. */
static const struct gale__template_failure *cause_of(const struct gale__page *page,
                                                     const gale_template_error *error)
{
    const struct gale__template_failure *inner = page->failure;
    char begin[120];

    if (!inner || !*inner->report)
        return NULL;
    snprintf(begin, sizeof(begin), "%s", inner->message);
    if (!strstr(error->message, begin) || strcmp(error->report, inner->report) == 0)
        return NULL;
    return inner;
}

/* A report, and that of what it comes from at the bottom. */
static const char *report_with(struct gale__arena *arena, const char *own,
                               const struct gale__template_failure *cause,
                               struct gale__template_failure *f)
{
    f->first = cause ? cause->first : gale__arena_strndup(arena, own, strlen(own));
    f->n_causes = cause ? cause->n_causes + 1 : 0;
    if (!cause || !f->first)
        return f->first;
    if (f->n_causes == 1)
        return gale__arena_printf(arena, "%sbecause of\n%s", own, f->first);
    return gale__arena_printf(arena, "%sbecause of %d more like it, and of\n%s", own,
                              f->n_causes - 1, f->first);
}

/* Keeps the report until the request ends, and the message as the detail of code. */
static int keep_failure(gale_handler *self, struct gale__page *page, int code,
                        const gale_template_error *error)
{
    struct gale__template_failure *f = gale__arena_zalloc(&self->x->arena, sizeof(*f));
    const struct gale__template_failure *inner = cause_of(page, error);

    if (!*error->message || !f)
        return code;
    f->code = code;
    f->message = gale__arena_strndup(&self->x->arena, error->message, strlen(error->message));
    f->report = report_with(&self->x->arena, error->report, inner, f);
    if (f->message && f->report)
        page->failure = f;
    return gale_err(code, "%s", error->message);
}

const char *gale__page_report(const gale_handler *self, int code, const char *text)
{
    const struct gale__page *page = self->more ? self->more->page : NULL;
    const struct gale__template_failure *f = page ? page->failure : NULL;

    if (!f || f->code != code || !text || !*text || !*f->report)
        return NULL;
    return gale__str_starts_with(gale__str(f->message), gale__str(text)) ? f->report : NULL;
}

/* --- names ------------------------------------------------------------------------------ */

/* Below what a call gives: what the class has, the application's functions, the handler's names. */
struct layers {
    gale_namespace own, ui, handler;
};

/* A chain of names with tail at its end, the nodes copied: they are the caller's. */
static int put_above(struct gale__arena *arena, const gale_namespace *names,
                     const gale_namespace *tail, const gale_namespace **out)
{
    gale_namespace *copies;
    size_t n = 0;

    *out = tail;
    for (const gale_namespace *l = names; l; l = l->next)
        n++;
    if (!n)
        return 0;
    copies = gale__arena_alloc(arena, n * sizeof(*copies));
    if (!copies)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++, names = names->next) {
        copies[i] = *names;
        copies[i].next = i + 1 < n ? &copies[i + 1] : tail;
    }
    *out = copies;
    return 0;
}

/* May wait, as the class's hook does. What it gave in .values is layers->own.values. */
static int make_layers(gale_handler *self, struct layers *l, const gale_namespace *names,
                       const gale_namespace **out)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    const gale_namespace *below = &l->handler;
    int r = 0;

    *l = (struct layers){ .handler = { .names = gale__handler_names, .context = self } };
    if (self->app->settings.ui_methods) {
        l->ui = (gale_namespace){ .names = self->app->settings.ui_methods,
                                  .context = self,
                                  .next = below };
        below = &l->ui;
    }
    if (hooks->get_template_namespace && self->app == self->route->app) {
        l->own.context = self;
        r = hooks->get_template_namespace(self, &l->own);
        if (r >= 0)
            r = put_above(&self->x->arena, &l->own, below, &below);
    }
    return r < 0 ? r : put_above(&self->x->arena, names, below, out);
}

/* --- rendering -------------------------------------------------------------------------- */

struct mark {
    struct gale__list link; /* of the page's renderings */
    const struct gale__co *co;
};

/* A small stack is the user's wish: half of it is to do. */
static bool is_stack_short(void)
{
    size_t half = gale__stack_size() / 2;

    return gale__co_stack_left() < (half < MIN_STACK ? half : MIN_STACK);
}

/* Templates that render templates may do so without end, and so may hooks that render some. */
static int enter(struct gale__page *page, struct mark *mark)
{
    size_t n = 0;

    mark->co = gale__co_current();
    for (struct gale__list *l = page->renderings.next; l != &page->renderings; l = l->next)
        n += GALE_CONTAINER_OF(l, struct mark, link)->co == mark->co;
    if (n >= MAX_NESTED || (n && is_stack_short()))
        return gale_err(GALE_ETOOBIG, "templates render templates more than %zu deep", n);
    gale__list_append(&page->renderings, &mark->link);
    return 0;
}

/* A loader that the application gave may keep what has changed: without the setting's cache each
 * request has it forget. */
static void refresh(gale_handler *self, struct gale__page *page, const struct gale__app_loader *l)
{
    if (l->is_given && page->reset != l &&
        self->app->settings.compiled_template_cache == GALE_OFF) {
        page->reset = l;
        gale_loader_reset(l->loader);
    }
}

static int run(gale_handler *self, struct gale__page *page, const char *name,
               const gale_namespace *names, gale_template_out *out)
{
    const struct gale__app_loader *l;
    gale_template_error error;
    int r = gale__template_loader(self, &l);

    if (r < 0)
        return r;
    refresh(self, page, l);
    error.message[0] = error.report[0] = 0;
    r = gale_loader_render(l->loader, name, names, out, &error);
    return r < 0 ? keep_failure(self, page, r, &error) : 0;
}

int gale__page_render(gale_handler *self, const char *name, const gale_namespace *names,
                      struct gale__page_out *out)
{
    struct gale__page *page = gale__page(self);
    const gale_namespace *all;
    struct layers layers;
    struct mark mark;
    int r;

    if (!page)
        return self->failed;
    if (!name)
        return gale_err(GALE_EINVAL, "the name of the template is NULL");
    r = enter(page, &mark);
    if (r < 0)
        return r;
    r = make_layers(self, &layers, names, &all);
    if (r >= 0)
        r = run(self, page, name, all, &out->out);
    gale__list_remove(&mark.link);
    json_decref(layers.own.values);
    return r;
}

int gale__page_fail(gale_handler *self, const char *name, int code, const char *text)
{
    gale_template_error error;

    gale__template_fail(&error, code, name, "%s at %s", text, name);
    return keep_failure(self, self->more->page, code, &error);
}

int gale__page_check_values(const struct json_t *values, bool may_be_null, const char *what,
                            const char *file, int line)
{
    if (!values && !may_be_null)
        return gale_err(GALE_EINVAL, "%s:%d: %s: the values are NULL (a bad json_pack format?)",
                        file, line, what);
    if (values && !json_is_object(values))
        return gale_err(GALE_EINVAL, "%s:%d: %s: the values are no object", file, line, what);
    return 0;
}

/* --- pages ------------------------------------------------------------------------------ */

/* The page could not be made: that ends the request, now when nobody else would. */
static int give_up(gale_handler *self, int code)
{
    const struct gale__page *page = self->more ? self->more->page : NULL;

    if (page && page->failure && !self->in_error_page && !self->failed && !GALE_IS_EHTTP(code) &&
        gale__page_report(self, code, gale_strerror(code))) {
        self->error_code = code;
        self->error_text = page->failure->message; /* the detail is cut */
    }
    gale__page_set_quiet_status(self, code);
    gale__handler_failed(self, code);
    return gale_finish(self);
}

/* Renders the page and makes it the body. */
static int make_body(gale_handler *self, const char *name, const gale_namespace *names)
{
    struct gale__page_out out;
    int r;

    gale__page_out_init(&out, &self->x->arena);
    r = gale__page_render(self, name, names, &out);
    if (r >= 0 && self->more->page->modules)
        r = gale__page_add_assets(self, name, &out.out);
    if (r >= 0)
        return gale__take_body(self, "gale_render", out.out.data, out.out.len, out.out.cap,
                               out.on_heap);
    gale__page_out_free(&out);
    return r;
}

static int check(gale_handler *self)
{
    if (self->may_not_answer)
        return gale__handler_may_not(self, "gale_render");
    if (self->finished)
        return gale_err(GALE_ESTATE, "gale_render after gale_finish");
    return 0;
}

int gale_render_names(gale_handler *self, const char *name, const gale_namespace *names)
{
    int r = check(self);

    if (r < 0)
        return r;
    r = gale__check_writable(self, "gale_render");
    if (r >= 0)
        r = make_body(self, name, names);
    if (r >= 0)
        return gale_finish(self);
    return self->finished ? r : give_up(self, r);
}

int gale_render_at(gale_handler *self, const char *name, struct json_t *values, bool may_be_null,
                   const char *file, int line)
{
    const gale_namespace names = { .values = values };
    int r = check(self);

    if (r >= 0) {
        r = gale__page_check_values(values, may_be_null, "gale_render", file, line);
        r = r < 0 ? give_up(self, r) : gale_render_names(self, name, &names);
    }
    json_decref(values);
    return r;
}

/* --- texts ------------------------------------------------------------------------------ */

/* What was rendered, with a NUL behind it, as memory of the request. */
static int keep_text(gale_handler *self, struct gale__page_out *out, gale_str *text)
{
    struct gale__rendering *outer = gale__context_here()->rendering;
    size_t len = out->out.len;
    int r = gale_template_write(&out->out, "", 1);

    if (r >= 0 && outer)
        r = gale__output_keep(outer, len);
    if (r >= 0 && out->on_heap)
        r = gale__arena_defer_last(&self->x->arena, gale__free, out->out.data);
    if (r < 0) {
        gale__page_out_free(out);
        return r;
    }
    *text = (gale_str){ out->out.data, len };
    return 0;
}

int gale_render_string_names(gale_handler *self, const char *name, const gale_namespace *names,
                             gale_str *out)
{
    struct gale__page_out page;
    int r;

    gale__page_out_init(&page, &self->x->arena);
    r = gale__page_render(self, name, names, &page);
    if (r >= 0)
        return keep_text(self, &page, out);
    gale__page_out_free(&page);
    return r;
}

int gale_render_string_at(gale_handler *self, const char *name, struct json_t *values,
                          bool may_be_null, gale_str *out, const char *file, int line)
{
    const gale_namespace names = { .values = values };
    int r = gale__page_check_values(values, may_be_null, "gale_render_string", file, line);

    if (r >= 0)
        r = gale_render_string_names(self, name, &names, out);
    json_decref(values);
    return r;
}

gale_handler *gale_call_handler(const gale_call *call)
{
    const gale_namespace *l = gale__rendering(call->rendering)->names;

    while (l && l->names != gale__handler_names)
        l = l->next;
    return l ? l->context : NULL;
}

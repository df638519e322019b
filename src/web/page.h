/* page.h - a request's pages while they are rendered: private to src/web.
 *
 * self->more->page is made when the first template is rendered.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_PAGE_H
#define GALE_WEB_PAGE_H

#include "base/list.h"
#include "web/handler.h"
#include "web/templates.h"

/* What set_resources() said in the template of that name. */
struct gale__ui_resources {
    const char *path;
    gale_ui_assets assets;
    struct gale__ui_resources *next;
};

/* A UI module in use; its state follows. */
struct gale_module {
    _Alignas(16) gale_handler *handler;
    const struct gale__ui_class *cls;
    struct gale__ui_resources *resources; /* in the order they came */
    gale_module *next;                    /* in the order of first use */
};

/* A template that failed: what is told of it. */
struct gale__template_failure {
    int code;
    const char *message;
    const char *report; /* lines */
    const char *first;  /* of these, those of what went wrong first */
    int n_causes;       /* templates within templates that failed with it */
};

struct gale__page {
    struct gale__list renderings;                 /* under way, of all the request's coroutines */
    gale_module *modules;                         /* that this page uses */
    struct headers_value *headers;                /* request.headers; NULL: not asked for yet */
    const struct gale__app_loader *reset;         /* whose cache was emptied for the request */
    const struct gale__template_failure *failure; /* the last one; NULL: none */
};

/* The request's, made when it is not there. NULL: no memory (the request has failed). */
struct gale__page *gale__page(gale_handler *self);

/* Forgets the UI modules of a page that will not be answered. */
static inline void gale__page_clear(gale_handler *self)
{
    if (self->more && self->more->page)
        self->more->page->modules = NULL;
}

/* The report of a failure whose code and text these are, when it is a template's; or NULL. */
const char *gale__page_report(const gale_handler *self, int code, const char *text);

/* errors.c: what the access line says when a page is given up with code because nobody waits for
 * it; else nothing is done. */
void gale__page_set_quiet_status(gale_handler *self, int code);

/* Where a template is rendered to: arena first (which may be NULL), then the heap. */
struct gale__page_out {
    gale_template_out out; /* .context is this */
    struct gale__arena *arena;
    bool on_heap;
};
void gale__page_out_init(struct gale__page_out *out, struct gale__arena *arena);
void gale__page_out_free(struct gale__page_out *out);

/* template_loader.c: where templates of what runs in self come from; borrowed. */
int gale__template_loader(gale_handler *self, const struct gale__app_loader **out) GALE_MUST_USE;

/* May wait. Renders the template of that name with names, below which the handler's are. 0, or a
 * code whose text says what and where. */
int gale__page_render(gale_handler *self, const char *name, const gale_namespace *names,
                      struct gale__page_out *out) GALE_MUST_USE;

/* The object of a call with json; NULL only where the word stood. Else a failure that names what,
 * file and line. */
int gale__page_check_values(const struct json_t *values, bool may_be_null, const char *what,
                            const char *file, int line) GALE_MUST_USE;

/* The page of the template of that name cannot be, for what text says. Gives the code. */
int gale__page_fail(gale_handler *self, const char *name, int code, const char *text);

/* ui_page.c: puts what its UI modules bring into the page of the template of that name. */
int gale__page_add_assets(gale_handler *self, const char *name,
                          gale_template_out *page) GALE_MUST_USE;

/* template_names.c: what every template of a handler knows; their context is the handler. */
extern const gale_name gale__handler_names[];

#endif

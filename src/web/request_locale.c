/* request_locale.c - the language of a request.
 *
 * It is of its route's application, whoever asks: a mounted application without translations has
 * those of the one around it.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <gale/log.h>
#include <gale/render.h>

#include "gen/co.h"
#include "web/handler.h"

struct gale__language {
    const gale_locale *locale; /* once state is ASKED */
    bool was_looked_after;     /* the translations, in this request */
    enum { NOT_ASKED, ASKING, ASKED } state;
    const struct gale__co *asker; /* whose .get_user_locale it is; NULL: outside of coroutines */
    struct gale__waitq waiters;   /* coroutines that asked while another one's hook waited */
};

static struct gale__language *language_of(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);
    struct gale__language *l = more ? more->language : NULL;

    if (!more || l)
        return l;
    l = gale__arena_zalloc(&self->x->arena, sizeof(*l));
    if (!l) {
        gale__handler_failed(self, -ENOMEM);
        return NULL;
    }
    gale__waitq_init(&l->waiters);
    more->language = l;
    return l;
}

/* While one works on the files, the next request sees what has changed. */
static void look_after(gale_handler *self, struct gale__languages *languages)
{
    struct gale__language *l = language_of(self);
    int r;

    if (!l || l->was_looked_after)
        return;
    l->was_looked_after = true;
    r = gale_translations_reload(languages->set);
    if (r < 0)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "translations: not read again: %s",
                 gale_strerror(r));
}

gale_translations *gale_handler_translations(gale_handler *self)
{
    gale_app *app = self->route->app;

    while (app && !app->languages.set)
        app = app->parent;
    if (!app)
        return NULL;
    if (app->languages.reloads)
        look_after(self, &app->languages);
    return app->languages.set;
}

const gale_locale *gale_handler_browser_locale(gale_handler *self, const char *fallback)
{
    gale_translations *t = gale_handler_translations(self);

    return gale_get_browser_locale(t, gale_request_header(&self->x->request, "Accept-Language"),
                                   fallback);
}

static void set_locale(struct gale__language *l, const gale_locale *locale)
{
    l->locale = locale;
    l->state = ASKED;
    gale__waitq_wake_all(&l->waiters, 0);
}

/* What the class says, unless somebody else has said it meanwhile. */
static void ask_class(gale_handler *self, struct gale__language *l)
{
    const gale_locale *locale;
    gale_app *app = self->app;

    l->state = ASKING;
    l->asker = gale__co_current();
    self->app = self->route->app; /* the class's, whoever asks */
    locale = self->cls->hooks.get_user_locale(self);
    self->app = app;
    if (l->state != ASKED)
        set_locale(l, locale ? locale : gale_handler_browser_locale(self, NULL));
}

const gale_locale *gale_handler_locale(gale_handler *self)
{
    struct gale__language *l = language_of(self);
    int r = 0;

    if (l && l->state == ASKING && l->asker != gale__co_current())
        r = gale__waitq_wait(&l->waiters, "gale_handler_locale", INT64_MAX);
    if (!l || r < 0 || l->state == ASKING)
        return gale_handler_browser_locale(self, NULL);
    if (l->state == NOT_ASKED && self->cls->hooks.get_user_locale)
        ask_class(self, l);
    else if (l->state == NOT_ASKED)
        set_locale(l, gale_handler_browser_locale(self, NULL));
    return l->locale;
}

void gale_set_handler_locale(gale_handler *self, const gale_locale *locale)
{
    struct gale__language *l = language_of(self);

    if (l)
        set_locale(l, locale ? locale : gale_handler_browser_locale(self, NULL));
}

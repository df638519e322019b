/* user.c - who asks: the user, loaded once, and the way to the login page. */
/* SPDX-License-Identifier: MIT */
#include "web/user.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <gale/json.h>

#include "base/escape.h"
#include "base/str.h"

/* One of those who were the user of the request: whoever has asked may still hold him. */
struct kept {
    json_t *user;
    struct kept *next;
};

struct gale__user {
    json_t *user; /* NULL: nobody */
    struct kept *kept;
    enum { NOT_ASKED, ASKING, ASKED } state;
    const struct gale__co *loader; /* that asks; NULL: it does so outside of coroutines */
    struct gale__waitq waiters;    /* coroutines that asked while another one's loader waited */
};

/* After all other deferred calls of the request: they may still ask. */
static void let_go(void *arg)
{
    struct gale__user *u = arg;

    for (struct kept *k = u->kept; k; k = k->next)
        json_decref(k->user);
}

static struct gale__user *user_of(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);
    struct gale__user *u;

    if (!more || more->user)
        return more ? more->user : NULL;
    u = gale__arena_zalloc(&self->x->arena, sizeof(*u));
    if (!u || gale__arena_defer_last(&self->x->arena, let_go, u) < 0) {
        gale__handler_failed(self, -ENOMEM);
        return NULL;
    }
    gale__waitq_init(&u->waiters);
    more->user = u;
    return u;
}

/* null and false stand for nobody: a loader may well pass on what a database gave. */
static int set_user(gale_handler *self, struct gale__user *u, json_t *user)
{
    struct kept *kept;

    if (json_is_null(user) || json_is_false(user))
        user = NULL; /* they are not counted */
    if (user) {
        kept = gale__arena_alloc(&self->x->arena, sizeof(*kept));
        if (!kept) {
            json_decref(user);
            return -ENOMEM;
        }
        *kept = (struct kept){ user, u->kept };
        u->kept = kept;
    }
    u->user = user;
    u->state = ASKED;
    gale__waitq_wake_all(&u->waiters, 0);
    return 0;
}

/* Runs the loader. One that failed has told of nobody, and is asked again. */
static int load(gale_handler *self, struct gale__user *u)
{
    gale_app *app = self->app;
    json_t *user = NULL;
    int r;

    u->state = ASKING;
    u->loader = gale__co_current();
    self->app = self->route->app; /* the class's, whoever asks */
    r = self->cls->hooks.get_current_user(self, &user);
    self->app = app;
    if (u->state == ASKED) { /* meanwhile it was said who it is */
        json_decref(user);
        return 0;
    }
    if (r >= 0)
        r = set_user(self, u, user);
    else
        json_decref(user);
    if (r >= 0)
        return 0;
    u->state = NOT_ASKED;
    gale__waitq_wake_all(&u->waiters, 0);
    return r;
}

static int ask(gale_handler *self, struct gale__user *u)
{
    int r = 0;

    if (u->state == ASKING && u->loader == gale__co_current())
        return gale_err(GALE_ESTATE, "gale_current_user in .get_current_user: it would wait for "
                                     "itself");
    while (r >= 0 && u->state == ASKING)
        r = gale__waitq_wait(&u->waiters, "gale_current_user", INT64_MAX);
    if (r < 0 || u->state == ASKED)
        return r;
    if (self->cls->hooks.get_current_user)
        return load(self, u);
    u->state = ASKED;
    return 0;
}

/* A child that was cancelled has failed by itself: the request goes on. */
static bool is_own_end(const gale_handler *self, int r)
{
    return r == GALE_ECANCELED && gale_is_cancelled() && gale__co_current() != self->co;
}

/* The user in *user, or NULL there. */
static int find_user(gale_handler *self, json_t **user)
{
    struct gale__user *u = user_of(self);
    int r = u ? ask(self, u) : self->failed;

    if (r < 0 && !is_own_end(self, r))
        gale__handler_failed(self, r);
    *user = r < 0 ? NULL : u->user;
    return r < 0 ? r : 0;
}

json_t *gale_current_user(gale_handler *self)
{
    json_t *user;

    return find_user(self, &user) < 0 ? NULL : user;
}

void gale_set_current_user(gale_handler *self, json_t *user)
{
    struct gale__user *u = user_of(self);

    if (!u)
        json_decref(user);
    else if (set_user(self, u, user) < 0)
        gale__handler_failed(self, -ENOMEM);
}

bool gale__user_is_known(const gale_handler *self)
{
    return self->more && self->more->user && self->more->user->user;
}

const char *gale_login_url(gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    const char *url = hooks->get_login_url ? hooks->get_login_url(self)
                                           : gale__handler_app(self)->settings.login_url;

    if (!url)
        gale_err(GALE_ESTATE, hooks->get_login_url
                                  ? "get_login_url of the class gave no URL"
                                  : "where to log in: the setting login_url is missing");
    return url;
}

/* "https://…" or "//host": another place, which has to be told all of our URL. */
static bool is_absolute(const char *url)
{
    size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return strncmp(url, "//", 2) == 0 || (n > 0 && url[n] == ':');
}

/* Where to go on, in the request's memory: path and query, of a target that was sent in one with
 * its host, too. */
static const char *own_url(gale_handler *self, bool with_host)
{
    const gale_request *request = &self->x->request;
    const char *query = request->query;

    if (request->uri[0] == '/')
        return with_host ? gale_request_full_url(request) : request->uri;
    return gale_printf_alloc(self, "%s%s%s%s%s%s", with_host ? gale_request_protocol(request) : "",
                             with_host ? "://" : "", with_host ? gale_request_host(request) : "",
                             request->path, *query ? "?" : "", query);
}

static int redirect_to_login(gale_handler *self)
{
    const char *login = gale_login_url(self), *next;
    struct gale__buf url;
    int r;

    if (!login)
        return gale__handler_failed(self, GALE_ESTATE);
    if (strchr(login, '?'))
        return gale_redirect(self, login);
    next = own_url(self, is_absolute(login));
    if (!next)
        return gale__handler_failed(self, -ENOMEM);
    gale__buf_init(&url, SIZE_MAX / 8);
    gale__buf_append_cstr(&url, login);
    gale__buf_append_cstr(&url, "?next=");
    gale__url_escape(&url, gale__str(next), true);
    r = gale__buf_cstr(&url) ? gale_redirect(self, url.ptr) : gale__handler_failed(self, -ENOMEM);
    gale__buf_deinit(&url);
    return r;
}

int gale_require_user(gale_handler *self)
{
    enum gale__method method = gale__handler_method(self);
    json_t *user;
    int r = find_user(self, &user);

    if (r < 0 || user)
        return r;
    if (self->failed)
        return self->failed;
    if (method != GALE__METHOD_GET && method != GALE__METHOD_HEAD)
        return gale_fail(self, 403, NULL);
    r = redirect_to_login(self);
    return r < 0 ? r : 1;
}

int gale_authenticated_before(gale_handler *self, void *unused)
{
    (void)unused;
    if (self->cls->verbs[gale__handler_method(self)] == gale__answer_options)
        return 0; /* preflights bring no cookies, and nothing is told */
    return gale_require_user(self);
}

/* user.c - who asks: the user, loaded once, and the way to the login page. */
/* SPDX-License-Identifier: MIT */
#include "web/user.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <gale/json.h>

#include "base/escape.h"
#include "base/str.h"

struct gale__user {
    json_t *user; /* NULL: nobody */
    enum { NOT_ASKED, ASKING, ASKED } state;
    struct gale__waitq waiters; /* coroutines that asked while another one's loader waited */
};

static struct gale__user *user_of(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);

    if (!more || more->user)
        return more ? more->user : NULL;
    more->user = gale__arena_zalloc(&self->x->arena, sizeof(*more->user));
    if (more->user)
        gale__waitq_init(&more->user->waiters);
    else
        gale__handler_failed(self, -ENOMEM);
    return more->user;
}

/* null and false stand for nobody: a loader may well pass on what a database gave. */
static void set_user(struct gale__user *u, json_t *user)
{
    if (json_is_null(user) || json_is_false(user))
        user = NULL; /* they are not counted */
    json_decref(u->user);
    u->user = user;
    u->state = ASKED;
    gale__waitq_wake_all(&u->waiters, 0);
}

/* Runs the loader. One that failed has told of nobody, and is asked again. */
static int load(gale_handler *self, struct gale__user *u)
{
    json_t *user = NULL;
    int r;

    u->state = ASKING;
    r = self->cls->hooks.get_current_user(self, &user);
    if (u->state == ASKED) { /* meanwhile it was said who it is */
        json_decref(user);
        return 0;
    }
    if (r >= 0) {
        set_user(u, user);
        return 0;
    }
    json_decref(user);
    u->state = NOT_ASKED;
    gale__waitq_wake_all(&u->waiters, 0);
    return r;
}

static int ask(gale_handler *self, struct gale__user *u)
{
    int r = 0;

    while (r >= 0 && u->state == ASKING)
        r = gale__waitq_wait(&u->waiters, "gale_current_user", INT64_MAX);
    if (r < 0 || u->state == ASKED)
        return r;
    if (self->cls->hooks.get_current_user)
        return load(self, u);
    u->state = ASKED;
    return 0;
}

json_t *gale_current_user(gale_handler *self)
{
    struct gale__user *u = user_of(self);
    int r = u ? ask(self, u) : self->failed;

    if (r < 0)
        gale__handler_failed(self, r);
    return r < 0 || !u ? NULL : u->user;
}

void gale_set_current_user(gale_handler *self, json_t *user)
{
    struct gale__user *u = user_of(self);

    if (u)
        set_user(u, user);
    else
        json_decref(user);
}

bool gale__user_is_known(const gale_handler *self)
{
    return self->more && self->more->user && self->more->user->user;
}

void gale__user_end(gale_handler *self)
{
    struct gale__user *u = self->more->user;

    self->more->user = NULL;
    json_decref(u->user);
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

static int redirect_to_login(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    const char *login = gale_login_url(self), *next = request->uri;
    struct gale__buf url;
    int r;

    if (!login)
        return gale__handler_failed(self, GALE_ESTATE);
    if (strchr(login, '?'))
        return gale_redirect(self, login);
    if (is_absolute(login))
        next = gale_request_full_url(request);
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
    int r;

    if (gale_current_user(self))
        return 0;
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
    return gale_require_user(self);
}

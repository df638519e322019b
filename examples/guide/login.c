/* login.c - guide: logging in, current_user, and pages that need one; forms with XSRF tokens. */
/* SPDX-License-Identifier: MIT */
#include <gale/escape.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <string.h>

/* Who the user is: what the base class of all pages knows. It may wait for a database. */
static int site_get_current_user(gale_handler *self, json_t **user)
{
    gale_str name = gale_get_signed_cookie(self, "user", 1);

    if (name.ptr)
        *user = json_string(name.ptr);
    return 0;
}

static const gale_handler_class site = { .get_current_user = site_get_current_user };

static int home_get(gale_handler *self)
{
    return gale_printf(self,
                       "<!doctype html><title>Home</title><p>Hello, %s."
                       "<form method=post action=/logout>%s<button>Log out</button></form>\n",
                       gale_xhtml_escape(json_string_value(gale_current_user(self))),
                       gale_xsrf_form_html(self));
}

static const gale_handler_class home = {
    .parent = &site,
    .authenticated = GALE_ALL, /* without a user: to login_url with next */
    .get = home_get,
};

static int login_get(gale_handler *self)
{
    return gale_printf(self,
                       "<!doctype html><title>Log in</title><form method=post>%s"
                       "<input type=hidden name=next value=\"%s\">"
                       "<input name=name autofocus> <button>Log in</button></form>\n",
                       gale_xsrf_form_html(self), gale_xhtml_escape(gale_get_next(self, "/")));
}

static int login_post(gale_handler *self)
{
    const char *name;
    int r = gale_require_argument(self, "name", &name); /* a real site asks for a password */

    if (r < 0)
        return r;
    gale_set_signed_cookie(self, "user", (gale_str){ name, strlen(name) },
                           &(gale_cookie){ .http_only = GALE_ON, .same_site = GALE_SAME_SITE_LAX });
    return gale_redirect_status(self, gale_get_next(self, "/"), 303);
}

static const gale_handler_class login = { .parent = &site, .get = login_get, .post = login_post };

static int logout_post(gale_handler *self)
{
    gale_clear_cookie(self, "user", NULL);
    return gale_redirect_status(self, "/login", 303);
}

static const gale_handler_class logout = { .parent = &site, .post = logout_post };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &home },
                             { .url = "/login", .handler = &login },
                             { .url = "/logout", .handler = &logout },
                             { 0 },
                         },
                         &(gale_settings){
                             .cookie_secret = "in production: from a file",
                             .login_url = "/login",
                             .xsrf_cookies = GALE_ON,
                         }));
}

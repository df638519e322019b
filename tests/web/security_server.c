/* security_server.c - the application that test_security_wire.py talks to.
 *
 * Its first argument chooses how XSRF is checked: token, origin, both, v1, eager, host, bound.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdio.h>
#include <string.h>

/* The token, or the form with it, and whoever asks. */
static int token_get(gale_handler *self)
{
    const char *twice = gale_xsrf_token(self);

    if (gale_get_argument(self, "form", NULL))
        return gale_write(self, gale_xsrf_form_html(self));
    if (gale_get_argument(self, "plain", NULL))
        return gale_write(self, "no token here");
    return twice == gale_xsrf_token(self) ? gale_write(self, twice) : -1;
}

static int hello_get(gale_handler *self)
{
    return gale_write(self, "hello");
}

static int ok(gale_handler *self)
{
    return gale_write(self, "ok");
}

static int asks_itself(gale_handler *self)
{
    int r = gale_check_xsrf_cookie(self);

    return r < 0 ? r : gale_write(self, "checked");
}

static int never(gale_handler *self)
{
    return gale_fail(self, 403, "by the class's own check");
}

/* Tokens belong to the session that the cookie names. */
static int bind_initialize(gale_handler *self, void *arg)
{
    (void)arg;
    return gale_xsrf_bind(self, gale_get_cookie(self, "session", NULL));
}

/* Waits, as one that asks a database. */
static int load_user(gale_handler *self, struct json_t **user)
{
    gale_str name;
    int r = gale_sleep(0.001);

    if (r < 0)
        return r;
    name = gale_get_signed_cookie(self, "user", 0);
    *user = name.ptr ? json_stringn(name.ptr, name.len) : NULL;
    return 0;
}

static int login_post(gale_handler *self)
{
    const char *name;
    int r = gale_require_argument(self, "name", &name);

    if (r < 0)
        return r;
    gale_set_signed_cookie(self, "user", (gale_str){ name, strlen(name) },
                           &(gale_cookie){ .http_only = GALE_ON });
    return gale_redirect(self, gale_get_next(self, "/"));
}

static int whoami_get(gale_handler *self)
{
    gale_write(self, gale_xsrf_token(self));
    return gale_printf(self, " %s", json_string_value(gale_current_user(self)));
}

/* Signed and encrypted values: ?value= is set, what came is told. */
static int values_get(gale_handler *self)
{
    const char *value = gale_get_argument_raw(self, "value", NULL);
    gale_str s = gale_get_signed_cookie(self, "s", 0), e = gale_get_encrypted_cookie(self, "e", 0);

    if (value) {
        gale_set_signed_cookie(self, "s", (gale_str){ value, strlen(value) }, NULL);
        gale_set_encrypted_cookie(self, "e", (gale_str){ value, strlen(value) }, NULL);
    }
    return gale_printf(self, "s=%.*s e=%.*s key=%d", s.ptr ? (int)s.len : 4, s.ptr ? s.ptr : "none",
                       e.ptr ? (int)e.len : 4, e.ptr ? e.ptr : "none",
                       gale_get_signed_cookie_key_version(self, "s"));
}

static int cookies_get(gale_handler *self)
{
    const char *name, *value;

    for (size_t i = 0; gale_cookie_at(self, i, &name, &value); i++)
        gale_printf(self, "%s=%s\n", name, value);
    return 0;
}

static int set_get(gale_handler *self)
{
    gale_set_cookie(self, "plain", gale_get_argument_raw(self, "value", ""), NULL);
    gale_set_header(self, "X-Last", "yes");
    return gale_get_argument(self, "fail", NULL) ? gale_fail(self, 418, NULL) : 0;
}

static int api_fail(gale_handler *self)
{
    return gale_fail(self, 409, NULL);
}

static const char *const origins[] = { "https://app.example", NULL };
static const gale_cors api_rules = { .origins = origins, .credentials = GALE_ON, .max_age = 60 };
static const gale_middleware api_cors = {
    .before = gale_cors_before, .after = gale_cors_after, .arg = (void *)&api_rules, .name = "cors"
};
static const gale_middleware *const api_middleware[] = { &api_cors, NULL };
static const gale_middleware members = { .before = gale_authenticated_before, .name = "members" };
static const gale_middleware *const member_middleware[] = { &members, NULL };

static const gale_handler_class token_handler = {
    .get = token_get,
    .post = ok,
    .put = ok,
    .delete_ = ok,
    .patch = ok,
    .options = ok,
    .other_method = ok,
};
static const gale_handler_class bound_handler = { .parent = &token_handler,
                                                  .initialize = bind_initialize };
static void set_careful_headers(gale_handler *self)
{
    gale_set_secure_headers(self, NULL);
}

static const gale_handler_class careful_handler = { .get = hello_get,
                                                    .set_default_headers = set_careful_headers };
static const gale_handler_class hello_handler = { .get = hello_get };
static const gale_handler_class open_handler = { .post = ok, .xsrf_cookies = GALE_OFF };
static const gale_handler_class itself_handler = { .post = asks_itself, .xsrf_cookies = GALE_OFF };
static const gale_handler_class never_handler = { .post = ok, .check_xsrf_cookie = never };
static const gale_handler_class login_handler = { .post = login_post, .xsrf_cookies = GALE_OFF };
static const gale_handler_class member_handler = { .get = whoami_get,
                                                   .post = ok,
                                                   .authenticated = GALE_ALL,
                                                   .get_current_user = load_user,
                                                   .xsrf_cookies = GALE_OFF };
static const gale_handler_class inner_handler = { .get = hello_get, .get_current_user = load_user };
static const gale_handler_class values_handler = { .get = values_get };
static const gale_handler_class cookies_handler = { .get = cookies_get };
static const gale_handler_class set_handler = { .get = set_get };
static const gale_handler_class api_handler = { .get = hello_get,
                                                .put = api_fail,
                                                .xsrf_cookies = GALE_OFF };

static void choose(const char *how, gale_settings *settings, gale_cookie *cookie)
{
    static const gale_secret secrets[] = { { 1, "first" }, { 2, "second" }, { 0, NULL } };

    if (strcmp(how, "origin") == 0)
        settings->xsrf_check = GALE_XSRF_ORIGIN;
    if (strcmp(how, "both") == 0)
        settings->xsrf_check = GALE_XSRF_BOTH;
    if (strcmp(how, "v1") == 0) {
        settings->xsrf_cookie_version = 1;
        settings->min_signed_version = 1;
    }
    if (strcmp(how, "eager") == 0)
        settings->xsrf_cookie_eager = GALE_ON;
    if (strcmp(how, "host") == 0) {
        settings->xsrf_cookie_name = "__Host-xsrf";
        cookie->secure = GALE_ON;
        cookie->same_site = GALE_SAME_SITE_STRICT;
        settings->xsrf_cookie = cookie;
    }
    if (strcmp(how, "rotated") == 0) {
        settings->cookie_secret = NULL;
        settings->cookie_secrets = secrets;
        settings->key_version = 2;
    }
}

int main(int argc, char **argv)
{
    static const char *const proxies[] = { "127.0.0.1", NULL };
    gale_route routes[] = {
        { .url = "/token", .handler = &token_handler },
        { .url = "/bound", .handler = &bound_handler },
        { .url = "/hello", .handler = &hello_handler },
        { .url = "/careful", .handler = &careful_handler },
        { .url = "/open", .handler = &open_handler },
        { .url = "/itself", .handler = &itself_handler },
        { .url = "/never", .handler = &never_handler },
        { .url = "/login", .handler = &login_handler },
        { .url = "/member", .handler = &member_handler },
        { .url = "/inner", .handler = &inner_handler, .middleware = member_middleware },
        { .url = "/values", .handler = &values_handler },
        { .url = "/cookies", .handler = &cookies_handler },
        { .url = "/set", .handler = &set_handler },
        { .url = "/api", .handler = &api_handler, .middleware = api_middleware },
        { 0 },
    };
    gale_cookie cookie = { 0 };
    gale_settings settings = { .cookie_secret = "It's a secret to everybody",
                               .xsrf_cookies = GALE_ON,
                               .login_url = "/login",
                               .server = { .xheaders = GALE_ON, .trusted_downstream = proxies } };

    if (argc > 1)
        choose(argv[1], &settings, &cookie);
    argv[argc > 1] = argv[0];
    return gale_main(argc > 1 ? argc - 1 : argc, argv + (argc > 1),
                     gale_app_new(routes, &settings));
}

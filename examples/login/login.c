/* login.c - a site whose users are others' users: who they are is asked from Google, GitHub, any
 * OpenID provider, or from one that is a part of this program and needs nothing but this machine.
 *
 *     ./login
 *     ./login --issuer=https://id.example.org --client-id=… --client-secret-file=…
 *     ./login --service=github --client-id=… --client-secret-file=…
 *
 * The login is two calls, in login_get and done_get; everything after them is the site's own. Who
 * the user is it keeps in an encrypted cookie, and the tokens in another: a site with a database
 * keeps there what it wants to know for longer.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/auth.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "services.h"

enum { COOKIE_MAX_BYTES = 2900 }; /* of what is encrypted: browsers keep 4096 */

static services *services_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

/* --- the session ---- */

static int keep(gale_handler *self, const char *name, const char *text)
{
    bool is_https = strcmp(gale_request_protocol(gale_handler_request(self)), "https") == 0;

    return gale_set_encrypted_cookie(self, name, (gale_str){ text, strlen(text) },
                                     &(gale_cookie){ .expires_days = -1, /* until it is closed */
                                                     .secure = is_https ? GALE_ON : GALE_OFF,
                                                     .http_only = GALE_ON,
                                                     .same_site = GALE_SAME_SITE_LAX });
}

/* A new reference, or NULL. */
static json_t *kept(gale_handler *self, const char *name)
{
    gale_str text = gale_get_encrypted_cookie(self, name, 1);

    return text.ptr ? gale_json_decode(text, NULL) : NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Takes session over. One that is too large for a cookie does without the claims. */
static int keep_session(gale_handler *self, json_t *session)
{
    const char *text = gale_json_encode(session);
    int r = text ? 0 : -ENOMEM;

    if (text && strlen(text) > COOKIE_MAX_BYTES) {
        json_object_set_new(session, "claims", json_object());
        text = gale_json_encode(session);
    }
    if (text)
        r = keep(self, "session", text);
    json_decref(session);
    return r;
}

/* For refreshing, and for logging out at the provider, which does without the ID token too. */
static int keep_tokens(gale_handler *self, const gale_auth_tokens *tokens)
{
    json_t *value = json_pack("{s:s*, s:s*}", "refresh_token", tokens->refresh_token, "id_token",
                              tokens->id_token);
    const char *text = gale_json_encode(value);
    int r = -ENOMEM;

    if (text && strlen(text) > COOKIE_MAX_BYTES) {
        json_object_del(value, "id_token");
        text = gale_json_encode(value);
    }
    if (text)
        r = strlen(text) > COOKIE_MAX_BYTES ? 0 : keep(self, "tokens", text);
    json_decref(value);
    return r;
}

static int begin_session(gale_handler *self, const char *service, const gale_auth_user *user)
{
    int r = keep_session(
        self,
        json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:b, s:s?, s:s?, s:f, s:b, s:i, s:O?}",
                  "service", service, "issuer", user->issuer, "id", user->id, "name", user->name,
                  "username", user->username, "email", user->email, "email_verified",
                  user->email_verified, "picture", user->picture, "scope", user->tokens.scope,
                  "expires", user->tokens.expires, "can_refresh",
                  user->tokens.refresh_token != NULL, "refreshed", 0, "claims", user->claims));

    return r < 0 ? r : keep_tokens(self, &user->tokens);
}

static void end_session(gale_handler *self)
{
    gale_clear_cookie(self, "session", NULL);
    gale_clear_cookie(self, "tokens", NULL);
}

static int site_get_current_user(gale_handler *self, json_t **user)
{
    *user = kept(self, "session");
    return 0;
}

/* Pictures are wherever the provider has them. */
static void site_set_default_headers(gale_handler *self)
{
    gale_set_secure_headers(self, "default-src 'self'; img-src 'self' https:");
}

/* --- logging in ---- */

static gale_auth_provider *provider_of(gale_handler *self)
{
    return service_provider(services_of(self), self, gale_path_argument_named(self, "service"));
}

/* Instead of the framework's error page: one with a way out. The log has the rest. */
static int show_failure(gale_handler *self)
{
    const gale_auth_failed *why = gale_auth_failure(self);

    gale_log(&gale_log_application, GALE_LOG_WARNING, "login with %s: %s: %s",
             gale_path_argument_named(self, "service"), gale_auth_reason_name(why->reason),
             why->text);
    gale_set_status(self, why->status, NULL);
    return gale_render(self, "failed.html",
                       json_pack("{s:s, s:s?, s:s?, s:s?}", "reason",
                                 gale_auth_reason_name(why->reason), "error", why->error,
                                 "description", why->description, "again",
                                 gale_path_argument_named(self, "service")));
}

static int login_get(gale_handler *self)
{
    gale_auth_provider *provider = provider_of(self);

    if (!provider)
        return gale_fail(self, 404, "no such way to log in");
    if (gale_authorize_redirect(self, provider, NULL) < 0)
        return show_failure(self);
    return 0;
}

static int done_get(gale_handler *self)
{
    gale_auth_provider *provider = provider_of(self);
    const gale_auth_user *user;
    int r;

    if (!provider)
        return gale_fail(self, 404, "no such way to log in");
    if (gale_get_authenticated_user(self, provider, &user) < 0)
        return show_failure(self);
    r = begin_session(self, gale_path_argument_named(self, "service"), user);
    return r < 0 ? r : gale_redirect_status(self, user->next, 303);
}

/* --- afterwards ---- */

/* The provider that the user came from; NULL: it is not configured any more. */
static gale_auth_provider *provider_of_user(gale_handler *self)
{
    const char *service = text_of(gale_current_user(self), "service");

    return service ? service_provider(services_of(self), self, service) : NULL;
}

static int take_refreshed(gale_handler *self, const gale_auth_tokens *tokens)
{
    json_t *session = json_copy(gale_current_user(self));
    json_int_t n = json_integer_value(json_object_get(session, "refreshed"));
    int r;

    json_object_set_new(session, "refreshed", json_integer(n + 1));
    json_object_set_new(session, "expires", json_real(tokens->expires));
    r = keep_session(self, session);
    return r < 0 ? r : keep_tokens(self, tokens);
}

/* The ID token, which the log-out shows, may not come anew: the old one stays. */
static int refresh_post(gale_handler *self)
{
    gale_auth_provider *provider = provider_of_user(self);
    json_t *old = kept(self, "tokens");
    const char *token = text_of(old, "refresh_token");
    const gale_auth_tokens *fresh;
    gale_auth_tokens all;
    int r = GALE_EAUTH;

    if (provider && token)
        r = gale_auth_refresh(provider, token, text_of(gale_current_user(self), "id"), &fresh);
    if (r >= 0) {
        all = *fresh;
        if (!all.id_token)
            all.id_token = text_of(old, "id_token");
        r = take_refreshed(self, &all);
    } else if (r == GALE_EAUTH) {
        end_session(self); /* the provider does not know this user any more */
        r = 0;
    }
    json_decref(old);
    return r < 0 ? r : gale_redirect_status(self, "/", 303);
}

static int logout_post(gale_handler *self)
{
    end_session(self);
    return gale_redirect_status(self, "/", 303);
}

static int provider_logout_post(gale_handler *self)
{
    gale_auth_provider *provider = provider_of_user(self);
    json_t *tokens = kept(self, "tokens");
    const char *id_token = text_of(tokens, "id_token");
    int r;

    end_session(self);
    r = provider ? gale_auth_logout_redirect(self, provider, id_token, "/")
                 : gale_redirect_status(self, "/", 303);
    json_decref(tokens);
    return r;
}

/* --- the page ---- */

/* [{"name": …, "text": …}] of all that was told. */
static json_t *describe_claims(json_t *session)
{
    json_t *list = json_array(), *value;
    const char *name;

    json_object_foreach(json_object_get(session, "claims"), name, value)
    {
        const char *text = json_is_string(value) ? json_string_value(value)
                                                 : gale_json_encode(value);

        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", name, "text", text ? text : ""));
    }
    return list;
}

static const char *describe_time(gale_handler *self, json_t *session)
{
    double time = json_number_value(json_object_get(session, "expires"));
    char *out = gale_alloc(self, 40);

    if (!out || time <= 0)
        return "not told";
    gale_format_timestamp(time, out, 40);
    return out;
}

static json_t *describe_services(const services *all)
{
    json_t *list = json_array();
    const struct service *s;

    for (size_t i = 0; (s = service_at(all, i)); i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", s->name, "label", s->label));
    return list;
}

static int home_get(gale_handler *self)
{
    json_t *user = gale_current_user(self);

    gale_set_header(self, "Cache-Control", "no-store");
    return gale_render(self, "home.html",
                       json_pack("{s:o, s:b, s:o, s:s, s:s}", "services",
                                 describe_services(services_of(self)), "is_local",
                                 services_are_local(services_of(self)), "claims",
                                 describe_claims(user), "expires", describe_time(self, user),
                                 "next", gale_get_next(self, "/")));
}

/* For users alone: others are led to the home page, and from there back here. */
static int secret_get(gale_handler *self)
{
    return gale_render(self, "secret.html", NULL);
}

/* --- the application ---- */

static const gale_handler_class site = { .get_current_user = site_get_current_user,
                                         .set_default_headers = site_set_default_headers };
static const gale_handler_class home = { .parent = &site, .get = home_get };
static const gale_handler_class secret = { .parent = &site,
                                           .authenticated = GALE_ALL,
                                           .get = secret_get };
static const gale_handler_class login = { .parent = &site, .get = login_get };
static const gale_handler_class done = { .parent = &site, .get = done_get };
static const gale_handler_class refresh = { .parent = &site,
                                            .authenticated = GALE_ALL,
                                            .post = refresh_post };
static const gale_handler_class logout = { .parent = &site, .post = logout_post };
static const gale_handler_class provider_logout = { .parent = &site, .post = provider_logout_post };

/* The routes below /provider serve this machine alone, and nobody when they are not needed. */
static gale_app *login_app(services *all, const char *cookie_secret)
{
    return gale_app_new(
        (gale_route[]){
            { .url = "/", .handler = &home },
            { .url = "/secret", .handler = &secret },
            { .url = "/login/{service}", .handler = &login },
            { .url = "/login/{service}/done", .handler = &done },
            { .url = "/refresh", .handler = &refresh },
            { .url = "/logout", .handler = &logout },
            { .url = "/logout/provider", .handler = &provider_logout },
            { .url = "/provider", .routes = local_provider_routes(all->local) },
            { 0 },
        },
        &(gale_settings){
            .data = all,
            .cookie_secret = cookie_secret,
            .login_url = "/",
            .xsrf_cookies = GALE_ON,
            .template_path = "templates",
            .static_path = "static",
            .server.xheaders = GALE_ON,
        });
}

static int options_are_read(gale_options *options, void *arg)
{
    (void)options;
    return services_make(arg);
}

/* Without one of one's own, sessions end with the program. */
static int make_secret(char out[65])
{
    unsigned char bytes[32];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return gale_err(-errno, "no random numbers");
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

int main(int argc, char **argv)
{
    static services all;
    const char *cookie_secret = getenv("LOGIN_SECRET");
    char random_secret[65];
    int status = services_define();

    all.local = local_provider_new();
    if (status >= 0)
        status = gale_options_add_parse_callback(gale_options_default(), options_are_read, &all);
    if (status >= 0)
        status = make_secret(random_secret);
    if (status < 0 || !all.local) {
        fprintf(stderr, "login: %s\n", gale_strerror(status < 0 ? status : -ENOMEM));
        return 1;
    }
    status = gale_main(argc, argv, login_app(&all, cookie_secret ? cookie_secret : random_secret));
    services_free(&all);
    return status;
}

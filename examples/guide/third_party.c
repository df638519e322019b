/* third_party.c - guide: login with an OpenID Connect provider, and what comes after it: pages for
 * users, asking the provider in their name, logging out. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/auth.h>
#include <gale/escape.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <stdio.h>
#include <string.h>

static gale_auth_provider *provider; /* of all loops and threads */

/* Runs when the options are known, before anything is served. */
static int options_are_read(gale_options *options, void *arg)
{
    (void)arg;
    provider = gale_auth_provider_new(&(gale_auth_options){
        .issuer = gale_option_str(options, "issuer"),
        .client_id = "the-guide", /* as it is registered there */
        .redirect_uri = "/login/done",
    });
    return provider ? 0 : GALE_EINVAL;
}

/* --- logging in --- */

static int login_get(gale_handler *self)
{
    return gale_authorize_redirect(self, provider, NULL);
}

/* From here on the user is who the cookies say. */
static int keep_user(gale_handler *self, const gale_auth_user *user)
{
    const gale_auth_tokens *tokens = &user->tokens;
    json_t *who = json_pack("{s:s, s:s, s:s?}", "issuer", user->issuer, "id", user->id, "name",
                            user->name);
    json_t *keys = json_pack("{s:s, s:s?, s:s?, s:f}", "access_token", tokens->access_token,
                             "refresh_token", tokens->refresh_token, "id_token", tokens->id_token,
                             "expires", tokens->expires);
    const gale_cookie options = { .http_only = GALE_ON, .same_site = GALE_SAME_SITE_LAX };
    const char *who_text = gale_json_encode(who), *keys_text = gale_json_encode(keys);
    int r = who_text && keys_text ? 0 : -ENOMEM;

    if (r >= 0)
        r = gale_set_signed_cookie(self, "user", (gale_str){ who_text, strlen(who_text) },
                                   &options);
    if (r >= 0)
        r = gale_set_encrypted_cookie(self, "tokens", (gale_str){ keys_text, strlen(keys_text) },
                                      &options);
    json_decref(who);
    json_decref(keys);
    return r;
}

static int done_get(gale_handler *self)
{
    const gale_auth_user *user;
    int r = gale_get_authenticated_user(self, provider, &user);

    if (r >= 0)
        r = keep_user(self, user);
    return r < 0 ? r : gale_redirect(self, user->next);
}

/* What a user sees when it did not work. */
static int done_write_error(gale_handler *self, int status)
{
    const gale_auth_failed *why = gale_auth_failure(self);

    if (why->reason == GALE_AUTH_DENIED)
        return gale_write(self, "<!doctype html><p>As you like. <a href=/>Back</a>\n");
    return gale_printf(self, "<!doctype html><p>%d: no login (%s). <a href=/login>Again</a>\n",
                       status, gale_auth_reason_name(why->reason));
}

static const gale_handler_class login = { .get = login_get };
static const gale_handler_class done = { .get = done_get, .write_error = done_write_error };

/* --- pages for users --- */

static int site_get_current_user(gale_handler *self, json_t **user)
{
    gale_str text = gale_get_signed_cookie(self, "user", 1);

    if (text.ptr)
        *user = gale_json_decode(text, NULL);
    return 0;
}

static const gale_handler_class site = {
    .get_current_user = site_get_current_user,
    .authenticated = GALE_ALL, /* without a user: to login_url with next */
};

static int home_get(gale_handler *self)
{
    const char *name = json_string_value(json_object_get(gale_current_user(self), "name"));

    return gale_printf(self,
                       "<!doctype html><title>Home</title><p>Hello, %s."
                       "<form method=post action=/logout>%s<button>Log out</button></form>\n",
                       gale_xhtml_escape(name), gale_xsrf_form_html(self));
}

static const gale_handler_class home = { .parent = &site, .get = home_get };

/* --- asking the provider --- */

/* What was kept, as long as kept lives. */
static gale_auth_tokens tokens_of(const json_t *kept)
{
    return (gale_auth_tokens){
        .access_token = json_string_value(json_object_get(kept, "access_token")),
        .refresh_token = json_string_value(json_object_get(kept, "refresh_token")),
        .id_token = json_string_value(json_object_get(kept, "id_token")),
        .expires = json_number_value(json_object_get(kept, "expires")),
    };
}

/* Waits. What it answers to the user's token; one that it does not take is changed for a new one.
 * (A site keeps the new ones, as keep_user() does; this one asks for them each time.) */
static int ask(gale_auth_tokens tokens, const char *url, gale_http_response **answer)
{
    const gale_auth_tokens *fresh;
    int r = gale_auth_fetch(provider, &tokens, url, NULL, answer);

    if (r < 0 || (*answer)->status != 401 || !tokens.refresh_token)
        return r;
    r = gale_auth_refresh(provider, tokens.refresh_token, NULL, &fresh);
    return r < 0 ? r : gale_auth_fetch(provider, fresh, url, NULL, answer);
}

static int email_get(gale_handler *self)
{
    gale_str text = gale_get_encrypted_cookie(self, "tokens", 1);
    json_t *kept = text.ptr ? gale_json_decode(text, NULL) : NULL;
    json_t *user = gale_current_user(self), *told = NULL;
    gale_http_response *answer;
    int r = ask(
        tokens_of(kept),
        gale_printf_alloc(self, "%s/userinfo", json_string_value(json_object_get(user, "issuer"))),
        &answer);

    if (r == GALE_EAUTH)
        r = gale_fail(self, 403, "the provider wants a new login");
    if (r >= 0)
        told = gale_json_decode(answer->body, &r);
    if (told)
        r = gale_printf(self, "%s\n", json_string_value(json_object_get(told, "email")));
    json_decref(told);
    json_decref(kept);
    return r;
}

static const gale_handler_class email = { .parent = &site, .get = email_get };

/* --- logging out --- */

/* Of this site, and at the provider, which sends the browser back to /bye. */
static int logout_post(gale_handler *self)
{
    gale_str text = gale_get_encrypted_cookie(self, "tokens", 1);
    json_t *kept = text.ptr ? gale_json_decode(text, NULL) : NULL;
    int r;

    gale_clear_cookie(self, "user", NULL);
    gale_clear_cookie(self, "tokens", NULL);
    r = gale_auth_logout_redirect(self, provider, tokens_of(kept).id_token, "/bye");
    json_decref(kept);
    return r;
}

static int bye_get(gale_handler *self)
{
    return gale_write(self, "<!doctype html><p>Good bye. <a href=/>Log in</a>\n");
}

static const gale_handler_class logout = { .parent = &site, .post = logout_post };
static const gale_handler_class bye = { .get = bye_get };

int main(int argc, char **argv)
{
    gale_options *options = gale_options_default();
    int status = gale_define(options, .name = "issuer", .help = "the provider",
                             .fallback = "http://localhost:9999/provider");

    if (status >= 0)
        status = gale_options_add_parse_callback(options, options_are_read, NULL);
    if (status < 0)
        return 1;
    status = gale_main(argc, argv,
                       gale_app_new(
                           (gale_route[]){
                               { .url = "/", .handler = &home },
                               { .url = "/email", .handler = &email },
                               { .url = "/login", .handler = &login },
                               { .url = "/login/done", .handler = &done },
                               { .url = "/logout", .handler = &logout },
                               { .url = "/bye", .handler = &bye },
                               { 0 },
                           },
                           &(gale_settings){
                               .cookie_secret = "in production: from a file",
                               .login_url = "/login",
                               .xsrf_cookies = GALE_ON,
                               .xsrf_check = GALE_XSRF_ORIGIN,
                           }));
    gale_auth_provider_free(provider);
    return status;
}

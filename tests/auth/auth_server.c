/* auth_server.c - the site that the wire tests of src/auth log in to.
 *
 * Its first argument is JSON: {"NAME": {…fields of gale_auth_options by name…}, …}, and
 * "no_secret": true for a site without cookie_secret. Lists of texts are lists, GALE_OFF is -1. The
 * rest of the command line is gale_main()'s.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/auth.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_PROVIDERS = 64,
    MAX_PARAMS = 8,
    MAX_ALGORITHMS = 8,
};

/* The site's providers. */
struct site {
    size_t n;
    struct {
        const char *name;
        gale_auth_provider *provider;
    } all[MAX_PROVIDERS];
};

static gale_auth_provider *provider_of(gale_handler *self)
{
    const struct site *site = gale_app_data(gale_handler_app(self));
    const char *name = gale_path_argument_named(self, "name");

    for (size_t i = 0; i < site->n; i++) {
        if (strcmp(site->all[i].name, name) == 0)
            return site->all[i].provider;
    }
    return NULL;
}

/* --- handlers --------------------------------------------------------------------- */

/* Which process and thread answered. */
static void name_thread(gale_handler *self)
{
    char text[64];

    snprintf(text, sizeof(text), "%d.%d", (int)getpid(), (int)gettid());
    gale_set_header(self, "X-Served-By", text);
}

/* The arguments x_NAME=VALUE are further parameters NAME. */
static void read_params(gale_handler *self, gale_pair *params)
{
    const char *name, *value;
    size_t n = 0;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value) && n < MAX_PARAMS; i++) {
        if (strncmp(name, "x_", 2) == 0)
            params[n++] = (gale_pair){ name + 2, value };
    }
    params[n] = (gale_pair){ NULL, NULL };
}

static int login_get(gale_handler *self)
{
    gale_pair params[MAX_PARAMS + 1];
    gale_authorize_options options = {
        .next = gale_get_argument(self, "to", NULL),
        .scope = gale_get_argument(self, "scope", NULL),
        .prompt = gale_get_argument(self, "prompt", NULL),
        .login_hint = gale_get_argument(self, "login_hint", NULL),
        .params = params,
    };
    int r = gale_has_argument(self, "max_age") ? gale_get_double(self, "max_age", &options.max_age)
                                               : 0;

    if (r < 0)
        return r;
    read_params(self, params);
    return gale_authorize_redirect(self, provider_of(self), &options);
}

static json_t *tokens_json(const gale_auth_tokens *t)
{
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:f, s:O?}", "access_token",
                     t->access_token, "token_secret", t->token_secret, "token_type", t->token_type,
                     "refresh_token", t->refresh_token, "id_token", t->id_token, "scope", t->scope,
                     "expires", t->expires, "json", t->json);
}

static json_t *user_json(const gale_auth_user *u)
{
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:b, s:f, s:O?, "
                     "s:s?, s:o}",
                     "provider", u->provider, "issuer", u->issuer, "id", u->id, "name", u->name,
                     "first_name", u->first_name, "last_name", u->last_name, "username",
                     u->username, "email", u->email, "locale", u->locale, "picture", u->picture,
                     "email_verified", u->email_verified, "auth_time", u->auth_time, "claims",
                     u->claims, "next", u->next, "tokens", tokens_json(&u->tokens));
}

static int done(gale_handler *self)
{
    const gale_auth_user *user;
    int r = gale_get_authenticated_user(self, provider_of(self), &user);

    return r < 0 ? r : gale_write_json(self, user_json(user));
}

/* Why, to the test: a real site tells a user less. */
static int write_failure(gale_handler *self, int status)
{
    const gale_auth_failed *f = gale_auth_failure(self);

    return gale_json(self, "{s:s, s:i, s:i, s:s?, s:s?, s:s?}", "reason",
                     gale_auth_reason_name(f->reason), "status", f->status, "answered", status,
                     "text", f->text, "error", f->error, "description", f->description);
}

static int write_tokens(gale_handler *self, int r, const gale_auth_tokens *tokens)
{
    if (r < 0)
        return gale_json(self, "{s:s, s:s}", "code", gale_errname(r), "text", gale_strerror(r));
    return gale_write_json(self, tokens_json(tokens));
}

static int refresh_post(gale_handler *self)
{
    const gale_auth_tokens *tokens = NULL;
    int r = gale_auth_refresh(provider_of(self), gale_get_body_argument(self, "token", ""),
                              gale_get_body_argument(self, "subject", NULL), &tokens);

    return write_tokens(self, r, tokens);
}

static int grant_post(gale_handler *self)
{
    const gale_auth_tokens *tokens = NULL;
    gale_pair params[MAX_PARAMS + 1];
    int r;

    read_params(self, params);
    r = gale_auth_grant(provider_of(self), gale_get_body_argument(self, "grant_type", ""), params,
                        &tokens);
    return write_tokens(self, r, tokens);
}

static int revoke_post(gale_handler *self)
{
    int r = gale_auth_revoke(provider_of(self), gale_get_body_argument(self, "token", ""));

    return gale_json(self, "{s:s, s:s}", "code", r < 0 ? gale_errname(r) : "0", "text",
                     r < 0 ? gale_strerror(r) : "");
}

/* With arguments x_NAME=VALUE a form is sent. */
static int fetch_post(gale_handler *self)
{
    gale_auth_tokens tokens = { .access_token = gale_get_body_argument(self, "token", NULL),
                                .token_secret = gale_get_body_argument(self, "secret", NULL) };
    gale_http_header form[MAX_PARAMS + 1] = { { NULL, NULL } };
    gale_pair params[MAX_PARAMS + 1];
    gale_http_response *answer = NULL;
    gale_http_request request = { 0 };
    int r;

    read_params(self, params);
    for (size_t i = 0; params[i].name; i++)
        form[i] = (gale_http_header){ params[i].name, params[i].value };
    request.form = params[0].name ? form : NULL;
    r = gale_auth_fetch(provider_of(self), &tokens, gale_get_body_argument(self, "url", ""),
                        &request, &answer);
    if (r < 0)
        return gale_json(self, "{s:s, s:s}", "code", gale_errname(r), "text", gale_strerror(r));
    return gale_json(self, "{s:i, s:s%}", "status", answer->status, "body", answer->body.ptr,
                     answer->body.len);
}

static int logout(gale_handler *self)
{
    return gale_auth_logout_redirect(self, provider_of(self),
                                     gale_get_argument(self, "id_token", NULL),
                                     gale_get_argument(self, "next", NULL));
}

static int home_get(gale_handler *self)
{
    return gale_write(self, "home");
}

static const gale_handler_class base_handler = { .set_default_headers = name_thread,
                                                 .write_error = write_failure,
                                                 .xsrf_cookies = GALE_OFF };
static const gale_handler_class home_handler = { .parent = &base_handler, .get = home_get };
static const gale_handler_class login_handler = { .parent = &base_handler, .get = login_get };
static const gale_handler_class done_handler = { .parent = &base_handler,
                                                 .get = done,
                                                 .post = done };
static const gale_handler_class refresh_handler = { .parent = &base_handler, .post = refresh_post };
static const gale_handler_class grant_handler = { .parent = &base_handler, .post = grant_post };
static const gale_handler_class revoke_handler = { .parent = &base_handler, .post = revoke_post };
static const gale_handler_class fetch_handler = { .parent = &base_handler, .post = fetch_post };
static const gale_handler_class logout_handler = { .parent = &base_handler,
                                                   .get = logout,
                                                   .post = logout };

/* --- the command line ------------------------------------------------------------- */

#define TEXT(name)                                                                                 \
    {                                                                                              \
#name, offsetof(gale_auth_options, name)                                                   \
    }

static const struct field {
    const char *name;
    size_t offset;
} texts[] = { TEXT(service),      TEXT(name),
              TEXT(client_id),    TEXT(client_secret),
              TEXT(redirect_uri), TEXT(scope),
              TEXT(issuer),       TEXT(authorize_url),
              TEXT(token_url),    TEXT(request_token_url),
              TEXT(userinfo_url), TEXT(emails_url),
              TEXT(jwks_url),     TEXT(logout_url),
              TEXT(revoke_url),   TEXT(response_mode),
              TEXT(user_fields) },
  switches[] = { TEXT(protocol), TEXT(client_auth), TEXT(pkce), TEXT(userinfo), TEXT(allow_http) },
  times[] = { TEXT(leeway), TEXT(state_max_age), TEXT(request_timeout) };

static bool find(const struct field *fields, size_t n, const char *name, size_t *offset)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            *offset = fields[i].offset;
            return true;
        }
    }
    return false;
}

/* Sets one option; false when there is none of that name. */
static bool set_option(gale_auth_options *options, const char *name, const json_t *value)
{
    char *base = (char *)options;
    size_t at;

    if (find(texts, sizeof(texts) / sizeof(*texts), name, &at)) {
        const char *text = json_string_value(value);

        memcpy(base + at, &text, sizeof(text));
    } else if (find(switches, sizeof(switches) / sizeof(*switches), name, &at)) {
        int number = (int)json_integer_value(value);

        memcpy(base + at, &number, sizeof(number));
    } else if (find(times, sizeof(times) / sizeof(*times), name, &at)) {
        double number = json_number_value(value);

        memcpy(base + at, &number, sizeof(number));
    } else {
        return false;
    }
    return true;
}

static gale_auth_provider *make_provider(json_t *object)
{
    const char *algorithms[MAX_ALGORITHMS + 1] = { NULL };
    gale_auth_options options = { 0 };
    gale_jwks *keys = NULL;
    gale_auth_provider *provider;
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (strcmp(name, "algorithms") == 0) {
            for (size_t i = 0; i < json_array_size(value) && i < MAX_ALGORITHMS; i++)
                algorithms[i] = json_string_value(json_array_get(value, i));
            options.algorithms = algorithms;
        } else if (strcmp(name, "decryption_keys") == 0) {
            const char *text = json_string_value(value);

            keys = gale_jwks_parse((gale_str){ text, strlen(text) }, NULL);
            options.decryption_keys = keys;
        } else if (!set_option(&options, name, value)) {
            fprintf(stderr, "auth_server: no option '%s'\n", name);
            return NULL;
        }
    }
    provider = gale_auth_provider_new(&options);
    gale_jwks_unref(keys);
    return provider;
}

static int make_site(struct site *site, json_t *config)
{
    const char *name;
    json_t *value;

    json_object_foreach(config, name, value)
    {
        if (!json_is_object(value))
            continue;
        if (site->n == MAX_PROVIDERS)
            return -1;
        site->all[site->n].name = name;
        site->all[site->n].provider = make_provider(value);
        if (!site->all[site->n].provider) {
            fprintf(stderr, "auth_server: %s: %s\n", name, gale_strerror(GALE_EINVAL));
            return -1;
        }
        site->n++;
    }
    return 0;
}

static int serve(int argc, char **argv, struct site *site, bool no_secret)
{
    static const char *const proxies[] = { "127.0.0.1", NULL };
    gale_route routes[] = {
        { .url = "/", .handler = &home_handler },
        { .url = "/login/{name}", .handler = &login_handler },
        { .url = "/done/{name}", .handler = &done_handler },
        { .url = "/refresh/{name}", .handler = &refresh_handler },
        { .url = "/grant/{name}", .handler = &grant_handler },
        { .url = "/revoke/{name}", .handler = &revoke_handler },
        { .url = "/fetch/{name}", .handler = &fetch_handler },
        { .url = "/logout/{name}", .handler = &logout_handler },
        { 0 },
    };
    gale_settings settings = {
        .cookie_secret = no_secret ? NULL : "It's a secret to everybody of this site",
        .xsrf_cookies = GALE_ON,
        .data = site,
        .server = { .xheaders = GALE_ON, .trusted_downstream = proxies, .reuse_port = GALE_ON },
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

int main(int argc, char **argv)
{
    json_t *config = argc > 1 ? json_loads(argv[1], 0, NULL) : NULL;
    struct site site = { 0 };
    int status = 1;

    if (config && make_site(&site, config) == 0) {
        argv[1] = argv[0];
        status = serve(argc - 1, argv + 1, &site,
                       json_is_true(json_object_get(config, "no_secret")));
    }
    for (size_t i = 0; i < site.n; i++)
        gale_auth_provider_free(site.all[i].provider);
    json_decref(config);
    return status;
}

/* services.c - guide: providers of every kind, several at once. */
/* SPDX-License-Identifier: MIT */
#include <gale/auth.h>
#include <gale/gale.h>
#include <stdio.h>
#include <string.h>

/* Ids and secrets are what each gave this site when it was registered there; in production they
 * come from a file. */
static const gale_auth_options options[] = {
    { .service = "google",
      .client_id = "1234.apps.googleusercontent.com",
      .client_secret = "a-secret",
      .redirect_uri = "/login/google/done" },
    { .service = "github",
      .client_id = "Iv1.1234",
      .client_secret = "a-secret",
      .scope = "user:email",
      .redirect_uri = "/login/github/done" },
    { .service = "facebook",
      .client_id = "1234",
      .client_secret = "a-secret",
      .redirect_uri = "/login/facebook/done" },
    /* Any other that speaks OAuth 2: where the user is asked, where a code becomes a token, and
     * where that tells who it is. */
    { .name = "forge",
      .authorize_url = "https://forge.example/oauth/authorize",
      .token_url = "https://forge.example/oauth/token",
      .userinfo_url = "https://forge.example/api/v1/user",
      .client_id = "1234",
      .client_secret = "a-secret",
      .scope = "read:user",
      .redirect_uri = "/login/forge/done" },
    /* OAuth 1.0a: requests are signed, and the key is called consumer key. */
    { .service = "twitter",
      .client_id = "a-consumer-key",
      .client_secret = "a-secret",
      .redirect_uri = "/login/twitter/done" },
    /* OpenID 2.0: nothing is registered, there are no secrets. */
    { .name = "launchpad",
      .protocol = GALE_OPENID2,
      .authorize_url = "https://login.launchpad.net/+openid",
      .redirect_uri = "/login/launchpad/done" },
};

enum { N = sizeof(options) / sizeof(*options) };

static gale_auth_provider *find(gale_auth_provider *const *providers, const char *name)
{
    for (size_t i = 0; i < N; i++)
        if (strcmp(gale_auth_provider_name(providers[i]), name) == 0)
            return providers[i];
    return NULL;
}

static gale_auth_provider *provider_of(gale_handler *self)
{
    return find(gale_app_data(gale_handler_app(self)), gale_path_argument_named(self, "name"));
}

static int login_get(gale_handler *self)
{
    gale_auth_provider *provider = provider_of(self);

    return provider ? gale_authorize_redirect(self, provider, NULL) : gale_fail(self, 404, NULL);
}

/* Two services may have a user of the same id: an account is issuer and id together. */
static int done_get(gale_handler *self)
{
    gale_auth_provider *provider = provider_of(self);
    const gale_auth_user *user;
    int r = provider ? gale_get_authenticated_user(self, provider, &user)
                     : gale_fail(self, 404, NULL);

    return r < 0 ? r : gale_printf(self, "%s of %s\n", user->id, user->issuer);
}

static const gale_handler_class login = { .get = login_get };
static const gale_handler_class done = { .get = done_get };

int main(int argc, char **argv)
{
    gale_auth_provider *providers[N] = { NULL };
    int status;

    for (size_t i = 0; i < N; i++) {
        providers[i] = gale_auth_provider_new(&options[i]);
        if (!providers[i]) {
            fprintf(stderr, "%s\n", gale_strerror(GALE_EINVAL));
            return 1;
        }
    }
    status = gale_main(argc, argv,
                       gale_app_new(
                           (gale_route[]){
                               { .url = "/login/{name}", .handler = &login },
                               { .url = "/login/{name}/done", .handler = &done },
                               { 0 },
                           },
                           &(gale_settings){
                               .data = providers,
                               .cookie_secret = "in production: from a file",
                           }));
    for (size_t i = 0; i < N; i++)
        gale_auth_provider_free(providers[i]);
    return status;
}

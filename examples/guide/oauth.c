/* oauth.c - guide: login with a third party by hand (OAuth 2, the code flow). So that it can be
 * tried, the program is its own third party, below /provider. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/escape.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <string.h>
#include <unistd.h>

/* What the provider gave this site when it was registered there. */
static const char client_id[] = "the guide", client_secret[] = "in production: from a file";

/* In production both are settings: the provider's address, and this site's own. */
static const char *url_of(gale_handler *self, const char *path)
{
    return gale_printf_alloc(self, "http://%s%s", gale_request_host(gale_handler_request(self)),
                             path);
}

/* First the browser goes to the provider, with a number that nobody else knows. */
static int login_get(gale_handler *self)
{
    unsigned char random[16];
    char state[2 * sizeof(random) + 1];

    if (getentropy(random, sizeof(random)) < 0)
        return gale_err(-errno, "no random number");
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(state + 2 * i, 3, "%02x", random[i]);
    gale_set_signed_cookie(
        self, "state", (gale_str){ state, strlen(state) },
        &(gale_cookie){ .max_age = 600, .http_only = GALE_ON, .same_site = GALE_SAME_SITE_LAX });
    return gale_redirect(
        self, gale_printf_alloc(
                  self, "%s?response_type=code&scope=openid&client_id=%s&redirect_uri=%s&state=%s",
                  url_of(self, "/provider/authorize"), gale_url_escape(client_id),
                  gale_url_escape(url_of(self, "/login/done")), state));
}

/* A text in the JSON object that a server answers with. */
static int ask(gale_handler *self, const char *url, const gale_http_request *request,
               const char *key, const char **text)
{
    gale_http_response *response;
    int r = gale_fetch(url, request, &response);
    const char *value = NULL;
    json_t *answer;

    if (r < 0)
        return gale_fail(self, 502, "%s", gale_strerror(r));
    answer = response->status == 200 ? gale_json_decode(response->body, NULL) : NULL;
    value = json_string_value(json_object_get(answer, key));
    *text = value ? gale_printf_alloc(self, "%s", value) : NULL;
    json_decref(answer);
    return *text ? 0 : gale_fail(self, 502, "%s: %d without %s", url, response->status, key);
}

/* Then it comes back with a code, for which the provider tells this server who that is. */
static int done_get(gale_handler *self)
{
    gale_str state = gale_get_signed_cookie(self, "state", 10.0 / (24 * 60)); /* ten minutes */
    const char *code, *token, *name;
    int r = gale_require_argument(self, "code", &code);

    if (r < 0)
        return r;
    if (!state.ptr || strcmp(state.ptr, gale_get_argument(self, "state", "")) != 0)
        return gale_fail(self, 403, "this login was not begun here");
    gale_clear_cookie(self, "state", NULL);
    r = ask(self, url_of(self, "/provider/token"),
            &(gale_http_request){
                .form = (gale_http_header[]){ { "grant_type", "authorization_code" },
                                              { "code", code },
                                              { "redirect_uri", url_of(self, "/login/done") },
                                              { "client_id", client_id },
                                              { "client_secret", client_secret },
                                              { NULL, NULL } } },
            "access_token", &token);
    if (r >= 0)
        r = ask(self, url_of(self, "/provider/userinfo"),
                &(gale_http_request){ .auth_mode = GALE_AUTH_BEARER, .auth_password = token },
                "name", &name);
    if (r < 0)
        return r;
    gale_set_signed_cookie(self, "user", (gale_str){ name, strlen(name) },
                           &(gale_cookie){ .http_only = GALE_ON, .same_site = GALE_SAME_SITE_LAX });
    return gale_redirect(self, "/");
}

/* From here on it is as with any login: the user is who the cookie says. */
static int home_get_current_user(gale_handler *self, json_t **user)
{
    gale_str name = gale_get_signed_cookie(self, "user", 1);

    if (name.ptr)
        *user = json_string(name.ptr);
    return 0;
}

static int home_get(gale_handler *self)
{
    return gale_printf(self, "<!doctype html><title>Home</title><p>Hello, %s.\n",
                       gale_xhtml_escape(json_string_value(gale_current_user(self))));
}

/* --- the third party: a real one asks the user, and knows the address to come back to --- */

static int authorize_get(gale_handler *self)
{
    const char *back, *state;
    int r = gale_require_argument(self, "redirect_uri", &back);

    if (r >= 0)
        r = gale_require_argument(self, "state", &state);
    if (r < 0)
        return r;
    if (strcmp(back, url_of(self, "/login/done")) != 0)
        return gale_fail(self, 400, "a site that is not registered");
    return gale_redirect(
        self, gale_printf_alloc(self, "%s?code=a-code&state=%s", back, gale_url_escape(state)));
}

static int token_post(gale_handler *self)
{
    if (strcmp(gale_get_argument(self, "code", ""), "a-code") != 0 ||
        strcmp(gale_get_argument(self, "client_secret", ""), client_secret) != 0)
        return gale_fail(self, 400, "a wrong code or secret");
    return gale_json(self, "{s:s, s:s}", "access_token", "a-token", "token_type", "Bearer");
}

static int userinfo_get(gale_handler *self)
{
    const char *who = gale_request_header(gale_handler_request(self), "Authorization");

    if (!who || strcmp(who, "Bearer a-token") != 0)
        return gale_fail(self, 401, "a wrong token");
    return gale_json(self, "{s:s, s:s}", "sub", "4711", "name", "Ada");
}

static const gale_handler_class login = { .get = login_get };
static const gale_handler_class done = { .get = done_get };
static const gale_handler_class home = {
    .get_current_user = home_get_current_user,
    .authenticated = GALE_ALL,
    .get = home_get,
};
static const gale_handler_class authorize = { .get = authorize_get };
static const gale_handler_class token = { .post = token_post };
static const gale_handler_class userinfo = { .get = userinfo_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/", .handler = &home },
        { .url = "/login", .handler = &login },
        { .url = "/login/done", .handler = &done },
        { .url = "/provider/authorize", .handler = &authorize },
        { .url = "/provider/token", .handler = &token },
        { .url = "/provider/userinfo", .handler = &userinfo },
        { 0 },
    };

    return gale_main(argc, argv,
                     gale_app_new(routes, &(gale_settings){
                                              .cookie_secret = "in production: from a file",
                                              .login_url = "/login",
                                          }));
}

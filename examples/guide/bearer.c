/* bearer.c - guide: an API that programs ask with tokens of its own (JWT). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <gale/jwt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char issuer[] = "https://www.example.org";
static const char secret[] = "in production: 32 random bytes from a file";

/* For who is logged in, say: a token that is good for an hour, for this API alone. */
static int token_post(gale_handler *self)
{
    const gale_jwks *keys = gale_app_data(gale_handler_app(self));
    json_int_t now = time(NULL);
    json_t *claims = json_pack("{s:s, s:s, s:s, s:I, s:I}", "iss", issuer, "aud", "notes", "sub",
                               "ada", "iat", now, "exp", now + 3600);
    char *token = gale_jwt_sign(claims, keys, &(gale_jwt_making){ .type = "at+jwt" }, NULL);
    int r = token ? gale_printf(self, "%s\n", token) : gale_err(-ENOMEM, "no token");

    gale_jwt_free(token);
    json_decref(claims);
    return r;
}

/* Around each route of the API. The user is what the token says. */
static int check_token(gale_handler *self, void *arg)
{
    const char *field = gale_request_header(gale_handler_request(self), "Authorization");
    const gale_jwt_rules rules = {
        .algorithms = (const char *const[]){ "HS256", NULL },
        .issuer = issuer,
        .audience = "notes",
        .type = "at+jwt",
    };
    json_t *claims;
    int r;

    (void)arg;
    gale_set_header(self, "WWW-Authenticate", "Bearer");
    if (!field || strncmp(field, "Bearer ", 7) != 0)
        return gale_fail(self, 401, "no token");
    r = gale_jwt_verify((gale_str){ field + 7, strlen(field + 7) },
                        gale_app_data(gale_handler_app(self)), &rules, &claims);
    if (r < 0)
        return gale_fail(self, 401, "%s", gale_strerror(r));
    gale_clear_header(self, "WWW-Authenticate");
    gale_set_current_user(self, claims);
    return 0;
}

static const gale_middleware token_needed = { .before = check_token, .name = "token" };

static int notes_get(gale_handler *self)
{
    return gale_json(self, "{s:s, s:[]}", "of",
                     json_string_value(json_object_get(gale_current_user(self), "sub")), "notes");
}

static const gale_handler_class token = { .post = token_post };
static const gale_handler_class notes = { .get = notes_get };

int main(int argc, char **argv)
{
    gale_jwks *keys = gale_jwks_from_secret((gale_str){ secret, strlen(secret) }, NULL, "HS256",
                                            NULL);
    const gale_route api[] = { { .url = "/notes", .handler = &notes }, { 0 } };
    const gale_route routes[] = {
        { .url = "/token", .handler = &token },
        { .url = "/api",
          .routes = api,
          .middleware = (const gale_middleware *const[]){ &token_needed, NULL } },
        { 0 },
    };
    int status = gale_main(argc, argv, gale_app_new(routes, &(gale_settings){ .data = keys }));

    gale_jwks_unref(keys);
    return status;
}

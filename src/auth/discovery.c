/* discovery.c - a provider's configuration and keys, fetched and checked (OpenID Connect Discovery
 * 1.0, 3 and 4; RFC 8414). */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include <gale/json.h>

#include "auth/jose.h"
#include "auth/known.h"
#include "auth/provider.h"

static const char path[] = "/.well-known/openid-configuration";

/* The URLs of a configuration, and where the options say otherwise. */
struct place {
    const char *name;
    size_t option, offset;
    bool is_required;
};

#define PLACE(name, member, is_required)                                                           \
    {                                                                                              \
        name, offsetof(gale_auth_options, member), offsetof(struct gale__auth_places, member),     \
            is_required                                                                            \
    }

static const struct place places[] = {
    PLACE("authorization_endpoint", authorize_url, true),
    PLACE("token_endpoint", token_url, true),
    PLACE("jwks_uri", jwks_url, true),
    PLACE("userinfo_endpoint", userinfo_url, false),
    PLACE("end_session_endpoint", logout_url, false),
    PLACE("revocation_endpoint", revoke_url, false),
};

#undef PLACE

enum { N_PLACES = sizeof(places) / sizeof(places[0]) };

static const char *option_of(const gale_auth_options *o, const struct place *place)
{
    return *(const char *const *)(const void *)((const char *)o + place->option);
}

/* Plain http for loopback is for trying there: a provider elsewhere must not lead to what listens
 * on this machine. */
static bool is_weaker(const gale_auth_options *o, const char *url)
{
    return o->allow_http != GALE_ON && !strncasecmp(o->issuer, "https:", 6) &&
           strncasecmp(url, "https:", 6) != 0;
}

/* One that the options give may be anything here. */
static int check_place(struct gale__auth_call *call, const json_t *document,
                       const struct place *place)
{
    const gale_auth_options *o = &call->provider->o;
    const json_t *value = json_object_get(document, place->name);
    const char *url = json_string_value(value);
    int r;

    if (option_of(o, place) || ((!value || json_is_null(value)) && !place->is_required))
        return 0;
    if (!url)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "its configuration has no %s",
                               place->name);
    r = gale__auth_check_url(place->name, url, o->allow_http == GALE_ON);
    if (r >= 0 && is_weaker(o, url))
        r = gale_err(GALE_EINVAL, "%s is http, and the issuer https", place->name);
    return r < 0 ? gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "its configuration: %s",
                                   gale_strerror(r))
                 : 0;
}

static int check_document(struct gale__auth_call *call, const json_t *document)
{
    const char *issuer = json_string_value(json_object_get(document, "issuer"));

    if (!issuer)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "its configuration has no issuer");
    if (strcmp(issuer, call->provider->o.issuer))
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "its configuration is that of '%s'",
                               gale__auth_quote(call, gale__str(issuer)));
    for (size_t i = 0; i < N_PLACES; i++) {
        int r = check_place(call, document, &places[i]);

        if (r < 0)
            return r;
    }
    return 0;
}

static int ask(struct gale__auth_call *call, const char *what, const char *url, gale_str *body)
{
    gale_http_response *response;
    int r = gale__auth_ask(call, what, url, NULL, &response);

    if (r < 0)
        return r;
    if (response->status != 200)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s: status %d", what, response->status);
    *body = response->body;
    return 0;
}

int gale__auth_fetch_document(struct gale__auth_call *call, struct json_t **document)
{
    gale_str issuer = gale__str(call->provider->o.issuer), body;
    const char *url;
    json_t *value;
    int r, error;

    while (issuer.len && issuer.ptr[issuer.len - 1] == '/')
        issuer.len--;
    url = gale__auth_printf(call, "%.*s%s", (int)issuer.len, issuer.ptr, path);
    if (!url)
        return call->code;
    r = ask(call, "its configuration", url, &body);
    if (r < 0)
        return r;
    value = gale_json_decode(body, &error);
    if (!value)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "its configuration: %s",
                               gale_strerror(error));
    r = check_document(call, value);
    if (r < 0)
        json_decref(value);
    else
        *document = value;
    return r;
}

int gale__auth_fetch_keys(struct gale__auth_call *call, const char *url, gale_jwks **keys)
{
    gale_str body;
    int r = ask(call, "its keys", url, &body), error;

    if (r < 0)
        return r;
    *keys = gale__jwks_parse_public(body, &error);
    return *keys
               ? 0
               : gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "its keys: %s", gale_strerror(error));
}

static bool has(const json_t *list, const char *text)
{
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)list, i,
                       item) if (json_is_string(item) &&
                                 !strcmp(json_string_value(item), text)) return true;
    return false;
}

/* How this site shows itself: as the options say, else what the provider takes, Basic first. */
static gale_auth_client_auth choose_client_auth(const gale_auth_options *o, const json_t *document)
{
    const json_t *methods = json_object_get(document, "token_endpoint_auth_methods_supported");

    if (o->client_auth)
        return o->client_auth;
    if (!has(methods, "client_secret_basic") && has(methods, "client_secret_post"))
        return GALE_CLIENT_SECRET_POST;
    return GALE_CLIENT_SECRET_BASIC;
}

void gale__auth_read_document(const gale_auth_options *options, const struct json_t *document,
                              struct gale__auth_places *out)
{
    *out = (struct gale__auth_places){
        .client_auth = choose_client_auth(options, document),
        .tells_issuer = json_is_true(
            json_object_get(document, "authorization_response_iss_parameter_supported")),
    };
    for (size_t i = 0; i < N_PLACES; i++) {
        const char *given = option_of(options, &places[i]);

        if (!given)
            given = json_string_value(json_object_get(document, places[i].name));
        *(const char **)(void *)((char *)out + places[i].offset) = given;
    }
}

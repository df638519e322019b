/* afterwards.c - tokens without a browser: refreshed, granted otherwise, given back (RFC 6749 4.4,
 * 6; RFC 7009; OpenID Connect Core 1.0, 12). */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/json.h>

#include "auth/answer.h"
#include "auth/id_token.h"
#include "auth/provider.h"
#include "auth/token.h"

static bool has_tokens(const gale_auth_provider *provider)
{
    return provider->o.protocol == GALE_OPENID_CONNECT || provider->o.protocol == GALE_OAUTH2;
}

/* A call of OAuth 2, in a coroutine. */
static int begin(struct gale__auth_call *call, gale_auth_provider *provider, const char *what)
{
    if (!provider)
        return gale_err(GALE_EINVAL, "%s: the provider is NULL", what);
    if (!has_tokens(provider))
        return gale_err(GALE_EINVAL, "%s: %s speaks neither OAuth 2 nor OpenID Connect", what,
                        provider->o.name);
    return gale__auth_call_here(call, provider, what);
}

/* A new ID token, where there is one, must be that of the same user. */
static int verify(struct gale__auth_call *call, const struct gale__auth_places *places,
                  const gale_auth_tokens *tokens, const char *subject)
{
    const struct gale__auth_expected expected = {
        .access_token = tokens->access_token,
        .subject = subject,
        .max_age = -1,
    };
    json_t *claims;

    if (call->provider->o.protocol != GALE_OPENID_CONNECT || !tokens->id_token)
        return 0;
    return gale__auth_id_token(call, places, tokens->id_token, &expected, &claims);
}

static int ask(struct gale__auth_call *call, const gale_pair *params, const char *subject,
               gale_auth_tokens **out)
{
    gale_auth_tokens *tokens = gale__auth_alloc(call, sizeof(*tokens));
    struct gale__auth_places places;
    int r = tokens ? gale__auth_places(call, &places) : call->code;

    if (r >= 0)
        r = gale__auth_ask_tokens(call, &places, params, tokens);
    if (r >= 0)
        r = verify(call, &places, tokens, subject);
    if (r >= 0)
        *out = tokens;
    return r;
}

int gale_auth_refresh(gale_auth_provider *provider, const char *refresh_token, const char *subject,
                      const gale_auth_tokens **tokens)
{
    const gale_pair params[] = { { "grant_type", "refresh_token" },
                                 { "refresh_token", refresh_token },
                                 { NULL, NULL } };
    gale_auth_tokens *own = NULL;
    struct gale__auth_call call;
    int r = begin(&call, provider, "gale_auth_refresh");

    if (r < 0)
        return r;
    if (!refresh_token || !*refresh_token)
        return gale_err(GALE_EINVAL, "refresh_token is missing");
    r = ask(&call, params, subject, &own);
    if (r >= 0 && !own->refresh_token &&
        !(own->refresh_token = gale__auth_text(&call, gale__str(refresh_token))))
        r = call.code;
    *tokens = r >= 0 ? own : NULL;
    return gale__auth_end(&call, r);
}

int gale_auth_grant(gale_auth_provider *provider, const char *grant_type, const gale_pair *params,
                    const gale_auth_tokens **tokens)
{
    gale_pair all[GALE__AUTH_PARAMS] = { { "grant_type", grant_type } };
    gale_auth_tokens *own = NULL;
    struct gale__auth_call call;
    int r = begin(&call, provider, "gale_auth_grant");
    size_t n = 1;

    if (r < 0)
        return r;
    for (; params && params->name && n < GALE__AUTH_PARAMS; params++)
        all[n++] = *params;
    if (!grant_type || !*grant_type || n == GALE__AUTH_PARAMS)
        return gale_err(GALE_EINVAL, grant_type ? "too many params" : "grant_type is missing");
    r = ask(&call, all, NULL, &own);
    *tokens = r >= 0 ? own : NULL;
    return gale__auth_end(&call, r);
}

static int revoke(struct gale__auth_call *call, const char *token)
{
    static const char what[] = "the revocation end point";
    const gale_pair params[] = { { "token", token }, { NULL, NULL } };
    struct gale__auth_places places;
    gale_http_response *response;
    json_t *json;
    int r = gale__auth_places(call, &places);

    if (r < 0)
        return r;
    if (!places.revoke_url)
        return gale__auth_internal(call, gale_err(GALE_ENOTFOUND, "no end point to revoke tokens"));
    r = gale__auth_post(call, what, places.revoke_url, &places, params, &response);
    if (r < 0 || response->status < 300)
        return r; /* the body of a success means nothing */
    return gale__auth_answer(call, what, response, false, &json);
}

int gale_auth_revoke(gale_auth_provider *provider, const char *token)
{
    struct gale__auth_call call;
    int r = begin(&call, provider, "gale_auth_revoke");

    if (r < 0)
        return r;
    if (!token || !*token)
        return gale_err(GALE_EINVAL, "token is missing");
    return gale__auth_end(&call, revoke(&call, token));
}

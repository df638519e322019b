/* userinfo.c - asks about a user (OpenID Connect Core 1.0, 5.3; GitHub's and Facebook's own). */
/* SPDX-License-Identifier: MIT */
#include "auth/userinfo.h"

#include <string.h>
#include <strings.h>

#include <gale/json.h>

#include "auth/answer.h"
#include "auth/away.h"
#include "auth/id_token.h"
#include "auth/provider.h"
#include "auth/service.h"
#include "base/digest.h"

static const char what_userinfo[] = "the userinfo end point";

/* Hexadecimal HMAC-SHA256 of the token by the secret: a token alone, stolen, is of no use. */
static const char *secret_proof(struct gale__auth_call *call, const char *access_token)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t mac[GALE__DIGEST_MAX];
    int n = gale__hmac(GALE__SHA256, gale__str(call->provider->o.client_secret),
                       gale__str(access_token), mac);
    char *text = n < 0 ? NULL : gale__auth_alloc(call, 2 * (size_t)n + 1);

    if (n < 0)
        (void)!gale__auth_internal(call, n);
    for (int i = 0; text && i < n; i++) {
        text[2 * i] = hex[mac[i] >> 4];
        text[2 * i + 1] = hex[mac[i] & 15];
    }
    return text;
}

const char *gale__auth_resource_url(struct gale__auth_call *call, const char *url,
                                    const char *access_token)
{
    gale_pair pairs[] = { { "appsecret_proof", NULL }, { NULL, NULL } };

    if (call->provider->service->dialect != GALE__AUTH_FACEBOOK ||
        !call->provider->o.client_secret || !access_token)
        return url;
    pairs[0].value = secret_proof(call, access_token);
    return pairs[0].value ? gale__auth_url(call, url, pairs) : NULL;
}

static const char *userinfo_url(struct gale__auth_call *call, const char *url,
                                const char *access_token)
{
    const gale_pair fields[] = { { "fields", call->provider->o.user_fields }, { NULL, NULL } };

    if (call->provider->o.user_fields)
        url = gale__auth_url(call, url, fields);
    return url ? gale__auth_resource_url(call, url, access_token) : NULL;
}

/* Asks url with the token, as RFC 6750 2.1 has it. */
static int ask(struct gale__auth_call *call, const char *what, const char *url,
               const gale_auth_tokens *tokens, gale_http_response **out)
{
    const char *bearer = gale__auth_printf(call, "Bearer %s", tokens->access_token);
    const gale_http_header headers[] = {
        { "Accept", "application/json, application/jwt;q=0.9" },
        { "Authorization", bearer },
        { NULL, NULL },
    };

    if (!bearer || !url)
        return call->code;
    return gale__auth_ask(call, what, url, &(gale_http_request){ .headers = headers }, out);
}

/* Signed, perhaps encrypted: for this site, by this provider. */
static int read_signed(struct gale__auth_call *call, const struct gale__auth_places *places,
                       gale_str token, json_t **claims)
{
    const gale_auth_options *o = &call->provider->o;
    gale_jwt_rules rules = {
        .algorithms = o->algorithms,
        .issuer = o->issuer,
        .audience = o->client_id,
        .leeway = o->leeway,
        .no_expiry = GALE_ON,
        .decryption_keys = o->decryption_keys,
    };

    return gale__auth_verify(call, places, what_userinfo, gale__str_trim_lines(token), &rules,
                             claims);
}

static bool is_jwt(const gale_http_response *response)
{
    const char *type = gale_http_response_header(response, "Content-Type");

    return response->status == 200 && type && !strncasecmp(type, "application/jwt", 15);
}

int gale__auth_userinfo(struct gale__auth_call *call, const struct gale__auth_places *places,
                        const gale_auth_tokens *tokens, const char *subject, struct json_t **claims)
{
    const char *url = userinfo_url(call, places->userinfo_url, tokens->access_token), *sub;
    gale_http_response *response;
    int r = ask(call, what_userinfo, url, tokens, &response);

    if (r < 0)
        return r;
    r = is_jwt(response) ? read_signed(call, places, response->body, claims)
                         : gale__auth_answer(call, what_userinfo, response, false, claims);
    if (r < 0)
        return r;
    if (!json_is_object(*claims))
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s answers with no object",
                               what_userinfo);
    sub = json_string_value(json_object_get(*claims, "sub"));
    if (subject && (!sub || strcmp(sub, subject)))
        return gale__auth_fail(call, GALE_AUTH_BAD_TOKEN,
                               "%s tells of another user than the ID token", what_userinfo);
    return 0;
}

int gale__auth_emails(struct gale__auth_call *call, const gale_auth_tokens *tokens,
                      struct json_t **list)
{
    static const char what[] = "the list of addresses";
    gale_http_response *response;
    int r = ask(call, what, call->provider->o.emails_url, tokens, &response);

    if (r < 0)
        return r;
    /* Not for this scope: who it is is known all the same. */
    if (response->status == 403 || response->status == 404) {
        *list = NULL;
        return 0;
    }
    return gale__auth_answer(call, what, response, false, list);
}

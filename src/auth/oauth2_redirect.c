/* oauth2_redirect.c - sends the browser to the authorisation end point (RFC 6749 4.1.1; RFC 7636;
 * OpenID Connect Core 1.0, 3.1.2.1). */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "auth/away.h"
#include "auth/known.h"
#include "auth/oauth2.h"
#include "auth/provider.h"
#include "base/base64.h"
#include "base/digest.h"

enum { OWN = 14 };

const char *gale__auth_challenge(struct gale__auth_call *call, const char *verifier)
{
    uint8_t digest[GALE__DIGEST_MAX];
    int n = gale__digest(GALE__SHA256, gale__str(verifier), digest);
    char *text;

    if (n < 0) {
        (void)!gale__auth_internal(call, n);
        return NULL;
    }
    text = gale__auth_alloc(call, gale__base64_size(GALE__BASE64_URL, (size_t)n) + 1);
    if (text)
        gale__base64_encode(GALE__BASE64_URL, (gale_str){ (char *)digest, (size_t)n }, text);
    return text;
}

static bool is_connect(const struct gale__auth_call *call)
{
    return call->provider->o.protocol == GALE_OPENID_CONNECT;
}

/* What must stay with the browser. */
static int begin(struct gale__auth_call *call, const gale_authorize_options *options,
                 const char **state, struct gale__auth_login *login)
{
    bool with_pkce = call->provider->o.pkce != GALE_OFF;
    int r = gale__auth_next(call, options, &login->next);

    if (r < 0)
        return r;
    *state = gale__auth_random(call);
    login->nonce = is_connect(call) ? gale__auth_random(call) : NULL;
    login->verifier = with_pkce ? gale__auth_random(call) : NULL;
    login->redirect_uri = gale__auth_redirect_uri(call);
    login->max_age = options->max_age == 0 ? -1 : options->max_age < 0 ? 0 : options->max_age;
    if (!*state || !login->redirect_uri || (is_connect(call) && !login->nonce) ||
        (with_pkce && !login->verifier))
        return call->code;
    return 0;
}

static size_t put(gale_pair *pairs, size_t n, const char *name, const char *value)
{
    if (value)
        pairs[n++] = (gale_pair){ name, value };
    return n;
}

static size_t put_own(struct gale__auth_call *call, const gale_authorize_options *options,
                      const char *state, const struct gale__auth_login *login, gale_pair *pairs)
{
    const gale_auth_options *o = &call->provider->o;
    const char *scope = options->scope ? options->scope : o->scope;
    size_t n = put(pairs, 0, "response_type", "code");

    n = put(pairs, n, "client_id", o->client_id);
    n = put(pairs, n, "redirect_uri", login->redirect_uri);
    n = put(pairs, n, "scope", scope);
    n = put(pairs, n, "state", state);
    n = put(pairs, n, "nonce", login->nonce);
    n = put(pairs, n, "response_mode", call->provider->is_query_answer ? NULL : "form_post");
    n = put(pairs, n, "prompt", options->prompt);
    return put(pairs, n, "login_hint", options->login_hint);
}

static int put_challenge(struct gale__auth_call *call, const char *verifier, gale_pair *pairs,
                         size_t *n)
{
    const char *challenge = verifier ? gale__auth_challenge(call, verifier) : NULL;

    if (!verifier)
        return 0;
    *n = put(pairs, *n, "code_challenge", challenge);
    *n = put(pairs, *n, "code_challenge_method", "S256");
    return challenge ? 0 : call->code;
}

static const char *max_age_text(struct gale__auth_call *call, double max_age)
{
    return max_age < 0 ? NULL : gale__auth_printf(call, "%.0f", max_age);
}

static int make_url(struct gale__auth_call *call, const char *end_point,
                    const gale_authorize_options *options, const char *state,
                    const struct gale__auth_login *login, const char **url)
{
    gale_pair own[OWN];
    size_t n = put_own(call, options, state, login, own);
    int r = put_challenge(call, login->verifier, own, &n);

    if (r < 0)
        return r;
    n = put(own, n, "max_age", max_age_text(call, login->max_age));
    own[n] = (gale_pair){ NULL, NULL };
    *url = gale__auth_url(call, end_point, own);
    if (*url && options->params)
        *url = gale__auth_url(call, *url, options->params);
    return *url ? 0 : call->code;
}

int gale__oauth2_redirect(struct gale__auth_call *call, const gale_authorize_options *options)
{
    struct gale__auth_places places;
    struct gale__auth_login login = { 0 };
    const char *state, *url = NULL;
    int r = gale__auth_places(call, &places);

    if (r >= 0 && !places.authorize_url)
        r = gale__auth_internal(call, gale_err(GALE_EINVAL, "authorize_url is missing"));
    if (r >= 0)
        r = begin(call, options, &state, &login);
    if (r >= 0)
        r = make_url(call, places.authorize_url, options, state, &login, &url);
    if (r >= 0)
        r = gale__auth_login_keep(call, state, &login);
    return r < 0 ? r : gale__auth_send_away(call, url);
}

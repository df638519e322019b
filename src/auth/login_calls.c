/* login_calls.c - the two calls of a login: sent away, and back with a user. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <gale/web.h>

#include "auth/provider.h"
#include "web/debug_mask.h"
#include "web/handler.h"

/* Parameters that are the protocol's own, by name; those of OAuth 1.0a and OpenID 2.0 by how they
 * begin. */
static bool is_own_param(const char *name)
{
    static const char *const own[] = {
        "response_type", "response_mode", "client_id",   "client_secret",  "redirect_uri",
        "scope",         "state",         "nonce",       "code_challenge", "code_challenge_method",
        "code_verifier", "request",       "request_uri", "prompt",         "login_hint",
        "max_age",
    };

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (!strcmp(name, own[i]))
            return true;
    return !strncmp(name, "oauth_", 6) || !strncmp(name, "openid.", 7);
}

static int check_options(struct gale__auth_call *call, const gale_authorize_options *options)
{
    const gale_pair *pair = options->params;
    double age = options->max_age;

    if (!isfinite(age) || (age < 0 && age != GALE_OFF) || age > 1e10)
        return gale__auth_internal(call, gale_err(GALE_EINVAL, "max_age is out of range"));
    for (; pair && pair->name; pair++)
        if (is_own_param(pair->name))
            return gale__auth_internal(
                call,
                gale_err(GALE_EINVAL, "params have '%.60s', which is the protocol's", pair->name));
    return 0;
}

int gale_authorize_redirect_sized(gale_handler *self, gale_auth_provider *provider,
                                  const gale_authorize_options *options, size_t options_size)
{
    gale_authorize_options own = { 0 };
    struct gale__auth_call call;
    int r;

    if (!provider)
        return gale_err(GALE_EINVAL, "the provider is NULL");
    if (options)
        memcpy(&own, options, options_size < sizeof(own) ? options_size : sizeof(own));
    gale__auth_call_of(&call, self, provider);
    r = check_options(&call, &own);
    if (r >= 0)
        r = provider->ops->redirect(&call, &own);
    return gale__auth_end(&call, r);
}

/* What the browser brings is worth a login until it has been used: no log shows it. The arguments
 * stay what they are. */
static int hide_query(struct gale__auth_call *call)
{
    gale_request *request = &call->self->x->request;
    const char *uri;

    (void)gale_argument_at(call->self, SIZE_MAX, &uri, &uri); /* splits the query, if nobody has */
    if (!*request->query)
        return 0;
    uri = gale__auth_printf(call, "%s?%s", request->path, GALE__DEBUG_HIDDEN);
    if (!uri)
        return call->code;
    request->uri = uri;
    request->query = GALE__DEBUG_HIDDEN;
    request->priv->query = GALE__STR(GALE__DEBUG_HIDDEN);
    request->priv->full_url = NULL;
    return 0;
}

/* A HEAD, a link that is looked at before it is followed, must not use the answer up. */
static int check_method(struct gale__auth_call *call)
{
    const char *method = gale_handler_request(call->self)->method;

    if (!strcmp(method, "GET") || !strcmp(method, "POST"))
        return 0;
    return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "an answer comes by GET or POST, not %s",
                           gale__auth_quote(call, gale__str(method)));
}

static int take_user(struct gale__auth_call *call, const gale_auth_user **out)
{
    const char *name = call->provider->o.name;
    gale_auth_user *user;
    int r = hide_query(call);

    if (r >= 0)
        r = check_method(call);
    if (r < 0)
        return r;
    user = gale__auth_alloc(call, sizeof(*user));
    if (!user)
        return call->code;
    *user = (gale_auth_user){ .provider = name, .issuer = name };
    r = call->provider->ops->callback(call, user);
    if (r >= 0)
        *out = user;
    return r;
}

int gale_get_authenticated_user(gale_handler *self, gale_auth_provider *provider,
                                const gale_auth_user **user)
{
    struct gale__auth_call call;

    *user = NULL;
    if (!provider)
        return gale_err(GALE_EINVAL, "the provider is NULL");
    gale__auth_call_of(&call, self, provider);
    return gale__auth_end(&call, take_user(&call, user));
}

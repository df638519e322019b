/* resource.c - asks a resource of the provider with a user's tokens (RFC 6750 2.1). */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "auth/answer.h"
#include "auth/provider.h"
#include "auth/userinfo.h"

static int check(const gale_auth_provider *provider, const gale_auth_tokens *tokens,
                 const char *url, const gale_http_request *request)
{
    const gale_http_header *field = request->headers;

    if (!provider || !tokens || !url)
        return gale_err(GALE_EINVAL, "gale_auth_fetch: provider, tokens or url is NULL");
    if (!gale__auth_is_visible(tokens->access_token))
        return gale_err(GALE_EINVAL, "gale_auth_fetch: the tokens have no access_token");
    for (; field && field->name; field++)
        if (!strcasecmp(field->name, "Authorization"))
            return gale_err(GALE_EINVAL, "gale_auth_fetch: Authorization is what it sets itself");
    if (request->auth_username || request->auth_password)
        return gale_err(GALE_EINVAL, "gale_auth_fetch: auth_username has no part in it");
    return gale__auth_check_url("url", url, provider->o.allow_http == GALE_ON);
}

static int authorize(struct gale__auth_call *call, const gale_auth_tokens *tokens, const char *url,
                     const gale_http_request *request, const char **field)
{
    if (call->provider->ops->authorize)
        return call->provider->ops->authorize(call, tokens, url, request, field);
    *field = gale__auth_printf(call, "Bearer %s", tokens->access_token);
    return *field ? 0 : call->code;
}

/* The request's fields and one more. */
static int add_field(struct gale__auth_call *call, gale_http_request *request, const char *value)
{
    const gale_http_header *from = request->headers;
    gale_http_header *to;
    size_t n = 0;

    while (from && from[n].name)
        n++;
    to = gale__auth_alloc(call, (n + 2) * sizeof(*to));
    if (!to)
        return call->code;
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
    to[n] = (gale_http_header){ "Authorization", value };
    request->headers = to;
    return 0;
}

int gale_auth_fetch_sized(gale_auth_provider *provider, const gale_auth_tokens *tokens,
                          const char *url, const gale_http_request *request, size_t request_size,
                          gale_http_response **out)
{
    gale_http_request own = { 0 };
    gale_http_client *client = NULL;
    struct gale__auth_call call;
    const char *field = NULL;
    int r;

    if (request)
        memcpy(&own, request, request_size < sizeof(own) ? request_size : sizeof(own));
    r = check(provider, tokens, url, &own);
    if (r >= 0)
        r = gale__auth_call_here(&call, provider, "gale_auth_fetch");
    if (r < 0)
        return r;
    url = gale__auth_resource_url(&call, url, tokens->access_token);
    r = url ? authorize(&call, tokens, url, &own, &field) : call.code;
    if (r >= 0)
        r = add_field(&call, &own, field);
    if (r < 0)
        return gale__auth_end(&call, r);
    own.follow_redirects = GALE_OFF;
    if (provider->o.get_auth_http_client)
        client = provider->o.get_auth_http_client(provider->o.arg);
    return gale_http_client_fetch(client, url, &own, out);
}

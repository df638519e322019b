/* logout.c - ends the session at the provider too (OpenID Connect RP-Initiated Logout 1.0). */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/web.h>

#include "auth/away.h"
#include "auth/known.h"
#include "auth/login.h"
#include "auth/provider.h"

/* next as a URL of this site: of the origin that the redirect URI has. */
static const char *absolute(struct gale__auth_call *call, const char *next)
{
    const char *uri = call->provider->o.redirect_uri;
    const char *host = strstr(uri, "://");

    if (!host)
        return gale__auth_absolute(call, next);
    host += 3;
    return gale__auth_printf(call, "%.*s%s", (int)(host - uri + (ptrdiff_t)strcspn(host, "/?")),
                             uri, next);
}

static const char *make_url(struct gale__auth_call *call, const char *end_point,
                            const char *id_token, const char *next)
{
    gale_pair pairs[5] = {
        { "client_id", call->provider->o.client_id },
        { "post_logout_redirect_uri", absolute(call, next) },
        { "state", gale__auth_random(call) },
    };

    if (!pairs[1].value || !pairs[2].value)
        return NULL;
    if (id_token)
        pairs[3] = (gale_pair){ "id_token_hint", id_token };
    return gale__auth_url(call, end_point, pairs);
}

static int log_out(struct gale__auth_call *call, const char *id_token, const char *next)
{
    struct gale__auth_places places;
    const char *url = next;
    int r;

    if (!gale_is_local_url(next))
        return gale__auth_internal(call, gale_err(GALE_EINVAL, "next is no path of this site"));
    r = gale__auth_places(call, &places);
    if (r < 0)
        return r;
    if (places.logout_url)
        url = make_url(call, places.logout_url, id_token, next);
    return url ? gale__auth_send_away(call, url) : call->code;
}

int gale_auth_logout_redirect(gale_handler *self, gale_auth_provider *provider,
                              const char *id_token, const char *next)
{
    struct gale__auth_call call;

    if (!provider)
        return gale_err(GALE_EINVAL, "the provider is NULL");
    gale__auth_call_of(&call, self, provider);
    return gale__auth_end(&call, log_out(&call, id_token, next));
}

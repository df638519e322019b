/* provider.h - a provider as this site is registered there: the struct behind gale_auth_provider.
 *
 * Options are checked and copied once; from then on they are read-only, for all loops and threads.
 * What is fetched from the provider (its configuration, its keys) is in provider->known, and which
 * logins have come back already in provider->used; each has a lock of its own.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_PROVIDER_H
#define GALE_AUTH_PROVIDER_H

#include <gale/auth.h>

#include "auth/call.h"
#include "base/arena.h"

struct gale__auth_known;
struct gale__auth_used;

/* What a protocol is made of. Each function of a call notes why it fails (call.h) and returns a
 * negative code. */
struct gale__auth_ops {
    /* What this protocol wants of the options: 0, or gale_err(GALE_EINVAL) naming the option. URLs
     * have been checked where they are given. */
    int (*check)(const gale_auth_provider *provider);
    /* Waits. Answers the request by sending the browser away. options are never NULL; next and
     * params have been checked. */
    int (*redirect)(struct gale__auth_call *call, const gale_authorize_options *options);
    /* Waits. Fills *user, which is all zero but for provider, issuer (the provider's name) and
     * tokens: id and next at least. */
    int (*callback)(struct gale__auth_call *call, gale_auth_user *user);
    /* The Authorization field of a request to a resource (gale_auth_fetch()), in the call's memory.
     * url is what is sent; request is its own copy. NULL: a bearer token. */
    int (*authorize)(struct gale__auth_call *call, const gale_auth_tokens *tokens, const char *url,
                     const gale_http_request *request, const char **field);
};

/* By protocol; NULL for one that is not built. GALE_AUTH_DEFAULT is none. */
const struct gale__auth_ops *gale__auth_protocol_ops(gale_auth_protocol protocol);

struct gale_auth_provider {
    gale_auth_options o; /* in effect: the service's and defaults filled in, leeway, state_max_age
                            and request_timeout too; texts are copies */
    const struct gale__auth_service *service; /* service.h; never NULL */
    const struct gale__auth_ops *ops;
    bool is_query_answer; /* the answer comes by GET; else by POST (form_post) */
    struct gale__auth_known *known;
    struct gale__auth_used *used;
    struct gale__arena arena; /* of all copies; this struct's own memory too */
};

#endif

/* provider.h - a small OpenID provider, to try logins with on one's own machine. Never to be used
 * on a real site: whoever asks it is let in as whom they like. */
/* SPDX-License-Identifier: MIT */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <gale/gale.h>

/* One for all processes and threads of the program. */
typedef struct local_provider local_provider;

#define LOCAL_PROVIDER_CLIENT_ID "this-site" /* its client: the site that it is a part of */

/* The caller owns it. Makes its keys and secrets, so before processes are forked. NULL with a
 * failure stored. */
local_provider *local_provider_new(void);
void local_provider_free(local_provider *provider);

/* To be put below "/provider" in the application that asks it too, which needs a cookie_secret. */
const gale_route *local_provider_routes(local_provider *provider);

/* From now on any site on this machine is a client, under any id and without a secret. everybody
 * (may be NULL): "ada", and nobody is asked who they are. GALE_EINVAL: no such person. */
int local_provider_open(local_provider *provider, const char *everybody);

/* From now on nothing answers there: the site asks another one. Before the application serves. */
void local_provider_turn_off(local_provider *provider);

/* What the site that it is a part of shows as its secret; and a random text of its own, which may
 * be the cookie_secret of a program that needs none that lasts. */
const char *local_provider_client_secret(const local_provider *provider);
const char *local_provider_secret(const local_provider *provider);

/* Its issuer, as the site is called in this request. NULL (a failure is stored) unless both ends of
 * the connection are this machine. */
const char *local_provider_issuer(gale_handler *self);

#endif

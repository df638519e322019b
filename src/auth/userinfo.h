/* userinfo.h - what the provider tells about a user when it is asked with the access token. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_USERINFO_H
#define GALE_AUTH_USERINFO_H

#include "auth/known.h"

/* Waits. The claims of the userinfo end point, borrowed for as long as the call's memory; of OpenID
 * Connect, subject must be the same there. */
int gale__auth_userinfo(struct gale__auth_call *call, const struct gale__auth_places *places,
                        const gale_auth_tokens *tokens, const char *subject,
                        struct json_t **claims) GALE_MUST_USE;

/* Waits. GitHub's list of addresses; NULL where the token's scope does not reach them. */
int gale__auth_emails(struct gale__auth_call *call, const gale_auth_tokens *tokens,
                      struct json_t **list) GALE_MUST_USE;

/* url as it is asked with the token: with Facebook's appsecret_proof. NULL: noted. */
const char *gale__auth_resource_url(struct gale__auth_call *call, const char *url,
                                    const char *access_token);

#endif

/* oauth2.h - logins by OAuth 2 (RFC 6749), and by OpenID Connect on top of it. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_OAUTH2_H
#define GALE_AUTH_OAUTH2_H

#include "auth/call.h"
#include "auth/login.h"

struct gale__auth_ops;
extern const struct gale__auth_ops gale__auth_oauth2;

/* Waits. oauth2_redirect.c: to the authorisation end point. */
int gale__oauth2_redirect(struct gale__auth_call *call,
                          const gale_authorize_options *options) GALE_MUST_USE;

/* The challenge of a PKCE verifier (RFC 7636 4.2), S256. NULL: noted. */
const char *gale__auth_challenge(struct gale__auth_call *call, const char *verifier);

#endif

/* token.h - the token end point and its relatives: this site shows itself, tokens come back. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_TOKEN_H
#define GALE_AUTH_TOKEN_H

#include "auth/known.h"

enum { GALE__AUTH_PARAMS = 16 };

/* Waits. POSTs params (at most GALE__AUTH_PARAMS, ended by { NULL, NULL }; those with NULL values
 * are left out) as a form to url, as this site (RFC 6749 2.3). */
int gale__auth_post(struct gale__auth_call *call, const char *what, const char *url,
                    const struct gale__auth_places *places, const gale_pair *params,
                    gale_http_response **out) GALE_MUST_USE;

/* Waits. Asks the token end point: tokens, in the call's memory, not verified yet. */
int gale__auth_ask_tokens(struct gale__auth_call *call, const struct gale__auth_places *places,
                          const gale_pair *params, gale_auth_tokens *out) GALE_MUST_USE;

#endif

/* id_token.h - whether an ID token is to be believed (OpenID Connect Core 1.0, 3.1.3.7, 12.2). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_ID_TOKEN_H
#define GALE_AUTH_ID_TOKEN_H

#include "auth/known.h"

/* What it must say. */
struct gale__auth_expected {
    const char *nonce;        /* NULL: none was sent (refresh) */
    const char *access_token; /* for at_hash */
    const char *subject;      /* NULL: any */
    double max_age;           /* since auth_time, when it was asked for; < 0: not asked for */
    double asked_at;          /* Unix time of that; without max_age nothing */
};

/* Waits. The claims in *claims, borrowed for as long as the call's memory. */
int gale__auth_id_token(struct gale__auth_call *call, const struct gale__auth_places *places,
                        const char *token, const struct gale__auth_expected *expected,
                        struct json_t **claims) GALE_MUST_USE;

/* Waits. Verifies a signed answer of the provider for this site (userinfo) by rules, with the keys
 * that are the provider's; once more with fresh ones when one is missing. */
int gale__auth_verify(struct gale__auth_call *call, const struct gale__auth_places *places,
                      const char *what, gale_str token, const gale_jwt_rules *rules,
                      struct json_t **claims) GALE_MUST_USE;

#endif

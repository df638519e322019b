/* known.h - what a provider has told of itself: its configuration (OpenID Connect Discovery) and
 * its keys, kept for all loops and threads of the process.
 *
 * Both are fetched once an hour, keys also when one is missing, but for that at most once in ten
 * seconds. Of one kind a loop fetches once at a time; others wait for that fetch and share how it
 * ends. What was known before is used on while the provider cannot be reached.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_KNOWN_H
#define GALE_AUTH_KNOWN_H

#include "auth/call.h"

struct gale__auth_known;

/* NULL: no memory. */
struct gale__auth_known *gale__auth_known_new(void);
/* NULL is allowed. No call may be under way. */
void gale__auth_known_free(struct gale__auth_known *known);

/* Where the provider is asked: what the options give, else its configuration; else NULL. */
struct gale__auth_places {
    const char *authorize_url, *token_url, *userinfo_url, *jwks_url, *logout_url, *revoke_url;
    gale_auth_client_auth client_auth; /* never DEFAULT */
    bool tells_issuer;                 /* each answer has iss (RFC 9207) */
};

/* Waits. In the call's memory. */
int gale__auth_places(struct gale__auth_call *call, struct gale__auth_places *out) GALE_MUST_USE;

/* Waits. The keys, borrowed for as long as the call's memory; is_missing: those known lack one. 1
 * when they have been fetched in this call, else 0. */
int gale__auth_keys(struct gale__auth_call *call, const char *jwks_url, bool is_missing,
                    gale_jwks **keys) GALE_MUST_USE;

/* discovery.c. Waits. The provider's configuration: a reference in *document, checked (its issuer
 * and URLs); its keys. */
int gale__auth_fetch_document(struct gale__auth_call *call, struct json_t **document) GALE_MUST_USE;
int gale__auth_fetch_keys(struct gale__auth_call *call, const char *url,
                          gale_jwks **keys) GALE_MUST_USE;
/* Fills in what the options do not give; texts are borrowed from the document. NULL: none. */
void gale__auth_read_document(const gale_auth_options *options, const struct json_t *document,
                              struct gale__auth_places *out);

#endif

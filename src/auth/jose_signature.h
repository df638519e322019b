/* jose_signature.h - inside: the algorithms of signed tokens (RFC 7518 3, RFC 8037 3.1). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_JOSE_SIGNATURE_H
#define GALE_AUTH_JOSE_SIGNATURE_H

#include "auth/jose.h"

struct gale__jws_alg;

/* An algorithm by name; NULL: not known ("none" never is). */
const struct gale__jws_alg *gale__jws_alg(const char *name);

/* Whether a key can serve it: its type, curve, length and what it may be used for (a bit of
 * gale__jwk_op). */
bool gale__jws_fits(const struct gale__jws_alg *alg, const struct gale__jwk *key, unsigned op);

/* The name of the algorithm that a key signs with by itself; NULL: none. */
const char *gale__jws_default(const struct gale__jwk *key);

/* 1: it is the signature of text by key; 0: it is not; -ENOMEM. */
int gale__jws_verify(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                     const uint8_t *signature, size_t len) GALE_MUST_USE;

/* The signature in heap memory, for gale__free(). NULL with *error. */
uint8_t *gale__jws_sign(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                        size_t *len, int *error) GALE_MUST_USE;

#endif

/* jwt.h - JSON Web Tokens: made, and believed only when signature and claims hold (RFC 7519).
 *
 * Compact serialisation alone: signed (JWS, RFC 7515) or encrypted (JWE, RFC 7516), with keys as
 * JSON Web Keys (RFC 7517) and the algorithms of RFC 7518 and RFC 8037, by the practice of RFC
 * 8725: the verifier says which algorithms it takes, "none" is never one of them, each key serves
 * the algorithms of its type alone. Nothing here waits.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_JWT_H
#define GALE_JWT_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

struct json_t;

/* A set of keys, never changed once made: for all threads. Reference counted. */
typedef struct gale_jwks gale_jwks;

/* The keys of a JWK set {"keys": […]} or of one JWK, public, private and symmetric ("oct") ones.
 * Keys that cannot be used (types and curves unknown here, RSA below 2048 bits, a point that is not
 * on its curve) are passed over, as RFC 7517 5 wants of a set; one key alone, or a set without a
 * usable one, is a failure. NULL with *error (may be NULL): GALE_EINVAL naming what is wrong,
 * GALE_ETOOBIG (above 256 KiB or 100 keys), -ENOMEM. */
GALE_API GALE_MUST_USE gale_jwks *gale_jwks_parse(gale_str json, int *error);

/* One key out of PEM: a public key, a certificate, an unencrypted private key. kid, its name, and
 * alg, the only algorithm it may serve, may be NULL. NULL with *error as above. */
GALE_API GALE_MUST_USE gale_jwks *gale_jwks_from_pem(gale_str pem, const char *kid, const char *alg,
                                                     int *error);

/* One symmetric key: what both sides know, at least as long as its algorithm's hash (RFC 7518 3.2:
 * 32 bytes for HS256; shorter ones are refused where they are used). */
GALE_API GALE_MUST_USE gale_jwks *gale_jwks_from_secret(gale_str secret, const char *kid,
                                                        const char *alg, int *error);

/* The public halves as a JWK set to serve under jwks_uri; a new reference. Symmetric keys are left
 * out. NULL: -ENOMEM. */
GALE_API GALE_MUST_USE struct json_t *gale_jwks_public(const gale_jwks *keys);

/* How many keys the set has: those that were not passed over. */
GALE_API size_t gale_jwks_count(const gale_jwks *keys);

/* One more reference, and one less; the last one wipes and frees the keys. unref takes NULL. */
GALE_API gale_jwks *gale_jwks_ref(gale_jwks *keys);
GALE_API void gale_jwks_unref(gale_jwks *keys);

/* What a token must fulfil to be believed. Zero is the default for each. */
typedef struct gale_jwt_rules {
    const char *const *algorithms;    /* NULL-terminated; default RS256, ES256, EdDSA. Known: RS256,
                                         RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512,
                                         EdDSA (Ed25519, Ed448), and only when named here HS256,
                                         HS384, HS512 */
    const char *issuer;               /* iss must be this, byte for byte */
    const char *audience;             /* aud must be or have this */
    const char *subject;              /* sub must be this */
    const char *nonce;                /* nonce must be this */
    const char *type;                 /* the header's typ, in any case, "application/" left out:
                                         "at+jwt" */
    double leeway;                    /* seconds clocks may differ; default 60, GALE_OFF none */
    double max_age;                   /* seconds since iat, which then must be there */
    int no_expiry;                    /* GALE_ON: exp may be absent; it counts when it is there */
    double now;                       /* Unix time; default the clock's */
    const gale_jwks *decryption_keys; /* private or symmetric keys: an encrypted token (that
                                         holds a signed one) is taken */
    const char *const *encryption_algorithms; /* of its key; NULL-terminated; default RSA-OAEP,
                                                 RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW,
                                                 ECDH-ES+A256KW. Known besides, when named: dir,
                                                 A128KW, A256KW, A128GCMKW, A256GCMKW, RSA1_5 */
    const char *const *content_encryptions;   /* default A128GCM, A192GCM, A256GCM, A128CBC-HS256,
                                                 A192CBC-HS384, A256CBC-HS512: all that are known */
} gale_jwt_rules;

/* Believes a token or not: signature, then exp, nbf, iat, and what rules ask for (NULL: the
 * defaults). *claims (may be NULL) gets a new reference to the claims. A key is chosen by the
 * header's kid; a header without one is tried with each key that may serve its algorithm; keys that
 * the token itself brings or names (jwk, jku, x5c, x5u) never count. A header with crit, and one
 * with a name twice, is refused. Codes, each with a text that says what did not hold: GALE_EPROTO
 * (no token: its form), GALE_EAUTH (signature, algorithm, issuer, audience, nonce …),
 * GALE_ETIMEDOUT (expired, not valid yet, too old), GALE_ENOTFOUND (no such key: fetch the set
 * again), GALE_ETOOBIG (above 64 KiB), -ENOMEM. */
GALE_API GALE_MUST_USE int gale_jwt_verify(gale_str token, const gale_jwks *keys,
                                           const gale_jwt_rules *rules, struct json_t **claims);

/* The header's and the claims' JSON of a token that nobody has verified, to log or to choose an
 * issuer by: believe none of it. New references; either may be NULL. GALE_EPROTO, GALE_ETOOBIG. */
GALE_API GALE_MUST_USE int gale_jwt_peek(gale_str token, struct json_t **header,
                                         struct json_t **claims);

/* How a token is made. */
typedef struct gale_jwt_making {
    const char *kid;  /* which key; default the first that can sign */
    const char *alg;  /* default the key's alg, else by its type: RS256, ES256 (ES384, ES512 by
                         curve), EdDSA, HS256 */
    const char *type; /* header's typ; default "JWT" */
} gale_jwt_making;

/* Signs claims (borrowed; they are written as they are: set iat and exp) and gives the token, NUL
 * terminated, for gale_jwt_free(). NULL with *error (may be NULL): GALE_ENOTFOUND for no key that
 * can sign so, GALE_EINVAL, -ENOMEM. */
GALE_API GALE_MUST_USE char *gale_jwt_sign(const struct json_t *claims, const gale_jwks *keys,
                                           const gale_jwt_making *making, int *error);

/* Frees what gale_jwt_sign() gave; NULL is allowed. */
GALE_API void gale_jwt_free(char *token);

GALE_END_DECLS

#endif

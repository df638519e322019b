/* fuzz_jwt.c - tokens and keys of any bytes: the first line is a token, the rest a set of keys.
 *
 * What is read without keys is believed in nothing; what was signed here holds, and does not with
 * any character changed.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <gale/jwt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const algorithms[] = { "RS256", "RS384", "RS512", "PS256", "PS384",
                                          "PS512", "ES256", "ES384", "ES512", "EdDSA",
                                          "HS256", "HS384", "HS512", NULL };
static const char *const wrappings[] = { "RSA-OAEP",  "RSA-OAEP-256",   "ECDH-ES", "ECDH-ES+A128KW",
                                         "dir",       "ECDH-ES+A256KW", "A128KW",  "A256KW",
                                         "A128GCMKW", "A256GCMKW",      "RSA1_5",  NULL };

/* A token is believed, or refused with a reason; never anything between. */
static int verify(gale_str token, const gale_jwks *keys, const gale_jwks *decryption_keys,
                  json_t **claims)
{
    gale_jwt_rules rules = { .algorithms = algorithms,
                             .now = 1700000000,
                             .no_expiry = GALE_ON,
                             .decryption_keys = decryption_keys,
                             .encryption_algorithms = wrappings };
    int r;

    *claims = NULL;
    r = gale_jwt_verify(token, keys, &rules, claims);
    GALE_ASSERT(r == 0 ? json_is_object(*claims) : !*claims);
    GALE_ASSERT(r == 0 || r == GALE_EPROTO || r == GALE_EAUTH || r == GALE_ETIMEDOUT ||
                r == GALE_ENOTFOUND || r == GALE_ETOOBIG);
    return r;
}

static gale_jwks *own_keys(void)
{
    static const char secret[] = "a secret that nobody guesses, of 32 bytes and more";
    gale_jwks *keys = gale_jwks_from_secret((gale_str){ secret, sizeof(secret) - 1 }, "own",
                                            "HS256", NULL);

    GALE_ASSERT(keys);
    return keys;
}

/* Keys as they came: their public halves can be read again, and a token tried with them. */
static void use_keys(gale_str token, gale_str text)
{
    gale_jwks *keys = gale_jwks_parse(text, NULL), *again;
    json_t *shown, *claims;
    char *dumped;

    if (!keys)
        return;
    GALE_ASSERT(gale_jwks_count(keys) > 0);
    (void)!verify(token, keys, keys, &claims);
    json_decref(claims);
    shown = gale_jwks_public(keys);
    GALE_ASSERT(shown);
    dumped = json_dumps(shown, 0);
    GALE_ASSERT(dumped && !strstr(dumped, "\"d\":") && !strstr(dumped, "\"k\":"));
    again = gale_jwks_parse((gale_str){ dumped, strlen(dumped) }, NULL);
    GALE_ASSERT(!again || gale_jwks_count(again) <= gale_jwks_count(keys));
    gale_jwks_unref(again);
    gale_jwks_unref(keys);
    free(dumped);
    json_decref(shown);
}

/* Claims of any form are signed and read back; with a character changed they are not. */
static void round_trip(const gale_jwks *own, const json_t *claims, size_t seed)
{
    char *token = gale_jwt_sign(claims, own, NULL, NULL);
    size_t len = token ? strlen(token) : 0;
    json_t *read;

    if (!token)
        return;
    if (verify((gale_str){ token, len }, own, NULL, &read) == 0)
        GALE_ASSERT(json_equal(read, claims));
    json_decref(read);
    token[seed % len] ^= 1;
    GALE_ASSERT(verify((gale_str){ token, len }, own, NULL, &read) < 0);
    gale_jwt_free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    size_t first = line ? (size_t)(line - text) : size;
    gale_str token = { text, first };
    gale_jwks *own = own_keys();
    json_t *header = NULL, *claims = NULL, *believed;

    GALE_ASSERT(verify(token, own, own, &believed) < 0);
    if (line)
        use_keys(token, (gale_str){ line + 1, size - first - 1 });
    if (gale_jwt_peek(token, &header, &claims) == 0) {
        GALE_ASSERT(json_is_object(header) && json_is_object(claims));
        round_trip(own, claims, size);
    }
    json_decref(header);
    json_decref(claims);
    gale_jwks_unref(own);
    return 0;
}

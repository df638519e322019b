/* id_token.c - verifies ID tokens: the signature and times are jwt.h's, the rest of the rules is
 * here. See id_token.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/id_token.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <gale/json.h>

#include "auth/jose.h"
#include "auth/provider.h"
#include "base/base64.h"
#include "base/digest.h"

enum { SUB_MAX = 255 };

/* --- the signature ---------------------------------------------------------------- */

static void drop_keys(void *keys)
{
    gale_jwks_unref(keys);
}

/* The client secret as a key, for HMACs that the options name. */
static int secret_keys(struct gale__auth_call *call, gale_jwks **keys)
{
    int error;

    *keys = gale_jwks_from_secret(gale__str(call->provider->o.client_secret), NULL, NULL, &error);
    if (!*keys)
        return gale__auth_internal(call, error);
    if (gale__arena_defer(call->arena, drop_keys, *keys) < 0) {
        gale_jwks_unref(*keys);
        return gale__auth_internal(call, -ENOMEM);
    }
    return 0;
}

static bool names_hmac(const gale_auth_options *o, bool alone)
{
    const char *const *name = o->algorithms;
    bool some = false, others = false;

    for (; name && *name; name++)
        if (!strncmp(*name, "HS", 2))
            some = true;
        else
            others = true;
    return some && (!alone || !others);
}

/* Whether the token's signature is by the secret: then the provider's keys have no part in it, so
 * that a public key can never be taken for a secret. */
static bool is_by_secret(const gale_auth_options *o, gale_str token)
{
    json_t *header = NULL;
    const char *alg;
    bool is_hmac;

    if (!names_hmac(o, false))
        return false;
    if (names_hmac(o, true))
        return true;
    if (gale_jwt_peek(token, &header, NULL) < 0)
        return false;
    alg = json_string_value(json_object_get(header, "alg"));
    is_hmac = alg && !strncmp(alg, "HS", 2);
    json_decref(header);
    return is_hmac;
}

/* A token that does not hold. */
static int disbelieve(struct gale__auth_call *call, const char *what, int r)
{
    if (r == -ENOMEM)
        return gale__auth_internal(call, r);
    return gale__auth_fail(call, GALE_AUTH_BAD_TOKEN, "%s: %s", what, gale_strerror(r));
}

/* A token that the known keys do not fit: there may be newer ones. One that names no key may be by
 * a key that took another's place. */
static bool may_be_by_newer(gale_str token, int r)
{
    gale_str parts[3];
    json_t *header = NULL;
    bool is_named;

    if (r != GALE_EAUTH || !gale__jose_split(token, 3, parts) ||
        gale_jwt_peek(token, &header, NULL) < 0)
        return r == GALE_ENOTFOUND;
    is_named = json_object_get(header, "kid") != NULL;
    json_decref(header);
    return !is_named;
}

static int verify_by_keys(struct gale__auth_call *call, const struct gale__auth_places *places,
                          const char *what, gale_str token, const gale_jwt_rules *rules,
                          json_t **claims)
{
    gale_jwks *keys;
    int r, fetched;

    if (!places->jwks_url)
        return gale__auth_fail(call, GALE_AUTH_BAD_TOKEN, "%s: no keys are known (jwks_url)", what);
    fetched = gale__auth_keys(call, places->jwks_url, false, &keys);
    if (fetched < 0)
        return fetched;
    r = gale_jwt_verify(token, keys, rules, claims);
    if (r < 0 && !fetched && may_be_by_newer(token, r)) {
        fetched = gale__auth_keys(call, places->jwks_url, true, &keys);
        if (fetched < 0)
            return fetched;
        r = gale_jwt_verify(token, keys, rules, claims);
    }
    return r < 0 ? disbelieve(call, what, r) : 0;
}

int gale__auth_verify(struct gale__auth_call *call, const struct gale__auth_places *places,
                      const char *what, gale_str token, const gale_jwt_rules *rules,
                      struct json_t **claims)
{
    gale_jwks *keys;
    int r;

    if (is_by_secret(&call->provider->o, token)) {
        r = secret_keys(call, &keys);
        if (r >= 0 && (r = gale_jwt_verify(token, keys, rules, claims)) < 0)
            r = disbelieve(call, what, r);
    } else {
        r = verify_by_keys(call, places, what, token, rules, claims);
    }
    return r < 0 ? r : gale__auth_own_json(call, *claims);
}

/* --- the claims ------------------------------------------------------------------- */

static int bad(struct gale__auth_call *call, const char *why)
{
    return gale__auth_fail(call, GALE_AUTH_BAD_TOKEN, "the ID token: %s", why);
}

static int check_subject(struct gale__auth_call *call, const json_t *claims, const char *expected)
{
    const char *sub = json_string_value(json_object_get(claims, "sub"));

    if (!sub || !*sub || strlen(sub) > SUB_MAX)
        return bad(call, "no sub");
    return expected && strcmp(sub, expected) ? bad(call, "sub is another user's") : 0;
}

/* Who asked for it: this site, also when others may see it. */
static int check_party(struct gale__auth_call *call, const json_t *claims)
{
    const json_t *azp = json_object_get(claims, "azp");
    const char *text = json_string_value(azp);

    if (!azp && json_array_size(json_object_get(claims, "aud")) > 1)
        return bad(call, "several audiences and no azp");
    if (azp && (!text || strcmp(text, call->provider->o.client_id)))
        return bad(call, "azp is another client's");
    return 0;
}

/* max_age is of when the provider was asked: how long the user then took there is nobody's fault.
 * auth_time is in whole seconds. */
static int check_times(struct gale__auth_call *call, const json_t *claims,
                       const struct gale__auth_expected *expected)
{
    const json_t *auth_time = json_object_get(claims, "auth_time");
    double oldest = floor(expected->asked_at) - expected->max_age - call->provider->o.leeway;

    if (!json_is_number(json_object_get(claims, "iat")))
        return bad(call, "no iat");
    if (expected->max_age < 0)
        return 0;
    if (!json_is_number(auth_time))
        return bad(call, "no auth_time, which max_age wants");
    if (json_number_value(auth_time) < oldest)
        return bad(call, "the user showed who it is longer than max_age ago");
    return 0;
}

/* The left half of the access token's hash, by the algorithm that halves to this length: that of
 * the signature. */
static int hash_token(gale_str token, size_t len, uint8_t out[GALE__DIGEST_MAX])
{
    if (len == 22)
        return gale__digest(GALE__SHA256, token, out);
    if (len == 32)
        return gale__digest(GALE__SHA384, token, out);
    return len == 43 ? gale__digest(GALE__SHA512, token, out) : 0;
}

static int check_at_hash(struct gale__auth_call *call, const json_t *claims, const char *token)
{
    const json_t *claim = json_object_get(claims, "at_hash");
    gale_str told = gale__str(json_string_value(claim));
    uint8_t digest[GALE__DIGEST_MAX];
    char text[GALE__DIGEST_MAX];
    int r;

    if (!claim || !token)
        return 0;
    r = hash_token(gale__str(token), told.len, digest);
    if (r < 0)
        return gale__auth_internal(call, r);
    if (!r ||
        gale__base64_encode(GALE__BASE64_URL, (gale_str){ (char *)digest, (size_t)r / 2 }, text) !=
            told.len ||
        !gale__equal_constant_time(text, told.ptr, told.len))
        return bad(call, "at_hash is not that of the access token");
    return 0;
}

int gale__auth_id_token(struct gale__auth_call *call, const struct gale__auth_places *places,
                        const char *token, const struct gale__auth_expected *expected,
                        struct json_t **claims)
{
    const gale_auth_options *o = &call->provider->o;
    gale_jwt_rules rules = {
        .algorithms = o->algorithms,
        .issuer = o->issuer,
        .audience = o->client_id,
        .nonce = expected->nonce,
        .leeway = o->leeway,
        .decryption_keys = o->decryption_keys,
    };
    int r = gale__auth_verify(call, places, "the ID token", gale__str(token), &rules, claims);

    if (r >= 0)
        r = check_subject(call, *claims, expected->subject);
    if (r >= 0)
        r = check_party(call, *claims);
    if (r >= 0)
        r = check_times(call, *claims, expected);
    return r < 0 ? r : check_at_hash(call, *claims, expected->access_token);
}

/* jose_verify.c - believes a token or not: signature first, then what it claims (RFC 7519 7.2). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "auth/jose_signature.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#define LEEWAY 60.0

static const char *const default_algorithms[] = { "RS256", "ES256", "EdDSA", NULL };

/* --- the signature ---------------------------------------------------------------- */

/* The algorithm, when the rules take it. */
static int choose(const json_t *header, const gale_jwt_rules *rules,
                  const struct gale__jws_alg **alg)
{
    const char *name = gale__jose_text(header, "alg");
    char room[GALE__JOSE_SHOWN];

    *alg = gale__jws_alg(name);
    if (*alg && gale__jose_listed(rules->algorithms ? rules->algorithms : default_algorithms, name))
        return 0;
    return gale_err(GALE_EAUTH, "the token's algorithm '%s' is not one that is taken",
                    gale__jose_shown(name, room));
}

/* By each key that the header may mean. */
static int check_signature(const gale_jwks *keys, const json_t *header,
                           const struct gale__jws_alg *alg, gale_str text, gale_str part)
{
    const char *kid = gale__jose_text(header, "kid");
    char room[GALE__JOSE_SHOWN];
    const struct gale__jwk *key;
    size_t i = 0, len, tried = 0;
    int r = 0;
    uint8_t *signature = gale__jose_bytes(part, "the token's signature", &len, &r);

    if (!signature)
        return r;
    while (r == 0 && (key = gale__jwks_next(keys, kid, &i)) != NULL)
        if (gale__jws_fits(alg, key, GALE__JWK_VERIFY)) {
            tried++;
            r = gale__jws_verify(alg, key, text, signature, len);
        }
    gale__free(signature);
    if (r < 0)
        return gale_err(r, "no memory to verify a token");
    if (r > 0)
        return 0;
    if (tried)
        return gale_err(GALE_EAUTH, "the token's signature does not hold");
    return gale_err(GALE_ENOTFOUND, "there is no key '%s' for the token's algorithm %s",
                    gale__jose_shown(kid, room), gale__jose_text(header, "alg"));
}

/* --- the claims ------------------------------------------------------------------- */

/* A time: 1 and *out, 0 when it is not there. */
static int time_of(const json_t *claims, const char *name, double *out)
{
    const json_t *value = json_object_get(claims, name);

    if (!value)
        return 0;
    *out = json_number_value(value);
    if (!json_is_number(value) || !isfinite(*out) || fabs(*out) > 1e15)
        return gale_err(GALE_EPROTO, "%s of the token is no time", name);
    return 1;
}

static int check_expiry(const json_t *claims, const gale_jwt_rules *rules, double now,
                        double leeway)
{
    double exp = 0, nbf = 0;
    int r = time_of(claims, "exp", &exp);

    if (r < 0)
        return r;
    if (r == 0 && rules->no_expiry != GALE_ON)
        return gale_err(GALE_EAUTH, "the token has no exp");
    if (r > 0 && now >= exp + leeway)
        return gale_err(GALE_ETIMEDOUT, "the token expired %.0f s ago", now - exp);
    r = time_of(claims, "nbf", &nbf);
    if (r > 0 && now < nbf - leeway)
        return gale_err(GALE_ETIMEDOUT, "the token is not valid for another %.0f s", nbf - now);
    return r < 0 ? r : 0;
}

static int check_age(const json_t *claims, const gale_jwt_rules *rules, double now, double leeway)
{
    double iat = 0;
    int r = time_of(claims, "iat", &iat);

    if (r < 0)
        return r;
    if (r == 0)
        return rules->max_age > 0 ? gale_err(GALE_EAUTH, "the token has no iat") : 0;
    if (iat > now + leeway)
        return gale_err(GALE_ETIMEDOUT, "the token is made %.0f s from now", iat - now);
    if (rules->max_age > 0 && now > iat + rules->max_age + leeway)
        return gale_err(GALE_ETIMEDOUT, "the token was made %.0f s ago", now - iat);
    return 0;
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && json_string_length(value) == strlen(text) &&
           !strcmp(json_string_value(value), text);
}

static int check_text(const json_t *claims, const char *name, const char *expected)
{
    char room[GALE__JOSE_SHOWN];
    const json_t *value = json_object_get(claims, name);

    if (!expected || is_text(value, expected))
        return 0;
    if (!value)
        return gale_err(GALE_EAUTH, "the token has no %s", name);
    if (!strcmp(name, "nonce"))
        return gale_err(GALE_EAUTH, "the token's nonce is another one");
    return gale_err(GALE_EAUTH, "the token's %s is '%s'", name,
                    gale__jose_shown(json_string_value(value), room));
}

static int check_audience(const json_t *claims, const char *expected)
{
    const json_t *aud = json_object_get(claims, "aud");

    if (!expected || is_text(aud, expected))
        return 0;
    for (size_t i = 0; json_is_array(aud) && i < json_array_size(aud); i++)
        if (is_text(json_array_get(aud, i), expected))
            return 0;
    return aud ? gale_err(GALE_EAUTH, "the token is for another audience")
               : gale_err(GALE_EAUTH, "the token has no aud");
}

static int check_claims(const json_t *claims, const gale_jwt_rules *rules)
{
    double now = rules->now > 0 ? rules->now : gale__unix_time();
    double leeway = rules->leeway < 0 ? 0 : rules->leeway > 0 ? rules->leeway : LEEWAY;
    int r = check_text(claims, "iss", rules->issuer);

    if (r >= 0)
        r = check_audience(claims, rules->audience);
    if (r >= 0)
        r = check_text(claims, "sub", rules->subject);
    if (r >= 0)
        r = check_text(claims, "nonce", rules->nonce);
    if (r >= 0)
        r = check_expiry(claims, rules, now, leeway);
    return r < 0 ? r : check_age(claims, rules, now, leeway);
}

static const char *without_application(const char *type)
{
    return type && !strncasecmp(type, "application/", 12) && !strchr(type + 12, '/') ? type + 12
                                                                                     : type;
}

static int check_type(const json_t *header, const gale_jwt_rules *rules)
{
    const char *type = without_application(gale__jose_text(header, "typ"));
    char room[GALE__JOSE_SHOWN];

    if (!rules->type || (type && !strcasecmp(type, without_application(rules->type))))
        return 0;
    return gale_err(GALE_EAUTH, "the token is of type '%s'", gale__jose_shown(type, room));
}

/* --- tokens ----------------------------------------------------------------------- */

/* The claims of a part: an object without names twice. */
static json_t *read_claims(gale_str part, int *r)
{
    size_t len;
    uint8_t *text = gale__jose_bytes(part, "the token's payload", &len, r);
    json_t *claims;

    if (!text)
        return NULL;
    claims = gale__json_decode_strict((gale_str){ (char *)text, len }, GALE__JOSE_DEPTH, r);
    gale__free(text);
    if (claims && json_is_object(claims))
        return claims;
    if (claims || *r == GALE_EINVAL)
        *r = gale_err(GALE_EPROTO, "the token's payload is no JSON object");
    json_decref(claims);
    return NULL;
}

static int verify_parts(const gale_str parts[3], gale_str text, const json_t *header,
                        const gale_jwks *keys, const gale_jwt_rules *rules, json_t **out)
{
    const struct gale__jws_alg *alg;
    json_t *claims;
    int r = choose(header, rules, &alg);

    if (r >= 0)
        r = check_type(header, rules);
    if (r >= 0)
        r = check_signature(keys, header, alg, text, parts[2]);
    if (r < 0)
        return r;
    claims = read_claims(parts[1], &r);
    if (!claims)
        return r;
    r = check_claims(claims, rules);
    if (r >= 0 && out)
        *out = json_incref(claims);
    json_decref(claims);
    return r;
}

static int verify_signed(gale_str token, const gale_jwks *keys, const gale_jwt_rules *rules,
                         json_t **claims)
{
    gale_str parts[3];
    json_t *header;
    int r = 0;

    if (!gale__jose_split(token, 3, parts))
        return gale_err(GALE_EPROTO, "no token: it has not three parts");
    header = gale__jose_header(parts[0], &r);
    if (!header)
        return r;
    r = verify_parts(parts, (gale_str){ token.ptr, parts[0].len + 1 + parts[1].len }, header, keys,
                     rules, claims);
    json_decref(header);
    return r;
}

/* What is in it is a signed token, by its form; cty may say so (RFC 7519 5.2). */
static int verify_encrypted(gale_str token, const gale_jwks *keys, const gale_jwt_rules *rules,
                            json_t **claims)
{
    json_t *header = NULL;
    gale_str plain = { NULL, 0 };
    const char *type;
    int r;

    if (!rules->decryption_keys)
        return gale_err(GALE_EAUTH, "the token is encrypted, and there are no keys for that");
    r = gale__jwe_decrypt(token, rules, &header, &plain);
    if (r < 0)
        return r;
    type = without_application(gale__jose_text(header, "cty"));
    if (type && strcasecmp(type, "JWT"))
        r = gale_err(GALE_EPROTO, "what the encrypted token holds is no token");
    if (r >= 0)
        r = verify_signed(plain, keys, rules, claims);
    json_decref(header);
    gale__free((void *)(uintptr_t)plain.ptr);
    return r;
}

int gale_jwt_verify(gale_str token, const gale_jwks *keys, const gale_jwt_rules *rules,
                    json_t **claims)
{
    static const gale_jwt_rules defaults;
    gale_str parts[5];

    if (claims)
        *claims = NULL;
    if (!rules)
        rules = &defaults;
    if (!keys)
        return gale_err(GALE_EINVAL, "gale_jwt_verify: keys is NULL");
    if (token.len > GALE__JWT_MAX)
        return gale_err(GALE_ETOOBIG, "a token of more than %d bytes", GALE__JWT_MAX);
    if (gale__jose_split(token, 5, parts))
        return verify_encrypted(token, keys, rules, claims);
    return verify_signed(token, keys, rules, claims);
}

int gale_jwt_peek(gale_str token, json_t **header, json_t **claims)
{
    gale_str parts[3];
    json_t *head, *body = NULL;
    int r = 0;

    if (header)
        *header = NULL;
    if (claims)
        *claims = NULL;
    if (token.len > GALE__JWT_MAX)
        return gale_err(GALE_ETOOBIG, "a token of more than %d bytes", GALE__JWT_MAX);
    if (!gale__jose_split(token, 3, parts))
        return gale_err(GALE_EPROTO, "no token: it has not three parts");
    head = gale__jose_header(parts[0], &r);
    if (head)
        body = read_claims(parts[1], &r);
    if (body && header)
        *header = json_incref(head);
    if (body && claims)
        *claims = json_incref(body);
    json_decref(head);
    json_decref(body);
    return body ? 0 : r;
}

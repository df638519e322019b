/* jose_key.c - one JSON Web Key (RFC 7517, RFC 7518 6, RFC 8037 2): its numbers as a key of
 * OpenSSL, and what it may be used for. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "auth/jose.h"
#include "base/alloc.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 16384, POINT_MAX = 1 + 2 * 66, SECRET_MAX = 16384 };

/* --- curves ----------------------------------------------------------------------- */

struct curve {
    const char *name;  /* of JWK */
    const char *group; /* of OpenSSL, for EC */
    enum gale__jwk_type type;
    int raw;     /* of OKP: OpenSSL's id */
    size_t size; /* bytes of a coordinate, of a raw key */
};

static const struct curve curves[] = {
    { "P-256", "P-256", GALE__JWK_EC, 0, 32 },
    { "P-384", "P-384", GALE__JWK_EC, 0, 48 },
    { "P-521", "P-521", GALE__JWK_EC, 0, 66 },
    { "Ed25519", NULL, GALE__JWK_OKP, EVP_PKEY_ED25519, 32 },
    { "Ed448", NULL, GALE__JWK_OKP, EVP_PKEY_ED448, 57 },
    { "X25519", NULL, GALE__JWK_OKP, EVP_PKEY_X25519, 32 },
    { "X448", NULL, GALE__JWK_OKP, EVP_PKEY_X448, 56 },
};

static const struct curve *find_curve(enum gale__jwk_type type, const char *name)
{
    for (size_t i = 0; name && i < sizeof(curves) / sizeof(curves[0]); i++)
        if (curves[i].type == type && !strcmp(curves[i].name, name))
            return &curves[i];
    return NULL;
}

/* --- members ---------------------------------------------------------------------- */

struct bytes {
    uint8_t *ptr; /* NULL: the member is not there */
    size_t len;
};

static void wipe(struct bytes *b)
{
    if (b->ptr)
        OPENSSL_cleanse(b->ptr, b->len);
    gale__free(b->ptr);
    *b = (struct bytes){ NULL, 0 };
}

/* A member of base64url. 0, also without it unless it is needed. */
static int member(const json_t *object, const char *name, bool is_needed, struct bytes *out)
{
    const json_t *value = json_object_get(object, name);
    int r = 0;

    *out = (struct bytes){ NULL, 0 };
    if (!value)
        return is_needed ? gale_err(GALE_EINVAL, "a key without %s", name) : 0;
    if (!json_is_string(value))
        return gale_err(GALE_EINVAL, "%s of a key is no string", name);
    out->ptr = gale__jose_bytes((gale_str){ json_string_value(value), json_string_length(value) },
                                name, &out->len, &r);
    if (out->ptr)
        return 0;
    return r == -ENOMEM ? r : gale_err(GALE_EINVAL, "%s of a key is not base64url", name);
}

static int member_of(const json_t *object, const char *name, bool is_needed, size_t size,
                     struct bytes *out)
{
    int r = member(object, name, is_needed, out);

    if (r < 0 || !out->ptr || out->len == size)
        return r;
    wipe(out);
    return gale_err(GALE_EINVAL, "%s of a key has not %zu bytes", name, size);
}

/* --- keys of OpenSSL -------------------------------------------------------------- */

static int make(const char *type, OSSL_PARAM_BLD *build, bool is_private, EVP_PKEY **out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = ctx ? OSSL_PARAM_BLD_to_param(build) : NULL;
    int selection = is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    int r = params ? 0 : -ENOMEM;

    *out = NULL;
    if (params &&
        (EVP_PKEY_fromdata_init(ctx) <= 0 || EVP_PKEY_fromdata(ctx, out, selection, params) <= 0))
        r = gale_err(GALE_EINVAL, "the numbers of an %s key do not fit", type);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return r;
}

/* Public and private half must belong together, and a point lie on its curve. */
static int check_pair(EVP_PKEY *pkey, bool is_private)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    int ok = -1;

    if (ctx)
        ok = is_private ? EVP_PKEY_pairwise_check(ctx) : EVP_PKEY_public_check(ctx);
    EVP_PKEY_CTX_free(ctx);
    if (!ctx)
        return -ENOMEM;
    return ok > 0 ? 0 : gale_err(GALE_EINVAL, "a key that is none of its kind");
}

static const struct {
    const char *name, *param;
    bool is_public;
} rsa_members[] = {
    { "n", OSSL_PKEY_PARAM_RSA_N, true },
    { "e", OSSL_PKEY_PARAM_RSA_E, true },
    { "d", OSSL_PKEY_PARAM_RSA_D, false },
    { "p", OSSL_PKEY_PARAM_RSA_FACTOR1, false },
    { "q", OSSL_PKEY_PARAM_RSA_FACTOR2, false },
    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, false },
    { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, false },
    { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, false },
};

enum { RSA_MEMBERS = sizeof(rsa_members) / sizeof(rsa_members[0]) };

static int push_rsa(const json_t *object, OSSL_PARAM_BLD *build, BIGNUM **numbers)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < RSA_MEMBERS; i++) {
        struct bytes b;

        r = member(object, rsa_members[i].name, rsa_members[i].is_public, &b);
        if (r < 0 || !b.ptr)
            continue;
        if (b.len > RSA_MAX_BITS / 8)
            r = gale_err(GALE_EINVAL, "%s of a key is too long", rsa_members[i].name);
        else if (!(numbers[i] = BN_secure_new()) || !BN_bin2bn(b.ptr, (int)b.len, numbers[i]) ||
                 !OSSL_PARAM_BLD_push_BN(build, rsa_members[i].param, numbers[i]))
            r = -ENOMEM;
        wipe(&b);
    }
    return r;
}

static int parse_rsa(const json_t *object, struct gale__jwk *key)
{
    BIGNUM *numbers[RSA_MEMBERS] = { NULL };
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    int r = build ? push_rsa(object, build, numbers) : -ENOMEM;

    key->is_private = json_object_get(object, "d") != NULL;
    if (json_object_get(object, "oth"))
        r = gale_err(GALE_EINVAL, "an RSA key of more than two primes");
    if (r >= 0)
        r = make("RSA", build, key->is_private, &key->pkey);
    if (r >= 0 && (EVP_PKEY_get_bits(key->pkey) < RSA_MIN_BITS ||
                   EVP_PKEY_get_bits(key->pkey) > RSA_MAX_BITS))
        r = gale_err(GALE_EINVAL, "an RSA key of %d bits: %d to %d are taken",
                     EVP_PKEY_get_bits(key->pkey), RSA_MIN_BITS, RSA_MAX_BITS);
    if (r >= 0 && (!BN_is_odd(numbers[1]) || BN_is_one(numbers[1])))
        r = gale_err(GALE_EINVAL, "an RSA key whose e is none");
    if (r >= 0 && key->is_private)
        r = check_pair(key->pkey, true);
    OSSL_PARAM_BLD_free(build);
    for (size_t i = 0; i < RSA_MEMBERS; i++)
        BN_clear_free(numbers[i]);
    return r;
}

static int make_ec(const struct curve *curve, const uint8_t *point, const BIGNUM *d, EVP_PKEY **out)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    int r = -ENOMEM;

    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         1 + 2 * curve->size) &&
        (!d || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d)))
        r = make("EC", build, d != NULL, out);
    OSSL_PARAM_BLD_free(build);
    return r;
}

static int parse_ec(const json_t *object, const struct curve *curve, struct gale__jwk *key)
{
    struct bytes x, y = { NULL, 0 }, d = { NULL, 0 };
    uint8_t point[POINT_MAX] = { 4 };
    BIGNUM *number = NULL;
    int r = member_of(object, "x", true, curve->size, &x);

    if (r >= 0)
        r = member_of(object, "y", true, curve->size, &y);
    if (r >= 0)
        r = member_of(object, "d", false, curve->size, &d);
    if (r >= 0 && d.ptr && !(number = BN_bin2bn(d.ptr, (int)d.len, NULL)))
        r = -ENOMEM;
    if (r >= 0) {
        memcpy(point + 1, x.ptr, curve->size);
        memcpy(point + 1 + curve->size, y.ptr, curve->size);
        r = make_ec(curve, point, number, &key->pkey);
    }
    if (r >= 0)
        r = check_pair(key->pkey, number != NULL);
    key->is_private = number != NULL;
    BN_clear_free(number);
    wipe(&x);
    wipe(&y);
    wipe(&d);
    return r;
}

/* A private key brings its public half along. */
static int same_public(EVP_PKEY *pkey, const struct bytes *x)
{
    uint8_t own[64];
    size_t len = sizeof(own);

    if (EVP_PKEY_get_raw_public_key(pkey, own, &len) > 0 && len == x->len &&
        !memcmp(own, x->ptr, len))
        return 0;
    return gale_err(GALE_EINVAL, "x and d of a key do not belong together");
}

static int parse_okp(const json_t *object, const struct curve *curve, struct gale__jwk *key)
{
    struct bytes x, d = { NULL, 0 };
    int r = member_of(object, "x", true, curve->size, &x);

    if (r >= 0)
        r = member_of(object, "d", false, curve->size, &d);
    if (r >= 0) {
        key->is_private = d.ptr != NULL;
        key->pkey = d.ptr ? EVP_PKEY_new_raw_private_key(curve->raw, NULL, d.ptr, d.len)
                          : EVP_PKEY_new_raw_public_key(curve->raw, NULL, x.ptr, x.len);
        if (!key->pkey)
            r = gale_err(GALE_EINVAL, "a key that is none of %s", curve->name);
        else if (d.ptr)
            r = same_public(key->pkey, &x);
    }
    wipe(&x);
    wipe(&d);
    return r;
}

static int parse_oct(const json_t *object, struct gale__jwk *key)
{
    struct bytes k;
    int r = member(object, "k", true, &k);

    if (r < 0)
        return r;
    if (!k.len || k.len > SECRET_MAX) {
        wipe(&k);
        return gale_err(GALE_EINVAL, "k of a key has no bytes, or more than %d", SECRET_MAX);
    }
    key->is_private = true;
    key->secret = k.ptr;
    key->secret_len = k.len;
    return 0;
}

static int parse_numbers(const json_t *object, struct gale__jwk *key)
{
    const char *type = gale__jose_text(object, "kty"), *name = gale__jose_text(object, "crv");
    char room[GALE__JOSE_SHOWN];
    const struct curve *curve;

    if (!type)
        return gale_err(GALE_EINVAL, "a key without kty");
    if (!strcmp(type, "RSA")) {
        key->type = GALE__JWK_RSA;
        return parse_rsa(object, key);
    }
    if (!strcmp(type, "oct")) {
        key->type = GALE__JWK_OCT;
        return parse_oct(object, key);
    }
    if (strcmp(type, "EC") && strcmp(type, "OKP"))
        return gale_err(GALE_EINVAL, "a key of type '%s', which is not known",
                        gale__jose_shown(type, room));
    key->type = strcmp(type, "EC") ? GALE__JWK_OKP : GALE__JWK_EC;
    curve = find_curve(key->type, name);
    if (!curve)
        return gale_err(GALE_EINVAL, "a key of curve '%s', which is not known",
                        gale__jose_shown(name, room));
    key->curve = curve->name;
    return key->type == GALE__JWK_EC ? parse_ec(object, curve, key) : parse_okp(object, curve, key);
}

/* --- what it is for --------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned bit;
} op_names[] = {
    { "sign", GALE__JWK_SIGN },
    { "verify", GALE__JWK_VERIFY },
    { "encrypt", GALE__JWK_ENCRYPT },
    { "decrypt", GALE__JWK_DECRYPT },
    { "wrapKey", GALE__JWK_WRAP },
    { "unwrapKey", GALE__JWK_UNWRAP },
    { "deriveKey", GALE__JWK_DERIVE_KEY },
    { "deriveBits", GALE__JWK_DERIVE_BITS },
};

static int parse_ops(const json_t *list, struct gale__jwk *key)
{
    unsigned ops = 0;

    if (!json_is_array(list))
        return gale_err(GALE_EINVAL, "key_ops of a key is no array");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (!name)
            return gale_err(GALE_EINVAL, "key_ops of a key has what is no string");
        for (size_t j = 0; j < sizeof(op_names) / sizeof(op_names[0]); j++)
            if (!strcmp(name, op_names[j].name))
                ops |= op_names[j].bit;
    }
    key->has_ops = true;
    key->ops &= ops;
    return 0;
}

static int copy_text(const json_t *object, const char *name, char **out)
{
    const json_t *value = json_object_get(object, name);

    if (!value)
        return 0;
    if (!json_is_string(value))
        return gale_err(GALE_EINVAL, "%s of a key is no string", name);
    *out = gale__malloc(json_string_length(value) + 1);
    if (!*out)
        return -ENOMEM;
    memcpy(*out, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

static int parse_purpose(const json_t *object, struct gale__jwk *key)
{
    const json_t *ops = json_object_get(object, "key_ops");
    int r = copy_text(object, "kid", &key->kid);

    if (r >= 0)
        r = copy_text(object, "alg", &key->alg);
    if (r >= 0)
        r = copy_text(object, "use", &key->use);
    if (r < 0)
        return r;
    key->ops = GALE__JWK_OF_SIGNATURES | GALE__JWK_OF_ENCRYPTION;
    if (key->use)
        key->ops = !strcmp(key->use, "sig")   ? GALE__JWK_OF_SIGNATURES
                   : !strcmp(key->use, "enc") ? GALE__JWK_OF_ENCRYPTION
                                              : 0;
    return ops ? parse_ops(ops, key) : 0;
}

bool gale__jwk_allows(const struct gale__jwk *key, const char *alg, unsigned ops)
{
    return (!key->alg || !strcmp(key->alg, alg)) && (key->ops & ops) == ops;
}

int gale__jwk_parse(const json_t *object, struct gale__jwk *key)
{
    int r;

    memset(key, 0, sizeof(*key));
    if (!json_is_object(object))
        return gale_err(GALE_EINVAL, "a key that is no object");
    ERR_set_mark();
    r = parse_purpose(object, key);
    if (r >= 0)
        r = parse_numbers(object, key);
    ERR_pop_to_mark();
    if (r < 0)
        gale__jwk_deinit(key);
    return r == -ENOMEM ? gale_err(r, "no memory for a key") : r;
}

void gale__jwk_deinit(struct gale__jwk *key)
{
    gale__free(key->kid);
    gale__free(key->alg);
    gale__free(key->use);
    EVP_PKEY_free(key->pkey);
    if (key->secret)
        OPENSSL_cleanse(key->secret, key->secret_len);
    gale__free(key->secret);
    memset(key, 0, sizeof(*key));
}

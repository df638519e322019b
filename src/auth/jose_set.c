/* jose_set.c - sets of keys: read, made of PEM or a secret, shown to others (RFC 7517 5). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "auth/jose.h"
#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"

enum { NUMBER_MAX = 2048 };

static void set_error(int *error, int r)
{
    if (error)
        *error = r;
}

/* Room for n keys, all zero; the set has none yet. */
static gale_jwks *new_set(size_t n)
{
    gale_jwks *set = gale__calloc(1, offsetof(gale_jwks, keys) + n * sizeof(set->keys[0]));

    if (set)
        atomic_init(&set->refs, 1);
    else
        (void)!gale_err(-ENOMEM, "no memory for a set of keys");
    return set;
}

gale_jwks *gale_jwks_ref(gale_jwks *keys)
{
    atomic_fetch_add_explicit(&keys->refs, 1, memory_order_relaxed);
    return keys;
}

void gale_jwks_unref(gale_jwks *keys)
{
    if (!keys || atomic_fetch_sub_explicit(&keys->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < keys->n; i++)
        gale__jwk_deinit(&keys->keys[i]);
    gale__free(keys);
}

size_t gale_jwks_count(const gale_jwks *keys)
{
    return keys->n;
}

/* --- JSON ------------------------------------------------------------------------- */

/* Whoever has seen a key that should be secret can sign with it. */
static bool is_secret(const json_t *key)
{
    const char *type = gale__jose_text(key, "kty");

    return json_object_get(key, "d") || json_object_get(key, "k") || (type && !strcmp(type, "oct"));
}

static int parse_key(const json_t *object, bool only_public, struct gale__jwk *key)
{
    if (only_public && is_secret(object))
        return gale_err(GALE_EINVAL, "a key that is not public");
    return gale__jwk_parse(object, key);
}

static int fill(gale_jwks *set, const json_t *list, bool only_public)
{
    int r = GALE_EINVAL;

    if (!json_array_size(list))
        return gale_err(GALE_EINVAL, "a key set without keys");
    for (size_t i = 0; i < json_array_size(list); i++) {
        r = parse_key(json_array_get(list, i), only_public, &set->keys[set->n]);
        if (r == -ENOMEM)
            return r;
        set->n += r >= 0;
    }
    return set->n ? 0 : r; /* the last one's reason */
}

static gale_jwks *parse_list(const json_t *list, bool only_public, int *r)
{
    gale_jwks *set;

    if (!json_is_array(list) || json_array_size(list) > GALE__JWK_MAX_KEYS) {
        *r = json_is_array(list)
                 ? gale_err(GALE_ETOOBIG, "a key set of more than %d keys", GALE__JWK_MAX_KEYS)
                 : gale_err(GALE_EINVAL, "keys of a key set is no array");
        return NULL;
    }
    set = new_set(json_array_size(list));
    *r = set ? fill(set, list, only_public) : -ENOMEM;
    if (*r >= 0)
        return set;
    gale_jwks_unref(set);
    return NULL;
}

static gale_jwks *parse_one(const json_t *object, bool only_public, int *r)
{
    gale_jwks *set = new_set(1);

    *r = set ? parse_key(object, only_public, &set->keys[0]) : -ENOMEM;
    if (*r >= 0) {
        set->n = 1;
        return set;
    }
    gale_jwks_unref(set);
    return NULL;
}

static gale_jwks *parse_set(gale_str json, bool only_public, int *error)
{
    gale_jwks *set = NULL;
    json_t *value = NULL;
    int r = 0;

    if (json.len > GALE__JWK_MAX_TEXT)
        r = gale_err(GALE_ETOOBIG, "a key set of more than %d bytes", GALE__JWK_MAX_TEXT);
    else
        value = gale__json_decode_strict(json, GALE__JOSE_DEPTH, &r);
    if (value && json_object_get(value, "keys"))
        set = parse_list(json_object_get(value, "keys"), only_public, &r);
    else if (value)
        set = parse_one(value, only_public, &r);
    json_decref(value);
    set_error(error, set ? 0 : r);
    return set;
}

gale_jwks *gale_jwks_parse(gale_str json, int *error)
{
    return parse_set(json, false, error);
}

gale_jwks *gale__jwks_parse_public(gale_str json, int *error)
{
    return parse_set(json, true, error);
}

/* --- PEM and secrets -------------------------------------------------------------- */

/* Never asks a terminal. */
static int no_password(char *buffer, int size, int is_writing, void *arg)
{
    return -1;
}

static EVP_PKEY *read_pem(gale_str pem, bool *is_private)
{
    BIO *bio = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr ? pem.ptr : "", (int)pem.len) : NULL;
    EVP_PKEY *pkey = NULL;
    X509 *certificate = NULL;

    if (!bio)
        return NULL;
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    *is_private = pkey != NULL;
    if (!pkey && BIO_reset(bio) >= 0)
        pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    if (!pkey && BIO_reset(bio) >= 0)
        certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (certificate)
        pkey = X509_get_pubkey(certificate);
    X509_free(certificate);
    BIO_free(bio);
    return pkey;
}

/* The members of a public key's JWK are its numbers; the object is made of them, and read again, so
 * that keys from everywhere pass the same checks. */
static int add_number(json_t *object, const char *name, const uint8_t *bytes, size_t len)
{
    char text[NUMBER_MAX * 4 / 3 + 4];
    size_t n = gale__base64_encode(GALE__BASE64_URL, (gale_str){ (const char *)bytes, len }, text);

    return json_object_set_new(object, name, json_stringn(text, n)) == 0 ? 0 : -ENOMEM;
}

/* size 0: as long as it is. */
static int add_bn(json_t *object, const char *name, const EVP_PKEY *pkey, const char *param,
                  int size)
{
    uint8_t bytes[NUMBER_MAX];
    BIGNUM *number = NULL;
    int len = -1, r = -ENOMEM;

    if (EVP_PKEY_get_bn_param(pkey, param, &number) > 0) {
        len = size ? size : BN_num_bytes(number);
        if (len <= NUMBER_MAX && BN_bn2binpad(number, bytes, len) >= 0)
            r = add_number(object, name, bytes, (size_t)len);
        else
            r = gale_err(GALE_EINVAL, "a key with a number that is too long");
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_clear_free(number);
    return r;
}

static int set_text(json_t *object, const char *name, const char *value)
{
    return !value || json_object_set_new(object, name, json_string(value)) == 0 ? 0 : -ENOMEM;
}

static int describe_rsa(json_t *object, const EVP_PKEY *pkey, bool with_private)
{
    static const struct {
        const char *name, *param;
    } all[] = {
        { "n", OSSL_PKEY_PARAM_RSA_N },          { "e", OSSL_PKEY_PARAM_RSA_E },
        { "d", OSSL_PKEY_PARAM_RSA_D },          { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
        { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
        { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 }, { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
    };
    int r = set_text(object, "kty", "RSA");

    for (size_t i = 0; r >= 0 && i < (with_private ? 8 : 2); i++)
        r = add_bn(object, all[i].name, pkey, all[i].param, 0);
    return r;
}

static int describe_ec(json_t *object, const EVP_PKEY *pkey, bool with_private)
{
    static const struct {
        const char *name, *groups[3];
        int size;
    } all[] = {
        { "P-256", { "prime256v1", "P-256", NULL }, 32 },
        { "P-384", { "secp384r1", "P-384", NULL }, 48 },
        { "P-521", { "secp521r1", "P-521", NULL }, 66 },
    };
    char group[64] = "";
    size_t i = 0;
    int r;

    EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL);
    while (i < 3 && !gale__jose_listed(all[i].groups, group))
        i++;
    if (i == 3)
        return gale_err(GALE_EINVAL, "a key of curve '%s', which is not known", group);
    r = set_text(object, "kty", "EC");
    if (r >= 0)
        r = set_text(object, "crv", all[i].name);
    if (r >= 0)
        r = add_bn(object, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, all[i].size);
    if (r >= 0)
        r = add_bn(object, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, all[i].size);
    if (r >= 0 && with_private)
        r = add_bn(object, "d", pkey, OSSL_PKEY_PARAM_PRIV_KEY, all[i].size);
    return r;
}

static int describe_okp(json_t *object, const EVP_PKEY *pkey, bool with_private)
{
    static const char *const names[] = { "Ed25519", "Ed448", "X25519", "X448" };
    uint8_t bytes[64];
    size_t len = sizeof(bytes), i = 0;
    int r = set_text(object, "kty", "OKP");

    while (i < 4 && !EVP_PKEY_is_a(pkey, names[i]))
        i++;
    if (i == 4)
        return gale_err(GALE_EINVAL, "a key of a type that is not known");
    if (r >= 0)
        r = set_text(object, "crv", names[i]);
    if (r >= 0)
        r = EVP_PKEY_get_raw_public_key(pkey, bytes, &len) > 0 ? add_number(object, "x", bytes, len)
                                                               : -ENOMEM;
    len = sizeof(bytes);
    if (r >= 0 && with_private)
        r = EVP_PKEY_get_raw_private_key(pkey, bytes, &len) > 0
                ? add_number(object, "d", bytes, len)
                : -ENOMEM;
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return r;
}

static int describe(json_t *object, const EVP_PKEY *pkey, bool with_private)
{
    if (EVP_PKEY_is_a(pkey, "RSA"))
        return describe_rsa(object, pkey, with_private);
    if (EVP_PKEY_is_a(pkey, "EC"))
        return describe_ec(object, pkey, with_private);
    return describe_okp(object, pkey, with_private);
}

static int describe_named(json_t *object, const EVP_PKEY *pkey, bool with_private, const char *kid,
                          const char *alg)
{
    int r = describe(object, pkey, with_private);

    if (r >= 0)
        r = set_text(object, "kid", kid);
    return r < 0 ? r : set_text(object, "alg", alg);
}

gale_jwks *gale_jwks_from_pem(gale_str pem, const char *kid, const char *alg, int *error)
{
    json_t *object = json_object();
    bool is_private = false;
    gale_jwks *set = NULL;
    EVP_PKEY *pkey;
    int r = -ENOMEM;

    ERR_set_mark();
    pkey = read_pem(pem, &is_private);
    if (!pkey)
        r = gale_err(GALE_EINVAL, "no key in PEM: neither a private key without a password, nor a "
                                  "public one, nor a certificate");
    else if (object)
        r = describe_named(object, pkey, is_private, kid, alg);
    if (r >= 0)
        set = parse_one(object, false, &r);
    ERR_pop_to_mark();
    EVP_PKEY_free(pkey);
    json_decref(object);
    set_error(error, set ? 0 : r);
    return set;
}

gale_jwks *gale_jwks_from_secret(gale_str secret, const char *kid, const char *alg, int *error)
{
    json_t *object = json_object();
    size_t size = gale__base64_size(GALE__BASE64_URL, secret.len);
    char *text = gale__malloc(size);
    gale_jwks *set = NULL;
    int r = -ENOMEM;

    if (object && text) {
        gale__base64_encode(GALE__BASE64_URL, secret, text);
        r = json_object_set_new(object, "k", json_stringn(text, size)) == 0
                ? set_text(object, "kty", "oct")
                : -ENOMEM;
        OPENSSL_cleanse(text, size);
    }
    if (r >= 0)
        r = set_text(object, "kid", kid);
    if (r >= 0)
        r = set_text(object, "alg", alg);
    if (r >= 0)
        set = parse_one(object, false, &r);
    gale__free(text);
    json_decref(object);
    set_error(error, set ? 0 : r);
    return set;
}

/* --- for others ------------------------------------------------------------------- */

static int add_public(json_t *list, const struct gale__jwk *key)
{
    json_t *object = json_object();
    int r = object ? describe_named(object, key->pkey, false, key->kid, key->alg) : -ENOMEM;

    if (r >= 0)
        r = set_text(object, "use", key->use);
    if (r >= 0 && json_array_append(list, object) < 0)
        r = -ENOMEM;
    json_decref(object);
    return r;
}

json_t *gale_jwks_public(const gale_jwks *keys)
{
    json_t *list = json_array(), *all = json_object();
    int r = list && all ? 0 : -ENOMEM;

    ERR_set_mark();
    for (size_t i = 0; r >= 0 && i < keys->n; i++)
        r = keys->keys[i].pkey ? add_public(list, &keys->keys[i]) : 0;
    ERR_pop_to_mark();
    if (r >= 0 && json_object_set(all, "keys", list) == 0) {
        json_decref(list);
        return all;
    }
    json_decref(list);
    json_decref(all);
    (void)!gale_err(-ENOMEM, "no memory for a set of keys");
    return NULL;
}

/* --- by name ---------------------------------------------------------------------- */

static bool is_named(const struct gale__jwk *key, const char *kid)
{
    return key->kid && !strcmp(key->kid, kid);
}

static bool has_name(const gale_jwks *keys, const char *kid)
{
    for (size_t i = 0; i < keys->n; i++)
        if (is_named(&keys->keys[i], kid))
            return true;
    return false;
}

const struct gale__jwk *gale__jwks_next(const gale_jwks *keys, const char *kid, size_t *i)
{
    bool by_name = kid && has_name(keys, kid);

    while (*i < keys->n) {
        const struct gale__jwk *key = &keys->keys[(*i)++];

        if (!kid || (by_name ? is_named(key, kid) : !key->kid))
            return key;
    }
    return NULL;
}

/* jose_signature.c - the algorithms of signed tokens. See jose_signature.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/jose_signature.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "base/alloc.h"

enum { HALF_MAX = 66, DER_MAX = 160 };

struct gale__jws_alg {
    const char *name;
    enum gale__jwk_type type;
    const char *hash;  /* NULL: of the algorithm itself (EdDSA) */
    const char *curve; /* that it is for; NULL: any */
    size_t half;       /* EC: bytes of r and of s; oct: shortest secret */
    bool is_pss;
};

static const struct gale__jws_alg algs[] = {
    { "RS256", GALE__JWK_RSA, "SHA256", NULL, 0, false },
    { "RS384", GALE__JWK_RSA, "SHA384", NULL, 0, false },
    { "RS512", GALE__JWK_RSA, "SHA512", NULL, 0, false },
    { "PS256", GALE__JWK_RSA, "SHA256", NULL, 0, true },
    { "PS384", GALE__JWK_RSA, "SHA384", NULL, 0, true },
    { "PS512", GALE__JWK_RSA, "SHA512", NULL, 0, true },
    { "ES256", GALE__JWK_EC, "SHA256", "P-256", 32, false },
    { "ES384", GALE__JWK_EC, "SHA384", "P-384", 48, false },
    { "ES512", GALE__JWK_EC, "SHA512", "P-521", 66, false },
    { "EdDSA", GALE__JWK_OKP, NULL, NULL, 0, false },
    { "HS256", GALE__JWK_OCT, "SHA256", NULL, 32, false },
    { "HS384", GALE__JWK_OCT, "SHA384", NULL, 48, false },
    { "HS512", GALE__JWK_OCT, "SHA512", NULL, 64, false },
};

const struct gale__jws_alg *gale__jws_alg(const char *name)
{
    for (size_t i = 0; name && i < sizeof(algs) / sizeof(algs[0]); i++)
        if (!strcmp(algs[i].name, name))
            return &algs[i];
    return NULL;
}

bool gale__jws_fits(const struct gale__jws_alg *alg, const struct gale__jwk *key, unsigned op)
{
    if (key->type != alg->type || !gale__jwk_allows(key, alg->name, op))
        return false;
    if (op == GALE__JWK_SIGN && !key->is_private)
        return false;
    if (alg->curve && strcmp(alg->curve, key->curve))
        return false;
    if (key->type == GALE__JWK_OKP)
        return !strncmp(key->curve, "Ed", 2);
    return key->type != GALE__JWK_OCT || key->secret_len >= alg->half;
}

const char *gale__jws_default(const struct gale__jwk *key)
{
    if (key->alg)
        return gale__jws_alg(key->alg) ? key->alg : NULL;
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
        if (gale__jws_fits(&algs[i], key, GALE__JWK_SIGN))
            return algs[i].name;
    return NULL;
}

/* --- HMAC ------------------------------------------------------------------------- */

static int mac(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
               uint8_t out[EVP_MAX_MD_SIZE], size_t *len)
{
    return EVP_Q_mac(NULL, "HMAC", NULL, alg->hash, NULL, key->secret, key->secret_len,
                     (const uint8_t *)text.ptr, text.len, out, EVP_MAX_MD_SIZE, len)
               ? 0
               : -ENOMEM;
}

static int verify_mac(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                      const uint8_t *signature, size_t len)
{
    uint8_t own[EVP_MAX_MD_SIZE];
    size_t n;
    int r = mac(alg, key, text, own, &n);

    return r < 0 ? r : n == len && !CRYPTO_memcmp(own, signature, n);
}

/* --- ECDSA: r and s beside each other here, in DER there -------------------------- */

static int to_der(const uint8_t *raw, size_t half, uint8_t out[DER_MAX])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, (int)half, NULL), *s = BN_bin2bn(raw + half, (int)half, NULL);
    int len = -1;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
        len = i2d_ECDSA_SIG(pair, NULL);
        len = len > 0 && len <= DER_MAX ? i2d_ECDSA_SIG(pair, &out) : -1;
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return len;
}

static bool from_der(const uint8_t *der, size_t len, size_t half, uint8_t *raw)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, (int)half) >= 0 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + half, (int)half) >= 0;

    ECDSA_SIG_free(pair);
    return ok;
}

/* --- keys of OpenSSL -------------------------------------------------------------- */

static bool set_pss(const struct gale__jws_alg *alg, EVP_PKEY_CTX *ctx)
{
    return !alg->is_pss || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
                            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
}

static int verify_pkey(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                       const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    int r = -ENOMEM;

    if (ctx && EVP_DigestVerifyInit_ex(ctx, &pctx, alg->hash, NULL, NULL, key->pkey, NULL) > 0 &&
        set_pss(alg, pctx))
        r = EVP_DigestVerify(ctx, signature, len, (const uint8_t *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    return r;
}

static int verify_ec(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                     const uint8_t *signature, size_t len)
{
    uint8_t der[DER_MAX];
    int n = len == 2 * alg->half ? to_der(signature, alg->half, der) : -1;

    return n > 0 && verify_pkey(alg, key, text, der, (size_t)n) == 1;
}

int gale__jws_verify(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                     const uint8_t *signature, size_t len)
{
    int r;

    ERR_set_mark();
    if (alg->type == GALE__JWK_OCT)
        r = verify_mac(alg, key, text, signature, len);
    else if (alg->type == GALE__JWK_EC)
        r = verify_ec(alg, key, text, signature, len);
    else
        r = verify_pkey(alg, key, text, signature, len);
    ERR_pop_to_mark();
    return r;
}

/* The signature's length in *len, which at first is the room. */
static bool sign_pkey(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                      uint8_t *out, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool ok = ctx &&
              EVP_DigestSignInit_ex(ctx, &pctx, alg->hash, NULL, NULL, key->pkey, NULL) > 0 &&
              set_pss(alg, pctx) &&
              EVP_DigestSign(ctx, out, len, (const uint8_t *)text.ptr, text.len) > 0;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool sign(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                 uint8_t *out, size_t *len)
{
    uint8_t der[DER_MAX];
    size_t n = sizeof(der);

    if (alg->type == GALE__JWK_OCT)
        return mac(alg, key, text, out, len) >= 0;
    if (alg->type != GALE__JWK_EC)
        return sign_pkey(alg, key, text, out, len);
    *len = 2 * alg->half;
    return sign_pkey(alg, key, text, der, &n) && from_der(der, n, alg->half, out);
}

uint8_t *gale__jws_sign(const struct gale__jws_alg *alg, const struct gale__jwk *key, gale_str text,
                        size_t *len, int *error)
{
    uint8_t *out;
    bool ok;

    *len = EVP_MAX_MD_SIZE + 2 * HALF_MAX;
    if (key->pkey && (size_t)EVP_PKEY_get_size(key->pkey) > *len)
        *len = (size_t)EVP_PKEY_get_size(key->pkey);
    out = gale__malloc(*len);
    if (out) {
        ERR_set_mark();
        ok = sign(alg, key, text, out, len);
        ERR_pop_to_mark();
        if (ok)
            return out;
        gale__free(out);
    }
    *error = gale_err(-ENOMEM, "no memory for a signature");
    return NULL;
}

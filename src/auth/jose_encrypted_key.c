/* jose_encrypted_key.c - the key of an encrypted token's content: under RSA, agreed on by elliptic
 * curves, wrapped, or known to both sides (RFC 7518 4; RFC 8037 3.2). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "auth/jose_encrypted_parts.h"
#include "base/alloc.h"

enum kind { RSA_OAEP, RSA_PKCS1, AGREED, WRAPPED, WRAPPED_GCM, DIRECT };

struct gale__jwe_alg {
    const char *name;
    enum gale__jwk_type type; /* AGREED: EC or OKP */
    enum kind kind;
    const char *hash; /* of OAEP */
    size_t wrap;      /* bytes of the key that wraps; AGREED with 0: the content's itself */
};

static const struct gale__jwe_alg algs[] = {
    { "RSA-OAEP", GALE__JWK_RSA, RSA_OAEP, "SHA1", 0 },
    { "RSA-OAEP-256", GALE__JWK_RSA, RSA_OAEP, "SHA256", 0 },
    { "RSA1_5", GALE__JWK_RSA, RSA_PKCS1, NULL, 0 },
    { "ECDH-ES", GALE__JWK_EC, AGREED, NULL, 0 },
    { "ECDH-ES+A128KW", GALE__JWK_EC, AGREED, NULL, 16 },
    { "ECDH-ES+A192KW", GALE__JWK_EC, AGREED, NULL, 24 },
    { "ECDH-ES+A256KW", GALE__JWK_EC, AGREED, NULL, 32 },
    { "A128KW", GALE__JWK_OCT, WRAPPED, NULL, 16 },
    { "A192KW", GALE__JWK_OCT, WRAPPED, NULL, 24 },
    { "A256KW", GALE__JWK_OCT, WRAPPED, NULL, 32 },
    { "A128GCMKW", GALE__JWK_OCT, WRAPPED_GCM, NULL, 16 },
    { "A192GCMKW", GALE__JWK_OCT, WRAPPED_GCM, NULL, 24 },
    { "A256GCMKW", GALE__JWK_OCT, WRAPPED_GCM, NULL, 32 },
    { "dir", GALE__JWK_OCT, DIRECT, NULL, 0 },
};

const struct gale__jwe_alg *gale__jwe_alg(const char *name)
{
    for (size_t i = 0; name && i < sizeof(algs) / sizeof(algs[0]); i++)
        if (!strcmp(algs[i].name, name))
            return &algs[i];
    return NULL;
}

/* The use a key must be allowed. */
static bool allows(const struct gale__jwe_alg *alg, const struct gale__jwk *key)
{
    switch (alg->kind) {
    case AGREED:
        return gale__jwk_allows(key, alg->name, GALE__JWK_DERIVE_KEY) ||
               gale__jwk_allows(key, alg->name, GALE__JWK_DERIVE_BITS);
    case DIRECT:
        return gale__jwk_allows(key, alg->name, GALE__JWK_DECRYPT);
    default:
        return gale__jwk_allows(key, alg->name, GALE__JWK_UNWRAP) ||
               gale__jwk_allows(key, alg->name, GALE__JWK_DECRYPT);
    }
}

bool gale__jwe_fits(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                    const struct gale__jwk *key)
{
    bool is_agreeing = key->type == GALE__JWK_EC ||
                       (key->type == GALE__JWK_OKP && key->curve[0] == 'X');

    if (!key->is_private || !allows(alg, key))
        return false;
    if (alg->kind == AGREED)
        return is_agreeing;
    if (key->type != alg->type)
        return false;
    if (alg->kind == DIRECT)
        return key->secret_len == content->key_size;
    return !alg->wrap || key->secret_len == alg->wrap;
}

/* --- RSA -------------------------------------------------------------------------- */

static bool set_padding(const struct gale__jwe_alg *alg, EVP_PKEY_CTX *ctx)
{
    if (alg->kind == RSA_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, alg->hash, NULL) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, alg->hash, NULL) > 0;
}

static int decrypt_rsa(const struct gale__jwe_alg *alg, const struct gale__jwk *key,
                       const struct gale__jwe_bytes *in, uint8_t *cek, size_t size)
{
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    uint8_t *out = gale__malloc(len);
    EVP_PKEY_CTX *ctx = out ? EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL) : NULL;
    int r = -ENOMEM;

    if (ctx) {
        r = in->len == len && EVP_PKEY_decrypt_init(ctx) > 0 && set_padding(alg, ctx) &&
            EVP_PKEY_decrypt(ctx, out, &len, in->ptr, in->len) > 0 && len == size;
        if (r)
            memcpy(cek, out, size);
    }
    EVP_PKEY_CTX_free(ctx);
    if (out)
        OPENSSL_cleanse(out, (size_t)EVP_PKEY_get_size(key->pkey));
    gale__free(out);
    return r;
}

/* The random key is made first, so that the padding does not show by it (RFC 7516 11.5). */
static int decrypt_pkcs1(const struct gale__jwe_alg *alg, const struct gale__jwk *key,
                         const struct gale__jwe_bytes *in, uint8_t *cek, size_t size)
{
    int r = RAND_bytes(cek, (int)size) > 0 ? 0 : -ENOMEM;

    if (r == 0)
        r = decrypt_rsa(alg, key, in, cek, size);
    return r < 0 ? r : 1;
}

/* --- wrapped ---------------------------------------------------------------------- */

/* RFC 3394. */
static int unwrap(const uint8_t *key, size_t key_size, const struct gale__jwe_bytes *in,
                  uint8_t *cek, size_t size)
{
    const char *name = key_size == 16   ? "AES-128-WRAP"
                       : key_size == 24 ? "AES-192-WRAP"
                                        : "AES-256-WRAP";
    uint8_t out[GALE__JWE_KEY_MAX + 8];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);
    int n = 0, last = 0, r = -ENOMEM;

    if (ctx && c) {
        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        r = in->len == size + 8 && EVP_DecryptInit_ex2(ctx, c, key, NULL, NULL) > 0 &&
            EVP_DecryptUpdate(ctx, out, &n, in->ptr, (int)in->len) > 0 &&
            EVP_DecryptFinal_ex(ctx, out + n, &last) > 0 && (size_t)(n + last) == size;
        if (r)
            memcpy(cek, out, size);
    }
    EVP_CIPHER_free(c);
    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(out, sizeof(out));
    return r;
}

/* Bytes of a text in the header; NULL without, or when they are none. */
static struct gale__jwe_bytes header_bytes(const json_t *header, const char *name)
{
    const json_t *value = json_object_get(header, name);
    struct gale__jwe_bytes b = { NULL, 0 };
    int r;

    if (json_is_string(value))
        b.ptr = gale__jose_bytes((gale_str){ json_string_value(value), json_string_length(value) },
                                 name, &b.len, &r);
    return b;
}

static int unwrap_gcm(const struct gale__jwk *key, const json_t *header,
                      const struct gale__jwe_bytes *in, uint8_t *cek, size_t size)
{
    const char *name = key->secret_len == 16   ? "AES-128-GCM"
                       : key->secret_len == 24 ? "AES-192-GCM"
                                               : "AES-256-GCM";
    struct gale__jwe_bytes iv = header_bytes(header, "iv"), tag = header_bytes(header, "tag");
    size_t len;
    int r = 0;

    if (in->len == size && iv.ptr && tag.ptr)
        r = gale__jwe_open_gcm(name, key->secret, &iv, (gale_str){ "", 0 }, in, &tag, cek, &len);
    gale__free(iv.ptr);
    gale__free(tag.ptr);
    return r;
}

/* --- agreed on -------------------------------------------------------------------- */

static void put32(uint8_t *p, size_t n)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> (24 - 8 * i));
}

static bool hash_part(EVP_MD_CTX *ctx, const void *data, size_t n)
{
    uint8_t length[4];

    put32(length, n);
    return EVP_DigestUpdate(ctx, length, 4) > 0 && (!n || EVP_DigestUpdate(ctx, data, n) > 0);
}

int gale__jwe_concat_kdf(const uint8_t *secret, size_t secret_len, const char *name,
                         const struct gale__jwe_bytes *apu, const struct gale__jwe_bytes *apv,
                         uint8_t *out, size_t size)
{
    uint8_t hash[EVP_MAX_MD_SIZE], counter[4], bits[4];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL;

    put32(bits, size * 8);
    for (size_t done = 0, round = 1; ok && done < size; done += 32, round++) {
        put32(counter, round);
        ok = EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) > 0 &&
             EVP_DigestUpdate(ctx, counter, 4) > 0 &&
             EVP_DigestUpdate(ctx, secret, secret_len) > 0 && hash_part(ctx, name, strlen(name)) &&
             hash_part(ctx, apu->ptr, apu->len) && hash_part(ctx, apv->ptr, apv->len) &&
             EVP_DigestUpdate(ctx, bits, 4) > 0 && EVP_DigestFinal_ex(ctx, hash, NULL) > 0;
        if (ok)
            memcpy(out + done, hash, size - done < 32 ? size - done : 32);
    }
    EVP_MD_CTX_free(ctx);
    OPENSSL_cleanse(hash, sizeof(hash));
    return ok ? 1 : -ENOMEM;
}

/* Of our key and the one the token brings, which must be of its curve. */
static int agree(const struct gale__jwk *key, const json_t *header, uint8_t *secret, size_t *len)
{
    const json_t *epk = json_object_get(header, "epk");
    const char *curve = gale__jose_text(epk, "crv"), *type = gale__jose_text(epk, "kty");
    struct gale__jwk peer;
    EVP_PKEY_CTX *ctx;
    int r;

    /* Before it is parsed: to check the numbers of a private RSA key takes seconds. */
    if (!curve || strcmp(curve, key->curve) || !type || !strcmp(type, "RSA") ||
        json_object_get(epk, "d"))
        return 0;
    r = gale__jwk_parse(epk, &peer);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    r = 0;
    if (peer.curve && !strcmp(peer.curve, key->curve)) {
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
        r = ctx ? EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, peer.pkey) > 0 &&
                      EVP_PKEY_derive(ctx, secret, len) > 0
                : -ENOMEM;
        EVP_PKEY_CTX_free(ctx);
    }
    gale__jwk_deinit(&peer);
    return r;
}

static int derive(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                  const struct gale__jwk *key, const json_t *header, uint8_t *out, size_t size)
{
    struct gale__jwe_bytes apu = header_bytes(header, "apu"), apv = header_bytes(header, "apv");
    uint8_t secret[80];
    size_t len = sizeof(secret);
    int r = agree(key, header, secret, &len);

    if (r > 0)
        r = gale__jwe_concat_kdf(secret, len, alg->wrap ? alg->name : content->name, &apu, &apv,
                                 out, size);
    OPENSSL_cleanse(secret, sizeof(secret));
    gale__free(apu.ptr);
    gale__free(apv.ptr);
    return r;
}

static int agreed(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                  const struct gale__jwk *key, const json_t *header,
                  const struct gale__jwe_bytes *in, uint8_t *cek)
{
    uint8_t wrapping[32];
    int r;

    if (!alg->wrap)
        return in->len ? 0 : derive(alg, content, key, header, cek, content->key_size);
    r = derive(alg, content, key, header, wrapping, alg->wrap);
    if (r > 0)
        r = unwrap(wrapping, alg->wrap, in, cek, content->key_size);
    OPENSSL_cleanse(wrapping, sizeof(wrapping));
    return r;
}

int gale__jwe_unwrap(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                     const struct gale__jwk *key, const json_t *header,
                     const struct gale__jwe_bytes *encrypted, uint8_t cek[GALE__JWE_KEY_MAX])
{
    size_t size = content->key_size;

    switch (alg->kind) {
    case RSA_OAEP:
        return decrypt_rsa(alg, key, encrypted, cek, size);
    case RSA_PKCS1:
        return decrypt_pkcs1(alg, key, encrypted, cek, size);
    case AGREED:
        return agreed(alg, content, key, header, encrypted, cek);
    case WRAPPED:
        return unwrap(key->secret, key->secret_len, encrypted, cek, size);
    case WRAPPED_GCM:
        return unwrap_gcm(key, header, encrypted, cek, size);
    default:
        if (encrypted->len)
            return 0;
        memcpy(cek, key->secret, size);
        return 1;
    }
}

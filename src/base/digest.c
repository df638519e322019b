/* digest.c - hashes, HMAC, AES-GCM and randomness by libcrypto. See digest.h.
 *
 * libcrypto fetches an algorithm by its name at each use, under locks, which costs more than
 * hashing a cookie does; so the few that are used are fetched once for the process.
 */
/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <gale/error.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum { BLOCK = 64 }; /* bytes that the hashes of HMAC work on at a time */

/* Written once, by fetch(). */
static struct {
    pthread_once_t once;
    EVP_MD *hash[5];
    EVP_CIPHER *gcm;
} fetched = { .once = PTHREAD_ONCE_INIT };

static void fetch(void)
{
    static const char *const names[] = {
        [GALE__SHA1] = "SHA1",     [GALE__SHA256] = "SHA256", [GALE__MD5] = "MD5",
        [GALE__SHA384] = "SHA384", [GALE__SHA512] = "SHA512",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fetched.hash[i] = EVP_MD_fetch(NULL, names[i], NULL);
    fetched.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

/* Without memory at the first use it is the slow one for ever. */
static const EVP_MD *hash_of(enum gale__digest which)
{
    pthread_once(&fetched.once, fetch);
    if (fetched.hash[which])
        return fetched.hash[which];
    switch (which) {
    case GALE__SHA1:
        return EVP_sha1();
    case GALE__MD5:
        return EVP_md5();
    case GALE__SHA384:
        return EVP_sha384();
    case GALE__SHA512:
        return EVP_sha512();
    default:
        return EVP_sha256();
    }
}

static const EVP_CIPHER *cipher(void)
{
    pthread_once(&fetched.once, fetch);
    return fetched.gcm ? fetched.gcm : EVP_aes_256_gcm();
}

/* The hash of prefix (of one block, may be NULL) and the pieces; its length, or -ENOMEM. */
static int hash(EVP_MD_CTX *ctx, const EVP_MD *md, const uint8_t *prefix, const gale_str *pieces,
                size_t n, uint8_t out[GALE__DIGEST_MAX])
{
    unsigned len = 0;
    int ok = ctx && EVP_DigestInit_ex2(ctx, md, NULL);

    if (ok && prefix)
        ok = EVP_DigestUpdate(ctx, prefix, BLOCK);
    for (size_t i = 0; ok && i < n; i++)
        ok = !pieces[i].len || EVP_DigestUpdate(ctx, pieces[i].ptr, pieces[i].len);
    if (ok)
        ok = EVP_DigestFinal_ex(ctx, out, &len);
    return ok ? (int)len : gale_err(-ENOMEM, "no memory for a digest");
}

int gale__digest(enum gale__digest which, gale_str data, uint8_t out[GALE__DIGEST_MAX])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int r = hash(ctx, hash_of(which), NULL, &data, 1, out);

    EVP_MD_CTX_free(ctx);
    return r;
}

/* A key is one block: hashed when it is longer. */
static int block_of_key(EVP_MD_CTX *ctx, const EVP_MD *md, gale_str key, uint8_t block[BLOCK])
{
    memset(block, 0, BLOCK);
    if (key.len > BLOCK)
        return hash(ctx, md, NULL, &key, 1, block);
    if (key.len)
        memcpy(block, key.ptr, key.len);
    return 0;
}

static void xor_block(uint8_t block[BLOCK], uint8_t with)
{
    for (size_t i = 0; i < BLOCK; i++)
        block[i] ^= with;
}

int gale__hmac_list(enum gale__digest which, gale_str key, const gale_str *pieces, size_t n,
                    uint8_t out[GALE__DIGEST_MAX])
{
    const EVP_MD *md = hash_of(which);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t block[BLOCK];
    int r = block_of_key(ctx, md, key, block);

    xor_block(block, 0x36);
    if (r >= 0)
        r = hash(ctx, md, block, pieces, n, out);
    xor_block(block, 0x36 ^ 0x5c);
    if (r >= 0)
        r = hash(ctx, md, block, &(gale_str){ (const char *)out, (size_t)r }, 1, out);
    OPENSSL_cleanse(block, sizeof(block));
    EVP_MD_CTX_free(ctx);
    return r;
}

int gale__hmac(enum gale__digest which, gale_str key, gale_str data, uint8_t out[GALE__DIGEST_MAX])
{
    return gale__hmac_list(which, key, &data, 1, out);
}

static const uint8_t *bytes(gale_str s)
{
    return (const uint8_t *)(s.len ? s.ptr : "");
}

int gale__gcm_seal(const uint8_t key[GALE__GCM_KEY], const uint8_t nonce[GALE__GCM_NONCE],
                   gale_str aad, gale_str in, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0, ok;

    ok = ctx && in.len <= INT_MAX / 2 && aad.len <= INT_MAX / 2 &&
         EVP_EncryptInit_ex2(ctx, cipher(), key, nonce, NULL) &&
         EVP_EncryptUpdate(ctx, NULL, &n, bytes(aad), (int)aad.len) &&
         EVP_EncryptUpdate(ctx, out, &n, bytes(in), (int)in.len) &&
         EVP_EncryptFinal_ex(ctx, out + in.len, &n) &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GALE__GCM_TAG, out + in.len);
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : gale_err(-ENOMEM, "no memory for encryption");
}

int gale__gcm_open(const uint8_t key[GALE__GCM_KEY], const uint8_t nonce[GALE__GCM_NONCE],
                   gale_str aad, gale_str in, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx;
    uint8_t tag[GALE__GCM_TAG];
    size_t len = in.len - GALE__GCM_TAG;
    int n = 0, ok;

    if (in.len < GALE__GCM_TAG || in.len > INT_MAX / 2 || aad.len > INT_MAX / 2)
        return gale_err(GALE_EINVAL, "not sealed with this key");
    memcpy(tag, in.ptr + len, sizeof(tag));
    ctx = EVP_CIPHER_CTX_new();
    ok = ctx && EVP_DecryptInit_ex2(ctx, cipher(), key, nonce, NULL) &&
         EVP_DecryptUpdate(ctx, NULL, &n, bytes(aad), (int)aad.len) &&
         EVP_DecryptUpdate(ctx, out, &n, bytes(in), (int)len) &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GALE__GCM_TAG, tag);
    if (ok)
        ok = EVP_DecryptFinal_ex(ctx, out + len, &n) > 0 ? 2 : 1;
    EVP_CIPHER_CTX_free(ctx);
    if (ok == 2)
        return 0;
    OPENSSL_cleanse(out, len); /* what was not sealed so is nobody's to see */
    return ok ? gale_err(GALE_EINVAL, "not sealed with this key")
              : gale_err(-ENOMEM, "no memory for decryption");
}

int gale__random(void *out, size_t n)
{
    if (n > INT_MAX || RAND_bytes(out, (int)n) != 1)
        return gale_err(-EIO, "no random bytes to be had");
    return 0;
}

bool gale__equal_constant_time(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

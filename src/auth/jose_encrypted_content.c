/* jose_encrypted_content.c - the content of encrypted tokens: AES with HMAC or in Galois mode (RFC
 * 7518 5). A tag is compared before anything is decrypted. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "auth/jose_encrypted_parts.h"
#include "base/alloc.h"

enum { GCM_IV = 12, GCM_TAG = 16, CBC_IV = 16 };

static const struct gale__jwe_content contents[] = {
    { "A128CBC-HS256", "AES-128-CBC", "SHA256", 32 },
    { "A192CBC-HS384", "AES-192-CBC", "SHA384", 48 },
    { "A256CBC-HS512", "AES-256-CBC", "SHA512", 64 },
    { "A128GCM", "AES-128-GCM", NULL, 16 },
    { "A192GCM", "AES-192-GCM", NULL, 24 },
    { "A256GCM", "AES-256-GCM", NULL, 32 },
};

const struct gale__jwe_content *gale__jwe_content(const char *name)
{
    for (size_t i = 0; name && i < sizeof(contents) / sizeof(contents[0]); i++)
        if (!strcmp(contents[i].name, name))
            return &contents[i];
    return NULL;
}

/* --- AES in CBC mode, and HMAC over all of it (RFC 7518 5.2.2) --------------------- */

static int decrypt_cbc(const char *cipher, const uint8_t *key, const uint8_t *iv,
                       const struct gale__jwe_bytes *in, uint8_t *out, size_t *len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, cipher, NULL);
    int first = 0, last = 0, r = -ENOMEM;

    if (ctx && c) {
        r = EVP_DecryptInit_ex2(ctx, c, key, iv, NULL) > 0 &&
            EVP_DecryptUpdate(ctx, out, &first, in->ptr, (int)in->len) > 0 &&
            EVP_DecryptFinal_ex(ctx, out + first, &last) > 0;
        *len = (size_t)first + (size_t)last;
    }
    EVP_CIPHER_free(c);
    EVP_CIPHER_CTX_free(ctx);
    return r;
}

/* The tag is the first half of the HMAC of aad, iv, content and the length of aad in bits. */
static int make_tag(const char *hash, const uint8_t *key, size_t half,
                    const struct gale__jwe_bytes *iv, gale_str aad,
                    const struct gale__jwe_bytes *in, uint8_t tag[EVP_MAX_MD_SIZE])
{
    size_t n = aad.len + iv->len + in->len + 8, len = 0;
    uint8_t *all = gale__malloc(n), *p = all;
    int r;

    if (!all)
        return -ENOMEM;
    p = mempcpy(p, aad.ptr, aad.len);
    p = mempcpy(p, iv->ptr, iv->len);
    p = mempcpy(p, in->ptr, in->len);
    for (int shift = 56; shift >= 0; shift -= 8)
        *p++ = (uint8_t)((uint64_t)aad.len * 8 >> shift);
    r = EVP_Q_mac(NULL, "HMAC", NULL, hash, NULL, key, half, all, n, tag, EVP_MAX_MD_SIZE, &len)
            ? 1
            : -ENOMEM;
    gale__free(all);
    return r;
}

static int open_cbc(const struct gale__jwe_content *content, const uint8_t *cek,
                    const struct gale__jwe_bytes *iv, gale_str aad,
                    const struct gale__jwe_bytes *in, const struct gale__jwe_bytes *tag,
                    uint8_t *out, size_t *len)
{
    uint8_t own[EVP_MAX_MD_SIZE];
    size_t half = content->key_size / 2;
    int r;

    if (iv->len != CBC_IV || tag->len != half || !in->len || in->len % GALE__JWE_BLOCK)
        return 0;
    r = make_tag(content->hash, cek, half, iv, aad, in, own);
    if (r > 0)
        r = !CRYPTO_memcmp(own, tag->ptr, half);
    return r > 0 ? decrypt_cbc(content->cipher, cek + half, iv->ptr, in, out, len) : r;
}

/* --- AES in Galois mode ------------------------------------------------------------ */

int gale__jwe_open_gcm(const char *cipher, const uint8_t *key, const struct gale__jwe_bytes *iv,
                       gale_str aad, const struct gale__jwe_bytes *in,
                       const struct gale__jwe_bytes *tag, uint8_t *out, size_t *len)
{
    EVP_CIPHER_CTX *ctx;
    EVP_CIPHER *c;
    int n = 0, m = 0, r = -ENOMEM;

    if (iv->len != GCM_IV || tag->len != GCM_TAG)
        return 0;
    ctx = EVP_CIPHER_CTX_new();
    c = EVP_CIPHER_fetch(NULL, cipher, NULL);
    if (ctx && c) {
        r = EVP_DecryptInit_ex2(ctx, c, key, iv->ptr, NULL) > 0 &&
            (!aad.len ||
             EVP_DecryptUpdate(ctx, NULL, &m, (const uint8_t *)aad.ptr, (int)aad.len) > 0) &&
            EVP_DecryptUpdate(ctx, out, &n, in->ptr, (int)in->len) > 0 &&
            EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag->ptr) > 0 &&
            EVP_DecryptFinal_ex(ctx, out + n, &m) > 0;
        *len = (size_t)n;
    }
    EVP_CIPHER_free(c);
    EVP_CIPHER_CTX_free(ctx);
    return r;
}

int gale__jwe_open(const struct gale__jwe_content *content, const uint8_t *cek,
                   const struct gale__jwe_bytes *iv, gale_str aad, const struct gale__jwe_bytes *in,
                   const struct gale__jwe_bytes *tag, uint8_t *out, size_t *len)
{
    if (content->hash)
        return open_cbc(content, cek, iv, aad, in, tag, out, len);
    return gale__jwe_open_gcm(content->cipher, cek, iv, aad, in, tag, out, len);
}

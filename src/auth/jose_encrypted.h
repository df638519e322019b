/* jose_encrypted.h - inside: the algorithms of encrypted tokens (RFC 7518 4, 5; RFC 8037 3.2). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_JOSE_ENCRYPTED_H
#define GALE_AUTH_JOSE_ENCRYPTED_H

#include "auth/jose.h"

enum { GALE__JWE_KEY_MAX = 64, GALE__JWE_BLOCK = 16 };

struct gale__jwe_bytes {
    uint8_t *ptr;
    size_t len;
};

struct gale__jwe_alg;     /* how the content's key is told */
struct gale__jwe_content; /* how the content is encrypted */

/* By name; NULL: not known. */
const struct gale__jwe_alg *gale__jwe_alg(const char *name);
const struct gale__jwe_content *gale__jwe_content(const char *name);

/* Whether a key can serve: its type, length and what it may be used for. */
bool gale__jwe_fits(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                    const struct gale__jwk *key);

/* The content's key in cek. 1; 0: it cannot be had; -ENOMEM. With RSA1_5 it is always 1, and a
 * random key where it cannot be had (RFC 7516 11.5). */
int gale__jwe_unwrap(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                     const struct gale__jwk *key, const json_t *header,
                     const struct gale__jwe_bytes *encrypted,
                     uint8_t cek[GALE__JWE_KEY_MAX]) GALE_MUST_USE;

/* The content in out, which has room for all of it and a block. 1; 0: it does not hold; -ENOMEM. */
int gale__jwe_open(const struct gale__jwe_content *content, const uint8_t *cek,
                   const struct gale__jwe_bytes *iv, gale_str aad, const struct gale__jwe_bytes *in,
                   const struct gale__jwe_bytes *tag, uint8_t *out, size_t *len) GALE_MUST_USE;

/* A key by the Concat KDF (RFC 7518 4.6.2) of a shared secret; name is enc or alg, party infos as
 * bytes. 1, or -ENOMEM. */
int gale__jwe_concat_kdf(const uint8_t *secret, size_t secret_len, const char *name,
                         const struct gale__jwe_bytes *apu, const struct gale__jwe_bytes *apv,
                         uint8_t *out, size_t size) GALE_MUST_USE;

#endif

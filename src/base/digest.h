/* digest.h - hashes, HMAC, AES-GCM and randomness; the one user of libcrypto. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_DIGEST_H
#define GALE_BASE_DIGEST_H

#include <gale/base.h>

enum gale__digest {
    GALE__SHA1,   /* 20 bytes */
    GALE__SHA256, /* 32 bytes */
    GALE__MD5,    /* 16 bytes: digest authentication only */
    GALE__SHA384, /* 48 bytes; these two not for HMAC */
    GALE__SHA512, /* 64 bytes */
};

enum { GALE__DIGEST_MAX = 64, GALE__GCM_KEY = 32, GALE__GCM_NONCE = 12, GALE__GCM_TAG = 16 };

/* The hash of data; its length in bytes, or -ENOMEM. */
int gale__digest(enum gale__digest which, gale_str data, uint8_t out[GALE__DIGEST_MAX]);

/* HMAC (RFC 2104); its length in bytes, or -ENOMEM. */
int gale__hmac(enum gale__digest which, gale_str key, gale_str data, uint8_t out[GALE__DIGEST_MAX]);

/* The same of n pieces one after the other. */
int gale__hmac_list(enum gale__digest which, gale_str key, const gale_str *pieces, size_t n,
                    uint8_t out[GALE__DIGEST_MAX]);

/* AES-256-GCM. seal: out gets in.len bytes and the tag after them; 0 or -ENOMEM. open: in ends with
 * its tag, out gets the rest; GALE_EINVAL when it was not sealed so. aad may be empty. */
int gale__gcm_seal(const uint8_t key[GALE__GCM_KEY], const uint8_t nonce[GALE__GCM_NONCE],
                   gale_str aad, gale_str in, uint8_t *out);
int gale__gcm_open(const uint8_t key[GALE__GCM_KEY], const uint8_t nonce[GALE__GCM_NONCE],
                   gale_str aad, gale_str in, uint8_t *out);

/* n bytes that nobody can guess. 0 or -EIO. */
int gale__random(void *out, size_t n);

/* Whether the n bytes are the same, in a time that does not tell where they differ. */
bool gale__equal_constant_time(const void *a, const void *b, size_t n);

#endif

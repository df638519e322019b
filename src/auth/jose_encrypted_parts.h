/* jose_encrypted_parts.h - inside the jose_encrypted_*.c files: content encryptions as data. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_JOSE_ENCRYPTED_PARTS_H
#define GALE_AUTH_JOSE_ENCRYPTED_PARTS_H

#include "auth/jose_encrypted.h"

struct gale__jwe_content {
    const char *name, *cipher;
    const char *hash; /* NULL: Galois mode */
    size_t key_size;  /* of HMAC and cipher together */
};

/* 1: opened; 0: it does not hold; -ENOMEM. */
int gale__jwe_open_gcm(const char *cipher, const uint8_t *key, const struct gale__jwe_bytes *iv,
                       gale_str aad, const struct gale__jwe_bytes *in,
                       const struct gale__jwe_bytes *tag, uint8_t *out, size_t *len) GALE_MUST_USE;

#endif

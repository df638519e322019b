/* jose.h - inside: keys, and the pieces of compact tokens (RFC 7515, 7516, 7517).
 *
 * The jose_*.c files are the parts of <gale/jwt.h>. A key never changes once it is made, and
 * OpenSSL lets many threads use one EVP_PKEY that nobody changes. Who calls OpenSSL does it between
 * ERR_set_mark() and ERR_pop_to_mark(), since what is left in its queue would be taken for a
 * failure of TLS.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_JOSE_H
#define GALE_AUTH_JOSE_H

#include <gale/json.h>
#include <gale/jwt.h>
#include <stdatomic.h>

struct evp_pkey_st;

enum gale__jwk_type { GALE__JWK_RSA, GALE__JWK_EC, GALE__JWK_OKP, GALE__JWK_OCT };

/* What keys are for: names of key_ops (RFC 7517 4.3). */
enum gale__jwk_op {
    GALE__JWK_SIGN = 1,
    GALE__JWK_VERIFY = 2,
    GALE__JWK_ENCRYPT = 4,
    GALE__JWK_DECRYPT = 8,
    GALE__JWK_WRAP = 16,
    GALE__JWK_UNWRAP = 32,
    GALE__JWK_DERIVE_KEY = 64,
    GALE__JWK_DERIVE_BITS = 128,
    GALE__JWK_OF_SIGNATURES = GALE__JWK_SIGN | GALE__JWK_VERIFY,
    GALE__JWK_OF_ENCRYPTION = GALE__JWK_ENCRYPT | GALE__JWK_DECRYPT | GALE__JWK_WRAP |
                              GALE__JWK_UNWRAP | GALE__JWK_DERIVE_KEY | GALE__JWK_DERIVE_BITS,
};

struct gale__jwk {
    enum gale__jwk_type type;
    const char *curve; /* of EC and OKP: "P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519",
                          "X448"; static */
    char *kid;         /* NULL: it has no name */
    char *alg;         /* the only one it serves; NULL: all of its type */
    char *use;         /* "sig", "enc"; NULL */
    unsigned ops;      /* what use and key_ops allow together: bits of gale__jwk_op */
    bool has_ops;      /* whether there were key_ops */
    bool is_private;   /* also of symmetric keys */
    struct evp_pkey_st *pkey; /* all but oct */
    uint8_t *secret;          /* oct: the bytes */
    size_t secret_len;
};

enum {
    GALE__JWK_MAX_KEYS = 100,
    GALE__JWK_MAX_TEXT = 256 * 1024,
    GALE__JWT_MAX = 64 * 1024, /* a whole token */
    GALE__JOSE_DEPTH = 16,     /* of JSON in headers and key sets */
    GALE__JOSE_SHOWN = 64,     /* room for gale__jose_shown() */
};

struct gale_jwks {
    atomic_uint refs;
    size_t n;
    struct gale__jwk keys[];
};

/* One key of an object (borrowed), also that of a JWE's epk. 0; GALE_EINVAL naming what is wrong;
 * -ENOMEM. deinit wipes what is secret; a key that was not made, all zero, is allowed. */
int gale__jwk_parse(const json_t *object, struct gale__jwk *key) GALE_MUST_USE;
void gale__jwk_deinit(struct gale__jwk *key);

/* gale_jwks_parse() of a set that somebody publishes: what is not public, private and symmetric
 * keys, is passed over before anything is reckoned with it. */
gale_jwks *gale__jwks_parse_public(gale_str json, int *error) GALE_MUST_USE;

/* Whether a key may serve alg for all of ops: its alg, use and key_ops. Its type is the caller's to
 * check. */
bool gale__jwk_allows(const struct gale__jwk *key, const char *alg, unsigned ops);

/* The text of a string member, or NULL: absent, or not a string. */
const char *gale__jose_text(const json_t *object, const char *name);

/* Bytes of base64url, as strict as base64.h's, NUL after them: heap, for gale__free(). NULL with
 * *error: GALE_EPROTO naming what, -ENOMEM. An empty text is no bytes. */
uint8_t *gale__jose_bytes(gale_str text, const char *what, size_t *len, int *error);

/* The parts between the dots of a token. True when there are exactly n. */
bool gale__jose_split(gale_str token, size_t n, gale_str *parts);

/* The JOSE header of a token's first part: an object without names twice, which has an alg and no
 * crit, whose alg, enc, kid, typ and cty are strings where they are there. A new reference; NULL
 * with *error: GALE_EPROTO, GALE_ETOOBIG, -ENOMEM. */
json_t *gale__jose_header(gale_str part, int *error);

/* The next key that the header's kid (NULL: none) may mean, at or after *i, which then is the index
 * after it; NULL at the end. Keys of that kid are all that count; when there is none, those without
 * a kid; without a kid in the header, all. */
const struct gale__jwk *gale__jwks_next(const gale_jwks *keys, const char *kid, size_t *i);

/* Text from outside for a message: printable ASCII, cut. Gives room. */
const char *gale__jose_shown(const char *text, char room[GALE__JOSE_SHOWN]);

/* Whether a NULL-terminated list has name. */
bool gale__jose_listed(const char *const *list, const char *name);

/* JWE, in jose_encrypted.c: decrypts a token of five parts by rules->decryption_keys and what rules
 * allow. *header gets a new reference; *plain the bytes, heap, for gale__free() (the caller wipes
 * nothing). Codes of gale_jwt_verify(). gale_jwt_verify() asks it when a token has five parts, and
 * verifies the signed token of three parts that it holds. */
int gale__jwe_decrypt(gale_str token, const gale_jwt_rules *rules, json_t **header,
                      gale_str *plain) GALE_MUST_USE;

#endif

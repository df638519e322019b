/* jose_encrypted.c - opens encrypted tokens (RFC 7516 5.2): their key, then what it closes.
 *
 * However it fails after the algorithms were found to be taken, the text is the same one: who may
 * try many tokens learns nothing from it.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/jose_encrypted.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/alloc.h"

static const char *const default_algorithms[] = {
    "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", NULL,
};

/* What rules take of the header's algorithms. */
static int choose(const json_t *header, const gale_jwt_rules *rules,
                  const struct gale__jwe_alg **alg, const struct gale__jwe_content **content)
{
    const char *alg_name = gale__jose_text(header, "alg");
    const char *enc_name = gale__jose_text(header, "enc");
    const char *const *taken = rules->encryption_algorithms ? rules->encryption_algorithms
                                                            : default_algorithms;
    char room[GALE__JOSE_SHOWN];

    *alg = gale__jwe_alg(alg_name);
    if (!*alg || !gale__jose_listed(taken, alg_name))
        return gale_err(GALE_EAUTH, "the token is encrypted by '%s', which is not taken",
                        gale__jose_shown(alg_name, room));
    *content = gale__jwe_content(enc_name);
    if (!*content ||
        (rules->content_encryptions && !gale__jose_listed(rules->content_encryptions, enc_name)))
        return gale_err(GALE_EAUTH, "the token's content is encrypted by '%s', which is not taken",
                        gale__jose_shown(enc_name, room));
    if (json_object_get(header, "zip"))
        return gale_err(GALE_EAUTH, "the token is compressed, which is not taken");
    return 0;
}

/* The parts behind the header, as bytes. */
static int read_parts(const gale_str parts[5], struct gale__jwe_bytes out[4])
{
    static const char *const names[] = { "the token's key", "the token's nonce",
                                         "the token's content", "the token's tag" };
    int r = 0;

    for (size_t i = 0; r >= 0 && i < 4; i++)
        out[i].ptr = gale__jose_bytes(parts[i + 1], names[i], &out[i].len, &r);
    return r;
}

static int open_with(const struct gale__jwe_alg *alg, const struct gale__jwe_content *content,
                     const struct gale__jwk *key, const json_t *header, gale_str aad,
                     const struct gale__jwe_bytes parts[4], uint8_t *out, size_t *len)
{
    uint8_t cek[GALE__JWE_KEY_MAX];
    int r = gale__jwe_unwrap(alg, content, key, header, &parts[0], cek);

    if (r > 0)
        r = gale__jwe_open(content, cek, &parts[1], aad, &parts[2], &parts[3], out, len);
    OPENSSL_cleanse(cek, sizeof(cek));
    return r;
}

/* By each key that the header may mean. 1: opened. */
static int open_parts(const gale_jwt_rules *rules, const json_t *header, gale_str aad,
                      const struct gale__jwe_bytes parts[4], uint8_t *out, size_t *len)
{
    const char *kid = gale__jose_text(header, "kid");
    const struct gale__jwe_alg *alg;
    const struct gale__jwe_content *content;
    const struct gale__jwk *key;
    size_t i = 0, tried = 0;
    int r = choose(header, rules, &alg, &content);

    while (r == 0 && (key = gale__jwks_next(rules->decryption_keys, kid, &i)) != NULL)
        if (gale__jwe_fits(alg, content, key)) {
            tried++;
            r = open_with(alg, content, key, header, aad, parts, out, len);
        }
    if (r == 0 && !tried)
        return gale_err(GALE_EAUTH, "there is no key that could decrypt the token");
    return r ? r : gale_err(GALE_EAUTH, "the token cannot be decrypted");
}

int gale__jwe_decrypt(gale_str token, const gale_jwt_rules *rules, json_t **header, gale_str *plain)
{
    struct gale__jwe_bytes bytes[4] = { { NULL, 0 } };
    gale_str parts[5];
    uint8_t *out = NULL;
    size_t len = 0;
    int r = 0;

    if (!gale__jose_split(token, 5, parts))
        return gale_err(GALE_EPROTO, "no encrypted token: it has not five parts");
    *header = gale__jose_header(parts[0], &r);
    if (*header)
        r = read_parts(parts, bytes);
    if (r >= 0 && !(out = gale__malloc(bytes[2].len + GALE__JWE_BLOCK)))
        r = gale_err(-ENOMEM, "no memory for a token");
    ERR_set_mark();
    if (r >= 0)
        r = open_parts(rules, *header, parts[0], bytes, out, &len);
    ERR_pop_to_mark();
    for (size_t i = 0; i < 4; i++)
        gale__free(bytes[i].ptr);
    if (r > 0) {
        *plain = (gale_str){ (char *)out, len };
        return 0;
    }
    gale__free(out);
    json_decref(*header);
    *header = NULL;
    return r;
}

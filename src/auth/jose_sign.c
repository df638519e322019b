/* jose_sign.c - makes signed tokens (RFC 7515 5.1). */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "auth/jose_signature.h"
#include "base/alloc.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/str.h"

enum { TOKEN_MAX = 1 << 20 };

/* The first key that can sign so, and its algorithm. */
static const struct gale__jwk *choose(const gale_jwks *keys, const gale_jwt_making *making,
                                      const char **alg)
{
    for (size_t i = 0; i < keys->n; i++) {
        const struct gale__jwk *key = &keys->keys[i];
        const char *name = making->alg ? making->alg : gale__jws_default(key);
        const struct gale__jws_alg *known = gale__jws_alg(name);

        if (making->kid && (!key->kid || strcmp(key->kid, making->kid)))
            continue;
        if (!known || !gale__jws_fits(known, key, GALE__JWK_SIGN))
            continue;
        *alg = name;
        return key;
    }
    return NULL;
}

static int append(struct gale__buf *out, gale_str bytes)
{
    size_t n = gale__base64_size(GALE__BASE64_URL, bytes.len);

    if (gale__buf_reserve(out, n) < 0)
        return out->error;
    gale__base64_encode(GALE__BASE64_URL, bytes, out->ptr + out->len);
    out->len += n;
    return 0;
}

static int on_text(const char *text, size_t len, void *arg)
{
    return gale__buf_append(arg, text, len) < 0 ? -1 : 0;
}

/* Takes value over. */
static int append_json(struct gale__buf *out, json_t *value)
{
    struct gale__buf text;
    int r = -ENOMEM;

    gale__buf_init(&text, TOKEN_MAX);
    if (value && json_dump_callback(value, on_text, &text, JSON_COMPACT) == 0)
        r = append(out, gale__buf_str(&text));
    else if (text.error)
        r = text.error;
    gale__buf_deinit(&text);
    json_decref(value);
    return r;
}

static json_t *make_header(const gale_jwt_making *making, const struct gale__jwk *key,
                           const char *alg)
{
    json_t *header = json_pack("{s:s, s:s}", "alg", alg, "typ",
                               making->type ? making->type : "JWT");

    if (header && key->kid && json_object_set_new(header, "kid", json_string(key->kid)) < 0) {
        json_decref(header);
        return NULL;
    }
    return header;
}

static int append_signature(struct gale__buf *out, const struct gale__jwk *key, const char *alg)
{
    size_t len;
    int r = 0;
    uint8_t *signature = gale__jws_sign(gale__jws_alg(alg), key, gale__buf_str(out), &len, &r);

    if (!signature)
        return r;
    if (gale__buf_append_char(out, '.') < 0)
        r = out->error;
    if (r >= 0)
        r = append(out, (gale_str){ (char *)signature, len });
    gale__free(signature);
    return r;
}

static int make(const json_t *claims, const struct gale__jwk *key, const char *alg,
                const gale_jwt_making *making, struct gale__buf *out)
{
    int r;

    if (!json_is_object(claims))
        return gale_err(GALE_EINVAL, "the claims of a token are no object");
    r = append_json(out, make_header(making, key, alg));
    if (r >= 0)
        r = gale__buf_append_char(out, '.') < 0 ? out->error : 0;
    if (r >= 0)
        r = append_json(out, json_incref((json_t *)claims));
    return r < 0 ? r : append_signature(out, key, alg);
}

char *gale_jwt_sign(const json_t *claims, const gale_jwks *keys, const gale_jwt_making *making,
                    int *error)
{
    static const gale_jwt_making defaults;
    const gale_jwt_making *m = making ? making : &defaults;
    const struct gale__jwk *key;
    const char *alg = NULL;
    struct gale__buf out;
    char *token = NULL;
    int r;

    gale__buf_init(&out, TOKEN_MAX);
    key = keys ? choose(keys, m, &alg) : NULL;
    if (key)
        r = make(claims, key, alg, m, &out);
    else
        r = gale_err(GALE_ENOTFOUND, "there is no key that can sign a token%s%s",
                     m->alg ? " by " : "", m->alg ? m->alg : "");
    if (r >= 0 && !(token = gale__strndup(out.ptr, out.len)))
        r = -ENOMEM;
    gale__buf_deinit(&out);
    if (error)
        *error = token ? 0 : r;
    return token;
}

void gale_jwt_free(char *token)
{
    gale__free(token);
}

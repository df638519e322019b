/* jwt_tool.c - tokens and keys for test_jwt.py: a JSON object in a line asks, one answers.
 *
 *     {"op": "verify", "token": "…", "keys": {…}, "rules": {…}}    {"claims": {…}}
 *
 * A failure is {"error": "GALE_EAUTH", "text": "…"}.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/json.h>
#include <gale/jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/jose_encrypted.h"
#include "base/alloc.h"
#include "base/base64.h"

enum { LIST_MAX = 20 };

struct lists {
    const char *algorithms[LIST_MAX], *encryption[LIST_MAX], *contents[LIST_MAX];
};

static gale_str text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return (gale_str){ json_string_value(value), json_string_length(value) };
}

/* Keys of a member: text as it is, or an object. */
static gale_jwks *keys_of(const json_t *object, const char *name, int *r)
{
    json_t *value = json_object_get(object, name);
    char *text;
    gale_jwks *keys;

    if (json_is_string(value))
        return gale_jwks_parse(text_of(object, name), r);
    text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    keys = text ? gale_jwks_parse((gale_str){ text, strlen(text) }, r) : NULL;
    free(text);
    return keys;
}

static const char *const *list_of(const json_t *object, const char *name, const char **out)
{
    const json_t *list = json_object_get(object, name);
    size_t n = json_array_size(list);

    for (size_t i = 0; i < n && i < LIST_MAX - 1; i++)
        out[i] = json_string_value(json_array_get(list, i));
    return list ? out : NULL;
}

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static void read_rules(const json_t *o, struct lists *lists, gale_jwt_rules *rules)
{
    *lists = (struct lists){ { NULL } };
    *rules = (gale_jwt_rules){
        .algorithms = list_of(o, "algorithms", lists->algorithms),
        .issuer = text_of(o, "issuer").ptr,
        .audience = text_of(o, "audience").ptr,
        .subject = text_of(o, "subject").ptr,
        .nonce = text_of(o, "nonce").ptr,
        .type = text_of(o, "type").ptr,
        .leeway = number_of(o, "leeway"),
        .max_age = number_of(o, "max_age"),
        .no_expiry = json_is_true(json_object_get(o, "no_expiry")) ? GALE_ON : 0,
        .now = number_of(o, "now"),
        .encryption_algorithms = list_of(o, "encryption_algorithms", lists->encryption),
        .content_encryptions = list_of(o, "content_encryptions", lists->contents),
    };
}

static json_t *failure(int r)
{
    return json_pack("{s:s, s:s}", "error", gale_errname(r), "text", gale_strerror(r));
}

static json_t *bytes_text(const void *data, size_t n)
{
    char *text = malloc(gale__base64_size(GALE__BASE64_URL, n) + 1);
    size_t len = gale__base64_encode(GALE__BASE64_URL, (gale_str){ data, n }, text);
    json_t *value = json_stringn(text, len);

    free(text);
    return value;
}

static json_t *verify(const json_t *in, bool only_decrypt)
{
    int r = 0, unused = 0;
    gale_jwks *keys = keys_of(in, "keys", &r);
    gale_jwks *decryption = keys_of(in, "decryption_keys", &unused);
    gale_str token = text_of(in, "token"), plain = { NULL, 0 };
    struct lists lists;
    gale_jwt_rules rules;
    json_t *claims = NULL, *out;

    read_rules(json_object_get(in, "rules"), &lists, &rules);
    rules.decryption_keys = decryption;
    if (only_decrypt)
        r = gale__jwe_decrypt(token, &rules, &claims, &plain);
    else if (keys)
        r = gale_jwt_verify(token, keys, &rules, &claims);
    if (r < 0)
        out = failure(r);
    else
        out = only_decrypt ? json_pack("{s:o, s:o}", "header", claims, "plain",
                                       bytes_text(plain.ptr, plain.len))
                           : json_pack("{s:o}", "claims", claims);
    gale__free((void *)(uintptr_t)plain.ptr);
    gale_jwks_unref(keys);
    gale_jwks_unref(decryption);
    return out;
}

static json_t *sign(const json_t *in)
{
    int r = 0;
    gale_jwks *keys = keys_of(in, "keys", &r);
    gale_jwt_making making = { .kid = text_of(in, "kid").ptr,
                               .alg = text_of(in, "alg").ptr,
                               .type = text_of(in, "type").ptr };
    char *token = keys ? gale_jwt_sign(json_object_get(in, "claims"), keys, &making, &r) : NULL;
    json_t *out = token ? json_pack("{s:s}", "token", token) : failure(r);

    gale_jwt_free(token);
    gale_jwks_unref(keys);
    return out;
}

static json_t *describe(gale_jwks *keys, int r)
{
    json_t *out = keys ? json_pack("{s:I, s:o}", "count", (json_int_t)gale_jwks_count(keys),
                                   "public", gale_jwks_public(keys))
                       : failure(r);

    gale_jwks_unref(keys);
    return out;
}

static json_t *peek(const json_t *in)
{
    json_t *header, *claims;
    int r = gale_jwt_peek(text_of(in, "token"), &header, &claims);

    return r < 0 ? failure(r) : json_pack("{s:o, s:o}", "header", header, "claims", claims);
}

/* RFC 7518, appendix B: texts of hexadecimal digits. */
static struct gale__jwe_bytes unhex(const json_t *in, const char *name)
{
    gale_str text = text_of(in, name);
    struct gale__jwe_bytes b = { malloc(text.len / 2 + 1), text.len / 2 };

    for (size_t i = 0; i < b.len; i++) {
        char digits[3] = { text.ptr[2 * i], text.ptr[2 * i + 1], 0 };

        b.ptr[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return b;
}

static json_t *open_content(const json_t *in)
{
    struct gale__jwe_bytes key = unhex(in, "key"), iv = unhex(in, "iv"), aad = unhex(in, "aad");
    struct gale__jwe_bytes data = unhex(in, "data"), tag = unhex(in, "tag");
    uint8_t *out = malloc(data.len + GALE__JWE_BLOCK);
    size_t len = 0;
    int r = gale__jwe_open(gale__jwe_content(text_of(in, "enc").ptr), key.ptr, &iv,
                           (gale_str){ (char *)aad.ptr, aad.len }, &data, &tag, out, &len);
    json_t *answer = r > 0 ? json_pack("{s:o}", "plain", bytes_text(out, len)) : json_object();

    free(key.ptr);
    free(iv.ptr);
    free(aad.ptr);
    free(data.ptr);
    free(tag.ptr);
    free(out);
    return answer;
}

/* RFC 7518, appendix C. */
static json_t *agree(const json_t *in)
{
    const json_t *header = json_object_get(in, "header");
    const struct gale__jwe_content *content = gale__jwe_content(text_of(header, "enc").ptr);
    const struct gale__jwe_bytes none = { NULL, 0 };
    uint8_t cek[GALE__JWE_KEY_MAX];
    json_t *answer = json_object();
    int r = 0;
    gale_jwks *keys = keys_of(in, "keys", &r);

    if (keys &&
        gale__jwe_unwrap(gale__jwe_alg("ECDH-ES"), content, &keys->keys[0], header, &none, cek) > 0)
        json_object_set_new(answer, "key", bytes_text(cek, (size_t)number_of(in, "size")));
    gale_jwks_unref(keys);
    return answer;
}

static json_t *answer(const json_t *in)
{
    const char *op = text_of(in, "op").ptr;
    int r = 0;

    if (!strcmp(op, "verify") || !strcmp(op, "decrypt"))
        return verify(in, !strcmp(op, "decrypt"));
    if (!strcmp(op, "sign"))
        return sign(in);
    if (!strcmp(op, "peek"))
        return peek(in);
    if (!strcmp(op, "open"))
        return open_content(in);
    if (!strcmp(op, "agree"))
        return agree(in);
    if (!strcmp(op, "keys")) {
        gale_jwks *keys = keys_of(in, "keys", &r);

        return describe(keys, r);
    }
    if (!strcmp(op, "pem")) {
        gale_jwks *keys = gale_jwks_from_pem(text_of(in, "pem"), text_of(in, "kid").ptr,
                                             text_of(in, "alg").ptr, &r);

        return describe(keys, r);
    }
    return NULL;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        json_t *in = json_loads(line, JSON_ALLOW_NUL, NULL), *out = in ? answer(in) : NULL;

        if (out)
            json_dumpf(out, stdout, JSON_COMPACT);
        puts("");
        fflush(stdout);
        json_decref(out);
        json_decref(in);
    }
    free(line);
    return 0;
}

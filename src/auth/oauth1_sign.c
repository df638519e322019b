/* oauth1_sign.c - see oauth1_sign.h.
 *
 * Parameters are encoded first and sorted then, by name and then by value: names of which one
 * begins with the other come in another order when whole "name=value" texts are compared.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/oauth1_sign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <gale/error.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/escape.h"
#include "base/str.h"
#include "proto/form.h"
#include "proto/http_url.h"

enum {
    PARAMS_MAX = 10000,
    BASE_STRING_MAX = 64 << 20,
    NONCE_BYTES = 16,
    OAUTH_MAX = 16, /* parameters of the protocol in one request */
};

struct param {
    gale_str name, value; /* encoded */
};

struct params {
    struct gale__arena *arena;
    struct param *all;
    size_t n, room;
};

/* Percent-encodes (3.6): everything but letters, digits and -._~, and a blank is %20. */
static void escape(struct gale__buf *out, gale_str text)
{
    gale_str part;

    while (gale__str_split(&text, '/', &part)) {
        gale__url_escape(out, part, false);
        if (text.ptr)
            gale__buf_append_cstr(out, "%2F");
    }
}

/* The same in the arena; ptr NULL when out of memory. */
static gale_str escaped(struct gale__arena *arena, gale_str text)
{
    struct gale__buf buf;
    gale_str out = { NULL, 0 };

    gale__buf_init(&buf, BASE_STRING_MAX);
    escape(&buf, text);
    if (!buf.error)
        out = (gale_str){ gale__arena_strndup(arena, buf.len ? buf.ptr : "", buf.len), buf.len };
    gale__buf_deinit(&buf);
    return out;
}

static int grow(struct params *params)
{
    size_t room = params->room ? params->room * 2 : 32;
    struct param *all;

    if (params->n == PARAMS_MAX)
        return gale_err(GALE_ETOOBIG, "more than %d parameters to sign", PARAMS_MAX);
    if (params->n < params->room)
        return 0;
    all = gale__arena_alloc(params->arena, room * sizeof(*all));
    if (!all)
        return -ENOMEM;
    if (params->n)
        memcpy(all, params->all, params->n * sizeof(*all));
    params->all = all;
    params->room = room;
    return 0;
}

static int add(struct params *params, gale_str name, gale_str value)
{
    struct param param;
    int r;

    if (gale__str_equal(name, GALE__STR("oauth_signature")))
        return 0;
    r = grow(params);
    if (r < 0)
        return r;
    param.name = escaped(params->arena, name);
    param.value = escaped(params->arena, value);
    if (!param.name.ptr || !param.value.ptr)
        return -ENOMEM;
    params->all[params->n++] = param;
    return 0;
}

static int add_pairs(struct params *params, const gale_pair *pairs)
{
    int r = 0;

    for (; r >= 0 && pairs && pairs->name; pairs++)
        r = add(params, gale__str(pairs->name), gale__str(pairs->value));
    return r;
}

/* A piece of a query, decoded, in the arena; ptr NULL when out of memory. */
static gale_str unescaped(struct gale__arena *arena, gale_str text)
{
    char *p = gale__arena_strndup(arena, text.ptr, text.len);

    return p ? (gale_str){ p, gale__url_unescape_into(p, text, true) } : (gale_str){ NULL, 0 };
}

/* A query, or a form as it is sent: a '+' is a blank in both (3.4.1.3.1). */
static int add_encoded(struct params *params, gale_str text)
{
    struct gale__form form;
    struct gale__form_field field;
    int r;

    gale__form_init(&form, text, PARAMS_MAX);
    while ((r = gale__form_next(&form, &field)) > 0) {
        gale_str name = unescaped(params->arena, field.name);
        gale_str value = unescaped(params->arena, field.value);

        r = name.ptr && value.ptr ? add(params, name, value) : -ENOMEM;
        if (r < 0)
            return r;
    }
    return r;
}

static int compare(gale_str a, gale_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int r = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return r ? r : (a.len > b.len) - (a.len < b.len);
}

static int compare_params(const void *a, const void *b)
{
    const struct param *left = a, *right = b;
    int r = compare(left->name, right->name);

    return r ? r : compare(left->value, right->value);
}

/* The parameters as one text (3.4.1.3.2), encoded once more. */
static void write_params(const struct params *params, struct gale__buf *out)
{
    for (size_t i = 0; i < params->n; i++) {
        if (i)
            gale__buf_append_cstr(out, "%26");
        escape(out, params->all[i].name);
        gale__buf_append_cstr(out, "%3D");
        escape(out, params->all[i].value);
    }
}

/* The base string URI (3.4.1.2): scheme and host in lower case, a port that is not the scheme's
 * own, the path as it is sent. */
static void write_uri(const struct gale__http_url *url, struct gale__buf *out)
{
    struct gale__http_url path = *url;
    struct gale__buf uri;

    gale__buf_init(&uri, BASE_STRING_MAX);
    gale__buf_append_cstr(&uri, url->tls ? "https://" : "http://");
    if (url->is_numeric6)
        gale__buf_append_char(&uri, '[');
    for (size_t i = 0; i < url->host.len; i++)
        gale__buf_append_char(&uri, gale__lower(url->host.ptr[i]));
    if (url->is_numeric6)
        gale__buf_append_char(&uri, ']');
    if (url->port != (url->tls ? 443 : 80))
        gale__buf_printf(&uri, ":%d", url->port);
    path.target = gale__str_head(path.target, gale__str_find(path.target, '?'));
    gale__http_url_write_target(&path, &uri);
    if (uri.error)
        out->error = uri.error;
    else
        escape(out, gale__buf_str(&uri));
    gale__buf_deinit(&uri);
}

static int collect(const struct gale__oauth1_message *message, const struct gale__http_url *url,
                   struct params *params)
{
    size_t query = gale__str_find(url->target, '?');
    int r = add_encoded(params, gale__str_skip(url->target, query + 1));

    if (r >= 0)
        r = add_pairs(params, message->oauth);
    if (r >= 0)
        r = add_pairs(params, message->form);
    if (r >= 0)
        r = add_encoded(params, message->body);
    if (r >= 0 && params->n > 1)
        qsort(params->all, params->n, sizeof(*params->all), compare_params);
    return r;
}

static int write_base_string(const struct gale__oauth1_message *message,
                             const struct gale__http_url *url, struct params *params,
                             struct gale__buf *out)
{
    int r = collect(message, url, params);
    struct gale__buf method;

    if (r < 0)
        return r;
    gale__buf_init(&method, BASE_STRING_MAX);
    for (const char *p = message->method; *p; p++)
        gale__buf_append_char(&method, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
    escape(out, gale__buf_str(&method));
    if (method.error)
        out->error = method.error;
    gale__buf_deinit(&method);
    gale__buf_append_char(out, '&');
    write_uri(url, out);
    gale__buf_append_char(out, '&');
    write_params(params, out);
    return out->error;
}

int gale__oauth1_base_string(const struct gale__oauth1_message *message, struct gale__buf *out)
{
    struct gale__http_url url;
    struct gale__arena arena;
    struct params params = { .arena = &arena };
    int r = gale__http_url_parse(gale__str(message->url), &url);

    if (r < 0)
        return r;
    gale__arena_init(&arena);
    r = write_base_string(message, &url, &params, out);
    gale__arena_reset(&arena);
    return r;
}

/* The key is made of both secrets, encoded; a '&' stands between them even where one is missing. */
static int sign_text(const struct gale__oauth1_keys *keys, gale_str text, uint8_t *mac)
{
    struct gale__buf key;
    int r;

    gale__buf_init(&key, BASE_STRING_MAX);
    escape(&key, gale__str(keys->client_secret));
    gale__buf_append_char(&key, '&');
    escape(&key, gale__str(keys->token_secret));
    r = key.error ? key.error : gale__hmac(GALE__SHA1, gale__buf_str(&key), text, mac);
    gale__buf_deinit(&key);
    return r;
}

int gale__oauth1_sign(const struct gale__oauth1_message *message,
                      const struct gale__oauth1_keys *keys, char out[GALE__OAUTH1_SIGNATURE])
{
    uint8_t mac[GALE__DIGEST_MAX];
    struct gale__buf text;
    int r;

    gale__buf_init(&text, BASE_STRING_MAX);
    r = gale__oauth1_base_string(message, &text);
    if (r >= 0)
        r = sign_text(keys, gale__buf_str(&text), mac);
    gale__buf_deinit(&text);
    if (r < 0)
        return r;
    out[gale__base64_encode(GALE__BASE64_STD, (gale_str){ (const char *)mac, (size_t)r }, out)] = 0;
    return 0;
}

static int check_name(gale_str name)
{
    if (!gale__str_starts_with(name, GALE__STR("oauth_")))
        return 0;
    return gale_err(GALE_EINVAL, "the parameter %.*s is of the protocol itself",
                    (int)gale__str_head(name, 40).len, name.ptr);
}

static int check_encoded(gale_str text)
{
    struct gale__form form;
    struct gale__form_field field;
    int r;

    gale__form_init(&form, text, PARAMS_MAX);
    while ((r = gale__form_next(&form, &field)) > 0 && (r = check_name(field.name)) >= 0)
        ;
    return r;
}

/* What the Authorization field says may stand nowhere else. */
static int check_once(const struct gale__oauth1_message *message)
{
    gale_str url = gale__str(message->url);
    int r;

    url = gale__str_head(url, gale__str_find(url, '#'));
    r = check_encoded(gale__str_skip(url, gale__str_find(url, '?') + 1));
    if (r >= 0)
        r = check_encoded(message->body);
    for (const gale_pair *pair = message->form; r >= 0 && pair && pair->name; pair++)
        r = check_name(gale__str(pair->name));
    return r;
}

static void write_field(const gale_pair *oauth, const char *signature, struct gale__buf *out)
{
    gale__buf_append_cstr(out, "OAuth ");
    for (; oauth->name; oauth++) {
        escape(out, gale__str(oauth->name));
        gale__buf_append_cstr(out, "=\"");
        escape(out, gale__str(oauth->value));
        gale__buf_append_cstr(out, "\", ");
    }
    gale__buf_append_cstr(out, "oauth_signature=\"");
    escape(out, gale__str(signature));
    gale__buf_append_char(out, '"');
}

static int make_nonce(char out[2 * NONCE_BYTES + 1])
{
    uint8_t bytes[NONCE_BYTES];
    int r = gale__random(bytes, sizeof(bytes));

    for (size_t i = 0; i < sizeof(bytes); i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[2 * NONCE_BYTES] = 0;
    return r;
}

static int sign_and_write(const struct gale__oauth1_message *message,
                          const struct gale__oauth1_keys *keys, struct gale__buf *out)
{
    char signature[GALE__OAUTH1_SIGNATURE];
    int r = gale__oauth1_sign(message, keys, signature);

    if (r < 0)
        return r;
    write_field(message->oauth, signature, out);
    return out->error;
}

int gale__oauth1_authorize(const struct gale__oauth1_message *message,
                           const struct gale__oauth1_keys *keys, struct gale__buf *out)
{
    char nonce[2 * NONCE_BYTES + 1], timestamp[24];
    struct gale__oauth1_message whole = *message;
    gale_pair oauth[OAUTH_MAX + 1] = {
        { "oauth_consumer_key", keys->client_id },
        { "oauth_signature_method", "HMAC-SHA1" },
        { "oauth_timestamp", timestamp },
        { "oauth_nonce", nonce },
        { "oauth_version", "1.0" },
    };
    size_t n = 5;
    int r = check_once(message);

    if (r >= 0)
        r = make_nonce(nonce);
    if (r < 0)
        return r;
    snprintf(timestamp, sizeof(timestamp), "%lld", (long long)gale__unix_time());
    if (keys->token)
        oauth[n++] = (gale_pair){ "oauth_token", keys->token };
    for (const gale_pair *pair = message->oauth; pair && pair->name && n < OAUTH_MAX; pair++)
        oauth[n++] = *pair;
    whole.oauth = oauth;
    return sign_and_write(&whole, keys, out);
}

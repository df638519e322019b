/* jose_text.c - the texts of tokens: parts, base64url, headers, what of them may be shown. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "auth/jose.h"
#include "base/alloc.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"

const char *gale__jose_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

uint8_t *gale__jose_bytes(gale_str text, const char *what, size_t *len, int *error)
{
    uint8_t *bytes = gale__malloc(gale__base64_room(text.len) + 1);
    int64_t n;

    if (!bytes) {
        *error = gale_err(-ENOMEM, "no memory for %s", what);
        return NULL;
    }
    n = gale__base64_decode(GALE__BASE64_URL, text, (char *)bytes);
    if (n < 0) {
        gale__free(bytes);
        *error = gale_err(GALE_EPROTO, "%s is not base64url", what);
        return NULL;
    }
    bytes[n] = 0;
    *len = (size_t)n;
    return bytes;
}

bool gale__jose_split(gale_str token, size_t n, gale_str *parts)
{
    const char *end = token.ptr + token.len;

    for (size_t i = 0; i < n; i++) {
        const char *dot = token.len ? memchr(token.ptr, '.', token.len) : NULL;

        if ((i + 1 < n) != (dot != NULL))
            return false;
        parts[i] = (gale_str){ token.ptr, dot ? (size_t)(dot - token.ptr) : token.len };
        token = dot ? (gale_str){ dot + 1, (size_t)(end - dot) - 1 } : token;
    }
    return true;
}

static int check_header(const json_t *header)
{
    static const char *const texts[] = { "alg", "enc", "kid", "typ", "cty" };

    if (!json_is_object(header))
        return gale_err(GALE_EPROTO, "the token's header is no object");
    if (json_object_get(header, "crit"))
        return gale_err(GALE_EPROTO, "the token's header has crit, and nothing is understood");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const json_t *value = json_object_get(header, texts[i]);

        if (value && !json_is_string(value))
            return gale_err(GALE_EPROTO, "%s in the token's header is no string", texts[i]);
    }
    if (!json_object_get(header, "alg"))
        return gale_err(GALE_EPROTO, "the token's header has no alg");
    return 0;
}

json_t *gale__jose_header(gale_str part, int *error)
{
    size_t len;
    uint8_t *text = gale__jose_bytes(part, "the token's header", &len, error);
    json_t *header;

    if (!text)
        return NULL;
    header = gale__json_decode_strict((gale_str){ (char *)text, len }, GALE__JOSE_DEPTH, error);
    gale__free(text);
    if (!header) {
        if (*error == GALE_EINVAL)
            *error = gale_err(GALE_EPROTO, "the token's header is no JSON");
        return NULL;
    }
    *error = check_header(header);
    if (*error >= 0)
        return header;
    json_decref(header);
    return NULL;
}

const char *gale__jose_shown(const char *text, char room[GALE__JOSE_SHOWN])
{
    size_t n = 0;

    for (; text && text[n] && n < GALE__JOSE_SHOWN - 1; n++)
        room[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
    room[n] = 0;
    return room;
}

bool gale__jose_listed(const char *const *list, const char *name)
{
    for (; name && list && *list; list++)
        if (!strcmp(*list, name))
            return true;
    return false;
}

/* encrypted.c - values that only the server can read.
 *
 * "e1.KEY.TEXT": the number of the secret, and in base64 (the URL alphabet) a salt, a nonce and
 * what AES-256-GCM made of time and value, its tag last. Each value has a key of its own, the
 * HMAC-SHA256 of the salt by the secret, so that no number of values wears a secret out. The number
 * and the name of the value are authenticated with it: a value is of no use under another name.
 */
/* SPDX-License-Identifier: MIT */
#include "web/signed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/str.h"

enum {
    SALT = 12,
    TIME = 8,
    HEAD = SALT + GALE__GCM_NONCE,
    OVERHEAD = HEAD + TIME + GALE__GCM_TAG,
    PREFIX = 24,
    MAX_VALUE = 1 << 28,
};

static const char label[] = "gale encrypted value 1";

static int derive_key(gale_str secret, const char *salt, uint8_t key[GALE__DIGEST_MAX])
{
    const gale_str pieces[] = { { label, sizeof(label) }, { salt, SALT } };

    return gale__hmac_list(GALE__SHA256, secret, pieces, 2, key);
}

/* What is authenticated with the value: "e1.KEY." and the name; to be freed. */
static int make_aad(int64_t key, const char *name, gale_str *aad)
{
    size_t len = strlen(name);
    char *text = gale__malloc(PREFIX + len);
    int n;

    if (!text)
        return gale_err(-ENOMEM, "no memory for an encrypted value");
    n = snprintf(text, PREFIX, "e1.%" PRId64 ".", key);
    memcpy(text + n, name, len);
    *aad = (gale_str){ text, (size_t)n + len };
    return n;
}

static void put_time(uint8_t *to, int64_t time)
{
    for (int i = 0; i < TIME; i++)
        to[i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
}

static int64_t get_time(const uint8_t *from)
{
    uint64_t time = 0;

    for (int i = 0; i < TIME; i++)
        time = time << 8 | from[i];
    return (int64_t)time;
}

/* Salt, nonce and sealed text into box; plain has room for time and value. */
static int seal(const gale_signing *s, gale_str secret, gale_str aad, gale_str value, char *plain,
                char *box)
{
    uint8_t key[GALE__DIGEST_MAX];
    int r = gale__random(box, HEAD);

    if (r >= 0)
        r = derive_key(secret, box, key);
    if (r < 0)
        return r;
    put_time((uint8_t *)plain, gale__signing_now(s));
    if (value.len)
        memcpy(plain + TIME, value.ptr, value.len);
    return gale__gcm_seal(key, (uint8_t *)box + SALT, aad, (gale_str){ plain, TIME + value.len },
                          (uint8_t *)box + HEAD);
}

static int create(const gale_signing *s, gale_str secret, gale_str aad, gale_str value, char *out)
{
    char *plain = gale__malloc(2 * value.len + TIME + OVERHEAD);
    char *box;
    int r;

    if (!plain)
        return gale_err(-ENOMEM, "no memory for an encrypted value");
    box = plain + TIME + value.len;
    r = seal(s, secret, aad, value, plain, box);
    if (r >= 0)
        out[gale__base64_encode(GALE__BASE64_URL, (gale_str){ box, OVERHEAD + value.len }, out)] =
            0;
    gale__free(plain);
    return r;
}

int gale_create_encrypted_value(const gale_signing *signing, const char *name, gale_str value,
                                char *out, size_t size)
{
    gale_str secret, aad;
    int r = gale__signing_secret(signing, signing->key_version, &secret);
    size_t len;

    if (r < 0)
        return r;
    if (!name || signing->key_version < 0)
        return gale_err(GALE_EINVAL, name ? "key_version is negative"
                                          : "the name of an encrypted value is NULL");
    if (value.len > MAX_VALUE || strlen(name) > MAX_VALUE)
        return gale_err(GALE_ETOOBIG, "%zu bytes to encrypt", value.len);
    r = make_aad(signing->key_version, name, &aad);
    if (r < 0)
        return r;
    len = (size_t)r + gale__base64_size(GALE__BASE64_URL, OVERHEAD + value.len);
    if (size > len) {
        memcpy(out, aad.ptr, (size_t)r);
        r = create(signing, secret, aad, value, out + r);
    } else if (size) {
        *out = 0; /* as snprintf: how much it would be */
    }
    gale__free((char *)aad.ptr);
    return r < 0 ? r : (int)len;
}

static int distrust(const char *why)
{
    return gale_err(GALE_EINVAL, "encrypted value: %s", why);
}

/* Opens a box of len bytes; the plain text replaces it. */
static int open_box(gale_str secret, gale_str aad, char *box, size_t len)
{
    uint8_t key[GALE__DIGEST_MAX];
    int r = derive_key(secret, box, key);

    if (r < 0)
        return r;
    return gale__gcm_open(key, (uint8_t *)box + SALT, aad, (gale_str){ box + HEAD, len - HEAD },
                          (uint8_t *)box + HEAD);
}

static int take_value(const gale_signing *s, gale_str plain, char *out, size_t size)
{
    size_t len = plain.len - TIME;
    const char *why;

    if (!gale__signing_is_fresh(s, get_time((const uint8_t *)plain.ptr), &why))
        return distrust(why);
    if (len >= size)
        return gale_err(GALE_ETOOBIG, "an encrypted value of %zu bytes", len);
    memcpy(out, plain.ptr + TIME, len);
    out[len] = 0;
    return (int)len;
}

static int decode(const gale_signing *s, gale_str secret, gale_str aad, gale_str text, char *out,
                  size_t size)
{
    char *box = gale__malloc(gale__base64_room(text.len));
    int64_t len;
    int r;

    if (!box)
        return gale_err(-ENOMEM, "no memory for an encrypted value");
    len = gale__base64_decode(GALE__BASE64_URL, text, box);
    r = len < OVERHEAD ? distrust("it is none") : open_box(secret, aad, box, (size_t)len);
    if (r >= 0)
        r = take_value(s, (gale_str){ box + HEAD, (size_t)len - HEAD - GALE__GCM_TAG }, out, size);
    gale__free(box);
    return r;
}

int gale_decode_encrypted_value(const gale_signing *signing, const char *name, const char *value,
                                char *out, size_t size)
{
    gale_str text = gale__str(value), secret, aad;
    int64_t key;
    int r;

    if (!name || text.len > MAX_VALUE || !gale__str_starts_with(text, GALE__STR("e1.")))
        return distrust("it is none");
    text = gale__str_skip(text, 3);
    if (!gale__take_number(&text, '.', &key))
        return distrust("it is none");
    r = gale__signing_secret(signing, key, &secret);
    if (r >= 0)
        r = make_aad(key, name, &aad);
    if (r < 0)
        return r;
    r = decode(signing, secret, aad, text, out, size);
    gale__free((char *)aad.ptr);
    return r;
}

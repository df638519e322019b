/* signed.c - signed values, Tornado's byte for byte in both directions.
 *
 * Version 2 is "2|1:0|10:1300000000|3:key|8:dmFsdWU=|" and the HMAC-SHA256 over all of that: the
 * number of the key, time, name and value in base64, each with its length. Version 1, base64 value,
 * time and an HMAC-SHA1 over name, value and time without anything between them, lets a value of
 * one name be taken for one of another; it is read only where that is asked for.
 */
/* SPDX-License-Identifier: MIT */
#include "web/signed.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"

enum { HEX_1 = 40, HEX_2 = 64, NUMBER = 24, MAX_VALUE = 1 << 28 };

/* --- secrets and time --------------------------------------------------------------- */

int gale__signing_secret(const gale_signing *s, int64_t key, gale_str *secret)
{
    const gale_secret *one = s->secrets;

    if (s->secret && !*s->secret)
        return gale_err(GALE_EINVAL, "the secret (cookie_secret) is empty");
    if (s->secret) {
        *secret = gale__str(s->secret);
        return 0;
    }
    if (!one)
        return gale_err(GALE_EINVAL, "no secret (cookie_secret) to sign with");
    while (one->secret && one->version != key)
        one++;
    if (!one->secret || !*one->secret)
        return gale_err(GALE_EINVAL, "no secret (cookie_secrets) has number %" PRId64, key);
    *secret = gale__str(one->secret);
    return 0;
}

int64_t gale__signing_now(const gale_signing *s)
{
    return (int64_t)(s->now != 0 ? s->now : gale__unix_time());
}

bool gale__signing_is_fresh(const gale_signing *s, int64_t time, const char **why)
{
    double now = s->now != 0 ? s->now : gale__unix_time();
    double days = s->max_age_days != 0 ? s->max_age_days : 31;

    *why = NULL;
    if (!((double)time >= now - days * GALE__DAY))
        *why = "expired";
    else if ((double)time > now + 31.0 * GALE__DAY)
        *why = "from the future";
    return !*why;
}

bool gale__take_number(gale_str *text, char mark, int64_t *out)
{
    size_t len = gale__str_find(*text, mark);
    gale_str digits = gale__str_head(*text, len);

    if (len == text->len || !len || digits.ptr[0] == '-')
        return false;
    if ((len > 1 && digits.ptr[0] == '0') || !gale__str_to_int64(digits, out))
        return false;
    *text = gale__str_skip(*text, len + 1);
    return true;
}

static void hex(const uint8_t *in, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[in[i] >> 4];
        *out++ = digits[in[i] & 15];
    }
}

/* --- writing ------------------------------------------------------------------------ */

/* A value about to be written. */
struct writing {
    gale_str secret, name, value;
    char time[NUMBER], key[NUMBER];
};

static size_t length_1(const struct writing *w)
{
    return gale__base64_size(GALE__BASE64_STD, w->value.len) + 1 + strlen(w->time) + 1 + HEX_1;
}

static int write_1(const struct writing *w, char *out)
{
    uint8_t mac[GALE__DIGEST_MAX];
    size_t len = gale__base64_encode(GALE__BASE64_STD, w->value, out);
    const gale_str pieces[] = { w->name, { out, len }, gale__str(w->time) };
    int r = gale__hmac_list(GALE__SHA1, w->secret, pieces, 3, mac);

    if (r < 0)
        return r;
    out += len;
    *out++ = '|';
    out = stpcpy(out, w->time);
    *out++ = '|';
    hex(mac, HEX_1 / 2, out);
    out[HEX_1] = 0;
    return 0;
}

/* Bytes of "LEN:…|" without what stands between. */
static size_t frame_length(size_t len)
{
    return (size_t)snprintf(NULL, 0, "%zu:|", len);
}

static size_t length_2(const struct writing *w)
{
    size_t lens[] = { strlen(w->key), strlen(w->time), w->name.len,
                      gale__base64_size(GALE__BASE64_STD, w->value.len) };
    size_t total = 2 + HEX_2;

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
        total += lens[i] + frame_length(lens[i]);
    return total;
}

static char *put_field(char *to, gale_str data)
{
    to += snprintf(to, NUMBER, "%zu:", data.len);
    if (data.len)
        to = mempcpy(to, data.ptr, data.len);
    *to++ = '|';
    return to;
}

static int write_2(const struct writing *w, char *out)
{
    uint8_t mac[GALE__DIGEST_MAX];
    char *to = stpcpy(out, "2|");
    int r;

    to = put_field(to, gale__str(w->key));
    to = put_field(to, gale__str(w->time));
    to = put_field(to, w->name);
    to += snprintf(to, NUMBER, "%zu:", gale__base64_size(GALE__BASE64_STD, w->value.len));
    to += gale__base64_encode(GALE__BASE64_STD, w->value, to);
    *to++ = '|';
    r = gale__hmac(GALE__SHA256, w->secret, (gale_str){ out, (size_t)(to - out) }, mac);
    if (r < 0)
        return r;
    hex(mac, HEX_2 / 2, to);
    to[HEX_2] = 0;
    return 0;
}

/* What can be signed at all. */
static int prepare(const gale_signing *s, const char *name, gale_str value, struct writing *w)
{
    int r = gale__signing_secret(s, s->key_version, &w->secret);

    if (r < 0)
        return r;
    if (!name)
        return gale_err(GALE_EINVAL, "the name of a signed value is NULL");
    if (s->version < 0 || s->version > 2)
        return gale_err(GALE_EINVAL, "signed values have version 1 or 2, not %d", s->version);
    if (s->version == 1 && !s->secret)
        return gale_err(GALE_EINVAL, "version 1 of signed values has no key numbers");
    if (s->key_version < 0)
        return gale_err(GALE_EINVAL, "key_version is negative");
    if (value.len > MAX_VALUE || strlen(name) > MAX_VALUE)
        return gale_err(GALE_ETOOBIG, "%zu bytes to sign", value.len);
    w->name = gale__str(name);
    w->value = value;
    snprintf(w->time, sizeof(w->time), "%" PRId64, gale__signing_now(s));
    snprintf(w->key, sizeof(w->key), "%d", s->key_version);
    return 0;
}

int gale_create_signed_value(const gale_signing *signing, const char *name, gale_str value,
                             char *out, size_t size)
{
    struct writing w;
    int r = prepare(signing, name, value, &w);
    size_t len;

    if (r < 0)
        return r;
    len = signing->version == 1 ? length_1(&w) : length_2(&w);
    if (size <= len) { /* as snprintf: how much it would be */
        if (size)
            *out = 0;
        return (int)len;
    }
    r = signing->version == 1 ? write_1(&w, out) : write_2(&w, out);
    return r < 0 ? r : (int)len;
}

/* --- reading ------------------------------------------------------------------------ */

static int distrust(const char *why)
{
    return gale_err(GALE_EINVAL, "signed value: %s", why);
}

/* The base64 of a value into out, which has size bytes. */
static int decode_value(gale_str text, char *out, size_t size)
{
    size_t exact = text.len / 4 * 3;
    int64_t len;

    if (text.len % 4 == 0 && text.len)
        exact -= (text.ptr[text.len - 1] == '=') + (text.ptr[text.len - 2] == '=');
    if (exact >= size)
        return gale_err(GALE_ETOOBIG, "a signed value of %zu bytes", exact);
    len = gale__base64_decode(GALE__BASE64_STD, text, out);
    if (len < 0)
        return distrust("its base64 is broken");
    out[len] = 0;
    return (int)len;
}

static bool same_text(const char *a, gale_str b, size_t len)
{
    return b.len == len && gale__equal_constant_time(a, b.ptr, len);
}

static int decode_1(const gale_signing *s, const char *name, gale_str text, char *out, size_t size)
{
    gale_str value, time, sent = text, secret;
    uint8_t mac[GALE__DIGEST_MAX];
    char expected[HEX_1];
    const char *why;
    int64_t when;
    int r;

    if (!gale__str_split(&sent, '|', &value) || !gale__str_split(&sent, '|', &time) || !sent.ptr ||
        memchr(sent.ptr, '|', sent.len))
        return distrust("it has not three parts");
    if (!s->secret)
        return distrust("version 1 has no key numbers");
    r = gale__signing_secret(s, 0, &secret);
    if (r >= 0)
        r = gale__hmac_list(GALE__SHA1, secret, (gale_str[]){ gale__str(name), value, time }, 3,
                            mac);
    if (r < 0)
        return r;
    hex(mac, HEX_1 / 2, expected);
    if (!same_text(expected, sent, HEX_1))
        return distrust("its signature is wrong");
    /* Digits may have moved between value and time: neither zeros in front nor the future. */
    time.len++; /* with the mark, which is there */
    if (!gale__take_number(&time, '|', &when))
        return distrust("its time is no number");
    if (!gale__signing_is_fresh(s, when, &why))
        return distrust(why);
    return decode_value(value, out, size);
}

/* The parts of version 2. */
struct parts {
    int64_t key, time;
    gale_str name, value, sent;
    size_t signed_len; /* bytes before the signature */
};

/* Takes "LEN:DATA|" off *rest. */
static bool take_field(gale_str *rest, gale_str *data)
{
    int64_t len;

    if (!gale__take_number(rest, ':', &len) || (uint64_t)len >= rest->len || rest->ptr[len] != '|')
        return false;
    *data = (gale_str){ rest->ptr, (size_t)len };
    *rest = (gale_str){ rest->ptr + len + 1, rest->len - (size_t)len - 1 };
    return true;
}

/* The field is a number, and all of it. */
static bool take_number_field(gale_str *rest, int64_t *out)
{
    gale_str data;

    if (!take_field(rest, &data))
        return false;
    data.len++; /* with its mark */
    return gale__take_number(&data, '|', out) && data.len == 0;
}

static bool split_2(gale_str text, struct parts *p)
{
    gale_str rest = gale__str_skip(text, 2);

    if (!take_number_field(&rest, &p->key) || !take_number_field(&rest, &p->time) ||
        !take_field(&rest, &p->name) || !take_field(&rest, &p->value))
        return false;
    p->sent = rest;
    p->signed_len = text.len - rest.len;
    return true;
}

static int decode_2(const gale_signing *s, const char *name, gale_str text, char *out, size_t size)
{
    struct parts p;
    gale_str secret;
    uint8_t mac[GALE__DIGEST_MAX];
    char expected[HEX_2];
    const char *why;
    int r;

    if (!split_2(text, &p))
        return distrust("its parts are not those of version 2");
    r = gale__signing_secret(s, p.key, &secret);
    if (r >= 0)
        r = gale__hmac(GALE__SHA256, secret, gale__str_head(text, p.signed_len), mac);
    if (r < 0)
        return r;
    hex(mac, HEX_2 / 2, expected);
    if (!same_text(expected, p.sent, HEX_2))
        return distrust("its signature is wrong");
    if (!gale__str_equal(p.name, gale__str(name)))
        return distrust("it is of another name");
    if (!gale__signing_is_fresh(s, p.time, &why))
        return distrust(why);
    return decode_value(p.value, out, size);
}

/* As Tornado tells them: a number in front of the first mark, but for those above 999, which are
 * base64. */
static int version_of(gale_str text)
{
    int64_t version;

    if (!gale__take_number(&text, '|', &version) || version < 1 || version > 999)
        return 1;
    return (int)version;
}

int gale_decode_signed_value(const gale_signing *signing, const char *name,
                             const char *signed_value, char *out, size_t size)
{
    gale_str text = gale__str(signed_value);
    int min = signing->min_version ? signing->min_version : 2;
    int version = version_of(text);

    if (min < 1 || min > 2)
        return gale_err(GALE_EINVAL, "min_version of signed values is 1 or 2, not %d", min);
    if (!name || !text.len || text.len > MAX_VALUE)
        return distrust("there is none");
    if (version < min)
        return distrust("version 1 is not accepted (min_signed_version)");
    if (version > 2)
        return distrust("its version is not known");
    return version == 1 ? decode_1(signing, name, text, out, size)
                        : decode_2(signing, name, text, out, size);
}

int gale_signed_value_key_version(const char *signed_value)
{
    gale_str text = gale__str(signed_value);
    struct parts p;

    if (version_of(text) != 2 || !split_2(text, &p) || p.key > INT_MAX)
        return -1;
    return (int)p.key;
}

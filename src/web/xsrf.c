/* xsrf.c - tokens that show that a request comes from a page of this site.
 *
 * The token is in a cookie, which other sites cannot read, and comes back with the request. Pages
 * have it masked anew for each request, so that compression tells nobody what it is. Its forms are
 * Tornado's: "2|MASK|MASKED|TIME" in hexadecimal, and in version 1 the token alone.
 *
 * A token bound to a session is 16 random bytes and the first 16 of the HMAC of those and the
 * session's name.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "web/signed.h"
#include "web/signed_cookie.h"
#include "web/user.h"
#include "web/xsrf_origin.h"

enum { RAW = 16, MASK = 4, BOUND = 2 * RAW, MAX_TEXT = 4096 };

/* Of one application: middleware of another one around it has a cookie of its own. */
struct gale__xsrf {
    const gale_app *app;
    struct gale__xsrf *next; /* of the request's */
    const char *session;     /* NULL: bound to none; the same for all */
    gale_str raw;            /* the token; len 0: not looked for yet */
    int64_t time;            /* when it was made, Unix time */
    bool from_cookie;
    const char *token; /* masked for this request; NULL: not yet */
};

static struct gale__xsrf *state_of(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);
    struct gale__xsrf *xsrf = more ? more->xsrf : NULL;

    while (xsrf && xsrf->app != gale__handler_app(self))
        xsrf = xsrf->next;
    if (!more || xsrf)
        return xsrf;
    xsrf = gale__arena_zalloc(&self->x->arena, sizeof(*xsrf));
    if (!xsrf) {
        gale__handler_failed(self, -ENOMEM);
        return NULL;
    }
    xsrf->app = gale__handler_app(self);
    xsrf->next = more->xsrf;
    xsrf->session = more->xsrf ? more->xsrf->session : NULL;
    more->xsrf = xsrf;
    return xsrf;
}

/* --- texts -------------------------------------------------------------------------- */

static char *put_hex(char *to, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return to;
}

/* Hexadecimal to bytes, in place of nothing else: false when it is none. */
static bool take_hex(gale_str text, uint8_t *out)
{
    for (size_t i = 0; i + 1 < text.len; i += 2) {
        int high = gale__hex_value(text.ptr[i]), low = gale__hex_value(text.ptr[i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return text.len % 2 == 0;
}

static void mask(uint8_t *bytes, size_t n, const uint8_t key[MASK])
{
    for (size_t i = 0; i < n; i++)
        bytes[i] ^= key[i % MASK];
}

/* "2|MASK|MASKED|TIME": the token into out, its length; 0 when it is not that. */
static size_t decode_2(gale_str text, uint8_t *out, int64_t *time)
{
    uint8_t key[MASK];
    gale_str part;

    gale__str_split(&text, '|', &part);
    if (!gale__str_split(&text, '|', &part) || part.len != sizeof(key) * 2 || !take_hex(part, key))
        return 0;
    if (!gale__str_split(&text, '|', &part) || !text.ptr || !take_hex(part, out))
        return 0;
    if (!gale__str_to_int64(text, time))
        return 0;
    mask(out, part.len / 2, key);
    return part.len / 2;
}

/* Version 1 is hexadecimal, or any text: then the token is just that. */
static size_t decode_1(gale_str text, uint8_t *out)
{
    if (take_hex(text, out))
        return text.len / 2;
    memcpy(out, text.ptr, text.len);
    return text.len;
}

/* The token of a text, in the request's memory; len 0: it has none. -ENOMEM. */
static int decode(gale_handler *self, const char *value, gale_str *raw, int64_t *time)
{
    gale_str text = gale__str(value), rest = text;
    int64_t version;
    uint8_t *out;

    *raw = (gale_str){ NULL, 0 };
    if (!text.len || text.len > MAX_TEXT)
        return 0;
    out = gale_alloc(self, text.len);
    if (!out)
        return -ENOMEM;
    raw->ptr = (const char *)out;
    if (!gale__take_number(&rest, '|', &version) || version == 0)
        raw->len = decode_1(text, out);
    else if (version == 2)
        raw->len = decode_2(text, out, time);
    return 0;
}

static char *encode(gale_handler *self, const struct gale__xsrf *xsrf, int version)
{
    size_t n = xsrf->raw.len;
    char *text = gale_alloc(self, 2 * n + 48);
    uint8_t *masked = gale_alloc(self, n);
    uint8_t key[MASK];
    char *to = text;

    if (!text || !masked)
        return NULL;
    memcpy(masked, xsrf->raw.ptr, n);
    if (version == 1) {
        *put_hex(to, masked, n) = 0;
        return text;
    }
    if (gale__random(key, sizeof(key)) < 0)
        return NULL;
    mask(masked, n, key);
    to = put_hex(stpcpy(to, "2|"), key, sizeof(key));
    *to++ = '|';
    to = put_hex(to, masked, n);
    snprintf(to, 24, "|%" PRId64, xsrf->time);
    return text;
}

/* --- sessions ----------------------------------------------------------------------- */

/* The second half of a token for a session, by the secret of that number. */
static int half_for(const gale_signing *signing, int64_t key, const char *random,
                    const char *session, uint8_t out[GALE__DIGEST_MAX])
{
    static const char label[] = "gale xsrf token 1";
    const gale_str pieces[] = { { label, sizeof(label) }, { random, RAW }, gale__str(session) };
    gale_str secret = { NULL, 0 };
    int r = gale__signing_secret(signing, key, &secret);

    return r < 0 ? r : gale__hmac_list(GALE__SHA256, secret, pieces, 3, out);
}

static int is_bound_by(const gale_signing *signing, int64_t key, const struct gale__xsrf *xsrf,
                       gale_str raw)
{
    uint8_t mac[GALE__DIGEST_MAX];
    int r = half_for(signing, key, raw.ptr, xsrf->session, mac);

    return r < 0 ? r : gale__equal_constant_time(mac, raw.ptr + RAW, RAW);
}

/* 1: the token was made for the session, with any of the secrets; 0: not; or a failure. */
static int is_bound(gale_handler *self, const struct gale__xsrf *xsrf, gale_str raw)
{
    gale_signing signing;
    int r = gale__handler_signing(self, "gale_xsrf_bind", &signing);

    if (r < 0 || raw.len != BOUND)
        return r < 0 ? r : 0;
    if (!signing.secrets)
        return is_bound_by(&signing, 0, xsrf, raw);
    for (const gale_secret *s = signing.secrets; s->secret && r == 0; s++)
        r = is_bound_by(&signing, s->version, xsrf, raw);
    return r;
}

static int make(gale_handler *self, struct gale__xsrf *xsrf)
{
    size_t n = xsrf->session ? BOUND : RAW;
    uint8_t mac[GALE__DIGEST_MAX];
    char *raw = gale_alloc(self, n);
    gale_signing signing;
    int r = raw ? gale__random(raw, RAW) : -ENOMEM;

    if (r >= 0 && xsrf->session) {
        r = gale__handler_signing(self, "gale_xsrf_bind", &signing);
        if (r >= 0)
            r = half_for(&signing, signing.key_version, raw, xsrf->session, mac);
        if (r >= 0)
            memcpy(raw + RAW, mac, RAW);
    }
    if (r < 0)
        return r;
    xsrf->raw = (gale_str){ raw, n };
    xsrf->time = (int64_t)gale__unix_time();
    return 0;
}

int gale_xsrf_bind(gale_handler *self, const char *session)
{
    struct gale__xsrf *xsrf = state_of(self);
    const char *copy = NULL;
    gale_signing signing;
    int r = xsrf ? gale__handler_signing(self, "gale_xsrf_bind", &signing) : self->failed;

    for (xsrf = self->more ? self->more->xsrf : NULL; r >= 0 && xsrf; xsrf = xsrf->next)
        if (xsrf->raw.len)
            r = gale_err(GALE_ESTATE, "gale_xsrf_bind: the token is in use");
    if (r >= 0 && session && *session) {
        copy = gale__arena_strndup(&self->x->arena, session, strlen(session));
        r = copy ? r : -ENOMEM;
    }
    if (r < 0)
        return gale__handler_failed(self, r);
    for (xsrf = self->more->xsrf; xsrf; xsrf = xsrf->next)
        xsrf->session = copy;
    return 0;
}

/* --- the token of a request --------------------------------------------------------- */

static const char *cookie_name(const gale_settings *settings)
{
    return settings->xsrf_cookie_name ? settings->xsrf_cookie_name : "_xsrf";
}

/* Finds the token in the cookie, or makes one. */
static int look(gale_handler *self, struct gale__xsrf *xsrf)
{
    const gale_settings *settings = &gale__handler_app(self)->settings;
    const char *sent = gale_get_cookie(self, cookie_name(settings), NULL);
    gale_str raw;
    int r = decode(self, sent, &raw, &xsrf->time);

    if (r >= 0 && raw.len && xsrf->session) {
        r = is_bound(self, xsrf, raw);
        if (r == 0)
            raw.len = 0;
    }
    if (r < 0)
        return r;
    if (!raw.len)
        return make(self, xsrf);
    if (!xsrf->time)
        xsrf->time = (int64_t)gale__unix_time();
    xsrf->raw = raw;
    xsrf->from_cookie = true;
    return 0;
}

/* The attributes for this user, of settings that are everybody's. Scripts are to read it. */
static int set_cookie(gale_handler *self, const char *token)
{
    const gale_settings *settings = &gale__handler_app(self)->settings;
    gale_cookie c = settings->xsrf_cookie ? *settings->xsrf_cookie : (gale_cookie){ 0 };

    if (c.same_site == GALE_SAME_SITE_UNSET)
        c.same_site = GALE_SAME_SITE_LAX;
    if (!c.http_only)
        c.http_only = GALE_OFF;
    if (c.expires == 0 && c.expires_days == 0 && c.max_age == 0 && gale__user_is_known(self))
        c.expires_days = 30;
    return gale_set_cookie(self, cookie_name(settings), token, &c);
}

static int make_token(gale_handler *self, struct gale__xsrf *xsrf)
{
    int version = gale__handler_app(self)->settings.xsrf_cookie_version;
    int r = xsrf->raw.len ? 0 : look(self, xsrf);
    const char *token;

    if (r < 0)
        return r;
    if (version < 0 || version > 2)
        return gale_err(GALE_EINVAL, "the setting xsrf_cookie_version is %d: not 1 or 2", version);
    token = encode(self, xsrf, version);
    if (!token)
        return -ENOMEM;
    if (!xsrf->from_cookie)
        r = set_cookie(self, token);
    if (r >= 0)
        xsrf->token = token;
    return r;
}

const char *gale_xsrf_token(gale_handler *self)
{
    struct gale__xsrf *xsrf = state_of(self);
    int r = xsrf && !xsrf->token ? make_token(self, xsrf) : 0;

    if (r < 0)
        gale__handler_failed(self, r);
    return xsrf ? xsrf->token : NULL;
}

const char *gale_xsrf_form_html(gale_handler *self)
{
    const char *token = gale_xsrf_token(self);
    char *html = NULL;

    if (token)
        html = gale_printf_alloc(self, "<input type=\"hidden\" name=\"_xsrf\" value=\"%s\"/>",
                                 token);
    if (token && !html)
        gale__handler_failed(self, -ENOMEM);
    return html;
}

/* --- the check ---------------------------------------------------------------------- */

static const char *sent_token(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    const char *sent = gale_get_argument(self, "_xsrf", NULL);

    if (!sent || !*sent)
        sent = gale_request_header(request, "X-Xsrftoken");
    if (!sent || !*sent)
        sent = gale_request_header(request, "X-Csrftoken");
    return sent && *sent ? sent : NULL;
}

static int check_token(gale_handler *self)
{
    const char *method = self->x->request.method;
    const char *sent = sent_token(self);
    struct gale__xsrf *xsrf = state_of(self);
    gale_str raw;
    int64_t time;
    int r = xsrf && !self->failed ? 0 : self->failed;

    if (r < 0)
        return r;
    if (!sent)
        return gale_fail(self, 403, "'_xsrf' argument missing from %s", method);
    r = decode(self, sent, &raw, &time);
    if (r >= 0 && !raw.len)
        return gale_fail(self, 403, "'_xsrf' argument has invalid format");
    if (r >= 0 && !xsrf->raw.len)
        r = look(self, xsrf);
    if (r < 0)
        return r;
    if (!xsrf->from_cookie || raw.len != xsrf->raw.len ||
        !gale__equal_constant_time(raw.ptr, xsrf->raw.ptr, raw.len))
        return gale_fail(self, 403, "XSRF cookie does not match %s argument", method);
    return 0;
}

int gale_check_xsrf_cookie(gale_handler *self)
{
    enum gale_xsrf_check how = gale__handler_app(self)->settings.xsrf_check;
    int r = how == GALE_XSRF_TOKEN ? 0 : gale__xsrf_check_origin(self);

    if (r < 0 || (r > 0 && how == GALE_XSRF_ORIGIN))
        return r < 0 ? r : 0;
    return check_token(self);
}

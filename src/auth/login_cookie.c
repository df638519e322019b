/* login_cookie.c - a login's own cookie: set when it begins, taken once when it is back.
 *
 * The name has the provider's and a hash of the key, so several logins do not disturb each other;
 * the value is encrypted and bound to that name. A list of the last ones is in a cookie beside
 * (login_list.c), since the page that begins a login does not see cookies of the call-back's path.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <gale/json.h>
#include <gale/web.h>

#include "auth/login.h"
#include "auth/login_list.h"
#include "auth/provider.h"
#include "auth/used.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "proto/http_url.h"
#include "web/handler.h"

enum { RECORD_MAX = 3000 };

/* What tells one provider from another, should two have the same name. */
static const char *identity(const gale_auth_provider *provider)
{
    if (provider->o.issuer)
        return provider->o.issuer;
    return provider->o.authorize_url ? provider->o.authorize_url : "";
}

int gale__auth_key_hash(struct gale__auth_call *call, const char *key,
                        char out[GALE__AUTH_KEY_HASH + 1])
{
    uint8_t digest[GALE__DIGEST_MAX];
    int r = gale__digest(GALE__SHA256, gale__str(key), digest);

    if (r < 0)
        return gale__auth_internal(call, r);
    out[gale__base64_encode(GALE__BASE64_URL, (gale_str){ (char *)digest, 12 }, out)] = 0;
    return 0;
}

static bool is_https(const struct gale__auth_call *call)
{
    return !strncmp(call->provider->o.redirect_uri, "https:", 6) ||
           !strcmp(gale_request_protocol(gale_handler_request(call->self)), "https");
}

const char *gale__auth_cookie_name(struct gale__auth_call *call, const char *what, const char *hash)
{
    return gale__auth_printf(call, "%s%s_%s%s%s", is_https(call) ? "__Secure-" : "", what,
                             call->provider->o.name, *hash ? "_" : "", hash);
}

/* The path of the redirect URI: where the browser brings the cookie to. */
static const char *cookie_path(struct gale__auth_call *call)
{
    const char *uri = call->provider->o.redirect_uri;
    struct gale__http_url url;
    gale_str path = gale__str(uri);

    if (*uri != '/' && gale__http_url_parse(path, &url) >= 0)
        path = url.target;
    path = gale__str_head(path, gale__str_find(path, '?'));
    return path.len && *path.ptr == '/' ? gale__auth_text(call, path) : "/";
}

int gale__auth_cookie_options(struct gale__auth_call *call, gale_cookie *out)
{
    bool is_post = !call->provider->is_query_answer;

    *out = (gale_cookie){
        .path = cookie_path(call),
        .expires_days = -1,
        .max_age = (int64_t)ceil(call->provider->o.state_max_age),
        .secure = is_post || is_https(call) ? GALE_ON : 0,
        .http_only = GALE_ON,
        .same_site = is_post ? GALE_SAME_SITE_NONE : GALE_SAME_SITE_LAX,
    };
    return out->path ? 0 : call->code;
}

/* --- beginning -------------------------------------------------------------------- */

static json_t *pack(const struct gale__auth_call *call, const char *key,
                    const struct gale__auth_login *login)
{
    return json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s, s:f, s:f}", "provider",
                     call->provider->o.name, "identity", identity(call->provider), "key", key,
                     "nonce", login->nonce, "verifier", login->verifier, "secret", login->secret,
                     "redirect_uri", login->redirect_uri, "next", login->next ? login->next : "/",
                     "max_age", login->max_age, "time", gale__unix_time());
}

static int set_cookie(struct gale__auth_call *call, const char *name, gale_str value)
{
    gale_cookie options;
    int r = gale__auth_cookie_options(call, &options);

    if (r < 0)
        return r;
    r = gale_set_encrypted_cookie(call->self, name, value, &options);
    return r < 0 ? gale__auth_internal(call, r) : 0;
}

static int keep(struct gale__auth_call *call, const char *hash, json_t *record)
{
    const char *name = gale__auth_cookie_name(call, GALE__AUTH_COOKIE, hash);
    struct gale__buf text;
    int r;

    if (!name)
        return call->code;
    gale__buf_init(&text, RECORD_MAX);
    r = gale__json_dump(record, &text);
    r = r < 0 ? gale__auth_internal(call, r) : set_cookie(call, name, gale__buf_str(&text));
    gale__buf_deinit(&text);
    return r;
}

int gale__auth_login_keep(struct gale__auth_call *call, const char *key,
                          const struct gale__auth_login *login)
{
    char hash[GALE__AUTH_KEY_HASH + 1];
    int r = gale__auth_key_hash(call, key, hash);
    json_t *record = r < 0 ? NULL : pack(call, key, login);

    if (r < 0)
        return r;
    if (!record)
        return gale__auth_internal(call, gale_err(-ENOMEM, "no memory for a login"));
    r = keep(call, hash, record);
    json_decref(record);
    return r < 0 ? r : gale__auth_list_add(call, hash);
}

/* --- coming back ------------------------------------------------------------------ */

static int forget(struct gale__auth_call *call, const char *name, const char *hash)
{
    gale_cookie options;
    int r = gale__auth_cookie_options(call, &options);

    if (r < 0)
        return r;
    r = gale_clear_cookie(call->self, name, &options);
    return r < 0 ? gale__auth_internal(call, r) : gale__auth_list_remove(call, hash);
}

/* Whether another provider of this site began a login of that hash in this browser. */
static bool is_of_another(struct gale__auth_call *call, const char *hash)
{
    gale_str suffix = gale__str(hash);
    const char *name, *value;

    for (size_t i = 0; gale_cookie_at(call->self, i, &name, &value); i++)
        if (strstr(name, GALE__AUTH_COOKIE "_") && gale__str_ends_with(gale__str(name), suffix))
            return true;
    return false;
}

static int bad_state(struct gale__auth_call *call, const char *why)
{
    return gale__auth_fail(call, GALE_AUTH_BAD_STATE, "%s", why);
}

static int missing(struct gale__auth_call *call, const char *hash)
{
    if (is_of_another(call, hash))
        return gale__auth_fail(call, GALE_AUTH_MIX_UP,
                               "the login began with another provider than %s",
                               call->provider->o.name);
    return bad_state(call, "no login of that state is under way in this browser");
}

static const char *text_of(const json_t *record, const char *name)
{
    return json_string_value(json_object_get(record, name));
}

static bool is_text(const json_t *record, const char *name, const char *expected)
{
    const char *text = text_of(record, name);
    size_t len = strlen(expected);

    return text && strlen(text) == len && gale__equal_constant_time(text, expected, len);
}

static void unpack(const json_t *record, struct gale__auth_login *out)
{
    *out = (struct gale__auth_login){
        .nonce = text_of(record, "nonce"),
        .verifier = text_of(record, "verifier"),
        .secret = text_of(record, "secret"),
        .redirect_uri = text_of(record, "redirect_uri"),
        .next = text_of(record, "next"),
        .max_age = json_number_value(json_object_get(record, "max_age")),
        .time = json_number_value(json_object_get(record, "time")),
    };
}

static int check(struct gale__auth_call *call, const json_t *record, const char *key,
                 struct gale__auth_login *out)
{
    const gale_auth_provider *p = call->provider;
    double now = gale__unix_time(), expires;

    unpack(record, out);
    expires = out->time + p->o.state_max_age;
    if (!is_text(record, "provider", p->o.name) || !is_text(record, "identity", identity(p)))
        return gale__auth_fail(call, GALE_AUTH_MIX_UP, "the login began with another provider");
    if (!is_text(record, "key", key) || !gale_is_local_url(out->next))
        return bad_state(call, "the login is that of another state");
    if (now > expires)
        return bad_state(call, "the login began too long ago");
    if (!gale__auth_used_add(p->used, gale__str(key), now, expires))
        return bad_state(call, "the state was used before");
    return 0;
}

/* The record in a cookie's value; it lives as long as the call's memory. */
static int read_record(struct gale__auth_call *call, const char *name, json_t **record)
{
    double days = call->provider->o.state_max_age / 86400;
    gale_str text = gale_get_encrypted_cookie(call->self, name, days);
    int error;

    if (!text.ptr && call->self->failed)
        return gale__auth_internal(call, call->self->failed);
    if (!text.ptr)
        return bad_state(call, "the login began too long ago, or its cookie is not ours");
    *record = gale_json_decode(text, &error);
    return *record ? gale__auth_own_json(call, *record) : bad_state(call, "the cookie is broken");
}

int gale__auth_login_take(struct gale__auth_call *call, const char *key,
                          struct gale__auth_login *login)
{
    char hash[GALE__AUTH_KEY_HASH + 1];
    const char *name = NULL;
    json_t *record = NULL;
    int r = gale__auth_key_hash(call, key, hash), cleared;

    if (r >= 0 && !(name = gale__auth_cookie_name(call, GALE__AUTH_COOKIE, hash)))
        r = call->code;
    if (r < 0)
        return r;
    if (!gale_get_cookie(call->self, name, NULL))
        return missing(call, hash);
    r = read_record(call, name, &record);
    if (r == -ENOMEM || call->self->failed)
        return r;
    cleared = forget(call, name, hash);
    if (r >= 0 && cleared < 0)
        r = cleared;
    return r < 0 ? r : check(call, record, key, login);
}

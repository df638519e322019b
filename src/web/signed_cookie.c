/* signed_cookie.c - cookies whose values are signed or encrypted, by the settings. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "web/handler.h"
#include "web/signed_cookie.h"

int gale__handler_signing(gale_handler *self, const char *who, gale_signing *out)
{
    const gale_settings *settings = &gale__handler_app(self)->settings;

    if (!settings->cookie_secret && !settings->cookie_secrets)
        return gale_err(GALE_ESTATE, "%s needs the setting cookie_secret", who);
    *out = (gale_signing){
        .secret = settings->cookie_secrets ? NULL : settings->cookie_secret,
        .secrets = settings->cookie_secrets,
        .key_version = settings->key_version,
        .min_version = settings->min_signed_version,
    };
    return 0;
}

/* What writes a value, and what reads it. */
typedef int create_fn(const gale_signing *signing, const char *name, gale_str value, char *out,
                      size_t size);
typedef int decode_fn(const gale_signing *signing, const char *name, const char *value, char *out,
                      size_t size);

static int set(gale_handler *self, const gale_signing *signing, create_fn *create, const char *name,
               gale_str value, const gale_cookie *options)
{
    gale_cookie attributes = options ? *options : (gale_cookie){ 0 };
    int len = create(signing, name, value, NULL, 0);
    char *text = len < 0 ? NULL : gale_alloc(self, (size_t)len + 1);

    if (len < 0)
        return len;
    if (!text)
        return -ENOMEM;
    len = create(signing, name, value, text, (size_t)len + 1);
    if (len < 0)
        return len;
    if (attributes.expires_days == 0 && attributes.expires == 0)
        attributes.expires_days = 30;
    else if (attributes.expires_days < 0)
        attributes.expires_days = 0; /* as long as the browser runs */
    return gale_set_cookie(self, name, text, &attributes);
}

static int set_cookie(gale_handler *self, const char *who, create_fn *create, const char *name,
                      gale_str value, const gale_cookie *options)
{
    gale_signing signing;
    int r = self->failed ? self->failed : gale__handler_signing(self, who, &signing);

    if (r >= 0)
        r = set(self, &signing, create, name, value, options);
    return r < 0 ? gale__handler_failed(self, r) : 0;
}

int gale_set_signed_cookie(gale_handler *self, const char *name, gale_str value,
                           const gale_cookie *options)
{
    return set_cookie(self, "gale_set_signed_cookie", gale_create_signed_value, name, value,
                      options);
}

int gale_set_encrypted_cookie(gale_handler *self, const char *name, gale_str value,
                              const gale_cookie *options)
{
    return set_cookie(self, "gale_set_encrypted_cookie", gale_create_encrypted_value, name, value,
                      options);
}

/* Values that are not to be trusted are as if they were not there: what a client sends fails no
 * request. */
static gale_str get_cookie(gale_handler *self, const char *who, decode_fn *decode, const char *name,
                           double max_age_days)
{
    const gale_str nothing = { NULL, 0 };
    gale_signing signing;
    int r = gale__handler_signing(self, who, &signing);
    const char *value;
    char *out;

    if (r < 0) {
        gale__handler_failed(self, r);
        return nothing;
    }
    value = gale_get_cookie(self, name, NULL);
    out = value ? gale_alloc(self, strlen(value) + 1) : NULL;
    if (value && !out)
        gale__handler_failed(self, -ENOMEM);
    if (!out)
        return nothing;
    signing.max_age_days = max_age_days;
    r = decode(&signing, name, value, out, strlen(value) + 1);
    if (r == -ENOMEM)
        gale__handler_failed(self, r);
    return r < 0 ? nothing : (gale_str){ out, (size_t)r };
}

gale_str gale_get_signed_cookie(gale_handler *self, const char *name, double max_age_days)
{
    return get_cookie(self, "gale_get_signed_cookie", gale_decode_signed_value, name, max_age_days);
}

gale_str gale_get_encrypted_cookie(gale_handler *self, const char *name, double max_age_days)
{
    return get_cookie(self, "gale_get_encrypted_cookie", gale_decode_encrypted_value, name,
                      max_age_days);
}

int gale_get_signed_cookie_key_version(gale_handler *self, const char *name)
{
    const char *value = gale_get_cookie(self, name, NULL);
    gale_signing signing;
    int r = gale__handler_signing(self, "gale_get_signed_cookie_key_version", &signing);

    if (r < 0) {
        gale__handler_failed(self, r);
        return -1;
    }
    return value ? gale_signed_value_key_version(value) : -1;
}

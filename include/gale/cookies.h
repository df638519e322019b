/* cookies.h - cookies plain, signed and encrypted (RFC 6265bis).
 *
 * Signed values are Tornado's, byte for byte, in both directions: readable by whoever has the
 * cookie, changed by nobody without the secret. Encrypted ones show only ciphertext. Without the
 * setting cookie_secret each call that needs it fails, naming the setting.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_COOKIES_H
#define GALE_COOKIES_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

typedef struct gale_handler gale_handler;
typedef struct gale_request gale_request;

enum gale_same_site {
    GALE_SAME_SITE_UNSET, /* no attribute (with settings.secure_cookies: Lax) */
    GALE_SAME_SITE_STRICT,
    GALE_SAME_SITE_LAX,
    GALE_SAME_SITE_NONE,    /* browsers want Secure with it; without it the call fails */
    GALE_SAME_SITE_OMITTED, /* no attribute, whatever the default */
};

enum gale_cookie_priority {
    GALE_PRIORITY_UNSET,
    GALE_PRIORITY_LOW,
    GALE_PRIORITY_MEDIUM,
    GALE_PRIORITY_HIGH,
};

/* Attributes of a cookie; zero is "not sent" but for path. */
typedef struct gale_cookie {
    const char *domain;
    const char *path;    /* default "/" */
    double expires;      /* Unix time in seconds; one before 1601 is sent as 1 Jan 1970 */
    double expires_days; /* from now; expires wins. Signed and encrypted cookies: default 30, < 0 a
                            session cookie */
    int64_t max_age;     /* seconds; < 0 sends Max-Age=0 */
    int secure;          /* GALE_ON */
    int http_only;       /* GALE_ON */
    enum gale_same_site same_site;
    int partitioned; /* GALE_ON; needs secure */
    enum gale_cookie_priority priority;
} gale_cookie;

/* A cookie of the request, quotes and escapes undone, or fallback. The last of a name wins. Never
 * one set in this response. Bytes that are not UTF-8 are taken as ISO 8859-1; a value with a NUL,
 * and a name that is no token, are as if not there. */
GALE_API const char *gale_get_cookie(gale_handler *self, const char *name, const char *fallback);

/* The i-th cookie of the request, from 0, each name once. false at the end. */
GALE_API bool gale_cookie_at(gale_handler *self, size_t i, const char **name, const char **value);

/* Sets a cookie with the response; options may be NULL. A second one of the same name replaces the
 * first, attributes included. Sent also with error pages. A value is quoted where it must be, so it
 * may hold blanks, ';' and any UTF-8. GALE_EINVAL, naming what is wrong, for a name that is no
 * token (':' is allowed too), control characters in the value, those, blanks and ';' in an
 * attribute, and for what the prefixes forbid: __Secure- needs secure, __Host- needs secure, path
 * "/" and no domain. GALE_ESTATE after the headers left. The request fails with it. */
GALE_API int gale_set_cookie(gale_handler *self, const char *name, const char *value,
                             const gale_cookie *options);

/* Makes the client forget a cookie: options has the domain and path it was set with (and
 * partitioned). Its times are left out of account; a __Secure- or __Host- prefix implies secure. */
GALE_API int gale_clear_cookie(gale_handler *self, const char *name, const gale_cookie *options);

/* The same for every cookie of the request (the first 256). */
GALE_API int gale_clear_all_cookies(gale_handler *self, const gale_cookie *options);

/* Signed cookies (set_signed_cookie, also named set_secure_cookie). value is bytes. */
GALE_API int gale_set_signed_cookie(gale_handler *self, const char *name, gale_str value,
                                    const gale_cookie *options);
/* The value (NUL-terminated beyond its end), or ptr NULL: absent, forged, expired, made
 * more than 31 days ahead of our clock, or version 1 unless min_signed_version allows it. At most
 * max_age_days old; 0: 31. */
GALE_API gale_str gale_get_signed_cookie(gale_handler *self, const char *name, double max_age_days);
/* The number of the key that signed it, -1 when that cannot be told. */
GALE_API int gale_get_signed_cookie_key_version(gale_handler *self, const char *name);

/* Aliases, as in Tornado. */
#define gale_set_secure_cookie gale_set_signed_cookie
#define gale_get_secure_cookie gale_get_signed_cookie
#define gale_get_secure_cookie_key_version gale_get_signed_cookie_key_version

/* Cookies that the client cannot read: AES-256-GCM, keys derived from cookie_secret, bound to the
 * cookie's name, with key number and time inside. */
GALE_API int gale_set_encrypted_cookie(gale_handler *self, const char *name, gale_str value,
                                       const gale_cookie *options);
GALE_API gale_str gale_get_encrypted_cookie(gale_handler *self, const char *name,
                                            double max_age_days);

/* --- signed and encrypted values without a request -------------------------------- */

/* A secret with its number. */
typedef struct gale_secret {
    int version;
    const char *secret;
} gale_secret;

/* What signing and reading need. Zero is the default. */
typedef struct gale_signing {
    const char *secret;         /* one secret; or */
    const gale_secret *secrets; /* several, ended by { 0, NULL }: key_version signs, all verify */
    int key_version;
    int version;         /* 1 or 2 to write; default 2 */
    int min_version;     /* 1 or 2 to accept; default 2 */
    double max_age_days; /* default 31 */
    double now;          /* Unix time in seconds; default: the clock's */
} gale_signing;

/* Writes the signed value of name and value to out, NUL-terminated; its length, whatever fits.
 * GALE_EINVAL names what is wrong with the secrets. */
GALE_API GALE_MUST_USE int gale_create_signed_value(const gale_signing *signing, const char *name,
                                                    gale_str value, char *out, size_t size);
/* Decodes a signed value into out (NUL-terminated): its length, or GALE_EINVAL when it is not to be
 * trusted, GALE_ETOOBIG when out is too small (strlen(signed_value) bytes always suffice). */
GALE_API GALE_MUST_USE int gale_decode_signed_value(const gale_signing *signing, const char *name,
                                                    const char *signed_value, char *out,
                                                    size_t size);
GALE_API int gale_signed_value_key_version(const char *signed_value);

/* The same for encrypted values. */
GALE_API GALE_MUST_USE int gale_create_encrypted_value(const gale_signing *signing,
                                                       const char *name, gale_str value, char *out,
                                                       size_t size);
GALE_API GALE_MUST_USE int gale_decode_encrypted_value(const gale_signing *signing,
                                                       const char *name, const char *value,
                                                       char *out, size_t size);

GALE_END_DECLS

#endif

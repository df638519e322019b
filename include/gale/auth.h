/* auth.h - login with third parties: OpenID Connect, OAuth 2, OAuth 1.0a, OpenID 2.0.
 *
 * A provider is made once, for all loops and threads. A login is two calls in handlers: the first
 * sends the browser away, the second, under the address that the provider sends it back to, gives
 * the user.
 *
 *     static int login_get(gale_handler *self)
 *     {
 *         return gale_authorize_redirect(self, google, NULL);
 *     }
 *
 *     static int done_get(gale_handler *self)
 *     {
 *         const gale_auth_user *user;
 *         int r = gale_get_authenticated_user(self, google, &user);
 *
 *         if (r < 0)
 *             return r;
 *         … gale_set_signed_cookie(self, "user", …) …
 *         return gale_redirect(self, user->next);
 *     }
 *
 * What a login needs until the browser is back (state, nonce, the PKCE verifier, where it wanted to
 * go) is kept in an encrypted cookie of this login alone, so that several tabs may log in at once
 * (five with a provider; of more the oldest ends), and the setting cookie_secret is needed. An
 * answer counts once, in the browser that began, from the provider it was begun with, within
 * state_max_age.
 *
 * Formats: OpenID Connect Core, Discovery and RP-Initiated Logout 1.0; RFC 6749, 6750 (OAuth 2),
 * 7636 (PKCE, always S256), 7009 (revocation), 9207 (iss), 9700 (security practice); RFC 5849
 * (OAuth 1.0a, HMAC-SHA1); OpenID Authentication 2.0 with attribute exchange and simple
 * registration.
 *
 * OpenID 2.0 is for one end point, authorize_url; nothing is discovered. An assertion counts when
 * the end point itself says that it is its own (check_authentication), and has signed for this
 * login, whose claimed_id is the identity that the user showed there (11.2 would discover who may
 * assert another: a page that delegates is refused), and whose nonce is new. Attributes that it has
 * not signed are as if they were not there. id is claimed_id: of this provider, as any user is.
 *
 * OAuth 1.0a has no word for who the user is: id is id_str, id or user_id, the first that is there,
 * of what userinfo_url tells, without it of the answer that brought the access token.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_H
#define GALE_AUTH_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/httpclient.h>
#include <gale/httputil.h>
#include <gale/jwt.h>

GALE_BEGIN_DECLS

typedef struct gale_handler gale_handler;

/* --- providers -------------------------------------------------------------------- */

typedef struct gale_auth_provider gale_auth_provider;

typedef enum gale_auth_protocol {
    GALE_AUTH_DEFAULT, /* OpenID Connect with an issuer, else OAuth 2 */
    GALE_OPENID_CONNECT,
    GALE_OAUTH2,
    GALE_OAUTH1,  /* 1.0a */
    GALE_OPENID2, /* 2.0, for providers that never moved on */
} gale_auth_protocol;

/* How this site shows itself to the token end point (RFC 6749 2.3). */
typedef enum gale_auth_client_auth {
    GALE_CLIENT_AUTH_DEFAULT, /* what discovery names, Basic first; without it Basic; None without a
                                 secret */
    GALE_CLIENT_SECRET_BASIC,
    GALE_CLIENT_SECRET_POST,
    GALE_CLIENT_AUTH_NONE, /* a public client: PKCE alone */
} gale_auth_client_auth;

/* A provider as this site is registered there. Zero is the default for each; grows at its end. All
 * is copied but arg. URLs are https; http is for loopback hosts (and never where an https issuer's
 * configuration leads), or with allow_http. */
typedef struct gale_auth_options {
    const char *service; /* a ready configuration: "google" (OpenID Connect), "github",
                            "facebook" (OAuth 2), "twitter" (OAuth 1.0a); what is given
                            below goes before its own */
    gale_auth_protocol protocol;
    const char *name;          /* in messages and cookies' names: a token (RFC 9110 5.6.2); default
                                  service, else the host of the issuer or authorize_url */
    const char *client_id;     /* as registered: client id, consumer key; OpenID 2.0 has none */
    const char *client_secret; /* or consumer secret; NULL: a public client */
    const char *redirect_uri;  /* where the browser comes back to: a URL, or a path of this site;
                                  OAuth 1.0a also "oob": the user copies a number; the
                                  answer is the provider's address, as text, and what calls
                                  gale_get_authenticated_user() is asked (by GET) with the address's
                                  oauth_token and the number as oauth_verifier */
    const char *scope;         /* blanks between; default "openid profile email" with OpenID
                                  Connect, the service's, else none */
    const char *issuer;        /* OpenID Connect: its .well-known/openid-configuration tells what
                                  is not given here; fetched at the first use and once an hour;
                                  not at all with authorize_url, token_url and jwks_url */
    const char *authorize_url; /* authorisation end point; OpenID 2.0: the provider's */
    const char *token_url;     /* token end point; OAuth 1.0a: for access tokens */
    const char *request_token_url;    /* OAuth 1.0a */
    const char *userinfo_url;         /* JSON about the user, asked with the access token */
    const char *emails_url;           /* GitHub's list of addresses, asked when userinfo has none */
    const char *jwks_url;             /* the provider's keys */
    const char *logout_url;           /* end_session_endpoint */
    const char *revoke_url;           /* RFC 7009 */
    const char *const *algorithms;    /* of ID tokens, as of gale_jwt_rules */
    const gale_jwks *decryption_keys; /* for encrypted ID tokens; a reference is held */
    gale_auth_client_auth client_auth;
    int pkce;                  /* GALE_OFF: a provider that refuses code_challenge */
    int userinfo;              /* GALE_OFF: does not ask userinfo_url */
    const char *response_mode; /* "form_post": the answer comes by POST (the class of the handler
                                  then needs .xsrf_cookies = GALE_OFF, the site https); default
                                  "query" */
    const char *user_fields;   /* Facebook's "fields"; default id,name,first_name,last_name,email,
                                  locale,picture,link */
    double leeway;             /* seconds the provider's clock may differ; default 60 */
    double state_max_age;      /* seconds a login may take; default 600 */
    double request_timeout;    /* seconds for each request to the provider; default 10 */
    int allow_http;            /* GALE_ON: http:// for any host; everyone on the way can log in */
    gale_http_client *(*get_auth_http_client)(void *arg); /* the current loop's client to ask the
                                                             provider with (own CAs, a proxy); NULL:
                                                             the loop's default */
    void *arg;
} gale_auth_options;

/* The caller owns it, and frees it after the applications that use it. Does not wait: nothing is
 * fetched before the first use. NULL: gale_strerror(GALE_EINVAL) names the option that is wrong or
 * missing, else out of memory. */
GALE_API GALE_MUST_USE gale_auth_provider *gale_auth_provider_new_sized(
    const gale_auth_options *options, size_t options_size);
static inline GALE_MUST_USE gale_auth_provider *gale_auth_provider_new(
    const gale_auth_options *options)
{
    return gale_auth_provider_new_sized(options, sizeof(gale_auth_options));
}
/* NULL is allowed. */
GALE_API void gale_auth_provider_free(gale_auth_provider *provider);

/* Its name. Borrowed. */
GALE_API const char *gale_auth_provider_name(const gale_auth_provider *provider);

/* --- logging in ------------------------------------------------------------------- */

/* Of one login; zero is the default for each. */
typedef struct gale_authorize_options {
    const char *next;   /* where to go afterwards, a path of this site; default the argument "next"
                           (gale_get_next()), else "/" */
    const char *scope;  /* instead of the provider's */
    const char *prompt; /* "login", "consent", "select_account", "none"; OpenID 2.0 has "none"
                           alone, OAuth 1.0a no prompt, neither max_age: GALE_EINVAL */
    const char *login_hint;
    double max_age;          /* seconds since the user last showed who it is, as of now; GALE_OFF:
                                none; the ID token's auth_time is checked against it */
    const gale_pair *params; /* further ones, ended by { NULL, NULL }; those of the protocol are
                                refused (GALE_EINVAL) */
} gale_authorize_options;

/* Waits (discovery; OAuth 1.0a: for a request token). Answers the request by sending the browser to
 * the provider, and sets the cookie of this login. Failures are those of
 * gale_get_authenticated_user(). options may be NULL. */
GALE_API GALE_MUST_USE int gale_authorize_redirect_sized(gale_handler *self,
                                                         gale_auth_provider *provider,
                                                         const gale_authorize_options *options,
                                                         size_t options_size);
static inline GALE_MUST_USE int gale_authorize_redirect(gale_handler *self,
                                                        gale_auth_provider *provider,
                                                        const gale_authorize_options *options)
{
    return gale_authorize_redirect_sized(self, provider, options, sizeof(gale_authorize_options));
}

/* What a provider gave to ask it with. A text that was not told is NULL. */
typedef struct gale_auth_tokens {
    const char *access_token;
    const char *token_secret;  /* OAuth 1.0a */
    const char *token_type;    /* "Bearer" */
    const char *refresh_token; /* keep it in a database or an encrypted cookie */
    const char *id_token;      /* OpenID Connect, verified; for gale_auth_logout_redirect() */
    const char *scope;         /* granted */
    double expires;            /* access_token's end, Unix time; 0: not told */
    struct json_t *json;       /* all of the answer; borrowed */
} gale_auth_tokens;

/* A user as the provider tells. A text that was not told is NULL. All of it lives as long as the
 * request. */
typedef struct gale_auth_user {
    const char *provider; /* its name */
    const char *issuer;   /* OpenID Connect: iss; else the provider's name */
    const char *id;       /* who it is there, never somebody else: key an account by issuer and id;
                             never NULL or "" */
    const char *name, *first_name, *last_name, *username, *email, *locale, *picture;
    bool email_verified; /* the provider says that this very address is the user's */
    double auth_time;    /* when the user last showed who it is; 0: not told */
    struct json_t
        *claims; /* all that was told: of the ID token and userinfo, attributes; borrowed */
    gale_auth_tokens tokens;
    const char *next; /* a path of this site */
} gale_auth_user;

/* Waits. Takes the answer the browser brings from the provider, once: checks that this login began
 * in this browser and with this provider, changes the code for tokens, verifies them (OpenID
 * Connect: signature by the provider's keys, which are fetched anew when one is missing, issuer,
 * audience, azp, times, nonce, at_hash), asks userinfo (whose sub must be the same). 0 and *user.
 * Else the request has failed as by gale_fail(), the code is to be returned, and
 * gale_auth_failure() tells more: status 403 for what the browser brought (state, denied), 502 for
 * what the provider answered, 504 when it is too slow, 503 when it is not reached. A handler that
 * wants another answer gives it and returns >= 0. The query of the request is not in logs, nor in
 * gale_request's uri and query, from here on; its arguments are. */
GALE_API GALE_MUST_USE int gale_get_authenticated_user(gale_handler *self,
                                                       gale_auth_provider *provider,
                                                       const gale_auth_user **user);

/* Why a login did not come to its end. */
typedef enum gale_auth_reason {
    GALE_AUTH_NO_FAILURE,
    GALE_AUTH_DENIED,      /* access_denied: the user, or the provider, said no */
    GALE_AUTH_INTERACTION, /* login_required and its like: prompt=none was not possible */
    GALE_AUTH_BAD_STATE,   /* not begun in this browser, too long ago, or used before */
    GALE_AUTH_MIX_UP,      /* the answer is another provider's (RFC 9207 iss, wrong call-back) */
    GALE_AUTH_BAD_REQUEST, /* the browser brought no answer at all, or one of wrong form */
    GALE_AUTH_REFUSED,     /* the provider refused with another error */
    GALE_AUTH_BAD_TOKEN,   /* the ID token, userinfo or signature does not hold */
    GALE_AUTH_BAD_ANSWER,  /* the provider answered what is not of its protocol */
    GALE_AUTH_UNREACHABLE, /* no connection, or a TLS failure */
    GALE_AUTH_TIMED_OUT,
    GALE_AUTH_INTERNAL, /* no memory, no cookie_secret …: of this site */
} gale_auth_reason;

typedef struct gale_auth_failed {
    gale_auth_reason reason;
    int status;              /* that the request is answered with */
    const char *text;        /* what did not hold, for the log: no secrets in it */
    const char *error;       /* the provider's error code, "access_denied"; NULL */
    const char *description; /* its error_description, escaped nowhere; NULL */
} gale_auth_failed;

/* Why the last of the calls above failed in this request. Borrowed, never NULL. */
GALE_API const gale_auth_failed *gale_auth_failure(gale_handler *self);

/* The name of a reason, "bad_state". Static. */
GALE_API const char *gale_auth_reason_name(gale_auth_reason reason);

/* --- afterwards ------------------------------------------------------------------- */

/* Waits. New tokens for a refresh token (RFC 6749 6), without a request: 0 and *tokens, which
 * belong to the scope that asked (a new refresh_token replaces the old one; without one it is the
 * old one). A new ID token is verified, and must be subject's (NULL: not checked). GALE_EAUTH: the
 * provider refuses (the user must log in anew); GALE_EPROTO, GALE_ETIMEDOUT, -errno … as of
 * gale_fetch(). */
GALE_API GALE_MUST_USE int gale_auth_refresh(gale_auth_provider *provider,
                                             const char *refresh_token, const char *subject,
                                             const gale_auth_tokens **tokens);

/* Waits. Tokens by another grant, "client_credentials" say, with its params (ended by { NULL, NULL
 * }, may be NULL). As above. */
GALE_API GALE_MUST_USE int gale_auth_grant(gale_auth_provider *provider, const char *grant_type,
                                           const gale_pair *params,
                                           const gale_auth_tokens **tokens);

/* Waits. Asks a resource of the provider as gale_fetch() does, with the user's tokens: as a bearer
 * token, or signed (OAuth 1.0a, query and form with it); Facebook's appsecret_proof is added. The
 * token goes nowhere else: redirects are not followed. */
GALE_API GALE_MUST_USE int gale_auth_fetch_sized(gale_auth_provider *provider,
                                                 const gale_auth_tokens *tokens, const char *url,
                                                 const gale_http_request *request,
                                                 size_t request_size, gale_http_response **out);
static inline GALE_MUST_USE int gale_auth_fetch(gale_auth_provider *provider,
                                                const gale_auth_tokens *tokens, const char *url,
                                                const gale_http_request *request,
                                                gale_http_response **out)
{
    return gale_auth_fetch_sized(provider, tokens, url, request, sizeof(gale_http_request), out);
}

/* Waits. Tells the provider that a token (refresh or access) is not used any more (RFC 7009).
 * GALE_ENOTFOUND: it has no end point for that. */
GALE_API GALE_MUST_USE int gale_auth_revoke(gale_auth_provider *provider, const char *token);

/* Waits. Logs the user out at the provider too: after this site's own cookies are cleared, answers
 * by sending the browser to its end_session_endpoint with id_token (the user's, may be NULL), and
 * from there back to next, a path of this site that is registered there. A provider without such an
 * end point: straight to next. */
GALE_API GALE_MUST_USE int gale_auth_logout_redirect(gale_handler *self,
                                                     gale_auth_provider *provider,
                                                     const char *id_token, const char *next);

/* The Authorization field of a request signed by OAuth 1.0a (RFC 5849 3.4, 3.5.1; HMAC-SHA1):
 * params (ended by { NULL, NULL }, may be NULL) are those of a form; those of the URL's query are
 * signed too. tokens NULL: without a token. The field's value, NUL-terminated, in out; its length,
 * GALE_ETOOBIG, GALE_EINVAL. gale_auth_fetch() does all of it. */
GALE_API GALE_MUST_USE int gale_oauth1_header(gale_auth_provider *provider,
                                              const gale_auth_tokens *tokens, const char *method,
                                              const char *url, const gale_pair *params, char *out,
                                              size_t size);

GALE_END_DECLS

#endif

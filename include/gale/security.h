/* security.h - who the user is, and that the request is meant: login, XSRF, CORS, headers. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_SECURITY_H
#define GALE_SECURITY_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

struct json_t;
typedef struct gale_handler gale_handler;

/* --- the user --------------------------------------------------------------------- */

/* May wait (as .get_current_user does). The user, asked from .get_current_user at the first call;
 * NULL when nobody is logged in, or that gave JSON's null or false. NULL also when it failed (the
 * request fails with it then; not with the cancellation of a child that asked: the next one to ask
 * asks anew) and in .get_current_user itself (GALE_ESTATE). Borrowed: lives until the deferred
 * calls of the request have run. */
GALE_API struct json_t *gale_current_user(gale_handler *self);

/* Says who the user is, from prepare for example. Takes the reference over; NULL is nobody. Who was
 * it before stays alive until the request ends. */
GALE_API void gale_set_current_user(gale_handler *self, struct json_t *user);

/* May wait. What .authenticated does: 0 when there is a user; else GET and HEAD are redirected to
 * the login URL with next, others answered 403, and the result is 1: the answer is complete. Or a
 * failure. */
GALE_API GALE_MUST_USE int gale_require_user(gale_handler *self);

/* The login URL: .get_login_url, else settings.login_url. NULL without one, naming the setting. */
GALE_API const char *gale_login_url(gale_handler *self);

/* The argument "next" when it is a path of this site (begins with one '/', no backslash, no
 * control character), else fallback: gale_redirect(self, gale_get_next(self, "/")). */
GALE_API const char *gale_get_next(gale_handler *self, const char *fallback);

/* True for a target that stays on this site, as above. */
GALE_API bool gale_is_local_url(const char *url);

/* --- XSRF ------------------------------------------------------------------------- */

/* How settings.xsrf_cookies protects methods other than GET, HEAD and OPTIONS. */
enum gale_xsrf_check {
    GALE_XSRF_TOKEN,  /* the token in argument _xsrf, X-Xsrftoken or X-Csrftoken; default */
    GALE_XSRF_ORIGIN, /* Sec-Fetch-Site, else Origin, must say that the request is this site's (or
                         the user's own, "none"); a request with neither needs the token */
    GALE_XSRF_BOTH,   /* what there is of Sec-Fetch-Site or Origin, and always the token */
};

/* The token of this page, masked anew for each request; sets the cookie when the request has none:
 * SameSite=Lax, readable by scripts, for 30 days when gale_current_user() has told of a user, else
 * as long as the browser runs; settings.xsrf_cookie says otherwise. NULL when out of memory or the
 * headers have left (the request fails then). */
GALE_API const char *gale_xsrf_token(gale_handler *self);

/* Binds tokens to a session: from now on only a token that was made for this session counts, so
 * that one planted by a neighbouring site, or kept from before the login, does not. session is what
 * names it (not a cookie that is renewed), NULL or "": none. Before the check: in .initialize or a
 * middleware's .before. Needs the setting cookie_secret. GALE_ESTATE when a token was made or
 * checked before. */
GALE_API int gale_xsrf_bind(gale_handler *self, const char *session);

/* <input type="hidden" name="_xsrf" value="TOKEN"/> */
GALE_API const char *gale_xsrf_form_html(gale_handler *self);

/* What the framework does for each request: 0, or a failure that answers 403. For classes with
 * .xsrf_cookies = GALE_OFF that check by themselves. */
GALE_API GALE_MUST_USE int gale_check_xsrf_cookie(gale_handler *self);

/* --- headers ---------------------------------------------------------------------- */

/* Sets what browsers want to hear, where not set already: X-Content-Type-Options nosniff,
 * X-Frame-Options DENY, Referrer-Policy strict-origin-when-cross-origin, Cross-Origin-Opener-Policy
 * same-origin, Content-Security-Policy default-src 'self' (csp replaces it; "" leaves it out), and
 * over https Strict-Transport-Security for a year. For set_default_headers. */
GALE_API int gale_set_secure_headers(gale_handler *self, const char *csp);

/* Cross-origin rules. */
typedef struct gale_cors {
    const char *const *origins; /* NULL-terminated: "https://a.example"; "*" alone: any, and then
                                   never with credentials */
    const char *methods;        /* default: those of the class */
    const char *headers;        /* request headers allowed; default: what the preflight asks for */
    const char *expose;         /* response headers that scripts may read */
    int credentials;            /* GALE_ON */
    int64_t max_age;            /* seconds a preflight may be kept; default 600 */
} gale_cors;

/* Sets the Access-Control- headers for the request's Origin, and Vary: Origin; answers a preflight
 * (204). 1 when it answered, 0 else, or a failure: GALE_EINVAL for rules that contradict
 * themselves. For prepare, or as middleware: .before = gale_cors_before with the rules as .arg, and
 * .after = gale_cors_after for the headers to be on error pages too. */
GALE_API GALE_MUST_USE int gale_cors_apply(gale_handler *self, const gale_cors *rules);
GALE_API int gale_cors_before(gale_handler *self, void *rules);
GALE_API int gale_cors_after(gale_handler *self, void *rules);

/* Middleware's .before that asks for a user, as .authenticated (the OPTIONS answer of classes
 * without their own .options passes, and so do preflights): the loader is that of the handler's
 * class, also where another application is mounted inside; the login URL the class's, else that of
 * the application whose middleware it is. */
GALE_API int gale_authenticated_before(gale_handler *self, void *unused);

GALE_END_DECLS

#endif

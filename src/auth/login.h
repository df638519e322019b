/* login.h - a login under way: what is kept in the browser, encrypted, until it is back.
 *
 * Each login has a cookie of its own, under a key that the provider gives back with its answer (the
 * state; of OAuth 1.0a the request token). Its path is that of the redirect URI. A small cookie
 * beside it lists the last logins of the provider, so that the oldest can be taken away when there
 * are more than five.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_LOGIN_H
#define GALE_AUTH_LOGIN_H

#include "auth/call.h"

/* Texts may be NULL. */
struct gale__auth_login {
    const char *nonce;
    const char *verifier;     /* PKCE */
    const char *secret;       /* of an OAuth 1.0a request token */
    const char *redirect_uri; /* absolute, as it was told to the provider */
    const char *next;         /* a path of this site; never NULL */
    double max_age;           /* that was asked for, 0 for GALE_OFF; < 0: none */
    double time;              /* when it began, Unix time; set by keep */
};

/* 32 random bytes as text (43 characters of the URL alphabet) in the call's memory. NULL: noted. */
const char *gale__auth_random(struct gale__auth_call *call);

/* The redirect URI as the provider is told it: a path of this site is made absolute by the
 * request's protocol and host. NULL: noted. */
const char *gale__auth_redirect_uri(struct gale__auth_call *call);

/* A path of this site as a URL, by the request's protocol and host. NULL: noted. */
const char *gale__auth_absolute(struct gale__auth_call *call, const char *path);

/* Where to go afterwards: options->next (GALE_EINVAL, noted, unless it is a path of this site), the
 * argument "next", "/". */
int gale__auth_next(struct gale__auth_call *call, const gale_authorize_options *options,
                    const char **next) GALE_MUST_USE;

/* Sets the cookie of a login under key. */
int gale__auth_login_keep(struct gale__auth_call *call, const char *key,
                          const struct gale__auth_login *login) GALE_MUST_USE;

/* Takes the login of a key, once: the cookie is cleared, the key is used up. BAD_STATE: no such
 * cookie, not ours, another provider's, too old, used before. */
int gale__auth_login_take(struct gale__auth_call *call, const char *key,
                          struct gale__auth_login *login) GALE_MUST_USE;

/* The only value of an argument of the answer (query or, with form_post, body), NULL when it is not
 * there; one that is there twice, or is too long (4 KiB), is a failure (BAD_REQUEST). */
int gale__auth_argument(struct gale__auth_call *call, const char *name,
                        const char **value) GALE_MUST_USE;

#endif

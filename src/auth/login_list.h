/* login_list.h - which logins are under way in a browser, so that there are no more than five. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_LOGIN_LIST_H
#define GALE_AUTH_LOGIN_LIST_H

#include <gale/cookies.h>

#include "auth/call.h"

enum { GALE__AUTH_KEY_HASH = 16, GALE__AUTH_LOGINS = 5 };

#define GALE__AUTH_COOKIE "gale_login"

/* --- login_cookie.c --- */

/* What a key is called in names: a hash of it. */
int gale__auth_key_hash(struct gale__auth_call *call, const char *key,
                        char out[GALE__AUTH_KEY_HASH + 1]) GALE_MUST_USE;
/* WHAT_PROVIDER_HASH (hash may be ""), with __Secure- over https. NULL: noted. */
const char *gale__auth_cookie_name(struct gale__auth_call *call, const char *what,
                                   const char *hash);
/* The attributes of a login's cookie. */
int gale__auth_cookie_options(struct gale__auth_call *call, gale_cookie *out) GALE_MUST_USE;

/* --- login_list.c: the cookie gale_logins_PROVIDER, hashes with dots between. Whoever changes it
 * can only end logins of that browser. --- */

/* Adds one; clears the cookie of the oldest when there are more than five. */
int gale__auth_list_add(struct gale__auth_call *call, const char *hash) GALE_MUST_USE;
int gale__auth_list_remove(struct gale__auth_call *call, const char *hash) GALE_MUST_USE;

#endif

/* signed.h - what signed and encrypted values share: secrets, time, the settings of a handler. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_SIGNED_H
#define GALE_WEB_SIGNED_H

#include <gale/cookies.h>

enum { GALE__DAY = 86400 };

/* The secret of a number; any number when there is only one. GALE_EINVAL names what is wrong. */
int gale__signing_secret(const gale_signing *s, int64_t key, gale_str *secret) GALE_MUST_USE;

/* The time to write, in whole seconds. */
int64_t gale__signing_now(const gale_signing *s);

/* Whether a value of that time is neither too old nor from the future. */
bool gale__signing_is_fresh(const gale_signing *s, int64_t time, const char **why);

/* Takes a decimal number without sign or leading zeros and the mark after it off *text. */
bool gale__take_number(gale_str *text, char mark, int64_t *out);

#endif

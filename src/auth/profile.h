/* profile.h - a user out of what the provider told. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_PROFILE_H
#define GALE_AUTH_PROFILE_H

#include "auth/call.h"

/* Fills id, names and the rest of *user from claims, which it borrows; id_name: the one claim that
 * says who the user is (NULL: sub, id or user_id, a text or an integer). Without such a claim the
 * failure is BAD_ANSWER. */
int gale__auth_profile(struct gale__auth_call *call, const struct json_t *claims,
                       const char *id_name, gale_auth_user *user) GALE_MUST_USE;

/* Fills in the address out of GitHub's list: the primary one that is verified. */
void gale__auth_read_emails(const struct json_t *list, gale_auth_user *user);

#endif

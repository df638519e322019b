/* oauth1.h - login by OAuth 1.0a (RFC 5849): the protocol, and its user. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_OAUTH1_H
#define GALE_AUTH_OAUTH1_H

#include "auth/provider.h"

extern const struct gale__auth_ops gale__auth_oauth1;

/* What the claims tell about the user. BAD_ANSWER: not who it is. claims must outlive *user. */
int gale__oauth1_read_user(struct gale__auth_call *call, struct json_t *claims,
                           gale_auth_user *user) GALE_MUST_USE;

#endif

/* away.h - where a browser is sent: an end point of the provider with parameters. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_AWAY_H
#define GALE_AUTH_AWAY_H

#include "auth/call.h"

/* url with the pairs (ended by { NULL, NULL }) put to its query, in the call's memory. NULL: noted.
 */
const char *gale__auth_url(struct gale__auth_call *call, const char *url, const gale_pair *pairs);

/* Answers the request by sending the browser there; no cache keeps the answer. */
int gale__auth_send_away(struct gale__auth_call *call, const char *url) GALE_MUST_USE;

#endif

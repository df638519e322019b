/* answer.h - what the provider answers: JSON (or what some give instead), or an error. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_ANSWER_H
#define GALE_AUTH_ANSWER_H

#include "auth/call.h"

/* The value of an answer in *out, borrowed for as long as the call's memory: of JSON; with
 * may_be_form also name=value pairs, which GitHub and Facebook answered once, as an object of
 * texts. An error in it (RFC 6749 5.2, with whatever status; Facebook's object) is the failure
 * GALE_AUTH_REFUSED; a status of 400 and more without one, or another form, GALE_AUTH_BAD_ANSWER.
 */
int gale__auth_answer(struct gale__auth_call *call, const char *what,
                      const gale_http_response *response, bool may_be_form,
                      struct json_t **out) GALE_MUST_USE;

/* Whether it is a text that can stand in a header field: visible ASCII, not empty. */
bool gale__auth_is_visible(const char *text);

#endif

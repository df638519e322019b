/* call.h - one call on a provider: whose memory it takes, and why it failed.
 *
 * Functions that are given a call return 0 or a negative code, and the first that fails says why by
 * gale__auth_fail(). The public function at the top turns that into the request's failure
 * (gale__auth_end()), or into a code with its text where there is no request.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_CALL_H
#define GALE_AUTH_CALL_H

#include <gale/auth.h>

#include "base/arena.h"
#include "base/str.h"

struct gale__auth_call {
    gale_auth_provider *provider;
    gale_handler *self;        /* NULL: there is no request */
    struct gale__arena *arena; /* the request's, else the scope's */
    gale_auth_failed failed;   /* reason GALE_AUTH_NO_FAILURE at first */
    int code;                  /* of that failure */
};

/* A call in a request; one without, in a coroutine (else GALE_ENOTCOROUTINE, naming what). */
void gale__auth_call_of(struct gale__auth_call *call, gale_handler *self,
                        gale_auth_provider *provider);
int gale__auth_call_here(struct gale__auth_call *call, gale_auth_provider *provider,
                         const char *what) GALE_MUST_USE;

/* Notes why the call fails and gives the code for it. What is quoted from outside goes through
 * gale__auth_quote(); secrets, codes and tokens are never in it. */
int gale__auth_fail(struct gale__auth_call *call, gale_auth_reason reason, const char *fmt, ...)
    GALE_PRINTF(3, 4) GALE_MUST_USE;

/* The same for an error that the provider told. Its description is for the program alone, not in
 * the text: it may repeat what was sent. */
int gale__auth_refused(struct gale__auth_call *call, gale_auth_reason reason, const char *where,
                       gale_str error, gale_str description) GALE_MUST_USE;

/* The same with a code of its own: GALE_AUTH_UNREACHABLE, say, with what connect() gave. */
int gale__auth_fail_code(struct gale__auth_call *call, gale_auth_reason reason, int code,
                         const char *fmt, ...) GALE_PRINTF(4, 5) GALE_MUST_USE;

/* No memory, or another failure of this site: its code and text are kept. Returns the code. */
int gale__auth_internal(struct gale__auth_call *call, int code) GALE_MUST_USE;

/* The code and the status that go with a reason. */
int gale__auth_reason_code(gale_auth_reason reason);
int gale__auth_reason_status(gale_auth_reason reason, int code);

/* Text from outside for a message: printable ASCII, at most 60 bytes. Never NULL. */
const char *gale__auth_quote(struct gale__auth_call *call, gale_str text);

/* At the end of a call: 0 for r >= 0. In a request notes the failure for gale_auth_failure() and
 * fails the request as by gale_fail() (a cancellation is passed on as it is); else stores the text
 * with the code. */
int gale__auth_end(struct gale__auth_call *call, int r) GALE_MUST_USE;

/* Memory of the call; -ENOMEM is noted where NULL comes back. */
void *gale__auth_alloc(struct gale__auth_call *call, size_t size);
char *gale__auth_text(struct gale__auth_call *call, gale_str text);
char *gale__auth_printf(struct gale__auth_call *call, const char *fmt, ...) GALE_PRINTF(2, 3);
/* Gives a reference to the call's memory, also on failure (-ENOMEM, noted). NULL is allowed. */
int gale__auth_own_json(struct gale__auth_call *call, struct json_t *value) GALE_MUST_USE;

/* --- asking the provider (ask.c) --- */

/* Waits. Asks url with the provider's client, within request_timeout. what names it in messages
 * ("the token end point"). Redirects are not followed, the body is bounded (1 MiB). request may be
 * NULL. 0 with an answer of status 200 to 299 or 400 to 499; any other status, and no answer, are
 * failures that are noted. */
int gale__auth_ask(struct gale__auth_call *call, const char *what, const char *url,
                   const gale_http_request *request, gale_http_response **out) GALE_MUST_USE;

/* 0 for a URL that this provider may be asked at, or send the browser to: https, or http as
 * allow_http and loopback allow; GALE_EINVAL with a text that begins with name. */
int gale__auth_check_url(const char *name, const char *url, bool allow_http) GALE_MUST_USE;

#endif

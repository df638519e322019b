/* oauth1_sign.h - requests signed by OAuth 1.0a with HMAC-SHA1 (RFC 5849 3.4).
 *
 * Pure: no provider, no input and output, no clock but that of gale__oauth1_authorize().
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_OAUTH1_SIGN_H
#define GALE_AUTH_OAUTH1_SIGN_H

#include <gale/httputil.h>

#include "base/buf.h"

/* Base64 of 20 bytes, and a NUL. */
enum { GALE__OAUTH1_SIGNATURE = 29 };

/* What is signed. Its parameters are those of the URL's query, of a form, and of the protocol; one
 * that is named oauth_signature is left out wherever it stands. */
struct gale__oauth1_message {
    const char *method;     /* in any case */
    const char *url;        /* http:// or https:// */
    const gale_pair *oauth; /* of the Authorization field, but realm; ended by { NULL, NULL } */
    const gale_pair *form;  /* the same of a form; may be NULL */
    gale_str body;          /* a form as it is sent (application/x-www-form-urlencoded) */
};

/* Secrets of the site and of the token; token NULL: without one. */
struct gale__oauth1_keys {
    const char *client_id, *client_secret;
    const char *token, *token_secret;
};

/* Appends the signature base string (3.4.1). 0, GALE_EINVAL for the URL, GALE_ETOOBIG for more than
 * 10000 parameters, -ENOMEM, or the buffer's error. */
int gale__oauth1_base_string(const struct gale__oauth1_message *message,
                             struct gale__buf *out) GALE_MUST_USE;

/* The signature (3.4.2) by the keys' two secrets. As above. */
int gale__oauth1_sign(const struct gale__oauth1_message *message,
                      const struct gale__oauth1_keys *keys,
                      char out[GALE__OAUTH1_SIGNATURE]) GALE_MUST_USE;

/* Appends the value of the Authorization field (3.5.1) of the message, whose .oauth are those of
 * the protocol that this request has besides (oauth_callback, oauth_verifier; may be NULL). The
 * timestamp is now, the nonce random. As above; GALE_EINVAL too for a parameter of the protocol
 * in the query or form (3.1: each once). */
int gale__oauth1_authorize(const struct gale__oauth1_message *message,
                           const struct gale__oauth1_keys *keys,
                           struct gale__buf *out) GALE_MUST_USE;

#endif

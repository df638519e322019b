/* client_auth.h - credentials of a fetch, for its origin and its proxy.
 *
 * Digest (RFC 7616) needs what the other side said once; that is kept here for the fetch.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CLIENT_AUTH_H
#define GALE_HTTP_CLIENT_AUTH_H

#include "http/client_fetch.h"

/* A Digest challenge that was taken up. Texts are in the fetch's arena. */
struct gale__digest_auth {
    gale_str realm, nonce, opaque;
    const char *algorithm; /* as sent; NULL: none was named */
    bool sha256, session, has_qop, auth_int, stale, userhash, utf8;
    bool has_opaque;
    unsigned count; /* requests with this nonce */
    int n_tries;    /* challenges taken up in this hop */
    int hop;        /* which one */
};

struct gale__client_auth {
    struct gale__digest_auth origin, proxy; /* nonce.ptr NULL: none */
};

/* Who shows what to whom. */
struct gale__credentials {
    const char *username, *password;
    int mode;
};

/* What the request is, for a digest of it. */
struct gale__digest_subject {
    const char *method;
    gale_str uri, body;
};

/* The fetch's own; NULL when out of memory. */
struct gale__client_auth *gale__client_auth_of(struct gale__fetch *f);

/* 0, or GALE_EINVAL that names what (auth_, proxy_auth_) cannot be shown. */
int gale__credentials_check(const struct gale__credentials *c, const char *what) GALE_MUST_USE;

/* Appends "name: Basic …" and its line end; nothing for a digest that was not asked for yet. Errors
 * are the buffer's. */
void gale__credentials_write(const struct gale__credentials *c, struct gale__digest_auth *digest,
                             const struct gale__digest_subject *subject, const char *name,
                             struct gale__buf *out);

/* Looks for the strongest Digest challenge among the fields of that name: 1 when it should be
 * answered, 0 when there is none or the credentials were refused, or -ENOMEM. hop tells one
 * question from the next; has_body: a digest of the body can be made. */
int gale__digest_challenged(struct gale__digest_auth *digest, struct gale__arena *arena,
                            const gale_http_header *headers, const char *name, int hop,
                            bool has_body) GALE_MUST_USE;

#endif

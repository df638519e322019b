/* httpclient.h - an HTTP/1.1 client for coroutines (RFC 9110, RFC 9112).
 *
 * Plain text, one connection for each request. TLS, a pool of connections, proxies and the rest of
 * Tornado's options are not there yet.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTPCLIENT_H
#define GALE_HTTPCLIENT_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

/* A header field to send, or one that came. */
typedef struct gale_http_header {
    const char *name, *value;
} gale_http_header;

/* What to ask for. Zero is the default for each; grows at its end. */
typedef struct gale_http_request {
    const char *method;              /* default GET, or POST with a body */
    const gale_http_header *headers; /* ended by { NULL, NULL } */
    gale_str body;                   /* ptr not NULL: sent with its length */
    double connect_timeout;          /* seconds; default 20; GALE_UNLIMITED */
    double request_timeout;          /* seconds for all of it; default 20; GALE_UNLIMITED */
    int follow_redirects;            /* GALE_OFF: gives the 3xx answer; default at most */
    int max_redirects;               /* 5 are followed */
    int64_t max_body_size;           /* bytes of the answer's; default 100 MiB; GALE_UNLIMITED */
    /* Called with each piece of the body instead of keeping it. May wait. A failure ends the
     * fetch. */
    int (*streaming_callback)(gale_str piece, void *arg);
    /* Gives the body to send, chunked: 1 and *piece (valid until the next call), 0 at the end, or a
     * failure that ends the fetch. May wait. Runs in a coroutine of its own. */
    int (*body_producer)(gale_str *piece, void *arg);
    void *arg;               /* of both */
    const char *unix_socket; /* connects to this path instead of the URL's host */
    const char *user_agent;  /* default "gale/VERSION"; "" for none */
} gale_http_request;

/* An answer. Belongs to the scope that fetched it. */
typedef struct gale_http_response {
    int status;
    const char *reason;
    gale_str body;                   /* NUL-terminated beyond its end */
    const gale_http_header *headers; /* as they came, ended by { NULL, NULL } */
    const gale_http_header *trailers;
    const char *effective_url; /* after redirects */
    double request_time;       /* seconds */
} gale_http_response;

/* Waits. Fetches an http:// URL; request may be NULL. Whatever the status, 0 and *out; a failure
 * (GALE_EINVAL for what may not be sent: a control character anywhere, Content-Length;
 * GALE_ENOTFOUND for a host without address, GALE_ETIMEDOUT, GALE_EPROTO, GALE_ETOOBIG, GALE_EEOF
 * when there was no answer at all, -errno of the connection) names host and port. Redirects are
 * followed as browsers do (303, and POST at 301 and 302, become GET); Authorization, Cookie and
 * Proxy-Authorization go to the first origin alone; a produced body cannot be sent again
 * (GALE_ESTATE). A body without Content-Type is sent as a form, as Tornado does, when the method is
 * POST. */
GALE_API GALE_MUST_USE int gale_fetch(const char *url, const gale_http_request *request,
                                      gale_http_response **out);

/* The first field of that name (any case), or NULL. Borrowed. */
GALE_API const char *gale_http_response_header(const gale_http_response *response,
                                               const char *name);

GALE_END_DECLS

#endif

/* httputil.h - the request as an object of its own.
 *
 * A gale_request has no connection and no descriptor in its interface: HTTP/1 connections
 * and in-process tests make the same object. Everything here is borrowed from the request
 * and lives until on_finish has returned.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTPUTIL_H
#define GALE_HTTPUTIL_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

/* Read-only for users. Texts are NUL-terminated and never NULL. What costs work has a
 * function below. */
typedef struct gale_request {
    const char *method;  /* as sent; case matters */
    const char *uri;     /* the target as sent */
    const char *path;    /* still percent-encoded; "/" for an absolute target without one */
    const char *query;   /* what follows the first '?'; "" when there is none */
    const char *version; /* "HTTP/1.1" or "HTTP/1.0" */
    gale_str body;       /* NUL-terminated beyond its end */
    int64_t start_ns;    /* when the head was complete, monotonic clock */
    struct gale_request_private *priv;
} gale_request;

/* The value of a header, NULL without one; name in any case. Several fields of one name are
 * joined with ", " (with "; " for Cookie) in the request's memory. */
GALE_API const char *gale_request_header(const gale_request *request, const char *name);

/* The i-th header field as sent, from 0. false when there are no more. */
GALE_API bool gale_request_header_at(const gale_request *request, size_t i, gale_str *name,
                                     gale_str *value);

/* Host with its port as sent ("127.0.0.1" when an HTTP/1.0 request has none), and in lower
 * case without the port. */
GALE_API const char *gale_request_host(const gale_request *request);
GALE_API const char *gale_request_host_name(const gale_request *request);

/* The peer's numeric address; what a trusted proxy says it is with xheaders. "" for a Unix
 * socket. */
GALE_API const char *gale_request_remote_ip(const gale_request *request);

/* "http" or "https", of the client as a trusted proxy tells it. */
GALE_API const char *gale_request_protocol(const gale_request *request);

/* protocol://host + uri. */
GALE_API const char *gale_request_full_url(const gale_request *request);

/* Seconds since the head was complete. */
GALE_API double gale_request_time(const gale_request *request);

/* The standard phrase of a status, "Unknown" for others. Static. */
GALE_API const char *gale_status_phrase(int status);

GALE_END_DECLS

#endif

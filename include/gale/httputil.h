/* httputil.h - the request as an object of its own, and what else HTTP is made of.
 *
 * A gale_request has no connection and no descriptor in its interface: HTTP/1 connections
 * and in-process tests make the same object. What is asked of it is borrowed from the request
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

/* The client's numeric address: the peer's, or with xheaders what trusted proxies say it is:
 * X-Real-Ip, else the right-most address of X-Forwarded-For, else of Forwarded (RFC 7239), that is
 * not theirs, the left-most when all are. What names no address ends the search at the proxy that
 * sent it. "" for a Unix socket. A proxy must drop those of these fields that it does not set. */
GALE_API const char *gale_request_remote_ip(const gale_request *request);

/* The address at the other end of the connection, whatever headers say (with the PROXY protocol,
 * the one that it names); and the left-most one the headers claim, believed or not, NULL without:
 * for logs, never for decisions. */
GALE_API const char *gale_request_peer_ip(const gale_request *request);
GALE_API const char *gale_request_claimed_ip(const gale_request *request);

/* "http" or "https", of the client as a trusted proxy tells it: X-Scheme, X-Forwarded-Proto or
 * Forwarded. (A host that they name never counts: gale_request_host() is what was sent.) */
GALE_API const char *gale_request_protocol(const gale_request *request);

/* protocol://host + uri. */
GALE_API const char *gale_request_full_url(const gale_request *request);

/* Seconds since the head was complete. */
GALE_API double gale_request_time(const gale_request *request);

/* A trailer field of a chunked body (RFC 9112 7.1.2) once the body is complete; name in any case.
 * NULL without. Never merged into the headers. */
GALE_API const char *gale_request_trailer(const gale_request *request, const char *name);

/* --- headers as a map ------------------------------------------------------------- */

/* An ordered, case-insensitive multimap with Tornado's normalised names (Content-Type, Etag). */
typedef struct gale_headers gale_headers;

/* The caller owns it. NULL: out of memory. */
GALE_API GALE_MUST_USE gale_headers *gale_headers_new(void);
/* The fields of a header block, "Name: value" lines ended by CRLF or LF; NULL with *error (may be
 * NULL): GALE_EINVAL saying which line is wrong, -ENOMEM. */
GALE_API GALE_MUST_USE gale_headers *gale_headers_parse(gale_str text, int *error);
GALE_API void gale_headers_free(gale_headers *headers);
/* GALE_EINVAL for bytes that may not be in a name or value; both are copied. */
GALE_API int gale_headers_set(gale_headers *headers, const char *name, const char *value);
GALE_API int gale_headers_add(gale_headers *headers, const char *name, const char *value);
GALE_API void gale_headers_remove(gale_headers *headers, const char *name);
/* The values of a name joined by "," (computed once), or NULL. Borrowed until the next change. */
GALE_API const char *gale_headers_get(gale_headers *headers, const char *name);
/* The i-th value of a name, from 0, or NULL. */
GALE_API const char *gale_headers_get_at(const gale_headers *headers, const char *name, size_t i);
/* The i-th field of all, grouped by name in the order of their first coming. */
GALE_API bool gale_headers_at(const gale_headers *headers, size_t i, const char **name,
                              const char **value);

/* --- pieces of HTTP --------------------------------------------------------------- */

/* Each writes at most size bytes to out, NUL included, and gives the length of the whole. */

/* An HTTP date (RFC 9110 5.6.7) of a Unix time in seconds, "Sun, 06 Nov 1994 08:49:37 GMT". */
GALE_API size_t gale_format_timestamp(double unix_time, char *out, size_t size);
/* Any of the three date formats; GALE_EINVAL. */
GALE_API GALE_MUST_USE int gale_parse_timestamp(const char *text, double *unix_time);

/* url with the pairs (NULL, NULL ends them) put to its query, percent-encoded; its own query is
 * kept, normalised; its fragment stays last. */
typedef struct gale_pair {
    const char *name, *value;
} gale_pair;
GALE_API size_t gale_url_concat(const char *url, const gale_pair *pairs, char *out, size_t size);

/* Splits "host:port" at its last colon when digits follow to the end; else *port is -1. *host is a
 * slice of text. GALE_EINVAL when the port is above 65535. */
GALE_API GALE_MUST_USE int gale_split_host_and_port(const char *text, gale_str *host, int *port);

/* A Range field (RFC 9110 14) against a size: how many of its ranges can be satisfied, written to
 * out as half-open [start, end), coalesced where they overlap; 0: none can (416); -1: to be ignored
 * (another unit, malformed, more than max ranges). */
typedef struct gale_range {
    int64_t start, end;
} gale_range;
GALE_API int gale_parse_range(const char *field, int64_t size, gale_range *out, size_t max);

/* Walks a parameterised value ("form-data; name=\"a\"; filename*=UTF-8''b"): *cursor NULL at
 * first. *key is the lower-case name (first the value itself, with *value.ptr NULL), *value
 * unquoted and RFC 8187-decoded into buffer, which needs strlen(field) + 1 bytes for each walk. 1,
 * 0 at the end, GALE_EINVAL. */
GALE_API GALE_MUST_USE int gale_parse_header_next(const char *field, const char **cursor,
                                                  char **buffer, gale_str *key, gale_str *value);

/* How much the client wants what in an Accept-like field (RFC 9110 12.4.2): 0 to 1000 thousandths,
 * by the most specific match; field NULL: 1000; the coding "identity" at least 1 unless it is
 * excluded. For media types "text/html", codings "gzip", languages. */
GALE_API int gale_accept_quality(const char *field, const char *what);
/* The index of the offer (NULL-terminated, the server's preference first) that the client prefers,
 * -1 when it wants none. */
GALE_API int gale_accept_best(const char *field, const char *const *offers);

/* The standard phrase of a status, "Unknown" for others. Static. */
GALE_API const char *gale_status_phrase(int status);

/* The type for a file name by the system's database (mime.types), with charset for text; default
 * "application/octet-stream". Static. */
GALE_API const char *gale_content_type(const char *filename);

GALE_END_DECLS

#endif

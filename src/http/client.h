/* client.h - one fetch, for gale_fetch() and for those who bring their own connections.
 *
 * fetch.c does the whole of it, with redirects; client_request.c checks and writes requests;
 * client_connect.c finds and reaches the server; client_conn.c is the connection.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CLIENT_H
#define GALE_HTTP_CLIENT_H

#include <gale/httpclient.h>
#include <gale/iostream.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/http_url.h"

struct gale__client_conn;

/* What may be done differently; each may be NULL. */
struct gale__fetch_hooks {
    /* Waits. A connected stream for that URL. */
    int (*open)(void *arg, const struct gale__http_url *url, gale_iostream **out);
    /* Appends header lines of its own to a request for that URL. Errors are the buffer's. */
    void (*add_fields)(void *arg, const struct gale__http_url *url, struct gale__buf *out);
    /* The head of an answer has come, also of one that redirects. */
    int (*answered)(void *arg, const gale_http_response *response);
    /* It was 101: takes the stream off conn and what came behind the head (conn->rest). Other
     * fetches do not get that far: 101 is a failure then. */
    int (*upgraded)(void *arg, struct gale__client_conn *conn, const gale_http_response *response);
    void *arg;
};

/* Waits. As gale_fetch(), with the answer in arena. hooks may be NULL. */
int gale__fetch(const struct gale__fetch_hooks *hooks, struct gale__arena *arena, const char *url,
                const gale_http_request *request, gale_http_response **out) GALE_MUST_USE;

/* What is sent in the end, on the way of redirects. */
struct gale__outgoing {
    const gale_http_request *request;
    const char *method;
    struct gale__http_url url;
    uint64_t own;   /* bits of the known names (GALE__HEADER_…) of the request's fields */
    bool moved;     /* by a redirect: Host is ours */
    bool estranged; /* to another origin: no credentials any more */
    bool bodiless;  /* turned into a GET */
    bool closing;   /* Connection: close */
    const char *content_type; /* of a body that has none among the headers; NULL: the usual one */
    void *body_arg;           /* of body_producer and rewind: the request's, or client_form.c's */
    /* Makes a produced body begin again; NULL: it cannot. */
    void (*rewind)(void *arg);
};

/* 0, or GALE_EINVAL that says what may not be sent: control characters, fields that are ours, a
 * body where none is usual. Sets o->own. */
int gale__client_check_request(struct gale__outgoing *o) GALE_MUST_USE;
/* The method it means. */
const char *gale__client_method(const gale_http_request *request);
bool gale__client_has_body(const struct gale__outgoing *o);
struct gale__fetch;
/* Appends the head; hooks and options add theirs. Errors are the buffer's. */
void gale__client_write_head(struct gale__fetch *f, struct gale__buf *out);

/* Waits. A stream to the host of url, or to a Unix socket unless that is NULL. */
int gale__client_connect(const struct gale__http_url *url, const char *unix_socket,
                         gale_iostream **out) GALE_MUST_USE;

#endif

/* httpclient.h - an HTTP/1.1 client for coroutines and callbacks (RFC 9110, RFC 9112).
 *
 * gale_fetch(url, &(gale_http_request){ … }, &response) waits for the whole answer. Connections are
 * kept alive and used again, for the same origin with the same settings alone; requests are never
 * pipelined. Whatever the status, an answer that came is success; transport failures are codes
 * whose text names host, port and phase.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTPCLIENT_H
#define GALE_HTTPCLIENT_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/netutil.h>
#include <gale/tls.h>

GALE_BEGIN_DECLS

/* A header field to send, or one that came. */
typedef struct gale_http_header {
    const char *name, *value;
} gale_http_header;

typedef struct gale_http_client gale_http_client;
typedef struct gale_cookie_jar gale_cookie_jar;
typedef struct gale_http_part gale_http_part;

/* How a user and a password (or a token) are shown. */
enum {
    GALE_AUTH_BASIC = 0,  /* RFC 7617, UTF-8 */
    GALE_AUTH_DIGEST = 1, /* RFC 7616: MD5, SHA-256, -sess, auth and auth-int; asked for by a 401 */
    GALE_AUTH_BEARER = 2, /* RFC 6750: the token is auth_password */
};

/* What a fetch was doing: for messages, .phase and the times. */
typedef enum gale_http_phase {
    GALE_PHASE_QUEUE,   /* waiting for a place (max_clients, max_per_host) */
    GALE_PHASE_RESOLVE, /* looking up the host */
    GALE_PHASE_CONNECT, /* TCP, or the proxy's CONNECT */
    GALE_PHASE_TLS,
    GALE_PHASE_SEND, /* the request */
    GALE_PHASE_WAIT, /* for the head of the answer */
    GALE_PHASE_BODY, /* the answer's body */
    GALE_PHASE_TOTAL,
    GALE_N_PHASES,
} gale_http_phase;

/* What to ask for. Zero is the default for each; grows at its end. */
typedef struct gale_http_request {
    const char *method;              /* default GET, or POST with a body */
    const gale_http_header *headers; /* ended by { NULL, NULL } */
    gale_str body;                   /* ptr not NULL: sent with its length */
    double connect_timeout;          /* seconds: queue, resolver, TCP, TLS; default 20;
                                        GALE_UNLIMITED */
    double request_timeout;          /* seconds for all of it; default 20; GALE_UNLIMITED */
    int follow_redirects;            /* GALE_OFF: gives the 3xx answer; default at most */
    int max_redirects;               /* 5 are followed */
    int64_t max_body_size;           /* bytes of the answer's, after decoding; default 100 MiB;
                                        GALE_UNLIMITED */
    /* Called with each piece of the body instead of keeping it. May wait. A failure ends the
     * fetch. */
    int (*streaming_callback)(gale_str piece, void *arg);
    /* Gives the body to send: 1 and *piece (valid until the next call), 0 at the end, or a
     * failure that ends the fetch. May wait. Runs in a coroutine of its own. Chunked, or by
     * body_length. */
    int (*body_producer)(gale_str *piece, void *arg);
    void *arg;               /* of all callbacks */
    const char *unix_socket; /* connects to this path instead of the URL's host */
    const char *user_agent;  /* default "gale/VERSION"; "" for none */

    int64_t body_length; /* of what body_producer gives; 0: unknown, chunked */
    /* Each line of the final answer's head as it came: status line, fields, the empty one; with its
     * line end. A failure ends the fetch. Must not wait. */
    int (*header_callback)(gale_str line, void *arg);
    const char *auth_username, *auth_password; /* for the origin; NULL: none */
    int auth_mode;                             /* GALE_AUTH_…; default basic */
    double if_modified_since;                  /* Unix time > 0: sent as If-Modified-Since */
    int decompress_response;                   /* GALE_OFF: no Accept-Encoding, bodies as sent */
    const char *network_interface;             /* numeric address to connect from */
    int allow_nonstandard_methods; /* GALE_ON: any token; GET with a body, POST without one */
    int allow_ipv6;                /* GALE_OFF: IPv4 only */
    int expect_100_continue; /* GALE_ON: the body waits for the server's 100 (at most a second) */
    const char *proxy_host;  /* "" for none although the environment names one */
    int proxy_port;
    const char *proxy_username, *proxy_password;
    int proxy_auth_mode;   /* basic or digest */
    gale_tls_context *tls; /* https: instead of the four below; a reference is held */
    int validate_cert;     /* GALE_OFF: any certificate */
    const char *ca_certs, *client_cert, *client_key; /* files */
    const gale_http_part *parts;  /* multipart/form-data, ended by { NULL }: streamed, with its
                                     length where all parts have theirs */
    const gale_http_header *form; /* names and values: application/x-www-form-urlencoded */
    gale_cookie_jar *cookies;     /* sends what it holds, keeps what comes */
    int max_header_size;          /* bytes of the answer's head; default 64 KiB */
    int no_retry;      /* GALE_ON: not sent again when a kept connection turns out dead */
    int no_keep_alive; /* GALE_ON: Connection: close, its own connection */
    int raise_error;   /* GALE_ON: statuses below 200 and from 300 on are failures,
                          GALE_EHTTP(status), with *out set */
} gale_http_request;

/* A part of a multipart body. One of text, file, producer is given. */
struct gale_http_part {
    const char *name;
    const char *filename;                        /* NULL: none, with .file that file's last part */
    const char *content_type;                    /* default by filename, none for texts */
    gale_str text;                               /* the content; ptr not NULL */
    const char *file;                            /* a path: read while it is sent */
    int (*producer)(gale_str *piece, void *arg); /* as body_producer */
    void *arg;
    int64_t length; /* of the producer's; 0: unknown: the body is chunked */
};

/* An answer. Belongs to the scope that fetched it. */
typedef struct gale_http_response {
    int status;
    const char *reason;
    gale_str body;                   /* NUL-terminated beyond its end */
    const gale_http_header *headers; /* as they came, ended by { NULL, NULL } */
    const gale_http_header *trailers;
    const char *effective_url;       /* after redirects */
    double request_time;             /* seconds, without the queue, of the last hop */
    double start_time;               /* Unix time */
    double time_info[GALE_N_PHASES]; /* seconds in each phase, of all hops; TOTAL is their sum */
    double redirect_time;            /* of TOTAL: before the last hop began */
    int redirects;                   /* followed */
    bool reused;                     /* the last hop's connection had been used before */
    const char *version;             /* "HTTP/1.1" */
} gale_http_response;

/* Waits. Fetches an http:// or https:// URL with the loop's default client; request may be NULL.
 * Whatever the status, 0 and *out (but see raise_error); a failure (GALE_EINVAL for what may not be
 * sent: a control character anywhere, Content-Length; GALE_ENOTFOUND for a host without address,
 * GALE_ETIMEDOUT, GALE_ETLS, GALE_EPROTO, GALE_ETOOBIG, GALE_EEOF when there was no answer at all,
 * -errno of the connection) names host, port and phase; gale_fetch_phase() tells the phase.
 * Redirects are followed as browsers do (303, and POST at 301 and 302, become GET); Authorization,
 * Cookie and Proxy-Authorization, auth_username and what the URL carried go to the first origin
 * alone; a produced body cannot be sent again (GALE_ESTATE). Proxy-Authorization among the headers
 * is for a proxy that has no username, and goes to nobody else. A body without Content-Type is sent
 * as a form, as Tornado does, when the method is POST. User and password in the URL are basic
 * authentication. */
GALE_API GALE_MUST_USE int gale_fetch_sized(gale_http_client *client, const char *url,
                                            const gale_http_request *request, size_t request_size,
                                            gale_http_response **out);
static inline GALE_MUST_USE int gale_fetch(const char *url, const gale_http_request *request,
                                           gale_http_response **out)
{
    return gale_fetch_sized(NULL, url, request, sizeof(gale_http_request), out);
}

/* Waits. The same with a client of one's own. */
static inline GALE_MUST_USE int gale_http_client_fetch(gale_http_client *client, const char *url,
                                                       const gale_http_request *request,
                                                       gale_http_response **out)
{
    return gale_fetch_sized(client, url, request, sizeof(gale_http_request), out);
}

/* The same without waiting, from anywhere on the loop's thread: fn(code, response, arg) is called
 * once, in a coroutine, in which it may wait; response is NULL after a failure, but not after
 * one that is raise_error's (GALE_EHTTP(status)), and lives until fn returns. url and request are
 * copied (what they point at: headers, texts, body), callbacks and contexts not. client NULL: the
 * loop's. 0, or a failure and fn is not called. */
GALE_API GALE_MUST_USE int gale_fetch_callback_sized(
    gale_http_client *client, const char *url, const gale_http_request *request,
    size_t request_size, void (*fn)(int code, gale_http_response *response, void *arg), void *arg);
static inline GALE_MUST_USE int gale_fetch_callback(
    gale_http_client *client, const char *url, const gale_http_request *request,
    void (*fn)(int code, gale_http_response *response, void *arg), void *arg)
{
    return gale_fetch_callback_sized(client, url, request, sizeof(gale_http_request), fn, arg);
}

/* The phase in which the last failing fetch of this coroutine failed; GALE_PHASE_TOTAL when it was
 * none in particular. And its name: "connecting". */
GALE_API gale_http_phase gale_fetch_phase(void);
GALE_API const char *gale_http_phase_name(gale_http_phase phase);

/* Options of a client. Zero is the default for each. */
typedef struct gale_http_client_options {
    int max_clients;     /* fetches under way, others queue; default 10 as Tornado's for a client of
                            one's own, 1000 for the loop's */
    int max_per_host;    /* connections to one origin; default max_clients */
    int max_idle;        /* connections kept, all origins; default 100; GALE_OFF none */
    double idle_timeout; /* seconds a connection is kept; default 60 */
    int64_t max_queue;   /* fetches that queue; default unlimited; then GALE_ETOOBIG */
    gale_resolver *resolver;                    /* default the loop's; borrowed */
    const gale_host_override *hostname_mapping; /* as of an override resolver; copied */
    gale_tls_context *tls;      /* for https:// without options of its own (any of the request's
                                   five, or of the defaults'); a reference is held */
    int proxy_from_environment; /* GALE_ON: http_proxy, https_proxy, all_proxy, no_proxy (read when
                                   the client is made) */
    const gale_http_request *defaults; /* for what a request leaves zero; copied. .tls to
                                          .client_key go together: a request that gives one of
                                          these five takes none of them from here */
    gale_cookie_jar *cookies;          /* for all requests without one; borrowed */
} gale_http_client_options;

/* A client on the current loop; the caller owns it. NULL: gale_strerror(GALE_EINVAL) names the
 * option, else out of memory. */
GALE_API GALE_MUST_USE gale_http_client *gale_http_client_new(
    const gale_http_client_options *options);

/* The loop's own, which gale_fetch() uses; lives as long as the loop. NULL when out of memory. */
GALE_API gale_http_client *gale_http_client_default(void);

/* Replaces the options of the loop's own. 0 or a failure; GALE_ESTATE after its first use. */
GALE_API GALE_MUST_USE int gale_http_client_configure(const gale_http_client_options *options);

/* Closes idle connections; the client may not be used any more, in no call. Fetches that were begun
 * - under way, queued, gale_fetch_callback's that have not started - end with GALE_ECLOSED, a
 * little later, and their callbacks are called: until then keep what the client borrowed (resolver,
 * cookies). May be called from a callback of its own fetch, and after gale_ioloop_free(). The
 * loop's own stays as it is; NULL is allowed. */
GALE_API void gale_http_client_free(gale_http_client *client);

typedef struct gale_http_client_stats {
    uint64_t active, queued, idle;      /* now: fetches, fetches, connections */
    uint64_t connects, reused, retries; /* ever */
} gale_http_client_stats;
/* Its present figures. */
GALE_API void gale_http_client_get_stats(const gale_http_client *client,
                                         gale_http_client_stats *out);

/* The first field of that name (any case), or NULL. Borrowed. */
GALE_API const char *gale_http_response_header(const gale_http_response *response,
                                               const char *name);

/* --- cookies ---------------------------------------------------------------- */

/* Cookies by RFC 6265: domain, path, Secure, expiry; at most 50 of a domain, 3000 in all, the
 * oldest go first; no public suffix list: a Domain of a single label is refused. The caller owns
 * it. */
GALE_API GALE_MUST_USE gale_cookie_jar *gale_cookie_jar_new(void);
GALE_API void gale_cookie_jar_free(gale_cookie_jar *jar);
/* Stores a Set-Cookie value as if url had sent it. 0, GALE_EINVAL: it may not. */
GALE_API int gale_cookie_jar_set(gale_cookie_jar *jar, const char *url, const char *set_cookie);
/* The Cookie value for a request to url, in memory of the scope; NULL: none. */
GALE_API const char *gale_cookie_jar_get(gale_cookie_jar *jar, const char *url);
GALE_API void gale_cookie_jar_clear(gale_cookie_jar *jar);
/* Netscape's cookie file, as curl writes it. 0 or a failure that names file and line. They block.
 */
GALE_API GALE_MUST_USE int gale_cookie_jar_load(gale_cookie_jar *jar, const char *path);
GALE_API GALE_MUST_USE int gale_cookie_jar_save(gale_cookie_jar *jar, const char *path);

GALE_END_DECLS

#endif

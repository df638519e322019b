/* tls_priv.h - what the files of TLS share: contexts in the form that streams use. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_TLS_PRIV_H
#define GALE_NET_TLS_PRIV_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <gale/tls.h>

enum { GALE__TLS_SESSIONS = 256 }; /* of servers that a client's context remembers */

struct gale__tls_host {
    char *name; /* in lower case; "*.…" for one label */
    SSL_CTX *ctx;
};

/* A context's certificates as they were when the files were read. Streams hold it, so that a reload
 * takes nothing away from them. */
struct gale__tls_generation {
    _Atomic unsigned refs;
    SSL_CTX *ctx;
    struct gale__tls_host *hosts;
    size_t n_hosts;
    struct timespec *stamps; /* of the files, in the order of for_each_file() */
    size_t n_stamps;
    unsigned char *alpn; /* in wire form */
    unsigned alpn_len;
    bool alpn_given;
};

struct gale__tls_session {
    char *host;
    SSL_SESSION *session;
};

struct gale_tls_context {
    _Atomic unsigned refs;
    bool is_server;
    gale_tls_options options; /* texts are the context's */
    pthread_mutex_t lock;     /* of what follows */
    struct gale__tls_generation *now;
    struct gale__tls_session sessions[GALE__TLS_SESSIONS];
    unsigned next_session;
};

/* The present one, referenced; and given back. */
struct gale__tls_generation *gale__tls_generation_get(gale_tls_context *context);
void gale__tls_generation_put(struct gale__tls_generation *generation);

/* Reads the files. NULL: *error, with its text stored. */
struct gale__tls_generation *gale__tls_generation_new(const gale_tls_context *context, int *error);
/* Whether a file has changed since. */
bool gale__tls_generation_is_stale(const gale_tls_context *context,
                                   const struct gale__tls_generation *generation);

/* The session last had with that host, referenced; NULL: none. Remembers one (taken over). */
SSL_SESSION *gale__tls_session_find(gale_tls_context *context, const char *host);
void gale__tls_session_keep(gale_tls_context *context, const char *host, SSL_SESSION *session);

/* SSL_get_ex_data(ssl, 0): app data is struct gale__tls, which begins with this. */
struct gale__tls_peer {
    gale_tls_context *context;
    struct gale__tls_generation *generation;
    char *hostname; /* to ask for and to check; NULL: none */
};

/* Why the last OpenSSL call failed, as text; clears the queue. */
void gale__tls_reason(char *out, size_t size);

/* A BIO over a socket that raises no SIGPIPE. NULL: no memory. */
BIO *gale__tls_bio(int fd);

struct gale_iostream;

/* Of a TLS stream whose handshake is done; else NULL. */
SSL *gale__tls_ssl(const struct gale_iostream *s);

#endif

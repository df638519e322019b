/* tls_priv.h - what the files of TLS share: contexts in the form that streams use. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_TLS_PRIV_H
#define GALE_NET_TLS_PRIV_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <gale/tls.h>

enum {
    GALE__TLS_HOSTS = 256, /* servers that a client's context remembers */
    GALE__TLS_TICKETS = 4, /* and sessions for each */
    GALE__TLS_SECRET = 32, /* bytes */
};

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

/* What a server has given: TLS 1.3's are used once each (RFC 8446, C.4), the newest first. */
struct gale__tls_sessions {
    char *host;
    SSL_SESSION *list[GALE__TLS_TICKETS];
    unsigned n;
};

struct gale_tls_context {
    _Atomic unsigned refs;
    bool is_server;
    gale_tls_options options; /* texts are the context's */
    pthread_mutex_t lock;     /* of what follows */
    struct gale__tls_generation *now;
    struct gale__tls_sessions sessions[GALE__TLS_HOSTS];
    unsigned next_host;
    unsigned char secret[GALE__TLS_SECRET]; /* servers: what keys of tickets are made of */
};

/* The present one, referenced; and given back. */
struct gale__tls_generation *gale__tls_generation_get(gale_tls_context *context);
void gale__tls_generation_put(struct gale__tls_generation *generation);

/* Reads the files. NULL: *error, with its text stored. */
struct gale__tls_generation *gale__tls_generation_new(const gale_tls_context *context, int *error);
/* Whether a file has changed since. */
bool gale__tls_generation_is_stale(const gale_tls_context *context,
                                   const struct gale__tls_generation *generation);

/* A session to resume with that host, referenced; NULL: none. Those of TLS 1.3 are given once.
 * Remembers one (taken over), which certificates and authorities of that generation were for. */
SSL_SESSION *gale__tls_session_take(gale_tls_context *context, const char *host);
void gale__tls_session_keep(gale_tls_context *context,
                            const struct gale__tls_generation *generation, const char *host,
                            SSL_SESSION *session);

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

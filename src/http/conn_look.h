/* conn_look.h - the connections of a server as they are just now: for who shows them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CONN_LOOK_H
#define GALE_HTTP_CONN_LOOK_H

#include "http/server.h"

struct gale__conn_look {
    const char *peer;            /* its address; "" for a Unix socket */
    const char *state;           /* "idle", "head", "body", "busy", "closing", "websocket" */
    double age;                  /* seconds */
    int64_t bytes_in, bytes_out; /* on the wire, as the kernel counts them; -1: it does not */
    double round_trip;           /* seconds; 0: not known */
    bool tls;
    const struct gale__exchange *x; /* the request that is being answered, or NULL */
};

/* Calls fn for each open one, on the loop's thread; fn must not close any. */
void gale__httpserver_each_conn(const gale_httpserver *server,
                                void (*fn)(void *arg, const struct gale__conn_look *look),
                                void *arg);

#endif

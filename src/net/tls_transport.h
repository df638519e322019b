/* tls_transport.h - the state of TLS under a stream, for the files that make and drive it. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_TLS_TRANSPORT_H
#define GALE_NET_TLS_TRANSPORT_H

#include "base/buf.h"
#include "net/stream.h"
#include "net/tls_priv.h"

struct gale__tls {
    struct gale__tls_peer peer;       /* first: SSL_get_app_data() */
    struct gale__transport transport; /* how its stream finds it */
    struct gale__io io;
    struct gale_iostream *stream;
    SSL *ssl;
    int fd;
    struct gale__ioloop_task task;
    gale_timeout timer;
    struct gale__buf early; /* what came while it was handing over */
    void (*on_handshake)(struct gale_iostream *s, void *arg);
    void *handshake_arg;
    const struct gale__io_ops *stream_ops; /* while handing over */
    char *peer_name;                       /* of servers, until the handshake is done */
    char *reason;                          /* of a failure; NULL: none, or no memory */
    int error;
    int polled;          /* events that are waited for */
    int handshake_wants; /* GALE_READ or GALE_WRITE */
    bool is_server : 1;
    bool open : 1; /* io has the descriptor */
    bool handing_over : 1;
    bool done : 1; /* the handshake */
    bool receiving : 1;
    bool blocked : 1; /* on_send will follow */
    bool read_wants_write : 1;
    bool write_wants_read : 1;
    bool eof : 1;
    bool shut : 1; /* close_notify is to be sent */
    bool shut_done : 1;
    bool closing : 1;
};

static inline struct gale__tls *gale__tls_of(const struct gale_iostream *s)
{
    return GALE_CONTAINER_OF(s->transport, struct gale__tls, transport);
}

extern const struct gale__transport gale__tls_transport;
extern const struct gale__io_ops gale__tls_io_ops;

/* task and timer: drive it from the loop; the handshake's end at the latest. */
void gale__tls_run_task(struct gale__ioloop_task *task);
void gale__tls_handshake_late(void *arg);
void gale__tls_run_later(struct gale__tls *t);

/* The descriptor is closed: frees it and tells the stream, the last call. */
void gale__tls_io_closed(struct gale__io *io);

/* One that no stream has. */
void gale__tls_discard(struct gale__tls *t);

#endif

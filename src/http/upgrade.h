/* upgrade.h - a connection after its 101: another protocol takes over stream and deadline.
 *
 * The connection's struct stays (its stream is part of it), so that an upgraded connection costs
 * that and what the protocol itself needs. All calls come on the loop's stack.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_UPGRADE_H
#define GALE_HTTP_UPGRADE_H

#include <gale/netutil.h>

#include "http/exchange.h"
#include "net/stream.h"

struct gale__conn;

/* The protocol. self is what was given with it. */
struct gale__upgrade {
    /* As of struct gale__stream_consumer. */
    size_t (*on_data)(void *self, char *data, size_t n);
    void (*on_eof)(void *self);
    void (*on_error)(void *self, int error);
    void (*on_drained)(void *self);
    /* The deadline that gale__upgraded_set_deadline() set has passed. */
    void (*on_expired)(void *self);
    /* The server is being drained: end soon, in good order. */
    void (*on_drain)(void *self);
    /* Last call: nothing of the connection may be used any more. */
    void (*on_closed)(void *self);
};

/* Answers x with r (status 101, Upgrade and Connection among its headers) and hands its connection
 * over: *out is the handle. What the peer sent behind its request comes by on_data, from the loop.
 * x itself is released by its answerer as always. GALE_ESTATE when it was answered already, when
 * the carrier cannot, or the client has gone. */
int gale__exchange_upgrade(struct gale__exchange *x, const struct gale__response *r,
                           const struct gale__upgrade *protocol, void *self,
                           struct gale__conn **out);

struct gale_iostream *gale__upgraded_stream(struct gale__conn *conn);

/* One deadline, to within a tick of the server's wheel, seconds from now; < 0: none. The tick tells
 * how fine that is: who needs it finer has a timer of its own. */
void gale__upgraded_set_deadline(struct gale__conn *conn, double seconds);
double gale__upgraded_tick(const struct gale__conn *conn);

/* Two words for the protocol's own use, zero at first, until it is closed. */
uint32_t *gale__upgraded_words(struct gale__conn *conn);

/* Inside of on_data: what is written leaves at its end. */
bool gale__upgraded_in_batch(const struct gale__conn *conn);

/* The peer that the connection comes from; a PROXY header counts. */
int gale__upgraded_peer(const struct gale__conn *conn, gale_address *out);

/* Sends what is pending, then closes; on_closed follows. now: drops it. */
void gale__upgraded_close(struct gale__conn *conn, bool now);

/* Sends what is pending and ends our side; what the peer still sends is thrown away for a while, so
 * that it can read why. */
void gale__upgraded_reject(struct gale__conn *conn);

#endif

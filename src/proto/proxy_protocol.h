/* proxy_protocol.h - the header in which a load balancer names the client (PROXY protocol 1, 2).
 *
 * It stands once at the start of a connection. Version 1 is a line of at most 107 bytes, version 2
 * is binary; its further fields (TLVs) are skipped.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_PROXY_PROTOCOL_H
#define GALE_PROTO_PROXY_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include <gale/base.h>

/* The longest header that is taken: a version 2 one may announce 64 KiB of further fields. */
enum { GALE__PROXY_MAX = 4096 };

struct gale__proxy {
    bool is_local;     /* LOCAL, UNKNOWN: it names nobody, the connection's own peer counts */
    uint8_t family;    /* 4, 6; 0 of a Unix socket */
    uint8_t bytes[16]; /* the client's, network order */
    uint16_t port;
};

/* Reads a header at the start of data: its length with *out filled; 0: it may be one, more is
 * needed; GALE_ENOTFOUND: it is none; GALE_EPROTO: it is a malformed one. */
int gale__proxy_parse(const char *data, size_t n, struct gale__proxy *out);

#endif

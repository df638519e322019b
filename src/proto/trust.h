/* trust.h - the proxies whose word on who the client is counts, by network. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_TRUST_H
#define GALE_PROTO_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ip.h"

struct gale__network {
    uint8_t family; /* 4 or 6 */
    uint8_t bits;
    uint8_t bytes[16];
};

struct gale__trust {
    size_t n;
    struct gale__network networks[];
};

/* From a NULL-terminated list of addresses and networks ("10.0.0.0/8"); NULL: the loopback. Heap;
 * freed with gale__free(). NULL: *error, its detail naming option and the bad entry. */
struct gale__trust *gale__trust_new(const char *option, const char *const *list, int *error);

/* Whether an address is in one of the networks; an IPv4-mapped IPv6 address counts as IPv4. family
 * 0 (a Unix socket) is always trusted. */
bool gale__trust_has(const struct gale__trust *t, uint8_t family, const uint8_t *bytes);

#endif

/* ip.h - numeric addresses from outside, read strictly. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_IP_H
#define GALE_PROTO_IP_H

#include <stdbool.h>
#include <stdint.h>

#include <gale/base.h>

/* Reads an address: its family (4, 6), with 4 or 16 bytes in network order, or 0 when it is none.
 * Four decimal numbers without leading zeros, or RFC 4291 text without a zone: "127.1", "0x7f.1"
 * and "010.0.0.1", which some take for addresses, are none. */
uint8_t gale__ip_parse(const char *text, size_t len, uint8_t bytes[16]);

/* The same with a port or without, as proxies write it: 192.0.2.1:80, [2001:db8::1],
 * [2001:db8::1]:80, 2001:db8::1. The port may be an obfuscated one (RFC 7239 6.3). */
uint8_t gale__ip_parse_node(gale_str node, uint8_t bytes[16]);

enum { GALE__IP_TEXT_MAX = 46 };

/* The address as text, "" for family 0. */
void gale__ip_format(uint8_t family, const uint8_t *bytes, char out[GALE__IP_TEXT_MAX]);

/* An IPv4 address that comes as IPv6 (::ffff:192.0.2.1) as what it is. Gives its family. */
uint8_t gale__ip_unmap(uint8_t family, const uint8_t **bytes);

#endif

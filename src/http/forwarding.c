/* forwarding.c - who the client is: the peer, or what proxies that are trusted say of it.
 *
 * Computed when asked for and kept in the request's memory; out of memory an address is "", as of
 * a Unix socket. A field is only looked at when the peer itself is trusted, and then from its
 * right end, where the nearest proxy wrote, as far as the proxies named there are trusted too.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/str.h"
#include "http/exchange.h"
#include "proto/trust.h"
#include "proto/forwarded.h"

typedef int (*prev_fn)(gale_str field, size_t *end, struct gale__hop *hop);

struct address {
    uint8_t family; /* 0: none */
    uint8_t bytes[16];
};

static const char *address_text(const gale_request *request, uint8_t family, const uint8_t *bytes)
{
    char text[GALE__IP_TEXT_MAX];
    const char *copy;

    gale__ip_format(family, bytes, text);
    copy = gale__arena_strndup(&request->priv->exchange->arena, text, strlen(text));
    return copy ? copy : "";
}

static gale_str header(const gale_request *request, const char *name)
{
    return gale__str(gale_request_header(request, name));
}

/* The peer; true when what it says of others is believed. */
static bool find_peer(const gale_request *request, struct gale__peer *peer)
{
    struct gale__exchange *x = request->priv->exchange;

    memset(peer, 0, sizeof(*peer));
    x->ops->peer(x, peer);
    return peer->trust && gale__trust_has(peer->trust, peer->family, peer->bytes);
}

bool gale__request_trusts_peer(const gale_request *request)
{
    struct gale__peer peer;

    return find_peer(request, &peer);
}

/* From the right to the first that is no trusted proxy's, or the left-most. *proto is the last one
 * told on the way. */
static struct address walk(const struct gale__trust *trust, gale_str field, prev_fn prev,
                           gale_str *proto)
{
    struct address found = { 0 }, next;
    size_t end = field.len;
    struct gale__hop hop;

    while (prev(field, &end, &hop) > 0) {
        if (hop.proto.len)
            *proto = hop.proto;
        next.family = gale__ip_parse_node(hop.node, next.bytes);
        if (!next.family)
            break;
        found = next;
        if (!gale__trust_has(trust, found.family, found.bytes))
            break;
    }
    return found;
}

/* What the fields say to one that trusts its peer. */
static struct address told_address(const gale_request *request, const struct gale__trust *trust)
{
    gale_str real = header(request, "X-Real-Ip");
    gale_str list = header(request, "X-Forwarded-For"), proto;
    struct address found = { 0 };

    if (real.len) {
        found.family = gale__ip_parse_node(real, found.bytes);
        return found;
    }
    if (list.len)
        return walk(trust, list, gale__x_forwarded_prev, &proto);
    return walk(trust, header(request, "Forwarded"), gale__forwarded_prev, &proto);
}

const char *gale_request_remote_ip(const gale_request *request)
{
    struct gale_request_private *p = request->priv;
    struct address told = { 0 };
    struct gale__peer peer;

    if (p->remote_ip)
        return p->remote_ip;
    if (find_peer(request, &peer))
        told = told_address(request, peer.trust);
    p->remote_ip = told.family ? address_text(request, told.family, told.bytes)
                               : address_text(request, peer.family, peer.bytes);
    return p->remote_ip;
}

const char *gale_request_peer_ip(const gale_request *request)
{
    struct gale_request_private *p = request->priv;
    struct gale__peer peer;

    if (p->peer_ip)
        return p->peer_ip;
    find_peer(request, &peer);
    p->peer_ip = address_text(request, peer.family, peer.bytes);
    return p->peer_ip;
}

/* The left-most that names an address. */
static struct address leftmost(gale_str field, prev_fn prev)
{
    struct address found = { 0 }, next;
    size_t end = field.len;
    struct gale__hop hop;

    while (prev(field, &end, &hop) > 0) {
        next.family = gale__ip_parse_node(hop.node, next.bytes);
        if (next.family)
            found = next;
    }
    return found;
}

const char *gale_request_claimed_ip(const gale_request *request)
{
    struct address found = leftmost(header(request, "X-Forwarded-For"), gale__x_forwarded_prev);

    if (!found.family)
        found = leftmost(header(request, "Forwarded"), gale__forwarded_prev);
    if (!found.family)
        found = leftmost(header(request, "X-Real-Ip"), gale__x_forwarded_prev);
    return found.family ? address_text(request, found.family, found.bytes) : NULL;
}

/* The nearest proxy's word: the last of a list. */
static gale_str last_of(gale_str list)
{
    size_t end = list.len;
    struct gale__hop hop;

    (void)gale__x_forwarded_prev(list, &end, &hop);
    return hop.node;
}

static gale_str told_protocol(const gale_request *request, const struct gale__trust *trust)
{
    gale_str told = header(request, "X-Scheme");

    if (!told.ptr)
        told = header(request, "X-Forwarded-Proto");
    if (told.ptr)
        return last_of(told);
    (void)walk(trust, header(request, "Forwarded"), gale__forwarded_prev, &told);
    return told;
}

const char *gale_request_protocol(const gale_request *request)
{
    struct gale_request_private *p = request->priv;
    struct gale__peer peer;
    gale_str told;

    if (p->protocol)
        return p->protocol;
    told = find_peer(request, &peer) ? told_protocol(request, peer.trust) : GALE__STR("");
    p->protocol = peer.tls ? "https" : "http";
    if (gale__str_equal_nocase(told, GALE__STR("https")))
        p->protocol = "https";
    else if (gale__str_equal_nocase(told, GALE__STR("http")))
        p->protocol = "http";
    return p->protocol;
}

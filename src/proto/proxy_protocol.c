/* proxy_protocol.c - reading PROXY headers. See proxy_protocol.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/proxy_protocol.h"

#include <string.h>

#include <gale/error.h>

#include "base/str.h"
#include "proto/ip.h"

enum {
    LINE_MAX_LEN = 107, /* with CRLF */
    V2_HEAD = 16,
};

static const char v1_start[] = "PROXY ";
static const char v2_start[] = "\r\n\r\n\0\r\nQUIT\n";
enum { V1_START = sizeof(v1_start) - 1, V2_START = sizeof(v2_start) - 1 };

static int malformed(const char *why)
{
    return gale_err(GALE_EPROTO, "PROXY header: %s", why);
}

/* --- version 1 --- */

/* What stands before the next single blank, which is taken too. */
static gale_str take_word(gale_str *line)
{
    gale_str word = gale__str_head(*line, gale__str_find(*line, ' '));

    *line = gale__str_skip(*line, word.len + 1);
    return word;
}

static bool parse_port(gale_str s, uint16_t *out)
{
    uint32_t port = 0;

    if (s.len == 0 || s.len > 5 || (s.len > 1 && s.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(s.ptr[i] - '0');
    }
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

static int parse_line(gale_str line, struct gale__proxy *out)
{
    gale_str protocol = take_word(&line), source, target, port;
    uint8_t family, bytes[16];
    uint16_t target_port;

    if (gale__str_equal(protocol, GALE__STR("UNKNOWN"))) {
        out->is_local = true; /* whatever follows */
        return 0;
    }
    if (!gale__str_equal(protocol, GALE__STR("TCP4")) &&
        !gale__str_equal(protocol, GALE__STR("TCP6")))
        return malformed("unknown protocol");
    family = (uint8_t)(protocol.ptr[3] - '0');
    source = take_word(&line);
    target = take_word(&line);
    port = take_word(&line);
    out->family = gale__ip_parse(source.ptr, source.len, out->bytes);
    if (out->family != family || gale__ip_parse(target.ptr, target.len, bytes) != family)
        return malformed("bad address");
    if (!parse_port(port, &out->port) || !parse_port(line, &target_port))
        return malformed("bad port");
    return 0;
}

static int parse_v1(const char *data, size_t n, struct gale__proxy *out)
{
    size_t searched = n < LINE_MAX_LEN ? n : LINE_MAX_LEN;
    const char *lf = memchr(data, '\n', searched);
    int r;

    if (!lf)
        return n < LINE_MAX_LEN ? 0 : malformed("line too long");
    if (lf[-1] != '\r')
        return malformed("line without CR");
    r = parse_line((gale_str){ data + V1_START, (size_t)(lf - data) - V1_START - 1 }, out);
    return r < 0 ? r : (int)(lf - data) + 1;
}

/* --- version 2 --- */

enum { COMMAND_LOCAL = 0, COMMAND_PROXY = 1 };
enum { AF_UNSPEC_ = 0, AF_INET_ = 1, AF_INET6_ = 2, AF_UNIX_ = 3 };

/* The addresses behind the head: client, server, their ports. */
static int parse_addresses(const uint8_t *p, size_t len, unsigned family, struct gale__proxy *out)
{
    static const uint8_t size[] = { 0, 12, 36, 216 };
    size_t ip = family == AF_INET_ ? 4 : 16;

    if (len < size[family])
        return malformed("too short for its addresses");
    out->is_local = family == AF_UNSPEC_;
    if (family == AF_UNSPEC_ || family == AF_UNIX_)
        return 0;
    out->family = family == AF_INET_ ? 4 : 6;
    memcpy(out->bytes, p, ip);
    out->port = (uint16_t)(p[2 * ip] << 8 | p[2 * ip + 1]);
    return 0;
}

static int parse_v2(const uint8_t *p, size_t n, struct gale__proxy *out)
{
    unsigned command, family;
    size_t len;
    int r = 0;

    if (n > V2_START && p[12] >> 4 != 2)
        return malformed("unknown version");
    if (n < V2_HEAD)
        return 0;
    command = p[12] & 15;
    family = p[13] >> 4;
    len = (size_t)(p[14] << 8 | p[15]);
    if (command > COMMAND_PROXY)
        return malformed("unknown command");
    if (command == COMMAND_PROXY && (family > AF_UNIX_ || (p[13] & 15) > 2))
        return malformed("unknown address family");
    if (V2_HEAD + len > GALE__PROXY_MAX)
        return gale_err(GALE_EPROTO, "PROXY header: it has %zu bytes, at most %d are taken",
                        V2_HEAD + len, GALE__PROXY_MAX);
    if (n < V2_HEAD + len)
        return 0;
    out->is_local = true;
    if (command == COMMAND_PROXY)
        r = parse_addresses(p + V2_HEAD, len, family, out);
    return r < 0 ? r : (int)(V2_HEAD + len);
}

int gale__proxy_parse(const char *data, size_t n, struct gale__proxy *out)
{
    memset(out, 0, sizeof(*out));
    if (memcmp(data, v1_start, n < V1_START ? n : V1_START) == 0)
        return n < V1_START ? 0 : parse_v1(data, n, out);
    if (memcmp(data, v2_start, n < V2_START ? n : V2_START) == 0)
        return n < V2_START ? 0 : parse_v2((const uint8_t *)data, n, out);
    return GALE_ENOTFOUND;
}

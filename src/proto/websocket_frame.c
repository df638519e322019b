/* websocket_frame.c - see websocket_frame.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/websocket_frame.h"

#include <string.h>

#include <gale/error.h>

#include "base/utf8.h"

enum {
    FIN = 0x80,
    RSV1 = 0x40,
    RSV23 = 0x30,
    MASKED = 0x80,
    LENGTH_16 = 126,
    LENGTH_64 = 127,
};

static int refuse(struct gale__websocket_frame *out, const char *why)
{
    out->why = why;
    return GALE_EPROTO;
}

static int parse_first(unsigned first, const struct gale__websocket_rules *rules,
                       struct gale__websocket_frame *out)
{
    unsigned opcode = first & 15;

    if (first & RSV23)
        return refuse(out, "reserved bits are set");
    if (opcode > GALE__WS_PONG || (opcode > GALE__WS_BINARY && opcode < GALE__WS_CLOSE))
        return refuse(out, "an unknown kind of frame");
    out->opcode = (enum gale__websocket_opcode)opcode;
    out->fin = first & FIN;
    out->compressed = first & RSV1;
    if (out->compressed &&
        (!rules->compressed || (opcode != GALE__WS_TEXT && opcode != GALE__WS_BINARY)))
        return refuse(out, "a reserved bit is set");
    if (gale__websocket_is_control(out->opcode) && !out->fin)
        return refuse(out, "a fragmented control frame");
    return 0;
}

static int parse_second(unsigned second, const struct gale__websocket_rules *rules,
                        struct gale__websocket_frame *out)
{
    if (!!(second & MASKED) != rules->masked)
        return refuse(out, rules->masked ? "a frame without a mask" : "a frame with a mask");
    if (gale__websocket_is_control(out->opcode) && (second & 0x7f) > GALE__WS_CONTROL_MAX)
        return refuse(out, "a long control frame");
    return 0;
}

static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

/* The n bytes of a long length. */
static int parse_length(const unsigned char *p, size_t n, struct gale__websocket_frame *out)
{
    out->length = big_endian(p, n);
    if (out->length >> 63)
        return refuse(out, "a length beyond all measure");
    if (out->length <= (n == 2 ? 125 : 65535))
        return refuse(out, "a length not in its shortest form");
    return 0;
}

int gale__websocket_frame_parse(const char *bytes, size_t n,
                                const struct gale__websocket_rules *rules,
                                struct gale__websocket_frame *out)
{
    const unsigned char *p = (const unsigned char *)bytes;
    size_t more, need;

    if (n < 1)
        return 0;
    if (parse_first(p[0], rules, out) < 0)
        return GALE_EPROTO;
    if (n < 2)
        return 0;
    if (parse_second(p[1], rules, out) < 0)
        return GALE_EPROTO;
    out->length = p[1] & 0x7f;
    more = out->length == LENGTH_64 ? 8 : out->length == LENGTH_16 ? 2 : 0;
    need = 2 + more + (rules->masked ? 4 : 0);
    if (n >= 2 + more && more && parse_length(p + 2, more, out) < 0)
        return GALE_EPROTO;
    if (n < need)
        return 0;
    if (rules->masked)
        memcpy(out->key, p + 2 + more, 4);
    else
        memset(out->key, 0, 4);
    return (int)need;
}

static size_t put_length(unsigned char *p, uint64_t length, size_t n)
{
    for (size_t i = n; i > 0; i--, length >>= 8)
        p[i - 1] = (unsigned char)length;
    return n;
}

size_t gale__websocket_frame_head(char out[GALE__WS_HEAD_MAX], unsigned opcode, bool fin,
                                  bool compressed, uint64_t length, const uint8_t *key)
{
    unsigned char *p = (unsigned char *)out;
    unsigned mask = key ? MASKED : 0;
    size_t n = 2;

    p[0] = (unsigned char)(opcode | (fin ? FIN : 0) | (compressed ? RSV1 : 0));
    if (length <= 125) {
        p[1] = (unsigned char)(mask | length);
    } else if (length <= 65535) {
        p[1] = (unsigned char)(mask | LENGTH_16);
        n += put_length(p + 2, length, 2);
    } else {
        p[1] = (unsigned char)(mask | LENGTH_64);
        n += put_length(p + 2, length, 8);
    }
    if (key) {
        memcpy(p + n, key, 4);
        n += 4;
    }
    return n;
}

bool gale__websocket_code_is_valid(int code)
{
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

int gale__websocket_close_parse(gale_str payload, int *code, gale_str *reason)
{
    *code = 1005;
    *reason = (gale_str){ NULL, 0 };
    if (!payload.len)
        return 0;
    if (payload.len == 1)
        return 1002;
    *code = (int)big_endian((const unsigned char *)payload.ptr, 2);
    if (!gale__websocket_code_is_valid(*code))
        return 1002;
    if (!gale__utf8_valid(payload.ptr + 2, payload.len - 2))
        return 1007;
    *reason = (gale_str){ payload.ptr + 2, payload.len - 2 };
    return 0;
}

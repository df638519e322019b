/* websocket_frame.h - heads of WebSocket frames, and what control frames carry (RFC 6455 5, 7.4).
 *
 * Strict for both ends: reserved bits and opcodes, lengths that are not in their shortest form,
 * control frames that are long or fragmented, a mask where there must be none and none where there
 * must be one are all told at the first byte that shows it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_WEBSOCKET_FRAME_H
#define GALE_PROTO_WEBSOCKET_FRAME_H

#include <gale/base.h>

enum gale__websocket_opcode {
    GALE__WS_CONTINUATION = 0,
    GALE__WS_TEXT = 1,
    GALE__WS_BINARY = 2,
    GALE__WS_CLOSE = 8,
    GALE__WS_PING = 9,
    GALE__WS_PONG = 10,
};

enum {
    GALE__WS_HEAD_MAX = 14,
    GALE__WS_CONTROL_MAX = 125, /* bytes that a control frame carries */
    GALE__WS_REASON_MAX = 123,
};

/* What a frame may be. */
struct gale__websocket_rules {
    bool masked;     /* as clients send */
    bool compressed; /* RSV1 has a meaning: on the first frame of a message */
};

struct gale__websocket_frame {
    uint64_t length;
    enum gale__websocket_opcode opcode;
    bool fin, compressed;
    uint8_t key[4];  /* zero without a mask */
    const char *why; /* of a failure; static */
};

static inline bool gale__websocket_is_control(enum gale__websocket_opcode opcode)
{
    return opcode & 8;
}

/* The head at p, of which n bytes have come: its length; 0: more is needed; GALE_EPROTO, and
 * out->why. */
int gale__websocket_frame_parse(const char *p, size_t n, const struct gale__websocket_rules *rules,
                                struct gale__websocket_frame *out);

/* Writes a head: its length. key: of four bytes, or NULL for none. */
size_t gale__websocket_frame_head(char out[GALE__WS_HEAD_MAX], unsigned opcode, bool fin,
                                  bool compressed, uint64_t length, const uint8_t *key);

/* May a close frame carry this code? */
bool gale__websocket_code_is_valid(int code);

/* What a close frame carries: 0, with its code (1005: none) and reason; 1002 or 1007, what to
 * refuse it with. */
int gale__websocket_close_parse(gale_str payload, int *code, gale_str *reason);

#endif

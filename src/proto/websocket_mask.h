/* websocket_mask.h - the mask of WebSocket payloads, put on or taken off, at every speed. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_WEBSOCKET_MASK_H
#define GALE_PROTO_WEBSOCKET_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gale__mask_level { GALE__MASK_SCALAR, GALE__MASK_SSE2, GALE__MASK_AVX2 };

/* The best that this CPU has. */
enum gale__mask_level gale__mask_best(void);

/* out gets the n bytes at in, masked with key from its byte offset % 4 on. out may be in. Reads and
 * writes these n bytes only. Whether all of out is ASCII. */
bool gale__websocket_mask(char *out, const char *in, size_t n, const uint8_t key[4], size_t offset);

/* The same at a level, for tests: it must be there. */
bool gale__websocket_mask_at(enum gale__mask_level level, char *out, const char *in, size_t n,
                             const uint8_t key[4], size_t offset);

#endif

/* hash.h - fast hashing that is not cryptographic: ETags, hash tables (xxHash XXH3). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_HASH_H
#define GALE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { GALE__HASH_HEX = 16 };

/* The same on every machine and in every version: it goes into ETags. */
uint64_t gale__hash(const void *data, size_t len);

/* For hash tables whose keys a peer may choose. */
uint64_t gale__hash_seeded(const void *data, size_t len, uint64_t seed);

/* A seed that a peer cannot guess, from the kernel; never fails. */
uint64_t gale__hash_seed(void);

/* Spreads the eight digits of half a hash into the bytes of a word. */
static inline uint64_t gale__hash_hex_half(uint32_t half)
{
    uint64_t x = half;

    x = (x << 16 | x) & 0x0000ffff0000ffffu;
    x = (x << 8 | x) & 0x00ff00ff00ff00ffu;
    x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0fu;
    uint64_t letters = ((x + 0x0606060606060606u) >> 4) & 0x0101010101010101u;

    /* '0' is 0x30; 'a' - 10 is 0x57, 0x27 more. */
    return __builtin_bswap64(x + 0x3030303030303030u + letters * 0x27);
}

/* Writes 16 lower-case hexadecimal digits, no NUL. */
static inline void gale__hash_hex(uint64_t hash, char out[GALE__HASH_HEX])
{
    uint64_t words[2] = { gale__hash_hex_half((uint32_t)(hash >> 32)),
                          gale__hash_hex_half((uint32_t)hash) };

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    words[0] = __builtin_bswap64(words[0]);
    words[1] = __builtin_bswap64(words[1]);
#endif
    memcpy(out, words, sizeof(words));
}

/* A hash over pieces: the same value as gale__hash() over all of them. NULL when out of
 * memory; end frees it. */
struct gale__hash_state *gale__hash_begin(void);
void gale__hash_add(struct gale__hash_state *state, const void *data, size_t len);
uint64_t gale__hash_end(struct gale__hash_state *state);

#endif

/* hash.c - the only user of xxHash. Inlined from its header: short keys gain by it. */
/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"

uint64_t gale__hash(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

uint64_t gale__hash_seeded(const void *data, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, len, seed);
}

uint64_t gale__hash_seed(void)
{
    uint64_t seed = 0;
    struct timespec ts;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == (ssize_t)sizeof(seed))
        return seed;
    /* Early at boot or forbidden: hard to guess is the best there is. */
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)&seed ^
           (uint64_t)getpid() << 32;
}

/* Spreads the eight digits of half a hash into the bytes of a word. */
static uint64_t hex_digits(uint32_t half)
{
    uint64_t x = half;

    x = (x << 16 | x) & 0x0000ffff0000ffffu;
    x = (x << 8 | x) & 0x00ff00ff00ff00ffu;
    x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0fu;
    uint64_t letters = ((x + 0x0606060606060606u) >> 4) & 0x0101010101010101u;

    /* '0' is 0x30; 'a' - 10 is 0x57, 0x27 more. */
    return __builtin_bswap64(x + 0x3030303030303030u + letters * 0x27);
}

void gale__hash_hex(uint64_t hash, char out[GALE__HASH_HEX])
{
    uint64_t words[2] = { hex_digits((uint32_t)(hash >> 32)), hex_digits((uint32_t)hash) };

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    words[0] = __builtin_bswap64(words[0]);
    words[1] = __builtin_bswap64(words[1]);
#endif
    memcpy(out, words, sizeof(words));
}

struct gale__hash_state {
    void *memory; /* what to free: xxHash wants 64-byte alignment */
    XXH3_state_t *xxh;
};

struct gale__hash_state *gale__hash_begin(void)
{
    struct gale__hash_state *state;
    char *memory = gale__malloc(sizeof(*state) + sizeof(XXH3_state_t) + 64);

    if (!memory)
        return NULL;
    state = (void *)memory;
    state->memory = memory;
    state->xxh = (void *)(((uintptr_t)(memory + sizeof(*state)) + 63) & ~(uintptr_t)63);
    XXH3_64bits_reset(state->xxh);
    return state;
}

void gale__hash_add(struct gale__hash_state *state, const void *data, size_t len)
{
    XXH3_64bits_update(state->xxh, data, len);
}

uint64_t gale__hash_end(struct gale__hash_state *state)
{
    uint64_t hash = XXH3_64bits_digest(state->xxh);

    gale__free(state->memory);
    return hash;
}

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

/* flatten: for short data the calls inside of xxHash cost more than the hash. */
__attribute__((flatten)) uint64_t gale__hash(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

__attribute__((flatten)) uint64_t gale__hash_seeded(const void *data, size_t len, uint64_t seed)
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

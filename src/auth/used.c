/* used.c - which answers have been taken. See used.h.
 *
 * Keys are random, so their hashes spread over rows of eight places; a row that is full forgets the
 * one that expires first. 64 KiB, asked for with the first login that comes back.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/used.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/hash.h"

enum { ROWS = 512, PLACES = 8 };

struct place {
    uint64_t hash;
    double expires; /* 0: free */
};

struct gale__auth_used {
    pthread_mutex_t lock;
    uint64_t seed;
    struct place (*rows)[PLACES]; /* NULL until needed */
};

struct gale__auth_used *gale__auth_used_new(void)
{
    struct gale__auth_used *used = gale__calloc(1, sizeof(*used));

    if (!used)
        return NULL;
    used->seed = gale__hash_seed();
    if (pthread_mutex_init(&used->lock, NULL)) {
        gale__free(used);
        return NULL;
    }
    return used;
}

void gale__auth_used_free(struct gale__auth_used *used)
{
    if (!used)
        return;
    pthread_mutex_destroy(&used->lock);
    gale__free(used->rows);
    gale__free(used);
}

static bool add(struct place *row, uint64_t hash, double now, double expires)
{
    struct place *first = row;

    for (size_t i = 0; i < PLACES; i++) {
        if (row[i].hash == hash && row[i].expires > now)
            return false;
        if (row[i].expires < first->expires)
            first = &row[i];
    }
    *first = (struct place){ hash, expires };
    return true;
}

bool gale__auth_used_add(struct gale__auth_used *used, gale_str key, double now, double expires)
{
    uint64_t hash = gale__hash_seeded(key.ptr, key.len, used->seed);
    bool is_new = false;

    pthread_mutex_lock(&used->lock);
    if (!used->rows)
        used->rows = gale__calloc(ROWS, sizeof(*used->rows));
    /* Without memory nothing can be known to be new. */
    if (used->rows)
        is_new = add(used->rows[hash % ROWS], hash, now, expires);
    pthread_mutex_unlock(&used->lock);
    return is_new;
}

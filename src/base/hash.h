/* hash.h - fast hashing that is not cryptographic: ETags, hash tables (xxHash XXH3). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_HASH_H
#define GALE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { GALE__HASH_HEX = 16 };

/* The same on every machine and in every version: it goes into ETags. */
uint64_t gale__hash(const void *data, size_t len);

/* For hash tables whose keys a peer may choose. */
uint64_t gale__hash_seeded(const void *data, size_t len, uint64_t seed);

/* A seed that a peer cannot guess, from the kernel; never fails. */
uint64_t gale__hash_seed(void);

/* Writes 16 lower-case hexadecimal digits, no NUL. */
void gale__hash_hex(uint64_t hash, char out[GALE__HASH_HEX]);

/* A hash over pieces: the same value as gale__hash() over all of them. NULL when out of
 * memory; end frees it. */
struct gale__hash_state *gale__hash_begin(void);
void gale__hash_add(struct gale__hash_state *state, const void *data, size_t len);
uint64_t gale__hash_end(struct gale__hash_state *state);

#endif

/* alloc.h - the library's heap, in one place so that tests can make it fail.
 *
 * Also the assertion that stays on in release builds.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_ALLOC_H
#define GALE_BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc, realloc, free. NULL when out of memory; size 0 asks for 1. */
void *gale__malloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *gale__calloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2)));
void *gale__realloc(void *p, size_t size) __attribute__((alloc_size(2)));
void gale__free(void *p);

/* A heap copy of len bytes with a NUL after them. */
char *gale__strndup(const char *s, size_t len);

/* How many times this process allocated from the heap through these functions:
 * tests assert that a steady state allocates nothing. */
unsigned long gale__alloc_count(void);

/* Makes the n-th allocation of this thread from now on (1: the next) fail, once. 0: none. */
void gale__alloc_fail(unsigned long n);

void gale__assert_failed(const char *expr, const char *file, int line)
    __attribute__((noreturn, cold));

/* A bug of gale or of its caller: says what and where, then aborts. Always on. */
#define GALE_ASSERT(expr) ((expr) ? (void)0 : gale__assert_failed(#expr, __FILE__, __LINE__))

#define GALE_LIKELY(x) __builtin_expect(!!(x), 1)
#define GALE_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define GALE_CONTAINER_OF(ptr, type, member)                                                       \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif

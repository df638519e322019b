/* alloc.c - the library's heap and its assertion. See alloc.h. */
/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Per thread, so that counting costs no shared cache line; tests run on one. */
static _Thread_local unsigned long n_allocs;
static _Thread_local unsigned long fail_at; /* the number of the one that fails; 0: none */

/* Counts one; whether it has to fail. */
static inline int fails(void)
{
    return GALE_UNLIKELY(++n_allocs == fail_at);
}

void *gale__malloc(size_t size)
{
    return fails() ? NULL : malloc(size ? size : 1);
}

void *gale__calloc(size_t n, size_t size)
{
    return fails() ? NULL : calloc(n ? n : 1, size ? size : 1);
}

void *gale__realloc(void *p, size_t size)
{
    return fails() ? NULL : realloc(p, size ? size : 1);
}

void gale__free(void *p)
{
    free(p);
}

char *gale__strndup(const char *s, size_t len)
{
    char *copy = gale__malloc(len + 1);

    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, s, len);
    copy[len] = 0;
    return copy;
}

unsigned long gale__alloc_count(void)
{
    return n_allocs;
}

void gale__alloc_fail(unsigned long n)
{
    fail_at = n ? n_allocs + n : 0;
}

void gale__assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "gale: %s:%d: assertion failed: %s\n", file, line, expr);
    abort();
}

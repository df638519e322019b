/* fuzz_challenge.c - WWW-Authenticate and its kin on any bytes. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "proto/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *field = malloc(size + 1), *buffer = malloc(size + 1), *p = buffer;
    gale_str rest = { field, size };
    struct gale__challenge_item item;

    memcpy(field, data, size);
    for (size_t left = rest.len; gale__challenge_next(&rest, &p, &item) > 0; left = rest.len) {
        GALE_ASSERT(rest.len < left && p <= buffer + size);
        GALE_ASSERT(item.scheme.ptr ? item.scheme.len > 0 : item.name.len > 0);
    }
    free(field);
    free(buffer);
    return 0;
}

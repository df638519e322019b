/* fuzz_received_cookie.c - Set-Cookie on any bytes. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "proto/received_cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *field = malloc(size + 1);
    struct gale__received_cookie c;

    memcpy(field, data, size);
    if (gale__received_cookie_parse((gale_str){ field, size }, 1e9, &c)) {
        GALE_ASSERT(c.name.len + c.value.len > 0 && c.name.len + c.value.len <= GALE__COOKIE_MAX);
        GALE_ASSERT(!c.path.len || c.path.ptr[0] == '/');
    }
    free(field);
    return 0;
}

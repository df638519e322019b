/* fuzz_proxy_protocol.c - PROXY headers on any bytes: the result does not depend on how they come.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "proto/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const uint8_t *data, size_t n, struct gale__proxy *out)
{
    char *copy = malloc(n ? n : 1);
    int r;

    if (!copy)
        abort();
    memcpy(copy, data, n);
    r = gale__proxy_parse(copy, n, out);
    free(copy);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gale__proxy whole, part;
    int r = parse(data, size, &whole);
    size_t step = size > 300 ? size / 100 : 1;

    GALE_ASSERT(r <= GALE__PROXY_MAX && (r <= 0 || (size_t)r <= size));
    GALE_ASSERT(r >= 0 || r == GALE_EPROTO || r == GALE_ENOTFOUND);
    /* Fewer bytes: incomplete, or the same result already. */
    for (size_t i = 0; i < size; i += step) {
        int q = parse(data, i, &part);

        GALE_ASSERT(q == 0 || q == r || (r == 0 && q < 0));
        GALE_ASSERT(q <= 0 || memcmp(&part, &whole, sizeof(part)) == 0);
    }
    return 0;
}

/* fuzz_range.c - Range fields on any bytes: ranges lie in the file and do not overlap. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/httputil.h>

#include "base/alloc.h"
#include "base/str.h"
#include "proto/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gale_str field, int64_t size)
{
    gale_range ranges[8];
    int n = gale__range_parse(field, size, &ranges[0].start, 8);

    GALE_ASSERT(n >= -1 && n <= 8);
    for (int i = 0; i < n; i++) {
        GALE_ASSERT(ranges[i].start >= 0 && ranges[i].start < ranges[i].end);
        GALE_ASSERT(ranges[i].end <= size);
        for (int j = 0; j < i; j++)
            GALE_ASSERT(ranges[i].end <= ranges[j].start || ranges[j].end <= ranges[i].start);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t sizes[] = { 0, 1, 10, 1000, INT64_MAX };
    char *copy = malloc(size + 1); /* so that reading beyond its end shows */

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        check((gale_str){ copy, size }, sizes[i]);
    free(copy);
    return 0;
}

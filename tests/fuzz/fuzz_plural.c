/* fuzz_plural.c - Plural-Forms of any bytes: refused, or an index for every number in its bounds.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "locale/plural.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t numbers[] = { 0,  1,  2,   3,   4,         5,         10, 11,
                                       21, 99, 100, 101, INT64_MAX, INT64_MIN, -1, 1000000 };
    char *copy = malloc(size ? size : 1); /* so that a read past the end is seen */
    struct gale__plural plural = { 0 };

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    if (gale__plural_compile(&plural, (gale_str){ copy, size }) >= 0) {
        GALE_ASSERT(plural.n > 0 && plural.n <= size);
        free(copy);
        copy = NULL;
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
            GALE_ASSERT(gale__plural_index(&plural, numbers[i]) >= -1);
    }
    gale__plural_deinit(&plural);
    free(copy);
    return 0;
}

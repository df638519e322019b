/* fuzz_static_path.c - paths below a static root: no plain path has a name that leads out. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/beneath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = malloc(size + 1), *plain = malloc(size + 1);
    gale_str rest, name;
    bool is_dir;
    int len;

    if (!path || !plain)
        abort();
    if (size)
        memcpy(path, data, size);
    path[size] = 0;
    plain = realloc(plain, strlen(path) + 1);
    len = gale__plain_path(path, plain, &is_dir);
    if (len >= 0) {
        GALE_ASSERT((size_t)len == strlen(plain) && (size_t)len <= strlen(path));
        rest = (gale_str){ len ? plain : NULL, (size_t)len };
        while (gale__str_split(&rest, '/', &name)) {
            GALE_ASSERT(name.len > 0);
            GALE_ASSERT(!gale__str_equal(name, GALE__STR(".")));
            GALE_ASSERT(!gale__str_equal(name, GALE__STR("..")));
        }
        GALE_ASSERT(len > 0 || is_dir);
    }
    free(path);
    free(plain);
    return 0;
}

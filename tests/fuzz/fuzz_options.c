/* fuzz_options.c - configuration files with options of every type. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/alloc.h"
#include "base/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "str", "int", "int64", "double", "bool", "date", "delta" };
    gale_options *options = gale_options_new();
    char list_name[16];

    if (!options)
        return 0;
    for (int type = GALE_OPTION_STR; type <= GALE_OPTION_TIMEDELTA; type++) {
        snprintf(list_name, sizeof(list_name), "%ss", names[type]);
        GALE_ASSERT(gale_define(options, .name = names[type], .type = type) == 0);
        GALE_ASSERT(gale_define(options, .name = list_name, .type = type, .is_multiple = true) ==
                    0);
    }
    (void)!gale__options_parse_text(options, (gale_str){ (const char *)data, size }, "fuzz", false);
    gale_options_free(options);
    return 0;
}

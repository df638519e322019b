/* fuzz_json.c - JSON text: what is parsed is dumped, and parses to an equal value again;
 * bodies of requests, where a name may not come twice.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>

#include "base/alloc.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A request's body: what is taken there is what the plain parser takes. */
static void check_strict(const json_t *value, gale_str text)
{
    int error = 0;
    json_t *strict = gale__json_decode_strict(text, 16, &error);

    GALE_ASSERT(strict ? json_equal(value, strict) : error < 0);
    json_decref(strict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value = gale_json_decode((gale_str){ (const char *)data, size }, NULL);
    struct gale__buf text;

    check_strict(value, (gale_str){ (const char *)data, size });
    gale__buf_init(&text, 16 << 20);
    gale__json_string(&text, (gale_str){ (const char *)data, size });
    json_t *string = gale_json_decode(gale__buf_str(&text), NULL);

    /* Any bytes make a JSON string, but jansson reads none with a NUL. */
    GALE_ASSERT(string || (size && memchr(data, 0, size)));
    json_decref(string);
    gale__buf_reset(&text);
    if (value) {
        GALE_ASSERT(gale__json_dump(value, &text) == 0);
        json_t *again = gale_json_decode(gale__buf_str(&text), NULL);

        GALE_ASSERT(again && json_equal(value, again));
        json_decref(again);
    }
    json_decref(value);
    gale__buf_deinit(&text);
    return 0;
}

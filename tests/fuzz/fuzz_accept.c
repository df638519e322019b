/* fuzz_accept.c - Accept, Accept-Encoding and Accept-Language on any bytes. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/httputil.h>

#include "base/alloc.h"
#include "proto/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The items lie in the field, in order. */
static void walk(gale_str field)
{
    struct gale__accept_item item;
    gale_str rest = field;
    const char *at = field.ptr;

    while (gale__accept_next(&rest, &item)) {
        GALE_ASSERT(item.value.len && item.value.ptr >= at);
        GALE_ASSERT(item.quality >= 0 && item.quality <= 1000);
        at = item.value.ptr + item.value.len;
        GALE_ASSERT(at <= field.ptr + field.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const offers[] = { "gzip", "identity",  "text/html", "text/plain;a=b",
                                          "en",   "en-GB",     "image/*",   "*",
                                          "",     "x;q=0.5;;", NULL };
    char *text = malloc(size + 1);
    int best;

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    walk((gale_str){ text, size });
    for (size_t i = 0; offers[i]; i++) {
        int quality = gale_accept_quality(text, offers[i]);

        GALE_ASSERT(quality >= 0 && quality <= 1000);
    }
    best = gale_accept_best(text, offers);
    GALE_ASSERT(best < 0 || gale_accept_quality(text, offers[best]) > 0);
    (void)gale_accept_quality("text/html, gzip;q=0.5, *", text);
    free(text);
    return 0;
}

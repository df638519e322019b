/* fuzz_linkify.c - links in any text: without their tags, it is the escaped text again. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/escape.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Tags are all that has a < in it. */
static void strip_tags(struct gale__buf *out, gale_str in)
{
    while (in.len) {
        size_t n = gale__str_find(in, '<');

        gale__buf_append(out, in.ptr, n);
        in = gale__str_skip(in, n);
        if (in.len)
            GALE_ASSERT(gale__str_starts_with(in, GALE__STR("<a href=\"")) ||
                        gale__str_starts_with(in, GALE__STR("</a>")));
        in = gale__str_skip(in, gale__str_find(in, '>') + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const gale_linkify_options shorter = { .shorten = GALE_ON };
    char *text = malloc(size ? size : 1); /* so that a read past the end is seen */
    gale_str in = { text, size };
    struct gale__buf linked, plain, escaped;

    if (!text)
        abort();
    memcpy(text, data, size);
    gale__buf_init(&linked, 1 << 26);
    gale__buf_init(&plain, 1 << 26);
    gale__buf_init(&escaped, 1 << 26);
    if (gale__linkify(&linked, in, NULL) < 0 || gale__xhtml_escape(&escaped, in) < 0)
        abort();
    strip_tags(&plain, gale__buf_str(&linked));
    GALE_ASSERT(plain.len == escaped.len);
    GALE_ASSERT(!plain.len || memcmp(plain.ptr, escaped.ptr, plain.len) == 0);
    gale__buf_reset(&linked);
    if (gale__linkify(&linked, in, &shorter) < 0)
        abort();
    gale__buf_deinit(&linked);
    gale__buf_deinit(&plain);
    gale__buf_deinit(&escaped);
    free(text);
    return 0;
}

/* fuzz_headers.c - header blocks as maps: what was parsed can be written and parsed again. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/httputil.h>

#include "base/alloc.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_block(struct gale__buf *out, const gale_headers *h)
{
    const char *name, *value;

    for (size_t i = 0; gale_headers_at(h, i, &name, &value); i++)
        gale__buf_printf(out, "%s: %s\r\n", name, value);
}

static void check(gale_headers *h)
{
    struct gale__buf first, second;
    gale_headers *again;
    const char *name, *value;

    gale__buf_init(&first, 1 << 24);
    gale__buf_init(&second, 1 << 24);
    write_block(&first, h);
    again = gale_headers_parse(gale__buf_str(&first), NULL);
    GALE_ASSERT(again);
    write_block(&second, again);
    GALE_ASSERT(first.len == second.len);
    GALE_ASSERT(!first.len || memcmp(first.ptr, second.ptr, first.len) == 0);
    while (gale_headers_at(h, 0, &name, &value)) {
        GALE_ASSERT(strncmp(gale_headers_get(h, name), value, strlen(value)) == 0);
        GALE_ASSERT(gale_headers_set(h, name, "x") == 0 && !gale_headers_get_at(h, name, 1));
        gale_headers_remove(h, name);
    }
    gale_headers_free(again);
    gale__buf_deinit(&first);
    gale__buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1); /* so that a read past the end is seen */
    gale_headers *h;
    int error;

    if (!text)
        abort();
    memcpy(text, data, size);
    h = gale_headers_parse((gale_str){ text, size }, &error);
    free(text);
    GALE_ASSERT(h ? error == 0 : error < 0);
    if (h && size)
        check(h);
    gale_headers_free(h);
    return 0;
}

/* fuzz_cookie.c - Cookie headers of any bytes, and values quoted and read back. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "proto/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy(const void *data, size_t size)
{
    char *p = malloc(size ? size : 1); /* so that a read past the end is seen */

    if (!p)
        abort();
    if (size)
        memcpy(p, data, size);
    return p;
}

/* Names and values lie inside, in order, without the separator; unquoting never grows. */
static void check_header(const char *text, size_t len)
{
    gale_str rest = { text, len }, name, value;
    const char *at = text;

    while (gale__cookie_next(&rest, &name, &value)) {
        char *plain = copy(value.ptr, value.len);

        GALE_ASSERT(name.ptr >= at && value.ptr >= name.ptr && value.ptr + value.len <= text + len);
        GALE_ASSERT(name.len || value.len);
        GALE_ASSERT(!value.len || !memchr(value.ptr, ';', value.len));
        GALE_ASSERT(gale__cookie_unquote(value, plain) <= value.len);
        GALE_ASSERT(gale__cookie_unquote((gale_str){ plain, value.len }, plain) <= value.len);
        at = value.ptr + value.len;
        free(plain);
    }
}

static void check_value(const char *text, size_t len)
{
    gale_str value = { text, len };
    char *quoted = malloc(gale__cookie_quote_size(value));
    size_t n;

    if (!quoted)
        abort();
    n = gale__cookie_quote(value, quoted);
    GALE_ASSERT(n <= gale__cookie_quote_size(value));
    for (size_t i = 0; i < n; i++)
        GALE_ASSERT((unsigned char)quoted[i] > 0x20 && (unsigned char)quoted[i] < 0x7f &&
                    quoted[i] != ';' && quoted[i] != ',');
    GALE_ASSERT(gale__cookie_unquote((gale_str){ quoted, n }, quoted) == len);
    GALE_ASSERT(len == 0 || memcmp(quoted, text, len) == 0);
    free(quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = copy(data, size);

    check_header(text, size);
    check_value(text, size);
    free(text);
    return 0;
}

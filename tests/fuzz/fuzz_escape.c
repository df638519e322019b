/* fuzz_escape.c - escaping for HTML and URLs, and back, on any bytes. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/escape.h>
#include <gale/httputil.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_html(gale_str in)
{
    struct gale__buf there, back;

    gale__buf_init(&there, 1 << 24);
    gale__buf_init(&back, 1 << 24);
    if (gale__xhtml_escape(&there, in) < 0 ||
        gale__xhtml_unescape(&back, gale__buf_str(&there)) < 0)
        abort();
    GALE_ASSERT(back.len == in.len && (!in.len || memcmp(back.ptr, in.ptr, in.len) == 0));
    gale__buf_reset(&back);
    if (gale__xhtml_unescape(&back, in) < 0)
        abort();
    gale__buf_deinit(&there);
    gale__buf_deinit(&back);
}

static void check_url(gale_str in, bool is_plus)
{
    struct gale__buf there, back, fixed;

    gale__buf_init(&there, 1 << 24);
    gale__buf_init(&back, 1 << 24);
    gale__buf_init(&fixed, 1 << 24);
    if (gale__url_escape(&there, in, is_plus) < 0 ||
        gale__url_unescape(&back, gale__buf_str(&there), is_plus) < 0)
        abort();
    GALE_ASSERT(back.len == in.len && (!in.len || memcmp(back.ptr, in.ptr, in.len) == 0));
    gale__buf_reset(&back);
    if (gale__url_unescape(&back, in, is_plus) < 0 ||
        gale__utf8_repair(&fixed, gale__buf_str(&back)) < 0)
        abort();
    GALE_ASSERT(back.len <= in.len);
    GALE_ASSERT(!fixed.len || gale__utf8_valid(fixed.ptr, fixed.len));
    gale__buf_deinit(&there);
    gale__buf_deinit(&back);
    gale__buf_deinit(&fixed);
}

/* The forms that cut agree with themselves about the length. */
static void check_cut(const char *text)
{
    static const gale_pair pairs[] = { { "a b", "\xc3\xa9&" }, { NULL, NULL } };
    char small[7];
    size_t whole = gale_url_concat(text, pairs, NULL, 0);

    GALE_ASSERT(gale_url_concat(text, pairs, small, sizeof(small)) == whole);
    GALE_ASSERT(strlen(small) == (whole < 6 ? whole : 6));
    whole = gale_squeeze_into(text, small, sizeof(small));
    GALE_ASSERT(whole <= strlen(text) && strlen(small) <= 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    check_html((gale_str){ text, size });
    check_url((gale_str){ text, size }, true);
    check_url((gale_str){ text, size }, false);
    check_cut(text);
    free(text);
    return 0;
}

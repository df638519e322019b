/* fuzz_template_context.c - HTML in pieces: the same context however it is cut, and values that
 * never end the place they are written in.
 *
 * Input: HTML in which byte 1 is an expression.
 */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/code.h"
#include "template/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Goes on over text in pieces of at most n bytes. The contexts come to found, at most max; the
 * number of them, which ends with a failure's. */
static size_t follow(struct gale__html_state *s, gale_str text, size_t n, int *found, size_t max)
{
    size_t n_found = 0;

    gale__html_start(s);
    while (text.len && n_found < max) {
        size_t len = gale__str_find(gale__str_head(text, n), '\1');
        int r = gale__html_text(s, gale__str_head(text, len));

        text = gale__str_skip(text, len);
        if (r >= 0 && text.len && *text.ptr == '\1') {
            r = found[n_found++] = gale__html_expression(s);
            text = gale__str_skip(text, 1);
        }
        if (r < 0) {
            found[n_found < max ? n_found++ : n_found - 1] = r;
            break;
        }
    }
    return n_found;
}

/* A state joined with itself, or with one before it, is one that goes on. */
static void check_joins(const struct gale__html_state *s, gale_str text)
{
    struct gale__html_state joined = *s, other, both;

    GALE_ASSERT(gale__html_join(&joined, s) && gale__html_same(&joined, s));
    gale__html_start(&other);
    gale__html_text(&other, gale__str_head(text, text.len / 2));
    both = other;
    GALE_ASSERT(gale__html_join(&joined, &other) == gale__html_join(&both, s));
    gale__html_text(&joined, text);
    gale__html_loop(&both);
    joined = both;
    GALE_ASSERT(gale__html_rejoin(&joined, &both));
    gale__html_written(&joined);
    gale__html_text(&joined, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gale_str text = { (const char *)data, size };
    struct gale__html_state whole, cut;
    int a[64], b[64];
    size_t n = follow(&whole, text, SIZE_MAX, a, 64);

    for (size_t piece = 1; piece < 4; piece++) {
        GALE_ASSERT(follow(&cut, text, piece, b, 64) == n);
        GALE_ASSERT(memcmp(a, b, n * sizeof(*a)) == 0);
        GALE_ASSERT((n && a[n - 1] < 0) || gale__html_same(&whole, &cut));
    }
    for (size_t i = 0; i < n; i++)
        GALE_ASSERT(a[i] < GALE__N_HTML_CONTEXTS);
    if (n == 0 || a[n - 1] >= 0)
        check_joins(&whole, text);
    return 0;
}

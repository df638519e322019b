/* fuzz_http_url.c - URLs and references: what is accepted can be sent, and resolved again.
 *
 * The input is a URL, a line end, and a reference to resolve against it.
 */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/str.h"
#include "proto/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(const struct gale__http_url *url)
{
    struct gale__buf out;

    gale__buf_init(&out, 1 << 20);
    gale__http_url_write_target(url, &out);
    GALE_ASSERT(out.error || (out.len && out.ptr[0] == '/'));
    for (size_t i = 0; i < out.len; i++)
        GALE_ASSERT(out.ptr[i] > ' ' && out.ptr[i] < 0x7f && out.ptr[i] != '#');
    gale__buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gale_str text = { (const char *)data, size };
    gale_str first = gale__str_head(text, gale__str_find(text, '\n'));
    struct gale__http_url base, url;
    struct gale__buf out;

    if (gale__http_url_parse(first, &base) < 0)
        return 0;
    GALE_ASSERT(base.host.len && base.port > 0 && base.port < 65536);
    check_target(&base);
    gale__buf_init(&out, 1 << 20);
    if (gale__http_url_resolve(&base, gale__str_skip(text, first.len + 1), &out) == 0 &&
        gale__http_url_parse(gale__buf_str(&out), &url) == 0)
        check_target(&url);
    gale__buf_deinit(&out);
    return 0;
}

/* fuzz_proxy_url.c - what the environment says of proxies, on any bytes: a line for http_proxy, a
 * line for a host, the rest is no_proxy. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "proto/proxy_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    gale_str rest = { text, size }, line = { "", 0 }, host = { "", 0 };
    struct gale__proxy_url url;

    memcpy(text, data, size);
    gale__str_split(&rest, '\n', &line);
    if (gale__proxy_url_parse(line, &url) == 0)
        GALE_ASSERT(url.host.len && url.port > 0 && url.port < 65536);
    gale__str_split(&rest, '\n', &host);
    gale__proxy_is_excepted(rest, host, 80);
    free(text);
    return 0;
}

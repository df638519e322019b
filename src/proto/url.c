/* url.c - see url.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/url.h"

#include <gale/error.h>
#include "proto/char_class.h"

int gale__split_host_port(gale_str text, gale_str *host, int *port)
{
    size_t i = text.len;
    int n = 0;

    while (i && GALE__CHAR_IS(text.ptr[i - 1], GALE__CHAR_DIGIT))
        i--;
    if (i < 2 || i == text.len || text.ptr[i - 1] != ':') {
        *host = text;
        *port = -1;
        return 0;
    }
    for (size_t k = i; k < text.len; k++) {
        n = n * 10 + (text.ptr[k] - '0');
        if (n > 65535)
            return gale_err(GALE_EINVAL, "port above 65535");
    }
    *host = (gale_str){ text.ptr, i - 1 };
    *port = n;
    return 0;
}

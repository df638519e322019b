/* away.c - see away.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/away.h"

#include <errno.h>
#include <gale/web.h>

const char *gale__auth_url(struct gale__auth_call *call, const char *url, const gale_pair *pairs)
{
    size_t len = gale_url_concat(url, pairs, NULL, 0);
    char *out;

    if (len == SIZE_MAX) {
        (void)!gale__auth_internal(call, gale_err(-ENOMEM, "no memory for an address"));
        return NULL;
    }
    out = gale__auth_alloc(call, len + 1);
    if (out)
        gale_url_concat(url, pairs, out, len + 1);
    return out;
}

int gale__auth_send_away(struct gale__auth_call *call, const char *url)
{
    int r = gale_set_header(call->self, "Cache-Control", "no-store");

    if (r >= 0)
        r = gale_redirect(call->self, url);
    return r < 0 ? gale__auth_internal(call, r) : 0;
}

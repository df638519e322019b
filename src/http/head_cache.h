/* head_cache.h - the bytes every response begins with, renewed once a second. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_HEAD_CACHE_H
#define GALE_HTTP_HEAD_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/http_date.h"

enum {
    GALE__SERVER_NAME_MAX = 100,
    GALE__OK_HEAD_MAX = 160 + GALE__SERVER_NAME_MAX,
};

struct gale__head_cache {
    int64_t valid_until_ns; /* on the loop's clock */
    size_t ok_len, server_len;
    char date[GALE__HTTP_DATE_LEN + 1];
    char server[GALE__SERVER_NAME_MAX]; /* the Server field's value; empty: no field */
    /* Status line 200 and the default headers, without the empty line. */
    char ok[GALE__OK_HEAD_MAX];
};

/* name NULL: "gale/VERSION"; empty: no Server field. At most 99 bytes count. */
void gale__head_cache_init(struct gale__head_cache *c, const char *name);

void gale__head_cache_renew(struct gale__head_cache *c, int64_t now_ns);

static inline void gale__head_cache_check(struct gale__head_cache *c, int64_t now_ns)
{
    if (now_ns >= c->valid_until_ns)
        gale__head_cache_renew(c, now_ns);
}

#endif

/* head_cache.c - the bytes every response begins with. See head_cache.h. */
/* SPDX-License-Identifier: MIT */
#include "http/head_cache.h"

#include <stdio.h>
#include <time.h>

#include <gale/base.h>

#include "http/headers.h"

void gale__head_cache_renew(struct gale__head_cache *c, int64_t now_ns)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    gale__http_date_format(c->date, wall.tv_sec);
    c->ok_len = (size_t)snprintf(c->ok, sizeof(c->ok),
                                 "HTTP/1.1 200 OK\r\n"
                                 "Server: gale/" GALE_VERSION "\r\n"
                                 "Content-Type: " GALE__DEFAULT_CONTENT_TYPE "\r\n"
                                 "Date: %s\r\n",
                                 c->date);
    c->valid_until_ns = now_ns + 1000000000 - wall.tv_nsec;
}

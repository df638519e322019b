/* head_cache.c - the bytes every response begins with. See head_cache.h. */
/* SPDX-License-Identifier: MIT */
#include "http/head_cache.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gale/base.h>

#include "http/headers.h"

void gale__head_cache_init(struct gale__head_cache *c, const char *name)
{
    snprintf(c->server, sizeof(c->server), "%s", name ? name : "gale/" GALE_VERSION);
    c->server_len = strlen(c->server);
    c->valid_until_ns = INT64_MIN;
}

void gale__head_cache_renew(struct gale__head_cache *c, int64_t now_ns)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    gale__http_date_format(c->date, wall.tv_sec);
    c->ok_len = (size_t)snprintf(c->ok, sizeof(c->ok),
                                 "HTTP/1.1 200 OK\r\n"
                                 "%s%s%s"
                                 "Content-Type: " GALE__DEFAULT_CONTENT_TYPE "\r\n"
                                 "Date: %s\r\n",
                                 c->server_len ? "Server: " : "", c->server,
                                 c->server_len ? "\r\n" : "", c->date);
    c->valid_until_ns = now_ns + 1000000000 - wall.tv_nsec;
}

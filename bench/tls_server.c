/* tls_server.c - gale's HTTPS for the benchmark: / and /big (1 MiB). */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <string.h>

static char big[1 << 20];

static int hello_get(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static int big_get(gale_handler *self)
{
    return gale_write_bytes(self, big, sizeof(big));
}

int main(int argc, char **argv)
{
    static const gale_handler_class hello = { .get = hello_get }, body = { .get = big_get };
    static const gale_route routes[] = {
        { .url = "/", .handler = &hello },
        { .url = "/big", .handler = &body },
        { 0 },
    };

    memset(big, 'x', sizeof(big));
    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

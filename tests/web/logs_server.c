/* logs_server.c - what test_logs_wire.py asks: ids of requests, lines of the log, options. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdlib.h>

static gale_logger shop_log = { .name = "shop" };

static int log_in_child(void *arg)
{
    (void)arg;
    gale_log(&shop_log, GALE_LOG_INFO, "in a child");
    return 0;
}

static int main_get(gale_handler *self)
{
    gale_future *child;

    gale_log(&shop_log, GALE_LOG_DEBUG, "debugging");
    gale_log(&shop_log, GALE_LOG_INFO, "in a handler");
    child = gale_spawn(log_in_child, NULL);
    if (!child || gale_wait(child) < 0)
        return gale_fail(self, 500, "no child");
    return gale_write(self, "hello");
}

static int id_get(gale_handler *self)
{
    return gale_write(self, gale_request_id(self));
}

static int fail_get(gale_handler *self)
{
    return gale_fail(self, 500, "it \"failed\"");
}

static __attribute__((noinline)) int wait_long(double seconds)
{
    int r = gale_sleep(seconds);

    return r < 0 ? r : 1;
}

static int wait_get(gale_handler *self)
{
    int r = wait_long(0.5);

    return r < 0 ? r : gale_write(self, "waited");
}

static const gale_handler_class wait_handler = { .get = wait_get };
static const gale_handler_class main_handler = { .get = main_get };
static const gale_handler_class id_handler = { .get = id_get };
static const gale_handler_class fail_handler = { .get = fail_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = { { "/", &main_handler },
                                  { "/id", &id_handler },
                                  { "/fail", &fail_handler },
                                  { "/wait", &wait_handler },
                                  { 0 } };
    const gale_settings settings = {
        .access_log = getenv("ACCESS_LOG"),
        .request_id_header = getenv("REQUEST_ID") ? GALE_ON : 0,
        .server = { .xheaders = GALE_ON },
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

/* settings.c - what an application can be told: limits, logging, errors, data of its own. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

struct shop {
    const char *name;
    long visits;
};

static int shop_get(gale_handler *self)
{
    struct shop *shop = gale_app_data(gale_handler_app(self));

    return gale_printf(self, "%s: visit %ld\n", shop->name, ++shop->visits);
}

static int shop_post(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;

    return gale_printf(self, "%zu bytes\n", body.len);
}

static int lost_get(gale_handler *self)
{
    gale_set_status(self, 404, "Lost");
    return gale_printf(self, "There is no %s here.\n", gale_handler_request(self)->path);
}

/* Fails, to show what debug makes of it. */
static int broken_get(gale_handler *self)
{
    return gale_err(GALE_EPROTO, "the shelf of %s is empty", gale_handler_request(self)->path);
}

static void log_request(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);

    gale_log(&gale_log_access, GALE_LOG_INFO, "%s %s -> %d after %.1f ms", request->method,
             request->uri, gale_get_status(self), gale_request_time(request) * 1000);
}

static const gale_handler_class shop_handler = { .get = shop_get, .post = shop_post };
static const gale_handler_class lost_handler = { .get = lost_get };
static const gale_handler_class broken_handler = { .get = broken_get };

int main(int argc, char **argv)
{
    static struct shop shop = { .name = "Corner shop" };
    gale_route routes[] = {
        { .url = "/", .handler = &shop_handler },
        { .url = "/broken", .handler = &broken_handler },
        { 0 },
    };
    gale_settings settings = {
        .debug = GALE_ON,
        .default_handler = &lost_handler,
        .log_function = log_request,
        .server_name = "corner/1.0",
        .data = &shop,
        .server = { .max_body_size = 1000, .idle_timeout = 30 },
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

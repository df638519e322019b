/* metrics_server.c - what test_metrics_wire.py asks. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/metrics.h>

static int main_get(gale_handler *self)
{
    return gale_write(self, "hello");
}

static int write_own(gale_handler *self)
{
    return gale_write(self, "# HELP shop_orders_total Orders.\n# TYPE shop_orders_total counter\n"
                            "shop_orders_total{kind=\"a \\\"b\\\"\"} 3\n");
}

static const gale_handler_class main_handler = { .get = main_get };
static gale_metrics_options options = { .extra = write_own };

int main(int argc, char **argv)
{
    const gale_route inner[] = { { "/metrics", &gale_metrics_handler, &options }, { 0 } };
    const gale_route routes[] = { { "/", &main_handler },
                                  { "/metrics", &gale_metrics_handler },
                                  { .url = "/shop", .app = gale_app_new(inner, NULL) },
                                  { 0 } };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

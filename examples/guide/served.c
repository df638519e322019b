/* served.c - guide: what the chapter on running starts, stops and replaces: says which process
 * answers, takes its time when asked to, is fit for balancers and Prometheus.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <unistd.h>

static int main_get(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);

    return gale_printf(self, "%s for %s\n", gale_request_protocol(request),
                       gale_request_remote_ip(request));
}

static int slow_get(gale_handler *self)
{
    int r = gale_sleep(1);

    return r < 0 ? r : gale_write(self, "done\n");
}

static int pid_get(gale_handler *self)
{
    return gale_printf(self, "%d\n", (int)getpid());
}

/* For balancers and orchestrators: it answers, so it serves. */
static int health_get(gale_handler *self)
{
    return gale_write(self, "ok\n");
}

static void log_nothing(gale_handler *self)
{
    (void)self;
}

static const gale_handler_class main_handler = { .get = main_get };
static const gale_handler_class slow_handler = { .get = slow_get };
static const gale_handler_class pid_handler = { .get = pid_get };
static const gale_handler_class health_handler = { .get = health_get, .log_request = log_nothing };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/", .handler = &main_handler },
        { .url = "/slow", .handler = &slow_handler },
        { .url = "/pid", .handler = &pid_handler },
        { .url = "/health", .handler = &health_handler },
        { .url = "/metrics", .handler = &gale_metrics_handler, .host = "localhost" },
        { 0 },
    };
    const gale_settings settings = {
        .request_id_header = GALE_ON,
        .server.xheaders = GALE_ON, /* the proxy on this machine says who the client is */
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

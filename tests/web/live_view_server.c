/* live_view_server.c - what test_live_view_wire.py and tests/browser look at. NODEBUG of the
 * environment is without debug. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <gale/gale.h>

static int home_get(gale_handler *self)
{
    return gale_write(self, "hello");
}

static int fail_get(gale_handler *self)
{
    return gale_fail(self, 500, "as asked");
}

static int slow_get(gale_handler *self)
{
    int r = gale_sleep(0.06); /* here: slow */

    return r < 0 ? r : gale_write(self, "slow");
}

/* Until its client goes. */
static int hang_get(gale_handler *self)
{
    int r = gale_sleep(3600); /* here: hang */

    return r < 0 ? r : gale_finish(self);
}

static int events_get(gale_handler *self)
{
    gale_event_stream *events = gale_event_stream_open(self, NULL);
    int r = events ? gale_event_send(events, &(gale_server_event){ .data = "first" })
                   : GALE_ECLOSED;

    return r < 0 ? r : gale_sleep(3600);
}

static int background(void *arg)
{
    (void)arg;
    return gale_sleep(3600); /* here: background */
}

static int spawn_get(gale_handler *self)
{
    int r = gale_ioloop_spawn_callback(gale_ioloop_current(), background, NULL);

    return r < 0 ? r : gale_write(self, "spawned");
}

static int on_message(gale_websocket *ws, gale_str message, bool binary)
{
    (void)ws, (void)message, (void)binary;
    return 0;
}

static const gale_handler_class home = { .get = home_get, .name = "Home" };
static const gale_handler_class fail = { .get = fail_get };
static const gale_handler_class slow = { .get = slow_get };
static const gale_handler_class hang = { .get = hang_get, .cancel_on_close = GALE_ON };
static const gale_handler_class events = { .get = events_get, .cancel_on_close = GALE_ON };
static const gale_handler_class spawn = { .get = spawn_get };
static const gale_websocket_class room = GALE_WEBSOCKET_CLASS(.on_message = on_message);

int main(int argc, char **argv)
{
    const gale_settings settings = { .debug = getenv("NODEBUG") ? GALE_OFF : GALE_ON,
                                     .request_id = GALE_ON };
    const gale_route inner[] = { { .url = "/item/([0-9]+)", .handler = &home, .name = "item" },
                                 { 0 } };
    const gale_route routes[] = { { .url = "/", .handler = &home },
                                  { .url = "/fail", .handler = &fail },
                                  { .url = "/slow", .handler = &slow },
                                  { .url = "/hang/(.*)", .handler = &hang },
                                  { .url = "/events", .handler = &events },
                                  { .url = "/spawn", .handler = &spawn },
                                  { .url = "/room", .handler = &room.base },
                                  { .url = "/shop", .app = gale_app_new(inner, NULL) },
                                  { 0 } };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

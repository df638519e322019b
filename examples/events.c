/* events.c - a page that counts along with the server: events over one lasting answer.
 *
 *     curl -N http://localhost:8888/events
 *
 * The browser comes again by itself when the connection breaks, and says which event it has seen
 * last, so that counting goes on from there.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char page_top[] =
    "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
    "<meta name=viewport content='width=device-width, initial-scale=1'>\n<title>Events</title>\n"
    "<style>\n"
    "  :root { color-scheme: light dark }\n"
    "  body { font: 16px/1.5 system-ui, sans-serif; max-width: 38rem; margin: 2.5rem auto;\n"
    "         padding: 0 1rem }\n"
    "  #n { font-size: 3rem; font-variant-numeric: tabular-nums }\n"
    "</style>\n";

static int index_get(gale_handler *self)
{
    gale_write(self, page_top);
    return gale_write(self, "<h1>Events</h1>\n<p>Count: <b id=n>?</b>\n"
                            "<p>Server time: <b id=t>?</b>\n<script>\n"
                            "const events = new EventSource('/events');\n"
                            "const show = id => e => document.getElementById(id)\n"
                            "    .textContent = e.data;\n"
                            "events.onmessage = show('n');\n"
                            "events.addEventListener('time', show('t'));\n"
                            "</script>\n");
}

static int send_both(gale_event_stream *events, int count)
{
    char number[16], date[32];
    int r;

    snprintf(number, sizeof(number), "%d", count);
    gale_format_timestamp((double)time(NULL), date, sizeof(date));
    r = gale_event_send(events, &(gale_server_event){ .data = number, .id = number });
    return r < 0 ? r
                 : gale_event_send(events, &(gale_server_event){ .event = "time", .data = date });
}

static int events_get(gale_handler *self)
{
    const double pause = strtod(gale_get_argument(self, "pause", "1"), NULL);
    gale_event_stream *events = gale_event_stream_open(
        self, &(gale_event_stream_options){ .retry_ms = 1000 });
    int count, r = 0;

    if (!events)
        return -1;
    count = (int)strtol(gale_event_stream_last_id(events), NULL, 10);
    while (r >= 0) {
        r = send_both(events, ++count);
        if (r >= 0)
            r = gale_sleep(pause); /* ends at once when the client goes */
    }
    return r;
}

static const gale_handler_class index_handler = { .get = index_get };
static const gale_handler_class events_handler = { .get = events_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/", .handler = &index_handler },
        { .url = "/events", .handler = &events_handler },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

/* output_server.c - the application that test_output_wire.py talks to: answers of every kind, with
 * compression where the client likes it. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

struct counts {
    int opened, gone, told, sent;
};

static struct counts *counts_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static int number(gale_handler *self, const char *name, int fallback)
{
    const char *text = gale_get_argument(self, name, NULL);

    return text ? (int)strtol(text, NULL, 10) : fallback;
}

static int write_words(gale_handler *self, int size)
{
    int r = 0;

    for (int i = 0; i < size && r >= 0; i += 10)
        r = gale_printf(self, "%09d\n", i);
    return r;
}

/* So many bytes with the status and headers that the arguments ask for. */
static int text_get(gale_handler *self)
{
    static const struct {
        const char *argument, *header;
    } fields[] = {
        { "type", "Content-Type" }, { "coding", "Content-Encoding" }, { "cache", "Cache-Control" },
        { "etag", "Etag" },         { "range", "Content-Range" },
    };
    const char *vary = gale_get_argument(self, "vary", NULL);

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = gale_get_argument(self, fields[i].argument, NULL);

        if (value)
            gale_set_header(self, fields[i].header, value);
    }
    if (vary) {
        gale_add_header(self, "Vary", vary);
        gale_add_header(self, "Vary", "Cookie");
    }
    gale_set_status(self, number(self, "status", 200), NULL);
    return write_words(self, number(self, "size", 5000));
}

static int pieces_get(gale_handler *self)
{
    int r = gale_write(self, "ab");

    if (r >= 0)
        r = gale_flush(self);
    if (r >= 0)
        r = gale_write(self, "cd");
    if (r >= 0)
        r = gale_flush(self);
    return r;
}

/* An own head, which knows the length only. */
static int declared_head(gale_handler *self)
{
    return gale_set_header(self, "Content-Length", "5000");
}

static int declared_get(gale_handler *self)
{
    gale_set_header(self, "Content-Length", "5000");
    return write_words(self, 5000);
}

static int fail_get(gale_handler *self)
{
    write_words(self, 5000);
    return gale_fail(self, 500, NULL);
}

static int fail_error(gale_handler *self, int status)
{
    gale_printf(self, "error %d\n", status);
    return write_words(self, 4000);
}

static int json_get(gale_handler *self)
{
    return gale_json(self, "[{s:s, s:i}, s]", "name", "</script>", "n", 42, "x");
}

static int bad_json_get(gale_handler *self)
{
    return gale_json(self, "{s:s}", "name", NULL);
}

static int counts_get(gale_handler *self)
{
    const struct counts *counts = counts_of(self);

    return gale_printf(self, "opened=%d gone=%d told=%d sent=%d", counts->opened, counts->gone,
                       counts->told, counts->sent);
}

static void events_closed(gale_handler *self)
{
    counts_of(self)->told++;
}

static gale_event_stream *open_events(gale_handler *self)
{
    gale_event_stream_options options = {
        .heartbeat = strtod(gale_get_argument(self, "heartbeat", "-1"), NULL),
        .retry_ms = number(self, "retry", 0),
    };
    gale_event_stream *events = gale_event_stream_open(self, &options);

    if (events)
        counts_of(self)->opened++;
    return events;
}

/* One event of each kind, then it waits for the client to go. */
static int events_get(gale_handler *self)
{
    gale_event_stream *events = open_events(self);
    int r;

    if (!events)
        return -1;
    gale_event_send(events, &(gale_server_event){ .data = "one" });
    gale_event_send(events,
                    &(gale_server_event){ .data = "a\nb\r\nc\rd", .event = "lines", .id = "7" });
    gale_event_send(events, &(gale_server_event){ .data = "", .retry_ms = 250 });
    gale_event_send(events, &(gale_server_event){ .id = gale_event_stream_last_id(events) });
    if (gale_event_send(events, &(gale_server_event){ .data = "x", .event = "a\nb" }) !=
            GALE_EINVAL ||
        gale_event_send(events, &(gale_server_event){ .data = "x", .id = "a\rb" }) != GALE_EINVAL)
        return -1;
    gale_event_send(events, &(gale_server_event){ .data = "last\n" });
    r = gale_event_stream_wait(events, NULL);
    counts_of(self)->gone += r == GALE_ECLOSED;
    return r;
}

static int rest(void *arg)
{
    (void)arg;
    return gale_sleep(3600);
}

/* Waits in a way of its own, and in a child. */
static int busy_events_get(gale_handler *self)
{
    gale_event_stream *events = open_events(self);
    gale_future *child = events ? gale_spawn(rest, NULL) : NULL;
    int r;

    if (!child)
        return -1;
    r = number(self, "sleep", 0) ? gale_sleep(3600) : gale_event_stream_wait(events, child);
    counts_of(self)->gone += r == GALE_ECLOSED || r == GALE_ECANCELED;
    return 0;
}

static int tell(void *arg)
{
    (void)arg;
    return gale_sleep(0.001) < 0 ? -1 : 3;
}

/* Three events, each when a future is done; then the answer ends. */
static int short_events_get(gale_handler *self)
{
    gale_event_stream *events = open_events(self);
    int r = events ? 0 : -1;

    for (int i = 0; i < 3 && r >= 0; i++) {
        gale_future *news = gale_spawn(tell, NULL);

        if (!news)
            return -1;
        r = gale_event_stream_wait(events, news);
        gale_future_free(&news);
        if (r >= 0)
            r = gale_event_send(events, &(gale_server_event){ .data = r == 3 ? "three" : "?" });
    }
    return r;
}

/* 64 MiB, as fast as the client takes them. */
static int flood_get(gale_handler *self)
{
    static char data[65536];
    gale_event_stream *events = open_events(self);
    int r = events ? 0 : -1;

    memset(data, 'x', sizeof(data) - 1);
    counts_of(self)->sent = 0;
    for (int i = 0; i < 1024 && r >= 0; i++) {
        r = gale_event_send(events, &(gale_server_event){ .data = data });
        counts_of(self)->sent++;
    }
    counts_of(self)->gone += r == GALE_ECLOSED;
    return r;
}

static const gale_handler_class text = { .get = text_get };
static const gale_handler_class uncompressed = { .parent = &text, .compress_response = GALE_OFF };
static const gale_handler_class pieces = { .get = pieces_get };
static const gale_handler_class declared = { .get = declared_get, .head = declared_head };
static const gale_handler_class failing = { .get = fail_get, .write_error = fail_error };
static const gale_handler_class json = { .get = json_get };
static const gale_handler_class bad_json = { .get = bad_json_get };
static const gale_handler_class counts = { .get = counts_get };
static const gale_handler_class all_events = { .get = events_get,
                                               .on_connection_close = events_closed };
static const gale_handler_class busy_events = { .get = busy_events_get };
static const gale_handler_class short_events = { .get = short_events_get };
static const gale_handler_class flood = { .get = flood_get };

int main(int argc, char **argv)
{
    static struct counts all;
    const gale_route routes[] = {
        { .url = "/text", .handler = &text },
        { .url = "/uncompressed", .handler = &uncompressed },
        { .url = "/pieces", .handler = &pieces },
        { .url = "/declared", .handler = &declared },
        { .url = "/fail", .handler = &failing },
        { .url = "/json", .handler = &json },
        { .url = "/bad_json", .handler = &bad_json },
        { .url = "/counts", .handler = &counts },
        { .url = "/events", .handler = &all_events },
        { .url = "/events/busy", .handler = &busy_events },
        { .url = "/events/short", .handler = &short_events },
        { .url = "/events/flood", .handler = &flood },
        { 0 },
    };
    const gale_settings settings = { .compress_response = GALE_ON, .data = &all };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

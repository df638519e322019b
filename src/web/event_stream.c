/* event_stream.c - server-sent events. See gale/eventstream.h.
 *
 * The stream lives in the request's arena. The end of the client's side is the end of the stream,
 * also when an answer could still be written: nobody who reads events has ended theirs before.
 * Heartbeats come from a timer of the loop, so that handlers may wait for whatever they like.
 */
/* SPDX-License-Identifier: MIT */
#include "web/event_stream.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/str.h"
#include "ioloop/io.h"

#define DEFAULT_HEARTBEAT 15.0

struct gale_event_stream {
    gale_handler *self;
    const char *last_id;
    int64_t heartbeat_ns; /* 0: none */
    int64_t sent_ns;      /* when something was sent last */
    gale_timeout timer;
    bool gone;
    struct gale__list waiters; /* in gale_event_stream_wait() */
};

/* On the stack of who waits. */
struct waiter {
    struct gale__list link;
    gale_future *gone;
};

static int is_gone(void)
{
    return gale_err(GALE_ECLOSED, "the client of the event stream has gone");
}

void gale__event_stream_gone(gale_handler *self)
{
    gale_event_stream *events = self->more->events;

    events->gone = true;
    for (struct gale__list *at = events->waiters.next; at != &events->waiters; at = at->next)
        gale_future_set_error(GALE_CONTAINER_OF(at, struct waiter, link)->gone, GALE_ECLOSED,
                              "the client of the event stream has gone");
    if (self->co)
        gale__co_cancel(self->co);
}

static int flush(gale_event_stream *events)
{
    int r;

    events->sent_ns = gale__ioloop_now_ns(events->self->x->loop);
    r = gale_flush(events->self);
    return r < 0 && events->gone ? is_gone() : r;
}

static void start_timer(gale_event_stream *events);

/* A comment, when nothing else was sent for so long: proxies keep the connection, and one that is
 * broken shows. */
static void beat(void *arg)
{
    gale_event_stream *events = arg;
    gale_handler *self = events->self;

    events->timer = 0;
    if (self->finished || self->failed || events->gone)
        return;
    if (gale__ioloop_now_ns(self->x->loop) >= events->sent_ns + events->heartbeat_ns) {
        gale_write(self, ":\n\n");
        if (flush(events) < 0)
            return;
    }
    start_timer(events);
}

static void start_timer(gale_event_stream *events)
{
    if (events->heartbeat_ns)
        events->timer = gale__ioloop_timer(events->self->x->loop,
                                           events->sent_ns + events->heartbeat_ns, beat, events);
}

static void stop_timer(void *arg)
{
    gale_event_stream *events = arg;

    gale_ioloop_remove_timeout(events->self->x->loop, events->timer);
}

static void set_headers(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "text/event-stream");
    gale_set_header(self, "Cache-Control", "no-store, no-transform");
    gale_set_header(self, "X-Accel-Buffering", "no");
}

static gale_event_stream *make(gale_handler *self, const gale_event_stream_options *options)
{
    const char *last_id = gale_request_header(&self->x->request, "Last-Event-ID");
    double heartbeat = options && options->heartbeat ? options->heartbeat : DEFAULT_HEARTBEAT;
    struct gale__handler_more *more = gale__handler_more(self);
    gale_event_stream *events = gale__arena_zalloc(&self->x->arena, sizeof(*events));

    if (!more || !events || gale__arena_defer(&self->x->arena, stop_timer, events) < 0)
        return NULL;
    events->self = self;
    events->last_id = last_id ? last_id : "";
    events->heartbeat_ns = heartbeat > 0 ? (int64_t)(heartbeat * 1e9) : 0;
    gale__list_init(&events->waiters);
    /* What a HEAD asks for is there with the headers. */
    events->gone = gale__handler_method(self) == GALE__METHOD_HEAD;
    more->events = events;
    return events;
}

gale_event_stream *gale_event_stream_open(gale_handler *self,
                                          const gale_event_stream_options *options)
{
    gale_event_stream *events = NULL;

    if (self->headers_sent || self->finished) {
        gale__handler_failed(
            self, gale_err(GALE_ESTATE, "gale_event_stream_open: the headers have left"));
        return NULL;
    }
    set_headers(self);
    if (!self->failed)
        events = make(self, options);
    if (!events) {
        gale__handler_failed(self, -ENOMEM);
        return NULL;
    }
    if (options && options->retry_ms > 0)
        gale_printf(self, "retry: %d\n\n", options->retry_ms);
    if (flush(events) < 0)
        return NULL;
    start_timer(events);
    return events;
}

const char *gale_event_stream_last_id(const gale_event_stream *events)
{
    return events->last_id;
}

static bool has_line_end(const char *text)
{
    return text && strpbrk(text, "\r\n");
}

static void write_data(gale_handler *self, const char *data)
{
    size_t n;

    for (;; data += n + 1) {
        n = strcspn(data, "\r\n");
        gale_write(self, "data: ");
        gale_write_bytes(self, data, n);
        gale_write(self, "\n");
        if (!data[n])
            return;
        n += data[n] == '\r' && data[n + 1] == '\n';
    }
}

int gale_event_send(gale_event_stream *events, const gale_server_event *event)
{
    gale_handler *self = events->self;

    if (has_line_end(event->event))
        return gale_err(GALE_EINVAL, "gale_event_send: a line end in the event's type");
    if (has_line_end(event->id))
        return gale_err(GALE_EINVAL, "gale_event_send: a line end in the event's id");
    if (events->gone)
        return is_gone();
    if (event->event)
        gale_printf(self, "event: %s\n", event->event);
    if (event->id)
        gale_printf(self, "id: %s\n", event->id);
    if (event->retry_ms > 0)
        gale_printf(self, "retry: %d\n", event->retry_ms);
    if (event->data)
        write_data(self, event->data);
    gale_write(self, "\n");
    return flush(events);
}

/* For the first of both. */
static int wait_for(gale_future *future, gale_future *gone)
{
    gale_future *const both[] = { future, gone };
    gale_wait_iterator it;
    int r;

    gale_wait_iterator_init(&it, both, 2);
    r = gale_wait_next(&it);
    if (r < 0)
        return r;
    return gale_wait(both[r]);
}

int gale_event_stream_wait(gale_event_stream *events, gale_future *future)
{
    struct waiter w = { .gone = NULL };
    int r;

    if (events->gone)
        return is_gone();
    w.gone = gale_future_new();
    if (!w.gone)
        return -ENOMEM;
    gale__list_append(&events->waiters, &w.link);
    r = wait_for(future, w.gone);
    gale__list_remove(&w.link);
    gale_future_free(&w.gone);
    return events->gone ? is_gone() : r;
}

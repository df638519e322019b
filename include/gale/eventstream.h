/* eventstream.h - server-sent events (the WHATWG HTML standard's event streams).
 *
 * A handler opens the stream and sends events until the client has gone:
 *
 *     gale_event_stream *events = gale_event_stream_open(self, NULL);
 *     while (events && gale_event_stream_wait(events, news) >= 0)
 *         gale_event_send(events, &(gale_server_event){ .data = text });
 *
 * A handler that returns the GALE_ECLOSED it was given ends quietly.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_EVENTSTREAM_H
#define GALE_EVENTSTREAM_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/gen.h>

GALE_BEGIN_DECLS

typedef struct gale_handler gale_handler;
typedef struct gale_event_stream gale_event_stream;

typedef struct gale_event_stream_options {
    double heartbeat; /* seconds of silence after which a comment line is sent; default 15, < 0
                         never */
    int retry_ms;     /* what the client waits before it comes again; 0: its own choice */
} gale_event_stream_options;

/* Answers with text/event-stream: no caching, no proxy buffering, never compressed. options may be
 * NULL. In the request's memory; it ends with the request. NULL: the request fails with the
 * reason. From now on the client's going cancels the handler's waits. */
GALE_API gale_event_stream *gale_event_stream_open(gale_handler *self,
                                                   const gale_event_stream_options *options);

/* The id of the last event the client has seen (Last-Event-ID), "" without one. */
GALE_API const char *gale_event_stream_last_id(const gale_event_stream *events);

typedef struct gale_server_event {
    const char *data;  /* lines by CR, LF or CRLF become data lines; NULL: none */
    const char *event; /* the event's type; NULL: message. No line ends */
    const char *id;    /* NULL: none. No line ends, no NUL */
    int retry_ms;      /* 0: none */
} gale_server_event;

/* Waits, only while the client is slow. Sends an event at once. GALE_EINVAL for a line end where
 * none may be; GALE_ECLOSED or the like when the client has gone. */
GALE_API int gale_event_send(gale_event_stream *events, const gale_server_event *event);

/* Waits. As gale_wait(future) but returns as soon as the client is known to have gone
 * (GALE_ECLOSED). future NULL: waits for that alone. Of a HEAD request all clients have gone. */
GALE_API int gale_event_stream_wait(gale_event_stream *events, gale_future *future);

GALE_END_DECLS

#endif

/* fastcgi_server.c - the application that test_fastcgi_wire.py talks to. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What happened to handlers, for the test to ask. */
static struct {
    int64_t read;       /* bytes of streamed bodies */
    int gone, finished; /* handlers */
} seen;

static gale_event go_on; /* lets those go on that hold */

static int64_t number(gale_handler *self, const char *name)
{
    const char *text = gale_get_argument(self, name, NULL);

    return text ? strtoll(text, NULL, 10) : 0;
}

static int hello_get(gale_handler *self)
{
    return gale_write(self, "hello");
}

/* What the request is, a line each. */
static int show_get(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    const char *agent = gale_request_header(request, "User-Agent");
    const char *coding = gale_request_header(request, "Transfer-Encoding");
    gale_tls_info info;
    int tls = gale_request_tls_info(request, &info);

    gale_set_header(self, "Content-Type", "text/plain");
    return gale_printf(
        self,
        "%s %s %s\nhost=%s\nremote=%s\nurl=%s\nagent=%s\ncoding=%s\ntls=%d %s\nbody=%zu %.*s\n",
        request->method, request->uri, request->version, gale_request_host(request),
        gale_request_remote_ip(request), gale_request_full_url(request), agent ? agent : "-",
        coding ? coding : "-", tls == GALE_ESTATE, gale_strerror(tls), request->body.len,
        (int)(request->body.len < 100 ? request->body.len : 100), request->body.ptr);
}

static int seen_get(gale_handler *self)
{
    gale_gen_stats gen;

    gale_gen_get_stats(&gen);
    return gale_printf(self, "pid=%d read=%lld gone=%d finished=%d coroutines=%zu", (int)getpid(),
                       (long long)seen.read, seen.gone, seen.finished, gen.coroutines);
}

static int go_get(gale_handler *self)
{
    gale_event_set(&go_on);
    return gale_write(self, "gone on");
}

/* Waits until somebody asks for /go. */
static int hold_get(gale_handler *self)
{
    int r;

    gale_event_clear(&go_on);
    r = gale_event_wait(&go_on, GALE_FOREVER);
    return r < 0 ? r : gale_write(self, "held");
}

static void on_gone(gale_handler *self)
{
    (void)self;
    seen.gone++;
}

static void on_finish(gale_handler *self)
{
    (void)self;
    seen.finished++;
}

/* ?n= bytes, in pieces of ?piece=, each flushed; ?fail: breaks off after them; ?length=: says so.
 */
static int bytes_get(gale_handler *self)
{
    int64_t left = number(self, "n"), piece = number(self, "piece");
    const char *length = gale_get_argument(self, "length", NULL);
    static char data[1 << 20];
    int r = length ? gale_set_header(self, "Content-Length", length) : 0;

    memset(data, 'b', sizeof(data));
    piece = piece > 0 && piece < (int64_t)sizeof(data) ? piece : (int64_t)sizeof(data);
    while (left > 0 && r >= 0) {
        size_t n = (size_t)(left < piece ? left : piece);

        r = gale_write_bytes(self, data, n);
        if (r >= 0)
            r = gale_flush(self);
        left -= (int64_t)n;
    }
    if (r >= 0 && gale_get_argument(self, "fail", NULL))
        return gale_fail(self, 500, "failed late");
    return r;
}

/* Reads its body as it comes; ?hold: not before somebody asks for /go; ?stop=: so many bytes. */
static int upload_post(gale_handler *self)
{
    int64_t most = number(self, "stop"), n = 0;
    uint32_t sum = 0;
    gale_str piece;
    int r = 1;

    if (gale_get_argument(self, "hold", NULL)) {
        gale_event_clear(&go_on);
        r = gale_event_wait(&go_on, GALE_FOREVER) < 0 ? -1 : 1;
    }
    while (r > 0 && (!most || n < most) && (r = gale_read_body(self, &piece)) > 0) {
        n += (int64_t)piece.len;
        seen.read += (int64_t)piece.len;
        for (size_t i = 0; i < piece.len; i++)
            sum = sum * 31 + (unsigned char)piece.ptr[i];
    }
    return r < 0 ? r : gale_printf(self, "%lld %u", (long long)n, sum);
}

static int on_message(gale_websocket *ws, gale_str message, bool is_text)
{
    (void)ws, (void)message, (void)is_text;
    return 0;
}

static int crash_get(gale_handler *self)
{
    (void)self;
    abort();
}

static const gale_handler_class hello = { .get = hello_get };
static const gale_handler_class show = { .get = show_get, .post = show_get, .put = show_get };
static const gale_handler_class seen_class = { .get = seen_get };
static const gale_handler_class go = { .get = go_get };
static const gale_handler_class crash = { .get = crash_get };
static const gale_handler_class hold = { .get = hold_get,
                                         .on_connection_close = on_gone,
                                         .on_finish = on_finish };
static const gale_handler_class bytes = { .get = bytes_get,
                                          .on_connection_close = on_gone,
                                          .on_finish = on_finish };
static const gale_handler_class upload = { .post = upload_post,
                                           .stream_request_body = GALE_ON,
                                           .on_connection_close = on_gone };
static const gale_websocket_class socket_class = GALE_WEBSOCKET_CLASS(.on_message = on_message);

int main(int argc, char **argv)
{
    static const gale_limits large = { .max_body_size = 1 << 30 };
    const gale_route routes[] = {
        { .url = "/hello", .handler = &hello },
        { .url = "/show.*", .handler = &show },
        { .url = "/seen", .handler = &seen_class },
        { .url = "/go", .handler = &go },
        { .url = "/hold", .handler = &hold },
        { .url = "/bytes", .handler = &bytes },
        { .url = "/upload", .handler = &upload, .limits = &large },
        { .url = "/crash", .handler = &crash },
        { .url = "/socket", .handler = &socket_class.base },
        { 0 },
    };
    gale_settings settings = { .static_path = getenv("STATIC_PATH") };

    if (getenv("SHORT_TIMES")) {
        settings.server.header_timeout = settings.server.body_timeout = 0.2;
        settings.server.idle_timeout = settings.server.write_timeout = 0.4;
        settings.server.linger_timeout = 0.4;
    }
    if (getenv("MAX_CONNECTIONS"))
        settings.server.max_connections = strtol(getenv("MAX_CONNECTIONS"), NULL, 10);
    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

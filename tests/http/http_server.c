/* http_server.c - the server that the wire tests of src/http speak to, without a web layer.
 *
 * http_server KEY=VALUE…: the keys are options of gale_httpserver_options. Prints "port N" and
 * stops when its standard input ends or on SIGTERM.
 */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/gale.h>

static gale_future *released; /* what /wait waits for */
static gale_httpserver *server;
static char *filler;

static int text(gale_request *request, const char *body)
{
    return gale_http_respond(request, 200, "text/plain", body, strlen(body));
}

static int about(gale_request *request)
{
    char line[2048];

    snprintf(line, sizeof(line), "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s", request->method, request->uri,
             request->path, request->query, request->version, gale_request_host(request),
             gale_request_host_name(request), gale_request_remote_ip(request),
             gale_request_protocol(request), gale_request_full_url(request));
    return text(request, line);
}

static int who(gale_request *request)
{
    const char *claimed = gale_request_claimed_ip(request);
    char line[256];

    snprintf(line, sizeof(line), "%s|%s|%s|%s|%s", gale_request_remote_ip(request),
             gale_request_peer_ip(request), claimed ? claimed : "(none)",
             gale_request_protocol(request), gale_request_host(request));
    return text(request, line);
}

static int stats(gale_request *request)
{
    gale_httpserver_stats s;
    gale_gen_stats g;
    char line[256];

    gale_httpserver_get_stats(server, &s);
    gale_gen_get_stats(&g);
    snprintf(line, sizeof(line),
             "connections=%llu requests=%llu active=%llu errors=%llu coroutines=%zu backend=%s",
             (unsigned long long)s.connections, (unsigned long long)s.requests,
             (unsigned long long)s.requests_active, (unsigned long long)s.errors, g.coroutines,
             gale_ioloop_backend(gale_ioloop_current()));
    return text(request, line);
}

static int wait_for_release(gale_request *request)
{
    int r = gale_wait(released);

    return r < 0 ? r : text(request, "released");
}

static int release(gale_request *request)
{
    gale_future_set_result(released, 0, NULL);
    return text(request, "ok");
}

static int headers(gale_request *request)
{
    char all[8192] = "";
    gale_str name, value;
    size_t len = 0;

    for (size_t i = 0; gale_request_header_at(request, i, &name, &value) && len < sizeof(all) - 512;
         i++)
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%.*s=%.*s\n", (int)name.len,
                                name.ptr, (int)(value.len > 200 ? 200 : value.len), value.ptr);
    return text(request, all);
}

static int answer(gale_request *request, void *arg)
{
    const char *path = request->path;
    const char *joined = gale_request_header(request, "X-Joined");

    (void)arg;
    if (!strcmp(path, "/echo"))
        return gale_http_respond(request, 200, "application/octet-stream", request->body.ptr,
                                 request->body.len);
    if (!strcmp(path, "/about"))
        return about(request);
    if (!strcmp(path, "/who"))
        return who(request);
    if (!strcmp(path, "/headers"))
        return headers(request);
    if (!strcmp(path, "/joined"))
        return text(request, joined ? joined : "(none)");
    if (!strcmp(path, "/stats"))
        return stats(request);
    if (!strcmp(path, "/wait"))
        return wait_for_release(request);
    if (!strcmp(path, "/release"))
        return release(request);
    if (!strcmp(path, "/yield"))
        return gale_yield() < 0 ? -1 : text(request, request->query);
    if (!strcmp(path, "/big")) {
        size_t n = (size_t)atoll(request->query);

        return gale_http_respond(request, 200, "text/plain", filler, n < 64u << 20 ? n : 64u << 20);
    }
    if (!strcmp(path, "/respond"))
        return gale_http_respond(request, (int)strtol(request->query, NULL, 10), NULL, "body", 4);
    if (!strcmp(path, "/code"))
        return GALE_EHTTP((int)strtol(request->query, NULL, 10));
    if (!strcmp(path, "/fail"))
        return gale_err(GALE_EPROTO, "the handler gave up");
    if (!strcmp(path, "/nothing"))
        return 0;
    if (!strcmp(path, "/204"))
        return gale_http_respond(request, 204, NULL, NULL, 0);
    return text(request, "hello");
}

static void set_option(gale_httpserver_options *o, const char *key, const char *value)
{
    static const char *trusted[2];
    double number = atof(value);

    if (!strcmp(key, "max_request_line"))
        o->max_request_line = (int64_t)number;
    else if (!strcmp(key, "max_header_size"))
        o->max_header_size = (int64_t)number;
    else if (!strcmp(key, "max_headers"))
        o->max_headers = (int64_t)number;
    else if (!strcmp(key, "max_body_size"))
        o->max_body_size = (int64_t)number;
    else if (!strcmp(key, "max_connections"))
        o->max_connections = (int64_t)number;
    else if (!strcmp(key, "header_timeout"))
        o->header_timeout = number;
    else if (!strcmp(key, "body_timeout"))
        o->body_timeout = number;
    else if (!strcmp(key, "write_timeout"))
        o->write_timeout = number;
    else if (!strcmp(key, "idle_timeout"))
        o->idle_timeout = number;
    else if (!strcmp(key, "linger_timeout"))
        o->linger_timeout = number;
    else if (!strcmp(key, "no_keep_alive"))
        o->no_keep_alive = (int)number;
    else if (!strcmp(key, "proxy_protocol"))
        o->proxy_protocol = (int)number;
    else if (!strcmp(key, "xheaders"))
        o->xheaders = (int)number;
    else if (!strcmp(key, "trusted")) {
        trusted[0] = value;
        o->trusted_downstream = trusted;
    } else {
        fprintf(stderr, "unknown option %s\n", key);
        exit(2);
    }
}

static void stop(void *arg)
{
    gale_ioloop_stop(arg);
}

static void on_signal(int number)
{
    (void)number;
    gale_ioloop_add_callback_from_signal(gale_ioloop_current(), stop, gale_ioloop_current());
}

static void stdin_ended(int fd, int events, void *arg)
{
    char c;

    (void)events;
    if (read(fd, &c, 1) == 0)
        gale_ioloop_stop(arg);
}

int main(int argc, char **argv)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_httpserver_options options = { 0 };
    int port = loop ? 0 : gale_ioloop_error();

    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (!equals)
            return 2;
        *equals = 0;
        set_option(&options, argv[i], equals + 1);
    }
    filler = calloc(1, 64u << 20);
    server = loop && filler ? gale_httpserver_new(answer, NULL, &options) : NULL;
    if (server)
        port = gale_httpserver_listen(server, 0, "127.0.0.1");
    /* Here and not in a handler, whose end would free it. */
    released = loop ? gale_future_new() : NULL;
    if (!server || !released || port < 0 ||
        gale_ioloop_add_handler(loop, 0, stdin_ended, GALE_READ, loop) < 0) {
        fprintf(stderr, "http_server: %s\n", gale_strerror(port));
        return 1;
    }
    signal(SIGTERM, on_signal);
    printf("port %d\n", port);
    fflush(stdout);
    gale_ioloop_run(loop);
    gale_ioloop_remove_handler(loop, 0);
    gale_httpserver_free(server);
    gale_future_free(&released);
    gale_ioloop_free(loop);
    free(filler);
    return 0;
}

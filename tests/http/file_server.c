/* file_server.c - answers with parts of a file, for the wire tests of sending files.
 *
 * file_server FILE [write_timeout=SECONDS]. /file/OFFSET/LEN is that part; /copy/OFFSET/LEN the
 * same by reading and writing; /framed/OFFSET/LEN has a text before and after it; /now/… sends
 * the head on its own first; /chunked/… tries it in a chunked answer. Prints "port N"; stops when
 * its standard input ends or on SIGTERM.
 */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/gale.h>

#include "http/exchange.h"

static const char *path_of_file;

static int hello(gale_request *request)
{
    const char *backend = gale_ioloop_backend(gale_ioloop_current());

    return gale_http_respond(request, 200, "text/plain", backend, strlen(backend));
}

struct part {
    const char *how;
    int64_t offset, len;
    int fd;
};

static bool is(const struct part *part, const char *how)
{
    return !strcmp(part->how, how);
}

static int send_part(struct gale__exchange *x, const struct part *part)
{
    static const gale_str before = { "before:", 7 }, after = { ":after", 6 };
    struct gale__headers headers;
    struct gale__response response = { .status = 200,
                                       .headers = &headers,
                                       .content_length = part->len,
                                       .file_follows = !is(part, "now") };
    bool framed = is(part, "framed");
    int r;

    if (framed)
        response.content_length += (int64_t)(before.len + after.len);
    if (is(part, "chunked"))
        response.content_length = -1;
    gale__headers_init(&headers, &x->arena);
    r = x->ops->respond(x, &response, framed ? before : (gale_str){ NULL, 0 }, false);
    if (r < 0)
        return r;
    if (is(part, "copy"))
        return gale__exchange_copy_file(x, part->fd, part->offset, part->len, true);
    r = x->ops->send_file(x, part->fd, part->offset, part->len, !framed);
    return r == 0 && framed ? x->ops->write(x, after, true) : r;
}

static int answer(gale_request *request, void *arg)
{
    struct part part = { .fd = -1 };
    char how[16], offset[24], len[24];
    int r;

    (void)arg;
    if (sscanf(request->path, "/%15[a-z]/%23[0-9]/%23[0-9]", how, offset, len) != 3)
        return hello(request);
    part.how = how;
    part.offset = strtoll(offset, NULL, 10);
    part.len = strtoll(len, NULL, 10);
    part.fd = open(path_of_file, O_RDONLY | O_CLOEXEC);
    if (part.fd < 0)
        return GALE_EHTTP(404);
    r = send_part(request->priv->exchange, &part);
    close(part.fd);
    return r;
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
    gale_httpserver_options options = { 0 };
    gale_ioloop *loop = gale_ioloop_current();
    gale_httpserver *server;
    int port;

    if (argc < 2 || !loop)
        return 2;
    path_of_file = argv[1];
    if (argc > 2 && !strncmp(argv[2], "write_timeout=", 14))
        options.write_timeout = strtod(argv[2] + 14, NULL);
    server = gale_httpserver_new(answer, NULL, &options);
    port = server ? gale_httpserver_listen(server, 0, "127.0.0.1") : -1;
    if (port < 0 || gale_ioloop_add_handler(loop, 0, stdin_ended, GALE_READ, loop) < 0)
        return 1;
    signal(SIGTERM, on_signal);
    printf("port %d\n", port);
    fflush(stdout);
    gale_ioloop_run(loop);
    gale_ioloop_remove_handler(loop, 0);
    gale_httpserver_free(server);
    gale_ioloop_free(loop);
    return 0;
}

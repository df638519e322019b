/* tlsproxy - takes TLS connections and passes what comes in them on in plain text, and back.
 *
 *   tlsproxy --port=4433 --certfile=cert.pem --keyfile=key.pem --to=localhost:8080
 *
 * Each side may end before the other (half-closes are passed on), and a side that does not read
 * holds up the one that writes: no more than some hundred KiB are on their way.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/tcpclient.h>
#include <gale/tcpserver.h>
#include <gale/tls.h>

enum { PIECE = 65536 };

struct target {
    char host[256];
    int port;
};

struct direction {
    gale_iostream *from, *to;
};

/* Until from has ended: then to is told. */
static int pump(void *arg)
{
    const struct direction *d = arg;
    gale_str piece;
    int r;

    while ((r = gale_iostream_read_bytes(d->from, PIECE, true, &piece)) >= 0) {
        r = gale_iostream_write(d->to, piece.ptr, piece.len); /* waits for a slow reader */
        if (r < 0)
            return r;
    }
    if (r != GALE_EEOF)
        return r;
    r = gale_iostream_drain(d->to);
    gale_iostream_shutdown(d->to);
    return r;
}

/* Both directions side by side; the first that fails ends the other. */
static int relay(gale_iostream *a, gale_iostream *b)
{
    struct direction there = { a, b }, back = { b, a };
    gale_future *pumps[] = { gale_spawn(pump, &there), gale_spawn(pump, &back) };
    gale_wait_iterator it;
    int r = pumps[0] && pumps[1] ? 0 : -1;

    gale_wait_iterator_init(&it, pumps, 2);
    for (int i = 0; i < 2 && r >= 0; i++) {
        r = gale_wait_next(&it);
        if (r >= 0)
            r = gale_wait(pumps[r]);
    }
    for (int i = 0; i < 2; i++) {
        if (!pumps[i])
            continue;
        gale_cancel(pumps[i]); /* nothing happens to one that is done */
        (void)gale_join(&pumps[i]);
    }
    return r;
}

static int serve(gale_iostream *client, const gale_address *address, void *arg)
{
    const struct target *target = arg;
    gale_iostream *upstream;
    int r = gale_iostream_wait_for_handshake(client);

    (void)address;
    if (r >= 0)
        r = gale_tcp_connect(&upstream, target->host, target->port,
                             &(gale_connect_options){ .timeout = 10 });
    if (r < 0)
        return r;
    r = relay(client, upstream);
    gale_iostream_close(&upstream);
    return r;
}

static int fail(int code)
{
    fprintf(stderr, "tlsproxy: %s\n", gale_strerror(code));
    return EXIT_FAILURE;
}

static int run(const gale_tls_options *tls, int port, struct target *target)
{
    gale_tls_context *context = gale_tls_server(tls);
    gale_tcpserver *server;
    int r;

    if (!context)
        return fail(gale_tls_error());
    server = gale_tcpserver_new(serve, target, &(gale_tcpserver_options){ .tls = context });
    gale_tls_context_free(context); /* the server has a reference of its own */
    r = server ? gale_tcpserver_listen(server, port, "127.0.0.1") : gale_ioloop_error();
    if (r >= 0) {
        printf("listening on 127.0.0.1:%d\n", r);
        fflush(stdout);
        r = gale_ioloop_run(gale_ioloop_current());
    }
    gale_tcpserver_free(server);
    return r < 0 ? fail(r) : EXIT_SUCCESS;
}

/* The value of --name=value, or NULL. */
static const char *option(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            return argv[i] + len + 1;
    return NULL;
}

int main(int argc, char **argv)
{
    const char *to = option(argc, argv, "--to"), *port = option(argc, argv, "--port");
    const char *colon = to ? strrchr(to, ':') : NULL;
    gale_tls_options tls = { .certfile = option(argc, argv, "--certfile"),
                             .keyfile = option(argc, argv, "--keyfile") };
    struct target target;
    gale_ioloop *loop;
    int status;

    if (!tls.certfile || !port || !colon || (size_t)(colon - to) >= sizeof(target.host)) {
        fprintf(stderr, "usage: tlsproxy --port=PORT --certfile=FILE [--keyfile=FILE]"
                        " --to=HOST:PORT\n");
        return EXIT_FAILURE;
    }
    snprintf(target.host, sizeof(target.host), "%.*s", (int)(colon - to), to);
    target.port = (int)strtol(colon + 1, NULL, 10);
    loop = gale_ioloop_current();
    status = loop ? run(&tls, (int)strtol(port, NULL, 10), &target) : fail(gale_ioloop_error());
    gale_ioloop_free(loop);
    return status;
}

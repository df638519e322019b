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
#include <gale/httputil.h>
#include <gale/ioloop.h>
#include <gale/options.h>
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

/* "host:port". */
static int read_target(struct target *target, const char *to)
{
    gale_str host;
    int r = gale_split_host_and_port(to, &host, &target->port);

    if (r < 0 || target->port < 1 || host.len == 0 || host.len >= sizeof(target->host))
        return gale_err(GALE_EINVAL, "--to: '%s' is no host and port", to);
    memcpy(target->host, host.ptr, host.len);
    target->host[host.len] = '\0';
    return 0;
}

/* 0; 1: it was asked for help. */
static int read_options(gale_options *options, int argc, char **argv)
{
    const gale_option_def defs[] = {
        { .name = "port", .type = GALE_OPTION_INT, .help = "serve it on 127.0.0.1, 0: any" },
        { .name = "certfile", .help = "the certificate chain (PEM)" },
        { .name = "keyfile", .help = "its private key, when that is not in certfile" },
        { .name = "to", .metavar = "HOST:PORT", .help = "where to pass on" },
    };
    int rest, r = 0;

    for (size_t i = 0; i < sizeof(defs) / sizeof(defs[0]) && r >= 0; i++)
        r = gale_options_define(options, &defs[i]);
    if (r >= 0)
        r = gale_options_parse_command_line(options, argc, argv, 0, &rest);
    return r == 0 && rest < argc ? gale_err(GALE_EINVAL, "what is '%s'?", argv[rest]) : r;
}

int main(int argc, char **argv)
{
    gale_options *options = gale_options_default();
    int status, r = read_options(options, argc, argv);
    const char *to = gale_option_str(options, "to");
    gale_tls_options tls = { .certfile = gale_option_str(options, "certfile"),
                             .keyfile = gale_option_str(options, "keyfile") };
    struct target target;
    gale_ioloop *loop;

    if (r != 0)
        return r < 0 ? fail(r) : EXIT_SUCCESS;
    if (!tls.certfile || !to || gale_option_count(options, "port") <= 0) {
        fprintf(stderr, "usage: tlsproxy --port=PORT --certfile=FILE [--keyfile=FILE]"
                        " --to=HOST:PORT\n");
        return EXIT_FAILURE;
    }
    r = read_target(&target, to);
    if (r < 0)
        return fail(r);
    loop = gale_ioloop_current();
    status = loop ? run(&tls, gale_option_int(options, "port"), &target)
                  : fail(gale_ioloop_error());
    gale_ioloop_free(loop);
    return status;
}

/* tcpecho - a server that sends back each line, and a client to talk to it.
 *
 *   tcpecho --port=9999                     serves 127.0.0.1:9999
 *   tcpecho --connect=localhost:9999 hello  sends a line and prints the answer; the host is a name
 * or an address, "[::1]:9999" an IPv6 one
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gen.h>
#include <gale/httputil.h>
#include <gale/ioloop.h>
#include <gale/netutil.h>
#include <gale/options.h>
#include <gale/tcpclient.h>
#include <gale/tcpserver.h>

/* One connection: it waits in the middle of its loop while others are served. */
static int echo(gale_iostream *stream, const gale_address *address, void *arg)
{
    gale_str line;
    int r;

    (void)address;
    (void)arg;
    while ((r = gale_iostream_read_until(stream, "\n", 65536, &line)) >= 0) {
        r = gale_iostream_write(stream, line.ptr, line.len);
        if (r < 0)
            return r;
    }
    return r == GALE_EEOF ? 0 : r;
}

static int fail(int code)
{
    fprintf(stderr, "tcpecho: %s\n", gale_strerror(code));
    return EXIT_FAILURE;
}

/* On the socket that whoever started us hands over (systemd; `make demo`), else on the port. */
static int listen_on(gale_tcpserver *server, int port)
{
    int socket, r = gale_listen_fds(&socket, NULL, 1);

    if (r != 0)
        return r < 0 ? r : gale_tcpserver_add_socket(server, &socket);
    r = gale_tcpserver_listen(server, port, "127.0.0.1");
    if (r >= 0)
        printf("listening on 127.0.0.1:%d\n", r);
    fflush(stdout);
    return r;
}

static int serve(int port)
{
    gale_tcpserver *server = gale_tcpserver_new(echo, NULL, NULL);
    int r = server ? listen_on(server, port) : gale_ioloop_error();

    if (r < 0) {
        gale_tcpserver_free(server);
        return fail(r);
    }
    r = gale_ioloop_run(gale_ioloop_current());
    gale_tcpserver_free(server);
    return r < 0 ? fail(r) : EXIT_SUCCESS;
}

struct question {
    char host[256];
    int port;
    const char *text;
};

/* Looks the host up, and tries its addresses of both families side by side. */
static int ask(void *arg)
{
    const struct question *question = arg;
    gale_iostream *stream;
    gale_str answer;
    int r = gale_tcp_connect(&stream, question->host, question->port,
                             &(gale_connect_options){ .timeout = 2 });

    if (r < 0)
        return r;
    gale_iostream_write(stream, question->text, strlen(question->text));
    r = gale_iostream_write(stream, "\n", 1);
    if (r >= 0)
        r = gale_iostream_read_until(stream, "\n", 65536, &answer);
    if (r >= 0)
        printf("%.*s", (int)answer.len, answer.ptr);
    gale_iostream_close(&stream);
    return r;
}

/* "host:port" or "[address]:port". */
static int split(struct question *question, const char *at)
{
    gale_str host;
    int r = gale_split_host_and_port(at, &host, &question->port);

    if (at[0] == ':')
        return gale_err(GALE_EINVAL, "bad address '%s': no host", at);
    if (r < 0 || question->port < 1)
        return gale_err(GALE_EINVAL, "bad address '%s': no port", at);
    if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host.ptr++;
        host.len -= 2;
    }
    if (host.len == 0)
        return gale_err(GALE_EINVAL, "bad address '%s': no host", at);
    if (host.len >= sizeof(question->host))
        return gale_err(GALE_EINVAL, "the host's name is too long");
    memcpy(question->host, host.ptr, host.len);
    question->host[host.len] = '\0';
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: tcpecho --port=PORT | tcpecho --connect=HOST:PORT TEXT\n");
    return EXIT_FAILURE;
}

/* 0; 1: it was asked for help. *rest: what no option took. */
static int read_options(gale_options *options, int argc, char **argv, int *rest)
{
    int r = gale_define(options, .name = "port", .type = GALE_OPTION_INT,
                        .help = "serve this port of 127.0.0.1, 0: any");

    if (r >= 0)
        r = gale_define(options, .name = "connect", .metavar = "HOST:PORT",
                        .help = "send a line there");
    return r < 0 ? r : gale_options_parse_command_line(options, argc, argv, 0, rest);
}

static int connect_to(const char *at, const char *text)
{
    struct question question = { .text = text };
    int r = split(&question, at);

    if (r >= 0)
        r = gale_ioloop_run_sync(gale_ioloop_current(), ask, &question, 10);
    return r < 0 ? fail(r) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    gale_options *options = gale_options_default();
    int rest, r = read_options(options, argc, argv, &rest), status;
    const char *at = gale_option_str(options, "connect");
    bool serves = gale_option_count(options, "port") > 0;
    gale_ioloop *loop;

    if (r != 0)
        return r < 0 ? fail(r) : EXIT_SUCCESS;
    if (serves ? at || rest < argc : !at || rest + 1 != argc)
        return usage();
    loop = gale_ioloop_current();
    if (!loop)
        return fail(gale_ioloop_error());
    status = serves ? serve(gale_option_int(options, "port")) : connect_to(at, argv[rest]);
    gale_ioloop_free(loop);
    return status;
}

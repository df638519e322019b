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
#include <gale/ioloop.h>
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

static int serve(int port)
{
    gale_tcpserver *server = gale_tcpserver_new(echo, NULL, NULL);
    int r = server ? gale_tcpserver_listen(server, port, "127.0.0.1") : gale_ioloop_error();

    if (r < 0) {
        gale_tcpserver_free(server);
        return fail(r);
    }
    printf("listening on 127.0.0.1:%d\n", r);
    fflush(stdout);
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
    const char *colon = strrchr(at, ':');
    size_t len = colon ? (size_t)(colon - at) : 0;

    if (!colon)
        return gale_err(GALE_EINVAL, "bad address '%s': no port", at);
    if (len > 1 && at[0] == '[' && at[len - 1] == ']') {
        at++;
        len -= 2;
    }
    if (len >= sizeof(question->host))
        return gale_err(GALE_EINVAL, "the host's name is too long");
    memcpy(question->host, at, len);
    question->host[len] = '\0';
    question->port = (int)strtol(colon + 1, NULL, 10);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: tcpecho --port=PORT | tcpecho --connect=HOST:PORT TEXT\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct question question;
    gale_ioloop *loop = gale_ioloop_current();
    int status;

    if (!loop)
        return fail(gale_ioloop_error());
    if (argc == 2 && strncmp(argv[1], "--port=", 7) == 0) {
        status = serve((int)strtol(argv[1] + 7, NULL, 10));
    } else if (argc == 3 && strncmp(argv[1], "--connect=", 10) == 0) {
        int r = split(&question, argv[1] + 10);

        question.text = argv[2];
        if (r >= 0)
            r = gale_ioloop_run_sync(loop, ask, &question, 10);
        status = r < 0 ? fail(r) : EXIT_SUCCESS;
    } else {
        status = usage();
    }
    gale_ioloop_free(loop);
    return status;
}

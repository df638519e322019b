/* from_libevent.c - guide: what a program of libevent or libuv is made of: a loop, a timer, a
 * descriptor, a signal, a server of one's own protocol, an HTTP server of one function, a look-up,
 * and work on a thread. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <gale/tcpclient.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct program {
    gale_ioloop *loop;
    int n_ticks, n_bytes;
    int pipe[2];
    int echo_port;
};

/* --- callbacks: a timer, a descriptor --- */

static void tick(void *arg)
{
    struct program *program = arg;

    program->n_ticks++;
    gale_ioloop_call_later(program->loop, 0.01, tick, program);
}

static void on_pipe(int fd, int events, void *arg)
{
    struct program *program = arg;
    char bytes[100];
    ssize_t n = read(fd, bytes, sizeof(bytes));

    (void)events;
    if (n > 0)
        program->n_bytes += (int)n;
}

static int begin(struct program *program)
{
    if (!gale_ioloop_call_later(program->loop, 0.01, tick, program))
        return gale_err(-ENOMEM, "no timer");
    if (pipe(program->pipe) < 0)
        return -errno;
    return gale_ioloop_add_handler(program->loop, program->pipe[0], on_pipe, GALE_READ, program);
}

static void end(struct program *program)
{
    if (program->pipe[0] == program->pipe[1])
        return; /* never begun */
    gale_ioloop_remove_handler(program->loop, program->pipe[0]);
    close(program->pipe[0]);
    close(program->pipe[1]);
}

/* --- a signal: the one call that a signal handler may make --- */

static gale_ioloop *interrupted;

static void stop(void *arg)
{
    gale_ioloop_stop(arg);
}

static void on_signal(int signo)
{
    (void)signo;
    gale_ioloop_add_callback_from_signal(interrupted, stop, interrupted);
}

/* --- a protocol of one's own: a coroutine for each connection --- */

static int echo(gale_iostream *stream, const gale_address *address, void *arg)
{
    gale_str line;
    int r;

    (void)address;
    (void)arg;
    while ((r = gale_iostream_read_until(stream, "\n", 1000, &line)) >= 0) {
        r = gale_iostream_write(stream, line.ptr, line.len);
        if (r < 0)
            break;
    }
    return r == GALE_EEOF ? 0 : r;
}

/* --- its client: the name is looked up, the connection made, and both have a time limit --- */

static int ask(const struct program *program, const char *text, gale_request *request)
{
    gale_iostream *stream = NULL;
    gale_str line;
    int r = gale_tcp_connect(&stream, "localhost", program->echo_port,
                             &(gale_connect_options){ .timeout = 5 });

    if (r >= 0)
        r = gale_iostream_write(stream, text, strlen(text));
    if (r >= 0)
        r = gale_iostream_read_until(stream, "\n", 1000, &line);
    if (r >= 0)
        r = gale_http_respond(request, 200, "text/plain", line.ptr, line.len);
    gale_iostream_close(&stream);
    return r;
}

static int look_up(gale_request *request)
{
    gale_address found[4];
    char text[4 * 130];
    size_t len = 0;
    int n = gale_resolve(NULL, "localhost", 80, 0, found, 4);

    for (int i = 0; i < n; i++) {
        gale_address_format(&found[i], text + len, 128);
        len += strlen(text + len);
        text[len++] = '\n';
    }
    return n < 0 ? n : gale_http_respond(request, 200, "text/plain", text, len);
}

/* --- HTTP by one function, as evhttp_set_gencb() has it --- */

static int count_down(void *arg)
{
    unsigned *n = arg;

    while (*n)
        --*n;
    return 0;
}

static int answer(gale_request *request, void *arg)
{
    struct program *program = arg;
    unsigned n = 1000;
    char text[100];
    int r = 0;

    if (!strcmp(request->path, "/echo"))
        return ask(program, "hello\n", request);
    if (!strcmp(request->path, "/localhost"))
        return look_up(request);
    if (!strcmp(request->path, "/poke") && write(program->pipe[1], "x", 1) == 1)
        r = gale_sleep(0.05);
    else if (!strcmp(request->path, "/work"))
        r = gale_ioloop_run_in_executor(program->loop, count_down, &n);
    else
        return gale_http_respond(request, 404, "text/plain", "no such page\n", 13);
    if (r < 0)
        return r;
    snprintf(text, sizeof(text), "%s, %d bytes, %u left\n", program->n_ticks ? "ticks" : "no tick",
             program->n_bytes, n);
    return gale_http_respond(request, 200, "text/plain", text, strlen(text));
}

/* --- all of it --- */

static int serve(struct program *program, int port)
{
    gale_httpserver *server = gale_httpserver_new(answer, program, NULL);
    gale_tcpserver *echoes = gale_tcpserver_new(echo, NULL, NULL);
    int r = server && echoes ? begin(program) : gale_err(-ENOMEM, "no server");

    if (r >= 0)
        r = program->echo_port = gale_tcpserver_listen(echoes, 0, "localhost");
    if (r >= 0)
        r = gale_httpserver_listen(server, port, "localhost");
    if (r >= 0) {
        fprintf(stderr, "listening on http://localhost:%d/\n", r);
        r = gale_ioloop_run(program->loop); /* until gale_ioloop_stop() */
    }
    gale_httpserver_free(server);
    gale_tcpserver_free(echoes);
    end(program);
    return r;
}

static int port_of(int argc, char **argv)
{
    bool given = argc > 1 && !strncmp(argv[1], "--port=", 7);

    return given ? (int)strtol(argv[1] + 7, NULL, 10) : 8888;
}

int main(int argc, char **argv)
{
    struct program program = { .loop = gale_ioloop_new(NULL) };
    int r = program.loop ? 0 : gale_ioloop_error();

    interrupted = program.loop;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (r >= 0)
        r = serve(&program, port_of(argc, argv));
    if (r < 0)
        fprintf(stderr, "%s\n", gale_strerror(r));
    gale_ioloop_free(program.loop);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

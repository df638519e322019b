/* tls_tool.c - TLS streams for the tests, by the command line (name=value): a client that says what
 * was agreed and exchanges a line, and echo servers that begin with TLS or after STARTTLS.
 */
/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gale.h>

struct tool {
    int argc;
    char **argv;
    gale_tls_context *tls;
    gale_tcpserver *server;
};

static const char *value(const struct tool *tool, const char *name)
{
    size_t n = strlen(name);

    for (int i = 1; i < tool->argc; i++)
        if (!strncmp(tool->argv[i], name, n) && tool->argv[i][n] == '=')
            return tool->argv[i] + n + 1;
    return NULL;
}

static int number(const struct tool *tool, const char *name)
{
    const char *text = value(tool, name);

    return text ? (int)strtol(text, NULL, 10) : 0;
}

/* --- client --- */

static int exchange_line(gale_iostream *stream, gale_str *line)
{
    int r = gale_iostream_write(stream, "hello\n", 6);

    return r < 0 ? r : gale_iostream_read_until(stream, "\n", 1000, line);
}

static int say_what_was_agreed(gale_iostream *stream)
{
    gale_tls_info info;
    int r = gale_iostream_tls_info(stream, &info);

    if (r >= 0)
        printf("%s alpn=%s subject=%s verified=%d resumed=%d\n", info.version,
               info.alpn ? info.alpn : "none", info.peer_subject ? info.peer_subject : "none",
               info.peer_verified, info.resumed);
    return r;
}

static int begin_tls(const struct tool *tool, gale_iostream *stream)
{
    const char *name = value(tool, "name");
    gale_str line;
    int r = 0;

    if (number(tool, "starttls")) {
        r = gale_iostream_write(stream, "STARTTLS\n", 9);
        if (r >= 0)
            r = gale_iostream_read_until(stream, "\n", 100, &line);
    }
    return r < 0 ? r : gale_iostream_start_tls(stream, tool->tls, false, name);
}

static int visit(const struct tool *tool)
{
    gale_iostream *stream = NULL;
    gale_str line;
    int r = gale_tcp_connect(&stream, "127.0.0.1", number(tool, "port"), NULL);

    if (r >= 0)
        r = begin_tls(tool, stream);
    if (r >= 0)
        r = say_what_was_agreed(stream);
    if (r >= 0)
        r = exchange_line(stream, &line);
    if (r >= 0)
        printf("%.*s", (int)line.len, line.ptr);
    if (r >= 0 && number(tool, "to_close"))
        r = gale_iostream_read_until_close(stream, &line);
    gale_iostream_close(&stream);
    return r;
}

static int fetch(const struct tool *tool)
{
    gale_http_response *response;
    int r = gale_fetch(value(tool, "fetch"), &(gale_http_request){ .tls = tool->tls }, &response);

    if (r >= 0)
        printf("%d %.*s\n", response->status, (int)response->body.len, response->body.ptr);
    return r;
}

static int run_client(void *arg)
{
    const struct tool *tool = arg;
    int times = number(tool, "times"), r = 0;

    for (int i = 0; i < (times ? times : 1) && r >= 0; i++)
        r = value(tool, "fetch") ? fetch(tool) : visit(tool);
    if (r < 0)
        printf("%s: %s\n", gale_errname(r), gale_strerror(r));
    return 0;
}

/* --- servers --- */

static int echo(gale_iostream *stream, const gale_address *address, void *arg)
{
    const struct tool *tool = arg;
    gale_str line;
    int r = 0;

    (void)address;
    if (number(tool, "starttls")) {
        r = gale_iostream_read_until(stream, "STARTTLS\n", 100, &line);
        if (r >= 0)
            r = gale_iostream_write(stream, "go\n", 3);
        if (r >= 0)
            r = gale_iostream_start_tls(stream, tool->tls, true, NULL);
    }
    while (r >= 0 && (r = gale_iostream_read_until(stream, "\n", 1 << 20, &line)) >= 0)
        r = gale_iostream_write(stream, line.ptr, line.len);
    printf("ended %s: %s\n", gale_errname(r), gale_strerror(r));
    fflush(stdout);
    return 0;
}

static gale_ioloop *running;

static void end(void *arg)
{
    gale_ioloop_stop(arg);
}

static void stop(int signo)
{
    (void)signo;
    gale_ioloop_add_callback_from_signal(running, end, running);
}

static int serve(struct tool *tool)
{
    gale_tcpserver_options options = { .tls = number(tool, "starttls") ? NULL : tool->tls,
                                       .proxy_protocol = number(tool, "proxy") };
    int port;

    tool->server = gale_tcpserver_new(echo, tool, &options);
    port = tool->server ? gale_tcpserver_listen(tool->server, 0, "127.0.0.1") : -1;
    if (port < 0)
        return port;
    running = gale_ioloop_current();
    signal(SIGTERM, stop);
    printf("port %d\n", port);
    fflush(stdout);
    gale_ioloop_run(gale_ioloop_current());
    gale_tcpserver_free(tool->server);
    return 0;
}

int main(int argc, char **argv)
{
    struct tool tool = { .argc = argc, .argv = argv };
    bool is_server = argc > 1 && !strcmp(argv[1], "serve");
    const char *protocols[] = { value(&tool, "alpn"), NULL };
    gale_tls_options options = {
        .certfile = value(&tool, "cert"),
        .keyfile = value(&tool, "key"),
        .ca_certs = value(&tool, "ca"),
        .verify = number(&tool, "verify"),
        .check_hostname = number(&tool, "check"),
        .alpn = protocols[0] ? protocols : NULL,
        .min_version = value(&tool, "min"),
        .session_resumption = number(&tool, "resumption"),
        .handshake_timeout = value(&tool, "timeout") ? atof(value(&tool, "timeout")) : 0,
    };
    gale_ioloop *loop = gale_ioloop_current();
    int r;

    tool.tls = is_server ? gale_tls_server(&options) : gale_tls_client(&options);
    if (!tool.tls) {
        printf("refused: %s\n", gale_strerror(gale_tls_error()));
        return 1;
    }
    r = is_server ? serve(&tool) : gale_ioloop_run_sync(loop, run_client, &tool, 20);
    gale_tls_context_free(tool.tls);
    gale_ioloop_free(loop);
    return r < 0;
}

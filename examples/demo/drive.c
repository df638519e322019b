/* drive.c - pages for programs that are no web sites: the spider and the echo service. */
/* SPDX-License-Identifier: MIT */
#include <gale/tcpclient.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

enum { LINE_MAX_BYTES = 1000 };

/* --- a line for tcpecho ------------------------------------------------------------ */

static int port_of(const struct demo *demo, const char *path)
{
    for (int i = 0; i < N_PROGRAMS; i++)
        if (!strcmp(programs[i].path, path))
            return atomic_load(&demo->shared->states[i].port);
    return 0;
}

/* Waits. The line comes back, or the reason why not. */
static int ask(int port, const char *line, json_t **answer)
{
    gale_iostream *stream;
    gale_str back;
    int r = gale_tcp_connect(&stream, "127.0.0.1", port, &(gale_connect_options){ .timeout = 2 });

    if (r < 0)
        return r;
    gale_iostream_write(stream, line, strlen(line));
    r = gale_iostream_write(stream, "\n", 1);
    if (r >= 0)
        r = gale_iostream_read_until(stream, "\n", LINE_MAX_BYTES + 1, &back);
    if (r >= 0)
        *answer = json_stringn(back.ptr, back.len - 1);
    gale_iostream_close(&stream);
    return r;
}

static int tcpecho_get(gale_handler *self)
{
    begin_programs(demo_of(self));
    return gale_render(self, "tcpecho.html", json_pack("{s:n}", "told"));
}

static int tcpecho_post(gale_handler *self)
{
    const double begin = gale_ioloop_time(gale_ioloop_current());
    const char *line;
    json_t *answer;
    int r = gale_require_argument(self, "line", &line);

    if (r < 0)
        return r;
    if (strlen(line) > LINE_MAX_BYTES || strchr(line, '\n'))
        return gale_fail(self, 400, "one line of at most %d bytes", LINE_MAX_BYTES);
    r = ask(port_of(demo_of(self), "tcpecho"), line, &answer);
    if (r < 0)
        return gale_fail(self, 503, "tcpecho does not answer: %s", gale_strerror(r));
    return gale_render(self, "tcpecho.html",
                       json_pack("{s:{s:o, s:f}}", "told", "answer", answer, "ms",
                                 (gale_ioloop_time(gale_ioloop_current()) - begin) * 1e3));
}

/* --- the spider ----------------------------------------------------------------------- */

static int spider_get(gale_handler *self)
{
    return gale_render(self, "spider.html", NULL);
}

/* The client may go before the program ends: then nobody needs it. */
static void end_spider(void *arg)
{
    gale_subprocess *child = arg;

    gale_subprocess_kill(child, SIGKILL);
    gale_subprocess_free(&child);
}

static int start_spider(gale_handler *self, gale_subprocess **child)
{
    const char *host = gale_request_host(gale_handler_request(self));
    const char *port = strrchr(host, ':');
    char path[4096], site[64];

    /* This site, on this machine, whatever else the client calls it. */
    snprintf(site, sizeof(site), "http://127.0.0.1:%d/",
             port ? (int)strtol(port + 1, NULL, 10) : 80);
    if (!find_program("spider", path, sizeof(path)))
        return gale_fail(self, 503, "examples/spider was not built");
    *child = gale_subprocess_new((const char *const[]){ path, site, "20", NULL },
                                 &(gale_subprocess_options){ .in = GALE_DEVNULL,
                                                             .out = GALE_STREAM,
                                                             .err = GALE_STDOUT,
                                                             .kill_on_parent_death = GALE_ON });
    return *child ? 0 : gale_fail(self, 503, "examples/spider does not start");
}

/* Line after line, as it finds them. */
static int spider_post(gale_handler *self)
{
    gale_subprocess *child = NULL;
    gale_str line;
    int r = start_spider(self, &child);

    if (r < 0)
        return r;
    r = gale_defer(self, end_spider, child);
    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    while (r >= 0) {
        r = gale_iostream_read_until(gale_subprocess_out(child), "\n", 65536, &line);
        if (r >= 0)
            r = gale_write_bytes(self, line.ptr, line.len);
        if (r >= 0)
            r = gale_flush(self);
    }
    return r == GALE_EEOF ? 0 : r;
}

const gale_handler_class tcpecho_handler = { .get = tcpecho_get, .post = tcpecho_post };
const gale_handler_class spider_handler = {
    .get = spider_get,
    .post = spider_post,
    .cancel_on_close = GALE_ON,
};

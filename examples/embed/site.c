/* site.c - an application that does not know what drives its loop. See site.h. */
/* SPDX-License-Identifier: MIT */
#include "site.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 8888, TIMES = 20 };

static int page_get(gale_handler *self)
{
    const struct site *site = gale_app_data(gale_handler_app(self));

    return gale_printf(self, "%d messages\n", site->messages);
}

static const gale_handler_class page = { .get = page_get };

/* Who sends a message gets it back. */
static int count_message(gale_websocket *ws, gale_str message, bool binary)
{
    struct site *site = gale_app_data(gale_websocket_app(ws));

    site->messages++;
    return gale_send(ws, message, binary);
}

static const gale_websocket_class messages = GALE_WEBSOCKET_CLASS(.on_message = count_message);

/* On the loop's thread. For gale_ioloop_run() the stop, for other loops the flag. */
static void end(void *arg)
{
    struct site *site = arg;

    site->done = true;
    gale_ioloop_stop(site->loop);
}

/* --- the check: clients in a coroutine of the same loop --- */

/* The page says how many messages there were. */
static int read_page(struct site *site)
{
    gale_http_response *answer;
    char url[64], text[32];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", site->port);
    int r = gale_fetch(url, NULL, &answer);

    if (r < 0)
        return r;
    snprintf(text, sizeof(text), "%d messages\n", site->messages);
    if (strcmp(answer->body.ptr, text) != 0)
        site->failed = true;
    return 0;
}

/* A message over the WebSocket comes back, and is counted. */
static int send_message(struct site *site)
{
    gale_websocket *ws;
    gale_str message;
    char url[64];
    bool binary;
    int before = site->messages;

    snprintf(url, sizeof(url), "ws://127.0.0.1:%d/messages", site->port);
    int r = gale_websocket_connect(&ws, url, NULL);

    if (r < 0)
        return r;
    r = gale_write_message(ws, "hello");
    if (r >= 0)
        r = gale_read_message(ws, &message, &binary);
    if (r > 0 && (message.len != 5 || memcmp(message.ptr, "hello", 5) != 0))
        site->failed = true;
    if (r == 0 || site->messages <= before)
        site->failed = true;
    gale_websocket_free(&ws);
    return r;
}

static int visit(void *arg)
{
    struct site *site = arg;
    int r = send_message(site);

    if (r >= 0)
        r = read_page(site);
    if (r < 0)
        site->failed = true;
    end(site);
    return r;
}

/* A coroutine is started on the loop's thread only, hence the callback before it. */
static void start_visit(void *arg)
{
    struct site *site = arg;

    if (gale_ioloop_spawn_callback(site->loop, visit, site) < 0) {
        site->failed = true;
        end(site);
    }
}

void site_check(struct site *site)
{
    if (site->check && gale_ioloop_add_callback(site->loop, start_visit, site) < 0)
        abort();
}

/* --- start and end --- */

/* A signal handler reaches nothing else. */
static struct site *interrupted;

static void interrupt(int signo)
{
    (void)signo;
    /* The one call for signal handlers; it also wakes the loop that drives ours. */
    gale_ioloop_add_callback_from_signal(interrupted->loop, end, interrupted);
}

static int site_open(struct site *site)
{
    gale_route routes[] = {
        { .url = "/", .handler = &page },
        { .url = "/messages", .handler = &messages.base },
        { 0 },
    };

    site->loop = gale_ioloop_new(NULL);
    if (!site->loop)
        return gale_ioloop_error();
    site->app = gale_app_new(routes, &(gale_settings){ .data = site });
    if (!site->app)
        return GALE_EINVAL;
    site->port = gale_app_listen(site->app, site->port, "127.0.0.1");
    return site->port;
}

static void site_close(struct site *site)
{
    gale_app_free(site->app);
    gale_ioloop_free(site->loop);
}

static int serve_once(struct site *site, int (*serve)(struct site *site))
{
    int r = site_open(site);

    if (r >= 0 && !site->check) {
        fprintf(stderr, "listening on http://127.0.0.1:%d/\n", site->port);
        interrupted = site;
        signal(SIGINT, interrupt);
        signal(SIGTERM, interrupt);
    }
    if (r >= 0)
        r = serve(site);
    if (r < 0)
        fprintf(stderr, "%s\n", gale_strerror(r));
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    site_close(site);
    return r < 0 || site->failed ? 1 : 0;
}

/* The value of --port=N; < 0: it is no port. */
static int read_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    return *text < '0' || *text > '9' || *end || port > 65535 ? -1 : (int)port;
}

int site_main(int argc, char **argv, int (*serve)(struct site *site))
{
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
    bool port_given = argc > 1 && strncmp(argv[1], "--port=", 7) == 0;
    int port = port_given ? read_port(argv[1] + 7) : PORT;
    int status = 0;

    if (argc > 2 || (argc > 1 && !check && !port_given) || port < 0) {
        fprintf(stderr, "usage: %s [--check | --port=N]\n", argv[0]);
        return 2;
    }
    for (int i = 0; i < (check ? TIMES : 1) && status == 0; i++) {
        struct site site = { .port = check ? 0 : port, .check = check };

        status = serve_once(&site, serve);
    }
    return status;
}

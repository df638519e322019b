/* main.c - gale_main: options, listening, signals, the end. */
/* SPDX-License-Identifier: MIT */
#include <gale/main.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/ioloop.h>
#include <gale/log.h>
#include <gale/options.h>

#include "top/autoreload.h"

#define DRAIN_SECONDS 10.0
#define RELOAD_DRAIN_SECONDS 1.0

/* One serving gale_main. */
struct serving {
    gale_app *app;
    gale_ioloop *loop;
    const char *program;
    int signals;                     /* that asked for the end */
    struct gale__autoreload *reload; /* NULL: the program's file is not watched */
    bool is_replaced;                /* the program's file: it is to be run anew */
    struct sigaction old_int, old_term;
};

/* What the signal handler reaches; a process has one set of handlers. */
static struct serving *signal_target;

static int drain(void *arg)
{
    struct serving *s = arg;

    gale_app_drain(s->app, s->is_replaced ? RELOAD_DRAIN_SECONDS : DRAIN_SECONDS);
    gale_ioloop_stop(s->loop);
    return 0;
}

/* On the loop, for each signal. */
static void stop(void *arg)
{
    struct serving *s = arg;

    if (s->signals++ > 0 || gale_ioloop_spawn_callback(s->loop, drain, s) < 0)
        gale_ioloop_stop(s->loop);
}

static void start_anew(void *arg)
{
    struct serving *s = arg;

    s->is_replaced = true;
    if (gale_ioloop_spawn_callback(s->loop, drain, s) < 0)
        gale_ioloop_stop(s->loop);
}

static void on_signal(int signo)
{
    int saved = errno;

    (void)signo;
    gale_ioloop_add_callback_from_signal(signal_target->loop, stop, signal_target);
    errno = saved;
}

/* The one line that tells why the program ends. */
static int complain(const struct serving *s, const char *text)
{
    fprintf(stderr, "%s: %s\n", s->program, text);
    return 1;
}

/* The port from the environment, or the default; a failure when it is no number. */
static int port_fallback(const char **out)
{
    const char *port = getenv("PORT");

    *out = port && *port ? port : "8888";
    if ((*out)[strspn(*out, "0123456789")] || strlen(*out) > 5)
        return gale_err(GALE_EINVAL, "PORT in the environment is no port: '%.40s'", *out);
    return 0;
}

static int define_options(gale_options *options)
{
    const char *port;
    int r = port_fallback(&port);

    /* A program that defined one of these itself keeps its own. */
    if (r >= 0 && gale_option_count(options, "port") < 0)
        r = gale_define(
            options, .name = "port", .type = GALE_OPTION_INT, .fallback = port, .group = "server",
            .help = "port to listen on, 0 for any free one (or PORT in the environment)");
    if (r >= 0 && gale_option_count(options, "address") < 0)
        r = gale_define(
            options, .name = "address", .group = "server",
            .help = "address to listen on, all (with debug localhost) unless given; unix:/path "
                    "is a socket file");
    return r;
}

/* 0, 1 after --help, or the exit status 1 as -1. */
static int read_options(const struct serving *s, int argc, char **argv)
{
    gale_options *options = gale_options_default();
    char text[128];
    int rest = argc;
    int r = define_options(options);

    if (r >= 0)
        r = gale_options_parse_command_line(options, argc, argv, 0, &rest);
    if (r < 0) {
        complain(s, gale_strerror(r));
        return -1;
    }
    if (r == 0 && rest < argc) {
        snprintf(text, sizeof(text), "unexpected argument '%.80s'", argv[rest]);
        complain(s, text);
        return -1;
    }
    return r;
}

static void print_url(const char *address, int port, bool here_only)
{
    static const char why[] =
        " (this machine only, as errors are told in detail; --address= is for all)";
    bool is_ipv6 = address && strchr(address, ':');

    if (address && strncmp(address, "unix:", 5) == 0)
        fprintf(stderr, "listening on %s\n", address);
    else
        fprintf(stderr, "listening on http://%s%s%s:%d/%s\n", is_ipv6 ? "[" : "",
                address && *address ? address : "localhost", is_ipv6 ? "]" : "", port,
                here_only ? why : "");
}

/* What tells internals is for who sits at this machine, unless an address is asked for. */
static bool is_private(const struct serving *s, const gale_options *options)
{
    const gale_settings *settings = gale_app_settings(s->app);

    return (settings->debug == GALE_ON || settings->serve_traceback == GALE_ON) &&
           gale_option_count(options, "address") <= 0;
}

/* Both addresses of localhost, which a hosts file need not name; IPv6 may be off. */
static int listen_privately(gale_app *app, int port)
{
    int chosen = gale_app_listen(app, port, "127.0.0.1");
    int r = chosen < 0 ? chosen : gale_app_listen(app, chosen, "::1");

    if (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT || (r == -EADDRINUSE && port == 0))
        return chosen;
    return r < 0 ? r : chosen;
}

static int listen_as_asked(const struct serving *s)
{
    const gale_options *options = gale_options_default();
    const char *address = gale_option_str(options, "address");
    int port = gale_option_int(options, "port");
    bool here_only = is_private(s, options);
    char text[256];
    int r;

    if (port < 0 || port > 65535) {
        snprintf(text, sizeof(text), "%d is not a port", port);
        return complain(s, text);
    }
    if (here_only)
        r = listen_privately(s->app, port);
    else
        r = gale_app_listen(s->app, port, address && *address ? address : NULL);
    if (r == -EADDRINUSE && !(address && *address)) {
        snprintf(text, sizeof(text), "cannot listen on port %d: %s", port, strerror(EADDRINUSE));
        return complain(s, text);
    }
    if (r < 0)
        return complain(s, gale_strerror(r));
    print_url(address, r, here_only);
    return 0;
}

static void take_signals(struct serving *s)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    signal_target = s;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &s->old_int);
    sigaction(SIGTERM, &action, &s->old_term);
}

static void give_signals_back(struct serving *s)
{
    if (!signal_target)
        return;
    sigaction(SIGINT, &s->old_int, NULL);
    sigaction(SIGTERM, &s->old_term, NULL);
    signal_target = NULL;
}

static void watch_program(struct serving *s)
{
    int r;

    if (gale_app_settings(s->app)->autoreload != GALE_ON)
        return;
    s->reload = gale__autoreload_new(s->loop, start_anew, s, &r);
    if (!s->reload)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "no autoreload: %s", gale_strerror(r));
}

static int serve(struct serving *s, int argc, char **argv)
{
    int status = read_options(s, argc, argv);

    if (status != 0)
        return status < 0;
    if (!s->app)
        return complain(s, gale_app_error());
    s->loop = gale_ioloop_current();
    if (!s->loop)
        return complain(s, gale_strerror(gale_ioloop_error()));
    gale_report_stack_overflow();
    take_signals(s); /* before the URL is told: who reads it may stop us at once */
    status = listen_as_asked(s);
    if (status)
        return status;
    watch_program(s);
    status = gale_ioloop_run(s->loop);
    return status < 0 ? complain(s, gale_strerror(status)) : 0;
}

int gale_main(int argc, char **argv, gale_app *app)
{
    const char *path = argc > 0 && argv[0] ? argv[0] : "gale";
    const char *slash = strrchr(path, '/');
    struct serving s = { .app = app, .program = slash ? slash + 1 : path };
    int status = serve(&s, argc, argv);

    gale_app_free(app);
    gale__autoreload_stop(s.reload);
    give_signals_back(&s);
    gale_ioloop_free(s.loop); /* the port is free then, too */
    if (status == 0 && s.is_replaced && s.signals == 0)
        status = complain(&s, gale_strerror(gale__autoreload_exec(s.reload, argv)));
    gale__autoreload_free(s.reload);
    return status;
}

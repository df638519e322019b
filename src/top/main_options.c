/* main_options.c - the options of gale_main. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>
#include <gale/options.h>
#include <gale/process.h>

#include "top/serving.h"
#include "web/access_log.h"

/* A whole number from the environment as an option's default; fallback when it is not there. */
static int from_environment(const char *name, const char *what, const char *fallback,
                            const char **out)
{
    const char *text = getenv(name);

    *out = text && *text ? text : fallback;
    if (*out && ((*out)[strspn(*out, "0123456789")] || strlen(*out) > 5))
        return gale_err(GALE_EINVAL, "%s in the environment is no %s: '%.40s'", name, what, *out);
    return 0;
}

/* A program that defined one of these itself keeps its own. */
static int define(gale_options *options, gale_option_def def)
{
    def.group = "server";
    return gale_option_count(options, def.name) < 0 ? gale_options_define(options, &def) : 0;
}

static int define_processes(gale_options *options)
{
    const char *workers;
    int r = from_environment("WEB_CONCURRENCY", "number of workers", NULL, &workers);

    if (r >= 0)
        r = define(options, (gale_option_def){
                                .name = "workers",
                                .type = GALE_OPTION_INT,
                                .fallback = workers,
                                .help = "processes that serve, under a parent that restarts them; "
                                        "0: one for each CPU (or WEB_CONCURRENCY in the "
                                        "environment)" });
    if (r >= 0)
        r = define(options, (gale_option_def){ .name = "threads",
                                               .type = GALE_OPTION_INT,
                                               .fallback = "1",
                                               .help = "threads that serve in each process; 0: one "
                                                       "for each CPU" });
    if (r >= 0)
        r = define(options,
                   (gale_option_def){ .name = "drain-timeout",
                                      .type = GALE_OPTION_TIMEDELTA,
                                      .fallback = "10",
                                      .help = "seconds for requests in flight to end in" });
    if (r >= 0)
        r = define(options,
                   (gale_option_def){ .name = "blocking-threshold",
                                      .type = GALE_OPTION_TIMEDELTA,
                                      .help = "log who keeps a loop from going round for so many "
                                              "seconds; 0: nobody (1 with debug, else 0)" });
    return r;
}

static int define_tls(gale_options *options)
{
    int r = define(options, (gale_option_def){ .name = "certfile",
                                               .help = "serve HTTPS with this certificate chain "
                                                       "(PEM); read again on SIGHUP and when it "
                                                       "changes" });

    if (r >= 0)
        r = define(options,
                   (gale_option_def){ .name = "keyfile",
                                      .help = "its private key, when that is not in certfile" });
    return r;
}

/* The words are those of the setting. */
static int define_logs(gale_options *options)
{
    return define(options, (gale_option_def){ .name = "access-log",
                                              .metavar = "text|combined|json|off",
                                              .help = "the line of each request (default: as the "
                                                      "application says, else as --log-format)" });
}

static int define_all(gale_options *options)
{
    const char *port;
    int r = from_environment("PORT", "port", "8888", &port);

    if (r >= 0)
        r = define(options, (gale_option_def){ .name = "port",
                                               .type = GALE_OPTION_INT,
                                               .fallback = port,
                                               .minimum = "0",
                                               .maximum = "65535",
                                               .help = "port to listen on, 0 for any free one (or "
                                                       "PORT in the environment)" });
    if (r >= 0)
        r = define(options, (gale_option_def){
                                .name = "address",
                                .help = "address to listen on, all (with debug localhost) unless "
                                        "given; unix:/path is a socket file" });
    if (r >= 0)
        r = define(options, (gale_option_def){
                                .name = "fastcgi",
                                .metavar = "[HOST:]PORT|unix:/PATH|fd",
                                .help = "serve a web server by FastCGI (on localhost without HOST; "
                                        "fd: descriptor 0), and HTTP only when --port or --address "
                                        "is given" });
    if (r >= 0)
        r = define_processes(options);
    if (r >= 0)
        r = define_logs(options);
    return r < 0 ? r : define_tls(options);
}

static int refuse(const char *what, int value)
{
    return gale_err(GALE_EINVAL, "%d is not a %s", value, what);
}

static int use_values(struct gale__serving *s, const gale_options *options)
{
    int port = gale_option_int(options, "port");

    s->workers = gale_option_count(options, "workers") > 0 ? gale_option_int(options, "workers")
                                                           : -1;
    s->threads = gale_option_int(options, "threads");
    s->drain_seconds = gale_option_timedelta(options, "drain-timeout");
    s->blocking_seconds = -1;
    if (gale_option_count(options, "blocking-threshold") > 0)
        s->blocking_seconds = gale_option_timedelta(options, "blocking-threshold");
    if (port < 0 || port > 65535)
        return refuse("port", port);
    if (s->workers < 0 && gale_option_count(options, "workers") > 0)
        return refuse("number of workers", s->workers);
    if (s->threads < 0)
        return refuse("number of threads", s->threads);
    if (!(s->drain_seconds >= 0))
        return gale_err(GALE_EINVAL, "drain-timeout is negative");
    if (gale_option_str(options, "keyfile") && !gale_option_str(options, "certfile"))
        return gale_err(GALE_EINVAL, "--keyfile without --certfile");
    if (s->workers == 0)
        s->workers = gale_cpu_count();
    if (s->threads == 0)
        s->threads = gale_cpu_count();
    return 0;
}

/* A program's own option of that name means something else. */
static int define_config(gale_options *options, bool *is_ours)
{
    *is_ours = gale_option_count(options, "config") < 0;
    return define(options, (gale_option_def){ .name = "config",
                                              .metavar = "FILE",
                                              .help = "a file of options (port = 80); the command "
                                                      "line and the environment (GALE_PORT) go "
                                                      "before it" });
}

/* Command line, environment, file: what the first of them says stays. 1: --help. */
static int parse_all(gale_options *options, int argc, char **argv, bool has_config, int *rest)
{
    const char *path;
    int r = gale_options_parse_command_line(options, argc, argv, GALE_OPTIONS_PARTIAL, rest);

    if (r != 0)
        return r;
    r = gale_options_parse_environment(options, "GALE_", GALE_OPTIONS_KEEP | GALE_OPTIONS_PARTIAL);
    path = has_config ? gale_option_str(options, "config") : NULL;
    if (r >= 0 && path && *path)
        r = gale_options_parse_config_file(options, path, GALE_OPTIONS_KEEP | GALE_OPTIONS_PARTIAL);
    return r < 0 ? r : gale_options_parse_command_line(options, argc, argv, 0, rest);
}

/* The access line, when the command line and its like say. */
static int use_access_log(struct gale__serving *s, const gale_options *options)
{
    const char *word = gale_option_str(options, "access-log");
    int format = word ? gale__access_log_parse(word) : 0;

    if (format > 0 && s->app)
        gale__access_log_use(s->app, format);
    return format < 0 ? format : 0;
}

int gale__serving_options(struct gale__serving *s, int argc, char **argv)
{
    gale_options *options = gale_options_default();
    bool has_config = false;
    char text[128];
    int rest = argc;
    int r = define_all(options);

    if (r >= 0)
        r = define_config(options, &has_config);
    if (r >= 0)
        r = parse_all(options, argc, argv, has_config, &rest);
    if (r == 0 && rest < argc) {
        snprintf(text, sizeof(text), "unexpected argument '%.80s'", argv[rest]);
        gale__serving_complain(s, text);
        return -1;
    }
    if (r == 0)
        r = use_values(s, options);
    if (r == 0)
        r = use_access_log(s, options);
    if (r >= 0)
        return r;
    gale__serving_complain(s, gale_strerror(r));
    return -1;
}

/* wsgi_main.c - the program gale-wsgi: serves one WSGI application, with gale_main's options. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/autoreload.h>
#include <gale/error.h>
#include <gale/gen.h>
#include <gale/log.h>
#include <gale/main.h>
#include <gale/options.h>
#include <gale/staticfile.h>
#include <gale/wsgi.h>

#include "base/alloc.h"

enum { MOST_STATIC = 8, MOST_THREADS = 512, MOST_DIRECTORIES = 8 };

/* What the program is told. */
static struct {
    gale_wsgi_options wsgi;
    const char *prefix;
    gale_static_options static_options[MOST_STATIC];
    const char *static_urls[MOST_STATIC];
    int n_static;
    int64_t max_body_size;
    bool is_debug;
    bool has_workers;
    char **argv; /* for gale_main(), which may run the program anew with it */
    char virtual_env[PATH_MAX];
    char path[MOST_DIRECTORIES * PATH_MAX]; /* of wsgi: absolute */
} told = { .max_body_size = INT64_C(1) << 30 };

/* With --debug: the sources that are watched, of the directories of --path. */
static struct {
    gale_autoreload *reload;
    gale_periodic *look; /* for modules that were imported meanwhile */
    char directories[MOST_DIRECTORIES][PATH_MAX];
    int n_directories;
    char **files;
    size_t n_files;
} watched;

static int complain(const char *text)
{
    fprintf(stderr, "gale-wsgi: %s\n", text);
    return EXIT_FAILURE;
}

static char *copy_of(const char *text)
{
    return gale__strndup(text, strlen(text));
}

/* --- the command line: read here before there is an application, then by gale_main --- */

static int define(const char *name, int type, const char *fallback, const char *metavar,
                  const char *help)
{
    return gale_define(gale_options_default(), .name = name, .type = type, .fallback = fallback,
                       .metavar = metavar, .help = help, .group = "wsgi",
                       .is_multiple = strcmp(name, "static") == 0);
}

static int define_all(void)
{
    int r = define("application", GALE_OPTION_STR, NULL, "MODULE:CALLABLE",
                   "what is served; may stand without --application=");

    if (r >= 0)
        r = define("path", GALE_OPTION_STR, NULL, "DIR[:DIR...]",
                   "where modules are looked for first (the current directory)");
    if (r >= 0)
        r = define("venv", GALE_OPTION_STR, NULL, "DIR", "a virtual environment");
    if (r >= 0)
        r = define("python-threads", GALE_OPTION_INT, "8", "N",
                   "requests in Python at once, in each process");
    if (r >= 0)
        r = define("prefix", GALE_OPTION_STR, NULL, "/PATH", "answers below this path only");
    if (r >= 0)
        r = define("static", GALE_OPTION_STR, NULL, "/URL/=DIR",
                   "files that Python is not asked for; may be given several times");
    if (r >= 0)
        r = define("max-body-size", GALE_OPTION_INT64, "1073741824", "BYTES", "of a request");
    return r < 0 ? r
                 : define("debug", GALE_OPTION_BOOL, "false", NULL,
                          "tracebacks for clients; restarts when a source changes");
}

static int take_number(const char *text, const char *name, int64_t most, int64_t *out)
{
    char *end;

    *out = strtoll(text, &end, 10);
    if (end != text && !*end && *out > 0 && *out <= most)
        return 0;
    fprintf(stderr, "gale-wsgi: --%s: '%s' is no number from 1 to %lld\n", name, text,
            (long long)most);
    return -1;
}

/* "/static/=assets" */
static int take_static(char *text)
{
    char *equals = strchr(text, '='), path[PATH_MAX];

    if (*text != '/' || !equals || equals[-1] != '/' || !equals[1]) {
        fprintf(stderr, "gale-wsgi: --static: '%s' is no \"/URL/=DIRECTORY\"\n", text);
        return -1;
    }
    if (told.n_static == MOST_STATIC) {
        fprintf(stderr, "gale-wsgi: --static: more than %d\n", MOST_STATIC);
        return -1;
    }
    *equals = 0;
    if (!realpath(equals + 1, path)) {
        fprintf(stderr, "gale-wsgi: --static: %s: %s\n", equals + 1, strerror(errno));
        return -1;
    }
    told.static_urls[told.n_static] = text;
    told.static_options[told.n_static++] = (gale_static_options){ .path = copy_of(path) };
    return 0;
}

static int take_prefix(char *text)
{
    size_t len = strlen(text);

    while (len && text[len - 1] == '/')
        text[--len] = 0;
    told.prefix = text;
    if (!len || (*text == '/' && !strpbrk(text, "()[]{}*+?|\\^$.")))
        return 0;
    fprintf(stderr, "gale-wsgi: --prefix: '%s' is no path like \"/shop\"\n", text);
    return -1;
}

/* The value of an option of that name, or NULL. */
static char *value_of(char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, len) == 0 && word[len + 2] == '='
               ? word + len + 3
               : NULL;
}

/* 0, or -1 after a message. */
static int take_option(char *word)
{
    char *value;
    int64_t n;

    if ((value = value_of(word, "application")))
        told.wsgi.application = value;
    else if ((value = value_of(word, "path")))
        told.wsgi.path = value;
    else if ((value = value_of(word, "venv")))
        told.wsgi.virtual_env = value;
    else if ((value = value_of(word, "static")))
        return take_static(value);
    else if ((value = value_of(word, "prefix")))
        return take_prefix(value);
    else if ((value = value_of(word, "max-body-size")))
        return take_number(value, "max-body-size", INT64_MAX, &told.max_body_size);
    else if ((value = value_of(word, "python-threads"))) {
        if (take_number(value, "python-threads", MOST_THREADS, &n) < 0)
            return -1;
        told.wsgi.threads = (int)n;
    } else if (value_of(word, "workers")) {
        told.has_workers = true;
    } else if (strcmp(word, "--debug") == 0) {
        told.is_debug = true;
    }
    return 0;
}

/* "site:app" among the options as --application=site:app, which gale_main() takes. */
static char *as_option(const char *word)
{
    static char text[PATH_MAX];

    snprintf(text, sizeof(text), "--application=%s", word);
    return text;
}

/* Values are pointed at: take_static() and take_prefix() change copies. */
static int take_options(int argc, char **argv)
{
    told.argv = gale__calloc((size_t)argc + 1, sizeof(*told.argv));
    if (!told.argv)
        return -1;
    for (int i = 0; i < argc; i++) {
        char *copy;

        told.argv[i] = i && argv[i][0] != '-' && !told.wsgi.application ? as_option(argv[i])
                                                                        : argv[i];
        copy = copy_of(told.argv[i]); /* for as long as the program runs */
        if (!copy || (i && take_option(copy) < 0))
            return -1;
    }
    return 0;
}

/* One directory of --path as an absolute one, behind those in told.path. One that is not there is
 * left as it is, for the library to say so. */
static int add_directory(const char *text, size_t n)
{
    size_t len = strlen(told.path);
    char name[PATH_MAX], real[PATH_MAX];

    if (n >= sizeof(name) || watched.n_directories >= MOST_DIRECTORIES)
        return complain("--path: too many directories, or one with too long a name");
    snprintf(name, sizeof(name), "%.*s", n ? (int)n : 1, n ? text : ".");
    if (!realpath(name, real))
        snprintf(real, sizeof(real), "%s", name);
    snprintf(watched.directories[watched.n_directories++], PATH_MAX, "%s", real);
    snprintf(told.path + len, sizeof(told.path) - len, "%s%s", len ? ":" : "", real);
    return 0;
}

/* Paths of the command line are of the current directory, those of the library of the program's. */
static int find_directories(void)
{
    const char *rest = told.wsgi.path ? told.wsgi.path : ".";
    size_t n;

    for (;; rest += n + 1) {
        n = strcspn(rest, ":");
        if (add_directory(rest, n) != 0)
            return -1;
        if (!rest[n])
            break;
    }
    told.wsgi.path = told.path;
    if (told.wsgi.virtual_env && realpath(told.wsgi.virtual_env, told.virtual_env))
        told.wsgi.virtual_env = told.virtual_env;
    return 0;
}

/* --- the start of each process --- */

static void say_traceback(const gale_wsgi *wsgi)
{
    if (*gale_wsgi_traceback(wsgi))
        fprintf(stderr, "%s\n", gale_wsgi_traceback(wsgi));
}

/* gale_main() runs the program anew, with its sockets. */
static void on_change(const char *path, void *arg)
{
    (void)path;
    (void)arg;
    kill(getpid(), SIGUSR2);
}

static bool is_of_the_site(const char *path)
{
    for (int i = 0; i < watched.n_directories; i++) {
        size_t len = strlen(watched.directories[i]);

        if (strncmp(path, watched.directories[i], len) == 0 && path[len] == '/')
            return true;
    }
    return false;
}

static bool is_watched(const char *path)
{
    for (size_t i = 0; i < watched.n_files; i++)
        if (strcmp(watched.files[i], path) == 0)
            return true;
    return false;
}

static void watch_file(const char *path, void *arg)
{
    char **grown;

    (void)arg;
    if (!is_of_the_site(path) || is_watched(path))
        return;
    grown = gale__realloc(watched.files, (watched.n_files + 1) * sizeof(*grown));
    if (!grown)
        return;
    watched.files = grown;
    watched.files[watched.n_files] = copy_of(path);
    if (watched.files[watched.n_files] && gale_autoreload_watch(watched.reload, path) >= 0)
        watched.n_files++;
}

static int look(void *arg)
{
    (void)gale_wsgi_each_source(arg, watch_file, NULL);
    return 0;
}

/* A source that does not load is not among Python's modules: its directory tells of it. */
static void watch_sources(gale_wsgi *wsgi, bool is_loaded)
{
    const gale_autoreload_options options = { .argv = told.argv, .changed = on_change };

    watched.reload = gale_autoreload_start(&options);
    watched.look = gale_periodic_new(gale_ioloop_current(), 1.0, 0, look, wsgi);
    if (!watched.reload || !watched.look || gale_periodic_start(watched.look) < 0) {
        gale_log(&gale_log_general, GALE_LOG_WARNING, "changed sources are not noticed: %s",
                 gale_strerror(watched.reload ? -ENOMEM : gale_autoreload_error()));
        return;
    }
    for (int i = 0; !is_loaded && i < watched.n_directories; i++)
        (void)!gale_autoreload_watch(watched.reload, watched.directories[i]);
    look(wsgi);
}

/* Under development what does not load is mended, and asked for again. */
static int on_start(gale_app *app)
{
    gale_wsgi *wsgi = gale_app_data(app);
    int r = gale_wsgi_load(wsgi);

    if (r < 0)
        say_traceback(wsgi);
    if (!told.is_debug)
        return r;
    watch_sources(wsgi, r >= 0);
    return 0;
}

/* --- the program --- */

static int load(void *arg)
{
    return gale_wsgi_load(arg);
}

/* Workers that cannot start would be started for ever: a process tries it first. 0, or an exit
 * status. */
static int try_to_load(gale_wsgi *wsgi)
{
    int status = 0;
    pid_t pid = fork();

    if (pid < 0)
        return complain(strerror(errno));
    if (pid == 0) {
        int r = gale_ioloop_run_sync(gale_ioloop_current(), load, wsgi, 0);

        if (r < 0) {
            say_traceback(wsgi);
            complain(gale_strerror(r));
        }
        fflush(NULL);
        _exit(r < 0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status == 0 ? 0 : EXIT_FAILURE;
}

static gale_app *make_app(gale_wsgi *wsgi)
{
    gale_route routes[MOST_STATIC + 2] = { { 0 } };
    char urls[MOST_STATIC + 1][PATH_MAX];
    const gale_settings settings = { .debug = told.is_debug ? GALE_ON : GALE_OFF,
                                     .server.max_body_size = told.max_body_size,
                                     .server.xheaders = GALE_ON,
                                     .default_handler = told.prefix ? NULL : &gale_wsgi_handler,
                                     .default_handler_arg = told.prefix ? NULL : wsgi,
                                     .data = wsgi,
                                     .on_start = on_start };
    int n = 0;

    for (; n < told.n_static; n++) {
        snprintf(urls[n], sizeof(urls[n]), "%s(.*)", told.static_urls[n]);
        routes[n] = (gale_route){ .url = urls[n],
                                  .handler = &gale_static_handler,
                                  .arg = &told.static_options[n] };
    }
    if (told.prefix) {
        snprintf(urls[n], sizeof(urls[n]), "%s(/.*)?", told.prefix);
        routes[n] = (gale_route){ .url = urls[n], .handler = &gale_wsgi_handler, .arg = wsgi };
    }
    return gale_app_new(routes, &settings);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static int serve(int argc, gale_wsgi *wsgi)
{
    bool forks = told.has_workers || getenv("WEB_CONCURRENCY");
    int status = forks && !told.is_debug ? try_to_load(wsgi) : 0;

    if (status == 0)
        status = gale_main(argc, told.argv, make_app(wsgi));
    gale_periodic_free(watched.look);
    gale_autoreload_free(watched.reload);
    return status;
}

int main(int argc, char **argv)
{
    gale_wsgi *wsgi;
    int status;

    if (define_all() < 0)
        return complain(gale_strerror(GALE_EINVAL));
    if (take_options(argc, argv) < 0)
        return 2;
    if (asks_for_help(argc, argv))
        return gale_main(argc, told.argv, NULL);
    if (!told.wsgi.application) {
        complain("which application? gale-wsgi MODULE:CALLABLE (--help tells more)");
        return 2;
    }
    if (find_directories() != 0)
        return 2;
    wsgi = gale_wsgi_new(&told.wsgi);
    if (!wsgi)
        return complain(gale_strerror(gale_wsgi_error()));
    status = serve(argc, wsgi);
    gale_wsgi_free(wsgi);
    return status;
}

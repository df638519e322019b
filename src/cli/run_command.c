/* run_command.c - "gale run": options, sockets, what is watched, signals. See run_parts.h. */
/* SPDX-License-Identifier: MIT */
#include "cli/run_parts.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/netutil.h>

#include "base/under_run.h"
#include "cli/command.h"
#include "net/address.h"
#include "net/watch.h"

#define QUIET_SECONDS 0.02 /* between the last of several saves and the build */

void gale__run_say(const char *fmt, ...)
{
    va_list ap;

    fputs("gale run: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

/* --- sockets --- */

/* Both addresses of localhost, of which IPv6 may be off. */
static int bind_here(struct gale__run *run, int port)
{
    int n = gale_bind_sockets(port, "127.0.0.1", NULL, run->fds, 1);
    gale_address address;
    int more;

    if (n < 0 || gale__address_local(&address, run->fds[0]) < 0)
        return n < 0 ? n : GALE_EINVAL;
    more = gale_bind_sockets(gale__address_port(&address), "::1", NULL, run->fds + n,
                             GALE__RUN_SOCKETS - n);
    return more > 0 ? n + more : n;
}

static int bind_all(struct gale__run *run)
{
    const char *text = run->options.port ? run->options.port : getenv("PORT");
    const char *address = run->options.address;
    gale_address bound;
    char *end = NULL;
    long port = text && *text ? strtol(text, &end, 10) : 8888;

    if ((end && *end) || port < 0 || port > 65535)
        return gale_err(GALE_EINVAL, "'%s' is no port", text);
    if (!address)
        run->n_fds = bind_here(run, (int)port);
    else
        run->n_fds = gale_bind_sockets((int)port, address, NULL, run->fds, GALE__RUN_SOCKETS);
    if (run->n_fds < 0)
        return run->n_fds;
    if (gale__address_local(&bound, run->fds[0]) < 0)
        return GALE_EINVAL;
    run->port = gale__address_port(&bound);
    return 0;
}

static void close_sockets(struct gale__run *run)
{
    while (run->n_fds > 0)
        close(run->fds[--run->n_fds]);
}

/* --- what is watched --- */

static bool is_skipped(const struct gale__run *run, const char *path)
{
    const struct gale__run_project *p = &run->project;
    size_t len = strlen(p->build);

    if (strstr(path, "/node_modules/") || strstr(path, "/__pycache__/"))
        return true;
    return p->kind != GALE__RUN_SOURCES && p->kind != GALE__RUN_MAKE &&
           strncmp(path, p->build, len) == 0 && path[len] == '/';
}

static bool matters(const char *path, void *arg)
{
    struct gale__run *run = arg;
    bool restart, source;

    if (path[strlen(path) - 1] == '/')
        return !is_skipped(run, path);
    source = gale__run_is_source(run, path, &restart);
    if ((source || restart) && !run->saw_source && !run->saw_other)
        run->saved = gale_ioloop_time(run->loop);
    run->saw_source = run->saw_source || source;
    run->saw_other = run->saw_other || restart;
    return source || restart;
}

static void on_change(const char *path, void *arg)
{
    struct gale__run *run = arg;
    size_t len = strlen(run->project.dir);

    if (path[strlen(path) - 1] == '/') /* more has changed than the kernel has noted */
        run->saw_source = true;
    gale__run_say("%s has changed", strncmp(path, run->project.dir, len) == 0 && path[len] == '/'
                                        ? path + len + 1
                                        : path);
    run->wants_build = run->wants_build || run->saw_source;
    run->wants_restart = run->wants_restart || run->saw_other;
    run->saw_source = run->saw_other = false;
    if (run->wants_build)
        gale__run_end_starting(run);
    gale__run_turn(run);
}

static int watch(struct gale__run *run)
{
    const struct gale__watch_hooks hooks = { matters, on_change, run, QUIET_SECONDS };
    int r;

    run->watch = gale__watch_new(run->loop, &hooks, &r);
    return run->watch ? gale__watch_directory(run->watch, run->project.dir, true) : r;
}

/* --- what the program and the build tools are told --- */

/* Of the line that begins so in a file: the rest; NULL: there is none. */
static char *line_of(const char *path, const char *name, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    char *found = NULL;

    while (f && !found && fgets(out, (int)size, f))
        if (strncmp(out, name, strlen(name)) == 0)
            found = out + strlen(name);
    if (f)
        fclose(f);
    if (found)
        found[strcspn(found, "\r\n")] = 0;
    return found;
}

/* Run from where it was built, gale is not installed: then its library is beside the command, and
 * pkg-config is told so by a file of ours. */
static int use_build_tree(struct gale__run *run, const char *libdir)
{
    char path[PATH_MAX + 64], line[PATH_MAX], *sources;
    FILE *f;

    snprintf(path, sizeof(path), "%s/meson-uninstalled/gale-uninstalled.pc", libdir);
    sources = line_of(path, "srcdir=", line, sizeof(line));
    if (!sources)
        return 0;
    snprintf(path, sizeof(path), "%s/gale.pc", run->project.temp);
    f = fopen(path, "we");
    if (!f)
        return gale_err(-errno, "%s: %s", path, strerror(errno));
    fprintf(f,
            "libdir=%s\nName: gale\nDescription: gale\nVersion: %s\nRequires: jansson\n"
            "Cflags: -I%s/include\nLibs: -L${libdir} -Wl,-rpath,${libdir} -lgale\n",
            libdir, gale_version(), sources);
    fclose(f);
    return setenv("PKG_CONFIG_PATH", run->project.temp, 1) < 0 ? -ENOMEM : 0;
}

int gale__run_set_environment(struct gale__run *run)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    int r = 0;

    path[len > 0 ? len : 0] = 0;
    if (strrchr(path, '/')) {
        *strrchr(path, '/') = 0;
        r = use_build_tree(run, path);
    }
    if (r < 0)
        return r;
    snprintf(path, sizeof(path), "%s/status.html", run->project.temp);
    if (setenv(GALE__RUN_DIR, run->project.dir, 1) < 0 || setenv(GALE__RUN_STATUS, path, 1) < 0 ||
        setenv(GALE__RUN_DEBUG, run->options.release ? "0" : "1", 1) < 0 ||
        setenv(GALE__RUN_COLORS, isatty(STDERR_FILENO) && !gale__no_colors() ? "1" : "0", 1) < 0)
        return -ENOMEM;
    return 0;
}

/* --- signals --- */

static void kill_all(void *arg)
{
    struct gale__run *run = arg;

    gale__run_end_programs(run, SIGKILL);
    gale_ioloop_stop(run->loop);
}

/* The first asks the programs to end, a second one does not wait for that. */
static void on_signal(int fd, int events, void *arg)
{
    struct gale__run *run = arg;
    struct signalfd_siginfo info;

    (void)events;
    if (read(fd, &info, sizeof(info)) <= 0)
        return;
    if (run->ending) {
        kill_all(run);
        return;
    }
    run->ending = true;
    gale__run_end_programs(run, SIGTERM);
    gale_ioloop_call_later(run->loop, 15, kill_all, run);
    if (gale__list_empty(&run->programs))
        gale_ioloop_stop(run->loop);
}

static int take_signals(struct gale__run *run, int *out)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    *out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (*out < 0)
        return gale_err(-errno, "signalfd: %s", strerror(errno));
    return gale_ioloop_add_handler(run->loop, *out, on_signal, GALE_READ, run);
}

/* --- the command --- */

static int serve(struct gale__run *run)
{
    int signals = -1;
    int r;

    run->loop = gale_ioloop_current();
    r = run->loop ? bind_all(run) : gale_ioloop_error();
    if (r >= 0)
        r = gale__run_set_environment(run);
    if (r >= 0)
        r = take_signals(run, &signals);
    if (r >= 0)
        r = watch(run);
    if (r >= 0) {
        gale__run_say("listening on http://localhost:%d/", run->port);
        run->saved = gale_ioloop_time(run->loop);
        run->wants_build = true;
        gale__run_turn(run);
        r = gale_ioloop_run(run->loop);
    }
    gale__run_end_programs(run, SIGKILL);
    gale__watch_free(run->watch);
    if (signals >= 0) {
        gale_ioloop_remove_handler(run->loop, signals);
        close(signals);
    }
    gale_app_free(run->page);
    gale_ioloop_free(run->loop);
    close_sockets(run);
    return r;
}

static int take_options(const struct gale__cli_command *command, struct gale__run *run,
                        int *n_words, char **words)
{
    struct gale__run_options *o = &run->options;
    int n = 0, n_args = 0;
    const struct gale__cli_option options[] = {
        { .name = "port", .letter = 'p', .value = &o->port },
        { .name = "address", .letter = 'a', .value = &o->address },
        { .name = "cc", .value = &o->cc },
        { .name = "cflags", .value = &o->cflags },
        { .name = "release", .flag = &o->release },
        { .name = "optimize", .letter = 'O', .value = &o->optimize },
        { .name = "target", .letter = 't', .value = &o->target },
        { 0 },
    };

    while (n < *n_words && strcmp(words[n], "--") != 0)
        n++;
    for (int i = n + 1; i < *n_words && n_args + 2 < GALE__RUN_WORDS; i++)
        o->argv[++n_args] = words[i];
    *n_words = n;
    return gale__cli_options(command, options, n_words, words);
}

static int run_command(const struct gale__cli_command *command, int n_words, char **words)
{
    static struct gale__run run; /* large, and one is enough for a process */
    int r = take_options(command, &run, &n_words, words);

    if (r != 0)
        return r;
    if (n_words > 1)
        return gale__cli_usage(command, "'%s' is too much (arguments of the program follow --)",
                               words[1]);
    gale__list_init(&run.programs);
    gale__buf_init(&run.html, SIZE_MAX / 8);
    gale__buf_init(&run.text, SIZE_MAX / 8);
    gale__buf_init(&run.included, SIZE_MAX / 8);
    r = gale__run_project_open(&run, n_words ? words[0] : ".");
    if (r >= 0)
        r = serve(&run);
    gale__run_project_close(&run);
    gale__buf_deinit(&run.html);
    gale__buf_deinit(&run.text);
    gale__buf_deinit(&run.included);
    return r < 0 ? gale__cli_fail(command, "%s", gale_strerror(r)) : GALE__CLI_OK;
}

const struct gale__cli_command gale__cli_run_command = {
    .name = "gale run",
    .summary = "builds and runs a program, and again at each save",
    .help =
        "usage: gale run [OPTIONS] [FILE.c | DIRECTORY] [-- ARGUMENTS]\n\n"
        "Compiles a program and runs it with debug on; when a source, header or build file\n"
        "changes, builds it anew and swaps: no connection is refused. While it does not compile\n"
        "the last version goes on, and the browser shows the compiler's messages. Open pages\n"
        "reload by themselves, also when templates and static files change.\n\n"
        "A directory (the present one unless given) is built its own way when it has a\n"
        "meson.build, CMakeLists.txt or Makefile, else from all its C and C++ files. Relative\n"
        "paths of templates and static files are those of the source's directory.\n\n"
        "options:\n"
        "  -p, --port PORT        to listen on, 0 for any free one; default PORT of the\n"
        "                         environment, or 8888\n"
        "  -a, --address ADDRESS  to listen on; default localhost only\n"
        "  -t, --target NAME      the program to run, when the project makes several\n"
        "  --cc COMPILER          default CC of the environment, or cc\n"
        "  --cflags FLAGS         more flags for the compiler and linker; default CFLAGS of the\n"
        "                         environment\n"
        "  --release              optimised, without debug\n"
        "  -O, --optimize LEVEL   as the compiler's -O; default 0, with --release 2\n\n"
        "examples:\n"
        "  gale run hello.c\n"
        "  gale run --port 8000 site -- --logging=debug\n"
        "  gale run --cflags \"-fsanitize=address -lsqlite3\" blog.c\n",
    .run = run_command,
};

/* routes.c - "gale routes": the table of a program's routes.
 *
 * The program itself tells them: it is built as by `gale run` and started with a pipe, into which
 * gale_main() writes the table instead of serving. What it prints meanwhile goes to standard error.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/under_run.h"
#include "cli/command.h"
#include "cli/run_parts.h"

#define PATIENCE 10 /* seconds until gale_main() is called */

struct asking {
    const struct gale__cli_command *command;
    struct gale__run *run; /* how it is built, and with which arguments it is started */
    const char *path;      /* of the program */
    const char *name;      /* what it is called here: as it was given */
    double patience;
    size_t n_told; /* bytes of its table */
};

/* --- asking it --- */

static __attribute__((noreturn)) void become(const struct asking *a, int pipe_end)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", pipe_end);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setenv(GALE__RUN_ROUTES, number, 1) == 0 && fcntl(pipe_end, F_SETFD, 0) == 0 &&
        dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        a->run->options.argv[0] = (char *)(uintptr_t)a->path;
        execv(a->path, a->run->options.argv);
    }
    fprintf(stderr, "%s: %s: %s\n", a->command->name, a->path, strerror(errno));
    _exit(127);
}

/* Copies the table to standard output: 0 at its end, ETIMEDOUT when it does not come. */
static int copy_table(struct asking *a, int fd)
{
    int64_t until = gale__clock_ns() + (int64_t)(a->patience * 1e9);
    char text[4096];
    ssize_t n = 1;

    while (n > 0) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = (until - gale__clock_ns()) / 1000000;
        int r = left > 0 ? poll(&p, 1, (int)left) : 0;

        if (r == 0)
            return ETIMEDOUT;
        n = r > 0 ? read(fd, text, sizeof(text)) : 0;
        if (n > 0)
            a->n_told += fwrite(text, 1, (size_t)n, stdout);
    }
    return fflush(stdout) == 0 ? 0 : errno;
}

static int explain(const struct asking *a, int error, int status)
{
    if (error == ETIMEDOUT)
        return gale__cli_fail(
            a->command,
            "the program of %s did not call gale_main() within %g seconds; the routes of a "
            "program that serves otherwise cannot be told",
            a->name, a->patience);
    if (error)
        return gale__cli_fail(a->command, "standard output: %s", strerror(error));
    if (a->n_told)
        return GALE__CLI_OK;
    if (WIFSIGNALED(status))
        return gale__cli_fail(
            a->command, "the program of %s ended by signal %d (%s), without telling its routes",
            a->name, WTERMSIG(status), strsignal(WTERMSIG(status)));
    return gale__cli_fail(
        a->command,
        "the program of %s ended with status %d before its routes were told: that is done by "
        "gale_main(), with an application that could be made",
        a->name, WEXITSTATUS(status));
}

static int ask(struct asking *a)
{
    int ends[2], status = 0, error;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return gale__cli_fail(a->command, "pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        become(a, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return gale__cli_fail(a->command, "fork: %s", strerror(errno));
    }
    error = copy_table(a, ends[0]);
    close(ends[0]);
    if (error)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return explain(a, error, status);
}

/* --- building it --- */

static int build(void *arg)
{
    struct asking *a = arg;

    return gale__run_build(a->run, a->run->path);
}

static int build_and_ask(struct asking *a, const char *path)
{
    struct gale__run *run = a->run;
    int r = gale__run_project_open(run, path);

    run->loop = r < 0 ? NULL : gale_ioloop_current();
    if (r >= 0)
        r = run->loop ? gale__run_set_environment(run) : gale_ioloop_error();
    if (r >= 0)
        r = gale_ioloop_run_sync(run->loop, build, a, 0);
    gale_ioloop_free(run->loop);
    a->path = run->path;
    if (r < 0)
        r = gale__cli_fail(a->command, "%s", gale_strerror(r));
    else
        r = r > 0 ? GALE__CLI_FAILED : ask(a); /* what the compiler said has been seen */
    gale__run_project_close(run);
    gale__buf_deinit(&run->html);
    gale__buf_deinit(&run->text);
    return r;
}

static bool is_program(const char *path)
{
    const char *dot = strrchr(path, '.');
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR) &&
           (!dot || strchr(dot, '/'));
}

/* --- the command --- */

static int take_patience(struct asking *a, const char *text)
{
    char *end = NULL;

    a->patience = text ? strtod(text, &end) : PATIENCE;
    if (!end || (end != text && !*end && a->patience > 0 && a->patience <= 3600))
        return 0;
    return gale__cli_usage(a->command, "--timeout is a number of seconds, not '%s'", text);
}

static int take_words(struct asking *a, int *n_words, char **words)
{
    struct gale__run_options *o = &a->run->options;
    const char *patience = NULL;
    const struct gale__cli_option options[] = {
        { .name = "cc", .value = &o->cc },
        { .name = "cflags", .value = &o->cflags },
        { .name = "target", .letter = 't', .value = &o->target },
        { .name = "timeout", .value = &patience },
        { 0 },
    };
    int n = 0, n_args = 0, r;

    while (n < *n_words && strcmp(words[n], "--") != 0)
        n++;
    for (int i = n + 1; i < *n_words && n_args + 2 < GALE__RUN_WORDS; i++)
        o->argv[++n_args] = words[i];
    *n_words = n;
    r = gale__cli_options(a->command, options, n_words, words);
    return r ? r : take_patience(a, patience);
}

static int routes(const struct gale__cli_command *command, int n_words, char **words)
{
    struct asking a = { .command = command, .run = gale__calloc(1, sizeof(*a.run)) };
    int r;

    if (!a.run)
        return gale__cli_fail(command, "%s", gale_strerror(-ENOMEM));
    gale__buf_init(&a.run->html, SIZE_MAX / 8);
    gale__buf_init(&a.run->text, SIZE_MAX / 8);
    r = take_words(&a, &n_words, words);
    if (r == 0 && n_words > 1)
        r = gale__cli_usage(command, "'%s' is too much (arguments of the program follow --)",
                            words[1]);
    a.path = a.name = n_words ? words[0] : ".";
    if (r == 0)
        r = is_program(a.path) ? ask(&a) : build_and_ask(&a, a.path);
    gale__free(a.run);
    return r;
}

const struct gale__cli_command gale__cli_routes = {
    .name = "gale routes",
    .summary = "prints the routes of a program",
    .help =
        "usage: gale routes [OPTIONS] [FILE.c | DIRECTORY | PROGRAM] [-- ARGUMENTS]\n\n"
        "Prints a line for each route, in the order in which they are tried: methods, pattern,\n"
        "the handler (the class's name, or its first function), and where some have them the\n"
        "route's name, host, middleware (the outermost first) and the line of source. Routes\n"
        "of mounted applications come with their prefix.\n\n"
        "A file or directory (the present one unless given) is built first, as by gale run.\n"
        "The program then runs up to gale_main(), which tells the routes and ends it: nothing\n"
        "is served. What it prints before that goes to standard error.\n\n"
        "options:\n"
        "  -t, --target NAME  the program to ask, when the project makes several\n"
        "  --timeout SECONDS  how long it may take to call gale_main(); default 10\n"
        "  --cc COMPILER      default CC of the environment, or cc\n"
        "  --cflags FLAGS     more flags for the compiler and linker; default CFLAGS of the\n"
        "                     environment\n\n"
        "examples:\n"
        "  gale routes app.c\n"
        "  gale routes shop -- --config=shop.conf\n"
        "  gale routes build/shop\n",
    .run = routes,
};

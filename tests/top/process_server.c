/* process_server.c - the application that test_processes_wire.py runs as workers and threads.
 *
 * The environment says what it cannot ask of gale_main: REUSE_PORT, AUTORELOAD, LOOP_FIRST.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/process.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int main_get(gale_handler *self)
{
    return gale_printf(self, "%d %d %d", (int)getpid(), gale_task_id(), (int)syscall(SYS_gettid));
}

static int slow_get(gale_handler *self)
{
    double seconds;
    int r = gale_get_double(self, "seconds", &seconds);

    if (r < 0 || (r = gale_sleep(seconds)) < 0)
        return r;
    return gale_write(self, "done");
}

/* Ends the process in the middle of an answer. */
static int exit_get(gale_handler *self)
{
    int status;
    int r = gale_get_int(self, "status", &status);

    if (r < 0)
        return r;
    _exit(status);
}

/* The loop stands still. */
static int stuck_get(gale_handler *self)
{
    (void)self;
    fprintf(stderr, "stuck now\n");
    for (;;)
        pause();
    return 0;
}

/* A process whose parent ends at once. */
static int orphan_get(gale_handler *self)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (fork() > 0)
            _exit(0);
        for (int fd = 0; fd < 256; fd++)
            close(fd);
        pause();
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return pid < 0 ? -errno : gale_write(self, "done");
}

static int random_get(gale_handler *self)
{
    const char *token = gale_xsrf_token(self);

    return token ? gale_write(self, token) : -1;
}

static int echo_message(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

/* Under load nobody reads the log, and its pipe would fill. */
static void log_nothing(gale_handler *self)
{
    (void)self;
}

static const gale_handler_class main_handler = { .get = main_get };
static const gale_handler_class slow_handler = { .get = slow_get };
static const gale_handler_class exit_handler = { .get = exit_get };
static const gale_handler_class stuck_handler = { .get = stuck_get };
static const gale_handler_class orphan_handler = { .get = orphan_get };
static const gale_handler_class random_handler = { .get = random_get };
static const gale_websocket_class echo_handler = GALE_WEBSOCKET_CLASS(.on_message = echo_message);

int main(int argc, char **argv)
{
    gale_settings settings = { .server.reuse_port = getenv("REUSE_PORT") ? GALE_ON : 0,
                               .autoreload = getenv("AUTORELOAD") ? GALE_ON : 0,
                               .log_function = log_nothing };

    if (getenv("LOOP_FIRST") && !gale_ioloop_current())
        return 1;
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &main_handler },
                             { .url = "/slow", .handler = &slow_handler },
                             { .url = "/exit", .handler = &exit_handler },
                             { .url = "/stuck", .handler = &stuck_handler },
                             { .url = "/orphan", .handler = &orphan_handler },
                             { .url = "/random", .handler = &random_handler },
                             { .url = "/echo", .handler = &echo_handler.base },
                             { 0 },
                         },
                         &settings));
}

/* workers.c - guide: several processes without gale_main: a socket, workers that share it, a loop
 * in each. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/process.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int main_get(gale_handler *self)
{
    return gale_printf(self, "worker %d\n", gale_task_id());
}

static const gale_handler_class main_handler = { .get = main_get };

static int fail(int code)
{
    fprintf(stderr, "%s\n", gale_strerror(code));
    return EXIT_FAILURE;
}

/* A worker: its own loop, its own application, the parent's socket. */
static int serve(int *socket)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_app *app = gale_app_new((gale_route[]){ { .url = "/", .handler = &main_handler }, { 0 } },
                                 NULL);
    int r = loop && app ? gale_app_add_socket(app, socket) : GALE_ESTATE;

    if (r >= 0) {
        gale_worker_ready();
        r = gale_ioloop_run(loop);
    }
    gale_app_free(app);
    gale_ioloop_free(loop);
    return r < 0 ? fail(r) : EXIT_SUCCESS;
}

static int port_of(int socket)
{
    struct sockaddr_in address = { 0 };
    socklen_t size = sizeof(address);

    getsockname(socket, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    gale_options *options = gale_options_default();
    int socket = -1;
    int r = gale_define(options, .name = "port", .type = GALE_OPTION_INT, .fallback = "8888");

    if (r >= 0)
        r = gale_options_parse_command_line(options, argc, argv, 0, NULL);
    if (r > 0)
        return EXIT_SUCCESS; /* --help */
    if (r == 0)
        r = gale_bind_sockets(gale_option_int(options, "port"), "127.0.0.1", NULL, &socket, 1);
    if (r < 0)
        return fail(r);
    fprintf(stderr, "listening on http://127.0.0.1:%d/\n", port_of(socket));

    r = gale_fork_processes(2, NULL); /* comes back in each worker, with its number */
    if (r >= 0)
        return serve(&socket);
    close(socket); /* the parent, when all is over */
    return r == GALE_ESTOPPED ? EXIT_SUCCESS : fail(r);
}

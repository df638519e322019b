/* wsgi_server.c - a program for tests: applications of Python beside handlers in C.
 *
 *     wsgi_server APPLICATION OTHER [OPTION...]
 *
 *     /c/hello        C
 *     /app...         APPLICATION, whose SCRIPT_NAME is /app
 *     all else        OTHER, at the root
 *
 * The environment: WSGI_PATH, WSGI_VENV, WSGI_THREADS are options of both, WSGI_TRACEBACK tells
 * failures to clients.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/wsgi.h>
#include <stdio.h>
#include <stdlib.h>

static int hello_get(gale_handler *self)
{
    return gale_write(self, "Hello from C");
}

static const gale_handler_class hello = { .get = hello_get };

static gale_wsgi *make(const char *application)
{
    const char *threads = getenv("WSGI_THREADS");
    const gale_wsgi_options options = { .application = application,
                                        .path = getenv("WSGI_PATH"),
                                        .virtual_env = getenv("WSGI_VENV"),
                                        .threads = threads ? (int)strtol(threads, NULL, 10) : 0 };
    gale_wsgi *wsgi = gale_wsgi_new(&options);

    if (!wsgi)
        fprintf(stderr, "%s\n", gale_strerror(gale_wsgi_error()));
    return wsgi;
}

int main(int argc, char **argv)
{
    gale_wsgi *first = argc > 2 ? make(argv[1]) : NULL, *other = first ? make(argv[2]) : NULL;
    const gale_route routes[] = {
        { .url = "/c/hello", .handler = &hello },
        { .url = "/app(/.*)?", .handler = &gale_wsgi_handler, .arg = first },
        { 0 },
    };
    const gale_settings settings = {
        .default_handler = &gale_wsgi_handler,
        .default_handler_arg = other,
        .serve_traceback = getenv("WSGI_TRACEBACK") ? GALE_ON : 0,
        .server.max_body_size = 200 << 20,
        .server.xheaders = GALE_ON,
    };
    int status = EXIT_FAILURE;

    if (other) {
        argv[2] = argv[0];
        status = gale_main(argc - 2, argv + 2, gale_app_new(routes, &settings));
    }
    gale_wsgi_free(other);
    gale_wsgi_free(first);
    return status;
}

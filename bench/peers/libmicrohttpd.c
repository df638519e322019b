/* libmicrohttpd.c - benchmark peer: libmicrohttpd, one internal thread with epoll. */
/* SPDX-License-Identifier: MIT */
#include <microhttpd.h>
#include <unistd.h>

#include "../bench.h"

static enum MHD_Result hello(void *arg, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_size, void **state)
{
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!*state) {
        *state = arg;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, arg);
}

int main(int argc, char **argv)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(12, (void *)"Hello, world",
                                                                    MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon;

    MHD_add_response_header(response, "Content-Type", "text/html");
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO,
                              (uint16_t)bench_number(argc, argv, "port", 0), NULL, NULL, hello,
                              response, MHD_OPTION_CONNECTION_LIMIT, 19900u, MHD_OPTION_END);
    if (!daemon)
        bench_die("MHD_start_daemon");
    pause();
    return 0;
}

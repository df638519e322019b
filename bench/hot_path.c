/* hot_path.c - what a plain-text request costs in our own code: nanoseconds without the kernel.
 *
 * The helloworld application over the simulated loop: requests are pushed into connections of
 * memory, by 16, and the answers thrown away. The least of many short runs is printed, which a
 * busy machine disturbs little, so that small changes show. The simulated backend's own work
 * is in it (once for each batch).
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gale/log.h>
#include <gale/web.h>

#include "ioloop/sim.h"

enum { BATCH = 16, CONNECTIONS = 64, ROUNDS = 400 };

static int main_get(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static const gale_handler_class main_handler = { .get = main_get };

static double now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static size_t fill(char *text)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8888\r\n"
                                  "User-Agent: gale-bench\r\nAccept: */*\r\n\r\n";

    for (int i = 0; i < BATCH; i++)
        memcpy(text + (size_t)i * (sizeof(request) - 1), request, sizeof(request) - 1);
    return BATCH * (sizeof(request) - 1);
}

int main(void)
{
    static char text[BATCH * 128];
    struct gale__sim_peer *peers[CONNECTIONS];
    gale_ioloop *loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = "simulated" });
    gale_route routes[] = { { .url = "/", .handler = &main_handler }, { 0 } };
    gale_app *app = gale_app_new(routes, NULL);
    size_t len = fill(text);
    double least = 1e18;
    int listener = gale__sim_listener(loop), fd = listener;

    gale_log_set_level(NULL, GALE_LOG_NONE);
    if (!app || gale_app_add_socket(app, &fd) < 0)
        return 1;
    for (int i = 0; i < CONNECTIONS; i++)
        peers[i] = gale__sim_connect(loop, listener);
    for (int round = 0; round < ROUNDS; round++) {
        double start;

        for (int i = 0; i < CONNECTIONS; i++)
            if (gale__sim_push(peers[i], text, len) < 0)
                return 1;
        start = now_ns();
        gale__sim_run(loop);
        start = now_ns() - start;
        if (start < least)
            least = start;
        for (int i = 0; i < CONNECTIONS; i++)
            gale__sim_clear_sent(peers[i]);
    }
    printf("%.1f ns for a request\n", least / (BATCH * CONNECTIONS));
    for (int i = 0; i < CONNECTIONS; i++)
        gale__sim_peer_free(peers[i]);
    gale_app_free(app);
    gale_ioloop_free(loop);
    return 0;
}

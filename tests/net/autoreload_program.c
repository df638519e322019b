/* autoreload_program.c - a program with a main() of its own that starts itself anew: it watches the
 * file or directory that its argument names, and tells what happens. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include <gale/gale.h>

static void say(void *arg)
{
    printf("hook %s\n", (const char *)arg);
    fflush(stdout);
}

static int start(char **argv, gale_autoreload **out)
{
    int fds[2], r, n = gale_listen_fds(fds, NULL, 2), was_handed = n;

    if (n == 0)
        n = gale_bind_sockets(0, "127.0.0.1", NULL, fds, 2);
    if (n < 0)
        return n;
    *out = gale_autoreload_start(
        &(gale_autoreload_options){ .argv = argv, .fds = fds, .n_fds = n });
    r = *out ? gale_autoreload_watch(*out, argv[1]) : gale_autoreload_error();
    if (r >= 0)
        r = gale_autoreload_add_reload_hook(*out, say, (void *)"one");
    if (r >= 0)
        r = gale_autoreload_add_reload_hook(*out, say, (void *)"two");
    if (r >= 0) {
        printf("watching with %d %s\n", n, was_handed ? "found" : "bound");
        fflush(stdout);
    }
    return r;
}

int main(int argc, char **argv)
{
    gale_autoreload *reload = NULL;
    int r = argc > 1 ? start(argv, &reload) : GALE_EINVAL;

    if (r >= 0)
        r = gale_autoreload_wait(reload);
    printf("ended: %s\n", gale_strerror(r));
    gale_autoreload_free(reload);
    gale_ioloop_free(gale_ioloop_current());
    return r < 0;
}

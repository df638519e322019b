/* poll.c - gale inside a program that has a poll loop of its own.
 *
 * The program asks gale three things: which descriptor to poll, how long it may wait, and,
 * when either says so, to do what is due. Everything runs on the program's one thread. */
/* SPDX-License-Identifier: MIT */
#include <poll.h>

#include "site.h"

/* Rounded up, so that poll() does not return just before the deadline, again and again. */
static int milliseconds(double seconds)
{
    if (seconds < 0)
        return -1; /* nothing is due: wait for the descriptor alone */
    return seconds > 3600 ? 3600 * 1000 : (int)(seconds * 1000) + (seconds > 0);
}

static int serve(struct site *site)
{
    int r = 0;

    site_check(site);
    while (!site->done && r >= 0) {
        /* The program's own descriptors would stand beside gale's. */
        struct pollfd fds[] = { { .fd = gale_ioloop_fd(site->loop), .events = POLLIN } };
        int timeout = milliseconds(gale_ioloop_next_deadline(site->loop));

        /* A signal makes it return early, which does no harm: a step that finds nothing
         * to do costs little. */
        poll(fds, 1, timeout);
        r = gale_ioloop_step(site->loop);
    }
    return r;
}

int main(int argc, char **argv)
{
    return site_main(argc, argv, serve);
}

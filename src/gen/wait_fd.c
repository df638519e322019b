/* wait_fd.c - a coroutine that waits for a descriptor of somebody else. See gen.h.
 *
 * A handler for as long as the wait: the kernel is asked again each time, which is what keeps the
 * descriptor free to be closed or handed to others between two waits.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>

#include <errno.h>
#include <poll.h>

#include "gen/parts.h"

static const char what[] = "gale_wait_fd";

static void on_ready(int fd, int events, void *arg)
{
    gale__co_wake(arg, events);
}

/* What it is ready for without waiting; 0: nothing. */
static int ready_now(int fd, int events)
{
    struct pollfd p = { .fd = fd };
    int n;

    if (events & GALE_READ)
        p.events |= POLLIN;
    if (events & GALE_WRITE)
        p.events |= POLLOUT;
    if (fd < 0) /* poll() would pass it over */
        return gale_err(-EBADF, "%s: descriptor %d is not open", what, fd);
    do
        n = poll(&p, 1, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return gale_err(-errno, "%s: descriptor %d", what, fd);
    if (p.revents & POLLNVAL)
        return gale_err(-EBADF, "%s: descriptor %d is not open", what, fd);
    return (p.revents & POLLIN ? GALE_READ : 0) | (p.revents & POLLOUT ? GALE_WRITE : 0) |
           (p.revents & (POLLERR | POLLHUP) ? GALE_ERROR : 0);
}

static int without_waiting(int fd, int events)
{
    int r = ready_now(fd, events);

    return r ? r : gale_err(GALE_ETIMEDOUT, "%s: timed out", what);
}

int gale_wait_fd(int fd, int events, double deadline)
{
    struct gale__co *co = gale__co_current();
    int64_t when_ns = gale__seconds_to_ns(deadline);
    int r;

    if (!co)
        return gale__not_coroutine(what);
    r = gale__co_interrupted(co, what);
    if (r < 0)
        return r;
    if (!(events & (GALE_READ | GALE_WRITE)) || events & ~(GALE_READ | GALE_WRITE | GALE_ERROR))
        return gale_err(GALE_EINVAL, "%s: events %#x", what, (unsigned)events);
    if (when_ns != INT64_MAX && when_ns <= gale__sched_now_ns(co->sched))
        return without_waiting(fd, events);
    r = gale_ioloop_add_handler(co->sched->loop, fd, on_ready, events, co);
    if (r == -EPERM) /* a plain file is always ready */
        return events & (GALE_READ | GALE_WRITE);
    if (r < 0)
        return r;
    r = gale__co_park_until(what, when_ns);
    gale_ioloop_remove_handler(co->sched->loop, fd);
    return r;
}

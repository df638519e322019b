/* libevent.c - gale inside a program of libevent's.
 *
 * Two events: gale's descriptor is readable, gale's deadline has come. Either steps the loop and
 * sets the deadline anew. libevent has no hook before it waits, so a callback of the program's own
 * that called something of gale's calls arm() at its end. */
/* SPDX-License-Identifier: MIT */
#include <event2/event.h>

#include "site.h"

struct driver {
    struct site *site;
    struct event_base *base;
    struct event *readable, *deadline;
    int result;
};

static void arm(struct driver *driver)
{
    double seconds = gale_ioloop_next_deadline(driver->site->loop);
    long us = seconds > 3600 ? 3600 * 1000000L : (long)(seconds * 1e6) + (seconds > 0);
    struct timeval wait = { .tv_sec = us / 1000000, .tv_usec = us % 1000000 };

    if (seconds < 0)
        evtimer_del(driver->deadline); /* nothing is due */
    else
        evtimer_add(driver->deadline, &wait);
}

static void step(evutil_socket_t fd, short what, void *arg)
{
    struct driver *driver = arg;

    (void)fd;
    (void)what;
    driver->result = gale_ioloop_step(driver->site->loop);
    if (driver->result < 0 || driver->site->done)
        event_base_loopbreak(driver->base);
    else
        arm(driver);
}

static int serve(struct site *site)
{
    struct driver driver = { .site = site, .base = event_base_new() };

    driver.readable = event_new(driver.base, gale_ioloop_fd(site->loop), EV_READ | EV_PERSIST, step,
                                &driver);
    driver.deadline = evtimer_new(driver.base, step, &driver);
    event_add(driver.readable, NULL);
    site_check(site);
    arm(&driver);
    event_base_dispatch(driver.base);
    /* Before the loop is freed: libevent polls its descriptor. */
    event_free(driver.readable);
    event_free(driver.deadline);
    event_base_free(driver.base);
    return driver.result;
}

int main(int argc, char **argv)
{
    return site_main(argc, argv, serve);
}

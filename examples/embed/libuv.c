/* libuv.c - gale inside a program of libuv's.
 *
 * Before libuv waits (prepare) it is told gale's deadline; when that comes, or gale's descriptor is
 * readable, the loop is stepped. */
/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include "site.h"

struct driver {
    struct site *site;
    uv_loop_t loop;
    uv_prepare_t before;
    uv_poll_t readable;
    uv_timer_t deadline;
    int result;
};

static void step(struct driver *driver)
{
    driver->result = gale_ioloop_step(driver->site->loop);
    if (driver->result < 0 || driver->site->done)
        uv_stop(&driver->loop);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    step(handle->data);
}

static void on_deadline(uv_timer_t *handle)
{
    step(handle->data);
}

/* Milliseconds, rounded up, or libuv would come back just before the deadline, again and again. */
static void before_wait(uv_prepare_t *handle)
{
    struct driver *driver = handle->data;
    double seconds = gale_ioloop_next_deadline(driver->site->loop);

    if (seconds < 0)
        uv_timer_stop(&driver->deadline); /* nothing is due */
    else
        uv_timer_start(&driver->deadline, on_deadline,
                       seconds > 3600 ? 3600000 : (uint64_t)(seconds * 1000) + (seconds > 0), 0);
}

static void drive(struct driver *driver)
{
    uv_loop_init(&driver->loop);
    uv_prepare_init(&driver->loop, &driver->before);
    uv_poll_init(&driver->loop, &driver->readable, gale_ioloop_fd(driver->site->loop));
    uv_timer_init(&driver->loop, &driver->deadline);
    driver->before.data = driver->readable.data = driver->deadline.data = driver;
    uv_prepare_start(&driver->before, before_wait);
    uv_poll_start(&driver->readable, UV_READABLE, on_readable);
    uv_run(&driver->loop, UV_RUN_DEFAULT);
    /* Before gale's loop is freed: libuv polls its descriptor. */
    uv_close((uv_handle_t *)&driver->before, NULL);
    uv_close((uv_handle_t *)&driver->readable, NULL);
    uv_close((uv_handle_t *)&driver->deadline, NULL);
    uv_run(&driver->loop, UV_RUN_DEFAULT);
    uv_loop_close(&driver->loop);
}

static int serve(struct site *site)
{
    struct driver driver = { .site = site };

    site_check(site);
    drive(&driver);
    return driver.result;
}

int main(int argc, char **argv)
{
    return site_main(argc, argv, serve);
}

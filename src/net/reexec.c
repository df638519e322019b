/* reexec.c - gale_reexec: a take-over (takeover.h) that a coroutine waits for. */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/process.h>

#include "gen/co.h"
#include "net/takeover.h"

static int wait_for(struct gale__takeover *t)
{
    int r;

    while ((r = gale__takeover_check(t)) == 0) {
        int waited = gale_wait_fd(t->fd, GALE_READ, (double)t->deadline_ns / 1e9);

        if (waited < 0) { /* our own deadline may be the earlier one */
            gale__takeover_abort(t);
            return waited == GALE_ETIMEDOUT
                       ? gale_err(waited, "the new program was not ready in time")
                       : waited;
        }
    }
    return r;
}

int gale__reexec(const struct gale__takeover_options *options)
{
    struct gale__takeover t;
    int r;

    if (!gale__co_current())
        return gale__co_park("gale_reexec"); /* says so before anything is started */
    r = gale__takeover_start(&t, options);
    if (r < 0)
        return r;
    if (options->started)
        *options->started = t.pid;
    r = wait_for(&t);
    if (options->started)
        *options->started = 0;
    return r;
}

int gale_reexec(char *const *argv, const int *fds, int n_fds, double timeout)
{
    return gale__reexec(&(struct gale__takeover_options){
        .argv = argv, .fds = fds, .n = n_fds, .timeout = timeout });
}

/* subprocess_run.c - a child from its beginning to its end, in one call.
 *
 * Three coroutines feed its input and drain its two outputs side by side, so that none of its pipes
 * can stop it. The first that fails ends all, and the child.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include <gale/gen.h>

#include "net/subprocess.h"

static const size_t default_max = 100 * 1024 * 1024;

struct run {
    gale_subprocess *child;
    const char *too_long; /* the output that is */
    gale_str input, out, err;
};

/* A child that does not read all of it is not at fault. */
static int feed(void *arg)
{
    struct run *run = arg;
    gale_iostream *in = gale_subprocess_in(run->child);
    int r = gale_iostream_write(in, run->input.ptr, run->input.len);

    if (r >= 0)
        r = gale_iostream_drain(in);
    gale_subprocess_close_in(run->child);
    return r == -EPIPE ? 0 : r;
}

static int read_all(struct run *run, gale_iostream *from, gale_str *to, const char *which)
{
    int r = gale_iostream_read_until_close(from, to);

    if (r == GALE_ETOOBIG)
        run->too_long = which;
    return r;
}

static int read_out(void *arg)
{
    struct run *run = arg;

    return read_all(run, gale_subprocess_out(run->child), &run->out, "output");
}

static int read_err(void *arg)
{
    struct run *run = arg;

    return read_all(run, gale_subprocess_err(run->child), &run->err, "error");
}

/* Waits. Until all three are done: 0, or the first failure, with the others ended. */
static int communicate(struct run *run)
{
    gale_future *tasks[] = { gale_spawn(feed, run), gale_spawn(read_out, run),
                             gale_spawn(read_err, run) };
    gale_wait_iterator it;
    int r = tasks[0] && tasks[1] && tasks[2] ? 0 : -ENOMEM;

    gale_wait_iterator_init(&it, tasks, 3);
    for (int i = 0; i < 3 && r >= 0; i++) {
        r = gale_wait_next(&it);
        if (r >= 0)
            r = gale_wait(tasks[r]);
    }
    for (int i = 0; i < 3; i++) {
        if (tasks[i] && r < 0)
            gale_cancel(tasks[i]);
        if (tasks[i])
            (void)gale_join(&tasks[i]);
    }
    return r < 0 ? r : 0;
}

/* Into memory of the scope. */
static int keep(gale_str *out, gale_str data)
{
    char *copy = gale_scope_alloc(data.len + 1);

    if (!copy)
        return -ENOMEM;
    if (data.len > 0)
        memcpy(copy, data.ptr, data.len);
    copy[data.len] = '\0';
    *out = (gale_str){ copy, data.len };
    return 0;
}

int gale_subprocess_run(const char *const *argv, gale_str input, size_t max,
                        gale_subprocess_output *result)
{
    const gale_subprocess_options options = { .in = GALE_STREAM,
                                              .out = GALE_STREAM,
                                              .err = GALE_STREAM };
    const gale_iostream_options stream = { .max_buffer_size = (int64_t)(max ? max : default_max) };
    struct run run = { .input = input };
    gale_subprocess_output got = { .status = 0 };
    int r = gale_yield(); /* also tells who is in no coroutine */

    if (r >= 0)
        r = gale__subprocess_start(&run.child, argv, &options, &stream);
    if (r < 0)
        return r;
    r = communicate(&run);
    if (r >= 0)
        r = keep(&got.out, run.out);
    if (r >= 0)
        r = keep(&got.err, run.err);
    if (r >= 0)
        r = gale_subprocess_wait(run.child, &got.status);
    if (r < 0)
        gale_subprocess_kill(run.child, SIGKILL);
    gale_subprocess_free(&run.child);
    if (r >= 0)
        *result = got;
    if (r == GALE_ETOOBIG && run.too_long)
        return gale_err(r, "%s: its standard %s is longer than %" PRId64 " bytes", argv[0],
                        run.too_long, stream.max_buffer_size);
    return r < 0 ? r : 0;
}

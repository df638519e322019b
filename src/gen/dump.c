/* dump.c - all coroutines of a loop with the calls they are in.
 *
 * One that waits is switched to and tells its own calls, on its own stack, so that unwinding needs
 * to know nothing of how a switch saves what. Nothing is resumed: states and queues stay.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/buf.h"
#include "base/symbols.h"
#include "base/trace.h"
#include "gen/parts.h"

enum {
    NEEDED_STACK = 16 * 1024, /* to unwind */
    MAX_INLINED = 8,
    MAX_BYTES = 16 << 20,
};

/* What gale__pool_each_live() has no argument for; of this thread, during a dump. */
struct dump {
    struct gale__buf *out;
    struct gale__symbols *symbols;
    struct gale__trace trace;
};
static GALE__TLS struct dump *under_way;

static const char *state_of(const struct gale__co *co)
{
    return co->state == GALE__CO_PARKED ? "waits" : co->state == GALE__CO_READY ? "ready" : "runs";
}

/* Where a coroutine waits is told by whom the scheduler was called. */
static bool is_scheduler(const struct gale__frame *frame)
{
    static const char file[] = "gen/sched.c";
    size_t len = frame->file ? strlen(frame->file) : 0;

    return len >= sizeof(file) - 1 && !strcmp(frame->file + len - (sizeof(file) - 1), file);
}

static void print_calls(struct dump *d)
{
    struct gale__frame frames[MAX_INLINED];
    bool begun = false;

    for (size_t i = 0; i < d->trace.n; i++) {
        size_t n = gale__symbols_find(d->symbols, d->trace.calls[i], frames, MAX_INLINED);

        for (size_t k = 0; k < n; k++) {
            begun = begun || !is_scheduler(&frames[k]);
            if (!begun || (frames[k].function && !strcmp(frames[k].function, "gale__co_main")))
                continue;
            gale__buf_printf(d->out, "    ");
            (void)!gale__frame_print(&frames[k], d->out);
            gale__buf_append_char(d->out, '\n');
        }
    }
}

static void print_one(struct gale__co *co)
{
    struct dump *d = under_way;
    bool is_suspended = co->state == GALE__CO_PARKED || co->state == GALE__CO_READY;
    bool is_self = co == gale__co_current();
    bool has_room = is_self ||
                    (is_suspended &&
                     (size_t)((char *)co->sp - gale__stack_base(co->stack)) > NEEDED_STACK);

    gale__buf_printf(d->out, "coroutine '%s' %s%s\n", co->name, state_of(co),
                     is_suspended && !has_room ? " (too near the end of its stack for more)" : "");
    d->trace.n = 0;
    if (is_self)
        gale__trace_take(&d->trace, NULL);
    else if (is_suspended && has_room)
        gale__sched_trace(co, &d->trace);
    if (d->symbols)
        print_calls(d);
}

static int dump(struct gale__buf *out)
{
    gale_ioloop *loop = gale_ioloop_current();
    struct gale__sched *sched = loop ? gale__sched_of(loop) : NULL;
    struct dump d = { .out = out };

    if (!sched)
        return -ENOMEM;
    gale__trace_prepare(); /* what it loads is not loaded on a small stack */
    d.symbols = gale__symbols_open();
    under_way = &d;
    gale__pool_each_live(sched, print_one);
    under_way = NULL;
    gale__symbols_close(d.symbols);
    gale__buf_printf(out, "%zu coroutines\n", sched->n_live);
    return out->error;
}

int gale_dump_coroutines(int fd)
{
    struct gale__buf out;
    size_t done = 0;
    int r;

    gale__buf_init(&out, MAX_BYTES);
    r = dump(&out);
    while (r >= 0 && done < out.len) {
        ssize_t n = write(fd, gale__buf_str(&out).ptr + done, out.len - done);

        if (n < 0 && errno != EINTR)
            r = -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    gale__buf_deinit(&out);
    return r;
}

/* A line of the log for each, with its calls below it. */
void gale_log_coroutines(void)
{
    struct gale__buf out;
    char *at, *next;

    gale__buf_init(&out, MAX_BYTES);
    at = dump(&out) >= 0 ? (char *)(uintptr_t)gale__buf_cstr(&out) : NULL;
    for (; at && *at; at = next) {
        next = at;
        do {
            next = strchrnul(next, '\n');
            next += *next != 0;
        } while (*next == ' ');
        gale_log(&gale_log_general, GALE_LOG_WARNING, "%.*s", (int)(next - at), at);
    }
    gale__buf_deinit(&out);
}

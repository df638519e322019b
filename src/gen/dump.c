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
#include "gen/look.h"
#include "gen/parts.h"
#include "ioloop/io.h"

enum {
    NEEDED_STACK = 16 * 1024, /* to unwind */
    MAX_FRAMES = 128,
    MAX_BYTES = 16 << 20,
};

/* What gale__pool_each_live() has no argument for; of this thread, during a look. */
struct look {
    void (*fn)(void *arg, const struct gale__co_look *look);
    void *arg;
    struct gale__trace trace;
};
static GALE__TLS struct look *under_way;

static const char *state_of(const struct gale__co *co)
{
    return co->state == GALE__CO_PARKED ? "waits" : co->state == GALE__CO_READY ? "ready" : "runs";
}

static void look_at(struct gale__co *co)
{
    struct look *l = under_way;
    bool is_suspended = co->state == GALE__CO_PARKED || co->state == GALE__CO_READY;
    bool is_self = co == gale__co_current();
    bool has_room = is_self || !is_suspended ||
                    (size_t)((char *)co->sp - gale__stack_base(co->stack)) > NEEDED_STACK;
    bool is_own = co->scope == &co->own_scope;

    l->trace.n = 0;
    if (is_self)
        gale__trace_take(&l->trace, NULL);
    else if (is_suspended && has_room)
        gale__sched_trace(co, &l->trace);
    under_way = NULL; /* fn may look, too */
    l->fn(l->arg, &(struct gale__co_look){ .co = co,
                                           .name = co->name,
                                           .state = state_of(co),
                                           .born_ns = is_own ? co->born_ns : 0,
                                           .trace = &l->trace,
                                           .has_room = has_room });
    under_way = l;
}

int gale__co_each(void (*fn)(void *arg, const struct gale__co_look *look), void *arg)
{
    gale_ioloop *loop = gale_ioloop_current();
    struct gale__sched *sched = loop ? gale__sched_of(loop) : NULL;
    struct look l = { .fn = fn, .arg = arg };

    if (!sched)
        return -ENOMEM;
    gale__trace_prepare(); /* what it loads is not loaded on a small stack */
    under_way = &l;
    gale__pool_each_live(sched, look_at);
    under_way = NULL;
    return (int)sched->n_live;
}

void gale__co_figures(gale_ioloop *loop, struct gale__co_figures *out)
{
    const struct gale__sched *sched = gale__ioloop_gen(loop)->data;

    *out = (struct gale__co_figures){ 0 };
    if (!sched)
        return;
    out->n_live = sched->n_live;
    out->n_ready = sched->n_ready;
    out->n_pooled = sched->pool.n;
    out->stack_bytes = gale__stack_size();
}

/* Where a coroutine waits is told by whom the scheduler was called. */
static bool is_scheduler(const struct gale__frame *frame)
{
    static const char file[] = "gen/sched.c";
    size_t len = frame->file ? strlen(frame->file) : 0;

    return len >= sizeof(file) - 1 && !strcmp(frame->file + len - (sizeof(file) - 1), file);
}

static bool is_shown(const struct gale__frame *frame, bool *begun)
{
    *begun = *begun || !is_scheduler(frame);
    return *begun && !(frame->function && (!strcmp(frame->function, "gale__co_main") ||
                                           !strcmp(frame->function, "switch_start")));
}

size_t gale__co_frames(struct gale__symbols *symbols, const struct gale__trace *trace,
                       struct gale__frame *out, size_t max)
{
    bool begun = false;
    size_t n = 0;

    for (size_t i = 0; i < trace->n && n < max; i++) {
        size_t found = gale__symbols_find(symbols, trace->calls[i], out + n, max - n);
        size_t kept = n;

        for (size_t k = n; k < n + found; k++)
            if (is_shown(&out[k], &begun))
                out[kept++] = out[k];
        n = kept;
    }
    return n;
}

/* --- as text --- */

struct dump {
    struct gale__buf *out;
    struct gale__symbols *symbols;
};

static void print_one(void *arg, const struct gale__co_look *look)
{
    struct gale__frame frames[MAX_FRAMES];
    struct dump *d = arg;
    size_t n = d->symbols ? gale__co_frames(d->symbols, look->trace, frames, MAX_FRAMES) : 0;

    gale__buf_printf(d->out, "coroutine '%s' %s%s\n", look->name, look->state,
                     look->has_room ? "" : " (too near the end of its stack for more)");
    for (size_t i = 0; i < n; i++) {
        gale__buf_printf(d->out, "    ");
        (void)!gale__frame_print(&frames[i], d->out);
        gale__buf_append_char(d->out, '\n');
    }
}

static int dump(struct gale__buf *out)
{
    struct dump d = { .out = out, .symbols = gale__symbols_open() };
    int r = gale__co_each(print_one, &d);

    gale__symbols_close(d.symbols);
    if (r < 0)
        return r;
    gale__buf_printf(out, "%d coroutines\n", r);
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

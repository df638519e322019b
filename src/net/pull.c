/* pull.c - the reading calls' side of a stream: who waits, for what, and its end.
 *
 * Input stays in the stream until a reader takes it, so a cancelled read loses nothing.
 * A result is lent out of the chunk it arrived in; should the stream leave that chunk
 * before the next read, the chunk is kept here. What a read looks for is in read.c.
 */
/* SPDX-License-Identifier: MIT */
#include "net/pull.h"

#include <errno.h>
#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "net/read.h"
#include "net/stream_internal.h"

/* Input taken in before anyone asks for it. */
enum { READ_AHEAD = 65536 };

bool gale__pull_keeps(struct gale_iostream *s, struct gale__chunk *c)
{
    struct gale__pull *p = s->pull;

    if (c != p->lent || p->lent_is_ours)
        return false;
    p->lent_is_ours = true;
    return true;
}

static void return_lent(struct gale__pull *p)
{
    if (p->lent_is_ours)
        gale__chunk_put(p->lent);
    p->lent = NULL;
    p->lent_is_ours = false;
}

static void free_if_done(struct gale__pull *p)
{
    if (!p->released || !p->ended || p->n_inside > 0)
        return;
    return_lent(p);
    gale__regex_free(p->regex);
    gale__free(p->regex_text);
    gale__free(p);
}

void gale__pull_leave(struct gale__pull *p)
{
    p->n_inside--;
    free_if_done(p);
}

int gale__pull_end(const struct gale_iostream *s)
{
    if (s->error)
        return s->error;
    if (s->closed)
        return GALE_ECLOSED;
    return s->eof ? GALE_EEOF : 0;
}

static void set_in_limit(struct gale_iostream *s, size_t limit)
{
    if (limit < READ_AHEAD)
        limit = READ_AHEAD;
    gale__stream_set_in_limit(s, limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX);
}

/* The reader has what it waits for, or never will. */
static void settle(struct gale__pull *p)
{
    p->read->settled = true;
    set_in_limit(&p->stream, 0);
    gale__waitq_wake_all(&p->readers, 0);
}

/* Looks now, or once at the end of the step where looking is dear. */
static size_t on_data(struct gale_iostream *s, char *data, size_t n)
{
    struct gale__pull *p = s->pull;
    struct gale__read *r = p->read;
    size_t used;

    if (!r || r->settled)
        return 0;
    used = gale__read_feed(r, data, n);
    if (r->result != 0)
        settle(p);
    else if (r->look_later && !gale__list_linked(&p->task.link))
        gale__ioloop_defer(s->io.loop, &p->task);
    return used;
}

static void run_close_callback(struct gale__pull *p)
{
    void (*fn)(void *arg) = p->close_callback;

    p->close_callback = NULL;
    if (fn)
        fn(p->close_arg);
}

static void run_task(struct gale__ioloop_task *task)
{
    struct gale__pull *p = GALE_CONTAINER_OF(task, struct gale__pull, task);
    struct gale__read *r = p->read;

    if (r && !r->settled && r->look_later) {
        gale__read_look(r, gale__stream_kept(&p->stream), true);
        if (r->result != 0)
            settle(p);
    }
    if (gale__pull_end(&p->stream))
        run_close_callback(p);
}

/* Whoever waits looks again; the callback comes behind them. */
static void on_end(struct gale_iostream *s)
{
    struct gale__pull *p = s->pull;

    if (p->read && !p->read->settled)
        settle(p);
    if (s->error)
        gale__waitq_wake_all(&p->writers, 0);
    if (p->close_callback && !gale__list_linked(&p->task.link))
        gale__ioloop_defer(s->io.loop, &p->task);
}

static void on_drained(struct gale_iostream *s)
{
    gale__waitq_wake_all(&s->pull->writers, 0);
}

static void on_closed(struct gale_iostream *s)
{
    struct gale__pull *p = s->pull;

    gale__list_remove(&p->task.link);
    run_close_callback(p);
    p->ended = true;
    free_if_done(p);
}

const struct gale__stream_consumer gale__pull_consumer = {
    .on_data = on_data,
    .on_eof = on_end,
    .on_error = on_end,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

/* The stream cannot be read any further, as it said itself. */
static void give_up(struct gale_iostream *s, int error)
{
    struct gale__pull *p = s->pull;

    gale__list_remove(&p->owned.link);
    gale__stream_close(s, error);
    gale__waitq_wake_all(&p->readers, GALE_ECLOSED);
    gale__waitq_wake_all(&p->writers, GALE_ECLOSED);
}

static void close_owned(struct gale__ioloop_owned *owned)
{
    struct gale__pull *p = GALE_CONTAINER_OF(owned, struct gale__pull, owned);

    give_up(&p->stream, GALE_ECLOSED);
}

void gale__pull_release(struct gale__pull *p)
{
    p->released = true;
    give_up(&p->stream, 0);
    free_if_done(p);
}

struct gale_iostream *gale__pull_new(size_t max_in, size_t max_out)
{
    struct gale__pull *p = gale__calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->max_in = max_in;
    p->max_out = max_out;
    p->task.run = run_task;
    p->owned.close = close_owned;
    gale__waitq_init(&p->readers);
    gale__waitq_init(&p->writers);
    return &p->stream;
}

static struct gale__pull *pull_of(struct gale_iostream *s)
{
    return GALE_CONTAINER_OF(s, struct gale__pull, stream);
}

void gale__pull_begin(struct gale_iostream *s)
{
    s->pull = pull_of(s);
    set_in_limit(s, 0);
    gale__ioloop_own(s->io.loop, &s->pull->owned);
}

void gale__pull_discard(struct gale_iostream *s)
{
    if (s)
        gale__free(pull_of(s));
}

int gale__pull_on_close(struct gale__pull *p, void (*fn)(void *arg), void *arg)
{
    if (p->ended)
        return fn ? gale_ioloop_add_callback(p->stream.io.loop, fn, arg) : 0;
    p->close_callback = fn;
    p->close_arg = arg;
    if (gale__pull_end(&p->stream) == 0)
        gale__stream_start(&p->stream);
    else if (!gale__list_linked(&p->task.link))
        gale__ioloop_defer(p->stream.io.loop, &p->task);
    return 0;
}

static int explain(const struct gale_iostream *s, int code)
{
    return s->transport && s->transport->explain ? s->transport->explain(s, code) : code;
}

int gale__pull_wait_drained(struct gale_iostream *s, const char *what)
{
    struct gale__pull *p = s->pull;
    int r = 0;

    gale__pull_enter(p);
    while (r >= 0 && (s->out_pending > 0 || s->sending) && !s->error && !s->closed)
        r = gale__waitq_wait(&p->writers, what, INT64_MAX);
    if (r >= 0 && s->error)
        r = explain(s, s->error);
    else if (r >= 0 && s->closed && !(s->goes_out_only && s->shut_done))
        r = GALE_ECLOSED;
    gale__pull_leave(p);
    return r;
}

/* Gives back to the stream what a read that failed had copied out already. */
static void put_back(struct gale_iostream *s, struct gale__read *r)
{
    size_t n = r->done;

    r->done = 0;
    if (n > 0 && !s->closed)
        gale__stream_unread(s, r->buf, n);
}

/* Looks at what is there; from outside the consumer's calls. */
static void look(struct gale_iostream *s, struct gale__read *r)
{
    gale_str kept = gale__stream_kept(s);
    int end = gale__pull_end(s);
    size_t used = 0;

    if (r->result == 0)
        used = gale__read_feed(r, kept.ptr, kept.len);
    if (used > 0)
        gale__stream_consume(s, used);
    if (r->result == 0 && (r->look_later || end < 0))
        gale__read_look(r, gale__stream_kept(s), true);
    if (r->result == 0 && end == GALE_EEOF && r->kind == GALE__READ_TO_END)
        r->at_end = true;
    else if (r->result == 0 && end < 0)
        r->result = end;
}

/* Waits. Until it has a result. */
static int wait_for(struct gale_iostream *s, struct gale__read *r, const char *what)
{
    struct gale__pull *p = s->pull;
    int code = 0;

    look(s, r);
    while (code >= 0 && r->result == 0 && !r->at_end) {
        r->settled = false;
        p->read = r;
        set_in_limit(s, gale__read_in_limit(r));
        gale__stream_start(s);
        code = gale__waitq_wait(&p->readers, what, INT64_MAX);
        p->read = NULL;
        if (code >= 0)
            look(s, r);
    }
    if (!s->closed)
        set_in_limit(s, 0);
    if (code < 0)
        return code;
    return r->result < 0 ? (int)r->result : 0;
}

static int unsatisfiable(struct gale_iostream *s, struct gale__read *r)
{
    gale_log(&gale_log_general, GALE_LOG_INFO,
             "Unsatisfiable read, closing connection: %s within %zu bytes", gale__read_text(r),
             r->max);
    give_up(s, GALE_ETOOBIG);
    return gale_err(GALE_ETOOBIG, "%s within %zu bytes", gale__read_text(r), r->max);
}

int gale__pull_read(struct gale_iostream *s, struct gale__read *r, const char *what, gale_str *out)
{
    struct gale__pull *p = s->pull;
    int code;

    return_lent(p);
    gale__pull_enter(p);
    code = wait_for(s, r, what);
    if (code >= 0 && out && !r->at_end && (size_t)r->result > gale__stream_kept(s).len)
        code = -ENOMEM; /* it was seen as it came, but there was no room to keep it */
    if (code == GALE_ETOOBIG && !s->closed && r->result == GALE_ETOOBIG) {
        code = unsatisfiable(s, r);
    } else if (code < 0) {
        put_back(s, r);
        code = explain(s, code);
    } else if (out) {
        gale_str kept = gale__stream_kept(s);

        *out = (gale_str){ kept.ptr, r->at_end ? kept.len : (size_t)r->result };
        p->lent = s->in;
        if (out->len > 0)
            gale__stream_consume(s, out->len);
    }
    gale__pull_leave(p);
    return code;
}

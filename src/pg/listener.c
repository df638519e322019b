/* listener.c - LISTEN on a connection of its own. See <gale/pg.h>.
 *
 * The coroutine that waits for notifications does all of it: it connects, reads, and connects again
 * when that broke. What it does not ask for stays in the socket, so nothing piles up here.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/gen.h>
#include <gale/log.h>

#include "base/alloc.h"
#include "pg/handle.h"

static const double FIRST_PAUSE = 0.05, MOST_PAUSE = 5;

struct gale_pg_listener {
    struct gale__pg_pool *pool;
    gale_pg_listener *next;        /* of the pool */
    struct gale__pg_connection *c; /* NULL: there is none now */
    PGnotify *last;                /* given */
    char **channels;
    size_t n_channels;
    double pause;
    gale_event stopped;
};

void gale__pg_stop_listeners(struct gale_pg_listener *first)
{
    for (; first; first = first->next) {
        gale_event_set(&first->stopped);
        if (first->c)
            gale__pg_shut(first->c);
    }
}

static int copy_channels(gale_pg_listener *listener, const char *const *channels)
{
    size_t n = 0;

    while (channels[n])
        n++;
    listener->channels = gale__calloc(n + 1, sizeof(*listener->channels));
    for (; listener->channels && listener->n_channels < n; listener->n_channels++) {
        const char *name = channels[listener->n_channels];
        char *copy = gale__strndup(name, strlen(name));

        if (!copy)
            return -ENOMEM;
        listener->channels[listener->n_channels] = copy;
    }
    return listener->channels ? 0 : -ENOMEM;
}

gale_pg_listener *gale_pg_listen(gale_pg *db, const char *const *channels)
{
    gale_pg_listener *listener = gale__calloc(1, sizeof(*listener));
    struct gale__pg_pool *pool;

    if (!listener)
        return NULL;
    if (copy_channels(listener, channels) < 0 ||
        gale__pg_pool_get(db->root ? &db->root->loops : &db->loops, "gale_pg_listen", &pool) < 0) {
        gale_pg_listener_free(listener);
        return NULL;
    }
    listener->pool = pool; /* and its reference */
    listener->pause = FIRST_PAUSE;
    listener->next = pool->listeners;
    pool->listeners = listener;
    return listener;
}

static void hang_up(gale_pg_listener *listener)
{
    if (listener->last)
        PQfreemem(listener->last);
    listener->last = NULL;
    if (listener->c)
        gale__pg_close(listener->c);
    listener->c = NULL;
}

void gale_pg_listener_free(gale_pg_listener *listener)
{
    gale_pg_listener **at;

    if (!listener)
        return;
    hang_up(listener);
    if (listener->pool) {
        at = &listener->pool->listeners;
        while (*at != listener)
            at = &(*at)->next;
        *at = listener->next;
        gale__per_loop_unref(&listener->pool->part);
    }
    for (size_t i = 0; i < listener->n_channels; i++)
        gale__free(listener->channels[i]);
    gale__free(listener->channels);
    gale__free(listener);
}

/* --- connecting ---------------------------------------------------------------------- */

static int listen_to(struct gale__pg_connection *c, const char *channel)
{
    static const char words[] = "LISTEN ";
    char *name = PQescapeIdentifier(c->handle, channel, strlen(channel));
    struct gale__pg_job job = { .is_unprepared = true };
    size_t size = name ? sizeof(words) + strlen(name) : 0;
    char *sql = name ? gale__malloc(size) : NULL;
    bool had_name = name != NULL;
    int r;

    if (sql)
        snprintf(sql, size, "%s%s", words, name);
    PQfreemem(name);
    if (!sql)
        return had_name ? gale_err(-ENOMEM, "no memory to listen")
                        : gale_err(GALE_EINVAL, "PostgreSQL: '%s' names no channel", channel);
    job.sql = sql;
    r = gale__pg_run(c, &job, 1, false);
    gale__free(sql);
    return r < 0 ? r : job.result;
}

static int connect_and_listen(gale_pg_listener *listener, double deadline)
{
    const struct gale__pg_config *config = &listener->pool->config;
    double until = gale_ioloop_time(gale_ioloop_current()) + config->options.connect_timeout;
    int r = gale__pg_connect(config, deadline, &listener->c);

    if (r >= 0)
        listener->c->deadline = until < deadline ? until : deadline;
    for (size_t i = 0; r >= 0 && i < listener->n_channels; i++)
        r = listen_to(listener->c, listener->channels[i]);
    if (r >= 0)
        listener->pause = FIRST_PAUSE;
    return r;
}

/* Whether to try again; else why not. */
static int rest(gale_pg_listener *listener, int code, double deadline)
{
    double now = gale_ioloop_time(gale_ioloop_current()), until = now + listener->pause;
    int r;

    hang_up(listener);
    if (listener->pool->part.is_closed)
        return gale__pg_closed();
    if (code == GALE_ECANCELED || code == GALE_EINVAL ||
        (code == GALE_ETIMEDOUT && now >= deadline))
        return code;
    gale_log(&gale_log_general, GALE_LOG_WARNING, "cannot listen to PostgreSQL: %s",
             gale_strerror(code));
    listener->pause = listener->pause * 2 < MOST_PAUSE ? listener->pause * 2 : MOST_PAUSE;
    r = gale_event_wait(&listener->stopped, until < deadline ? until : deadline);
    if (r >= 0)
        return gale__pg_closed();
    return r == GALE_ETIMEDOUT && until < deadline ? 0 : r;
}

/* --- notifications ------------------------------------------------------------------- */

static void give(gale_pg_listener *listener, gale_pg_notification *out)
{
    const PGnotify *notice = listener->last;

    *out = (gale_pg_notification){
        .channel = { notice->relname, strlen(notice->relname) },
        .payload = { notice->extra, strlen(notice->extra) },
        .pid = notice->be_pid,
    };
}

static int read_next(gale_pg_listener *listener, double deadline)
{
    struct gale__pg_connection *c = listener->c;
    int r;

    if (listener->last)
        PQfreemem(listener->last);
    while (!(listener->last = PQnotifies(c->handle))) {
        if (c->is_broken)
            return gale__pg_fail_connection(c->handle, c->where, GALE_EEOF);
        r = gale_wait_fd(PQsocket(c->handle), GALE_READ, deadline);
        if (r < 0)
            return r;
        if (!PQconsumeInput(c->handle))
            c->is_broken = true; /* behind what came before */
    }
    return 1;
}

int gale_pg_listener_next(gale_pg_listener *listener, gale_pg_notification *out, double deadline)
{
    int r;

    *out = (gale_pg_notification){ .channel = { "", 0 } };
    for (;;) {
        bool was_there = listener->c != NULL;

        if (listener->pool->part.is_closed)
            return gale__pg_closed();
        r = was_there ? read_next(listener, deadline) : connect_and_listen(listener, deadline);
        if (r > 0)
            give(listener, out);
        if (r >= 0)
            return r;
        if (was_there && (r == GALE_ECANCELED || r == GALE_ETIMEDOUT))
            return r; /* it goes on listening */
        r = rest(listener, r, deadline);
        if (r < 0)
            return r;
    }
}

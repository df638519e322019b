/* pool.c - a loop's connections: made on demand, handed out in turn, kept while they are of use.
 *
 * A place in the semaphore is the right to a connection: first come, first served, and whoever is
 * cancelled while it waits or connects leaves it to the next. A connection is made by who needs it.
 * The one used last is used next, so that those that are not needed stay idle and are closed. What
 * a connection was left with by a use that was cut short is dealt with by a coroutine of its own,
 * which has the place until then.
 */
/* SPDX-License-Identifier: MIT */
#include "pg/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <gale/gen.h>
#include <gale/log.h>

#include "base/alloc.h"

static const double CLEANING_TIME = 5, FIRST_PAUSE = 0.05;

enum { CANCELS_AT_A_TIME = 4 };

static double now(void)
{
    return gale_ioloop_time(gale_ioloop_current());
}

int gale__pg_closed(void)
{
    return gale_err(GALE_ECLOSED, "the PostgreSQL handle was freed");
}

void gale__pg_shut(const struct gale__pg_connection *c)
{
    int fd = PQsocket(c->handle);

    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
}

/* --- the connections that are there ------------------------------------------------- */

static void remove_idle(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    struct gale__pg_connection **at = &pool->idle;

    while (*at != c)
        at = &(*at)->next_idle;
    *at = c->next_idle;
    c->is_idle = false;
    pool->stats.idle--;
}

static void close_one(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    struct gale__pg_connection **at = &pool->all;

    if (c->is_idle)
        remove_idle(pool, c);
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    pool->stats.connections--;
    gale__pg_close(c);
}

static void arm_sweep(struct gale__pg_pool *pool);

static void sweep(void *arg)
{
    struct gale__pg_pool *pool = arg;
    double before = now() - pool->config.options.idle_timeout;

    pool->sweep = 0;
    for (struct gale__pg_connection *c = pool->idle, *next; c; c = next) {
        next = c->next_idle;
        if (c->idle_since <= before)
            close_one(pool, c);
    }
    arm_sweep(pool);
}

/* For the one that is idle for longest, the last in line. Without memory for a timer the next one
 * that becomes idle tries again. */
static void arm_sweep(struct gale__pg_pool *pool)
{
    const struct gale__pg_connection *oldest = pool->idle;

    if (pool->sweep || !oldest || pool->config.options.idle_timeout < 0)
        return;
    while (oldest->next_idle)
        oldest = oldest->next_idle;
    pool->sweep = gale_ioloop_call_at(
        pool->part.loop, oldest->idle_since + pool->config.options.idle_timeout, sweep, pool);
}

static void keep_idle(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    c->is_idle = true;
    c->idle_since = now();
    c->next_idle = pool->idle;
    pool->idle = c;
    pool->stats.idle++;
    arm_sweep(pool);
}

/* --- taking -------------------------------------------------------------------------- */

static struct gale__pg_connection *take_idle(struct gale__pg_pool *pool)
{
    struct gale__pg_connection *c;

    while ((c = pool->idle)) {
        if (gale__pg_is_alive(c)) {
            remove_idle(pool, c);
            return c;
        }
        close_one(pool, c);
    }
    return NULL;
}

static int make_one(struct gale__pg_pool *pool, double deadline, struct gale__pg_connection **out)
{
    int r = gale__pg_connect(&pool->config, deadline, out);

    if (r < 0)
        return r;
    if (pool->part.is_closed) {
        gale__pg_close(*out);
        return gale__pg_closed();
    }
    (*out)->next = pool->all;
    pool->all = *out;
    pool->stats.connections++;
    return 0;
}

int gale__pg_take(struct gale__pg_pool *pool, double deadline, struct gale__pg_connection **out)
{
    int r;

    pool->stats.waiting++;
    r = gale_semaphore_acquire(&pool->places, deadline);
    pool->stats.waiting--;
    if (r < 0)
        return r == GALE_ETIMEDOUT ? gale_err(r, "no connection to PostgreSQL was free in time")
                                   : r;
    *out = pool->part.is_closed ? NULL : take_idle(pool);
    if (!*out)
        r = pool->part.is_closed ? gale__pg_closed() : make_one(pool, deadline, out);
    if (r < 0) {
        gale_semaphore_release(&pool->places);
        return r;
    }
    pool->part.refs++;
    (*out)->deadline = deadline;
    return 0;
}

/* --- giving back --------------------------------------------------------------------- */

struct cleaning {
    struct gale__pg_pool *pool;
    struct gale__pg_connection *c;
};

static void release(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    if (c->is_broken || pool->part.is_closed)
        close_one(pool, c);
    else
        keep_idle(pool, c);
    gale_semaphore_release(&pool->places);
    gale__per_loop_unref(&pool->part);
}

/* On a thread: it connects to the server and waits for it to hang up. */
static int ask_to_cancel(void *arg)
{
    char text[256];

    return PQcancel(arg, text, sizeof(text)) ? 0 : -EIO;
}

static int cancel(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    int r = gale_semaphore_acquire(&pool->cancels, c->deadline);

    if (r < 0)
        return r;
    r = gale_ioloop_run_in_executor(gale_ioloop_current(), ask_to_cancel, c->cancel);
    gale_semaphore_release(&pool->cancels);
    return r;
}

/* A cancellation that gets there before its statement passes by: so again, until that has ended. */
static int end_rest(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    double end = c->deadline, pause = FIRST_PAUSE;
    int r;

    do {
        c->deadline = end;
        r = cancel(pool, c);
        if (r < 0)
            return r;
        c->deadline = now() + pause < end ? now() + pause : end;
        pause *= 2;
        r = gale__pg_drain(c);
    } while (r == GALE_ETIMEDOUT && now() < end);
    c->deadline = end;
    return r;
}

static int roll_back(struct gale__pg_connection *c)
{
    struct gale__pg_job job = { .sql = "ROLLBACK", .is_unprepared = true };
    int r = gale__pg_run(c, &job, 1, false);

    return r != 0 ? r : job.result;
}

static bool is_in_transaction(const struct gale__pg_connection *c)
{
    return PQtransactionStatus(c->handle) != PQTRANS_IDLE;
}

/* In a coroutine that nobody cancels but the loop's end, since that of the use may be. */
static int clean(void *arg)
{
    struct cleaning cleaning = *(struct cleaning *)arg;
    struct gale__pg_connection *c = cleaning.c;
    int r = 0;

    c->deadline = now() + CLEANING_TIME;
    if (gale__pg_has_rest(c))
        r = end_rest(cleaning.pool, c);
    if (r >= 0 && is_in_transaction(c))
        r = roll_back(c);
    if (r < 0 || is_in_transaction(c))
        c->is_broken = true;
    release(cleaning.pool, c);
    return 0;
}

void gale__pg_give_back(struct gale__pg_pool *pool, struct gale__pg_connection *c)
{
    struct cleaning cleaning = { pool, c };
    gale_future *future;

    if (!c->is_broken && !pool->part.is_closed && (gale__pg_has_rest(c) || is_in_transaction(c))) {
        future = gale_spawn_named("gale_pg_clean", clean, &cleaning);
        if (future) {
            gale_detach(&future);
            return;
        }
        c->is_broken = true; /* closing it ends all that, too, when the server notices */
    }
    release(pool, c);
}

/* --- a part of the loop --------------------------------------------------------------- */

static int init_pool(struct gale__per_loop *part, void *owner)
{
    struct gale__pg_pool *pool = (struct gale__pg_pool *)(void *)part;
    const struct gale__pg_config *config = owner;

    pool->config.options = config->options;
    pool->config.conninfo = gale__strndup(config->conninfo, strlen(config->conninfo));
    if (!pool->config.conninfo ||
        gale_semaphore_init(&pool->places, config->options.max_connections) < 0 ||
        gale_semaphore_init(&pool->cancels, CANCELS_AT_A_TIME) < 0) {
        gale__free(pool->config.conninfo);
        return gale_err(-ENOMEM, "no memory for connections to PostgreSQL");
    }
    return 0;
}

/* Those in use end where they wait, and are closed when they come back. */
static void close_pool(struct gale__per_loop *part)
{
    struct gale__pg_pool *pool = (struct gale__pg_pool *)(void *)part;

    gale_ioloop_remove_timeout(part->loop, pool->sweep);
    gale__pg_stop_listeners(pool->listeners);
    while (pool->idle)
        close_one(pool, pool->idle);
    for (const struct gale__pg_connection *c = pool->all; c; c = c->next)
        gale__pg_shut(c);
}

static void deinit_pool(struct gale__per_loop *part)
{
    struct gale__pg_pool *pool = (struct gale__pg_pool *)(void *)part;

    while (pool->all)
        close_one(pool, pool->all);
    gale__free(pool->config.conninfo);
}

const struct gale__per_loop_kind gale__pg_pool_kind = {
    .name = "gale_pg",
    .size = sizeof(struct gale__pg_pool),
    .init = init_pool,
    .close = close_pool,
    .deinit = deinit_pool,
};

int gale__pg_pool_get(struct gale__per_loops *loops, const char *what, struct gale__pg_pool **out)
{
    struct gale__per_loop *part;
    int r = gale__per_loop_get(loops, what, &part);

    if (r >= 0)
        *out = (struct gale__pg_pool *)(void *)part;
    return r;
}

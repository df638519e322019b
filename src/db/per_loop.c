/* per_loop.c - what a handle of a database keeps for each loop. See per_loop.h. */
/* SPDX-License-Identifier: MIT */
#include "db/per_loop.h"

#include <errno.h>
#include <unistd.h>

#include <gale/gen.h>

#include "base/alloc.h"

int gale__per_loops_init(struct gale__per_loops *home, const struct gale__per_loop_kind *kind,
                         void *owner)
{
    home->kind = kind;
    home->owner = owner;
    home->first = NULL;
    return -pthread_mutex_init(&home->lock, NULL);
}

void gale__per_loops_deinit(struct gale__per_loops *home)
{
    for (struct gale__per_loop *part = home->first, *next; part; part = next) {
        next = part->next;
        part->home = NULL;
        part->is_closed = true;
        gale_event_set(&part->stopped);
    }
    pthread_mutex_destroy(&home->lock);
}

void gale__per_loop_unref(struct gale__per_loop *part)
{
    if (--part->refs)
        return;
    part->kind->deinit(part);
    gale__free(part);
}

static void forget(struct gale__per_loop *part)
{
    struct gale__per_loops *home = part->home;

    if (!home)
        return;
    pthread_mutex_lock(&home->lock);
    for (struct gale__per_loop **at = &home->first; *at; at = &(*at)->next)
        if (*at == part) {
            *at = part->next;
            break;
        }
    pthread_mutex_unlock(&home->lock);
    part->home = NULL;
}

/* A coroutine for as long as the loop and the handle are there. */
static int keep(void *arg)
{
    struct gale__per_loop *part = arg;
    int r = gale_event_wait(&part->stopped, GALE_FOREVER);

    (void)r; /* cancelled: the loop ends */
    forget(part);
    part->is_closed = true;
    part->kind->close(part);
    gale__per_loop_unref(part);
    return 0;
}

/* The coroutine may wait: gale_yield's check without its turn. */
static int check_coroutine(const char *what)
{
    gale_event event = { .is_set = true };
    int r = gale_event_wait(&event, GALE_FOREVER);

    return r == GALE_ENOTCOROUTINE ? gale_err(r, "%s waits: call it from a coroutine", what) : r;
}

struct gale__per_loop *gale__per_loop_find(struct gale__per_loops *home, const gale_ioloop *loop)
{
    struct gale__per_loop *part;
    pid_t pid = getpid();

    pthread_mutex_lock(&home->lock);
    for (part = home->first; part; part = part->next)
        if (part->loop == loop && part->pid == pid)
            break;
    pthread_mutex_unlock(&home->lock);
    return part;
}

static int start(struct gale__per_loops *home, struct gale__per_loop *part)
{
    int r = home->kind->init(part, home->owner);
    gale_future *keeper;

    if (r < 0)
        return r;
    part->refs = 2; /* the keeper's and the caller's */
    keeper = gale_spawn_named(home->kind->name, keep, part);
    if (!keeper) {
        home->kind->deinit(part);
        return -ENOMEM;
    }
    gale_detach(&keeper);
    pthread_mutex_lock(&home->lock);
    part->next = home->first;
    home->first = part;
    pthread_mutex_unlock(&home->lock);
    return 0;
}

int gale__per_loop_get(struct gale__per_loops *home, const char *what, struct gale__per_loop **out)
{
    gale_ioloop *loop = gale_ioloop_current();
    struct gale__per_loop *part;
    int r = check_coroutine(what);

    if (r < 0)
        return r;
    part = gale__per_loop_find(home, loop);
    if (part) {
        part->refs++;
        *out = part;
        return 0;
    }
    part = gale__calloc(1, home->kind->size);
    if (!part)
        return gale_err(-ENOMEM, "no memory for the connections of a loop");
    *part = (struct gale__per_loop){
        .home = home, .kind = home->kind, .loop = loop, .pid = getpid()
    };
    r = start(home, part);
    if (r < 0)
        gale__free(part);
    else
        *out = part;
    return r;
}

/* redis_link.h - one connection to Redis that is made, and made again, by a coroutine of its own.
 *
 * hiredis writes commands and reads answers; bytes go over a stream of ours, so that names are
 * resolved, families raced and time-outs kept as everywhere. Calls are answered in their order;
 * what Redis sends unasked (messages of subscriptions) goes to the owner. Reference counted, since
 * the coroutine and waiting commands may outlive the owner.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_REDIS_LINK_H
#define GALE_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include <gale/iostream.h>
#include <gale/locks.h>
#include <gale/redis.h>

#include "base/context.h"

/* A command under way. done is called once, on the loop's thread, not in a coroutine that may
 * wait: with the answer, which it then owns, or NULL and why. */
struct gale__redis_call {
    struct gale__redis_call *next;
    void (*done)(struct gale__redis_call *call, redisReply *reply, int code);
};

/* The owner's side. Each may be NULL. */
struct gale__redis_hooks {
    void (*up)(void *arg);
    /* It was up and is no more, or could not be made. */
    void (*down)(void *arg, int code, const char *text);
    /* Not the answer to a call: a pushed message; the link frees it. */
    void (*pushed)(void *arg, const redisReply *reply);
};

enum gale__redis_state { GALE__REDIS_TRYING, GALE__REDIS_UP, GALE__REDIS_DOWN };

struct gale__redis_link {
    unsigned refs;
    gale_redis_options options; /* with defaults; texts are its own */
    char *texts;
    const struct gale__redis_hooks *hooks; /* NULL: the owner has gone */
    void *arg;
    enum gale__redis_state state;
    bool takes_pushes; /* every answer that is not to a call is one */
    gale_condition changed;
    gale_event stopped;
    gale_iostream *stream;
    redisReader *reader;
    struct gale__redis_call *first, **last;
    int n_greetings; /* answers before it is up */
    double pause;
    int failure; /* while down: why */
    char failure_text[GALE__ERROR_TEXT];
};

/* Begins to connect at once, in the background. NULL with the reason in *r. */
struct gale__redis_link *gale__redis_link_new(const gale_redis_options *options, bool takes_pushes,
                                              const struct gale__redis_hooks *hooks, void *arg,
                                              int *r);
/* The owner's end: calls get GALE_ECLOSED, hooks are called no more. */
void gale__redis_link_stop(struct gale__redis_link *link);
struct gale__redis_link *gale__redis_link_ref(struct gale__redis_link *link);
void gale__redis_link_unref(struct gale__redis_link *link);

/* Sends a written command while it is up; call (NULL: there is no answer to it) is done later.
 * Never waits. GALE_ETOOBIG when more would be pending than is kept (64 MiB): nothing was sent and
 * the call is the caller's; other failures to send show in the call. */
int gale__redis_link_send(struct gale__redis_link *link, const char *command, size_t size,
                          struct gale__redis_call *call);

#endif

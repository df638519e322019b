/* redis.h - Redis on the loop, and topics across processes and machines.
 *
 * An optional part, there when hiredis is: link libgale-redis (pkg-config gale-redis). hiredis
 * writes commands and reads answers, the bytes go over a stream of the loop. Connections are made
 * and made again by themselves, with a pause that doubles from 50 ms up to 5 seconds.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_REDIS_H
#define GALE_REDIS_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/topics.h>

GALE_BEGIN_DECLS

typedef struct gale_redis gale_redis;

/* Zero is the default for each. */
typedef struct gale_redis_options {
    const char *host; /* default "127.0.0.1"; "unix:/path" */
    int port;         /* default 6379 */
    const char *username, *password;
    int database;
    double connect_timeout; /* seconds; default 5 */
    double command_timeout; /* default 5; GALE_UNLIMITED */
    const char *prefix;     /* of the channels of topics; default "gale:" */
} gale_redis_options;

/* A connection on the current loop, the caller's, which is made in the background. NULL: no memory,
 * GALE_EINVAL. */
GALE_API GALE_MUST_USE gale_redis *gale_redis_new(const gale_redis_options *options);
/* Commands under way give GALE_ECLOSED. NULL is allowed. */
GALE_API void gale_redis_free(gale_redis *redis);

/* An answer; belongs to the scope. */
typedef enum gale_redis_type {
    GALE_REDIS_NIL,
    GALE_REDIS_STRING,
    GALE_REDIS_STATUS,
    GALE_REDIS_ERROR,
    GALE_REDIS_INTEGER,
    GALE_REDIS_ARRAY,
    GALE_REDIS_DOUBLE,
    GALE_REDIS_BOOL,
} gale_redis_type;
typedef struct gale_redis_reply {
    gale_redis_type type;
    int64_t integer;
    double number;
    gale_str str; /* NUL-terminated beyond its end */
    const struct gale_redis_reply *elements;
    size_t n_elements;
} gale_redis_reply;

/* Waits. A command by hiredis's format (%s text, %b pointer and size_t): its answer in *out, of the
 * scope; out may be NULL. A Redis error is GALE_EPROTO with its text. -ECONNREFUSED and the like
 * while there is no connection (a first attempt is waited for), GALE_ETIMEDOUT, GALE_ETOOBIG when
 * more than 64 MiB would wait to be sent. A command whose
 * connection broke may or may not have been done: GALE_EEOF. Commands of several coroutines share
 * the connection, so one that blocks holds up the others, and SUBSCRIBE and MONITOR are refused
 * (GALE_EINVAL). */
GALE_API GALE_MUST_USE int gale_redis_command(gale_redis *redis, const gale_redis_reply **out,
                                              const char *fmt, ...);
/* Waits. The same by arguments. */
GALE_API GALE_MUST_USE int gale_redis_command_argv(gale_redis *redis, const gale_redis_reply **out,
                                                   const gale_str *args, size_t n);

/* True while it is connected. */
GALE_API bool gale_redis_is_connected(const gale_redis *redis);

/* Makes topics span all processes that do the same with the same Redis and prefix: two connections
 * of its own on the current loop. What is published while Redis is away reaches this process alone,
 * with one line in the log; subscriptions come back with it. Only the channels of topics that
 * somebody listens to are subscribed. What other programs publish on them counts as a text. Ends
 * with the topics or the loop. */
GALE_API GALE_MUST_USE int gale_redis_topics(gale_topics *topics,
                                             const gale_redis_options *options);

GALE_END_DECLS

#endif

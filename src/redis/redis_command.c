/* redis_command.c - commands to Redis from coroutines. See <gale/redis.h>.
 *
 * A command under way is a piece of heap, since its answer may come after its coroutine was
 * cancelled or has given up: then nobody is there to take it and it is dropped.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/redis.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include <gale/gen.h>
#include <gale/ioloop.h>

#include "base/alloc.h"
#include "redis/redis_link.h"

struct gale_redis {
    struct gale__redis_link *link;
};

struct command {
    struct gale__redis_call call;
    gale_event answered;
    redisReply *reply;
    int code;
    bool is_abandoned;
};

gale_redis *gale_redis_new(const gale_redis_options *options)
{
    gale_redis *redis = gale__calloc(1, sizeof(*redis));
    int r = -ENOMEM;

    if (redis)
        redis->link = gale__redis_link_new(options, false, NULL, NULL, &r);
    if (redis && redis->link)
        return redis;
    gale__free(redis);
    return NULL;
}

void gale_redis_free(gale_redis *redis)
{
    if (!redis)
        return;
    gale__redis_link_stop(redis->link);
    gale__free(redis);
}

bool gale_redis_is_connected(const gale_redis *redis)
{
    return redis->link->state == GALE__REDIS_UP;
}

/* --- answers in the scope ------------------------------------------------------------- */

static int copy_reply(gale_redis_reply *out, const redisReply *reply);

static int copy_elements(gale_redis_reply *out, const redisReply *reply)
{
    size_t n = reply->elements;
    gale_redis_reply *elements = n ? gale_scope_alloc(n * sizeof(*elements)) : NULL;

    if (n && !elements)
        return gale_err(-ENOMEM, "no memory for an answer of Redis");
    out->elements = elements;
    out->n_elements = n;
    for (size_t i = 0; i < n; i++) {
        int r = copy_reply(&elements[i], reply->element[i]);

        if (r < 0)
            return r;
    }
    return 0;
}

static int copy_text(gale_redis_reply *out, const redisReply *reply)
{
    char *text = gale_scope_alloc((size_t)reply->len + 1);

    if (!text)
        return gale_err(-ENOMEM, "no memory for an answer of Redis");
    memcpy(text, reply->str, (size_t)reply->len);
    text[reply->len] = 0;
    out->str = (gale_str){ text, (size_t)reply->len };
    return 0;
}

static gale_redis_type type_of(const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_STRING:
        return GALE_REDIS_STRING;
    case REDIS_REPLY_STATUS:
        return GALE_REDIS_STATUS;
    case REDIS_REPLY_ERROR:
        return GALE_REDIS_ERROR;
    case REDIS_REPLY_INTEGER:
        return GALE_REDIS_INTEGER;
    case REDIS_REPLY_NIL:
        return GALE_REDIS_NIL;
#ifdef REDIS_REPLY_DOUBLE /* hiredis 1.0 */
    case REDIS_REPLY_DOUBLE:
        return GALE_REDIS_DOUBLE;
    case REDIS_REPLY_BOOL:
        return GALE_REDIS_BOOL;
#endif
    default:
        return reply->elements ? GALE_REDIS_ARRAY
               : reply->str    ? GALE_REDIS_STRING
                               : GALE_REDIS_ARRAY;
    }
}

/* hiredis nests no deeper than seven. */
static int copy_reply(gale_redis_reply *out, const redisReply *reply)
{
    *out = (gale_redis_reply){ .type = type_of(reply), .str = { "", 0 } };
    if (out->type == GALE_REDIS_ARRAY)
        return copy_elements(out, reply);
    if (reply->str && copy_text(out, reply) < 0)
        return -ENOMEM;
    out->integer = reply->integer;
    out->number = (double)reply->integer;
#ifdef REDIS_REPLY_DOUBLE
    if (out->type == GALE_REDIS_DOUBLE)
        out->number = reply->dval;
#endif
    return 0;
}

static int give_reply(const gale_redis_reply **out, const redisReply *reply)
{
    gale_redis_reply *copy;
    int r;

    if (reply->type == REDIS_REPLY_ERROR)
        return gale_err(GALE_EPROTO, "%s", reply->str);
    if (!out)
        return 0;
    copy = gale_scope_alloc(sizeof(*copy));
    if (!copy)
        return gale_err(-ENOMEM, "no memory for an answer of Redis");
    r = copy_reply(copy, reply);
    if (r >= 0)
        *out = copy;
    return r;
}

/* --- a command ------------------------------------------------------------------------ */

static void command_free(struct command *command)
{
    freeReplyObject(command->reply);
    gale__free(command);
}

static void on_answer(struct gale__redis_call *call, redisReply *reply, int code)
{
    struct command *command = (struct command *)(void *)call;

    command->reply = reply;
    command->code = code;
    if (command->is_abandoned)
        command_free(command);
    else
        gale_event_set(&command->answered);
}

static int give_answer(struct command *command, const gale_redis_reply **out)
{
    if (command->reply)
        return give_reply(out, command->reply);
    return gale_err(command->code, command->code == GALE_ECLOSED
                                       ? "the Redis connection was freed"
                                       : "the Redis connection broke before the answer");
}

/* Sent already: an answer that is there counts, whatever else has happened. */
static int wait_for_answer(struct command *command, const gale_redis_reply **out, double deadline)
{
    int r = gale_event_wait(&command->answered, deadline);

    if (gale_event_is_set(&command->answered)) {
        r = give_answer(command, out);
        command_free(command);
        return r;
    }
    command->is_abandoned = true;
    return r == GALE_ETIMEDOUT ? gale_err(r, "Redis did not answer in time") : r;
}

/* While the connection is being made, for that; 0 when it is there. */
static int wait_for_link(struct gale__redis_link *link, double deadline)
{
    int r = 0;

    while (r >= 0 && link->state == GALE__REDIS_TRYING && !gale_event_is_set(&link->stopped))
        r = gale_condition_wait(&link->changed, deadline);
    if (r < 0)
        return r == GALE_ETIMEDOUT ? gale_err(r, "no connection to Redis in time") : r;
    if (gale_event_is_set(&link->stopped))
        return gale_err(GALE_ECLOSED, "the Redis connection was freed");
    if (link->state == GALE__REDIS_DOWN)
        return gale_err(link->failure, "no connection to Redis: %s", link->failure_text);
    return 0;
}

static int run_command(struct gale__redis_link *link, const gale_redis_reply **out,
                       const char *text, size_t size)
{
    double timeout = link->options.command_timeout;
    double deadline = timeout < 0 ? GALE_FOREVER
                                  : gale_ioloop_time(gale_ioloop_current()) + timeout;
    struct command *command;
    int r = wait_for_link(link, deadline);

    if (r < 0)
        return r;
    command = gale__calloc(1, sizeof(*command));
    if (!command)
        return gale_err(-ENOMEM, "no memory for a command");
    command->call.done = on_answer;
    r = gale__redis_link_send(link, text, size, &command->call);
    if (r >= 0)
        return wait_for_answer(command, out, deadline);
    command_free(command);
    return r;
}

/* Commands after which Redis talks without being asked: the answers of others would be mixed up. */
static bool is_pushing(const char *text, size_t size)
{
    static const char *const names[] = { "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR" };
    const char *name = memchr(text, '$', size);

    name = name ? memchr(name, '\n', size - (size_t)(name - text)) : NULL;
    for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i]);

        if (size - (size_t)(name - text) > n + 1 && !strncasecmp(name + 1, names[i], n) &&
            name[1 + n] == '\r')
            return true;
    }
    return false;
}

/* Of a formatted command, which it frees. */
static int command(gale_redis *redis, const gale_redis_reply **out, char *text, int size)
{
    struct gale__redis_link *link = redis->link;
    int r;

    if (size < 0)
        return gale_err(size == -1 ? -ENOMEM : GALE_EINVAL,
                        "a Redis command that cannot be written");
    gale__redis_link_ref(link);
    if (is_pushing(text, (size_t)size))
        r = gale_err(GALE_EINVAL,
                     "subscriptions need a connection of their own: gale_redis_topics");
    else
        r = run_command(link, out, text, (size_t)size);
    gale__redis_link_unref(link);
    redisFreeCommand(text);
    return r;
}

/* The coroutine may wait: gale_yield's check without its turn. */
static int check_coroutine(void)
{
    gale_event event = { .is_set = true };
    int r = gale_event_wait(&event, GALE_FOREVER);

    return r == GALE_ENOTCOROUTINE
               ? gale_err(r, "gale_redis_command waits: call it from a coroutine")
               : r;
}

int gale_redis_command(gale_redis *redis, const gale_redis_reply **out, const char *fmt, ...)
{
    char *text = NULL;
    int r = check_coroutine();
    va_list ap;
    int size;

    if (r < 0)
        return r;
    va_start(ap, fmt);
    size = redisvFormatCommand(&text, fmt, ap);
    va_end(ap);
    return command(redis, out, text, size);
}

int gale_redis_command_argv(gale_redis *redis, const gale_redis_reply **out, const gale_str *args,
                            size_t n)
{
    int r = check_coroutine();
    const char **words;
    size_t *sizes;
    char *text = NULL;
    int size;

    if (r < 0)
        return r;
    if (!n || n > INT32_MAX / 32)
        return gale_err(GALE_EINVAL, "a Redis command of %zu words", n);
    words = gale__malloc(n * sizeof(*words));
    sizes = gale__malloc(n * sizeof(*sizes));
    for (size_t i = 0; words && sizes && i < n; i++) {
        words[i] = args[i].len ? args[i].ptr : "";
        sizes[i] = args[i].len;
    }
    size = words && sizes ? redisFormatCommandArgv(&text, (int)n, words, sizes) : -1;
    gale__free(words);
    gale__free(sizes);
    return command(redis, out, text, size);
}

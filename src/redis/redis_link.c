/* redis_link.c - one connection to Redis that keeps itself. See redis_link.h. */
/* SPDX-License-Identifier: MIT */
#include "redis/redis_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/tcpclient.h>

#include "base/alloc.h"

static const double FIRST_PAUSE = 0.05, MOST_PAUSE = 5;

enum { READ_SIZE = 16384, MAX_OUT = 64 << 20 };

/* --- life ---------------------------------------------------------------------------- */

struct gale__redis_link *gale__redis_link_ref(struct gale__redis_link *link)
{
    link->refs++;
    return link;
}

void gale__redis_link_unref(struct gale__redis_link *link)
{
    if (--link->refs)
        return;
    gale__free(link->texts);
    gale__free(link);
}

static void copy_text(char **at, const char **text)
{
    size_t size = *text ? strlen(*text) + 1 : 0;

    if (!size)
        return;
    memcpy(*at, *text, size);
    *text = *at;
    *at += size;
}

/* The options with their defaults, on memory of the link. */
static int set_options(struct gale__redis_link *link, const gale_redis_options *options)
{
    gale_redis_options *o = &link->options;
    char *at;

    if (options)
        *o = *options;
    if (!o->host)
        o->host = "127.0.0.1";
    if (o->port < 0 || o->port > 65535 || o->database < 0 || (o->username && !o->password))
        return gale_err(GALE_EINVAL, "Redis options: port, database or password");
    o->port = o->port ? o->port : 6379;
    o->connect_timeout = o->connect_timeout > 0 ? o->connect_timeout : 5;
    o->command_timeout = o->command_timeout == 0 ? 5 : o->command_timeout;
    at = link->texts = gale__malloc(strlen(o->host) + (o->username ? strlen(o->username) : 0) +
                                    (o->password ? strlen(o->password) : 0) + 3);
    if (!at)
        return gale_err(-ENOMEM, "no memory for a Redis connection");
    copy_text(&at, &o->host);
    copy_text(&at, &o->username);
    copy_text(&at, &o->password);
    o->prefix = NULL;
    return 0;
}

/* --- calls --------------------------------------------------------------------------- */

static void append_call(struct gale__redis_link *link, struct gale__redis_call *call)
{
    call->next = NULL;
    *link->last = call;
    link->last = &call->next;
}

static struct gale__redis_call *shift_call(struct gale__redis_link *link)
{
    struct gale__redis_call *call = link->first;

    if (call)
        link->first = call->next;
    if (!link->first)
        link->last = &link->first;
    return call;
}

static void fail_calls(struct gale__redis_link *link, int code)
{
    struct gale__redis_call *call;

    while ((call = shift_call(link)))
        call->done(call, NULL, code);
}

int gale__redis_link_send(struct gale__redis_link *link, const char *command, size_t size,
                          struct gale__redis_call *call)
{
    int r = gale_iostream_write_nowait(link->stream, command, size);

    if (r == GALE_ETOOBIG)
        return gale_err(r, "%zu bytes for Redis are too many behind what it has not taken", size);
    /* A stream that broke tells so to who reads it, and that one to the calls. */
    if (call)
        append_call(link, call);
    return 0;
}

/* --- answers ------------------------------------------------------------------------- */

static int dispatch(struct gale__redis_link *link, redisReply *reply)
{
    bool is_push = link->takes_pushes && reply->type == REDIS_REPLY_ARRAY;
    struct gale__redis_call *call = is_push ? NULL : shift_call(link);
    int r = 0;

    if (call) {
        call->done(call, reply, 0);
        return 0;
    }
    if (is_push && link->hooks && link->hooks->pushed)
        link->hooks->pushed(link->arg, reply);
    else if (!is_push && reply->type == REDIS_REPLY_ERROR)
        r = gale_err(GALE_EPROTO, "%s", reply->str);
    else if (!is_push)
        r = gale_err(GALE_EPROTO, "Redis answered what was not asked");
    freeReplyObject(reply);
    return r;
}

/* All answers that are complete. */
static int read_answers(struct gale__redis_link *link)
{
    void *reply = NULL;
    int r = 0;

    while (r >= 0 && link->stream) {
        if (redisReaderGetReply(link->reader, &reply) != REDIS_OK)
            return gale_err(GALE_EPROTO, "Redis: %s", link->reader->errstr);
        if (!reply)
            return 0;
        r = dispatch(link, reply);
    }
    return r < 0 ? r : GALE_ECLOSED;
}

static int read_more(struct gale__redis_link *link)
{
    gale_str chunk;
    int r = gale_iostream_read_bytes(link->stream, READ_SIZE, true, &chunk);

    if (r < 0)
        return r;
    if (redisReaderFeed(link->reader, chunk.ptr, chunk.len) != REDIS_OK)
        return gale_err(-ENOMEM, "no memory for an answer of Redis");
    return read_answers(link);
}

/* --- connecting ---------------------------------------------------------------------- */

/* What comes before the connection is up: an answer that is no error. */
struct greeting {
    struct gale__redis_call call;
    struct gale__redis_link *link;
    int code;
    char text[GALE__ERROR_TEXT];
};

static void greeted(struct gale__redis_call *call, redisReply *reply, int code)
{
    struct greeting *g = (struct greeting *)(void *)call;

    g->link->n_greetings--;
    g->code = code;
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        g->code = GALE_EPROTO;
        snprintf(g->text, sizeof(g->text), "%s", reply->str);
    }
    freeReplyObject(reply);
}

static int greet_with(struct gale__redis_link *link, struct greeting *g, int n, const char **words)
{
    char *command;
    int size = redisFormatCommandArgv(&command, n, words, NULL), r;

    if (size < 0)
        return gale_err(-ENOMEM, "no memory for a command");
    *g = (struct greeting){ .call = { .done = greeted }, .link = link };
    link->n_greetings++;
    r = gale__redis_link_send(link, command, (size_t)size, &g->call);
    if (r < 0)
        link->n_greetings--;
    redisFreeCommand(command);
    return r;
}

static int wait_for_greetings(struct gale__redis_link *link, const struct greeting g[2])
{
    int r = 0;

    while (r >= 0 && link->n_greetings && link->stream)
        r = read_more(link);
    for (int i = 0; i < 2; i++)
        if (g[i].text[0])
            return gale_err(GALE_EPROTO, "%s", g[i].text);
    return r < 0 ? r : link->n_greetings ? GALE_ECLOSED : 0;
}

static int greet(struct gale__redis_link *link)
{
    const gale_redis_options *o = &link->options;
    const char *auth[] = { "AUTH", o->username, o->password };
    const char *without_name[] = { "AUTH", o->password };
    char number[16];
    const char *select[] = { "SELECT", number };
    struct greeting g[2] = { { .code = 0 }, { .code = 0 } };
    int r = 0;

    link->n_greetings = 0;
    snprintf(number, sizeof(number), "%d", o->database);
    if (o->password)
        r = greet_with(link, &g[0], o->username ? 3 : 2, o->username ? auth : without_name);
    if (r >= 0 && o->database)
        r = greet_with(link, &g[1], 2, select);
    if (r >= 0)
        r = wait_for_greetings(link, g);
    fail_calls(link, r); /* on this stack, those that were not answered */
    return r;
}

/* A peer that vanished without a word is noticed within a minute. */
static void keep_alive(const gale_iostream *stream)
{
    int fd = gale_iostream_fd(stream), on = 1, seconds = 15, n = 3;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof(seconds));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &n, sizeof(n));
}

static int connect_and_greet(void *arg)
{
    struct gale__redis_link *link = arg;
    gale_connect_options options = { .stream = { .max_write_buffer_size = MAX_OUT } };
    int r;

    r = gale_tcp_connect(&link->stream, link->options.host, link->options.port, &options);
    if (r < 0)
        return r;
    if (gale_event_is_set(&link->stopped))
        return GALE_ECLOSED;
    keep_alive(link->stream);
    link->reader = redisReaderCreate();
    return link->reader ? greet(link) : gale_err(-ENOMEM, "no memory for a reader of answers");
}

static void set_state(struct gale__redis_link *link, enum gale__redis_state state)
{
    link->state = state;
    gale_condition_notify_all(&link->changed);
}

static void go_up(struct gale__redis_link *link)
{
    link->pause = FIRST_PAUSE;
    set_state(link, GALE__REDIS_UP);
    if (link->hooks && link->hooks->up)
        link->hooks->up(link->arg);
}

static void go_down(struct gale__redis_link *link, int code)
{
    snprintf(link->failure_text, sizeof(link->failure_text), "%s", gale_strerror(code));
    link->failure = code;
    gale_iostream_close(&link->stream);
    if (link->reader)
        redisReaderFree(link->reader);
    link->reader = NULL;
    set_state(link, GALE__REDIS_DOWN);
    fail_calls(link, gale_event_is_set(&link->stopped) ? GALE_ECLOSED : GALE_EEOF);
    if (link->hooks && link->hooks->down)
        link->hooks->down(link->arg, code, link->failure_text);
}

/* Before the next attempt. False: it is over. */
static bool rest(struct gale__redis_link *link)
{
    double until = gale_ioloop_time(gale_ioloop_current()) + link->pause;
    int r;

    link->pause = link->pause * 2 < MOST_PAUSE ? link->pause * 2 : MOST_PAUSE;
    do
        r = gale_event_wait(&link->stopped, until);
    while (r == -ENOMEM && gale_yield() >= 0); /* no timer is to be had: the others' turn */
    return r == GALE_ETIMEDOUT;
}

/* Up, down and a pause, in one coroutine for as long as the owner or the loop is there. */
static int keep(void *arg)
{
    struct gale__redis_link *link = arg;
    int r;

    do {
        set_state(link, GALE__REDIS_TRYING);
        r = gale_with_timeout(link->options.connect_timeout, connect_and_greet, link);
        if (r >= 0)
            go_up(link);
        while (r >= 0)
            r = read_more(link);
        go_down(link, r);
    } while (rest(link));
    gale__redis_link_unref(link);
    return 0;
}

struct gale__redis_link *gale__redis_link_new(const gale_redis_options *options, bool takes_pushes,
                                              const struct gale__redis_hooks *hooks, void *arg,
                                              int *r)
{
    struct gale__redis_link *link = gale__calloc(1, sizeof(*link));
    gale_future *keeper;

    *r = gale_err(-ENOMEM, "no memory for a Redis connection");
    if (!link)
        return NULL;
    link->refs = 2;
    link->hooks = hooks;
    link->arg = arg;
    link->takes_pushes = takes_pushes;
    link->last = &link->first;
    link->pause = FIRST_PAUSE;
    *r = set_options(link, options);
    keeper = *r >= 0 ? gale_spawn_named("gale_redis", keep, link) : NULL;
    if (keeper) {
        gale_detach(&keeper);
        return link;
    }
    *r = *r < 0 ? *r : -ENOMEM;
    link->refs = 1;
    gale__redis_link_unref(link);
    return NULL;
}

void gale__redis_link_stop(struct gale__redis_link *link)
{
    link->hooks = NULL;
    gale_event_set(&link->stopped);
    gale_iostream_close(&link->stream);
    fail_calls(link, GALE_ECLOSED);
    set_state(link, GALE__REDIS_DOWN);
    gale__redis_link_unref(link);
}

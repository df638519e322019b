/* redis_node.c - a process of several that share topics over Redis, told what to do by lines on its
 * standard input: sub TOPIC, unsub TOPIC, pub TOPIC TEXT, pubb TOPIC TEXT, cmd WORDS, echo N,
 * state, starve N, free. Everything that happens is a line on its standard output.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/locks.h>
#include <gale/redis.h>
#include <gale/topics.h>

#include "base/alloc.h"

#ifdef WRAPPED
int __real_gale_event_wait(gale_event *event, double deadline);
int __wrap_gale_event_wait(gale_event *event, double deadline);

/* So many waits of the library find no memory for their timer. */
static int starving;

int __wrap_gale_event_wait(gale_event *event, double deadline)
{
    if (starving > 0) {
        starving--;
        return -ENOMEM;
    }
    return __real_gale_event_wait(event, deadline);
}

static void starve(const char *n)
{
    starving = (int)strtol(n, NULL, 10);
}
#else
static const int starving = 0;

static void starve(const char *n)
{
    (void)n;
}
#endif

static gale_topics *topics;
static gale_redis *redis;
static gale_redis_options options;

enum { MAX = 64 };
static struct {
    char name[64];
    gale_subscription *subscription;
} listening[MAX];

static void hear(const char *topic, gale_str data, bool binary, void *arg)
{
    printf("heard %s %s%.*s\n", topic, binary ? "binary " : "", (int)data.len, data.ptr);
}

static void sub(const char *topic)
{
    for (int i = 0; i < MAX; i++)
        if (!listening[i].subscription) {
            snprintf(listening[i].name, sizeof(listening[i].name), "%s", topic);
            listening[i].subscription = gale_topics_subscribe(topics, topic, hear, NULL);
            printf("subscribed %s\n", topic);
            return;
        }
}

static void unsub(const char *topic)
{
    for (int i = 0; i < MAX; i++)
        if (listening[i].subscription && !strcmp(listening[i].name, topic))
            gale_subscription_end(&listening[i].subscription);
    printf("unsubscribed %s\n", topic);
}

static void pub(char *rest, bool binary)
{
    char *text = strchr(rest, ' ');

    if (!text)
        return;
    *text++ = 0;
    printf("published %d\n", gale_publish(topics, rest, (gale_str){ text, strlen(text) }, binary));
}

static void print_reply(const gale_redis_reply *reply)
{
    static const char *const names[] = { "nil",     "string", "status", "error",
                                         "integer", "array",  "double", "bool" };

    printf("%s", names[reply->type]);
    if (reply->type == GALE_REDIS_INTEGER)
        printf("(%lld)", (long long)reply->integer);
    else if (reply->type == GALE_REDIS_ARRAY)
        for (size_t i = 0; i < reply->n_elements; i++) {
            printf("%s", i ? "," : "[");
            print_reply(&reply->elements[i]);
        }
    else if (reply->type != GALE_REDIS_NIL)
        printf("(%s:%zu)", reply->str.ptr, reply->str.len);
    if (reply->type == GALE_REDIS_ARRAY)
        printf("]");
}

static int run_command(void *arg)
{
    const gale_redis_reply *reply;
    gale_str words[16];
    size_t n = 0;
    char *line = arg, *at = NULL;
    int r;

    for (char *word = strtok_r(line, " ", &at); word && n < 16; word = strtok_r(NULL, " ", &at))
        words[n++] = (gale_str){ word, strlen(word) };
    r = gale_redis_command_argv(redis, &reply, words, n);
    if (r < 0) {
        printf("failed %s %s\n", gale_errname(r), gale_strerror(r));
    } else {
        printf("reply ");
        print_reply(reply);
        printf("\n");
    }
    free(line);
    return 0;
}

/* All at once on one connection: each gets its own answer. */
static int run_echo(void *arg)
{
    const gale_redis_reply *reply;
    char text[40];
    int r;

    snprintf(text, sizeof(text), "number %ld", (long)(intptr_t)arg);
    r = gale_redis_command(redis, &reply, "ECHO %s", text);
    if (r < 0)
        return r;
    return reply->type == GALE_REDIS_STRING && !strcmp(reply->str.ptr, text) ? 1 : -EPROTO;
}

static int run_echoes(void *arg)
{
    long n = (long)(intptr_t)arg, good = 0;
    gale_future **f = gale_scope_alloc((size_t)n * sizeof(*f));

    for (long i = 0; i < n; i++)
        f[i] = gale_spawn(run_echo, (void *)(intptr_t)i);
    for (long i = 0; i < n; i++)
        good += gale_join(&f[i]) == 1;
    printf("echoed %ld\n", good);
    return 0;
}

/* The same with each allocation failing once, at whatever it is for: codes alone come of it. */
static int run_faults(void *arg)
{
    int n_failed = 0;

    for (unsigned long n = 1; n <= (unsigned long)(intptr_t)arg; n++) {
        int r;

        gale__alloc_fail(n);
        r = run_echo((void *)(intptr_t)n);
        gale_publish_text(topics, "faults", "x");
        gale__alloc_fail(0);
        n_failed += r < 0;
        while (!gale_redis_is_connected(redis))
            if (gale_sleep(0.01) < 0)
                return 0;
    }
    printf("survived, %s failed\n", n_failed ? "some" : "none");
    return 0;
}

/* 20 MB to whoever listens, in one go. */
static int run_burst(void *arg)
{
    static char text[100000];

    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 200; i++)
        gale_publish(topics, "burst", (gale_str){ text, sizeof(text) }, false);
    printf("burst is out\n");
    free(arg);
    return 0;
}

/* A command of so many bytes. */
static int run_big(void *arg)
{
    size_t n = (size_t)(intptr_t)arg;
    char *text = calloc(1, n);
    const gale_redis_reply *reply;
    int r = text ? gale_redis_command(redis, &reply, "SET big %b", text, n) : -ENOMEM;

    printf("big gave %s\n", gale_errname(r));
    free(text);
    return 0;
}

static void start(int (*fn)(void *arg), void *arg)
{
    gale_future *f = gale_spawn(fn, arg);

    if (f)
        gale_detach(&f);
}

static void obey(char *line)
{
    char *rest = strchr(line, ' ');

    if (rest)
        *rest++ = 0;
    if (!strcmp(line, "sub"))
        sub(rest);
    else if (!strcmp(line, "unsub"))
        unsub(rest);
    else if (!strcmp(line, "pub") || !strcmp(line, "pubb"))
        pub(rest, line[3] == 'b');
    else if (!strcmp(line, "cmd"))
        start(run_command, strdup(rest));
    else if (!strcmp(line, "echo"))
        start(run_echoes, (void *)(intptr_t)strtol(rest, NULL, 10));
    else if (!strcmp(line, "faults"))
        start(run_faults, (void *)(intptr_t)strtol(rest, NULL, 10));
    else if (!strcmp(line, "burst"))
        start(run_burst, NULL);
    else if (!strcmp(line, "big"))
        start(run_big, (void *)(intptr_t)strtol(rest, NULL, 10));
    else if (!strcmp(line, "starve"))
        starve(rest);
    else if (!strcmp(line, "starving"))
        printf("starving %d\n", starving);
    else if (!strcmp(line, "state"))
        printf("connected %d\n", gale_redis_is_connected(redis));
    else if (!strcmp(line, "free")) {
        gale_redis_free(redis);
        redis = gale_redis_new(&options);
        printf("freed\n");
    }
}

/* Standard input is any other non-blocking descriptor: gale_wait_fd(). */
static int read_lines(void *arg)
{
    char buf[4096];
    size_t n = 0;

    for (;;) {
        int r = gale_wait_fd(0, GALE_READ, GALE_FOREVER);
        ssize_t got = r < 0 ? 0 : read(0, buf + n, sizeof(buf) - n - 1);
        char *end;

        if (r == -ENOMEM) /* of run_faults */
            continue;
        if (got <= 0)
            return r < 0 ? r : 0;
        n += (size_t)got;
        buf[n] = 0;
        while ((end = strchr(buf, '\n'))) {
            *end = 0;
            obey(buf);
            n -= (size_t)(end + 1 - buf);
            memmove(buf, end + 1, n + 1);
        }
    }
}

/* host port [key=value …]: of the options. */
static void read_options(int argc, char **argv)
{
    options.host = argv[1];
    options.port = (int)strtol(argv[2], NULL, 10);
    for (int i = 3; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (!value)
            continue;
        *value++ = 0;
        if (!strcmp(argv[i], "password"))
            options.password = value;
        else if (!strcmp(argv[i], "username"))
            options.username = value;
        else if (!strcmp(argv[i], "database"))
            options.database = (int)strtol(value, NULL, 10);
        else if (!strcmp(argv[i], "timeout"))
            options.command_timeout = strtod(value, NULL);
        else if (!strcmp(argv[i], "prefix"))
            options.prefix = value;
    }
}

int main(int argc, char **argv)
{
    bool with_topics = argc > 3 && !strcmp(argv[argc - 1], "topics");
    int r = 0;

    if (argc < 3)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(argc, argv);
    topics = gale_topics_new();
    redis = gale_redis_new(&options);
    if (with_topics)
        r = gale_redis_topics(topics, &options);
    if (!topics || !redis || r < 0) {
        printf("port 0\nno start: %s\n", gale_strerror(r));
        return 1;
    }
    printf("port 0\n");
    r = gale_ioloop_run_sync(gale_ioloop_current(), read_lines, NULL, 0);
    for (int i = 0; i < MAX; i++)
        gale_subscription_end(&listening[i].subscription);
    gale_redis_free(redis);
    if (argc % 2) /* either way round */
        gale_topics_free(topics);
    gale_ioloop_free(gale_ioloop_current());
    if (argc % 2 == 0)
        gale_topics_free(topics);
    return r < 0;
}

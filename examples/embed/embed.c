/* embed.c - the loop inside another program: "embed poll" drives it from a poll loop,
 * "embed thread" runs it on a background thread and feeds it from this one. */
/* SPDX-License-Identifier: MIT */
#include <gale/ioloop.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGES = 10000, TIMES = 20 };

struct program {
    gale_ioloop *loop;
    int received;
    int failed;
};

static void receive(void *arg)
{
    struct program *program = arg;

    if (++program->received == MESSAGES)
        gale_ioloop_stop(program->loop);
}

static void *push(void *arg)
{
    struct program *program = arg;

    for (int i = 0; i < MESSAGES; i++)
        if (gale_ioloop_add_callback(program->loop, receive, program) < 0)
            program->failed = 1;
    return NULL;
}

static void *run(void *arg)
{
    struct program *program = arg;

    return gale_ioloop_run(program->loop) < 0 ? arg : NULL;
}

/* Another main loop, with ours as one of the descriptors it polls. */
static void *poll_loop(void *arg)
{
    struct program *program = arg;

    while (program->received < MESSAGES) {
        double wait = gale_ioloop_next_deadline(program->loop);
        struct pollfd pfd = { .fd = gale_ioloop_fd(program->loop), .events = POLLIN };

        poll(&pfd, 1, wait < 0 ? -1 : (int)(wait * 1000) + (wait > 0));
        if (gale_ioloop_step(program->loop) < 0)
            return arg;
    }
    return NULL;
}

static int once(void *(*here)(void *), void *(*there)(void *))
{
    struct program program = { .loop = gale_ioloop_new(NULL) };
    pthread_t thread;
    void *result;

    if (!program.loop || pthread_create(&thread, NULL, there, &program) != 0)
        return 1;
    void *failed = here(&program);

    pthread_join(thread, &result);
    gale_ioloop_free(program.loop);
    return failed || result || program.failed || program.received != MESSAGES;
}

int main(int argc, char **argv)
{
    int polled = argc > 1 && strcmp(argv[1], "poll") == 0;
    int failed = 0;

    for (int i = 0; i < TIMES; i++)
        failed |= polled ? once(poll_loop, push) : once(push, run);
    printf("%s: %d times %d messages%s\n", polled ? "poll" : "thread", TIMES, MESSAGES,
           failed ? ": failed" : "");
    return failed;
}

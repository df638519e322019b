/* thread.c - gale on a thread of its own, beside a program that goes on with its work.
 *
 * Everything of gale belongs to the loop's thread but gale_ioloop_add_callback(): with it
 * any thread has a function run over there. What the function touches is then the loop's
 * alone, so nothing here needs a lock. */
/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdint.h>

#include "site.h"

enum { MESSAGES = 10000 };

/* On the loop's thread, as are the handlers that read the count. */
static void receive(void *arg)
{
    struct site *site = arg;

    site->messages++;
}

static void *run(void *arg)
{
    struct site *site = arg;

    return (void *)(intptr_t)gale_ioloop_run(site->loop);
}

/* The program's own work; fails only when memory is short. */
static int push_messages(struct site *site)
{
    int r = 0;

    for (int i = 0; i < MESSAGES && r >= 0; i++)
        r = gale_ioloop_add_callback(site->loop, receive, site);
    return r;
}

/* The loop was made on this thread, runs on the other, and is freed on this one again. */
static int serve(struct site *site)
{
    pthread_t thread;
    void *result;
    int r = -pthread_create(&thread, NULL, run, site);

    if (r < 0)
        return r;
    r = push_messages(site);
    site_check(site);
    pthread_join(thread, &result);
    if (site->check && site->messages != MESSAGES + 1) /* and the one by WebSocket */
        site->failed = true;
    return r < 0 ? r : (int)(intptr_t)result;
}

int main(int argc, char **argv)
{
    return site_main(argc, argv, serve);
}

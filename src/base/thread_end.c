/* thread_end.c - one key of the thread library for all that ends with a thread. */
/* SPDX-License-Identifier: MIT */
#include "base/thread_end.h"

#include <pthread.h>

#include "base/context.h"

static GALE__TLS struct gale__thread_end *first;

static pthread_key_t key;
static bool have_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void end_thread(void *arg)
{
    (void)arg;
    while (first) {
        struct gale__thread_end *node = first;
        void (*fn)(void) = node->fn;

        first = node->next;
        node->fn = NULL;
        fn();
    }
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, end_thread) == 0;
}

/* The thread library tells nobody of the thread that ends the process. */
__attribute__((destructor)) static void end_process(void)
{
    if (first)
        pthread_setspecific(key, NULL);
    end_thread(NULL);
}

bool gale__thread_end_add(struct gale__thread_end *node, void (*fn)(void))
{
    pthread_once(&once, make_key);
    if (!have_key || (!first && pthread_setspecific(key, &first) != 0))
        return false;
    node->fn = fn;
    node->next = first;
    first = node;
    return true;
}

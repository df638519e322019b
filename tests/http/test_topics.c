/* test_topics.c - topics on one loop, over several loops on threads, and with a backplane.
 * WebSockets as listeners: tests/web.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/locks.h>
#include <gale/topics.h>

#include "base/alloc.h"

static gale_str slice(const char *s)
{
    return (gale_str){ s, strlen(s) };
}

/* What listeners heard, in order. */
static char heard[512];

static void listen_to(const char *topic, gale_str data, bool binary, void *arg)
{
    size_t n = strlen(heard);

    snprintf(heard + n, sizeof(heard) - n, "%s:%s=%.*s%s ", (const char *)arg, topic, (int)data.len,
             data.ptr, binary ? "!" : "");
}

static gale_subscription *subscribe(gale_topics *topics, const char *topic, const char *who)
{
    gale_subscription *s = gale_topics_subscribe(topics, topic, listen_to, (void *)(uintptr_t)who);

    assert_non_null(s);
    return s;
}

static void assert_heard(const char *what)
{
    assert_string_equal(heard, what);
    heard[0] = 0;
}

static gale_ioloop *loop;
static gale_topics *topics;

static int setup(void **state)
{
    loop = gale_ioloop_new(NULL);
    gale_ioloop_make_current(loop);
    topics = gale_topics_new();
    heard[0] = 0;
    return loop && topics ? 0 : -1;
}

static int teardown(void **state)
{
    gale_topics_free(topics);
    gale_ioloop_free(loop);
    gale_ioloop_make_current(NULL);
    return 0;
}

static void test_one_loop(void **state)
{
    gale_subscription *a = subscribe(topics, "news", "a");
    gale_subscription *b = subscribe(topics, "news", "b");
    gale_subscription *c = subscribe(topics, "sport", "c");

    assert_int_equal(gale_publish_text(topics, "news", "one"), 2);
    assert_int_equal(gale_publish(topics, "sport", slice("\xff\0x"), true), 1);
    assert_int_equal(gale_publish_text(topics, "weather", "two"), 0);
    assert_heard("a:news=one b:news=one c:sport=\xff! ");
    assert_int_equal(gale_topics_subscribers(topics, "news"), 2);
    assert_int_equal(gale_topics_subscribers(topics, "weather"), 0);
    gale_subscription_end(&a);
    assert_null(a);
    gale_subscription_end(&a);
    assert_int_equal(gale_publish_text(topics, "news", ""), 1);
    assert_heard("b:news= ");
    gale_subscription_end(&b);
    gale_subscription_end(&c);
    assert_int_equal(gale_publish_text(topics, "news", "three"), 0);
    assert_heard("");
}

static void test_names_and_texts_are_checked(void **state)
{
    char name[300];

    memset(name, 'x', sizeof(name));
    name[256] = 0;
    assert_null(gale_topics_subscribe(topics, "", listen_to, NULL));
    assert_null(gale_topics_subscribe(topics, name, listen_to, NULL));
    assert_int_equal(gale_publish_text(topics, "", "x"), GALE_EINVAL);
    assert_int_equal(gale_publish_text(topics, name, "x"), GALE_EINVAL);
    assert_int_equal(gale_publish_text(topics, "t", "\xff"), GALE_EINVAL);
    name[255] = 0;

    gale_subscription *s = subscribe(topics, name, "a");

    assert_int_equal(gale_publish_text(topics, name, "x"), 1);
    gale_subscription_end(&s);
}

/* Listeners that end themselves and others, and bring new ones, while they are called. */
static gale_subscription *rebels[4];

static void rebel(const char *topic, gale_str data, bool binary, void *arg)
{
    listen_to(topic, data, binary, arg);
    gale_subscription_end(&rebels[0]); /* itself */
    gale_subscription_end(&rebels[1]); /* the next one */
    if (!rebels[3])
        rebels[3] = subscribe(topics, topic, "new");
}

static void test_changes_while_delivering(void **state)
{
    rebels[0] = gale_topics_subscribe(topics, "t", rebel, (void *)(uintptr_t) "rebel");
    rebels[1] = subscribe(topics, "t", "next");
    rebels[2] = subscribe(topics, "t", "last");
    assert_int_equal(gale_publish_text(topics, "t", "1"), 3);
    assert_heard("rebel:t=1 last:t=1 "); /* for what is published from then on */
    assert_int_equal(gale_publish_text(topics, "t", "2"), 2);
    assert_heard("last:t=2 new:t=2 ");
    gale_subscription_end(&rebels[2]);
    gale_subscription_end(&rebels[3]);
}

static gale_subscription *only;

static void answer(const char *topic, gale_str data, bool binary, void *arg)
{
    listen_to(topic, data, binary, arg);
    gale_subscription_end(&only);
    assert_int_equal(gale_publish_text(topics, "t", "within"), 0);
    only = subscribe(topics, "t", "again");
    assert_int_equal(gale_publish_text(topics, "t", "within"), 1);
}

static void test_publishing_while_delivering(void **state)
{
    only = gale_topics_subscribe(topics, "t", answer, (void *)(uintptr_t) "a");
    assert_int_equal(gale_publish_text(topics, "t", "1"), 1);
    assert_heard("a:t=1 again:t=within ");
    gale_subscription_end(&only);
}

/* Freed in the wrong order: what listens still ends quietly. */
static void test_freed_before_its_subscriptions(void **state)
{
    gale_topics *gone = gale_topics_new();
    gale_subscription *s = subscribe(gone, "t", "a");

    gale_topics_free(gone);
    gale_subscription_end(&s);
    gale_topics_free(NULL);
}

static void test_without_memory(void **state)
{
    gale_subscription *s = NULL;
    unsigned long n;

    for (n = 1; !s && n < 20; n++) {
        gale__alloc_fail(n);
        s = gale_topics_subscribe(topics, "t", listen_to, (void *)(uintptr_t) "a");
        gale__alloc_fail(0);
        assert_int_equal(gale_topics_subscribers(topics, "t"), s ? 1 : 0);
    }
    assert_in_range(n, 3, 19);
    gale_subscription_end(&s);
}

/* --- backplane ---------------------------------------------------------------------- */

static void to_backplane(void *arg, const char *topic, gale_str data, bool binary)
{
    listen_to(topic, data, binary, arg);
}

static void backplane_event(const char *what, const char *topic)
{
    size_t n = strlen(heard);

    snprintf(heard + n, sizeof(heard) - n, "%s%s ", what, topic);
}

static void backplane_subscribe(void *arg, const char *topic)
{
    backplane_event("+", topic);
}

static void backplane_unsubscribe(void *arg, const char *topic)
{
    backplane_event("-", topic);
}

static void backplane_end(void *arg)
{
    backplane_event("end", "");
}

static const gale_backplane recording = {
    .publish = to_backplane,
    .subscribe = backplane_subscribe,
    .unsubscribe = backplane_unsubscribe,
    .end = backplane_end,
    .arg = (void *)"bp",
};

static void test_backplane(void **state)
{
    gale_subscription *a = subscribe(topics, "t", "a"), *b;

    assert_int_equal(gale_topics_set_backplane(topics, &recording), 0);
    assert_heard("+t "); /* what was there before */
    b = subscribe(topics, "t", "b");
    assert_heard("");
    assert_int_equal(gale_publish_text(topics, "t", "1"), 2);
    assert_heard("bp:t=1 a:t=1 b:t=1 ");
    assert_int_equal(gale_publish_text(topics, "elsewhere", "2"), 0);
    assert_heard("bp:elsewhere=2 ");
    assert_int_equal(gale_topics_deliver(topics, "t", slice("3"), true), 2);
    assert_heard("a:t=3! b:t=3! ");
    gale_subscription_end(&a);
    assert_heard("");
    gale_subscription_end(&b);
    assert_heard("-t ");
    a = subscribe(topics, "u", "a");
    assert_heard("+u ");
    assert_int_equal(gale_topics_set_backplane(topics, &(gale_backplane){ .arg = NULL }), 0);
    assert_heard("end ");
    gale_subscription_end(&a); /* every hook may be absent */
    assert_int_equal(gale_publish_text(topics, "u", "4"), 0);
    assert_int_equal(gale_topics_set_backplane(topics, &recording), 0);
    gale_topics_free(topics);
    topics = NULL;
    assert_heard("end ");
}

static void test_backplane_ends_with_its_loop(void **state)
{
    gale_subscription *s = subscribe(topics, "t", "a");

    assert_int_equal(gale_topics_set_backplane(topics, &recording), 0);
    heard[0] = 0;
    gale_subscription_end(&s);
    assert_heard("-t ");
    gale_ioloop_free(loop);
    assert_heard("end ");
    loop = NULL;
}

/* --- several loops ------------------------------------------------------------------- */

enum { LOOPS = 3, MESSAGES = 300 };

/* A loop on a thread: it hears all that the others publish, and publishes itself. */
struct party {
    pthread_t thread;
    pthread_barrier_t *ready;
    gale_topics *topics;
    int number;
    int next[LOOPS]; /* of each publisher: the message that must come now */
    int left;        /* messages still to come */
    gale_event done;
};

static void hear(const char *topic, gale_str data, bool binary, void *arg)
{
    struct party *party = arg;
    int from, number;

    assert_int_equal(sscanf(data.ptr, "%d %d", &from, &number), 2);
    assert_int_equal(number, party->next[from]++);
    if (--party->left == 0)
        gale_event_set(&party->done);
}

static int take_part(void *arg)
{
    struct party *party = arg;
    gale_subscription *all = gale_topics_subscribe(party->topics, "all", hear, party), *odd = NULL;
    char text[32];
    int r;

    if (!all)
        return -ENOMEM;
    pthread_barrier_wait(party->ready);
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(text, sizeof(text), "%d %d", party->number, i);
        r = gale_publish(party->topics, "all", slice(text), i % 2);
        if (r != 1)
            return -EPROTO;
        if (i % 7 == 0 && gale_yield() < 0)
            return -EPROTO;
        /* Comes and goes, for the backplane and the tables. */
        if (odd)
            gale_subscription_end(&odd);
        else
            odd = gale_topics_subscribe(party->topics, i % 3 ? "odd" : "even", listen_to, NULL);
    }
    r = gale_event_wait(&party->done, GALE_FOREVER);
    gale_subscription_end(&odd);
    gale_subscription_end(&all);
    return r;
}

static void *run_party(void *arg)
{
    gale_ioloop *mine = gale_ioloop_new(NULL);
    intptr_t r;

    gale_ioloop_make_current(mine);
    r = gale_ioloop_run_sync(mine, take_part, arg, 60);
    gale_ioloop_free(mine);
    return (void *)r;
}

/* Each loop hears each publisher's messages, its own at once, all in order. */
static void test_loops_on_threads(void **state)
{
    struct party parties[LOOPS];
    pthread_barrier_t ready;

    pthread_barrier_init(&ready, NULL, LOOPS);
    for (int i = 0; i < LOOPS; i++) {
        parties[i] = (struct party){
            .ready = &ready, .topics = topics, .number = i, .left = LOOPS * MESSAGES
        };
        assert_int_equal(pthread_create(&parties[i].thread, NULL, run_party, &parties[i]), 0);
    }
    for (int i = 0; i < LOOPS; i++) {
        void *result;

        pthread_join(parties[i].thread, &result);
        assert_ptr_equal(result, NULL);
    }
    pthread_barrier_destroy(&ready);
}

/* The backplane is on this loop; others subscribe and publish. In the end it knows no topic, and it
 * was told of each publication, those of each loop in order. */
static int told[LOOPS], n_told, n_known;

static void count_publish(void *arg, const char *topic, gale_str data, bool binary)
{
    int from, number;

    assert_ptr_equal(gale_ioloop_current(), loop);
    assert_int_equal(sscanf(data.ptr, "%d %d", &from, &number), 2);
    assert_int_equal(number, told[from]++);
    n_told++;
}

static void count_subscribe(void *arg, const char *topic)
{
    n_known++;
}

static void count_unsubscribe(void *arg, const char *topic)
{
    assert_true(n_known > 0);
    n_known--;
}

static int join_parties(void *arg)
{
    while (n_told < LOOPS * MESSAGES || n_known)
        if (gale_sleep(0.001) < 0)
            return GALE_ECANCELED;
    return 0;
}

static void test_backplane_for_loops_on_threads(void **state)
{
    static const gale_backplane counting = { .publish = count_publish,
                                             .subscribe = count_subscribe,
                                             .unsubscribe = count_unsubscribe };
    struct party parties[LOOPS];
    pthread_barrier_t ready;

    assert_int_equal(gale_topics_set_backplane(topics, &counting), 0);
    pthread_barrier_init(&ready, NULL, LOOPS);
    for (int i = 0; i < LOOPS; i++) {
        parties[i] = (struct party){
            .ready = &ready, .topics = topics, .number = i, .left = LOOPS * MESSAGES
        };
        assert_int_equal(pthread_create(&parties[i].thread, NULL, run_party, &parties[i]), 0);
    }
    assert_int_equal(gale_ioloop_run_sync(loop, join_parties, NULL, 60), 0);
    for (int i = 0; i < LOOPS; i++)
        pthread_join(parties[i].thread, NULL);
    pthread_barrier_destroy(&ready);
}

/* A loop that goes while others leave messages for it: they go unread, and nothing is lost of it.
 */
struct leaver {
    pthread_barrier_t subscribed, published;
};
static struct leaver leaver;

static void *subscribe_and_go(void *arg)
{
    gale_ioloop *mine = gale_ioloop_new(NULL);
    gale_subscription *s;

    gale_ioloop_make_current(mine);
    s = gale_topics_subscribe(arg, "t", listen_to, NULL);
    pthread_barrier_wait(&leaver.subscribed);
    pthread_barrier_wait(&leaver.published);
    gale_ioloop_free(mine);
    gale_subscription_end(&s);
    return NULL;
}

static void test_loop_that_ends_with_messages(void **state)
{
    pthread_t thread;

    pthread_barrier_init(&leaver.subscribed, NULL, 2);
    pthread_barrier_init(&leaver.published, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, subscribe_and_go, topics), 0);
    pthread_barrier_wait(&leaver.subscribed);
    assert_int_equal(gale_publish_text(topics, "t", "1"), 0);
    assert_int_equal(gale_publish_text(topics, "t", "2"), 0);
    pthread_barrier_wait(&leaver.published);
    assert_true(gale_publish_text(topics, "t", "3") >= 0);
    pthread_join(thread, NULL);
    assert_heard("");
    pthread_barrier_destroy(&leaver.subscribed);
    pthread_barrier_destroy(&leaver.published);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_and_texts_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes_while_delivering, setup, teardown),
        cmocka_unit_test_setup_teardown(test_publishing_while_delivering, setup, teardown),
        cmocka_unit_test_setup_teardown(test_freed_before_its_subscriptions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backplane, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backplane_ends_with_its_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loops_on_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backplane_for_loops_on_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loop_that_ends_with_messages, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

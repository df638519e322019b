/* testing_log.c - what is logged while a test runs: expected, reported or held against it.
 *
 * All tests of the process share the one sink; a line belongs to the test of the thread that
 * logged it, or, from a thread that has none (the executor's), to any: always the one that was
 * made last.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/regex.h"
#include "base/str.h"
#include "top/testing_priv.h"

struct expectation {
    struct gale__list link;
    const char *logger; /* its name; NULL: any */
    int level;
    const char *pattern;
    struct gale__regex *regex;
    bool came;
    char other[GALE__TEST_TEXT]; /* the last line that did not match, but might have */
};

/* A test among those that get lines. */
struct listener {
    struct gale__list link;
    gale_test *test;
    pthread_t thread;
};

/* Lines come from any thread, and there is one sink: guarded by the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gale__list listeners = { &listeners, &listeners };
static void (*old_sink)(void *arg, const gale_log_record *record);
static void *old_arg;

static gale_test *listening(void)
{
    gale_test *any = NULL;

    for (struct gale__list *l = listeners.next; l != &listeners; l = l->next) {
        struct listener *listener = GALE_CONTAINER_OF(l, struct listener, link);

        if (pthread_equal(listener->thread, pthread_self()))
            any = listener->test;
    }
    if (!any && !gale__list_empty(&listeners))
        any = GALE_CONTAINER_OF(listeners.prev, struct listener, link)->test;
    return any;
}

static bool is_of_its_kind(const struct expectation *e, const gale_log_record *record)
{
    return record->level >= e->level && (!e->logger || !strcmp(e->logger, record->logger));
}

static bool fits(const struct expectation *e, const gale_log_record *record)
{
    if (!is_of_its_kind(e, record))
        return false;
    return gale__regex_match(e->regex, record->message, 0, NULL, 0) == 1;
}

static bool is_expected(gale_test *test, const gale_log_record *record)
{
    for (struct gale__list *l = test->expected.next; l != &test->expected; l = l->next) {
        struct expectation *e = GALE_CONTAINER_OF(l, struct expectation, link);

        if (fits(e, record)) {
            e->came = true;
            return true;
        }
    }
    return false;
}

static void note(char out[GALE__TEST_TEXT], gale_str message)
{
    snprintf(out, GALE__TEST_TEXT, "%.*s", (int)gale__str_head(message, GALE__TEST_TEXT).len,
             message.ptr);
}

/* The status of a request is in its answer, where the test sees it. */
static bool is_access(const gale_log_record *record)
{
    return !strcmp(record->logger, gale_log_access.name);
}

/* A line of the access log tells nothing to whom a warning did not come. */
static void note_other(gale_test *test, const gale_log_record *record)
{
    for (struct gale__list *l = test->expected.next; l != &test->expected; l = l->next) {
        struct expectation *e = GALE_CONTAINER_OF(l, struct expectation, link);
        bool is_asked = e->logger || !is_access(record) ||
                        (e->level <= GALE_LOG_INFO && !*e->other);

        if (is_asked && is_of_its_kind(e, record))
            note(e->other, record->message);
    }
}

static bool counts(const gale_log_record *record)
{
    return record->level >= GALE_LOG_ERROR && !is_access(record);
}

static void on_line(void *arg, const gale_log_record *record)
{
    gale_test *test;
    bool expected;

    pthread_mutex_lock(&lock);
    test = listening();
    expected = test && is_expected(test, record);
    if (test && !expected) {
        note_other(test, record);
        if (counts(record) && test->n_errors++ == 0)
            note(test->first_error, record->message);
    }
    pthread_mutex_unlock(&lock);
    if (expected)
        return;
    if (old_sink)
        old_sink(old_arg, record);
    else if (record->level >= GALE_LOG_WARNING && !is_access(record))
        fwrite(record->text.ptr, 1, record->text.len, stderr);
}

int gale__test_log_open(gale_test *test)
{
    struct listener *listener = gale__arena_zalloc(&test->arena, sizeof(*listener));

    gale__list_init(&test->expected);
    if (!listener)
        return -ENOMEM;
    listener->test = test;
    listener->thread = pthread_self();
    pthread_mutex_lock(&lock);
    if (gale__list_empty(&listeners)) {
        gale__log_get_sink(&old_sink, &old_arg);
        gale_log_set_sink(on_line, NULL);
    }
    gale__list_append(&listeners, &listener->link);
    pthread_mutex_unlock(&lock);
    test->listener = listener;
    return 0;
}

static int judge(const gale_test *test)
{
    for (struct gale__list *l = test->expected.next; l != &test->expected; l = l->next) {
        const struct expectation *e = GALE_CONTAINER_OF(l, struct expectation, link);

        if (!e->came && !*e->other)
            return gale_err(GALE_ENOTFOUND,
                            "expected a log line \"%.60s\"; none of its level and logger came",
                            e->pattern);
        if (!e->came)
            return gale_err(GALE_ENOTFOUND, "expected a log line \"%.60s\"; came: \"%.80s\"",
                            e->pattern, e->other);
    }
    if (test->n_errors)
        return gale_err(GALE_ESTATE, "%u log lines of level ERROR that nobody expected: %s",
                        test->n_errors, test->first_error);
    return 0;
}

int gale__test_log_close(gale_test *test)
{
    struct gale__list *l;
    int r = judge(test);

    if (test->listener) {
        pthread_mutex_lock(&lock);
        gale__list_remove(&test->listener->link);
        if (gale__list_empty(&listeners))
            gale_log_set_sink(old_sink, old_arg);
        pthread_mutex_unlock(&lock);
    }
    while ((l = gale__list_first(&test->expected))) {
        gale__list_remove(l);
        gale__regex_free(GALE_CONTAINER_OF(l, struct expectation, link)->regex);
    }
    return r;
}

int gale_test_expect_log(gale_test *test, const gale_logger *logger, int level, const char *pattern)
{
    struct expectation *e = gale__arena_zalloc(&test->arena, sizeof(*e));
    int r = 0;

    if (!e)
        return -ENOMEM;
    e->logger = logger ? logger->name : NULL;
    e->level = level;
    e->pattern = gale__arena_strndup(&test->arena, pattern, strlen(pattern));
    e->regex = gale__regex_new(gale__str(pattern), GALE__REGEX_ANCHORED | GALE__REGEX_DOTALL, &r);
    if (!e->regex)
        return r;
    if (!e->pattern) {
        gale__regex_free(e->regex);
        return -ENOMEM;
    }
    pthread_mutex_lock(&lock);
    gale__list_append(&test->expected, &e->link);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* test_error.c - codes, their texts and the detail stored where a failure happened. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <pthread.h>

#include "base/context.h"
#include "check.h"

static void the_detail_belongs_to_its_code(void **state)
{
    assert_int_equal(gale_err(GALE_EPROTO, "bad chunk size '%s'", "zz"), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "bad chunk size 'zz'");
    assert_string_equal(gale_strerror(GALE_EEOF), "end of stream");
    assert_string_equal(gale_strerror(-ENOENT), "No such file or directory");
    assert_string_equal(gale_strerror(0), "success");
    assert_string_equal(gale_strerror(-9999999), "unknown error");
}

static void a_long_detail_is_cut(void **state)
{
    char text[1000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    gale_err(GALE_EINVAL, "%s", text);
    assert_int_equal(strlen(gale_strerror(GALE_EINVAL)), 191);
}

static void codes_have_names(void **state)
{
    assert_string_equal(gale_errname(GALE_ETOOBIG), "GALE_ETOOBIG");
    assert_string_equal(gale_errname(-ENOENT), "ENOENT");
    assert_string_equal(gale_errname(GALE_EHTTP(404)), "GALE_EHTTP");
    assert_string_equal(gale_errname(-99999), "?");
    assert_int_equal(GALE_EHTTP_STATUS(GALE_EHTTP(404)), 404);
    assert_true(GALE_IS_EHTTP(GALE_EHTTP(599)));
    assert_false(GALE_IS_EHTTP(GALE_EPROTO));
}

static void each_context_has_its_own_detail(void **state)
{
    struct gale__context coroutine = { 0 };

    gale_err(GALE_EPROTO, "of the thread");
    gale__context = &coroutine;
    assert_string_equal(gale_strerror(GALE_EPROTO), "protocol error");
    gale_err(GALE_EPROTO, "of the coroutine");
    gale__context = NULL;
    assert_string_equal(gale_strerror(GALE_EPROTO), "of the thread");
    gale__context = &coroutine;
    assert_string_equal(gale_strerror(GALE_EPROTO), "of the coroutine");
    gale__context = NULL;
}

static void *ask(void *arg)
{
    assert_string_equal(gale_strerror(GALE_EPROTO), "protocol error");
    return NULL;
}

static void each_thread_has_its_own_detail(void **state)
{
    pthread_t thread;

    gale_err(GALE_EPROTO, "mine");
    assert_int_equal(pthread_create(&thread, NULL, ask, NULL), 0);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_detail_belongs_to_its_code),
        cmocka_unit_test(a_long_detail_is_cut),
        cmocka_unit_test(codes_have_names),
        cmocka_unit_test(each_context_has_its_own_detail),
        cmocka_unit_test(each_thread_has_its_own_detail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

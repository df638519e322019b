/* testing_left.c - the requests that a test's application has and has not ended.
 *
 * The test stands between the server and who answers: a request is in its list from when it is
 * handed on until it is released. An asynchronous handler that nobody completes has no coroutine
 * that could be cancelled: it is ended with the loop, when nothing runs that might still complete
 * it.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/alloc.h"
#include "http/server.h"
#include "top/testing_priv.h"
#include "web/handler.h"

/* In the request's own arena. */
struct left {
    struct gale__list link;
    struct gale__exchange *x;
};

static void forget(void *arg)
{
    struct left *left = arg;

    gale__list_remove(&left->link);
}

static void plan(void *arg, struct gale__exchange *x, struct gale__body_plan *out)
{
    const gale_test *test = arg;

    test->inner->plan(test->inner_arg, x, out);
}

/* Without memory for it a request is counted, not named. */
static void dispatch(void *arg, struct gale__exchange *x)
{
    gale_test *test = arg;
    struct left *left = gale__arena_alloc(&x->arena, sizeof(*left));

    if (left && gale__arena_defer(&x->arena, forget, left) >= 0) {
        left->x = x;
        gale__list_append(&test->left, &left->link);
    }
    test->inner->dispatch(test->inner_arg, x);
}

/* After all coroutines, and after the server's connections. */
static void end_left(struct gale__ioloop_owned *owned)
{
    gale_test *test = GALE_CONTAINER_OF(owned, gale_test, owned);
    struct gale__list *next;

    for (struct gale__list *l = test->left.next; l != &test->left; l = next) {
        gale_handler *handler = GALE_CONTAINER_OF(l, struct left, link)->x->data;

        next = l->next;
        if (handler && handler->complete)
            handler->complete(handler, GALE_ECANCELED);
    }
}

void gale__test_watch(gale_test *test)
{
    test->inner = gale__httpserver_set_answerer(test->server, NULL, NULL, &test->inner_arg);
    test->watching = (struct gale__answerer){ .plan = test->inner->plan ? plan : NULL,
                                              .dispatch = dispatch,
                                              .on_gone = test->inner->on_gone };
    (void)gale__httpserver_set_answerer(test->server, &test->watching, test, NULL);
    test->owned.close = end_left;
    gale__ioloop_own(test->loop, &test->owned);
}

void gale__test_name_left(const gale_test *test, char *out, size_t size)
{
    size_t n = 0;

    *out = 0;
    for (const struct gale__list *l = test->left.next; l != &test->left && n < size; l = l->next) {
        const gale_request *request = &GALE_CONTAINER_OF(l, struct left, link)->x->request;
        char what[GALE__TEST_TEXT];

        gale__test_describe(what, request->method, gale__str(request->uri));
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : ": ", what);
    }
}

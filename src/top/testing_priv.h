/* testing_priv.h - the testing kit's own struct and what its files ask of each other.
 *
 * testing_life.c: making and ending one. testing_requests.c: requests, expectations, faults.
 * testing_run.c: running the loop until something is done, the fake clock. testing_jar.c: cookies.
 * testing_log.c: expected lines. testing_raw.c: raw clients. testing_left.c: unended requests.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TOP_TESTING_PRIV_H
#define GALE_TOP_TESTING_PRIV_H

#include <gale/iostream.h>
#include <gale/testing.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "gen/co.h"
#include "http/cookie_jar.h"
#include "http/exchange.h"
#include "ioloop/io.h"

enum { GALE__TEST_TEXT = 160 };

/* Something that a coroutine does for a test while the loop runs; in the test's arena. */
struct gale_test_pending {
    struct gale__list link; /* of test->pending while its caller may ask for it */
    gale_test *test;
    int (*fn)(void *arg);
    void *arg;
    struct gale__co *co; /* NULL: not started, or done */
    struct gale__arena arena;
    struct gale__scope scope; /* of the coroutine, which ends its children */
    char what[GALE__TEST_TEXT];
    bool done;
    int result;
    char text[192]; /* of a failure */
};

struct listener;

struct gale_test {
    gale_test_options options; /* with their defaults */
    gale_ioloop *loop, *outer_loop;
    gale_app *app;
    gale_httpserver *server;
    int port;
    gale_tls_context *tls;    /* of clients; NULL: plain HTTP */
    struct gale__arena arena; /* of all answers */
    gale_cookie_jar jar;
    struct gale__list pending;
    const gale_http_response *answer; /* the last one; NULL: none */
    char asked[GALE__TEST_TEXT];      /* the last request */
    /* requests being handled */
    const struct gale__answerer *inner; /* who answers them */
    void *inner_arg;
    struct gale__answerer watching;
    struct gale__list left;
    struct gale__ioloop_owned owned;
    /* log */
    struct listener *listener; /* NULL: not yet among those that get lines */
    struct gale__list expected;
    unsigned n_errors;                 /* unexpected lines */
    char first_error[GALE__TEST_TEXT]; /* the first of them */
};

/* --- testing_run.c */

/* Starts fn(arg) in a coroutine of the test, which goes as far as it can; what names it in
 * messages. NULL: out of memory. */
gale_test_pending *gale__test_begin(gale_test *test, const char *what, int (*fn)(void *arg),
                                    void *arg);
/* Runs the loop until it is done; its result. Not done in time, it is cancelled: GALE_ETIMEDOUT.
 * NULL is -ENOMEM. */
int gale__test_end(gale_test_pending *p);
/* Lets happen what happens without time passing. 0 or a failure of the loop. */
int gale__test_settle(gale_test *test);
/* Lets go on what goes on, at most for the test's patience, until no request is being handled. */
void gale__test_rest(gale_test *test);
/* Waits. The same as settling from a coroutine, which goes on when the others have had many turns.
 */
int gale__test_settle_here(gale_test *test);

/* --- testing_requests.c */

/* Waits. A connection to the application. */
int gale__test_connect(gale_test *test, gale_iostream **out);
/* "GET /path" for messages: printable, cut. */
void gale__test_describe(char out[GALE__TEST_TEXT], const char *method, gale_str what);

/* --- testing_jar.c */

/* Empty at first; gale_cookie_jar_clear() ends it. */
void gale__test_jar_open(gale_test *test);
void gale__test_jar_add_field(gale_test *test, struct gale__buf *out);
int gale__test_jar_store(gale_test *test, const gale_http_response *response);

/* --- testing_left.c */

/* From now on it is known which requests have not ended; with the loop those end that nobody else
 * would. */
void gale__test_watch(gale_test *test);
/* ": GET /path, POST /other" of those requests. */
void gale__test_name_left(const gale_test *test, char *out, size_t size);

/* --- testing_log.c */

/* Lines of this thread are the test's from now on. -ENOMEM. */
int gale__test_log_open(gale_test *test) GALE_MUST_USE;
/* Lines are nobody's any more. 0, or what was not as expected. */
int gale__test_log_close(gale_test *test);

#endif

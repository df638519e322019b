/* testing.h - tests of applications: in process or over a real port, for any test runner.
 *
 * A gale_test owns a loop and an application. Its calls look synchronous: they run the loop until
 * the answer is there (at most options.timeout). Failures are negative codes with a text
 * (gale_strerror), so that cmocka, Check or plain assert() can be used around them. The server is
 * the real one also in process, where its connections end in memory; so is the client. A test and
 * its calls are for one thread, which may have several tests. Not part of <gale/gale.h>.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTING_H
#define GALE_TESTING_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/httpclient.h>
#include <gale/log.h>
#include <gale/web.h>

GALE_BEGIN_DECLS

typedef struct gale_test gale_test;

/* Zero is the default for each. */
typedef struct gale_test_options {
    int listen;     /* GALE_ON: over a real port of 127.0.0.1; default: in process, no sockets */
    int cookies;    /* GALE_OFF: no cookie jar */
    int fake_clock; /* GALE_ON: time stands still but for gale_test_advance; in process only. It is
                       the loop's clock: timers, deadlines, limits of the server, request times.
                       Dates, and the age of signed values, are the real clock's */
    double timeout; /* seconds of real time for each call; default 5, or what the environment's
                       GALE_TEST_TIMEOUT says */
    int follow_redirects; /* GALE_ON; default off, unlike gale_fetch */
    int tls; /* GALE_ON, with listen: HTTPS, by a certificate for 127.0.0.1 and localhost that is
                made for the test, instead of the application's; the test's client trusts it alone
              */
} gale_test_options;

/* Takes app over (NULL: fails with gale_app_error()); options may be NULL. NULL: gale_strerror of
 * gale_test_error() says why. */
GALE_API GALE_MUST_USE gale_test *gale_test_new(gale_app *app, const gale_test_options *options);
GALE_API int gale_test_error(void);

/* Ends everything. 0, or a failure: an expected log line did not come, a line of level ERROR came
 * that nobody expected (those of the access log do not count: the answers tell the same), or
 * requests were left hanging, which are ended (its text, which is printed on standard error too,
 * names what). GALE_ESTATE in a coroutine, where nothing ends. NULL is allowed. */
GALE_API int gale_test_free(gale_test *test);

/* The loop (the thread's current one) and the application. Borrowed. */
GALE_API gale_ioloop *gale_test_loop(gale_test *test);
GALE_API gale_app *gale_test_app(gale_test *test);
/* "http://127.0.0.1:PORT" + path (https:// with tls), or "http://test" + path in process; a URL
 * stays as it is. Lives
 * until gale_test_free; NULL: out of memory. */
GALE_API const char *gale_test_url(gale_test *test, const char *path);
/* The port; 0 in process. */
GALE_API int gale_test_port(const gale_test *test);

/* Asks for path, or for a URL (http:// alone, and https:// with tls): in process every host is the
 * application's. request as for gale_fetch (its times run on the test's clock, default none), NULL
 * is GET. out may be NULL; *out lives until gale_test_free. The status, or a failure. In a
 * coroutine of the test it waits there.
 */
GALE_API int gale_test_fetch(gale_test *test, const char *path, const gale_http_request *request,
                             gale_http_response **out);

/* GET, and POST of a form or of JSON, in one line each: the status, or a failure. value is taken
 * over; NULL (a json_pack that failed) is GALE_EINVAL. */
GALE_API int gale_test_get(gale_test *test, const char *path, gale_http_response **out);
GALE_API int gale_test_post(gale_test *test, const char *path, const char *form,
                            gale_http_response **out);
GALE_API int gale_test_post_json(gale_test *test, const char *path, struct json_t *value,
                                 gale_http_response **out);
/* Any method, with a body of that type unless both are NULL. */
GALE_API int gale_test_send(gale_test *test, const char *method, const char *path,
                            const char *content_type, const char *body, gale_http_response **out);

/* Whether the last answer is as it should be: result, which the call gave, is status, and the body
 * matches a Perl-style pattern from its start (NULL: whatever). 0, or GALE_ESTATE with a text,
 * which is also printed on standard error, that says what was expected and what came:
 * assert(gale_test_expect(test, gale_test_get(test, "/", NULL), 200, "Hello") == 0). */
GALE_API int gale_test_expect(gale_test *test, int result, int status, const char *pattern);

/* The same in two steps, for requests that take their time or go on side by side: the first goes as
 * far as it can without time passing, the second runs until the answer is there. What request and
 * its like point to must live until then. NULL is out of memory, which gale_test_end() takes. */
typedef struct gale_test_pending gale_test_pending;
GALE_API GALE_MUST_USE gale_test_pending *gale_test_begin(gale_test *test, const char *path,
                                                          const gale_http_request *request);
/* The status, or a failure. */
GALE_API int gale_test_end(gale_test_pending *pending, gale_http_response **out);

/* The jar: what the answers have set and later requests send, whatever their path, and Secure or
 * not; Max-Age and Expires are kept to, by the test's clock. The value without its quotes, NULL: no
 * such cookie. */
GALE_API const char *gale_test_cookie(gale_test *test, const char *name);
GALE_API int gale_test_set_cookie(gale_test *test, const char *name, const char *value);
/* The same, signed as gale_set_signed_cookie() would, with the application's own secret: a user
 * that is logged in. */
GALE_API int gale_test_set_signed_cookie(gale_test *test, const char *name, const char *value);
GALE_API void gale_test_clear_cookies(gale_test *test);

/* Runs fn(arg) in a coroutine on the test's loop; its result. There gale_test_fetch and its like
 * wait, and so may fn. */
GALE_API int gale_test_run(gale_test *test, int (*fn)(void *arg), void *arg);

/* The fake clock goes on by seconds (0: not at all), and all that is due happens. GALE_ESTATE
 * without it, and in a coroutine; GALE_EINVAL for less than 0, more than a hundred years, NaN. */
GALE_API int gale_test_advance(gale_test *test, double seconds);

/* Expects log lines: matched by a Perl-style pattern from their start, of that logger (NULL: any)
 * and of at least that level; at least one until gale_test_free. They are not printed, of the
 * others only those from WARNING up that are not of the access log; with a sink of its own
 * (gale_log_set_sink before the test) a program gets all of the others. */
GALE_API int gale_test_expect_log(gale_test *test, const gale_logger *logger, int level,
                                  const char *pattern);

/* Sends raw bytes as a client of its own and, after sent of them (-1: all), goes away: how as
 * below. What came back until then is in *reply (NULL: not wanted), in the test's memory. 0 or a
 * failure; GALE_EINVAL for another leave, or sent < -1. When it returns the server knows. */
enum gale_test_leave {
    GALE_TEST_STAY,       /* reads until each request has its answer, or the server closes */
    GALE_TEST_HALF_CLOSE, /* ends its side, reads until the server closes */
    GALE_TEST_CLOSE,      /* closes when the server has had what was sent, and all it could do */
    GALE_TEST_RESET,      /* the same, by a reset */
};
GALE_API int gale_test_raw(gale_test *test, gale_str bytes, int64_t sent,
                           enum gale_test_leave leave, gale_str *reply);

/* The same in two steps, as gale_test_begin() and gale_test_end(). bytes are copied. */
GALE_API GALE_MUST_USE gale_test_pending *gale_test_begin_raw(gale_test *test, gale_str bytes,
                                                              int64_t sent,
                                                              enum gale_test_leave leave);
/* 0 or a failure. */
GALE_API int gale_test_end_raw(gale_test_pending *pending, gale_str *reply);

/* Makes the n-th (1: the next) allocation of the library on this thread fail, once. 0: none any
 * more. Gives how many there were since the last call. The kit's own client counts too, so with n
 * from 1 up until a call needs fewer, each call may give an answer or a failure. */
GALE_API int64_t gale_test_fail_alloc(int64_t n);
/* The same for what the loops of tests ask the kernel for (to receive, send, accept, connect), in
 * process too, where there is no kernel; it then gives error (an errno). */
GALE_API int64_t gale_test_fail_syscall(int64_t n, int error);

GALE_END_DECLS

#endif

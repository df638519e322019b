/* testing.h - tests of applications: in process or over a real port, for any test runner.
 *
 * A gale_test owns a loop and an application. Its calls look synchronous: they run the loop until
 * the answer is there (at most settings.timeout). Failures are negative codes with a text
 * (gale_strerror), so that cmocka, Check or plain assert() can be used around them.
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
    int fake_clock; /* GALE_ON: time stands still but for gale_test_advance; in process only */
    double timeout; /* seconds of real time for each call; default 5, or GALE_TEST_TIMEOUT */
    int follow_redirects; /* GALE_ON; default off, unlike gale_fetch */
} gale_test_options;

/* Takes app over (NULL: fails with gale_app_error()); options may be NULL. NULL: gale_strerror of
 * gale_test_error() says why. */
GALE_API GALE_MUST_USE gale_test *gale_test_new(gale_app *app, const gale_test_options *options);
GALE_API int gale_test_error(void);

/* Ends everything. 0, or a failure: an expected log line did not come, a line of level ERROR came
 * that nobody expected, or requests were left hanging (its text names what). */
GALE_API int gale_test_free(gale_test *test);

/* The loop and the application. Borrowed. */
GALE_API gale_app *gale_test_app(gale_test *test);
/* "http://127.0.0.1:PORT" + path, or "http://test" + path in process. Borrowed until the next
 * call. */
GALE_API const char *gale_test_url(gale_test *test, const char *path);
/* The port; 0 in process. */
GALE_API int gale_test_port(const gale_test *test);

/* Asks for path (or a URL). request as for gale_fetch, NULL is GET. *out lives until
 * gale_test_free. The status, or a failure. */
GALE_API int gale_test_fetch(gale_test *test, const char *path, const gale_http_request *request,
                             gale_http_response **out);

/* GET, and POST of a form or of JSON, in one line each: the status, or a failure. */
GALE_API int gale_test_get(gale_test *test, const char *path, gale_http_response **out);
GALE_API int gale_test_post(gale_test *test, const char *path, const char *form,
                            gale_http_response **out);
GALE_API int gale_test_post_json(gale_test *test, const char *path, struct json_t *value,
                                 gale_http_response **out);

/* The jar: what the answers have set and later requests send. NULL: no such cookie. */
GALE_API const char *gale_test_cookie(gale_test *test, const char *name);
GALE_API int gale_test_set_cookie(gale_test *test, const char *name, const char *value);
GALE_API void gale_test_clear_cookies(gale_test *test);

/* Runs fn(arg) in a coroutine on the test's loop; its result. */
GALE_API int gale_test_run(gale_test *test, int (*fn)(void *arg), void *arg);

/* The fake clock goes on by seconds, and all that is due happens. GALE_ESTATE without it. */
GALE_API int gale_test_advance(gale_test *test, double seconds);

/* Expects a log line: matched by a Perl-style pattern from its start, of that logger (NULL: any)
 * and of at least that level. Lines expected are not printed. */
GALE_API int gale_test_expect_log(gale_test *test, const gale_logger *logger, int level,
                                  const char *pattern);

/* Sends raw bytes as a client of its own and, after sent of them (-1: all), goes away: how as
 * below. What came back until then is in *reply (NULL: not wanted). 0 or a failure. */
enum gale_test_leave {
    GALE_TEST_STAY,       /* reads until the server closes, or an answer is complete */
    GALE_TEST_HALF_CLOSE, /* ends its side, reads on */
    GALE_TEST_CLOSE,      /* closes */
    GALE_TEST_RESET,      /* resets */
};
GALE_API int gale_test_raw(gale_test *test, gale_str bytes, int64_t sent,
                           enum gale_test_leave leave, gale_str *reply);

/* Makes the n-th (1: the next) allocation of the library fail, once. 0: none any more; gives how
 * many there were since the last call. */
GALE_API int64_t gale_test_fail_alloc(int64_t n);
/* The same for the loop's system calls (receive, send, accept …), in process too, which then give
 * error (an errno). */
GALE_API int64_t gale_test_fail_syscall(int64_t n, int error);

GALE_END_DECLS

#endif

/* testing_life.c - a test of an application: made, served, ended. See <gale/testing.h>.
 *
 * The server is the real one, also in process: there its connections end in memory instead of in
 * a socket, so that what is tested is what is served.
 */
/* SPDX-License-Identifier: MIT */
#include "top/testing_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/str.h"
#include "http/server.h"
#include "ioloop/faulty.h"
#include "net/tls.h"
#include "web/app.h"

enum { SECONDS = 5 };

/* Why the last gale_test_new() of the thread failed. */
static _Thread_local int last_error;

int gale_test_error(void)
{
    return last_error;
}

static double default_timeout(void)
{
    const char *text = getenv("GALE_TEST_TIMEOUT");
    double seconds;

    if (text && gale__str_to_double(gale__str(text), &seconds) && seconds > 0)
        return seconds;
    return SECONDS;
}

static int check_options(gale_test *test, const gale_test_options *options)
{
    gale_test_options *own = &test->options;
    int r;

    if (options)
        *own = *options;
    r = gale__check_switch("listen", own->listen);
    if (r >= 0)
        r = gale__check_switch("cookies", own->cookies);
    if (r >= 0)
        r = gale__check_switch("fake_clock", own->fake_clock);
    if (r >= 0)
        r = gale__check_switch("follow_redirects", own->follow_redirects);
    if (r >= 0)
        r = gale__check_switch("tls", own->tls);
    if (r >= 0 && own->tls > 0 && own->listen <= 0)
        r = gale_err(GALE_EINVAL, "tls: it needs a real port, .listen");
    if (r >= 0 && own->listen > 0 && own->fake_clock > 0)
        r = gale_err(GALE_EINVAL, "listen and fake_clock: the clock of a real port is real");
    own->listen = own->listen > 0;
    own->fake_clock = own->fake_clock > 0;
    if (!(own->timeout > 0))
        own->timeout = default_timeout();
    return r;
}

static int make_loop(gale_test *test)
{
    const gale_ioloop_options options = { .backend = test->options.fake_clock ? "simulated"
                                                                              : NULL };

    test->loop = gale_ioloop_new(&options);
    if (!test->loop)
        return gale_ioloop_error();
    test->outer_loop = gale_ioloop_current(); /* the new one where there was none */
    if (test->outer_loop == test->loop)
        test->outer_loop = NULL;
    gale_ioloop_make_current(test->loop);
    return gale__faulty_wrap(test->loop);
}

static int serve_tls(gale_test *test)
{
    gale_tls_context *server;
    int r = gale__tls_for_tests(&server, &test->tls);

    if (r < 0)
        return r;
    gale_tls_context_free(test->app->settings.server.tls);
    test->app->settings.server.tls = server; /* freed with it */
    return 0;
}

static int serve(gale_test *test)
{
    int r = test->options.tls > 0 ? serve_tls(test) : 0;

    if (r < 0)
        return r;
    if (test->options.listen) {
        r = gale_app_listen(test->app, 0, "127.0.0.1");
        if (r < 0)
            return r;
        test->port = r;
    }
    r = gale__app_get_server(test->app, &test->server);
    if (r >= 0)
        gale__test_watch(test);
    return r;
}

static int open_test(gale_test *test, const gale_test_options *options)
{
    int r = check_options(test, options);

    if (r >= 0 && !test->app)
        r = gale_err(GALE_EINVAL, "%s",
                     *gale_app_error() ? gale_app_error() : "the application is NULL");
    if (r >= 0)
        r = gale__test_log_open(test);
    if (r >= 0)
        r = make_loop(test);
    return r < 0 ? r : serve(test);
}

/* Whatever still runs is cancelled and may log. */
static void end_loop(gale_test *test)
{
    gale_app_free(test->app);
    if (!test->loop)
        return;
    gale_ioloop_free(test->loop);
    gale_ioloop_make_current(test->outer_loop);
}

static void free_test(gale_test *test)
{
    gale_cookie_jar_clear(&test->jar);
    gale_tls_context_free(test->tls);
    gale__arena_reset(&test->arena);
    gale__free(test);
}

gale_test *gale_test_new(gale_app *app, const gale_test_options *options)
{
    gale_test *test = gale__calloc(1, sizeof(*test));
    char text[192];

    if (!test) {
        gale_app_free(app);
        last_error = gale_err(-ENOMEM, "no memory for a test");
        return NULL;
    }
    test->app = app;
    gale__test_jar_open(test);
    gale__list_init(&test->pending);
    gale__list_init(&test->expected);
    gale__list_init(&test->left);
    last_error = open_test(test, options);
    if (last_error >= 0)
        return test;
    snprintf(text, sizeof(text), "%s", gale_strerror(last_error));
    end_loop(test);
    (void)gale__test_log_close(test);
    free_test(test);
    gale_err(last_error, "%s", text);
    return NULL;
}

/* Requests that never ended, after as much as can happen has happened. */
static int find_hanging(gale_test *test)
{
    struct gale__list *first = gale__list_first(&test->pending);
    gale_httpserver_stats stats;
    char names[GALE__TEST_TEXT];

    if (first)
        return gale_err(GALE_ESTATE, "left behind, without gale_test_end(): %s",
                        GALE_CONTAINER_OF(first, gale_test_pending, link)->what);
    (void)gale__test_rest(test);
    gale_httpserver_get_stats(test->server, &stats);
    if (!stats.requests_active)
        return 0;
    gale__test_name_left(test, names, sizeof(names));
    return gale_err(GALE_ESTATE, "requests still being handled: %llu%s",
                    (unsigned long long)stats.requests_active, names);
}

int gale_test_free(gale_test *test)
{
    char text[192];
    int r, log;

    if (!test)
        return 0;
    if (gale__co_current())
        return gale_err(GALE_ESTATE, "gale_test_free: not from a coroutine");
    gale__alloc_fail(0);
    gale__faulty_fail(0, 0);
    r = find_hanging(test);
    snprintf(text, sizeof(text), "%s", r < 0 ? gale_strerror(r) : "");
    end_loop(test);
    log = gale__test_log_close(test);
    if (r >= 0 && log < 0) {
        r = log;
        snprintf(text, sizeof(text), "%s", gale_strerror(r));
    }
    free_test(test);
    if (r < 0)
        fprintf(stderr, "gale_test: %s\n", text);
    return r < 0 ? gale_err(r, "%s", text) : 0;
}

gale_app *gale_test_app(gale_test *test)
{
    return test->app;
}

gale_ioloop *gale_test_loop(gale_test *test)
{
    return test->loop;
}

int gale_test_port(const gale_test *test)
{
    return test->port;
}

/* Whether a URL is meant, of whatever scheme; what is no http:// is refused when it is asked for.
 */
static bool is_url(const char *path)
{
    size_t n = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return n && !strncmp(path + n, "://", 3);
}

const char *gale_test_url(gale_test *test, const char *path)
{
    if (is_url(path))
        return gale__arena_strndup(&test->arena, path, strlen(path));
    path += *path == '/';
    if (test->port)
        return gale__arena_printf(&test->arena, "%s://127.0.0.1:%d/%s",
                                  test->tls ? "https" : "http", test->port, path);
    return gale__arena_printf(&test->arena, "http://test/%s", path);
}

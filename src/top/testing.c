/* testing.c - a test of an application: its life, and requests from a client that is not one of
 * the network's. See <gale/testing.h>.
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

#include <gale/json.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "base/regex.h"
#include "base/str.h"
#include "http/client.h"
#include "http/server.h"
#include "ioloop/faulty.h"
#include "web/app.h"

enum { SECONDS = 5 };

/* Why the last gale_test_new() of the thread failed. */
static _Thread_local int last_error;

int gale_test_error(void)
{
    return last_error;
}

/* --- life --- */

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

static int serve(gale_test *test)
{
    int r;

    if (test->options.listen) {
        r = gale_app_listen(test->app, 0, "127.0.0.1");
        if (r < 0)
            return r;
        test->port = r;
    }
    return gale__app_get_server(test->app, &test->server);
}

static int open_test(gale_test *test, const gale_test_options *options)
{
    int r = check_options(test, options);

    if (r >= 0 && !test->app)
        r = gale_err(GALE_EINVAL, "%s", gale_app_error());
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
    gale__list_init(&test->cookies);
    gale__list_init(&test->pending);
    gale__list_init(&test->expected);
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

    if (first)
        return gale_err(GALE_ESTATE, "left behind, without gale_test_end(): %s",
                        GALE_CONTAINER_OF(first, gale_test_pending, link)->what);
    (void)gale__test_rest(test);
    gale_httpserver_get_stats(test->server, &stats);
    if (stats.requests_active)
        return gale_err(GALE_ESTATE, "requests still being handled: %llu%s%s",
                        (unsigned long long)stats.requests_active,
                        *test->last_left ? "; the last client that left: " : "", test->last_left);
    return 0;
}

int gale_test_free(gale_test *test)
{
    char text[192];
    int r, log;

    if (!test)
        return 0;
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

const char *gale_test_url(gale_test *test, const char *path)
{
    if (!strncmp(path, "http://", 7) || !strncmp(path, "https://", 8))
        return gale__arena_strndup(&test->arena, path, strlen(path));
    path += *path == '/';
    if (test->port)
        return gale__arena_printf(&test->arena, "http://127.0.0.1:%d/%s", test->port, path);
    return gale__arena_printf(&test->arena, "http://test/%s", path);
}

/* --- requests --- */

void gale__test_describe(char out[GALE__TEST_TEXT], const char *method, gale_str what)
{
    size_t n = (size_t)snprintf(out, GALE__TEST_TEXT, "%.20s ", method);

    for (size_t i = 0; i < what.len && n + 1 < GALE__TEST_TEXT / 2; i++)
        out[n++] = what.ptr[i] >= ' ' && what.ptr[i] < 0x7f ? what.ptr[i] : '?';
    out[n] = 0;
}

int gale__test_connect(gale_test *test, gale_iostream **out)
{
    static const struct gale__http_url port = { .host = { "127.0.0.1", 9 } };
    struct gale__http_url url = port;

    if (!test->port)
        return gale__httpserver_connect(test->server, out);
    url.port = test->port;
    return gale__client_connect(&url, NULL, out);
}

/* In process every host is the application's own. */
static int open_hook(void *arg, const struct gale__http_url *url, gale_iostream **out)
{
    gale_test *test = arg;

    if (url->tls)
        return gale_err(GALE_EINVAL, "https:// is not to be had in a test");
    return test->port ? gale__client_connect(url, NULL, out) : gale__test_connect(test, out);
}

static void add_fields(void *arg, const struct gale__http_url *url, struct gale__buf *out)
{
    gale__test_jar_add_field(arg, out);
}

static int answered(void *arg, const gale_http_response *response)
{
    return gale__test_jar_store(arg, response);
}

/* A request under way; in the test's arena. */
struct asking {
    gale_test *test;
    const char *path, *url;
    gale_http_request request;
    gale_http_response *response;
};

static int ask(void *arg)
{
    struct asking *a = arg;
    bool jar = a->test->options.cookies != GALE_OFF;
    const struct gale__fetch_hooks hooks = { .open = open_hook,
                                             .add_fields = jar ? add_fields : NULL,
                                             .answered = jar ? answered : NULL,
                                             .arg = a->test };

    return gale__fetch(&hooks, &a->test->arena, a->url, &a->request, &a->response);
}

/* The runner's patience is the limit, not the client's. */
static void fill_request(gale_test *test, gale_http_request *own, const gale_http_request *request)
{
    if (request)
        *own = *request;
    if (own->request_timeout == 0)
        own->request_timeout = GALE_UNLIMITED;
    if (own->connect_timeout == 0)
        own->connect_timeout = GALE_UNLIMITED;
    if (own->follow_redirects == 0)
        own->follow_redirects = test->options.follow_redirects > 0 ? GALE_ON : GALE_OFF;
}

static struct asking *new_asking(gale_test *test, const char *path,
                                 const gale_http_request *request)
{
    struct asking *a = gale__arena_zalloc(&test->arena, sizeof(*a));

    if (!a)
        return NULL;
    a->test = test;
    a->url = gale_test_url(test, path);
    a->path = gale__arena_strndup(&test->arena, path, strlen(path));
    fill_request(test, &a->request, request);
    return a->url && a->path ? a : NULL;
}

static gale_test_pending *begin(gale_test *test, const char *path, const gale_http_request *request)
{
    struct asking *a = new_asking(test, path, request);
    char what[GALE__TEST_TEXT];

    if (!a)
        return NULL;
    gale__test_describe(what, gale__client_method(&a->request), gale__str(path));
    return gale__test_begin(test, what, ask, a);
}

gale_test_pending *gale_test_begin(gale_test *test, const char *path,
                                   const gale_http_request *request)
{
    gale_test_pending *p = begin(test, path, request);

    if (p)
        (void)gale__test_settle(test);
    return p;
}

/* What comes of a request: the status or the failure. */
static int give_answer(struct asking *a, int r, gale_http_response **out)
{
    gale_test *test = a->test;

    test->answer = r < 0 ? NULL : a->response;
    gale__test_describe(test->asked, gale__client_method(&a->request), gale__str(a->path));
    if (r < 0)
        return r;
    if (out)
        *out = a->response;
    return a->response->status;
}

int gale_test_end(gale_test_pending *pending, gale_http_response **out)
{
    int r = gale__test_end(pending);

    return pending ? give_answer(pending->arg, r, out) : r;
}

/* From a coroutine of the test's. */
static int fetch_here(gale_test *test, const char *path, const gale_http_request *request,
                      gale_http_response **out)
{
    struct asking *a = new_asking(test, path, request);

    return a ? give_answer(a, ask(a), out) : -ENOMEM;
}

int gale_test_fetch(gale_test *test, const char *path, const gale_http_request *request,
                    gale_http_response **out)
{
    if (gale__co_current())
        return fetch_here(test, path, request, out);
    return gale_test_end(begin(test, path, request), out);
}

int gale_test_get(gale_test *test, const char *path, gale_http_response **out)
{
    return gale_test_fetch(test, path, NULL, out);
}

int gale_test_send(gale_test *test, const char *method, const char *path, const char *content_type,
                   const char *body, gale_http_response **out)
{
    const gale_http_header headers[] = { { content_type ? "Content-Type" : NULL, content_type },
                                         { NULL, NULL } };
    gale_http_request request = { .method = method, .headers = headers, .body = gale__str(body) };

    if (content_type && !body)
        request.body = GALE__STR("");
    return gale_test_fetch(test, path, &request, out);
}

int gale_test_post(gale_test *test, const char *path, const char *form, gale_http_response **out)
{
    return gale_test_send(test, "POST", path, "application/x-www-form-urlencoded", form, out);
}

int gale_test_post_json(gale_test *test, const char *path, struct json_t *value,
                        gale_http_response **out)
{
    struct gale__buf text;
    int r;

    gale__buf_init(&text, SIZE_MAX / 4);
    r = gale__json_dump(value, &text);
    json_decref(value);
    if (r >= 0)
        r = gale__buf_cstr(&text) ? 0 : -ENOMEM;
    if (r >= 0)
        r = gale_test_send(test, "POST", path, "application/json", gale__buf_cstr(&text), out);
    gale__buf_deinit(&text);
    return r;
}

/* --- expectations --- */

static int body_matches(const gale_http_response *response, const char *pattern)
{
    struct gale__regex *regex;
    int r = 0;

    regex = gale__regex_new(gale__str(pattern), GALE__REGEX_ANCHORED | GALE__REGEX_DOTALL, &r);
    if (!regex)
        return r;
    r = gale__regex_match(regex, response->body, 0, NULL, 0);
    gale__regex_free(regex);
    return r;
}

/* GALE_ESTATE with what was expected and what came. */
static int disappointed(const gale_test *test, int result, int status, const char *pattern)
{
    char came[80];
    int r;

    if (result < 0)
        snprintf(came, sizeof(came), "%.70s", gale_strerror(result));
    else
        snprintf(came, sizeof(came), "%d \"%.50s\"", result,
                 test->answer ? test->answer->body.ptr : "");
    r = gale_err(GALE_ESTATE, "%.40s: expected %d \"%.40s\", came %s", test->asked, status,
                 pattern ? pattern : "", came);
    fprintf(stderr, "gale_test: %s\n", gale_strerror(r));
    return r;
}

int gale_test_expect(gale_test *test, int result, int status, const char *pattern)
{
    int r = 1;

    if (result == status && pattern && test->answer)
        r = body_matches(test->answer, pattern);
    if (r < 0)
        return r;
    return result == status && r == 1 ? 0 : disappointed(test, result, status, pattern);
}

/* --- faults --- */

int64_t gale_test_fail_alloc(int64_t n)
{
    static _Thread_local unsigned long before; /* of the last call */
    unsigned long now = gale__alloc_count(), since = now - before;

    before = now;
    gale__alloc_fail(n > 0 ? (unsigned long)n : 0);
    return (int64_t)since;
}

int64_t gale_test_fail_syscall(int64_t n, int error)
{
    static _Thread_local int64_t before;
    int64_t now = gale__faulty_fail(n, error), since = now - before;

    before = now;
    return since;
}

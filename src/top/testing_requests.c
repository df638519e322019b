/* testing_requests.c - requests of a test, by a client that ends in memory or at the port; what is
 * expected of their answers; faults.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/json.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/regex.h"
#include "base/str.h"
#include "http/client.h"
#include "http/server.h"
#include "ioloop/faulty.h"
#include "top/testing_priv.h"

void gale__test_describe(char out[GALE__TEST_TEXT], const char *method, gale_str what)
{
    size_t n = (size_t)snprintf(out, GALE__TEST_TEXT, "%.20s ", method);

    for (size_t i = 0; i < what.len && n + 1 < GALE__TEST_TEXT / 2; i++)
        out[n++] = what.ptr[i] >= ' ' && what.ptr[i] < 0x7f ? what.ptr[i] : '?';
    out[n] = 0;
}

static int connect_to(gale_test *test, const struct gale__http_url *url, bool tls,
                      gale_iostream **out)
{
    char host[64];
    int r = gale__client_connect(url, NULL, out);

    if (r < 0 || !tls)
        return r;
    snprintf(host, sizeof(host), "%.*s", (int)url->host.len, url->host.ptr);
    r = gale_iostream_start_tls(*out, test->tls, false, host);
    if (r < 0)
        gale_iostream_close(out);
    return r;
}

int gale__test_connect(gale_test *test, gale_iostream **out)
{
    static const struct gale__http_url port = { .host = { "127.0.0.1", 9 } };
    struct gale__http_url url = port;

    if (!test->port)
        return gale__httpserver_connect(test->server, out);
    url.port = test->port;
    return connect_to(test, &url, test->tls != NULL, out);
}

/* In process every host is the application's own. */
static int open_hook(void *arg, const struct gale__http_url *url, gale_iostream **out)
{
    gale_test *test = arg;

    if (url->tls && !test->tls)
        return gale_err(GALE_EINVAL, "https:// is not to be had in a test");
    return test->port ? connect_to(test, url, url->tls, out) : gale__test_connect(test, out);
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
    if (own->allow_nonstandard_methods == 0)
        own->allow_nonstandard_methods = GALE_ON;
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

/* fetching.c - guide: handlers that ask other servers: one after the other, side by side, and what
 * can go wrong. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>

/* What is asked: this program's own pages stand for other servers. */
static int number_get(gale_handler *self)
{
    int r = gale_sleep(0.05);

    return r < 0 ? r : gale_json(self, "{s:s}", "number", gale_path_argument(self, 0));
}

static const char *url_of(gale_handler *self, const char *path)
{
    return gale_printf_alloc(self, "http://%s%s", gale_request_host(gale_handler_request(self)),
                             path);
}

static int relay_get(gale_handler *self)
{
    gale_http_response *response;
    int r = gale_fetch(url_of(self, "/number/1"), NULL, &response);

    if (r < 0)
        return gale_fail(self, 502, "%s", gale_strerror(r));
    return gale_printf(self, "%d %s\n%.*s\n", response->status, response->reason,
                       (int)response->body.len, response->body.ptr);
}

/* Three at once, in coroutines of this request. */
struct question {
    const char *url;
    gale_http_response *response;
};

static int ask(void *arg)
{
    struct question *question = arg;

    return gale_fetch(question->url, NULL, &question->response);
}

static int several_get(gale_handler *self)
{
    struct question questions[3];
    gale_future *futures[3];
    size_t total = 0;
    int r;

    for (int i = 0; i < 3; i++) {
        questions[i].url = url_of(self, gale_printf_alloc(self, "/number/%d", i));
        futures[i] = gale_spawn(ask, &questions[i]);
    }
    r = gale_multi(futures, 3);
    for (int i = 0; r >= 0 && i < 3; i++)
        total += questions[i].response->body.len;
    return r < 0 ? r : gale_printf(self, "%zu bytes in three answers\n", total);
}

/* A server that is not there, and one that takes too long: what happened, and when. */
static int trouble_get(gale_handler *self)
{
    gale_http_response *response;
    int r = gale_fetch("http://127.0.0.1:1/", NULL, &response);
    int late;

    gale_printf(self, "%s while %s\n", gale_errname(r), gale_http_phase_name(gale_fetch_phase()));
    late = gale_fetch(url_of(self, "/number/2"), &(gale_http_request){ .request_timeout = 0.01 },
                      &response);
    return gale_printf(self, "%s while %s\n", gale_errname(late),
                       gale_http_phase_name(gale_fetch_phase()));
}

/* Sends a form, and reads the JSON that comes back. */
static int form_get(gale_handler *self)
{
    gale_http_header form[] = { { "title", "gale & co" }, { "qty", "3" }, { NULL, NULL } };
    gale_http_response *response;
    int r = gale_fetch(url_of(self, "/form"), &(gale_http_request){ .form = form }, &response);

    return r < 0 ? r : gale_write_bytes(self, response->body.ptr, response->body.len);
}

static int form_post(gale_handler *self)
{
    return gale_printf(self, "%s: %s\n", gale_get_body_argument(self, "title", ""),
                       gale_get_body_argument(self, "qty", ""));
}

static const gale_handler_class number = { .get = number_get };
static const gale_handler_class relay = { .get = relay_get };
static const gale_handler_class several = { .get = several_get };
static const gale_handler_class trouble = { .get = trouble_get };
static const gale_handler_class form = { .get = form_get, .post = form_post };

int main(int argc, char **argv)
{
    gale_route routes[] = {
        { .url = "/number/{n:int}", .handler = &number },
        { .url = "/relay", .handler = &relay },
        { .url = "/several", .handler = &several },
        { .url = "/trouble", .handler = &trouble },
        { .url = "/form", .handler = &form },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

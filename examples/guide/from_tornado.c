/* from_tornado.c - guide: what every Tornado site has, in C: a base class, arguments, templates
 * with UI modules, waiting side by side, a queue, WebSockets, fetching, an option. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

/* --- a base class, prepare and on_finish --- */

struct visit {
    double began;
};

static int base_prepare(gale_handler *self)
{
    struct visit *visit = gale_state(self);

    visit->began = gale_ioloop_time(gale_ioloop_current());
    if (gale_has_argument(self, "closed"))
        return gale_fail(self, 503, "closed");
    return 0;
}

static void base_on_finish(gale_handler *self)
{
    struct visit *visit = gale_state(self);

    gale_log(&gale_log_application, GALE_LOG_DEBUG, "took %.3f s",
             gale_ioloop_time(gale_ioloop_current()) - visit->began);
}

static const gale_handler_class base = {
    .state_size = sizeof(struct visit),
    .prepare = base_prepare,
    .on_finish = base_on_finish,
};

static int story_get(gale_handler *self)
{
    int64_t id;
    int r = gale_path_int(self, "id", &id);

    if (r < 0)
        return r;
    if (id > 100)
        return gale_fail(self, 404, "no story %d", (int)id);
    return gale_json(self, "{s:I}", "id", (json_int_t)id);
}

static const gale_handler_class story = { .parent = &base, .get = story_get };

/* --- arguments --- */

static int search_get(gale_handler *self)
{
    const char *q;
    int64_t page = 1;
    size_t n_tags;
    int r = gale_require_argument(self, "q", &q); /* missing: 400 */

    if (r >= 0 && gale_has_argument(self, "page"))
        r = gale_get_int_range(self, "page", 1, 1000, &page); /* no number: 400 as well */
    if (r < 0)
        return r;
    gale_get_arguments(self, "tag", &n_tags);
    return gale_json(self, "{s:s, s:I, s:I}", "q", q, "page", (json_int_t)page, "tags",
                     (json_int_t)n_tags);
}

static int order_post(gale_handler *self)
{
    const char *tea;
    int r = gale_unpack_json(self, "{s:s}", "tea", &tea); /* else 400, or 415 */

    return r < 0 ? r : gale_json(self, "{s:s}", "ordered", tea);
}

static const gale_handler_class search = { .get = search_get };
static const gale_handler_class order = { .post = order_post };

/* --- templates and UI modules --- */

static int book_render(gale_module *self, gale_call *call, gale_value *result)
{
    json_t *book = gale_value_to_json(call->rendering, gale_call_argument(call, 0, "book"));

    if (!book)
        return gale_value_raise(call->rendering, "TypeError", "Book() needs a book");
    return gale_module_render(self, call, result, "book.html", json_pack("{s:o}", "book", book));
}

static const gale_ui_module book_module = {
    .name = "Book",
    .size = sizeof(gale_ui_module),
    .render = book_render,
    .assets = { .embedded_css = ".book { color: teal }" },
};

static int shelf_get(gale_handler *self)
{
    return gale_render(self, "shelf.html",
                       json_pack("{s:[{s:s, s:i}, {s:s, s:i}]}", "books", "title", "Winds", "pages",
                                 96, "title", "C & its <traps>", "pages", 221));
}

static const gale_handler_class shelf = { .get = shelf_get };

/* --- waiting --- */

struct price {
    const char *what;
    double seconds;
    int cents;
};

/* A shop that takes its time. */
static int ask(void *arg)
{
    struct price *price = arg;
    int r = gale_sleep(price->seconds);

    if (r >= 0)
        price->cents = 100 * (int)strlen(price->what);
    return r;
}

static int prices_get(gale_handler *self)
{
    struct price tea = { "tea", 0.02, 0 }, milk = { "milk", 0.01, 0 }, salt = { "salt", 60, 0 };
    gale_future *both[] = { gale_spawn(ask, &tea), gale_spawn(ask, &milk) };
    int r = gale_multi(both, 2);

    if (r >= 0)
        r = gale_with_timeout(0.05, ask, &salt);
    if (r < 0 && r != GALE_ETIMEDOUT)
        return r;
    return gale_json(self, "{s:i, s:i, s:i}", "tea", tea.cents, "milk", milk.cents, "salt",
                     salt.cents);
}

static const gale_handler_class prices = { .get = prices_get };

/* --- a queue and a lock --- */

struct site {
    gale_queue *jobs;
    gale_lock log; /* one writer at a time, also while it waits */
    int n_done;
};

static struct site *site_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static int do_job(struct site *site)
{
    int r = gale_lock_acquire(&site->log, GALE_FOREVER);

    if (r < 0)
        return r;
    r = gale_sleep(0.001); /* the work */
    site->n_done++;
    gale_lock_release(&site->log);
    return r;
}

static int worker(void *arg)
{
    struct site *site = arg;
    void *job;
    int r;

    while ((r = gale_queue_get(site->jobs, &job, GALE_FOREVER)) >= 0) {
        r = do_job(site);
        free(job);
        gale_queue_task_done(site->jobs);
        if (r < 0)
            break;
    }
    return r == GALE_ECLOSED ? 0 : r;
}

static int jobs_post(gale_handler *self)
{
    struct site *site = site_of(self);
    char *job = strdup(gale_get_argument(self, "job", "sweep"));
    int r = job ? gale_queue_put(site->jobs, job, GALE_FOREVER) : -ENOMEM;

    if (r < 0) {
        free(job); /* it is not in the queue */
        return r;
    }
    r = gale_queue_join(site->jobs, gale_ioloop_time(gale_ioloop_current()) + 5);
    return r < 0 ? r : gale_printf(self, "%d done\n", site->n_done);
}

static const gale_handler_class jobs = { .post = jobs_post };

/* --- WebSockets --- */

static int chat_open(gale_websocket *ws, gale_handler *self)
{
    (void)self;
    return gale_subscribe(ws, "chat"); /* until the connection ends */
}

static int chat_message(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_publish(gale_app_topics(gale_websocket_app(ws)), "chat", message, binary);
}

static const gale_websocket_class chat = GALE_WEBSOCKET_CLASS(.open = chat_open,
                                                              .on_message = chat_message);

/* --- asking another server --- */

static int relay_get(gale_handler *self)
{
    const char *url = gale_printf_alloc(self, "http://%s/story/7",
                                        gale_request_host(gale_handler_request(self)));
    gale_http_response *response;
    int r = gale_fetch(url, &(gale_http_request){ .request_timeout = 5, .raise_error = GALE_ON },
                       &response);

    if (r < 0)
        return gale_fail(self, 502, "%s", gale_strerror(r));
    return gale_write_bytes(self, response->body.ptr, response->body.len);
}

static const gale_handler_class relay = { .get = relay_get };

/* --- what blocks --- */

static int crunch(void *arg)
{
    uint64_t *n = arg; /* on a thread: nothing of gale's here */

    for (uint64_t i = *n; i > 1; i--)
        *n += i;
    return 0;
}

static int crunch_get(gale_handler *self)
{
    uint64_t n = 1000;
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), crunch, &n);

    return r < 0 ? r : gale_printf(self, "%llu\n", (unsigned long long)n);
}

static const gale_handler_class crunching = { .get = crunch_get };

/* --- options, application --- */

static int main_get(gale_handler *self)
{
    return gale_printf(self, "%s, world\n", gale_option_str(gale_options_default(), "greeting"));
}

static const gale_handler_class main_handler = { .get = main_get };

static const gale_route routes[] = {
    { .url = "/", .handler = &main_handler },
    { .url = "/story/{id:int}", .handler = &story, .name = "story" },
    { .url = "/search", .handler = &search },
    { .url = "/order", .handler = &order },
    { .url = "/shelf", .handler = &shelf },
    { .url = "/prices", .handler = &prices },
    { .url = "/jobs", .handler = &jobs },
    { .url = "/chat", .handler = &chat.base },
    { .url = "/relay", .handler = &relay },
    { .url = "/crunch", .handler = &crunching },
    { 0 },
};

int main(int argc, char **argv)
{
    static struct site site;
    const gale_settings settings = {
        .data = &site,
        .template_path = "templates",
        .ui_modules = (const gale_ui_module *const[]){ &book_module, NULL },
    };
    int status;

    if (gale_define(gale_options_default(), .name = "greeting", .fallback = "Hello",
                    .help = "what is said first") < 0)
        return EXIT_FAILURE;
    site.jobs = gale_queue_new(100);
    if (!site.jobs || gale_ioloop_spawn_callback(gale_ioloop_current(), worker, &site) < 0)
        return EXIT_FAILURE;
    status = gale_main(argc, argv, gale_app_new(routes, &settings));
    gale_queue_free(site.jobs, free);
    return status;
}

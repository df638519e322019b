/* lifecycle.c - guide: the life of a handler, hook by hook. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

/* Each request has its own, zeroed at first. */
struct page {
    int *counter;
    int number;
};

static void page_defaults(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
}

/* First, with the route's argument. */
static int page_initialize(gale_handler *self, void *arg)
{
    struct page *page = gale_state(self);

    page->counter = arg;
    return 0;
}

/* Then this, whatever the method. It may wait, and may answer itself: then no method runs. */
static int page_prepare(gale_handler *self)
{
    struct page *page = gale_state(self);

    page->number = ++*page->counter;
    if (gale_has_argument(self, "closed"))
        return gale_fail(self, 503, "closed for %s", gale_get_argument(self, "closed", ""));
    return 0;
}

static int page_get(gale_handler *self)
{
    const struct page *page = gale_state(self);

    return gale_printf(self, "request %d\n", page->number);
}

/* Last, when the answer has been handed on. */
static void page_on_finish(gale_handler *self)
{
    const struct page *page = gale_state(self);

    gale_log(&gale_log_application, GALE_LOG_INFO, "request %d took %.3f s", page->number,
             gale_request_time(gale_handler_request(self)));
}

static const gale_handler_class page_handler = {
    .state_size = sizeof(struct page),
    .set_default_headers = page_defaults,
    .initialize = page_initialize,
    .prepare = page_prepare,
    .get = page_get,
    .on_finish = page_on_finish,
};

/* Inherits every hook it does not have. */
static int shout_get(gale_handler *self)
{
    gale_write(self, "THIS IS ");
    return gale_class_hooks(self, &page_handler)->get(self);
}

static const gale_handler_class shout_handler = { .parent = &page_handler, .get = shout_get };

int main(int argc, char **argv)
{
    static int counter;

    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &page_handler, .arg = &counter },
                             { .url = "/shout", .handler = &shout_handler, .arg = &counter },
                             { 0 },
                         },
                         NULL));
}

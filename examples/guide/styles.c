/* styles.c - guide: the same task in callbacks and in a coroutine. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

/* The other server that both ask, here for simplicity in the same program. */
static int slow_get(gale_handler *self)
{
    int r = gale_sleep(0.1);

    return r < 0 ? r : gale_write(self, "a slow answer\n");
}

static const char *slow_url(gale_handler *self)
{
    return gale_printf_alloc(self, "http://%s/slow", gale_request_host(gale_handler_request(self)));
}

/* Callbacks: the first function begins, the second one goes on when the answer is there. */
static void fetched(int code, gale_http_response *response, void *arg)
{
    gale_handler *self = arg;

    if (code < 0) {
        gale_send_error(self, 502);
        return;
    }
    gale_write_bytes(self, response->body.ptr, response->body.len);
    gale_finish(self);
}

static int callback_get(gale_handler *self)
{
    return gale_fetch_callback(NULL, slow_url(self), NULL, fetched, self);
}

/* A coroutine: the same, read from top to bottom. */
static int coroutine_get(gale_handler *self)
{
    gale_http_response *response;
    int r = gale_fetch(slow_url(self), NULL, &response);

    if (r < 0)
        return gale_fail(self, 502, "%s", gale_strerror(r));
    return gale_write_bytes(self, response->body.ptr, response->body.len);
}

static const gale_handler_class slow = { .get = slow_get };
static const gale_handler_class callback = { .asynchronous = GALE_ON, .get = callback_get };
static const gale_handler_class coroutine = { .get = coroutine_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/slow", .handler = &slow },
        { .url = "/callback", .handler = &callback },
        { .url = "/coroutine", .handler = &coroutine },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

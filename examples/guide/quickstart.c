/* quickstart.c - guide: a page with an argument, JSON, and an answer that takes its time. */
/* SPDX-License-Identifier: MIT */
#include <gale/escape.h>
#include <gale/gale.h>
#include <gale/json.h>

static int hello_get(gale_handler *self)
{
    const char *name = gale_get_argument(self, "name", "world");

    return gale_printf(self, "<h1>Hello, %s</h1>\n", gale_xhtml_escape(name));
}

static int square_get(gale_handler *self)
{
    int64_t n = 0;
    int r = gale_get_int_range(self, "n", -1000, 1000, &n);

    if (r < 0)
        return r; /* missing, or no such number: the client is told with a 400 */
    return gale_json(self, "{s:I, s:I}", "n", (json_int_t)n, "square", (json_int_t)(n * n));
}

/* Waits between the lines, and holds nobody else up. */
static int countdown_get(gale_handler *self)
{
    for (int i = 3; i > 0; i--) {
        int r = gale_printf(self, "%d\n", i);

        if (r >= 0)
            r = gale_flush(self);
        if (r >= 0)
            r = gale_sleep(0.1);
        if (r < 0)
            return r;
    }
    return gale_write(self, "lift-off\n");
}

static const gale_handler_class hello = { .get = hello_get };
static const gale_handler_class square = { .get = square_get };
static const gale_handler_class countdown = { .get = countdown_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/", .handler = &hello },
        { .url = "/square", .handler = &square },
        { .url = "/countdown", .handler = &countdown },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

/* trailer_server.c - answers with trailers, for test_trailer_wire.py. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <string.h>

/* In pieces; a checksum is known at the end only. */
static int pieces_get(gale_handler *self)
{
    gale_set_trailer(self, "X-Count", "0");
    for (int i = 0; i < 3; i++) {
        gale_write(self, "piece ");
        gale_flush(self);
    }
    gale_set_trailer(self, "X-Count", "3");
    return gale_set_trailer(self, "x-late", "not announced");
}

static int whole_get(gale_handler *self)
{
    gale_set_trailer(self, "X-One", "1");
    gale_set_trailer(self, "X-Two", "");
    return gale_write(self, "whole");
}

static int length_get(gale_handler *self)
{
    gale_set_trailer(self, "X-One", "1");
    gale_set_header(self, "Content-Length", "5");
    return gale_write(self, "whole");
}

static int empty_get(gale_handler *self)
{
    gale_set_trailer(self, "X-One", "1");
    return gale_set_status(self, 204, NULL);
}

static int error_get(gale_handler *self)
{
    gale_set_trailer(self, "X-One", "1");
    return gale_fail(self, 404, NULL);
}

static int bad_get(gale_handler *self)
{
    const char *value = gale_get_query_argument(self, "value", "x");

    if (!strcmp(value, "newline"))
        value = "a\r\nb";
    return gale_set_trailer(self, gale_get_query_argument(self, "name", ""), value);
}

static int late_get(gale_handler *self)
{
    gale_write(self, "x");
    gale_finish(self);
    return gale_set_trailer(self, "X-One", "1") == GALE_ESTATE ? 0 : -1;
}

static const gale_handler_class pieces = { .get = pieces_get }, whole = { .get = whole_get };
static const gale_handler_class length = { .get = length_get }, empty = { .get = empty_get };
static const gale_handler_class error = { .get = error_get }, bad = { .get = bad_get };
static const gale_handler_class late = { .get = late_get };

int main(int argc, char **argv)
{
    static const gale_route routes[] = {
        { .url = "/pieces", .handler = &pieces }, { .url = "/whole", .handler = &whole },
        { .url = "/length", .handler = &length }, { .url = "/empty", .handler = &empty },
        { .url = "/error", .handler = &error },   { .url = "/bad", .handler = &bad },
        { .url = "/late", .handler = &late },     { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

/* errors.c - guide: failures, and the pages that tell of them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <string.h>

/* The text is for the log; the client sees the status. */
static int teapot_get(gale_handler *self)
{
    return gale_fail(self, 418, "asked for coffee by %s",
                     gale_request_remote_ip(gale_handler_request(self)));
}

/* Whatever code a call gave can be returned: it is logged once and answered with 500. */
static int broken_get(gale_handler *self)
{
    (void)self;
    return gale_err(-EIO, "the disk is on fire");
}

/* A class may have an error page of its own. */
static int api_error(gale_handler *self, int status)
{
    return gale_json(self, "{s:i, s:s}", "status", status, "reason", gale_status_phrase(status));
}

static int api_get(gale_handler *self)
{
    return gale_fail(self, 404, NULL);
}

/* And so may the application, for all others and for paths that no route has. */
static int site_error(gale_handler *self, int status)
{
    return gale_printf(self, "<h1>%d</h1><p>Sorry: %s.</p>\n", status, gale_status_phrase(status));
}

static const gale_handler_class teapot_handler = { .get = teapot_get };
static const gale_handler_class broken_handler = { .get = broken_get };
static const gale_handler_class api_handler = { .get = api_get, .write_error = api_error };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/teapot", .handler = &teapot_handler },
                             { .url = "/broken", .handler = &broken_handler },
                             { .url = "/api", .handler = &api_handler },
                             { 0 },
                         },
                         &(gale_settings){ .write_error = site_error }));
}

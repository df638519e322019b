/* pages.c - guide: a page out of a template, with values, a loop and a base page. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>

static int list_get(gale_handler *self)
{
    return gale_render(self, "list.html",
                       json_pack("{s:s, s:[{s:s, s:i}, {s:s, s:i}]}", "owner",
                                 gale_get_argument(self, "owner", "Ada"), "books", "title",
                                 "C & its <traps>", "pages", 221, "title", "Winds", "pages", 96));
}

/* "titel" is no name: the page, the log and (in debug) the browser say where it stands. */
static int wrong_get(gale_handler *self)
{
    return gale_render(self, "wrong.html", json_pack("{s:s}", "title", "Winds"));
}

static const gale_handler_class list = { .get = list_get };
static const gale_handler_class wrong = { .get = wrong_get };

int main(int argc, char **argv)
{
    return gale_main(
        argc, argv,
        gale_app_new(
            (gale_route[]){
                { .url = "/", .handler = &list },
                { .url = "/wrong", .handler = &wrong },
                { 0 },
            },
            &(gale_settings){ .template_path = "templates", .serve_traceback = GALE_ON }));
}

/* redirects.c - guide: sending the client elsewhere. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

static int save_post(gale_handler *self)
{
    /* Only to this site, whatever the form says. */
    return gale_redirect_status(self, gale_get_next(self, "/saved"), 303);
}

static int page_get(gale_handler *self)
{
    return gale_printf(self, "page %s\n", gale_path_argument(self, 0));
}

static const gale_handler_class save_handler = { .post = save_post };
static const gale_handler_class page_handler = { .get = page_get };

int main(int argc, char **argv)
{
    return gale_main(
        argc, argv,
        gale_app_new(
            (gale_route[]){
                { .url = "/save", .handler = &save_handler },
                { .url = "/page/{name}", .handler = &page_handler },
                { .url = "/old/(.*)",
                  .handler = &gale_redirect_handler,
                  .arg = &(gale_redirect_options){ .url = "/page/{0}" } },
                { .url = "/today",
                  .handler = &gale_redirect_handler,
                  .arg = &(gale_redirect_options){ .url = "/page/7", .permanent = GALE_OFF } },
                { 0 },
            },
            NULL));
}

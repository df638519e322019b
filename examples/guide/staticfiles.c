/* staticfiles.c - guide: files, with a version in their URL so that browsers may keep them. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

static int main_get(gale_handler *self)
{
    return gale_printf(self,
                       "<!doctype html><title>Blue</title><link rel=stylesheet href=\"%s\">"
                       "<h1>A blue page</h1>\n",
                       gale_static_url(self, "style.css"));
}

static const gale_handler_class main_handler = { .get = main_get };

int main(int argc, char **argv)
{
    /* Relative paths are relative to the program's own folder. */
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &main_handler },
                             { .url = "/files/(.*)",
                               .handler = &gale_static_handler,
                               .arg = &(gale_static_options){ .path = "static" } },
                             { 0 },
                         },
                         &(gale_settings){ .static_path = "static" }));
}

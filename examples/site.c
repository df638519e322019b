/* site.c - serves the site that `make docs` builds (or any folder of plain files): index pages,
 * precompressed forms, conditional requests, versions in URLs, a page of its own for what is lost.
 *
 *     make docs && build/examples/site --port=8000
 *     SITE=/usr/share/doc/gale-doc/html build/examples/site
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdlib.h>
#include <string.h>

#define YEAR (365 * 86400.0)

/* A style sheet's URL has a hash of its content (?v=…), so it may be kept; pages change. */
static double file_cache_time(gale_handler *self, const char *path, bool is_versioned)
{
    (void)path;
    (void)is_versioned;
    return gale_get_query_argument(self, "v", NULL) ? YEAR : 0;
}

static int file_headers(gale_handler *self, const char *path)
{
    (void)path;
    if (gale_get_query_argument(self, "v", NULL))
        return 0;
    /* Kept, but asked for again: the answer is 304 unless it has changed. */
    return gale_set_header(self, "Cache-Control", "no-cache");
}

/* Of every answer; all that the pages need comes from the site itself. */
static void file_defaults(gale_handler *self)
{
    gale_set_header(self, "Content-Security-Policy", "default-src 'self'; base-uri 'self'");
    gale_set_header(self, "X-Content-Type-Options", "nosniff");
}

static int file_error(gale_handler *self, int status)
{
    const char *root = gale_app_data(gale_handler_app(self));

    if (status != 404)
        return gale_printf(self, "%d\n", status);
    return gale_send_file(self, gale_printf_alloc(self, "%s/404.html", root));
}

static const gale_static_class site_files = {
    .base = { .parent = &gale_static_handler,
              .kind = GALE_KIND_STATIC,
              .kind_size = sizeof(gale_static_class),
              .set_default_headers = file_defaults,
              .write_error = file_error },
    .get_cache_time = file_cache_time,
    .set_extra_headers = file_headers,
};

int main(int argc, char **argv)
{
    const char *site = getenv("SITE");
    /* Relative: to this program's folder, build/examples. */
    gale_static_options files = { .path = site ? site : "../site",
                                  .default_filename = "index.html" };
    gale_app *app = gale_app_new(
        (gale_route[]){
            { .url = "/(.*)", .handler = &site_files.base, .arg = &files },
            { 0 },
        },
        &(gale_settings){ .data = (void *)files.path });

    return gale_main(argc, argv, app);
}

/* arguments.c - guide: what a request brings: arguments, typed ones, JSON, files. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>

/* GET /search?q=tea&page=2&tag=hot&tag=green */
static int search_get(gale_handler *self)
{
    const char *q;
    int64_t page = 1;
    int r = gale_require_argument(self, "q", &q); /* missing: 400 naming it */

    if (r >= 0 && gale_has_argument(self, "page"))
        r = gale_get_int_range(self, "page", 1, 100, &page);
    if (r < 0)
        return r;
    gale_printf(self, "\"%s\", page %d\n", q, (int)page);
    for (const char *const *tag = gale_get_arguments(self, "tag", NULL); *tag; tag++)
        gale_printf(self, "tagged %s\n", *tag);
    return 0;
}

/* POST /order with a JSON body: { "tea": "sencha", "grams": 100 } */
static int order_post(gale_handler *self)
{
    const char *tea;
    int grams;
    int r = gale_unpack_json(self, "{s:s, s:i}", "tea", &tea, "grams", &grams);

    if (r < 0)
        return r; /* not JSON, a field missing or of another type: 400 saying so */
    return gale_json(self, "{s:s, s:i}", "ordered", tea, "grams", grams);
}

/* POST /photo, a form with a file */
static int photo_post(gale_handler *self)
{
    const gale_file *photo = gale_get_file(self, "photo", 0);

    if (!photo)
        return gale_fail(self, 400, "no photo");
    return gale_printf(self, "%s: %lld bytes of %s for %s\n", gale_file_safe_name(self, photo),
                       (long long)photo->size, photo->content_type,
                       gale_get_argument(self, "title", "nobody"));
}

static const gale_handler_class search_handler = { .get = search_get };
static const gale_handler_class order_handler = { .post = order_post };
static const gale_handler_class photo_handler = { .post = photo_post };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/search", .handler = &search_handler },
                             { .url = "/order", .handler = &order_handler },
                             { .url = "/photo",
                               .handler = &photo_handler,
                               .limits = &(gale_limits){ .max_body_size = 50 << 20 } },
                             { 0 },
                         },
                         NULL));
}

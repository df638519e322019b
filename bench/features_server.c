/* features_server.c - what bench/features.py asks for beyond hello: JSON, groups, cookies, forms.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdio.h>
#include <stdlib.h>

static int plain_get(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    return gale_write(self, "Hello, world");
}

static int json_get(gale_handler *self)
{
    return gale_json(self, "{s:s}", "message", "Hello, world");
}

static int item_get(gale_handler *self)
{
    return gale_printf(self, "%s of %s", gale_path_argument(self, 1), gale_path_argument(self, 0));
}

/* Reads a signed cookie and sends one back. */
static int cookie_get(gale_handler *self)
{
    gale_str user = gale_get_signed_cookie(self, "user", 0);

    if (!user.ptr)
        return gale_fail(self, 403, "no cookie, or a wrong one");
    gale_set_signed_cookie(self, "user", user, NULL);
    return gale_write(self, user.ptr);
}

static int login_post(gale_handler *self)
{
    gale_set_signed_cookie(self, "user", (gale_str){ "somebody", 8 }, NULL);
    return gale_write(self, "ok");
}

static int upload_post(gale_handler *self)
{
    const gale_file *file = gale_get_file(self, "file", 0);

    return gale_printf(self, "%lld", file ? (long long)file->size : -1);
}

/* The same bytes as a body that nobody takes apart. */
static int raw_post(gale_handler *self)
{
    return gale_printf(self, "%zu", gale_handler_request(self)->body.len);
}

static const gale_handler_class plain_handler = { .get = plain_get };
static const gale_handler_class json_handler = { .get = json_get };
static const gale_handler_class item_handler = { .get = item_get };
static const gale_handler_class cookie_handler = { .get = cookie_get };
static const gale_handler_class login_handler = { .post = login_post };
static const gale_handler_class upload_handler = { .post = upload_post };
static const gale_handler_class raw_handler = { .post = raw_post };

enum { N_ITEMS = 20 };

int main(int argc, char **argv)
{
    static const gale_limits large = { .max_body_size = 20 << 20 };
    static char urls[N_ITEMS][64];
    gale_route routes[N_ITEMS + 8] = {
        { .url = "/", .handler = &plain_handler },
        { .url = "/json", .handler = &json_handler },
        { .url = "/cookie", .handler = &cookie_handler },
        { .url = "/login", .handler = &login_handler },
        { .url = "/upload", .handler = &upload_handler, .limits = &large },
        { .url = "/raw", .handler = &raw_handler, .limits = &large },
    };
    const char *root = getenv("BENCH_STATIC");

    for (int i = 0; i < N_ITEMS; i++) {
        snprintf(urls[i], sizeof(urls[i]), "/items%d/([a-z]+)/([0-9]+)", i);
        routes[6 + i] = (gale_route){ .url = urls[i], .handler = &item_handler };
    }
    return gale_main(argc, argv,
                     gale_app_new(routes, &(gale_settings){ .static_path = root,
                                                            .cookie_secret = "benchmark" }));
}

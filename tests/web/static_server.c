/* static_server.c - static files for test_static_wire.py. ROOT is the directory served. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/staticfile.h>
#include <stdlib.h>
#include <string.h>

static const char *root(void)
{
    const char *path = getenv("ROOT");

    return path ? path : ".";
}

/* --- a kind of static handler with every part overridden --- */

static const char *own_path(gale_handler *self, const char *url_path)
{
    if (strcmp(url_path, "nothing") == 0)
        return NULL;
    return strcmp(url_path, "alias") == 0 ? "small.txt" : url_path;
}

static int own_validate(gale_handler *self, const char *path, const struct stat *st)
{
    const char *name = strrchr(path, '/');

    if (st->st_size > 1000000)
        return gale_fail(self, 403, "%s is too large", path);
    return name && name[1] == '.' ? gale_fail(self, 403, "%s is hidden", path) : 0;
}

static const char *own_type(gale_handler *self, const char *path)
{
    (void)self;
    (void)path;
    return "text/x-own";
}

static double own_cache_time(gale_handler *self, const char *path, bool is_versioned)
{
    (void)self;
    (void)path;
    return is_versioned ? 1000 : 10;
}

static int own_headers(gale_handler *self, const char *path)
{
    const char *name = strrchr(path, '/');

    return gale_set_header(self, "X-Name", name ? name + 1 : path);
}

static int own_content(gale_handler *self, const char *path, gale_str *content, double *modified)
{
    (void)self;
    if (strcmp(path, "virtual.txt") != 0)
        return strcmp(path, "broken") == 0 ? gale_fail(self, 410, "gone") : 0;
    *content = (gale_str){ "0123456789", 10 };
    *modified = 1000000000;
    return 1;
}

static const gale_static_class own_static = {
    .base = { .parent = &gale_static_handler,
              .kind = GALE_KIND_STATIC,
              .kind_size = sizeof(gale_static_class) },
    .parse_url_path = own_path,
    .validate_absolute_path = own_validate,
    .get_content_type = own_type,
    .get_cache_time = own_cache_time,
    .set_extra_headers = own_headers,
    .get_content = own_content,
};

/* --- other handlers --- */

static int url_get(gale_handler *self)
{
    const char *path = gale_get_argument(self, "path", "");
    const char *url = gale_get_argument(self, "full", NULL) ? gale_static_url_full(self, path)
                                                            : gale_static_url(self, path);

    return url ? gale_write(self, url) : -1;
}

static int send_get(gale_handler *self)
{
    const char *type = gale_get_argument(self, "type", NULL);

    if (type)
        gale_set_header(self, "Content-Type", type);
    return gale_send_file(
        self, gale_printf_alloc(self, "%s/%s", root(), gale_get_argument(self, "file", "")));
}

/* --- Etags of its own --- */

static const char *tag_of(gale_handler *self, gale_str body)
{
    unsigned sum = 0;

    for (size_t i = 0; i < body.len; i++)
        sum = sum * 31 + (unsigned char)body.ptr[i];
    return gale_printf_alloc(self, "\"own-%x\"", sum);
}

static const char *no_tag_of(gale_handler *self, gale_str body)
{
    (void)self;
    return body.len > 100 ? "without quotes" : NULL;
}

static const gale_handler_class tagged = { .parent = &gale_static_handler, .compute_etag = tag_of };
static const gale_handler_class badly_tagged = { .parent = &gale_static_handler,
                                                 .compute_etag = no_tag_of };

/* --- error pages that are files --- */

static int send_asked(gale_handler *self)
{
    return gale_send_file(
        self, gale_printf_alloc(self, "%s/%s", root(), gale_get_argument(self, "file", "")));
}

static int missing_get(gale_handler *self)
{
    gale_set_status(self, 404, NULL);
    return send_asked(self);
}

static int failing_get(gale_handler *self)
{
    return gale_fail(self, 500, NULL);
}

static int file_page(gale_handler *self, int status)
{
    (void)status;
    return send_asked(self);
}

static const gale_handler_class missing_handler = { .get = missing_get };
static const gale_handler_class failing_handler = { .get = failing_get, .write_error = file_page };

static int ping_get(gale_handler *self)
{
    return gale_write(self, "pong");
}

static const gale_handler_class url_handler = { .get = url_get };
static const gale_handler_class send_handler = { .get = send_get, .post = send_get };
static const gale_handler_class ping_handler = { .get = ping_get };

int main(int argc, char **argv)
{
    gale_static_options plain = { .path = root() };
    gale_static_options index = { .path = root(), .default_filename = "index.html" };
    gale_static_options links = { .path = root(), .follow_symlinks = GALE_ON };
    gale_static_options bare = { .path = root(), .precompressed = GALE_OFF, .max_age = 60 };
    const char *hash_cache = getenv("HASH_CACHE");
    gale_settings settings = {
        .static_path = root(),
        .static_hash_cache = hash_cache && strcmp(hash_cache, "off") == 0 ? GALE_OFF : 0,
        .compress_response = getenv("COMPRESS") ? GALE_ON : 0,
    };

    return gale_main(
        argc, argv,
        gale_app_new(
            (gale_route[]){
                { .url = "/ping", .handler = &ping_handler },
                { .url = "/url", .handler = &url_handler },
                { .url = "/send", .handler = &send_handler },
                { .url = "/files/(.*)", .handler = &gale_static_handler, .arg = &plain },
                { .url = "/index/(.*)", .handler = &gale_static_handler, .arg = &index },
                { .url = "/links/(.*)", .handler = &gale_static_handler, .arg = &links },
                { .url = "/bare/(.*)", .handler = &gale_static_handler, .arg = &bare },
                { .url = "/tagged/(.*)", .handler = &tagged, .arg = &plain },
                { .url = "/badly_tagged/(.*)", .handler = &badly_tagged, .arg = &plain },
                { .url = "/missing", .handler = &missing_handler },
                { .url = "/failing", .handler = &failing_handler },
                { .url = "/own/(.*)", .handler = &own_static.base, .arg = &plain },
                { .url = "/(.*)", .handler = &gale_static_handler, .arg = &index },
                { 0 },
            },
            &settings));
}

/* upload.c - takes uploads: a form with files; forms and bodies of any size, as they come.
 *
 *     curl -F file=@photo.jpg -F note=hello http://localhost:8888/post
 *     curl -F film=@film.mkv http://localhost:8888/parts
 *     curl -T film.mkv http://localhost:8888/film.mkv
 *
 * Small files of a form are in memory, larger ones in a temporary file; a form that is read part
 * after part, or a PUT, of gigabytes needs one buffer.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

static const char page_top[] =
    "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
    "<meta name=viewport content='width=device-width, initial-scale=1'>\n<title>Upload</title>\n"
    "<style>\n"
    "  :root { color-scheme: light dark }\n"
    "  body { font: 16px/1.5 system-ui, sans-serif; max-width: 38rem; margin: 2.5rem auto;\n"
    "         padding: 0 1rem }\n"
    "  form { display: flex; flex-wrap: wrap; gap: .5rem }\n"
    "  input, button { font: inherit; padding: .4rem .7rem; max-width: 100%; min-width: 0 }\n"
    "  label { flex: 1 1 100%; display: flex; flex-direction: column }\n"
    "</style>\n";

static int page_get(gale_handler *self)
{
    gale_write(self, page_top);
    return gale_write(self, "<h1>Upload</h1>\n<p>Small files are kept in memory, larger ones in a"
                            " temporary file; the answer says where each was.\n"
                            "<form method=post action=/post enctype=multipart/form-data>\n"
                            "<label>Files <input type=file name=file multiple required></label>\n"
                            "<label>Note <input name=note></label>\n"
                            "<button>Upload</button></form>\n");
}

static int post_post(gale_handler *self)
{
    const gale_file *file;

    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    for (size_t i = 0; (file = gale_get_file(self, "file", i)); i++)
        gale_printf(self, "%s (%s): %lld bytes, %s\n", gale_file_safe_name(self, file),
                    file->content_type, (long long)file->size,
                    file->fd < 0 ? "in memory" : "in a file");
    return gale_printf(self, "note: %s\n", gale_get_argument(self, "note", "none"));
}

static int put_prepare(gale_handler *self)
{
    return gale_set_max_body_size(self, INT64_C(64) << 30);
}

static int put_put(gale_handler *self)
{
    long long total = 0;
    gale_str piece;
    int r;

    while ((r = gale_read_body(self, &piece)) > 0)
        total += (long long)piece.len; /* a real one would write it somewhere */
    if (r < 0)
        return r; /* too large, too slow, or the client has gone */
    return gale_printf(self, "%s: %lld bytes\n", gale_path_argument(self, 0), total);
}

/* A form of any size in constant memory: part after part, as it comes. */
static int parts_post(gale_handler *self)
{
    const gale_part *part;
    gale_str piece;
    int r;

    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    while ((r = gale_next_part(self, &part)) > 0) {
        long long size = 0;

        while ((r = gale_read_part(self, &piece)) > 0)
            size += (long long)piece.len;
        if (r < 0)
            return r;
        gale_printf(self, "%s: %lld bytes\n", part->name, size); /* gale_save_part makes a file */
    }
    return r;
}

static const gale_handler_class page_handler = { .get = page_get };
static const gale_handler_class post_handler = { .post = post_post };
static const gale_handler_class parts_handler = {
    .prepare = put_prepare,
    .post = parts_post,
    .stream_request_body = GALE_ON,
};
static const gale_handler_class put_handler = {
    .prepare = put_prepare,
    .put = put_put,
    .stream_request_body = GALE_ON, /* runs when the head has come */
};

int main(int argc, char **argv)
{
    static const gale_limits limits = { .max_body_size = 100 << 20 };
    const gale_route routes[] = {
        { .url = "/", .handler = &page_handler },
        { .url = "/post", .handler = &post_handler, .limits = &limits },
        { .url = "/parts", .handler = &parts_handler },
        { .url = "/(.+)", .handler = &put_handler },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

/* input_server.c - the application that test_input_wire.py talks to. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <unistd.h>

/* FNV-1a, to be begun with 0. */
static uint32_t add_to_sum(uint32_t sum, const char *data, size_t n)
{
    sum ^= 2166136261u;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)data[i]) * 16777619u;
    return sum ^ 2166136261u;
}

static json_t *show_file(const gale_file *file)
{
    uint32_t sum = add_to_sum(0, file->body.ptr, file->body.len);
    char buffer[65536];

    for (int64_t done = 0; file->fd >= 0 && done < file->size;) {
        size_t left = (size_t)(file->size - done);
        ssize_t n = pread(file->fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer),
                          file->offset + done);

        if (n <= 0)
            break;
        sum = add_to_sum(sum, buffer, (size_t)n);
        done += n;
    }
    return json_pack("{s:s, s:s, s:s, s:I, s:b, s:I}", "name", file->name, "filename",
                     file->filename, "type", file->content_type, "size", (json_int_t)file->size,
                     "in_memory", file->fd < 0, "sum", (json_int_t)sum);
}

static int form_post(gale_handler *self)
{
    json_t *arguments = json_array(), *files = json_array();
    const gale_file *file;
    const char *name, *value;

    for (size_t i = 0; gale_argument_at(self, i, &name, &value); i++)
        json_array_append_new(arguments, json_pack("[s, s]", name, value));
    for (size_t i = 0; (file = gale_get_file(self, NULL, i)); i++)
        json_array_append_new(files, show_file(file));
    return gale_json(self, "{s:o, s:o}", "arguments", arguments, "files", files);
}

/* Query alone, body alone. */
static int parts_post(gale_handler *self)
{
    return gale_printf(self, "%s %s %s", gale_get_argument(self, "a", "-"),
                       gale_get_query_argument(self, "a", "-"),
                       gale_get_body_argument(self, "a", "-"));
}

static int stream_post(gale_handler *self)
{
    json_t *parts = json_array();
    const gale_part *part;
    gale_str piece;
    int r;

    while ((r = gale_next_part(self, &part)) > 0) {
        json_t *seen = json_pack("{s:s, s:s?, s:s?}", "name", part->name, "filename",
                                 part->filename, "type", part->content_type);
        json_int_t size = 0;
        uint32_t sum = 0;

        while ((r = gale_read_part(self, &piece)) > 0) {
            size += (json_int_t)piece.len;
            if (!gale_get_argument(self, "fast", NULL))
                sum = add_to_sum(sum, piece.ptr, piece.len);
        }
        json_object_set_new(seen, "size", json_integer(size));
        json_object_set_new(seen, "sum", json_integer(sum));
        json_array_append_new(parts, seen);
        if (r < 0)
            break;
    }
    if (r >= 0)
        return gale_write_json(self, parts);
    json_decref(parts);
    return r;
}

static int put_prepare(gale_handler *self)
{
    int64_t max;
    int r = gale_has_argument(self, "max") ? gale_get_int64(self, "max", &max) : 1;

    return r == 0 ? gale_set_max_body_size(self, max) : r;
}

static int put_put(gale_handler *self)
{
    long long size = 0;
    gale_str piece;
    int r;

    while ((r = gale_read_body(self, &piece)) > 0)
        size += (long long)piece.len;
    return r < 0 ? r : gale_printf(self, "%lld", size);
}

/* Into the folder that FOLDER of the environment names. */
static int save_post(gale_handler *self)
{
    const char *folder = gale_app_data(gale_handler_app(self));
    const gale_part *part;
    int64_t n = 0;
    int r;

    while ((r = gale_next_part(self, &part)) > 0 && n >= 0) {
        n = gale_save_part(self, gale_printf_alloc(self, "%s/%s", folder, part->name));
        if (n >= 0)
            gale_printf(self, "%s %lld\n", part->name, (long long)n);
    }
    return n < 0 ? (int)n : r;
}

static int keep_post(gale_handler *self)
{
    const char *folder = gale_app_data(gale_handler_app(self));
    const gale_file *file = gale_get_file(self, "f", 0);
    const char *name = file ? gale_file_safe_name(self, file) : NULL;

    if (!name)
        return gale_fail(self, 400, "no file");
    return gale_file_save(self, file, gale_printf_alloc(self, "%s/%s", folder, name));
}

static int number_get(gale_handler *self)
{
    int n;
    int r = gale_get_int(self, "n", &n);

    return r < 0 ? r : gale_printf(self, "%d", n);
}

static int json_post(gale_handler *self)
{
    json_t *body;
    int r = gale_get_json(self, &body);

    return r < 0 ? r : gale_write_json(self, json_incref(body));
}

static int own_page(gale_handler *self, int status)
{
    return gale_printf(self, "own page of %d", status);
}

static int own_after(gale_handler *self, void *arg)
{
    (void)arg;
    return gale_set_header(self, "X-After", "ran");
}

static const gale_handler_class limited_handler = { .post = parts_post,
                                                    .put = parts_post,
                                                    .write_error = own_page };
static const gale_middleware own = { .after = own_after };
static const gale_middleware *const own_middleware[] = { &own, NULL };
static const gale_limits own_limits = { .max_body_size = 1000, .body_timeout = 0.3 };
static const gale_handler_class form_handler = { .post = form_post, .get = form_post };
static const gale_handler_class parts_handler = { .get = parts_post, .post = parts_post };
static const gale_handler_class stream_handler = { .post = stream_post,
                                                   .stream_request_body = GALE_ON };
static const gale_handler_class put_handler = { .prepare = put_prepare,
                                                .put = put_put,
                                                .stream_request_body = GALE_ON };
static const gale_handler_class save_handler = { .post = save_post,
                                                 .stream_request_body = GALE_ON };
static const gale_handler_class keep_handler = { .post = keep_post };
static const gale_handler_class number_handler = { .get = number_get };
static const gale_handler_class json_handler = { .post = json_post };

static const gale_limits small = { .max_body_size = 100000, .max_memory_file = 1000 };
static const gale_limits big = { .max_body_size = INT64_C(4) << 30,
                                 .body_timeout = GALE_UNLIMITED };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/form", .handler = &form_handler },
        { .url = "/form/small", .handler = &form_handler, .limits = &small },
        { .url = "/form/big", .handler = &form_handler, .limits = &big },
        { .url = "/parts", .handler = &parts_handler },
        { .url = "/stream", .handler = &stream_handler },
        { .url = "/stream/small", .handler = &stream_handler, .limits = &small },
        { .url = "/stream/big", .handler = &stream_handler, .limits = &big },
        { .url = "/put", .handler = &put_handler },
        { .url = "/save", .handler = &save_handler, .limits = &big },
        { .url = "/keep", .handler = &keep_handler },
        { .url = "/n", .handler = &number_handler },
        { .url = "/json", .handler = &json_handler },
        { .url = "/limited",
          .handler = &limited_handler,
          .limits = &own_limits,
          .middleware = own_middleware },
        { 0 },
    };

    return gale_main(
        argc, argv,
        gale_app_new(routes, &(gale_settings){
                                 .data = getenv("FOLDER"),
                                 .server.decompress_request = getenv("DECOMPRESS") ? GALE_ON : 0,
                             }));
}

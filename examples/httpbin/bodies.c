/* bodies.c - streams, random bytes, slow answers, encoded ones, pictures. */
/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef WITH_BROTLI
#include <brotli/encode.h>
#endif

#include "httpbin.h"

enum { MAX_BYTES = 100 * 1024, MAX_DRIP = 10 * 1024 * 1024, CHUNK = 10 * 1024 };

static double number(gale_handler *self, const char *name, double fallback)
{
    const char *text = gale_get_query_argument(self, name, NULL);

    return text ? strtod(text, NULL) : fallback;
}

static int count(gale_handler *self, int max)
{
    int64_t n = 0;

    if (gale_path_int(self, "n", &n) < 0 || n > max)
        return max;
    return (int)n;
}

/* --- streams ---------------------------------------------------------------------- */

int view_stream(gale_handler *self)
{
    json_t *all = request_json(self, SHOW_GET);
    int n = count(self, 100), r = 0;

    gale_set_header(self, "Content-Type", "application/json");
    for (int i = 0; i < n && r >= 0; i++) {
        json_object_set_new(all, "id", json_integer(i));
        r = gale_write(self, gale_json_encode(all));
        gale_write(self, "\n");
        if (r >= 0)
            r = gale_flush(self);
    }
    json_decref(all);
    return r;
}

/* The same for the same seed. */
static char *random_bytes(gale_handler *self, int n)
{
    const char *seed = gale_get_query_argument(self, "seed", NULL);
    unsigned short state[3] = { 0x330e, 0, 0 };
    long start = seed ? strtol(seed, NULL, 10) : lrand48();
    char *bytes = gale_alloc(self, (size_t)n);

    memcpy(state + 1, &start, sizeof(state) - sizeof(state[0]));
    for (int i = 0; bytes && i < n; i++)
        bytes[i] = (char)(nrand48(state) >> 11);
    return bytes;
}

int view_bytes(gale_handler *self)
{
    int n = count(self, MAX_BYTES);
    const char *bytes = random_bytes(self, n);

    gale_set_header(self, "Content-Type", "application/octet-stream");
    return bytes ? gale_write_bytes(self, bytes, (size_t)n) : -1;
}

/* In chunks, each after a pause. */
static int send_slowly(gale_handler *self, const char *bytes, size_t n, size_t chunk, double pause)
{
    int r = 0;

    for (size_t i = 0; i < n && r >= 0; i += chunk) {
        size_t part = n - i < chunk ? n - i : chunk;

        if (pause > 0)
            r = gale_sleep(pause * (double)part);
        if (r >= 0)
            r = gale_write_bytes(self, bytes + i, part);
        if (r >= 0)
            r = gale_flush(self);
    }
    return r;
}

static size_t chunk_size(gale_handler *self)
{
    double size = number(self, "chunk_size", CHUNK);

    return size >= 1 && size <= MAX_BYTES ? (size_t)size : size > 1 ? MAX_BYTES : 1;
}

int view_stream_bytes(gale_handler *self)
{
    int n = count(self, MAX_BYTES);
    const char *bytes = random_bytes(self, n);

    gale_set_header(self, "Content-Type", "application/octet-stream");
    return bytes ? send_slowly(self, bytes, (size_t)n, chunk_size(self), 0) : -1;
}

/* The alphabet again and again, or the part of it that is asked for. */
int view_range(gale_handler *self)
{
    const char *field = gale_request_header(gale_handler_request(self), "Range");
    gale_range range = { 0, 0 };
    int n = count(self, MAX_BYTES + 1), asked;
    size_t len;
    char *bytes;

    gale_set_header(self, "Etag", gale_printf_alloc(self, "\"range%d\"", n));
    gale_set_header(self, "Accept-Ranges", "bytes");
    if (n < 1 || n > MAX_BYTES)
        return answer_text(self, 404, "number of bytes must be in the range (0, 102400]");
    asked = field ? gale_parse_range(field, n, &range, 1) : -1;
    if (asked == 0) {
        gale_set_header(self, "Content-Range", gale_printf_alloc(self, "bytes */%d", n));
        return gale_set_status(self, 416, NULL);
    }
    if (asked < 0)
        range.end = n;
    len = (size_t)(range.end - range.start);
    bytes = gale_alloc(self, len);
    for (size_t i = 0; bytes && i < len; i++)
        bytes[i] = (char)('a' + (range.start + (int64_t)i) % 26);
    gale_set_status(self, len == (size_t)n ? 200 : 206, NULL);
    gale_set_header(self, "Content-Type", "application/octet-stream");
    gale_set_header(self, "Content-Length", gale_printf_alloc(self, "%zu", len));
    gale_set_header(
        self, "Content-Range",
        gale_printf_alloc(self, "bytes %d-%d/%d", (int)range.start, (int)range.end - 1, n));
    return bytes ? send_slowly(self, bytes, len, chunk_size(self), number(self, "duration", 0) / n)
                 : -1;
}

/* --- slow answers ----------------------------------------------------------------- */

static double at_most(double seconds, double max)
{
    return seconds < max ? seconds : max;
}

int view_delay(gale_handler *self)
{
    char *end;
    double seconds = strtod(gale_path_argument(self, 0), &end);
    int r = *end || !(seconds >= 0) ? gale_fail(self, 400, "no number of seconds") : 0;

    if (r >= 0)
        r = gale_sleep(at_most(seconds, 10));
    return r < 0 ? r : gale_write_json(self, request_json(self, SHOW_GET | SHOW_BODY));
}

int view_drip(gale_handler *self)
{
    double n = at_most(number(self, "numbytes", 10), MAX_DRIP), delay = number(self, "delay", 0);
    double duration = number(self, "duration", 2);
    char *stars;
    int r = 0;

    if (!(n >= 1))
        return answer_text(self, 400, "number of bytes must be positive");
    if (delay > 0)
        r = gale_sleep(delay);
    stars = gale_alloc(self, (size_t)n);
    if (r < 0 || !stars)
        return r < 0 ? r : -1;
    memset(stars, '*', (size_t)n);
    gale_set_status(self, (int)number(self, "code", 200), NULL);
    gale_set_header(self, "Content-Type", "application/octet-stream");
    gale_set_header(self, "Content-Length", gale_printf_alloc(self, "%zu", (size_t)n));
    return send_slowly(self, stars, (size_t)n, duration > 0 ? 1 : CHUNK, duration / n);
}

/* --- encoded answers -------------------------------------------------------------- */

/* The request as JSON text, with `name`: true. */
static const char *told(gale_handler *self, const char *name)
{
    json_t *all = request_json(self, SHOW_ORIGIN | SHOW_HEADERS | SHOW_METHOD);
    const char *text;

    json_object_set_new(all, name, json_true());
    text = gale_json_encode(all);
    json_decref(all);
    return text;
}

static int write_encoded(gale_handler *self, const char *coding, const void *data, size_t size)
{
    gale_set_header(self, "Content-Type", "application/json");
    gale_set_header(self, "Content-Encoding", coding);
    return gale_write_bytes(self, data, size);
}

/* window: as of deflateInit2(), + 16 for gzip. */
static int write_deflated(gale_handler *self, const char *coding, const char *text, int window)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)text };
    int r = -1;

    if (!text || deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return -1;
    z.avail_in = (uInt)strlen(text);
    z.avail_out = (uInt)deflateBound(&z, z.avail_in);
    z.next_out = gale_alloc(self, z.avail_out);
    if (z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END)
        r = write_encoded(self, coding, z.next_out - z.total_out, z.total_out);
    deflateEnd(&z);
    return r;
}

int view_gzip(gale_handler *self)
{
    return write_deflated(self, "gzip", told(self, "gzipped"), 15 + 16);
}

int view_deflate(gale_handler *self)
{
    return write_deflated(self, "deflate", told(self, "deflated"), 15);
}

int view_brotli(gale_handler *self)
{
#ifdef WITH_BROTLI
    const char *text = told(self, "brotli");
    size_t size = text ? BrotliEncoderMaxCompressedSize(strlen(text)) : 0;
    uint8_t *out = gale_alloc(self, size);

    if (!text || !out ||
        !BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, strlen(text),
                               (const uint8_t *)text, &size, out))
        return -1;
    return write_encoded(self, "br", out, size);
#else
    return gale_fail(self, 501, "built without brotli");
#endif
}

int view_base64(gale_handler *self)
{
    const char *value = gale_path_argument(self, 0), *text = NULL;

    if (value)
        text = base64_decode(self, (gale_str){ value, strlen(value) });
    return text ? gale_write(self, text) : gale_fail(self, 400, "no base64");
}

int view_uuid(gale_handler *self)
{
    unsigned a = (unsigned)mrand48(), b = (unsigned)mrand48(), c = (unsigned)mrand48();
    const char *uuid = gale_printf_alloc(self, "%08x-%04x-4%03x-%04x-%08x%04x", a, b >> 16,
                                         b & 0xfff, (c >> 16 & 0x3fff) | 0x8000,
                                         (unsigned)mrand48(), c & 0xffff);

    return gale_json(self, "{s:s}", "uuid", uuid);
}

/* --- pictures --------------------------------------------------------------------- */

struct picture {
    const char *type, *name, *file;
};

/* The server's preference first. */
static const struct picture pictures[] = {
    { "image/webp", "webp", "images/image.webp" }, { "image/svg+xml", "svg", "images/image.svg" },
    { "image/jpeg", "jpeg", "images/image.jpg" },  { "image/png", "png", "images/image.png" },
    { "image/*", "", "images/image.png" },
};

enum { N_PICTURES = sizeof(pictures) / sizeof(pictures[0]) };

int view_image(gale_handler *self)
{
    const char *accept = gale_request_header(gale_handler_request(self), "Accept");

    if (!accept)
        return gale_send_file(self, "images/image.png");
    for (size_t i = 0; i < N_PICTURES; i++)
        if (strcasestr(accept, pictures[i].type))
            return gale_send_file(self, pictures[i].file);
    return answer_status(self, 406);
}

int view_image_of_type(gale_handler *self)
{
    const char *name = gale_path_argument(self, 0);

    for (size_t i = 0; i < N_PICTURES; i++)
        if (!strcmp(name, pictures[i].name))
            return gale_send_file(self, pictures[i].file);
    return gale_fail(self, 404, "no picture of type %s", name);
}
